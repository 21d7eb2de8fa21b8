"""A row without a ticket: it becomes one, or says in its Status cell why it cannot."""

from __future__ import annotations

from datetime import date

from pirsync import draft
from pirsync.changes import CreateTicket
from pirsync.decision import FindingKind
from pirsync.model import Person
from pirsync.page import cells
from pirsync.page.read import as_read
from pirsync.page_model import CellEdit, Column, Lozenge, Region, Row

from .situation import RowPlan, Situation, count_gone


def plan_unticketed(situation: Situation, row: Row, value: str, plan: RowPlan) -> None:
    intent = situation.journal.intents.get(value)
    if intent is not None and intent.status == "done":
        _tell_made(situation, row, intent.remote_key, plan)
        return
    plan.unticketed += 1
    owner, due, lacking = _complete_row(situation, row)
    if lacking is not None or owner is None or due is None:
        _note(situation, row, lacking or "NEEDS OWNER", "", plan)
        return
    observed = situation.observed
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
    elif (settled := situation.journal.tickets_settle(situation.terms.settle)) > situation.now:
        plan.wakes.append(settled)
        plan.waiting.append(f'to be sure that no ticket for "{row.action}" was made before')
    else:
        plan.creates.append(CreateTicket(incident_id=observed.incident.id, mark=value, digest=inputs, draft=made))


def _tell_made(situation: Situation, row: Row, key: str, plan: RowPlan) -> None:
    """A ticket was made of this row, and nobody can look it up: no other is made until people ask for it."""
    message = f'row {row.index + 1} "{row.action}" had {key}, which is deleted or cannot be seen'
    plan.findings.append(situation.finding(FindingKind.TICKET_GONE, message))
    count_gone(key, row.action, plan)


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
    why = f": {draft.one_line(reason, 120)}" if reason else ""
    said = f"{word}{why}"
    plan.lacking.append((row.action, said))
    cell = row.cell(Column.STATUS)
    plan.findings.append(situation.finding(_NOTE_KINDS[word], f'row {row.index + 1} "{row.action}": {_advice(said)}'))
    # A lozenge is read with blanks around it.
    if cell is None or cell.is_commented or cell.text == as_read(f"{word} {why}"):
        return
    if cell.text and not (cell.lozenge and cell.lozenge.text in _NOTE_KINDS):
        return
    content = cells.lozenge(Lozenge(text=word, colour="Yellow"), why)
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
