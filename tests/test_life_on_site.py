"""The life of an incident, its tickets and its page as both products tell it: the real adapters, without sockets.

Each turn is followed by a poll and by sweeps: the outcome is that of docs/outcomes.md, and nothing is made twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from pirsync.adopt_commands import Asked
from pirsync.config import load
from pirsync.decision import FindingKind, Wishes
from pirsync.known import wish
from pirsync.model import Deployment
from pirsync.page_model import Column
from pirsync.report import Report
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.tracker import Issue, setup
from pirsync.sandbox.tracker.links import unlink
from pirsync.sandbox.tracker.removal import delete_issue
from pirsync.sandbox.wiki.restrictions import allow, disallow
from pirsync.sandbox.wiki.tree import move_page
from pirsync.selection import Mode, Selection
from tests.fault_story import DEPLOYMENTS
from tests.indoors import bench_of, is_write
from tests.place import (
    INDEX,
    Place,
    Snapshot,
    closed_incident,
    index_lines,
    page_comments,
    person,
    place_again,
    place_of,
    settle,
)
from tests.stage import default_mapping

pytestmark = pytest.mark.usefixtures("leanly")


@cache
def at_rest(deployment: Deployment) -> Snapshot:
    """OPS-1 has a review with one action, whose ticket is open; its team also looks after WEB."""
    with place_of(deployment) as place:
        projects = place.sandbox.tracker.projects
        projects["30010"] = replace(projects["30000"], id="30010", key="WEB", name="Web", counter=6)
        projects["30011"] = replace(projects["30001"], id="30011", key="LATER", name="Later", counter=4)
        path = place.settings.path
        path.write_text(path.read_text(encoding="utf-8").replace('["OPS"]', '["OPS", "WEB"]'), encoding="utf-8")
        place.settings = load(path)
        settle(place)
        place.type_row("OPS-1", "Fix the queue")
        place.clock.advance(301)
        settle(place)
        return place.snapshot()


@pytest.fixture(params=DEPLOYMENTS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with place_again(at_rest(request.param)) as made:
        yield made


def ticket_of(place: Place, key: str = "OPS-1") -> Issue:
    return place.issue(place.rows(key)[0].ticket or "")


def made(place: Place) -> dict[str, Any]:
    """Whatever could be made twice, by the ids that servers give."""
    issues = place.sandbox.tracker.issues.values()
    return {
        "pages": sorted(place.sandbox.wiki.pages),
        "tickets": sorted(issue.id for issue in issues if issue.type_id == setup.TASK),
        "remote links": {issue.id: len(issue.remote_links) for issue in issues if issue.remote_links},
        "comments": (page_comments(place), {issue.id: len(issue.comments) for issue in issues if issue.comments}),
    }


def looked_at(place: Place) -> list[Report]:
    """A poll, a sweep, and another sweep, which writes nothing: what the first two said."""
    reports = []
    for mode in (Mode.NEWS, Mode.ALL):
        place.clock.advance(301)
        reports.append(place.run_pass(Selection(mode)))
    place.clock.advance(301)
    before = len(place.wire.names)
    again = place.run_pass(Selection(Mode.ALL))
    assert [name for name in place.wire.names[before:] if is_write(name)] == []
    assert [report.failed for report in (*reports, again)] == [(), (), ()]
    return reports


def kinds(report: Report) -> set[FindingKind]:
    return {finding.kind for result in report.results for finding in result.findings}


def summary(place: Place, key: str) -> dict[str, str]:
    return {label: cell.text for label, cell in place.review(key).summary.items()}


def lines(place: Place, space: str = "OPS") -> list[dict[str, Any]]:
    """The lines of the index of the team that has that space."""
    wiki = place.sandbox.wiki
    page = next(p for p in wiki.pages.values() if p.title.startswith(INDEX) and wiki.spaces[p.space_id].key == space)
    return index_lines(page.current.body)


def line(place: Place, key: str, space: str = "OPS") -> dict[str, Any]:
    (found,) = [one for one in lines(place, space) if one["key"] == key]
    return found


def move(place: Place, issue: Issue, project: str) -> None:
    target = place.sandbox.tracker.project(project)
    assert target is not None
    tracker.move_issue(place.sandbox, person(place.sandbox, "hweiss"), issue, target)


# ---------------------------------------------------------------- the incident


def test_moved_within_the_team_it_keeps_page_ticket_and_one_line_with_the_new_key(place: Place) -> None:
    before, page, ticket = made(place), place.page("OPS-1"), ticket_of(place).key
    move(place, place.issue("OPS-1"), "WEB")
    polled, swept = looked_at(place)
    assert before == made(place)
    assert (kinds(polled), kinds(swept)) == (set(), set())
    assert (place.page("WEB-7").id, ticket_of(place, "WEB-7").key) == (page.id, ticket)
    assert summary(place, "WEB-7")["incident"] == "WEB-7"
    assert sorted(one["key"] for one in lines(place)) == ["OPS-2", "WEB-7"]


def test_moved_out_of_all_teams_its_review_goes_on_with_full_passes(place: Place) -> None:
    before = made(place)
    move(place, place.issue("OPS-1"), "STRICT")
    place.step(ticket_of(place, "STRICT-1").key, "41")
    looked_at(place)
    assert before == made(place)
    assert summary(place, "STRICT-1")["incident"] == "STRICT-1"
    assert place.rows("STRICT-1")[0].cells[Column.STATUS].text == "DONE"


def test_moved_to_another_team_it_is_that_teams_and_the_old_line_says_where_to(place: Place) -> None:
    before, ticket = made(place), ticket_of(place).key
    move(place, place.issue("OPS-1"), "INC")
    key = place.issue("OPS-1").key
    looked_at(place)
    assert before == made(place)
    assert ticket_of(place, key).key == ticket
    assert line(place, key, "SEC")["page_title"] == place.page(key).title
    (left,) = [one for one in lines(place) if one["status"]["text"] == "MOVED"]
    assert left["key"] in ("OPS-1", key)


def test_restricted_later_its_page_is_left_and_the_index_shows_its_key_alone_until_it_is_open_again(
    place: Place,
) -> None:
    before, body, hanna = made(place), place.page("OPS-1").current.body, person(place.sandbox, "hweiss")
    tracker.edit_fields(place.sandbox, hanna, place.issue("OPS-1"), {"security": setup.RESTRICTED})
    place.step(ticket_of(place).key, "41")
    polled, swept = looked_at(place)
    assert (kinds(polled), kinds(swept)) == ({FindingKind.RESTRICTED}, {FindingKind.RESTRICTED})
    assert (before, body) == (made(place), place.page("OPS-1").current.body)
    shown = line(place, "OPS-1")
    assert (shown["severity"], shown["page_title"], shown["status"]["text"]) == ("", "", "RESTRICTED")
    tracker.edit_fields(place.sandbox, hanna, place.issue("OPS-1"), {"security": None})
    looked_at(place)
    assert before == made(place)
    assert place.rows("OPS-1")[0].cells[Column.STATUS].text == "DONE"
    assert line(place, "OPS-1")["page_title"] == place.page("OPS-1").title


def test_closed_again_as_a_duplicate_it_is_told_and_under_another_resolution_it_is_not(place: Place) -> None:
    before = made(place)
    place.step("OPS-1", "41")
    place.step("OPS-1", "21", setup.DUPLICATE)
    polled, swept = looked_at(place)
    assert (kinds(polled), kinds(swept)) == ({FindingKind.CLOSED_AS_DUPLICATE}, {FindingKind.CLOSED_AS_DUPLICATE})
    resolutions = place.sandbox.tracker.resolutions
    resolutions[setup.DUPLICATE] = replace(resolutions[setup.DUPLICATE], name="Merged")
    assert (kinds(looked_at(place)[1]), made(place)) == (set(), before)


def test_a_deleted_incident_is_told_by_a_full_pass_and_its_page_and_line_stay_as_they_are_from_then_on(
    place: Place,
) -> None:
    page, ticket, shown = place.page("OPS-1"), ticket_of(place), line(place, "OPS-1")
    body, tickets = page.current.body, made(place)["tickets"]
    delete_issue(place.sandbox, person(place.sandbox, "hweiss"), place.issue("OPS-1"))
    polled, swept = looked_at(place)
    assert (kinds(polled), kinds(swept)) == (set(), {FindingKind.INCIDENT_GONE})
    place.step(ticket.key, "41")
    looked_at(place)
    assert (page.current.body, line(place, "OPS-1")) == (body, shown)
    assert made(place)["tickets"] == tickets


# ---------------------------------------------------------------- its ticket


def test_what_becomes_of_page_and_ticket_of_a_deleted_incident_is_no_news_to_any_poll(place: Place) -> None:
    ticket, page = ticket_of(place), place.page("OPS-1")
    delete_issue(place.sandbox, person(place.sandbox, "hweiss"), place.issue("OPS-1"))
    assert FindingKind.INCIDENT_GONE in kinds(place.run_pass(Selection(Mode.ALL)))
    place.clock.advance(3600)
    place.save(page, page.current.body + "<p>Mine.</p>")
    place.step(ticket.key, "41")
    body = page.current.body
    for _ in range(4):
        place.clock.advance(61)
        report = place.run_pass(Selection(Mode.NEWS))
        assert (report.looked_at, report.results) == (0, ())
    assert page.current.body == body


def test_a_moved_ticket_is_followed_by_its_id_and_its_row_shows_the_new_key(place: Place) -> None:
    before, ticket = made(place), ticket_of(place)
    move(place, ticket, "LATER")
    place.step("LATER-5", "21")
    polled, swept = looked_at(place)
    assert before == made(place)
    assert (kinds(polled), kinds(swept)) == (set(), set())
    (row,) = place.rows("OPS-1")
    assert (row.ticket, row.cells[Column.STATUS].text) == ("LATER-5", "IN PROGRESS")


def test_a_deleted_ticket_is_told_its_row_stays_and_no_other_is_made(place: Place) -> None:
    ticket = ticket_of(place)
    key = ticket.key
    delete_issue(place.sandbox, person(place.sandbox, "hweiss"), ticket)
    before = made(place)
    _, swept = looked_at(place)
    assert before == made(place)
    assert kinds(swept) == {FindingKind.TICKET_GONE}
    assert [(row.action, row.ticket) for row in place.rows("OPS-1")] == [("Fix the queue", key)]
    place.restart(loses_state=True)
    looked_at(place)
    assert before == made(place)
    assert [(row.action, row.ticket) for row in place.rows("OPS-1")] == [("Fix the queue", key)]


def test_a_deleted_ticket_counts_also_where_the_column_of_keys_is_lost(place: Place) -> None:
    page, ticket = place.page("OPS-1"), ticket_of(place)
    heading = default_mapping().headers[Column.TICKET][0]
    assert page.current.body.count(f">{heading}<") == 1
    place.save(page, page.current.body.replace(f">{heading}<", ">Our number<"))
    delete_issue(place.sandbox, person(place.sandbox, "hweiss"), ticket)
    _, swept = looked_at(place)
    assert kinds(swept) == {FindingKind.REGION_REMOVED, FindingKind.TICKET_GONE}
    (line,) = [line for line in lines(place) if line["key"] == "OPS-1"]
    assert (line["status"]["text"], line["done"], line["total"]) == ("IN REVIEW", 0, 1)


def adopted_and_linked(place: Place) -> tuple[Issue, Issue]:
    """An incident whose review is a page of people that names no ticket, and the one ticket that it is linked to."""
    space, hanna = wiki.find_space(place.sandbox, "OPS"), person(place.sandbox, "hweiss")
    assert space is not None
    incident = closed_incident(place.sandbox, place.sandbox.tracker.projects["30000"], "An old outage")
    page = wiki.create_page(place.sandbox, hanna, space, None, "What we learned", "<p>Much</p>")
    place.asked = (Asked(key=incident.key, page=str(page.id)),)
    place.link_by_hand(incident.key, "Buy a spare")
    settle(place)
    return incident, next(i for i in place.sandbox.tracker.issues.values() if i.summary == "Buy a spare")


@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize("news", ["page", "incident"])
def test_a_poll_takes_no_deleted_ticket_of_an_adopted_page_for_one_that_people_unlinked(
    place: Place, news: str, is_told: bool
) -> None:
    incident, ticket = adopted_and_linked(place)
    hanna = person(place.sandbox, "hweiss")
    delete_issue(place.sandbox, hanna, ticket)
    if is_told:
        place.clock.advance(301)
        place.run_pass(Selection(Mode.ALL))
    if news == "page":
        place.save(place.page(incident.key), "<p>Much more</p>")
    else:
        tracker.edit_fields(place.sandbox, hanna, incident, {"summary": "Another title"})
    polled, swept = looked_at(place)
    assert (kinds(polled), kinds(swept)) == ({FindingKind.TICKET_GONE}, {FindingKind.TICKET_GONE})
    (line,) = [line for line in lines(place) if line["key"] == incident.key]
    assert (line["done"], line["total"]) == (0, 1)


def test_a_poll_does_not_take_back_that_a_ticket_is_gone(place: Place) -> None:
    delete_issue(place.sandbox, person(place.sandbox, "hweiss"), ticket_of(place))
    looked_at(place)
    page = place.page("OPS-1")
    place.save(page, page.current.body + "<p>A word</p>")
    place.clock.advance(301)
    assert kinds(place.run_pass(Selection(Mode.NEWS))) == {FindingKind.TICKET_GONE}


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_deleted_ticket_of_an_adopted_page_counts_also_where_only_its_link_named_it(
    place: Place, is_kept: bool
) -> None:
    """The link goes with the ticket: what the page's property remembers tells of it, by key while the state does."""
    incident, ticket = adopted_and_linked(place)
    delete_issue(place.sandbox, person(place.sandbox, "hweiss"), ticket)
    place.restart(loses_state=not is_kept)
    for _ in range(2):
        _, swept = looked_at(place)
        said = [f.message for result in swept.results for f in result.findings if f.kind is FindingKind.TICKET_GONE]
        name = ticket.key if is_kept else str(ticket.id)
        assert said == [f"{name}, an action item of this review, is deleted or cannot be seen by our account"]
        (line,) = [line for line in lines(place) if line["key"] == incident.key]
        assert (line["status"]["text"], line["done"], line["total"]) == ("IN REVIEW", 0, 1)
    with bench_of(place.settings, place.clock, place.pace) as bench:
        wish(bench.world.state, bench.settings.site.owner_id, str(incident.id), Wishes(forget=(name,)))
    place.restart()
    _, swept = looked_at(place)
    assert kinds(swept) == set()
    (line,) = [line for line in lines(place) if line["key"] == incident.key]
    assert (line["done"], line["total"]) == (0, 0)


def test_a_link_that_people_removed_is_not_made_again_and_its_ticket_is_followed(place: Place) -> None:
    before, ticket = made(place), ticket_of(place)
    (link,) = tracker.links_of(place.sandbox, ticket)
    unlink(place.sandbox, person(place.sandbox, "hweiss"), link)
    place.step(ticket.key, "41")
    polled, swept = looked_at(place)
    assert before == made(place)
    assert (kinds(polled), kinds(swept)) == (set(), set())
    assert list(tracker.links_of(place.sandbox, ticket)) == []
    assert place.rows("OPS-1")[0].cells[Column.STATUS].text == "DONE"


# ---------------------------------------------------------------- its page


def test_a_page_that_is_hidden_from_our_account_is_left_and_goes_on_when_it_is_shown_again(place: Place) -> None:
    page, hanna = place.page("OPS-1"), person(place.sandbox, "hweiss")
    allow(place.sandbox, page, "read", hanna.account_id)
    before, body, ticket = made(place), page.current.body, ticket_of(place)
    place.step(ticket.key, "41")
    polled, swept = looked_at(place)
    assert (kinds(polled), kinds(swept)) == ({FindingKind.PAGE_GONE}, {FindingKind.PAGE_GONE})
    assert (made(place), page.current.body) == (before, body)
    place.clock.advance(86_400)
    looked_at(place)
    assert (made(place), page.current.body) == (before, body)
    disallow(place.sandbox, page, "read", hanna.account_id)
    _, swept = looked_at(place)
    assert (kinds(swept), made(place)) == (set(), before)
    assert place.rows("OPS-1")[0].cells[Column.STATUS].text == "DONE"


def test_a_page_that_people_move_below_another_is_followed_and_left_there(place: Place) -> None:
    page, ana = place.page("OPS-1"), person(place.sandbox, "aruiz")
    space = place.sandbox.wiki.spaces[page.space_id]
    above = wiki.create_page(place.sandbox, ana, space, None, "Autumn", "<p>What happened in autumn.</p>")
    move_page(place.sandbox, page, above)
    before = made(place)
    place.step(ticket_of(place).key, "41")
    polled, swept = looked_at(place)
    assert (kinds(polled), kinds(swept)) == (set(), set())
    assert (made(place), page.parent_id) == (before, above.id)
    assert place.rows("OPS-1")[0].cells[Column.STATUS].text == "DONE"
    place.restart(loses_state=True)
    looked_at(place)
    assert (made(place), page.parent_id) == (before, above.id)
