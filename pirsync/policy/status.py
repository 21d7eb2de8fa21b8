"""What a ticket's and a review's state is called: one vocabulary for the page, the index and the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pirsync.model import Incident, Noun, StatusCategory, Ticket
from pirsync.page_model import Lozenge

LOZENGE_LENGTH = 20
"""Confluence shows longer lozenges badly; facts: Confluence, "Status words"."""

DROPPED_WORDS = frozenset(
    {
        "wontdo",
        "wontfix",
        "duplicate",
        "cannotreproduce",
        "incomplete",
        "declined",
        "rejected",
        "canceled",
        "cancelled",
        "invalid",
        "notabug",
        "obsolete",
        "abandoned",
    }
)
"""Resolutions and statuses of category Done that mean "will not be done", folded to letters."""


NO_EVIDENCE = "DONE, NO EVIDENCE"
"""The status of a ticket that is done without the proof that the team's procedures want."""


class Outcome(StrEnum):
    """What has become of an action item. "Won't do" is not "done" (facts: Jira trap 31)."""

    OPEN = "open"
    DONE = "done"
    UNPROVEN = "done without evidence"
    DROPPED = "dropped"


class Counts(Noun):
    """The state of a review's action items. `unticketed` are rows that have text but no ticket yet."""

    done: int
    open: int
    dropped: int
    overdue: int
    unticketed: int
    unproven: int = 0

    @property
    def total(self) -> int:
        """All action items that are tickets or want to become one."""
        return self.done + self.open + self.dropped + self.unticketed + self.unproven


def _letters(words: str) -> str:
    return "".join(c for c in words.casefold() if c.isalnum())


def outcome(ticket: Ticket) -> Outcome:
    """Open, done or dropped: by category first, then by what the resolution or the status is called, then by proof."""
    if not ticket.is_done:
        return Outcome.OPEN
    if {_letters(ticket.resolution), _letters(ticket.status)} & DROPPED_WORDS:
        return Outcome.DROPPED
    return Outcome.UNPROVEN if ticket.unproven else Outcome.DONE


def lozenge_text(words: str) -> str:
    """Words as a lozenge shows them: upper case, folded, at most 20 characters, never empty."""
    seen = "".join(c for c in words.upper() if c.isprintable() or c.isspace())
    folded = " ".join(seen.split()) or "UNKNOWN"
    return folded if len(folded) <= LOZENGE_LENGTH else folded[: LOZENGE_LENGTH - 1].rstrip() + "…"


def ticket_lozenge(ticket: Ticket) -> Lozenge:
    """A ticket's status for its row; the words differ too, so colour is never the only signal."""
    match outcome(ticket):
        case Outcome.DONE:
            return Lozenge(text=lozenge_text(ticket.status), colour="Green")
        case Outcome.UNPROVEN:
            return Lozenge(text=NO_EVIDENCE, colour="Yellow")
        case Outcome.DROPPED:
            dropped = _letters(ticket.resolution) in DROPPED_WORDS
            return Lozenge(text=lozenge_text(ticket.resolution if dropped else ticket.status), colour="Grey")
        case Outcome.OPEN:
            active = ticket.category is StatusCategory.ACTIVE
            return Lozenge(text=lozenge_text(ticket.status), colour="Blue" if active else "Grey")


def today(now: datetime, zone: str) -> date:
    """The calendar day it is in the team's zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def is_overdue(ticket: Ticket, now: datetime, zone: str) -> bool:
    """True when the whole due day has passed in the team's zone and the ticket is open."""
    return ticket.due is not None and outcome(ticket) is Outcome.OPEN and has_passed(ticket.due, now, zone)


def has_passed(due: date, now: datetime, zone: str) -> bool:
    """Whether the whole day is over in the team's zone."""
    return today(now, zone) > due


def overdue_at(due: date, zone: str) -> datetime:
    """The instant at which something due on that day becomes overdue: the next midnight in the zone."""
    return datetime.combine(due + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))


def count(tickets: Iterable[Ticket], unticketed: int, now: datetime, zone: str) -> Counts:
    """The counts that the summary and the index show."""
    outcomes = dict.fromkeys(Outcome, 0)
    overdue = 0
    for ticket in tickets:
        outcomes[outcome(ticket)] += 1
        overdue += is_overdue(ticket, now, zone)
    return Counts(
        done=outcomes[Outcome.DONE],
        open=outcomes[Outcome.OPEN],
        dropped=outcomes[Outcome.DROPPED],
        overdue=overdue,
        unticketed=unticketed,
        unproven=outcomes[Outcome.UNPROVEN],
    )


def review_lozenge(incident: Incident, counts: Counts) -> Lozenge:
    """The review's own status, from the incident and its action items."""
    if not incident.is_closed:
        return Lozenge(text="RE-OPENED", colour="Yellow")
    if counts.overdue:
        return Lozenge(text="ACTIONS OVERDUE", colour="Red")
    if counts.unticketed or not counts.total:
        return Lozenge(text="IN REVIEW", colour="Blue")
    if counts.open:
        return Lozenge(text="ACTIONS OPEN", colour="Blue")
    if counts.unproven:
        return Lozenge(text="EVIDENCE MISSING", colour="Yellow")
    if counts.dropped:
        return Lozenge(text="ACTIONS CLOSED", colour="Yellow")
    return Lozenge(text="ACTIONS COMPLETE", colour="Green")


def describe(counts: Counts) -> str:
    """The counts as one line: `3 of 5 done, 1 open, 1 overdue`; parts that are zero are left out."""
    if not counts.total:
        return "none yet"
    parts = [f"{counts.done} of {counts.total} done"]
    parts += [f"{counts.open} open"] if counts.open else []
    parts += [f"{counts.overdue} overdue"] if counts.overdue else []
    parts += [f"{counts.unproven} done without evidence"] if counts.unproven else []
    parts += [f"{counts.unticketed} without a ticket"] if counts.unticketed else []
    parts += [f"{counts.dropped} will not be done"] if counts.dropped else []
    return ", ".join(parts)
