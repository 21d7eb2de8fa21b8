"""Every way out of a finding names commands that there are, what writes beside what shows its plan, and leads out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import click
import pytest

from pirsync.adapters.memory import page_becomes, person_edits, person_renames
from pirsync.adapters.memory_state import MemoryState
from pirsync.changes import is_local
from pirsync.cli import cli
from pirsync.decision import Finding, FindingKind
from pirsync.errors import Rejected
from pirsync.findings import Found, stored
from pirsync.page import cells
from pirsync.page_model import Column, Mention, PageStatus
from pirsync.ports import PageDraft
from pirsync.selection import Mode, Selection
from pirsync.ways import INDEX, QUARTER, WAYS, WAYS_OF_A_QUARTER, WAYS_OF_THE_INDEX, way
from tests.stage import START, Stage, parse_once, stage
from tests.test_people_at_work import SMALL

EVERY = [
    *((kind, "OPS-1", "") for kind in WAYS),
    *((kind, "Review index", INDEX) for kind in WAYS_OF_THE_INDEX),
    *((kind, "Escalation 2026 Q1", QUARTER) for kind in (*WAYS_OF_A_QUARTER, FindingKind.NOT_ACKNOWLEDGED)),
]
FITTING = {"TICKET": "ACT-1", "PAGE": "4711"}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


def parsed(words: list[str]) -> dict[str, Any]:
    """What the command line reads of these words, without doing it. Raises click's UsageError."""
    command: click.Command = cli
    name, rest = words[0], words[1:]
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = click.Context(command, context, name)
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, name = found, found.name or ""
    return command.make_context(name, rest, parent=context).params


@pytest.mark.parametrize(("kind", "key", "about"), EVERY)
def test_every_command_in_a_way_is_one_that_there_is_and_names_the_finding(
    kind: FindingKind, key: str, about: str
) -> None:
    told = way(kind, key, about)
    assert "{" not in told
    for command in re.findall("`(pirsync[^`]*)`", told):
        words = [FITTING.get(word, word) for word in shlex.split(command)]
        values = parsed(words)
        whole = words[1:] in (["plan"], ["reconcile"])
        assert whole or key in (*values.values(), *values.get("keys", ()))


@pytest.mark.parametrize(("kind", "key", "about"), EVERY)
def test_what_writes_at_once_stands_behind_what_shows_it(kind: FindingKind, key: str, about: str) -> None:
    told = way(kind, key, about)
    assert ("pirsync reconcile" in told) <= ("pirsync plan" in told.partition("pirsync reconcile")[0])


def test_every_kind_has_a_way_and_a_wrong_command_would_be_told() -> None:
    assert set(FindingKind) == set(WAYS)
    with pytest.raises(click.UsageError):
        parsed(shlex.split("pirsync resolve ignore OPS-1"))


def test_whatever_is_stored_is_told_with_the_way_of_its_kind() -> None:
    state, failed = MemoryState(START), FindingKind.FAILED
    places = {"": "10001", INDEX: "index/ops", QUARTER: "escalation/ops/2026Q1"}
    for about, place in places.items():
        found = [Finding(kind=kind, incident=key, message="so") for kind, key, of in EVERY if of == about]
        kept = [one for one in found if about or one.kind is not failed]
        state.cache("findings", {place: Found(key=found[0].incident, found=tuple(kept)).model_dump(mode="json")})
    state.mark_dirty("ops/10001", START, "news")
    state.postpone("ops/10001", 1, START, "503")
    told = sorted((one.kind, one.key, one.way) for one in stored(state))
    assert sorted((kind.value, key, way(kind, key, about)) for kind, key, about in EVERY) == told


# ---------------------------------------------------------------- brought about, and followed

Follow = Callable[[], object]


def lacking(cell: Column) -> Callable[[Stage], Follow]:
    """A row without an owner, or without a date; completed."""

    def bring(play: Stage) -> Follow:
        play.run_pass()
        mention = play.world.wiki.mention("ana")
        assert mention is not None
        owner = cells.mention(mention, play.world.wiki.deployment)
        play.type_row(
            "Fix it", owner="" if cell is Column.OWNER else "ana", due="" if cell is Column.DUE else "2026-04-01"
        )
        filled = owner if cell is Column.OWNER else cells.day(play.clock.now().date())
        return lambda: play.type_cell(-1, cell, filled)

    return bring


def unknown_owner(play: Stage) -> Follow:
    play.run_pass()
    play.type_row("Fix it", owner="nobody")
    known = cells.mention(play.world.wiki.mention("ana") or Mention(ref="ana"), play.world.wiki.deployment)
    return lambda: play.type_cell(-1, Column.OWNER, known)


def region_removed(play: Stage) -> Follow:
    play.run_pass()
    whole = play.page()
    person_edits(play.world, whole.id, whole.body.replace("pirsync-actions", "ours").replace("Action item", "Thing"))
    return lambda: person_edits(play.world, whole.id, whole.body)


def page_gone(play: Stage) -> Follow:
    play.run_pass()
    page_becomes(play.world, play.page().id, PageStatus.ARCHIVED)
    page_id = play.world.wiki.titled("OPS", "OPS-1 Post-incident review")[0].id
    return lambda: page_becomes(play.world, page_id, PageStatus.CURRENT)


def title_taken(play: Stage) -> Follow:
    title = "OPS-1 Post-incident review"
    page = play.world.wiki_writes.create_page(PageDraft(space="OPS", parent=None, title=title, body="<p>mine</p>"))
    return lambda: person_renames(play.world, page.id, "Mine")


def refused_by(name: str, after: str = "") -> Callable[[Stage], Follow]:
    """A site that refuses something until people allow it."""

    def bring(play: Stage) -> Follow:
        world = play.world

        class Refuses:
            def __init__(self, real: Any) -> None:
                self._real = real

            def __getattr__(self, asked: str) -> Any:
                return self._refuse if asked == name else getattr(self._real, asked)

            def _refuse(self, *_: Any) -> Any:
                raise Rejected("no permission")

        if after:
            play.run_pass()
            play.type_row(after)
        wiki, tracker = Refuses(world.wiki_writes), Refuses(world.tracker_writes)
        play.world = replace(world, wiki_writes=cast(Any, wiki), tracker_writes=cast(Any, tracker))

        def allow() -> None:
            play.world = world

        return allow

    return bring


STORIES: dict[str, tuple[FindingKind, Callable[[Stage], Follow]]] = {
    "a row without an owner": (FindingKind.NEEDS_OWNER, lacking(Column.OWNER)),
    "a row without a date": (FindingKind.NEEDS_DUE_DATE, lacking(Column.DUE)),
    "an owner that nobody knows": (FindingKind.OWNER_UNKNOWN, unknown_owner),
    "a region that is gone": (FindingKind.REGION_REMOVED, region_removed),
    "a page in the archive": (FindingKind.PAGE_GONE, page_gone),
    "another page of our title": (FindingKind.TITLE_TAKEN, title_taken),
    "a page that is refused": (FindingKind.REJECTED, refused_by("create_page")),
    "a ticket that is refused": (FindingKind.REJECTED, refused_by("create_issue", "Fix the queue")),
    "a page that may not be written": (FindingKind.REFUSED, refused_by("update_page", "Fix the queue")),
    "a page that may not be labelled": (FindingKind.REFUSED, refused_by("add_labels")),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_finding_is_told_without_another_write_and_is_gone_once_its_way_was_followed(story: str) -> None:
    kind, bring = STORIES[story]
    play = stage()
    play.template = SMALL
    follow = bring(play)
    play.quiet()
    play.run_pass()
    for mode in (Mode.ALL, Mode.NEWS):
        report = play.run_pass(Selection(mode))
        assert [change for change in report.changes if not is_local(change)] == [], "what was told is told again"
    assert kind.value in [one.kind for one in stored(play.world.state)]
    follow()
    play.quiet()
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    play.run_pass()
    assert kind.value not in [one.kind for one in stored(play.world.state) if one.key == "OPS-1"]
