"""Who looks once at the end finds what one found who watched: history is in Jira and in the versions of the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pirsync import explain
from pirsync.adapters.memory import person_edits
from pirsync.lookup import read_one
from pirsync.model import Deployment, Person
from pirsync.page import cells
from pirsync.page.index import read_index
from pirsync.page.splice import splice
from pirsync.page.template import ReviewTemplate
from pirsync.page_model import CellEdit, Column, IndexRow, Region
from pirsync.selection import Mode, Selection
from tests.stage import BOB, NEWS, Stage, parse_once, raw_incident, stage, without_state
from tests.test_checks import items, times
from tests.test_life_of_an_incident import changes

DAY = 86_400
PROMPT = "<h2>Root cause</h2><p><ac:placeholder>Why?</ac:placeholder></p>"
WRITTEN = (
    times("2026-03-01 09:30 UTC", "2026-03-01 10:10 UTC")
    + "<h2>Root cause</h2><p>The pool was too small</p><h2>Contributing factors</h2>"
    + items("No timeout", "No alarm")
)
SINCE = Selection(Mode.HISTORY, since=date(2026, 3, 1))
ANN = Person(account="somebody", name="Somebody Else")


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


def begun(deployment: Deployment) -> Stage:
    """An incident that was closed this morning, before four procedures, with a page that people will fill."""
    play = stage(deployment, [raw_incident(1)], packs=("full-review", "major-review", "soc2-cc7", "soc2-cc7-4-5"))
    play.team["people"] = {"approver": ["bob"], "chair": ["ana"]}
    body = f"{{{{ summary_region }}}}{PROMPT}{{{{ actions_region }}}}<h2>Review record</h2>{{{{ record_region }}}}"
    play.template = ReviewTemplate("small", {"small": body})
    return play


def records(play: Stage, label: str, said: str, who: Person = ANN) -> None:
    page, cell = play.page(), play.review().record[label]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=said, text="")
    person_edits(play.world, page.id, splice(page.body, [edit]), who)


def writes_it(play: Stage) -> None:
    page = play.page()
    assert PROMPT in page.body
    person_edits(play.world, page.id, page.body.replace(PROMPT, WRITTEN))


def ticket(play: Stage) -> str:
    return next(row.ticket for row in play.rows() if row.ticket)


STORY: dict[int, Callable[[Stage], Any]] = {
    1: lambda play: records(play, "meeting date", cells.day(date(2026, 3, 5))),
    3: lambda play: records(play, "attendance", f"<p>{cells.mention(mention(play), play.world.wiki.deployment)}</p>"),
    4: writes_it,
    5: lambda play: records(play, "decision", "<p>APPROVED</p>", BOB),
    8: lambda play: play.move("OPS-1", "In Progress", "indeterminate"),
    9: lambda play: play.move("OPS-1", "Closed", "done"),
    10: lambda play: changes(play, "10001", "priority", "Highest", "High", {"name": "High"}),
    12: lambda play: play.move(ticket(play), "Done", "done"),
    14: lambda play: records(play, "meeting date", cells.day(date(2026, 3, 20))),
    18: lambda play: records(play, "decision", "<p>changes wanted</p>"),
    19: lambda play: records(play, "decision", "<p>APPROVED</p>", BOB),
}
"""What people do, by the day."""


def mention(play: Stage) -> Any:
    return play.world.wiki.mention("ana")


def lived(play: Stage, watch: Callable[[Stage], object]) -> Stage:
    """Page and ticket are made on the first day; then people do what the story says, with a look at each day's end."""
    play.run_pass()
    play.type_row("Enlarge the pool", due="2026-03-10")
    play.quiet()
    play.run_pass()
    for day in range(1, 22):
        play.clock.forward(DAY - 400)
        if day in STORY:
            STORY[day](play)
        play.clock.forward(400)
        watch(play)
    return play


def explained(play: Stage) -> dict[str, Any]:
    """As `explain --json` tells it, without the numbers that servers give to versions."""
    readings, incident = read_one(play.world, [play.practice(play.world)], "OPS-1")
    bench = cast(Any, SimpleNamespace(world=play.world))
    told: dict[str, Any] = explain.explained(bench, readings.practice, readings, incident).model_dump(mode="json")
    told["remarks"] = [re.sub(r"version \d+", "version n", one) for one in told["remarks"]]
    return told


def line(play: Stage) -> IndexRow:
    page = play.world.wiki.find("OPS", "Post-incident review index")
    assert page is not None
    (row,) = read_index(page.body).rows
    return row


def at_rest(play: Stage, selection: Selection) -> Stage:
    for _ in range(4):
        play.clock.forward(301)
        play.run_pass(selection)
    assert play.run_pass(selection).changes == ()
    return play


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_one_look_at_the_end_finds_what_watching_every_day_found(deployment: Deployment) -> None:
    watched = at_rest(lived(begun(deployment), lambda play: play.run_pass(NEWS)), NEWS)
    unwatched = without_state(lived(begun(deployment), lambda _: None))
    # Whatever the team's own day is.
    unwatched.team["closed_since"] = date(2026, 3, 20)
    at_rest(unwatched, SINCE)
    told = explained(watched)
    assert told == explained(unwatched)
    assert line(watched) == line(unwatched)
    assert (watched.page().title, watched.rows()[0].cells[Column.STATUS].text) == (
        unwatched.page().title,
        unwatched.rows()[0].cells[Column.STATUS].text,
    )
    # The story left its marks: all that can happen to a deadline is in it.
    assert {one["standing"] for one in (*told["dues"], *told["earlier"])} >= {"met", "overdue"}
    assert (len(told["earlier"]) > 0, told["remarks"] != [], told["actions"] != []) == (True, True, True)


def test_a_page_that_is_born_at_the_end_is_told_by_the_same_clocks() -> None:
    """Nobody writes on a page here, for there is none before the end; what Jira's history says is the same. A page's
    first actions are due from the closure that it was born after, so that those dates differ."""

    def jira_only(watch: Callable[[Stage], object]) -> Stage:
        play = begun("cloud")
        watch(play)
        for day in (8, 9, 10):
            play.clock.forward(DAY)
            STORY[day](play)
            play.quiet()
            watch(play)
        return play

    watched = at_rest(jira_only(lambda play: play.run_pass()), NEWS)
    late = jira_only(lambda _: None)
    late.team["closed_since"] = date(2026, 3, 20)
    at_rest(late, SINCE)
    told = ("scopes", "dues", "earlier", "unproven", "absent", "waits", "remarks")
    assert {name: explained(watched)[name] for name in told} == {name: explained(late)[name] for name in told}
    assert line(watched) == line(late)
