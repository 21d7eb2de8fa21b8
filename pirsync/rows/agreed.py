"""Owner and Due date: the page, Jira, and what both last agreed on are compared; Jira leads.

| the page's value | Jira's value | `restore` | `push` | `keep` |
|---|---|---|---|---|
| as agreed | changed, or taken away | is shown | is shown | is shown |
| changed | as agreed | returns, with a comment | gives way to the page's | both stay, with a finding |
| changed | changed otherwise | is shown, with a comment | is shown, with a comment | both stay, with a finding |
| changed to the same | changed to the same | is agreed | is agreed | is agreed |
| anything | none, and there never was one | both stay | both stay | both stay |

A ticket of another installation is never sent anything: there `push` is as `restore`.
"""

from __future__ import annotations

from pirsync import draft
from pirsync.changes import EditTicket
from pirsync.decision import FindingKind
from pirsync.model import Ticket
from pirsync.page import cells, escape
from pirsync.page.read import as_read
from pirsync.page_model import Cell, CellEdit, Column, Region, Row, Shown

from .situation import NotTaken, RowPlan, Situation, best_effort, claim, is_foreign, rests


def plan_agreed(situation: Situation, row: Row, ticket: Ticket, plan: RowPlan) -> None:
    """Three ways to compare: the page, Jira, and what both last agreed on (in the page's property)."""
    memory = situation.observed.memory
    base = memory.rows.get(ticket.id) if memory else None
    jira = _shown_in_jira(ticket)
    page, former = _shown_in(situation, row, ticket), _row_before(situation, row)
    before = _shown_in(situation, former, ticket) if former else None
    announced = memory.announced.get(ticket.id, ()) if memory else ()
    agreed, unjudged = {}, set()
    for name, column in (("owner", Column.OWNER), ("due", Column.DUE)):
        j, p, b = getattr(jira, name), getattr(page, name), getattr(base, name) if base else None
        if b is None and before is not None and j:
            b = getattr(before, name)
        elif b is not None and _shows(column, (former or row).cell(column)) in announced:
            b = getattr(before or page, name)
        agreed[name] = j if p == j or b is None else b
        cell = row.cell(column)
        if cell is None:
            unjudged |= {value for value in announced if value.startswith(f"{column.value} ")}
        if p == j or cell is None or not (j or b):
            continue
        if b is None or p == b:
            _show_jira(situation, ticket, (row, column, cell), plan)
        elif b == j or situation.terms.page_edits == "keep":
            _plan_page_edit(situation, ticket, (row, column, cell), plan)
        else:
            message = f"{_where(row, column)}: changed to {_typed(cell)} here and in {ticket.key}; Jira leads"
            if _give_way(situation, ticket, (row, column, cell), plan):
                plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
    if row.ticket:
        # What no row shows yet is not remembered as shown: it would pass for a ticket whose row people deleted.
        plan.shown[ticket.id] = (base or jira).model_copy(update=agreed)
        plan.unjudged[ticket.id] = tuple(sorted(unjudged))


def _shown_in_jira(ticket: Ticket) -> Shown:
    due = ticket.due.isoformat() if ticket.due else ""
    return Shown(owner=ticket.assignee.account if ticket.assignee else "", due=due)


def _shown_in(situation: Situation, row: Row, ticket: Ticket) -> Shown:
    return Shown(owner=_page_owner(situation, row, ticket), due=_page_due(row))


def _row_before(situation: Situation, row: Row) -> Row | None:
    """The row in our newest version, which also carries what people typed and was left.

    Agreed, too, is what it shows of a new ticket, or of what was announced: a pass died before it wrote that into the
    page's property.
    """
    base = situation.observed.base
    if base is None or not row.ticket:
        return None
    return next((old for old in base.rows if old.ticket == row.ticket), None)


def _is_known(situation: Situation, ticket: Ticket, column: Column) -> bool:
    """Whether the property has Jira's value already, or nothing at all of the ticket."""
    memory = situation.observed.memory
    known, jira = memory.rows.get(ticket.id) if memory else None, _shown_in_jira(ticket)
    return known is None or (known.due == jira.due if column is Column.DUE else known.owner == jira.owner)


def _shows(column: Column, cell: Cell | None) -> str:
    """What a cell shows, as it is announced before it does."""
    if cell is None:
        return ""
    shows = cell.dates[0].isoformat() if column is Column.DUE and cell.dates else cell.text
    return _announced(column, cell.mentions[0].ref if column is Column.OWNER and cell.mentions else shows)


def _announced(column: Column, shows: str) -> str:
    return f"{column.value} {shows}"


At = tuple[Row, Column, Cell]
"""A cell with its row and column."""


def _where(row: Row, column: Column) -> str:
    return f"row {row.index + 1}, {column.value}"


def _label(ticket: Ticket, column: Column) -> str:
    return f"{ticket.key} {column.value}"


def _jiras(ticket: Ticket, column: Column) -> str:
    """Jira's value, in words; empty where it has none."""
    if column is Column.DUE:
        return ticket.due.isoformat() if ticket.due else ""
    return ticket.assignee.name if ticket.assignee else ""


def _typed(cell: Cell) -> str:
    """What a person typed, in words; a mention has none but its account."""
    who = f"@{cell.mentions[0].ref}" if cell.mentions else cell.text
    return f'"{who}"' if who else "nothing"


def _page_owner(situation: Situation, row: Row, ticket: Ticket) -> str:
    cell = row.cell(Column.OWNER)
    if cell is None or not cell.mentions:
        text = cell.text if cell else ""
        # Somebody whom Confluence does not know is shown by name.
        named = ticket.assignee is not None and text == as_read(ticket.assignee.name)
        return ticket.assignee.account if named and ticket.assignee else text
    ref = cell.mentions[0].ref
    owner = situation.observed.owners.get(ref)
    if owner and owner.person:
        return owner.person.account
    # Of those whom only a former version names, the ticket's own assignee is known.
    return next((account for account, who in situation.observed.mentions.items() if who.ref == ref), f"?{ref}")


def _page_due(row: Row) -> str:
    cell = row.cell(Column.DUE)
    if cell is None:
        return ""
    return cell.dates[0].isoformat() if cell.dates else cell.text


def _show_jira(situation: Situation, ticket: Ticket, at: At, plan: RowPlan) -> bool:
    """Plan to write Jira's value; whether a comment in the cell lets us."""
    row, column, cell = at
    if cell.is_commented:
        message = (
            f"{_where(row, column)} says {_typed(cell)} and should say "
            f'"{_jiras(ticket, column)}", but an inline comment stands in it: settle it, and type the cell anew'
        )
        plan.findings.append(situation.finding(FindingKind.COMMENTED, message))
        return False
    said = _jiras(ticket, column)
    content, shows = cells.words(said), as_read(said)
    if column is Column.DUE and ticket.due is not None:
        content = cells.day(ticket.due)
    elif column is Column.OWNER and ticket.assignee is not None:
        mention = situation.observed.mentions.get(ticket.assignee.account)
        content = cells.mention(mention, situation.terms.deployment) if mention else content
        shows = mention.ref if mention else shows
    if not _is_known(situation, ticket, column):
        plan.announced[ticket.id].append(_announced(column, shows))
    label = _label(ticket, column)
    plan.edits.append(
        CellEdit(region=Region.ACTIONS, label=label, start=cell.start, end=cell.end, storage=content, text=said)
    )
    return True


def _give_way(situation: Situation, ticket: Ticket, at: At, plan: RowPlan) -> bool:
    """Jira's value over a person's, and one comment on the page that names the person's: once for a value."""
    row, column, cell = at
    if not _show_jira(situation, ticket, at, plan):
        return False
    memory = situation.observed.memory
    who = cell.mentions[0].ref if cell.mentions else ""
    receipt = draft.digest([ticket.id, column.value, who or cell.text])
    if memory is None or receipt in memory.comments or situation.refused_comments:
        return True
    said = f"{_label(ticket, column)} {_typed(cell)} was not taken"
    header = escape.text(situation.terms.headers[column][0])
    action = escape.text(draft.one_line(row.action, 80))
    value = escape.text(cell.text) or "the empty cell"
    if cell.mentions:
        value = cells.user(cell.mentions[0], situation.terms.deployment)
    says = escape.text(plan.edits[-1].text) or "nothing"
    address = f'<a href="{escape.attribute(ticket.url)}">{escape.text(ticket.key)}</a>'
    storage = (
        f"<p>{header} of “{action}”: {value} was not taken, because Jira leads and says {says}. "
        f"To change it, change it in {address}.</p>"
    )
    plan.not_taken.append(NotTaken(receipt=receipt, said=said, storage=storage))
    return True


def _plan_page_edit(situation: Situation, ticket: Ticket, at: At, plan: RowPlan) -> None:
    """A person changed Owner or Due on the page: do as `page_edits` says."""
    row, column, cell = at
    where = _where(row, column)
    match situation.terms.page_edits:
        case "push" if not is_foreign(ticket, situation):
            _push(situation, ticket, at, plan)
            return
        case "restore" | "push":
            claimed = claim(_label(ticket, column), _jiras(ticket, column))
            if rests(situation, claimed, where, plan) or not _give_way(situation, ticket, at, plan):
                return
            plan.asserted.append(claimed)
            message = (
                f"{where}: {_typed(cell)} was not taken; Jira's value returns. Change it in {ticket.key}: {ticket.url}"
            )
        case "keep":
            message = f"{where}: the page says {_typed(cell)}, {ticket.key} says otherwise; both are left as they are"
    plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))


def _push(situation: Situation, ticket: Ticket, at: At, plan: RowPlan) -> None:
    row, column, cell = at
    value = _page_owner(situation, row, ticket) if column is Column.OWNER else _page_due(row)
    readable = bool(cell.mentions) and not value.startswith("?") if column is Column.OWNER else bool(cell.dates)
    if not readable:
        message = f"{_where(row, column)}: cannot be sent to {ticket.key}; it needs an @mention or a date"
        plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
        return
    name = "assignee" if column is Column.OWNER else "duedate"
    best_effort(situation, EditTicket(ticket_id=ticket.id, ticket_key=ticket.key, fields={name: value}), plan)
