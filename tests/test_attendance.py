"""Who must be in the meeting is compared with who is recorded, duty by duty and in time."""

from __future__ import annotations

import pytest

from pirsync.policy.attendance import attendance, wanted
from pirsync.policy.packs import Attendance, Duty
from pirsync.policy.verdict import Result
from tests.policy_packs import PACKS

from .policy_cases import incident
from .test_checks import record, review

FULL = PACKS["full-review"]
PEOPLE = {Duty.CHAIR: ("acc-ana",), Duty.ANALYST: ("acc-bob", "acc-eve"), Duty.SCRIBE: ("acc-zoe",)}


def mention(*refs: str) -> str:
    return "".join(f'<ac:link><ri:user ri:account-id="{ref}" /></ac:link>' for ref in refs)


def test_a_duty_is_present_missing_or_cannot_be_told() -> None:
    seen = review(record(Attendance=mention("acc-eve"), Facilitator=mention("acc-ana")))
    found = {one.duty: (one.result, one.said) for one in attendance([FULL], seen, PEOPLE)}
    assert found == {
        Duty.CHAIR: (Result.PASS, "present"),
        Duty.SCRIBE: (Result.FAIL, "is not recorded as present or expected"),
        Duty.TECHNICAL: (Result.CANNOT_TELL, "nobody is named for this duty (team.people.technical)"),
        Duty.ANALYST: (Result.PASS, "present"),
        Duty.PARTICIPANT: (Result.CANNOT_TELL, "nobody is named for this duty (team.people.participant)"),
    }


def test_each_pack_names_the_missing_role_in_its_own_words() -> None:
    seen = review(record(Attendance=mention("acc-bob")))
    chairs = [one for one in attendance(PACKS.values(), seen, PEOPLE) if one.duty is Duty.CHAIR]
    assert [(one.pack.split()[0], one.roles, one.result) for one in chairs] == [
        ("full-review", ("Incident Response Manager",), Result.FAIL),
        ("major-review", ("Incident Commander",), Result.FAIL),
        ("soc2-cc7", ("Team",), Result.FAIL),
        ("soc2-cc7-4-5", ("Security Lead",), Result.FAIL),
    ]


def test_an_empty_attendance_is_told_whoever_is_named() -> None:
    found = attendance([FULL], review(record(Attendance="")), PEOPLE)
    assert {(one.result, one.said.split(":")[0]) for one in found} == {
        (Result.FAIL, "nobody is recorded as present or expected")
    }


@pytest.mark.parametrize(
    ("severity", "type_", "expected"),
    [
        ("P1", "Incident", (Duty.CHAIR, Duty.APPROVER)),
        ("P2", "Incident", (Duty.CHAIR,)),
        ("P1", "Data breach", (Duty.CHAIR, Duty.APPROVER, Duty.SECURITY)),
    ],
)
def test_who_must_attend_depends_on_severity_and_type(severity: str, type_: str, expected: tuple[Duty, ...]) -> None:
    rules = (
        Attendance(duties=(Duty.CHAIR,)),
        Attendance(severities=("P1",), duties=(Duty.CHAIR, Duty.APPROVER)),
        Attendance(types=("Data breach",), duties=(Duty.SECURITY,)),
    )
    own = FULL.model_copy(update={"attendance": rules})
    assert wanted(own, incident(severity=severity, type=type_)) == expected
