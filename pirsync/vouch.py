"""Whose ticket it is where an answer holds no properties, as Data Center's searches do not. Pure.

| what is known | then |
|---|---|
| the journal has a receipt for it | the mark is ours |
| state remembers a mark of it | that mark |
| memory knows it, and its label is a mark of ours | ours; of one that was linked by hand, people's (a copy) |
| memory knows it, and it has no label for a mark | people's, where it has our common label or was read before |
| anything else | it is read by itself |
"""

from __future__ import annotations

from collections.abc import Callable

from .decision import Journal, Terms
from .draft import mark, mark_label
from .model import Incident, Mark, Ticket
from .names import TICKET_LABEL
from .page_model import Memory

SAME_WORDS = 4
"""How many rows of the same words are looked for where the journal was lost."""


def vouched(
    ticket: Ticket,
    remembered: Callable[[], Ticket | None],
    about: tuple[Incident, Memory | None, Journal],
    terms: Terms,
) -> Ticket | None:
    """The ticket with its mark, or without one where it has none; None where only a read of its own can tell.

    `remembered` answers the ticket as state remembers it, and is asked only where the journal says nothing.
    """
    incident, memory, journal = about
    if value := next((made.mark for made in journal.tickets if made.remote_id == ticket.id), ""):
        return _ours(ticket, value, incident, terms)
    kept = remembered()
    if kept is not None and kept.mark is not None:
        return ticket.model_copy(update={"mark": kept.mark})
    if memory is None or ticket.id not in memory.tickets:
        return None
    labels = [label.removeprefix(mark_label("")) for label in ticket.labels if label.startswith(mark_label(""))]
    if not labels:
        return ticket if TICKET_LABEL in ticket.labels or kept is not None else None
    known = {made.mark for made in journal.tickets}
    known |= {mark(terms.owner_id, incident.id, ticket.summary, ordinal) for ordinal in range(SAME_WORDS)}
    mine = next((value for value in labels if value in known), "")
    if not mine:
        return None
    return ticket if ticket.id in memory.adopted else _ours(ticket, mine, incident, terms)


def _ours(ticket: Ticket, value: str, incident: Incident, terms: Terms) -> Ticket:
    owned = Mark(value=value, owner=terms.owner_id, incident=incident.id)
    return ticket.model_copy(update={"mark": owned})
