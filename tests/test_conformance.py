"""The cassettes against the vendor's documents, and the sandbox's answers against those of real sites.

Both are kept beside the checkout; where they are absent, these tests say so and are skipped. What does not hold is
listed here with its reason, and a reason that is not needed any more is a failure.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from pirsync.model import Deployment
from tests.cassettes.player import DEPLOYMENTS, Flow, Interaction, read_cassette
from tests.cassettes.real import Call, Told, calls_of_cassettes, missing_keys, recorded_calls
from tests.documents import Known, is_explained, places, problems_of
from tests.shared import shared

# ------------------------------------------------------------ the vendor's documents


each_cassette = pytest.mark.parametrize("flow", Flow, ids=lambda flow: flow.value)
each_dialect = pytest.mark.parametrize("deployment", DEPLOYMENTS)


@each_cassette
@each_dialect
def test_every_request_is_an_operation_of_the_documents(flow: Flow, deployment: Deployment) -> None:
    requests = [one.request for one in read_cassette(flow, deployment) if not places(deployment, one.request)]
    assert requests == []


@each_cassette
@each_dialect
def test_requests_and_answers_are_valid_by_the_documents(flow: Flow, deployment: Deployment) -> None:
    found = {problem for one in read_cassette(flow, deployment) for problem in problems_of(deployment, one)}
    assert sorted(one for one in found if not is_explained(one)) == []


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


def found_after(flow: Flow, method: str, request: dict[str, Any], answer: dict[str, Any]) -> set[str]:
    """What is found wrong with a Cloud flow's first interaction of that method, after parts of it were changed."""
    one = next(each for each in read_cassette(flow, "cloud") if each.request.method == method)
    changed = Interaction(replace(one.request, **request), replace(one.response, **answer))
    assert places("cloud", changed.request)
    return {f"{each.where}: {each.message}" for each in problems_of("cloud", changed)}


def test_a_request_that_the_documents_do_not_allow_is_found() -> None:
    assert found_after(Flow.STATUS_REFRESH, "PUT", {"body": {"id": "1"}}, {}) == {
        "request: 'status' is a required property",
        "request: 'title' is a required property",
        "request: 'body' is a required property",
        "request: 'version' is a required property",
    }
    assert found_after(Flow.POLL, "GET", {"query": {"no": ["1"]}}, {}) == {"request ?no: is not in the document"}


def test_an_answer_that_the_documents_do_not_allow_is_found() -> None:
    lacks = "response: has status 299, which is not in the document"
    assert found_after(Flow.POLL, "GET", {}, {"status": 299}) == {lacks}
    assert found_after(Flow.POLL, "GET", {}, {"body": None}) == {"response: has no body"}
    wrong = "response/active: 'yes' is not of type 'boolean'"
    assert found_after(Flow.POLL, "GET", {}, {"body": {"active": "yes"}}) == {wrong}


def test_a_key_that_only_the_real_answer_has_is_found() -> None:
    ours = Told({"issues": [{"id": "1", "fields": {"status": {"id": "1"}, "assignee": None}}]}, frozenset({"status"}))
    real = {"issues": [{"key": "A-1", "fields": {"status": {"name": "Open"}, "customfield_1": 1, "votes": {}}}]}
    assert missing_keys([ours], [real]) == {"issues/key", "issues/fields/status/name"}
