"""Owner and Due date: the page, Jira, and what both last agreed on are compared; Jira leads."""

from __future__ import annotations

from pirsync.decision import EditTicket, FindingKind
from pirsync.model import Cell, CellEdit, Column, Region, Row, Shown, Ticket
from pirsync.page import cells
from pirsync.page.read import as_read

from .situation import RowPlan, Situation, best_effort


def plan_agreed(situation: Situation, row: Row, ticket: Ticket, plan: RowPlan) -> None:
    """Three ways to compare: the page, Jira, and what both last agreed on (in the page's property)."""
    memory = situation.observed.memory
    base = memory.rows.get(ticket.id) if memory else None
    jira = Shown(
        owner=ticket.assignee.account if ticket.assignee else "", due=ticket.due.isoformat() if ticket.due else ""
    )
    page = Shown(owner=_page_owner(situation, row), due=_page_due(row))
    agreed = {}
    for name, column in (("owner", Column.OWNER), ("due", Column.DUE)):
        j, p, b = getattr(jira, name), getattr(page, name), getattr(base, name) if base else None
        agreed[name] = j if p == j or b is None else b
        cell = row.cell(column)
        if p == j or not j or cell is None:
            continue
        if b == j:
            _plan_page_edit(situation, row, ticket, (column, cell), plan)
        else:
            if b is not None and p != b:
                where = f"row {row.index + 1}, {column.value}"
                message = f'{where}: changed to "{cell.text}" here and in {ticket.key}; Jira leads'
                plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
            _show_jira(situation, row, ticket, (column, cell), plan)
    if row.ticket:
        # What no row shows yet is not remembered as shown: it would pass for a ticket whose row people deleted.
        plan.shown[ticket.id] = Shown(**agreed)


def _page_owner(situation: Situation, row: Row) -> str:
    cell = row.cell(Column.OWNER)
    if cell is None or not cell.mentions:
        return cell.text if cell else ""
    ref = cell.mentions[0].ref
    owner = situation.observed.owners.get(ref)
    return owner.person.account if owner and owner.person else f"?{ref}"


def _page_due(row: Row) -> str:
    cell = row.cell(Column.DUE)
    if cell is None:
        return ""
    return cell.dates[0].isoformat() if cell.dates else cell.text


def _show_jira(situation: Situation, row: Row, ticket: Ticket, at: tuple[Column, Cell], plan: RowPlan) -> None:
    column, cell = at
    if cell.is_commented:
        message = f"row {row.index + 1}, {column.value}: Jira changed, but an inline comment stands in the cell"
        plan.findings.append(situation.finding(FindingKind.COMMENTED, message))
        return
    if column is Column.DUE and ticket.due is not None:
        content, said = cells.day(ticket.due), ticket.due.isoformat()
    elif ticket.assignee is not None:
        mention = situation.observed.mentions.get(ticket.assignee.account)
        said = ticket.assignee.name
        content = cells.mention(mention, situation.terms.deployment) if mention else cells.words(said)
        if mention is None and cell.text == as_read(said):
            return
    else:
        return
    label = f"{ticket.key} {column.value}"
    plan.edits.append(
        CellEdit(region=Region.ACTIONS, label=label, start=cell.start, end=cell.end, storage=content, text=said)
    )


def _plan_page_edit(situation: Situation, row: Row, ticket: Ticket, at: tuple[Column, Cell], plan: RowPlan) -> None:
    """A person changed Owner or Due on the page while Jira stood still: do as `page_edits` says."""
    column, cell = at
    where = f"row {row.index + 1}, {column.value}"
    match situation.terms.page_edits:
        case "restore":
            _show_jira(situation, row, ticket, at, plan)
            message = (
                f'{where}: "{cell.text}" was not taken; Jira\'s value returns. Change it in {ticket.key}: {ticket.url}'
            )
        case "keep":
            message = f'{where}: the page says "{cell.text}", {ticket.key} says otherwise; both are left as they are'
        case "push":
            _push(situation, row, ticket, column, plan)
            return
    plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))


def _push(situation: Situation, row: Row, ticket: Ticket, column: Column, plan: RowPlan) -> None:
    value = _page_owner(situation, row) if column is Column.OWNER else _page_due(row)
    cell = row.cell(column)
    readable = not value.startswith("?") if column is Column.OWNER else bool(cell and cell.dates)
    if not value or not readable or (column is Column.OWNER and not (cell and cell.mentions)):
        message = f"row {row.index + 1}, {column.value}: cannot be sent to {ticket.key}; it needs an @mention or a date"
        plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
        return
    name = "assignee" if column is Column.OWNER else "duedate"
    best_effort(situation, EditTicket(ticket_id=ticket.id, ticket_key=ticket.key, fields={name: value}), plan)
