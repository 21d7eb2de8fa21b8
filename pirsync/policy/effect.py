"""Whether what was done works: checked so many days after a pack's action was completed, by what a person says.

| the ticket | and | then the check is |
|---|---|---|
| is not done, will not be done, or lacks proof | | none |
| is done | somebody said after that whether it works | answered, with the verdict, its author and its date |
| is done | nobody did, and the day is not over | open |
| is done | nobody did, and the day is over | overdue |

A verdict is a comment on the ticket with a line that begins with `Effective: yes` or `Effective: no`; the last one
counts. A ticket that is opened and done again wants another.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from pirsync.model import Noun, Ticket, Word

from .calendar import Calendar
from .evidence import asking, lacking
from .packs import Pack
from .status import Outcome, outcome


class State(StrEnum):
    """How a check of effectiveness stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not effective"


class Effect(Noun):
    """The check of one pack on one done action: due at the end of a day in the team's zone; `said` answers it."""

    pack: str
    days: int
    done: datetime
    due: datetime
    said: Word | None = None

    def state(self, now: datetime) -> State:
        """How it stands at an instant."""
        if self.said is not None:
            return State.EFFECTIVE if self.said.works else State.NOT_EFFECTIVE
        return State.OPEN if now <= self.due else State.OVERDUE


def validating(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """The packs that want to know whether what was done works."""
    return tuple(pack for pack in packs if pack.evidence.effectiveness_days)


def effects(packs: tuple[Pack, ...], ticket: Ticket, calendar: Calendar) -> tuple[Effect, ...]:
    """The checks of a ticket by the packs that are for its incident, the earliest first."""
    done, trail = ticket.done_at, ticket.trail
    if done is None or trail is None or not _counts_as_done(packs, ticket):
        return ()
    said = next((word for word in reversed(trail.words) if word.at >= done), None)
    found = []
    for pack in validating(packs):
        days = pack.evidence.effectiveness_days
        due = calendar.day_end(calendar.day(done) + timedelta(days=days))
        found.append(Effect(pack=pack.name, days=days, done=done, due=due, said=said))
    return tuple(sorted(found, key=lambda effect: effect.due))


def is_unheard(packs: tuple[Pack, ...], ticket: Ticket) -> bool:
    """Whether a comment that was not read yet may say whether it works."""
    trail = ticket.trail
    if trail is None or trail.is_whole or ticket.done_at is None or not validating(packs):
        return False
    return _counts_as_done(packs, ticket)


def _counts_as_done(packs: tuple[Pack, ...], ticket: Ticket) -> bool:
    is_done = outcome(ticket.model_copy(update={"unproven": False})) is Outcome.DONE
    return is_done and not lacking(asking(packs), ticket)
