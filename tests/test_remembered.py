"""What state and page remember may come from a newer pirsync, or be damaged: never a crash, never a second thing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pirsync.adapters.answers import Effect, Request
from pirsync.build import product_holds
from pirsync.changes import is_local
from pirsync.decision import FindingKind
from pirsync.expiry import Token, warnings
from pirsync.known import journal, memory_of
from pirsync.names import PAGE_PROPERTY
from pirsync.page_model import Memory, Shown
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from tests.stage import NEWS, Stage, parse_once, stage

SITES = ("site", "account", "mention", "owner", "screen")
KINDS = ("incident", "ticket", "review", "page", "open", "base", "index", "index-row", "findings", "waiting", *SITES)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    """A settled review with one ticket."""
    told = stage(request.param)
    told.run_pass()
    told.type_row("Fix the queue")
    told.quiet()
    told.run_pass()
    assert writes(told.run_pass()) == []
    return told


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


def newer(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "added_by_a_newer_one": {"x": 1}}


def older(value: dict[str, Any]) -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("change", [newer, older])
@pytest.mark.parametrize("selection", [NEWS, Selection(Mode.ALL), Selection(Mode.NAMED, ("OPS-1",))])
def test_a_cache_of_another_shape_is_as_good_as_none(play: Stage, change: Any, selection: Selection) -> None:
    state, kinds = play.world.state, set()
    for kind in KINDS:
        for key, value in state.cached_all(kind).items():
            kinds.add(kind)
            state.cache(kind, {key: change(value)})
    assert kinds >= {"incident", "ticket", "review", "page", "open", "base", "index", "findings", "site", "owner"}
    before = play.page()
    report = play.run_pass(selection)
    assert (writes(report), report.failed) == ([], ())
    assert play.page() == before
    play.move(play.rows()[-1].ticket or "", "Done", "done")
    play.run_pass(NEWS)
    assert play.status(-1) == "DONE"


def test_a_renamed_page_is_found_by_its_receipt_when_its_review_was_forgotten(play: Stage) -> None:
    page = play.page()
    renamed = page.model_copy(update={"title": "What went wrong that day"})
    play.world.wiki_writes.update_page(renamed, page.body, "renamed by hand")
    assert play.world.wiki.find("OPS", "OPS-1 Post-incident review") is None
    play.world.state.drop("review", ["10001"])
    report = play.run_pass()
    assert "create-page" not in writes(report)
    assert FindingKind.NOT_SETTLING not in {f.kind for result in report.results for f in result.findings}
    kept = play.world.state.cached("review", "10001")
    assert kept is not None
    assert kept["page"] == page.id


def test_what_a_newer_pirsync_added_to_a_pages_memory_survives_our_writes(play: Stage) -> None:
    found = play.world.wiki.property(play.page().id, PAGE_PROPERTY)
    assert found is not None
    rows: dict[str, Any] = found.value["rows"]  # type: ignore[assignment]  # a property's values are objects
    (ticket,) = rows
    value = {**found.value, "future": ["kept"], "rows": {ticket: {**rows[ticket], "note": "kept too"}}}
    play.world.wiki_writes.set_property(play.page().id, PAGE_PROPERTY, value, found)
    play.world.state.drop("review", ["10001"])

    play.type_row("Tell the customers", owner="bob")
    play.quiet()
    play.run_pass()
    play.quiet()
    assert writes(play.run_pass()) == []
    after = play.world.wiki.property(play.page().id, PAGE_PROPERTY)
    assert after is not None
    kept: dict[str, Any] = after.value["rows"]  # type: ignore[assignment]  # a property's values are objects
    assert len(kept) == 2
    assert (after.value["future"], kept[ticket]["note"]) == (["kept"], "kept too")
    memory = memory_of(after)
    assert memory is not None
    assert memory.owner == "owner-0001"


def test_memories_that_differ_in_what_a_newer_one_added_differ() -> None:
    plain = Memory(page="1", incident="2", owner="3", rows={"4": Shown(owner="", due="")})
    assert Memory.model_validate({**plain.model_dump(), "future": 1}) != plain


DAMAGED: tuple[dict[str, Any], ...] = (
    {},
    {"until": 7},
    {"since": "soon"},
    {"a": ["b"]},
    {"expires": None, "level": ""},
)


@pytest.mark.parametrize("damaged", DAMAGED)
def test_what_was_told_tried_and_asked_of_us_is_as_good_as_forgotten_where_it_is_damaged(
    play: Stage, damaged: dict[str, Any]
) -> None:
    state, now = play.world.state, play.clock.now()
    for kind in ("asserted", "refused", "waiting", "barred", "wish"):
        state.cache(kind, {"10001": damaged})
    for kind in ("hold", "token"):
        state.cache(kind, {"jira": damaged})
    state.cache("index", {"of another team": damaged})
    state.drop("index", ["operations"])
    play.type_row("Ask who knows")
    play.quiet()
    report = play.run_pass()
    assert (writes(report).count("create-ticket"), report.failed) == (1, ())
    assert product_holds(state, "jira", play.clock.now).wait(Request("GET", "x"), Effect.READ) == 0
    ends = Token("jira", "site.jira", now.date())
    assert warnings([ends], now.date(), state) != []
    assert warnings([ends], now.date(), state) == []


def test_a_hold_and_a_cell_written_anew_are_remembered_as_they_were(play: Stage) -> None:
    state, now = play.world.state, play.clock.now()
    product_holds(state, "jira", play.clock.now).refused(Request("GET", "x"), Effect.READ, "", 30)
    assert product_holds(state, "jira", play.clock.now).wait(Request("GET", "x"), Effect.READ) == 30
    state.cache("asserted", {"10001": {"Status": [now.isoformat()]}})
    assert journal(state, "10001", timedelta(0)).asserted == {"Status": (now,)}
