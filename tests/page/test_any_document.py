"""Any well-formed document is edited in its cells alone; any other is refused with a position, soon and in little room.

`make splice` asks the same of many more documents, and of larger ones.
"""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pirsync.page.index import read_index, write_index
from pirsync.page.review import WIDEST, read_review
from pirsync.page.scan import DEEPEST, LARGEST, BadPage, encode, scan
from pirsync.page.splice import append_row, splice
from tests.page import grammar, splicing
from tests.page.test_review import HEADERS, data, heads, region, table

few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
REFUSED = {
    "a hundred thousand levels": ("<div>" * 100_000 + "</div>" * 100_000, f"nested more than {DEEPEST} levels deep"),
    "fifty megabytes": ("<p>long</p>\n" * 4_200_000, f"longer than {LARGEST} bytes"),
    "billion laughs": (f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]><p>&l9;</p>', "not well-formed (invalid token)"),
    "an external entity": ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;', "not well-formed"),
    "an external subset": ('<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><p/>', "not well-formed"),
    "a parameter entity": ('<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><p/>', "not well-formed"),
    "a document type inside": ("<p><!DOCTYPE r></p>", "not well-formed"),
    "an entity of its own": ("<p>&l1;</p>", "undefined entity"),
    "the end of what is put around it": ("</r><r>", "junk after document element"),
    "no more than the end of it": ("<p/></r>", "not well-formed"),
    "the end of it before a comment": ("</r><!--", "unclosed token"),
    "an unfinished section": ("<p><![CDATA[ ]]</p>", "unclosed CDATA section"),
    "the end of a section in text": ("<p>]]></p>", "not well-formed"),
    "an attribute twice": ("<p a='1' a='2'/>", "duplicate attribute"),
    "a tag that never ends": ('<p a="' + "x" * 100_000, "not well-formed"),
    "a start without an end": ("<p>" * 100, "mismatched tag"),
    "an end without a start": ("text</p>", "mismatched tag"),
    "a control character": ("<p>a\x1b[31m</p>", "not well-formed"),
    "a null": ("a\x00b", "not well-formed"),
    "a lone surrogate": ("<p>\ud83d</p>", "a character that is no text stands"),
    "a surrogate by its number": ("<p>&#xDE00;</p>", "reference to invalid character number"),
    "a declaration in the middle": ("<p/><?xml version='1.0'?>", "XML or text declaration not at start of entity"),
    "a mark of byte order before a declaration": (
        "\ufeff<?xml version='1.0'?><p/>", "XML or text declaration not at start of entity"),
}  # fmt: skip


@few
@given(grammar.documents(), grammar.CONTENTS, st.data())
def test_an_edit_stays_in_its_cell_and_a_row_is_only_added(body: str, storage: str, draw: st.DataObject) -> None:
    number = draw.draw(st.integers(0, len(splicing.cells_in(encode(body))) - 1))
    spliced = splicing.assert_edit_stays_in_its_cell(body, number, storage)
    assert splicing.assert_row_is_only_added(spliced, storage) or "pirsync-actions" in body
    assert splicing.assert_row_is_only_added(body, storage)


@few
@given(grammar.broken())
def test_a_broken_document_is_refused_with_its_position(body: str) -> None:
    splicing.assert_read_or_refused_with_position(body)


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_document_is_refused_soon_and_in_little_room(name: str) -> None:
    body, reason = REFUSED[name]
    tracemalloc.start()
    started = time.process_time()
    try:
        assert splicing.assert_read_or_refused_with_position(body).startswith(reason)
        assert tracemalloc.get_traced_memory()[1] < splicing.most_memory(body.encode(errors="replace"))
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 30


def test_more_elements_than_memory_has_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pirsync.page.scan.MOST_ELEMENTS", 1000)
    assert len(list(scan(b"<b/>" * 1000).walk())) == 1000
    with pytest.raises(BadPage, match="more than 1000 elements at line 1, column 4001"):
        scan(b"<b/>" * 1001)


@pytest.mark.parametrize(
    "raw", [b"<p>\xe9</p>", b"\xff\xfe<\x00p\x00/\x00>\x00", b"<p>\xed\xa0\x80</p>", b"<p>\xc0\xbc/p>"]
)
def test_bytes_of_another_encoding_are_refused(raw: bytes) -> None:
    with pytest.raises(BadPage, match="at line 1, column"):
        scan(raw)


def test_text_longer_than_the_parsers_buffers_is_one_text_before_and_after_an_edit() -> None:
    body = f"<table><tr><td>a</td></tr></table><p>{'word ' * 300_000}</p>"
    splicing.assert_edit_stays_in_its_cell(body, 0, "<p>longer than before</p>")
    assert [len(child.children) for child in scan(encode(body)).elements()] == [1, 1]


def test_two_edits_together_cannot_swallow_what_stands_between_them() -> None:
    body = "<table><tr><td>a</td><td>b</td><td>c</td></tr></table>"
    first, _, last = splicing.cells_in(encode(body))
    for opened, closed in (("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?x ", "?>"), ("<p>", "</p>"), ('<p a="', '"/>')):
        with pytest.raises(BadPage):
            splice(body, [splicing.edit(first, opened), splicing.edit(last, closed)])


def test_a_new_row_holds_its_cells_and_no_more() -> None:
    body = region("pirsync-actions", table(heads("Action", "Owner", "Due"), data("a", "b", "c")))
    review = read_review(body, HEADERS)
    for hostile in ("</td><td>", "</td></tr><tr><td>", "</td></tr></tbody></table><table><tbody><tr><td>", "<p>"):
        with pytest.raises(BadPage):
            append_row(body, review, {role: hostile for role in review.columns[:1] if role})
    with pytest.raises(BadPage, match="no row ends at byte 0"):
        append_row(body, review.model_copy(update={"row_end": 0}), {})


def test_numbers_of_any_length_are_read() -> None:
    long = "9" * 5000
    wide = region("pirsync-actions", table(f'<th colspan="{long}">Action</th><th>Owner</th>', data("a", "b")))
    assert read_review(wide, HEADERS).columns[0] is not None
    many = "<td colspan='1000'/>" * 20_000
    assert read_review(region("pirsync-actions", table(heads("Action") + many)), HEADERS).columns == ()
    assert len(read_review(wide, HEADERS).columns) <= WIDEST
    row = data(f"OPS-{long}", "P1", "", "", "", "", f"{long} of {long}", long)
    index = region("pirsync-index", table(heads("Incident"), row, row.replace(f"OPS-{long}", "OPS-1")))
    found = read_index(index).rows
    assert [(one.key, one.done, one.total, one.overdue) for one in found] == [("OPS-1", 0, 0, 0)]
    assert [one.key for one in read_index(write_index(index, found)).rows] == ["OPS-1"]
