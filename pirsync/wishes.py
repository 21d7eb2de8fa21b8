"""What is left of what people asked for one incident, each wish by what the world says of it and nothing else: one that
outlives its end would come true again, and one that is dropped before it never does.

| people ask for | and it is done once |
|---|---|
| the page, made anew | the incident's page can be used, or one was made since, whatever became of that |
| a deleted ticket, made again | no row waits for it |
| a ticket, forgotten | the page's memory says so |
| one of duplicates, kept | the page's memory says so of all others |
"""

from __future__ import annotations

from .decision import Journal, Wishes
from .draft import page_mark
from .known import journal
from .model import Ticket
from .observe import Readings
from .page_model import Column, Page, PageStatus


def end_fulfilled(incident_id: str, readings: Readings) -> None:
    """Have the state say no more of what is done."""
    state = readings.sources.state
    said = journal(state, incident_id, readings.practice.terms.settle)
    left = unfulfilled(incident_id, said, readings)
    if left == Wishes():
        state.drop("wish", [incident_id])
    elif left != said.wishes:
        state.cache("wish", {incident_id: left.model_dump(mode="json")})


def unfulfilled(incident_id: str, said: Journal, readings: Readings) -> Wishes:
    """What is still to be done of what the journal says that people asked for; of tickets nothing is done as long as
    there is no page to tell."""
    wishes, known = said.wishes, readings.known.get(incident_id)
    page = readings.pages.get(known.page) if known is not None else None
    is_made = _is_made(incident_id, said, readings) or (page is not None and page.status is PageStatus.CURRENT)
    left = wishes.model_copy(update={"recreate": wishes.recreate and not is_made})
    if known is None or page is None:
        return left
    forgotten = set(known.memory.forgotten) if known.memory is not None else set()
    told = {
        "remake": () if known.is_peoples else _awaited(wishes.remake, page, readings),
        "forget": tuple(key for key in wishes.forget if key not in forgotten),
        "keep": tuple(key for key in wishes.keep if len(_twins(key, incident_id, readings) - forgotten) > 1),
    }
    return left.model_copy(update=told)


def _is_made(incident_id: str, said: Journal, readings: Readings) -> bool:
    """Whether a page was made since that was asked for: to ask opens the journal's line again."""
    line = said.intents.get(page_mark(readings.practice.terms.owner_id, incident_id))
    return line is not None and line.status == "done"


def _awaited(keys: tuple[str, ...], page: Page, readings: Readings) -> tuple[str, ...]:
    """Those of the keys beside which an action stands that has no other ticket; all where no row can be told."""
    review = readings.read(page)
    if Column.TICKET not in review.columns:
        return keys
    shown = {row.ticket for row in review.rows if row.action}
    return tuple(key for key in keys if key in shown and _ticket(key, readings) is None)


def _twins(key: str, incident_id: str, readings: Readings) -> set[str]:
    """The keys of all tickets of ours that were made for the same action as this one, its own included."""
    kept, owner = _ticket(key, readings), readings.practice.terms.owner_id
    if kept is None or kept.mark is None or kept.mark.owner != owner:
        return set()
    marked = (readings.tickets.get(ref) for ref in readings.ids_by_incident.get(incident_id, ()))
    return {ticket.key for ticket in marked if ticket is not None and ticket.mark == kept.mark}


def _ticket(ref: str, readings: Readings) -> Ticket | None:
    return readings.tickets.get(readings.ids_by_key.get(ref, ref))
