"""Incidents with a history, and what people decided about them, in few words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pirsync.model import Event, Incident, StatusCategory
from pirsync.policy.scope import Case
from pirsync.sample import sample_incident

VIENNA = "Europe/Vienna"


def at(text: str, zone: str = "UTC") -> datetime:
    """`2026-03-02 14:30` in a zone, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def event(when: str, field: str, before: str, after: str) -> Event:
    return Event(at=at(when), author="Ana Ruiz", field=field, before=before, after=after, url="")


def incident(*events: Event, resolved: str = "", closed: str = "", **changes: Any) -> Incident:
    """The sample incident with this history; `resolved` and `closed` are what Jira's fields say."""
    over: dict[str, Any] = {
        "events": events,
        "resolved": at(resolved) if resolved else None,
        "closed": at(closed) if closed else None,
        "severity": "P1",
        "closed_statuses": ("Closed", "Resolved"),
    }
    return sample_incident().model_copy(update=over | changes)


def reopened() -> Incident:
    """Closed on 2 March, opened again on the 3rd, closed again on the 10th."""
    return incident(
        event("2026-03-02 12:00", "status", "Open", "Closed"),
        event("2026-03-03 09:00", "status", "Closed", "Open"),
        event("2026-03-10 16:00", "status", "Open", "Closed"),
        resolved="2026-03-10 16:00",
        closed="2026-03-10 16:00",
    )


def still_open() -> Incident:
    """Closed on 2 March and opened again on the 3rd."""
    return incident(
        event("2026-03-02 12:00", "status", "Open", "Closed"),
        event("2026-03-03 09:00", "status", "Closed", "Open"),
        closed="2026-03-02 12:00",
        status="Open",
        is_closed=False,
        category=StatusCategory.ACTIVE,
    )


def case(found: Incident, **changes: Any) -> Case:
    return Case(incident=found).model_copy(update=changes)
