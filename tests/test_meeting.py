"""The line "Meeting": not scheduled, scheduled, held or passed, and which role is missing while it can still come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.config import Team
from pirsync.model import Deployment, Incident
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Region
from pirsync.policy import meeting
from pirsync.policy.calendar import Calendar
from pirsync.policy.packs import Duty
from pirsync.policy.procedures import Procedures
from tests.policy_packs import PACKS

from .policy_cases import VIENNA, at, event, incident, reopened
from .stage import Stage, raw_incident, stage, without_state
from .test_attendance import mention
from .test_checks import record, review

PEOPLE = {Duty.CHAIR: ("acc-ana",), Duty.ANALYST: ("acc-bob", "acc-eve"), Duty.SCRIBE: ("acc-zoe",)}
VIENNESE = Procedures(packs=(PACKS["full-review"],), calendar=Calendar(zone=VIENNA))
CLOSED = incident(
    event("2026-03-02 12:00", "status", "Open", "Closed"), resolved="2026-03-02 12:00", closed="2026-03-02 12:00"
)
DAY = "<time datetime='2026-03-05' />"


def said(now: str, told: dict[str, str], found: Incident = CLOSED, procedures: Procedures = VIENNESE) -> str:
    page = review(record(**told)).page
    line = meeting.line(procedures, found, page, PEOPLE, at(now))
    assert line is not None
    return "; ".join(line.said)


LACKS = "Documentation Lead (scribe)"
UNNAMED = "cannot tell, as nobody is named: Technical Teams (technical), All Participants (participant)"
ALL = mention("acc-ana", "acc-bob")


@pytest.mark.parametrize(
    ("now", "told", "expected"),
    [
        ("2026-03-03 09:00", {}, "not scheduled; due by Thu 5 March 2026 13:00:00 +01:00, full-review 1.0 schedule"),
        ("2026-03-05 12:00", {}, "not scheduled; due by Thu 5 March 2026 13:00:00 +01:00, full-review 1.0 schedule"),
        ("2026-03-05 12:01", {}, "not scheduled; it was due by Thu 5 March 2026 13:00:00 +01:00, full-review 1.0"),
        (
            "2026-03-05 12:59",
            {"Meeting date": f"{DAY} 14:00", "Attendance": ALL},
            f"scheduled for Thu 5 March 2026 14:00 (Europe/Vienna); still missing: {LACKS}; {UNNAMED}",
        ),
        (
            "2026-03-05 14:00",
            {"Meeting date": f"{DAY} 14:00", "Attendance": ALL},
            f"scheduled for Thu 5 March 2026 14:00 (Europe/Vienna); still missing: {LACKS}; {UNNAMED}",
        ),
        (
            "2026-03-05 14:01",
            {"Meeting date": f"{DAY} 14:00", "Attendance": ALL},
            "held Thu 5 March 2026 14:00 (Europe/Vienna); attendance: 2 people, Incident Response Manager (chair), "
            f"Root Cause Analyst (analyst); missing: {LACKS}; {UNNAMED}",
        ),
        (
            "2026-03-05 22:00",
            {"Meeting date": DAY, "Attendance": mention("acc-zoe"), "Facilitator": ALL},
            f"scheduled for Thu 5 March 2026 (Europe/Vienna); {UNNAMED}",
        ),
        (
            "2026-03-05 23:00",
            {"Meeting date": DAY, "Facilitator": mention("acc-ana")},
            "passed on Thu 5 March 2026 (Europe/Vienna), and no attendance is recorded",
        ),
    ],
)
def test_what_the_line_says_follows_the_record_and_the_clock(now: str, told: dict[str, str], expected: str) -> None:
    assert said(now, told).startswith(expected)


def test_nobody_in_the_record_is_everybody_missing_in_the_words_of_every_document() -> None:
    both = VIENNESE.model_copy(update={"packs": (PACKS["full-review"], PACKS["soc2-cc7-4-5"])})
    assert said("2026-03-03 09:00", {"Meeting date": DAY}, procedures=both) == (
        "scheduled for Thu 5 March 2026 (Europe/Vienna); still missing: Incident Response Manager / Security Lead "
        "(chair), Documentation Lead / Security Analyst (scribe), Technical Teams (technical), Root Cause Analyst "
        "(analyst), All Participants (participant), IT / Engineering / Compliance (stakeholder)"
    )


@pytest.mark.parametrize(
    ("told", "now"),
    [
        ({}, "2026-03-03 09:00"),
        ({"Meeting date": f"{DAY} 14:00"}, "2026-03-03 09:00"),
        ({"Meeting date": DAY, "Attendance": ALL}, "2026-03-03 09:00"),
    ],
)
def test_the_line_changes_by_itself_at_the_instant_that_is_told_and_not_before(told: dict[str, str], now: str) -> None:
    page = review(record(**told)).page
    first = meeting.line(VIENNESE, CLOSED, page, PEOPLE, at(now))
    assert first is not None
    assert first.until is not None
    before = meeting.line(VIENNESE, CLOSED, page, PEOPLE, first.until - timedelta.resolution)
    after = meeting.line(VIENNESE, CLOSED, page, PEOPLE, first.until)
    assert before == first
    assert after is not None
    assert (after.said != first.said, after.until) == (True, None)


def test_a_meeting_of_before_a_re_opening_is_none_of_the_new_run() -> None:
    found = reopened()
    assert said("2026-03-11 09:00", {"Meeting date": "<time datetime='2026-03-02' />"}, found).startswith(
        "not scheduled"
    )
    assert said("2026-03-11 09:00", {"Meeting date": "<time datetime='2026-03-12' />"}, found).startswith(
        "scheduled for"
    )


def test_a_date_in_jira_s_field_is_told_while_the_record_has_none() -> None:
    in_jira = CLOSED.model_copy(
        update={"events": (*CLOSED.events, event("2026-03-03 08:00", "meeting", "", "2026-03-05"))}
    )
    assert said("2026-03-03 09:00", {}, in_jira) == "scheduled in Jira for 2026-03-05; the record has no date"


def test_the_line_is_empty_where_no_procedure_is_for_the_incident_and_absent_where_none_wants_a_meeting() -> None:
    assert said("2026-03-03 09:00", {}, incident(severity="P4")) == ""
    quarterly = Procedures(packs=(PACKS["soc2-cc7"].model_copy(update={"clauses": (), "attendance": ()}),))
    assert meeting.line(quarterly, CLOSED, None, {}, at("2026-03-03 09:00")) is None


# ---------------------------------------------------------------- on the page


def written(play: Stage, label: str, storage: str) -> None:
    """A person fills a row of the record."""
    page, cell = play.page(), play.review().record[label]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=storage, text="")
    person_edits(play.world, page.id, splice(page.body, [edit]))


def mentioned(play: Stage, *accounts: str) -> str:
    mentions = [play.world.wiki.mention(account) for account in accounts]
    name = "account-id" if play.world.wiki.deployment == "cloud" else "userkey"
    links = (f'<ac:link><ri:user ri:{name}="{one.ref}" /></ac:link>' for one in mentions if one is not None)
    return f"<p>{' '.join(links)}</p>"


def born(deployment: Deployment, **team: object) -> Stage:
    play = stage(
        deployment,
        [raw_incident(1, priority={"name": "Highest"})],
        packs=("full-review",),
        people={"chair": "ana", "scribe": "bob"},
        **team,
    )
    play.run_pass()
    return play


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_the_page_follows_from_the_birth_to_the_day_after_the_meeting(deployment: Deployment) -> None:
    play = born(deployment, meeting={"invitation": False})

    def line() -> str:
        return play.review().summary["meeting"].text

    assert list(play.review().summary)[:3] == ["review status", "due", "meeting"]
    assert line().startswith("not scheduled; due by Thu 5 March 2026 08:00:00 +00:00")
    assert play.run_pass().changes == ()
    written(play, "meeting date", "<p><time datetime='2026-03-04' /> 10:00</p>")
    written(play, "attendance", mentioned(play, "ana"))
    play.quiet()
    play.run_pass()
    assert line().startswith("scheduled for Wed 4 March 2026 10:00 (UTC) still missing: Documentation Lead (scribe)")
    assert play.run_pass().changes == ()
    lost = without_state(play)
    lost.clock.forward(61)
    assert lost.run_pass().changes == ()
    waking = [due.due for due in play.world.state.pending() if due.key.endswith("10001")]
    assert waking == [at("2026-03-04 11:00") + timedelta.resolution]
    play.clock.instant = waking[0]
    play.run_pass()
    assert line().startswith(
        "held Wed 4 March 2026 10:00 (UTC) attendance: 1 person, Incident Response Manager (chair)"
    )
    assert play.run_pass().changes == ()


def test_settings_are_checked() -> None:
    told = {"name": "t", "projects": ["A"], "closed_since": "always", "space": "S", "action_project": "A"}
    with pytest.raises(ValueError, match="minutes"):
        Team.model_validate(told | {"meeting": {"minutes": 0}})
