"""Byte offsets are exact, and what is not well formed is refused with its position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.page.scan import DEEPEST, BadPage, encode, scan
from tests.shared import shared


def test_offsets_enclose_element_and_content() -> None:
    raw = '<p a="x > y">grün</p><td /><br/>'.encode()
    paragraph, cell, line_break = scan(raw).elements()
    assert raw[paragraph.start : paragraph.end] == '<p a="x > y">grün</p>'.encode()
    assert raw[paragraph.inner_start : paragraph.inner_end] == "grün".encode()
    assert (cell.is_empty_tag, raw[cell.start : cell.end]) == (True, b"<td />")
    assert (line_break.inner_start, line_break.inner_end) == (len(raw), len(raw))


def test_entities_and_cdata_are_read_as_text() -> None:
    root = scan(b"<p>Due&nbsp;date &amp; more &mdash; <![CDATA[<b>]]></p>")
    assert "".join(e.own_text() for e in root.elements()) == "Due\u00a0date & more \u2014 <b>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<p>one</b>", "line 1, column 9"),
        ("<p>\n<p>x", "line 2"),
        ("a & b", "line 1, column 4"),
        ("<p>&unknown;</p>", "undefined entity"),
        ("</r><r>", "line 1"),
        ('<!DOCTYPE x [<!ENTITY lol "lol">]><p/>', "line 1"),
        ('<p a="1" a="2"/>', "duplicate attribute"),
        ("<p>\x00</p>", "line 1"),
        ("<p>\x0b</p>", "line 1"),
        ("<![CDATA[x", "line 1"),
        ("<p>&#xD800;</p>", "line 1"),
        ("<p>" * (DEEPEST + 1) + "</p>" * (DEEPEST + 1), "levels deep"),
    ],
)
def test_hostile_bodies_are_refused_with_a_position(body: str, said: str) -> None:
    with pytest.raises(BadPage) as refused:
        scan(encode(body))
    assert said in str(refused.value)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(BadPage) as refused:
        encode("ab\ud800")
    assert str(refused.value) == "a character that is no text stands at position 2"


def test_an_xml_declaration_does_not_move_the_offsets() -> None:
    raw = b'<?xml version="1.0"?><p>x</p>'
    paragraph = next(scan(raw).elements())
    assert raw[paragraph.start : paragraph.end] == b"<p>x</p>"


@given(st.text(alphabet="<>/pa \"'&;=![]-x\u00e9\n", max_size=60))
def test_any_text_is_scanned_or_refused(body: str) -> None:
    raw = encode(body)
    try:
        root = scan(raw)
    except BadPage as refused:
        assert " at line " in str(refused)
        return
    for element in root.walk():
        assert raw[element.start : element.start + 1] == b"<"
        assert element.start < element.inner_start <= element.inner_end <= element.end


def test_every_real_document_is_read_or_rightly_refused() -> None:
    refused = {}
    for path in sorted(shared("storage").glob("*.xhtml")):
        try:
            scan(path.read_bytes())
        except BadPage as error:
            refused[path.name[:4]] = str(error).split(" at ")[0]
    assert refused == {"0359": "mismatched tag", "0480": "undefined entity"}
