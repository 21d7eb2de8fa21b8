"""Who hears of an action that is not on its way: what is wrong with it, how high that has risen, when it rises next.

| an action | concerns its owner | then the lead | then leadership |
|---|---|---|---|
| due soon | from so many business days before its date on | – | – |
| overdue | from the day after its date on | `lead` days later | `leadership` days later |
| stale, without a date: nobody wrote to its ticket | from `stale` days after the last word on | `lead` days later | – |
| unowned: nobody active has it | – | at once | – |
| done without evidence | from the day on which it was done on | `lead` days later | `leadership` days later |

What is stale and has a date is told as such, but concerns nobody before its date does: everybody is told of a level
once, and that is not to be spent on what is due in months.

Days begin and end in the team's zone. An extension keeps an action quiet up to and with its last day; what counts in
days is then counted from the day after. Nothing falls while only time passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from pydantic import Field, ValidationInfo, field_validator

from pirsync.model import Noun, Ticket

from .calendar import Calendar
from .status import Outcome, outcome

_DAY = timedelta(days=1)


class Level(IntEnum):
    """Who is told, each with the duty of the one before them failing: the action's owner, chair, escalation."""

    OWNER = 1
    LEAD = 2
    LEADERSHIP = 3


class Concern(StrEnum):
    """What is wrong with an action."""

    DUE_SOON = "due soon"
    OVERDUE = "overdue"
    STALE = "stale"
    UNOWNED = "unowned"
    UNPROVEN = "done without evidence"


class Ladder(Noun):
    """When a team's actions rise, in days; with `on` false nobody is told of anything.

    `due_soon` are business days; 0 there and in `stale` turns that off. `title` is that of the quarterly page,
    `extensions` the path of the register of extensions.
    """

    on: bool = Field(False, strict=True)
    due_soon: int = Field(2, strict=True, ge=0, le=60)
    stale: int = Field(30, strict=True, ge=0, le=366)
    lead: int = Field(5, strict=True, ge=1, le=366)
    leadership: int = Field(15, strict=True, ge=2, le=732, validate_default=True)
    title: str = "Escalation {quarter}"
    extensions: str = Field("extensions.toml", min_length=1)

    @field_validator("leadership")
    @classmethod
    def _rise(cls, value: int, info: ValidationInfo) -> int:
        if value <= info.data.get("lead", 0):
            raise ValueError("must be more than lead")
        return value

    @field_validator("title")
    @classmethod
    def _tell_quarters_apart(cls, value: str) -> str:
        if (
            value.count("{quarter}") != 1
            or len(value) > 200
            or not value.isprintable()
            or set("{}") & set(value.replace("{quarter}", ""))
        ):
            raise ValueError("must contain {quarter} (it tells the pages apart), no other braces, on one line")
        return value


class Extension(Noun):
    """That an action may take until the end of a day before anybody is told of it: why, who approved it, and the day
    it was written down. The last one of a ticket counts; one whose day is over takes an earlier one back."""

    ticket: str = Field(min_length=1)
    id: str = ""
    until: date
    reason: str = Field(min_length=1)
    approver: str = Field(min_length=1)
    date: date

    @property
    def words(self) -> str:
        """For a person: until when, why, and on whose word."""
        return f"until {self.until.isoformat()}: {self.reason} ({self.approver}, {self.date.isoformat()})"


class Escalation(Noun):
    """What is wrong with an action now, how high each of it has risen, whether nobody wrote to its ticket for long, and
    the next instant at which any of that changes."""

    concerns: dict[Concern, Level] = Field(default_factory=dict)
    stale: bool = False
    wake: datetime | None = None

    @property
    def level(self) -> Level | None:
        """How high the action has risen; None where nothing is wrong with it."""
        return max(self.concerns.values(), default=None)


Step = tuple[date, Concern, Level]
"""From the beginning of that day on, that is wrong, and concerns them."""


def extension(ticket: Ticket, extensions: Iterable[Extension]) -> Extension | None:
    """The extension of a ticket, by the last word on it."""
    said = [one for one in extensions if one.id == ticket.id or one.ticket == ticket.key]
    return said[-1] if said else None


def escalation(
    ticket: Ticket, ladder: Ladder, extended: Extension | None, calendar: Calendar, now: datetime
) -> Escalation:
    """How an action stands at an instant. `ticket.unproven` and `ticket.touched` are told before."""
    today, quiet = calendar.day(now), extended.until if extended is not None else None
    steps = sorted(_steps(ticket, ladder, quiet, calendar))
    risen = {concern: level for day, concern, level in steps if day <= today}
    if Concern.OVERDUE in risen:
        risen.pop(Concern.DUE_SOON, None)
    concerns = {concern: risen[concern] for concern in Concern if concern in risen}
    silent = _silent(ticket, ladder, quiet, calendar)
    later = [day for day in (*(day for day, _, _ in steps), silent) if day is not None and day > today]
    return Escalation(
        concerns=concerns,
        stale=silent is not None and silent <= today,
        wake=calendar.day_start(min(later)) if later else None,
    )


def _silent(ticket: Ticket, ladder: Ladder, quiet: date | None, calendar: Calendar) -> date | None:
    """The first day on which an open action is stale."""
    if not ladder.stale or ticket.touched is None or outcome(ticket) is not Outcome.OPEN:
        return None
    return _not_before(calendar.day(ticket.touched) + ladder.stale * _DAY, quiet)


def _steps(ticket: Ticket, ladder: Ladder, quiet: date | None, calendar: Calendar) -> Iterator[Step]:
    match outcome(ticket):
        case Outcome.OPEN:
            yield from _of_date(ticket.due, ladder, quiet, calendar)
            if not has_owner(ticket):
                yield _not_before(date.min, quiet), Concern.UNOWNED, Level.LEAD
            if ticket.due is None and (silent := _silent(ticket, ladder, quiet, calendar)) is not None:
                yield from _climb(Concern.STALE, silent, ladder, Level.LEAD)
        case Outcome.UNPROVEN:
            if ticket.done_at is not None:
                start = _not_before(calendar.day(ticket.done_at), quiet)
                yield from _climb(Concern.UNPROVEN, start, ladder, Level.LEADERSHIP)
        case Outcome.DONE | Outcome.DROPPED:
            return


def _of_date(due: date | None, ladder: Ladder, quiet: date | None, calendar: Calendar) -> Iterator[Step]:
    if due is None:
        return
    soon = _not_before(_business_days_before(due, ladder.due_soon, calendar), quiet)
    if ladder.due_soon and soon <= due:
        yield soon, Concern.DUE_SOON, Level.OWNER
    yield from _climb(Concern.OVERDUE, _not_before(due + _DAY, quiet), ladder, Level.LEADERSHIP)


def _climb(concern: Concern, start: date, ladder: Ladder, top: Level) -> Iterator[Step]:
    after = {Level.OWNER: 0, Level.LEAD: ladder.lead, Level.LEADERSHIP: ladder.leadership}
    yield from ((start + days * _DAY, concern, level) for level, days in after.items() if level <= top)


def _not_before(day: date, quiet: date | None) -> date:
    return day if quiet is None else max(day, quiet + _DAY)


def _business_days_before(day: date, count: int, calendar: Calendar) -> date:
    for _ in range(count):
        day -= _DAY
        while not calendar.is_working(day):
            day -= _DAY
    return day


def has_owner(ticket: Ticket) -> bool:
    """Whether somebody who is still there has the ticket."""
    return ticket.assignee is not None and ticket.assignee.active


def next_working_moment(calendar: Calendar, at: datetime) -> datetime:
    """That instant, or the beginning of the next day on which the team works."""
    day = calendar.day(at)
    if calendar.is_working(day):
        return at
    while not calendar.is_working(day):
        day += _DAY
    return calendar.day_start(day)
