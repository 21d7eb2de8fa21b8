"""People at work on a review page: whatever they do to it, the outcome is a defined one (docs/outcomes.md)."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes, person_edits
from pirsync.adapters.overlay_wiki import OverlayWiki
from pirsync.binding import MEMORY_LIMIT, fitting
from pirsync.changes import is_local
from pirsync.decision import FLAP_WINDOW, FindingKind, Wishes
from pirsync.errors import Ambiguous, Rejected, Unavailable
from pirsync.findings import stored
from pirsync.known import wish
from pirsync.model import Deployment, RemoteLink
from pirsync.names import PAGE_PROPERTY
from pirsync.page import cells
from pirsync.page.template import ReviewTemplate
from pirsync.page_model import Column, Memory, Page, PageHead, PageStatus
from pirsync.ports import PageDraft, Query, TicketDraft, TrackerWrites, Want, WikiWrites
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from tests.stage import NEWS, Stage, parse_once, raw_incident, stage, without_state

SMALL = ReviewTemplate("small", {"small": "{{ summary_region }}{{ actions_region }}{{ record_region }}"})
"""The regions alone: what stands around them costs time, and other tests look at it."""


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    """A settled review with one action, whose ticket is open."""
    return at_work(request.param)


def at_work(deployment: Deployment = "cloud", begun: Callable[[Stage], Stage] = lambda told: told) -> Stage:
    told = begun(stage(deployment))
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


# ---------------------------------------------------------------- rows that pirsync appended


def given_a_row(play: Stage) -> tuple[str, str]:
    """A ticket that people linked by hand got its row: its key, and the body as it was before."""
    made = play.world.tracker_writes.create_issue(
        TicketDraft(
            project="ACT",
            type_id="10002",
            summary="Renew the certificate",
            description=None,
            assignee="ana",
            due=date(2026, 4, 1),
            labels=(),
            property_key="",
            property_value={},
            incident_key=None,
            link_type="10200",
            link_side="outward",
        )
    )
    before = play.page().body
    play.world.tracker_writes.link("10200", "OPS-1", made.key)
    play.run_pass()
    assert made.key in [row.ticket for row in play.rows()]
    return made.key, before


def test_a_draft_published_over_a_row_that_was_given_is_told_until_the_row_is_back(play: Stage) -> None:
    key, before = given_a_row(play)
    person_edits(play.world, play.page().id, before)
    play.quiet()
    for _ in range(2):
        report = play.run_pass()
        assert [f'{key} "Renew the certificate"' in said for said in told(report, FindingKind.ORPHAN)] == [True]
        assert (key in [row.ticket for row in play.rows()], writes(report)) == (False, [])
    lost = without_state(play)
    lost.clock.forward(61)
    assert len(told(lost.run_pass(), FindingKind.ORPHAN)) == 1
    play.type_row("Renew the certificate", owner="", due="")
    url = f"{play.world.tracker.site_url}/browse/{key}"
    play.type_cell(len(play.rows()) - 1, Column.TICKET, cells.ticket(key, url, play.world.wiki.deployment))
    play.quiet()
    assert told(play.run_pass(), FindingKind.ORPHAN) == []
    assert (play.rows()[-1].ticket, play.rows()[-1].cells[Column.STATUS].text) == (key, "NEW")


def test_a_row_that_was_given_and_deleted_on_purpose_stays_deleted_and_is_forgotten_when_asked(play: Stage) -> None:
    key, _ = given_a_row(play)
    edit(play, lambda body: body.replace(next(row for row in table_rows(body) if key in row), ""))
    assert len(told(play.run_pass(), FindingKind.ORPHAN)) == 1
    wish(play.world.state, "owner-0001", "10001", Wishes(forget=(key,)))
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    play.world.state.drop("wish", ["10001"])
    report = play.run_pass()
    assert (told(report, FindingKind.ORPHAN), writes(report), key in play.page().body) == ([], [], False)


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


@pytest.mark.parametrize("spare", [-100, 0, 30])
def test_a_comment_that_cannot_be_noted_is_not_sent_and_told(
    play: Stage, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    """The property is full of rows, to the last byte, or has room for one receipt and not for two."""
    held = play.world.wiki.property(play.page().id, PAGE_PROPERTY)
    assert held is not None
    known = Memory.model_validate(held.value)
    monkeypatch.setattr("pirsync.binding.MEMORY_LIMIT", len(known.model_dump_json()) + spare)
    play.type_cell(0, Column.DUE, cells.day(date(2027, 1, 1)))
    play.type_cell(0, Column.OWNER, cells.words("somebody else"))
    play.quiet()
    report = play.run_pass()
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 4, 1),)
    assert comments(play) == []
    untold = [words for words in told(report, FindingKind.ROW_EDITED) if "no comment says so" in words]
    assert len(untold) == 2
    assert play.run_pass().changes == ()


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


class Away:
    """Writes of a wiki after whose next page write the process is gone, or the wiki answers no more."""

    def __init__(self, real: WikiWrites, error: BaseException) -> None:
        self._real = real
        self._error = error
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def update_page(self, page: PageHead, body: str, message: str) -> Page:
        saved = self._real.update_page(page, body, message)
        self.writes += 1
        if not isinstance(self._error, Exception):
            raise self._error
        return saved

    def set_property(self, *arguments: Any) -> Any:
        if self.writes:
            raise self._error
        return self._real.set_property(*arguments)


@pytest.mark.parametrize("error", [Unavailable("503"), KeyboardInterrupt()], ids=["fails", "killed"])
def test_what_a_person_typed_is_told_though_the_pass_failed_after_it_was_written_over(
    play: Stage, error: BaseException
) -> None:
    away = Away(play.world.wiki_writes, error)
    play.type_cell(0, Column.STATUS, cells.words("all good"))
    play.quiet()
    play.world.tracker_writes.edit_issue(tickets(play)[0], {"duedate": "2026-06-06"})
    with nullcontext() if isinstance(error, Exception) else pytest.raises(KeyboardInterrupt):
        assert len(play.run_on(replace(play.world, wiki_writes=cast(WikiWrites, away))).failed) == 1
    assert (away.writes, play.status()) == (1, "NEW")
    report = play.run_pass()
    (said,) = told(report, FindingKind.ROW_EDITED)
    assert '"all good" stood over what Jira says; it shows "NEW" again' in said
    assert "RowEdited" in [one.kind for one in stored(play.world.state)]
    assert told(play.run_pass(), FindingKind.ROW_EDITED) == []


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


# ---------------------------------------------------------------- the table, worked on


def finish(play: Stage) -> Report:
    """The ticket is done, and a pass runs; what people did to the page must not keep its row from saying so."""
    play.move(tickets(play)[0], "Done", "done")
    play.quiet()
    return play.run_pass()


def settled(play: Stage) -> None:
    report = play.run_pass()
    assert (writes(report), report.failed, report.waiting) == ([], (), ())


def reordered(body: str) -> str:
    """The columns the other way round."""
    for row in table_rows(body):
        cells_ = re.findall(r"<t[hd]>.*?</t[hd]>", row, flags=re.DOTALL)
        body = body.replace(row, "<tr>" + "".join(reversed(cells_)) + "</tr>")
    return body


def with_a_column(body: str) -> str:
    """A column of people's own, first."""
    for number, row in enumerate(table_rows(body)):
        cell = "<th><p>Cost</p></th>" if number == 0 else f"<td><p>{number} days</p></td>"
        body = body.replace(row, row.replace("<tr>", f"<tr>{cell}", 1))
    return body


def renamed(body: str) -> str:
    """Headers by other words of the mapping."""
    return body.replace(">Due date<", ">Deadline<").replace(">Owner<", ">responsible:<").replace(">Status<", ">STATE<")


def in_a_layout(body: str) -> str:
    """Everything moved into a column of a layout."""
    return (
        '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>left</p></ac:layout-cell>'
        f"<ac:layout-cell>{body}</ac:layout-cell></ac:layout-section></ac:layout>"
    )


@pytest.mark.parametrize("change", [reordered, with_a_column, renamed, in_a_layout])
def test_a_table_that_people_rearrange_is_read_as_before(change: Callable[[str], str]) -> None:
    play = at_work()
    edit(play, change)
    report = finish(play)
    assert (play.status(), kinds(report), len(tickets(play))) == ("DONE", set(), 1)
    assert len(table_rows(play.page().body)) == len(table_rows(change(play.page().body)))
    settled(play)


def test_rows_that_people_sort_and_move_keep_their_tickets() -> None:
    play = at_work()
    play.type_row("Tell the customers", owner="bob")
    play.quiet()
    play.run_pass()
    before = {row.action: row.ticket for row in play.rows()}
    edit(play, lambda body: _swapped(body, "Fix the queue", "Tell the customers"))
    report = finish(play)
    assert [row.action for row in play.rows()] == ["Tell the customers", "Fix the queue"]
    assert before == {row.action: row.ticket for row in play.rows()}
    assert (play.status(1), kinds(report), len(tickets(play))) == ("DONE", set(), 2)


def _swapped(body: str, one: str, other: str) -> str:
    first = next(row for row in table_rows(body) if one in row)
    second = next(row for row in table_rows(body) if other in row)
    return body.replace(first, "<tr/>").replace(second, first).replace("<tr/>", second)


def test_a_row_that_is_copied_with_its_key_is_one_action() -> None:
    play = at_work()
    mine = next(row for row in table_rows(play.page().body) if "Fix the queue" in row)
    edit(play, lambda body: body.replace(mine, mine + mine))
    finish(play)
    assert [play.status(0), play.status(1)] == ["DONE", "DONE"]
    assert play.review().summary["actions"].text == "1 of 1 done"
    assert len(tickets(play)) == 1


def test_a_row_whose_cells_are_merged_is_left_alone_counted_and_told() -> None:
    play = at_work()
    cell = play.rows()[0].cells[Column.CRITERIA]
    raw = play.page().body.encode()
    merged = (raw[: cell.outer_start] + b'<td colspan="1" rowspan="2"><p></p></td>' + raw[cell.outer_end :]).decode()
    edit(play, lambda _: merged)
    report = finish(play)
    assert "merged cells" in told(report, FindingKind.ROW_UNREADABLE)[0]
    assert (play.status(), play.review().summary["actions"].text) == ("NEW", "1 of 1 done")
    assert len(tickets(play)) == 1


def test_a_deleted_row_stays_deleted_and_its_ticket_lives_on(play: Stage) -> None:
    edit(play, lambda body: body.replace(next(row for row in table_rows(body) if "Fix the queue" in row), ""))
    report = finish(play)
    assert (play.rows(), kinds(report), len(tickets(play))) == ([], set(), 1)
    settled(play)
    again = without_state(play)
    again.clock.forward(61)
    again.run_pass()
    assert (again.rows(), len(tickets(again))) == ([], 1)


def region(body: str, name: str) -> str:
    """A region's macro, whole."""
    start = body.rindex("<ac:structured-macro", 0, body.index(name))
    return body[
        start : body.index("</ac:structured-macro>", body.index("</table>", start)) + len("</ac:structured-macro>")
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: body.replace(region(body, "pirsync-actions"), ""), id="deleted"),
        pytest.param(lambda body: body + region(body, "pirsync-actions"), id="duplicated"),
    ],
)
def test_without_one_action_table_nothing_is_written_into_it_and_the_counts_go_on(change: Callable[[str], str]) -> None:
    play = at_work()
    before = play.page().body
    edit(play, change)
    report = finish(play)
    assert len(told(report, FindingKind.REGION_REMOVED)) == 1
    assert play.review().summary["actions"].text == "1 of 1 done"
    assert change(before).count("pirsync-actions") == play.page().body.count("pirsync-actions")
    assert len(tickets(play)) == 1
    edit(play, lambda _: before)
    play.run_pass()
    assert (play.status(), len(tickets(play))) == ("DONE", 1)


def test_a_summary_that_people_delete_is_told_and_the_rows_go_on() -> None:
    play = at_work()
    edit(play, lambda body: body.replace(region(body, "pirsync-summary"), ""))
    report = finish(play)
    assert (play.status(), len(told(report, FindingKind.REGION_REMOVED))) == ("DONE", 1)


def test_a_comment_in_a_date_keeps_it_as_it_is_until_people_type_it_anew() -> None:
    play = at_work()
    day = '<p><ac:inline-comment-marker ac:ref="7"><time datetime="2026-04-01" /></ac:inline-comment-marker></p>'
    play.type_cell(0, Column.DUE, day)
    play.quiet()
    play.world.tracker_writes.edit_issue(tickets(play)[0], {"duedate": "2026-06-06"})
    report = finish(play)
    assert len(told(report, FindingKind.COMMENTED)) == 1
    assert day in play.page().body
    assert play.status() == "DONE"
    play.type_cell(0, Column.DUE, cells.day(date(2026, 4, 1)))
    play.quiet()
    play.run_pass()
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 6, 6),)


def test_a_comment_beside_our_cells_survives_every_write() -> None:
    play = at_work()
    marked = '<ac:inline-comment-marker ac:ref="9">Fix the queue</ac:inline-comment-marker>'
    edit(play, lambda body: body.replace("Fix the queue", marked))
    finish(play)
    assert marked in play.page().body
    assert (play.status(), len(tickets(play))) == ("DONE", 1)


# ---------------------------------------------------------------- the page, moved about


def moved(play: Stage, **changes: str) -> None:
    """A person renames the page or moves it to another space; a rename is a version, a move is none."""
    wiki, page = play.world.wiki, play.page()
    assert isinstance(wiki, OverlayWiki)
    mine = {"author": "somebody", "message": "", "at": play.clock.now(), "version": page.version + 1}
    wiki.save(page.model_copy(update={**changes, **mine}))
    play.quiet()


@pytest.mark.parametrize("changes", [{"title": "The great outage"}, {"space": "ARCH"}])
@pytest.mark.parametrize("loses_state", [False, True])
def test_a_page_is_followed_by_its_id_wherever_people_move_it(
    play: Stage, changes: dict[str, str], loses_state: bool
) -> None:
    page_id = play.page().id
    moved(play, **changes)
    play = without_state(play) if loses_state else play
    play.clock.forward(61)
    play.move(tickets(play)[0], "Done", "done")
    play.run_pass()
    page = play.world.wiki.page(page_id)
    assert page is not None
    assert changes.items() <= page.model_dump().items()
    assert ">DONE<" in page.body
    assert play.world.wiki.find("OPS", "OPS-1 Post-incident review") is None


def copied(play: Stage, title: str) -> Page:
    """A person copies the page, with its label and our property."""
    page, held = play.page(), play.world.wiki.property(play.page().id, PAGE_PROPERTY)
    assert held is not None
    copy = play.world.wiki_writes.create_page(PageDraft(space="OPS", parent=None, title=title, body=page.body))
    play.world.wiki_writes.add_labels(copy.id, ("pirsync-review",))
    play.world.wiki_writes.set_property(copy.id, PAGE_PROPERTY, held.value, None)
    return person_edits(play.world, copy.id, page.body)


@pytest.mark.parametrize("loses_state", [False, True])
def test_a_copy_is_never_managed(play: Stage, loses_state: bool) -> None:
    copy = copied(play, "Copy of OPS-1 Post-incident review")
    play = without_state(play) if loses_state else play
    play.clock.forward(61)
    play.move(tickets(play)[0], "Done", "done")
    play.run_pass(NEWS)
    play.run_pass()
    assert play.status() == "DONE"
    assert play.world.wiki.page(copy.id) == copy
    assert len(tickets(play)) == 1


def test_a_copy_that_took_the_title_is_not_the_page(play: Stage) -> None:
    page_id, title = play.page().id, play.page().title
    moved(play, title="The great outage")
    copy = copied_from(play, page_id, title)
    lost = without_state(play)
    lost.clock.forward(61)
    lost.move(tickets(lost)[0], "Done", "done")
    lost.run_pass()
    page = lost.world.wiki.page(page_id)
    assert page is not None
    assert ">DONE<" in page.body
    assert lost.world.wiki.page(copy.id) == copy


def copied_from(play: Stage, page_id: str, title: str) -> Page:
    page, held = play.world.wiki.page(page_id), play.world.wiki.property(page_id, PAGE_PROPERTY)
    assert page is not None
    assert held is not None
    copy = play.world.wiki_writes.create_page(PageDraft(space="OPS", parent=None, title=title, body=page.body))
    play.world.wiki_writes.set_property(copy.id, PAGE_PROPERTY, held.value, None)
    return copy


def test_a_page_with_our_title_that_is_a_copy_of_another_review_is_refused() -> None:
    play = stage(incidents=[raw_incident(1), raw_incident(2)])
    play.template = SMALL
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    copy = copied_from(play, play.page("OPS-1").id, "OPS-2 Post-incident review")
    report = play.run_pass()
    assert len(told(report, FindingKind.TITLE_TAKEN)) == 1
    assert play.world.wiki.page(copy.id) == copy


class Unlinking:
    """Writes of a Jira whose closed incidents take no remote link."""

    def __init__(self, real: TrackerWrites) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        raise Rejected("Issue does not allow links to be made")


def without_links(play: Stage) -> Stage:
    writes = cast(TrackerWrites, Unlinking(play.world.tracker_writes))
    return replace(play, world=replace(play.world, tracker_writes=writes))


@pytest.mark.parametrize("status", [PageStatus.ARCHIVED, PageStatus.TRASHED])
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_our_own_page_that_was_put_away_is_found_by_its_title_alone(deployment: Deployment, status: PageStatus) -> None:
    """No state, and an incident that took no link: nothing but the title leads to it, and no other page is made."""
    play = without_links(stage(deployment))
    play.template = SMALL
    play.run_pass()
    page = page_becomes(play.world, play.page().id, status)
    lost = without_state(play)
    lost.clock.forward(61)
    report = lost.run_pass()
    assert f"is {status}: restore it" in told(report, FindingKind.PAGE_GONE)[0]
    assert lost.world.wiki.titled("OPS", page.title) == [page]
    page_becomes(lost.world, page.id, PageStatus.CURRENT)
    lost.type_row("Fix the queue")
    lost.quiet()
    lost.run_pass()
    assert len(tickets(lost)) == 1
    assert [one.id for one in lost.world.wiki.titled("OPS", page.title)] == [page.id]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_renamed_page_is_found_by_its_label_where_the_incident_took_no_link(deployment: Deployment) -> None:
    play = at_work(deployment, without_links)
    page = play.page()
    moved(play, title="The great outage")
    copied_from(play, page.id, "A copy of it")
    lost = without_state(play)
    lost.clock.forward(61)
    lost.move(tickets(lost)[0], "Done", "done")
    lost.run_pass()
    found = lost.world.wiki.page(page.id)
    assert found is not None
    assert ">DONE<" in found.body
    assert lost.world.wiki.titled("OPS", "OPS-1 Post-incident review") == []


@pytest.mark.parametrize("links", [True, False])
def test_a_review_made_anew_is_the_review_and_not_the_one_in_the_trash(play: Stage, links: bool) -> None:
    play = play if links else without_links(play)
    old = page_becomes(play.world, play.page().id, PageStatus.TRASHED)
    wish(play.world.state, "owner-0001", "10001", Wishes(recreate=True))
    play.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    anew = play.page()
    lost = without_state(play)
    lost.clock.forward(61)
    assert told(lost.run_pass(), FindingKind.PAGE_GONE) == []
    lost.type_row("Ask who knows")
    lost.quiet()
    lost.run_pass()
    assert len(tickets(lost)) == 2
    assert [page.id for page in lost.world.wiki.titled("OPS", old.title)] == [anew.id, old.id]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_an_archived_page_of_others_keeps_its_title_and_one_in_the_trash_does_not(deployment: Deployment) -> None:
    play = stage(deployment)
    play.template = SMALL
    writes, title = play.world.wiki_writes, "OPS-1 Post-incident review"
    other = writes.create_page(PageDraft(space="OPS", parent=None, title=title, body="<p>theirs</p>"))
    page_becomes(play.world, other.id, PageStatus.ARCHIVED)
    assert len(told(play.run_pass(), FindingKind.TITLE_TAKEN)) == 1
    page_becomes(play.world, other.id, PageStatus.TRASHED)
    play.run_pass()
    assert play.page().id != other.id


class TitleTaken:
    """Writes of a wiki in which a page that we cannot see holds every title."""

    def __init__(self, real: WikiWrites) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_page(self, draft: PageDraft) -> Page:
        raise Rejected("A page with this title already exists: A page already exists with the same TITLE in this space")


def test_an_archived_or_hidden_twin_is_told_and_neither_adopted_nor_circumvented() -> None:
    play = stage()
    play.template = SMALL
    report = play.run_on(replace(play.world, wiki_writes=TitleTaken(play.world.wiki_writes)))
    assert "archived, or hidden from our account" in told(report, FindingKind.REJECTED)[0]
    assert writes(play.run_pass()) == []
    assert "create-page" in writes(play.run_pass(Selection(Mode.NAMED, ("OPS-1",))))
