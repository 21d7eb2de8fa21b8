"""The decision for the evidence index: the line of one incident, and what is written of all lines. Pure."""

from __future__ import annotations

from datetime import datetime

from . import draft
from .changes import Change, CreateIndex, LabelPage, UpdateIndex, describe
from .decision import Desired, Exemption, Finding, FindingKind, Journal, Observed, ObservedIndex, Plan, Terms
from .model import Incident
from .names import INDEX_LABEL, STAMP
from .page.index import canonical, merge, new_index, write_index
from .page.summary import instant
from .page_model import IndexRow, Lozenge, PageStatus
from .policy import status
from .ports import PageDraft

MOVED = "MOVED"
EXEMPT = "EXEMPT"
"""The status that the index shows of an incident which a named person took out of the reviews."""


def index_row(desired: Desired, observed: Observed, counts: status.Counts) -> IndexRow:
    incident, page, zone = observed.incident, observed.page, desired.terms.zone
    return IndexRow(
        key=incident.key,
        incident_url=incident.url,
        severity=incident.severity,
        resolved=instant(incident.resolved, zone),
        closed=instant(incident.closed, zone),
        page_title=page.title if page else "",
        page_url=page.url if page else "",
        status=status.review_lozenge(incident, counts) if page else Lozenge(text="PAGE MISSING", colour="Red"),
        done=counts.done,
        total=counts.total,
        overdue=counts.overdue,
        procedures=", ".join(
            pack.name for pack in desired.terms.procedures.concerning(observed.incident, observed.review)
        ),
    )


def key_alone(incident: Incident, status: str) -> IndexRow:
    """The line of an incident that more people can read of than may read it."""
    return IndexRow(
        key=incident.key,
        incident_url="",
        severity="",
        resolved="",
        closed="",
        page_title="",
        page_url="",
        status=Lozenge(text=status, colour="Grey"),
        done=0,
        total=0,
        overdue=0,
    )


def no_review(incident: Incident, zone: str) -> IndexRow:
    """The line of an incident whose page was let go, for whoever finds it in the index."""
    row = key_alone(incident, "NO REVIEW")
    if incident.is_restricted:
        return row
    told = {"incident_url": incident.url, "severity": incident.severity}
    times = {"resolved": instant(incident.resolved, zone), "closed": instant(incident.closed, zone)}
    return row.model_copy(update=told | times)


def exempt_row(exemption: Exemption, row: IndexRow, incident: Incident) -> IndexRow:
    """An exempt incident stays in the population, with the reason beside its page, or in place of it."""
    if incident.is_restricted:
        return key_alone(incident, EXEMPT)
    title = f"{row.page_title}: {exemption.words}" if row.page_title else exemption.words
    return row.model_copy(update={"page_title": title, "status": Lozenge(text=EXEMPT, colour="Grey")})


def moved_row(row: IndexRow, incident: Incident, team: str) -> IndexRow:
    """The line of an incident that moved to another team's project: it stays, and that team's index counts it."""
    title = "" if incident.is_restricted else f"moved to {incident.key}, in the index of {team}"
    told = {"page_title": title, "status": Lozenge(text=MOVED, colour="Grey"), "done": 0, "total": 0, "overdue": 0}
    return row.model_copy(update=told)


def index_mark(terms: Terms) -> str:
    """The mark of a team's index in the journal of creations."""
    return draft.digest(["index", terms.owner_id, terms.space, terms.index_title])


def plan_index(
    rows: tuple[IndexRow, ...], observed: ObservedIndex, terms: Terms, journal: Journal, now: datetime
) -> Plan:
    """Put the rows of this pass into the team's index page, and write it only when a reader would see a difference."""
    fresh = tuple(canonical(row) for row in rows)
    mark = index_mark(terms)
    name = terms.index_title
    if observed.holder is not None:
        message = f'the title "{name}" belongs to another page ({observed.holder.url}): rename that page, or the index'
        return Plan(findings=(Finding(kind=FindingKind.TITLE_TAKEN, incident=name, message=message),))
    if observed.page is None:
        intent = journal.intents.get(mark)
        if observed.is_gone or (intent is not None and intent.status == "done"):
            message = f'the index page "{name}" is deleted, or our account may not see it any more'
            return Plan(findings=(Finding(kind=FindingKind.PAGE_GONE, incident=name, message=message),))
        return _plan_index_birth(fresh, mark, terms, journal, now)
    if observed.page.status is not PageStatus.CURRENT:
        message = f'the index page "{observed.page.title}" is {observed.page.status.value}: restore it'
        return Plan(findings=(Finding(kind=FindingKind.PAGE_GONE, incident=name, message=message),))
    if observed.index is None or observed.index.start is None:
        problem = observed.index.problems[0] if observed.index else "it is not well formed"
        message = f'the index page "{observed.page.title}" is left alone: {problem}; restore it from its history'
        return Plan(findings=(Finding(kind=FindingKind.REGION_REMOVED, incident=name, message=message),))
    changes: list[Change] = []
    findings: tuple[Finding, ...] = ()
    label = LabelPage(page_id=observed.page.id, title=observed.page.title, labels=(INDEX_LABEL,))
    if (refusal := journal.refused.get(describe(label))) is not None:
        message = f"{describe(label)}: {refusal}; without it the index is not found once it has another title"
        findings = (Finding(kind=FindingKind.REFUSED, incident=name, message=message),)
    elif not observed.labelled:
        changes.append(label)
    merged = merge(observed.index.rows, fresh)
    if merged == observed.index.rows:
        return Plan(changes=tuple(changes), findings=findings)
    before = set(observed.index.rows)
    changed = tuple(row.key for row in merged if row not in before)
    message = f"{STAMP} {len(changed)} {'row' if len(changed) == 1 else 'rows'} from Jira"
    body = write_index(observed.page.body, merged)
    changes.append(UpdateIndex(page=observed.page.head, body=body, rows=changed, message=message))
    return Plan(changes=tuple(changes), findings=findings)


def _plan_index_birth(rows: tuple[IndexRow, ...], mark: str, terms: Terms, journal: Journal, now: datetime) -> Plan:
    page = PageDraft(space=terms.space, parent=terms.parent, title=terms.index_title, body=new_index(rows))
    inputs = draft.digest([page.space, page.parent, page.title])
    intent = journal.intents.get(mark)
    if intent is not None and intent.status == "rejected" and intent.digest == inputs:
        message = f"Confluence would not create the index page: {intent.reason}"
        return Plan(findings=(Finding(kind=FindingKind.REJECTED, incident=terms.index_title, message=message),))
    if (settled := journal.absence_settles(mark, terms.settle)) > now:
        return Plan(wake=settled, waiting="to be sure that no index page was made before")
    return Plan(changes=(CreateIndex(mark=mark, digest=inputs, draft=page),))
