"""Jira's searches over HTTP: pages and tokens, expansions, counts, modes of validation, changelogs of many issues."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import edit_fields
from tests.sandbox.jira_client import Client, running


@pytest.fixture(scope="module")
def cloud() -> Iterator[Client]:
    with running("cloud", "3") as client:
        yield client


@pytest.fixture(scope="module")
def dc() -> Iterator[Client]:
    with running("datacenter") as client:
        yield client


def refusal(client: Client, path: str, body: Any) -> tuple[int, list[str]]:
    answer = client.call("POST", path, body)
    return answer.status_code, answer.json()["errorMessages"]


def test_a_token_goes_on_only_with_its_own_query_and_for_a_week(cloud: Client) -> None:
    first = cloud.get("/search/jql", jql="project = OPS", maxResults=2)
    token = first["nextPageToken"]
    invalid = (400, ["The provided next page token is invalid or expired."])
    own = {"jql": "project = OPS", "nextPageToken": token}
    assert refusal(cloud, "/search/jql", {**own, "jql": "project = ACT"}) == invalid
    assert refusal(cloud, "/search/jql", {**own, "nextPageToken": "x"}) == invalid
    cloud.world.clock.advance(7 * 86_400 - 60)
    assert cloud.send("POST", "/search/jql", own, 200)["issues"][0]["id"] not in [one["id"] for one in first["issues"]]
    cloud.world.clock.advance(120)
    assert refusal(cloud, "/search/jql", own) == invalid


def test_a_page_of_ids_is_long_and_a_page_of_fields_is_short(cloud: Client) -> None:
    whole = cloud.get("/search/jql", jql="project in (OPS, ACT)", maxResults=5000)
    assert set(whole) == {"issues", "isLast"}
    assert all(set(one) == {"id"} for one in whole["issues"])
    keyed = cloud.get("/search/jql", jql="project = OPS", fields="summary", maxResults=1)
    assert set(keyed["issues"][0]) == {"expand", "id", "self", "key", "fields"}


def test_names_and_schemas_stand_once_beside_the_issues(cloud: Client, dc: Client) -> None:
    for client in (cloud, dc):
        found = client.search("project = OPS", fields="summary,labels", expand="names,schema", maxResults=2).json()
        assert found["names"] == {"summary": "Summary", "labels": "Labels"}
        assert found["schema"]["labels"] == {"type": "array", "items": "string", "system": "labels"}
        assert all("names" not in one and "schema" not in one for one in found["issues"])


def test_properties_come_with_the_issues_and_at_most_five(cloud: Client) -> None:
    cloud.issue("OPS-1").properties["mark"] = {"a": 1}
    body = {"jql": "key = OPS-1", "properties": ["mark", "none"], "fields": ["summary"]}
    (found,) = cloud.send("POST", "/search/jql", body, 200)["issues"]
    assert found["properties"] == {"mark": {"a": 1}}
    cloud.send("POST", "/search/jql", {**body, "properties": list("abcdef")}, 400)


def test_a_count_is_of_what_a_bounded_query_finds(cloud: Client) -> None:
    every = cloud.get("/search/jql", jql="project = OPS", maxResults=5000)["issues"]
    assert cloud.send("POST", "/search/approximate-count", {"jql": "project = OPS"}, 200) == {"count": len(every)}
    status, _ = refusal(cloud, "/search/approximate-count", {"jql": "order by key"})
    assert status == 400
    assert refusal(cloud, "/search/approximate-count", {"jql": "status = Foo"}) == (
        400,
        ["The value 'Foo' does not exist for the field 'status'."],
    )


def test_data_center_validates_as_it_is_told(dc: Client) -> None:
    wrong = "The value 'Foo' does not exist for the field 'status'."
    answers = {
        mode: dc.call("POST", "/search", {"jql": "status = Foo", "validateQuery": mode})
        for mode in ("strict", "warn", "none", True, False, "maybe")
    }
    assert [answer.status_code for answer in answers.values()] == [400, 200, 200, 400, 200, 400]
    assert answers["strict"].json()["errorMessages"] == [wrong]
    assert (answers["warn"].json()["warningMessages"], answers["warn"].json()["total"]) == ([wrong], 0)
    assert "warningMessages" not in answers["none"].json()
    person = dc.call("POST", "/search", {"jql": "assignee = nobody"})
    assert (person.status_code, person.json()["warningMessages"]) == (
        200,
        ["The value 'nobody' does not exist for the field 'assignee'."],
    )


def test_changelogs_of_many_issues_come_by_field_and_by_page(cloud: Client) -> None:
    for key in ("ACT-1", "ACT-2"):
        issue = cloud.issue(key)
        edit_fields(cloud.world, SERVICE, issue, {"summary": f"{key} anew", "labels": ["anew"]})
        edit_fields(cloud.world, SERVICE, issue, {"labels": ["again"]})
    body: dict[str, Any] = {"issueIdsOrKeys": ["ACT-1", "ACT-2", "GONE-1"], "fieldIds": ["labels"]}
    whole = cloud.send("POST", "/changelog/bulkfetch", body, 200)
    assert [log["issueId"] for log in whole["issueChangeLogs"]] == [str(cloud.issue(k).id) for k in ("ACT-1", "ACT-2")]
    items = [
        item["fieldId"] for log in whole["issueChangeLogs"] for one in log["changeHistories"] for item in one["items"]
    ]
    assert set(items) == {"labels"}
    paged: list[str] = []
    token = None
    while token is not None or not paged:
        page = cloud.send("POST", "/changelog/bulkfetch", {**body, "maxResults": 1, "nextPageToken": token}, 200)
        paged += [one["id"] for log in page["issueChangeLogs"] for one in log["changeHistories"]]
        token = page.get("nextPageToken")
    assert paged == [one["id"] for log in whole["issueChangeLogs"] for one in log["changeHistories"]]
    cloud.send("POST", "/changelog/bulkfetch", {**body, "fieldIds": list("abcdefghijk")}, 400)
    cloud.send("POST", "/changelog/bulkfetch", {**body, "nextPageToken": "x"}, 400)


def test_a_query_is_taken_apart_as_validation_asks(cloud: Client) -> None:
    queries = ["labels in (a, 'b c') and not status = Foo order by key desc", "nonsense ="]

    def parsed(mode: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = cloud.send("POST", f"/jql/parse?validation={mode}", {"queries": queries}, 200)[
            "queries"
        ]
        return found

    wrong = "The value 'Foo' does not exist for the field 'status'."
    strict, warned, raw = parsed("strict"), parsed("warn"), parsed("none")
    assert [set(one) for one in strict] == [{"query", "errors"}, {"query", "errors"}]
    assert (warned[0]["errors"], "structure" in warned[0]) == ([wrong], True)
    assert raw[0] == {
        "query": queries[0],
        "structure": {
            "where": {
                "operator": "and",
                "clauses": [
                    {
                        "field": {"name": "labels", "encodedName": "labels"},
                        "operator": "in",
                        "operand": {
                            "values": [
                                {"value": "a", "encodedValue": "a"},
                                {"value": "b c", "encodedValue": '"b c"'},
                            ],
                            "encodedOperand": '(a, "b c")',
                        },
                    },
                    {
                        "operator": "not",
                        "clauses": [
                            {
                                "field": {"name": "status", "encodedName": "status"},
                                "operator": "=",
                                "operand": {"value": "Foo", "encodedValue": "Foo"},
                            }
                        ],
                    },
                ],
            },
            "orderBy": {"fields": [{"field": {"name": "key", "encodedName": "key"}, "direction": "desc"}]},
        },
    }
    cloud.send("POST", "/jql/parse?validation=maybe", {"queries": queries}, 400)


def test_issues_are_matched_by_id(cloud: Client) -> None:
    ids = [cloud.issue(key).id for key in ("OPS-1", "ACT-1")]
    body = {"issueIds": [*ids, 1], "jqls": ["project = OPS", "project in (OPS, ACT)", "status = Foo"]}
    assert cloud.send("POST", "/jql/match", body, 200)["matches"] == [
        {"matchedIssues": ids[:1], "errors": []},
        {"matchedIssues": ids, "errors": []},
        {"matchedIssues": [], "errors": ["The value 'Foo' does not exist for the field 'status'."]},
    ]


def test_a_property_is_searched_once_a_call_declares_it(cloud: Client) -> None:
    cloud.send("PUT", "/issue/OPS-1/properties/review", {"page": {"id": 7}}, 201)
    query, own = "issue.property[review].page.id = 7", f"{cloud.world.base_url}/__sandbox/properties"
    asked = {"jql": query, "fields": ["summary"]}
    assert cloud.call("POST", "/search/jql", asked).status_code == 400
    assert requests.post(own, json={"review.page.id": "date"}, timeout=10).status_code == 400
    assert requests.post(own, json={"review.page.id": "number"}, timeout=10).json() == {"review.page.id": "number"}
    assert [one["key"] for one in cloud.send("POST", "/search/jql", asked, 200)["issues"]] == ["OPS-1"]
    assert requests.delete(own, timeout=10).json() == {}
    assert cloud.call("POST", "/search/jql", asked).status_code == 400
