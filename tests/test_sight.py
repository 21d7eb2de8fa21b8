"""Many pages gone at once are doubt: the pass stops, no watermark moves, and nobody is accused of deleting anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from sqlite3 import connect

import pytest

from pirsync.decision import Wishes
from pirsync.errors import AuthInDoubt, Rejected, Unavailable
from pirsync.known import wish
from pirsync.model import Deployment
from pirsync.report import Report
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker.permissions import Rule as Permits
from pirsync.sandbox.tracker.removal import delete_issue
from pirsync.sandbox.wiki.restrictions import allow, disallow
from pirsync.sandbox.wiki.versions import purge, trash
from pirsync.selection import Mode, Selection
from tests.fault_story import DEPLOYMENTS, accuse_nobody
from tests.indoors import bench_of, run_pass
from tests.place import INDEX, Place, closed_incident, person, place_of, settle

pytestmark = pytest.mark.usefixtures("leanly")


@pytest.fixture(params=DEPLOYMENTS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place at rest, whose one team has four reviews."""
    deployment: Deployment = request.param
    with place_of(deployment) as made:
        operations = made.sandbox.tracker.projects["30000"]
        for summary in ("A third outage", "A fourth outage"):
            closed_incident(made.sandbox, operations, summary)
        settle(made)
        yield made


def ours(place: Place) -> list[wiki.Page]:
    return [page for page in place.sandbox.wiki.pages.values() if page.versions[0].author == SERVICE]


def hide(place: Place, pages: list[wiki.Page]) -> None:
    """As where somebody restricts the page above: to us each is as if it were not there."""
    for page in pages:
        allow(place.sandbox, page, "read", person(place.sandbox, "hweiss").account_id)


def show(place: Place, pages: list[wiki.Page]) -> None:
    for page in pages:
        disallow(place.sandbox, page, "read", person(place.sandbox, "hweiss").account_id)


def watermarks(place: Place) -> list[str]:
    with closing(connect(place.settings.site.state)) as state:
        return [instant for (instant,) in state.execute("SELECT instant FROM watermark ORDER BY name")]


@pytest.mark.parametrize("mode", [Mode.NEWS, Mode.ALL])
def test_pages_that_are_all_hidden_stop_the_pass(place: Place, mode: Mode) -> None:
    pages = ours(place)
    hide(place, pages)
    before = watermarks(place)
    place.clock.advance(3600)
    with pytest.raises(AuthInDoubt, match="is the page above them restricted"):
        place.run_pass(Selection(mode))
    assert watermarks(place) == before
    show(place, pages)
    accuse_nobody(settle(place))
    assert watermarks(place) > before
    assert ours(place) == pages


@pytest.mark.parametrize("mode", [Mode.NEWS, Mode.ALL])
@pytest.mark.parametrize("kind", ["502", "403"])
def test_pages_that_are_all_hidden_stop_the_pass_also_where_one_cannot_be_read(
    place: Place, mode: Mode, kind: str
) -> None:
    """What is read of many at once fails with that one, and then each incident reads for itself."""
    pages = ours(place)
    hide(place, pages)
    stuck = str(place.page("OPS-1").id)
    place.wire.fault = lambda number, name: kind if stuck in name.split("/") else None
    before = watermarks(place)
    place.clock.advance(3600)
    with pytest.raises(AuthInDoubt, match="is the page above them restricted"):
        place.run_pass(Selection(mode))
    assert watermarks(place) == before
    place.wire.fault = lambda number, name: None
    show(place, pages)
    accuse_nobody(settle(place))
    assert ours(place) == pages


@pytest.mark.parametrize("mode", [Mode.NEWS, Mode.ALL])
def test_pages_that_are_all_hidden_stop_the_pass_also_where_no_state_knows_them(place: Place, mode: Mode) -> None:
    pages = ours(place)
    hide(place, pages)
    place.restart(loses_state=True)
    stuck = str(place.page("OPS-1").id)
    place.wire.fault = lambda number, name: "502" if stuck in name.split("/") else None
    place.clock.advance(3600)
    with pytest.raises(AuthInDoubt, match="is the page above them restricted"):
        place.run_pass(Selection(mode))
    place.wire.fault = lambda number, name: None
    show(place, pages)
    accuse_nobody(settle(place))
    assert ours(place) == pages


def test_where_too_many_cannot_be_read_to_tell_nobody_is_accused(place: Place) -> None:
    pages = [place.page(key) for key in ("OPS-1", "OPS-2", "OPS-3", "OPS-4")]
    hide(place, pages)
    stuck = {str(place.page(key).id) for key in ("OPS-1", "OPS-2")}
    place.wire.fault = lambda number, name: "502" if stuck & set(name.split("/")) else None
    place.clock.advance(3600)
    report = place.run_pass(Selection(Mode.ALL))
    assert [f.kind.value for result in report.results for f in result.findings] == []
    assert len(report.failed) == 4
    place.wire.fault = lambda number, name: None
    show(place, pages)
    accuse_nobody(settle(place))


def test_a_named_pass_over_a_hidden_page_looks_whether_others_are_hidden_too(place: Place) -> None:
    pages = ours(place)
    hide(place, pages)
    with pytest.raises(AuthInDoubt, match="is the page above them restricted"):
        place.run_pass(Selection(Mode.NAMED, ("OPS-1",)))
    show(place, pages)
    accuse_nobody(settle(place))


@pytest.mark.parametrize("mode", [Mode.NEWS, Mode.ALL])
def test_a_page_that_is_hidden_among_others_is_its_own_finding(place: Place, mode: Mode) -> None:
    hide(place, [place.page("OPS-1")])
    place.clock.advance(3600)
    place.run_pass(Selection(mode))
    report = place.run_pass(Selection(Mode.ALL))
    assert [f.kind.value for result in report.results for f in result.findings] == ["PageGone"]


def test_a_page_that_fails_keeps_no_poll_from_the_others_where_search_shows_none(place: Place) -> None:
    """Whether we still see anything is then asked of the pages one by one."""
    pages = ours(place)
    for page in pages:
        wiki.set_status(place.sandbox, page, "archived")
    stuck = str(place.page("OPS-1").id)
    place.wire.fault = lambda number, name: "502" if stuck in name.split("/") else None
    place.clock.advance(3600)
    changes = {"summary": "Another title"}
    tracker.edit_fields(place.sandbox, person(place.sandbox, "aruiz"), place.issue("OPS-2"), changes)
    report = place.run_pass(Selection(Mode.NEWS))
    assert (report.looked_at, report.failed) == (1, ())
    place.wire.fault = lambda number, name: None
    for page in pages:
        wiki.set_status(place.sandbox, page, "current")
    accuse_nobody(settle(place))


@pytest.mark.parametrize("kind", ["502", "403"])
@pytest.mark.parametrize("place", ["cloud"], indirect=True)
def test_a_page_that_no_list_shows_and_that_cannot_be_read_fails_alone(place: Place, kind: str) -> None:
    """Cloud's polls watch pages by a list, and read by themselves those that it lacks."""
    lost = place.page("OPS-1")
    hide(place, [lost])
    place.wire.fault = lambda number, name: kind if str(lost.id) in name.split("/") else None
    place.clock.advance(3600)
    changes = {"summary": "Another title"}
    tracker.edit_fields(place.sandbox, person(place.sandbox, "aruiz"), place.issue("OPS-2"), changes)
    report = place.run_pass(Selection(Mode.NEWS))
    assert (report.looked_at, [result.key for result in report.failed]) == (2, ["OPS-1"])
    place.clock.advance(5)
    begun = len(place.wire.names)
    assert place.run_pass(Selection(Mode.NEWS)).failed == ()
    assert [name for name in place.wire.names[begun:] if str(lost.id) in name] == []
    place.wire.fault = lambda number, name: None
    show(place, [lost])
    accuse_nobody(settle(place))


def test_after_pages_were_deleted_for_good_one_that_is_made_anew_is_the_way_out(place: Place) -> None:
    for page in ours(place):
        trash(place.sandbox, page)
        purge(place.sandbox, page)
    place.clock.advance(3600)
    with pytest.raises(AuthInDoubt, match="resolve recreate KEY"):
        place.run_pass(Selection(Mode.ALL))
    place.restart()
    with bench_of(place.settings, place.clock, place.pace) as bench:
        wish(bench.world.state, bench.settings.site.owner_id, str(place.issue("OPS-1").id), Wishes(recreate=True))
        report = run_pass(bench, Selection(Mode.NAMED, ("OPS-1",)))
    assert "create-page" in [change.change for change in report.changes]
    report = place.run_pass(Selection(Mode.ALL))
    gone = [result.key for result in report.results if "PageGone" in [f.kind.value for f in result.findings]]
    assert gone[:3] == ["OPS-2", "OPS-3", "OPS-4"]


def erase(place: Place, key: str) -> None:
    page = place.page(key)
    trash(place.sandbox, page)
    purge(place.sandbox, page)


def gone(report: Report) -> list[str]:
    return [result.key for result in report.results if "PageGone" in [found.kind.value for found in result.findings]]


def test_pages_that_were_known_to_be_gone_do_not_make_one_more_many(place: Place) -> None:
    """One after the other is somebody's doing, also to a named pass and a poll."""
    for key in ("OPS-1", "OPS-2", "OPS-3", "OPS-4"):
        erase(place, key)
        place.clock.advance(3600)
        assert key in gone(place.run_pass(Selection(Mode.ALL)))
        assert gone(place.run_pass(Selection(Mode.NAMED, (key,)))) == [key]
        changes = {"summary": "Another title"}
        tracker.edit_fields(place.sandbox, person(place.sandbox, "aruiz"), place.issue(key), changes)
        place.clock.advance(60)
        assert gone(place.run_pass(Selection(Mode.NEWS))) == [key]


@pytest.mark.parametrize("mode", [Mode.NEWS, Mode.ALL])
@pytest.mark.parametrize("is_seen", [True, False])
def test_pages_that_were_deleted_with_their_incidents_do_not_make_one_more_many(
    place: Place, is_seen: bool, mode: Mode
) -> None:
    """A trial that was cleaned up, whether a pass came between or not."""
    for key in ("OPS-1", "OPS-2", "OPS-3"):
        erase(place, key)
        delete_issue(place.sandbox, person(place.sandbox, "hweiss"), place.issue(key))
    if is_seen:
        place.clock.advance(3600)
        place.run_pass(Selection(Mode.ALL))
    hide(place, [place.page("OPS-4")])
    place.clock.advance(3600)
    if is_seen:
        place.run_pass(Selection(mode))
    assert "OPS-4" in gone(place.run_pass(Selection(Mode.ALL)))


@pytest.mark.parametrize("selection", [Selection(Mode.NAMED, ("OPS-1",)), Selection(Mode.ALL)])
def test_pages_that_went_with_their_incidents_do_not_hide_that_none_is_seen(
    place: Place, selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that was cleaned up left more pages to the state than are looked at."""
    monkeypatch.setattr("pirsync.sight.SAMPLE", 2)
    made = [closed_incident(place.sandbox, place.sandbox.tracker.projects["30000"], f"Trial {n}") for n in range(2)]
    settle(place)
    for issue in made:
        erase(place, issue.key)
        delete_issue(place.sandbox, person(place.sandbox, "hweiss"), issue)
    place.clock.advance(3600)
    place.run_pass(Selection(Mode.ALL))
    hide(place, [place.page(f"OPS-{n}") for n in range(1, 5)])
    place.clock.advance(3600)
    with pytest.raises(AuthInDoubt, match="is the page above them restricted"):
        place.run_pass(selection)


def test_where_a_whole_team_was_cleaned_up_its_passes_go_on(place: Place) -> None:
    """The incidents, their pages and the index."""
    for key in ("OPS-1", "OPS-2", "OPS-3", "OPS-4"):
        erase(place, key)
        delete_issue(place.sandbox, person(place.sandbox, "hweiss"), place.issue(key))
    for page in ours(place):
        if page.title == INDEX:
            trash(place.sandbox, page)
            purge(place.sandbox, page)
    place.clock.advance(3600)
    place.run_pass(Selection(Mode.ALL))
    for mode in (Mode.NEWS, Mode.ALL, Mode.NEWS):
        place.clock.advance(3600)
        assert place.run_pass(Selection(mode)).failed == ()


@pytest.mark.parametrize("hidden", [3, 4])
@pytest.mark.parametrize("place", DEPLOYMENTS, indirect=True)
def test_pages_that_no_state_knows_are_not_called_gone_while_others_cannot_be_read(place: Place, hidden: int) -> None:
    keys = [f"OPS-{n}" for n in range(1, hidden + 1)]
    for key in ("OPS-1", "OPS-2", "OPS-3", "OPS-4"):
        if key not in keys:
            erase(place, key)
            delete_issue(place.sandbox, person(place.sandbox, "hweiss"), place.issue(key))
    pages = [place.page(key) for key in keys]
    hide(place, pages)
    place.restart(loses_state=True)
    stuck = {str(page.id) for page in pages[: hidden - 2]}
    place.wire.fault = lambda number, name: "502" if stuck & set(name.split("/")) else None
    place.clock.advance(3600)
    with pytest.raises(AuthInDoubt):
        place.run_pass(Selection(Mode.ALL))
    place.wire.fault = lambda number, name: None
    show(place, pages)
    accuse_nobody(settle(place))


def test_pages_that_are_gone_and_no_state_knows_end_no_pass_while_another_is_seen(place: Place) -> None:
    stuck = str(place.page("OPS-3").id)
    for key in ("OPS-1", "OPS-2", "OPS-3"):
        erase(place, key)
    place.restart(loses_state=True)
    settle(place)
    place.wire.fault = lambda number, name: "502" if stuck in name.split("/") else None
    place.clock.advance(3600)
    report = place.run_pass(Selection(Mode.ALL))
    assert (gone(report), [result.key for result in report.failed]) == (["OPS-1", "OPS-2"], ["OPS-3"])


@pytest.mark.parametrize("place", ["datacenter"], indirect=True)
def test_a_page_of_an_incident_that_is_gone_keeps_polls_going_where_no_other_can_be_read(place: Place) -> None:
    for key in ("OPS-1", "OPS-2", "OPS-3"):
        delete_issue(place.sandbox, person(place.sandbox, "hweiss"), place.issue(key))
    place.clock.advance(3600)
    place.run_pass(Selection(Mode.ALL))
    for page in ours(place):
        if page.title == INDEX:
            trash(place.sandbox, page)
            purge(place.sandbox, page)
    hidden = place.page("OPS-4")
    hide(place, [hidden])
    place.wire.fault = lambda number, name: "502" if str(hidden.id) in name.split("/") else None
    place.clock.advance(3600)
    assert place.run_pass(Selection(Mode.NEWS)).failed == ()


@pytest.mark.parametrize("mode", [Mode.NEWS, Mode.ALL])
def test_the_page_of_an_incident_that_is_gone_is_sight_all_the_same(place: Place, mode: Mode) -> None:
    delete_issue(place.sandbox, person(place.sandbox, "hweiss"), place.issue("OPS-4"))
    place.clock.advance(3600)
    place.run_pass(Selection(Mode.ALL))
    for key in ("OPS-1", "OPS-2", "OPS-3"):
        erase(place, key)
    place.clock.advance(3600)
    place.run_pass(Selection(mode))
    assert gone(place.run_pass(Selection(Mode.ALL)))[:3] == ["OPS-1", "OPS-2", "OPS-3"]


def test_incidents_that_come_back_while_their_pages_are_hidden_accuse_nobody(place: Place) -> None:
    """One group gave our account both, and it gets back Jira first."""
    issues = [place.issue(key) for key in ("OPS-1", "OPS-2", "OPS-3", "OPS-4")]
    pages = [place.page(issue.key) for issue in issues]
    projects, hanna = place.sandbox.tracker.projects, person(place.sandbox, "hweiss")
    operations = projects["30000"]
    projects["30012"] = replace(operations, id="30012", key="SHUT", name="Shut", counter=0)
    place.sandbox.tracker.rules.append(Permits("BROWSE_PROJECTS", allowed=False, user=SERVICE.name, project="30012"))
    for issue in issues:
        tracker.move_issue(place.sandbox, hanna, issue, projects["30012"])
    place.clock.advance(3600)
    report = place.run_pass(Selection(Mode.ALL))
    assert [found.kind.value for result in report.results for found in result.findings] == ["IncidentGone"] * 4
    hide(place, pages)
    for issue in issues:
        tracker.move_issue(place.sandbox, hanna, issue, operations)
    place.clock.advance(3600)
    with pytest.raises(AuthInDoubt, match="is the page above them restricted"):
        place.run_pass(Selection(Mode.ALL))
    show(place, pages)
    accuse_nobody(settle(place))


@pytest.mark.parametrize("kind", ["502", "403"])
@pytest.mark.parametrize("what", ["/rest/api/user/current", "/rest/api/content/"])
@pytest.mark.parametrize("place", ["datacenter"], indirect=True)
def test_a_poll_that_cannot_tell_whether_it_sees_anything_loses_no_news(place: Place, what: str, kind: str) -> None:
    """Neither where nobody answers who we are, nor where no page can be asked for by itself."""
    pages = ours(place)
    place.clock.advance(3600)
    hide(place, pages)
    page = place.page("OPS-1")
    place.save(page, page.current.body + "<p>A word</p>", who="hweiss")
    place.clock.advance(3 * 3600)
    place.wire.fault = lambda number, name: kind if what in name and "search" not in name else None
    before = watermarks(place)
    with pytest.raises((Unavailable, Rejected)):
        place.run_pass(Selection(Mode.NEWS))
    assert watermarks(place) == before
    place.wire.fault = lambda number, name: None
    show(place, pages)
    place.clock.advance(60)
    assert place.run_pass(Selection(Mode.NEWS)).looked_at == 1


@pytest.mark.parametrize("selection", [Selection(Mode.NAMED, ("OPS-1",)), Selection(Mode.ALL)])
def test_a_page_that_people_want_made_anew_does_not_count_as_lost(place: Place, selection: Selection) -> None:
    erase(place, "OPS-4")
    place.clock.advance(3600)
    place.run_pass(Selection(Mode.ALL))
    for key in ("OPS-1", "OPS-2", "OPS-3"):
        erase(place, key)
    place.restart()
    with bench_of(place.settings, place.clock, place.pace) as bench:
        wish(bench.world.state, bench.settings.site.owner_id, str(place.issue("OPS-1").id), Wishes(recreate=True))
    place.clock.advance(3600)
    report = place.run_pass(selection)
    assert "create-page" in [change.change for result in report.results for change in result.changes]
    assert gone(place.run_pass(Selection(Mode.ALL)))[:3] == ["OPS-2", "OPS-3", "OPS-4"]


@pytest.mark.parametrize("mode", [Mode.NEWS, Mode.ALL])
def test_a_doubt_anywhere_in_a_pass_loses_nothing_and_accuses_nobody(place: Place, mode: Mode) -> None:
    """The login ends at one request after another of passes that have something to write."""
    operations = place.sandbox.tracker.projects["30000"]
    made = closed_incident(place.sandbox, operations, "A fifth outage")
    place.clock.advance(3600)
    doubted = 0
    for passed in range(60):
        place.sandbox.faults.add(Rule("expired", times=None, after=passed))
        before = watermarks(place)
        try:
            place.run_pass(Selection(mode))
            break
        except AuthInDoubt:
            doubted += 1
            # A poll moves it once all that it saw is written down as due, which a doubt after it leaves so.
            assert watermarks(place) == before or (mode is Mode.NEWS and owed(place))
        finally:
            place.sandbox.faults.clear()
    assert doubted > (2 if mode is Mode.NEWS else 9), doubted
    accuse_nobody(settle(place))
    assert place.page(made.key).status == "current"


def owed(place: Place) -> list[str]:
    with closing(connect(place.settings.site.state)) as state:
        return [key for (key,) in state.execute("SELECT key FROM work")]
