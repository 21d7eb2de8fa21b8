"""Requests that Schemathesis makes up from the vendor's documents: none is answered by a 5xx or an undocumented shape.

Every operation that the walk has been through is asked; the walk's own values are among those made up, so that some
find what they ask for. Without a variable the same few valid requests are made every time. With
`SCHEMATHESIS_EXAMPLES=150`, which `make fuzz` sets, it is that many of each operation, half of them not valid.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FailedHealthCheck, Unsatisfiable

from pirsync.sandbox.server import Running
from pirsync.sandbox.world import World
from tests.cassettes.player import Sent
from tests.documents import is_explained, places, problems_of
from tests.openapi import Document
from tests.sandbox.conformance.apis import Api, each_api, walk_of, walked
from tests.sandbox.conformance.walker import SERVICE, interaction_of

schemathesis = pytest.importorskip("schemathesis", reason="comes with the `dev` extra")

TOO_FAR = "Search limit exceeded. The maximum number of results is 10000."
"""What a real Data Center answers with 500 to a search beyond its index's window."""

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
VALID, INVALID = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
MODES = (VALID, INVALID) if EXAMPLES else (VALID,)
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
PATIENCE = {VALID: [*_PATIENT, HealthCheck.filter_too_much], INVALID: _PATIENT}
"""Of what texts alone ask for there is hardly a wrong form, and looking for one is given up soon."""


def pruned(api: Api) -> Iterator[dict[str, Any]]:
    """The newest document of each operation that was walked, with nothing else in it."""
    served: dict[str, tuple[Document, dict[str, list[Sent]]]] = {}
    for one in walked(api):
        if one.is_success:
            for document, operation in places(api.deployment, one.interaction.request)[-1:]:
                _, operations = served.setdefault(document.file.name, (document, {}))
                operations.setdefault(operation.name, []).append(one.interaction.request)
    for document, operations in served.values():
        yield document.pruned(operations)


def wrong_with(world: World, case: Any, answer: requests.Response) -> list[str]:
    """What no answer may have, whatever was asked. That the documents do not list every refusal is no matter here."""
    if answer.status_code >= 500 and TOO_FAR not in answer.text:
        return [f"{answer.status_code} {answer.text[:300]}"]
    found = problems_of(world.deployment, interaction_of(world, answer, case.body))
    return [
        f"{one.operation}: {one.where}: {one.message}"
        for one in found
        if one.where.startswith("response") and "has status" not in one.message and not is_explained(one)
    ]


def found_by(world: World, operation: Any, mode: Any, session: requests.Session) -> list[str]:
    """What the made-up requests of one operation find wrong, each with its request."""
    found: list[str] = []

    @settings(
        max_examples=EXAMPLES // 2 or 2,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=PATIENCE[mode],
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = session.request(**case.as_transport_kwargs(base_url=world.base_url), timeout=60, allow_redirects=False)
        found.extend(f"{wrong} <- {case.as_curl_command()}" for wrong in wrong_with(world, case, answer))

    try:
        ask()
    except (Unsatisfiable, FailedHealthCheck):
        assert mode is INVALID
    return found


@pytest.mark.timeout(0 if EXAMPLES else 900)
@each_api
def test_made_up_requests_find_no_5xx_and_no_undocumented_shape(api: Api) -> None:
    found: list[str] = []
    world, _ = walk_of(api)
    with Running(world), requests.Session() as session:
        session.auth = (SERVICE, "token")
        # A request may take a minute to make up where the machine is busy, and by then an idle connection ends.
        session.headers["Connection"] = "close"
        for document in pruned(api):
            for operation in schemathesis.openapi.from_dict(document).get_all_operations():
                for mode in MODES:
                    found += found_by(world, operation.ok(), mode, session)
    assert found == []
