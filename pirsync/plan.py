"""The decision: what to write for one incident, what to say, and when to look again. Pure.

| there is | and | then |
|---|---|---|
| an exemption | whatever there is | nothing is written but its line in the index, with the reason |
| no page | the incident is out of scope | nothing |
| no page | the incident is restricted | no page; its key alone in the index |
| no page | an earlier create may have happened | wait until absence is settled |
| no page | a page that is not ours has the title | a finding |
| no page | in scope | the page is created, complete |
| a page that people want adopted | | see adoption |
| a page that people made | it was adopted | page and tickets are tied to the incident; not a word is written |
| a page we know | it is archived, trashed or cannot be read | nothing is written; a finding |
| a page | the incident has become restricted | nothing is written; a finding |
| a page | Confluence refused to have it written | nothing is written for a while; a finding |
| a page | a person edited it a moment ago | cells and creates wait until it is quiet |
| a page | anything else | bindings, then tickets, then one write of the cells that differ |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from . import adoption, binding, draft
from .added import Added, added, told
from .approving import approval_of
from .changes import Change, CreatePage, CreateTicket, UpdatePage
from .decision import Desired, Finding, FindingKind, Journal, Observed, Plan, Terms
from .escalation_plan import plan_escalation
from .index_plan import exempt_row, index_row, key_alone
from .invitation import plan_invitation
from .model import Incident
from .names import STAMP
from .page.pairs import insert_row
from .page.review import read_review
from .page.splice import append_row, splice
from .page.summary import instant
from .page_model import CellEdit, Page, PageStatus
from .policy import status
from .policy.evidence import lacking
from .ports import PageDraft
from .rows import RowPlan, Situation, plan_rows
from .standing_plan import exempt_standing, standing_of
from .summary_plan import summary_edits, summary_of

# ---------------------------------------------------------------- what should be


def scope(incident: Incident, terms: Terms) -> str:
    """Why an incident gets no review, in words; empty when it gets one."""
    if incident.project not in terms.projects:
        return f"project {incident.project} is not among {', '.join(terms.projects)}"
    if not terms.every_type and incident.type not in terms.issue_types:
        return f"type {incident.type or 'none'} is not among {', '.join(terms.issue_types)}"
    if not incident.is_closed:
        return f"it is not closed ({incident.status or 'no status'})"
    closed = incident.closed or incident.updated
    if terms.closed_since is not None and (closed is None or closed < terms.closed_since):
        return f"it was closed before {instant(terms.closed_since, terms.zone)}"
    return ""


def desired(observed: Observed, terms: Terms, render: Callable[[Observed], tuple[str, int]]) -> Desired:
    """What the review should be. `render` makes a new page's body, and counts the tickets its rows will want."""
    incident = observed.incident
    reason = "" if observed.is_adopted or observed.is_wanted else scope(incident, terms)
    is_kept_out = incident.is_restricted or terms.exemption(incident) is not None
    born = observed.page is None and not observed.gone and not reason and not is_kept_out
    body, creates = render(observed) if born else (None, 0)
    title = terms.title.format(key=incident.key)
    return Desired(
        terms=terms, in_scope=not reason, reason=reason, title=title, birth_body=body, creates_at_birth=creates
    )


# ---------------------------------------------------------------- the decision


def plan(desired: Desired, observed: Observed, journal: Journal, now: datetime) -> Plan:
    """Decide for one incident. The same inputs always give an equal plan."""
    incident = observed.incident
    if journal.wishes.adopt or journal.wishes.release:
        unfit = scope(incident, desired.terms.model_copy(update={"closed_since": None}))
        if (asked := adoption.plan_asked(desired, observed, journal, unfit, now)) is not None:
            return asked
    if observed.page is None and not observed.gone and not desired.in_scope:
        return Plan()
    nothing = status.count((), 0, now, "UTC")
    if (exemption := desired.terms.exemption(incident)) is not None:
        line = exempt_row(exemption, index_row(desired, observed, nothing), incident)
        return Plan(index_row=line, standing=exempt_standing(incident, exemption, desired.terms))
    if incident.is_restricted:
        return _plan_restricted(observed)
    if observed.gone:
        finding = Finding(kind=FindingKind.PAGE_GONE, incident=incident.key, message=observed.gone)
        pageless = standing_of(observed, desired.terms, RowPlan(), journal.standing)
        return Plan(findings=(finding,), index_row=index_row(desired, observed, nothing), standing=pageless)
    if observed.page is None:
        pageless = standing_of(observed, desired.terms, RowPlan(), journal.standing)
        return _plan_birth(desired, observed, journal, now).model_copy(update={"standing": pageless})
    return _plan_review(desired, observed, journal, now)


def asks_for_base(decided: Plan, observed: Observed) -> bool:
    """Whether the decision wants our newest version of the page: it writes what people may have changed, or judges what
    was announced and perhaps never shown."""
    if observed.page is None or observed.page.status is not PageStatus.CURRENT:
        return False
    announced = observed.memory is not None and bool(observed.memory.announced)
    return announced or any(isinstance(change, (CreateTicket, UpdatePage)) for change in decided.changes)


def _plan_restricted(observed: Observed) -> Plan:
    incident = observed.incident
    if observed.page is None:
        message = f"{incident.key} has a security level, so it gets no page; the index shows its key alone"
    else:
        message = f"{incident.key} has become restricted: restrict its page {observed.page.url} by hand"
    finding = Finding(kind=FindingKind.RESTRICTED, incident=incident.key, message=message)
    return Plan(findings=(finding,), index_row=key_alone(incident, "RESTRICTED"))


def _plan_birth(desired: Desired, observed: Observed, journal: Journal, now: datetime) -> Plan:
    incident, terms = observed.incident, desired.terms
    mark = draft.page_mark(terms.owner_id, incident.id)
    page = PageDraft(space=terms.space, parent=terms.parent, title=desired.title, body=desired.birth_body or "")
    place = draft.digest([page.space, page.parent, page.title])
    inputs = place + draft.digest(page.body)
    intent = journal.intents.get(mark)
    if observed.title_holder is not None:
        holder = observed.title_holder
        message = (
            f'the title "{holder.title}" belongs to another page ({holder.url}): rename that page, or give it away'
        )
        return Plan(findings=(Finding(kind=FindingKind.TITLE_TAKEN, incident=incident.key, message=message),))
    # A title that is taken stays taken whatever the body says; another complaint a mended template may answer.
    refused = intent if intent is not None and intent.status == "rejected" else None
    of_title = refused is not None and "title" in refused.reason.casefold()
    if refused is not None and refused.digest.startswith(place if of_title else inputs):
        message = f"Confluence would not create its page: {refused.reason}"
        if of_title:
            message += f'; look for a page titled "{page.title}" that is archived, or hidden from our account'
        return Plan(findings=(Finding(kind=FindingKind.REJECTED, incident=incident.key, message=message),))
    if (settled := journal.absence_settles(mark, terms.settle)) > now:
        return Plan(wake=settled, waiting="to be sure that no page was made before")
    change = CreatePage(incident_id=incident.id, mark=mark, digest=inputs, draft=page, creates=desired.creates_at_birth)
    return Plan(changes=(change,))


def _plan_review(desired: Desired, observed: Observed, journal: Journal, now: datetime) -> Plan:
    terms, page = desired.terms, observed.page
    assert page is not None  # the caller's branch
    observed = _judged(observed, terms)
    situation = Situation(observed=observed, terms=terms, journal=journal, now=now)
    rows = adoption.plan_actions(situation) if observed.is_adopted else plan_rows(situation)
    if not observed.is_adopted:
        plan_escalation(situation, rows)
    # A row that people copied is the same action.
    actions = {ticket.id: ticket for ticket in rows.tickets}
    counts = status.count(actions.values(), rows.unticketed, now, terms.zone)
    line = index_row(desired, observed, counts)
    stands = standing_of(observed, terms, rows, journal.standing)
    if page.status is not PageStatus.CURRENT:
        return Plan(findings=(_put_away(situation, page),), index_row=line, standing=stands)
    if observed.is_adopted:
        return adoption.plan_adopted(situation, rows, line).model_copy(update={"standing": stands})
    summary = summary_of(situation, counts, rows)
    edits = (*summary_edits(situation, summary, rows), *rows.edits)
    more = added(situation, summary, rows)
    kept = binding.Kept(given=more.given, approval=approval_of(observed, terms))
    invitation = plan_invitation(situation, rows)
    findings = list(rows.findings)
    if observed.review is not None:
        findings += [situation.finding(FindingKind.REGION_REMOVED, text) for text in observed.review.problems]
    findings += _duplicate(situation, counts)
    for what, why in situation.refused_comments.items():
        findings.append(situation.finding(FindingKind.REFUSED, f"{what}: {why}"))
    held: list[Change] = [*rows.completions, *rows.creates]
    if not rows.creates and (edits or rows.appended or more.rows):
        noted, untold = binding.first(situation, rows, kept)
        held += noted
        findings += untold
        held.append(_update_page(situation, edits, rows, more))
    # Last, so that a site that takes no files keeps nothing else from being written.
    held += invitation
    memory = [] if held or rows.waiting else binding.agreed(situation, rows, kept)
    wakes = list(rows.wakes)
    waiting = list(rows.waiting)
    barred = journal.barred
    if barred is not None and barred.until > now and (held or memory or observed.memory is None):
        wakes.append(barred.until)
        findings.append(situation.finding(FindingKind.REFUSED, binding.barred_words(page, barred)))
        held, memory = [], []
    elif held and (quiet := quiet_until(page, terms, journal)) > now:
        wakes.append(quiet)
        waiting.append("until nobody has edited the page for a while")
        held, memory = [], binding.decided(situation, kept)
    newborn = binding.newborn(situation, page.version + 1 if held else page.version, rows, kept)
    bindings, refusals = binding.bindings(situation, newborn)
    findings = list(dict.fromkeys((*refusals, *findings)))
    changes: tuple[Change, ...] = (*bindings, *rows.said, *held, *memory)
    return Plan(
        changes=changes,
        findings=tuple(findings),
        wake=min(wakes, default=None),
        waiting="; ".join(waiting),
        index_row=line,
        standing=stands,
    )


def _put_away(situation: Situation, page: Page) -> Finding:
    message = f'its page "{page.title}" is {page.status.value}: restore it, and pirsync goes on'
    message += "; no other can have its title" if page.status is PageStatus.ARCHIVED else ""
    return situation.finding(FindingKind.PAGE_GONE, message)


def _judged(observed: Observed, terms: Terms) -> Observed:
    """The same with every ticket told that is done without the proof that the team's procedures want."""
    packs = terms.procedures.proving(observed.incident, observed.review)
    if not packs:
        return observed
    told = {ref: t.model_copy(update={"unproven": bool(lacking(packs, t))}) for ref, t in observed.tickets.items()}
    return observed.model_copy(update={"tickets": told})


def _duplicate(situation: Situation, counts: status.Counts) -> list[Finding]:
    """Whether the incident was closed as another one's duplicate; its review stays, and says nothing of it. Once no
    action is left on it, neither do we."""
    incident, is_over = situation.observed.incident, 0 < counts.total == counts.done + counts.dropped
    if not incident.is_closed or incident.resolution.casefold() != "duplicate" or is_over:
        return []
    others = [
        link.other_key
        for link in incident.links
        if "duplicate" in link.type_name.casefold() and link.direction == "outward"
    ]
    of = f" of {', '.join(others)}" if others else ""
    message = f"{incident.key} was closed as a duplicate{of}; its review stays, with its actions"
    return [situation.finding(FindingKind.CLOSED_AS_DUPLICATE, message)]


def quiet_until(page: Page, terms: Terms, journal: Journal) -> datetime:
    """The instant from which the page may be written: after a quiet period since a person's last edit, and
    never later than `quiet_at_most` after we began to wait (a page in constant use is written all the same)."""
    if page.message.startswith(STAMP) or page.author == terms.wiki_account:
        return page.at
    quiet = page.at + terms.quiet_period
    began = journal.waiting_since or page.at
    return min(quiet, began + terms.quiet_at_most)


def _update_page(situation: Situation, edits: tuple[CellEdit, ...], rows: RowPlan, more: Added) -> UpdatePage:
    page = situation.observed.page
    assert page is not None  # the caller's branch
    body = splice(page.body, edits)
    for row in rows.appended:
        body = append_row(body, read_review(body, situation.terms.headers), row.cells)
    for line in more.rows:
        body = insert_row(body, line)
    said = [f'{edit.label} = "{edit.text}"' for edit in edits]
    said += [row.said for row in rows.appended]
    said += told(more.rows)
    message = f"{STAMP} {len(said)} {'cell' if len(said) == 1 else 'cells'} from Jira"
    return UpdatePage(page=page.head, body=body, cells=tuple(said), message=message, asserted=tuple(rows.asserted))
