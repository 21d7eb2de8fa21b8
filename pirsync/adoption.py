"""The decision for pages that people made: whether one becomes an incident's review, and what follows. Pure.

Not a word of an adopted page is ever written. Its action items are the tickets that it names, and those that the
incident is linked to; they are linked and labelled, counted and told. A link goes with its ticket: one that cannot be
read any more stays an action item until people forget it.

| people want a page adopted | and | then |
|---|---|---|
| an incident without a review | nothing stands against it | the page is its review |
| an incident that has this page | people adopted it before | nothing |
| anything else | | nothing, and it is told why |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from . import binding
from .changes import AdoptPage, Change, ReleasePage
from .decision import Candidate, Desired, Finding, FindingKind, Journal, Observed, Plan, Terms
from .draft import page_mark
from .index_plan import no_review
from .model import Incident, Ticket
from .page_model import IndexRow, Memory, PageStatus
from .rows import RowPlan, Situation, count_gone, hand_links_of, is_incident, tell_lost
from .rows.proof import tell_unproven
from .rows.ticketed import complete, tell_overdue

# ---------------------------------------------------------------- what people ask for


def plan_asked(desired: Desired, observed: Observed, journal: Journal, unfit: str, now: datetime) -> Plan | None:
    """What to do about a page that people want adopted or let go; None where all that is left is the usual.

    `unfit` says why the incident gets no review whenever it was closed.
    """
    incident, terms, wishes = observed.incident, desired.terms, journal.wishes
    if wishes.release:
        return _plan_release(desired, observed)
    if observed.is_adopted and observed.page is not None and observed.page.id == wishes.adopt:
        return None
    if why := _has_review(observed, wishes.adopt) or _unfit(incident, terms, unfit) or _unusable(observed, terms):
        return _told(incident, why)
    if (settled := journal.absence_settles(page_mark(terms.owner_id, incident.id), terms.settle)) > now:
        return Plan(wake=settled, waiting="to be sure that no page was made before")
    page = _candidate(observed).page
    assert page is not None  # else it is unusable
    return Plan(changes=(AdoptPage(incident_key=incident.key, page_id=page.id, title=page.title),))


def _plan_release(desired: Desired, observed: Observed) -> Plan | None:
    incident, page = observed.incident, observed.page
    if observed.candidate is not None:
        # It was let go already. What the index says of it is not left there.
        is_bare = page is None and not desired.in_scope
        return Plan(index_row=no_review(incident, desired.terms.zone)) if is_bare else None
    if page is None:
        return _told(incident, "it has no adopted review")
    if not observed.is_adopted:
        return _told(incident, f'its page "{page.title}" was not adopted: `pirsync resolve ignore` has it left alone')
    free = Memory(page=page.id, incident="", owner=desired.terms.owner_id)
    change = ReleasePage(page_id=page.id, title=page.title, memory=free, current=observed.memory_property)
    return Plan(changes=(change,))


def _told(incident: Incident, why: str) -> Plan:
    return Plan(findings=(Finding(kind=FindingKind.NOT_ADOPTED, incident=incident.key, message=why),))


def _candidate(observed: Observed) -> Candidate:
    return observed.candidate or Candidate(asked="", page=None)


def _has_review(observed: Observed, asked: str) -> str:
    """That the incident has a review, whatever became of it; empty where it has none."""
    page = observed.page
    if observed.gone:
        return f"it has a review already: {observed.gone}"
    if page is None:
        return ""
    if page.id == asked:
        return "that page is its review already; pirsync made it"
    return f'it has a review already: page {page.id}, "{page.title}", {page.url}'


def _unfit(incident: Incident, terms: Terms, unfit: str) -> str:
    if incident.is_restricted:
        return "the incident has a security level, and its page may be open to more people"
    if exemption := terms.exemption(incident):
        return f"the incident is exempt: {exemption.words}; `pirsync resolve heed {incident.key}` first"
    return f"the incident gets no review: {unfit}" if unfit else ""


def _unusable(observed: Observed, terms: Terms) -> str:
    """Why the page cannot be this incident's review, or empty."""
    found, incident = _candidate(observed), observed.incident
    page, memory = found.page, found.memory
    if page is None:
        return f"page {found.asked} does not exist, or our account may not see it"
    said = f'page {page.id}, "{page.title}",'
    if page.status is not PageStatus.CURRENT:
        return f"{said} is {page.status.value}: restore it first"
    if found.is_index:
        return f"{said} is an index of reviews"
    if found.found is not None and memory is None:
        return f"{said} has a content property {found.found.key} that is not ours, or of a newer pirsync"
    if memory is not None and memory.page != page.id:
        return f"{said} is a copy of the review on page {memory.page}"
    if memory is not None and memory.owner != terms.owner_id:
        return f"{said} belongs to another installation of pirsync"
    if memory is not None and memory.incident not in ("", incident.id):
        return f"{said} is the review of another incident{_named(found.holder)}"
    if found.holder or found.incident not in ("", incident.key):
        return f"{said} says that it is the review of {found.holder or found.incident}"
    return ""


def _named(key: str) -> str:
    return f", {key}" if key else ""


# ---------------------------------------------------------------- an adopted page


def tickets_of(incident: Incident, named: Iterable[str], tickets: Mapping[str, Ticket], terms: Terms) -> list[Ticket]:
    """The tickets of an adopted review, each once: those that its page names, then those that the incident is linked
    to as its action items. Another incident is no ticket. `tickets` are found by id or by key."""
    known = {ref: ticket for each, ticket in tickets.items() for ref in (each, ticket.id, ticket.key)}
    refs = [*named, *(link.other_id for link in hand_links_of(incident, terms))]
    found = {known[ref].id: known[ref] for ref in refs if ref in known}
    return [ticket for ticket in found.values() if ticket.id != incident.id and not is_incident(ticket, terms)]


def unlinked(incident: Incident, memory: Memory | None, terms: Terms) -> set[str]:
    """The ids of an adopted page's tickets that no link of the incident names any more. Whether people took the link
    away or it went with its ticket is only known once the ticket was asked for."""
    if memory is None or not memory.is_adopted:
        return set()
    return set(memory.adopted) - {link.other_id for link in hand_links_of(incident, terms)}


def plan_actions(situation: Situation) -> RowPlan:
    """Decide for the action items of an adopted page: nothing of them is written on it."""
    observed = situation.observed
    plan = RowPlan(forgotten=set(situation.forgotten))
    found = tickets_of(observed.incident, observed.named, observed.tickets, situation.terms)
    for ticket in (ticket for ticket in found if ticket.key not in plan.forgotten):
        plan.tickets.append(ticket)
        complete(situation, ticket, plan)
        tell_overdue(situation, ticket, plan)
        tell_unproven(situation, ticket, plan)
    actions = {row.ticket: row.action for row in situation.rows if row.ticket}
    for key in observed.named:
        if observed.by_key(key) is None and key not in plan.forgotten:
            message = f"its page names {key}, which is deleted or cannot be seen by our account"
            plan.findings.append(situation.finding(FindingKind.TICKET_GONE, message))
            count_gone(key, actions.get(key, ""), plan)
    lost = tell_lost(situation, plan)
    plan.unticketed += sum(bool(row.action) and not row.ticket for row in situation.rows)
    plan.adopted = sorted({*lost, *(ticket.id for ticket in plan.tickets)})
    return plan


def plan_adopted(situation: Situation, rows: RowPlan, line: IndexRow) -> Plan:
    """Bind an adopted page, and remember its tickets; there is nothing else to write."""
    observed, terms, barred = situation.observed, situation.terms, situation.journal.barred
    page, incident = observed.page, observed.incident
    assert page is not None  # the caller's branch
    memory = Memory(
        page=page.id,
        incident=incident.id,
        owner=terms.owner_id,
        adopted=tuple(rows.adopted),
        forgotten=tuple(sorted(rows.forgotten)),
        is_adopted=True,
    )
    ties, refusals = binding.bindings(situation, memory)
    known = observed.memory
    kept = binding.Kept(given=known.given, approval=known.approval) if known is not None else binding.Kept()
    after = binding.agreed(situation, rows, kept)
    findings, wakes = [*refusals, *rows.findings], list(rows.wakes)
    if barred is not None and barred.until > situation.now and (after or observed.memory is None):
        wakes.append(barred.until)
        findings.append(situation.finding(FindingKind.REFUSED, binding.barred_words(page, barred)))
        after = []
    changes: tuple[Change, ...] = (*rows.completions, *ties, *after)
    return Plan(changes=changes, findings=tuple(dict.fromkeys(findings)), wake=min(wakes, default=None), index_row=line)
