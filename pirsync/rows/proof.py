"""A ticket that is done without the proof that the team's procedures want is told, and asked for it once on the ticket.

| the ticket is | and | then |
|---|---|---|
| done without proof | | a finding; one comment on it says what would count |
| done with proof | it was asked for before | the comment says that it is there |
| open again | | nothing: the comment stays as it is |
"""

from __future__ import annotations

from pirsync import draft
from pirsync.decision import FindingKind
from pirsync.model import Ticket
from pirsync.notices import EVIDENCE, Notice
from pirsync.policy.evidence import lacking, wanted
from pirsync.policy.packs import Pack

from .situation import RowPlan, Situation, is_foreign
from .speak import speak

# There is no address in these words: the comment must never be the link that it asks for.
_THERE = "There is evidence now of what was done here, so the review of {incident} counts this action as done."
_MISSING = (
    "This is {status}, but nothing here shows that it was done, so the review of {incident} does not count it as done "
    "yet. What would show it:"
)


def plan_proof(situation: Situation, ticket: Ticket, plan: RowPlan) -> None:
    """Tell of a done ticket without proof, and of the proof that came after it was asked for."""
    if not ticket.is_done or not situation.asking:
        return
    lack = tell_unproven(situation, ticket, plan)
    if is_foreign(ticket, situation):
        return
    notice = _missing(situation, ticket, lack) if lack else _there(situation, ticket)
    mark = draft.comment_mark(situation.terms.owner_id, situation.observed.incident.id, ticket.id, EVIDENCE)
    if lack or mark in situation.journal.intents:
        speak(situation, notice, plan)


def tell_unproven(situation: Situation, ticket: Ticket, plan: RowPlan) -> tuple[Pack, ...]:
    """Tell of a done ticket without proof; the packs that want it."""
    lack = lacking(situation.asking, ticket) if ticket.is_done else ()
    if lack:
        counts = "; ".join(f"{wanted(pack.evidence)} ({pack.name})" for pack in lack)
        message = f"{ticket.key} is {ticket.status}, but nothing in it shows that it was done: it wants {counts}"
        plan.findings.append(situation.finding(FindingKind.DONE_WITHOUT_EVIDENCE, message))
    return lack


def _missing(situation: Situation, ticket: Ticket, lack: tuple[Pack, ...]) -> Notice:
    lines = [f"* {draft.escape_markup(f'{wanted(pack.evidence)} ({pack.name})')}" for pack in lack]
    incident = situation.observed.incident.key
    first = _MISSING.format(status=draft.escape_markup(ticket.status), incident=incident)
    body = "\n".join([first, "", *lines])
    return _notice(ticket, body, "it is done without evidence")


def _there(situation: Situation, ticket: Ticket) -> Notice:
    body = _THERE.format(incident=situation.observed.incident.key)
    return _notice(ticket, body, "there is evidence now")


def _notice(ticket: Ticket, body: str, said: str) -> Notice:
    return Notice(issue_id=ticket.id, issue_key=ticket.key, about=EVIDENCE, body=body, said=said)
