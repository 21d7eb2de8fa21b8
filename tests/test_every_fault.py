"""Rule 5: whatever goes wrong at whichever request, the story ends in the same world, and nobody is accused.

The real adapters and client libraries play it on the sandbox, without sockets. Here runs a share of the space of all
faults, spread evenly over it; `make faults` runs all of it.
"""

from __future__ import annotations

from itertools import islice
from typing import get_args

import pytest

from pirsync.changes import Change
from pirsync.model import Deployment
from pirsync.selection import Mode, Selection
from tests.fault_story import DEPLOYMENTS, Case, calm, doubles, run, singles
from tests.indoors import ADDRESS, Killed, lean
from tests.place import INDEX, index_lines, picture, place_of, settle
from tests.stage import parse_once

OPTIONAL = {"attach-invitation", "create-escalation", "adopt-page", "release-page"}
"""What somebody has to ask for. `test_invitation`, `test_quarter` and `test_adopt` play faults at these in memory."""

STEP = 337
"""Every so many-th single fault is tried: a prime, so that kinds and states come by in turn."""

DOUBLES = 2


@pytest.fixture(autouse=True)
def _lean(monkeypatch: pytest.MonkeyPatch) -> None:
    lean(monkeypatch)
    parse_once(monkeypatch)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_the_story_needs_every_kind_of_change_that_no_option_brings(deployment: Deployment) -> None:
    kinds = {kind.model_fields["change"].default for kind in get_args(Change)} - OPTIONAL
    # Both sandboxes take an issue property with a create, so that no ticket lacks its mark; and what people type here
    # is sent to Jira, so that nobody is told that it was not taken. Nothing is said on tickets yet.
    assert kinds - calm(deployment).changes == {"mark-ticket", "comment-page", "comment-ticket", "edit-comment"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_fault_at_a_request_leads_to_the_same_world(deployment: Deployment) -> None:
    for case in list(singles(deployment))[100::STEP]:
        assert run(case) == calm(deployment).end, case


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_two_faults_lead_to_the_same_world(deployment: Deployment) -> None:
    for case in islice(doubles(deployment, seed=1), DOUBLES):
        assert run(case) == calm(deployment).end, case


def test_the_picture_tells_worlds_apart() -> None:
    with place_of("cloud") as place:
        settle(place)
        before = picture(place)
        place.type_row("OPS-2", "Something else", owner="")
        assert picture(place) != before


def test_the_picture_does_not_tell_addresses_apart() -> None:
    """Every process that is killed over sockets has a sandbox with a port of its own."""
    with place_of("cloud") as place:
        settle(place)
        body = next(p for p in place.sandbox.wiki.pages.values() if p.title == INDEX).current.body
        elsewhere = body.replace(ADDRESS, "http://127.0.0.1:1")
        assert elsewhere != body
        assert index_lines(elsewhere) == index_lines(body) != []


def test_the_picture_does_not_tell_which_team_had_its_index_first() -> None:
    """The first team's waits for the next pass where looking for it failed."""
    looks = calm("cloud").names.index("GET /wiki/rest/api/content/search") + 1
    assert run(Case("cloud", looks, "drop-before")) == calm("cloud").end


def test_a_kill_among_reads_that_go_out_together_ends_the_process() -> None:
    """They go out in their order here, so that a seed or a number of a request names the same run each time."""
    with place_of("cloud") as place:
        pages = "GET /wiki/api/v2/pages"
        place.wire.fault = lambda number, name: "kill-before" if place.wire.names[-2:] == [pages] * 2 else None
        with pytest.raises(Killed):
            place.run_pass(Selection(Mode.ALL))
