"""No finding is a dead end: each names a way, and the ways that pirsync walks itself lead to a settled world."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes
from pirsync.adapters.memory_state import MemoryState
from pirsync.adapters.overlay_tracker import OverlayTracker
from pirsync.changes import is_local
from pirsync.decision import FindingKind, Wishes
from pirsync.errors import Rejected
from pirsync.findings import stored
from pirsync.known import wish
from pirsync.model import TICKET_PROPERTY
from pirsync.page import cells
from pirsync.page_model import Column, Page, PageStatus
from pirsync.ports import Query, TicketDraft, TrackerReads, Want, WikiReads
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from pirsync.ways import WAYS
from tests.stage import Stage, stage

OPS_1 = Selection(Mode.NAMED, ("OPS-1",))
INCIDENT = "10001"
SUMMARY = Want(fields=("summary",))


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


class Without:
    """Reads in which some pages, by id, and some issues, by key, are deleted."""

    def __init__(self, real: Any, gone: set[str]) -> None:
        self._real = real
        self._gone = gone

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def page(self, page_id: str) -> Page | None:
        return None if page_id in self._gone else self._real.page(page_id)

    def pages(self, page_ids: Any) -> list[Page]:
        return [page for page in self._real.pages(page_ids) if page.id not in self._gone]

    def heads(self, page_ids: Any) -> list[Any]:
        return [head for head in self._real.heads(page_ids) if head.id not in self._gone]

    def listed(self, page_ids: Any) -> list[Any]:
        return [head for head in self._real.listed(page_ids) if head.id not in self._gone]

    def titled(self, space: str, title: str) -> list[Page]:
        return [page for page in self._real.titled(space, title) if page.id not in self._gone]

    def search(self, query: Query, want: Any) -> Iterator[Any]:
        return (raw for raw in self._real.search(query, want) if raw["key"] not in self._gone)

    def issue(self, ref: str, want: Any) -> Any:
        found = self._real.issue(ref, want)
        return None if found is None or found["key"] in self._gone else found

    def issues(self, refs: Any, want: Any) -> list[Any]:
        return [raw for raw in self._real.issues(refs, want) if raw["key"] not in self._gone]


def deleted(play: Stage, *gone: str) -> Stage:
    """The same world, as pirsync sees it after people deleted these pages and issues."""
    wiki = cast(WikiReads, Without(play.world.wiki, set(gone)))
    tracker = cast(TrackerReads, Without(play.world.tracker, set(gone)))
    return replace(play, world=replace(play.world, wiki=wiki, tracker=tracker))


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


def told(report: Report) -> list[FindingKind]:
    return [finding.kind for result in report.results for finding in result.findings]


def with_row(play: Stage, action: str = "Fix the queue") -> str:
    """The review, one row of which became a ticket; the ticket's key."""
    play.run_pass()
    play.type_row(action)
    play.quiet()
    play.run_pass()
    assert writes(play.run_pass()) == []
    return play.rows()[-1].ticket or ""


def moved(play: Stage, key: str, to: str) -> str:
    """A ticket gets that key in another project; its id, which stays."""
    assert isinstance(play.world.tracker, OverlayTracker)
    (held,) = (raw for raw in play.world.tracker._made.values() if raw["key"] == key)
    held["key"] = to
    return str(held["id"])


def asked(play: Stage, wishes: Wishes) -> Report:
    wish(play.world.state, "owner-0001", INCIDENT, wishes)
    return play.run_pass(OPS_1)


def settled(play: Stage) -> None:
    play.world.state.drop("wish", [INCIDENT])
    report = play.run_pass()
    assert (writes(report), told(report)) == ([], [])


def test_what_is_open_is_kept_until_it_is_not(play: Stage) -> None:
    play.run_pass()
    play.type_row("Fix the queue", owner="")
    play.quiet()
    play.run_pass()
    (open_one,) = stored(play.world.state)
    assert (open_one.key, open_one.kind) == ("OPS-1", "NeedsOwner")
    assert open_one.way == WAYS[FindingKind.NEEDS_OWNER]
    page = play.rows()[0].cells[Column.OWNER]
    assert page.text == ""
    mention = play.world.wiki.mention("ana")
    assert mention is not None
    play.type_cell(0, Column.OWNER, cells.mention(mention, play.world.wiki.deployment))
    play.quiet()
    play.run_pass()
    play.run_pass()
    assert stored(play.world.state) == []


def test_a_failure_is_kept_with_its_next_try(play: Stage) -> None:
    class Broken(Without):
        def titled(self, space: str, title: str) -> list[Page]:
            if title.startswith("OPS-1"):
                raise ZeroDivisionError
            return []

    broken = replace(play.world, wiki=cast(WikiReads, Broken(play.world.wiki, set())))
    play.run_on(broken)
    (failure,) = stored(play.world.state)
    assert (failure.key, failure.kind, failure.tries, failure.again is not None) == ("OPS-1", "Failed", 1, True)
    assert failure.way == WAYS[FindingKind.FAILED].format(key="OPS-1")
    assert "ZeroDivisionError" in failure.message
    play.clock.forward(3600)
    play.run_pass()
    assert stored(play.world.state) == []


# ---------------------------------------------------------------- pages


def test_a_deleted_page_is_told_and_made_anew_only_when_somebody_asks(play: Stage) -> None:
    with_row(play)
    first = play.page()
    page_becomes(play.world, first.id, PageStatus.TRASHED)
    play = deleted(play, first.id)
    report = play.run_pass()
    assert [change for change in writes(report) if change != "update-index"] == []
    assert FindingKind.PAGE_GONE in told(report)
    assert "create-page" in writes(asked(play, Wishes(recreate=True)))
    again = play.page()
    assert again.id != first.id
    assert "pirsync:page:" + again.id in {link.global_id for link in play.world.tracker.remote_links(INCIDENT)}
    play.world.state.drop("wish", [INCIDENT])
    assert "create-page" not in writes(play.run_pass())


def test_a_deleted_page_stays_deleted_after_the_state_was_lost(play: Stage) -> None:
    with_row(play)
    page_id = play.page().id
    page_becomes(play.world, page_id, PageStatus.TRASHED)
    gone = deleted(play, page_id)
    state = MemoryState(play.clock.now(), born_with_owner=False)
    lost = replace(gone, world=replace(gone.world, state=state))
    lost.clock.forward(120)
    report = lost.run_pass()
    assert "create-page" not in writes(report)
    assert FindingKind.PAGE_GONE in told(report)
    assert "create-page" in writes(asked(lost, Wishes(recreate=True)))


def test_a_wish_ends_when_it_has_come_true_also_where_that_had_to_wait(play: Stage) -> None:
    with_row(play)
    page_becomes(play.world, play.page().id, PageStatus.TRASHED)
    play.run_pass()
    asked(play, Wishes(recreate=True))
    assert play.world.state.cached("wish", INCIDENT) is None
    again = play.page().id
    page_becomes(play.world, again, PageStatus.TRASHED)
    assert told(play.run_pass()) == [FindingKind.PAGE_GONE]


def test_a_page_in_the_archive_keeps_its_title_and_is_not_made_anew(play: Stage) -> None:
    with_row(play)
    page_becomes(play.world, play.page().id, PageStatus.ARCHIVED)
    report = asked(play, Wishes(recreate=True))
    (said,) = [f.message for result in report.results for f in result.findings]
    assert ("no other can have its title" in said, "create-page" in writes(report)) == (True, False)


@pytest.mark.parametrize("arrives", [True, False])
def test_where_the_reply_to_making_a_page_anew_is_lost_there_is_one_page_in_the_end(play: Stage, arrives: bool) -> None:
    play.run_pass()
    first = play.page().id
    page_becomes(play.world, first, PageStatus.TRASHED)
    play.run_pass()

    class Loses:
        def __getattr__(self, name: str) -> Any:
            return getattr(play.world.wiki_writes, name)

        def create_page(self, draft: Any) -> Any:
            if arrives:
                play.world.wiki_writes.create_page(draft)
            raise KeyboardInterrupt

    wish(play.world.state, "owner-0001", INCIDENT, Wishes(recreate=True))
    with pytest.raises(KeyboardInterrupt):
        play.run_on(replace(play.world, wiki_writes=cast(Any, Loses())), OPS_1)
    play.clock.forward(120)
    report = play.run_pass()
    assert ("create-page" in writes(report), report.failed, report.waiting) == (not arrives, (), ())
    titled = play.world.wiki.titled("OPS", "OPS-1 Post-incident review")
    assert [page.status for page in titled] == [PageStatus.CURRENT, PageStatus.TRASHED]
    assert play.world.state.cached("wish", INCIDENT) is None
    assert (writes(play.run_pass()), told(play.run_pass())) == ([], [])


def test_what_was_asked_for_stays_asked_for_while_the_page_may_not_be_written(play: Stage) -> None:
    key = with_row(play)
    gone = deleted(play, key)
    gone.run_pass()

    class Forbids:
        def __getattr__(self, name: str) -> Any:
            return getattr(play.world.wiki_writes, name)

        def set_property(self, *_: Any) -> Any:
            raise Rejected("no permission to edit")

    barred = replace(gone, world=replace(gone.world, wiki_writes=cast(Any, Forbids())))
    asked(barred, Wishes(forget=(key,)))
    assert play.world.state.cached("wish", INCIDENT) is not None
    play.clock.forward(120)
    assert writes(gone.run_pass())[-1] == "write-memory"
    assert (play.world.state.cached("wish", INCIDENT), told(gone.run_pass())) == (None, [])


# ---------------------------------------------------------------- tickets


def test_a_deleted_ticket_is_made_again_in_its_row(play: Stage) -> None:
    key = with_row(play)
    play = deleted(play, key)
    assert told(play.run_pass()) == [FindingKind.TICKET_GONE]
    assert "create-ticket" in writes(asked(play, Wishes(remake=(key,))))
    (row,) = play.rows()
    assert row.ticket not in (None, "", key)
    settled(play)


def test_a_ticket_that_moved_and_was_deleted_is_made_again_by_the_key_that_its_row_shows(play: Stage) -> None:
    moved(play, with_row(play), "NEW-5")
    play.run_pass()
    play = deleted(play, "NEW-5")
    assert told(play.run_pass()) == [FindingKind.TICKET_GONE]
    assert "create-ticket" in writes(asked(play, Wishes(remake=("NEW-5",))))
    assert play.rows()[0].ticket not in (None, "", "NEW-5")
    settled(play)


def test_a_deleted_ticket_is_forgotten(play: Stage) -> None:
    key = with_row(play)
    play = deleted(play, key)
    assert told(play.run_pass()) == [FindingKind.TICKET_GONE]
    assert play.review().summary["actions"].text == "0 of 1 done, 1 without a ticket"
    assert set(writes(asked(play, Wishes(forget=(key,))))) == {"update-page", "write-memory", "update-index"}
    assert [row.ticket for row in play.rows()] == [key]
    assert play.review().summary["actions"].text == "none yet"
    settled(play)


def test_a_ticket_whose_cell_people_cleared_after_it_was_deleted_can_be_made_again(play: Stage) -> None:
    key = with_row(play)
    play.type_cell(0, Column.TICKET, cells.empty())
    play = deleted(play, key)
    play.quiet()
    assert told(play.run_pass()) == [FindingKind.TICKET_GONE]
    assert "create-ticket" in writes(asked(play, Wishes(remake=(key,))))
    assert play.rows()[0].ticket not in (None, "", key)
    settled(play)


def test_of_one_whose_cell_people_cleared_another_is_made_once_it_is_forgotten(play: Stage) -> None:
    key = with_row(play)
    play.type_cell(0, Column.TICKET, cells.empty())
    play = deleted(play, key)
    play.quiet()
    play.run_pass()
    assert play.review().summary["actions"].text == "0 of 1 done, 1 without a ticket"
    assert "create-ticket" in writes(asked(play, Wishes(forget=(key,))))
    assert play.rows()[0].ticket not in (None, "", key)
    settled(play)


def test_after_a_deleted_ticket_a_row_of_the_same_words_is_another_action(play: Stage) -> None:
    """Whether people forgot that ticket or not yet."""
    key = with_row(play)
    gone = deleted(play, key)
    gone.run_pass()
    play.type_row(play.rows()[0].action)
    play.quiet()
    assert "create-ticket" in writes(gone.run_pass())
    old, new = play.rows()
    assert (old.ticket, new.ticket in (None, "", key)) == (key, False)
    assert play.review().summary["actions"].text == "0 of 2 done, 1 open, 1 without a ticket"
    asked(gone, Wishes(forget=(key,)))
    assert play.review().summary["actions"].text == "0 of 1 done, 1 open"
    play.type_row(old.action)
    play.quiet()
    assert "create-ticket" in writes(gone.run_pass())
    settled(gone)


def orphaned(play: Stage) -> str:
    """A ticket whose row people rewrote beyond recognition before its key was shown; the ticket's key."""
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()

    class Refuses:
        def __getattr__(self, name: str) -> Any:
            return getattr(play.world.wiki_writes, name)

        def update_page(self, *_: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play.run_on(replace(play.world, wiki_writes=cast(Any, Refuses())))
    play.type_cell(0, Column.ACTION, cells.words("Call every customer by telephone"))
    play.quiet()
    (ticket,) = [raw["key"] for raw in play.world.tracker.search(Query(projects=("ACT",)), SUMMARY)]
    return str(ticket)


def test_a_ticket_without_a_row_is_told_until_it_is_forgotten(play: Stage) -> None:
    key = orphaned(play)
    assert FindingKind.ORPHAN in told(play.run_pass())
    assert FindingKind.ORPHAN in told(play.run_pass())
    assert writes(asked(play, Wishes(forget=(key,)))) == ["write-memory"]
    settled(play)


def twin_of(play: Stage, key: str) -> str:
    """A second ticket with the same mark, as a broken search index might have caused it; its key."""
    raw = play.world.tracker.issue(key, Want(fields=("*all",), properties=(TICKET_PROPERTY,)))
    assert raw is not None
    terms = play.practice(play.world).terms
    twin = TicketDraft(
        project="ACT",
        type_id="10002",
        summary=raw["fields"]["summary"],
        description=None,
        assignee="ana",
        due=None,
        labels=tuple(raw["fields"]["labels"]),
        property_key=TICKET_PROPERTY,
        property_value=dict(raw["properties"][TICKET_PROPERTY]),
        incident_key="OPS-1",
        link_type=terms.link_type.id,
        link_side=terms.link_side,
    )
    return play.world.tracker_writes.create_issue(twin).key


@pytest.mark.parametrize("stays", ["first", "second"])
def test_of_duplicates_the_one_that_people_name_stays(play: Stage, stays: str) -> None:
    first = with_row(play)
    second = twin_of(play, first)
    report = play.run_pass()
    assert told(report) == [FindingKind.DUPLICATE]
    assert [row.ticket for row in play.rows()] == [first]
    kept = first if stays == "first" else second
    asked(play, Wishes(keep=(kept,)))
    assert [row.ticket for row in play.rows()] == [kept]
    settled(play)
    assert play.world.tracker.issue(first, SUMMARY) is not None
    assert play.world.tracker.issue(second, SUMMARY) is not None


def test_the_documentation_lists_the_way_out_of_every_finding_as_it_is_said() -> None:
    text = (Path(__file__).parents[1] / "docs" / "outcomes.md").read_text(encoding="utf-8")
    listed = text.partition("## The way out of every finding")[2]
    expected = {kind.value: WAYS[kind].format(key="KEY") for kind in FindingKind}
    assert expected == dict(re.findall(r"^\| (\w+) \| (.+) \|$", listed, re.MULTILINE))
