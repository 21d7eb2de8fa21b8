"""The cassettes against the vendor's documents, and the sandbox's answers against those of real sites.

Both are kept beside the checkout; where they are absent, these tests say so and are skipped. What does not hold is
listed here with its reason, and a reason that is not needed any more is a failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from pirsync.model import Deployment
from tests.cassettes.openapi import Document, Operation, Problem
from tests.cassettes.player import DEPLOYMENTS, Flow, Interaction, read_cassette
from tests.cassettes.real import Call, Told, calls_of_cassettes, missing_keys, recorded_calls
from tests.shared import shared


@dataclass(frozen=True)
class Known:
    """A problem that is none: patterns of the operation and of what is wrong where, and why it stands."""

    operation: str
    problem: str
    why: str

    def fits(self, operation: str, problem: str) -> bool:
        return bool(re.fullmatch(self.operation, operation) and re.fullmatch(self.problem, problem, re.DOTALL))


# ------------------------------------------------------------ the vendor's documents

LISTS = frozenset(
    {"GET /api/2/field", "GET /api/2/status", "GET /api/2/issuetype", "GET /api/2/user/assignable/search"}
)
NOT_AS_DOCUMENTED = (
    Known(
        ".*",
        r"response.*/histories/items/(from|fromString): None is not of type 'string'",
        "null where there was nothing before, as real sites answer",
    ),
    Known(
        "(GET|POST) /rest/api/2/(issue|search).*",
        r"response.*/histories/items: .*\('tmpFromAccountId', 'tmpToAccountId' were unexpected\)",
        "real Cloud sites answer them for changes of people",
    ),
    Known(
        "POST /rest/api/2/issue/bulkfetch",
        r"response: .*\('expand' was unexpected\)",
        "the document's own example of this answer has it",
    ),
    Known(
        "(GET|POST) /api/2/.*",
        r"(request|response)(/issues)?/(fields|renderedFields)/\w+: .* is not of type 'object'",
        "Data Center's document takes every field's value for an object",
    ),
    Known(
        "POST /api/2/issue",
        r"request/properties/value: .* is not of type 'string'",
        "Data Center's document takes a property's value for a string; it is any JSON",
    ),
    Known(
        r"POST /api/2/issue/\{issueIdOrKey\}/remotelink",
        "response: has status 201, which is not in the document",
        "real sites answer 201 to the first and 200 to the next",
    ),
    Known(
        "GET /spaces",
        r"response/results/(icon|description): None is not of type 'object'",
        "null where it was not asked for",
    ),
    Known(
        r"PUT /rest/api/content/\{contentId\}",
        r"request \?expand: is not in the document",
        "a server that does not know it leaves it out; the page is then read again for its body",
    ),
)


@cache
def documents(deployment: Deployment) -> tuple[Document, ...]:
    """Those of a dialect; the first that has an operation is the one it is held against."""
    folder = shared("openapi")
    if deployment == "cloud":
        return (
            Document(folder / "jira-v2.2025-12-overlaid.json.gz", ""),
            Document(folder / "confluence-v2.2026-06.json", "/wiki/api/v2"),
            Document(folder / "confluence-v1.2026-02.json", ""),
        )
    return (
        Document(folder / "jira-dc-10.3.24.json", "/jira/rest", LISTS),
        Document(folder / "confluence-dc-10.0.3.json", "/confluence"),
    )


def operation_of(deployment: Deployment, interaction: Interaction) -> tuple[Document, Operation] | None:
    for document in documents(deployment):
        if found := document.operation(interaction.request):
            return document, found
    return None


@cache
def problems(flow: Flow, deployment: Deployment) -> tuple[Problem, ...]:
    found: list[Problem] = []
    for interaction in read_cassette(flow, deployment):
        if (place := operation_of(deployment, interaction)) is not None:
            found += place[0].problems(place[1], interaction)
    return tuple(found)


def is_explained(problem: Problem) -> bool:
    return any(known.fits(problem.operation, f"{problem.where}: {problem.message}") for known in NOT_AS_DOCUMENTED)


each_cassette = pytest.mark.parametrize("flow", Flow, ids=lambda flow: flow.value)
each_dialect = pytest.mark.parametrize("deployment", DEPLOYMENTS)


@each_cassette
@each_dialect
def test_every_request_is_an_operation_of_the_documents(flow: Flow, deployment: Deployment) -> None:
    requests = [one for one in read_cassette(flow, deployment) if operation_of(deployment, one) is None]
    assert [one.request for one in requests] == []


@each_cassette
@each_dialect
def test_requests_and_answers_are_valid_by_the_documents(flow: Flow, deployment: Deployment) -> None:
    assert [one for one in problems(flow, deployment) if not is_explained(one)] == []


def test_every_explanation_is_still_needed() -> None:
    found = {one for deployment in DEPLOYMENTS for flow in Flow for one in problems(flow, deployment)}
    seen = [(one.operation, f"{one.where}: {one.message}") for one in found]
    assert [known.why for known in NOT_AS_DOCUMENTED if not any(known.fits(*one) for one in seen)] == []


# ------------------------------------------------------------ real sites' answers

NOT_ON_THE_SANDBOX: dict[Deployment, tuple[Known, ...]] = {
    "cloud": (
        Known(".*", "(.*/)?(author|assignee|reporter)/(key|name)", "archived before Cloud took people's names away"),
        Known("GET issue/.*", "fields/project/projectCategory", "the sandbox's projects have no category"),
        Known("POST search", "issues/changelog/histories/historyMetadata", "only changes by an app or a rule have it"),
        Known("POST search", "issues/fields/issuetype/untranslatedName", "only types that an app brought have it"),
        Known("POST search", "issues/(operations|transitions)", "null in one archive, whose tool had asked for them"),
    ),
    "datacenter": (
        Known("GET issue/.*", "fields/comment/comments/visibility", "only comments for a role or group have it"),
        Known("GET issue/.*", "fields/assignee/accountId", "written into the recording by its project"),
        Known(".*", ".*/projectCategory", "the sandbox's projects have no category"),
        Known(
            "GET issue/createmeta/.*", "fields", "some versions' name for what the sandbox calls values; both are read"
        ),
        Known("GET content/search", "results/(history|descendants|restrictions|body/view)", "expanded there, not here"),
        Known("GET content/search", "results/_expandable/space", "expanded here, not there"),
        Known(
            "GET content/search",
            "results/(macroRenderedOutput|version/by/account(Id|Type)|version/syncRev(Source)?"
            "|_expandable/(childTypes|schedulePublish(Date|Info))|body/_expandable/(dynamic|editor2))",
            "the recorded page is Cloud's, and only Cloud has these",
        ),
    ),
}


@cache
def missing(deployment: Deployment) -> frozenset[tuple[str, str]]:
    """The keys that the sandbox lacks, each with its call."""
    recorded = recorded_calls(shared("recorded"))[deployment]
    told = calls_of_cassettes(deployment)
    both = [call for call in Call if call in recorded and call in told]
    return frozenset((call.value, path) for call in both for path in missing_keys(told[call], recorded[call]))


@each_dialect
def test_the_sandbox_answers_every_key_that_real_sites_did(deployment: Deployment) -> None:
    known = NOT_ON_THE_SANDBOX[deployment]
    assert sorted(one for one in missing(deployment) if not any(each.fits(*one) for each in known)) == []


@each_dialect
def test_every_lack_that_is_explained_is_still_there(deployment: Deployment) -> None:
    known = NOT_ON_THE_SANDBOX[deployment]
    assert [each.why for each in known if not any(each.fits(*one) for one in missing(deployment))] == []


# ------------------------------------------------------------ the checks themselves


def found_after(flow: Flow, method: str, request: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """What is found wrong with a Cloud flow's first interaction of that method, after parts of it were changed."""
    one = next(each for each in read_cassette(flow, "cloud") if each.request.method == method)
    changed = Interaction(replace(one.request, **request), replace(one.response, **answer))
    place = operation_of("cloud", changed)
    assert place is not None
    return [f"{each.where}: {each.message}" for each in place[0].problems(place[1], changed)]


def test_a_request_that_the_documents_do_not_allow_is_found() -> None:
    assert found_after(Flow.STATUS_REFRESH, "PUT", {"body": {"id": "1"}}, {}) == [
        "request: 'status' is a required property",
        "request: 'title' is a required property",
        "request: 'body' is a required property",
        "request: 'version' is a required property",
    ]
    assert found_after(Flow.POLL, "GET", {"query": {"no": ["1"]}}, {}) == ["request ?no: is not in the document"]


def test_an_answer_that_the_documents_do_not_allow_is_found() -> None:
    lacks = "response: has status 299, which is not in the document"
    assert found_after(Flow.POLL, "GET", {}, {"status": 299}) == [lacks]
    assert found_after(Flow.POLL, "GET", {}, {"body": None}) == ["response: has no body"]
    wrong = "response/active: 'yes' is not of type 'boolean'"
    assert found_after(Flow.POLL, "GET", {}, {"body": {"active": "yes"}}) == [wrong]


def test_a_key_that_only_the_real_answer_has_is_found() -> None:
    ours = Told({"issues": [{"id": "1", "fields": {"status": {"id": "1"}, "assignee": None}}]}, frozenset({"status"}))
    real = {"issues": [{"key": "A-1", "fields": {"status": {"name": "Open"}, "customfield_1": 1, "votes": {}}}]}
    assert missing_keys([ours], [real]) == {"issues/key", "issues/fields/status/name"}
