"""Rule by rule, what of a page is said in Markdown, and how: in the open, in a cell, in a heading, in code."""

from __future__ import annotations

import pytest

from pirsync.page.markdown import DEEPEST, WIDEST, to_markdown

from .test_markdown import HEAD, HEADED, NAMES, code, macro, rich, table, task

MARKED, PLAIN = "a\\_ b\\*", "a_ b*"
"""Words that Markdown would take for markup: as they are said in text, and as they stand in the page and in code."""


def said(storage: str) -> str:
    return to_markdown(storage, NAMES)


def in_cell(content: str) -> str:
    """What a cell says that has this content; its row has another cell, which says `y`."""
    before, after = HEADED + "| ", " | y |"
    whole = said(table(HEAD, f"<td>{content}</td><td>y</td>"))
    assert (whole[: len(before)], whole[-len(after) :]) == (before, after)
    return whole[len(before) : -len(after)]


def plain(text: str) -> str:
    return f"<ac:plain-text-body>{text}</ac:plain-text-body>"


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ("<p>x<![CDATA[a]]>b<![CDATA[<c>]]>d</p>", "xab\\<c>d"),
        ('<p><![CDATA["q" &lt;]]></p>', '"q" \\&lt;'),
        ("<p><![CDATA[a]]> <b>c]]></b></p>", "a **c\\]\\]>**"),
        ("<p>a</p><![CDATA[b <i>c</i>", "a\n\nb *c*"),
    ],
)
def test_character_data_is_text_even_where_it_never_ends(storage: str, expected: str) -> None:
    assert said(storage) == expected


@pytest.mark.parametrize(
    ("words", "escaped"),
    [
        *[("#", "\\#"), ("+ a", "\\+ a"), ("=== a", "\\=== a"), ("12) b", "12\\) b"), (" - a", "\\- a")],
        *[(same, same) for same in ("a # b", "1234567890. x", "a. b", "1.5", "-a", "~b", "a & b")],
        *[("~~a~~", "\\~~a\\~~"), ("a\\b", "a\\\\b"), ("a\u00a0b", "a b"), ("a\nb", "a b")],
    ],
)
def test_only_what_would_be_markup_is_escaped(words: str, escaped: str) -> None:
    assert said(f"<p>{words}</p>") == escaped


def test_emphasis_is_said_as_markdown_says_it() -> None:
    assert said("<p>x<sub>1</sub><sup>2</sup> <b>b</b> <i>i</i> <del>d</del></p>") == (
        "x<sub>1</sub><sup>2</sup> **b** *i* ~~d~~"
    )


def test_blanks_next_to_a_block_are_dropped_and_those_between_words_are_kept() -> None:
    for name in ("ac:structured-macro", "ac:macro"):
        block = f'<{name} ac:name="info">{rich("b")}</{name}>'
        assert said(f"<p><b>a</b> {block} <i>c</i></p>") == "**a**\n\nb\n\n*c*"
    assert said(f"<p><b>a</b> {macro('x', plain('b'))} <i>c</i></p>") == "**a**b*c*"
    assert (
        said(f"<p><b>a</b> {macro('jira', key='A-1')} {macro('jira', key='A-2')} <i>c</i></p>") == "**a** A-1 A-2 *c*"
    )
    assert said("<p><b>a</b> <!-- x --> <i>b</i></p>") == "**a** *b*"


def test_what_lies_too_deep_keeps_its_words_and_loses_its_markup() -> None:
    inside = "<b>a<u>b</u></b></div>x"
    assert said("<div>" * (DEEPEST - 2) + inside) == "**ab**\n\nx"
    assert said("<div>" * DEEPEST + inside) == "a b\n\nx"


# ---------------------------------------------------------------- blocks of HTML


@pytest.mark.parametrize(
    ("storage", "open_", "cell"),
    [
        ("<p>a<br/>b</p>", "a  \nb", "a<br>b"),
        ("<h2>a<br/>b</h2>", "## a b", "**a<br>b**"),
        ("<h2> </h2>x", "x", "x"),
        ("<h2>a <i>b</i></h2>c", "## a *b*\n\nc", "**a *b***<br>c"),
        ("<h2>a<div>b</div>c</h2>", "## a b c", "**a<br>b<br>c**"),
        ("<blockquote><p>q</p><p>r</p></blockquote>s", "> q\n>\n> r\n\ns", "q<br>r<br>s"),
        ("<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>x", "1. a\n2. b\n   - c\n\nx", "1. a<br>2. b<br>- c<br>x"),
        ("<ul><li>a<ul><li>b</li></ul></li><li> </li><li>c</li></ul>", "- a\n  - b\n- c", "- a<br>- b<br>- c"),
        ("a<hr/>b", "a\n\n---\n\nb", "a<br>b"),
        ("<h1>a<hr/>b</h1>", "# a b", "**a<br>b**"),
        ("<pre>a\n<br/>  <b>b*</b></pre>", "```\na\n\n  b*\n```", "`a`<br>`  b*`"),
    ],
)
def test_a_block_is_said_in_the_open_and_in_a_cell(storage: str, open_: str, cell: str) -> None:
    assert said(storage) == open_
    assert in_cell(storage) == cell


def test_a_header_cell_keeps_to_one_line_as_any_cell_does() -> None:
    assert said(table("<th><h2>a</h2>b</th>")) == "| **a**<br>b |\n| --- |"


def test_preformatted_text_keeps_its_lines_and_whoever_it_mentions() -> None:
    assert said('<pre>x <ac:link><ri:user ri:userkey="8a7f"/></ac:link><br/> `y`</pre>') == "```\nx @Bo_\n `y`\n```"


def test_an_inline_task_list_has_boxes_and_another_list_has_none() -> None:
    assert said(
        '<ul class="x inline-task-list"><li class="y checked"><p>a</p></li><li class="checkedx">b</li></ul>'
    ) == ("- [x] a\n- [ ] b")
    assert said('<ul class="list"><li class="checked">a</li></ul>') == "- a"


# ---------------------------------------------------------------- code


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        (code(" \n "), ""),
        (code("X a X"), "```\nX a X\n```"),
        (code("\n\n a\r\nb\n"), "```\n a\nb\n```"),
        (code("a", language="c++ x`#-"), "```c++x#-\na\n```"),
        (macro("noformat", plain("a *b*"), language="py"), "```py\na *b*\n```"),
        (macro("html", plain("a *b*")), "a \\*b\\*"),
        ("<h2>x " + code("a`\n\nb ") + "</h2>", "## x `` a` `` `b`"),
        ("<p><kbd>a*</kbd> <samp>b</samp> <code>a`b</code></p>", "`a*` `b` `` a`b ``"),
    ],
)
def test_code(storage: str, expected: str) -> None:
    assert said(storage) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (code("a `b` \n\n``c"), "`` a `b` ``<br>``` ``c ```"),
        (code("a|b"), "`a\\|b`"),
        ("<code>a b<br/>c<br/> <br/>d`</code>", "`a b`<br>`c`<br>`` d` ``"),
        ("<pre><code>a<br/>b</code></pre>", "`a`<br>`b`"),
    ],
)
def test_code_in_a_cell_is_a_span_a_line(content: str, expected: str) -> None:
    assert in_cell(content) == expected


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        (macro("status", title=PLAIN), f"`**{PLAIN}**`"),
        (macro("jira", key=PLAIN), f"`{PLAIN}`"),
        (macro("expand", title=PLAIN), f"`**{PLAIN}**`"),
        (f'<ri:user ri:username="{PLAIN}"/>', f"`@{PLAIN}`"),
        (f'<ac:link ac:anchor="{PLAIN}"/>', f"`{PLAIN}`"),
        (f'<img alt="{PLAIN}"/>', f"`{PLAIN}`"),
        (f'<a href="https://e.com">{PLAIN}</a><br/>y', f"`{PLAIN}\ny`"),
    ],
)
def test_nothing_is_escaped_in_code(storage: str, expected: str) -> None:
    assert said(f"<p><code>{storage}</code></p>") == expected


# ---------------------------------------------------------------- links and pictures


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ('a<a href=" https://e.com "> </a>b', "a [https://e.com](https://e.com) b"),
        ('<a href="https://e.com/browse/A_1-12/?x=1"> https://e.com/browse/A_1-12/?x=1 </a>',
         "[A_1-12](https://e.com/browse/A_1-12/?x=1)"),
        ('<a href="https://e.com/browse/AB-2">words</a>', "[words](https://e.com/browse/AB-2)"),
        ('<a href="https://e.com/browse/AB-2"></a>', "[AB-2](https://e.com/browse/AB-2)"),
        ('<a href="https://e.com/_"><b></b></a>', "[https://e.com/\\_](https://e.com/_)"),
        ('<a href="https://e.com"><b>https://e.com</b></a>', "[**https://e.com**](https://e.com)"),
        ('a<a href="https://e.com">b<br/> c</a>d', "a[b c](https://e.com)d"),
        ('a<a href="https://e.com"> b</a>c', "a [b](https://e.com)c"),
        ('a<a href="https://e.com">b </a>c', "a[b](https://e.com) c"),
        ('<a>x</a><a href="#x">y</a>', "xy"),
        (macro("jira", key=" A_1-1 ", jqlQuery="q", url="https://e.com/x y"), "[A_1-1](https://e.com/x%20y)"),
        (macro("jira", key="A-1", jqlQuery="q"), "A-1"),
        (macro("jira", jqlQuery=PLAIN), MARKED),
        (macro("jira", url="https://e.com"), "[https://e.com](https://e.com)"),
        (f"x{macro('jira', url='javascript:x')}y", "xy"),
        *[(f'<ac:link><ri:x {kind}="{PLAIN}"/></ac:link>', MARKED)
          for kind in ("ri:content-title", "ri:filename", "ri:space-key", "ri:value")],
        ('<ac:link ac:anchor="x"><ri:page ri:space-key="S" ri:content-title="T"/></ac:link>', "T"),
        ('<ac:link><ri:attachment ri:filename="f"><ri:page ri:content-title="P"/></ri:attachment></ac:link>', "f"),
        ("a<ac:link> </ac:link><ac:link/>b", "ab"),
    ],
)  # fmt: skip
def test_a_link_is_its_words_and_its_address_or_the_name_of_what_it_leads_to(storage: str, expected: str) -> None:
    assert said(f"<p>{storage}</p>") == expected


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ('<ac:image ac:title="t" ac:alt="a"><ri:attachment ri:filename="f"/></ac:image>', "a"),
        (f'<ac:image ac:title="{PLAIN}"><ri:attachment ri:filename="f"/></ac:image>', MARKED),
        ("a<ac:image/>b", "ab"),
        ('<ac:image ac:alt="a"/><ac:image ac:alt="b"><ac:caption> </ac:caption></ac:image>', "ab"),
        ('<ac:image ac:alt="a"><ri:attachment ri:filename="f"/><ac:caption>cap</ac:caption></ac:image>', "a\n\ncap"),
        ('<ac:image ac:alt="a"><ri:url ri:value="javascript:x"/></ac:image>', "a"),
        ('<ac:image><ri:url ri:value="https://e.com/a b"/></ac:image>', "![](https://e.com/a%20b)"),
        (f'<img alt="{PLAIN}" src="https://e.com/(x)"/>', f"![{MARKED}](https://e.com/%28x%29)"),
        ('<img alt="b" src="x.png"/>', "b"),
        ('<img src="https://e.com/"/>', "![](https://e.com/)"),
        ('<ac:emoticon ac:name="n" ac:emoji-shortname=":s:"/>', ":s:"),
        ('<ac:emoticon ac:name="n" ac:emoji-shortname=":s:" ac:emoji-fallback="F"/>', "F"),
        ('<time datetime="2026-01-02">words</time> <time>words</time>', "2026-01-02 words"),
    ],
)
def test_a_picture_is_its_words_and_its_address(storage: str, expected: str) -> None:
    assert said(f"<p>{storage}</p>") == expected


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ('a<ri:user ri:local-id="x"/>b', "ab"),
        ('<ri:user ri:username="x_"/>', "@x\\_"),
        ('<ri:user ri:username="cy" ri:userkey="8a7f" ri:account-id="557058:ana"/>', "@Ana Ruiz"),
        ('<ri:user ri:username="cy" ri:userkey="8a7f"/>', "@Bo\\_"),
        (macro("profile", user=' <ri:user ri:username="cy"/> ') + "x", "@Cyx"),
        (macro("profile", user="Cy", width="9"), ""),
        (macro("blog-posts", author='<ri:user ri:username="cy"/>'), ""),
    ],
)
def test_a_person_is_told_by_name_and_a_macros_setting_is_not(storage: str, expected: str) -> None:
    assert said(f"<p>{storage}</p>") == expected


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (("<td rowspan='3'>a</td><td rowspan='2' colspan='2'>b</td>", "", "<td>c</td><td>d</td>"),
         ("| a | b | b |", "| a | b | b |", "| a | c | d |")),
        (("<td>a</td><td rowspan='2'>b</td><td rowspan='2'>c</td>", "<td>d</td>"), ("| a | b | c |", "| d | b | c |")),
        (("<td colspan=' 2 '>a</td><td/>", "<td rowspan='x'>b</td><td colspan='0'>c</td>"),
         ("| a | a |  |", "| b | c |  |")),
        (("<td rowspan='100000'>a</td><td/>", "<td>c</td>"), ("| a |  |  |", "| c |  |  |")),
        (("<td rowspan='4'>a</td>", *["<td>b</td>"] * 4),
         ("| a |  |  |", "| a | b |  |", "| a | b |  |", "| a | b |  |", "| b |  |  |")),
        (("", "<td> a <br/> <br/>b</td>"), ("| a<br>b |  |  |",)),
    ],
)  # fmt: skip
def test_a_spanning_cell_is_said_in_every_place_that_it_covers(rows: tuple[str, ...], lines: tuple[str, ...]) -> None:
    head = "| A | B | C |\n| --- | --- | --- |"
    assert said(table("<th>A</th><th>B</th><th>C</th>", *rows)) == "\n".join((head, *lines))


def test_a_table_is_cut_where_no_reader_would_follow() -> None:
    for cells in ("<td colspan='99999'>a</td>", "<td>a</td>" * (WIDEST + 1)):
        assert said(table(cells)).splitlines()[-1].count("a") == WIDEST
    assert len(said(table("<th rowspan='99999'>a</th>", *["<td>b</td>"] * 60)).splitlines()) == 62


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ("<p>x</p>" + table("<th>A</th>") + "y", "x\n\n| A |\n| --- |\n\ny"),
        ("<table><caption>cap</caption><tbody><tr><th>A</th></tr></tbody></table>", "cap\n\n\n\n| A |\n| --- |"),
        ("<table><tr><i>a</i><td>b</td></tr></table>", "*a*\n\n\n\n|  |\n| --- |\n| b |"),
        ("x<table>words</table>y", "x\n\nwords\n\ny"),
        ("<td>a</td>b", "a\n\nb"),
    ],
)
def test_what_stands_in_a_table_outside_its_cells_comes_before_it(storage: str, expected: str) -> None:
    assert said(storage) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (table("<td>a<p>b</p></td><th>c</th>", "<td>d</td>"), "a b / c<br>d"),
        ("x<table><caption>cap</caption><tr><td>a</td></tr></table>z", "x<br>cap<br>a<br>z"),
        ("<table>x</table>", "x"),
        (table(f"<td>{table('<td>a</td><td>b</td>')}</td><td>c</td>"), "a / b / c"),
    ],
)
def test_a_table_in_a_cell_is_a_line_a_row(content: str, expected: str) -> None:
    assert in_cell(content) == expected


# ---------------------------------------------------------------- what Confluence adds


@pytest.mark.parametrize("name", ["expand", "info", "note", "panel", "tip", "warning"])
def test_the_title_of_a_panel_is_said_above_it(name: str) -> None:
    panel = macro(name, rich("<p>a</p>"), title=PLAIN)
    assert said(f"x{panel}y") == f"x\n\n**{MARKED}**\n\na\n\ny"
    assert in_cell(panel) == f"**{MARKED}**<br>a"
    assert said(f"<h2>{panel}</h2>") == f"## **{MARKED}** a"
    assert said(f"<h2>{macro(name, rich(' '), title='T')}x</h2>") == "## **T** x"


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        (macro("expand", rich(code("x", title="T"))), "**T**\n\n```\nx\n```"),
        (macro("excerpt", rich("<p>a</p>"), title="T"), "a"),
        (macro("toc", title="T"), ""),
        (macro("status"), ""),
        (macro("status", macro("x", title="T")), ""),
        ("<ac:default-parameter>x</ac:default-parameter>y", "y"),
        ("<ac:adf-fallback>a</ac:adf-fallback>b", "a\n\nb"),
        ("<ac:adf-extension><ac:adf-node><ac:adf-attribute key='x'>q</ac:adf-attribute></ac:adf-node>"
         "<ac:adf-fallback><p>a</p></ac:adf-fallback></ac:adf-extension>b", "a\n\nb"),
    ],
)  # fmt: skip
def test_a_macro_says_its_body_and_none_of_its_settings(storage: str, expected: str) -> None:
    assert said(storage) == expected


def test_a_fallback_in_a_cell_is_a_line_of_its_own() -> None:
    assert in_cell("<ac:adf-extension><ac:adf-fallback>a</ac:adf-fallback></ac:adf-extension>b") == "a<br>b"


def test_a_task_is_done_when_its_status_says_so() -> None:
    tasks = task(" complete ", "a") + task("completed", "b") + "<ac:task><ac:task-body>c</ac:task-body></ac:task>"
    assert said(f"<ac:task-list>{tasks}</ac:task-list>") == "- [x] a\n- [ ] b\n- [ ] c"
    assert said("<ac:task-list>" + task("complete", "<p>a</p>" + code("x\n\ny")) + "</ac:task-list>") == (
        "- [x] a\n\n  ```\n  x\n\n  y\n  ```"
    )
    assert said(f"<h2>{task('complete', 'a')}</h2>") == "## [x] a"
