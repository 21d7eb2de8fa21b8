"""People at work on a review page: whatever they do to it, the outcome is a defined one (docs/outcomes.md)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.decision import FindingKind, is_local
from pirsync.model import Column, Deployment
from pirsync.page import cells
from pirsync.page.template import ReviewTemplate
from pirsync.ports import Query, Want
from pirsync.report import Report
from tests.stage import Stage, parse_once, stage

SMALL = ReviewTemplate("small", {"small": "{{ summary_region }}{{ actions_region }}{{ record_region }}"})
"""The regions alone: what stands around them costs time, and other tests look at it."""


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    """A settled review with one action, whose ticket is open."""
    return at_work(request.param)


def at_work(deployment: Deployment = "cloud") -> Stage:
    told = stage(deployment)
    told.template = SMALL
    told.run_pass()
    told.type_row("Fix the queue")
    told.quiet()
    told.run_pass()
    return told


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change) and change.change != "update-index"]


def told(report: Report, kind: FindingKind) -> list[str]:
    return [f.message for result in report.results for f in result.findings if f.kind is kind]


def kinds(report: Report) -> set[FindingKind]:
    return {f.kind for result in report.results for f in result.findings}


def tickets(play: Stage) -> list[str]:
    found = play.world.tracker.search(Query(projects=("ACT",)), Want(fields=("summary",)))
    return sorted(str(raw["key"]) for raw in found)


def edit(play: Stage, change: Callable[[str], str]) -> None:
    """A person saves the page with another body, and leaves it alone for a while."""
    page = play.page()
    after = change(page.body)
    assert after != page.body
    person_edits(play.world, page.id, after)
    play.quiet()


def table_rows(body: str) -> list[str]:
    """The action table's rows, the header first."""
    region = body[body.index("pirsync-actions") :]
    return re.findall(r"<tr>.*?</tr>", region[: region.index("</table>")], flags=re.DOTALL)


# ---------------------------------------------------------------- drafts, keys, the Ticket column


def test_a_draft_published_over_our_key_makes_no_second_ticket(play: Stage) -> None:
    key = play.rows()[0].ticket
    before = before_the_key(play)
    person_edits(play.world, play.page().id, before)
    play.quiet()
    report = play.run_pass()
    assert [key] == tickets(play)
    assert [key] == [row.ticket for row in play.rows()]
    assert len([m for m in told(report, FindingKind.ROW_EDITED) if f"its key {key} was gone" in m]) == 1
    assert writes(play.run_pass()) == []


def before_the_key(play: Stage) -> str:
    """The body as an editor that was opened earlier still has it: with the row, without its key."""
    page = play.page()
    mine = next(row for row in table_rows(page.body) if "Fix the queue" in row)
    cell = play.rows()[0].cells[Column.TICKET]
    key = page.body.encode()[cell.start : cell.end].decode()
    assert key in mine
    return page.body.replace(key, "<p></p>")


def test_a_row_without_its_key_and_with_other_words_in_its_place_keeps_its_ticket(play: Stage) -> None:
    key = play.rows()[0].ticket
    before = before_the_key(play).replace("Fix the queue", "Fix the payment queue")
    person_edits(play.world, play.page().id, before)
    play.quiet()
    play.run_pass()
    assert [key] == tickets(play)
    assert [("Fix the payment queue", key)] == [(row.action, row.ticket) for row in play.rows()]


def test_a_row_typed_anew_long_after_it_was_deleted_is_another_action(play: Stage) -> None:
    edit(play, lambda body: body.replace(next(row for row in table_rows(body) if "Fix the queue" in row), ""))
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    play.run_pass()
    assert len(tickets(play)) == 2


def test_without_a_column_for_tickets_nothing_is_made_and_it_is_told(play: Stage) -> None:
    before = tickets(play)
    edit(play, lambda body: body.replace(">Ticket<", ">Our number<"))
    for _ in range(2):
        report = play.run_pass()
        assert writes(report) == []
        assert len(told(report, FindingKind.REGION_REMOVED)) == 1
        assert 'no column "Ticket"' in told(report, FindingKind.REGION_REMOVED)[0]
    play.type_row("One more")
    play.quiet()
    play.run_pass()
    assert before == tickets(play)
    edit(play, lambda body: body.replace(">Our number<", ">Jira<"))
    play.run_pass()
    assert [before[0], "One more"] == [play.rows()[0].ticket, play.rows()[1].action]
    assert len(tickets(play)) == 2


def test_a_comment_where_the_key_should_stand_makes_no_second_ticket(play: Stage) -> None:
    play.type_row("Tell the customers")
    commented = '<p><ac:inline-comment-marker ac:ref="1">soon</ac:inline-comment-marker></p>'
    play.type_cell(1, Column.TICKET, commented)
    play.quiet()
    for _ in range(3):
        report = play.run_pass()
        assert len(tickets(play)) == 2
        assert len(told(report, FindingKind.COMMENTED)) == 1
        play.quiet()
    assert commented in play.page().body
    play.type_cell(1, Column.TICKET, cells.empty())
    play.quiet()
    play.run_pass()
    assert sorted(row.ticket or "" for row in play.rows()) == tickets(play)
