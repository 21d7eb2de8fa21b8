"""What the index leads to is what testing every issue finds, whatever changed and however far the index lags."""

from __future__ import annotations

from random import Random

import pytest

from pirsync.sandbox.jql.fields import find_field
from pirsync.sandbox.jql.search import Found, Search, find, matching, search
from pirsync.sandbox.jql.syntax import And, Clause, Empty, Many, Node, Not, Or, Query, Sort, Value
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import (
    Issue,
    add_comment,
    available_transitions,
    edit_fields,
    find_issue,
    move_issue,
    transition,
)
from pirsync.sandbox.tracker import index as tracker_index
from pirsync.sandbox.tracker.attachments import attach, delete_attachment, find_attachment
from pirsync.sandbox.tracker.links import find_link, link_issues, unlink
from pirsync.sandbox.tracker.projects import delete_project
from pirsync.sandbox.tracker.removal import delete_issue
from pirsync.sandbox.tracker.setup import BLOCKS
from tests.sandbox.desk import Desk

LABELS = ("red", "green", "blue", "Grey")


def word(text: str) -> Value:
    return Value(text, quoted=False)


def change(desk: Desk, chance: Random, issue: Issue) -> None:
    """One change of an issue, of any kind that moves it in the index."""
    world, people = desk.world, [None, *desk.world.people.all()[:3]]
    match chance.randrange(6):
        case 0:
            edit_fields(world, SERVICE, issue, {"labels": chance.sample(LABELS, chance.randrange(3))})
        case 1:
            edit_fields(world, SERVICE, issue, {"assignee": chance.choice(people)})
        case 2:
            edit_fields(world, SERVICE, issue, {"priority": chance.choice(("1", "3", None))})
        case 3:
            steps = available_transitions(world, issue)
            for step in chance.sample(steps, min(1, len(steps))):
                transition(world, SERVICE, issue, step.id, "10000" if step.needs_resolution else None)
        case 4:
            target = world.tracker.project("OPS")
            assert target is not None
            if issue.key.startswith("ACT-") and chance.random() < 0.3:
                move_issue(world, SERVICE, issue, target)
        case 5:
            other = chance.choice(list(world.tracker.issues.values()))
            if other is not issue:
                link_issues(world, SERVICE, BLOCKS, issue, other)


def clause(chance: Random, desk: Desk) -> Clause:
    """A condition that the index may know, with values that exist."""
    issue = chance.choice(list(desk.world.tracker.issues.values()))
    milliseconds = word(str(int(issue.updated.timestamp() * 1000)))
    choices: list[tuple[str, list[Value]]] = [
        ("status", [word("Done"), word("To Do"), word("In Progress")]),
        ("statusCategory", [word("Done"), word("new")]),
        ("labels", [word(label) for label in LABELS]),
        ("assignee", [Value(user.email, quoted=True) for user in desk.world.people.all()[:3]]),
        ("project", [word("ACT"), word("OPS")]),
        ("priority", [word("1"), word("3")]),
        ("resolution", [word("Done"), word("Unresolved")]),
        ("key", [word(issue.key)]),
        ("id", [word(str(issue.id))]),
    ]
    dates = ("updated", "created", "resolved", "statusCategoryChangedDate")
    if chance.random() < 0.3:
        operator = chance.choice(("<", "<=", ">", ">=", "="))
        return Clause(chance.choice(dates), operator, milliseconds)
    field, values = chance.choice(choices)
    if chance.random() < 0.2 and field in ("labels", "assignee", "priority", "resolution"):
        return Clause(field, chance.choice(("IS", "IS NOT")), Empty())
    if chance.random() < 0.4:
        return Clause(field, chance.choice(("IN", "NOT IN")), Many(tuple(chance.sample(values, min(2, len(values))))))
    return Clause(field, chance.choice(("=", "!=")), chance.choice(values))


def node(chance: Random, desk: Desk, depth: int) -> Node:
    if depth == 0 or chance.random() < 0.3:
        return clause(chance, desk)
    parts = tuple(node(chance, desk, depth - 1) for _ in range(chance.randint(2, 3)))
    return chance.choice((And(parts), And(parts), Or(parts), Not(parts[0])))


@pytest.mark.parametrize("number", range(6))
def test_the_index_finds_what_a_look_at_every_issue_finds(number: int) -> None:
    chance, desk = Random(number), Desk()
    desk.world.faults.lag = (0.0, 0.0, 30.0, 90.0, 90.0, 600.0)[number]
    for place in range(40):
        desk.world.clock.advance(chance.choice((0, 1, 20, 60)))
        desk.add(f"issue {place}", labels=chance.sample(LABELS, chance.randrange(3)))
    hits = 0
    for _ in range(25):
        for issue in chance.sample(list(desk.world.tracker.issues.values()), 5):
            # Several changes between two searches: the index must know states that no search has seen.
            for _ in range(chance.randint(1, 3)):
                desk.world.clock.advance(chance.choice((0, 1, 20, 60)))
                change(desk, chance, issue)
        if chance.random() < 0.3:
            desk.add("late")
        for _ in range(6):
            query = Query(node(chance, desk, 2), ())
            run = Search(desk.world, SERVICE, frozenset(chance.sample(list(desk.world.tracker.issues), 2)))
            expected = matching(run, query, desk.world.tracker.issues.values())
            found = search(run, query)
            assert run.problems == []
            assert {one.key for one in expected} == {one.key for one in found}, query
            assert found[:7] == search(run, query, 7)
            assert Found(found[:7], len(found)) == find(run, query, 7)
            hits += len(found)
    assert hits > 500


@pytest.mark.parametrize("number", range(3))
def test_whatever_happens_counts_orders_and_hides_as_a_look_at_every_issue_does(number: int) -> None:
    chance, desk = Random(number), Desk()
    world, viewer = desk.world, desk.person("bokafor")
    action = world.tracker.project("ACT")
    assert action is not None
    for place in range(60):
        desk.world.clock.advance(chance.choice((0, 20)))
        security = chance.choice((None, None, *(level.id for level in action.security_levels)))
        desk.add(f"issue {place}", labels=chance.sample(LABELS, chance.randrange(3)), security=security)
    orders = [(Sort(name, way),) for name in ("updated", "created", "resolved", "key", "priority") for way in (1, -1)]
    for _ in range(15):
        for issue in chance.sample(list(world.tracker.issues.values()), 5):
            world.clock.advance(chance.choice((0, 20)))
            change(desk, chance, issue)
        doomed = chance.choice(list(world.tracker.issues.values()))
        delete_issue(world, SERVICE, doomed)
        for order in chance.sample(orders, 4):
            query = Query(node(chance, desk, 2), order)
            run, most = Search(world, viewer), chance.choice((1, 5, 100))
            expected = brute(desk, run, query)
            assert Found(expected[:most], len(expected)) == find(run, query, most), query
            assert expected[:most] == search(run, query, most), query


def brute(desk: Desk, run: Search, query: Query) -> list[Issue]:
    """What a query finds by a look at every issue, in its order."""
    (sort,) = query.order
    newest_first = sorted(matching(run, query, desk.world.tracker.issues.values()), key=lambda one: one.id)[::-1]
    rank = find_field(desk.world, sort.field).rank
    ranked = [one for one in newest_first if rank(one) is not None]
    ranked.sort(key=rank, reverse=sort.direction == -1)
    return ranked + [one for one in newest_first if rank(one) is None]


def test_a_deleted_project_leaves_nothing_to_count() -> None:
    desk = Desk()
    desk.add("gone")
    everything = Query(None, ())
    before = find(Search(desk.world, SERVICE), everything, 0).total
    project = desk.world.tracker.project("ACT")
    assert project is not None
    delete_project(desk.world, project)
    after = find(Search(desk.world, SERVICE), everything, 0).total
    assert (before > after, len(desk.world.tracker.issues)) == (True, after)


def test_few_issues_are_looked_at_where_a_clause_is_rare() -> None:
    desk = Desk()
    for place in range(300):
        desk.world.clock.advance(60)
        desk.add(f"issue {place}", labels=["rare"] if place == 7 else ["common"])
    index = tracker_index.refresh(desk.world.tracker)
    sizes = [len(ids) for ids in tracker_index.having(index, "label", ["rare", "common", "none"])]
    assert sizes == [1, 299, 0]
    begin, end = tracker_index.span(index, "updated", desk.world.clock.now(), None)
    assert end - begin <= 1
    looked_at: list[int] = []
    issue = find_issue(desk.world, "ACT-8")
    assert issue is not None
    everything = desk.world.tracker.issues
    desk.world.tracker.issues = _Counted(everything, looked_at)
    by_query = {
        "labels = rare and project = ACT": 1,
        f"key in (ACT-8, {issue.id})": 1,
        "updated >= -2m and status = 'To Do'": 3,
        "project = ACT and (labels = rare or key = ACT-9)": 2,
    }
    for jql, most in by_query.items():
        looked_at.clear()
        assert desk.find(jql)
        assert len(set(looked_at)) <= most, jql


def test_a_read_finds_sub_tasks_and_comments_at_once_while_searches_lag() -> None:
    desk = Desk()
    desk.world.faults.lag = 600
    parent, other = desk.add("parent"), desk.add("other")
    below = desk.add("below", parent=parent.id)
    comment = add_comment(desk.world, SERVICE, other, "seen")
    tracker = desk.world.tracker
    assert [below] == tracker_index.holders(tracker, "parent", parent.id)
    assert [other] == tracker_index.holders(tracker, "comment", comment.id)
    edit_fields(desk.world, SERVICE, below, {"parent": other.id})
    other.comments.remove(comment)
    assert tracker_index.holders(tracker, "parent", parent.id) == []
    assert tracker_index.holders(tracker, "comment", comment.id) == []
    assert desk.find(f"parent = {other.id}") == []


def test_a_file_and_a_link_are_found_by_id_without_a_look_at_every_issue() -> None:
    desk = Desk()
    one, two = desk.add("one"), desk.add("two")
    file = attach(desk.world, SERVICE, one, "a.txt", "text/plain", b"x")
    link = link_issues(desk.world, SERVICE, BLOCKS, one, two)
    tracker_index.refresh(desk.world.tracker)
    desk.world.tracker.issues = _Counted(desk.world.tracker.issues, [])
    assert (one, file) == find_attachment(desk.world, SERVICE, file.id)
    assert link == find_link(desk.world, link.id)
    delete_attachment(desk.world, SERVICE, one, file)
    unlink(desk.world, SERVICE, link)
    assert find_attachment(desk.world, SERVICE, file.id) is None
    assert find_link(desk.world, link.id) is None


class _Counted(dict[int, Issue]):
    """Issues that note which of them was taken; taking all of them fails."""

    def __init__(self, issues: dict[int, Issue], looked_at: list[int]) -> None:
        super().__init__(issues)
        self._looked_at = looked_at

    def __getitem__(self, number: int) -> Issue:
        self._looked_at.append(number)
        return super().__getitem__(number)

    def values(self) -> object:  # type: ignore[override]  # nothing may ask for it
        raise AssertionError("every issue was looked at")
