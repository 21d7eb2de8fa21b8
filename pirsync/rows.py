"""The decision for the action table: which ticket belongs to which row, and what each row should say. Pure.

| the row has | and | then |
|---|---|---|
| a ticket's key | the ticket can be read | its cells follow the ticket |
| a ticket's key | the ticket cannot be read | nothing is written; a finding |
| no key | a ticket carries its mark, or is an orphan of that text | the key is written into the row |
| no key | owner or date missing, or Jira refused | the Status cell says so |
| no key | everything | the ticket is created; its key is written a round later |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import SequenceMatcher
from zoneinfo import ZoneInfo

from . import draft
from .decision import (
    TICKET_LABEL,
    AdoptTicket,
    Change,
    CreateTicket,
    EditTicket,
    Finding,
    FindingKind,
    Journal,
    LabelTicket,
    LinkTicket,
    MarkTicket,
    Observed,
    Terms,
    describe,
)
from .model import Cell, CellEdit, Column, Incident, IssueLink, Lozenge, Person, Region, Row, Shown, Ticket
from .page import cells
from .page.read import as_read, fold
from .page.summary import instant
from .policy import status
from .ports import IntentStatus

SIMILAR = 0.6
"""How alike an orphan's summary and an edited row must be to be the same action (difflib's ratio)."""


@dataclass(frozen=True)
class Situation:
    """What the decision for the rows is made from."""

    observed: Observed
    terms: Terms
    journal: Journal
    now: datetime

    @property
    def rows(self) -> tuple[Row, ...]:
        """The action rows that people see."""
        return self.observed.review.rows if self.observed.review else ()

    def finding(self, kind: FindingKind, message: str) -> Finding:
        """A finding about this incident."""
        return Finding(kind=kind, incident=self.observed.incident.key, message=message)


@dataclass
class RowPlan:
    """The decision for the action table, as it is put together."""

    creates: list[Change] = field(default_factory=list)
    completions: list[Change] = field(default_factory=list)
    edits: list[CellEdit] = field(default_factory=list)
    appended: list[Ticket] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    wakes: list[datetime] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    adopted: list[str] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    unticketed: int = 0


def plan_rows(situation: Situation) -> RowPlan:
    """Decide for every row, then for the tickets that were linked by hand."""
    plan = RowPlan()
    marks = marks_of_rows(situation)
    assigned = assign(situation, marks, plan)
    for row in situation.rows:
        ticket = assigned.get(row.index)
        if row.obstacle:
            if row.action or row.ticket:
                message = f'row {row.index + 1} "{row.action}" is left alone: {row.obstacle}'
                plan.findings.append(situation.finding(FindingKind.ROW_UNREADABLE, message))
        elif ticket is not None:
            _plan_ticketed(situation, row, ticket, plan)
            if not row.ticket:
                _adopt(situation, marks[row.index], row, ticket, plan)
        elif row.ticket:
            message = f"row {row.index + 1} names {row.ticket}, which is deleted or cannot be seen by our account"
            plan.findings.append(situation.finding(FindingKind.TICKET_GONE, message))
        elif row.action:
            plan.unticketed += 1
            _plan_unticketed(situation, row, marks[row.index], plan)
    _plan_hand_linked(situation, plan)
    return plan


# ---------------------------------------------------------------- which ticket is which row's


def marks_of_rows(situation: Situation) -> dict[int, str]:
    """The marks of the rows without a ticket, by index."""
    observed, memory = situation.observed, situation.observed.memory
    shown = {row.ticket for row in situation.rows if row.ticket}
    settled = [t for t in observed.tickets.values() if t.key in shown or (memory is not None and t.id in memory.rows)]
    taken = {t.mark.value for t in settled if t.mark is not None}
    ids = {t.id for t in settled}
    taken |= {value for value, intent in situation.journal.intents.items() if intent.remote_id in ids}
    free = [row for row in situation.rows if not row.ticket]
    return draft.row_marks(situation.terms.owner_id, observed.incident.id, free, taken)


def ours(ticket: Ticket, situation: Situation) -> bool:
    """Whether the ticket carries a mark of this installation for this incident."""
    mark, incident = ticket.mark, situation.observed.incident
    return mark is not None and mark.owner == situation.terms.owner_id and mark.incident == incident.id


def _carries(ticket: Ticket, value: str, situation: Situation) -> bool:
    intent = situation.journal.intents.get(value)
    if intent is not None and intent.remote_id == ticket.id:
        return True
    if ticket.mark is not None:
        return ours(ticket, situation) and ticket.mark.value == value
    return draft.mark_label(value) in ticket.labels


def assign(situation: Situation, marks: dict[int, str], plan: RowPlan) -> dict[int, Ticket]:
    """Which ticket belongs to which row: by key, then by mark, then orphans by their text.

    A ticket that memory knows was shown once; if no row shows it now, people deleted its row, and no other
    row may inherit it.
    """
    observed = situation.observed
    found: dict[int, Ticket] = {}
    for row in situation.rows:
        if row.ticket and (ticket := observed.by_key(row.ticket)):
            found[row.index] = ticket
    for row in situation.rows:
        if row.index in marks and not row.obstacle:
            hits = sorted(
                (t for t in observed.tickets.values() if _carries(t, marks[row.index], situation)),
                key=lambda t: int(t.id) if t.id.isdigit() else 0,
            )
            if hits:
                found[row.index] = hits[0]
            if len(hits) > 1:
                keys = ", ".join(t.key for t in hits)
                message = f'{keys} were all made for the action "{row.action}"; {hits[0].key}, the oldest, is used'
                plan.findings.append(situation.finding(FindingKind.DUPLICATE, message))
    _match_orphans(situation, marks, found, plan)
    return found


def _match_orphans(situation: Situation, marks: dict[int, str], found: dict[int, Ticket], plan: RowPlan) -> None:
    used = {ticket.id for ticket in found.values()}
    memory = situation.observed.memory
    known = set(memory.rows) if memory else set()
    orphans = [t for t in situation.observed.tickets.values() if ours(t, situation) and t.id not in used | known]
    free = [row for row in situation.rows if row.index in marks and row.index not in found and not row.obstacle]
    for ticket in sorted(orphans, key=lambda t: t.key):
        ratios = [(_likeness(row.action, ticket.summary), -row.index, row) for row in free]
        best = max(ratios, key=lambda r: r[:2], default=None)
        if best is not None and best[0] >= SIMILAR:
            found[best[2].index] = ticket
            free.remove(best[2])
        else:
            message = f'{ticket.key} "{ticket.summary}" was made from a row that is no longer on the page'
            plan.findings.append(situation.finding(FindingKind.ORPHAN, message))


def _likeness(action: str, summary: str) -> float:
    a, b = fold(draft.one_line(action, draft.SUMMARY_LENGTH)), fold(summary)
    return 1.0 if a == b else SequenceMatcher(None, a, b, autojunk=False).ratio()


def _adopt(situation: Situation, value: str, row: Row, ticket: Ticket, plan: RowPlan) -> None:
    intent = situation.journal.intents.get(value)
    if intent is None or intent.remote_id != ticket.id:
        plan.completions.append(
            AdoptTicket(
                incident_id=situation.observed.incident.id,
                mark=value,
                ticket_id=ticket.id,
                ticket_key=ticket.key,
                action=row.action,
            )
        )


# ---------------------------------------------------------------- a row with a ticket


def _plan_ticketed(situation: Situation, row: Row, ticket: Ticket, plan: RowPlan) -> None:
    plan.tickets.append(ticket)
    _complete(situation, ticket, plan)
    for column, said, content in ticket_cells(ticket, situation.terms):
        cell = row.cell(column)
        if cell is not None and not _says(cell, column, said, ticket):
            _write(situation, row, (column, cell, content, said), plan)
    _plan_agreed(situation, row, ticket, plan)
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


def _write(situation: Situation, row: Row, new: tuple[Column, Cell, str, str], plan: RowPlan) -> None:
    """Plan one cell's rewrite; a comment on it protects it, a person's change is told, never hidden."""
    column, cell, content, said = new
    where = f"row {row.index + 1}, {column.value}"
    if cell.is_commented:
        message = f'{where} should say "{said}", but an inline comment stands in it: resolve the comment first'
        plan.findings.append(situation.finding(FindingKind.COMMENTED, message))
        return
    if _person_changed(situation, row, column, cell):
        message = f'{where}: "{cell.text}" was typed over what Jira says; it shows "{said}" again'
        plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
    label = f"{row.ticket or row.action[:40]} {column.value}"
    plan.edits.append(
        CellEdit(region=Region.ACTIONS, label=label, start=cell.start, end=cell.end, storage=content, text=said)
    )


def _person_changed(situation: Situation, row: Row, column: Column, cell: Cell) -> bool:
    """Whether the cell differs from the newest version that we stamped; no base, no accusation."""
    base = situation.observed.base
    if base is None or not row.ticket:
        return False
    before = next((r.cell(column) for r in base.rows if r.ticket == row.ticket), None)
    return before is not None and meaning(before) != meaning(cell)


def meaning(cell: Cell) -> tuple[object, ...]:
    """What a cell says, whatever bytes say it."""
    return (cell.text, cell.mentions, cell.dates, cell.lozenge, cell.issue_key)


# ---------------------------------------------------------------- Owner and Due: page and Jira agree, or Jira leads


def _plan_agreed(situation: Situation, row: Row, ticket: Ticket, plan: RowPlan) -> None:
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
    _best_effort(situation, EditTicket(ticket_id=ticket.id, ticket_key=ticket.key, fields={name: value}), plan)


# ---------------------------------------------------------------- carriers


def _complete(situation: Situation, ticket: Ticket, plan: RowPlan) -> None:
    """Give a ticket the carriers its birth could not, once: what memory knows has been completed before."""
    memory, incident, terms = situation.observed.memory, situation.observed.incident, situation.terms
    if memory is not None and ticket.id in memory.rows:
        return
    foreign = ticket.mark is not None and not ours(ticket, situation)
    if foreign:
        message = f"{ticket.key} belongs to another installation or incident; it is shown, and nothing in it is changed"
        plan.findings.append(situation.finding(FindingKind.FOREIGN, message))
        return
    made = next((i for i in situation.journal.intents.values() if i.remote_id == ticket.id), None)
    value = ticket.mark.value if ticket.mark else (made.mark if made else "")
    labels = (TICKET_LABEL, draft.mark_label(value)) if value else (TICKET_LABEL,)
    lacking = tuple(label for label in labels if label not in ticket.labels)
    if lacking:
        _best_effort(situation, LabelTicket(ticket_id=ticket.id, ticket_key=ticket.key, labels=lacking), plan)
    if value and ticket.mark is None:
        marked = draft.mark_value(value, terms.owner_id, incident.id)
        _best_effort(situation, MarkTicket(ticket_id=ticket.id, ticket_key=ticket.key, value=marked), plan)
    if ticket.id not in {link.other_id for link in hand_links(situation)}:
        outward = terms.link_side == "outward"
        link = LinkTicket(
            ticket_key=ticket.key,
            type_id=terms.link_type.id,
            type_name=terms.link_type.name,
            inward_key=incident.key if outward else ticket.key,
            outward_key=ticket.key if outward else incident.key,
        )
        if not any(other.other_id == incident.id for other in ticket.links):
            _best_effort(situation, link, plan)


def _best_effort(situation: Situation, change: Change, plan: RowPlan) -> None:
    """Plan a write that may be refused: once refused it is told, not tried again until a person asks."""
    reason = situation.journal.refused.get(describe(change))
    if reason is None:
        plan.completions.append(change)
    else:
        plan.findings.append(situation.finding(FindingKind.REFUSED, f"{describe(change)}: {reason}"))


def hand_links(situation: Situation) -> tuple[IssueLink, ...]:
    """The incident's links that make an issue one of its action items."""
    return hand_links_of(situation.observed.incident, situation.terms)


def hand_links_of(incident: Incident, terms: Terms) -> tuple[IssueLink, ...]:
    """An incident's links of the configured type, on the configured side (both, where they read the same)."""
    links = incident.linked(terms.link_type.id, terms.link_side)
    if terms.link_type.inward == terms.link_type.outward:
        links += incident.linked(terms.link_type.id, "inward" if terms.link_side == "outward" else "outward")
    return links


# ---------------------------------------------------------------- a row without a ticket


def _plan_unticketed(situation: Situation, row: Row, value: str, plan: RowPlan) -> None:
    owner, due, lacking = _complete_row(situation, row)
    if lacking is not None or owner is None or due is None:
        _note(situation, row, lacking or "NEEDS OWNER", "", plan)
        return
    observed, intent = situation.observed, situation.journal.intents.get(value)
    screen = observed.screen
    if screen is None:
        reason = f"no type {situation.terms.action_type} in project {situation.terms.action_project}"
        _note(situation, row, "REJECTED", reason, plan)
        return
    if reason := draft.missing(screen, situation.terms):
        _note(situation, row, "REJECTED", reason, plan)
        return
    wanted = draft.Wanted(action=row.action, criteria=row.criteria, owner=owner, due=due)
    assert observed.page is not None  # a row was read from it
    place = draft.Place(page_title=observed.page.title, page_url=observed.page.url)
    made = draft.ticket_draft(wanted, observed.incident, place, value, (situation.terms, screen))
    inputs = draft.digest(made.model_dump(mode="json"))
    if intent is not None and intent.status == "rejected" and intent.digest == inputs:
        _note(situation, row, "REJECTED", intent.reason, plan)
    elif intent is not None and intent.status == "done":
        message = f'row {row.index + 1} "{row.action}" had {intent.remote_key}, which is deleted or cannot be seen'
        plan.findings.append(situation.finding(FindingKind.TICKET_GONE, message))
    elif (settled := _absence_settles(situation, intent)) > situation.now:
        plan.wakes.append(settled)
        plan.waiting.append(f'to be sure that no ticket for "{row.action}" was made before')
    else:
        plan.creates.append(CreateTicket(incident_id=observed.incident.id, mark=value, digest=inputs, draft=made))


def _absence_settles(situation: Situation, intent: IntentStatus | None) -> datetime:
    """The instant from which "no such ticket was found" proves that there is none."""
    settled = situation.journal.settled_from
    if intent is not None and intent.status == "sending" and intent.sent_at is not None:
        settled = max(settled, intent.sent_at + situation.terms.settle)
    return settled


def _complete_row(situation: Situation, row: Row) -> tuple[Person | None, date | None, str | None]:
    """The row's owner and date, or what it lacks. An owner is an @mention of one exact, assignable account."""
    cell = row.cell(Column.OWNER)
    if cell is None or not cell.mentions:
        return None, None, "NEEDS OWNER"
    owner = situation.observed.owners.get(cell.mentions[0].ref)
    if owner is None or owner.person is None:
        return None, None, "OWNER UNKNOWN"
    due = row.cell(Column.DUE)
    if due is None or not due.dates:
        return owner.person, None, "NEEDS DUE DATE"
    return owner.person, due.dates[0], None


_NOTE_KINDS = {
    "NEEDS OWNER": FindingKind.NEEDS_OWNER,
    "NEEDS DUE DATE": FindingKind.NEEDS_DUE_DATE,
    "OWNER UNKNOWN": FindingKind.OWNER_UNKNOWN,
    "REJECTED": FindingKind.REJECTED,
}


def _note(situation: Situation, row: Row, word: str, reason: str, plan: RowPlan) -> None:
    """Say in the row's Status cell why it cannot become a ticket; words that people typed there stay."""
    said = f"{word}: {draft.one_line(reason, 120)}" if reason else word
    cell = row.cell(Column.STATUS)
    plan.findings.append(situation.finding(_NOTE_KINDS[word], f'row {row.index + 1} "{row.action}": {_advice(said)}'))
    if cell is None or cell.is_commented or cell.text == as_read(said):
        return
    if cell.text and not (cell.lozenge and cell.lozenge.text in _NOTE_KINDS):
        return
    content = cells.lozenge(Lozenge(text=word, colour="Yellow"), said.removeprefix(word))
    label = f"{row.action[:40]} {Column.STATUS.value}"
    plan.edits.append(
        CellEdit(region=Region.ACTIONS, label=label, start=cell.start, end=cell.end, storage=content, text=said)
    )


def _advice(said: str) -> str:
    match said:
        case "NEEDS OWNER":
            return "needs an owner; @mention one person in its Owner cell"
        case "NEEDS DUE DATE":
            return "needs a due date; type // or YYYY-MM-DD in its Due date cell"
        case "OWNER UNKNOWN":
            return "its owner is not an active account that can be assigned tickets there"
        case _:
            return f"Jira will not take it ({said}); change the row, or the project, and it is tried again"


# ---------------------------------------------------------------- tickets linked by hand


def _plan_hand_linked(situation: Situation, plan: RowPlan) -> None:
    """A ticket that someone linked by hand gets one row, once; never again when people delete that row."""
    observed = situation.observed
    remembered = set(observed.memory.adopted) if observed.memory else set()
    shown = {ticket.id for ticket in plan.tickets}
    plan.adopted = sorted(remembered)
    for link in hand_links(situation):
        ticket = observed.tickets.get(link.other_id)
        if ticket is None or ours(ticket, situation):
            continue
        if any(intent.remote_id == ticket.id for intent in situation.journal.intents.values()):
            continue
        if ticket.id in shown:
            plan.adopted = sorted({*plan.adopted, ticket.id})
        elif ticket.id not in remembered and ticket.mark is None and observed.review and observed.review.row_end:
            plan.appended.append(ticket)
            plan.tickets.append(ticket)


def appended_cells(ticket: Ticket, situation: Situation) -> dict[Column, str]:
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
