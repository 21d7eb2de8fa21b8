"""Generated worlds: the same for the same seed, believable, and made, kept and restored by control calls."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pirsync.sandbox import store, tracker, wiki
from pirsync.sandbox.keeper import Keeper
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.generate import SPAN, Size, generate
from pirsync.sandbox.worlds.wiki_seed import seed as seed_wiki
from tests.sandbox.served import Served, served

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ISSUES, PAGES = 300, 120


def made(deployment: Deployment, size: Size) -> World:
    world = World(deployment)
    world.clock.set(NOW)
    generate(world, size)
    return world


@pytest.fixture(scope="module")
def world() -> World:
    return made("cloud", Size(ISSUES, PAGES, 7))


def test_the_same_seed_makes_the_same_world(world: World) -> None:
    again = made("cloud", Size(ISSUES, PAGES, 7))
    assert world.tracker == again.tracker
    assert world.wiki == again.wiki
    other = made("cloud", Size(20, 0, 8))
    assert [one.summary for one in other.tracker.issues.values()] != [
        one.summary for one in list(world.tracker.issues.values())[:20]
    ]


def test_it_has_as_much_as_was_asked_for(world: World) -> None:
    empty = made("cloud", Size(0, 0))
    more_spaces = len(world.wiki.spaces) - len(empty.wiki.spaces)
    assert len(world.tracker.issues) == ISSUES
    assert len(empty.tracker.issues) == 0
    assert len(world.wiki.pages) - len(empty.wiki.pages) == PAGES + more_spaces


def test_issues_are_of_all_kinds_and_have_histories(world: World) -> None:
    issues = list(world.tracker.issues.values())
    types = Counter(world.tracker.types[one.type_id or ""].name for one in issues)
    assert set(types) == {"Incident", "Task", "Bug", "Sub-task"}
    assert len({one.status_id for one in issues}) >= 6
    assert len({one.assignee.name for one in issues if one.assignee}) > 10
    assert sum(len(one.histories) for one in issues) > 2 * ISSUES
    assert sum(len(one.comments) for one in issues) > ISSUES
    assert any(world.tracker.links.values())
    assert all(one.parent_id in world.tracker.issues for one in issues if one.parent_id)


def test_everything_happens_in_order_and_in_two_years(world: World) -> None:
    for issue in world.tracker.issues.values():
        moments = [issue.created, *(each.created for each in issue.histories), issue.updated]
        assert moments == sorted(moments), issue.key
        assert issue.created >= NOW - SPAN
        assert issue.updated <= NOW
        assert (issue.resolved is not None) == (issue.resolution_id is not None)
    created = [one.created for one in world.tracker.issues.values()]
    assert max(created) - min(created) > timedelta(days=600)


def test_pages_form_trees_with_versions_and_labels(world: World) -> None:
    pages = list(world.wiki.pages.values())
    assert max(len(wiki.ancestors(world, page)) for page in pages) >= 3
    assert max(len(page.versions) for page in pages) >= 3
    assert len({name for page in pages for name in page.labels}) >= 5
    assert len({page.space_id for page in pages}) == 5


def test_a_world_that_time_goes_on_in(world: World) -> None:
    assert timedelta() <= world.clock.now() - NOW < timedelta(minutes=5)
    ana, issue = world.people.find("aruiz"), next(iter(world.tracker.issues.values()))
    assert ana is not None
    tracker.add_comment(world, ana, issue, "later")
    assert issue.updated >= NOW
    issue.comments.pop()


# ---------------------------------------------------------------- by control calls


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served("cloud") as made_site:
        yield made_site


def _control(site: Served, name: str, body: Any, expected: int = 200) -> Any:
    answer = site.call(f"/__sandbox/{name}", "POST", json=body)
    assert expected == answer.status_code, answer.text
    return answer.json()


def test_a_world_is_made_anew_in_the_other_dialect_and_back(site: Served) -> None:
    address = site.world.base_url
    told = _control(
        site, "world", {"deployment": "datacenter", "issues": 15, "pages": 4, "seed": 3, "now": "2026-03-01"}
    )
    assert (told["deployment"], told["issues"], told["now"][:10]) == ("datacenter", 15, "2026-03-01")
    assert site.call("/jira/rest/api/2/serverInfo").json()["deploymentType"] == "Server"
    assert site.call("/rest/api/3/serverInfo").status_code == 404
    found = site.call("/jira/rest/api/2/search", params={"jql": "created <= now()", "maxResults": 0}).json()
    assert found["total"] == 15
    told = _control(site, "world", {"deployment": "cloud"})
    assert site.call("/rest/api/3/serverInfo").json()["deploymentType"] == "Cloud"
    assert (told["deployment"], site.world.base_url) == ("cloud", address)
    assert site.call("/rest/api/3/issue/OPS-1").status_code == 200


def test_a_new_world_has_no_faults_and_an_empty_log(site: Served) -> None:
    site.world.faults.lag = 5
    _control(site, "faults", {"rules": [{"kind": "500", "times": None}]})
    site.call("/rest/api/3/myself")
    _control(site, "world", {})
    assert (site.world.faults.rules, site.world.faults.lag, list(site.world.faults.log)) == ([], 0.0, [])


@pytest.mark.parametrize(
    "body", [{"issues": -1}, {"issues": "many"}, {"deployment": "server"}, {"size": 3}, {"now": "soon"}, []]
)
def test_a_world_that_makes_no_sense_is_refused_and_nothing_changes(site: Served, body: Any) -> None:
    before = site.world.tracker
    assert "error" in _control(site, "world", body, 400)
    assert site.world.tracker is before


def test_a_snapshot_brings_back_what_was(site: Served) -> None:
    _control(site, "world", {})
    before = len(site.world.tracker.issues)
    _control(site, "snapshot", {"name": "calm"})
    fields = {"project": {"key": "ACT"}, "issuetype": {"name": "Task"}, "summary": "Made after it"}
    key = site.call("/rest/api/2/issue", "POST", json={"fields": fields}).json()["key"]
    site.world.clock.advance(9999)
    told = _control(site, "restore", {"name": "calm"})
    assert told["issues"] == before
    assert site.call(f"/rest/api/2/issue/{key}").status_code == 404
    assert abs((site.world.clock.now() - datetime.now(UTC)).total_seconds()) < 60
    assert "no snapshot" in _control(site, "restore", {"name": "other"}, 400)["error"]


# ---------------------------------------------------------------- kept in a file


def test_what_is_not_saved_at_once_is_saved_at_the_end(tmp_path: Path) -> None:
    world, path = World("cloud"), tmp_path / "world"
    seed_wiki(world)
    keeper = Keeper(world, path)

    async def write_twice() -> bool:
        keeper.written()
        at_once = path.exists()
        world.wiki.last_id = 999_999
        keeper.written()
        return at_once

    assert asyncio.run(write_twice())
    assert store.load(path).wiki.last_id != 999_999, "the second saving waits until the first has paid off"
    keeper.flush()
    assert store.load(path).wiki.last_id == 999_999
    path.unlink()
    keeper.flush()
    assert not path.exists(), "nothing was written since"
