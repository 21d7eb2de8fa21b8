"""Read one incident with its page and tickets, now, for whoever asks about it."""

from __future__ import annotations

from collections.abc import Iterable

from . import mapping
from .directory import Sources
from .errors import PirsyncError
from .known import journal
from .model import Incident
from .observe import Readings, Trust
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
