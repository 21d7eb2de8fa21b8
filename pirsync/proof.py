"""Read what may prove a done action, or say whether it works, where what came with its ticket does not."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from . import raw
from .errors import Rejected
from .model import Ticket
from .policy.effect import is_unheard
from .policy.evidence import lacking, want_outside
from .policy.packs import Pack
from .ports import TrackerReads


def sought(
    tickets: Iterable[Ticket], packs: tuple[Pack, ...], concerning: tuple[Pack, ...], tracker: TrackerReads
) -> list[Ticket]:
    """Those of the tickets of which more had to be read, with all their comments and links to the outside: for lack of
    a proof that one of `packs` wants, or of a word to those that are `concerning` whether it works."""
    known = {ticket.id: ticket for ticket in tickets}.values()
    lack = [ticket for ticket in known if _is_open(ticket, packs) or is_unheard(concerning, ticket)]
    return tracker.each(partial(_whole, packs, tracker), lack)


def _is_open(ticket: Ticket, packs: tuple[Pack, ...]) -> bool:
    """Whether something that was not read yet could be a proof."""
    lack, trail = lacking(packs, ticket), ticket.trail
    return bool(lack) and trail is not None and (not trail.is_whole or (trail.outside is None and want_outside(lack)))


def _whole(packs: tuple[Pack, ...], tracker: TrackerReads, ticket: Ticket) -> Ticket:
    trail = ticket.trail
    assert trail is not None  # a ticket without one lacks nothing
    if not trail.is_whole:
        comments = tracker.comments(ticket.id)
        fresh = {"addresses": raw.addresses(comments), "words": raw.words_on_effect(comments), "is_whole": True}
        ticket = ticket.model_copy(update={"trail": trail.model_copy(update=fresh)})
    if not want_outside(lacking(packs, ticket)):
        return ticket
    try:
        outside = tuple(sorted({link.url for link in tracker.remote_links(ticket.id)}))
    except Rejected:
        # Where links are turned off, there are none.
        outside = ()
    assert ticket.trail is not None
    return ticket.model_copy(update={"trail": ticket.trail.model_copy(update={"outside": outside})})
