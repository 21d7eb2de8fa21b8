"""The evidence index: one managed table, one line a review; the rest of the page is people's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pirsync.page_model import IndexPage, IndexRow, Lozenge

from . import cells, read
from .review import cells_of, details, rows_of
from .scan import BadPage, Element, encode, scan

INDEX_REGION = "pirsync-index"
HEADERS = ("Incident", "Severity", "Resolved", "Closed", "Review page", "Status", "Actions done", "Overdue")
PROCEDURES = "Procedures"
"""The last column, where a line has something to say in it: an index of teams without procedures has none."""


def read_index(body: str) -> IndexPage:
    """The index that a body holds; problems instead of rows where its region cannot be understood."""
    found = details(scan(encode(body))).get(INDEX_REGION, [])
    region = found[0].child("ac:rich-text-body") if len(found) == 1 else None
    if region is None or region.is_empty_tag:
        how = f"is there {len(found)} times" if len(found) > 1 else "is missing"
        return IndexPage(rows=(), start=None, end=None, problems=(f"the region {INDEX_REGION} {how}",))
    table = next(region.within("table"), None)
    lines = rows_of(table)[1:] if table is not None else []
    rows = tuple(row for row in map(_row, lines) if row is not None)
    return IndexPage(rows=rows, start=region.inner_start, end=region.inner_end, problems=())


def write_index(body: str, rows: Iterable[IndexRow]) -> str:
    """The body with the index's table made of exactly these rows, in the order of `sort_key`."""
    index = read_index(body)
    if index.start is None or index.end is None:
        raise BadPage(index.problems[0])
    raw = encode(body)
    written = raw[: index.start] + encode(_table(rows)) + raw[index.end :]
    scan(written)
    return written.decode()


def new_index(rows: Iterable[IndexRow]) -> str:
    """The body of a new index page."""
    return (
        "<p>One line for each post-incident review. The table is kept up to date by pirsync; "
        "what stands around it is yours.</p>"
        '<ac:structured-macro ac:name="details" ac:schema-version="1">'
        f'<ac:parameter ac:name="id">{INDEX_REGION}</ac:parameter>'
        f"<ac:rich-text-body>{_table(rows)}</ac:rich-text-body></ac:structured-macro>"
    )


def merge(before: Sequence[IndexRow], fresh: Iterable[IndexRow]) -> tuple[IndexRow, ...]:
    """The rows of before with those of this pass put in their places; nobody's row is ever dropped.

    An incident that moved to another project has another key; by its page's address its old row is known.
    """
    news = list(fresh)
    moved = {row.page_url: row.key for row in news if row.page_url}
    rows = {row.key: row for row in before if moved.get(row.page_url, row.key) == row.key}
    rows |= {row.key: row for row in news}
    return tuple(sorted(rows.values(), key=sort_key))


def sort_key(row: IndexRow) -> tuple[str, int]:
    """By project, then by number, so that a new review never moves the others about."""
    project, _, number = row.key.rpartition("-")
    return project, int(number) if number.isdigit() else 0


def _table(rows: Iterable[IndexRow]) -> str:
    ordered = sorted(rows, key=sort_key)
    more = [PROCEDURES] if any(row.procedures for row in ordered) else []
    head = "".join(f"<th><p>{header}</p></th>" for header in (*HEADERS, *more))
    lines = "".join(_line(_contents(row)[: len(HEADERS) + len(more)]) for row in ordered)
    return f"<table><tbody><tr>{head}</tr>{lines}</tbody></table>"


def _contents(row: IndexRow) -> tuple[str, ...]:
    return (
        cells.link(row.key, row.incident_url),
        cells.words(row.severity),
        cells.words(row.resolved),
        cells.words(row.closed),
        cells.link(row.page_title, row.page_url),
        cells.lozenge(row.status),
        cells.words(_done(row)),
        cells.words(str(row.overdue) if row.overdue else ""),
        cells.words(row.procedures),
    )


def _line(contents: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<td>{content}</td>" for content in contents) + "</tr>"


def _done(row: IndexRow) -> str:
    return f"{row.done} of {row.total}" if row.total else ""


def _row(line: Element) -> IndexRow | None:
    """One line as read; None for a line that people broke, which is then written anew."""
    found = [read.cell(cell) for cell in cells_of(line)]
    if len(found) not in (len(HEADERS), len(HEADERS) + 1) or found[0].issue_key is None:
        return None
    done, _, total = found[6].text.partition(" of ")
    counts = [int(n) if n.isascii() and n.isdigit() and len(n) < 10 else 0 for n in (done, total, found[7].text)]
    return IndexRow(
        key=found[0].issue_key,
        incident_url=found[0].links[0] if found[0].links else "",
        severity=found[1].text,
        resolved=found[2].text,
        closed=found[3].text,
        page_title=found[4].text,
        page_url=found[4].links[0] if found[4].links else "",
        status=found[5].lozenge or Lozenge(text="UNKNOWN", colour="Grey"),
        done=counts[0],
        total=counts[1],
        overdue=counts[2],
        procedures=found[len(HEADERS)].text if len(found) > len(HEADERS) else "",
    )


def canonical(row: IndexRow) -> IndexRow:
    """The row as a reader of the page gets it back: text folded, control characters gone."""
    texts = {name: read.as_read(value) for name, value in row if isinstance(value, str)}
    return row.model_copy(update=texts)
