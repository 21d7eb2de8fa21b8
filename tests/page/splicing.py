"""What holds of every splice, as plain functions: for the suite's few documents and the long version's many."""

from __future__ import annotations

from pirsync.page import read
from pirsync.page.review import read_review
from pirsync.page.scan import BadPage, Element, encode, scan
from pirsync.page.splice import append_row, splice
from pirsync.page_model import CellEdit, Region
from tests.page.test_review import HEADERS


def most_memory(raw: bytes) -> int:
    """Bytes that refusing a hostile document may take."""
    return 2 * len(raw) + 200_000_000


def cells_in(raw: bytes) -> list[Element]:
    """Every cell of a body, those within others too, in document order."""
    return [e for e in scan(raw).walk() if e.name in ("td", "th")]


def edit(cell: Element, storage: str) -> CellEdit:
    return CellEdit(
        region=Region.ACTIONS, label="", start=cell.inner_start, end=cell.inner_end, storage=storage, text=""
    )


def assert_edit_stays_in_its_cell(body: str, number: int, storage: str) -> str:
    """Edit one cell: all bytes around it stay, it reads as it was written, and once more changes nothing."""
    raw, new = encode(body), encode(storage)
    cell = cells_in(raw)[number]
    spliced = splice(body, [edit(cell, storage)])
    written = encode(spliced)
    opened = raw[cell.start : cell.inner_start]
    if cell.is_empty_tag:
        opened, closed = opened.rstrip(b">").rstrip(b"/").rstrip() + b">", b"</" + cell.name.encode() + b">"
    else:
        closed = raw[cell.inner_end : cell.end]
    assert raw[: cell.start] + opened + new + closed + raw[cell.end :] == written
    after = cells_in(written)[number]
    assert new == written[after.inner_start : after.inner_end]
    alone = read.cell(next(scan(encode(f"<td>{storage}</td>")).elements()))
    places = {"start": after.inner_start, "end": after.inner_end, "outer_start": after.start, "outer_end": after.end}
    assert alone.model_copy(update=places) == read.cell(after)
    assert spliced == splice(spliced, [edit(after, storage)])
    if not cell.is_empty_tag:
        assert body == splice(spliced, [edit(after, raw[cell.inner_start : cell.inner_end].decode())])
    return spliced


def assert_row_is_only_added(body: str, storage: str) -> bool:
    """Append a row: it stands between the bytes that were there, and reads as it was written. False without a table."""
    review = read_review(body, HEADERS)
    if review.row_end is None:
        return False
    longer = encode(append_row(body, review, {role: storage for role in review.columns if role is not None}))
    raw = encode(body)
    added = longer[review.row_end : review.row_end + len(longer) - len(raw)]
    assert raw[: review.row_end] + added + raw[review.row_end :] == longer
    after = read_review(longer.decode(), HEADERS)
    assert (review.columns, len(review.rows) + 1) == (after.columns, len(after.rows))
    assert {longer[cell.start : cell.end] for cell in after.rows[-1].cells.values()} == {encode(storage)}
    return True


def assert_read_or_refused_with_position(body: str) -> str:
    """A body of any kind: where it is read, edits stay in their cells; else the reason, which ends in a position."""
    try:
        found = cells_in(encode(body))
    except BadPage as refused:
        reason, between, place = str(refused).rpartition(" at line ")
        if not between:
            reason, between, place = str(refused).rpartition(" at position ")
        assert between and place.replace(", column ", "").isdigit(), str(refused)
        return reason
    if found:
        assert_edit_stays_in_its_cell(body, len(found) // 2, "<p>new &amp; <b>bold</b></p>")
    return ""
