"""Two teams on one site: what one team's tickets, pages and index do is that team's business."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

import pytest

from pirsync.adapters.memory import memory_world
from pirsync.changes import is_local
from pirsync.errors import Unavailable
from pirsync.model import Deployment
from pirsync.page.index import read_index
from pirsync.recall import Place, recall_all
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.selection import Limits, Selection
from tests.stage import ALL, ANA, BOB, NEWS, SCREEN, Hands, Stage, raw_incident, without_state
from tests.test_brake_and_backoff import Sick

OTHER_SCREEN = SCREEN.model_copy(update={"project": "FIX"})
OTHER_INCIDENT = {**raw_incident(9, project={"key": "INC"}), "key": "INC-9"}


@dataclass
class TwoTeams:
    """Operations, who play on a stage, and a second team with other incidents in the same space."""

    ops: Stage
    others: Stage

    def run_pass(self, selection: Selection = ALL) -> Report:
        world = self.ops.world
        practices = [self.ops.practice(world), self.others.practice(world)]
        return run_once(selection, world, practices, Limits(100, timedelta(minutes=10)), lambda _: None)


def two_teams(deployment: Deployment, raw: dict[str, Any] | None = None) -> TwoTeams:
    clock = Hands()
    world = memory_world(
        deployment, [raw or raw_incident(1), OTHER_INCIDENT], [SCREEN, OTHER_SCREEN], [ANA, BOB], clock
    )
    other = {"name": "others", "projects": ("INC",), "action_project": "FIX", "index_title": "Index of the others"}
    return TwoTeams(Stage(world, clock), Stage(world, clock, other))


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_ticket_is_news_for_the_team_whose_review_it_belongs_to(deployment: Deployment) -> None:
    play = two_teams(deployment)
    play.run_pass()
    play.ops.type_row("Fix the queue")
    play.ops.quiet()
    play.run_pass()
    play.ops.move(play.ops.rows()[0].ticket or "", "In Progress", "indeterminate")
    play.ops.clock.forward(60)
    report = play.run_pass(NEWS)
    assert [result.key for result in report.results if result.changes] == ["OPS-1"]
    assert play.ops.status() == "IN PROGRESS"


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_each_team_has_its_own_index_in_a_space_that_both_use(deployment: Deployment) -> None:
    play = two_teams(deployment)
    play.run_pass()
    wiki = play.ops.world.wiki
    shown = {}
    for title in ("Post-incident review index", "Index of the others"):
        page = wiki.find("OPS", title)
        assert page is not None
        shown[title] = [key for key in ("OPS-1", "INC-9") if key in page.body]
    assert shown == {"Post-incident review index": ["OPS-1"], "Index of the others": ["INC-9"]}


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_after_the_state_was_lost_each_team_finds_its_own_reviews(deployment: Deployment) -> None:
    """Also those that no search of its incidents names, by a label that both teams' pages have."""
    play = two_teams(deployment)
    play.run_pass()
    before = {key: play.ops.page(key) for key in ("OPS-1", "INC-9")}
    lost = without_state(play.ops)
    play = TwoTeams(lost, replace(play.others, world=lost.world))
    for stage in (play.ops, play.others):
        stage.team["closed_since"] = date(2027, 1, 1)
    for _ in range(2):
        lost.clock.forward(120)
        assert [change for change in play.run_pass().changes if not is_local(change)] == []
    assert before == {key: play.ops.page(key) for key in ("OPS-1", "INC-9")}
    kept = recall_all(lost.world.state, "page", Place).values()
    assert {(place.team, place.incident) for place in kept} == {("ops", "10001"), ("others", "10009")}


def test_what_a_sweep_that_ended_early_had_for_an_index_is_written_by_the_next_poll() -> None:
    """The index cannot be written; the next sweep looks at one team's incidents, and is then refused the other's."""
    play = two_teams("cloud")
    whole = play.ops.world
    wiki = Sick(whole.wiki_writes, "create_page", lambda page: "index" in page.title, Unavailable("503"))
    play.ops.world = replace(whole, wiki_writes=cast(Any, wiki))
    play.run_pass()
    play.ops.quiet()
    searches = Sick(whole.tracker, "search", lambda query: "INC" in query.projects, Unavailable("503"))
    play.ops.world = replace(whole, tracker=cast(Any, searches))
    with pytest.raises(Unavailable):
        play.run_pass()
    play.ops.world = whole
    play.ops.clock.forward(1)
    play.run_pass(NEWS)
    index = whole.wiki.find("OPS", "Post-incident review index")
    assert index is not None
    assert "OPS-1" in index.body


def lines(play: TwoTeams) -> dict[str, list[tuple[str, str, int]]]:
    shown = {}
    for title in ("Post-incident review index", "Index of the others"):
        page = play.ops.world.wiki.find("OPS", title)
        assert page is not None
        shown[title] = [(row.key, row.status.text, row.total) for row in read_index(page.body).rows]
    return shown


@pytest.mark.parametrize("order", ["first", "second"])
def test_an_incident_that_moves_to_the_other_team_is_counted_there_and_its_old_line_says_so(order: str) -> None:
    raw = raw_incident(1)
    play = two_teams("cloud", raw)
    if order == "second":
        play = TwoTeams(play.others, play.ops)
    play.run_pass()
    ops = play.ops if order == "first" else play.others
    ops.type_row("Fix the queue")
    ops.quiet()
    play.run_pass()
    raw["key"], raw["fields"]["project"] = "INC-3", {"key": "INC"}
    ops.clock.forward(60)
    play.run_pass()
    assert lines(play) == {
        "Post-incident review index": [("OPS-1", "MOVED", 0)],
        "Index of the others": [("INC-3", "ACTIONS OPEN", 1), ("INC-9", "IN REVIEW", 0)],
    }
    page = ops.world.wiki.find("OPS", "Post-incident review index")
    assert page is not None
    assert read_index(page.body).rows[0].page_title == "moved to INC-3, in the index of others"
    for selection in (ALL, NEWS, ALL):
        ops.clock.forward(60)
        assert [change for change in play.run_pass(selection).changes if not is_local(change)] == []


def test_a_team_that_got_another_name_leaves_nothing_of_the_old_one_to_do() -> None:
    play = two_teams("cloud")
    play.run_pass()
    play.ops.team["name"] = "operations"
    for selection in (ALL, NEWS):
        play.ops.clock.forward(60)
        play.run_pass(selection)
    assert play.ops.world.state.pending() == []
