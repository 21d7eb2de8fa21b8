"""Read one incident with its page and tickets, now, for whoever asks about it."""

from __future__ import annotations

from collections.abc import Iterable

from . import mapping
from .adoption import tickets_of
from .directory import Sources
from .errors import PirsyncError
from .known import journal
from .locate import names
from .model import Incident, Ticket
from .observe import Readings, Trust
from .page_model import Page
from .ports import World
from .practice import Practice


def read_one(world: World, teams: Iterable[Practice], key: str) -> tuple[Readings, Incident]:
    """One incident, read now, with its page and tickets where there are any. Raises PirsyncError where it is none."""
    for practice in teams:
        readings = Readings(Sources(world.tracker, world.wiki, world.state, world.clock.now()), practice, Trust.READ)
        raw = world.tracker.issue(key, mapping.want_incident(practice.resolved))
        if raw is None:
            raise PirsyncError(f"{key} does not exist, or our account may not see it")
        incident = readings.take_incident(raw)
        if incident.project in practice.terms.projects:
            readings.read_pages([incident.id])
            said = journal(world.state, incident.id, practice.terms.settle)
            readings.read_tickets([incident.id], {incident.id: said})
            return readings, incident
    raise PirsyncError(f"{key} is in no team's projects (team.projects)")


def rowless(readings: Readings, incident: Incident, page: Page) -> tuple[Ticket, ...]:
    """The tickets of an adopted review that a version of its page names outside of rows, or that are linked; of any
    other review none."""
    known, practice, review = readings.known.get(incident.id), readings.practice, readings.read(page)
    if known is None or not known.is_peoples:
        return ()
    passed_over = {row.ticket for row in review.rows} | set(known.memory.forgotten if known.memory else ())
    named = names(page, review, practice.context.site_url)
    found = tickets_of(incident, named, readings.tickets, practice.terms)
    return tuple(ticket for ticket in found if ticket.key not in passed_over)
