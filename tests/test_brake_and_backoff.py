"""What a pass leaves behind when it ends early or an incident fails: due again, slower each time, seen by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from pirsync.adapters.state import open_state
from pirsync.apply import LAST_RETRY
from pirsync.brake import HELD
from pirsync.errors import Ambiguous, AuthInDoubt, Unavailable, UnsafePlan
from pirsync.findings import stored
from pirsync.known import work_key
from pirsync.mapping import want_ticket
from pirsync.model import Deployment
from pirsync.ports import Query, RawIssue, Want
from pirsync.reconcile import run_once
from pirsync.selection import Limits, Mode, Selection
from tests.stage import (
    ALL,
    NEWS,
    START,
    Stage,
    parse_once,
    raw_incident,
    stage,
    with_one_ticket,
)

FIVE = [raw_incident(number) for number in range(1, 6)]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


class Sick:
    """A half of a world in which one method fails where its first argument says so; calls are counted."""

    def __init__(self, real: Any, name: str, sick: Any, error: Exception) -> None:
        self._real, self._name, self._sick, self._error = real, name, sick, error
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return self._call if name == self._name else getattr(self._real, name)

    def _call(self, first: Any, *rest: Any) -> Any:
        if self._sick(first):
            self.calls += 1
            raise self._error
        return getattr(self._real, self._name)(first, *rest)


def with_sick_births(play: Stage, error: Exception, key: str = "OPS-3") -> tuple[Stage, Sick]:
    wiki = Sick(play.world.wiki_writes, "create_page", lambda draft: draft.title.startswith(key), error)
    return replace(play, world=replace(play.world, wiki_writes=cast(Any, wiki))), wiki


def with_sick_updates(play: Stage) -> tuple[Stage, Sick]:
    """No page but the index can be written."""
    wiki = Sick(play.world.wiki_writes, "update_page", lambda page: "index" not in page.title, Unavailable("503"))
    return replace(play, world=replace(play.world, wiki_writes=cast(Any, wiki))), wiki


def pages(play: Stage) -> int:
    return len(list(play.world.wiki.labelled("OPS", "pirsync-review", None)))


# ---------------------------------------------------------------- the brake


def test_the_brake_counts_over_all_teams() -> None:
    play = stage(incidents=[*FIVE, *(raw_incident(n, project={"key": "NET"}) for n in range(6, 9))])
    ops, net = play.practice(play.world), replace(play, team={"name": "net", "projects": ("NET",)})
    teams = [ops, net.practice(play.world)]
    limits = Limits(max_creates=7, overlap=timedelta(minutes=10))
    with pytest.raises(
        UnsafePlan, match=r"would create 8 pages, tickets and comments on tickets \(OPS-1, .* and 3 more\)"
    ):
        run_once(ALL, play.world, teams, limits, lambda _: None)
    assert pages(play) == 0
    run_once(ALL, play.world, teams, replace(limits, max_creates=8), lambda _: None)
    assert pages(play) == 8


def test_what_the_brake_held_back_is_refused_again_by_every_poll_until_it_is_allowed() -> None:
    play = stage(incidents=FIVE)
    for selection in (NEWS, NEWS, ALL, NEWS):
        with pytest.raises(UnsafePlan):
            play.run_pass(selection, max_creates=4)
        play.clock.forward(60)
    assert pages(play) == 0
    play.run_pass(NEWS, max_creates=5)
    assert pages(play) == 5


def comments_on_tickets(play: Stage) -> int:
    raws = (play.world.tracker.issue(row.ticket, want_ticket()) for row in play.rows() if row.ticket)
    return sum(len(play.world.tracker.comments(str(raw["id"]))) for raw in raws if raw is not None)


def test_what_only_a_later_round_asks_for_is_counted_too() -> None:
    """Tickets whose day has passed when they are made: the comments that say so are known only once they are there."""
    play = stage(escalation={"on": True})
    play.run_pass()
    for number in range(3):
        play.type_row(f"Fix part {number}", due="2026-02-02")
    play.quiet()
    report = play.run_pass(ALL, max_creates=3)
    assert (len(play.rows()), comments_on_tickets(play)) == (3, 0)
    assert [one.waiting for one in report.results if one.waiting] == [HELD]
    with pytest.raises(UnsafePlan, match=r"would create 3 .*comments on tickets \(OPS-1\)"):
        play.run_pass(NEWS, max_creates=2)
    play.run_pass(NEWS, max_creates=3)
    assert comments_on_tickets(play) == 3
    assert play.run_pass(ALL, max_creates=1).changes == ()


def test_a_login_lost_in_the_middle_of_a_pass_loses_no_incident() -> None:
    play = stage(incidents=FIVE)
    sick, _ = with_sick_births(play, AuthInDoubt("the login may be broken"))
    with pytest.raises(AuthInDoubt):
        sick.run_pass(ALL)
    assert play.world.state.watermark("ops") is None
    assert 0 < pages(play) < 5
    play.clock.forward(61)
    play.run_pass(NEWS)
    play.run_pass(NEWS)
    assert pages(play) == 5
    assert play.world.state.watermark("ops") is not None
    assert not play.run_pass(ALL).changes


# ---------------------------------------------------------------- back-off


def test_an_incident_that_fails_for_ever_is_tried_ever_less_often_and_stops_nobody() -> None:
    play = stage(incidents=FIVE)
    sick, births = with_sick_births(play, Unavailable("503"))
    sick.run_pass(ALL)
    assert pages(play) == 4
    waits = []
    for _ in range(9):
        line = play.world.state.owed(work_key("ops", "10003"))
        assert line is not None
        waits.append(line.due - play.clock.now())
        play.clock.instant = line.due - timedelta(seconds=1)
        before = births.calls
        sick.run_pass(NEWS)
        assert births.calls == before
        play.clock.forward(1)
        sick.run_pass(NEWS)
        assert births.calls == before + 1
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    (told,) = (one for one in stored(play.world.state) if one.kind == "Failed")
    assert (told.key, told.tries, told.message, told.again) == ("OPS-3", 10, "503", play.clock.now() + LAST_RETRY)
    play.run_pass(Selection(Mode.NAMED, ("OPS-3",)))
    assert (pages(play), play.world.state.owed(work_key("ops", "10003"))) == (5, None)


def test_a_failure_takes_nothing_from_what_was_found_before_it_and_goes_by_the_name_of_today() -> None:
    raw = raw_incident(1)
    play = stage(incidents=[raw])
    play.run_pass()
    play.type_row("Fix the queue", owner="")
    play.quiet()
    play.run_pass()
    found = play.world.state.cached("findings", "10001")
    assert found is not None and [one["kind"] for one in found["found"]] == ["NeedsOwner"]
    raw["key"] = "OPS-91"
    sick, _ = with_sick_updates(play)
    assert [one.failure for one in sick.run_pass(Selection(Mode.NAMED, ("OPS-91",))).failed] == ["503"]
    assert {(one.key, one.kind) for one in stored(play.world.state)} == {("OPS-1", "NeedsOwner"), ("OPS-91", "Failed")}


def test_back_off_survives_a_restart(tmp_path: Any) -> None:
    path = tmp_path / "state.db"
    play = stage(incidents=FIVE)
    first = open_state(path, "owner-0001", START - timedelta(days=1))
    play = replace(play, world=replace(play.world, state=first))
    sick, births = with_sick_births(play, Unavailable("503"))
    sick.run_pass(ALL)
    play.clock.forward(61)
    sick.run_pass(NEWS)
    first.close()
    second = open_state(path, "owner-0001", play.clock.now())
    sick = replace(sick, world=replace(sick.world, state=second))
    line = second.owed(work_key("ops", "10003"))
    assert line is not None
    assert (line.tries, line.due - play.clock.now()) == (2, timedelta(minutes=2))
    before = births.calls
    sick.run_pass(NEWS)
    assert births.calls == before
    second.close()


def test_a_site_that_asks_for_more_time_gets_it() -> None:
    sick, _ = with_sick_births(stage(incidents=FIVE), Unavailable("429", retry_after=1800))
    sick.run_pass(ALL)
    line = sick.world.state.owed(work_key("ops", "10003"))
    assert line is not None
    assert line.due == sick.clock.now() + timedelta(minutes=30)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_page_that_was_edited_before_a_failure_is_no_news_to_every_poll(deployment: Deployment) -> None:
    play = stage(deployment)
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    writes = Sick(play.world.tracker_writes, "create_issue", lambda draft: True, Unavailable("429", retry_after=1800))
    sick = replace(play, world=replace(play.world, tracker_writes=cast(Any, writes)))
    for _ in range(29):
        sick.run_pass(NEWS)
        play.clock.forward(60)
    assert writes.calls == 1
    play.type_row("Fix the other queue")
    play.clock.forward(301)
    sick.run_pass(NEWS)
    assert writes.calls > 1
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    assert [row.ticket is not None for row in play.rows()] == [True, True]


class Propertyless:
    """Reads of a Data Center, whose searches tell no properties."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def search(self, query: Query, want: Want) -> Iterator[RawIssue]:
        return map(_bare, self._real.search(query, want))

    def issues(self, refs: Any, want: Want) -> list[RawIssue]:
        return list(map(_bare, self._real.issues(refs, want)))


def _bare(raw: RawIssue) -> RawIssue:
    return {name: value for name, value in raw.items() if name != "properties"}


def as_told_by_a_data_center(play: Stage) -> Stage:
    return replace(play, world=replace(play.world, tracker=cast(Any, Propertyless(play.world.tracker))))


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_ticket_that_changed_before_a_failure_is_no_news_to_every_poll(deployment: Deployment) -> None:
    play = stage(deployment)
    key = with_one_ticket(play)
    play.clock.forward(3600)
    play.run_pass(NEWS)
    play.move(key, "In Progress", "indeterminate")
    told = as_told_by_a_data_center(play) if deployment == "datacenter" else play
    sick, wiki = with_sick_updates(told)
    minutes = []
    for minute in range(14):
        before = wiki.calls
        sick.run_pass(NEWS)
        minutes += [minute] if wiki.calls > before else []
        play.clock.forward(60)
    assert minutes == [0, 1, 3, 7]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_proof_that_a_failed_look_found_outside_is_no_news_to_every_poll(deployment: Deployment) -> None:
    """Searches tell nothing of links to the outside, which only a decision reads."""
    play = stage(deployment, packs=("soc2-cc7",))
    key = with_one_ticket(play)
    play.clock.forward(3600)
    play.run_pass(NEWS)
    play.move(key, "Done", "done")
    sick, wiki = with_sick_updates(play)
    for _ in range(8):
        sick.run_pass(NEWS)
        play.clock.forward(60)
    assert wiki.calls == 4


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_what_was_tried_is_remembered_only_until_the_incident_comes_to_rest(deployment: Deployment) -> None:
    play = stage(deployment)
    key = with_one_ticket(play)
    play.clock.forward(3600)
    play.run_pass(NEWS)
    play.move(key, "Done", "done")
    wiki = Sick(play.world.wiki_writes, "update_page", lambda page: True, Unavailable("503"))
    sick = replace(play, world=replace(play.world, wiki_writes=cast(Any, wiki)))
    sick.run_pass(NEWS)
    assert list(play.world.state.cached_all("tried")) == [work_key("ops", "10001")]
    play.clock.forward(61)
    play.run_pass(NEWS)
    assert (play.status(), play.world.state.cached_all("tried")) == ("DONE", {})


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_news_that_came_before_a_long_failure_is_not_lost_after_it(deployment: Deployment) -> None:
    """When it is tried again, no poll finds it any more: it lies behind the overlap."""
    play = stage(deployment)
    key = with_one_ticket(play)
    play.clock.forward(3600)
    assert not play.run_pass(NEWS).changes
    play.move(key, "Done", "done")
    wiki = Sick(play.world.wiki_writes, "update_page", lambda page: True, Unavailable("503"))
    sick = replace(play, world=replace(play.world, wiki_writes=cast(Any, wiki)))
    for _ in range(60):
        sick.run_pass(NEWS)
        play.clock.forward(60)
    assert 1 < wiki.calls < 9
    play.clock.forward(3600)
    play.run_pass(NEWS)
    assert play.status() == "DONE"


def test_a_page_whose_every_write_is_in_doubt_fails_and_nobody_is_blamed_for_it() -> None:
    play = stage()
    key = with_one_ticket(play)
    play.move(key, "Done", "done")
    wiki = Sick(play.world.wiki_writes, "update_page", lambda page: True, Ambiguous("502: it may have been saved"))
    sick = replace(play, world=replace(play.world, wiki_writes=cast(Any, wiki)))
    report = sick.run_pass(ALL)
    assert [one.failure for one in report.failed] == ["502: it may have been saved"]
    assert [found for one in report.results for found in one.findings] == []
    assert wiki.calls == 2
    play.clock.forward(61)
    play.run_pass(NEWS)
    assert play.status() == "DONE"
