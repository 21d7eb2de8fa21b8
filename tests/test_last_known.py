"""What was last known of an incident whose read failed: it is read again, and stands in for it where nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from pirsync.errors import Unavailable
from pirsync.page.escalation import HEADERS
from pirsync.page.read import text_of
from pirsync.page.review import rows_of
from pirsync.page.scan import encode, scan
from pirsync.page_model import Column
from tests.indoors import Killed
from tests.stage import ALL, NEWS, Stage, parse_once, raw_incident, stage
from tests.test_brake_and_backoff import Sick
from tests.test_index_step import dies


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    """Two reviews, of which one has an action that is late by the quarter's end."""
    told = stage(request.param, [raw_incident(1), raw_incident(2)], escalation={"on": True, "due_soon": 0, "stale": 0})
    told.run_pass()
    told.type_row("Fix the queue", due="2026-03-31")
    told.quiet()
    told.run_pass()
    assert told.run_pass().changes == ()
    return told


def unreadable(play: Stage, which: Callable[[Any], bool]) -> Stage:
    """The same world, in which some pages cannot be read."""
    wiki = Sick(play.world.wiki, "pages", which, Unavailable("500"))
    return replace(play, world=replace(play.world, wiki=cast(Any, wiki)))


def test_a_review_that_cannot_be_read_when_a_quarter_has_ended_stands_on_its_page_all_the_same(play: Stage) -> None:
    ticket, unread = play.rows()[0].ticket, play.page("OPS-1").id
    play.clock.instant = datetime(2026, 4, 2, 6, tzinfo=UTC)
    report = unreadable(play, lambda ids: unread in ids).run_pass(ALL)
    assert [one.key for one in report.failed] == ["OPS-1"]
    page = play.world.wiki.find("OPS", "Escalation 2026 Q1")
    assert page is not None
    lines = rows_of(list(scan(encode(page.body)).within("table"))[-1])
    told = [[text_of(cell) for cell in line.elements()] for line in lines]
    assert told == [list(HEADERS), ["Ana Ruiz", f"{ticket} Fix the queue", "2026-03-31", "2", "OPS-1", ""]]


def test_what_was_last_known_is_kept_and_not_believed_until_it_was_read_again(play: Stage) -> None:
    play.clock.forward(3661)
    play.run_pass(NEWS)
    state = play.world.state
    before = {kind: state.cached_all(kind) for kind in ("incident", "ticket")}
    unread = play.page("OPS-1").id
    unreadable(play, lambda ids: unread in ids).run_pass(ALL)
    (ticket,) = before["ticket"]
    assert {kind: state.cached_all(kind) for kind in before} == before
    assert list(state.cached_all("unread")) == ["incident/10001", f"ticket/{ticket}"]
    play.clock.forward(3661)
    reads = Sick(play.world.tracker, "issues", lambda ids: True, Unavailable("503"))
    sick = replace(play, world=replace(play.world, tracker=cast(Any, reads)))
    assert [one.failure for one in sick.run_pass(NEWS).failed] == ["503"]
    play.clock.forward(3661)
    assert play.run_pass(NEWS).failed == ()
    assert state.cached_all("unread") == {}


CHANGED: dict[str, dict[str, Any]] = {
    "ticket": {"duedate": "2026-06-06"},
    "incident": {"priority": {"name": "P4", "id": "4"}},
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_a_poll_saw_and_died_with_is_read_by_the_next_one(
    monkeypatch: pytest.MonkeyPatch, play: Stage, what: str
) -> None:
    play.world.tracker_writes.edit_issue(play.rows()[0].ticket or "" if what == "ticket" else "OPS-1", CHANGED[what])
    # Longer ago than polls look back.
    play.clock.forward(3600)
    with monkeypatch.context() as patches:
        patches.setattr("pirsync.reconcile._Pass._bring_to_rest", dies)
        with pytest.raises(Killed):
            play.run_pass(NEWS)
    play.clock.forward(60)
    assert "update-page" in {change.change for change in play.run_pass(NEWS).changes}
    assert "P4" in play.page().body if what == "incident" else play.rows()[0].cells[Column.DUE].text == "2026-06-06"
    assert play.run_pass().changes == ()
