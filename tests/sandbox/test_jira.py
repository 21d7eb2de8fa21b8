"""Jira of the sandbox over HTTP, in both dialects: what it answers, what it refuses, what is then in the world."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from jira import JIRA

from pirsync.sandbox.tracker import links_of, move_issue
from pirsync.sandbox.tracker.setup import CLOSED, COMMANDER, DONE, FIXED, INVESTIGATING, SEVERITY, SUB_TASK

from .jira_client import Client, running

OFF_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
ACTION_ITEM = "10300"


@pytest.fixture(scope="module")
def cloud_world() -> Iterator[Client]:
    """One Cloud for the tests that only read."""
    with running("cloud") as client:
        yield client


@pytest.fixture
def cloud() -> Iterator[Client]:
    with running("cloud") as client:
        yield client


@pytest.fixture
def dc() -> Iterator[Client]:
    with running("datacenter") as client:
        yield client


@pytest.fixture(params=["cloud", "datacenter"])
def jira(request: pytest.FixtureRequest) -> Iterator[Client]:
    with running(request.param) as client:
        yield client


def test_the_account_and_the_server_are_named_as_the_dialect_names_them(jira: Client) -> None:
    me, info = jira.get("/myself"), jira.get("/serverInfo")
    is_cloud = jira.world.is_cloud
    assert me["timeZone"] == "Etc/UTC"
    assert ("accountId" in me, "name" in me) == (is_cloud, not is_cloud)
    assert (info["deploymentType"], info["baseUrl"]) == ("Cloud" if is_cloud else "Server", jira.world.jira_url)


def test_an_expired_credential_finds_nothing_on_cloud_and_is_refused_on_data_center(jira: Client) -> None:
    jira.world.faults.expired = True
    found = jira.search("project = OPS")
    assert jira.call("GET", "/myself").status_code == 401
    assert found.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert found.status_code == (200 if jira.world.is_cloud else 401)
    if jira.world.is_cloud:
        assert found.json() == {"issues": [], "isLast": True}


def test_cloud_pages_by_token_and_answers_ids_alone_unless_asked(cloud_world: Client) -> None:
    jql = "project = OPS order by key"
    ids, token, pages = [], None, 0
    while pages == 0 or token:
        asked = {"maxResults": 5, **({"nextPageToken": token} if token else {})}
        page = cloud_world.search(jql, **asked).json()
        ids += page["issues"]
        token, pages = page.get("nextPageToken"), pages + 1
    every = [issue for issue in cloud_world.world.tracker.issues.values() if issue.key.startswith("OPS-")]
    assert ids == [{"id": str(issue.id)} for issue in every]
    assert (pages, page["isLast"]) == (3, True)


def test_cloud_refuses_the_old_search_an_unbounded_query_and_a_list_of_expansions(cloud_world: Client) -> None:
    unbounded = cloud_world.search("order by key")
    listed = cloud_world.call("POST", "/search/jql", {"jql": "project = OPS", "expand": ["names"]})
    assert cloud_world.call("GET", "/search", jql="project = OPS").status_code == 410
    assert (unbounded.status_code, listed.status_code) == (400, 400)
    assert unbounded.json()["errorMessages"][0].startswith("Unbounded JQL queries are not allowed here.")


def test_data_center_pages_by_offset_within_its_window(dc: Client) -> None:
    page = dc.call("POST", "/search", {"jql": "project = OPS order by key", "startAt": 2, "maxResults": 2}).json()
    assert [issue["key"] for issue in page["issues"]] == ["OPS-3", "OPS-4"]
    assert (page["startAt"], page["maxResults"], page["total"]) == (2, 2, 13)
    assert "comment" not in page["issues"][0]["fields"]
    assert dc.search("project = OPS", maxResults=5000).json()["maxResults"] == 1000
    assert dc.search("project = OPS", startAt=9999, maxResults=2).status_code == 500
    assert dc.call("POST", "/search", {"jql": "", "expand": "names"}).status_code == 400


def test_a_query_with_an_unknown_key_is_400_unless_data_center_is_told_to_warn(dc: Client) -> None:
    jql, text = "key in (OPS-1, OPS-99)", "An issue with key 'OPS-99' does not exist for field 'key'."
    refused, warned = dc.search(jql), dc.search(jql, validateQuery="warn").json()
    assert (refused.status_code, refused.json()["errorMessages"]) == (400, [text])
    assert warned["warningMessages"] == [text]


def test_an_issue_is_read_with_its_fields_changelog_and_rendered_text(jira: Client) -> None:
    issue = jira.get("/issue/OPS-1", expand="renderedFields,changelog,names")
    fields = issue["fields"]
    assert fields["status"]["statusCategory"]["key"] == "done"
    assert (fields[SEVERITY]["value"], fields[COMMANDER]["displayName"]) == ("P1", "Hanna Weiss")
    assert issue["names"][SEVERITY] == "Severity"
    assert "<th class='confluenceTh'>Region</th>" in issue["renderedFields"]["description"]
    moves = [
        (item["fromString"], item["toString"])
        for history in sorted(issue["changelog"]["histories"], key=lambda one: (one["created"], int(one["id"])))
        for item in history["items"]
        if item["field"] == "status"
    ]
    assert moves == [("Open", "Investigating"), ("Investigating", "Resolved"), ("Resolved", "Closed")]


def test_the_whole_changelog_has_a_call_of_its_own_only_on_cloud(jira: Client) -> None:
    answer = jira.call("GET", "/issue/OPS-3/changelog", maxResults=3)
    if not jira.world.is_cloud:
        assert answer.status_code == 404
        return
    page, last = answer.json(), jira.get("/issue/OPS-3/changelog", startAt=6)
    assert (len(page["values"]), page["isLast"], last["isLast"]) == (3, False, True)
    assert page["total"] == len(jira.issue("OPS-3").histories)


def test_version_3_has_documents_where_version_2_has_wiki_text() -> None:
    with running("cloud", "3") as jira:
        description = jira.get("/issue/OPS-1")["fields"]["description"]
        refused = jira.send("POST", "/issue", jira.new(description="text"), 400)
        document = {"version": 1, "type": "doc", "content": []}
        document["content"] = [{"type": "paragraph", "content": [{"type": "text", "text": "from ADF"}]}]
        made = jira.send("POST", "/issue", jira.new(description=document), 201)
        assert (description["type"], description["content"][0]["type"]) == ("doc", "heading")
        assert refused["errors"]["description"].startswith("Operation value must be an Atlassian Document")
        assert jira.issue(made["key"]).description == "from ADF"
        assert jira.get(f"/issue/{made['key']}")["fields"]["description"] == document


def test_bulkfetch_leaves_out_what_is_not_there(cloud_world: Client) -> None:
    first = cloud_world.issue("OPS-1")
    body = {"issueIdsOrKeys": [str(first.id), "OPS-2", "OPS-999"], "fields": ["summary"]}
    answer = cloud_world.send("POST", "/issue/bulkfetch", body, 200)
    assert [(one["key"], list(one["fields"])) for one in answer["issues"]] == [
        ("OPS-1", ["summary"]),
        ("OPS-2", ["summary"]),
    ]


def test_a_ticket_is_born_with_its_label_property_and_link(jira: Client) -> None:
    body = jira.new(assignee=jira.account("aruiz"), duedate="2026-04-01", labels=["pirsync"])
    body["properties"] = [{"key": "mark", "value": {"uid": "1"}}]
    link = {"type": {"id": ACTION_ITEM}, "inwardIssue": {"key": "OPS-1"}}
    body["update"] = {"issuelinks": [{"add": link}]}
    made = jira.send("POST", "/issue", body, 201)
    issue = jira.issue(made["key"])
    assert (issue.assignee, issue.due, issue.labels) == (jira.person("aruiz"), date(2026, 4, 1), ["pirsync"])
    assert jira.get(f"/issue/{made['id']}/properties/mark") == {"key": "mark", "value": {"uid": "1"}}
    link = jira.get("/issue/OPS-1", fields="issuelinks")["fields"]["issuelinks"][-1]
    assert (link["type"]["outward"], link["outwardIssue"]["key"]) == ("has action item", made["key"])


@pytest.mark.parametrize(
    ("project", "fields", "errors"),
    [
        ("BARE", {"labels": ["x"], "duedate": "2026-01-01"}, {
            "labels": OFF_SCREEN.format("labels"), "duedate": OFF_SCREEN.format("duedate")
        }),
        ("STRICT", {}, {"customfield_10050": "Cost centre is required."}),
        ("ACT", {"summary": "a\nb"}, {"summary": "The summary is invalid because it contains newline characters."}),
        ("ACT", {"summary": "x" * 256}, {"summary": "Summary can't exceed 255 characters."}),
        ("ACT", {"summary": ""}, {"summary": "You must specify a summary of the issue."}),
        ("ACT", {"labels": ["a b"]}, {"labels": "The label 'a b' contains spaces which is invalid."}),
        ("ACT", {"issuelinks": []}, {"issuelinks": "Field does not support update 'issuelinks'"}),
        ("ACT", {"priority": {"id": "77"}}, {"priority": "The priority selected is invalid."}),
        ("ACT", {"duedate": "soon"}, {"duedate": "Error parsing date string: soon"}),
    ],
)  # fmt: skip
def test_a_create_that_the_screen_refuses_names_each_field(
    cloud_world: Client, project: str, fields: dict[str, Any], errors: dict[str, str]
) -> None:
    before = len(cloud_world.world.tracker.issues)
    answer = cloud_world.send("POST", "/issue", cloud_world.new(project, **fields), 400)
    assert answer == {"errorMessages": [], "errors": errors}
    assert len(cloud_world.world.tracker.issues) == before


def test_the_latest_version_shows_texts_as_version_2_does(jira: Client) -> None:
    shown = Client(jira.world, jira.session, "latest").get("/issue/OPS-2")["fields"]
    assert shown["description"] == jira.get("/issue/OPS-2")["fields"]["description"] == jira.issue("OPS-2").description


def test_only_an_issue_with_a_parent_names_one(jira: Client) -> None:
    fields = {"project": {"key": "OPS"}, "issuetype": {"id": SUB_TASK}, "summary": "Look", "parent": {"key": "OPS-1"}}
    made = jira.send("POST", "/issue", {"fields": fields}, 201)
    below, above = jira.get(f"/issue/{made['key']}"), jira.get("/issue/OPS-1")
    assert below["fields"]["parent"]["key"] == "OPS-1"
    assert "parent" not in above["fields"]
    assert above["fields"]["resolution"] is not None


def test_links_need_the_field_on_the_create_screen(jira: Client) -> None:
    link = {"type": {"id": ACTION_ITEM}, "inwardIssue": {"key": "OPS-1"}}
    body = {**jira.new("BARE"), "update": {"issuelinks": [{"add": link}]}}
    answer = jira.send("POST", "/issue", body, 400)
    assert answer["errors"] == {"issuelinks": OFF_SCREEN.format("issuelinks")}


@pytest.mark.parametrize("name", ["ileaver", "jguest"])
def test_who_is_gone_or_not_assignable_cannot_be_assigned(jira: Client, name: str) -> None:
    answer = jira.send("POST", "/issue", jira.new(assignee=jira.account(name)), 400)
    shown = jira.person(name).display_name
    assert answer["errors"] == {"assignee": f"User '{shown}' cannot be assigned issues."}
    assert jira.send("PUT", "/issue/ACT-1/assignee", jira.account(name), 400)["errors"] == answer["errors"]
    chosen = {"accountId": jira.person(name).account_id} if jira.world.is_cloud else {"username": name}
    assert jira.get("/user/assignable/search", project="ACT", **chosen) == []


def test_an_edit_changes_fields_adds_labels_and_leaves_history(jira: Client) -> None:
    body = {"fields": {"duedate": "2026-05-06"}, "update": {"labels": [{"add": "later"}, {"add": "reliability"}]}}
    jira.send("PUT", "/issue/ACT-2", body, 204)
    jira.send("PUT", "/issue/ACT-2/assignee", {next(iter(jira.account("aruiz"))): None}, 204)
    issue = jira.issue("ACT-2")
    assert (issue.due, issue.labels, issue.assignee) == (date(2026, 5, 6), ["reliability", "later"], None)
    changed = [item.field_id for history in issue.histories[-2:] for item in history.items]
    assert changed == ["duedate", "labels", "assignee"]


def test_a_read_only_status_refuses_edits_properties_and_remote_links_but_not_comments(jira: Client) -> None:
    operations = jira.world.tracker.project("OPS")
    assert operations is not None
    operations.read_only_statuses.add("Closed")
    link = {"globalId": "g", "object": {"url": "https://example.com", "title": "Review"}}
    answer = jira.send("PUT", "/issue/OPS-1", {"fields": {"summary": "x"}}, 400)
    assert answer["errors"] == {"summary": OFF_SCREEN.format("summary")}
    jira.send("PUT", "/issue/OPS-1/properties/p", {"a": 1}, 403)
    jira.send("POST", "/issue/OPS-1/remotelink", link, 403)
    jira.send("POST", "/issue/OPS-1/comment", {"body": "still open to words"}, 201)
    issue = jira.issue("OPS-1")
    assert (issue.summary, issue.properties, issue.remote_links) == ("Card payments fail in Europe", {}, [])
    assert issue.comments[-1].body == "still open to words"


def test_a_transition_moves_the_issue_and_its_resolution(jira: Client) -> None:
    ids = {one["name"]: one["id"] for one in jira.get("/issue/OPS-4/transitions")["transitions"]}
    refused = jira.send("POST", "/issue/OPS-4/transitions", {"transition": {"id": ids["Resolve"]}}, 400)
    body = {"transition": {"id": ids["Resolve"]}, "fields": {"resolution": {"name": "Done"}}}
    jira.send("POST", "/issue/OPS-4/transitions", body, 204)
    jira.send("POST", "/issue/OPS-4/transitions", {"transition": {"id": "31"}}, 204)
    closed = (jira.issue("OPS-4").status_id, jira.issue("OPS-4").resolution_id)
    jira.send("POST", "/issue/OPS-4/transitions", {"transition": {"id": "41"}}, 204)
    issue = jira.issue("OPS-4")
    assert refused["errors"] == {"resolution": "Resolution is required."}
    assert closed == (CLOSED, FIXED)
    assert (issue.status_id, issue.resolution_id, issue.resolved) == (INVESTIGATING, None, None)
    jira.send("POST", "/issue/OPS-4/transitions", {"transition": {"id": "41"}}, 400)


def test_a_done_ticket_has_the_resolution_of_its_workflow(jira: Client) -> None:
    jira.send("POST", "/issue/ACT-2/transitions", {"transition": {"id": "41"}}, 204)
    issue = jira.issue("ACT-2")
    assert (issue.status_id, issue.resolution_id) == (DONE, FIXED)
    assert issue.resolved == issue.updated


def test_comments_are_added_with_properties_edited_and_listed(jira: Client) -> None:
    body = {"body": "first", "properties": [{"key": "mark", "value": {"n": 1}}]}
    made = jira.send("POST", "/issue/ACT-2/comment", body, 201)
    jira.send("PUT", f"/issue/ACT-2/comment/{made['id']}", {"body": "second *bold*"}, 200)
    page = jira.get("/issue/ACT-2/comment", expand="renderedBody,properties")
    shown = page["comments"][-1]
    assert (shown["body"], shown["renderedBody"]) == ("second *bold*", "<p>second <b>bold</b></p>")
    assert shown["properties"] == [{"key": "mark", "value": {"n": 1}}]
    assert jira.get(f"/comment/{made['id']}/properties/mark") == {"key": "mark", "value": {"n": 1}}
    jira.send("POST", "/issue/ACT-2/comment", {"body": " "}, 400)
    assert page["total"] == len(jira.issue("ACT-2").comments) == 1


def test_an_internal_comment_says_so(jira: Client) -> None:
    shown = jira.get("/issue/OPS-1/comment")["comments"]
    assert [one.get("jsdPublic", True) for one in shown] == [True, True, False]


def test_a_link_is_made_once_and_its_source_is_the_inward_issue(jira: Client) -> None:
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "ACT-2"}, "outwardIssue": {"key": "OPS-13"}}
    for _ in range(2):
        answer = jira.call("POST", "/issueLink", body)
        assert (answer.status_code, answer.content) == (201, b"")
    (link,) = links_of(jira.world, jira.issue("OPS-13"))
    assert (link.source, link.destination) == (jira.issue("ACT-2").id, jira.issue("OPS-13").id)
    assert "inwardIssue" in jira.get("/issue/OPS-13", fields="issuelinks")["fields"]["issuelinks"][0]
    unknown = jira.send("POST", "/issueLink", {**body, "type": {"name": "Eats"}}, 404)
    assert unknown["errorMessages"] == ["No issue link type with name 'Eats' found."]


def test_a_remote_link_is_an_upsert_that_forgets_what_is_omitted(jira: Client) -> None:
    target = {"url": "https://example.com/1", "title": "Review"}
    first = {"globalId": "pirsync:page=1", "relationship": "reviewed in", "object": {**target, "summary": "draft"}}
    made = jira.send("POST", "/issue/OPS-1/remotelink", first, 201)
    again = jira.send("POST", "/issue/OPS-1/remotelink", {"globalId": "pirsync:page=1", "object": target}, 200)
    (shown,) = jira.get("/issue/OPS-1/remotelink")
    assert made["id"] == again["id"] == shown["id"]
    assert ("relationship" in shown, shown["object"]) == (False, target)
    assert jira.get("/issue/OPS-1/remotelink", globalId="pirsync:page=1") == shown


def test_properties_are_created_replaced_and_not_found(jira: Client) -> None:
    jira.send("PUT", "/issue/OPS-1/properties/p", {"a": 1}, 201)
    jira.send("PUT", "/issue/OPS-1/properties/p", {"a": 2}, 200)
    jira.send("PUT", "/issue/OPS-1/properties/big", "x" * 32_768, 400)
    assert jira.issue("OPS-1").properties == {"p": {"a": 2}}
    assert jira.call("GET", "/issue/OPS-1/properties/q").status_code == 404
    assert jira.get("/issue/OPS-1", fields="summary", properties="p")["properties"] == {"p": {"a": 2}}


def test_create_metadata_has_the_key_of_its_dialect(jira: Client) -> None:
    types, fields = ("issueTypes", "fields") if jira.world.is_cloud else ("values", "values")
    (kind,) = jira.get("/issue/createmeta/BARE/issuetypes")[types]
    screen = jira.get(f"/issue/createmeta/BARE/issuetypes/{kind['id']}")[fields]
    assert (kind["name"], {one["fieldId"] for one in screen}) == (
        "Task",
        {"project", "issuetype", "summary", "description", "assignee", "priority"},
    )


def test_a_restricted_incident_is_there_for_the_service_alone(jira: Client) -> None:
    level = jira.get("/issue/OPS-7", fields="security")["fields"]["security"]
    jira.session.auth = ("aruiz", "token")
    hidden = jira.call("GET", "/issue/OPS-7")
    assert level["name"] == "Security team only"
    assert hidden.status_code == 404
    assert jira.keys("project = OPS and labels = security") == []


def test_times_are_shown_in_the_zone_of_who_reads(jira: Client) -> None:
    jira.session.auth = ("dpatel", "token")
    shown = jira.get("/issue/OPS-1", fields="created")["fields"]["created"]
    assert shown.endswith("+0530")


def test_a_moved_issue_is_found_by_its_old_key(jira: Client) -> None:
    target = jira.world.tracker.project("BARE")
    assert target is not None
    issue = jira.issue("ACT-2")
    move_issue(jira.world, jira.person("hweiss"), issue, target)
    shown = jira.get("/issue/ACT-2", fields="project")
    assert (shown["id"], shown["key"], shown["fields"]["project"]["key"]) == (str(issue.id), "BARE-1", "BARE")


def test_permissions_must_be_named_on_cloud(jira: Client) -> None:
    unnamed = jira.call("GET", "/mypermissions", projectKey="OPS").status_code
    named = jira.get("/mypermissions", permissions="CREATE_ISSUES", projectKey="OPS")["permissions"]
    assert unnamed == (400 if jira.world.is_cloud else 200)
    assert named["CREATE_ISSUES"]["havePermission"] is True


def test_a_lagging_search_misses_a_new_issue_that_a_read_finds(jira: Client) -> None:
    jira.world.faults.lag = 30
    made = jira.send("POST", "/issue", jira.new(labels=["fresh"]), 201)
    early = jira.keys("labels = fresh")
    jira.world.clock.advance(31)
    assert (early, jira.get(f"/issue/{made['key']}")["key"]) == ([], made["key"])
    assert jira.keys("labels = fresh") == [made["key"]]


def test_reconciled_issues_are_searched_as_they_are(cloud: Client) -> None:
    cloud.world.faults.lag = 30
    made = cloud.send("POST", "/issue", cloud.new(labels=["fresh"]), 201)
    body = {"jql": "labels = fresh", "reconcileIssues": [int(made["id"])]}
    assert cloud.send("POST", "/search/jql", body, 200)["issues"] == [{"id": made["id"]}]


@pytest.mark.parametrize("path", ["/issue/NOPE-1", "/issue/NOPE-1/comment", "/project/NOPE", "/nowhere"])
def test_what_is_not_there_is_404(cloud_world: Client, path: str) -> None:
    assert cloud_world.call("GET", path).status_code == 404


def test_a_body_that_is_no_json_is_400(jira: Client) -> None:
    url = f"{jira.world.jira_url}/rest/api/2/issue"
    assert jira.session.post(url, data=b"{nope", timeout=10).status_code == 400


def test_data_center_has_no_version_3() -> None:
    with running("datacenter", "3") as jira:
        assert jira.call("GET", "/myself").status_code == 404


def test_a_bearer_token_is_the_service_account(jira: Client) -> None:
    jira.session.auth = None
    jira.session.headers["Authorization"] = "Bearer any"
    assert jira.get("/myself")["displayName"] == "Review Service"
    wrong = base64.b64encode(b"svc-pirsync:wrong").decode()
    jira.session.headers["Authorization"] = f"Basic {wrong}"
    assert jira.call("GET", "/myself").status_code == 401


def test_the_common_client_library_understands_it(jira: Client) -> None:
    user = "review-service@example.com" if jira.world.is_cloud else "svc-pirsync"
    client = JIRA(jira.world.jira_url, basic_auth=(user, "token"), max_retries=0, timeout=60)
    found = client.search_issues("project = OPS and statusCategory = Done order by key", maxResults=3)
    made = client.create_issue(jira.new()["fields"])
    client.create_issue_link("Action item", "OPS-1", made.key)
    client.add_comment(made.key, "from the library")
    assert [issue.key for issue in found] == ["OPS-1", "OPS-2", "OPS-3"]
    assert jira.issue(made.key).comments[0].body == "from the library"
    assert links_of(jira.world, jira.issue(made.key))[0].source == jira.issue("OPS-1").id
