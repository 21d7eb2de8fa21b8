"""Which ticket belongs to which row: by its key, then by the key it lost, then by its mark, then orphans by text."""

from __future__ import annotations

from difflib import SequenceMatcher

from pirsync import draft
from pirsync.changes import AdoptTicket
from pirsync.decision import FindingKind
from pirsync.model import Ticket
from pirsync.page.read import fold
from pirsync.page_model import Row

from .situation import RowPlan, Situation, is_foreign, ours

SIMILAR = 0.6
"""How alike an orphan's summary and an edited row must be to be the same action (difflib's ratio)."""


def marks_of_rows(situation: Situation) -> dict[int, str]:
    """The marks of the rows without a ticket, by index."""
    observed, memory = situation.observed, situation.observed.memory
    shown = {row.ticket for row in situation.rows if row.ticket} | situation.forgotten
    settled = [t for t in observed.tickets.values() if t.key in shown or (memory is not None and t.id in memory.rows)]
    taken = {t.mark.value for t in settled if t.mark is not None}
    ids = {t.id for t in settled}
    # What a row shows was made of that row, also where nobody can look it up any more.
    made = (intent for intent in situation.journal.tickets if intent.remote_id in ids or intent.remote_key in shown)
    taken |= {intent.mark for intent in made}
    free = [row for row in situation.rows if not row.ticket]
    return draft.row_marks(situation.terms.owner_id, observed.incident.id, free, taken)


def _carries(ticket: Ticket, value: str, situation: Situation) -> bool:
    intent = situation.journal.intents.get(value)
    if intent is not None and intent.remote_id == ticket.id:
        return True
    if ticket.mark is not None:
        return ours(ticket, situation) and ticket.mark.value == value
    return draft.mark_label(value) in ticket.labels


def lost_keys(situation: Situation) -> dict[int, Ticket]:
    """The tickets of rows that have lost their keys, by the row's index.

    An editor that was opened before our write, and published after it, takes keys out again; so does a person who
    empties a cell. Our newest version tells whose they are: those of the same words, else of similar words in the
    same place. A ticket that a row shows has lost nothing; the key of one that is not ours to follow is not put back.
    """
    base, found = situation.observed.base, dict[int, Ticket]()
    shown = {row.ticket for row in situation.rows if row.ticket}
    free = [row for row in situation.rows if row.action and not row.ticket and not row.obstacle]
    for before in base.rows if base else ():
        ticket = situation.observed.by_key(before.ticket) if before.ticket else None
        if ticket is None or {before.ticket, ticket.key} & shown or is_foreign(ticket, situation):
            continue
        equal = [row for row in free if fold(row.action) == fold(before.action)]
        alike = [r for r in free if r.index == before.index and likeness(r.action, before.action) >= SIMILAR]
        for row in (*equal, *alike)[:1]:
            found[row.index] = ticket
            free.remove(row)
    return found


def assign(situation: Situation, marks: dict[int, str], lost: dict[int, Ticket], plan: RowPlan) -> dict[int, Ticket]:
    """Which ticket belongs to which row: by key, by the key it lost, by mark, then orphans by their text.

    A ticket that memory knows was shown once; if no row shows it now, people deleted its row, and no other
    row may inherit it.
    """
    observed, keep = situation.observed, situation.journal.wishes.keep
    found = dict(lost)
    for row in situation.rows:
        if row.ticket and (ticket := observed.by_key(row.ticket)):
            found[row.index] = ticket
    for row in situation.rows:
        if row.index in marks and row.index not in found and not row.obstacle:
            hits = sorted(
                (t for t in observed.tickets.values() if _carries(t, marks[row.index], situation)),
                key=lambda t: (t.key not in keep, int(t.id) if t.id.isdigit() else 0),
            )
            hits = [ticket for ticket in hits if ticket.key not in plan.forgotten]
            if hits:
                found[row.index] = hits[0]
    for row in situation.rows:
        if row.index in found:
            found[row.index] = _choose(situation, row, found[row.index], plan)
    _match_orphans(situation, marks, found, plan)
    return found


def _choose(situation: Situation, row: Row, ticket: Ticket, plan: RowPlan) -> Ticket:
    """Of tickets that carry one mark, the first that people want kept, else the row's; then the others are told."""
    keep = situation.journal.wishes.keep
    twins = [t for t in situation.observed.tickets.values() if _is_twin(situation, t, ticket)]
    named = (t for t in (ticket, *twins) if t.key in keep)
    if (kept := min(named, key=lambda t: keep.index(t.key), default=None)) is not None:
        plan.forgotten |= {t.key for t in (ticket, *twins) if t.id != kept.id}
        return kept
    others = ", ".join(t.key for t in twins if t.key not in plan.forgotten)
    if others:
        message = f'{others} and {ticket.key} were made for the same action "{row.action}"; {ticket.key} is used'
        plan.findings.append(situation.finding(FindingKind.DUPLICATE, message))
    return ticket


def _is_twin(situation: Situation, other: Ticket, ticket: Ticket) -> bool:
    marked = ours(other, situation) and ours(ticket, situation)
    return marked and other.id != ticket.id and other.mark == ticket.mark


def _match_orphans(situation: Situation, marks: dict[int, str], found: dict[int, Ticket], plan: RowPlan) -> None:
    used = {ticket.id for ticket in found.values()}
    memory = situation.observed.memory
    known = set(memory.rows) if memory else set()
    orphans = [
        ticket
        for ticket in situation.observed.tickets.values()
        if ours(ticket, situation)
        and ticket.id not in used | known
        and ticket.key not in plan.forgotten
        and not any(_is_twin(situation, ticket, other) for other in found.values())
    ]
    free = [row for row in situation.rows if row.index in marks and row.index not in found and not row.obstacle]
    for ticket in sorted(orphans, key=lambda t: t.key):
        ratios = [(likeness(row.action, ticket.summary), -row.index, row) for row in free]
        best = max(ratios, key=lambda r: r[:2], default=None)
        if best is not None and best[0] >= SIMILAR:
            found[best[2].index] = ticket
            free.remove(best[2])
        else:
            message = f'{ticket.key} "{ticket.summary}" was made from a row that is no longer on the page'
            plan.findings.append(situation.finding(FindingKind.ORPHAN, message))


def likeness(action: str, summary: str) -> float:
    """How alike a row's words and a ticket's summary, or another row's words, are: from 0 to 1."""
    a, b = fold(draft.one_line(action, draft.SUMMARY_LENGTH)), fold(summary)
    return 1.0 if a == b else SequenceMatcher(None, a, b, autojunk=False).ratio()


def adopt(situation: Situation, value: str, row: Row, ticket: Ticket, plan: RowPlan) -> None:
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
