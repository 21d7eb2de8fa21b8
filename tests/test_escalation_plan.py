"""What is said of an action that is not on its way: once for each level, edited in place, and no secrets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from pirsync.adapters.overlay_tracker import OverlayTracker, jira_instant
from pirsync.changes import describe, is_local
from pirsync.decision import FindingKind
from pirsync.errors import Unavailable, UnsafePlan
from pirsync.model import COMMENT_PROPERTY, TICKET_PROPERTY
from pirsync.policy.escalation import Extension
from pirsync.ports import TrackerWrites
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from tests.stage import NEWS, Stage, parse_once, raw_incident, stage, with_one_ticket, without_state

PEOPLE = {"chair": ["hana"], "escalation": ["lee"]}
ON = {"on": True}
DUE, LEAD, LEADERSHIP = "2026-04-02", "2026-04-07", "2026-04-17"  # when its one action becomes overdue, and rises


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param, people=PEOPLE, escalation=ON)


def tracker(play: Stage) -> OverlayTracker:
    assert isinstance(play.world.tracker, OverlayTracker)
    return play.world.tracker


def issue_id(play: Stage, key: str) -> str:
    return next(str(raw["id"]) for raw in tracker(play).issues([key], play.practice(play.world).want_ticket))


def said(play: Stage, key: str) -> list[str]:
    comments = tracker(play).comments(issue_id(play, key))
    ours = [c for c in comments if any(p["key"] == COMMENT_PROPERTY and p["value"] for p in c["properties"])]
    return [comment["body"] for comment in ours]


def whom(play: Stage, key: str) -> list[str]:
    """Those whom our comments mention, in their order."""
    names = [body.partition("]")[0].removeprefix("[~").removeprefix("accountid:") for body in said(play, key)]
    return [name if len(name) < 5 else "" for name in names]


def go(play: Stage, day: str, hour: int = 12) -> Report:
    """Time passes to that day, and a poll comes by."""
    play.clock.instant = datetime.fromisoformat(f"{day}T{hour:02}:00").replace(tzinfo=UTC)
    return play.run_pass(NEWS)


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


def comments(report: Report) -> list[str]:
    return [change for change in writes(report) if change.endswith("comment") or change.startswith("comment")]


def told(report: Report) -> list[tuple[FindingKind, str]]:
    kinds = (FindingKind.STALE, FindingKind.UNOWNED, FindingKind.REFUSED)
    return [(f.kind, f.message) for result in report.results for f in result.findings if f.kind in kinds]


def changes_field(play: Stage, key: str, **fields: Any) -> None:
    history = {"id": "9", "created": jira_instant(play.clock.now()), "items": [{"field": name} for name in fields]}
    tracker(play).record(issue_id(play, key), fields, history)


def test_off_by_default_nobody_is_told_and_nothing_more_is_read() -> None:
    play = stage(people=PEOPLE)
    key = with_one_ticket(play)
    go(play, "2026-12-01")
    assert (said(play, key), play.practice(play.world).want_ticket.fields.count("comment")) == ([], 0)


def test_one_action_rises_from_its_owner_to_the_lead_to_leadership_and_each_is_told_once(play: Stage) -> None:
    play.team = {**play.team, "escalation": {"on": True, "stale": 0}}
    key = with_one_ticket(play)
    assert comments(go(play, "2026-03-29")) == []  # a Sunday
    assert comments(go(play, "2026-03-30")) == ["comment-ticket"]
    assert comments(go(play, "2026-04-01")) == []
    assert comments(go(play, DUE)) == ["edit-comment"]
    assert comments(go(play, LEAD)) == ["comment-ticket"]
    assert comments(go(play, LEADERSHIP)) == ["comment-ticket"]
    assert whom(play, key) == ["ana", "hana", "lee"]
    for day in ("2026-04-18", "2026-05-02", "2026-12-01"):
        assert comments(go(play, day)) == []
        assert comments(play.run_pass()) == []


def test_what_is_said_names_the_action_the_date_the_clause_and_what_to_do_and_holds_no_address() -> None:
    play = stage(people=PEOPLE, escalation={"on": True, "stale": 0}, packs=("soc2-cc7",))
    key = with_one_ticket(play)
    go(play, "2026-03-30")
    assert said(play, key) == [
        "[~accountid:ana] This action of the review of OPS-1 needs you:\n\n* it is due by the end of Wed 1 April 2026 "
        "(UTC) (soc2-cc7 1.0 complete (Implementation guidance)): finish it in time, or agree on another date"
    ]
    go(play, DUE)
    assert said(play, key) == [
        "[~accountid:ana] This action of the review of OPS-1 needs you:\n\n* it was due by the end of Wed 1 April 2026 "
        "(UTC) (soc2-cc7 1.0 complete (Implementation guidance)): finish it, or agree on another date"
    ]
    go(play, LEAD)
    assert said(play, key)[1] == (
        "[~accountid:hana] This action of the review of OPS-1 needs you:\n\n* it was due by the end of Wed 1 April "
        "2026 (UTC) (soc2-cc7 1.0 complete (Implementation guidance)): see that it is finished, or agree on another "
        "date\n* Ana Ruiz has it"
    )
    assert "://" not in "".join(said(play, key))


def test_once_it_is_done_the_newest_comment_says_so_and_nothing_more_is_said(play: Stage) -> None:
    key = with_one_ticket(play)
    go(play, "2026-03-30")
    go(play, LEAD)
    first = said(play, key)[0]
    play.move(key, "Done", "done")
    assert comments(go(play, "2026-04-08")) == ["edit-comment"]
    assert said(play, key) == [first, "This is Done now. Nothing is to be done because of this comment."]
    assert comments(go(play, "2026-06-01")) == []
    play.move(key, "In Progress", "indeterminate")
    report = go(play, "2026-06-02")
    assert comments(report) == ["comment-ticket"]  # leadership had never been told
    assert whom(play, key)[2] == "lee"
    play.move(key, "Done", "done")
    assert comments(go(play, "2026-06-03")) == ["edit-comment"]
    play.move(key, "In Progress", "indeterminate")
    assert comments(go(play, "2026-06-04")) == ["edit-comment"]
    assert (len(said(play, key)), whom(play, key)[2]) == (3, "lee")


def test_a_comment_that_people_delete_is_not_made_again_also_when_somebody_asks_for_anything(play: Stage) -> None:
    play.team = {**play.team, "escalation": {"on": True, "stale": 0}}
    key = with_one_ticket(play)
    go(play, DUE)
    assert whom(play, key) == ["ana"]
    tracker(play)._patches[issue_id(play, key)].comments.clear()
    changes_field(play, key, duedate="2026-04-03")
    go(play, "2026-04-03")
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    assert said(play, key) == []
    go(play, "2026-04-06")
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    assert (said(play, key), told(play.run_pass())) == ([], [])
    go(play, "2026-04-09")
    assert whom(play, key) == ["hana"]
    changes_field(play, key, duedate="2026-05-01")
    assert comments(go(play, "2026-04-10")) == ["edit-comment"]
    assert [body.partition(".")[0] for body in said(play, key)] == ["This is in order again"]


def test_another_date_puts_it_in_order_and_it_starts_anew_by_edits_alone(play: Stage) -> None:
    key = with_one_ticket(play)
    go(play, "2026-03-30")
    changes_field(play, key, duedate="2026-05-01")
    assert comments(go(play, "2026-03-31")) == ["edit-comment"]
    assert said(play, key) == ["This is in order again. Nothing is to be done because of this comment."]
    assert comments(go(play, "2026-04-29")) == ["edit-comment"]
    assert whom(play, key) == ["ana"]


def test_switched_on_over_what_is_long_overdue_it_climbs_one_level_a_working_day() -> None:
    play = stage(people=PEOPLE)
    key = with_one_ticket(play)
    play.team = {**play.team, "escalation": ON}
    for day, expected in (
        ("2026-06-05", ["ana"]),  # a Friday
        ("2026-06-06", ["ana"]),
        ("2026-06-07", ["ana"]),
        ("2026-06-08", ["ana", "hana"]),
        ("2026-06-09", ["ana", "hana", "lee"]),
    ):
        play.clock.instant = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
        for _ in range(2):
            play.run_pass()
        assert whom(play, key) == expected


def test_no_nudge_is_made_on_the_teams_days_off() -> None:
    play = stage(people=PEOPLE, escalation=ON, calendar={"days_off": ["2026-03-30"]})
    key = with_one_ticket(play)
    for day in ("2026-03-27", "2026-03-28", "2026-03-30"):
        go(play, day)
    assert whom(play, key) == ["ana"]  # Friday: two business days before the date, without Monday
    go(play, "2026-04-02")
    play.team = {**play.team, "calendar": {"days_off": [LEAD]}}
    assert comments(go(play, LEAD)) == []
    assert comments(go(play, "2026-04-08")) == ["comment-ticket"]


def test_what_nobody_has_concerns_the_lead_at_once_and_whoever_gets_it_is_told_when_it_is_due(play: Stage) -> None:
    key = with_one_ticket(play)
    changes_field(play, key, assignee=None)
    report = go(play, "2026-03-10")
    assert (whom(play, key), told(report)) == (["hana"], [(FindingKind.UNOWNED, f"{key} is assigned to nobody")])
    changes_field(play, key, assignee={"accountId": "bob", "name": "bob", "displayName": "Bob Brown"})
    go(play, "2026-03-11")
    assert said(play, key) == ["This is in order again. Nothing is to be done because of this comment."]
    go(play, "2026-03-31")
    assert whom(play, key) == ["", "bob"]


def test_a_ticket_to_which_nobody_writes_is_stale_and_what_we_say_is_no_answer(play: Stage) -> None:
    key = with_one_ticket(play)
    changes_field(play, key, duedate=None)
    play.run_pass(NEWS)
    report = go(play, "2026-04-01")
    assert (whom(play, key), told(report)) == (
        ["ana"],
        [(FindingKind.STALE, f"{key} is New; nobody has written to it since 2026-03-02")],
    )
    assert comments(go(play, "2026-04-06")) == ["comment-ticket"]
    person = {"accountId": "ana", "name": "ana", "displayName": "Ana Ruiz"}
    now = jira_instant(play.clock.now())
    answer = {"id": "5", "author": person, "created": now, "body": "soon"}
    tracker(play).record(
        issue_id(play, key), {"comment": {"comments": [answer], "total": 1}}, {"created": now, "items": []}
    )
    assert comments(go(play, "2026-04-07")) == ["edit-comment"]
    assert told(play.run_pass()) == []
    assert (len(said(play, key)), comments(go(play, "2026-05-05"))) == (2, [])
    assert comments(go(play, "2026-05-06")) == ["edit-comment"]


def test_what_is_done_without_evidence_is_asked_for_once_and_then_concerns_the_lead(play: Stage) -> None:
    play.team = {**play.team, "packs": ("soc2-cc7",)}
    key = with_one_ticket(play)
    go(play, "2026-03-09")
    play.move(key, "Done", "done")
    assert comments(go(play, "2026-03-10")) == ["comment-ticket"]
    assert "does not count it as done" in said(play, key)[0]
    for day in ("2026-03-11", "2026-03-13"):
        assert comments(go(play, day)) == []
    assert comments(go(play, "2026-03-16")) == ["comment-ticket"]  # a Monday; five days were over on Saturday
    assert whom(play, key)[1] == "hana"
    assert "it is Done, but nothing shows that it was done" in said(play, key)[1]


def test_a_ticket_gets_one_new_comment_a_day_whatever_happens_to_it(play: Stage) -> None:
    play.team = {**play.team, "packs": ("soc2-cc7",)}
    key = with_one_ticket(play)
    assert comments(go(play, "2026-03-30", hour=9)) == ["comment-ticket"]
    play.move(key, "Done", "done")
    assert comments(go(play, "2026-03-30", hour=10)) == ["edit-comment"]
    assert comments(go(play, "2026-03-31", hour=0)) == ["comment-ticket"]
    assert len(said(play, key)) == 2


def test_an_extension_keeps_it_quiet_until_its_day_is_over(play: Stage) -> None:
    key = with_one_ticket(play)
    play.extensions = (
        Extension(ticket=key, until=date(2026, 4, 20), reason="Parts", approver="Hanna", date=date(2026, 3, 9)),
    )
    for day in ("2026-03-30", DUE, LEADERSHIP, "2026-04-20"):
        assert comments(go(play, day)) == []
    assert comments(go(play, "2026-04-21")) == ["comment-ticket"]
    assert whom(play, key) == ["ana"]


def test_after_the_state_was_lost_nobody_is_told_again_and_the_brake_counts_nothing(play: Stage) -> None:
    key = with_one_ticket(play)
    go(play, "2026-03-30")
    go(play, LEAD)
    before = said(play, key)
    lost = without_state(play)
    lost.clock.forward(61)
    report = lost.run_pass(max_creates=1)
    assert (comments(report), said(lost, key)) == ([], before)
    lost.clock.forward(61)
    assert writes(lost.run_pass(NEWS)) == []
    assert comments(go(lost, LEADERSHIP)) == ["comment-ticket"]
    assert whom(lost, key) == ["ana", "hana", "lee"]


def test_what_was_turned_away_unsent_is_said_later(play: Stage) -> None:
    key = with_one_ticket(play)
    go(play, DUE)
    real = play.world
    play.world = replace(real, tracker_writes=cast(TrackerWrites, TurnedAway(real.tracker_writes)))
    assert [result.failure for result in go(play, LEAD).failed] == ["429"]
    play.world = real
    play.clock.forward(3600)
    play.run_pass()
    assert whom(play, key) == ["ana", "hana"]


class TurnedAway:
    """Writes of which no comment is let in."""

    def __init__(self, real: TrackerWrites) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def add_comment(self, *_: Any) -> str:
        raise Unavailable("429")


def test_an_incident_that_became_restricted_is_not_spoken_of(play: Stage) -> None:
    key = with_one_ticket(play)
    raw = next(iter(tracker(play).issues(["OPS-1"], play.practice(play.world).want_ticket)))
    restricted = {"security": {"name": "Board"}}
    tracker(play).record(str(raw["id"]), restricted, {"created": jira_instant(play.clock.now()), "items": []})
    go(play, LEADERSHIP)
    play.run_pass()
    assert said(play, key) == []


def test_that_the_review_was_reopened_or_its_actions_hold_it_open_stops_nothing(play: Stage) -> None:
    key = with_one_ticket(play)
    play.move("OPS-1", "Open", "new")
    assert comments(go(play, DUE)) == ["comment-ticket"]
    assert whom(play, key) == ["ana"]


def test_the_brake_counts_what_would_be_said_when_it_is_switched_on() -> None:
    play = stage(people=PEOPLE)
    with_one_ticket(play)
    play.team = {**play.team, "escalation": ON}
    play.clock.instant = datetime(2026, 6, 5, 12, tzinfo=UTC)
    with pytest.raises(UnsafePlan, match="would create 1 pages, tickets and comments on tickets"):
        play.run_pass(max_creates=0)


def test_a_dry_run_tells_what_would_be_said_and_says_nothing(play: Stage) -> None:
    key = with_one_ticket(play)
    play.clock.instant = datetime(2026, 3, 30, 12, tzinfo=UTC)
    dry = play.dry_run()
    assert said(play, key) == []
    assert f"comment on {key}: due soon (told to: owner)" in [describe(change) for change in dry.changes]
    assert [describe(change) for change in play.run_pass().changes] == [describe(change) for change in dry.changes]


def test_a_level_that_nobody_has_is_left_out_and_the_commander_leads_where_nobody_is_named() -> None:
    bob = {"accountId": "bob", "name": "bob", "displayName": "Bob Brown"}
    play = stage(incidents=[raw_incident(1, assignee=bob)], escalation=ON)
    key = with_one_ticket(play)
    for day in ("2026-03-30", LEAD, LEADERSHIP):
        go(play, day)
    assert whom(play, key) == ["ana", "bob"]


def test_somebody_who_stands_at_two_levels_is_told_once() -> None:
    play = stage(people={"chair": ["ana"], "escalation": ["lee"]}, escalation=ON)
    key = with_one_ticket(play)
    for day in ("2026-03-30", LEAD, LEADERSHIP):
        go(play, day)
    assert whom(play, key) == ["ana", "lee"]


def test_a_ticket_of_another_installation_is_not_spoken_to(play: Stage) -> None:
    key = with_one_ticket(play)
    theirs = {"mark": "0123456789abcdef", "owner": "another-owner", "incident": "10001"}
    play.world.tracker_writes.set_property(issue_id(play, key), TICKET_PROPERTY, theirs)
    play.run_pass()
    go(play, LEADERSHIP)
    assert said(play, key) == []
