"""The decision for rows that a page was born without: each is given once, and what people delete stays deleted. Pure.

| the row is | and | then |
|---|---|---|
| wanted | the page was born with it, or was ever given it | it is as people left it |
| wanted | it was never there | it is put in its place, once it has something to say or to ask |
| wanted | its region is gone | nothing |
| wanted | its region's table cannot get a row | nothing is written; a finding |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .decision import FindingKind
from .model import Noun
from .page import cells
from .page.birth import RECORD
from .page.pairs import NewRow, obstacle
from .page.read import fold
from .page.summary import SummaryCell
from .page_model import Cell, Region
from .policy.record import rows as record_rows
from .rows import RowPlan, Situation

_SUMMARY = ("review status", "incident", "title", "incident status", "severity", "started", "detected", "resolved")
_MORE = ("closed", "duration", "services", "actions", "since the closure")
_RECORD = ("meeting date", "attendance", "facilitator", "decision", "approver")
BORN_WITH = frozenset(
    [f"{Region.SUMMARY.value} {label}" for label in (*_SUMMARY, *_MORE)]
    + [f"{Region.RECORD.value} {label}" for label in _RECORD]
)
"""The rows that every page of every pirsync was born with: one that is not there was deleted by people."""


class Added(Noun):
    """The rows to add now, and the names of those that the page has been given so far (as its property keeps them)."""

    rows: tuple[NewRow, ...] = ()
    given: tuple[str, ...] = ()


def added(situation: Situation, summary: Sequence[SummaryCell], plan: RowPlan) -> Added:
    """Which rows the page lacks and was never given; a table that cannot get one is told among the plan's findings."""
    observed = situation.observed
    page, review, base = observed.page, observed.review, observed.base
    known = set(observed.memory.given if observed.memory else ())
    if page is None or review is None:
        return Added(given=tuple(sorted(known)))
    found: list[NewRow] = []
    wanted = [
        (_summary_rows(summary), review.summary, base.summary if base else {}),
        (_record_rows(situation), review.record, base.record if base else {}),
    ]
    for rows, there, before in wanted:
        known |= {name for row in rows if _is_in(row, there, before) and (name := _name(row)) not in BORN_WITH}
        found += [row for row in rows if there and row.storage and _name(row) not in BORN_WITH | known]
    able = []
    for row in found:
        if why := obstacle(page.body, row):
            message = f'there is no room for the row "{row.label}" in {row.region.value}: {why}'
            plan.findings.append(situation.finding(FindingKind.ROW_UNREADABLE, message))
        else:
            able.append(row)
    return Added(rows=tuple(able), given=tuple(sorted(known)))


def told(rows: Iterable[NewRow]) -> list[str]:
    """What is added, in words."""
    return [f'a new row "{row.label}"' + (f' = "{row.text}"' if row.text else " for people to fill in") for row in rows]


def _summary_rows(summary: Sequence[SummaryCell]) -> list[NewRow]:
    """Every row of the summary; one that says nothing has no content, and is not worth a version of the page."""
    labels = tuple(cell.label for cell in summary)
    return [
        NewRow(
            region=Region.SUMMARY,
            label=cell.label,
            storage=cell.storage if cell.text else "",
            text=cell.text,
            earlier=labels[:index],
        )
        for index, cell in enumerate(summary)
    ]


def _record_rows(situation: Situation) -> list[NewRow]:
    asked = (*RECORD, *record_rows(situation.terms.procedures.packs).items())
    labels = tuple(label for label, _ in asked)
    return [
        NewRow(region=Region.RECORD, label=label, storage=cells.prompt(ask), text="", earlier=labels[:index])
        for index, (label, ask) in enumerate(asked)
    ]


def _name(row: NewRow) -> str:
    return f"{row.region.value} {fold(row.label)}"


def _is_in(row: NewRow, there: dict[str, Cell], before: dict[str, Cell]) -> bool:
    label = fold(row.label)
    return label in there or label in before
