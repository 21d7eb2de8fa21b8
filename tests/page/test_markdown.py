"""Markdown says what a reader of the page sees, and not what the storage format hides."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pirsync.page.html import to_cell, to_storage
from pirsync.page.markdown import to_markdown
from pirsync.page.scan import BadPage, Element, encode, scan
from tests.growth import TOO_MUCH, growth
from tests.shared import shared

NAMES = {"557058:ana": "Ana Ruiz", "8a7f": "Bo_", "cy": "Cy"}


def macro(name: str, body: str = "", **parameters: str) -> str:
    told = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items())
    return f'<ac:structured-macro ac:name="{name}">{told}{body}</ac:structured-macro>'


def rich(body: str) -> str:
    return f"<ac:rich-text-body>{body}</ac:rich-text-body>"


def code(text: str, **parameters: str) -> str:
    return macro("code", f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>", **parameters)


def table(*rows: str) -> str:
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def task(status: str, body: str) -> str:
    return (
        f"<ac:task><ac:task-id>7</ac:task-id><ac:task-uuid>u</ac:task-uuid><ac:task-status>{status}</ac:task-status>"
        f"<ac:task-body>{body}</ac:task-body></ac:task>"
    )


LINES = code("f\n  g")
HEAD = "<th>A</th><th>B</th>"
HEADED = "| A | B |\n| --- | --- |\n"

CASES = {
    "nothing": ("", ""),
    "mentions": (
        '<p><ac:link><ri:user ri:account-id="557058:ana" /></ac:link>, <ac:link><ri:user ri:userkey="8a7f"/></ac:link>'
        ', <ac:link><ri:user ri:username="cy"/></ac:link>, <ac:link><ri:user ri:userkey="who"/></ac:link></p>',
        "@Ana Ruiz, @Bo\\_, @Cy, @who",
    ),
    "mention in a marker": (
        '<p><ac:inline-comment-marker ac:ref="r">by <ac:link><ri:user ri:userkey="cy"/></ac:link>'
        "</ac:inline-comment-marker></p>",
        "by @Cy",
    ),
    "profile": (macro("profile", user='<ri:user ri:username="cy"/>'), "@Cy"),
    "date": ('<p>Due <time datetime="2026-04-01" /> or so</p>', "Due 2026-04-01 or so"),
    "status": (f"<p>{macro('status', colour='Green', title='IN_PROGRESS')} x</p>", "**IN_PROGRESS** x"),
    "status without text": (f"<p>{macro('status', colour='Red')}</p>", "**Red**"),
    "details": (macro("details", rich("<p>a</p><p>b</p>"), id="pirsync-summary", hidden="true"), "a\n\nb"),
    "titles are seen": (macro("expand", "\n" + rich("\n<p>a</p>\n"), title="More *"), "**More \\***\n\na"),
    "code": (
        code("if a &lt; b | c:\n\n    x = 1", language="py"),
        "```py\nif a &lt; b | c:\n\n    x = 1\n```",
    ),
    "code with a fence": (code("```\nx\n```"), "````\n```\nx\n```\n````"),
    "split sections": (code("a]]]]><![CDATA[>b"), "```\na]]>b\n```"),
    "code in a list": (f"<ul><li><p>x</p>{code('a')}</li></ul>", "- x\n\n  ```\n  a\n  ```"),
    "preformatted": ("<pre>a *b*\n  c</pre>", "```\na *b*\n  c\n```"),
    "placeholder": ("<p><ac:placeholder>Who was affected?</ac:placeholder></p><p>a</p>", "a"),
    "toc": (f"<p>{macro('toc', maxLevel='2')}</p><p>a</p>", "a"),
    "tasks": (
        "<ac:task-list>\n" + task("complete", "<span>a</span>") + "\n" + task("incomplete", "<p>b</p><p>c</p>")
        + "\n</ac:task-list>",
        "- [x] a\n- [ ] b\n\n  c",
    ),
    "inline tasks": ('<ul class="inline-task-list"><li class="checked">a</li><li>b</li></ul>', "- [x] a\n- [ ] b"),
    "jira macro": (f"<p>{macro('jira', key='OPS-1', server='System Jira', serverId='x-y')}</p>", "OPS-1"),
    "smart link": (
        '<p><a href="https://j.e.com/browse/OPS-1" data-card-appearance="inline">https://j.e.com/browse/OPS-1</a></p>',
        "[OPS-1](https://j.e.com/browse/OPS-1)",
    ),
    "links": (
        '<p>a<a href="https://e.com/x_(y)"> b </a>c <a href="https://e.com/_">https://e.com/_</a></p>',
        "a [b](https://e.com/x_%28y%29) c [https://e.com/\\_](https://e.com/_)",
    ),
    "unsafe links": ('<p><a href="javascript:alert(1)">a</a> <a href="/x">b</a></p><script>evil()</script>', "a b"),
    "links within": (
        '<p><ac:link><ri:page ri:content-title="My page"/></ac:link> <ac:link ac:anchor="x">'
        '<ri:page ri:content-title="P"/>'
        "<ac:plain-text-link-body><![CDATA[a <b>]]></ac:plain-text-link-body></ac:link> "
        '<ac:link ac:anchor="there"/></p>',
        "My page a \\<b> there",
    ),
    "images": (
        '<p><ac:image ac:alt="graph"><ri:attachment ri:filename="g.png"/></ac:image> <ac:image><ri:attachment '
        'ri:filename="h.png"/></ac:image> <ac:image ac:alt="i"><ri:url ri:value="https://e.com/i.png"/></ac:image></p>',
        "graph h.png ![i](https://e.com/i.png)",
    ),
    "emoticons": (
        '<p><ac:emoticon ac:name="tick" ac:emoji-fallback="✅"/> <ac:emoticon ac:name="smile"/></p>',
        "✅ :smile:",
    ),
    "extension once": (
        '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">error</ac:adf-attribute>'
        "<ac:adf-content><p>a</p></ac:adf-content></ac:adf-node><ac:adf-fallback><p>a</p></ac:adf-fallback>"
        "</ac:adf-extension>",
        "a",
    ),
    "layout": (
        "<ac:layout><ac:layout-section><ac:layout-cell>a</ac:layout-cell>\n<ac:layout-cell><h1>b</h1></ac:layout-cell>"
        "</ac:layout-section></ac:layout>",
        "a\n\n# b",
    ),
    "text is text": (
        "<p>- a</p><p>1. b</p><p># c</p><p>&gt;d [e] *f* _g_ h_i `j` &amp;lt; &lt;k&gt;</p>",
        "\\- a\n\n1\\. b\n\n\\# c\n\n\\>d \\[e\\] \\*f\\* \\_g\\_ h_i \\`j\\` \\&lt; \\<k>",
    ),
    "table": (table(HEAD, "<td>1</td><td>2</td>"), HEADED + "| 1 | 2 |"),
    "table without a header": (table("<th>A</th><td>1</td>"), "|  |  |\n| --- | --- |\n| A | 1 |"),
    "bars in cells": (table(HEAD, "<td>a|b</td><td><code>c|d</code></td>"), HEADED + "| a\\|b | `c\\|d` |"),
    "lines in cells": (
        table(HEAD, f"<td><p>a</p><p>b<br/>c</p></td><td><ul><li>d</li><li>e</li></ul>{LINES}<h2>h</h2></td>"),
        HEADED + "| a<br>b<br>c | - d<br>- e<br>`f`<br>`  g`<br>**h** |",
    ),
    "spans": (
        table(HEAD, "<td colspan='2'>a</td>", "<td rowspan='2'>b</td><td>c</td>", "<td>d</td>", "<td>e</td>"),
        HEADED + "| a | a |\n| b | c |\n| b | d |\n| e |  |",
    ),
    "table in a table": (
        table(HEAD, f"<td>x{table('<td>1|2</td><td>3</td>', '<td>4</td>')}</td><td>y</td>"),
        HEADED + "| x<br>1\\|2 / 3<br>4 | y |",
    ),
    "tasks in a cell": (
        table(
            HEAD,
            "<td><ac:task-list>" + task("complete", "a") + task("incomplete", "b") + "</ac:task-list></td><td></td>",
        ),
        HEADED + "| [x] a<br>[ ] b |  |",
    ),
    "not well formed": ("<p>a <b>b</p><![foo c <td>d", "a **b**\n\n\\<!\\[foo c\n\nd"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    storage, expected = CASES[name]
    assert to_markdown(storage, NAMES) == expected


def _cell_count(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


_CONTENT = st.recursive(
    st.sampled_from(["a|b", "<p>c</p>", "<br/>", "<code>|</code>", code("x|y\nz"), "<h1>h</h1>", "<hr/>"]),
    lambda inner: st.builds(
        lambda form, parts: form.format("".join(parts)),
        st.sampled_from(["<p>{}</p>", "<ul><li>{}</li></ul>", "<table><tr><td>{}</td><td>|</td></tr></table>"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(st.lists(_CONTENT, min_size=3, max_size=3), min_size=1, max_size=4))
def test_every_row_keeps_its_columns(rows: list[list[str]]) -> None:
    storage = table("<th>A</th><th>B</th><th>C</th>", *("".join(f"<td>{c}</td>" for c in row) for row in rows))
    lines = to_markdown(storage, {}).splitlines()
    assert [_cell_count(line) for line in lines] == [3] * (len(rows) + 2)


@settings(deadline=None)
@given(
    st.text(max_size=60) | st.lists(st.sampled_from(["<p>", "</p>", "<![CDATA[", "]]>", "<td", "&#", "x"])).map("".join)
)
def test_any_text_is_answered(storage: str) -> None:
    assert isinstance(to_markdown(storage, {}), str)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30))
def test_no_character_of_a_text_is_lost(words: str) -> None:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    left = iter(to_markdown(f"<p>x{escaped}x</p>", {}))
    assert all(character in left for character in words)


def test_depth_is_bounded_and_loses_no_words() -> None:
    assert to_markdown("<div>" * 20_000 + "deep" + "</div>" * 20_000, {}) == "deep"
    assert to_markdown("<blockquote>" * 400 + "deep", {}).endswith("deep")


def test_a_large_table_takes_linear_time() -> None:
    row = "<td><p>a</p></td><td><p>b</p></td><td>c</td><td>d</td>"
    assert to_markdown(table(*[row] * 1_000), {}).count("\n") == 1_001
    assert growth(lambda rows: to_markdown(table(*[row] * rows), {}), 100) < TOO_MUCH


def _mentions(element: Element) -> list[str]:
    """Whom the page mentions: links to users; a user who is a macro's setting is not seen."""
    links = (link for link in element.within("ac:link") if all(a.name != "ac:parameter" for a in link.ancestors()))
    users = (user for link in links for user in link.within("ri:user"))
    return [ref for user in users for name, ref in user.attrs.items() if name in ("ri:account-id", "ri:userkey")]


def test_every_real_document_is_read_and_no_mention_lost() -> None:
    documents = sorted(shared("storage").glob("*.xhtml"))
    seen = 0
    for path in documents:
        storage = path.read_text(encoding="utf-8")
        try:
            refs = _mentions(scan(encode(storage)))
        except BadPage:
            refs = []
        names = {ref: f"Person{number};" for number, ref in enumerate(refs)}
        text = to_markdown(storage, names)
        assert [name for name in names.values() if f"@{name}" not in text] == [], path.name
        seen += len(refs)
    assert (len(documents) > 100, seen > 5) == (True, True)


def test_every_recorded_text_comes_through_as_markdown() -> None:
    texts = list(_recorded_texts())
    assert len(texts) > 100
    for text in texts:
        page, cell = to_storage(text, "https://jira.example.com"), to_cell(text, "https://jira.example.com")
        letters = re.sub(r"[\W_]", "", re.sub(r"<[^<>]*>", "", text))
        assert bool(to_markdown(page, {})) >= bool(letters)
        assert bool(to_markdown(cell, {})) >= bool(letters)


def _recorded_texts() -> list[str]:
    found: list[str] = []
    for path in sorted(shared("recorded/jira-issues").glob("*.json.gz")):
        issues: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))["issues"]
        for fields in (issue.get(part) or {} for issue in issues for part in ("renderedFields", "fields")):
            found += [fields["description"]] if isinstance(fields.get("description"), str) else []
            comments = (fields.get("comment") or {}).get("comments") or []
            found += [each["body"] for each in comments if isinstance(each.get("body"), str)]
    return found
