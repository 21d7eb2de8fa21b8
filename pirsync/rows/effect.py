"""So many days after an action was done its ticket is asked once whether that works; people's answers are followed.

| the check is | and | then |
|---|---|---|
| open | | nothing, until it is due |
| overdue | | a finding; one comment on the ticket asks |
| answered with yes | it was asked | the comment says who answered, and when |
| answered with no | | a finding; likewise |
"""

from __future__ import annotations

from pirsync import draft
from pirsync.decision import FindingKind
from pirsync.model import Ticket
from pirsync.notices import EFFECT, Notice
from pirsync.policy.calendar import day_words
from pirsync.policy.effect import Effect, State, effects, validating

from .situation import RowPlan, Situation, is_foreign
from .speak import speak

# No line of these words may begin as an answer does: the comment must never be the answer that it asks for.
_ASKED = (
    "This was done on {done}. Does it work? The review of {incident} wants to know {days} days later ({pack}). Whoever "
    "can tell answers in a comment on this issue that begins with *Effective: yes* or *Effective: no*; the reason may "
    "follow."
)
_ANSWERED = "{who} said on {day} that what was done here {works}. The review of {incident} shows it."


def plan_effect(situation: Situation, ticket: Ticket, plan: RowPlan) -> None:
    """Ask whether a done action works once that is due, and tell what was answered."""
    if not ticket.is_done or not validating(situation.terms.procedures.packs):
        return
    found = effects(situation.concerning, ticket, situation.calendar)
    if not found:
        return
    first = found[0]
    match first.state(situation.now):
        case State.OPEN:
            plan.wakes.append(situation.calendar.next_day(first.due))
            return
        case State.OVERDUE:
            message = f"nobody has said whether what {ticket.key} did works; {first.pack} wants to know since "
            message += day_words(situation.calendar.day(first.due))
            plan.findings.append(situation.finding(FindingKind.EFFECT_UNKNOWN, message))
        case State.NOT_EFFECTIVE if first.said is not None:
            message = f"{first.said.author} said of {ticket.key} that what was done does not work"
            plan.findings.append(situation.finding(FindingKind.NOT_EFFECTIVE, message))
    if is_foreign(ticket, situation):
        return
    mark = draft.comment_mark(situation.terms.owner_id, situation.observed.incident.id, ticket.id, EFFECT)
    if first.said is None or mark in situation.journal.intents:
        speak(situation, _notice(situation, ticket, first), plan)


def _notice(situation: Situation, ticket: Ticket, effect: Effect) -> Notice:
    incident, calendar = situation.observed.incident.key, situation.calendar
    if effect.said is None:
        done = day_words(calendar.day(effect.done))
        body = _ASKED.format(done=done, incident=incident, days=effect.days, pack=draft.escape_markup(effect.pack))
        said = "does what was done work?"
    else:
        works = "works" if effect.said.works else "does not work"
        who, day = draft.escape_markup(effect.said.author or "Somebody"), day_words(calendar.day(effect.said.at))
        body = _ANSWERED.format(who=who, day=day, works=works, incident=incident)
        said = f"what was done {works}"
    return Notice(issue_id=ticket.id, issue_key=ticket.key, about=EFFECT, body=body, said=said)
