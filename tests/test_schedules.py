"""Random schedules of people, passes and faults on the real adapters, without sockets; `make schedules` runs more.

Two ways through one vocabulary, `tests.schedule.STEPS`: seeds, and a state machine whose failures hypothesis shrinks.
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pirsync.model import Deployment
from tests.fault_story import DEPLOYMENTS
from tests.indoors import lean
from tests.schedule import PAGE_EDITS, WEIGHTS, Stage, Step, act, end, play, stage_of, steps_of
from tests.stage import parse_once

SHORT = range(6, 10)
"""Seeds of the schedules that always run; 6 found that a page which a person wrote on at once was taken for theirs."""

SMALL = settings(
    max_examples=4,
    stateful_step_count=12,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # No explaining: it traces every line that a failing schedule runs, which makes shrinking several times slower.
    phases=(Phase.generate, Phase.shrink),
)
NUMBERS = st.integers(0, 999)


@pytest.fixture(autouse=True)
def _lean(monkeypatch: pytest.MonkeyPatch) -> None:
    lean(monkeypatch)
    parse_once(monkeypatch)


# ---------------------------------------------------------------- by a state machine


class Schedule(RuleBasedStateMachine):
    """One schedule, from a first pass to peace and the rules that hold then."""

    deployment: Deployment = "cloud"

    def __init__(self) -> None:
        super().__init__()
        self.rest = ExitStack()
        self.stage: Stage | None = None

    @initialize(edits=st.sampled_from(PAGE_EDITS))
    def begin(self, edits: str) -> None:
        self.stage = self.rest.enter_context(stage_of(edits, self.deployment))

    def happen(self, name: str, a: int, b: int) -> None:
        """A step; one that fails leaves nothing to check."""
        stage, self.stage = self.stage, None
        assert stage is not None
        act(stage, Step(name, a, b))
        self.stage = stage

    def teardown(self) -> None:
        """Peace and the rules: in a failure this is the last line of the shortest schedule that hypothesis prints."""
        with self.rest:
            if self.stage is not None:
                end(self.stage)


def _add_rule(name: str, called: str) -> None:
    def happen(self: Schedule, a: int, b: int) -> None:
        self.happen(name, a, b)

    happen.__name__ = called
    setattr(Schedule, called, rule(a=NUMBERS, b=NUMBERS)(happen))


# Each rule is drawn as often as any other; passes and what people type are to happen more often.
for _name, _weight in WEIGHTS.items():
    for _again in range(_weight):
        _add_rule(_name, f"{_name}_{_again}".replace("-", "_"))


class OnDataCenter(Schedule):
    """The same on the other deployment."""

    deployment = "datacenter"


@pytest.mark.parametrize("machine", [Schedule, OnDataCenter])
def test_the_rules_hold_after_whatever_a_state_machine_does(machine: type[Schedule]) -> None:
    run_state_machine_as_test(machine, settings=SMALL)


def test_the_state_machine_tells_a_broken_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a ticket's cells people's, our writing to them would be seen; not shrunk here, which takes its time."""
    monkeypatch.setattr("tests.schedule.OURS", ())
    found = settings(SMALL, max_examples=20, phases=(Phase.generate,))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Schedule, settings=found)


# ---------------------------------------------------------------- by a seed


@pytest.mark.parametrize("seed", SHORT)
def test_the_rules_hold_after_any_schedule(seed: int) -> None:
    """A failing one is played again, and made shorter, by `python -m proofs.schedules --replay SEED`."""
    assert play(seed, steps_of(seed), DEPLOYMENTS[seed % 2]) > 0


FOUND = (
    Step("link", 403, 304),
    Step("wait", 857, 333),
    Step("pass", 972, 326),
    Step("move-ticket", 480, 711),
    Step("pass", 488, 781),
)
"""What seed 41409 failed by: a poll is told that a ticket linked by hand moved, and not of the incident's links."""


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_ticket_that_was_linked_by_hand_and_moves_is_not_called_gone(deployment: Deployment) -> None:
    play(41409, FOUND, deployment)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_schedule_tells_a_broken_rule(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were cells of people rewritten by us, the check would see it."""
    monkeypatch.setattr("tests.schedule.OURS", ())
    steps = (Step("type", 0, 0), Step("type", 0, 1), Step("pass", 2, 0))
    with pytest.raises(AssertionError):
        play(1, steps, deployment)
