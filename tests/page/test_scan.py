"""Byte offsets are exact, and what is not well formed is refused with its position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.page.scan import DEEPEST, BadPage, Element, encode, position, scan
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
        ("<p>one</b>", "mismatched tag at line 1, column 9"),
        ("\u00e9<p>\u00e9</b>", "mismatched tag at line 1, column 8"),
        ("<p>\n<p>x", "mismatched tag at line 2, column 5"),
        ("<p>x</p><r>y", "mismatched tag at line 1, column 13"),
        ("a & b", "not well-formed (invalid token) at line 1, column 4"),
        ("<p>\u00e9\n\u00e9&</p>", "not well-formed (invalid token) at line 2, column 3"),
        ("<p>&unknown;</p>", "undefined entity at line 1, column 4"),
        ("</r><r>", "junk after document element at line 1, column 5"),
        ('<!DOCTYPE x [<!ENTITY lol "lol">]><p/>', "not well-formed (invalid token) at line 1, column 3"),
        ('<p a="1" a="2"/>', "duplicate attribute at line 1, column 10"),
        ("\x00", "not well-formed (invalid token) at line 1, column 1"),
        ("<p>\x0b</p>", "not well-formed (invalid token) at line 1, column 4"),
        ("<![CDATA[x", "unclosed CDATA section at line 1, column 11"),
        ("<p>&#xD800;</p>", "reference to invalid character number at line 1, column 4"),
        ("<p>" * (DEEPEST + 1) + "</p>" * (DEEPEST + 1), "nested more than 200 levels deep at line 1, column 601"),
    ],
)
def test_hostile_bodies_are_refused_with_a_position(body: str, said: str) -> None:
    with pytest.raises(BadPage) as refused:
        scan(encode(body))
    assert str(refused.value) == said


def test_what_stands_at_a_limit_is_read_and_what_passes_it_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(list(scan(b"<p>" * DEEPEST + b"</p>" * DEEPEST).walk())) == DEEPEST
    monkeypatch.setattr("pirsync.page.scan.LARGEST", 12)
    monkeypatch.setattr("pirsync.page.scan.MOST_ELEMENTS", 2)
    assert [e.name for e in scan(b"<a/><b/>1234").elements()] == ["a", "b"]
    with pytest.raises(BadPage) as large:
        scan(b"<a/><b/>12345")
    with pytest.raises(BadPage) as many:
        scan(b"<a/><b/><c/>")
    assert str(large.value) == "longer than 12 bytes at line 1, column 13"
    assert str(many.value) == "more than 2 elements at line 1, column 9"


def test_a_position_is_counted_in_lines_and_characters() -> None:
    assert position(b"\nx", 1) == "line 2, column 1"
    raw = "\u00e9\n\n\u00fcx".encode()
    assert [position(raw, offset) for offset in (0, 2, 3, 4, 6)] == [
        "line 1, column 1",
        "line 1, column 2",
        "line 2, column 1",
        "line 3, column 1",
        "line 3, column 2",
    ]


# ---------------------------------------------------------------- the tree


TREE = next(
    scan(
        b'<a>one<b><c x="1">deep</c></b>t<!-- no -->w<![CDATA[o]]><c x="2"/>'
        b'<ac:parameter ac:name="id">mine<i>not</i>!</ac:parameter>'
        b'<d ac:name="title">no parameter</d><n><ac:parameter ac:name="title">its</ac:parameter></n></a>'
    ).elements()
)


def test_children_are_elements_and_text_in_order_and_text_is_one_piece() -> None:
    shown = [child if isinstance(child, str) else child.name for child in TREE.children]
    assert shown == ["one", "b", "two", "c", "ac:parameter", "d", "n"]
    long = scan(b"x" * 100_000 + b"<!-- no -->y")
    assert [len(text) for text in long.children] == [100_001]  # type: ignore[arg-type]  # text alone
    assert [child for child in scan(b"<a/>end").children if isinstance(child, str)] == ["end"]


def test_elements_are_walked_in_document_order() -> None:
    names = ["b", "c", "c", "ac:parameter", "i", "d", "n", "ac:parameter"]
    assert [element.name for element in TREE.walk()] == names
    assert [element.attrs["x"] for element in TREE.within("c")] == ["1", "2"]


def test_a_child_is_the_first_of_its_name_and_no_grandchild() -> None:
    child = TREE.child("c")
    assert child is not None
    assert child.attrs == {"x": "2"}
    assert TREE.child("i") is None


def test_ancestors_go_from_the_nearest_outwards_without_the_body() -> None:
    deep = next(TREE.within("c"))
    assert [element.name for element in deep.ancestors()] == ["b", "a"]
    assert list(TREE.ancestors()) == []
    assert list(Element("x", {}, None).ancestors()) == []


def test_a_parameter_is_the_macros_own_and_its_text_alone() -> None:
    assert (TREE.own_text(), TREE.parameter("id")) == ("onetwo", "mine!")
    assert (TREE.parameter("title"), TREE.parameter("other")) == ("", "")


def test_the_root_is_nameless_and_holds_the_whole_body() -> None:
    root = scan(b"<p>x</p>yz")
    assert (root.name, root.attrs, root.parent, root.is_empty_tag) == ("", {}, None, False)
    assert (root.start, root.inner_start, root.inner_end, root.end) == (0, 0, 10, 10)


def test_a_tag_may_be_written_over_lines_and_with_either_quote() -> None:
    raw = b"<a\n b = \"1\"\tc='>' ><d\n/></a\n>"
    (outer,) = scan(raw).elements()
    (inner,) = outer.elements()
    assert outer.attrs == {"b": "1", "c": ">"}
    assert (raw[outer.inner_start : outer.inner_end], raw[outer.start : outer.end]) == (b"<d\n/>", raw)
    assert (inner.start, inner.inner_start, inner.end, inner.is_empty_tag) == (19, 24, 24, True)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(BadPage) as refused:
        encode("ab\ud800")
    assert str(refused.value) == "a character that is no text stands at position 2"


def test_an_xml_declaration_does_not_move_the_offsets() -> None:
    raw = b' <?xml version="1.0"?><p>x</p>'
    root = scan(raw)
    paragraph = next(root.elements())
    assert raw[paragraph.start : paragraph.end] == b"<p>x</p>"
    assert root.own_text().strip() == ""


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
