"""Look for tickets that were made before and forgotten, before any is made: by the incident's links, and by mark."""

from __future__ import annotations

from collections.abc import Iterable

from . import mapping
from .changes import CreateTicket
from .decision import Journal
from .draft import mark_label
from .observe import Readings
from .ports import Query


def look(readings: Readings, incident_id: str, creates: Iterable[CreateTicket], said: Journal) -> None:
    """Have the tickets at hand that carry the marks of these creates, or of one that was being sent when its row had
    other words. The links' tickets are read by key with the next tickets."""
    tracker, want = readings.sources.tracker, readings.practice.want_ticket
    raw = tracker.issue(incident_id, mapping.want_incident(readings.practice.resolved))
    if raw is not None:
        readings.take_incident(raw)
    marks = {create.mark: create.draft for create in creates}
    # Where a create screen has room for neither label nor link, the mark is in the description; what it had room for
    # when another create was sent, nobody knows.
    described = {mark for mark, made in marks.items() if not made.labels and made.incident_key is None}
    doubted = {intent.mark for intent in said.tickets if intent.status == "sending"} - set(marks)
    query = Query(
        labels=tuple(mark_label(mark) for mark in (*marks, *sorted(doubted)) if mark not in described),
        phrases=tuple(mark_label(mark) for mark in (*marks, *sorted(doubted)) if mark in described | doubted),
    )
    for found in tracker.search(query, want):
        ticket = readings.take_ticket(found)
        if ticket.mark is None and (whole := tracker.issue(ticket.id, want)):
            readings.take_ticket(whole)
    readings.looked.add(incident_id)
