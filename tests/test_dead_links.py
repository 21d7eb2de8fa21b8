"""A link that another pirsync left on an incident, to a page that is gone, keeps no incident from its review."""

from __future__ import annotations

from typing import Any

import pytest

from pirsync.changes import CreatePage
from pirsync.model import Deployment, RemoteLink
from pirsync.names import LINK_PREFIX
from pirsync.selection import Selection
from tests.fault_story import DEPLOYMENTS
from tests.stage import ALL, NEWS, Stage, raw_incident, stage, without_state

MANY = 3


def leave_dead_link(play: Stage, number: int) -> None:
    """As a trial does whose pages were deleted since, or one on another Confluence."""
    link = RemoteLink(global_id=f"{LINK_PREFIX}9990{number}", url=f"https://old.example.com/{number}", title="Trial")
    play.world.tracker_writes.put_remote_link(f"OPS-{number}", link)


def open_incident(number: int) -> dict[str, Any]:
    status = {"name": "Open", "statusCategory": {"key": "new"}}
    raw = raw_incident(number, status=status, resolution=None, resolutiondate=None)
    return raw | {"changelog": {"startAt": 0, "maxResults": 0, "total": 0, "histories": []}}


def made_and_told(play: Stage, selection: Selection) -> tuple[int, list[str]]:
    report = play.run_pass(selection)
    made = [change for change in report.changes if isinstance(change, CreatePage)]
    return len(made), [found.kind.value for result in report.results for found in result.findings]


@pytest.mark.parametrize("selection", [ALL, NEWS])
@pytest.mark.parametrize("incidents", [1, MANY])
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_state_that_was_born_with_its_owner_knows_that_a_dead_link_is_anothers(
    deployment: Deployment, incidents: int, selection: Selection
) -> None:
    play = stage(deployment, [raw_incident(number) for number in range(1, incidents + 1)])
    for number in range(1, incidents + 1):
        leave_dead_link(play, number)
    assert made_and_told(play, selection) == (incidents, [])
    assert made_and_told(play, ALL) == (0, [])


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_state_that_was_lost_knows_it_of_what_was_closed_since(deployment: Deployment) -> None:
    play = stage(deployment, [raw_incident(MANY + 1), *(open_incident(number) for number in range(1, MANY + 1))])
    play.run_pass()
    play = without_state(play)
    play.clock.forward(3600)
    play.run_pass()
    for number in range(1, MANY + 1):
        play.move(f"OPS-{number}", "Closed", "done")
        leave_dead_link(play, number)
    play.clock.forward(600)
    assert made_and_told(play, NEWS) == (MANY, [])
    assert made_and_told(play, ALL) == (0, [])


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_state_that_was_lost_takes_a_dead_link_on_an_older_incident_for_its_own(deployment: Deployment) -> None:
    play = without_state(stage(deployment))
    leave_dead_link(play, 1)
    play.clock.forward(600)
    assert made_and_told(play, ALL) == (0, ["PageGone"])
