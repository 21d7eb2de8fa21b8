"""Every way out of a finding names commands that there are, what writes beside what shows its plan, and leads out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, cast, get_args

import click
import pytest

from pirsync.adapters.memory import page_becomes, person_edits, person_renames
from pirsync.adapters.memory_state import MemoryState
from pirsync.adapters.overlay import overlay
from pirsync.changes import describe, is_local
from pirsync.cli import cli
from pirsync.commands import ask_again
from pirsync.decision import Finding, FindingKind
from pirsync.errors import Rejected
from pirsync.findings import Found, stored
from pirsync.model import TICKET_PROPERTY, Deployment
from pirsync.page import cells
from pirsync.page.splice import append_row
from pirsync.page_model import Column, Mention, PageStatus
from pirsync.ports import PageDraft, TicketDraft, World
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from pirsync.ways import INDEX, QUARTER, WAYS, WAYS_OF_A_QUARTER, WAYS_OF_THE_INDEX, way
from tests.stage import ALL, START, Stage, parse_once, stage, with_one_ticket
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


def commented(play: Stage) -> Follow:
    """A comment in a date that Jira has changed."""
    key = with_one_ticket(play)
    day = '<p><ac:inline-comment-marker ac:ref="7"><time datetime="2026-04-01" /></ac:inline-comment-marker></p>'
    play.type_cell(0, Column.DUE, day)
    play.world.tracker_writes.edit_issue(key, {"duedate": "2026-06-06"})
    return lambda: play.type_cell(0, Column.DUE, cells.day(date(2026, 4, 1)))


def foreign(play: Stage) -> Follow:
    """A row that names a ticket of another installation."""
    play.run_pass()
    before = play.page().body
    mark = {"mark": "0123456789abcdef", "owner": "someone-else", "incident": "77"}
    terms = play.practice(play.world).terms
    theirs = TicketDraft(
        project="ACT",
        type_id="10002",
        summary="Theirs",
        description=None,
        assignee="ana",
        due=date(2026, 4, 1),
        labels=(),
        property_key=TICKET_PROPERTY,
        property_value=mark,
        incident_key=None,
        link_type=terms.link_type.id,
        link_side=terms.link_side,
    )
    key = play.world.tracker_writes.create_issue(theirs).key
    url = f"{play.world.tracker.site_url}/browse/{key}"
    named = {Column.ACTION: cells.words("Theirs"), Column.TICKET: cells.ticket(key, url, play.world.wiki.deployment)}
    person_edits(play.world, play.page().id, append_row(before, play.review(), named))
    return lambda: person_edits(play.world, play.page().id, before)


def merged_cells(play: Stage) -> Follow:
    with_one_ticket(play)
    whole, cell = play.page().body, play.rows()[0].cells[Column.CRITERIA]
    raw = whole.encode()
    merged = raw[: cell.outer_start] + b'<td rowspan="2"><p></p></td>' + raw[cell.outer_end :]
    person_edits(play.world, play.page().id, merged.decode())
    return lambda: person_edits(play.world, play.page().id, whole)


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
    "a comment where Jira's value should stand": (FindingKind.COMMENTED, commented),
    "a row of somebody else's ticket": (FindingKind.FOREIGN, foreign),
    "a row with merged cells": (FindingKind.ROW_UNREADABLE, merged_cells),
}


AGAIN = [name for name, (kind, _) in STORIES.items() if "pirsync plan OPS-1" in way(kind, "OPS-1")]


def remote(report: Report) -> list[str]:
    """What was written, but for the number of a new ticket."""
    told = (describe(change) for change in report.changes if not is_local(change))
    return [re.sub(r"ACT-\d+", "ACT-?", one) for one in told]


def kinds(play: Stage) -> set[str]:
    return {one.kind for one in stored(play.world.state)}


def asked(play: Stage, world: World) -> Report:
    """A person plans or reconciles what is open: the incident by its key, or else everything, the index with it."""
    ask_again(world.state)
    is_named = "OPS-1" in {one.key for one in stored(world.state)}
    return play.run_on(world, Selection(Mode.NAMED, ("OPS-1",)) if is_named else ALL)


@pytest.mark.parametrize("deployment", get_args(Deployment))
@pytest.mark.parametrize("story", AGAIN)
def test_a_plan_that_is_asked_for_shows_what_was_refused_and_once_that_is_mended_the_pass_does_just_that(
    story: str, deployment: Deployment
) -> None:
    kind, bring = STORIES[story]
    play = stage(deployment)
    play.template = SMALL
    mend = bring(play)
    play.quiet()
    play.run_pass()
    assert remote(play.run_pass()) == []
    # Whether a title is taken can be asked; whether something is still refused, only tried.
    is_shown = remote(asked(play, overlay(play.world))) != []
    assert (is_shown, kind.value in kinds(play)) == (kind is not FindingKind.TITLE_TAKEN, True)
    mend()
    planned = remote(asked(play, overlay(play.world)))
    assert (planned != [], kind.value in kinds(play)) == (True, True), "a plan changes nothing"
    assert planned == remote(asked(play, play.world))
    assert (remote(play.run_pass()), kind.value in kinds(play)) == ([], False)


@pytest.mark.parametrize("story", STORIES)
def test_a_finding_is_told_without_another_write_and_is_gone_once_its_way_was_followed(story: str) -> None:
    kind, bring = STORIES[story]
    play = stage()
    play.template = SMALL
    follow = bring(play)
    play.quiet()
    play.run_pass()
    for mode in (Mode.ALL, Mode.NEWS):
        assert remote(play.run_pass(Selection(mode))) == [], "what was told is told again"
    assert kind.value in kinds(play)
    follow()
    play.quiet()
    asked(play, play.world)
    play.run_pass()
    assert kind.value not in kinds(play)
