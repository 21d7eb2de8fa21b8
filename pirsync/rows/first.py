"""The first actions of a procedure whose scope an incident comes into after its page was born: appended once.

| the page's property says of the pack | the pack is | then |
|---|---|---|
| nothing | for the incident | its first actions are taken as given: the page was born with them, or before the pack |
| nothing | not for it, as far as is known | it is remembered as awaited |
| that it is awaited | for the incident | rows for its first actions are appended, unless the table has one of them |
| that it was given | whatever | nothing: rows that people deleted stay deleted |

It is remembered as given once the page shows a row of it, so that a write that was lost is made again. A row that was
given and is gone, whether people deleted it or published a draft over it that was opened before, is told once: no page
tells which it was.
"""

from __future__ import annotations

from datetime import timedelta

from pirsync.decision import DefaultItem, FindingKind, Terms
from pirsync.model import Incident
from pirsync.page import cells
from pirsync.page.birth import Item, item_cells
from pirsync.page.read import fold
from pirsync.page_model import Column, Lozenge, Memory, ReviewPage, Row
from pirsync.policy import status

from .assign import SIMILAR, likeness
from .situation import NewRow, RowPlan, Situation


def plan_first(situation: Situation, plan: RowPlan) -> None:
    """Append what became due of first actions, and tell which packs had theirs."""
    observed, terms = situation.observed, situation.terms
    plan.first = dict(observed.memory.first) if observed.memory is not None else {}
    if observed.review is None or not (packs := _packs(terms)):
        return
    concerning = {pack.id for pack in terms.procedures.concerning(observed.incident, observed.review)}
    plan.first |= {pack: pack in concerning for pack in packs if pack not in plan.first}
    shown = {fold(row.action) for row in situation.rows}
    plan.first |= {
        item.pack: True for item in terms.default_items if item.pack in concerning and fold(item.text) in shown
    }
    if Column.TICKET not in observed.review.columns or not observed.review.row_end:
        return
    for item in (item for item in terms.default_items if plan.first.get(item.pack)):
        if (gone := _gone_row(item, situation)) is not None:
            has = f" with the key {gone.ticket}" if gone.ticket else ""
            message = f'the row "{item.text}", which {item.pack} begins with, is gone; who wants it types it again{has}'
            plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
    for item in awaited_items(observed.incident, observed.review, observed.memory, terms):
        if not plan.first[item.pack]:
            plan.appended.append(_row(item, situation))
            plan.unticketed += 1


def _gone_row(item: DefaultItem, situation: Situation) -> Row | None:
    """The row of these words in our newest version, where the page has neither it nor one that was made of it."""
    base = situation.observed.base
    before = next((row for row in base.rows if fold(row.action) == fold(item.text)), None) if base else None
    if before is None:
        return None

    def is_it(row: Row) -> bool:
        is_same = fold(row.action) == fold(item.text) or (before.ticket is not None and row.ticket == before.ticket)
        return is_same or (row.index == before.index and likeness(row.action, before.action) >= SIMILAR)

    return None if any(is_it(row) for row in situation.rows) else before


def awaited_items(
    incident: Incident, review: ReviewPage | None, memory: Memory | None, terms: Terms
) -> tuple[DefaultItem, ...]:
    """The first actions of packs that the incident has come into the scope of since its page was born."""
    awaited = (
        {pack for pack, given in memory.first.items() if not given} & _packs(terms) if memory is not None else set()
    )
    if not awaited or review is None:
        return ()
    concerning = {pack.id for pack in terms.procedures.concerning(incident, review)} & awaited
    return tuple(item for item in terms.default_items if item.pack in concerning)


def account_of(item: DefaultItem, incident: Incident) -> str:
    """Whose a first action is, as far as is known; else empty."""
    roles = {"commander": incident.commander, "assignee": incident.assignee}
    person = roles.get(item.owner)
    return person.account if person is not None else ("" if item.owner in roles else item.owner)


def _packs(terms: Terms) -> set[str]:
    return {item.pack for item in terms.default_items if item.pack}


def _row(item: DefaultItem, situation: Situation) -> NewRow:
    """A row as a page is born with it, but its days count from today: nobody could have begun before."""
    observed, terms = situation.observed, situation.terms
    owner = observed.mentions.get(account_of(item, observed.incident))
    due = status.today(situation.now, terms.zone) + timedelta(days=item.due_days)
    made = item_cells(Item(text=item.text, criteria=item.criteria, owner=owner, due=due), terms.deployment)
    if owner is None:
        made[Column.STATUS] = cells.lozenge(Lozenge(text="NEEDS OWNER", colour="Yellow"), "")
    return NewRow(said=f'a row for "{item.text}", which {item.pack} begins with', cells=made)
