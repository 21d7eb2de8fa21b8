"""Which days a team works, and when its days end: arithmetic over zones, weekends and holidays.

A day ends with the last instant before the next one begins in the team's zone, also where clocks change at midnight.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from pirsync.model import Noun

from .holidays import public_holidays

Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
"""The smallest step of time that an instant here can have."""


class Calendar(Noun):
    """When a team works. `regions` are countries or parts of them, whose public holidays are no working days.

    `days_off` are more of its own; `days_worked` are worked whatever else says. `first_day` says where the count of
    business days begins: on the next day, or on the day itself, where it is a working day.
    """

    zone: str = "UTC"
    weekend: tuple[Weekday, ...] = Field(("Saturday", "Sunday"), max_length=6)
    regions: tuple[str, ...] = ()
    days_off: frozenset[date] = frozenset()
    days_worked: frozenset[date] = frozenset()
    first_day: Literal["next", "same"] = "next"

    def day(self, at: datetime) -> date:
        """The calendar day that it is in the team's zone."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def day_start(self, day: date) -> datetime:
        """The first instant of a day, in UTC. Of a midnight that the clocks skip: the instant after the gap; of one
        that comes twice: the first."""
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def day_end(self, day: date) -> datetime:
        """The last instant of a day, in UTC."""
        return self.day_start(day + _DAY) - _INSTANT

    def next_day(self, at: datetime) -> datetime:
        """The first instant of the day after that instant's, in UTC."""
        return self.day_start(self.day(at) + _DAY)

    def why_off(self, day: date) -> str:
        """Why nobody works on that day: the weekday's or the holiday's name; empty for a working day."""
        if day in self.days_worked:
            return ""
        if WEEKDAYS[day.weekday()] in self.weekend:
            return WEEKDAYS[day.weekday()]
        if day in self.days_off:
            return "a day off of the team"
        names = (public_holidays(region, day.year).get(day) for region in self.regions)
        return next((name for name in names if name), "")

    def is_working(self, day: date) -> bool:
        """Whether the team works on that day."""
        return not self.why_off(day)

    def working_days(self, start: date) -> Iterator[date]:
        """The working days that count from a day on: without it, or with it, as `first_day` says."""
        day = start if self.first_day == "same" else start + _DAY
        while True:
            if self.is_working(day):
                yield day
            day += _DAY

    def nth_working_day(self, start: date, count: int) -> date:
        """The day on which so many business days (at least 1) from `start` are over."""
        days = self.working_days(start)
        for _ in range(count - 1):
            next(days)
        return next(days)

    def business_days(self, start: datetime, end: datetime) -> int:
        """How many business days of the count had begun between two instants: what "used" means in a report."""
        last = self.day(end)
        return sum(1 for _ in takewhile(lambda day: day <= last, self.working_days(self.day(start))))


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the calendar quarter in which a day lies."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    after = (first.replace(day=28) + timedelta(days=70)).replace(day=1)
    return first, after - _DAY


def day_words(day: date) -> str:
    """A day as people write it: `Mon 2 March 2026`, whatever the locale."""
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
