"""What is said of actions that are not on their way: on each ticket one comment for each level that it rises to. Pure.

| the level | and | then |
|---|---|---|
| was never told | the team works today, and it got no comment today | a comment that mentions the level's person |
| was never told | otherwise | it waits for the next working day |
| was told, or there is none any more | the newest comment says something else | it is edited, which tells nobody anew |

Levels are told one after the other from the bottom, each once. A level that has nobody, or somebody who is told at a
lower one, is left out.
"""

from __future__ import annotations

from . import draft
from .decision import FindingKind
from .model import Ticket
from .notices import RUNGS, Notice
from .policy.deadlines import by
from .policy.escalation import (
    Concern,
    Escalation,
    Level,
    escalation,
    extension,
    has_owner,
    next_working_moment,
)
from .policy.packs import Duty, Milestone
from .policy.scope import Answer, scope
from .policy.status import Outcome, outcome
from .ports import IntentStatus
from .rows import RowPlan, Situation, is_foreign, speak

# There is no address in these words: a comment of ours must never be taken for the proof that a procedure asks for.
_DONE = "This is {status} now. Nothing is to be done because of this comment."
_IN_ORDER = "This is in order again. Nothing is to be done because of this comment."
_WAYS = {
    Concern.DUE_SOON: "finish it in time, or agree on another date",
    Concern.OVERDUE: "finish it, or agree on another date",
    Concern.STALE: "say here how it goes",
    Concern.UNOWNED: "assign it to somebody",
    Concern.UNPROVEN: "add to it what shows that it was done, or open it again",
}
"""What its owner does about each."""
_ABOVE = {
    Concern.DUE_SOON: "see that it is finished in time, or agree on another date",
    Concern.OVERDUE: "see that it is finished, or agree on another date",
    Concern.STALE: "ask how it goes",
    Concern.UNOWNED: "assign it to somebody",
    Concern.UNPROVEN: "have it shown that it was done, or have it opened again",
}
"""What those above do about each."""


def plan_escalation(situation: Situation, plan: RowPlan) -> None:
    """Tell of every action of a review that concerns somebody, and look again when one rises."""
    if not situation.terms.ladder.on:
        return
    for ticket in {ticket.id: ticket for ticket in plan.tickets}.values():
        if not is_foreign(ticket, situation):
            _escalate(situation, ticket, plan)


def _escalate(situation: Situation, ticket: Ticket, plan: RowPlan) -> None:
    terms, now = situation.terms, situation.now
    extended = extension(ticket, terms.extensions)
    found = escalation(ticket, terms.ladder, extended, terms.procedures.calendar, now)
    plan.wakes += [found.wake] if found.wake is not None else []
    _find(situation, ticket, found, plan)
    people, told = _people(situation, ticket), _told(situation, ticket)
    if Concern.UNPROVEN in found.concerns:
        # The comment that asks for proof has told the owner.
        people.pop(Level.OWNER, None)
    untold = [level for level in people if found.level is not None and level <= found.level and level not in told]
    voice = max((level for level in told if told[level].remote_id), key=lambda it: _age(told[it]), default=None)
    if untold and (works := next_working_moment(terms.procedures.calendar, now)) > now:
        plan.wakes.append(works)
    elif untold:
        speak(situation, _notice(situation, ticket, found, untold[0], people), plan)
        return
    if voice is not None:
        speak(situation, _notice(situation, ticket, found, voice, people), plan)


def _told(situation: Situation, ticket: Ticket) -> dict[Level, IntentStatus]:
    """The levels that have a comment, had one that people deleted, or were refused one. What was provably not sent,
    whose line has no digest, is none of these."""
    owner, incident = situation.terms.owner_id, situation.observed.incident.id
    lines = {
        level: situation.journal.intents.get(draft.comment_mark(owner, incident, ticket.id, about))
        for level, about in RUNGS.items()
    }
    ended = {level: line for level, line in lines.items() if line is not None}
    return {level: line for level, line in ended.items() if line.remote_id or _is_told(line)}


def _is_told(line: IntentStatus) -> bool:
    return line.status == "done" or (line.status == "rejected" and bool(line.digest))


def _age(line: IntentStatus) -> tuple[int, str]:
    """Of two comments the newer one has the higher number, whoever edited which when."""
    return len(line.remote_id), line.remote_id


def _people(situation: Situation, ticket: Ticket) -> dict[Level, str]:
    """Who is told at each level, from the bottom; nobody stands at two."""
    people, incident = situation.terms.procedures.people, situation.observed.incident
    commander = incident.commander or incident.assignee
    leads = people.of(Duty.CHAIR) or ((commander.account,) if commander is not None and commander.active else ())
    owner = (ticket.assignee.account,) if ticket.assignee is not None and has_owner(ticket) else ()
    found = {Level.OWNER: owner, Level.LEAD: leads, Level.LEADERSHIP: people.of(Duty.ESCALATION)}
    told: dict[Level, str] = {}
    for level, accounts in found.items():
        told |= {level: accounts[0]} if accounts and accounts[0] not in told.values() else {}
    return told


def _find(situation: Situation, ticket: Ticket, found: Escalation, plan: RowPlan) -> None:
    if Concern.UNOWNED in found.concerns:
        who = f"{ticket.assignee.name}, who has left" if ticket.assignee is not None else "nobody"
        plan.findings.append(situation.finding(FindingKind.UNOWNED, f"{ticket.key} is assigned to {who}"))
    if found.stale and ticket.touched is not None:
        day = situation.terms.procedures.calendar.day(ticket.touched)
        message = f"{ticket.key} is {ticket.status}; nobody has written to it since {day.isoformat()}"
        plan.findings.append(situation.finding(FindingKind.STALE, message))


# ---------------------------------------------------------------- in words


def _notice(situation: Situation, ticket: Ticket, found: Escalation, level: Level, people: dict[Level, str]) -> Notice:
    if found.concerns:
        body, said = _body(situation, ticket, found, level, people), ", ".join(found.concerns)
    elif outcome(ticket) is Outcome.OPEN:
        body, said = _IN_ORDER, "it is in order again"
    else:
        body, said = _DONE.format(status=draft.escape_markup(ticket.status)), "it is done"
    who = level.name.lower()
    return Notice(
        issue_id=ticket.id, issue_key=ticket.key, about=RUNGS[level], body=body, said=f"{said} (told to: {who})"
    )


def _body(situation: Situation, ticket: Ticket, found: Escalation, level: Level, people: dict[Level, str]) -> str:
    account = people.get(level, "")
    prefix = "accountid:" if situation.terms.deployment == "cloud" else ""
    whom = f"[~{prefix}{account}] " if account else ""
    incident = situation.observed.incident.key
    ways = _WAYS if level is Level.OWNER else _ABOVE
    lines = [f"* {_said(situation, ticket, concern)}: {ways[concern]}" for concern in found.concerns]
    if level is not Level.OWNER and ticket.assignee is not None and has_owner(ticket):
        lines.append(f"* {draft.escape_markup(ticket.assignee.name)} has it")
    return "\n".join([f"{whom}This action of the review of {incident} needs you:", "", *lines])


def _said(situation: Situation, ticket: Ticket, concern: Concern) -> str:
    calendar = situation.terms.procedures.calendar
    match concern:
        case Concern.DUE_SOON | Concern.OVERDUE:
            assert ticket.due is not None  # only what has a date is due
            when = by(calendar.day_end(ticket.due), calendar)
            verb = "it is due" if concern is Concern.DUE_SOON else "it was due"
            return draft.escape_markup(f"{verb} {when}{_clauses(situation)}")
        case Concern.STALE:
            return f"nobody has written to it for {situation.terms.ladder.stale} days"
        case Concern.UNOWNED:
            return "nobody has it"
        case Concern.UNPROVEN:
            return draft.escape_markup(f"it is {ticket.status}, but nothing shows that it was done")


def _clauses(situation: Situation) -> str:
    """The clauses that want actions completed, of the procedures that are for the incident."""
    procedures, observed = situation.terms.procedures, situation.observed
    case = procedures.case(observed.incident, observed.review)
    names = [
        f"{pack.name} {clause.id} ({clause.where})"
        for pack in procedures.packs
        if scope(pack, case).answer is Answer.YES
        for clause in pack.clauses
        if clause.must is Milestone.COMPLETED
    ]
    return f" ({'; '.join(names)})" if names else ""
