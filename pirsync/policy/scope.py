"""Whether a procedure is for an incident: yes, no or cannot tell, by which words and since when. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from pirsync.model import Incident, Noun

from .packs import EVERY, Clause, Pack


class Answer(StrEnum):
    """What can honestly be said."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot tell"


class Ruling(Noun):
    """A decision that a named person recorded. `verdict` is yes or no, or of a criterion its id."""

    verdict: str
    by: str
    at: datetime | None


class Case(Noun):
    """An incident with what people decided about it. `severities` are all the words that the team's mapping knows."""

    incident: Incident
    severities: tuple[str, ...] = ("P1", "P2", "P3", "P4", "P5")
    major: Ruling | None = None
    criterion: Ruling | None = None


class InScope(Noun):
    """The answer and its reason. `since` is when the incident came into scope; None: as far as is known, from the
    beginning."""

    answer: Answer
    reason: str
    since: datetime | None = None


def scope(pack: Pack, case: Case) -> InScope:
    """Whether the pack is for the incident as it is classified now."""
    wanted, incident = pack.scope, case.incident
    if EVERY not in wanted.types and incident.type not in wanted.types:
        return _no(f"{pack.name} is for {', '.join(wanted.types)}, and its type is {incident.type or 'none'}")
    if wanted.decided_by is None:
        return _by_severity(pack, case)
    major = _major(pack, case)
    if major.answer is Answer.YES or not (wanted.severities or wanted.conditional):
        return major
    by_severity = _by_severity(pack, case)
    return major if by_severity.answer is Answer.NO else by_severity


def applies(clause: Clause, pack: Pack, case: Case) -> InScope:
    """Whether one clause of a pack is for the incident, given that it has a severity of its own or the pack's."""
    found = scope(pack, case)
    if found.answer is not Answer.YES or not clause.severities:
        return found
    if case.incident.severity not in clause.severities:
        return _no(f"{pack.name} {clause.id} is for {', '.join(clause.severities)}")
    since = latest(found.since, held_since(case.incident, clause.severities))
    return found.model_copy(update={"since": since})


def held_since(incident: Incident, severities: Collection[str]) -> datetime | None:
    """Since when the incident has had one of the severities without a break; None: from the beginning."""
    changes = [event for event in incident.events if event.field == "severity"]
    since = None
    for event in changes:
        if event.after in severities and event.before not in severities:
            since = event.at
    return since


def latest(*instants: datetime | None) -> datetime | None:
    """The latest of those that are known."""
    return max((at for at in instants if at is not None), default=None)


def _by_severity(pack: Pack, case: Case) -> InScope:
    wanted, incident = pack.scope, case.incident
    severity = incident.severity
    if not severity:
        return _unsure(f"it has no severity, by which {pack.name} tells its incidents")
    if EVERY in wanted.severities:
        return InScope(answer=Answer.YES, reason=f"{pack.name} is for every severity, {severity} too")
    if severity in wanted.severities:
        since = held_since(incident, wanted.severities)
        return InScope(answer=Answer.YES, reason=f"{pack.name} is for {severity}", since=since)
    if severity in wanted.conditional:
        return _conditional(pack, case)
    if severity not in case.severities:
        return _unsure(f'no mapping says what severity "{severity}" is: add it to the table [severity] of yours')
    return _no(f"{pack.name} is for {', '.join((*wanted.severities, *wanted.conditional))}, and it is {severity}")


def _major(pack: Pack, case: Case) -> InScope:
    name = " or ".join(pack.roles_of(pack.scope.decided_by)) if pack.scope.decided_by else ""
    if case.major is None:
        return _unsure(f"{pack.name} is for major incidents, and the {name} has not recorded whether this is one")
    by = f"{case.major.by} decided that it is {'' if case.major.verdict == 'yes' else 'not '}major"
    if case.major.verdict != "yes":
        return _no(by)
    return InScope(answer=Answer.YES, reason=f"{by}, so {pack.name} is for it", since=case.major.at)


def _conditional(pack: Pack, case: Case) -> InScope:
    severity, ruling = case.incident.severity, case.criterion
    grounds = {criterion.id: criterion.text for criterion in pack.scope.criteria}
    if ruling is None:
        known = ", ".join(grounds)
        return _unsure(f"{pack.name} is for {severity} by criteria, and nobody recorded one of {known}, or none")
    if ruling.verdict == "none":
        return _no(f"{ruling.by} recorded that none of {pack.name}'s criteria for {severity} holds")
    if ruling.verdict not in grounds:
        return _unsure(f'"{ruling.verdict}" is none of {pack.name}\'s criteria: {", ".join(grounds)}')
    reason = f"{ruling.by} recorded the criterion {ruling.verdict} ({grounds[ruling.verdict].lower()}) for {severity}"
    since = latest(held_since(case.incident, (*pack.scope.severities, *pack.scope.conditional)), ruling.at)
    return InScope(answer=Answer.YES, reason=reason, since=since)


def _no(reason: str) -> InScope:
    return InScope(answer=Answer.NO, reason=reason)


def _unsure(reason: str) -> InScope:
    return InScope(answer=Answer.CANNOT_TELL, reason=reason)
