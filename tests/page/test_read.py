"""A cell is understood in every shape that people and editors give it (facts: Confluence, 5.5)."""

from __future__ import annotations

from datetime import date

import pytest

from pirsync.page import cells, read
from pirsync.page.scan import encode, scan
from pirsync.page_model import Cell, Lozenge, Mention


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


# ---------------------------------------------------------------- what a reader sees, exactly


def macro(name: str, **parameters: str) -> str:
    told = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items())
    return f'<ac:structured-macro ac:name="{name}">{told}</ac:structured-macro>'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a<p>b</p>c", "a b c"),
        ("a<b>b</b>c", "abc"),
        ("a<p>b<i>c</i></p><i>d</i>e", "a bc de"),
        ('a<ac:placeholder>x</ac:placeholder>b<time datetime="2026-12-01" />c', "ab2026-12-01c"),
        ("a<time />b<ac:emoticon />c", "abc"),
        ("a<time>x</time>b<ac:emoticon>y</ac:emoticon>c<ac:link><ri:page />z</ac:link>d", "abcd"),
        (f"a{macro('status', title='B')}c", "a B c"),
        (f"a{macro('jira', key='ACT-1')}c", "aACT-1c"),
        (f"a{macro('other', title='T', key='K')}c", "ac"),
        ("a<ac:link><ri:user ri:userkey='8a' /></ac:link>b", "ab"),
        ("a<ac:link><ri:page /></ac:link>b", "ab"),
        ('<ac:link><ri:page ri:content-title="P" /><ac:link-body>told</ac:link-body></ac:link>', "told"),
        (
            '<ac:link><ri:page ri:content-title="P" /><ac:plain-text-link-body><![CDATA[told]]>'
            "</ac:plain-text-link-body></ac:link>",
            "told",
        ),
        ('<x ac:name="status"><ac:parameter ac:name="title">T</ac:parameter>y</x>', "y"),
        ("\u200b\ufeff a\u200bb \ufeff\u200b", "a\u200bb"),
        ("XaX", "XaX"),
    ],
)
def test_what_an_element_says_stands_where_it_stands(content: str, text: str) -> None:
    assert cell_of(content).text == text


def test_words_are_compared_without_case_width_or_runs_of_blanks() -> None:
    assert read.fold(" Due\u00a0\n \uff24ATE Stra\u00dfe ") == "due date strasse"


def test_a_macro_is_known_by_its_name_and_by_nothing_else() -> None:
    told = [
        read.macro(e) for e in scan(encode(f'{macro("jira")}<ac:structured-macro /><p ac:name="jira" />')).elements()
    ]
    assert told == ["jira", "", ""]


@pytest.mark.parametrize(
    ("user", "ref"),
    [
        ('ri:account-id="a" ri:userkey="b" ri:username="c"', "a"),
        ('ri:account-id="" ri:userkey="b" ri:username="c"', "b"),
        ('ri:username="c"', "c"),
    ],
)
def test_a_person_is_known_by_the_account_before_the_key_before_the_name(user: str, ref: str) -> None:
    assert cell_of(f"<ac:link><ri:user {user} /></ac:link>").mentions == (Mention(ref=ref),)


@pytest.mark.parametrize(
    ("content", "days"),
    [
        (
            '<time datetime="2026-12-01T23:00:00Z" /><time /><time datetime="2026-12-24" />',
            ["2026-12-01", "2026-12-24"],
        ),
        ("<time /> 2026-12-01", ["2026-12-01"]),
        ("1 Jan 2027, 2026.12.1, 2026-12-24", ["2026-12-01", "2026-12-24", "2027-01-01"]),
        ("3rd march 2026; SEPTEMBER 22nd 2026", ["2026-03-03", "2026-09-22"]),
        ("31 Feb 2026 or 1 Foo 2026", []),
        ("12026-12-01 or 2026-12-011", []),
        ("1 Dec 20260", []),
        ("a1 Dec 2026", []),
        ("2026-2-30 2026-2-3", ["2026-02-03"]),
    ],
)
def test_all_unmistakable_dates_are_read_the_editors_own_before_typed_ones(content: str, days: list[str]) -> None:
    assert [day.isoformat() for day in cell_of(content).dates] == days


@pytest.mark.parametrize(
    ("content", "text", "colour"),
    [
        (macro("status", title="Done", colour="Green"), "Done", "Green"),
        (macro("status", title=" in \n work ", colour="BLUE"), "in work", "Blue"),
        (macro("status", title="A", colour="Purple"), "A", "Grey"),
        (macro("status", title="A"), "A", "Grey"),
        (macro("status", title=" ") + macro("note", title="N") + macro("status", title="B", colour="red"), "B", "Red"),
    ],
)
def test_the_first_status_with_words_is_the_lozenge(content: str, text: str, colour: str) -> None:
    shown = cell_of(content).lozenge
    assert shown is not None
    assert (shown.text, shown.colour) == (text, colour)


def test_a_cell_without_a_status_has_no_lozenge() -> None:
    assert cell_of(macro("status", title=" ") + macro("jira", key="A-1")).lozenge is None


BROWSE = '<a href="https://x.example/browse/{}">x</a>'


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("ACT-1" + BROWSE.format("ACT-2") + macro("jira", key="ACT-3"), "ACT-3"),
        ("ACT-1" + BROWSE.format("ACT-2") + macro("jira"), "ACT-2"),
        ("ACT-1" + macro("note", key="ACT-3"), "ACT-1"),
        ("ACT-1 <a>x</a>" + BROWSE.format("act-2"), "ACT-1"),
        (BROWSE.format("nothing") + BROWSE.format("ACT-2?focus=1#x"), "ACT-2"),
        (macro("jira", key=" ") + macro("jira", key=" ACT-3 "), "ACT-3"),
        ("see ACT-1, ACT-2", "ACT-1"),
        ("ACT-1a ACT-0 xACT-1 ACT-1-2", None),
    ],
)
def test_an_issue_is_named_by_macro_before_link_before_text(content: str, key: str | None) -> None:
    assert cell_of(content).issue_key == key


def test_a_cell_knows_its_place_its_links_and_whether_somebody_comments_in_it() -> None:
    body = '<td class="x"><a href="b">c</a><a>d</a><a href="e">f</a></td>'
    found = cell_of('<a href="b">c</a><a>d</a><a href="e">f</a>')
    assert (found.links, found.is_commented) == (("b", "e"), False)
    assert cell_of('<p>a<ac:inline-comment-marker ac:ref="7">b</ac:inline-comment-marker></p>').is_commented
    placed = read.cell(next(scan(encode(body)).elements()))
    assert (placed.outer_start, placed.start, placed.end, placed.outer_end) == (0, 14, len(body) - 5, len(body))
