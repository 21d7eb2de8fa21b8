"""The summary region's rows: their labels, and what each value cell says, in words and in storage format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import dropwhile
from zoneinfo import ZoneInfo

from pirsync.model import Incident, Noun
from pirsync.page_model import Lozenge

from . import cells
from .read import as_read


class SummaryCell(Noun):
    """One row of the summary. `text` is what a reader sees, or of an `issue` the key of what is linked."""

    label: str
    text: str
    storage: str
    issue: bool = False


def instant(at: datetime | None, zone: str) -> str:
    """An instant as ISO 8601 to the second, with the zone's offset; empty for None."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if at else ""


def duration(length: timedelta) -> str:
    """A length in the two largest units that matter: `3 d 4 h`, `2 h 5 min`, `40 s`."""
    seconds = int(length.total_seconds())
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    largest = list(dropwhile(lambda part: not part[0], parts))[:2]
    return " ".join(f"{n} {unit}" for n, unit in largest if n) or "0 s"


def later_events(incident: Incident, zone: str) -> str:
    """What happened to the incident after its first closure: re-opened, closed again, re-classified."""
    told: list[str] = []
    closed_once = False
    was_open = True
    for event in incident.events:
        at = instant(event.at, zone)
        if event.field == "status":
            opens = event.after not in incident.closed_statuses
            if closed_once and opens and not was_open:
                told.append(f"re-opened {at}")
            elif closed_once and not opens and was_open:
                told.append(f"closed again {at}")
            closed_once = closed_once or not opens
            was_open = opens
        elif event.field == "severity" and closed_once:
            told.append(f"severity {event.before or 'none'} → {event.after or 'none'} {at}")
    return "; ".join(told)


def words(label: str, text: str) -> SummaryCell:
    """A row whose value is plain words."""
    return SummaryCell(label=label, text=as_read(text), storage=cells.words(text))


def lines(label: str, texts: Sequence[str]) -> SummaryCell:
    """A row whose value is a few lines of plain words."""
    storage = "".join(map(cells.words, texts)) or cells.empty()
    return SummaryCell(label=label, text=as_read(" ".join(texts)), storage=storage)


def summary(incident: Incident, review: Lozenge, actions: str, zone: str) -> tuple[SummaryCell, ...]:
    """All rows of the summary, in the order in which a new page shows them."""
    begun = incident.started or incident.detected
    lasted = duration(incident.resolved - begun) if begun and incident.resolved and incident.resolved > begun else ""

    return (
        SummaryCell(label="Review status", text=review.text, storage=cells.lozenge(review)),
        SummaryCell(label="Incident", text=incident.key, storage=cells.link(incident.key, incident.url), issue=True),
        words("Title", incident.summary),
        words("Incident status", incident.status),
        words("Severity", incident.severity),
        words("Started", instant(incident.started, zone)),
        words("Detected", instant(incident.detected, zone)),
        words("Resolved", instant(incident.resolved, zone)),
        words("Closed", instant(incident.closed, zone)),
        words("Duration", lasted),
        words("Services", ", ".join(incident.services)),
        words("Actions", actions),
        words("Since the closure", later_events(incident, zone)),
    )
