"""When the clocks of an incident began to run: its resolutions and closures, from Jira's history, run by run.

A run lasts until the incident is re-opened. What lies in an earlier run is kept and shown, whatever binds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import pairwise
from typing import Literal

from pirsync.model import Event, Incident, Noun

from .packs import Clock


class Rules(Noun):
    """How a team answers what the procedures leave open; each default is told in docs/procedures.md.

    `scheduled`: whether a meeting is scheduled when its date is first set, or only when it was held.
    `resolution_statuses`, `closure_statuses`: the statuses that mean each, where Jira's fields do not tell them apart.
    `one_instant`: whether a resolution that nobody recorded is the closure and the other way round, or unknown.
    `reopening`: whether the clocks restart when an incident is closed again, or go on from the first time.
    `reclassified`: whether what was past due when an incident came into scope is told as such, or is late.
    """

    scheduled: Literal["set", "held"] = "set"
    resolution_statuses: tuple[str, ...] = ()
    closure_statuses: tuple[str, ...] = ()
    one_instant: Literal["both", "unknown"] = "both"
    reopening: Literal["restarts", "continues"] = "restarts"
    reclassified: Literal["told", "late"] = "told"


class Run(Noun):
    """One run of both clocks. `begun` is the re-opening before it (None: the first run), `ended` the one after it
    (None: the present run). `borrowed` is the clock whose instant was taken from the other, where only one is known.
    """

    begun: datetime | None
    resolution: datetime | None
    closure: datetime | None
    ended: datetime | None
    borrowed: Clock | None = None

    def started(self, clock: Clock) -> datetime | None:
        """When that clock began to run; None for one that has not, or that is not an incident's."""
        return {Clock.RESOLUTION: self.resolution, Clock.CLOSURE: self.closure}.get(clock)


def runs(incident: Incident, rules: Rules) -> tuple[Run, ...]:
    """Every run of an incident's clocks, oldest first; the last one is the present."""
    closed = incident.closed_statuses
    steps = [event for event in incident.events if event.field == "status"]
    openings = [event.at for event in steps if event.before in closed and event.after not in closed]
    edges = [None, *openings, None]
    return tuple(_run(incident, rules, begun, ended) for begun, ended in pairwise(edges))


def binding_run(found: tuple[Run, ...], rules: Rules) -> Run:
    """The run whose clocks count: the present one, or where the clocks go on, the first that has any instant."""
    if rules.reopening == "continues":
        return next((run for run in found if run.resolution or run.closure), found[-1])
    return found[-1]


def _run(incident: Incident, rules: Rules, begun: datetime | None, ended: datetime | None) -> Run:
    def within(at: datetime | None) -> bool:
        return at is not None and (begun is None or at >= begun) and (ended is None or at < ended)

    steps = [event for event in incident.events if within(event.at)]
    if rules.resolution_statuses:
        resolution = _entered(steps, rules.resolution_statuses)
    else:
        resolution = incident.resolved if within(incident.resolved) else _resolved(steps)
    if rules.closure_statuses:
        closure = _entered(steps, rules.closure_statuses)
    else:
        closure = incident.closed if within(incident.closed) else _entered(steps, incident.closed_statuses)
    borrowed = None
    if rules.one_instant == "both" and (resolution is None) != (closure is None):
        declared = rules.closure_statuses if closure is None else rules.resolution_statuses
        if not declared:
            borrowed = Clock.CLOSURE if closure is None else Clock.RESOLUTION
            resolution = closure = resolution or closure
    return Run(begun=begun, resolution=resolution, closure=closure, ended=ended, borrowed=borrowed)


def _entered(steps: list[Event], statuses: Collection[str]) -> datetime | None:
    """The last step into one of the statuses from another."""
    found = [e.at for e in steps if e.field == "status" and e.after in statuses and e.before not in statuses]
    return found[-1] if found else None


def _resolved(steps: list[Event]) -> datetime | None:
    found = [event.at for event in steps if event.field.casefold() == "resolution" and event.after]
    return found[-1] if found else None
