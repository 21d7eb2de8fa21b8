"""What we send is pinned: every flow replays from its cassettes, request for request, and the sandbox still agrees."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from pirsync.model import Deployment
from pirsync.sandbox.people import PEOPLE
from tests.adapters.loopback import Asked, serving
from tests.cassettes.flows import TOKEN, Hands, Outcome, tell_story
from tests.cassettes.player import DEPLOYMENTS, FOLDER, Flow, Player, Sent, cassette_path, read_cassette
from tests.cassettes.record import record

PAGE = "OPS-1 Post-incident review"
OUTCOMES = {
    Flow.CREATE_PAGE: [
        f'create page "{PAGE}" in space OPS',
        f'label page "{PAGE}" with pirsync-review',
        f'link OPS-1 to page "{PAGE}"',
        f'write the content property pirsync.review of page "{PAGE}"',
    ],
    Flow.CREATE_TICKET: [
        'create ACT ticket "Alert on slow answers", due 2026-03-16',
        f'update page "{PAGE}": Review status = "ACTIONS OPEN"; Actions = "0 of 1 done, 1 open"; '
        'Alert on slow answers ticket = "ACT-1"; Alert on slow answers status = "TO DO"',
        f'write the content property pirsync.review of page "{PAGE}"',
    ],
    Flow.STATUS_REFRESH: [f'update page "{PAGE}": ACT-1 status = "IN PROGRESS"'],
    Flow.POLL: [],
    Flow.INVITATION: [
        f'update page "{PAGE}": a new row "Due" = "written by the end of Mon 9 March 2026 (UTC), soc2-cc7 1.0 write '
        '(Implementation guidance)"; a new row "Meeting" = "scheduled for Mon 9 March 2026 14:30 (UTC) still missing: '
        'Team (chair)"; a new row "Procedures" = "soc2-cc7 1.0"',
        f'attach OPS-1-review.ics to page "{PAGE}"',
        f'write the content property pirsync.review of page "{PAGE}"',
    ],
    Flow.INDEX: [
        'create index page "Post-incident review index" in space OPS',
        'label page "Post-incident review index" with pirsync-index',
        'update index page "Post-incident review index": OPS-1',
        'update index page "Post-incident review index": OPS-1',  # once procedures are switched on, it names them
    ],
}
WRITES = {
    Flow.CREATE_PAGE: 4,
    Flow.CREATE_TICKET: 3,
    Flow.STATUS_REFRESH: 1,
    Flow.POLL: 0,
    Flow.INVITATION: 3,
    Flow.INDEX: 4,
}
"""Requests that change something; one of the index's is its label."""

FORETOLD = (Flow.CREATE_TICKET, Flow.STATUS_REFRESH, Flow.INVITATION)
"""Flows in which Data Center's page property names the version that is written next."""

SEARCHES = ("/search", "/search/jql", "/bulkfetch")
EACH = [(flow, deployment) for deployment in DEPLOYMENTS for flow in Flow]
each_cassette = pytest.mark.parametrize(("flow", "deployment"), EACH, ids=lambda value: getattr(value, "value", value))


@dataclass(frozen=True)
class Replayed:
    """The whole story of one dialect, told by the cassettes alone."""

    player: Player
    outcomes: dict[Flow, Outcome]


def nobody(_: Flow) -> None:
    """At replay, what people did is in the answers already."""


@cache
def replayed(deployment: Deployment) -> Replayed:
    player = Player(deployment)
    with serving(player.answer) as server:
        return Replayed(player, tell_story(deployment, server.url, player, Hands(), nobody))


@cache
def recorded(deployment: Deployment) -> dict[Flow, str]:
    return record(deployment)[0]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_we_send_what_the_cassettes_hold_and_nothing_else(deployment: Deployment) -> None:
    assert replayed(deployment).player.refused == []


@each_cassette
def test_a_flow_uses_its_whole_cassette(flow: Flow, deployment: Deployment) -> None:
    assert replayed(deployment).player.unused(flow) == []


@each_cassette
def test_a_flow_comes_out_as_told(flow: Flow, deployment: Deployment) -> None:
    expected = list(OUTCOMES[flow])
    if deployment == "datacenter" and flow in FORETOLD:
        place = next(n for n, change in enumerate(expected) if change.startswith("update page"))
        expected.insert(place, f'write the content property pirsync.review of page "{PAGE}"')
    assert Outcome(expected, []) == replayed(deployment).outcomes[flow]


@each_cassette
def test_the_sandbox_agrees_with_the_cassette(flow: Flow, deployment: Deployment) -> None:
    kept = cassette_path(flow, deployment).read_text(encoding="utf-8")
    assert kept == recorded(deployment)[flow], "look at what changed, then `python -m tests.cassettes.record`"


def changes_something(request: Sent) -> bool:
    return request.method != "GET" and not request.path.endswith(SEARCHES)


@each_cassette
def test_a_cassette_has_its_few_writes(flow: Flow, deployment: Deployment) -> None:
    writes = [one.request for one in read_cassette(flow, deployment) if changes_something(one.request)]
    assert WRITES[flow] + (deployment == "datacenter" and flow in FORETOLD) == len(writes)
    assert {"POST", "PUT"} >= {request.method for request in writes}


def test_there_is_one_cassette_for_each_flow_and_dialect() -> None:
    assert {cassette_path(*each) for each in EACH} == set(FOLDER.iterdir())


@each_cassette
def test_a_cassette_tells_no_secret_and_no_host(flow: Flow, deployment: Deployment) -> None:
    text = cassette_path(flow, deployment).read_text(encoding="utf-8").lower()
    secrets = (TOKEN, "authorization", "cookie", "basic ", "bearer ", "127.0.0.1", "localhost")
    assert [word for word in secrets if word in text] == []


@each_cassette
def test_a_cassette_keeps_two_headers_at_most(flow: Flow, deployment: Deployment) -> None:
    kept = {name for one in read_cassette(flow, deployment) for name in one.response.headers}
    assert {"content-type", "link"} >= kept


@each_cassette
def test_every_address_in_a_cassette_is_made_up(flow: Flow, deployment: Deployment) -> None:
    text = cassette_path(flow, deployment).read_text(encoding="utf-8")
    assert {"https://site.example.com"} >= set(re.findall(r"https?://[^/\"?]+", text))
    assert {one.email for one in PEOPLE} >= set(re.findall(r"[\w.-]+@[\w-]+\.[\w.-]+", text))


@pytest.mark.parametrize(
    "change",
    [{"method": "PUT"}, {"path": "/rest/api/2/search"}, {"query": {"startAt": ["0"]}}, {"body": {"jql": "key = A"}}],
    ids=lambda change: next(iter(change)),
)
def test_the_player_refuses_a_request_that_differs(change: dict[str, Any]) -> None:
    player = Player("cloud")
    player.turn(Flow.POLL)
    myself, search = (one.request for one in player.unused(Flow.POLL)[:2])
    assert player.answer(asked(myself)).status == 200
    different = replace(search, **change)
    assert player.answer(asked(different)).status == 400
    assert [(different, search)] == player.refused


def asked(request: Sent) -> Asked:
    return Asked(request.method, request.path, request.query, {}, request.body)
