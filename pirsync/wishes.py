"""Whether what people asked for one incident is done, each wish by what the world says of it and nothing else: one that
outlives that would come true again, and one that is dropped before it never does.

| people ask for | and it is done once |
|---|---|
| the page, made anew | the incident's page can be used, or one was made since, whatever became of that |
| a deleted ticket, made again | no row waits for it |
| a ticket, forgotten | the page's memory says so |
| one of duplicates, kept | the page's memory says of all others that they are forgotten |
"""

from __future__ import annotations

from .decision import Journal, Wishes
from .draft import page_mark
from .model import Ticket
from .observe import Readings
from .page_model import Column, Page, PageStatus


def is_fulfilled(incident_id: str, said: Journal, readings: Readings) -> bool:
    """Whether nothing is left to be done of what the journal says that people asked for. What is asked of tickets is
    not done as long as there is no page to tell."""
    wishes, known = said.wishes, readings.known.get(incident_id)
    page = readings.pages.get(known.page) if known is not None else None
    if wishes.recreate and not (_is_made(incident_id, said, readings) or _is_current(page)):
        return False
    if not (wishes.remake or wishes.forget or wishes.keep):
        return True
    if known is None or page is None:
        return False
    forgotten = set(known.memory.forgotten) if known.memory is not None else set()
    return (
        forgotten.issuperset(wishes.forget)
        and (known.is_peoples or _are_remade(wishes, page, readings))
        and all(forgotten.issuperset(_others(key, incident_id, wishes, readings)) for key in wishes.keep)
    )


def _is_current(page: Page | None) -> bool:
    return page is not None and page.status is PageStatus.CURRENT


def _is_made(incident_id: str, said: Journal, readings: Readings) -> bool:
    """Whether a page was made since that was asked for: to ask opens the journal's line again."""
    line = said.intents.get(page_mark(readings.practice.terms.owner_id, incident_id))
    return line is not None and line.status == "done"


def _are_remade(wishes: Wishes, page: Page, readings: Readings) -> bool:
    """Whether no action stands beside the key of a deleted ticket that is to be made again."""
    review = readings.read(page)
    return Column.TICKET in review.columns and not any(
        row.action and row.ticket in wishes.remake and _ticket(row.ticket, readings) is None for row in review.rows
    )


def _others(key: str, incident_id: str, wishes: Wishes, readings: Readings) -> set[str]:
    """The keys of the tickets of which one to be kept is a duplicate."""
    kept, owner = _ticket(key, readings), readings.practice.terms.owner_id
    if kept is None or kept.mark is None or kept.mark.owner != owner:
        return set()
    marked = (readings.tickets.get(ref) for ref in readings.ids_by_incident.get(incident_id, ()))
    twins = {ticket.key for ticket in marked if ticket is not None and ticket.mark == kept.mark}
    return twins - set(wishes.keep)


def _ticket(ref: str, readings: Readings) -> Ticket | None:
    return readings.tickets.get(readings.ids_by_key.get(ref, ref))
