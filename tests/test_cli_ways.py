"""`pirsync findings` and `pirsync resolve` as their users know them, on the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import get_args

import pytest
from click.testing import CliRunner

from pirsync.cli import cli
from pirsync.findings import stored
from pirsync.model import Deployment
from pirsync.names import PAGE_PROPERTY
from pirsync.page import cells
from pirsync.page.index import read_index
from pirsync.page.review import read_review
from pirsync.page.splice import append_row
from pirsync.page_model import Column
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import Issue, create_issue, find_issue
from pirsync.sandbox.tracker.links import link_issues
from pirsync.sandbox.tracker.removal import delete_issue
from pirsync.sandbox.tracker.store import links_of
from pirsync.sandbox.wiki import Page, set_status, update_page

from .command import Desk, Said, desk, here
from .site import Site, site
from .stage import default_mapping
from .test_escalation_on_site import configured

TITLE = "OPS-1 Post-incident review"
INDEX = "Post-incident review index"


@pytest.fixture(params=get_args(Deployment))
def place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as found:
        yield found


def pages(place: Desk) -> list[Page]:
    return [page for page in place.sandbox.wiki.pages.values() if page.title == TITLE]


def test_a_trashed_page_and_a_trashed_index_are_made_anew_once_somebody_is_sure(place: Desk) -> None:
    place.do("reconcile")
    (old,) = pages(place)
    set_status(place.sandbox, old, "trashed")
    place.do("reconcile")
    said = place.do("findings", "OPS-1")
    assert (said.code, "PageGone" in said.out) == (0, True)
    assert "`pirsync resolve recreate OPS-1` makes a new one" in said.out
    told = json.loads(place.do("findings", "OPS-1", "--json").out)["open"]
    assert {one["kind"] for one in told} >= {"PageGone"}

    before = place.writes()
    asked = CliRunner().invoke(cli, ["resolve", "recreate", "OPS-1", "--config", str(place.config)], input="n\n")
    assert f'  create page "{TITLE}" in space OPS' in asked.stdout.splitlines()
    assert before == place.writes()

    assert place.do("resolve", "recreate", "ops-1", "--yes").code == 0
    assert {page.status for page in pages(place)} == {"trashed", "current"}
    assert place.do("reconcile").out == ""
    assert "PageGone" not in place.do("findings", "OPS-1").out
    an_index_in_the_trash_is_made_anew_with_its_lines(place)
    a_deleted_incident_can_be_ignored(place)


def an_index_in_the_trash_is_made_anew_with_its_lines(place: Desk) -> None:
    (old,) = (page for page in place.sandbox.wiki.pages.values() if page.title == INDEX)
    lines = read_index(old.current.body).rows
    set_status(place.sandbox, old, "trashed")
    before = place.writes()
    asked = CliRunner().invoke(cli, ["resolve", "recreate", INDEX, "--config", str(place.config)], input="n\n")
    planned = [f'  create index page "{INDEX}" in space OPS', f'  label page "{INDEX}" with pirsync-index']
    assert (asked.exit_code, asked.stdout.splitlines()) == (0, [INDEX, *planned])
    assert before == place.writes()
    assert place.do("resolve", "recreate", INDEX, "--yes").code == 0
    (new,) = (page for page in place.sandbox.wiki.pages.values() if page.title == INDEX and page.status == "current")
    assert (len(lines) > 0, read_index(new.current.body).rows) == (True, lines)


def test_a_wish_for_an_incident_that_is_not_there_is_told(place: Desk) -> None:
    said = place.do("resolve", "forget", "OPS-9999", "ACT-1", "--yes")
    assert (said.code, said.err) == (1, "OPS-9999: no such issue, or our account cannot see it\n")
    assert place.writes() == []


def test_a_wish_that_changes_nothing_says_so(place: Desk) -> None:
    place.do("reconcile")
    before = place.writes()
    said = place.do("resolve", "recreate", "OPS-1", "--yes")
    assert (said.code, said.out.splitlines()[0]) == (0, "nothing to do")
    assert before == place.writes()


def test_a_ticket_that_cannot_be_made_again_yet_is_told_as_not_done_however_often_that_is_asked() -> None:
    with desk() as place:
        place.do("reconcile")
        (page,) = pages(place)
        ticket = cells.ticket("ACT-999", f"{place.url}/browse/ACT-999", "cloud")
        filled = {Column.ACTION: cells.words("Fix the queue"), Column.TICKET: ticket}
        person, body = place.sandbox.people.find("aruiz"), page.current.body
        assert person is not None
        typed = append_row(body, read_review(body, default_mapping().headers), filled)
        update_page(place.sandbox, person, page, page.title, typed, page.current.number + 1, "")
        first = place.do("resolve", "remake", "OPS-1", "ACT-999", "--yes")
        assert (first.code, first.err) == (3, "OPS-1  is not done yet: it is tried again by itself\n")
        assert '"Fix the queue": needs an owner' in first.out
        again = place.do("resolve", "remake", "OPS-1", "ACT-999", "--yes")
        assert (again.code, again.out.splitlines()[0]) == (3, "nothing to do")


def test_with_nothing_open_it_says_so(place: Desk) -> None:
    assert place.do("findings", "OPS-1").out == "nothing is open\n"


def a_deleted_incident_can_be_ignored(place: Desk) -> None:
    tracker = place.sandbox.tracker
    (incident,) = (issue for issue in tracker.issues.values() if issue.key == "OPS-1")
    delete_issue(place.sandbox, SERVICE, incident)
    said = place.do("resolve", "ignore", "OPS-1", "--reason", "a drill", "--approver", "Hanna", "--yes")
    assert (said.code, "a drill" in (place.folder / "exemptions.toml").read_text()) == (0, True)
    assert place.do("findings", "OPS-1").out == "nothing is open\n"
    assert place.do("resolve", "ignore", "OPS-2222", "--reason", "x", "--approver", "y", "--yes").code == 1


def test_a_title_that_no_page_of_a_team_has_is_told_and_an_index_is_not_dismissed(place: Desk) -> None:
    said = place.do("resolve", "recreate", "Escalation 1999 Q1", "--yes")
    assert (said.code, INDEX in said.err) == (1, True)
    assert place.do("resolve", "dismiss", INDEX, "--yes").code == 1


# ---------------------------------------------------------------- shown, asked about, and done


def answered(place: Site, answer: str, *words: str) -> Said:
    said = CliRunner().invoke(cli, [*words, "--config", str(place.config)], input=answer, catch_exceptions=False)
    return Said(said.exit_code, said.stdout, said.stderr)


def there_is(place: Site) -> tuple[object, ...]:
    """What was written to both sites and into the registers, and what is open."""
    registers = {path.name: path.read_bytes() for path in place.config.parent.glob("*.toml")}
    return place.writes(), registers, stored(place.bench.world.state)


def is_shown_asked_about_and_done(place: Site, plan: str, *words: str) -> None:
    before = there_is(place)
    said = answered(place, "n\n", "resolve", *words)
    assert (said.code, plan in said.out, "Do it?" in said.err) == (0, True, True), said
    assert before == there_is(place)
    said = answered(place, "y\n", "resolve", *words)
    assert (said.code, plan in said.out) == (0, True), said
    assert before != there_is(place)


def is_open(place: Site, key: str) -> set[str]:
    return {one.kind for one in stored(place.bench.world.state) if one.key == key}


def twin_of(place: Site, first: Issue) -> Issue:
    """A second ticket with the same mark, as a broken search index might have caused it."""
    project = place.sandbox.tracker.project("ACT")
    assert project is not None and first.type_id is not None
    values = {"summary": first.summary, "labels": list(first.labels), "assignee": first.assignee}
    twin = create_issue(place.sandbox, SERVICE, project, first.type_id, values)
    twin.properties |= first.properties
    (link,) = links_of(place.sandbox, first)
    source, end = (
        twin if one == first.id else place.sandbox.tracker.issues[one] for one in (link.source, link.destination)
    )
    link_issues(place.sandbox, SERVICE, link.type_id, source, end)
    return twin


def test_every_way_that_pirsync_walks_shows_its_plan_and_does_nothing_for_a_no() -> None:
    with site("cloud", configured("cloud")) as place:
        place.run_pass()
        story = place.story()
        incident = story.incident()
        page, key = story.page(incident), incident.key
        story.type_rows(page)
        place.run_pass()
        tickets = [row.ticket or "" for row in story.review(page).rows]
        gone, let_go, first = (found for ticket in tickets if (found := find_issue(place.sandbox, ticket)) is not None)
        delete_issue(place.sandbox, SERVICE, gone)
        delete_issue(place.sandbox, SERVICE, let_go)
        twin = twin_of(place, first)
        place.run_pass()
        assert is_open(place, key) == {"TicketGone", "Duplicate"}

        is_shown_asked_about_and_done(place, f'create ACT ticket "{gone.summary}"', "remake", key, gone.key)
        shown = {row.action: row.ticket or "" for row in story.review(page).rows}
        again = find_issue(place.sandbox, shown[gone.summary])
        assert again is not None and again.key != gone.key
        memory = f'write the content property {PAGE_PROPERTY} of page "{page.title}"'
        is_shown_asked_about_and_done(place, memory, "forget", key, let_go.key)
        assert is_open(place, key) == {"Duplicate"}
        is_shown_asked_about_and_done(place, memory, "keep", key, twin.key)
        assert is_open(place, key) == set()
        assert [again.key, let_go.key, twin.key] == [row.ticket for row in story.review(page).rows]
        assert find_issue(place.sandbox, first.key) is first

        why = ("--reason", "Parts are late", "--approver", "Hanna Weiss")
        until = date.today() + timedelta(days=200)
        extend = ("extend", twin.key, "--until", until.isoformat(), *why)
        is_shown_asked_about_and_done(place, f"extend {twin.key} until {until}: Parts are late", *extend)
        is_shown_asked_about_and_done(place, f"exempt {key}: Parts are late", "ignore", key, *why)
        is_shown_asked_about_and_done(place, f"heed again {key}: Parts are late", "heed", key, *why)
        folder = place.config.parent
        entered = [(folder / f"{name}s.toml").read_text().count(f"[[{name}]]") for name in ("extension", "exemption")]
        assert entered == [1, 2]

        place.clock.forward(100 * 86400)
        place.run_pass()
        title, *_ = (one.key for one in stored(place.bench.world.state) if one.kind == "NotAcknowledged")
        assert here("findings", title, config=place.config).out.startswith(f"{title}  NotAcknowledged: ")
        is_shown_asked_about_and_done(place, f"{title}  is not looked at any more", "dismiss", title)
        assert is_open(place, title) == set()
