"""Wiki markup as Jira renders it: the common marks, and nothing of it where it is not markup."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.sandbox.text import adf
from pirsync.sandbox.text.wikitext import html
from tests.shared import shared


def profile(ref: str) -> tuple[str, str] | None:
    return ("/people/ana", "Ana Ruiz") if ref in ("aruiz", "accountid:1:2") else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("a\nb\n\nc", "<p>a<br/>\nb</p>\n\n<p>c</p>"),
        ("h2. A title", '<h2><a name="Atitle"></a>A title</h2>'),
        ("*bold* _em_ {{mono}} -gone-", "<p><b>bold</b> <em>em</em> <tt>mono</tt> <del>gone</del></p>"),
        ("2*3*4 snake_case_name a-b-c", "<p>2*3*4 snake_case_name a-b-c</p>"),
        ("* a\n** b\n* c", "<ul>\n\t<li>a<ul>\n\t<li>b</li>\n</ul></li>\n\t<li>c</li>\n</ul>"),
        ("# a\n# b", "<ol>\n\t<li>a</li>\n\t<li>b</li>\n</ol>"),
        ("[x|http://e/?a=1&b]", '<p><a href="http://e/?a=1&amp;b" class="external-link" rel="nofollow">x</a></p>'),
        ("[x|javascript:alert(1)]", "<p>[x|javascript:alert(1)]</p>"),
        ("[~aruiz]", '<p><a href="/people/ana" class="user-hover" rel="aruiz">Ana Ruiz</a></p>'),
        ("[~accountid:1:2]", '<p><a href="/people/ana" class="user-hover" rel="accountid:1:2">Ana Ruiz</a></p>'),
        ("[~nobody]", "<p>[~nobody]</p>"),
        ("{quote}said{quote}", "<blockquote><p>said</p></blockquote>"),
        ("{code}a <b> *c*{code}", (
            '<div class="code panel"><div class="codeContent panelContent">\n'
            '<pre class="code-java">a &lt;b&gt; *c*</pre>\n</div></div>'
        )),
        ("{noformat}*x*{noformat}", (
            '<div class="preformatted panel"><div class="preformattedContent panelContent">\n'
            "<pre>*x*</pre>\n</div></div>"
        )),
        ("{code}never closed", "<p>{code}never closed</p>"),
        ("<b>&", "<p>&lt;b&gt;&amp;</p>"),
        (r"\*not bold\*", "<p>*not bold*</p>"),
        ("x{*}y{*}z ^up^ ~low~", "<p>x<b>y</b>z <sup>up</sup> <sub>low</sub></p>"),
        ("{color:red}hot{color}", '<p><font color="red">hot</font></p>'),
        (r"a\\b &#92; {{\{x}}}", "<p>a<br/>b \\ <tt>{x</tt>}</p>"),
    ],
)  # fmt: skip
def test_markup_becomes_jiras_html(text: str, expected: str) -> None:
    assert expected == html(text, profile)


def test_a_table_has_headings_and_cells() -> None:
    shown = html("||A||B||\n|1|[x|http://e.org]|", profile)
    assert shown.count("<th ") == 2
    assert shown.count("<td ") == 2
    assert "<td class='confluenceTd'>1</td>" in shown


@given(st.text(alphabet="*_-+{}[]|~#hcode. \n\\<>&'\"ab:/!^?\ue000\ue0010", max_size=80))
def test_no_text_makes_tags_of_its_own(text: str) -> None:
    shown = html(f"<script>{text}</script>", profile)
    assert "<script" not in shown


def test_recorded_descriptions_are_rendered_as_jira_did() -> None:
    path = shared("recorded/jira-issues") / "cloud-grimoirelab.json.gz"
    issues = json.loads(gzip.decompress(path.read_bytes()))["issues"]
    texts = [(one["fields"].get("description") or "", one["renderedFields"]["description"]) for one in issues]
    assert sum(expected == html(text, profile).replace("</ul>", "</ul>\n") for text, expected in texts) >= 3


def test_a_document_is_read_as_text_and_shown_as_html() -> None:
    bold = {"type": "text", "text": "a<b", "marks": [{"type": "strong"}]}
    mention = {"type": "mention", "attrs": {"text": "@Ana"}}
    link = {"type": "text", "text": "x", "marks": [{"type": "link", "attrs": {"href": "javascript:1"}}]}
    paragraphs = [{"type": "paragraph", "content": [bold, mention]}, {"type": "paragraph", "content": [link]}]
    document = {"type": "doc", "version": 1, "content": paragraphs}
    assert adf.text(document) == "a<b@Ana\nx"
    assert adf.html(document) == "<p><b>a&lt;b</b>@Ana</p><p>x</p>"
