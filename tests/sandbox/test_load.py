"""Recorded issues as a sandbox's world: answered as recorded, searchable, changed only where somebody changes them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pirsync.sandbox.jira.issue_json import Wanted, issue_json
from pirsync.sandbox.jira.nouns_json import View
from pirsync.sandbox.jql.search import Search, search
from pirsync.sandbox.jql.syntax import parse
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import Issue, available_transitions, edit_fields, find_issue, status_of, transition
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds.load import BadFile, load
from tests.shared import shared

PERSON = {"accountId": "5b-1", "displayName": "Kim", "timeZone": "Mars/Olympus", "active": False}
FIELDS: dict[str, Any] = {
    "summary": "Mail is late",
    "status": {"id": "7", "name": "Erledigt", "statusCategory": {"key": "done"}},
    "issuetype": {"id": "3", "name": "Vorfall", "subtask": False},
    "priority": None,
    "assignee": PERSON,
    "created": "2026-01-02T03:04:05.678+0100",
    "updated": "2026-01-03T00:00:00.000+0000",
    "labels": None,
    "issuelinks": [{"id": "1", "type": {"id": "9", "name": "Cloners", "inward": "i", "outward": "o"}}],
    "comment": {"comments": [{"id": "5", "author": PERSON, "body": "hi", "created": "2026-01-02T04:00:00.000+0100"}]},
    "customfield_10077": {"value": "Sev 1", "id": "12"},
    "customfield_10078": None,
}
CHANGE = {"created": "2026-01-02T05:00:00.000+0000", "items": [{"field": "status", "fromString": "Neu"}]}


def loaded(folder: Path, *issues: dict[str, Any], names: dict[str, str] | None = None) -> World:
    path = folder / "issues.json"
    path.write_text(json.dumps({"issues": issues, "names": names or {}}), encoding="utf-8")
    world = World("cloud")
    load(world, [path])
    return world


def read(world: World, key: str, *fields: str) -> dict[str, Any]:
    issue = find_issue(world, key)
    assert issue is not None
    return issue_json(View(world, SERVICE, "2"), issue, Wanted(fields or ("*all",), frozenset({"changelog"})))


def the(world: World, key: str) -> Issue:
    issue = find_issue(world, key)
    assert issue is not None
    return issue


def found(world: World, jql: str) -> list[str]:
    run = Search(world, SERVICE)
    keys = [issue.key for issue in search(run, parse(jql))]
    assert run.problems == []
    return keys


def test_an_issue_is_answered_as_it_was_recorded(tmp_path: Path) -> None:
    sent = {"id": "10", "key": "MAIL-4", "fields": FIELDS, "changelog": {"histories": [CHANGE]}}
    world = loaded(tmp_path, sent)
    shown = read(world, "MAIL-4")
    assert (shown["id"], shown["fields"], shown["changelog"]["histories"]) == ("10", FIELDS, [CHANGE])


def test_its_parts_become_the_configuration(tmp_path: Path) -> None:
    world = loaded(tmp_path, {"id": "10", "key": "MAIL-4", "fields": FIELDS}, names={"customfield_10077": "Severity"})
    tracker, kim = world.tracker, world.people.find("5b-1")
    project = tracker.project("MAIL")
    assert kim is not None
    assert project is not None
    assert (kim.display_name, kim.time_zone, kim.assignable) == ("Kim", "Etc/UTC", False)
    assert (tracker.statuses["7"].category, tracker.types["3"].name) == ("done", "Vorfall")
    assert (tracker.link_types["9"].name, tracker.fields["customfield_10077"].options) == ("Cloners", ("Sev 1",))
    assert (project.type_ids, project.counter) == (["3"], 4)
    assert tracker.project("ACT") is not None


def test_it_is_found_by_what_it_is(tmp_path: Path) -> None:
    world = loaded(tmp_path, {"id": "10", "key": "MAIL-4", "fields": FIELDS}, names={"customfield_10077": "Severity"})
    queries = (
        "project = MAIL and statusCategory = Done",
        "Severity = 'Sev 1'",
        "assignee = '5b-1' and labels is empty",
        "created >= '2026-01-02 02:04' and created < '2026-01-02 02:05'",
        "text ~ late",
    )
    assert [found(world, jql) for jql in queries] == [["MAIL-4"]] * len(queries)


def test_only_what_is_changed_is_answered_anew(tmp_path: Path) -> None:
    other = {"id": "11", "key": "MAIL-5", "fields": {"status": {"id": "1", "name": "Neu"}}}
    world = loaded(tmp_path, {"id": "10", "key": "MAIL-4", "fields": FIELDS}, other)
    issue = the(world, "MAIL-4")
    (step,) = available_transitions(world, issue)
    transition(world, SERVICE, issue, step.id)
    edit_fields(world, SERVICE, issue, {"labels": ["again"]})
    shown = read(world, "MAIL-4")["fields"]
    kept = {name: value for name, value in FIELDS.items() if name not in ("status", "labels", "updated")}
    assert {name: shown[name] for name in kept} == kept
    assert (shown["status"]["name"], shown["labels"]) == ("Neu", ["again"])
    assert shown["updated"] > FIELDS["updated"]


def test_missing_and_null_parts_are_tolerated(tmp_path: Path) -> None:
    empty = dict.fromkeys(("status", "project", "created", "comment", "labels", "issuelinks", "assignee"))
    world = loaded(tmp_path, {"key": "A-1", "fields": empty}, {"key": "A-2"}, {"key": "A-3", "fields": None})
    assert [status_of(world, the(world, key)).name for key in ("A-1", "A-2", "A-3")] == ["Unknown"] * 3
    assert sorted(found(world, "project = A")) == ["A-1", "A-2", "A-3"]


def test_of_two_states_of_one_issue_the_later_stays(tmp_path: Path) -> None:
    early, late = ({**FIELDS, "updated": f"2026-01-0{day}T00:00:00.000+0000", "summary": f"{day}"} for day in (4, 5))
    for order in ([early, late], [late, early]):
        world = loaded(tmp_path, *({"id": "10", "key": "MAIL-4", "fields": fields} for fields in order))
        assert [issue.summary for issue in world.tracker.issues.values()] == ["5"]


def test_one_id_in_two_files_is_two_issues(tmp_path: Path) -> None:
    world = loaded(tmp_path, {"id": "10", "key": "A-1", "fields": FIELDS}, {"id": "10", "key": "B-1", "fields": FIELDS})
    assert the(world, "A-1").id != the(world, "B-1").id


def test_one_status_id_with_two_meanings_is_found_by_each(tmp_path: Path) -> None:
    fresh = {**FIELDS, "status": {"id": "7", "name": "Erledigt", "statusCategory": {"key": "new"}}}
    world = loaded(tmp_path, {"key": "A-1", "fields": FIELDS}, {"key": "A-2", "fields": fresh})
    assert (found(world, "statusCategory = Done"), found(world, "statusCategory = new")) == (["A-1"], ["A-2"])


@pytest.mark.parametrize("content", ["not json", "[]", '{"issues": []}', '{"total": 3}'])
def test_a_file_without_issues_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadFile, match=r"x\.json"):
        load(World("cloud"), [path])


def _names() -> list[str]:
    return ["cloud-devlake", "cloud-grimoirelab", "cloud-v3-faros", "dc-apache-kafka", "dc-appcelerator", "dc-jrjc"]


@pytest.mark.parametrize("name", _names())
def test_real_issues_are_answered_as_they_were(name: str) -> None:
    path = shared("recorded/jira-issues") / f"{name}.json.gz"
    recorded = json.loads(gzip.decompress(path.read_bytes()))["issues"]
    world = World("cloud" if name.startswith("cloud") else "datacenter")
    load(world, [path])
    answered = {issue["key"]: read(world, issue["key"])["fields"] for issue in recorded}
    for key, fields in answered.items():
        assert fields in [issue["fields"] for issue in recorded if issue["key"] == key]
    assert sum(not issue.key.startswith("ACT-") for issue in world.tracker.issues.values()) == len(answered)


def test_all_real_issues_live_in_one_world() -> None:
    folder = shared("recorded/jira-issues")
    world = World("cloud")
    load(world, sorted(folder.glob("*.json.gz")))
    assert len(found(world, "project in (KAFKA, AC, ALOY, DAEMON, MOD, TIMOB)")) == 409
    assert len(world.tracker.keys) == len(world.tracker.issues) == 465
