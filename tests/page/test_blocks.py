"""Blocks as storage format, in each place where they may stand: what a place does not allow becomes paragraphs."""

from __future__ import annotations

import pytest

from pirsync.page.blocks import (
    Block,
    BulletList,
    Code,
    Flow,
    Heading,
    Mark,
    Paragraph,
    Place,
    Quote,
    Rule,
    Table,
    TableCell,
    inline,
    write,
)

STRONG, EM = Mark("strong"), Mark("em")
LINK = Mark("a", 'https://x.example/?a="&b')
ONE, TWO = Paragraph("one"), Paragraph("two")


def cell(*blocks: Block, name: str = "td", colspan: int = 1, rowspan: int = 1) -> TableCell:
    return TableCell(name, colspan, rowspan, blocks)


def macro(text: str, language: str = "") -> str:
    told = f'<ac:parameter ac:name="language">{language}</ac:parameter>' if language else ""
    return (
        f'<ac:structured-macro ac:name="code" ac:schema-version="1">{told}'
        f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body></ac:structured-macro>"
    )


TABLE = Table(
    (
        (cell(ONE, name="th"), cell(TWO, TWO, colspan=2)),
        (),
        (cell(rowspan=3), cell(Heading(1, "head"), BulletList("ul", ((ONE,), (TWO,))))),
        (cell(), cell()),
    )
)
LIST = BulletList("ol", ((ONE, Code("", "x")), (BulletList("ul", ((TWO,),)),), ()))


@pytest.mark.parametrize(
    ("block", "page", "item", "in_cell"),
    [
        (ONE, "<p>one</p>", "<p>one</p>", "<p>one</p>"),
        (Heading(3, "h"), "<h3>h</h3>", "<p><strong>h</strong></p>", "<p><strong>h</strong></p>"),
        (Rule(), "<hr />", "", ""),
        (
            Code("java", "a < b\n\n  c"),
            macro("a < b\n\n  c", "java"),
            macro("a < b\n\n  c", "java"),
            "<p><code>a &lt; b</code></p><p><code>  c</code></p>",
        ),
        (
            LIST,
            f"<ol><li><p>one</p>{macro('x')}</li><li><p></p><ul><li><p>two</p></li></ul></li><li><p></p></li></ol>",
            f"<ol><li><p>one</p>{macro('x')}</li><li><p></p><ul><li><p>two</p></li></ul></li><li><p></p></li></ol>",
            "<ol><li><p>one</p><p><code>x</code></p></li><li><p></p><ul><li><p>two</p></li></ul></li>"
            "<li><p></p></li></ol>",
        ),
        (BulletList("ul", ()), "", "", ""),
        (
            TABLE,
            '<table><tbody><tr><th><p>one</p></th><td colspan="2"><p>two</p><p>two</p></td></tr>'
            '<tr><td rowspan="3"><p></p></td><td><p><strong>head</strong></p>'
            "<ul><li><p>one</p></li><li><p>two</p></li></ul></td></tr>"
            "<tr><td><p></p></td><td><p></p></td></tr></tbody></table>",
            "<p>one | two / two</p><p> | head / one / two</p>",
            "<p>one | two / two</p><p> | head / one / two</p>",
        ),
        (Table(((),)), "", "", ""),
        (
            Quote((ONE, Heading(2, "h"), Code("", "x"), Rule(), TWO)),
            f"<blockquote><p>one</p><p><strong>h</strong></p></blockquote>{macro('x')}<hr /><blockquote><p>two</p>"
            "</blockquote>",
            f"<p>one</p><p><strong>h</strong></p>{macro('x')}<p>two</p>",
            "<p>one</p><p><strong>h</strong></p><p><code>x</code></p><p>two</p>",
        ),
    ],
)
def test_a_block_is_written_as_its_place_allows(block: Block, page: str, item: str, in_cell: str) -> None:
    assert write((block,), Place.PAGE) == page
    assert write((block,), Place.ITEM) == item
    assert write((block, block), Place.CELL) == in_cell * 2


def test_a_table_within_a_cell_says_all_its_words_in_order() -> None:
    inner = Table(((cell(ONE), cell(Quote((Rule(), TWO)))), (cell(Code("", "x\n\n<y>")),)))
    assert write((Table(((cell(inner),),)),), Place.CELL) == (
        "<p>one / two / <code>x</code> / <code>&lt;y&gt;</code></p>"
    )


def test_code_is_lines_in_a_cell_and_in_a_quoted_list_where_no_macro_may_stand() -> None:
    lines = "<p>one</p><p><code>x</code></p>"
    assert write((Table(((cell(ONE, Code("", "x")),),)),), Place.PAGE) == (
        f"<table><tbody><tr><td>{lines}</td></tr></tbody></table>"
    )
    assert write((Quote((BulletList("ul", ((ONE, Code("", "x")),)),)),), Place.PAGE) == (
        f"<blockquote><ul><li>{lines}</li></ul></blockquote>"
    )


def test_marks_are_opened_once_for_neighbours_and_always_closed() -> None:
    runs = [
        ("a", (STRONG,)),
        ("b<", (STRONG, EM)),
        ("c", (EM, STRONG)),
        ("\n", ()),
        ("d", (LINK,)),
        ("e", (LINK, EM)),
        ("f", ()),
    ]
    address = "https://x.example/?a=&quot;&amp;b"
    assert inline(runs) == (
        f'<strong>a<em>b&lt;</em></strong><em><strong>c</strong></em><br /><a href="{address}">d<em>e</em></a>f'
    )
    assert inline([("a", (STRONG, EM))]) == "<strong><em>a</em></strong>"
    assert inline([]) == ""


# ---------------------------------------------------------------- the flow of text


def flowed(*said: str) -> list[str]:
    """Paragraphs of what is said, `/` for a line break and `|` for a paragraph's end."""
    flow = Flow()
    for words in said:
        if words == "/":
            flow.break_line()
        elif words == "|":
            flow.end_paragraph()
        else:
            flow.say(words, ())
    return [block.inline for block in flow.end() if isinstance(block, Paragraph)]


def test_white_space_is_folded_over_the_borders_of_runs() -> None:
    assert flowed(" a\t\r\n\f ", " b", " ", "c ", " ") == ["a b c"]
    assert flowed("a\u00a0", " b") == ["a\u00a0 b"]
    assert flowed("\u00a0a ", "\u00a0b") == ["\u00a0a \u00a0b"]
    assert flowed(" Xa", "/", " Xb") == ["Xa<br />Xb"]
    assert flowed("a\x00b") == ["ab"]
    assert flowed("a", "/", " b", "/", "/") == ["a<br />b"]


def test_a_paragraph_that_shows_nothing_is_none() -> None:
    assert flowed(" ", "/", "|", "\u00a0", "|", "a", "|", "|", "b") == ["a", "b"]
    assert flowed("/", "a") == ["a"]
    assert flowed() == []


def test_the_last_words_of_a_paragraph_keep_their_marks() -> None:
    flow = Flow()
    flow.say("a ", ())
    flow.say("b ", (STRONG,))
    flow.say(" ", (EM,))
    flow.put(Rule())
    flow.say("c", (STRONG,))
    assert flow.end() == (Paragraph("a <strong>b</strong>"), Rule(), Paragraph("<strong>c</strong>"))
    assert Flow().end() == ()


def test_a_flow_knows_whether_what_follows_would_run_into_a_word() -> None:
    flow = Flow()
    assert not flow.ends_in_word()
    flow.say("a1", ())
    assert flow.ends_in_word()
    flow.say("b,", ())
    assert not flow.ends_in_word()
    flow.say(" c ", ())
    assert not flow.ends_in_word()
    flow.end_paragraph()
    assert not flow.ends_in_word()
