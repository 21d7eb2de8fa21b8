"""The decision for what is kept of a review at rest: `pirsync status` shows it, and nothing is written by it. Pure.

The checks read the whole page, so that what was concluded from the same inputs before is taken over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from . import __version__
from .approving import approval_of
from .decision import Exemption, Observed, Terms
from .draft import digest
from .model import Incident, Ticket
from .page.scan import BadPage
from .page.sections import read_sections
from .page_model import Approved, Page
from .policy.approval import is_before
from .policy.checks import Checked, blocking
from .policy.clocks import Run, binding_run, runs
from .policy.escalation import extension
from .policy.evidence import asking, lacking, wanted
from .policy.instants import Approval, Followed, scheduled_in_jira
from .policy.instants import Terms as Reading
from .policy.meeting import Appointment, mentioned, sittings
from .policy.packs import Duty, Pack
from .policy.procedures import Procedures
from .policy.review import Review
from .policy.scope import Answer, scope
from .policy.standing import ActionStanding, Owed, ReviewStanding, Untracked, approval, owed, seen
from .policy.status import Outcome, outcome
from .policy.verdict import Result
from .rows import RowPlan

SLIM = {"description_html", "notes", "updated"}
"""What of an incident its standing does not follow; state does not remember it either."""


def exempt_standing(incident: Incident, exemption: Exemption, terms: Terms) -> ReviewStanding:
    """An exempt incident stays in the population, and owes nothing."""
    return ReviewStanding(key=incident.key, url=incident.url, team=terms.team, exempt=exemption.words)


def standing_of(observed: Observed, terms: Terms, rows: RowPlan, before: ReviewStanding | None) -> ReviewStanding:
    """How a review stands; of an incident whose page is not there, what it owes all the same."""
    tickets = list({ticket.id: ticket for ticket in rows.tickets}.values())
    inputs = _inputs(observed, terms, tickets, rows)
    if before is not None and before.inputs == inputs:
        return before
    incident, page = observed.incident, observed.page
    procedures = terms.procedures
    case = procedures.case(incident, observed.review)
    answers = {pack.id: scope(pack, case).answer for pack in procedures.packs}
    packs = tuple(pack for pack in procedures.packs if answers[pack.id] is Answer.YES)
    run = binding_run(runs(incident, procedures.rules), procedures.rules)
    known, open_checks = Followed(in_jira=scheduled_in_jira(incident, run.begun)), dict[str, tuple[str, ...]]()
    if page is not None and observed.review is not None:
        review = _review(observed, page, terms, packs)
        results = {pack.id: blocking(pack, review) for pack in packs}
        open_checks = {pack.name: _names(results[pack.id]) for pack in packs if results[pack.id]}
        reading = Reading(approvers=(), calendar=procedures.calendar, rules=procedures.rules, since=run.begun)
        earlier = before.known if before is not None and before.page_url == page.url else Followed()
        known = seen(page.head, review, [pack for pack, found in results.items() if not found], earlier, reading)
    given = approval_of(observed, terms)
    found = owed(packs, case, run, _with_approval(known, given, run), procedures)
    return ReviewStanding(
        key=incident.key,
        url=incident.url,
        team=terms.team,
        title=incident.summary,
        severity=incident.severity,
        page_title=page.title if page is not None else "",
        page_url=page.url if page is not None else "",
        packs=tuple(pack.name for pack in packs),
        unsure=tuple(pack.name for pack in procedures.packs if answers[pack.id] is Answer.CANNOT_TELL),
        owed=found,
        duties=_duties(found, procedures, incident),
        names=observed.names,
        actions=tuple(_action(ticket, packs, terms) for ticket in tickets),
        untracked=tuple(Untracked(text=text, why=why) for text, why in rows.lacking),
        meeting=_meeting(known, procedures),
        absent=_absent(observed, packs, terms) if known.meeting is not None else (),
        incomplete=open_checks,
        approval=approval(found),
        refused=given.refused if given is not None else "",
        changed=given.changed if given is not None else 0,
        known=known,
        inputs=inputs,
    )


def _inputs(observed: Observed, terms: Terms, tickets: Iterable[Ticket], rows: RowPlan) -> str:
    page = observed.page
    return digest(
        [
            __version__,
            terms.team,
            _print(terms.procedures),
            observed.incident.model_dump_json(exclude=SLIM),
            [page.id, page.version, page.title, page.url] if page is not None else [],
            [ticket.model_dump_json() for ticket in tickets],
            [extended.model_dump_json() for t in tickets if (extended := extension(t, terms.extensions)) is not None],
            rows.lacking,
            given.model_dump_json() if (given := approval_of(observed, terms)) is not None else "",
            sorted((account, mention.ref) for account, mention in observed.mentions.items()),
            observed.names,
        ]
    )


@lru_cache(maxsize=64)
def _print(procedures: Procedures) -> str:
    """A fingerprint of all that a team follows."""
    return digest(procedures.model_dump(mode="json"))


def _review(observed: Observed, page: Page, terms: Terms, packs: tuple[Pack, ...]) -> Review:
    """The present version as history will tell of it: who has an action and by when its cells say."""
    assert observed.review is not None  # the caller's branch
    try:
        sections = read_sections(page.body) if packs else ()
    except BadPage:
        sections = ()
    return Review(
        incident=observed.incident,
        page=observed.review,
        sections=sections,
        labels={ticket.key: ticket.labels for ticket in observed.tickets.values()},
        priorities={ticket.key: ticket.priority for ticket in observed.tickets.values()},
        service_accounts=(terms.wiki_account,),
    )


def _action(ticket: Ticket, packs: Iterable[Pack], terms: Terms) -> ActionStanding:
    became, longer = outcome(ticket), extension(ticket, terms.extensions)
    wants = ""
    if became is Outcome.UNPROVEN:
        wants = "; ".join(dict.fromkeys(wanted(pack.evidence) for pack in lacking(asking(packs), ticket)))
    return ActionStanding(
        ticket=ticket.key,
        url=ticket.url,
        text=ticket.summary,
        owner=ticket.assignee.name if ticket.assignee else "",
        owned=ticket.assignee is not None and ticket.assignee.active,
        due=ticket.due,
        outcome=became,
        wants=wants,
        extended=longer.until if longer is not None else None,
    )


def _with_approval(known: Followed, given: Approved | None, run: Run) -> Followed:
    """What was seen, and the approval that counts in this run of the clocks: the page's property keeps it."""
    if given is None or given.refused or is_before(given, run.begun):
        return known
    at = datetime.fromisoformat(given.at)
    approved = Approval(version=given.version, at=at, by=given.by, substance=given.substance)
    return known.model_copy(update={"approval": approved})


def _names(checks: Iterable[Checked]) -> tuple[str, ...]:
    return tuple(one.check.value for one in checks)


def _meeting(known: Followed, procedures: Procedures) -> Appointment | None:
    if known.meeting is None:
        return None
    return Appointment(day=known.meeting, time=known.meeting_time, length=procedures.meeting_length)


def _duties(found: Iterable[Owed], procedures: Procedures, incident: Incident) -> dict[Duty, tuple[str, ...]]:
    """Who has each duty that something waits for; for an action without a person that is the chair."""
    waited = dict.fromkeys((Duty.CHAIR, *(one.duty for one in found)))
    return {duty: procedures.accounts(duty, incident) for duty in waited}


def _absent(observed: Observed, packs: tuple[Pack, ...], terms: Terms) -> tuple[str, ...]:
    """The roles that must be in the meeting, and that the record does not name."""
    incident, procedures = observed.incident, terms.procedures
    people = mentioned(procedures, incident, observed.mentions)
    seats = sittings(packs, incident, observed.review, people)
    return tuple(seat.name for seat in seats if seat.result is Result.FAIL)
