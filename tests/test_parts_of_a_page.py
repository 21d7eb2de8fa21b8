"""People at the parts of a review page: comments in cells, regions and columns lost or doubled, stale drafts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.adapters.overlay_tracker import OverlayTracker
from pirsync.decision import FindingKind
from pirsync.errors import Rejected
from pirsync.page import cells
from pirsync.page_model import Column
from pirsync.ports import Query, TrackerWrites, Want
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from tests.stage import Stage, parse_once
from tests.test_people_at_work import at_work, comments, edit, finish, kinds, region, settled, tickets, told, writes

SAME = date(2026, 4, 1)
"""The row's date as it was born."""


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    """A settled review with one action, whose ticket is open."""
    return at_work(request.param)


def jiras(play: Stage) -> tuple[str, str]:
    """The ticket's assignee and due date in Jira."""
    raw = play.world.tracker.issue(tickets(play)[0], Want(fields=("assignee", "duedate")))
    assert raw is not None
    who = raw["fields"]["assignee"] or {}
    return who.get("accountId") or who.get("name") or "", raw["fields"]["duedate"] or ""


def assign(play: Stage, account: str) -> None:
    play.world.tracker_writes.edit_issue(tickets(play)[0], {"assignee": account})


def days(play: Stage, day: str) -> None:
    play.world.tracker_writes.edit_issue(tickets(play)[0], {"duedate": day})


def owner(play: Stage) -> list[str]:
    return [mention.ref for mention in play.rows()[0].cells[Column.OWNER].mentions]


def mentioned(play: Stage, name: str) -> str:
    found = play.world.wiki.mention(name)
    assert found is not None
    return found.ref


def due(play: Stage) -> tuple[date, ...]:
    return play.rows()[0].cells[Column.DUE].dates


def marked(play: Stage, column: Column, number: int) -> str:
    """Somebody comments on a cell's words: its content has the comment's mark around it."""
    cell = play.rows()[0].cells[column]
    held = play.page().body.encode()[cell.start : cell.end].decode().removeprefix("<p>").removesuffix("</p>")
    content = f'<p><ac:inline-comment-marker ac:ref="{number}">{held}</ac:inline-comment-marker></p>'
    play.type_cell(0, column, content)
    play.quiet()
    return content


# ---------------------------------------------------------------- inline comments


def test_a_comment_on_an_owner_keeps_the_cell_until_people_type_it_anew(play: Stage) -> None:
    content = marked(play, Column.OWNER, 5)
    assert kinds(play.run_pass()) == set()
    assign(play, "bob")
    report = finish(play)
    assert len(told(report, FindingKind.COMMENTED)) == 1
    assert content in play.page().body
    assert (play.status(), owner(play)) == ("DONE", [mentioned(play, "ana")])
    settled(play)
    ana = play.world.wiki.mention("ana")
    assert ana is not None
    play.type_cell(0, Column.OWNER, cells.mention(ana, play.world.wiki.deployment))
    play.quiet()
    assert told(play.run_pass(), FindingKind.COMMENTED) == []
    assert owner(play) == [mentioned(play, "bob")]
    settled(play)


def test_a_comment_on_a_rows_key_is_left_and_its_ticket_is_followed(play: Stage) -> None:
    key = play.rows()[0].ticket
    content = marked(play, Column.TICKET, 6)
    report = finish(play)
    assert kinds(report) == set()
    assert content in play.page().body
    assert (play.status(), play.rows()[0].ticket, tickets(play)) == ("DONE", key, [key])
    settled(play)


def test_a_comment_on_the_key_of_a_ticket_that_moves_is_told_and_the_rest_of_the_row_goes_on(play: Stage) -> None:
    tracker = play.world.tracker
    assert isinstance(tracker, OverlayTracker)
    content = marked(play, Column.TICKET, 6)
    held = next(iter(tracker.search(Query(projects=("ACT",)), Want(fields=()))))
    tracker._made[str(held["id"])]["key"] = "NEW-5"
    report = finish(play)
    (said,) = told(report, FindingKind.COMMENTED)
    assert "NEW-5" in said
    assert content in play.page().body
    assert (play.status(), len(tickets(play))) == ("DONE", 1)
    settled(play)


# ---------------------------------------------------------------- regions


def doubled(name: str) -> Callable[[str], str]:
    return lambda body: body + region(body, name)


def without(name: str) -> Callable[[str], str]:
    return lambda body: body.replace(region(body, name), "")


def test_of_a_summary_that_is_there_twice_none_is_written_and_the_rows_go_on(play: Stage) -> None:
    edit(play, doubled("pirsync-summary"))
    before = region(play.page().body, "pirsync-summary")
    report = finish(play)
    (said,) = told(report, FindingKind.REGION_REMOVED)
    assert "pirsync-summary is on the page 2 times" in said
    assert (play.status(), play.page().body.count(before)) == ("DONE", 2)
    settled(play)


def test_a_record_that_is_there_twice_is_told_and_all_else_goes_on(play: Stage) -> None:
    edit(play, doubled("pirsync-record"))
    before = region(play.page().body, "pirsync-record")
    report = finish(play)
    (said,) = told(report, FindingKind.REGION_REMOVED)
    assert "pirsync-record is on the page 2 times" in said
    assert (play.status(), play.page().body.count(before)) == ("DONE", 2)
    assert play.review().summary["actions"].text == "1 of 1 done"
    settled(play)


def test_a_record_that_people_delete_stays_deleted_untold_and_all_else_goes_on(play: Stage) -> None:
    edit(play, without("pirsync-record"))
    report = finish(play)
    assert (kinds(report), "pirsync-record" in play.page().body) == (set(), False)
    assert (play.status(), play.review().summary["actions"].text) == ("DONE", "1 of 1 done")
    settled(play)


def unwrapped(body: str) -> str:
    """The table alone, where its region was."""
    whole = region(body, "pirsync-actions")
    return body.replace(whole, whole[whole.index("<table") : whole.index("</table>") + len("</table>")])


def test_a_table_that_people_took_out_of_its_region_is_known_by_its_columns(play: Stage) -> None:
    edit(play, unwrapped)
    assert "pirsync-actions" not in play.page().body
    report = finish(play)
    assert (play.status(), kinds(report), len(tickets(play))) == ("DONE", set(), 1)
    play.type_row("Tell the customers")
    play.quiet()
    play.run_pass()
    assert sorted(row.ticket or "" for row in play.rows()) == tickets(play)
    assert (len(tickets(play)), "pirsync-actions" in play.page().body) == (2, False)
    settled(play)


# ---------------------------------------------------------------- columns


def renamed(header: str) -> Callable[[str], str]:
    """A column of the action table gets a word that no mapping knows."""

    def change(body: str) -> str:
        table = region(body, "pirsync-actions")
        return body.replace(table, table.replace(f">{header}<", ">Whatever<"))

    return change


@pytest.mark.parametrize("header", ["Owner", "Due date", "Status"])
def test_without_a_needed_column_it_is_told_and_the_others_go_on(header: str) -> None:
    play = at_work("datacenter")
    edit(play, renamed(header))
    assign(play, "bob")
    days(play, "2026-06-06")
    report = finish(play)
    (said,) = told(report, FindingKind.REGION_REMOVED)
    assert f'no column "{header}"' in said
    (row,) = play.rows()
    assert (Column.OWNER not in row.cells) == (header == "Owner")
    assert header == "Owner" or owner(play) == [mentioned(play, "bob")]
    assert header == "Due date" or due(play) == (date(2026, 6, 6),)
    assert header == "Status" or play.status() == "DONE"
    assert row.cells[Column.CLOSED].dates != ()
    play.type_row("Tell the customers")
    play.quiet()
    play.run_pass()
    assert len(tickets(play)) == (2 if header == "Status" else 1)
    settled(play)


@pytest.mark.parametrize("header", ["Closed", "Evidence", "Success criteria"])
def test_without_any_other_column_nothing_is_told_and_the_others_go_on(header: str) -> None:
    play = at_work()
    edit(play, renamed(header))
    report = finish(play)
    assert (kinds(report), play.status()) == (set(), "DONE")
    (row,) = play.rows()
    assert header == "Closed" or row.cells[Column.CLOSED].dates != ()
    assert header == "Evidence" or row.cells[Column.EVIDENCE].text != ""
    play.type_row("Tell the customers")
    play.quiet()
    play.run_pass()
    assert len(tickets(play)) == 2
    settled(play)


# ---------------------------------------------------------------- a value that is pushed, and refused


class Unedited:
    """Writes of a Jira whose tickets our account may not edit; counts how often it tries."""

    def __init__(self, real: TrackerWrites) -> None:
        self._real = real
        self.tries = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def edit_issue(self, *_: object) -> None:
        self.tries += 1
        raise Rejected("duedate: you may not edit this")


def test_a_pushed_value_that_jira_refuses_stays_is_told_and_is_tried_again_by_name(play: Stage) -> None:
    play.team["page_edits"] = "push"
    refusing = Unedited(play.world.tracker_writes)
    barred = replace(play.world, tracker_writes=cast(TrackerWrites, refusing))
    play.type_cell(0, Column.DUE, cells.day(date(2027, 1, 1)))
    play.quiet()
    for mode in (Mode.ALL, Mode.NEWS, Mode.ALL):
        report = play.run_on(barred, Selection(mode))
        assert mode is Mode.NEWS or "you may not edit this" in told(report, FindingKind.REFUSED)[0]
        assert (report.failed, refusing.tries) == ((), 1)
        play.quiet()
    assert (due(play), jiras(play)[1]) == ((date(2027, 1, 1),), "2026-04-01")
    play.run_on(barred, Selection(Mode.NAMED, ("OPS-1",)))
    assert refusing.tries == 2
    report = play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    assert told(report, FindingKind.REFUSED) == []
    assert (due(play), jiras(play)[1]) == ((date(2027, 1, 1),), "2027-01-01")
    settled(play)


# ---------------------------------------------------------------- a draft that was opened before pirsync wrote


def published(play: Stage, change: Callable[[], None]) -> Report:
    """Somebody opens the editor, Jira changes, pirsync shows it, and the old text is published without a look."""
    old = play.page().body
    change()
    assert "update-page" in writes(play.run_pass())
    person_edits(play.world, play.page().id, old)
    play.quiet()
    return play.run_pass()


NEXT = "2026-06-06"


def test_a_stale_draft_puts_the_old_date_and_owner_into_jira_where_the_team_pushes(play: Stage) -> None:
    play.team["page_edits"] = "push"

    def changes() -> None:
        days(play, NEXT)
        assign(play, "bob")

    report = published(play, changes)
    assert (owner(play), due(play)) == ([mentioned(play, "ana")], (SAME,))
    assert jiras(play) == ("ana", "2026-04-01")
    assert (kinds(report), comments(play)) == (set(), [])
    settled(play)


def test_a_stale_draft_gives_way_to_jira_with_a_comment_where_the_team_restores(play: Stage) -> None:
    report = published(play, lambda: days(play, NEXT))
    assert (due(play), jiras(play)[1]) == ((date(2026, 6, 6),), NEXT)
    (said,) = told(report, FindingKind.ROW_EDITED)
    assert '"2026-04-01" was not taken' in said
    assert len(comments(play)) == 1
    settled(play)


def test_a_stale_draft_stays_beside_jiras_value_where_the_team_keeps(play: Stage) -> None:
    play.team["page_edits"] = "keep"
    report = published(play, lambda: days(play, NEXT))
    assert (due(play), jiras(play)[1]) == ((SAME,), NEXT)
    assert len(told(report, FindingKind.ROW_EDITED)) == 1
    assert comments(play) == []
    settled(play)


@pytest.mark.parametrize("policy", ["restore", "push", "keep"])
def test_a_stale_draft_never_takes_a_status_or_a_count_back(policy: str) -> None:
    play = at_work()
    play.team["page_edits"] = policy
    report = published(play, lambda: play.move(tickets(play)[0], "Done", "done"))
    assert (play.status(), play.review().summary["actions"].text) == ("DONE", "1 of 1 done")
    assert kinds(report) == {FindingKind.ROW_EDITED}
    raw = play.world.tracker.issue(tickets(play)[0], Want(fields=("status",)))
    assert raw is not None
    assert raw["fields"]["status"]["name"] == "Done"
    settled(play)
