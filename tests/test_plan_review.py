"""The decision for a page that is there, beside its rows: summary, index line, quiet, refusals, what a version says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pirsync import draft
from pirsync.changes import CommentPage, UpdatePage, WriteMemory, describe
from pirsync.decision import Barred, FindingKind, Journal, Plan
from pirsync.model import IssueLink
from pirsync.names import STAMP
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page_model import IndexRow, Lozenge, PageHead, PageStatus
from pirsync.plan import quiet_until
from pirsync.policy import status
from pirsync.summary_plan import summary_cells
from tests.planning import decide, finding, kinds, link_to, settled_row
from tests.samples import (
    HEADERS,
    INCIDENT,
    JOURNAL,
    NOW,
    TERMS,
    US,
    agreed,
    body_of,
    done,
    incident,
    memory,
    observed,
    page,
    row,
    terms,
    ticket,
)

MINUTE = timedelta(minutes=1)
DONE = Lozenge(text="ACTIONS COMPLETE", colour="Green")


def journal(**changes: Any) -> Journal:
    return JOURNAL.model_copy(update=changes)


def the_update(decided: Plan) -> UpdatePage:
    (write,) = [change for change in decided.changes if isinstance(change, UpdatePage)]
    return write


# ---------------------------------------------------------------- the index line


def test_the_index_line_tells_the_incident_its_page_and_its_counts() -> None:
    late, finished = ticket(1, due=date(2026, 3, 9)), done(2)
    seen = observed(body_of([settled_row(1), settled_row(2), row("Third")]), [late, finished])
    assert decide(seen, terms(zone="Europe/Berlin")).index_row == IndexRow(
        key="OPS-1",
        incident_url=INCIDENT.url,
        severity=INCIDENT.severity,
        resolved="2026-03-02T12:30:00+01:00",
        closed="2026-03-02T13:30:00+01:00",
        page_title="OPS-1 Post-incident review",
        page_url="https://wiki.example.com/pages/500",
        status=Lozenge(text="ACTIONS OVERDUE", colour="Red"),
        done=1,
        total=3,
        overdue=1,
    )


def test_a_page_that_is_gone_is_missing_in_the_index_with_no_counts() -> None:
    shown = decide(observed(None, gone="its page is deleted")).index_row
    assert shown is not None
    assert (shown.status, shown.page_title, shown.page_url) == (Lozenge(text="PAGE MISSING", colour="Red"), "", "")
    assert (shown.done, shown.total, shown.overdue) == (0, 0, 0)


def test_an_archived_page_keeps_its_line() -> None:
    body = body_of([settled_row()])
    decided = decide(observed(body, [done()], page=page(body, status=PageStatus.ARCHIVED)))
    assert decided.index_row is not None
    assert (decided.index_row.status, decided.index_row.done, decided.index_row.total) == (DONE, 1, 1)


def test_a_row_that_people_copied_counts_once() -> None:
    decided = decide(observed(body_of([settled_row(), settled_row()]), [done()]))
    assert decided.index_row is not None
    assert (decided.index_row.done, decided.index_row.total) == (1, 1)


# ---------------------------------------------------------------- the summary


def summary_body(**said: str) -> str:
    """A page with no rows whose summary says what Jira says, except as told."""
    shown = summary_cells(INCIDENT, status.count((), 0, NOW, "UTC"), TERMS)
    return body_of([], *((cell.label, said.get(cell.label, cell.storage)) for cell in shown))


def test_a_summary_that_says_what_jira_says_is_left() -> None:
    assert decide(observed(summary_body())).changes == ()


def test_summary_cells_that_differ_are_written_and_no_others() -> None:
    decided = decide(observed(summary_body(Severity="<p>P4</p>", Title="<p></p>")))
    write = the_update(decided)
    assert write.cells == (f'Title = "{INCIDENT.summary}"', f'Severity = "{INCIDENT.severity}"')
    assert write.body == summary_body()
    assert (write.asserted, write.message) == ((), f"{STAMP} 2 cells from Jira")
    # What we wrote last and Jira has changed since, nobody wrote over; of what we never wrote, nobody can tell.
    assert decided.findings == ()
    assert decide(observed(summary_body(Severity="<p>P4</p>"), base=None)).findings == ()


def test_the_incident_is_known_by_its_key_however_it_is_linked() -> None:
    linked = cells.ticket("OPS-1", "https://jira.example.com/browse/OPS-1", "cloud")
    assert decide(observed(summary_body(Incident=linked))).changes == ()
    assert the_update(decide(observed(summary_body(Incident="<p>OPS-2</p>")))).body == summary_body()


def test_a_summary_row_that_people_deleted_stays_deleted() -> None:
    body = body_of([], ("Severity", cells.words(INCIDENT.severity)))
    assert decide(observed(body)).changes == ()


def test_a_page_that_cannot_be_read_as_a_review_is_not_written() -> None:
    assert decide(observed("<p>x</p>", review=None, base=None)).changes == ()


def test_a_comment_in_a_summary_cell_protects_it_and_the_others_are_written() -> None:
    commented = '<p><ac:inline-comment-marker ac:ref="1">P4</ac:inline-comment-marker></p>'
    decided = decide(observed(summary_body(Severity=commented, Title="<p>x</p>")))
    assert the_update(decided).cells == (f'Title = "{INCIDENT.summary}"',)
    # Title stands before Severity: a cell after a protected one is written as well.
    both = decide(observed(summary_body(Severity="<p>x</p>", Title=commented)))
    assert the_update(both).cells == (f'Severity = "{INCIDENT.severity}"',)
    said = f'"Severity" says "P4" and should say "{INCIDENT.severity}", but an inline comment stands in it'
    assert finding(decided, FindingKind.COMMENTED) == said


def test_words_over_the_summary_are_told_and_counted_where_a_person_wrote_them() -> None:
    before = read_review(summary_body(), HEADERS)
    decided = decide(observed(summary_body(Severity="<p>P4</p>"), base=before))
    said = f'"Severity": "P4" stood over what Jira says; it shows "{INCIDENT.severity}" again'
    assert finding(decided, FindingKind.ROW_EDITED) == said
    assert the_update(decided).asserted == (f'Severity = "{INCIDENT.severity}"',)


def test_words_over_a_value_that_jira_has_changed_since_are_told_but_not_counted() -> None:
    before = read_review(summary_body(Severity="<p>P5</p>"), HEADERS)
    decided = decide(observed(summary_body(Severity="<p>P4</p>"), base=before))
    assert "stood over" in finding(decided, FindingKind.ROW_EDITED)
    assert the_update(decided).asserted == ()


def test_a_summary_cell_that_does_not_last_rests_and_the_others_are_written() -> None:
    claimed = f'Title = "{INCIDENT.summary}"'
    known = journal(asserted={claimed: (NOW - MINUTE,) * 3})
    decided = decide(observed(summary_body(Title="<p>x</p>", Severity="<p>P4</p>")), journal=known)
    assert the_update(decided).cells == (f'Severity = "{INCIDENT.severity}"',)
    assert '"Title": what Jira says was written over' in finding(decided, FindingKind.FLAPPING)
    assert decided.wake == NOW + 59 * MINUTE


# ---------------------------------------------------------------- what a version says


def test_a_version_says_how_many_cells_it_writes_and_carries_the_page_it_is_of() -> None:
    body = body_of([settled_row(due=cells.empty())])
    seen = observed(body, [ticket()], memory=memory())
    write = the_update(decide(seen))
    assert write.message == f"{STAMP} 1 cell from Jira"
    assert write.cells == ('ACT-1 due = "2026-04-01"',)
    assert seen.page is not None
    assert write.page == PageHead.model_validate(seen.page.model_dump(exclude={"body"}))


def test_rows_for_tickets_linked_by_hand_are_counted_with_the_cells() -> None:
    by_hand = ticket(7, mark=None, labels=("pirsync",))
    body = body_of([settled_row(due=cells.empty())])
    seen = observed(body, [ticket(), by_hand], incident=incident(links=(link_to(),)), memory=memory())
    write = the_update(decide(seen))
    assert write.cells == ('ACT-1 due = "2026-04-01"', "a row for ACT-7, linked by hand")
    assert write.message == f"{STAMP} 2 cells from Jira"


def test_one_comment_tells_all_values_that_were_not_taken_and_its_receipts_go_first() -> None:
    typed = [settled_row(n, due=cells.day(date(2026, 6, n))) for n in (1, 2)]
    known = memory(rows=agreed(ticket(1), ticket(2)))
    decided = decide(observed(body_of(typed), [ticket(1), ticket(2)], memory=known))
    assert kinds(decided)[-3:] == ["write-memory", "comment-page", "update-page"]
    (comment,) = [change for change in decided.changes if isinstance(change, CommentPage)]
    assert (comment.page_id, comment.title) == ("500", "OPS-1 Post-incident review")
    assert comment.told == ('ACT-1 due "2026-06-01" was not taken', 'ACT-2 due "2026-06-02" was not taken')
    assert comment.storage.count("</p><p>Due date of") == 1


# ---------------------------------------------------------------- what is agreed


def test_what_is_agreed_is_remembered_only_once_nothing_is_to_be_written_or_waited_for() -> None:
    label = draft.mark_label("mark1")
    linked = link_to(0).model_copy(update={"other_id": INCIDENT.id, "direction": "inward"})
    known: dict[str, Any] = {"labels": ("pirsync", label), "links": (linked,), "id": "20001"}
    settled, changed = ticket(**known), done(**known)
    assert kinds(decide(observed(body_of([settled_row()]), [settled], memory=memory()))) == ["write-memory"]
    assert kinds(decide(observed(body_of([settled_row()]), [changed], memory=memory()))) == ["update-page"]
    more = observed(body_of([settled_row(), row("Second")]), [settled], memory=memory())
    waits = decide(more, journal=journal(settled_from=NOW + MINUTE))
    assert (waits.changes, waits.settled) == ((), False)


# ---------------------------------------------------------------- what is told


def test_problems_of_the_page_are_told_with_the_rest() -> None:
    decided = decide(observed("<p>mine</p>"))
    assert [f.kind for f in decided.findings] == [FindingKind.REGION_REMOVED] * 2
    assert "pirsync-summary is missing" in decided.findings[0].message
    assert {f.incident for f in decided.findings} == {"OPS-1"}


def test_a_refused_comment_is_told() -> None:
    told = CommentPage(page_id="500", title="OPS-1 Post-incident review", storage="", told=("x",))
    refused = {describe(told): "comments are closed", "something else": "no"}
    decided = decide(observed(body_of([])), journal=journal(refused=refused))
    assert finding(decided, FindingKind.REFUSED) == f"{describe(told)}: comments are closed"


def duplicate(*others: str, **changes: Any) -> Plan:
    links = tuple(
        IssueLink(type_id="1", type_name="Duplicate", direction="outward", other_id=key, other_key=key)
        for key in others
    )
    known = {"resolution": "Duplicate", "links": links} | changes
    return decide(observed(body_of([]), incident=incident(**known)))


def test_an_incident_closed_as_a_duplicate_keeps_its_review_and_says_of_which() -> None:
    said = "OPS-1 was closed as a duplicate{}; its review stays, with its actions"
    kind = FindingKind.CLOSED_AS_DUPLICATE
    assert finding(duplicate("OPS-8", "OPS-9"), kind) == said.format(" of OPS-8, OPS-9")
    assert finding(duplicate(), kind) == said.format("")
    others = (link_to(), link_to(8).model_copy(update={"type_name": "Duplicate", "direction": "inward"}))
    assert finding(duplicate(links=others), kind) == said.format("")
    assert duplicate("OPS-8", is_closed=False).findings == ()
    assert duplicate("OPS-8", resolution="Done").findings == ()


@pytest.mark.parametrize(
    ("resolutions", "is_told"),
    [((), True), (("Done",), False), (("Done", ""), True), (("Done", "Won't Do"), False), (("Won't Do",), False)],
)
def test_a_duplicate_is_told_until_no_action_is_left_on_its_review(resolutions: tuple[str, ...], is_told: bool) -> None:
    numbered = list(enumerate(resolutions, 1))
    tickets = [done(number, resolution=said) if said else ticket(number) for number, said in numbered]
    body = body_of([settled_row(number) for number, _ in numbered])
    decided = decide(observed(body, tickets, incident=incident(resolution="Duplicate")))
    assert is_told == (FindingKind.CLOSED_AS_DUPLICATE in {found.kind for found in decided.findings})


# ---------------------------------------------------------------- quiet


def edited(minutes: int, **changes: Any) -> Any:
    return page("", **({"author": "acc-ana", "message": "", "at": NOW - minutes * MINUTE} | changes))


@pytest.mark.parametrize(
    ("minutes_ago", "began", "quiet"),
    [
        (1, None, 4),
        (0, 10, 5),
        (0, 57, 3),
        (0, 61, -1),
        (50, 10, -45),
    ],
)
def test_a_page_rests_after_an_edit_but_never_longer_than_the_longest_wait(
    minutes_ago: int, began: int | None, quiet: int
) -> None:
    known = journal(waiting_since=NOW - began * MINUTE if began is not None else None)
    assert quiet_until(edited(minutes_ago), TERMS, known) == NOW + quiet * MINUTE


def test_a_quiet_period_longer_than_the_longest_wait_is_cut() -> None:
    long = terms(quiet_period=90 * MINUTE)
    assert quiet_until(edited(0), long, JOURNAL) == NOW + 60 * MINUTE


@pytest.mark.parametrize("changes", [{"message": f"{STAMP} 1 cell"}, {"author": US}, {"author": US, "message": "mine"}])
def test_a_page_that_we_wrote_last_does_not_rest(changes: dict[str, str]) -> None:
    assert quiet_until(edited(1, **changes), TERMS, JOURNAL) == NOW - MINUTE


def test_what_is_held_until_the_page_is_quiet_says_so() -> None:
    body = body_of([settled_row()])
    seen = observed(body, [done()], page=page(body, author="acc-ana", message="", at=NOW - MINUTE))
    decided = decide(seen)
    assert decided.waiting == "until nobody has edited the page for a while"
    assert decided.index_row is not None


def test_two_reasons_to_wait_are_both_said_and_the_earlier_instant_counts() -> None:
    body = body_of([settled_row(), row("Second")])
    mark = draft.mark(TERMS.owner_id, INCIDENT.id, "Second", 0)
    seen = observed(body, [done()], page=page(body, author="acc-ana", message="", at=NOW - 2 * MINUTE))
    young = journal(settled_from=NOW + MINUTE)
    decided = decide(seen, journal=young)
    assert decided.changes == ()
    assert decided.waiting.endswith("; until nobody has edited the page for a while")
    assert decided.wake == NOW + MINUTE
    assert mark not in decided.model_dump_json()


def test_a_page_is_bound_while_its_cells_wait() -> None:
    body = body_of([settled_row()])
    seen = observed(body, [done()], page=page(body, author="acc-ana", message="", at=NOW - MINUTE), memory=None)
    decided = decide(seen)
    assert kinds(decided) == ["label-page", "link-page", "write-memory"]
    assert not decided.settled


# ---------------------------------------------------------------- a page that may not be written

BARRED = Barred(reason="you may not edit", until=datetime(2026, 3, 10, 12, 30, 15, 123, tzinfo=UTC))


def test_a_barred_page_is_left_until_it_is_tried_again() -> None:
    seen = observed(body_of([settled_row()]), [done()])
    decided = decide(seen, journal=journal(barred=BARRED))
    assert (decided.changes, decided.wake) == ((), BARRED.until)
    assert finding(decided, FindingKind.REFUSED) == (
        'its page "OPS-1 Post-incident review" cannot be written (you may not edit): let our account edit it; '
        "it is left until 2026-03-10T12:30:15+00:00"
    )
    assert kinds(decide(seen, journal=journal(barred=BARRED), now=BARRED.until)) == ["update-page"]


def test_a_barred_page_is_told_of_only_when_something_is_to_be_written() -> None:
    quiet = decide(observed(body_of([])), journal=journal(barred=BARRED))
    assert (quiet.findings, quiet.wake) == ((), None)
    unbound = decide(observed(body_of([]), memory=None), journal=journal(barred=BARRED))
    assert kinds(unbound) == ["label-page", "link-page"]
    assert [f.kind for f in unbound.findings] == [FindingKind.REFUSED]
    unremembered = decide(
        observed(body_of([settled_row()]), [ticket()], memory=memory()), journal=journal(barred=BARRED)
    )
    assert unremembered.changes == ()
    assert [f.kind for f in unremembered.findings] == [FindingKind.REFUSED]


def test_findings_are_told_once_each() -> None:
    twice = decide(observed(body_of([settled_row(), settled_row()]), [ticket(due=date(2026, 3, 1))]))
    assert len(twice.findings) == len(set(twice.findings))


# ---------------------------------------------------------------- Data Center


def test_on_data_center_the_version_that_is_ours_at_most_is_written_down() -> None:
    body = body_of([settled_row()])
    known = terms(deployment="datacenter")
    written = decide(observed(body, [done()], memory=None), known)
    left = decide(observed(body_of([]), memory=None), known)
    assert [c.memory.stamped for c in written.changes if isinstance(c, WriteMemory)] == [4]
    assert [c.memory.stamped for c in left.changes if isinstance(c, WriteMemory)] == [3]
