"""JQL about the past, about links, properties and dates that are counted from now."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pirsync.sandbox.jql.dates import Moment, instant
from pirsync.sandbox.jql.search import Search, search
from pirsync.sandbox.jql.syntax import parse
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import add_comment, edit_fields, transition
from pirsync.sandbox.tracker.links import link_issues
from pirsync.sandbox.tracker.nouns import Component, Version
from pirsync.sandbox.tracker.setup import BLOCKS
from tests.sandbox.desk import Desk

DAY = 86_400


@pytest.fixture
def desk() -> Desk:
    return Desk()


def found(desk: Desk, queries: dict[str, list[str]]) -> dict[str, list[str]]:
    """What the queries find, in place of what they should find."""
    return {jql: desk.find(jql) for jql in queries}


def test_the_past_is_searched_by_value_person_and_time(desk: Desk) -> None:
    ana, bisi = desk.person("aruiz"), desk.person("bokafor")
    done, idle = desk.add("done", assignee=ana), desk.add("idle")
    desk.world.clock.advance(DAY)
    transition(desk.world, ana, done, "21")
    desk.world.clock.advance(DAY)
    transition(desk.world, bisi, done, "41")
    edit_fields(desk.world, bisi, idle, {"assignee": bisi})
    by_query = {
        "status was 'In Progress'": ["done"],
        "status was 'To Do'": ["idle", "done"],
        "status was not Done": ["idle"],
        "status was in (Done, 'in progress')": ["done"],
        "status was not in (Done)": ["idle"],
        "status was 'To Do' after '2026-03-11 13:00'": ["idle"],
        "status was 'To Do' before '2026-03-10 11:00'": [],
        "status was 'In Progress' on '2026-03-12'": ["done"],
        "status was 'In Progress' during ('2026-03-10', '2026-03-11')": [],
        f"status was 'In Progress' by {ana.account_id}": ["done"],
        f"status was 'In Progress' by '{bisi.display_name}'": [],
        "status changed": ["done"],
        "not status changed": ["idle"],
        "status changed from 'To Do' to 'In Progress'": ["done"],
        "status changed from 'To Do' to Done": [],
        "status changed to (Done) by '" + bisi.email + "'": ["done"],
        "status changed after -1d": ["done"],
        "status changed before '2026-03-11 12:00'": [],
        "status changed on '2026-03-11'": ["done"],
        "status changed during ('2026-03-12', now())": ["done"],
        "assignee was empty": ["idle"],
        "assignee changed from empty to '" + bisi.email + "'": ["idle"],
        "assignee was '" + ana.email + "'": ["done"],
        "resolution was Unresolved and resolution changed to Done": ["done"],
    }
    desk.world.clock.advance(1)
    assert by_query == found(desk, by_query)


def test_who_searches_may_be_meant_in_the_past_on_cloud_but_not_on_data_center(desk: Desk) -> None:
    desk.add("own", assignee=SERVICE)
    assert desk.find("assignee was currentUser()") == ["own"]
    desk.world.deployment = "datacenter"
    refusal = "A value provided by the function 'currentUser' is invalid for the field 'assignee'."
    assert desk.problems("assignee was currentUser()") == [refusal]


def test_links_lead_from_issue_to_issue(desk: Desk) -> None:
    one, two, _ = desk.add("one"), desk.add("two"), desk.add("three")
    link_issues(desk.world, SERVICE, BLOCKS, one, two)
    by_query = {
        "issue in linkedIssues(ACT-1)": ["two"],
        "issue in linkedIssues(act-2, 'Is Blocked By')": ["one"],
        "issue in linkedIssues(ACT-2, blocks)": [],
        "issueLinkType = 'is blocked by'": ["two"],
        "issueLinkType = Blocks": ["two", "one"],
        "issueLinkType is empty": ["three"],
        "issueLink = ACT-1": ["two"],
    }
    assert by_query == found(desk, by_query)
    desk.world.deployment = "datacenter"
    assert desk.problems("issueLinkType = blocks") == [
        "Field 'issueLinkType' does not exist or you do not have permission to view it."
    ]


def test_functions_give_what_their_fields_hold(desk: Desk) -> None:
    ana = desk.person("aruiz")
    commented, _ = desk.add("commented"), desk.add("untouched")
    add_comment(desk.world, ana, commented, "seen")
    by_query = {
        f"issue in updatedBy('{ana.email}')": ["commented"],
        f"issue in updatedBy('{ana.email}', '-1h')": ["commented"],
        f"issue in updatedBy('{ana.email}', '-2d', '-1d')": [],
        "type in standardIssueTypes() order by key": ["commented", "untouched"],
        "type in subTaskIssueTypes()": [],
        "created >= startOfYear() and created < endOfMonth(1)": ["untouched", "commented"],
        "created > startOfWeek(1w)": [],
    }
    assert by_query == found(desk, by_query)


def test_components_versions_and_groups_are_those_of_the_site(desk: Desk) -> None:
    project, ana = desk.world.tracker.project("ACT"), desk.person("aruiz")
    assert project is not None
    project.components.append(Component("501", "Database", lead=ana))
    names = (("601", "1.0", True), ("602", "1.1", True), ("603", "2.0", False), ("604", "2.1", False))
    project.versions += [Version(number, name, released=released) for number, name, released in names]
    desk.add("old", components=["501"], fixVersions=["601"], assignee=ana)
    desk.add("new", fixVersions=["602", "603"], versions=["601"])
    desk.add("none")
    group = next(one for one in desk.world.people.groups if one.has(ana))
    by_query = {
        "component = database": ["old"],
        "component is empty": ["none", "new"],
        "component in componentsLeadByUser('" + ana.email + "')": ["old"],
        "component in componentsLeadByUser()": [],
        "fixVersion = 1.0": ["old"],
        "fixVersion = 602": ["new"],
        "fixVersion > 1.0": ["new"],
        "fixVersion <= '1.1' order by fixVersion": ["old", "new"],
        "affectedVersion in (1.0)": ["new"],
        "fixVersion in releasedVersions(ACT)": ["new", "old"],
        "fixVersion in unreleasedVersions()": ["new"],
        "fixVersion = latestReleasedVersion(ACT)": ["new"],
        "fixVersion = earliestUnreleasedVersion(ACT)": ["new"],
        f"assignee in membersOf('{group.name}')": ["old"],
    }
    assert by_query == found(desk, by_query)
    assert desk.problems("fixVersion in releasedVersions(GONE)") == [
        "Could not resolve the project 'GONE' provided to function 'releasedVersions'."
    ]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("startOfDay()", "2026-03-09T23:00:00"),
        ("startOfDay(-1)", "2026-03-08T23:00:00"),
        ("endOfDay()", "2026-03-10T22:59:59.999000"),
        ("startOfWeek()", "2026-03-07T23:00:00"),
        ("startOfMonth(-1M)", "2026-01-31T23:00:00"),
        ("endOfMonth(-1)", "2026-02-28T22:59:59.999000"),
        ("startOfYear()", "2025-12-31T23:00:00"),
        ("endOfYear(-1y)", "2025-12-31T22:59:59.999000"),
        ("startOfDay('+3w')", "2026-03-30T22:00:00"),
    ],
)
def test_periods_begin_and_end_on_the_calendar_of_who_searches(desk: Desk, call: str, expected: str) -> None:
    where = parse(f"created > {call}").where
    berlin = Moment(datetime(2026, 3, 10, 12, tzinfo=UTC), Search(desk.world, desk.person("hweiss")).moment.zone)
    assert f"{expected}+00:00" == instant("field 'created'", where.operand, berlin).isoformat()  # type: ignore[union-attr, arg-type]  # a clause with a call


def test_a_property_is_found_only_when_the_site_declares_it(desk: Desk) -> None:
    one, two = desk.add("one"), desk.add("two")
    one.properties["review"] = {"page": {"id": 7}, "state": "Open"}
    two.properties["review"] = {"page": {"id": 8}, "tags": ["a", "b"]}
    declared = desk.world.tracker.indexed_properties
    declared.update({"review.page.id": "number", "review.state": "string", "review.tags": "string"})
    by_query = {
        "issue.property[review].page.id = 7": ["one"],
        "issue.property[review].page.id > 7": ["two"],
        "issue.property['review'].state = open": ["one"],
        "issue.property[review].tags in (b)": ["two"],
        "issue.property[review].state is empty": ["two"],
    }
    assert by_query == found(desk, by_query)


def test_a_query_nested_without_end_is_refused(desk: Desk) -> None:
    desk.add("one")
    nested = "key = ACT-1 and (" * 3000 + "key = ACT-1" + ")" * 3000
    with pytest.raises(Exception, match="nested too deeply"):
        search(Search(desk.world, SERVICE), parse(nested))
    assert desk.find("not " * 2000 + "key = ACT-1") == ["one"]
    assert desk.problems(f"summary ~ '{'(' * 3000}a'")[0].startswith("Unable to parse the text")
