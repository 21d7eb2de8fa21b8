"""A page is born complete: every section and region, all that Jira knows, and nothing that it must not tell."""

from __future__ import annotations

import pytest

from pirsync.build import load_template
from pirsync.errors import ConfigError
from pirsync.model import Column, Mention, Note
from pirsync.page import birth
from pirsync.page.lint import lint
from pirsync.page.read import text_of
from pirsync.page.review import read_review
from pirsync.page.scan import encode, scan
from pirsync.page.template import ReviewTemplate
from pirsync.plan import summary_cells
from pirsync.policy import status
from pirsync.sample import sample_values
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
    cells = summary_cells(known, counts, TERMS)
    values = birth.values(known, cells, (), Mention(ref="acc-commander"), place)
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
