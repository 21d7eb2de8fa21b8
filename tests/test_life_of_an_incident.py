"""The life of an incident and of its tickets after the review was born: each turn has a defined outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest

from pirsync.adapters.memory import SOMEBODY, page_becomes
from pirsync.adapters.overlay_tracker import OverlayTracker, jira_instant, raw_person
from pirsync.decision import Exemption, FindingKind, Wishes
from pirsync.errors import Unavailable
from pirsync.findings import stored
from pirsync.known import wish
from pirsync.model import Deployment
from pirsync.page.index import read_index
from pirsync.page_model import Column, IndexRow, PageStatus
from pirsync.ports import Query, RawIssue, TrackerReads, Want
from pirsync.selection import Mode, Selection
from tests.stage import ALL, NEWS, Stage, parse_once, raw_incident, stage, without_state
from tests.test_brake_and_backoff import Sick
from tests.test_people_at_work import SMALL, kinds, tickets, told, writes
from tests.test_ways import Without, deleted, moved

INCIDENT = "10001"


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(name="raw")
def a_raw() -> dict[str, Any]:
    """The incident as Jira keeps it; what a test changes in it has changed in Jira."""
    return raw_incident(1)


@pytest.fixture(name="play", params=["cloud", "datacenter"])
def a_play(request: pytest.FixtureRequest, raw: dict[str, Any]) -> Stage:
    """A settled review with one action, whose ticket is open."""
    deployment: Deployment = request.param
    play = stage(deployment, [raw])
    play.template = SMALL
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    play.run_pass()
    return play


def changes(play: Stage, issue_id: str, field: str, before: str, after: str, value: Any) -> None:
    """Somebody changes a field of an issue, as its changelog tells."""
    tracker = play.world.tracker
    assert isinstance(tracker, OverlayTracker)
    play.clock.forward(60)
    history = {
        "id": f"{field}{after}",
        "created": jira_instant(play.clock.now()),
        "author": raw_person(SOMEBODY, tracker.deployment),
        "items": [{"field": field, "fieldtype": "jira", "fromString": before, "toString": after}],
    }
    tracker.record(issue_id, {field: value}, history)


def index(play: Stage) -> list[IndexRow]:
    found = play.world.wiki.find("OPS", "Post-incident review index")
    assert found is not None
    return list(read_index(found.body).rows)


def pages(play: Stage) -> int:
    return len(list(play.world.wiki.labelled("OPS", "pirsync-review", None)))


def summary(play: Stage) -> dict[str, str]:
    return {label: cell.text for label, cell in play.review().summary.items()}


def key_of(play: Stage) -> str:
    return play.rows()[0].ticket or ""


# ---------------------------------------------------------------- the incident


def test_reopened_and_closed_again_it_keeps_its_one_page_which_tells_both(play: Stage) -> None:
    play.clock.forward(60)
    play.move("OPS-1", "In Progress", "indeterminate")
    play.run_pass(NEWS)
    assert summary(play)["review status"] == "RE-OPENED"
    play.clock.forward(60)
    play.move("OPS-1", "Closed", "done")
    play.run_pass(NEWS)
    assert summary(play)["review status"] == "ACTIONS OPEN"
    later = summary(play)["since the closure"]
    assert later.index("re-opened") < later.index("closed again")
    assert (pages(play), [row.status.text for row in index(play)]) == (1, ["ACTIONS OPEN"])
    assert writes(play.run_pass()) == []


def test_another_severity_shows_on_the_page_and_in_the_index(play: Stage) -> None:
    changes(play, INCIDENT, "priority", "Highest", "Medium", {"name": "Medium"})
    play.run_pass(NEWS)
    assert summary(play)["severity"] == "P3"
    assert [row.severity for row in index(play)] == ["P3"]


def test_moved_to_another_project_of_the_team_it_keeps_page_tickets_and_one_line_in_the_index(
    play: Stage, raw: dict[str, Any]
) -> None:
    ticket, page = key_of(play), play.page()
    raw["key"], raw["fields"]["project"] = "WEB-7", {"key": "WEB"}
    changes(play, INCIDENT, "Key", "OPS-1", "WEB-7", None)
    play.team["projects"] = ("OPS", "WEB")
    for told_by in (play, without_state(play)):
        told_by.clock.forward(61)
        told_by.run_pass()
        told_by.clock.forward(61)
        told_by.run_pass()
        assert (pages(told_by), tickets(told_by)) == (1, [ticket])
        assert told_by.page().id == page.id
        assert summary(told_by)["incident"] == "WEB-7"
        assert [row.key for row in index(told_by)] == ["WEB-7"]


def test_moved_out_of_the_teams_projects_its_review_goes_on(play: Stage, raw: dict[str, Any]) -> None:
    raw["key"], raw["fields"]["project"] = "HR-7", {"key": "HR"}
    play.move(key_of(play), "Done", "done")
    report = play.run_pass()
    assert report.failed == ()
    assert (play.status(), summary(play)["incident"], pages(play)) == ("DONE", "HR-7", 1)


def test_closed_as_a_duplicate_it_keeps_its_review_and_it_is_told(play: Stage) -> None:
    changes(play, INCIDENT, "resolution", "Done", "Duplicate", {"name": "Duplicate"})
    report = play.run_pass(NEWS)
    assert told(report, FindingKind.CLOSED_AS_DUPLICATE) == [
        "OPS-1 was closed as a duplicate; its review stays, with its actions"
    ]
    play.move(key_of(play), "Done", "done")
    play.run_pass(NEWS)
    assert (play.status(), pages(play)) == ("DONE", 1)


def test_a_deleted_incident_is_one_finding_no_failure_and_its_page_stays(play: Stage) -> None:
    page, lines = play.page(), index(play)
    for _ in range(2):
        report = deleted(play, "OPS-1").run_pass()
        assert kinds(report) == {FindingKind.INCIDENT_GONE}
        assert (report.failed, writes(report)) == ((), [])
        play.clock.forward(86_400)
    assert (play.page(), index(play)) == (page, lines)
    assert play.world.state.pending() == []
    assert kinds(play.run_pass()) == set()


class Unsearched(Without):
    """Reads in which some issues are in no search, though they are there."""

    def issue(self, ref: str, want: Any) -> Any:
        return self._real.issue(ref, want)

    def issues(self, refs: Any, want: Any) -> list[Any]:
        return cast(list[Any], self._real.issues(refs, want))


def test_nothing_is_made_of_an_incident_and_a_ticket_that_no_search_shows(play: Stage) -> None:
    hidden = cast(TrackerReads, Unsearched(play.world.tracker, {"OPS-1", key_of(play)}))
    report = replace(play, world=replace(play.world, tracker=hidden)).run_pass()
    assert (kinds(report), writes(report), report.failed) == (set(), [], ())


def test_restricted_later_its_page_is_left_and_the_index_shows_its_key_alone_until_it_is_open_again(
    play: Stage,
) -> None:
    page = play.page()
    changes(play, INCIDENT, "security", "", "Secret", {"id": "1", "name": "Secret"})
    play.move(key_of(play), "Done", "done")
    report = play.run_pass()
    assert (kinds(report), play.page()) == ({FindingKind.RESTRICTED}, page)
    (line,) = index(play)
    assert (line.key, line.severity, line.page_url, line.status.text) == ("OPS-1", "", "", "RESTRICTED")
    changes(play, INCIDENT, "security", "Secret", "", None)
    assert kinds(play.run_pass()) == set()
    assert (play.status(), index(play)[0].page_url) == ("DONE", page.url)


# ---------------------------------------------------------------- ways out of what is found of it


def listed(play: Stage) -> list[tuple[str, str]]:
    return [(one.key, one.kind) for one in stored(play.world.state)]


def ignored(key: str) -> Exemption:
    return Exemption(key=key, id=INCIDENT, reason="a drill", approver="Hanna", date=date(2026, 3, 2))


def named(*keys: str) -> Selection:
    return Selection(Mode.NAMED, keys)


def test_an_incident_that_left_the_teams_projects_can_be_named_and_its_page_made_anew(
    play: Stage, raw: dict[str, Any]
) -> None:
    first = play.page()
    raw["key"], raw["fields"]["project"] = "HR-7", {"key": "HR"}
    assert {result.reason for result in play.run_pass(named("HR-7")).results} == {""}
    page_becomes(play.world, first.id, PageStatus.TRASHED)
    assert told(play.run_pass(), FindingKind.PAGE_GONE) != []
    wish(play.world.state, "owner-0001", INCIDENT, Wishes(recreate=True))
    assert "create-page" in writes(play.run_pass(named("HR-7")))
    assert (play.page("HR-7").id != first.id, listed(play)) == (True, [("HR-7", "Orphan")])
    assert writes(play.run_pass()) == []


def test_the_page_of_an_incident_that_was_reopened_can_be_made_anew(play: Stage) -> None:
    first = play.page()
    page_becomes(play.world, first.id, PageStatus.TRASHED)
    play.clock.forward(60)
    play.move("OPS-1", "In Progress", "indeterminate")
    play.run_pass()
    assert listed(play) == [("OPS-1", "PageGone")]
    wish(play.world.state, "owner-0001", INCIDENT, Wishes(recreate=True))
    assert "create-page" in writes(play.run_pass(named("OPS-1")))
    assert (play.page().id != first.id, summary(play)["review status"]) == (True, "RE-OPENED")
    assert listed(play) == [("OPS-1", "Orphan")]


def test_a_deleted_incident_that_people_ignore_is_told_no_more_and_its_line_says_so(play: Stage) -> None:
    gone = deleted(play, "OPS-1")
    gone.run_pass()
    assert listed(play) == [("OPS-1", "IncidentGone")]
    gone.exemptions = (ignored("OPS-1"),)
    assert [change.change for change in gone.run_pass(named("OPS-1")).changes] == ["update-index"]
    assert (listed(play), [row.status.text for row in index(play)]) == ([], ["EXEMPT"])
    assert [row.page_title for row in index(play)] == ["OPS-1 Post-incident review: a drill (Hanna, 2026-03-02)"]
    assert gone.run_pass().changes == ()


def test_one_that_is_deleted_after_a_failed_read_can_be_ignored_all_the_same(play: Stage) -> None:
    wiki = Sick(play.world.wiki, "pages", lambda ids: True, Unavailable("503"))
    assert len(replace(play, world=replace(play.world, wiki=cast(Any, wiki))).run_pass().failed) == 1
    gone = deleted(play, "OPS-1")
    play.clock.forward(61)
    gone.run_pass()
    gone.exemptions = (ignored("OPS-1"),)
    gone.run_pass(named("OPS-1"))
    assert (listed(play), [row.status.text for row in index(play)]) == ([], ["EXEMPT"])


def test_an_incident_that_is_deleted_before_it_has_a_page_leaves_nothing_behind() -> None:
    play = stage(incidents=[raw_incident(1, priority={"name": "Highest"})])
    late = without_state(play)
    assert late.run_pass().waiting != ()
    assert late.world.state.pending() != []
    late.clock.forward(3600)
    for selection in (NEWS, ALL):
        report = deleted(late, "OPS-1").run_pass(selection)
        assert (kinds(report), listed(late), late.world.state.pending()) == (set(), [], [])


@pytest.mark.parametrize("ends", ["deleted", "moved"])
def test_what_was_found_of_an_incident_without_a_page_ends_with_it(ends: str) -> None:
    raw = raw_incident(1, security={"id": "1", "name": "Secret"})
    play = stage(incidents=[raw])
    play.run_pass()
    assert listed(play) == [("OPS-1", "Restricted")]
    raw["key"], raw["fields"]["project"] = "HR-7", {"key": "HR"}
    play = deleted(play, "HR-7") if ends == "deleted" else play
    play.run_pass()
    assert listed(play) == []


def test_a_restricted_incident_that_people_ignore_is_told_no_more(play: Stage) -> None:
    changes(play, INCIDENT, "security", "", "Secret", {"id": "1", "name": "Secret"})
    play.run_pass()
    assert listed(play) == [("OPS-1", "Restricted")]
    play.exemptions = (ignored("OPS-1"),)
    play.run_pass(named("OPS-1"))
    assert (listed(play), [(row.key, row.page_title) for row in index(play)]) == ([], [("OPS-1", "")])


def test_a_duplicate_is_told_no_more_once_no_action_is_left_on_it(play: Stage) -> None:
    changes(play, INCIDENT, "resolution", "Done", "Duplicate", {"name": "Duplicate"})
    play.run_pass()
    assert listed(play) == [("OPS-1", "ClosedAsDuplicate")]
    play.move(key_of(play), "Done", "done")
    play.run_pass()
    assert listed(play) == []


# ---------------------------------------------------------------- the ticket


def test_a_moved_ticket_is_followed_by_its_id_and_its_row_shows_the_new_key(play: Stage) -> None:
    changes(
        play,
        moved(play, key_of(play), "NEW-5"),
        "status",
        "New",
        "In Progress",
        {"name": "Doing", "statusCategory": {"key": "indeterminate"}},
    )
    report = play.run_pass()
    assert [(row.ticket, row.cells[Column.STATUS].text) for row in play.rows()] == [("NEW-5", "DOING")]
    assert (kinds(report), writes(play.run_pass())) == (set(), [])


def test_a_deleted_ticket_is_told_its_row_stays_and_no_other_is_made(play: Stage) -> None:
    key = key_of(play)
    for _ in range(2):
        report = deleted(play, key).run_pass()
        assert kinds(report) == {FindingKind.TICKET_GONE}
        assert "update-page" not in writes(report) or key in [row.ticket for row in play.rows()]
        assert "create-ticket" not in writes(report)
    assert [row.ticket for row in play.rows()] == [key]
    assert summary(play)["actions"] == "0 of 1 done, 1 without a ticket"


def test_a_review_is_not_complete_by_a_ticket_that_was_deleted(play: Stage) -> None:
    """An action that nobody can look up is not done."""
    play.type_row("Buy a second link")
    play.quiet()
    play.run_pass()
    gone, done = (row.ticket or "" for row in play.rows())
    play.move(done, "Done", "done")
    deleted(play, gone).run_pass()
    assert (summary(play)["review status"], summary(play)["actions"]) == (
        "IN REVIEW",
        "1 of 2 done, 1 without a ticket",
    )


def test_a_ticket_of_another_type_is_followed_all_the_same(play: Stage) -> None:
    raw = next(iter(play.world.tracker.search(Query(projects=("ACT",)), Want(fields=()))))
    changes(play, str(raw["id"]), "issuetype", "Task", "Bug", {"id": "10009", "name": "Bug"})
    play.move(key_of(play), "Done", "done")
    report = play.run_pass()
    assert (play.status(), kinds(report), len(tickets(play))) == ("DONE", set(), 1)


class Unlinked(Without):
    """Reads in which somebody has removed every link."""

    def search(self, query: Query, want: Any) -> Iterator[Any]:
        return map(_unlinked, self._real.search(query, want))

    def issue(self, ref: str, want: Any) -> Any:
        found = self._real.issue(ref, want)
        return None if found is None else _unlinked(found)

    def issues(self, refs: Any, want: Any) -> list[Any]:
        return [_unlinked(raw) for raw in self._real.issues(refs, want)]


def _unlinked(raw: RawIssue) -> dict[str, Any]:
    return {**raw, "fields": {**raw["fields"], "issuelinks": []}}


def test_a_link_that_people_removed_is_not_made_again_and_its_ticket_is_followed(play: Stage) -> None:
    apart = replace(play, world=replace(play.world, tracker=cast(TrackerReads, Unlinked(play.world.tracker, set()))))
    play.move(key_of(play), "Done", "done")
    report = apart.run_pass()
    assert "link-ticket" not in writes(report)
    assert (play.status(), len(tickets(play))) == ("DONE", 1)
