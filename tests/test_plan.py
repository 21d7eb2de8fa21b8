"""The decision table, row by row: pure values in, a plan out (rules 1 and 4, and every way of waiting)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pirsync import draft
from pirsync.changes import CreatePage, WriteMemory, describe
from pirsync.decision import FindingKind, Plan
from pirsync.model import PageStatus, Shown
from pirsync.plan import quiet_until, scope
from tests.planning import decide, finding, kinds, link_to, settled_row
from tests.samples import (
    INCIDENT,
    JOURNAL,
    NOW,
    OWNER_ID,
    TERMS,
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
)

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
