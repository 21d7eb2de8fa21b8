"""A row with a ticket: its cells follow the ticket, and the ticket gets the carriers that its birth could not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from pirsync import draft
from pirsync.changes import LabelTicket, LinkTicket, MarkTicket, describe
from pirsync.decision import FindingKind, Terms
from pirsync.model import Ticket
from pirsync.names import TICKET_LABEL
from pirsync.page import cells
from pirsync.page.read import as_read
from pirsync.page.summary import instant
from pirsync.page_model import Cell, CellEdit, Column, Region, Row
from pirsync.policy import status

from .agreed import plan_agreed
from .effect import plan_effect
from .proof import plan_proof
from .situation import RowPlan, Situation, best_effort, claim, hand_links, is_foreign, rests


def plan_ticketed(situation: Situation, row: Row, ticket: Ticket, plan: RowPlan) -> None:
    plan.tickets.append(ticket)
    complete(situation, ticket, plan)
    for column, said, content in ticket_cells(ticket, situation.terms):
        cell = row.cell(column)
        if cell is not None and not _says(cell, column, said, ticket):
            _write(situation, row, ticket, (column, cell, content, said), plan)
    plan_agreed(situation, row, ticket, plan)
    plan_proof(situation, ticket, plan)
    plan_effect(situation, ticket, plan)
    tell_overdue(situation, ticket, plan)


def tell_overdue(situation: Situation, ticket: Ticket, plan: RowPlan) -> None:
    """Tell of a ticket that is overdue, or look again when it will be."""
    if status.is_overdue(ticket, situation.now, situation.terms.zone):
        owner = ticket.assignee.name if ticket.assignee else "nobody"
        message = f"{ticket.key} was due on {ticket.due} and is {ticket.status}; it is assigned to {owner}"
        plan.findings.append(situation.finding(FindingKind.OVERDUE, message))
    elif ticket.due is not None and not ticket.is_done:
        plan.wakes.append(status.overdue_at(ticket.due, situation.terms.zone))


def ticket_cells(ticket: Ticket, terms: Terms) -> tuple[tuple[Column, str, str], ...]:
    """The four cells that always follow the ticket: column, what a reader sees, storage."""
    lozenge = status.ticket_lozenge(ticket)
    closed = _closed_day(ticket, terms.zone)
    proof = evidence(ticket, terms.zone)
    return (
        (Column.TICKET, ticket.key, cells.ticket(ticket.key, ticket.url, terms.deployment)),
        (Column.STATUS, lozenge.text, cells.lozenge(lozenge)),
        (Column.CLOSED, closed.isoformat() if closed else "", cells.day(closed) if closed else cells.empty()),
        (Column.EVIDENCE, proof, cells.link(proof, ticket.url) if proof else cells.empty()),
    )


def _closed_day(ticket: Ticket, zone: str) -> date | None:
    if not ticket.is_done or ticket.done_at is None:
        return None
    return ticket.done_at.astimezone(ZoneInfo(zone)).date()


def evidence(ticket: Ticket, zone: str) -> str:
    """What shows that a ticket was closed: resolution, who, and when, from Jira's changelog; empty while open."""
    if not ticket.is_done:
        return ""
    words = ticket.resolution or ticket.status
    words += f" by {ticket.done_by}" if ticket.done_by else ""
    return words + (f", {instant(ticket.done_at, zone)}" if ticket.done_at else "")


def _says(cell: Cell, column: Column, said: str, ticket: Ticket) -> bool:
    match column:
        case Column.TICKET:
            return cell.issue_key == said
        case Column.STATUS:
            return cell.lozenge == status.ticket_lozenge(ticket) and cell.text == said
        case Column.CLOSED:
            return (cell.dates[0].isoformat() if cell.dates else cell.text) == said
        case _:
            return cell.text == as_read(said)


def _write(situation: Situation, row: Row, ticket: Ticket, new: tuple[Column, Cell, str, str], plan: RowPlan) -> None:
    """Plan one cell's rewrite; a comment on it protects it, a person's change is told, never hidden."""
    column, cell, content, said = new
    where = f"row {row.index + 1}, {column.value}"
    if cell.is_commented:
        # A comment that is resolved leaves its marker in the page.
        message = (
            f'{where} says "{cell.text}" and should say "{said}", but an inline comment stands in it: '
            "settle it, and type the cell anew"
        )
        plan.findings.append(situation.finding(FindingKind.COMMENTED, message))
        return
    label = f"{row.ticket or row.action[:40]} {column.value}"
    if rests(situation, claim(label, said), where, plan):
        return
    before = _before(situation, row, column)
    if before is not None and meaning(before) != meaning(cell):
        if _says(before, column, said, ticket):
            plan.asserted.append(claim(label, said))
        message = f'{where}: "{cell.text}" stood over what Jira says; it shows "{said}" again'
        plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
    plan.edits.append(
        CellEdit(region=Region.ACTIONS, label=label, start=cell.start, end=cell.end, storage=content, text=said)
    )


def _before(situation: Situation, row: Row, column: Column) -> Cell | None:
    """The cell in the newest version that we stamped; no base, no accusation."""
    base = situation.observed.base
    if base is None or not row.ticket:
        return None
    return next((r.cell(column) for r in base.rows if r.ticket == row.ticket), None)


def meaning(cell: Cell) -> tuple[object, ...]:
    """What a cell says, whatever bytes say it."""
    return (cell.text, cell.mentions, cell.dates, cell.lozenge, cell.issue_key)


def complete(situation: Situation, ticket: Ticket, plan: RowPlan) -> None:
    """Give a ticket the carriers its birth could not, once: of one that memory knows, those that were refused."""
    if is_foreign(ticket, situation):
        whose = "belongs to another installation or incident" if ticket.mark else "is an incident itself"
        message = f"{ticket.key} {whose}; it is shown, and nothing in it is changed"
        plan.findings.append(situation.finding(FindingKind.FOREIGN, message))
        return
    memory, refused = situation.observed.memory, situation.journal.refused
    known = (*memory.rows, *(memory.adopted if memory.is_adopted else ())) if memory is not None else ()
    for change in _carriers(situation, ticket):
        was_refused = describe(change) in refused
        if was_refused:
            plan.refused[ticket.id] = (*plan.refused.get(ticket.id, ()), change.change)
        asked_before = memory is not None and change.change in memory.refused.get(ticket.id, ())
        if ticket.id not in known or was_refused or asked_before:
            best_effort(situation, change, plan)


def _carriers(situation: Situation, ticket: Ticket) -> Iterator[LabelTicket | MarkTicket | LinkTicket]:
    """What the ticket lacks of label, mark and link."""
    incident, terms = situation.observed.incident, situation.terms
    made = next((i for i in situation.journal.tickets if i.remote_id == ticket.id), None)
    value = ticket.mark.value if ticket.mark else (made.mark if made else "")
    labels = (TICKET_LABEL, draft.mark_label(value)) if value else (TICKET_LABEL,)
    if lacking := tuple(label for label in labels if label not in ticket.labels):
        yield LabelTicket(ticket_id=ticket.id, ticket_key=ticket.key, labels=lacking)
    if value and ticket.mark is None:
        marked = draft.mark_value(value, terms.owner_id, incident.id)
        yield MarkTicket(ticket_id=ticket.id, ticket_key=ticket.key, value=marked)
    linked = {link.other_id for link in hand_links(situation)}
    if ticket.id not in linked and not any(other.other_id == incident.id for other in ticket.links):
        outward = terms.link_side == "outward"
        yield LinkTicket(
            ticket_key=ticket.key,
            type_id=terms.link_type.id,
            type_name=terms.link_type.name,
            inward_key=incident.key if outward else ticket.key,
            outward_key=ticket.key if outward else incident.key,
        )
