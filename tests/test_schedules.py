"""Random schedules of people, passes and faults on the real adapters, without sockets; `make schedules` runs more."""

from __future__ import annotations

import pytest

from pirsync.model import Deployment
from tests.fault_story import DEPLOYMENTS
from tests.indoors import lean
from tests.schedule import Step, play, steps_of
from tests.stage import parse_once

SHORT = range(6, 18)
"""Seeds of the schedules that always run; 6 found that a page which a person wrote on at once was taken for theirs."""


@pytest.fixture(autouse=True)
def _lean(monkeypatch: pytest.MonkeyPatch) -> None:
    lean(monkeypatch)
    parse_once(monkeypatch)


@pytest.mark.parametrize("seed", SHORT)
def test_the_rules_hold_after_any_schedule(seed: int) -> None:
    """A failing one is played again, and made shorter, by `python -m proofs.schedules --replay SEED`."""
    assert play(seed, steps_of(seed), DEPLOYMENTS[seed % 2]) > 0


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_schedule_tells_a_broken_rule(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were cells of people rewritten by us, the check would see it."""
    monkeypatch.setattr("tests.schedule.OURS", ())
    steps = (Step("pass", 0, 0), Step("type", 0, 0), Step("type", 0, 1), Step("pass", 2, 0))
    with pytest.raises(AssertionError):
        play(1, steps, deployment)
