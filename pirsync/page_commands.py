"""What `pirsync resolve` does with the pages that are no single incident's: a team's index, the page of a quarter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pirsync import output, quarter_step
from pirsync.adapters.overlay import overlay
from pirsync.build import Bench
from pirsync.decision import FindingKind
from pirsync.index_step import IndexStep
from pirsync.policy.quarter import Quarter
from pirsync.ports import World
from pirsync.practice import Practice
from pirsync.quarter_plan import title
from pirsync.record import Recorder
from pirsync.report import Report, Result
from pirsync.selection import Mode


class TeamPage(NamedTuple):
    """A team's page by its title; of a quarter, or else the index."""

    practice: Practice
    title: str
    quarter: Quarter | None


def recreate(bench: Bench, name: str, team: str, sure: Callable[[], bool]) -> int:
    """Show that the index or the quarter's page called `name` is made anew, and once they are sure, do it; the exit
    code."""
    if (page := _one(bench, name, team)) is None:
        return 1
    planned = _make_anew(overlay(bench.world), page)
    report = Report(looked_at=0, reviews=0, results=(planned,))
    output.planned(report)
    if not output.writes(report):
        is_gone = any(found.kind is FindingKind.PAGE_GONE for found in planned.findings)
        return 3 if is_gone or planned.waiting or planned.failure else 0
    if not sure():
        return 0
    made = _make_anew(bench.world, page)
    output.news(made)
    return 3 if made.waiting or made.failure else 0


def dismiss(bench: Bench, name: str, team: str, sure: Callable[[], bool]) -> int:
    """Say that nothing is told any more of the quarter's page called `name`, and once they are sure, do it; the exit
    code."""
    page = _one(bench, name, team)
    if page is None:
        return 1
    if page.quarter is None:
        output.line(
            f"{page.title}: an index is written as long as there are reviews; restore or recreate it", problem=True
        )
        return 1
    output.line(f"{page.title}  is not looked at any more: nobody is asked to acknowledge it, nor told that it is gone")
    if sure():
        with bench.world.state.pass_lock():
            quarter_step.dismiss(bench.world, page.practice, page.quarter)
    return 0


def _make_anew(world: World, page: TeamPage) -> Result:
    with world.state.pass_lock():
        if page.quarter is not None:
            return quarter_step.make_anew(world, page.practice, page.quarter)
        return IndexStep(world, Recorder(world.state, world.clock.now()), Mode.NAMED).make_anew(page.practice)


def _one(bench: Bench, name: str, team: str) -> TeamPage | None:
    """The page of that title; where there is not exactly one, that is told."""
    known = list(_pages(bench))
    found = [page for page in known if page.title == name.strip() and team in ("", page.practice.terms.team)]
    if len(found) == 1:
        return found[0]
    if found:
        teams = " and ".join(page.practice.terms.team for page in found)
        output.line(f"{name}: {teams} have a page of that title: say whose with --team", problem=True)
    else:
        titles = ", ".join(dict.fromkeys(page.title for page in known))
        output.line(f"{name}: no incident, and no team's page has that title; there are {titles}", problem=True)
    return None


def _pages(bench: Bench) -> Iterator[TeamPage]:
    for practice in bench.teams():
        yield TeamPage(practice, practice.terms.index_title, None)
        if practice.terms.ladder.on:
            for quarter in quarter_step.quarters(bench.world, practice):
                yield TeamPage(practice, title(practice.terms, quarter), quarter)
