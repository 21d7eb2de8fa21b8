"""The decision table, row by row: pure values in, a plan out (rules 1 and 4, and every way of waiting)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pirsync import draft
from pirsync.changes import CreatePage, WriteMemory, describe
from pirsync.decision import Exemption, Finding, FindingKind, Observed, Plan
from pirsync.page_model import IndexRow, Lozenge, PageStatus, Shown
from pirsync.plan import asks_for_base, desired, plan, scope
from pirsync.ports import PageDraft
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

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = SINCE - timedelta(seconds=1)
KEY_ALONE = IndexRow(
    key="OPS-1",
    incident_url="",
    severity="",
    resolved="",
    closed="",
    page_title="",
    page_url="",
    status=Lozenge(text="RESTRICTED", colour="Grey"),
    done=0,
    total=0,
    overdue=0,
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
        ({"is_closed": False, "status": ""}, "it is not closed (no status)"),
        ({"closed": BEFORE}, "it was closed before 2026-01-01T00:00:00+00:00"),
        ({"closed": None, "updated": BEFORE}, "it was closed before 2026-01-01T00:00:00+00:00"),
        ({"closed": None, "updated": None}, "it was closed before 2026-01-01T00:00:00+00:00"),
        ({"closed": None, "updated": SINCE}, ""),
        ({"closed": SINCE, "updated": BEFORE}, ""),
    ],
)
def test_scope_says_why(changes: dict[str, Any], reason: str) -> None:
    assert scope(incident(**changes), TERMS) == reason


def test_scope_names_all_projects_and_types_that_are_in_it() -> None:
    known = terms(projects=("OPS", "WEB"), issue_types=("Incident", "Outage"))
    assert scope(incident(project="ABC"), known) == "project ABC is not among OPS, WEB"
    assert scope(incident(type="Task"), known) == "type Task is not among Incident, Outage"


def test_every_type_and_every_date_can_be_in_scope() -> None:
    known = terms(issue_types=("*",), closed_since=None)
    assert scope(incident(type="", closed=None, updated=None), known) == ""


def test_a_page_is_born_once_with_everything() -> None:
    (birth,) = decide(observed(None), terms(parent="77")).changes
    title = "OPS-1 Post-incident review"
    assert birth == CreatePage(
        incident_id=INCIDENT.id,
        mark=draft.page_mark(OWNER_ID, INCIDENT.id),
        digest=draft.digest(["OPS", "77", title]) + draft.digest("<p>born</p>"),
        draft=PageDraft(space="OPS", parent="77", title=title, body="<p>born</p>"),
        creates=0,
    )


def test_a_body_is_made_only_for_a_page_that_will_be_born() -> None:
    def render(seen: Observed) -> tuple[str, int]:
        assert seen.page is None
        return "<p>born</p>", 3

    born = desired(observed(None), TERMS, render)
    assert (born.in_scope, born.reason, born.birth_body, born.creates_at_birth) == (True, "", "<p>born</p>", 3)
    (birth,) = plan(born, observed(None), JOURNAL, NOW).changes
    assert isinstance(birth, CreatePage)
    assert birth.creates == 3
    unborn = {
        "it is there": observed(body_of([])),
        "it is gone": observed(None, gone="its page is deleted"),
        "out of scope": observed(None, incident=incident(is_closed=False, status="Open")),
        "restricted": observed(None, incident=incident(is_restricted=True)),
    }
    for why, seen in unborn.items():
        made = desired(seen, TERMS, render)
        assert (made.birth_body, made.creates_at_birth) == (None, 0), why
    assert desired(unborn["out of scope"], TERMS, render).reason == "it is not closed (Open)"
    assert not desired(unborn["out of scope"], TERMS, render).in_scope


def test_a_review_goes_on_when_its_incident_has_left_the_scope() -> None:
    left = incident(is_closed=False)
    assert kinds(decide(observed(body_of([settled_row()]), [done()], incident=left))) == ["update-page"]
    gone = decide(observed(None, incident=left, gone="its page is deleted"))
    assert finding(gone, FindingKind.PAGE_GONE) == "its page is deleted"


def test_no_page_for_an_incident_out_of_scope_or_restricted() -> None:
    assert decide(observed(None, incident=incident(is_closed=False))) == Plan()
    restricted = decide(observed(None, incident=incident(is_restricted=True)))
    said = "OPS-1 has a security level, so it gets no page; the index shows its key alone"
    assert restricted == Plan(
        findings=(Finding(kind=FindingKind.RESTRICTED, incident="OPS-1", message=said),), index_row=KEY_ALONE
    )


def test_absence_has_to_settle_before_a_page_is_made() -> None:
    young = JOURNAL.model_copy(update={"settled_from": NOW + timedelta(seconds=30)})
    decided = decide(observed(None), journal=young)
    waiting = "to be sure that no page was made before"
    assert decided == Plan(wake=NOW + timedelta(seconds=30), waiting=waiting, standing=decided.standing)
    assert not decided.settled
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
    assert decided.findings == (
        Finding(
            kind=FindingKind.REJECTED,
            incident="OPS-1",
            message="Confluence would not create its page: no permission",
        ),
    )
    moved = decide(observed(None), terms(parent="78"), JOURNAL.model_copy(update={"intents": {birth.mark: refused}}))
    assert kinds(moved) == ["create-page"]


def test_a_refusal_of_the_title_says_where_its_holder_may_hide() -> None:
    (birth,) = decide(observed(None)).changes
    assert isinstance(birth, CreatePage)
    taken = "A page with this Title already exists"
    refused = intent(birth.mark, "rejected", kind="page", digest=birth.digest, reason=taken)
    decided = decide(observed(None), journal=JOURNAL.model_copy(update={"intents": {birth.mark: refused}}))
    assert finding(decided, FindingKind.REJECTED) == (
        f"Confluence would not create its page: {taken}; look for a page titled "
        '"OPS-1 Post-incident review" that is archived, or hidden from our account'
    )


@pytest.mark.parametrize(("reason", "is_tried"), [("no permission", True), ("A page with this Title exists", False)])
def test_a_mended_template_answers_every_refusal_but_that_of_the_title(reason: str, is_tried: bool) -> None:
    seen = observed(None)
    (birth,) = decide(seen).changes
    assert isinstance(birth, CreatePage)
    refused = intent(birth.mark, "rejected", kind="page", digest=birth.digest, reason=reason)
    mended = desired(seen, TERMS, lambda _: ("<p>mended</p>", 0))
    decided = plan(mended, seen, JOURNAL.model_copy(update={"intents": {birth.mark: refused}}), NOW)
    assert is_tried == (kinds(decided) == ["create-page"])


def test_a_page_that_was_made_and_is_not_there_is_made_again() -> None:
    (birth,) = decide(observed(None)).changes
    assert isinstance(birth, CreatePage)
    made = intent(birth.mark, "done", kind="page", digest=birth.digest)
    journal = JOURNAL.model_copy(update={"intents": {birth.mark: made}})
    assert kinds(decide(observed(None), journal=journal)) == ["create-page"]


def test_somebody_elses_page_with_our_title_is_left_alone() -> None:
    decided = decide(observed(None, title_holder=page("<p>other</p>", author="someone")))
    said = (
        'the title "OPS-1 Post-incident review" belongs to another page (https://wiki.example.com/pages/500): '
        "rename that page, or give it away"
    )
    found = Finding(kind=FindingKind.TITLE_TAKEN, incident="OPS-1", message=said)
    assert decided == Plan(findings=(found,), standing=decided.standing)


@pytest.mark.parametrize("status", [PageStatus.ARCHIVED, PageStatus.TRASHED, PageStatus.DRAFT])
def test_a_page_that_is_not_current_is_never_written(status: PageStatus) -> None:
    seen = observed(body_of([row()]), page=page(body_of([row()]), status=status))
    decided = decide(seen)
    assert decided.changes == ()
    titled = "; no other can have its title" if status is PageStatus.ARCHIVED else ""
    assert finding(decided, FindingKind.PAGE_GONE) == (
        f'its page "OPS-1 Post-incident review" is {status.value}: restore it, and pirsync goes on{titled}'
    )


def test_a_page_that_cannot_be_read_is_neither_written_nor_made_anew() -> None:
    decided = decide(observed(None, gone="its page (id 500) is deleted"))
    assert decided.changes == ()
    assert finding(decided, FindingKind.PAGE_GONE) == "its page (id 500) is deleted"


def test_a_page_of_an_incident_restricted_later_is_told_and_left() -> None:
    decided = decide(observed(body_of([row()]), incident=incident(is_restricted=True)))
    assert (decided.changes, decided.index_row) == ((), KEY_ALONE)
    assert finding(decided, FindingKind.RESTRICTED) == (
        "OPS-1 has become restricted: restrict its page https://wiki.example.com/pages/500 by hand"
    )


# ---------------------------------------------------------------- exemptions

DRILL = Exemption(key="OPS-1", id=INCIDENT.id, reason="A drill", approver="Hanna", date=date(2026, 3, 3))
EXEMPT = Lozenge(text="EXEMPT", colour="Grey")


def exempt(seen: Observed) -> IndexRow:
    """The line that is all that is planned."""
    decided = decide(seen, terms(exemptions=(DRILL,)))
    assert decided == Plan(index_row=decided.index_row, standing=decided.standing)
    assert decided.index_row is not None
    return decided.index_row


def test_an_exempt_incident_gets_its_line_with_the_reason_and_nothing_else_is_written() -> None:
    shown = exempt(observed(None))
    assert (shown.page_title, shown.page_url, shown.status) == (DRILL.words, "", EXEMPT)
    assert (shown.severity, shown.done, shown.total, shown.overdue) == (INCIDENT.severity, 0, 0, 0)
    assert exempt(observed(None, gone="its page is deleted")) == shown
    assert decide(observed(None, incident=incident(is_closed=False)), terms(exemptions=(DRILL,))) == Plan()


def test_the_page_of_an_exempt_incident_stays_as_it_is_with_the_reason_beside_its_title() -> None:
    shown = exempt(observed(body_of([settled_row()]), [done()]))
    title = f"OPS-1 Post-incident review: {DRILL.words}"
    assert (shown.page_title, shown.page_url) == (title, "https://wiki.example.com/pages/500")
    assert shown.status == EXEMPT


def test_of_an_exempt_incident_that_is_restricted_the_index_shows_the_key_alone() -> None:
    assert exempt(observed(None, incident=incident(is_restricted=True))) == KEY_ALONE.model_copy(
        update={"status": EXEMPT}
    )


def test_no_body_is_made_for_an_exempt_incident() -> None:
    made = desired(observed(None), terms(exemptions=(DRILL,)), lambda _: ("<p>born</p>", 1))
    assert (made.birth_body, made.creates_at_birth, made.in_scope) == (None, 0, True)


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
    (write,) = [change for change in decided.changes if isinstance(change, WriteMemory)]
    assert write.memory.refused == {"20001": ("label-ticket", "link-ticket")}
    known = seen.model_copy(update={"memory": write.memory})
    again = decide(known, journal=JOURNAL.model_copy(update={"refused": refused}))
    assert (kinds(again), again.findings) == ([], decided.findings)
    assert set(kinds(decide(known))) == {"label-ticket", "link-ticket"}


BODY = body_of([row()])
CREATES = decide(observed(BODY))
UPDATES = decide(observed(body_of([row(owner="")])))
BINDS = Plan(changes=(WriteMemory(page_id="500", title="", memory=memory(), current=None),))
ANNOUNCED = memory(announced={"1": ("due 2026-06-01",)})


@pytest.mark.parametrize(
    ("decided", "seen", "expected"),
    [
        (CREATES, observed(BODY), True),
        (UPDATES, observed(BODY), True),
        (BINDS, observed(BODY), False),
        (Plan(), observed(BODY, memory=memory()), False),
        (Plan(), observed(BODY, memory=None), False),
        (Plan(), observed(BODY, memory=ANNOUNCED), True),
        (CREATES, observed(None), False),
        (CREATES, observed(BODY, page=page(BODY, status=PageStatus.ARCHIVED), memory=ANNOUNCED), False),
    ],
)
def test_our_newest_version_is_asked_for_where_a_page_is_written_or_judged(
    decided: Plan, seen: Observed, expected: bool
) -> None:
    assert asks_for_base(decided, seen) is expected
