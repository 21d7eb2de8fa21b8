"""Rule 3: bytes outside the edited cells never change, whatever stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page.scan import BadPage, Element, encode, scan
from pirsync.page.splice import append_row, splice
from pirsync.page_model import CellEdit, Column, Region
from tests.page.test_review import HEADERS, SUMMARY, data, heads, region, table
from tests.shared import shared


def edit(cell: Element, storage: str) -> CellEdit:
    return CellEdit(
        region=Region.ACTIONS, label="", start=cell.inner_start, end=cell.inner_end, storage=storage, text=""
    )


def outer_cells(root: Element) -> list[Element]:
    found = (e for e in root.walk() if e.name in ("td", "th"))
    return [e for e in found if not any(a.name in ("td", "th") for a in e.ancestors())]


def check(raw: bytes, picked: list[Element], storage: str) -> None:
    """Splice, then take the new content out again: what is left must be the old bytes."""
    spliced = splice(raw.decode(), [edit(cell, storage) for cell in picked]).encode()
    after = outer_cells(scan(spliced))
    before = outer_cells(scan(raw))
    assert len(after) == len(before)
    expected, done = b"", 0
    for cell in picked:
        if cell.is_empty_tag:
            tag = raw[cell.start : cell.end].rstrip(b">").rstrip(b"/").rstrip()
            expected += raw[done : cell.start] + tag + b">" + storage.encode() + b"</" + cell.name.encode() + b">"
        else:
            expected += raw[done : cell.inner_start] + storage.encode()
        done = cell.inner_end
    assert spliced == expected + raw[done:]


PIECES = st.sampled_from(
    [
        "<p>x &mdash; &nbsp;y</p>",
        "<p>caf\u00e9 \U0001f600</p>\r\n",
        "<hr/>",
        "<![CDATA[</td>]]>",
        "<p title='single > quoted'>q</p>",
        "text &#8364; more",
        '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[a ]]]]><![CDATA[> b]]></ac:plain-text-body>'
        "</ac:structured-macro>",
        '<ac:inline-comment-marker ac:ref="7">c</ac:inline-comment-marker>',
    ]
)
CELL = st.one_of(st.lists(PIECES, max_size=3).map(lambda p: f"<td>{''.join(p)}</td>"), st.just('<td class="x" />'))
ROW = st.lists(CELL, min_size=1, max_size=4).map(lambda c: f"<tr>{''.join(c)}</tr>")
BODY = st.tuples(st.lists(PIECES, max_size=3), st.lists(ROW, min_size=1, max_size=4), st.lists(PIECES, max_size=3)).map(
    lambda parts: "".join(parts[0]) + "<table>" + "".join(parts[1]) + "</table>" + "".join(parts[2])
)


@given(BODY, st.data())
def test_only_the_edited_cells_change(body: str, draw: st.DataObject) -> None:
    raw = encode(body)
    found = outer_cells(scan(raw))
    chosen = draw.draw(st.sets(st.integers(0, len(found) - 1), max_size=len(found)))
    check(raw, [found[i] for i in sorted(chosen)], "<p>new &amp; <b>bold</b></p>")


def test_every_real_document() -> None:
    tried = 0
    for path in sorted(shared("storage").glob("*.xhtml")):
        raw = path.read_bytes()
        try:
            found = outer_cells(scan(raw))
        except BadPage:
            continue
        if found and not raw.lstrip().startswith(b"<?xml"):
            tried += 1
            check(raw, found[::2], "<p>new</p>")
    assert tried > 30


def test_content_that_would_break_out_is_refused() -> None:
    body = "<table><tr><td>a</td><td>b</td></tr></table>"
    cell = outer_cells(scan(body.encode()))[0]
    for hostile in ("</td><td>", "</td></tr><tr><td>", "<p>", "&unknown;", "]]>"):
        with pytest.raises(BadPage):
            splice(body, [edit(cell, hostile)])


CHANGED = "a cell's new content would change what stands outside it"


@pytest.mark.parametrize(
    ("between", "second", "first_content", "second_content"),
    [
        ("", "<td>", "</td><td>", "x"),
        ("", '<td class="x">', "</td><!--", "--><td>"),
        ("\n", "<td>", "</td><!--", "--><td>"),
        ("one", "<td>", "</td>other<!--", "--><td>"),
        ("one", "<td>", "</td><td>x</td><!--", "--><td>"),
    ],
)
def test_contents_that_together_would_change_what_stands_between_are_refused(
    between: str, second: str, first_content: str, second_content: str
) -> None:
    body = f"<table><tr><td>a</td>{between}{second}b</td></tr></table>"
    one, other = outer_cells(scan(body.encode()))
    with pytest.raises(BadPage) as refused:
        splice(body, [edit(one, first_content), edit(other, second_content)])
    assert str(refused.value) == CHANGED


def test_contents_that_together_would_change_a_cell_between_them_are_refused() -> None:
    body = "<table><tr><td>a</td><td>theirs</td><td>b</td></tr></table>"
    first, _, last = outer_cells(scan(body.encode()))
    with pytest.raises(BadPage) as refused:
        splice(body, [edit(first, "</td><td>ours</td><!--"), edit(last, "--><td>")])
    assert str(refused.value) == CHANGED


def test_edits_fill_their_cells_in_whatever_order_they_come() -> None:
    body = "<p>\u00e9</p><table><tr><th>a</th><td/><td />b<td\tclass='x'\n/><td>c</td></tr></table>&nbsp;"
    found = outer_cells(scan(body.encode()))
    edits = [edit(cell, f"<p>{number}</p>") for number, cell in enumerate(found)]
    written = "<th><p>0</p></th><td><p>1</p></td><td><p>2</p></td>b<td\tclass='x'><p>3</p></td><td><p>4</p></td>"
    assert splice(body, edits[::-1]) == f"<p>\u00e9</p><table><tr>{written}</tr></table>&nbsp;"
    assert splice(body, edits[:1]) == body.replace("<th>a</th>", "<th><p>0</p></th>")
    assert splice(body, []) == body


def test_a_cell_within_an_edited_cell_is_not_edited_too() -> None:
    body = "<table><tr><td><table><tr><td>in</td></tr></table></td></tr></table>"
    outer, inner = (e for e in scan(body.encode()).within("td"))
    with pytest.raises(BadPage) as refused:
        splice(body, [edit(inner, "x"), edit(outer, "y")])
    assert str(refused.value) == f"no cell of its own stands at byte {inner.inner_start}"
    assert splice(body, [edit(inner, "x")]) == body.replace("in<", "x<")


def test_an_offset_that_is_no_cell_is_refused() -> None:
    body = "<table><tr><td>a</td></tr></table>"
    stray = CellEdit(region=Region.ACTIONS, label="", start=1, end=2, storage="", text="")
    with pytest.raises(BadPage) as refused:
        splice(body, [stray])
    assert str(refused.value) == "no cell of its own stands at byte 1"


def test_a_row_is_appended_at_the_end_of_the_action_table() -> None:
    actions = region("pirsync-actions", table(heads("Action", "Mine", "Ticket"), data("one", "x", "")))
    body = f"<p>before</p>{SUMMARY}{actions}<p>after</p>"
    review = read_review(body, HEADERS)
    longer = append_row(body, review, {c: cells.words(c.value) for c in (review.columns[0], review.columns[2]) if c})
    added = "<tr><td><p>action</p></td><td><p></p></td><td><p>ticket</p></td></tr>"
    assert longer == body.replace(
        "</tbody></table></ac:rich-text-body></ac:structured-macro><p>after</p>",
        f"{added}</tbody></table></ac:rich-text-body></ac:structured-macro><p>after</p>",
    )
    assert [row.action for row in read_review(longer, HEADERS).rows] == ["one", "action"]


TABLE = region("pirsync-actions", table(heads("Action", "Mine", "Ticket"), data("one", "x", "")))


def test_a_row_is_appended_only_to_the_action_table() -> None:
    with pytest.raises(BadPage) as nowhere:
        append_row(SUMMARY, read_review(SUMMARY, HEADERS), {})
    assert str(nowhere.value) == "there is no action table to append to"


def test_a_row_is_not_appended_where_no_row_ends() -> None:
    body = SUMMARY + TABLE + "<!-- no place -->"
    review = read_review(body, HEADERS)
    for stray in (0, body.index("<tr>", len(SUMMARY)), len(SUMMARY + TABLE), body.index("place")):
        with pytest.raises(BadPage) as refused:
            append_row(body, review.model_copy(update={"row_end": stray}), {})
        assert str(refused.value) == f"no row ends at byte {stray}"


def test_a_column_without_content_gets_an_empty_cell() -> None:
    body = SUMMARY + TABLE
    longer = append_row(body, read_review(body, HEADERS), {Column.ACTION: "<p>new</p>"})
    row = "<tr><td><p>new</p></td><td><p></p></td><td><p></p></td></tr>"
    end = "</tbody></table></ac:rich-text-body></ac:structured-macro>"
    assert longer == body.removesuffix(end) + row + end


def test_a_rows_contents_stay_in_their_cells() -> None:
    review = read_review(SUMMARY + TABLE, HEADERS)
    with pytest.raises(BadPage) as refused:
        append_row(SUMMARY + TABLE, review, {Column.ACTION: "</td><td>"})
    assert str(refused.value) == CHANGED
