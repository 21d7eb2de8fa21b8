"""The decision for the page of what a quarter left: made once, never written again, told of until acknowledged. Pure.

| there is | and | then |
|---|---|---|
| no page | an earlier create may have happened | wait until absence is settled |
| no page | else | it is made |
| a page with its title that is not this team's of this quarter | | a finding |
| a page that is deleted, archived or trashed | | a finding; it is not made anew |
| a page of ours | it does not say any more whose it is | a finding |
| a page | somebody who leads, and a day, stand beside Acknowledged, or nothing was left | nothing |
| a page | else | a finding |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from . import draft
from .changes import CreateEscalation
from .decision import Finding, FindingKind, Journal, Plan, Terms
from .model import Noun
from .page.escalation import ACKNOWLEDGED, NOTHING, EscalationPage, read_page
from .page_model import Mention, Page, PageStatus
from .policy.deadlines import by, quarterly_deadlines
from .policy.quarter import Quarter
from .ports import PageDraft


class ObservedQuarter(Noun):
    """A quarter's page as read; `is_known` by its id, or else found by its title, or `gone`, when one that we know
    cannot be read. `leaders`: who may acknowledge it, as pages mention them; where there are none, anybody."""

    quarter: Quarter
    page: Page | None
    gone: bool
    is_known: bool
    leaders: tuple[Mention, ...]


def title(terms: Terms, quarter: Quarter) -> str:
    """What a quarter's page is called."""
    return terms.ladder.title.format(quarter=quarter.name)


def limit(terms: Terms, now: datetime) -> str:
    """By when, and by which clauses, what the last quarter left is escalated; empty where no procedure says."""
    calendar = terms.procedures.calendar
    found = quarterly_deadlines(terms.procedures.packs, now, calendar)
    return f"{by(found[0].due, calendar)} ({'; '.join(one.name for one in found)})" if found else ""


def acknowledged(page: EscalationPage, leaders: tuple[Mention, ...]) -> bool:
    """Whether nothing was left, or somebody who leads has put their name and a day to it."""
    by_leader = any(who in leaders for who in page.people) if leaders else bool(page.people)
    return page.left == NOTHING or (by_leader and bool(page.days))


def plan_quarter(
    observed: ObservedQuarter, body: Callable[[], str], terms: Terms, journal: Journal, now: datetime
) -> Plan:
    """Decide for one team's page of one quarter. `body` makes a new page's."""
    name, page = title(terms, observed.quarter), observed.page
    if observed.gone:
        return _found(FindingKind.PAGE_GONE, name, f'the page "{name}" is deleted, or our account may not see it')
    if page is None:
        return _birth(observed.quarter, body, terms, journal, now)
    told = read_page(page.body)
    is_whole = told is not None and (told.team, told.quarter) == (terms.team, observed.quarter.name)
    if not observed.is_known and not is_whole:
        message = f'the title "{name}" belongs to another page ({page.url}): rename it, or set team.escalation.title'
        return _found(FindingKind.TITLE_TAKEN, name, message)
    if page.status is not PageStatus.CURRENT:
        return _found(FindingKind.PAGE_GONE, name, f'the page "{page.title}" is {page.status.value}: restore it')
    if told is None or not is_whole:
        message = (
            f'the page "{page.title}" ({page.url}) does not say any more whose it is: its first table is not whole'
        )
        return _found(FindingKind.REGION_REMOVED, name, message)
    if acknowledged(told, observed.leaders):
        return Plan()
    lacks = "a day" if told.people and not told.days else "somebody who leads"
    message = f'"{name}" ({told.left}) is not acknowledged: {lacks} is missing beside "{ACKNOWLEDGED}" ({page.url})'
    return _found(FindingKind.NOT_ACKNOWLEDGED, name, message)


def quarter_mark(terms: Terms, quarter: Quarter) -> str:
    """The mark of a quarter's page in the journal of creations."""
    return draft.digest(["escalation", terms.owner_id, terms.team, terms.space, title(terms, quarter)])


def _birth(quarter: Quarter, body: Callable[[], str], terms: Terms, journal: Journal, now: datetime) -> Plan:
    name, mark = title(terms, quarter), quarter_mark(terms, quarter)
    inputs, intent = draft.digest([terms.space, terms.parent, name]), journal.intents.get(mark)
    if intent is not None and intent.status == "rejected" and intent.digest == inputs:
        return _found(FindingKind.REJECTED, name, f'Confluence would not create the page "{name}": {intent.reason}')
    if (settled := journal.absence_settles(mark, terms.settle)) > now:
        return Plan(wake=settled, waiting="to be sure that no such page was made before")
    page = PageDraft(space=terms.space, parent=terms.parent, title=name, body=body())
    return Plan(changes=(CreateEscalation(mark=mark, digest=inputs, draft=page),))


def _found(kind: FindingKind, name: str, message: str) -> Plan:
    return Plan(findings=(Finding(kind=kind, incident=name, message=message),))
