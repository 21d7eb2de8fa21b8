"""The three-way decision for Owner and Due date, case by case: what page, Jira and both last agreed on lead to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pirsync.changes import CommentPage, EditTicket, UpdatePage, WriteMemory
from pirsync.decision import FindingKind, Owner, Plan
from pirsync.model import Person
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page_model import Column, Memory, Mention
from tests.planning import body_after, decide, settled_row
from tests.samples import ANA, HEADERS, agreed, body_of, memory, observed, terms, ticket

A, B, C = "2026-04-01", "2026-05-01", "2026-06-01"
SHOWN, TOLD, COMMENTED, SENT = "shown", "told", "commented", "sent"
BOTH_CHANGED = {SHOWN, TOLD, COMMENTED}

CASES = [
    # base, page, Jira: what happens by `restore`, `push` and `keep`
    (A, A, A, set(), set(), set()),
    (A, A, B, {SHOWN}, {SHOWN}, {SHOWN}),
    (A, A, "", {SHOWN}, {SHOWN}, {SHOWN}),
    (A, B, A, {SHOWN, TOLD, COMMENTED}, {SENT}, {TOLD}),
    (A, "", A, {SHOWN, TOLD, COMMENTED}, {TOLD}, {TOLD}),
    (A, B, B, set(), set(), set()),
    (A, B, C, BOTH_CHANGED, BOTH_CHANGED, {TOLD}),
    (A, B, "", BOTH_CHANGED, BOTH_CHANGED, {TOLD}),
    ("", B, "", set(), set(), set()),
    ("", B, A, BOTH_CHANGED, BOTH_CHANGED, {TOLD}),
    (None, B, A, {SHOWN}, {SHOWN}, {SHOWN}),
    (None, B, "", set(), set(), set()),
]


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def outcomes(decided: Plan) -> set[str]:
    found = {SHOWN} if any(isinstance(c, UpdatePage) for c in decided.changes) else set()
    found |= {SENT} if any(isinstance(c, EditTicket) for c in decided.changes) else set()
    found |= {COMMENTED} if any(isinstance(c, CommentPage) for c in decided.changes) else set()
    return found | ({TOLD} if any(f.kind is FindingKind.ROW_EDITED for f in decided.findings) else set())


@pytest.mark.parametrize("policy", ["restore", "push", "keep"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(value) for value in case[:3]))
def test_a_due_date_goes_by_what_page_jira_and_both_last_said(case: Any, policy: Any) -> None:
    base, typed, says, *expected = case
    theirs = ticket(due=day(says))
    rows = {} if base is None else agreed(ticket(due=day(base)))
    cell = cells.day(date.fromisoformat(typed)) if typed else cells.empty()
    seen = observed(body_of([settled_row(due=cell)]), [theirs], memory=memory(rows=rows))
    decided = decide(seen, terms(page_edits=policy))
    wanted = expected[("restore", "push", "keep").index(policy)]
    assert wanted == outcomes(decided)
    if SHOWN in wanted:
        shown = read_review(body_after(decided), HEADERS).rows[0].cells[Column.DUE]
        assert shown.dates == ((day(says),) if says else ())


@pytest.mark.parametrize(
    ("policy", "expected"), [("restore", {SHOWN, TOLD, COMMENTED}), ("push", {SENT}), ("keep", {TOLD})]
)
def test_what_our_version_showed_is_agreed_where_the_property_could_not_be_written_after_it(
    policy: Any, expected: set[str]
) -> None:
    ours, typed = (body_of([settled_row(due=cells.day(date.fromisoformat(text)))]) for text in (A, B))
    seen = observed(typed, [ticket(due=day(A))], memory=memory(rows={}), base=read_review(ours, HEADERS))
    assert expected == outcomes(decide(seen, terms(page_edits=policy)))


# ---------------------------------------------------------------- a pass that ended between the page and its property


def due_body(text: str) -> str:
    return body_of([settled_row(due=cells.day(date.fromisoformat(text)))])


def announcing() -> Memory:
    """What the property says once it was written that Due will show B, where A was agreed."""
    seen = observed(due_body(A), [ticket(due=day(B))], memory=memory(rows=agreed(ticket(due=day(A)))))
    (told, *_) = decide(seen).changes
    assert isinstance(told, WriteMemory)
    assert told.memory.announced == {ticket().id: (f"due {B}",)}
    return told.memory


@pytest.mark.parametrize("policy", ["restore", "push", "keep"])
@pytest.mark.parametrize("is_base_read", [True, False])
@pytest.mark.parametrize("says", [A, C, ""])
def test_what_the_page_was_about_to_show_is_no_persons_where_jira_changed_again(
    policy: Any, is_base_read: bool, says: str
) -> None:
    base = read_review(due_body(B), HEADERS) if is_base_read else None
    seen = observed(due_body(B), [ticket(due=day(says))], memory=announcing(), base=base)
    decided = decide(seen, terms(page_edits=policy))
    assert outcomes(decided) == {SHOWN}
    assert read_review(body_after(decided), HEADERS).rows[0].cells[Column.DUE].text == says


@pytest.mark.parametrize("typed", [A, C])
@pytest.mark.parametrize(
    ("policy", "expected"), [("restore", {SHOWN, TOLD, COMMENTED}), ("push", {SENT}), ("keep", {TOLD})]
)
def test_what_a_person_typed_over_what_was_announced_and_shown_is_theirs(
    policy: Any, expected: set[str], typed: str
) -> None:
    shown = read_review(due_body(B), HEADERS)
    seen = observed(due_body(typed), [ticket(due=day(B))], memory=announcing(), base=shown)
    assert expected == outcomes(decide(seen, terms(page_edits=policy)))


def test_what_was_announced_and_never_shown_is_not_agreed() -> None:
    """The page was not written; what a person then typed is theirs, the same value or another."""
    never = read_review(due_body(A), HEADERS)
    seen = observed(due_body(C), [ticket(due=day(B))], memory=announcing(), base=never)
    assert outcomes(decide(seen)) == BOTH_CHANGED
    same = observed(due_body(B), [ticket(due=day(C))], memory=announcing(), base=never)
    assert outcomes(decide(same)) == BOTH_CHANGED


@pytest.mark.parametrize("is_known", [True, False])
def test_an_owner_that_was_about_to_be_shown_is_no_persons(is_known: bool) -> None:
    """As a mention, or by name where Confluence does not know them."""
    ben, cleo = Person(account="acc-ben", name="Ben  Cole"), Person(account="acc-cleo", name="Cleo")
    refs = {one.account: Mention(ref=f"ref-{one.name}") for one in (ben, cleo) if is_known}
    first = memory(rows=agreed(ticket(assignee=ANA)))
    before = observed(body_of([settled_row()]), [ticket(assignee=ben)], memory=first, mentions=refs)
    decided = decide(before)
    told = decided.changes[0]
    assert isinstance(told, WriteMemory)
    after = body_after(decided)
    review = read_review(after, HEADERS)
    again = observed(after, [ticket(assignee=cleo)], memory=told.memory, base=review, mentions=refs)
    assert outcomes(decide(again, terms(page_edits="keep"))) == {SHOWN}


def test_once_it_is_agreed_nothing_is_announced_any_more() -> None:
    seen = observed(due_body(B), [ticket(due=day(B))], memory=announcing())
    (told,) = decide(seen).changes
    assert isinstance(told, WriteMemory)
    assert told.memory.announced == {}
    assert told.memory.rows[ticket().id].due == B


@pytest.mark.parametrize("is_readable", [False, True])
def test_what_could_not_be_judged_stays_announced(is_readable: bool) -> None:
    """Of a ticket that cannot be read for a while, or where people took the column away."""
    body = due_body(B)
    if is_readable:
        body = body.replace(f"<th><p>{HEADERS[Column.DUE][0]}</p></th>", "<th><p>Whenever</p></th>")
    before = announcing()
    seen = observed(body, [ticket(due=day(C))] if is_readable else [], memory=before)
    after = [change.memory for change in decide(seen).changes if isinstance(change, WriteMemory)]
    assert (after[-1] if after else before).announced == before.announced


def test_a_value_that_returns_to_what_is_agreed_is_not_announced() -> None:
    seen = observed(due_body(B), [ticket(due=day(A))], memory=memory(rows=agreed(ticket(due=day(A)))))
    told = [change.memory.announced for change in decide(seen).changes if isinstance(change, WriteMemory)]
    assert told == [{}]  # for the receipt of the comment


def test_what_our_version_showed_is_agreed_under_the_key_that_the_row_still_shows() -> None:
    """The ticket has moved to another project since."""
    ours, typed = (body_of([settled_row(due=cells.day(date.fromisoformat(text)))]) for text in (A, B))
    moved = ticket(due=day(A), key="FIX-9")
    seen = observed(typed, [moved], memory=memory(rows={}), base=read_review(ours, HEADERS))
    seen = seen.model_copy(update={"tickets": {"ACT-1": moved, moved.id: moved}})
    assert TOLD in outcomes(decide(seen, terms(page_edits="keep")))


def test_an_owner_whom_only_our_version_names_is_known_for_the_tickets_own() -> None:
    mentions = {"acc-ana": Mention(ref="ref-ana")}
    ours, typed = (body_of([settled_row(owner=cells.mention(Mention(ref=ref), "cloud"))]) for ref in ("ref-ana", "bob"))
    owners = {"bob": Owner(person=Person(account="acc-bob", name="Bob"), reason="")}
    read = {"memory": memory(rows={}), "base": read_review(ours, HEADERS), "owners": owners, "mentions": mentions}
    seen = observed(typed, [ticket()], **read)
    assert outcomes(decide(seen, terms(page_edits="push"))) == {SENT}


def test_somebody_whom_confluence_does_not_know_is_shown_by_name_and_never_called_an_edit() -> None:
    stranger = ticket(assignee=Person(account="acc-zoe", name="Zoë Zimmer"))
    typed = settled_row(owner=cells.words("Zoë Zimmer"))
    seen = observed(body_of([typed]), [stranger], mentions={"acc-ana": Mention(ref="acc-ana")})
    assert outcomes(decide(seen)) == set()
