"""Look for tickets that were made before and forgotten, before any is made: by the incident's links, and by mark."""

from __future__ import annotations

from collections.abc import Iterable

from . import mapping
from .changes import CreateTicket
from .decision import Journal
from .draft import incident_label, mark_label
from .observe import Readings
from .ports import Query


def look(readings: Readings, incident_id: str, creates: Iterable[CreateTicket], said: Journal) -> None:
    """Have the tickets at hand that carry the marks of these creates, or of one that was being sent when its row had
    other words; after the state was lost, those that carry the incident's. The links' tickets are read by key with the
    next tickets."""
    tracker, want = readings.sources.tracker, readings.practice.want_ticket
    raw = tracker.issue(incident_id, mapping.want_incident(readings.practice.resolved))
    if raw is not None:
        readings.take_incident(raw)
    drafts = {create.mark: create.draft for create in creates}
    # Where a create screen has room for neither label nor link, the mark is in the description; what it had room for
    # when another create was sent, nobody knows.
    described = {mark for mark, made in drafts.items() if not made.labels and made.incident_key is None}
    doubted = {intent.mark for intent in said.tickets if intent.status == "sending"} - set(drafts)
    labels = [mark_label(mark) for mark in sorted({*drafts, *doubted} - described)]
    phrases = [mark_label(mark) for mark in sorted(described | doubted)]
    kin = incident_label(readings.practice.terms.owner_id, incident_id)
    phrases += [kin] if described else []
    labels += [kin] if any(made.labels and made.incident_key is None for made in drafts.values()) else []
    for found in tracker.search(Query(labels=tuple(labels), phrases=tuple(phrases)), want):
        ticket = readings.take_ticket(found)
        if ticket.mark is None and (whole := tracker.issue(ticket.id, want)):
            readings.take_ticket(whole)
    readings.looked.add(incident_id)
