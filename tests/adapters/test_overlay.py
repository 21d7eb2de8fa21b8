"""The overlay: what is written to it is read back from it, and the world beneath never hears of it."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from pirsync.adapters.memory import memory_world
from pirsync.adapters.overlay import overlay
from pirsync.adapters.overlay_tracker import Patch
from pirsync.errors import Rejected
from pirsync.model import Deployment, RemoteLink
from pirsync.ports import Query, Want, World

from .worlds import (
    ANA,
    EVERYTHING,
    NOW,
    SCREEN,
    Hands,
    everything,
    incident,
    read,
    reviewed_world,
    ticket,
    world_of,
    write_everything,
)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture(params=["cloud", "datacenter"])
def base(request: pytest.FixtureRequest, clock: Hands) -> World:
    return reviewed_world(request.param, clock)


def test_nothing_that_is_written_reaches_the_world_beneath(base: World) -> None:
    before = everything(base)
    over = overlay(base)
    assert everything(over) == before
    write_everything(over)
    assert everything(over) != before
    assert everything(base) == before
    assert everything(overlay(base)) == before


def test_answers_of_the_world_beneath_are_copied_not_changed(clock: Hands) -> None:
    given = [incident(1), incident(2)]
    before = copy.deepcopy(given)
    world = memory_world("cloud", given, [SCREEN], [ANA], clock)
    write_everything_but_pages(world)
    for key in ("INC-1", "INC-2"):
        read(world, key)["fields"]["labels"].append("spoiled")
        assert "spoiled" not in read(world, key)["fields"]["labels"]
    assert given == before


def test_a_patch_leaves_the_answer_that_it_covers_alone() -> None:
    answer = incident(1)
    patch = Patch(fields={"duedate": "2026-05-01"}, labels=["pirsync"], links=[{"id": "1"}], histories=[{"id": "2"}])
    shown = patch.over(answer, EVERYTHING)
    assert (shown["fields"]["duedate"], shown["changelog"]["total"]) == ("2026-05-01", 2)
    assert answer == incident(1)


def write_everything_but_pages(world: World) -> None:
    world.tracker_writes.create_issue(ticket())
    world.tracker_writes.add_labels("10001", ("pirsync",))
    world.tracker_writes.edit_issue("10001", {"duedate": "2026-05-01"})


# ---------------------------------------------------------------- Jira


def test_a_created_ticket_reads_like_one_that_jira_made(base: World) -> None:
    over = overlay(base)
    made = over.tracker_writes.create_issue(ticket())
    assert (made.id, made.key) == ("overlay-900001", "ACT-900001")
    raw = read(over, made.key)
    assert raw == read(over, made.id)
    fields = raw["fields"]
    assert {name: fields[name] for name in ("summary", "duedate", "labels", "description", "resolution")} == {
        "summary": "Add an alert",
        "duedate": "2026-04-01",
        "labels": ["pirsync", "pirsync-m1"],
        "description": "so that we know",
        "resolution": None,
    }
    assert fields["status"]["name"] == "New"
    assert fields["status"]["statusCategory"]["key"] == "new"
    assert fields["issuetype"] == {"id": "10002", "name": "Task"}
    assert fields["project"] == {"key": "ACT"}
    assert fields["updated"] == "2026-03-02T09:30:00.000+0000"
    assert raw["properties"] == {"example.mark": {"mark": "m1"}}
    assert raw["changelog"]["total"] == 0
    assert (over.tracker.comments(made.id), over.tracker.changelog(made.id), over.tracker.remote_links(made.id)) == (
        [],
        [],
        [],
    )


def test_an_assignee_is_named_as_each_deployment_names_people(clock: Hands) -> None:
    expected = {
        "cloud": {"accountId": "ana", "displayName": "Ana Ruiz", "active": True},
        "datacenter": {"name": "ana", "key": "ana", "displayName": "Ana Ruiz", "active": True},
    }
    deployments: tuple[Deployment, ...] = ("cloud", "datacenter")
    for deployment in deployments:
        world = world_of(deployment, clock)
        made = world.tracker_writes.create_issue(ticket())
        world.tracker_writes.edit_issue("10001", {"assignee": "ana"})
        assert read(world, made.key)["fields"]["assignee"] == expected[deployment]
        assert read(world, "INC-1")["fields"]["assignee"] == expected[deployment]
        world.tracker_writes.edit_issue("10001", {"assignee": None})
        assert read(world, "INC-1")["fields"]["assignee"] is None


@pytest.mark.parametrize(
    ("side", "seen", "seen_back"), [("outward", "outward", "inward"), ("inward", "inward", "outward")]
)
def test_a_created_ticket_is_linked_both_ways(base: World, side: str, seen: str, seen_back: str) -> None:
    over = overlay(base)
    made = over.tracker_writes.create_issue(ticket(link_side=side))
    (of_incident,) = read(over, "INC-1")["fields"]["issuelinks"]
    (of_ticket,) = read(over, made.key)["fields"]["issuelinks"]
    assert of_incident["type"] == {"id": "10003", "name": "Relates", "inward": "relates to", "outward": "relates to"}
    far = of_incident[f"{seen}Issue"]
    assert (far["id"], far["key"], far["fields"]["summary"]) == (made.id, made.key, "Add an alert")
    assert of_ticket[f"{seen_back}Issue"]["key"] == "INC-1"
    assert f"{seen_back}Issue" not in of_incident


def test_a_ticket_without_carriers_gets_them_later(base: World) -> None:
    over = overlay(base)
    bare = ticket(labels=(), property_key="", property_value={}, incident_key=None, assignee=None, due=None)
    made = over.tracker_writes.create_issue(bare)
    raw = read(over, made.key)
    assert (raw["fields"]["labels"], raw["fields"]["issuelinks"], raw["properties"]) == ([], [], {})
    over.tracker_writes.add_labels(made.id, ("pirsync", "pirsync-m1"))
    over.tracker_writes.add_labels(made.id, ("pirsync",))
    over.tracker_writes.set_property(made.id, "example.mark", {"mark": "m1"})
    over.tracker_writes.link("10003", "INC-1", made.key)
    raw = read(over, made.key)
    assert raw["fields"]["labels"] == ["pirsync", "pirsync-m1"]
    assert raw["properties"] == {"example.mark": {"mark": "m1"}}
    assert [link["inwardIssue"]["key"] for link in raw["fields"]["issuelinks"]] == ["INC-1"]


def test_the_same_link_twice_is_one_link(base: World) -> None:
    over = overlay(base)
    over.tracker_writes.link("10003", "INC-1", "INC-2")
    over.tracker_writes.link("10003", "INC-1", "INC-2")
    assert len(read(over, "INC-1")["fields"]["issuelinks"]) == 1
    over.tracker_writes.link("10000", "INC-1", "INC-2")
    assert len(read(over, "INC-1")["fields"]["issuelinks"]) == 2


def test_a_link_to_nothing_is_refused(base: World) -> None:
    over = overlay(base)
    with pytest.raises(Rejected, match="no issue link type 77"):
        over.tracker_writes.link("77", "INC-1", "INC-2")
    with pytest.raises(Rejected, match="INC-9"):
        over.tracker_writes.link("10003", "INC-1", "INC-9")
    assert read(over, "INC-1")["fields"]["issuelinks"] == []


def test_no_more_is_answered_than_was_asked_for(base: World) -> None:
    over = overlay(base)
    made = over.tracker_writes.create_issue(ticket())
    over.tracker_writes.edit_issue("10001", {"duedate": "2026-05-01"})
    over.tracker_writes.set_property("10001", "example.mark", {"mark": "m2"})
    want = Want(fields=("summary",))
    expected = [
        {"id": "10001", "key": "INC-1", "fields": {"summary": "Outage 1"}},
        {"id": made.id, "key": made.key, "fields": {"summary": "Add an alert"}},
    ]
    assert over.tracker.issues(["INC-1", made.id, "INC-9"], want) == expected


def test_a_search_finds_what_was_written(base: World, clock: Hands) -> None:
    over = overlay(base)
    made = over.tracker_writes.create_issue(ticket())

    def found(query: Query) -> list[str]:
        return [raw["key"] for raw in over.tracker.search(query, Want(fields=("summary",)))]

    assert found(Query(labels=("pirsync-m1",))) == [made.key]
    assert found(Query(labels=("pirsync-m2",))) == []
    assert found(Query(projects=("ACT",))) == [made.key]
    assert found(Query(projects=("ACT",), issue_types=("Bug",))) == []
    over.tracker_writes.add_labels("10002", ("pirsync-m2",))
    assert found(Query(labels=("pirsync-m2",))) == ["INC-2"]
    clock.instant = NOW + timedelta(hours=1)
    over.tracker_writes.edit_issue("10001", {"duedate": "2026-05-01"})
    assert found(Query(projects=("INC", "ACT"), updated_since=NOW + timedelta(minutes=1))) == ["INC-1"]


def test_a_remote_link_is_written_over_the_one_with_its_id(base: World) -> None:
    over = overlay(base)
    new, other = (RemoteLink(global_id=g, url="https://example.com", title="new") for g in ("g1", "g2"))
    over.tracker_writes.put_remote_link("10001", new)
    over.tracker_writes.put_remote_link("10001", other)
    assert over.tracker.remote_links("10001") == [new, other]
