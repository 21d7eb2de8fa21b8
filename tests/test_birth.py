"""A page is born complete: every section and region, all that Jira knows, and nothing that it must not tell."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from markupsafe import Markup

from pirsync.errors import ConfigError
from pirsync.model import Event, Note, Person
from pirsync.page import birth, cells, escape
from pirsync.page.lint import lint
from pirsync.page.packet import Piece, render
from pirsync.page.read import text_of
from pirsync.page.review import read_review
from pirsync.page.scan import encode, scan
from pirsync.page.summary import SummaryCell
from pirsync.page.template import ReviewTemplate
from pirsync.page_model import Column, Mention
from pirsync.policy import status
from pirsync.sample import sample_values
from pirsync.summary_plan import summary_cells
from pirsync.templates import load_template
from tests.samples import HEADERS, INCIDENT, NOW, TERMS, incident
from tests.stage import template

SECTIONS = [
    "Summary",
    "Impact",
    "Timeline",
    "Root cause",
    "Contributing factors",
    "What went well",
    "What could be improved",
    "Lessons learned",
    "Participants",
    "Action items",
    "Review record",
]
HOSTILE = "<script>alert(1)</script> ]]> & {{ 7 * 7 }} \u0000 \ud800 \u202e"


def born(**changes: object) -> str:
    known = incident(**changes)
    counts = status.count((), 0, NOW, "UTC")
    place = birth.Setting(
        deployment="cloud", zone="Europe/Berlin", site_url="https://jira.example.com", headers=HEADERS
    )
    first = summary_cells(known, counts, TERMS)
    values = birth.values(known, first, (), Mention(ref="acc-commander"), place)
    return template().render(values)


def test_every_section_stands_in_order() -> None:
    headings = [text_of(e) for e in scan(encode(born())).walk() if e.name == "h2"]
    assert headings == SECTIONS


def test_the_three_regions_are_there_and_the_page_is_clean_for_the_new_editor() -> None:
    body = born()
    review = read_review(body, HEADERS)
    assert (review.problems, lint(body)) == ((), ())
    assert review.columns == tuple(Column)
    assert set(review.record) == {"meeting date", "attendance", "facilitator", "decision", "approver"}
    assert {cell.text for cell in review.record.values()} == {""}
    assert review.summary["title"].text == INCIDENT.summary
    assert [row.action for row in review.rows] == ["", ""]


def test_procedures_add_their_packet_and_their_columns() -> None:
    at = NOW - timedelta(days=1)
    piece = Piece(at=at, kind="File", name="graph.png", url="https://jira.example.com/a/1", who="Ana Ruiz")
    place = birth.Setting(
        deployment="cloud", zone="Europe/Berlin", site_url="https://jira.example.com", headers=HEADERS,
        columns=(("Class", "Preventive?"),), packet_heading="Packet", pieces=(piece,),
    )  # fmt: skip
    told = birth.values(INCIDENT, (), (), None, place)
    assert (told["packet_heading"], told["packet"]) == ("Packet", Markup(render((piece,), "Europe/Berlin")))
    assert cells.prompt("Preventive?") in told["actions_region"]
    assert told["actions_region"].count("<th><p>Class</p></th>") == 1
    bare = birth.values(INCIDENT, (), (), None, place.model_copy(update={"packet_heading": ""}))
    assert bare["packet"] == ""


def test_the_commander_is_mentioned_once() -> None:
    users = [e.attrs["ri:account-id"] for e in scan(encode(born())).walk() if e.name == "ri:user"]
    assert users == ["acc-commander"]


def test_the_timeline_is_in_order_with_zone_and_source() -> None:
    body = born()
    root = scan(encode(body))
    times = [text_of(e) for e in root.walk() if e.name == "td" and text_of(e).startswith("2026-03-02T")]
    inside = [t for t in times if t.endswith("+01:00")]
    assert inside == sorted(inside)
    assert len(inside) >= 4
    assert "focusedCommentId=1" in body


def test_an_internal_comment_reaches_no_page() -> None:
    secret = Note(
        id="9", at=NOW, author="Insider", html="<p>the password is hunter2</p>", internal=True, url="https://x.example"
    )
    body = born(notes=(*INCIDENT.notes, secret))
    assert "hunter2" not in body
    assert "Insider" not in body
    assert "Rolled back" in body


def test_hostile_text_is_text() -> None:
    body = born(summary=HOSTILE, status=HOSTILE, services=(HOSTILE,), description_html=HOSTILE)
    assert lint(body) == ()
    assert "<script" not in body
    assert "{{ 7 * 7 }}" in text_of(scan(encode(body)))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ sumary_region }}", "mine:1: 'sumary_region' is not known; did you mean 'summary_region'?"),
        ("\n{% if services %}{{ ttle }}{% endif %}", "mine:2: 'ttle' is not known; did you mean 'title'?"),
        ("{% if x %}", "mine:1: "),
        ("<p>{{ title }}", "mine: "),
        ("{{ title.nothing }}", "mine:1: "),
        ("{{ ''.__class__ }}", "mine:1: "),
        ("<table><tr><td>{{ summary_region }}</td></tr></table>", "mine: "),
    ],
)
def test_a_template_that_is_wrong_says_where(source: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        ReviewTemplate("mine", {"mine": source}).check(sample_values())
    assert refused.value.problems[0].startswith(said)


def test_a_template_of_ones_own_replaces_a_block(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "ours.xml").write_text(
        '{% extends "review" %}{% block why %}<h2>Why</h2>{% endblock %}', encoding="utf-8"
    )
    made = load_template("ours.xml", folder).render(sample_values())
    assert "<h2>Why</h2>" in made
    assert "<h2>Root cause</h2>" not in made
    with pytest.raises(ConfigError) as refused:
        load_template("revew", folder)
    assert 'no template "revew"' in refused.value.problems[0]


# ---------------------------------------------------------------- its parts, exactly

PLACE = birth.Setting(
    deployment="cloud",
    zone="Europe/Berlin",
    site_url="https://jira.example.com",
    headers=HEADERS | {Column.DUE: ("<D>",)},
)


def details(name: str, rows: str) -> str:
    return (
        '<ac:structured-macro ac:name="details" ac:schema-version="1">'
        f'<ac:parameter ac:name="id">{name}</ac:parameter>'
        f"<ac:rich-text-body><table><tbody>{rows}</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )


def test_the_summary_region_has_a_label_and_a_value_a_row() -> None:
    rows = (SummaryCell(label="<L>", text="x", storage="<p>x</p>"), SummaryCell(label="M", text="", storage="<p></p>"))
    assert birth.summary_region(rows) == details(
        "pirsync-summary",
        "<tr><th><p>&lt;L&gt;</p></th><td><p>x</p></td></tr><tr><th><p>M</p></th><td><p></p></td></tr>",
    )


def test_the_record_asks_for_each_of_its_values() -> None:
    asked = "".join(
        f"<tr><th><p>{label}</p></th><td><p><ac:placeholder>{ask}</ac:placeholder></p></td></tr>"
        for label, ask in birth.RECORD
    )
    assert birth.record_region() == details("pirsync-record", asked)


def test_the_action_table_has_the_teams_headers_its_items_and_two_rows_that_ask_for_more() -> None:
    whole = birth.Item(text="<A>", criteria="C", owner=Mention(ref="acc-ana"), due=date(2026, 4, 1))
    bare = birth.Item(text="B", criteria="", owner=None, due=None)

    def asks(column: Column) -> str:
        return f"<p><ac:placeholder>{birth.PROMPTS[column]}</ac:placeholder></p>"

    def line(action: str, owner: str, due: str, criteria: str) -> str:
        told = (action, owner, due, "<p></p>", criteria, "<p></p>", "<p></p>", "<p></p>")
        return "<tr>" + "".join(f"<td>{content}</td>" for content in told) + "</tr>"

    more = line(*(asks(column) for column in (Column.ACTION, Column.OWNER, Column.DUE, Column.CRITERIA)))
    ana = '<p><ac:link><ri:user ri:account-id="acc-ana" /></ac:link></p>'
    titles = "".join(f"<th><p>{escape.text(PLACE.headers[column][0])}</p></th>" for column in Column)
    assert birth.actions_region((whole, bare), PLACE) == details(
        "pirsync-actions",
        f"<tr>{titles}</tr>"
        + line("<p>&lt;A&gt;</p>", ana, '<p><time datetime="2026-04-01" /></p>', "<p>C</p>")
        + line("<p>B</p>", asks(Column.OWNER), asks(Column.DUE), asks(Column.CRITERIA))
        + more * 2,
    )
    assert 'ri:userkey="acc-ana"' in birth.actions_region(
        (whole,), PLACE.model_copy(update={"deployment": "datacenter"})
    )


def test_a_template_is_told_everything_that_jira_knows() -> None:
    told = birth.values(INCIDENT, (), (), Mention(ref="acc-c"), PLACE)
    markup = {name: str(told.pop(name)) for name in list(told) if isinstance(told[name], Markup)}
    assert INCIDENT.commander is not None
    assert told == {
        "key": "OPS-1",
        "url": INCIDENT.url,
        "title": INCIDENT.summary,
        "type": "Incident",
        "project": "OPS",
        "status": "Closed",
        "severity": "P1",
        "priority": "Highest",
        "services": ["checkout"],
        "labels": ["payments"],
        "commander": INCIDENT.commander.name,
        "reporter": "Bisi Okafor",
        "participants": birth.participants(INCIDENT),
        "packet_heading": "",
    }
    assert markup.pop("packet") == ""
    assert markup.pop("timeline").startswith("<table>")
    assert markup == {
        "commander_mention": '<ac:link><ri:user ri:account-id="acc-c" /></ac:link>',
        "description": "<p>Every third order timed out.</p>",
        "summary_region": birth.summary_region(()),
        "actions_region": birth.actions_region((), PLACE),
        "record_region": birth.record_region(),
    }
    unnamed = birth.values(incident(commander=None, reporter=None), (), (), None, PLACE)
    assert (unnamed["commander"], unnamed["reporter"], unnamed["commander_mention"]) == ("", "", "")


def test_addresses_in_texts_of_jira_are_taken_from_jiras_site_and_times_from_the_teams_zone() -> None:
    note = INCIDENT.notes[0].model_copy(update={"html": '<a href="/n">n</a>'})
    told = birth.values(incident(description_html='<a href="/d">d</a>', notes=(note,)), (), (), None, PLACE)
    assert 'href="https://jira.example.com/d"' in told["description"]
    assert 'href="https://jira.example.com/n"' in told["timeline"]
    assert "+01:00" in told["timeline"]


def test_participants_are_all_whom_jira_names_once_in_order_and_no_insider() -> None:
    def person(name: str) -> Person:
        return Person(account=name, name=name)

    def event(minutes: int, author: str) -> Event:
        return Event(at=NOW + timedelta(minutes=minutes), author=author, field="x", before="", after="", url="")

    def note(minutes: int, author: str, internal: bool) -> Note:
        return Note(
            id="1",
            at=NOW + timedelta(minutes=minutes),
            author=author,
            html="",
            internal=internal,
            url="https://x.example",
        )

    known = incident(
        commander=person("Com"),
        assignee=person("Ass"),
        reporter=person("Rep"),
        events=(event(3, "Third"), event(1, "First"), event(4, "Com"), event(5, "")),
        notes=(note(2, "Second", False), note(0, "Insider", True), note(6, "First", False)),
    )
    assert birth.participants(known) == ["Com", "Ass", "Rep", "First", "Second", "Third"]
    assert birth.participants(incident(commander=None, assignee=None, reporter=None, events=(), notes=())) == []


# ---------------------------------------------------------------- templates


def made(source: str, **others: str) -> ReviewTemplate:
    return ReviewTemplate("mine", {"mine": source} | others)


def problems(source: str, **others: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        made(source, **others).check({"title": "T", "key": "K"})
    return list(refused.value.problems)


def test_text_is_escaped_markup_is_not_and_neither_holds_what_xml_cannot_say() -> None:
    values = {"text": "<b>&\x00", "markup": Markup("<b>x\x00</b>"), "number": 7}
    assert made(" {{ text }}{{ markup }}{{ number }}\n").render(values) == "&lt;b&gt;&amp;<b>x</b>7"
    assert made("{{ text|cdata }}").render(values) == "<![CDATA[<b>&]]>"


def test_a_line_that_is_only_a_block_leaves_no_line() -> None:
    assert made("<p>a</p>\n  {% if true %}\nb\n  {% endif %}\nc").render({}) == "<p>a</p>\nb\nc"


def test_every_unknown_name_is_told_with_its_line_and_the_nearest_known() -> None:
    assert problems("{{ key }}\n{{ ttle }}\n{{ zzz }}") == [
        "mine:2: 'ttle' is not known; did you mean 'title'?",
        "mine:3: 'zzz' is not known; known are key, title",
    ]
    assert problems("{{ titxxx }}") == ["mine:1: 'titxxx' is not known; did you mean 'title'?"]
    assert problems("<p/>", base="{{ kez }}") == ["base:1: 'kez' is not known; did you mean 'key'?"]


def test_a_template_that_cannot_be_read_says_where() -> None:
    with pytest.raises(ConfigError) as refused:
        made("\n{% if x %}")
    assert refused.value.problems[0].startswith("mine:2: Unexpected end of template.")
    with pytest.raises(ConfigError) as absent:
        ReviewTemplate("other", {"mine": ""})
    assert absent.value.problems[0].startswith("other: ")


def test_what_fails_while_rendering_says_in_which_template_and_line() -> None:
    shared = "<p>\n{% block b %}{% endblock %}</p>"
    assert problems('{% extends "base" %}\n{% block b %}\n{{ title.lenght }}{% endblock %}', base=shared) == [
        "mine:3: 'str object' has no attribute 'lenght'; known are key, title"
    ]
    assert problems("{{ key }}\n{{ title.__class__ }}") == [
        "mine:2: access to attribute '__class__' of 'str' object is unsafe.; known are key, title"
    ]


def test_a_name_that_is_missing_while_rendering_is_told_with_the_nearest_known() -> None:
    with pytest.raises(ConfigError) as refused:
        made("a\n{{ ttle }}").render({"title": "T", "key": "K"})
    assert list(refused.value.problems) == ["mine:2: 'ttle' is undefined; did you mean 'title'?"]


def test_a_body_that_the_new_editor_would_not_keep_is_told() -> None:
    assert problems("<p>{{ title }}") == ["mine: The body is not well formed: mismatched tag at line 1, column 5."]
