"""The packet: everything that hangs on an incident, in order, escaped, and clean for the new editor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pirsync import raw
from pirsync.model import Event, Filed, IssueLink, RemoteLink
from pirsync.packs import shipped_packs
from pirsync.page.lint import lint
from pirsync.page.packet import MOST, NOTHING, Piece, pieces, render
from pirsync.page.sections import read_sections
from pirsync.sample import sample_incident, sample_values
from pirsync.templates import load_template
from tests.policy_packs import PACKS

SITE = "https://jira.example.com"
BEGUN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def link(key: str, type_name: str = "Relates") -> IssueLink:
    return IssueLink(type_id="1", type_name=type_name, direction="outward", other_id=key, other_key=key)


def event(minutes: int, field: str, after: str) -> Event:
    at = BEGUN + timedelta(minutes=minutes)
    return Event(at=at, author="Ana Ruiz", field=field, before="", after=after, url="")


def test_what_hangs_on_the_incident_stands_in_the_order_in_which_it_came_and_what_has_no_time_last() -> None:
    found = sample_incident().model_copy(
        update={
            "links": (link("OPS-2"), link("OPS-22"), link("OPS-3", "Blocks"), link("OPS-2")),
            "events": (
                event(30, "issuelinks", "This issue relates to OPS-22"),
                event(20, "Link", "This issue relates to OPS-2"),
                event(25, "RemoteIssueLink", 'This issue links to "Status page (Web Link)"'),
                event(1, "Comment", "OPS-3"),
            ),
        }
    )
    files = [Filed(name="graph.png", at=BEGUN + timedelta(minutes=10), author="Bisi Okafor", url=f"{SITE}/a/1")]
    outside = [
        RemoteLink(global_id="1", url="https://status.example.com", title="Status page"),
        RemoteLink(global_id="2", url="https://log.example.com", title=""),
    ]
    told = [(one.at and one.at.minute, one.kind, one.name, one.who) for one in pieces(found, files, outside, SITE)]
    assert told == [
        (10, "File", "graph.png", "Bisi Okafor"),
        (20, "Issue, Relates", "OPS-2", "Ana Ruiz"),
        (25, "Address", "Status page", "Ana Ruiz"),
        (30, "Issue, Relates", "OPS-22", "Ana Ruiz"),
        (None, "Issue, Blocks", "OPS-3", ""),
        (None, "Address", "https://log.example.com", ""),
    ]
    assert [one.url for one in pieces(found, (), (), SITE)][:1] == [f"{SITE}/browse/OPS-2"]


def test_a_page_shows_it_with_the_zone_and_no_words_of_jira_are_markup() -> None:
    evil = Piece(at=BEGUN, kind="File", name="<b>&]]>", url='javascript:"x"', who="A <a@b>")
    shown = render([evil], "Europe/Vienna")
    *_, section = read_sections(f"<h2>Review packet</h2>{shown}")
    assert section.tables == (
        (
            ("Time", "What", "Kind", "Who"),
            ("2026-03-02T10:00:00+01:00", "<b>&]]>", "File", "A <a@b>"),
        ),
    )
    assert ("javascript" in shown, lint(shown)) == (False, ())


def test_a_packet_is_this_and_nothing_else() -> None:
    found = [
        Piece(at=BEGUN, kind="File", name="a.log", url=f"{SITE}/a/1", who="Ana Ruiz"),
        Piece(at=None, kind="Address", name="Status page", url="", who=""),
    ]
    head = "<tr><th><p>Time</p></th><th><p>What</p></th><th><p>Kind</p></th><th><p>Who</p></th></tr>"
    first = f'<td><p><a href="{SITE}/a/1">a.log</a></p></td><td><p>File</p></td><td><p>Ana Ruiz</p></td>'
    second = "<td><p>not told</p></td><td><p>Status page</p></td><td><p>Address</p></td><td><p></p></td>"
    rows = f"<tr><td><p>2026-03-02T09:00:00+00:00</p></td>{first}</tr><tr>{second}</tr>"
    assert render(found, "UTC") == f"<table><tbody>{head}{rows}</tbody></table>"
    most = [found[0]] * MOST
    assert render(most, "UTC").count("a.log") == MOST
    assert render(most, "UTC").endswith("</tbody></table>")


def test_a_link_of_no_kind_and_an_address_below_a_path() -> None:
    bare = sample_incident().model_copy(update={"links": (link("OPS-2", ""),), "events": ()})
    assert pieces(bare, (), (), f"{SITE}/JX/") == (
        Piece(at=None, kind="Issue", name="OPS-2", url=f"{SITE}/JX/browse/OPS-2", who=""),
    )


def test_there_is_an_end_to_it_and_nothing_is_a_sentence() -> None:
    many = [Piece(at=None, kind="File", name=f"{n}", url="", who="") for n in range(MOST + 3)]
    assert render(many, "UTC").endswith("<p>3 more in Jira.</p>")
    assert render((), "UTC") == f"<p>{NOTHING}</p>"


@pytest.mark.parametrize("value", [None, [], "x", [None, {}, {"filename": ""}]])
def test_an_answer_without_files_has_none(value: object) -> None:
    assert raw.files(value) == ()


def test_files_are_read_from_jira_s_answer() -> None:
    told = {"filename": "a.log", "created": "2026-03-02T10:00:00.000+0100", "author": {"displayName": "Ana Ruiz"}}
    assert raw.files([{**told, "content": f"{SITE}/a/1"}]) == (
        Filed(name="a.log", at=BEGUN, author="Ana Ruiz", url=f"{SITE}/a/1"),
    )


@pytest.mark.parametrize("template", ["review", *sorted(shipped_packs())])
def test_every_template_has_a_place_for_it_that_is_clean_for_the_new_editor(template: str) -> None:
    loaded = load_template(template, Path())
    asked = loaded.render(sample_values((PACKS["soc2-cc7-4-5"],)))
    assert lint(asked) == ()
    assert [section.heading for section in read_sections(asked)].count("Review packet") == 1
    assert "graph &lt;1&gt;.png" in asked
    assert "Review packet" not in loaded.render(sample_values(()))
