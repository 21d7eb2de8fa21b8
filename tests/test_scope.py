"""Whether a procedure is for an incident is said with its reason, and where it cannot be told, that is said."""

from __future__ import annotations

import pytest

from pirsync.policy.packs import EVERY, Duty, Pack
from pirsync.policy.scope import Answer, Ruling, scope
from tests.policy_packs import PACKS

from .policy_cases import case, incident

YES, NO, UNSURE = Answer.YES, Answer.NO, Answer.CANNOT_TELL


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("P1", {"full-review": YES, "soc2-cc7": YES, "soc2-cc7-4-5": YES, "major-review": UNSURE}),
        ("P2", {"full-review": YES, "soc2-cc7": YES, "soc2-cc7-4-5": YES, "major-review": UNSURE}),
        ("P3", {"full-review": UNSURE, "soc2-cc7": NO, "soc2-cc7-4-5": YES, "major-review": UNSURE}),
        ("P4", {"full-review": NO, "soc2-cc7": NO, "soc2-cc7-4-5": YES, "major-review": UNSURE}),
        ("Sev 7", {"full-review": UNSURE, "soc2-cc7": UNSURE, "soc2-cc7-4-5": YES, "major-review": UNSURE}),
        ("", {"full-review": UNSURE, "soc2-cc7": UNSURE, "soc2-cc7-4-5": UNSURE, "major-review": UNSURE}),
    ],
)
def test_by_severity_alone(severity: str, expected: dict[str, Answer]) -> None:
    found = case(incident(severity=severity))
    assert {pack.id: scope(pack, found).answer for pack in PACKS.values()} == expected


@pytest.mark.parametrize(
    ("verdict", "answer", "reason"),
    [
        ("regulatory", YES, "Ana recorded the criterion regulatory (regulatory implications) for P3"),
        ("none", NO, "Ana recorded that none of full-review 1.0's criteria for P3 holds"),
        ("gut-feeling", UNSURE, '"gut-feeling" is none of full-review 1.0\'s criteria: novel-attack, user-impact, reg'),
    ],
)
def test_a_p3_is_in_scope_by_the_criterion_that_somebody_recorded(verdict: str, answer: Answer, reason: str) -> None:
    found = scope(
        PACKS["full-review"],
        case(incident(severity="P3"), criterion=Ruling(verdict=verdict, by="Ana", at=None)),
    )
    assert found.answer is answer
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("verdict", "answer", "reason"),
    [
        ("yes", YES, "Ana decided that it is major, so major-review 1.0 is for it"),
        ("no", NO, "Ana decided that it is not major"),
        ("", UNSURE, "major-review 1.0 is for major incidents, and the Incident Commander has not recorded whether"),
    ],
)
def test_an_incident_is_major_because_a_named_person_says_so(verdict: str, answer: Answer, reason: str) -> None:
    ruling = Ruling(verdict=verdict, by="Ana", at=None) if verdict else None
    found = scope(PACKS["major-review"], case(incident(severity="P4"), major=ruling))
    assert found.answer is answer
    assert found.reason.startswith(reason)


def test_a_severity_that_no_mapping_knows_is_never_guessed() -> None:
    found = scope(PACKS["soc2-cc7"], case(incident(severity="Catastrophe")))
    assert (found.answer, found.reason) == (
        UNSURE,
        'no mapping says what severity "Catastrophe" is: add it to the table [severity] of yours',
    )


def own(**changes: object) -> Pack:
    pack = PACKS["soc2-cc7"]
    return pack.model_copy(update={"scope": pack.scope.model_copy(update=changes)})


def test_a_pack_may_be_for_some_types_only() -> None:
    found = scope(own(types=("Security incident",)), case(incident()))
    assert (found.answer, found.reason) == (NO, "soc2-cc7 1.0 is for Security incident, and its type is Incident")


def test_a_pack_may_be_for_a_severity_and_for_what_is_called_major() -> None:
    both = own(decided_by=Duty.CHAIR)
    minor = case(incident(severity="P4"))
    assert scope(both, case(incident())).answer is YES
    assert scope(both, minor).answer is UNSURE
    assert scope(both, minor.model_copy(update={"major": Ruling(verdict="no", by="Ana", at=None)})).answer is NO
    assert scope(both, minor.model_copy(update={"major": Ruling(verdict="yes", by="Ana", at=None)})).answer is YES
    assert scope(own(severities=(EVERY,)), minor).answer is YES
