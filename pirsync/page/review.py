"""Read a review page: its regions by the id of their `details` macro, its columns by the words of their headers.

What cannot be read for certain is left out and told in `problems`; nothing is ever guessed into a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pirsync.page_model import Cell, Column, Region, ReviewPage, Row

from . import read
from .scan import Element, encode, scan

WIDEST = 1000
"""Columns of an action table; what claims to have more is no table that a person reads."""

Headers = Mapping[Column, tuple[str, ...]]
"""For each column's role the words that people may head it with; the first is what a new page shows."""

SIGNATURE = frozenset({Column.ACTION, Column.OWNER, Column.DUE})
"""The columns by which an action table is known where its region's macro was lost."""

NEEDED = (Column.OWNER, Column.DUE, Column.STATUS, Column.TICKET)
"""The columns without which rows cannot become tickets or show them."""


def read_review(body: str, headers: Headers) -> ReviewPage:
    """The review that a body holds. Raises BadPage when the body is not well formed."""
    root = scan(encode(body))
    problems: list[str] = []
    found = details(root)
    regions = {region: _region(found, region, problems) for region in Region}
    twice = len(found.get(Region.ACTIONS, ())) > 1
    table = _action_table(root, regions[Region.ACTIONS], headers, problems) if not twice else None
    columns, rows, row_end = _read_actions(table, headers) if table is not None else ((), (), None)
    for role in NEEDED if table is not None else ():
        if role not in columns:
            problems.append(
                f'the action table has no column "{headers[role][0]}": name one so, or as your mapping says'
            )
    return ReviewPage(
        summary=pairs_of(regions[Region.SUMMARY]),
        record=pairs_of(regions[Region.RECORD]),
        columns=columns,
        rows=rows,
        row_end=row_end,
        problems=tuple(problems),
    )


def details(root: Element) -> dict[str, list[Element]]:
    """Every `details` macro by its id, outermost and in order."""
    named: dict[str, list[Element]] = {}
    for found in root.within("ac:structured-macro"):
        if read.macro(found) == "details":
            named.setdefault(found.parameter("id").strip(), []).append(found)
    return named


def _region(named: Mapping[str, list[Element]], region: Region, problems: list[str]) -> Element | None:
    found = named.get(region.value, [])
    if len(found) == 1:
        return found[0].child("ac:rich-text-body")
    if len(found) > 1:
        problems.append(f"the region {region.value} is on the page {len(found)} times: delete all but one")
    elif region is Region.SUMMARY:
        problems.append(f"the region {region.value} is missing: restore it from the page's history, or leave it so")
    return None


def rows_of(table: Element) -> list[Element]:
    """A table's own rows, not those of tables nested in it."""
    found = []
    for child in table.elements():
        if child.name == "tr":
            found.append(child)
        elif child.name in ("tbody", "thead", "tfoot"):
            found += [row for row in child.elements() if row.name == "tr"]
    return found


def cells_of(row: Element) -> list[Element]:
    """A row's own cells."""
    return [cell for cell in row.elements() if cell.name in ("td", "th")]


def pairs_of(region: Element | None) -> dict[str, Cell]:
    """A table of labels and values; of a label that occurs twice, the first counts."""
    pairs: dict[str, Cell] = {}
    for table in region.within("table") if region is not None else ():
        for row in rows_of(table):
            cells = cells_of(row)
            if len(cells) == 2:
                pairs.setdefault(read.fold(read.text_of(cells[0])), read.cell(cells[1]))
    return pairs


# ---------------------------------------------------------------- the action table


def _action_table(root: Element, region: Element | None, headers: Headers, problems: list[str]) -> Element | None:
    """The table in the region, else, where the region is lost, the one table with the signature."""
    if region is not None:
        known = [t for t in region.within("table") if Column.ACTION in _columns(t, headers)]
        if known:
            return known[0]
        problems.append(f"the region {Region.ACTIONS.value} has no table with a column {headers[Column.ACTION][0]}")
        return None
    signed = [t for t in root.within("table") if set(_columns(t, headers)) >= SIGNATURE]
    if len(signed) == 1:
        return signed[0]
    problems.append(f"the region {Region.ACTIONS.value} is missing: restore it from the page's history, or leave it so")
    return None


def _columns(table: Element, headers: Headers) -> tuple[Column | None, ...]:
    """The role of each column by its header's words; a merged header counts for as many columns as it spans."""
    words = {read.fold(word): role for role, known in headers.items() for word in known}
    roles: list[Column | None] = []
    header = next(iter(rows_of(table)), None)
    for cell in cells_of(header) if header is not None else ():
        role = words.get(read.fold(read.text_of(cell)).rstrip(":"))
        roles.append(role if role not in roles else None)
        roles += [None] * (_span(cell, "colspan") - 1)
        if len(roles) > WIDEST:
            return ()
    return tuple(roles)


def _span(cell: Element, name: str) -> int:
    value = cell.attrs.get(name, "1").strip()
    return min(max(int(value), 1), WIDEST) if value.isascii() and value.isdigit() and len(value) < 10 else 1


def _read_actions(table: Element, headers: Headers) -> tuple[tuple[Column | None, ...], tuple[Row, ...], int]:
    """A table that was chosen by its columns, and so has a row that heads them."""
    columns = _columns(table, headers)
    body = rows_of(table)
    return columns, tuple(_rows(body[1:], columns)), body[-1].end


def _rows(found: list[Element], columns: tuple[Column | None, ...]) -> Iterator[Row]:
    covered = 0
    for index, element in enumerate(found):
        cells = cells_of(element)
        obstacle = ""
        if covered or any(_span(cell, "colspan") > 1 or _span(cell, "rowspan") > 1 for cell in cells):
            obstacle = "it has merged cells"
        elif len(cells) != len(columns):
            obstacle = f"it has {len(cells)} cells where the table has {len(columns)} columns"
        covered = max(covered - 1, *(_span(cell, "rowspan") - 1 for cell in cells), 0)
        placed = {role: element for role, element in zip(columns, cells, strict=False) if role is not None}
        if any(any(True for _ in cell.within("table")) for cell in placed.values()):
            obstacle = obstacle or "a table stands in one of its cells"
        yield Row(index=index, cells={role: read.cell(cell) for role, cell in placed.items()}, obstacle=obstacle)


def without_tickets(review: ReviewPage, keys: set[str]) -> ReviewPage:
    """The review as if no row showed a ticket of these keys; the cells stay where they are."""
    rows = [
        row.model_copy(update={"cells": row.cells | {Column.TICKET: empty}})
        if row.ticket in keys and (empty := row.cells[Column.TICKET].model_copy(update={"issue_key": None, "text": ""}))
        else row
        for row in review.rows
    ]
    return review.model_copy(update={"rows": tuple(rows)})
