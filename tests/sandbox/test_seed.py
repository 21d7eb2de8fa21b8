"""The seeded Jira: a dozen incidents with a past, and texts that try to break whoever shows them."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest

from pirsync.sandbox.jira.issue_json import Wanted, issue_json
from pirsync.sandbox.jira.nouns_json import View
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import Issue, status_of
from pirsync.sandbox.tracker.setup import CLOSED, COMMANDER, DETECTED, FIELD_RESOLVED, SEVERITY, STARTED, set_up
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds.seed import seed


@pytest.fixture
def world() -> World:
    world = World("cloud")
    seed(world)
    return world


def incidents(world: World) -> list[Issue]:
    return [issue for issue in world.tracker.issues.values() if issue.key.startswith("OPS-")]


def test_incidents_of_every_severity_are_open_and_closed(world: World) -> None:
    severities = {issue.custom.get(SEVERITY) for issue in incidents(world)}
    categories = {status_of(world, issue).category for issue in incidents(world)}
    assert {"P1", "P2", "P3"} <= severities
    assert categories == {"new", "indeterminate", "done"}


def test_everything_happened_in_the_last_days_and_in_order(world: World) -> None:
    now = world.clock.now()
    for issue in world.tracker.issues.values():
        instants = [issue.created, *(entry.created for entry in issue.histories), issue.updated]
        assert instants == sorted(instants), issue.key
        assert now - timedelta(days=8) < issue.created
        assert issue.updated <= now, issue.key


def test_the_history_tells_the_status_that_the_issue_has(world: World) -> None:
    for issue in world.tracker.issues.values():
        moves = [item.to_id for entry in issue.histories for item in entry.items if item.field_id == "status"]
        assert issue.status_id == (moves or [issue.status_id])[-1]


def test_times_of_an_incident_are_in_their_order(world: World) -> None:
    for issue in incidents(world):
        times = [issue.custom.get(name) for name in (STARTED, DETECTED, FIELD_RESOLVED)]
        known = [time for time in times if time is not None]
        assert known == sorted(known)


def test_the_special_cases_are_there(world: World) -> None:
    every = incidents(world)
    reopened = [i for i in every if sum(x.to_id == CLOSED for h in i.histories for x in h.items) == 2]
    assert len([issue for issue in every if issue.security]) == 1
    assert len(reopened) == 1
    assert [comment.internal for issue in every for comment in issue.comments].count(True) == 1
    assert [issue.description for issue in every].count(None) == 1
    assert any(status_of(world, one).category == "done" and one.resolution_id is None for one in every)


class _Tags(HTMLParser):
    """Gathers the tags and the addresses of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name == "href"]


def test_hostile_text_is_rendered_as_text(world: World) -> None:
    (hostile,) = [issue for issue in incidents(world) if "<script>" in issue.summary]
    shown = issue_json(View(world, SERVICE, "2"), hostile, Wanted(expand=frozenset({"renderedFields"})))
    tags = _Tags()
    tags.feed(shown["renderedFields"]["description"])
    tags.feed(shown["renderedFields"]["comment"]["comments"][0]["body"])
    assert "script" not in tags.tags
    assert not [address for address in tags.addresses if "javascript" in address]
    assert hostile.description is not None
    assert len(hostile.description) > 10_000
    assert shown["fields"]["description"] == hostile.description
    assert hostile.custom[COMMANDER] == "ileaver"


def test_what_is_done_to_one_world_does_not_reach_another() -> None:
    first, second = World("cloud"), World("cloud")
    for world in (first, second):
        set_up(world)
    for project in first.tracker.projects.values():
        for screen in project.screens.values():
            screen["components"] = True
        project.workflow.clear()
    others = second.tracker.projects.values()
    assert [screen for one in others for screen in one.screens.values() if "components" in screen] == []
    assert [one.key for one in others if not one.workflow] == []
