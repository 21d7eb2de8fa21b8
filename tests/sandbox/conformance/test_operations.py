"""Every operation that the sandbox serves, walked and held to the vendor's documents.

The route tables say what is served: a new route needs a step in `jira_steps.py` or `wiki_steps.py`.
"""

from __future__ import annotations

import re

from tests.cassettes.player import DEPLOYMENTS, Flow, read_cassette
from tests.documents import NOT_AS_DOCUMENTED, is_explained, places, problems_of
from tests.sandbox.conformance.apis import APIS, Api, each_api, named, route_of, routes, walked

REFUSED = {
    ("cloud", r"(GET|POST) /rest/api/\{version\}/search"): "removed from Cloud: answers 410",
    ("datacenter", r"GET /rest/api/\{version\}/issue/\{ref\}/changelog"): "Cloud's alone: answers 404",
}
"""Routes that are there to refuse, by dialect, each with the reason."""


UNDOCUMENTED = {
    (
        "datacenter",
        r"(GET|POST|DELETE) /rest/experimental/content/.*",
    ): "Data Center's versions, older than its document",
}
"""Routes that no document has, by dialect, each with the reason."""


def is_refused(api: Api, route: str) -> bool:
    return any(
        deployment == api.deployment and re.fullmatch(path, route) for deployment, path in {**REFUSED, **UNDOCUMENTED}
    )


@each_api
def test_every_step_of_the_walk_is_answered_as_it_says(api: Api) -> None:
    failed = [one for one in walked(api) if not one.went_as_expected]
    assert [(one.step.call, one.interaction.response.status, one.interaction.response.body) for one in failed] == []


@each_api
def test_every_route_is_an_operation_of_the_documents_and_was_walked_with_success(api: Api) -> None:
    good = [one for one in walked(api) if one.is_success and places(api.deployment, one.interaction.request)]
    seen = {route_of(api, one) for one in good}
    table = [named(route) for route in routes(api)]
    assert [name for name in table if name not in seen and not is_refused(api, name)] == []


@each_api
def test_requests_and_answers_are_valid_by_the_documents(api: Api) -> None:
    found = {
        (one.step.call, problem)
        for one in walked(api)
        for problem in problems_of(api.deployment, one.interaction)
        if not is_explained(problem) and (one.is_success or problem.where.startswith("response"))
    }
    assert sorted(found) == []


def test_every_route_that_is_excused_is_there() -> None:
    table = {(api.deployment, named(route)) for api in APIS for route in routes(api)}
    gone = [
        each
        for each in (*REFUSED, *UNDOCUMENTED)
        if not any(each[0] == on and re.fullmatch(each[1], route) for on, route in table)
    ]
    assert gone == []


def test_every_explanation_is_still_needed() -> None:
    found = {problem for api in APIS for one in walked(api) for problem in problems_of(api.deployment, one.interaction)}
    found |= {
        problem
        for deployment in DEPLOYMENTS
        for flow in Flow
        for one in read_cassette(flow, deployment)
        for problem in problems_of(deployment, one)
    }
    seen = [(one.operation, f"{one.where}: {one.message}") for one in found]
    assert [known.why for known in NOT_AS_DOCUMENTED if not any(known.fits(*one) for one in seen)] == []
