"""Rule 5: whatever goes wrong at whichever request, the stories end in the same world, and nobody is accused.

The real adapters and client libraries play it on the sandbox, without sockets. Here runs a share of the space of all
faults, spread evenly over it; `make faults` and `make deaths` run all of it.
"""

from __future__ import annotations

from itertools import islice
from typing import get_args

import pytest

from pirsync.adapters.state import SqlState
from pirsync.changes import Change
from pirsync.decision import FindingKind
from pirsync.model import Deployment
from pirsync.sandbox.people import SERVICE
from pirsync.selection import Mode, Selection
from tests.fault_story import (
    DEPLOYMENTS,
    STORIES,
    Case,
    calm,
    case_of,
    death_of,
    deaths,
    die,
    doubles,
    kills,
    run,
    run_mortally,
    singles,
)
from tests.indoors import ADDRESS, Killed, lean
from tests.mortal import mortal
from tests.place import INDEX, index_lines, picture, place_of, settle
from tests.stage import parse_once

STEP = {"birth": 277, "life": 331}
"""Every so many-th single fault is tried: primes, so that kinds and states come by in turn."""

DEATHS = 311
KILLS = 173
DOUBLES = 2


@pytest.fixture(autouse=True)
def _lean(monkeypatch: pytest.MonkeyPatch) -> None:
    lean(monkeypatch)
    parse_once(monkeypatch)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_the_stories_need_every_kind_of_change_but_one(deployment: Deployment) -> None:
    kinds = {kind.model_fields["change"].default for kind in get_args(Change)}
    needed = [calm(deployment, story).changes for story in STORIES]
    # Both sandboxes take an issue property with a create, so that no ticket lacks its mark: `test_crashes` plays that.
    assert kinds.difference(*needed) == {"mark-ticket"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_in_the_calm_stories_people_are_told_of_one_value_that_was_not_taken(deployment: Deployment) -> None:
    told = [[kind for kind, _ in calm(deployment, story).told] for story in STORIES]
    assert told == [[], [FindingKind.ROW_EDITED]]


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_fault_at_a_request_leads_to_the_same_world(deployment: Deployment, story: str) -> None:
    for case in list(singles(deployment, story))[100 :: STEP[story]]:
        assert run(case) == calm(deployment, story).end, case


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_process_that_is_really_killed_at_a_request_leads_to_the_same_world(
    deployment: Deployment, story: str
) -> None:
    for case in list(kills(deployment, story))[50::KILLS]:
        assert run_mortally(case) == calm(deployment, story).end, case


def test_a_killed_process_ends_in_the_midst_of_its_request() -> None:
    """And the sandbox lives on, with what it was sent before."""
    with place_of("cloud") as place:
        place.process = mortal
        place.wire.fault = lambda number, name: "kill-after" if name == "POST /wiki/api/v2/pages" else None
        with pytest.raises(Killed):
            place.run_pass(Selection(Mode.ALL))
        assert place.wire.names[-1] == "POST /wiki/api/v2/pages"
        place.wire.fault = lambda number, name: None
        settle(place)
        ours = [page for page in place.sandbox.wiki.pages.values() if page.versions[0].author == SERVICE]
        assert len({(page.space_id, page.title) for page in ours}) == len(ours) == 5


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_two_faults_lead_to_the_same_world(deployment: Deployment) -> None:
    for case in islice(doubles(deployment, seed=1), DOUBLES):
        assert run(case) == calm(deployment).end, case


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_death_at_a_transaction_of_the_state_leads_to_the_same_world(deployment: Deployment, story: str) -> None:
    for death in list(deaths(deployment, story))[100::DEATHS]:
        assert die(death_of(str(death))) == calm(deployment, story).end, death


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_this_proof_fails_where_absence_does_not_settle(
    monkeypatch: pytest.MonkeyPatch, deployment: Deployment
) -> None:
    """Were a journal that is new taken for one that knows all, a request that is late would make a second ticket."""
    names = calm(deployment).names
    last = max(at for at, name in enumerate(names, 1) if name.endswith("/rest/api/2/issue"))
    monkeypatch.setattr(SqlState, "born_with_owner", True)
    with pytest.raises(AssertionError, match="Duplicate"):
        run(Case(deployment, last, "late", loses_state=True))


@pytest.mark.parametrize("loses_state", [False, True])
def test_the_index_tells_of_a_page_that_was_let_go_though_it_could_not_be_written_then(loses_state: bool) -> None:
    names = calm("cloud", "life").names
    last = max(at for at, name in enumerate(names, 1) if name.startswith("PUT /wiki/api/v2/pages/"))
    case = Case("cloud", last, "502", loses_state, story="life")
    assert case_of(str(case)) == case
    assert run(case) == calm("cloud", "life").end


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
