"""Jira's HTML becomes clean storage format: always well formed, and never a word lost."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from pirsync.page.html import DEEPEST, MOST_TAGS, to_cell, to_storage
from pirsync.page.lint import lint
from pirsync.page.scan import Element, encode, scan
from tests.growth import TOO_MUCH, growth
from tests.shared import shared

BASE = "https://jira.example.com/jira"
MACRO = '<ac:structured-macro ac:name="code" ac:schema-version="1">'

CASES = {
    "nothing": ("", ""),
    "blanks only": ("<p>&nbsp;</p>\n<p> </p>", ""),
    "paragraphs": ("<p>One<br/>\ntwo</p>\n\n<p>three </p>", "<p>One<br />two</p><p>three</p>"),
    "headings go down by two": ("<h1><a name='A'></a>A</h1><h5>B</h5>", "<h3>A</h3><h6>B</h6>"),
    "marks": (
        "<p><b>a <em>b</em></b><del>c</del><ins>d</ins>H<sub>2</sub>O<sup>3</sup><tt>e</tt></p>",
        "<p><strong>a <em>b</em></strong><del>c</del><u>d</u>H<sub>2</sub>O<sup>3</sup><code>e</code></p>",
    ),
    "crossed marks": ("<b>a<i>b</b>c</i>", "<p><strong>a<em>b</em></strong>c</p>"),
    "nested lists": (
        '<ul class="alternate" type="square">\n\t<li>a\n\t<ol>\n\t\t<li>b</li>\n\t</ol>\n\t</li>\n</ul>',
        "<ul><li><p>a</p><ol><li><p>b</p></li></ol></li></ul>",
    ),
    "an item begins with text": (
        "<ul><li><ul><li>a</li></ul></li></ul>",
        "<ul><li><p></p><ul><li><p>a</p></li></ul></li></ul>",
    ),
    "table": (
        "<div class='table-wrap'>\n<table class='confluenceTable'><tbody>\n<tr>\n<th class='confluenceTh'>Host</th>\n"
        "<td class='confluenceTd' colspan='2'>db-1<br/>db-2</td>\n</tr>\n</tbody></table>\n</div>",
        '<table><tbody><tr><th><p>Host</p></th><td colspan="2"><p>db-1<br />db-2</p></td></tr></tbody></table>',
    ),
    "table in a table": (
        "<table><tr><td>x<table><tr><td>a</td><td>b</td></tr></table></td></tr></table>",
        "<table><tbody><tr><td><p>x</p><p>a | b</p></td></tr></tbody></table>",
    ),
    "quotation": (
        "<blockquote><h2>q</h2><p>r</p></blockquote>",
        "<blockquote><p><strong>q</strong></p><p>r</p></blockquote>",
    ),
    "code": (
        '<div class="code panel" style="border-width: 1px;"><div class="codeHeader panelHeader"><b>A.java</b></div>'
        '<div class="codeContent panelContent">\n<pre class="code-java">'
        '<span class="code-keyword">if</span> (a &lt; b) {\n'
        "  x = <span class=\"code-quote\">\"]]&gt;\"</span>;\n}\n</pre>\n</div></div>",
        "<p><strong>A.java</strong></p>" + MACRO + '<ac:parameter ac:name="language">java</ac:parameter>'
        '<ac:plain-text-body><![CDATA[if (a < b) {\n  x = "]]]]><![CDATA[>";\n}]]></ac:plain-text-body>'
        "</ac:structured-macro>",
    ),
    "noformat": (
        '<div class="preformatted panel"><div class="preformattedContent panelContent">\n'
        '<pre>ERROR  &lt;1&gt;</pre></div></div>',
        MACRO + "<ac:plain-text-body><![CDATA[ERROR  <1>]]></ac:plain-text-body></ac:structured-macro>",
    ),
    "panel": (
        '<div class="panel"><div class="panelHeader"><b>Note</b></div>'
        '<div class="panelContent"><p>Text</p></div></div>',
        "<blockquote><p><strong>Note</strong></p><p>Text</p></blockquote>",
    ),
    "panel around code": (
        '<div class="panel"><div class="panelContent"><p>a</p><pre>b</pre><p>c</p></div></div>',
        f"<blockquote><p>a</p></blockquote>{MACRO}<ac:plain-text-body><![CDATA[b]]></ac:plain-text-body>"
        "</ac:structured-macro><blockquote><p>c</p></blockquote>",
    ),
    "links": (
        '<p><a href="/jira/browse/A-1" class="issue-link">A-1</a> <a href="browse/A-2">A-2</a> '
        '<a href="https://e.com/?a=1&amp;b=%22" class="external-link" rel="nofollow">e<sup><img class="rendericon" '
        'src="/images/icons/linkext7.gif" alt=""/></sup></a> <a href="mailto:a@e.com">mail</a></p>',
        '<p><a href="https://jira.example.com/jira/browse/A-1">A-1</a> '
        '<a href="https://jira.example.com/jira/browse/A-2">A-2</a> <a href="https://e.com/?a=1&amp;b=%22">e</a> '
        '<a href="mailto:a@e.com">mail</a></p>',
    ),
    "unsafe links are words": (
        '<a href="javascript:alert(1)">a</a><a href="data:text/html,x">b</a>'
        '<a href="http://[x">c</a><a href="#d">d</a>',
        "<p>abcd</p>",
    ),
    "mention": (
        '<p>Hi <a href="https://jira.example.com/secure/ViewProfile.jspa?name=ana" class="user-hover" rel="ana">Ana '
        'Ruiz</a>, <a class="user-hover" data-account-id="5b1">@Bo</a><a class="user-hover" rel="cy">Cy</a></p>',
        "<p>Hi @Ana Ruiz, @Bo @Cy</p>",
    ),
    "attachment": (
        '<span class="image-wrap" style=""><a id="1_thumb" href="https://jira.example.com/secure/attachment/1/a.png" '
        'title="a.png"><jira-attachment-thumbnail url="x"><img src="https://jira.example.com/secure/thumbnail/1/a.png" '
        'data-attachment-name="a.png" style="border: 0px" /></jira-attachment-thumbnail></a></span>',
        '<p><a href="https://jira.example.com/secure/attachment/1/a.png">a.png</a></p>',
    ),
    "image": (
        '<img src="/jira/x/graph%20one.png"/><img src="data:image/png;base64,AA" alt="graph"/>',
        '<p><a href="https://jira.example.com/jira/x/graph%20one.png">graph one.png</a>graph</p>',
    ),
    "emoticons": (
        '<p><img class="emoticon" src="/images/icons/emoticons/check.png" height="16" alt="" border="0"/> ok '
        '<img class="emoticon" src="/x/odd.png" alt="(!)"/></p>',
        "<p>✅ ok (!)</p>",
    ),
    "not on the list": (
        '<p><font color="red">red</font> <blink onclick="x()">b</blink><script>evil()</script><style>p{}</style></p>',
        "<p>red b</p>",
    ),
    "no markup at all": ("1 < 2 && 3 > 2 <not closed", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2 &lt;not closed</p>"),
    "what XML forbids": ("a\x00\x0bb&#x1;&#xD800;c&#99999999999;", "<p>ab�c&amp;#99999999999;</p>"),
    "refused by parsers": ("<![foo a<!-- gone -->b<?php x ?>c<!DOCTYPE html>d", "<p>&lt;![foo abcd</p>"),
}  # fmt: skip

CELLS = {
    "nothing": ("", "<p></p>"),
    "heading": ("<h1>A</h1>", "<p><strong>A</strong></p>"),
    "code": ("<pre>a = 1\n\n  b</pre>", "<p><code>a = 1</code></p><p><code>  b</code></p>"),
    "table": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td><p>c</p><p>d</p></td><td></td></tr></table>",
        "<p>a | b</p><p>c / d | </p>",
    ),
    "quotation and rule": ("<blockquote>q</blockquote><hr/>", "<p>q</p>"),
    "list": ("<ol><li>a<pre>b</pre></li></ol>", "<ol><li><p>a</p><p><code>b</code></p></li></ol>"),
}


@pytest.mark.parametrize("name", CASES)
def test_page(name: str) -> None:
    html, expected = CASES[name]
    assert expected == to_storage(html, BASE)


@pytest.mark.parametrize("name", CELLS)
def test_cell(name: str) -> None:
    html, expected = CELLS[name]
    assert expected == to_cell(html, BASE)


def _text(element: Element) -> str:
    return "".join(child if isinstance(child, str) else _text(child) for child in element.children)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _names(storage: str) -> set[str]:
    return {element.name for element in scan(encode(storage)).walk()}


def _assert_clean(html: str) -> None:
    page, cell = to_storage(html, BASE), to_cell(html, BASE)
    assert lint(page) == ()
    assert lint(f"<table><tbody><tr><td>{cell}</td></tr></tbody></table>") == ()
    assert not _names(cell) & {"table", "ac:structured-macro", "blockquote", "h3", "h4", "h5", "h6"}


_TAGS = ["p", "div", "b", "em", "code", "ul", "ol", "li", "table", "tbody", "tr", "td", "th", "h2", "pre", "blockquote"]
_TAGS += ["a", "span", "unknown", "br", "hr", "script", 'div class="panel"', 'a href="/x"', 'a class="user-hover"']
_WHOLE = [*(f"<{tag}>" for tag in _TAGS), *(f"</{tag.split()[0]}>" for tag in _TAGS), '<img alt="i" src="/i.png"/>']
_BROKEN = ["<", ">", "&", "&#", "&#x;", "&lt;", "<!--", "-->", "<![CDATA[", "]]>", "<!", "<?", "</", "<a ", '"', "'"]
_BROKEN += ["=", "<a href=", "&nbsp;", "\x00", "\ud800", "\ufffe", "<p title='", "&#xD800;", "&#1114112;"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WHOLE + _BROKEN) | st.text(max_size=5), max_size=40).map("".join))
def test_whatever_comes_in_clean_xml_comes_out(html: str) -> None:
    _assert_clean(html)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([tag for tag in _WHOLE if "script" not in tag]), max_size=40))
def test_no_word_is_lost_and_none_changes_its_place(tags: list[str]) -> None:
    words = [f"w{index};" for index in range(len(tags))]
    html = "".join(tag + word for tag, word in zip(tags, words, strict=True))
    for written in (to_storage(html, BASE), to_cell(html, BASE)):
        said = _squeezed(_text(scan(encode(written))))
        assert words == sorted(words, key=said.index)


def test_what_is_too_deep_keeps_its_words() -> None:
    depth = 5_000
    html = "<div>" * depth + "<b>deep</b> <i>words</i>" + "</div>" * depth
    assert _text(scan(encode(to_storage(html, BASE)))).split() == ["deep", "words"]
    nested = "<ul><li>x" * (DEEPEST * 2) + "last"
    assert _text(scan(encode(to_storage(nested, BASE)))).endswith("last")


REPORT = "<p>Some words of <b>a</b> report.</p>\n"


def test_a_megabyte_is_read_in_time() -> None:
    html = REPORT * (1_000_000 // len(REPORT))
    started = time.process_time()
    written = to_storage(html, BASE)
    assert time.process_time() - started < 20  # three are promised; a busy machine takes twice as long and more
    assert scan(encode(written)).end == len(written.encode())


@pytest.mark.parametrize("unit", [REPORT, "<p>x", "<ul><li>x", "<b>", "<", "</", "<!--", "<![CDATA[", '<a "'])
def test_what_repeats_without_end_takes_no_more_time_than_its_length(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(size: int) -> None:
        # In proportion to a whole megabyte.
        monkeypatch.setattr("pirsync.page.html.MOST_TAGS", MOST_TAGS * size // 1_000_000)
        written = to_storage(unit * (size // len(unit)), BASE)
        assert scan(encode(written)).end == len(written.encode())

    assert growth(write, 25_000) < TOO_MUCH


def test_words_behind_very_many_tags_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pirsync.page.html.MOST_TAGS", MOST_TAGS // 10)
    written = to_storage("<i></i>" * (MOST_TAGS // 10) + "<b>end</b>", BASE)
    assert written == "<p>end</p>"


def _recorded(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.json.gz")):
        for issue in json.loads(gzip.decompress(path.read_bytes()))["issues"]:
            for fields in (issue.get("renderedFields") or {}, issue.get("fields") or {}):
                comments = (fields.get("comment") or {}).get("comments") or []
                for value in (fields.get("description"), *(comment.get("body") for comment in comments)):
                    if isinstance(value, str) and value:
                        yield f"{path.name} {issue['key']}", value


def test_every_recorded_text_is_read_without_loss() -> None:
    texts = list(_recorded(shared("recorded/jira-issues")))
    assert len(texts) > 100
    for where, html in texts:
        _assert_clean(html)
        if html.startswith("<p>"):
            words = BeautifulSoup(html, "html.parser").get_text().replace("@", "").split()
            said = _squeezed(_text(scan(encode(to_storage(html, BASE))))).replace("@", "")
            assert [word for word in words if word not in said] == [], where
