"""What a Jira is configured with, over HTTP: projects that come and go, their parts, screens, people and groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pirsync.sandbox.tracker import links_of
from pirsync.sandbox.tracker.setup import BUG, INCIDENT, RESTRICTED, SEVERITY, SUB_TASK, TASK

from .jira_client import Client, running


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def served(request: pytest.FixtureRequest) -> Iterator[Client]:
    with running(request.param) as client:
        yield client


@pytest.fixture
def jira(served: Client) -> Iterator[Client]:
    """The world as the service account sees it; no rule outlives its test."""
    served.session.auth = ("svc-pirsync", "token")
    yield served
    served.session.auth = ("svc-pirsync", "token")
    served.world.tracker.rules.clear()


def deny(jira: Client, permission: str, user: str) -> None:
    sent = {"permission": permission, "allowed": False, "user": user}
    assert jira.session.post(f"{jira.world.base_url}/__sandbox/permissions", json=sent, timeout=10).status_code == 200


def body(jira: Client, key: str, **more: Any) -> dict[str, Any]:
    lead = jira.person("aruiz")
    who = {"leadAccountId": lead.account_id} if jira.world.is_cloud else {"lead": lead.name}
    return {"key": key, "name": f"Project {key}", "projectTypeKey": "software", **who, **more}


def names(found: list[dict[str, Any]]) -> list[str]:
    return [one["displayName"] for one in found]


# ------------------------------------------------------------ projects


def test_a_project_is_made_used_and_deleted_with_all_that_was_in_it(jira: Client) -> None:
    made = jira.send("POST", "/project", body(jira, "NEW"), 201)
    assert (made["key"], made["self"]) == ("NEW", f"{jira.world.jira_url}/rest/api/2/project/{made['id']}")
    kinds = {one["id"] for one in jira.get("/project/NEW")["issueTypes"]}
    assert kinds == {INCIDENT, TASK, BUG, SUB_TASK}
    issue = jira.send("POST", "/issue", jira.new("NEW"), 201)
    jira.send(
        "POST",
        "/issueLink",
        {"type": {"name": "Relates"}, "inwardIssue": {"key": issue["key"]}, "outwardIssue": {"key": "ACT-1"}},
        201,
    )
    jira.send("DELETE", "/project/NEW", None, 204)
    assert [jira.call("GET", path).status_code for path in ("/project/NEW", f"/issue/{issue['id']}")] == [404, 404]
    assert int(issue["id"]) not in {
        end for one in links_of(jira.world, jira.issue("ACT-1")) for end in vars(one).values()
    }
    assert jira.keys("summary ~ nothing or key = ACT-1") == ["ACT-1"]


def test_a_project_needs_a_free_key_and_name_a_lead_and_a_type(jira: Client) -> None:
    said = jira.send("POST", "/project", body(jira, "OPS", name="Operations"), 400)["errors"]
    assert said == {
        "projectKey": "Project 'Operations' uses this project key.",
        "projectName": "A project with that name already exists.",
    }
    wrong = {"key": "x", "projectTypeKey": "garden", "leadAccountId": "nobody", "lead": "nobody"}
    assert jira.send("POST", "/project", wrong, 400)["errors"].keys() == {
        "projectKey",
        "projectName",
        "projectLead",
        "projectType",
    }


def test_only_administrators_make_and_delete_projects(jira: Client) -> None:
    deny(jira, "ADMINISTER", "aruiz")
    jira.session.auth = ("aruiz", "token")
    before = list(jira.world.tracker.projects)
    assert jira.call("POST", "/project", body(jira, "MINE")).status_code == 403
    assert jira.call("DELETE", "/project/BARE").status_code == (404 if jira.world.is_cloud else 403)
    assert list(jira.world.tracker.projects) == before


def test_projects_are_listed_for_those_who_may_browse_them(jira: Client) -> None:
    keys = {one["key"] for one in jira.get("/project")}
    assert keys == {"OPS", "ACT", "BARE", "STRICT"}
    deny(jira, "BROWSE_PROJECTS", "aruiz")
    jira.session.auth = ("aruiz", "token")
    assert jira.get("/project") == []


def test_cloud_searches_projects_by_page(jira: Client) -> None:
    answer = jira.call("GET", "/project/search", query="s", orderBy="-key", maxResults=1)
    assert answer.status_code == (200 if jira.world.is_cloud else 404)
    if jira.world.is_cloud:
        page = answer.json()
        assert ([one["key"] for one in page["values"]], page["total"], page["isLast"]) == (["STRICT"], 4, False)
        following = jira.session.get(page["nextPage"], timeout=10).json()
        assert ([one["key"] for one in following["values"]], following["startAt"]) == (["OPS"], 1)


def test_an_issue_has_components_and_versions_of_its_project_alone(jira: Client) -> None:
    part = jira.send("POST", "/component", {"name": "Checkout", "project": "OPS"}, 201)
    version = jira.send("POST", "/version", {"name": "1.0", "projectId": 30000, "releaseDate": "2020-01-31"}, 201)
    assert (version["released"], version["overdue"]) == (False, True)
    sent = {"components": [{"name": "Checkout"}], "fixVersions": [{"id": version["id"]}]}
    jira.send("PUT", "/issue/OPS-1", {"fields": sent}, 204)
    shown = jira.get("/issue/OPS-1", fields="components,fixVersions")["fields"]
    assert [one["id"] for one in shown["components"]] == [part["id"]]
    assert [one["releaseDate"] for one in shown["fixVersions"]] == ["2020-01-31"]
    jira.send("PUT", "/issue/OPS-1", {"fields": {"components": []}}, 204)
    told = [item for one in jira.issue("OPS-1").histories[-2:] for item in one.items]
    assert [(item.field, item.from_text, item.to_text) for item in told] == [
        ("Component", None, "Checkout"),
        ("Fix Version", None, "1.0"),
        ("Component", "Checkout", None),
    ]
    said = jira.send("PUT", "/issue/ACT-1", {"fields": {"components": [{"name": "Checkout"}]}}, 400)
    assert said["errors"] == {"components": "Component name 'Checkout' is not valid"}
    again = jira.send("POST", "/component", {"name": "checkout", "project": "OPS"}, 400)
    assert again["errors"] == {"name": "A component with this name already exists in this project."}


def test_security_levels_are_shown_to_their_members(jira: Client) -> None:
    assert [one["id"] for one in jira.get("/project/OPS/securitylevel")["levels"]] == [RESTRICTED]
    jira.session.auth = ("aruiz", "token")
    assert jira.get("/project/OPS/securitylevel") == {"levels": []}
    assert jira.call("GET", f"/securitylevel/{RESTRICTED}").status_code == 404


# ------------------------------------------------------------ screens


def screen(jira: Client, project: str, kind: str) -> dict[str, dict[str, Any]]:
    page = jira.get(f"/issue/createmeta/{project}/issuetypes/{kind}", maxResults=200)
    return {one["fieldId"]: one for one in page["fields" if jira.world.is_cloud else "values"]}


def test_createmeta_tells_what_is_required_what_may_be_chosen_and_what_is_the_default(jira: Client) -> None:
    told = screen(jira, "OPS", SUB_TASK)
    assert {name for name, one in told.items() if one["required"]} == {"project", "issuetype", "summary", "parent"}
    assert told["priority"]["defaultValue"]["name"] == "Medium"
    incident = screen(jira, "OPS", INCIDENT)
    assert [one["value"] for one in incident[SEVERITY]["allowedValues"]] == ["P1", "P2", "P3", "P4"]
    assert [one["id"] for one in incident["security"]["allowedValues"]] == [RESTRICTED]
    assert "labels" not in screen(jira, "BARE", TASK)


def test_createmeta_has_no_field_that_the_caller_may_not_set(jira: Client) -> None:
    deny(jira, "SET_ISSUE_SECURITY", "aruiz")
    deny(jira, "ASSIGN_ISSUES", "aruiz")
    jira.session.auth = ("aruiz", "token")
    assert {"security", "assignee"} & screen(jira, "OPS", INCIDENT).keys() == set()
    assert {"security", "assignee"} & jira.get("/issue/OPS-1/editmeta")["fields"].keys() == set()
    deny(jira, "CREATE_ISSUES", "aruiz")
    assert screen(jira, "OPS", INCIDENT) == {}


def test_the_whole_createmeta_is_answered_on_cloud_alone(jira: Client) -> None:
    asked = {"projectKeys": "OPS,NOPE", "issuetypeNames": "Bug", "expand": "projects.issuetypes.fields"}
    answer = jira.call("GET", "/issue/createmeta", **asked)
    if jira.world.is_cloud:
        (project,) = answer.json()["projects"]
        (kind,) = project["issuetypes"]
        assert (project["key"], kind["name"], kind["fields"]["summary"]["required"]) == ("OPS", "Bug", True)
        assert "fields" not in jira.get("/issue/createmeta", projectKeys="OPS")["projects"][0]["issuetypes"][0]
    else:
        assert answer.status_code == 404


def test_everything_that_editmeta_tells_can_be_set(jira: Client) -> None:
    fields = jira.get("/issue/OPS-2/editmeta")["fields"]
    sent = {name: one["allowedValues"][0] for name, one in fields.items() if one.get("allowedValues")}
    single = {name: value for name, value in sent.items() if fields[name]["schema"]["type"] != "array"}
    several = {name: [value] for name, value in sent.items() if fields[name]["schema"]["type"] == "array"}
    assert {"priority", SEVERITY} <= single.keys()
    jira.send("PUT", "/issue/OPS-2", {"fields": {**single, **several}}, 204)
    deny(jira, "EDIT_ISSUES", "aruiz")
    jira.session.auth = ("aruiz", "token")
    assert jira.get("/issue/OPS-1/editmeta") == {"fields": {}}


def test_a_field_is_made_of_a_known_type_and_set_on_an_issue(jira: Client) -> None:
    kind = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
    made = jira.send("POST", "/field", {"name": "Root cause", "type": kind}, 201)
    assert made["schema"]["type"] == "string"
    jira.send("PUT", "/issue/OPS-3", {"fields": {made["id"]: "A full disk"}}, 204)
    assert jira.get("/issue/OPS-3", fields=made["id"])["fields"] == {made["id"]: "A full disk"}
    assert jira.send("POST", "/field", {"type": "x:y"}, 400)["errors"].keys() == {"name", "type"}


# ------------------------------------------------------------ people


def test_people_are_found_by_how_a_word_of_their_name_begins(jira: Client) -> None:
    word = "query" if jira.world.is_cloud else "username"
    assert names(jira.get("/user/search", **{word: "lind"})) == ["Carl Lindqvist"]
    assert names(jira.get("/user/search", **{word: "indqvist"})) == []
    assert jira.call("GET", "/user/search").status_code == 400


def test_who_left_or_is_gone_is_neither_found_nor_assignable_but_still_there(jira: Client) -> None:
    word = "query" if jira.world.is_cloud else "username"
    gone, left = jira.person("lgone"), jira.person("ileaver")
    assert names(jira.get("/user/search", **{word: "ivo"})) == []
    assert names(jira.get("/user/assignable/search", project="ACT", **{word: "ivo"})) == []
    if jira.world.is_cloud:
        shown = jira.get("/user", accountId=gone.account_id)
        assert (shown["displayName"], shown["active"], "emailAddress" in shown) == ("Former user", False, False)
        assert left.display_name in names(jira.get("/users/search"))
    else:
        assert jira.call("GET", "/user", username=gone.name).status_code == 404
        assert jira.get("/user", username=gone.name, includeDeleted="true")["deleted"] is True
        assert names(jira.get("/user/search", username="ivo", includeInactive="true")) == ["Ivo Leaver"]


def test_a_hidden_address_is_shown_to_its_owner_and_finds_only_whole_on_cloud(jira: Client) -> None:
    kim = jira.person("kmoreau")
    if not jira.world.is_cloud:
        assert jira.get("/user", username=kim.name)["emailAddress"] == kim.email
        return
    assert "emailAddress" not in jira.get("/user", accountId=kim.account_id)
    assert names(jira.get("/user/search", query="kmoreau")) == []
    assert names(jira.get("/user/search", query=kim.email)) == ["Kim Moreau"]
    jira.session.auth = ("kmoreau", "token")
    assert jira.get("/myself")["emailAddress"] == kim.email


def test_several_projects_and_a_restricted_issue_say_who_may_do_with_them(jira: Client) -> None:
    word = "query" if jira.world.is_cloud else "username"
    deny(jira, "ASSIGNABLE_USER", "clindqvist")
    found = jira.get("/user/assignable/multiProjectSearch", projectKeys="ACT,OPS", **{word: "c"})
    assert "Carl Lindqvist" not in names(found)
    hidden = next(one for one in jira.world.tracker.issues.values() if one.security == RESTRICTED)
    seeing = jira.get("/user/viewissue/search", issueKey=hidden.key, **{word: "h"})
    assert names(seeing) == ["Hanna Weiss"]


def test_without_browse_users_nobody_is_found_and_nobody_is_shown(jira: Client) -> None:
    deny(jira, "USER_PICKER", "aruiz")
    jira.session.auth = ("aruiz", "token")
    asked = {"query": "carl"} if jira.world.is_cloud else {"username": "carl"}
    one = jira.person("clindqvist")
    assert jira.get("/user/search", **asked) == []
    assert jira.call("GET", "/user", accountId=one.account_id, username=one.name).status_code == 403


def test_groups_and_their_members_are_told(jira: Client) -> None:
    page = jira.get("/group/member", groupname="jira-administrators")
    assert (names(page["values"]), page["total"], page["isLast"]) == (["Review Service", "Hanna Weiss"], 2, True)
    assert jira.call("GET", "/group/member", groupname="nobody").status_code == 404
    picked = jira.get("/groups/picker", query="admin")
    assert [one["html"] for one in picked["groups"]] == ["jira-<strong>admin</strong>istrators"]
    found = jira.get("/user/picker", query="wei")
    assert (found["header"], found["users"][0]["html"]) == (
        "Showing 1 of 1 matching users",
        "Hanna <strong>Wei</strong>ss",
    )


def test_only_data_center_has_a_session(jira: Client) -> None:
    answer = jira.session.get(f"{jira.world.jira_url}/rest/auth/1/session", timeout=10)
    assert answer.status_code == (404 if jira.world.is_cloud else 200)
    if not jira.world.is_cloud:
        assert answer.json()["name"] == "svc-pirsync"
