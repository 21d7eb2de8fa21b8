"""The decision table, row by row: pure values in, a plan out (rules 1 and 4, and every way of waiting)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pirsync import draft
from pirsync.decision import (
    AdoptTicket,
    CreatePage,
    CreateTicket,
    EditTicket,
    FindingKind,
    Journal,
    Observed,
    Owner,
    Plan,
    Terms,
    UpdatePage,
    WriteMemory,
    describe,
)
from pirsync.model import Column, IssueLink, Mark, Mention, PageStatus, Person, Shown, StatusCategory
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.plan import plan, quiet_until, scope
from pirsync.policy.status import ticket_lozenge
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
    page,
    row,
    terms,
    ticket,
    wanted,
)


def decide(seen: Observed, known: Terms = TERMS, journal: Journal = JOURNAL, now: Any = NOW) -> Plan:
    first = plan(wanted(seen, known), seen, journal, now)
    assert plan(wanted(seen, known), seen, journal, now) == first  # rule 1
    return first


def kinds(decided: Plan) -> list[str]:
    return [change.change for change in decided.changes]


def finding(decided: Plan, kind: FindingKind) -> str:
    found = [f.message for f in decided.findings if f.kind is kind]
    assert len(found) == 1, decided.findings
    return found[0]


def body_after(decided: Plan) -> str:
    (write,) = [change for change in decided.changes if isinstance(change, UpdatePage)]
    return write.body


def key_cell(number: int = 1) -> str:
    return cells.ticket(f"ACT-{number}", f"https://jira.example.com/browse/ACT-{number}", "cloud")


def settled_row(number: int = 1, **more: str) -> dict[Any, str]:
    shown = cells.lozenge(ticket_lozenge(ticket(number)))
    told = {"ticket": key_cell(number), "status": shown} | more
    return row(**{name: content for name, content in told.items() if name != "due"}) | {
        Column(name): content for name, content in told.items()
    }


# ---------------------------------------------------------------- scope and birth


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"project": "WEB"}, "project WEB is not among OPS"),
        ({"type": "Task"}, "type Task is not among Incident"),
        ({"type": ""}, "type none is not among Incident"),
        ({"is_closed": False, "status": "Open"}, "it is not closed (Open)"),
        ({"closed": INCIDENT.created.replace(year=2025) if INCIDENT.created else None}, "it was closed before"),
        ({"closed": None, "updated": None}, "it was closed before"),
    ],
)
def test_scope_says_why(changes: dict[str, Any], reason: str) -> None:
    said = scope(incident(**changes), TERMS)
    assert (said == "") == (reason == "")
    assert said.startswith(reason)


def test_every_type_and_every_date_can_be_in_scope() -> None:
    known = terms(issue_types=("*",), closed_since=None)
    assert scope(incident(type="", closed=None, updated=None), known) == ""


def test_a_page_is_born_once_with_everything() -> None:
    decided = decide(observed(None))
    (birth,) = decided.changes
    assert isinstance(birth, CreatePage)
    assert (birth.draft.title, birth.draft.space, birth.draft.body) == (
        "OPS-1 Post-incident review",
        "OPS",
        "<p>born</p>",
    )


def test_no_page_for_an_incident_out_of_scope_or_restricted() -> None:
    assert decide(observed(None, incident=incident(is_closed=False))) == Plan()
    restricted = decide(observed(None, incident=incident(is_restricted=True)))
    assert restricted.changes == ()
    assert restricted.index_row is not None
    told = restricted.index_row.model_dump(exclude={"key", "status", "done", "total", "overdue"})
    assert set(told.values()) == {""}


def test_absence_has_to_settle_before_a_page_is_made() -> None:
    young = JOURNAL.model_copy(update={"settled_from": NOW + timedelta(seconds=30)})
    decided = decide(observed(None), journal=young)
    assert (decided.changes, decided.wake, decided.settled) == ((), NOW + timedelta(seconds=30), False)
    assert kinds(decide(observed(None), journal=young, now=NOW + timedelta(seconds=30))) == ["create-page"]


def test_a_lost_create_of_a_page_waits_and_is_then_made_again() -> None:
    mark = draft.page_mark(OWNER_ID, INCIDENT.id)
    sent = JOURNAL.model_copy(update={"intents": {mark: intent(mark, "sending", kind="page", sent_at=NOW)}})
    decided = decide(observed(None), journal=sent, now=NOW + timedelta(seconds=59))
    assert (decided.changes, decided.wake) == ((), NOW + timedelta(seconds=60))
    assert kinds(decide(observed(None), journal=sent, now=NOW + timedelta(seconds=60))) == ["create-page"]


def test_a_refused_page_is_told_and_not_tried_again() -> None:
    (birth,) = decide(observed(None)).changes
    assert isinstance(birth, CreatePage)
    refused = intent(birth.mark, "rejected", kind="page", digest=birth.digest, reason="no permission")
    decided = decide(observed(None), journal=JOURNAL.model_copy(update={"intents": {birth.mark: refused}}))
    assert decided.changes == ()
    assert finding(decided, FindingKind.REJECTED) == "Confluence would not create its page: no permission"


def test_somebody_elses_page_with_our_title_is_left_alone() -> None:
    decided = decide(observed(None, title_holder=page("<p>other</p>", author="someone")))
    assert decided.changes == ()
    assert "belongs to another page" in finding(decided, FindingKind.TITLE_TAKEN)


@pytest.mark.parametrize("status", [PageStatus.ARCHIVED, PageStatus.TRASHED, PageStatus.DRAFT])
def test_a_page_that_is_not_current_is_never_written(status: PageStatus) -> None:
    seen = observed(body_of([row()]), page=page(body_of([row()]), status=status))
    decided = decide(seen)
    assert decided.changes == ()
    assert status.value in finding(decided, FindingKind.PAGE_GONE)


def test_a_page_that_cannot_be_read_is_neither_written_nor_made_anew() -> None:
    decided = decide(observed(None, gone="its page (id 500) is deleted"))
    assert decided.changes == ()
    assert finding(decided, FindingKind.PAGE_GONE) == "its page (id 500) is deleted"


def test_a_page_of_an_incident_restricted_later_is_told_and_left() -> None:
    decided = decide(observed(body_of([row()]), incident=incident(is_restricted=True)))
    assert decided.changes == ()
    assert "restrict it by hand" in finding(decided, FindingKind.RESTRICTED)


def test_a_new_page_is_labelled_linked_and_bound_in_that_order() -> None:
    assert kinds(decide(observed(body_of([]), memory=None))) == ["label-page", "link-page", "write-memory"]


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


def body_text(decided: Plan) -> str:
    return read_review(body_after(decided), HEADERS).rows[0].cells[Column.STATUS].text


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
    assert create.draft.description.endswith(draft.mark_label(create.mark))
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
    assert "ACT-1, the oldest, is used" in finding(decided, FindingKind.DUPLICATE)
    assert read_review(body_after(decided), HEADERS).rows[0].ticket == "ACT-1"


def test_a_row_that_cannot_be_managed_is_told() -> None:
    body = body_of([row()]).replace("<td>", '<td colspan="2">', 3)
    decided = decide(observed(body))
    assert decided.changes == ()
    assert "merged cells" in finding(decided, FindingKind.ROW_UNREADABLE)


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
    assert "inline comment" in finding(decided, FindingKind.COMMENTED)


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


def link_to(number: int = 7) -> IssueLink:
    return IssueLink(
        type_id="10300",
        type_name="Action item",
        direction="outward",
        other_id=str(20000 + number),
        other_key=f"ACT-{number}",
    )


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


def test_a_ticket_of_another_installation_is_shown_and_left_alone() -> None:
    foreign = ticket(mark=Mark(value="m", owner="someone-else", incident="9"), labels=())
    decided = decide(observed(body_of([settled_row()]), [foreign], memory=memory()))
    assert "another installation" in finding(decided, FindingKind.FOREIGN)
    assert set(kinds(decided)) <= {"update-page", "write-memory"}


# ---------------------------------------------------------------- quiet, memory, refusals


def test_writes_wait_until_a_person_has_finished_editing() -> None:
    body = body_of([settled_row()])
    edited = page(body, author="acc-ana", message="", at=NOW - timedelta(minutes=1))
    seen = observed(body, [done()], page=edited)
    decided = decide(seen)
    assert (decided.changes, decided.wake) == ((), NOW + timedelta(minutes=4))
    assert not decided.settled
    assert kinds(decide(seen, now=NOW + timedelta(minutes=4))) == ["update-page"]


def test_a_page_in_constant_use_is_written_after_the_longest_wait() -> None:
    began = NOW - timedelta(minutes=61)
    journal = JOURNAL.model_copy(update={"waiting_since": began})
    edited = page("", author="acc-ana", message="", at=NOW)
    assert quiet_until(edited, TERMS, journal) <= NOW


def test_memory_is_written_once_page_and_jira_agree() -> None:
    seen = observed(body_of([settled_row()]), [ticket()], memory=memory())
    labels = ("pirsync", draft.mark_label("mark1"))
    linked = ticket(
        labels=labels, links=(link_to(0).model_copy(update={"other_id": INCIDENT.id, "direction": "inward"}),)
    )
    decided = decide(seen.model_copy(update={"tickets": {linked.id: linked}}))
    (write,) = decided.changes
    assert isinstance(write, WriteMemory)
    assert write.memory.rows == {"20001": Shown(owner="acc-ana", due="2026-04-01")}
    assert decide(seen.model_copy(update={"tickets": {linked.id: linked}, "memory": write.memory})).changes == ()


def test_a_refused_carrier_is_told_and_not_sent_again() -> None:
    lacking = ticket(labels=())
    seen = observed(body_of([settled_row()]), [lacking], memory=memory())
    wanted_changes = [c for c in decide(seen).changes if c.change in ("label-ticket", "link-ticket")]
    refused = {describe(change): "no permission" for change in wanted_changes}
    decided = decide(seen, journal=JOURNAL.model_copy(update={"refused": refused}))
    assert kinds(decided) == ["write-memory"]
    assert {f.kind for f in decided.findings} == {FindingKind.REFUSED}
