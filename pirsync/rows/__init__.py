"""The decision for the action table: which ticket belongs to which row, and what each row should say. Pure.

| the row has | and | then |
|---|---|---|
| a ticket's key | the ticket can be read | its cells follow the ticket |
| a ticket's key | the ticket cannot be read | nothing is written; a finding, until people ask to forget or remake it |
| no key | our newest version shows a key beside the same action | the key is shown again |
| no key | a ticket carries its mark, or is an orphan of that text | the key is written into the row |
| no key | owner or date missing, or Jira refused | the Status cell says so |
| no key | everything | the ticket is created; its key is written a round later |

Where no column holds tickets, no row can be told from one that has none: nothing is made, and what is known is counted.
"""

from __future__ import annotations

from pirsync.decision import FindingKind
from pirsync.model import Ticket
from pirsync.page_model import Column, Row

from .assign import adopt, assign, lost_keys, marks_of_rows
from .first import account_of, awaited_items, plan_first
from .linked import plan_hand_linked
from .situation import (
    RowPlan,
    Situation,
    claim,
    count_gone,
    hand_links_of,
    is_foreign,
    is_incident,
    ours,
    rests,
    tell_lost,
)
from .speak import speak
from .ticketed import plan_ticketed
from .unticketed import plan_unticketed

__all__ = [
    "RowPlan",
    "Situation",
    "account_of",
    "awaited_items",
    "claim",
    "count_gone",
    "hand_links_of",
    "is_foreign",
    "is_incident",
    "ours",
    "plan_rows",
    "rests",
    "speak",
    "tell_lost",
]


def plan_rows(situation: Situation) -> RowPlan:
    """Decide for every row, then for the tickets that were linked by hand."""
    plan = RowPlan(forgotten=set(situation.forgotten))
    plan_first(situation, plan)
    if situation.observed.review is None or Column.TICKET not in situation.observed.review.columns:
        plan.tickets, plan.adopted = _known_tickets(situation), _adopted(situation)
        tell_lost(situation, plan)
        return plan
    marks, lost = marks_of_rows(situation), lost_keys(situation)
    assigned = assign(situation, marks, lost, plan)
    for row in situation.rows:
        ticket = assigned.get(row.index)
        if row.obstacle:
            plan.tickets += [ticket] if ticket is not None else []
            if ticket is None and row.ticket and row.ticket not in plan.forgotten:
                _tell_gone(situation, row, plan)
            if row.action or row.ticket:
                message = f'row {row.index + 1} "{row.action}" is left alone: {row.obstacle}'
                plan.findings.append(situation.finding(FindingKind.ROW_UNREADABLE, message))
        elif ticket is not None:
            plan_ticketed(situation, row, ticket, plan)
            if row.index in lost:
                message = f"row {row.index + 1}: its key {ticket.key} was gone, and is shown again"
                plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
            elif not row.ticket:
                adopt(situation, marks[row.index], row, ticket, plan)
        elif row.ticket in plan.forgotten:
            continue
        elif row.ticket:
            _tell_gone(situation, row, plan)
        elif row.action:
            plan_unticketed(situation, row, marks[row.index], plan)
    plan_hand_linked(situation, plan)
    return plan


def _tell_gone(situation: Situation, row: Row, plan: RowPlan) -> None:
    message = f"row {row.index + 1} names {row.ticket}, which is deleted or cannot be seen by our account"
    plan.findings.append(situation.finding(FindingKind.TICKET_GONE, message))
    count_gone(row.ticket or "", row.action, plan)


def _known_tickets(situation: Situation) -> list[Ticket]:
    """The tickets that rows have shown, where the page does not tell which it shows now."""
    memory = situation.observed.memory
    ids = memory.tickets if memory else ()
    return [t for i in ids if (t := situation.observed.tickets.get(i)) is not None]


def _adopted(situation: Situation) -> list[str]:
    memory = situation.observed.memory
    return list(memory.adopted) if memory else []
