"""A ticket that someone linked to the incident by hand gets one row, once.

A draft that was opened before that row was appended takes it out again, and so does a person who deletes it: no page
tells which. It stays out, and is told until a row shows the ticket or people want to hear no more of it.
"""

from __future__ import annotations

from pirsync.decision import FindingKind
from pirsync.model import Ticket
from pirsync.page import cells
from pirsync.page_model import Column

from .situation import NewRow, RowPlan, Situation, hand_links, ours
from .ticketed import ticket_cells


def plan_hand_linked(situation: Situation, plan: RowPlan) -> None:
    """A ticket that someone linked by hand gets one row, once; never again when people delete that row."""
    observed = situation.observed
    remembered = set(observed.memory.adopted) if observed.memory else set()
    shown = {ticket.id for ticket in plan.tickets}
    plan.adopted = sorted(remembered)
    for ticket_id in _linked(situation, plan):
        ticket = observed.tickets.get(ticket_id)
        if ticket is None or ours(ticket, situation) or ticket.key in plan.forgotten:
            continue
        if any(intent.remote_id == ticket.id for intent in situation.journal.tickets):
            continue
        if ticket.id in shown:
            plan.adopted = sorted({*plan.adopted, ticket.id})
        elif ticket.id not in remembered and ticket.mark is None and observed.review and observed.review.row_end:
            row = NewRow(said=f"a row for {ticket.key}, linked by hand", cells=_cells(ticket, situation))
            plan.appended.append(row)
            plan.tickets.append(ticket)
        elif ticket.id in remembered and ticket.mark is None:
            message = f'{ticket.key} "{ticket.summary}" is linked to the incident, and its row is no longer on the page'
            plan.findings.append(situation.finding(FindingKind.ORPHAN, message))


def _linked(situation: Situation, plan: RowPlan) -> list[str]:
    """The ids of the incident's action items, also of those that were linked since the incident was read."""
    incident, kind = situation.observed.incident, situation.terms.link_type.id
    shown = {ticket.id: {link.other_id for link in ticket.links if link.type_id == kind} for ticket in plan.tickets}
    new = [ticket_id for ticket_id, others in shown.items() if incident.id in others]
    return list(dict.fromkeys((*(link.other_id for link in hand_links(situation)), *new)))


def _cells(ticket: Ticket, situation: Situation) -> dict[Column, str]:
    """The row of a ticket that was linked by hand, cell by cell, in storage format."""
    made = {column: content for column, _, content in ticket_cells(ticket, situation.terms)}
    made[Column.ACTION] = cells.words(ticket.summary)
    if ticket.due is not None:
        made[Column.DUE] = cells.day(ticket.due)
    if ticket.assignee is not None:
        mention = situation.observed.mentions.get(ticket.assignee.account)
        named = cells.words(ticket.assignee.name)
        made[Column.OWNER] = cells.mention(mention, situation.terms.deployment) if mention else named
    return made
