"""How Jira's HTML is read, rule by rule: what a tag, an attribute or a stray word becomes."""

from __future__ import annotations

import pytest

from pirsync.page import read
from pirsync.page.html import DEEPEST, attribute, soup, to_cell, to_storage
from pirsync.page.scan import encode, scan

BASE = "https://jira.example.com/jira"


def page(html: str) -> str:
    return to_storage(html, BASE)


def link(path: str, words: str) -> str:
    return f'<a href="{path}">{words}</a>'


def code(text: str, language: str = "") -> str:
    told = f'<ac:parameter ac:name="language">{language}</ac:parameter>' if language else ""
    return (
        f'<ac:structured-macro ac:name="code" ac:schema-version="1">{told}'
        f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body></ac:structured-macro>"
    )


def table(*rows: str) -> str:
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def cell(words: str, name: str = "td") -> str:
    return f"<{name}><p>{words}</p></{name}>"


# ---------------------------------------------------------------- from text to tags


def test_tags_beyond_so_many_become_blanks() -> None:
    assert str(soup("<b>a</b><i>b</i>c", 2)) == "<!-- --><b>a</b> b c"
    assert str(soup("<b>a</b><i>b</i>c", 3)).startswith("<!-- --><b>a</b><i>b c")


def test_what_is_no_whole_tag_is_text_and_what_is_hidden_is_nothing() -> None:
    assert soup("a <b c").get_text() == "a <b c"
    assert soup("a<!-- b --><!DOCTYPE c>d<?e f?>g").get_text() == "adg"
    assert soup("a<!-- b <i>c</i>").get_text() == "a b c"
    assert soup("&#1234567;|&#12345678;|&#x1234567F;|&#65;").get_text().split("|")[1:] == [
        "&#12345678;",
        "&#x1234567F;",
        "A",
    ]


def test_an_attribute_of_many_words_is_one_string() -> None:
    tag = soup('<p class="a b" title="t" hidden>x</p>').p
    assert tag is not None
    assert [attribute(tag, name) for name in ("class", "title", "hidden", "id")] == ["a b", "t", "", ""]


# ---------------------------------------------------------------- blocks


@pytest.mark.parametrize("level", range(1, 7))
def test_headings_go_down_by_two_and_end_at_six(level: int) -> None:
    shown = min(level + 2, 6)
    assert page(f"<h{level}>a<ul><li>b</li></ul></h{level}>") == (f"<h{shown}>a</h{shown}><ul><li><p>b</p></li></ul>")


def test_marks_around_and_within_blocks_are_kept() -> None:
    assert page("<b>a<h1>c</h1><p>d</p></b>e") == (
        "<p><strong>a</strong></p><h3><strong>c</strong></h3><p><strong>d</strong></p><p>e</p>"
    )
    assert page("<b><strong>a</strong> <i>b</i></b>") == "<p><strong>a <em>b</em></strong></p>"
    marked = "<b><ul><li>a</li>x</ul><table><tr><td>b</td>y</tr>z</table><blockquote>c</blockquote><foo>d</foo></b>"
    strong = "<strong>{}</strong>".format
    assert page(marked) == (
        f"<ul><li><p>{strong('a')}</p></li><li><p>{strong('x')}</p></li></ul>"
        + table(cell(strong("b")) + cell(strong("y")), cell(strong("z")))
        + f"<blockquote><p>{strong('c')}</p></blockquote><p>{strong('d')}</p>"
    )


def test_a_block_ends_the_paragraph_around_it_and_an_unknown_tag_does_not() -> None:
    assert page("a<div>b</div>c<foo>d</foo>e<hr/>f<br/>g") == "<p>a</p><p>b</p><p>cde</p><hr /><p>f<br />g</p>"


def test_a_break_and_a_rule_hold_nothing_even_where_they_are_closed_later() -> None:
    assert page("a<br>b</br>c<hr><i>d</i></hr>e") == "<p>a<br />bc</p><hr /><p><em>d</em>e</p>"


def test_what_stands_in_a_list_outside_its_items_is_an_item() -> None:
    assert page("<ul>a<li>b</li> <!-- no --><ol><li>c</li></ol><i>d</i><li></li></ul>") == (
        "<ul><li><p>a</p></li><li><p>b</p></li><li><p></p><ol><li><p>c</p></li></ol></li>"
        "<li><p><em>d</em></p></li></ul>"
    )


def test_what_stands_in_a_table_outside_its_cells_gets_a_cell_or_a_row() -> None:
    html = (
        "<table><caption>a<b>x</b></caption>b<thead><tr><th>c</th></tr></thead>"
        "<tbody><tr>d<td>e</td><i>f</i> </tr></tbody>"
        "<tfoot><tr><th>g</th><td>h</td></tr></tfoot><!-- no --></table>"
    )
    assert page(html) == table(
        cell("a<strong>x</strong>"),
        cell("b"),
        cell("c", "th"),
        cell("d") + cell("e") + cell("<em>f</em>"),
        cell("g", "th") + cell("h"),
    )


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        *[("2", "2"), (" 3 ", "3"), ("99999", "100"), ("100", "100"), ("101", "100")],
        *[(text, "") for text in ("100000", "1", "0", "-2", "2x", "")],
    ],
)
def test_a_span_is_a_small_number_or_none(value: str, kept: str) -> None:
    columns, rows = (f' {name}="{kept}"' if kept else "" for name in ("colspan", "rowspan"))
    assert page(f'<table><tr><td colspan="{value}">a</td></tr></table>') == table(f"<td{columns}><p>a</p></td>")
    assert page(f'<table><tr><th rowspan="{value}">a</th></tr></table>') == table(f"<th{rows}><p>a</p></th>")


def test_a_panel_is_quoted_and_one_of_code_is_its_code() -> None:
    assert page('<div class="x panel"><p>a</p></div>') == "<blockquote><p>a</p></blockquote>"
    for kind in ("code", "preformatted"):
        header = f'<div class="{kind}Header panelHeader"><b>T</b></div>'
        assert page(f'<div class="{kind} panel">{header}<pre>a</pre></div>') == f"<p><strong>T</strong></p>{code('a')}"
    assert page('<span class="panel">a</span><div class="panelish">b</div>') == "<p>a</p><p>b</p>"
    assert page('<div class="PanelHeader">a</div>b') == "<p><strong>a</strong></p><p>b</p>"


@pytest.mark.parametrize(
    ("classes", "language"),
    [
        ("code-java", "java"),
        ("x language-Python y", "py"),
        ("code-c++", "cpp"),
        ("code-c#", "c#"),
        ("code-nothing", ""),
        ("java", ""),
        ("", ""),
    ],
)
def test_a_language_is_told_where_the_code_macro_knows_it(classes: str, language: str) -> None:
    assert page(f'<pre class="{classes}">a</pre>') == code("a", language)


def test_preformatted_text_keeps_its_blanks_and_lines() -> None:
    assert page("<pre>\n\n a<br/>b\r\n<span>c <i>d</i></span><!-- no -->\n e \n</pre>") == code(" a\nb\nc d\n e ")
    assert page("<pre>X a X</pre>") == code("X a X")


# ---------------------------------------------------------------- links, pictures, boxes


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("/x", "https://jira.example.com/x"),
        ("x", f"{BASE}/x"),
        (" https://e.com/a ", "https://e.com/a"),
        ("//e.com/a", "https://e.com/a"),
        ("?a=1", f"{BASE}/?a=1"),
        ("", None),
        (" #top ", None),
        ("javascript:x", None),
        ("http://[x", None),
    ],
)
def test_a_link_becomes_absolute_by_jiras_address(href: str, address: str | None) -> None:
    shown = f"<p>{link(address, 'a') if address else 'a'}</p>"
    assert to_storage(f'<a href="{href}">a</a>', BASE) == shown
    assert to_storage(f'<a href="{href}">a</a>', f"{BASE}/") == shown


def test_a_link_within_a_link_is_words_of_the_outer_one() -> None:
    outer, inner = (f"https://e.com/{path}" for path in "oi")
    assert page(f'<a href="{outer}">a <img alt="b" src="{inner}"/></a>') == f"<p>{link(outer, 'a b')}</p>"


def test_a_mention_has_one_at_sign_and_does_not_run_into_a_word() -> None:
    hover = '<a class="x user-hover" href="/u">{}</a>'
    assert page(f"ask{hover.format('<b>Ana</b>')}") == "<p>ask @<strong>Ana</strong></p>"
    assert page(f"({hover.format('Ana')}, {hover.format(' @Bo')})") == "<p>(@Ana, @Bo)</p>"
    assert page(f"<b>by {hover.format('Ana')}</b>") == "<p><strong>by @Ana</strong></p>"


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ('alt=" graph " data-attachment-name="d" title="t" src="/p/f.png"', "graph"),
        ('data-attachment-name="d" title="t" src="/p/f.png"', "d"),
        ('title="t" src="/p/f.png"', "t"),
        ('src=" /p/f%20g.png?x=1 "', "f g.png"),
        ('src="/"', "image"),
        ('class="icon" alt="i" src="/p"', "i"),
        ('class="image-wrap" src="/p/f.png"', "f.png"),
    ],
)
def test_a_picture_is_a_link_named_by_the_best_words_for_it(attributes: str, shown: str) -> None:
    written = page(f"<b><img {attributes}/></b>")
    assert written.startswith('<p><strong><a href="https://jira.example.com/')
    assert written.endswith(f">{shown}</a></strong></p>")


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ('src="data:image/png;base64,AA"', "image"),
        ('src="data:image/png;base64,AA" title="t"', "t"),
        ('class="icon" src="/p/f.png"', ""),
        ('class="x rendericon" src="/p/f.png" title="t"', ""),
        ('class="emoticon" src="/p/smile.gif"', "🙂"),
        ('class="emoticon" src="/p/smile.big.gif"', "🙂"),
        ('class="emoticon" src="/p/odd.thing.png"', ":odd:"),
        ('class="emoticon x" alt=" (y) " src="/p/smile.gif"', "(y)"),
    ],
)
def test_a_picture_that_leads_nowhere_is_words_or_nothing(attributes: str, shown: str) -> None:
    assert page(f"<b><img {attributes}/></b>") == (f"<p><strong>{shown}</strong></p>" if shown else "")


def test_a_check_box_says_whether_it_is_checked() -> None:
    assert page('<b><input type="checkbox" checked/>a</b>') == "<p><strong>[x] a</strong></p>"
    assert page('<input type="CheckBox"/>b<input type="text"/>c<input/>') == "<p>[ ] bc</p>"


# ---------------------------------------------------------------- depth


def test_markup_is_read_to_the_deepest_level_and_beyond_it_words_alone() -> None:
    inside = "<b>a</b><b>b</b>"
    deep = "<div>" * (DEEPEST - 1)
    assert page(f"{deep}{inside}") == "<p><strong>ab</strong></p>"
    assert page(f"{deep}<div>{inside}") == "<p>ab</p>"
    assert page(f"{deep}<div><u>a<i>b</i></u>") == "<p>a b</p>"


@pytest.mark.parametrize(
    ("unit", "levels"),
    [
        *[("<ul>", 2), ("<ul><li>", 2), ("<ul><li><ol><li>", 4), ("<table>", 1), ("<table><tr>", 2)],
        *[("<table><tr><td>", 3), ("<table><tbody>", 2), ("<table><tbody><tr>", 3), ("<table><tbody><tr><th>", 4)],
    ],
)
def test_what_a_list_or_a_table_takes_of_the_levels(unit: str, levels: int) -> None:
    deep = "<div>" * (DEEPEST - levels - 1)
    assert "<strong>a</strong>" in page(f"{deep}{unit}<b>a</b>")
    assert "<strong>" not in page(f"{deep}<div>{unit}<b>a</b>")


@pytest.mark.parametrize(
    ("html", "levels", "last", "beyond"),
    [
        ("<ul><li>a<i>b</i></li></ul>", 1, "<ul><li><p>ab</p></li></ul>", "<ul><li><p>a b</p></li></ul>"),
        ("<table><tr><th>a</th></tr></table>", 2, table(cell("a", "th")), table(cell("a"))),
        ("<table><tr><td>a</td><td>b</td></tr></table>", 1, table(cell("a") + cell("b")), table(cell("a b"))),
        (
            "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
            1,
            table(cell("a"), cell("b")),
            table(cell("a b")),
        ),
    ],
)
def test_an_item_a_row_and_a_cell_are_read_at_the_deepest_level_but_one(
    html: str, levels: int, last: str, beyond: str
) -> None:
    deep = "<div>" * (DEEPEST - levels - 1)
    assert page(deep + html) == last
    assert page(f"{deep}<div>{html}") == beyond


@pytest.mark.parametrize("depth", range(DEEPEST - 6, DEEPEST + 2))
def test_lists_and_tables_at_the_deepest_levels_lose_no_word(depth: int) -> None:
    deep = "<div>" * depth
    for html in ("<ul><li>a</li>b<i>c</i></ul>", "<table><tbody><tr><td>a</td>b</tr></tbody><tr>c</tr></table>"):
        for written in (page(deep + html), to_cell(deep + html, BASE)):
            assert read.text_of(scan(encode(written))).replace("|", "").split() in (["a", "b", "c"], ["abc"])


@pytest.mark.parametrize("unit", ["<ul>", "<ol><li>", "<table>", "<table><tr>", "<table><tbody>", "<table><tr><td>"])
def test_no_nesting_is_too_deep_to_keep_the_words(unit: str) -> None:
    assert read.text_of(scan(encode(page(unit * 1_000 + "deep")))) == "deep"
