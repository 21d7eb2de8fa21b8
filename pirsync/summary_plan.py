"""The decision for the first lines of a review: what they say now, and which of their cells are written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from .approving import APPROVAL, approval_line
from .decision import FindingKind, Terms
from .model import Incident
from .page.summary import SummaryCell, lines, summary, words
from .page_model import CellEdit, Mention, Region, ReviewPage
from .policy import meeting, status
from .rows import RowPlan, Situation, claim, rests

MEETING = "Meeting"
"""The line about the review meeting."""
NOT_APPROVED = words(APPROVAL, "")
"""The line about the approval of a page that was just born."""


def summary_of(situation: Situation, counts: status.Counts, plan: RowPlan) -> tuple[SummaryCell, ...]:
    """The summary as it should be now; the plan wakes when a line that is on the page will say something else."""
    observed = situation.observed
    present = observed.review.summary if observed.review else {}
    told = meeting_line(observed.incident, situation.terms, observed.review, observed.mentions, situation.now)
    if told is not None and told.until is not None and MEETING.casefold() in present:
        plan.wakes.append(told.until)
    said = approval_line(observed, situation.terms)
    return summary_cells(observed.incident, counts, situation.terms, observed.review, told, said)


def summary_edits(situation: Situation, wanted: Iterable[SummaryCell], plan: RowPlan) -> list[CellEdit]:
    """The summary's managed cells that differ; a row that people deleted stays deleted."""
    observed, edits = situation.observed, []
    present = observed.review.summary if observed.review else {}
    before = observed.base.summary if observed.base else {}
    for want in wanted:
        cell = present.get(want.label.casefold())
        if cell is None or (cell.issue_key if want.issue else cell.text) == want.text:
            continue
        if cell.is_commented:
            message = (
                f'"{want.label}" says "{cell.text}" and should say "{want.text}", but an inline comment stands in it'
            )
            plan.findings.append(situation.finding(FindingKind.COMMENTED, message))
            continue
        claimed = claim(want.label, want.text)
        if rests(situation, claimed, f'"{want.label}"', plan):
            continue
        base = before.get(want.label.casefold())
        if base is not None and base.text != cell.text:
            if base.text == want.text:
                plan.asserted.append(claimed)
            message = f'"{want.label}": "{cell.text}" stood over what Jira says; it shows "{want.text}" again'
            plan.findings.append(situation.finding(FindingKind.ROW_EDITED, message))
        edits.append(
            CellEdit(
                region=Region.SUMMARY,
                label=want.label,
                start=cell.start,
                end=cell.end,
                storage=want.storage,
                text=want.text,
            )
        )
    return edits


def summary_cells(
    incident: Incident,
    counts: status.Counts,
    terms: Terms,
    page: ReviewPage | None = None,
    told: meeting.Line | None = None,
    approved: SummaryCell = NOT_APPROVED,
) -> tuple[SummaryCell, ...]:
    """The summary of a review in its present state; what the team's procedures make of it stands second."""
    review = status.review_lozenge(incident, counts)
    first, *others = summary(incident, review, status.describe(counts), terms.zone)
    due = [lines("Due", terms.procedures.due(incident, page))] if terms.procedures.packs else []
    met = [lines(MEETING, told.said)] if told is not None else []
    packs = ", ".join(pack.name for pack in terms.procedures.concerning(incident, page))
    follows = [approved, words("Procedures", packs)] if terms.procedures.packs else []
    return (first, *due, *met, *follows, *others)


def meeting_line(
    incident: Incident, terms: Terms, page: ReviewPage | None, mentions: Mapping[str, Mention], now: datetime
) -> meeting.Line | None:
    """What the summary says of the review meeting; None where no procedure of the team wants one."""
    people = meeting.mentioned(terms.procedures, incident, mentions)
    return meeting.line(terms.procedures, incident, page, people, now)
