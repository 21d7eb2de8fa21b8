"""What is remembered of one incident between passes: its review in state, its memory on the page, its journal."""

from __future__ import annotations

from datetime import datetime, timedelta

from pirsync.decision import Barred, Journal, Wishes
from pirsync.draft import page_mark
from pirsync.model import Noun
from pirsync.page_model import Memory, Page, PageHead, Property
from pirsync.ports import State
from pirsync.recall import Asserted, KeptStanding, KeptTicket, Refusals, recall, recall_all


def work_key(team: str, incident_id: str) -> str:
    """The key of the dirty set: which team's incident."""
    return f"{team}/{incident_id}"


class Known(Noun):
    """What state remembers of one incident's review (cache `review`); `open` means that polls watch its page."""

    key: str
    page: str
    version: int
    memory: Memory | None
    memory_property: Property | None
    tickets: tuple[str, ...]
    open: bool
    is_adopted: bool = False
    """Whether people made the page, also before its property says so."""

    @property
    def is_peoples(self) -> bool:
        """Whether people made the page, so that nothing on it is ever written."""
        return self.is_adopted or (self.memory is not None and self.memory.is_adopted)


class Waiting(Noun):
    """Since when an incident's changes are held back (cache `waiting`)."""

    since: datetime


class KeptBar(Noun):
    """That a page may not be written, and how often that was tried (cache `barred`)."""

    reason: str
    until: datetime
    tries: int


def memory_of(found: Property | None) -> Memory | None:
    """A content property as our memory; None where there is none or somebody else's is in its place."""
    if found is None:
        return None
    try:
        return Memory.model_validate(found.value)
    except ValueError:
        return None


def met(key: str, page: PageHead, memory: Memory | None, found: Property | None) -> Known:
    """The review of an incident as it is met: its page, with the memory and the property that were found on it."""
    return Known(
        key=key, page=page.id, version=page.version, memory=memory, memory_property=found, tickets=(), open=True
    )


def of_people(key: str, page: Page, found: Property | None) -> Known:
    """The review of an incident on a page that people made, before its property (`found`: what is there) says so."""
    return met(key, page, None, found).model_copy(update={"is_adopted": True})


def asserted_of(state: State, incident_id: str) -> dict[str, tuple[datetime, ...]]:
    """When we wrote anew, by label, which cells that somebody had written over."""
    kept = recall(state, "asserted", incident_id, Asserted)
    return kept.root if kept is not None else {}


def refused_of(state: State, incident_id: str) -> dict[str, str]:
    """What a site refused without harm, and in which words, by what was to be done."""
    kept = recall(state, "refused", incident_id, Refusals)
    return kept.root if kept is not None else {}


def journal(state: State, incident_id: str, settle: timedelta) -> Journal:
    """What the local journal says of one incident."""
    waiting = recall(state, "waiting", incident_id, Waiting)
    barred = recall(state, "barred", incident_id, KeptBar)
    kept = recall(state, "standing", incident_id, KeptStanding)
    return Journal(
        intents=state.intents(incident_id),
        settled_from=state.created_at if state.born_with_owner else state.created_at + settle,
        waiting_since=waiting.since if waiting else None,
        refused=refused_of(state, incident_id),
        wishes=recall(state, "wish", incident_id, Wishes) or Wishes(),
        asserted=asserted_of(state, incident_id),
        barred=Barred(reason=barred.reason, until=barred.until) if barred else None,
        standing=kept.standing if kept else None,
    )


def wish(state: State, owner_id: str, incident_id: str, wishes: Wishes) -> None:
    """Write down what a person asks for one incident, beside what still waits; what it asks to be made again may be."""
    known = recall_all(state, "ticket", KeptTicket).items()
    # A ticket that moved is known by its newer key; the journal has the one that it was born with.
    moved = {ticket_id for ticket_id, kept in known if kept.ticket.key in wishes.remake}
    lines = state.intents(incident_id).values()
    marks = [line.mark for line in lines if line.remote_key in wishes.remake or line.remote_id in moved]
    for mark in [*marks, *([page_mark(owner_id, incident_id)] if wishes.recreate else [])]:
        state.reopen(mark, incident_id)
    # Last: a page that was made after that was asked for ends the wish.
    earlier = recall(state, "wish", incident_id, Wishes)
    asked = wishes.after(earlier) if earlier is not None else wishes
    state.cache("wish", {incident_id: asked.model_dump(mode="json")})
