"""What a page says is read heading by heading, in whatever layout; prompts and markup are no text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from pirsync.page.scan import BadPage
from pirsync.page.sections import read_sections
from pirsync.page_model import Mention, Section

from .grammar import documents, macro

PLACE = "<ac:placeholder>Who was affected?</ac:placeholder>"


def only(body: str) -> Section:
    (section,) = read_sections(body)
    return section


def test_each_heading_begins_a_section_and_what_stands_above_them_has_none() -> None:
    body = "<p>Above</p><h1>One</h1><p>a</p><h3>Two <em>halves</em></h3><h2>Three</h2>loose<p>b</p>"
    assert [(s.heading, s.level, s.lines) for s in read_sections(body)] == [
        ("", 0, ("Above",)),
        ("One", 1, ("a",)),
        ("Two halves", 3, ()),
        ("Three", 2, ("loose", "b")),
    ]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<p>One<br />line</p>", ("One line",)),
        ("<ul><li>a<ul><li><p>b</p></li></ul></li><li><p>c</p><p>d</p></li></ul>", ("a", "b", "c", "d")),
        (f"<p>{PLACE}</p><ul><li><p>{PLACE}</p></li></ul>", ()),
        ("<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete</ac:task-status>"
         "<ac:task-body>Ring</ac:task-body></ac:task></ac:task-list>", ("Ring",)),
        ('<ac:layout><ac:layout-section><ac:layout-cell><p>left</p></ac:layout-cell><ac:layout-cell><p>right</p>'
         "</ac:layout-cell></ac:layout-section></ac:layout>", ("left", "right")),
        ('<ac:structured-macro ac:name="panel"><ac:parameter ac:name="title">T</ac:parameter>'
         "<ac:rich-text-body><p>inside</p></ac:rich-text-body></ac:structured-macro>", ("inside",)),
        ('<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[rm -rf]]></ac:plain-text-body>'
         "</ac:structured-macro>", ("rm -rf",)),
        ("<blockquote><p>said</p></blockquote><pre>as typed</pre>", ("said", "as typed")),
        ("<p>&nbsp;</p><p></p><hr /><p/>", ()),
    ],
)  # fmt: skip
def test_lines(body: str, lines: tuple[str, ...]) -> None:
    assert only(body).lines == lines


def test_a_table_is_its_rows_and_no_line() -> None:
    section = only("<table><tbody><tr><th>Why</th><th>Because</th></tr><tr><td><p>a</p></td><td/></tr></tbody></table>")
    assert (section.lines, section.tables) == ((), ((("Why", "Because"), ("a", "")),))


def test_links_people_and_pictures() -> None:
    body = (
        '<p><a href="https://example.com/log">log</a> <ac:link><ri:user ri:account-id="acc-ana" /></ac:link></p>'
        '<table><tbody><tr><td><ac:link><ri:page ri:content-title="Runbook" /></ac:link></td></tr></tbody></table>'
        '<p><ac:link><ri:attachment ri:filename="trace.txt" /></ac:link></p>'
        f"<p>see {macro('jira', key='OPS-7')} first</p>"
        '<ac:image><ri:attachment ri:filename="bones.png" /></ac:image>' + macro("drawio", diagramName="tree")
    )
    section = only(body)
    assert section.links == ("https://example.com/log", "Runbook", "trace.txt", "OPS-7")
    assert section.mentions == (Mention(ref="acc-ana"),)
    assert section.pictures == 2
    assert section.lines == ("log", "see OPS-7 first")


@pytest.mark.parametrize(
    ("body", "lines", "pictures"),
    [
        (
            "<ul><li>one{}two</li></ul>".format(macro("panel", "<ac:rich-text-body><p>in</p></ac:rich-text-body>")),
            ("one", "in", "two"),
            0,
        ),
        (f"<p>one{macro('code', '<ac:plain-text-body>x</ac:plain-text-body>')}two</p>", ("one", "x", "two"), 0),
        (f"<p>one{macro('drawio')}two</p>", ("one", "two"), 1),
        (f"<p>one {macro('anchor')}two</p>", ("one two",), 0),
    ],
)
def test_a_macro_that_has_a_body_or_draws_divides_the_line_that_it_stands_in(
    body: str, lines: tuple[str, ...], pictures: int
) -> None:
    assert (only(body).lines, only(body).pictures) == (lines, pictures)


def test_pictures_are_counted_in_cells_and_within_words() -> None:
    image = '<ac:image><ri:url ri:value="https://example.com/i.png" /></ac:image>'
    assert only(f"<p>a <strong>b {image}</strong></p>").pictures == 1
    assert (
        only(f"<table><tbody><tr><td>{image}{macro('gliffy')}</td><td>{image}</td></tr></tbody></table>").pictures == 3
    )


def test_a_person_is_told_by_whatever_the_deployment_knows_them_by() -> None:
    people = ('ri:account-id="a"', 'ri:userkey="k"', 'ri:username="n"', 'ri:local-id="x"')
    body = "".join(f"<p><ac:link><ri:user {person} /></ac:link></p>" for person in people)
    assert only(body).mentions == (Mention(ref="a"), Mention(ref="k"), Mention(ref="n"))


def test_a_link_that_names_nothing_is_none() -> None:
    jql = macro("jira", jqlQuery="project = OPS")
    assert only(f"<p><a>a</a><ac:link><ri:page /></ac:link><ac:link><ri:attachment /></ac:link>{jql}</p>").links == ()


def test_a_body_that_is_not_well_formed_is_refused() -> None:
    with pytest.raises(BadPage):
        read_sections("<p>one")


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_any_page_is_read(body: str) -> None:
    sections = read_sections(body)
    assert sections[0].heading == ""
    assert all(line.strip() for section in sections for line in section.lines)
