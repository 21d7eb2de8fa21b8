"""What a quarter left behind: the actions that were unowned or overdue when it ended, and still are.

| an action is left | when |
|---|---|
| overdue | its date was in the quarter or before, and it is open |
| unowned | it is open and nobody active has its ticket, or its row has no ticket for lack of an owner |

Only reviews of incidents that were closed by the quarter's end are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from pirsync.model import Incident, Noun, Ticket

from .calendar import Calendar, quarter_of
from .escalation import Extension, extension, has_owner
from .status import Outcome, outcome

NOBODY = "Nobody"
"""Under whose name stands what is unowned."""


class Quarter(Noun):
    """A calendar quarter, by its days."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """As its page is called: `2026 Q1`."""
        return f"{self.first.year} Q{(self.first.month + 2) // 3}"


class Leftover(Noun):
    """One action that a quarter left: whose, what, by when, how many days late (0: not), and its extension."""

    owner: str
    action: str
    url: str
    incident: str
    review_url: str
    due: date | None
    late: int
    extended: str


class Kept(Noun):
    """What is known of one review: its incident, its page's address, its tickets, and its rows without an owner."""

    incident: Incident
    review_url: str
    tickets: tuple[Ticket, ...]
    rows: tuple[str, ...]


def last_quarter(now: datetime, calendar: Calendar) -> Quarter:
    """The last quarter that has ended, in the team's zone."""
    first, last = quarter_of(quarter_of(calendar.day(now))[0] - timedelta(days=1))
    return Quarter(first=first, last=last)


def was_at_work(reviews: Iterable[Kept], quarter: Quarter, calendar: Calendar) -> bool:
    """Whether there was anything to review by the quarter's end; before that no page tells that nothing was left."""
    return any(_counts(one, quarter, calendar) for one in reviews)


def leftovers(
    reviews: Iterable[Kept], quarter: Quarter, extensions: Iterable[Extension], calendar: Calendar, now: datetime
) -> tuple[Leftover, ...]:
    """What a quarter left, by owner, what nobody owns first, then by date."""
    today, decided = calendar.day(now), tuple(extensions)
    found: list[Leftover] = []
    for review in (one for one in reviews if _counts(one, quarter, calendar)):
        place = {"incident": review.incident.key, "review_url": review.review_url}
        found += [_unticketed(row, place) for row in review.rows]
        for ticket in review.tickets:
            overdue = ticket.due is not None and ticket.due <= quarter.last
            if outcome(ticket) is Outcome.OPEN and (overdue or not has_owner(ticket)):
                late = (today - ticket.due).days if ticket.due is not None and overdue else 0
                found.append(_ticketed(ticket, extension(ticket, decided), place, today, late))
    return tuple(sorted(found, key=_order))


def _counts(review: Kept, quarter: Quarter, calendar: Calendar) -> bool:
    closed = review.incident.closed
    return not review.incident.is_restricted and closed is not None and calendar.day(closed) <= quarter.last


def _unticketed(row: str, place: dict[str, str]) -> Leftover:
    return Leftover(owner=NOBODY, action=row, url="", due=None, late=0, extended="", **place)


def _ticketed(ticket: Ticket, more: Extension | None, place: dict[str, str], today: date, late: int) -> Leftover:
    return Leftover(
        owner=ticket.assignee.name if ticket.assignee is not None and has_owner(ticket) else NOBODY,
        action=f"{ticket.key} {ticket.summary}",
        url=ticket.url,
        due=ticket.due,
        late=late,
        extended=more.words if more is not None and today <= more.until else "",
        **place,
    )


def _order(one: Leftover) -> tuple[bool, str, date, str]:
    return one.owner != NOBODY, one.owner, one.due or date.max, one.action
