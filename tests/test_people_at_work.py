"""People at work on a review page: whatever they do to it, the outcome is a defined one (docs/outcomes.md)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.adapters.overlay_wiki import OverlayWiki
from pirsync.binding import MEMORY_LIMIT, fitting
from pirsync.decision import FLAP_WINDOW, FindingKind, is_local
from pirsync.errors import Ambiguous, Rejected
from pirsync.model import Column, Deployment, Memory, Page, PageHead
from pirsync.page import cells
from pirsync.page.template import ReviewTemplate
from pirsync.ports import Query, Want, WikiWrites
from pirsync.reconcile import Mode, Selection
from pirsync.report import Report
from tests.stage import NEWS, Stage, parse_once, stage, without_state

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


# ---------------------------------------------------------------- one comment for a value that was not taken


def comments(play: Stage) -> list[str]:
    wiki = play.world.wiki
    assert isinstance(wiki, OverlayWiki)
    return wiki.comments.get(play.page().id, [])


def type_due(play: Stage, day: str) -> Report:
    play.type_cell(0, Column.DUE, cells.day(date.fromisoformat(day)))
    play.quiet()
    return play.run_pass()


def test_a_value_that_was_not_taken_is_told_in_one_comment_that_is_written_down_first(play: Stage) -> None:
    report = type_due(play, "2027-01-01")
    assert writes(report) == ["write-memory", "comment-page", "update-page"]
    (said,) = comments(play)
    for part in ("Due date", "Fix the queue", "2027-01-01 was not taken", "2026-04-01", play.rows()[0].ticket or ""):
        assert part in said
    assert "/browse/" in said
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 4, 1),)
    assert writes(play.run_pass()) == []


def test_the_same_value_typed_again_is_told_in_no_second_comment_and_another_value_is(play: Stage) -> None:
    type_due(play, "2027-01-01")
    play.clock.forward(7200)
    again = type_due(play, "2027-01-01")
    assert "comment-page" not in writes(again)
    assert len(told(again, FindingKind.ROW_EDITED)) == 1
    play.clock.forward(7200)
    assert "comment-page" in writes(type_due(play, "2027-02-02"))
    assert len(comments(play)) == 2


def test_two_values_are_told_in_one_comment(play: Stage) -> None:
    play.type_cell(0, Column.OWNER, cells.words("the night shift"))
    type_due(play, "2027-01-01")
    (said,) = comments(play)
    assert "the night shift was not taken, because Jira leads and says Ana Ruiz" in said
    assert "2027-01-01 was not taken" in said


def test_an_owner_who_was_not_taken_is_named_by_a_mention(play: Stage) -> None:
    bob = play.world.wiki.mention("bob")
    assert bob is not None
    play.type_cell(0, Column.OWNER, cells.mention(bob, play.world.wiki.deployment))
    play.quiet()
    report = play.run_pass()
    assert cells.user(bob, play.world.wiki.deployment) in comments(play)[0]
    assert f'"@{bob.ref}" was not taken' in told(report, FindingKind.ROW_EDITED)[0]


def test_a_date_that_was_deleted_comes_back_with_a_comment(play: Stage) -> None:
    play.type_cell(0, Column.DUE, cells.empty())
    play.quiet()
    report = play.run_pass()
    assert "the empty cell was not taken" in comments(play)[0]
    assert "nothing was not taken" in told(report, FindingKind.ROW_EDITED)[0]
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 4, 1),)


@pytest.mark.parametrize("policy", ["push", "keep"])
def test_no_comment_where_the_team_keeps_or_pushes_what_people_type(policy: str) -> None:
    play = at_work()
    play.team["page_edits"] = policy
    type_due(play, "2027-01-01")
    assert comments(play) == []
    assert play.rows()[0].cells[Column.DUE].dates == (date(2027, 1, 1),)


class Doubtful:
    """Writes of a wiki whose comments go wrong in one way."""

    def __init__(self, real: WikiWrites, error: Exception, arrives: int) -> None:
        self._real = real
        self._error = error
        self._arrives = arrives

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def add_comment(self, page_id: str, storage: str) -> None:
        for _ in range(self._arrives):
            self._real.add_comment(page_id, storage)
        raise self._error


@pytest.mark.parametrize("arrives", [0, 1])
def test_a_comment_in_doubt_is_not_sent_again(play: Stage, arrives: int) -> None:
    doubtful = replace(play.world, wiki_writes=Doubtful(play.world.wiki_writes, Ambiguous("no answer"), arrives))
    play.type_cell(0, Column.DUE, cells.day(date(2027, 1, 1)))
    play.quiet()
    play.run_on(doubtful)
    play.run_pass()
    assert len(comments(play)) == arrives
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 4, 1),)
    lost = without_state(play)
    lost.clock.forward(7200)
    type_due(lost, "2027-01-01")
    assert len(comments(lost)) == arrives


def test_a_refused_comment_is_told_and_no_more_are_sent_until_a_person_asks(play: Stage) -> None:
    refusing = Doubtful(play.world.wiki_writes, Rejected("comments are not allowed here"), 0)
    play.type_cell(0, Column.DUE, cells.day(date(2027, 1, 1)))
    play.quiet()
    report = play.run_on(replace(play.world, wiki_writes=refusing))
    assert "comments are not allowed here" in told(report, FindingKind.REFUSED)[0]
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 4, 1),)
    play.clock.forward(7200)
    assert "comment-page" not in writes(type_due(play, "2027-02-02"))
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    play.clock.forward(7200)
    assert "comment-page" in writes(type_due(play, "2027-03-03"))


def test_receipts_of_comments_never_make_the_property_too_large() -> None:
    held = Memory(page="1", incident="2", owner="3", comments=tuple(f"{n:016x}" for n in range(2500)))
    kept = fitting(held)
    assert len(kept.model_dump_json()) <= MEMORY_LIMIT
    assert len(kept.comments) > 1000
    assert kept.comments == held.comments[-len(kept.comments) :]


# ---------------------------------------------------------------- Jira takes a value away; Confluence knows nobody


def test_a_date_taken_away_in_jira_is_taken_off_the_page_once(play: Stage) -> None:
    play.world.tracker_writes.edit_issue(play.rows()[0].ticket or "", {"duedate": None})
    report = play.run_pass()
    assert play.rows()[0].cells[Column.DUE].text == ""
    assert told(report, FindingKind.ROW_EDITED) == []
    assert writes(play.run_pass()) == []


# ---------------------------------------------------------------- the flap guard


def type_status(play: Stage) -> Report:
    play.type_cell(0, Column.STATUS, cells.words("all good"))
    play.quiet()
    return play.run_pass()


def test_a_cell_that_is_written_over_again_and_again_rests_and_is_not_forgotten(play: Stage) -> None:
    for _ in range(3):
        assert "update-page" in writes(type_status(play))
    last = play.clock.now()
    report = type_status(play)
    assert [c for c in writes(report) if c == "update-page"] == []
    (said,) = told(report, FindingKind.FLAPPING)
    assert "row 3, status" in said or "row 1, status" in said
    (result,) = [r for r in report.results if r.key == "OPS-1"]
    assert result.wake == last + FLAP_WINDOW
    assert play.status() == "all good"
    play.clock.instant = last + FLAP_WINDOW
    play.run_pass(NEWS)
    assert play.status() == "NEW"


def test_a_cell_that_rests_keeps_no_other_cell_from_being_written(play: Stage) -> None:
    for _ in range(4):
        type_status(play)
    assert play.status() == "all good"
    play.world.tracker_writes.edit_issue(play.rows()[0].ticket or "", {"duedate": "2026-06-06"})
    play.run_pass()
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 6, 6),)
    assert play.status() == "all good"


def test_what_jira_says_anew_is_written_into_a_cell_that_rests(play: Stage) -> None:
    for _ in range(4):
        type_status(play)
    play.move(play.rows()[0].ticket or "", "Done", "done")
    play.run_pass()
    assert play.status() == "DONE"


def test_a_date_and_a_summary_cell_rest_too() -> None:
    play = at_work()
    for _ in range(4):
        edit(play, lambda body: body.replace("<p>P1</p>", "<p>not so bad</p>"))
        report = type_due(play, "2027-01-01")
    assert len(told(report, FindingKind.FLAPPING)) == 2
    assert play.rows()[0].cells[Column.DUE].dates == (date(2027, 1, 1),)
    assert len(comments(play)) == 1


# ---------------------------------------------------------------- a page that we may not write


class Barring:
    """Writes of a wiki in which our account may not edit review pages; counts how often it tries."""

    def __init__(self, real: WikiWrites) -> None:
        self._real = real
        self.tries = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def update_page(self, page: PageHead, body: str, message: str) -> Page:
        if "index" in page.title:
            return self._real.update_page(page, body, message)
        self.tries += 1
        raise Rejected("you may not edit this page")

    def set_property(self, *_: object) -> Any:
        self.tries += 1
        raise Rejected("you may not edit this page")


def test_a_page_that_may_not_be_written_is_one_finding_and_ever_rarer_tries(play: Stage) -> None:
    barring = Barring(play.world.wiki_writes)
    barred = replace(play.world, wiki_writes=barring)
    play.move(play.rows()[0].ticket or "", "Done", "done")
    waits = []
    for _ in range(9):
        report = play.run_on(barred, NEWS)
        assert len(told(report, FindingKind.REFUSED)) == 1
        assert "you may not edit this page" in told(report, FindingKind.REFUSED)[0]
        assert report.failed == ()
        (result,) = [r for r in report.results if r.key == "OPS-1"]
        assert result.wake is not None
        waits.append(result.wake - play.clock.now())
        play.clock.instant = result.wake
    assert barring.tries == 9
    assert [w.total_seconds() / 60 for w in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    report = play.run_pass(NEWS)
    assert (play.status(), told(report, FindingKind.REFUSED)) == ("DONE", [])
    assert writes(play.run_pass()) == []


def test_a_page_that_may_not_be_written_is_tried_at_once_when_a_person_asks(play: Stage) -> None:
    play.move(play.rows()[0].ticket or "", "Done", "done")
    play.run_on(replace(play.world, wiki_writes=Barring(play.world.wiki_writes)))
    assert writes(play.run_pass()) == []
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    assert play.status() == "DONE"
