"""Storage format is shown safely: what is named comes out as HTML, everything else as text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from pirsync.sandbox.text.body import BadBody, parse
from pirsync.sandbox.text.render import IssueCard, render, safe_url

CORPUS = Path(__file__).parents[2].parent / "shared" / "storage"
CARD = IssueCard("INC-7", "Checkout <down>", "http://site/browse/INC-7", "Done", "green")


class Site:
    """A site with one person, one page and one issue."""

    def person(self, ref: str) -> str | None:
        return {"712020:1": "Ana Ruiz", "8a7f": "Bisi Okafor"}.get(ref)

    def page(self, space_key: str, title: str) -> str | None:
        return f"/wiki/{space_key or 'HERE'}" if title == "Runbook" else None

    def children(self) -> list[tuple[str, str]]:
        return [("A & B", "/wiki/1")]

    def attachment(self, name: str) -> str | None:
        return "/wiki/download/1/a.png?v=1&x=2" if name == "a.png" else None

    def issue(self, key: str) -> IssueCard | None:
        return CARD if key == "INC-7" else None

    def issue_at(self, url: str) -> IssueCard | None:
        return CARD if url == CARD.url else None


class Tags(HTMLParser):
    """Every tag and attribute of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")


def shown(body: str) -> str:
    return render(body, Site())


def macro(name: str, inner: str) -> str:
    return f'<ac:structured-macro ac:name="{name}">{inner}</ac:structured-macro>'


def test_text_is_escaped_and_entities_are_characters() -> None:
    assert shown("<p>a &lt;b&gt; &amp; c&nbsp;d</p>") == "<p>a &lt;b&gt; &amp; c\u00a0d</p>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<h2>Why</h2>", '<h2 id="h-0">Why</h2>'),
        ("<ul><li><b>x</b></li></ul>", "<ul><li><strong>x</strong></li></ul>"),
        ("<p>a<br/>b</p>", "<p>a<br>b</p>"),
        ('<p><time datetime="2026-09-04"/></p>', '<p><time class="date" datetime="2026-09-04">4 Sep 2026</time></p>'),
        ("<ac:placeholder>Who?</ac:placeholder>", '<span class="placeholder">Who?</span>'),
        ('<ac:link><ri:user ri:account-id="712020:1"/></ac:link>', '<span class="mention">@Ana Ruiz</span>'),
        ('<ac:link><ri:user ri:userkey="8a7f"/></ac:link>', '<span class="mention">@Bisi Okafor</span>'),
        ('<ac:link><ri:user ri:userkey="gone"/></ac:link>', '<span class="mention">@Unknown user</span>'),
        ('<ac:link><ri:page ri:content-title="Runbook"/></ac:link>', '<a href="/wiki/HERE">Runbook</a>'),
        (
            '<ac:link><ri:page ri:space-key="OPS" ri:content-title="Runbook"/>'
            "<ac:plain-text-link-body><![CDATA[the <book>]]></ac:plain-text-link-body></ac:link>",
            '<a href="/wiki/OPS">the &lt;book&gt;</a>',
        ),
        (
            '<ac:link><ri:page ri:content-title="Lost"/></ac:link>',
            '<span class="dead-link" title="No such page">Lost</span>',
        ),
    ],
)
def test_small_things(body: str, expected: str) -> None:
    assert shown(body) == expected


@pytest.mark.parametrize(
    ("colour", "css"),
    [("Green", "green"), ("Yellow", "yellow"), ("Red", "red"), ("Blue", "blue"), ("", "grey"), ('x"><b', "grey")],
)
def test_a_status_is_a_lozenge_of_its_colour(colour: str, css: str) -> None:
    colour = colour.replace('"', "&quot;").replace("<", "&lt;")
    title = '<ac:parameter ac:name="title">OK</ac:parameter>'
    body = macro("status", f'<ac:parameter ac:name="colour">{colour}</ac:parameter>{title}')
    assert shown(body) == f'<span class="lozenge lozenge-{css}">OK</span>'


def test_an_issue_is_a_chip_with_summary_and_status_by_key_and_by_address() -> None:
    chip = (
        '<a class="chip" href="http://site/browse/INC-7" title="Checkout &lt;down&gt;">'
        "<b>INC-7</b> <span>Checkout &lt;down&gt;</span> "
        '<span class="lozenge lozenge-green">Done</span></a>'
    )
    assert shown(macro("jira", '<ac:parameter ac:name="key">INC-7</ac:parameter>')) == chip
    assert shown(f'<a href="{CARD.url}" data-card-appearance="inline">{CARD.url}</a>') == chip


def test_a_plain_link_to_an_issue_stays_a_link() -> None:
    assert shown(f'<a href="{CARD.url}">see</a>') == f'<a href="{CARD.url}" rel="noopener">see</a>'


def test_an_issue_that_is_not_known_shows_its_key() -> None:
    html = shown(macro("jira", '<ac:parameter ac:name="key">NO-1</ac:parameter>'))
    assert html == '<span class="chip chip-missing"><b>NO-1</b> <span>not found</span></span>'


def test_macros_with_a_body() -> None:
    rich = "<ac:rich-text-body><p>x</p></ac:rich-text-body>"
    title = '<ac:parameter ac:name="title">T&amp;T</ac:parameter>'
    assert shown(macro("details", rich)) == '<section class="properties"><p>x</p></section>'
    assert shown(macro("note", rich)) == '<div class="panel panel-note"><p>x</p></div>'
    expand = '<details class="expand"><summary>T&amp;T</summary><p>x</p></details>'
    assert shown(macro("expand", title + rich)) == expand
    box = '<div class="box"><b>chart</b> <small>title T&amp;T</small><p>x</p></div>'
    assert shown(macro("chart", title + rich)) == box
    assert shown(macro("excerpt", rich)) == '<div class="excerpt"><p>x</p></div>'


def test_code_is_text_even_when_it_looks_like_markup() -> None:
    body = macro("code", "<ac:plain-text-body><![CDATA[<script>x</script>]]></ac:plain-text-body>")
    code = '<pre tabindex="0" role="group" aria-label="Code"><code>&lt;script&gt;x&lt;/script&gt;</code></pre>'
    expected = f'<figure class="code">{code}</figure>'
    assert shown(body) == expected


def test_tasks_show_whether_they_are_done() -> None:
    body = (
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
        "<ac:task-body>call</ac:task-body></ac:task></ac:task-list>"
    )
    box = '<input type="checkbox" disabled checked aria-label="call">'
    assert shown(body) == f'<ul class="tasks"><li>{box} call</li></ul>'


def test_contents_point_at_headings() -> None:
    html = shown(macro("toc", "") + "<h2>Why</h2>")
    assert '<li class="toc-h2"><a href="#h-1">Why</a></li>' in html
    assert '<h2 id="h-1">Why</h2>' in html


def test_children_are_the_pages_below() -> None:
    assert shown(macro("children", "")) == '<ul class="children"><li><a href="/wiki/1">A &amp; B</a></li></ul>'


def test_a_table_in_a_paragraph_does_not_break_it() -> None:
    assert shown("<p>a<table><tbody><tr><td>1</td></tr></tbody></table></p>").startswith('<div class="p">a<div')


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", " JaVa\nscript:alert(1)", "data:text/html,x", "//evil.example/", "vbscript:x", "/\\evil"],
)
def test_dangerous_links_are_dropped(href: str) -> None:
    assert safe_url(href) is None
    assert shown(f'<a href="{href}">x</a>') == '<span class="dead-link">x</span>'


def test_scripts_handlers_and_styles_do_not_pass() -> None:
    html = shown(
        '<p onclick="x()" style="position: fixed; color: red; background: url(x)">a</p><script>y</script>'
        '<iframe src="http://z"/><td colspan="9999999" data-highlight-colour="#fff">b</td>'
        '<svg onload="x"><a>c</a></svg>'
    )
    tags = Tags(html)
    assert tags.names == {"p", "span", "td"}
    assert set(tags.attributes) == {"style", "class"}
    assert tags.attributes["style"] == ["--text: red", "--shade: #fff"]


def test_two_hundred_levels_are_shown_and_more_are_refused() -> None:
    assert shown("<div>" * 200 + "x" + "</div>" * 200).count("<div>") == 200
    with pytest.raises(BadBody, match="nested more than 200 levels deep at line 1, column 1001"):
        shown("<div>" * 201 + "</div>" * 201)


def test_a_body_that_is_not_well_formed_is_refused_with_its_place() -> None:
    with pytest.raises(BadBody, match="mismatched tag at line 2"):
        shown("<p>a\n</q>")


def test_offsets_are_those_of_the_bytes() -> None:
    body = parse("<p>ü</p><td a='>'/>")
    assert [(e.start, e.inner_start, e.inner_end, e.end) for e in body.elements] == [(0, 3, 5, 9), (9, 20, 20, 20)]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the folder ../shared with real pages is not here")
def test_real_pages_come_out_with_allowed_tags_only() -> None:
    allowed = {"a", "b", "big", "blockquote", "br", "code", "del", "details", "div", "em", "figcaption", "figure", "hr"}
    allowed |= {"h1", "h2", "h3", "h4", "h5", "h6", "input", "ins", "li", "ol", "p", "pre", "s", "section", "small"}
    allowed |= {"span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr"}
    allowed |= {"u", "ul"}
    seen: set[str] = set()
    pages = 0
    for path in sorted(CORPUS.glob("*.xhtml")):
        try:
            html = shown(path.read_bytes().decode())
        except BadBody:
            continue
        pages += 1
        tags = Tags(html)
        seen |= tags.names
        assert not [name for name in tags.attributes if name.startswith("on")]
        assert all(safe_url(href) for href in tags.attributes.get("href", []))
    assert pages > 290
    assert seen <= allowed


def test_a_file_of_the_page_is_shown_and_linked_and_any_other_is_only_named() -> None:
    own = '<ri:attachment ri:filename="a.png" />'
    image = shown(f'<ac:image ac:alt="A &quot;graph&quot;" ac:width="300">{own}</ac:image>')
    address = "/wiki/download/1/a.png?v=1&amp;x=2"
    assert image == f'<img src="{address}" alt="A &quot;graph&quot;" width="300">'
    assert shown(f"<ac:link>{own}</ac:link>") == f'<a href="{address}">a.png</a>'
    other = '<ri:attachment ri:filename="a.png"><ri:page ri:content-title="Runbook" /></ri:attachment>'
    assert shown(f"<ac:image>{other}</ac:image>") == '<span class="box">Image a.png</span>'
