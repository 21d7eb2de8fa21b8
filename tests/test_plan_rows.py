"""The decision for the action table, row by row: pure values in, a plan out (rules 1 and 4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pirsync import draft
from pirsync.changes import AdoptTicket, CreateTicket, EditTicket, WriteMemory
from pirsync.decision import FindingKind, Owner, Wishes
from pirsync.model import Mark, Person, StatusCategory
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page_model import Mention
from tests.planning import body_after, body_text, decide, finding, kinds, link_to, settled_row, standing
from tests.samples import (
    ANA,
    HEADERS,
    INCIDENT,
    JOURNAL,
    NOW,
    OWNER_ID,
    SCREEN,
    TERMS,
    agreed,
    body_of,
    done,
    incident,
    intent,
    memory,
    observed,
    row,
    terms,
    ticket,
)

# ---------------------------------------------------------------- rows without a ticket


def test_a_complete_row_becomes_a_ticket_with_all_carriers() -> None:
    decided = decide(observed(body_of([row(criteria=cells.words("It holds"))])))
    (create,) = decided.changes
    assert isinstance(create, CreateTicket)
    made = create.draft
    label = draft.mark_label(create.mark)
    assert (made.project, made.type_id, made.summary) == ("ACT", "10002", "Fix it")
    assert (made.assignee, made.due) == ("acc-ana", date(2026, 4, 1))
    assert made.labels == ("pirsync", label)
    assert made.property_value == {"mark": create.mark, "owner": OWNER_ID, "incident": INCIDENT.id}
    assert (made.incident_key, made.link_type, made.link_side) == ("OPS-1", "10300", "outward")
    assert made.description is not None
    for told in ("OPS-1", "Fix it", "It holds", "https://wiki.example.com/pages/500"):
        assert told in made.description


@pytest.mark.parametrize(
    ("typed", "owners", "word", "kind"),
    [
        (row(owner=""), {}, "NEEDS OWNER", FindingKind.NEEDS_OWNER),
        (row(due=""), {}, "NEEDS DUE DATE", FindingKind.NEEDS_DUE_DATE),
        (row(owner="acc-x"), {"acc-x": Owner(person=None, reason="")}, "OWNER UNKNOWN", FindingKind.OWNER_UNKNOWN),
    ],
)
def test_a_row_that_lacks_something_says_so_in_the_row(
    typed: Any, owners: dict[str, Owner], word: str, kind: FindingKind
) -> None:
    known = {"acc-ana": Owner(person=ANA, reason=""), **owners}
    decided = decide(observed(body_of([typed]), owners=known))
    assert kinds(decided) == ["update-page"]
    shown = read_review(body_after(decided), HEADERS).rows[0]
    assert [c.text for role, c in shown.cells.items() if role.value == "status"] == [word]
    finding(decided, kind)
    again = observed(body_after(decided), owners=known)
    assert decide(again).changes == ()


@pytest.mark.parametrize(
    ("screen", "reason"),
    [
        (None, "no type Task in project ACT"),
        (SCREEN.model_copy(update={"fields": {"summary": "Summary"}}), "no field for the mark"),
        (SCREEN.model_copy(update={"required": ("summary", "customfield_1")}), "required: customfield_1"),
    ],
)
def test_a_project_that_cannot_take_the_ticket_is_told_in_the_row(screen: Any, reason: str) -> None:
    decided = decide(observed(body_of([row()]), screen=screen))
    assert kinds(decided) == ["update-page"]
    assert f"REJECTED : {reason}" in body_text(decided)
    assert decide(observed(body_after(decided), screen=screen)).changes == ()


def test_carriers_that_are_off_screen_are_told_in_the_description() -> None:
    bare = SCREEN.model_copy(update={"fields": {"summary": "Summary", "description": "Description"}})
    (create,) = decide(observed(body_of([row()]), screen=bare)).changes
    assert isinstance(create, CreateTicket)
    assert (create.draft.labels, create.draft.incident_key, create.draft.due, create.draft.assignee) == (
        (),
        None,
        None,
        None,
    )
    assert create.draft.description is not None
    kin = draft.incident_label(OWNER_ID, INCIDENT.id)
    assert create.draft.description.endswith(f"{draft.mark_label(create.mark)} {kin}")
    assert "2026-04-01" in create.draft.description


def test_a_refusal_is_remembered_until_the_row_changes() -> None:
    (create,) = decide(observed(body_of([row()]))).changes
    assert isinstance(create, CreateTicket)
    refused = intent(create.mark, "rejected", digest=create.digest, reason="Due date is required.")
    journal = JOURNAL.model_copy(update={"intents": {create.mark: refused}})
    decided = decide(observed(body_of([row()])), journal=journal)
    assert kinds(decided) == ["update-page"]
    assert "REJECTED : Due date is required." in body_text(decided)
    assert kinds(decide(observed(body_of([row(due="2026-05-01")])), journal=journal)) == ["create-ticket"]


def test_a_ticket_that_may_have_been_made_is_waited_for() -> None:
    (create,) = decide(observed(body_of([row()]))).changes
    assert isinstance(create, CreateTicket)
    sent = intent(create.mark, "sending", digest=create.digest, sent_at=NOW - timedelta(seconds=10))
    journal = JOURNAL.model_copy(update={"intents": {create.mark: sent}})
    decided = decide(observed(body_of([row()])), journal=journal)
    assert (decided.changes, decided.wake) == ((), NOW + timedelta(seconds=50))
    assert kinds(decide(observed(body_of([row()])), journal=journal, now=NOW + timedelta(seconds=50))) == [
        "create-ticket"
    ]


def test_equal_rows_become_different_tickets() -> None:
    decided = decide(observed(body_of([row(), row()])))
    marks = [change.mark for change in decided.changes if isinstance(change, CreateTicket)]
    assert len(set(marks)) == 2


def test_a_row_equal_to_one_with_a_ticket_gets_its_own() -> None:
    mark = draft.mark(OWNER_ID, INCIDENT.id, "Fix it", 0)
    known = ticket(mark=Mark(value=mark, owner=OWNER_ID, incident=INCIDENT.id))
    decided = decide(observed(body_of([settled_row(), row()]), [known]))
    (create,) = [change for change in decided.changes if isinstance(change, CreateTicket)]
    assert create.mark == draft.mark(OWNER_ID, INCIDENT.id, "Fix it", 1)


def test_a_marked_ticket_is_used_instead_of_making_another() -> None:
    mark = draft.mark(OWNER_ID, INCIDENT.id, "Fix it", 0)
    found = ticket(mark=Mark(value=mark, owner=OWNER_ID, incident=INCIDENT.id))
    decided = decide(observed(body_of([row()]), [found], memory=memory()))
    assert kinds(decided)[-1] == "update-page"
    assert any(isinstance(change, AdoptTicket) and change.ticket_key == "ACT-1" for change in decided.changes)
    assert not any(isinstance(change, CreateTicket) for change in decided.changes)


def test_a_row_edited_between_create_and_write_back_keeps_its_ticket() -> None:
    mark = draft.mark(OWNER_ID, INCIDENT.id, "Fix the queue", 0)
    orphan = ticket(summary="Fix the queue", mark=Mark(value=mark, owner=OWNER_ID, incident=INCIDENT.id))
    decided = decide(observed(body_of([row("Fix the payment queue")]), [orphan], memory=memory()))
    assert not any(isinstance(change, CreateTicket) for change in decided.changes)
    assert read_review(body_after(decided), HEADERS).rows[0].ticket == "ACT-1"


def test_a_deleted_row_is_not_inherited_by_another() -> None:
    mark = draft.mark(OWNER_ID, INCIDENT.id, "Fix it", 0)
    shown_once = ticket(mark=Mark(value=mark, owner=OWNER_ID, incident=INCIDENT.id))
    decided = decide(observed(body_of([row()]), [shown_once]))
    (create,) = decided.changes
    assert isinstance(create, CreateTicket)
    assert create.mark != mark


def test_duplicates_are_told_and_the_oldest_is_used() -> None:
    mark = draft.mark(OWNER_ID, INCIDENT.id, "Fix it", 0)
    both = [ticket(n, mark=Mark(value=mark, owner=OWNER_ID, incident=INCIDENT.id)) for n in (2, 1)]
    decided = decide(observed(body_of([row()]), both, memory=memory()))
    assert 'ACT-2 and ACT-1 were made for the same action "Fix it"; ACT-1 is used' in (
        finding(decided, FindingKind.DUPLICATE)
    )
    assert read_review(body_after(decided), HEADERS).rows[0].ticket == "ACT-1"


def test_a_row_that_cannot_be_managed_is_told() -> None:
    body = body_of([row()]).replace("<td>", '<td colspan="2">', 3)
    decided = decide(observed(body))
    assert decided.changes == ()
    assert "merged cells" in finding(decided, FindingKind.ROW_UNREADABLE)


def test_a_row_that_is_left_alone_is_not_complete_by_a_ticket_that_is_gone() -> None:
    body = body_of([settled_row(), settled_row(2)]).replace("<td>", '<td colspan="2">', 3)
    decided = decide(observed(body, [done(2)]))
    assert "names ACT-1, which is deleted" in finding(decided, FindingKind.TICKET_GONE)
    assert decided.index_row is not None
    assert (decided.index_row.status.text, decided.index_row.done, decided.index_row.total) == ("IN REVIEW", 1, 2)


def test_an_action_whose_ticket_is_gone_counts_once_however_many_rows_name_it() -> None:
    """A person copied the row; `pirsync status` and Monday's lines name the action as well."""
    decided = decide(observed(body_of([settled_row(), settled_row(), settled_row(2)]), [done(2)]))
    assert decided.index_row is not None
    assert (decided.index_row.done, decided.index_row.total) == (1, 2)
    assert [(one.text, one.why) for one in standing(decided).untracked] == [("Fix it (ACT-1)", "TICKET GONE")]


def test_without_a_column_for_tickets_one_that_is_gone_still_counts() -> None:
    body = body_of([settled_row(), settled_row(2)]).replace(">Ticket<", ">Our number<")
    seen = observed(body, [done(2)], memory=memory(rows=agreed(ticket(1), done(2))), lost={"20001": "ACT-1"})
    decided = decide(seen)
    said = finding(decided, FindingKind.TICKET_GONE)
    assert said == "ACT-1, an action item of this review, is deleted or cannot be seen by our account"
    assert decided.index_row is not None
    assert (decided.index_row.status.text, decided.index_row.done, decided.index_row.total) == ("IN REVIEW", 1, 2)
    after = decide(seen, journal=JOURNAL.model_copy(update={"wishes": Wishes(forget=("ACT-1",))}))
    assert [found.kind for found in after.findings] == [FindingKind.REGION_REMOVED]


def test_a_forgotten_ticket_stays_so_where_neither_a_column_nor_a_state_tells_its_key() -> None:
    body = body_of([settled_row()]).replace(">Ticket<", ">Our number<")
    seen = observed(body, memory=memory(rows=agreed(ticket(1))), lost={"20001": ""})
    decided = decide(seen, journal=JOURNAL.model_copy(update={"wishes": Wishes(forget=("ACT-1",))}))
    (write,) = [change for change in decided.changes if isinstance(change, WriteMemory)]
    assert write.memory.forgotten == ("20001", "ACT-1")
    assert [f.kind for f in decide(seen.model_copy(update={"memory": write.memory})).findings] == [
        FindingKind.REGION_REMOVED
    ]


# ---------------------------------------------------------------- rows with a ticket


def test_status_closed_and_evidence_follow_the_ticket_and_come_back() -> None:
    born = decide(observed(body_of([settled_row()]), [done()]))
    review = read_review(body_after(born), HEADERS).rows[0]
    texts = {role.value: cell.text for role, cell in review.cells.items()}
    assert texts["status"] == "DONE"
    assert texts["closed"] == "2026-03-09"
    assert texts["evidence"] == "Done by Ana Ruiz, 2026-03-09T15:00:00+00:00"
    finished = body_after(born)
    assert decide(observed(finished, [done()])).changes == ()
    back = decide(observed(finished, [ticket(status="In Progress", category=StatusCategory.ACTIVE)]))
    texts = {role.value: cell.text for role, cell in read_review(body_after(back), HEADERS).rows[0].cells.items()}
    assert (texts["status"], texts["closed"], texts["evidence"]) == ("IN PROGRESS", "", "")


def test_will_not_be_done_is_not_done() -> None:
    dropped = done(status="Won't Do", resolution="Won't Do")
    decided = decide(observed(body_of([settled_row()]), [dropped]))
    lozenge = next(
        c.lozenge for r, c in read_review(body_after(decided), HEADERS).rows[0].cells.items() if r.value == "status"
    )
    assert lozenge is not None
    assert (lozenge.text, lozenge.colour) == ("WON'T DO", "Grey")


def test_an_overdue_ticket_is_told_on_the_day_after() -> None:
    seen = observed(body_of([settled_row()]), [ticket()])
    due_day = NOW.replace(month=4, day=1, hour=23, minute=59)
    assert decide(seen, now=due_day).wake == NOW.replace(month=4, day=2, hour=0, minute=0)
    late = decide(seen, now=due_day + timedelta(minutes=1))
    assert "was due on 2026-04-01" in finding(late, FindingKind.OVERDUE)


def test_a_ticket_that_cannot_be_read_changes_nothing() -> None:
    decided = decide(observed(body_of([settled_row()]), []))
    assert decided.changes == ()
    assert "ACT-1" in finding(decided, FindingKind.TICKET_GONE)


def test_jiras_change_of_owner_and_date_is_shown() -> None:
    bob = Person(account="acc-bob", name="Bob")
    moved = ticket(assignee=bob, due=date(2026, 5, 1))
    seen = observed(body_of([settled_row()]), [moved], memory=memory(rows=agreed(ticket())))
    decided = decide(seen.model_copy(update={"mentions": {"acc-bob": Mention(ref="acc-bob")}}))
    cells_ = read_review(body_after(decided), HEADERS).rows[0].cells
    by_name = {role.value: cell for role, cell in cells_.items()}
    assert [m.ref for m in by_name["owner"].mentions] == ["acc-bob"]
    assert by_name["due"].dates == (date(2026, 5, 1),)
    assert decided.findings == ()


@pytest.mark.parametrize("policy", ["restore", "keep", "push"])
def test_a_persons_later_edit_of_the_date_is_handled_as_page_edits_says(policy: Any) -> None:
    typed = settled_row(due=cells.day(date(2026, 6, 1)))
    decided = decide(observed(body_of([typed]), [ticket()]), terms(page_edits=policy))
    if policy == "restore":
        shown = next(c for r, c in read_review(body_after(decided), HEADERS).rows[0].cells.items() if r.value == "due")
        assert shown.dates == (date(2026, 4, 1),)
        assert "was not taken" in finding(decided, FindingKind.ROW_EDITED)
    elif policy == "keep":
        assert decided.changes == ()
        assert "both are left" in finding(decided, FindingKind.ROW_EDITED)
    else:
        (edit,) = decided.changes
        assert isinstance(edit, EditTicket)
        assert edit.fields == {"duedate": "2026-06-01"}


def test_a_comment_in_a_cell_protects_it() -> None:
    commented = '<p><ac:inline-comment-marker ac:ref="1">TO DO</ac:inline-comment-marker></p>'
    decided = decide(observed(body_of([settled_row(status=commented)]), [done()]))
    shown = {r.value: c for r, c in read_review(body_after(decided), HEADERS).rows[0].cells.items()}
    assert shown["status"].is_commented
    assert shown["closed"].text == "2026-03-09"
    told = 'row 1, status says "TO DO" and should say "DONE", but an inline comment stands in it'
    assert told in finding(decided, FindingKind.COMMENTED)


def test_words_typed_over_a_managed_cell_are_told_only_where_a_person_typed_them() -> None:
    typed = observed(body_of([settled_row(status=cells.words("nearly there"))]), [ticket()])
    stamped = read_review(body_of([settled_row()]), HEADERS)
    decided = decide(typed.model_copy(update={"base": stamped}))
    assert "nearly there" in finding(decided, FindingKind.ROW_EDITED)
    unknown = decide(typed.model_copy(update={"base": None}))
    assert [f.kind for f in unknown.findings] == []
    crashed = decide(observed(body_of([settled_row()]), [done()]))
    assert [f.kind for f in crashed.findings] == []


# ---------------------------------------------------------------- tickets linked by hand


def test_a_ticket_linked_by_hand_gets_one_row_and_never_again() -> None:
    by_hand = ticket(7, mark=None, labels=())
    linked = incident(links=(link_to(),))
    seen = observed(body_of([]), [by_hand], incident=linked, memory=memory())
    decided = decide(seen)
    shown = read_review(body_after(decided), HEADERS).rows
    assert [(r.action, r.ticket) for r in shown] == [("Fix it", "ACT-7")]
    after = observed(body_after(decided), [by_hand], incident=linked, memory=memory())
    assert "label-ticket" in kinds(decide(after))
    labelled = by_hand.model_copy(update={"labels": ("pirsync",)})
    second = decide(after.model_copy(update={"tickets": {labelled.id: labelled}}))
    (remembered,) = [change for change in second.changes if isinstance(change, WriteMemory)]
    assert remembered.memory.adopted == ("20007",)
    deleted = observed(body_of([]), [by_hand], incident=linked, memory=remembered.memory)
    assert decide(deleted).changes == ()
    assert "its row is no longer on the page" in finding(decide(deleted), FindingKind.ORPHAN)


def test_a_ticket_of_another_installation_is_shown_and_left_alone() -> None:
    foreign = ticket(mark=Mark(value="m", owner="someone-else", incident="9"), labels=())
    decided = decide(observed(body_of([settled_row()]), [foreign], memory=memory()))
    assert "another installation" in finding(decided, FindingKind.FOREIGN)
    assert set(kinds(decided)) <= {"update-page", "write-memory"}


@pytest.mark.parametrize(
    ("terms", "project", "is_left_alone"),
    [
        ({}, "ACT", True),
        ({"issue_types": ("*",)}, "OPS", True),
        # There is no telling such a ticket from an incident, and the row says that it is one.
        ({"issue_types": ("*",), "action_project": "OPS"}, "OPS", False),
        ({"action_type": "Incident"}, "ACT", False),
    ],
)
def test_an_incident_in_a_ticket_cell_is_left_alone_for_our_label_would_end_its_own_review(
    terms: dict[str, Any], project: str, is_left_alone: bool
) -> None:
    known = TERMS.model_copy(update=terms)
    other = ticket(mark=None, labels=(), type="Incident", project=project)
    decided = decide(observed(body_of([settled_row()]), [other], memory=memory()), known)
    assert is_left_alone == ("label-ticket" not in kinds(decided))
    assert is_left_alone == ("is an incident itself" in "".join(found.message for found in decided.findings))
