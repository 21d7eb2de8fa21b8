"""An issue's resources over HTTP, in both dialects: what is refused, what is answered, what is then in the world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from pirsync.sandbox.tracker import Issue, find_issue, links_of

from .jira_client import Client, running

UPLOADS = {"X-Atlassian-Token": "no-check"}


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def jira(request: pytest.FixtureRequest) -> Iterator[Client]:
    """One world for all these tests: each makes the issues that it changes."""
    with running(request.param) as client:
        yield client


@pytest.fixture(scope="module")
def cloud3() -> Iterator[Client]:
    with running("cloud", "3") as client:
        yield client


def made(jira: Client, project: str = "ACT", **fields: Any) -> Issue:
    """A new task."""
    return jira.issue(jira.send("POST", "/issue", jira.new(project, **fields), 201)["key"])


def as_user(jira: Client, name: str, method: str, path: str, body: Any = None) -> requests.Response:
    url = f"{jira.world.jira_url}/rest/api/{jira.version}{path}"
    return requests.request(method, url, json=body, auth=(name, "token"), timeout=10)


def test_many_are_created_and_each_that_is_not_is_told_by_its_place(jira: Client) -> None:
    bodies = [jira.new(summary="one"), jira.new(summary=""), jira.new("NOPE"), jira.new(summary="two")]
    answer = jira.send("POST", "/issue/bulk", {"issueUpdates": bodies}, 201)
    assert [jira.issue(one["key"]).summary for one in answer["issues"]] == ["one", "two"]
    assert [one["failedElementNumber"] for one in answer["errors"]] == [1, 2]
    assert answer["errors"][0]["elementErrors"]["errors"] == {"summary": "You must specify a summary of the issue."}
    none = jira.send("POST", "/issue/bulk", {"issueUpdates": [jira.new(summary="")]}, 400)
    assert (none["issues"], len(none["errors"])) == ([], 1)
    jira.send("POST", "/issue/bulk", {"issueUpdates": [jira.new()] * 51}, 400)


def test_a_new_issue_takes_a_step_and_says_how_that_went(jira: Client) -> None:
    done = jira.send("POST", "/issue", {**jira.new(), "transition": {"id": "41"}}, 201)
    refused = jira.send("POST", "/issue", {**jira.new(), "transition": {"id": "99"}}, 201)
    assert (done["transition"]["status"], refused["transition"]["status"]) == (204, 400)
    assert jira.issue(done["key"]).resolution_id is not None
    assert find_issue(jira.world, refused["key"]) is not None


def test_verbs_change_what_is_there(jira: Client) -> None:
    issue = made(jira, labels=["a", "b"])
    update: dict[str, Any] = {"labels": [{"remove": "a"}, {"add": "c"}], "summary": [{"set": "Renamed"}]}
    update["comment"] = [{"add": {"body": "why"}}]
    jira.send("PUT", f"/issue/{issue.key}", {"update": update}, 204)
    assert (issue.summary, issue.labels, [one.body for one in issue.comments]) == ("Renamed", ["b", "c"], ["why"])
    steps = [{"edit": {"id": issue.comments[0].id, "body": "because"}}]
    jira.send("PUT", f"/issue/{issue.key}", {"update": {"comment": steps}}, 204)
    assert issue.comments[0].body == "because"
    jira.send("PUT", f"/issue/{issue.key}", {"update": {"comment": [{"remove": {"id": issue.comments[0].id}}]}}, 204)
    refused = jira.send("PUT", f"/issue/{issue.key}", {"update": {"summary": [{"add": "x"}]}}, 400)
    assert (issue.comments, list(refused["errors"])) == ([], ["summary"])


def test_an_edit_answers_the_issue_only_on_cloud_and_is_silent_only_for_administrators(jira: Client) -> None:
    issue = made(jira)
    answer = jira.call("PUT", f"/issue/{issue.key}", {"fields": {"summary": "Shown"}}, returnIssue="true")
    assert answer.status_code == (200 if jira.world.is_cloud else 204)
    if jira.world.is_cloud:
        assert answer.json()["fields"]["summary"] == "Shown"
    quiet = jira.call("PUT", f"/issue/{issue.key}", {"fields": {"summary": "Quiet"}}, notifyUsers="false")
    assert (quiet.status_code, issue.summary) == (204, "Quiet")


def test_an_issue_with_subtasks_goes_only_with_them(jira: Client) -> None:
    parent = made(jira, "OPS")
    kind: dict[str, Any] = {"issuetype": {"name": "Sub-task"}}
    orphan = jira.send("POST", "/issue", jira.new("OPS", **kind), 400)
    child = made(jira, "OPS", parent={"key": parent.key}, **kind)
    nested = jira.send("POST", "/issue", jira.new("OPS", parent={"key": child.key}, **kind), 400)
    other = made(jira)
    jira.send("POST", "/issueLink", {
        "type": {"name": "Blocks"}, "inwardIssue": {"key": parent.key}, "outwardIssue": {"key": other.key}
    }, 201)  # fmt: skip
    refused = jira.send("DELETE", f"/issue/{parent.key}", None, 400)
    jira.send("DELETE", f"/issue/{parent.key}?deleteSubtasks=true", None, 204)
    assert list(orphan["errors"]) == list(nested["errors"]) == ["parent"]
    assert "has subtasks" in refused["errorMessages"][0]
    assert [find_issue(jira.world, key) for key in (parent.key, child.key, str(parent.id))] == [None] * 3
    assert (links_of(jira.world, other), other.histories[-1].items[0].from_id) == ([], parent.key)
    assert jira.keys(f"issue = {other.key}") == [other.key]


def test_a_step_shows_its_screen_and_takes_what_is_on_it(jira: Client) -> None:
    operations = jira.world.tracker.project("OPS")
    assert operations is not None
    resolve = next(one for one in operations.workflow if one.name == "Resolve")
    needy = replace(
        resolve, id="22", name="Resolve with date", asks=("assignee", "duedate"), needs=frozenset({"duedate"})
    )
    operations.workflow.append(needy)
    issue = made(jira, "OPS")
    path = f"/issue/{issue.key}/transitions"
    (shown,) = jira.get(path, transitionId="22", expand="transitions.fields")["transitions"]
    assert {name: one["required"] for name, one in shown["fields"].items()} == {
        "resolution": True, "assignee": False, "duedate": True
    }  # fmt: skip
    body: dict[str, Any] = {"transition": {"id": "22"}, "fields": {"resolution": {"name": "Done"}}}
    missing = jira.send("POST", path, body, 400)
    body["fields"]["labels"] = ["x"]
    off = jira.send("POST", path, body, 400)
    del body["fields"]["labels"]
    body["update"] = {"duedate": [{"set": "2026-03-04"}], "comment": [{"add": {"body": "done"}}]}
    jira.send("POST", path, body, 204)
    operations.workflow.remove(needy)
    assert missing["errors"] == {"duedate": "Due date is required."}
    assert "labels" in off["errors"]
    assert (str(issue.due), issue.comments[0].body, issue.resolution_id) == ("2026-03-04", "done", "30000")
    assert [item.field_id for item in issue.histories[-1].items] == ["status", "resolution", "duedate"]


def test_a_comment_for_some_is_seen_by_them_alone(jira: Client) -> None:
    issue = made(jira)
    group = {"type": "group", "value": "jira-administrators"}
    one = jira.send("POST", f"/issue/{issue.key}/comment", {"body": "for few", "visibility": group}, 201)
    jira.send("POST", f"/issue/{issue.key}/comment", {"body": "x", "visibility": {"type": "group", "value": "no"}}, 400)
    assert (one["visibility"]["type"], one["visibility"]["value"]) == ("group", "jira-administrators")
    path = f"/issue/{issue.key}/comment"
    seen = [as_user(jira, name, "GET", path).json()["total"] for name in ("hweiss", "aruiz")]
    assert seen == [1, 0]
    assert as_user(jira, "aruiz", "GET", f"{path}/{one['id']}").status_code == 404
    assert as_user(jira, "aruiz", "GET", f"/issue/{issue.key}").json()["fields"]["comment"]["total"] == 0


def test_comments_are_deleted_and_their_properties_too(jira: Client) -> None:
    issue = made(jira)
    one = jira.send("POST", f"/issue/{issue.key}/comment", {"body": "x"}, 201)
    jira.send("PUT", f"/comment/{one['id']}/properties/mark", {"n": 1}, 201)
    jira.send("PUT", f"/comment/{one['id']}/properties/sd.public.comment", {"internal": True}, 201)
    keys = [each["key"] for each in jira.get(f"/comment/{one['id']}/properties")["keys"]]
    assert (sorted(keys), issue.comments[0].internal) == (["mark", "sd.public.comment"], True)
    jira.send("DELETE", f"/comment/{one['id']}/properties/mark", None, 204)
    jira.send("DELETE", f"/comment/{one['id']}/properties/mark", None, 404)
    jira.send("DELETE", f"/issue/{issue.key}/comment/{one['id']}", None, 204)
    jira.send("DELETE", f"/issue/{issue.key}/comment/{one['id']}", None, 404)
    assert issue.comments == []


def test_a_link_is_read_and_taken_away_from_both_ends(jira: Client) -> None:
    first, second = made(jira), made(jira)
    jira.send("POST", "/issueLink", {
        "type": {"name": "Blocks"}, "inwardIssue": {"key": first.key}, "outwardIssue": {"key": second.key}
    }, 201)  # fmt: skip
    number = links_of(jira.world, first)[0].id
    shown = jira.get(f"/issueLink/{number}")
    assert (shown["inwardIssue"]["key"], shown["outwardIssue"]["key"]) == (first.key, second.key)
    jira.send("DELETE", f"/issueLink/{number}", None, 204)
    jira.send("DELETE", f"/issueLink/{number}", None, 404)
    assert links_of(jira.world, first) == links_of(jira.world, second) == []
    ends = [(one.histories[-1].items[0].from_text, one.histories[-1].items[0].to_text) for one in (first, second)]
    assert ends == [(f"This issue blocks {second.key}", None), (f"This issue is blocked by {first.key}", None)]


def test_a_remote_link_is_replaced_by_its_id_and_deleted_by_either_name(jira: Client) -> None:
    issue = made(jira)
    target = {"url": "https://example.com/1", "title": "Review"}
    path = f"/issue/{issue.key}/remotelink"
    one = jira.send("POST", path, {"globalId": "g=1&x", "relationship": "r", "object": target}, 201)
    jira.send("PUT", f"{path}/{one['id']}", {"globalId": "g2", "object": target}, 204)
    shown = jira.get(f"{path}/{one['id']}")
    assert (shown["globalId"], "relationship" in shown) == ("g2", False)
    jira.send("PUT", f"{path}/{one['id']}", {"object": {"url": "https://example.com"}}, 400)
    assert jira.call("DELETE", path, globalId="g=1&x").status_code == 404
    assert jira.call("DELETE", path, globalId="g2").status_code == 204
    other = jira.send("POST", path, {"object": target}, 201)
    jira.send("DELETE", f"{path}/{other['id']}", None, 204)
    jira.send("GET", f"{path}/{other['id']}", None, 404)
    jira.send("GET", f"{path}/x", None, 400)
    assert issue.remote_links == []


def test_properties_are_deleted_and_have_a_largest_size(jira: Client) -> None:
    issue = made(jira)
    jira.send("PUT", f"/issue/{issue.key}/properties/p", "x" * 32_766, 201)
    jira.send("PUT", f"/issue/{issue.key}/properties/q", "x" * 32_767, 400)
    jira.send("DELETE", f"/issue/{issue.key}/properties/p", None, 204)
    jira.send("DELETE", f"/issue/{issue.key}/properties/p", None, 404)
    assert issue.properties == {}


def test_a_file_is_uploaded_told_downloaded_and_deleted(jira: Client) -> None:
    issue = made(jira)
    url = f"{jira.world.jira_url}/rest/api/2/issue/{issue.key}/attachments"
    files = {"file": ("größe.log", b"0123456789", "text/plain")}
    blocked = jira.session.post(url, files=files, timeout=10)
    (one,) = jira.session.post(url, files=files, headers=UPLOADS, timeout=10).json()
    assert blocked.status_code == 403
    assert (one["filename"], one["size"], one["mimeType"]) == ("größe.log", 10, "text/plain")
    assert [each["id"] for each in jira.get(f"/issue/{issue.key}")["fields"]["attachment"]] == [one["id"]]
    whole = jira.session.get(one["content"], timeout=10)
    part = jira.session.get(whole.url, headers={"Range": "bytes=2-4"}, timeout=10)
    beyond = jira.session.get(whole.url, headers={"Range": "bytes=20-"}, timeout=10)
    assert (whole.content, part.status_code, part.content, beyond.status_code) == (b"0123456789", 206, b"234", 416)
    assert str(jira.get(f"/attachment/{one['id']}")["id"]) == one["id"]
    jira.send("DELETE", f"/attachment/{one['id']}", None, 204)
    jira.send("GET", f"/attachment/{one['id']}", None, 404)
    changes = [(item.from_text, item.to_text) for entry in issue.histories for item in entry.items]
    assert (issue.attachments, changes) == ([], [(None, "größe.log"), ("größe.log", None)])


def test_watchers_and_votes_are_counted_for_who_reads(jira: Client) -> None:
    issue = made(jira)
    path = f"/issue/{issue.key}"
    assert as_user(jira, "aruiz", "POST", f"{path}/watchers").status_code == 204
    assert as_user(jira, "aruiz", "POST", f"{path}/votes").status_code < 300
    jira.send("POST", f"{path}/votes", None, 404)
    fields = as_user(jira, "aruiz", "GET", path).json()["fields"]
    assert (fields["watches"]["watchCount"], fields["watches"]["isWatching"]) == (2, True)
    assert (fields["votes"]["votes"], fields["votes"]["hasVoted"]) == (1, True)
    named = {"accountId": jira.person("aruiz").account_id} if jira.world.is_cloud else {"username": "aruiz"}
    assert jira.call("DELETE", f"{path}/watchers", **named).status_code == 204
    assert issue.watchers == ["svc-pirsync"]


def test_what_only_cloud_has_is_unknown_to_data_center(jira: Client) -> None:
    issue = made(jira, labels=["zz-last"])
    jira.send("PUT", f"/issue/{issue.key}", {"fields": {"summary": "Again"}}, 204)
    entry = issue.histories[-1].id
    log = jira.call("POST", f"/issue/{issue.key}/changelog/list", {"changelogIds": [int(entry)]})
    labels = jira.call("GET", "/label", maxResults=1000)
    comments = jira.call("POST", "/comment/list", {"ids": [int(jira.issue("OPS-1").comments[0].id)]})
    if not jira.world.is_cloud:
        assert [one.status_code for one in (log, labels, comments)] == [404, 404, 404]
        return
    assert [one["id"] for one in log.json()["histories"]] == [entry]
    assert {"zz-last", "reliability"} <= set(labels.json()["values"])
    assert comments.json()["total"] == 1


def test_an_issue_says_what_the_reader_may_do(jira: Client) -> None:
    issue = jira.get("/issue/OPS-2", expand="operations,transitions.fields", fields="summary")
    (group,) = issue["operations"]["linkGroups"][0]["groups"]
    assert [one["label"] for one in group["links"]] == ["Edit", "Comment", "Assign", "Link", "Delete"]
    assert all("fields" in one for one in issue["transitions"])


def test_a_comment_is_the_same_content_in_both_versions(cloud3: Client) -> None:
    bold = {"type": "text", "text": "now", "marks": [{"type": "strong"}]}
    body = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [bold]}]}
    one = cloud3.send("POST", "/issue/ACT-1/comment", {"body": body}, 201)
    url = f"{cloud3.world.jira_url}/rest/api/2/issue/ACT-1/comment/{one['id']}"
    second = cloud3.session.get(url, params={"expand": "renderedBody"}, timeout=10).json()
    assert (one["body"], second["body"], second["renderedBody"]) == (body, "*now*", "<p><b>now</b></p>")
    refused = cloud3.send("POST", "/issue/ACT-1/comment", {"body": "text"}, 400)
    assert refused["errors"]["comment"].startswith("Operation value must be an Atlassian Document")
    broken = {"type": "doc", "version": 1, "content": [{"type": "text", "text": ""}]}
    cloud3.send("POST", "/issue/ACT-1/comment", {"body": broken}, 400)
