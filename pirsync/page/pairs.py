"""Give a region's table of labels and values a row that it lacks: behind the nearest earlier label, else at the end.

A table that is not plainly two cells a row is people's work of another kind, and is left alone.
"""

from __future__ import annotations

from pirsync.model import Noun
from pirsync.page_model import Region

from . import escape, read
from .review import cells_of, details, rows_of
from .scan import BadPage, Element, encode, scan
from .splice import add_row


class NewRow(Noun):
    """A row that a region is to have. `text` is what a reader will see in its value, empty where people fill it;
    `earlier` are the labels that stand above it, in their order, where they are there."""

    region: Region
    label: str
    storage: str
    text: str
    earlier: tuple[str, ...]


def insert_row(body: str, row: NewRow) -> str:
    """The body with that row. Raises BadPage where its table is not one that can get it."""
    raw = encode(body)
    before = _row_before(scan(raw), row)
    label = f"<p>{escape.text(row.label)}</p>"
    return add_row(raw, before.end, [(cells_of(before)[0].name, label), ("td", row.storage)])


def obstacle(body: str, row: NewRow) -> str:
    """Why a region's table cannot get a row, in words; empty where it can."""
    try:
        _row_before(scan(encode(body)), row)
    except BadPage as error:
        return str(error)
    return ""


def _row_before(root: Element, row: NewRow) -> Element:
    """The row behind which the new one goes."""
    found = details(root).get(row.region.value, [])
    if len(found) != 1:
        raise BadPage("its region is not there once")
    pairs = [
        (read.fold(read.text_of(cells_of(line)[0])), line, table)
        for table in found[0].within("table")
        for line in rows_of(table)
        if len(cells_of(line)) == 2
    ]
    if not pairs:
        raise BadPage("its region has no table of labels and values")
    first = {label: (line, table) for label, line, table in reversed(pairs)}
    there = [first[label] for label in map(read.fold, row.earlier) if label in first]
    line, table = there[-1] if there else (rows_of(pairs[0][2])[-1], pairs[0][2])
    if any(above.name in ("td", "th") for above in table.ancestors()):
        raise BadPage("its table stands in a cell of another one")
    if any(_is_odd(one) for one in rows_of(table)):
        raise BadPage("its table has merged cells, or rows that are no label with a value")
    return line


def _is_odd(line: Element) -> bool:
    cells = cells_of(line)
    spans = [cell.attrs.get(name, "1").strip() for cell in cells for name in ("colspan", "rowspan")]
    return len(cells) != 2 or any(span != "1" for span in spans)
