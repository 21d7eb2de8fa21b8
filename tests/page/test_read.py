"""A cell is understood in every shape that people and editors give it (facts: Confluence, 5.5)."""

from __future__ import annotations

from datetime import date

import pytest

from pirsync.model import Cell, Lozenge, Mention
from pirsync.page import cells, read
from pirsync.page.scan import encode, scan


def cell_of(content: str) -> Cell:
    return read.cell(next(scan(encode(f"<td>{content}</td>")).elements()))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one two"),
        ("one<br/>two", "one two"),
        ("<ul><li><p>one</p></li><li>two</li></ul>", "one two"),
        ('<div class="content-wrapper"><p>wrapped</p></div>', "wrapped"),
        ("<p>&nbsp;</p>", ""),
        ("<p><ac:placeholder>Type here</ac:placeholder></p>", ""),
        ('<p>well <ac:emoticon ac:name="x" ac:emoji-fallback="👍" /></p>', "well 👍"),
        ("<p>a&nbsp;b&mdash;c</p>", "a b\u2014c"),
        ("<ac:adf-extension><ac:adf-fallback>twice</ac:adf-fallback></ac:adf-extension>once", "once"),
        (
            "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete</ac:task-status>"
            "<ac:task-body>do it</ac:task-body></ac:task></ac:task-list>",
            "do it",
        ),
        ('<p>see <ac:link><ri:page ri:content-title="Runbook" /></ac:link></p>', "see Runbook"),
        ('<p><ac:inline-comment-marker ac:ref="1">marked</ac:inline-comment-marker> word</p>', "marked word"),
        (
            '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[x < y]]></ac:plain-text-body>'
            "</ac:structured-macro>",
            "x < y",
        ),
    ],
)
def test_text_as_a_reader_sees_it(content: str, text: str) -> None:
    assert cell_of(content).text == text


@pytest.mark.parametrize(
    ("content", "refs"),
    [
        ('<p><ac:link><ri:user ri:account-id="a:1" /></ac:link></p>', ("a:1",)),
        ('<ac:link><ri:user ri:userkey="8a7f" /></ac:link>', ("8a7f",)),
        ('<ac:link><ri:user ri:username="ana" /></ac:link>', ("ana",)),
        (
            '<ul><li><ac:link><ri:user ri:account-id="a" /></ac:link></li>'
            '<li><ac:link><ri:user ri:account-id="b" /></ac:link></li></ul>',
            ("a", "b"),
        ),
        ("<ac:link><ri:user /></ac:link>", ()),
        ("Ana", ()),
    ],
)
def test_mentions_in_order(content: str, refs: tuple[str, ...]) -> None:
    assert cell_of(content).mentions == tuple(Mention(ref=ref) for ref in refs)


@pytest.mark.parametrize(
    ("content", "days"),
    [
        ('<p><time datetime="2026-12-01" /></p>', (date(2026, 12, 1),)),
        ("by 2026-12-01", (date(2026, 12, 1),)),
        ("2026/12/1", (date(2026, 12, 1),)),
        ("1 Dec 2026", (date(2026, 12, 1),)),
        ("December 1st, 2026", (date(2026, 12, 1),)),
        ('<time datetime="2026-12-01" /> was 2026-11-01', (date(2026, 12, 1),)),
        ("01/02/2026", ()),
        ("2026-13-45", ()),
        ("soon", ()),
        ('<time datetime="rubbish" />', ()),
    ],
)
def test_only_unmistakable_dates_are_dates(content: str, days: tuple[date, ...]) -> None:
    assert cell_of(content).dates == days


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (cells.ticket("ACT-7", "https://x.atlassian.net/browse/ACT-7", "cloud"), "ACT-7"),
        (cells.ticket("ACT-7", "https://jira.example.com/jira/browse/ACT-7", "datacenter"), "ACT-7"),
        (
            '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="key">ACT-7</ac:parameter>'
            '<ac:parameter ac:name="server">System Jira</ac:parameter></ac:structured-macro>',
            "ACT-7",
        ),
        ("<p>ACT-7</p>", "ACT-7"),
        ("<p>see act-7</p>", None),
        ("<p>UTF-8-mess</p>", None),
        ("", None),
    ],
)
def test_an_issue_by_macro_link_or_text(content: str, key: str | None) -> None:
    assert cell_of(content).issue_key == key


def test_what_is_written_reads_as_meant() -> None:
    done = Lozenge(text="DONE & <dusted>", colour="Green")
    shown = cell_of(cells.lozenge(done, ": why"))
    assert (shown.lozenge, shown.text) == (done, "DONE & <dusted> : why")
    assert cell_of(cells.words("a < b & c \u0000 \ud800")).text == "a < b & c"
    assert cell_of(cells.day(date(2026, 12, 1))).dates == (date(2026, 12, 1),)
    assert cell_of(cells.prompt("Who?")).text == ""
    assert cell_of(cells.link("x", "javascript:alert(1)")).links == ()
