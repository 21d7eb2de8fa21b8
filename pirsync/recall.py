"""What state remembers, in the shape that this pirsync knows; a value in any other shape was never remembered.

A cache outlives the pirsync that wrote it: a newer one may have added to a value, and an older one lacks what we
need. Nothing in a cache is worth a guess, for everything in it can be read or concluded again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, RootModel

from .model import Noun, Ticket
from .page_model import Page
from .policy.standing import ReviewStanding
from .ports import State

N = TypeVar("N", bound=BaseModel)

ABSENT = "absent"
"""The kind of cache that names the incidents with a review which could not be read when they were last asked for."""


class Place(Noun):
    """Whose a page is, and the version that was last seen of it (cache `page`, and `open` while polls watch it)."""

    incident: str
    team: str
    version: int


class KeptTicket(Noun):
    """A ticket and the incident whose it is (cache `ticket`)."""

    incident: str
    ticket: Ticket


class KeptStanding(Noun):
    """How a review stood when a pass left it at rest, and when that pass read it (cache `standing`)."""

    read: AwareDatetime
    standing: ReviewStanding


class KeptPasses(Noun):
    """When the last poll and the last full sweep of a team began that went through; a sweep is a poll, too (cache
    `passes`)."""

    last: AwareDatetime
    sweep: AwareDatetime | None = None


class KeptIndex(Noun):
    """A team's index page by its id, as we last wrote it where that is certain, and whether it has our label where
    we know (cache `index`)."""

    page: str
    held: Page | None = None
    labelled: bool | None = None


class KeptHold(Noun):
    """Until when a product asked to be left alone (cache `hold`)."""

    until: AwareDatetime


class KeptWarning(Noun):
    """Of which end of a product's token, and how many days ahead, people were told (cache `token`)."""

    expires: date
    level: int


class Asserted(RootModel[dict[str, tuple[AwareDatetime, ...]]]):
    """When we wrote anew, by label, which cells that somebody had written over (cache `asserted`)."""


class Refusals(RootModel[dict[str, str]]):
    """What a site refused without harm, and in which words (cache `refused`)."""


def recall(state: State, kind: str, key: str, shape: type[N]) -> N | None:
    """A cached value, or None where there is none or none of this shape."""
    return _in_shape(state.cached(kind, key), shape)


def recall_all(state: State, kind: str, shape: type[N]) -> dict[str, N]:
    """All cached values of one kind that have this shape, by key."""
    told = {key: _in_shape(value, shape) for key, value in state.cached_all(kind).items()}
    return {key: value for key, value in told.items() if value is not None}


def trusted(state: State, kind: str, key: str, shape: type[N]) -> N | None:
    """A cached value that may stand for reading it; None where there is none, or where it is only what was last known
    of what has to be read again (cache `unread`)."""
    return recall(state, kind, key, shape) if is_read(state, kind, key) else None


def last_keys(state: State, ids: Iterable[str]) -> dict[str, str]:
    """The keys that tickets were last known by, by id; empty of one that was never read."""
    kept = {ticket_id: recall(state, "ticket", ticket_id, KeptTicket) for ticket_id in sorted(ids)}
    return {ticket_id: found.ticket.key if found is not None else "" for ticket_id, found in kept.items()}


def is_read(state: State, kind: str, key: str) -> bool:
    """Whether what is cached is more than what was last known of something that has to be read again."""
    return state.cached("unread", f"{kind}/{key}") is None


def distrust(state: State, kind: str, keys: Iterable[str]) -> None:
    """Have what is cached read again; what was last known of them stays, for what cannot wait for that."""
    state.cache("unread", {f"{kind}/{key}": {} for key in keys if state.cached(kind, key) is not None})


def _in_shape(value: object, shape: type[N]) -> N | None:
    if value is None:
        return None
    try:
        return shape.model_validate(value)
    except ValueError:
        return None
