"""`pirsync resolve extend`: an action may take until a day before anybody is told of it; why, and on whose word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from pirsync import mapping, output
from pirsync.adapters.overlay import overlay
from pirsync.build import Bench
from pirsync.commands import enter
from pirsync.extensions import add_extension
from pirsync.model import Ticket
from pirsync.policy.escalation import Extension
from pirsync.practice import Practice
from pirsync.recall import KeptTicket, recall


def extend(bench: Bench, key: str, said: Mapping[str, object], sure: Callable[[], bool]) -> int:
    """Show what extending one action leads to, and once they are sure, enter it into the register and do it; the exit
    code."""
    for practice in bench.teams():
        raw = bench.world.tracker.issue(key, mapping.want_ticket())
        if raw is None:
            output.line(f"{key}: no such issue, or our account cannot see it", problem=True)
            return 1
        ticket = mapping.ticket(raw, practice.context)
        incident_id = _incident(bench, practice, ticket)
        incident = bench.world.tracker.issue(incident_id, mapping.want_ticket()) if incident_id else None
        if incident is not None and mapping.ticket(incident, practice.context).project in practice.terms.projects:
            return _extend(bench, practice, ticket, str(incident["key"]), said, sure)
    output.line(f"{key}: is no action of a review that we know", problem=True)
    return 1


def _incident(bench: Bench, practice: Practice, ticket: Ticket) -> str:
    """The id of the incident whose action a ticket is: as remembered, else as its mark says."""
    kept = recall(bench.world.state, "ticket", ticket.id, KeptTicket)
    if kept is not None:
        return kept.incident
    ours = ticket.mark is not None and ticket.mark.owner == practice.terms.owner_id
    return ticket.mark.incident if ours and ticket.mark is not None else ""


def _extend(
    bench: Bench,
    practice: Practice,
    ticket: Ticket,
    incident: str,
    said: Mapping[str, object],
    sure: Callable[[], bool],
) -> int:
    team = next(team for team in bench.settings.teams if team.name == practice.terms.team)
    today = practice.terms.procedures.calendar.day(bench.world.clock.now())
    decided = Extension.model_validate({"ticket": ticket.key, "id": ticket.id, "date": today, **said})
    if not team.escalation.on:
        output.line(f"escalation is off for the team {team.name}: nobody is told of {ticket.key} anyway", problem=True)
    register = bench.settings.path.parent / team.escalation.extensions
    dry = replace(bench.with_world(overlay(bench.world)), extending=(decided,))
    word = f"extend {ticket.key} {decided.words}"
    return enter((bench, dry), incident, word, {register: partial(add_extension, register, decided)}, sure)
