"""What Jira says to those who may not: each permission taken away by a control call, and what is then in the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pirsync.sandbox.jira.call import ISSUE
from pirsync.sandbox.jira.permissions import is_guarded
from pirsync.sandbox.jira.routes import ROOT, routes
from pirsync.sandbox.tracker.setup import RELATES, RESTRICTED
from pirsync.sandbox.world import Deployment, World

from .jira_client import Client, running

OFF_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
LINK = {"type": {"id": RELATES}, "inwardIssue": {"key": "ACT-1"}, "outwardIssue": {"key": "ACT-2"}}
REMOTE_LINK = {"object": {"url": "https://example.com/", "title": "Elsewhere"}}


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def served(request: pytest.FixtureRequest) -> Iterator[Client]:
    with running(request.param) as client:
        yield client


@pytest.fixture
def jira(served: Client) -> Iterator[Client]:
    """The world as `bokafor` sees it; no rule outlives its test."""
    served.session.auth = ("bokafor", "token")
    yield served
    requests.delete(f"{served.world.base_url}/__sandbox/permissions", timeout=10)


def rule(jira: Client, permission: str, allowed: bool = False, **whom: Any) -> requests.Response:
    sent = {"permission": permission, "allowed": allowed, **whom}
    return requests.post(f"{jira.world.base_url}/__sandbox/permissions", json=sent, timeout=10)


def refused(answer: requests.Response) -> tuple[int, list[str], dict[str, str]]:
    told = answer.json()
    return answer.status_code, told["errorMessages"], told["errors"]


def test_a_project_that_may_not_be_browsed_is_not_there(jira: Client) -> None:
    rule(jira, "BROWSE_PROJECTS", user="bokafor", project="ACT")
    calls = (
        "/issue/ACT-1",
        "/issue/ACT-1/comment",
        "/issue/ACT-1/remotelink",
        "/issue/ACT-1/transitions",
        "/project/ACT",
    )
    assert [jira.call("GET", path).status_code for path in calls] == [404] * len(calls)
    assert jira.send("POST", "/issue", jira.new(), 400)["errors"].keys() == {"project"}
    assert jira.keys("key in (OPS-1)") == ["OPS-1"]
    jira.session.auth = ("aruiz", "token")
    assert jira.call("GET", "/issue/ACT-1").status_code == 200


def test_without_create_cloud_forbids_and_data_center_has_nothing_on_the_screen(jira: Client) -> None:
    rule(jira, "CREATE_ISSUES", user="bokafor", project="ACT")
    before = len(jira.world.tracker.issues)
    said = refused(jira.call("POST", "/issue", jira.new()))
    if jira.world.is_cloud:
        assert said == (403, ["You do not have permission to create issues in this project."], {})
    else:
        assert said == (400, [], {"summary": OFF_SCREEN.format("summary")})
    assert len(jira.world.tracker.issues) == before


def test_without_edit_no_field_is_on_the_screen_and_properties_are_forbidden(jira: Client) -> None:
    rule(jira, "EDIT_ISSUES", user="bokafor")
    summary = jira.issue("ACT-1").summary
    said = refused(jira.call("PUT", "/issue/ACT-1", {"fields": {"summary": "Else"}}))
    assert said == (400, [], {"summary": OFF_SCREEN.format("summary")})
    assert jira.call("PUT", "/issue/ACT-1/properties/mine", {"a": 1}).status_code == 403
    assert (jira.issue("ACT-1").summary, "mine" in jira.issue("ACT-1").properties) == (summary, False)


def test_without_assign_the_assignee_is_off_screen_and_its_own_call_is_refused(jira: Client) -> None:
    rule(jira, "ASSIGN_ISSUES", user="bokafor")
    owner, whom = jira.issue("ACT-1").assignee, jira.account("clindqvist")
    edited = refused(jira.call("PUT", "/issue/ACT-1", {"fields": {"assignee": whom}}))
    assert edited == (400, [], {"assignee": OFF_SCREEN.format("assignee")})
    assert jira.call("PUT", "/issue/ACT-1/assignee", whom).status_code == (403 if jira.world.is_cloud else 401)
    assert jira.issue("ACT-1").assignee == owner


def test_whoever_is_not_assignable_in_a_project_is_neither_found_nor_taken(jira: Client) -> None:
    rule(jira, "ASSIGNABLE_USER", user="clindqvist", project="ACT")
    found = jira.get("/user/assignable/search", project="ACT", maxResults=100)
    assert jira.person("clindqvist").display_name not in {one["displayName"] for one in found}
    said = refused(jira.call("PUT", "/issue/ACT-1/assignee", jira.account("clindqvist")))
    assert said == (400, [], {"assignee": "User 'Carl Lindqvist' cannot be assigned issues."})
    jira.send("PUT", "/issue/OPS-1/assignee", jira.account("clindqvist"), 204)


def test_without_transition_there_are_no_steps_to_take(jira: Client) -> None:
    rule(jira, "TRANSITION_ISSUES", user="bokafor")
    status = jira.issue("ACT-1").status_id
    assert jira.get("/issue/ACT-1/transitions")["transitions"] == []
    assert jira.call("POST", "/issue/ACT-1/transitions", {"transition": {"id": "31"}}).status_code == 400
    assert jira.issue("ACT-1").status_id == status


def test_without_comment_nothing_is_said(jira: Client) -> None:
    rule(jira, "ADD_COMMENTS", user="bokafor")
    before = len(jira.issue("ACT-1").comments)
    said = refused(jira.call("POST", "/issue/ACT-1/comment", {"body": "Hello"}))
    assert said == (400, ["Bisi Okafor, you do not have the permission to comment on this issue."], {})
    assert len(jira.issue("ACT-1").comments) == before


def test_ones_own_comment_may_be_edited_where_that_of_others_may_not(jira: Client) -> None:
    jira.session.auth = ("aruiz", "token")
    other = jira.send("POST", "/issue/ACT-1/comment", {"body": "Hers"}, 201)["id"]
    jira.session.auth = ("bokafor", "token")
    own = jira.send("POST", "/issue/ACT-1/comment", {"body": "Mine"}, 201)["id"]
    rule(jira, "EDIT_ALL_COMMENTS", user="bokafor")
    jira.send("PUT", f"/issue/ACT-1/comment/{own}", {"body": "Mine still"}, 200)
    said = refused(jira.call("PUT", f"/issue/ACT-1/comment/{other}", {"body": "Mine now"}))
    assert said == (400, ["Bisi Okafor, you do not have the permission to edit this comment."], {})


def test_a_link_needs_the_permission_on_both_sides(jira: Client) -> None:
    rule(jira, "LINK_ISSUES", user="bokafor", project="ACT")
    said = refused(jira.call("POST", "/issueLink", LINK))
    assert said == (401, ["No Link Issue Permission for issue 'ACT-1'"], {})
    mixed = {**LINK, "inwardIssue": {"key": "OPS-1"}}
    assert jira.call("POST", "/issueLink", mixed).status_code == 401
    assert jira.call("POST", "/issue/ACT-1/remotelink", REMOTE_LINK).status_code == 403
    assert jira.issue("ACT-1").remote_links == []


def test_security_may_be_set_only_with_permission_and_only_to_ones_own_levels(jira: Client) -> None:
    sent = {"fields": {"security": {"id": RESTRICTED}}}
    said = refused(jira.call("PUT", "/issue/OPS-2", sent))
    assert said == (400, [], {"security": "The security level selected is invalid."})
    jira.session.auth = ("hweiss", "token")
    rule(jira, "SET_ISSUE_SECURITY", user="hweiss")
    said = refused(jira.call("PUT", "/issue/OPS-2", sent))
    assert said == (400, [], {"security": OFF_SCREEN.format("security")})
    assert jira.issue("OPS-2").security is None


def test_a_restricted_issue_is_404_everywhere_and_no_other_issue_shows_it(jira: Client) -> None:
    hidden = next(one for one in jira.world.tracker.issues.values() if one.security == RESTRICTED)
    jira.session.auth = ("hweiss", "token")
    jira.send("POST", "/issueLink", {**LINK, "inwardIssue": {"key": hidden.key}, "outwardIssue": {"key": "OPS-1"}}, 201)
    assert hidden.key in str(jira.get("/issue/OPS-1")["fields"]["issuelinks"])
    jira.session.auth = ("bokafor", "token")
    paths = ("", "/comment", "/transitions", "/remotelink", "/properties", "/properties/any")
    assert {jira.call("GET", f"/issue/{hidden.key}{path}").status_code for path in paths} == {404}
    assert jira.call("POST", f"/issue/{hidden.key}/comment", {"body": "Hello"}).status_code == 404
    assert jira.call("PUT", f"/issue/{hidden.key}", {"fields": {"summary": "Else"}}).status_code == 404
    assert jira.call("POST", "/issueLink", {**LINK, "inwardIssue": {"key": hidden.key}}).status_code == 404
    assert hidden.key not in str(jira.get("/issue/OPS-1")["fields"]["issuelinks"])
    assert hidden.key not in jira.keys("project = OPS")


def test_the_newest_rule_decides_and_mypermissions_tells_it(jira: Client) -> None:
    rule(jira, "CREATE_ISSUES", project="ACT")
    rule(jira, "CREATE_ISSUES", allowed=True, user="bokafor", project="ACT")
    asked = {"permissions": "CREATE_ISSUES", "projectKey": "ACT"}
    assert jira.get("/mypermissions", **asked)["permissions"]["CREATE_ISSUES"]["havePermission"] is True
    jira.session.auth = ("aruiz", "token")
    assert jira.get("/mypermissions", **asked)["permissions"]["CREATE_ISSUES"]["havePermission"] is False
    assert jira.get("/mypermissions", permissions="CREATE_ISSUES")["permissions"]["CREATE_ISSUES"]["havePermission"]


def test_a_rule_that_names_something_unknown_is_refused(jira: Client) -> None:
    assert [
        rule(jira, "FLY").status_code,
        rule(jira, "EDIT_ISSUES", user="nobody").status_code,
        rule(jira, "EDIT_ISSUES", project="NOPE").status_code,
    ] == [400, 400, 400]
    assert jira.world.tracker.rules == []


def test_an_inactive_account_cannot_sign_in(jira: Client) -> None:
    jira.session.auth = ("ileaver", "token")
    assert jira.call("GET", "/myself").status_code == 401


SEEING_IS_ENOUGH = {
    ("POST", f"{ISSUE}/changelog/list"),
    *((method, f"{ISSUE}/{part}") for method in ("POST", "DELETE") for part in ("watchers", "votes")),
}
"""Calls that only read, and those by which people put themselves beside an issue."""


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_every_call_that_changes_an_issue_needs_a_permission(deployment: Deployment) -> None:
    calls = [(min(route.methods or ()), route.path.removeprefix(ROOT)) for route in routes(World(deployment))]
    changing = [(method, path) for method, path in calls if path.startswith(ISSUE) and method not in ("GET", "HEAD")]
    assert len(changing) > 5
    assert [call for call in changing if call not in SEEING_IS_ENOUGH and not is_guarded(*call)] == []
