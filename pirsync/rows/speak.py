"""Put what is to be said on a ticket into the plan: said, edited, waited for, or told why it cannot be."""

from __future__ import annotations

from pirsync.changes import CommentTicket
from pirsync.decision import FindingKind
from pirsync.notices import Notice, nudged, say

from .situation import RowPlan, Situation


def speak(situation: Situation, notice: Notice, plan: RowPlan) -> None:
    """Plan what a notice wants now; of a team that escalates, no ticket gets a second new comment on one day."""
    incident, terms, now = situation.observed.incident, situation.terms, situation.now
    saying = say(notice, incident.id, terms, situation.journal, now)
    change = saying.change if saying.change not in plan.said else None
    if isinstance(change, CommentTicket) and terms.ladder.on:
        told = any(isinstance(one, CommentTicket) and one.issue_id == notice.issue_id for one in plan.said)
        if told or nudged(notice, incident.id, terms, situation.journal, now):
            plan.wakes.append(terms.procedures.calendar.next_day(now))
            return
    if change is not None:
        plan.said.append(change)
    if saying.settles is not None:
        plan.wakes.append(saying.settles)
        plan.waiting.append(f"to be sure that {notice.issue_key} was not told before")
    if saying.refused:
        message = f"comment on {notice.issue_key}: {saying.refused}"
        plan.findings.append(situation.finding(FindingKind.REFUSED, message))
