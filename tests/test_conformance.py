"""The cassettes against the vendor's documents, which are kept beside the checkout.

Where they are absent, these tests say so and are skipped. What does not hold is listed in `documents.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pirsync.model import Deployment
from tests.cassettes.player import DEPLOYMENTS, Flow, Interaction, read_cassette
from tests.documents import is_explained, places, problems_of

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
