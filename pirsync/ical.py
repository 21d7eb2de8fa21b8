"""An event as an iCalendar file (RFC 5545): the same event always gives the same bytes.

It is published, for people to open and to send. So it has no ATTENDEE, which RFC 5545 (3.8.4.1) and RFC 5546 (3.2.1)
forbid there, and of which calendars accept nothing but a mail address: whoever is to come stands in the description.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .model import Noun

PRODUCT = "-//pirsync//Post-incident review//EN"
MEDIA_TYPE = "text/calendar"


class Happening(Noun):
    """What an event says. `starts` without a time is a whole day; the time of day is that of `zone`.

    `summary`, `contact` and `url` are one line each; `contact` may be empty. `cancelled`: it will not be.
    """

    uid: str
    day: date
    time: time | None
    zone: str
    length: timedelta
    summary: str
    description: str
    url: str
    contact: str
    cancelled: bool = False


def write(happening: Happening, sequence: int, stamp: datetime) -> str:
    """The file's text. `sequence` rises with each change of what it says; `stamp` is the instant of that change."""
    from icalendar import Calendar, Event  # a third of a second that only a meeting is worth

    event = Event()
    event.add("uid", happening.uid)
    event.add("sequence", sequence)
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    for name, value in zip(("dtstart", "dtend"), _span(happening), strict=True):
        event.add(name, value)
    event.add("summary", happening.summary)
    event.add("description", happening.description)
    event.add("url", happening.url)
    if happening.contact:
        event.add("contact", happening.contact)
    event.add("status", "CANCELLED" if happening.cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def _span(happening: Happening) -> tuple[datetime, datetime] | tuple[date, date]:
    """Start and end: in UTC, which needs no table of a zone's clocks; or a day and the next one."""
    if happening.time is None:
        return happening.day, happening.day + timedelta(days=1)
    starts = datetime.combine(happening.day, happening.time, tzinfo=ZoneInfo(happening.zone)).astimezone(UTC)
    return starts, starts + happening.length
