"""`pirsync findings` and `pirsync resolve` as their users know them, on the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import get_args

import pytest
from click.testing import CliRunner

from pirsync.cli import cli
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.index import read_index
from pirsync.page.review import read_review
from pirsync.page.splice import append_row
from pirsync.page_model import Column
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker.removal import delete_issue
from pirsync.sandbox.wiki import Page, set_status, update_page

from .command import Desk, desk
from .stage import default_mapping

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
