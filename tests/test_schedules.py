"""Random schedules of people, passes and faults on the real adapters, without sockets; `make schedules` runs more.

Two ways through one vocabulary, `tests.schedule.STEPS`: seeds, and a state machine whose failures hypothesis shrinks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pirsync import reconcile
from pirsync.adapters.jira import JiraTracker
from pirsync.errors import Unavailable
from pirsync.index_step import IndexStep
from pirsync.model import Deployment
from pirsync.observe import Readings
from pirsync.overlooked import overlooked
from pirsync.page.splice import append_row
from pirsync.ports import IssueRef, TicketDraft
from pirsync.selection import Mode, Selection
from tests.fault_story import DEPLOYMENTS
from tests.indoors import lean
from tests.schedule import WEIGHTS, Ending, Frame, Step, act, end, frame_of, hear, play, run, stage_of, steps_of
from tests.schedule_checks import check_write, reading
from tests.schedule_people import Stage
from tests.stage import parse_once

SHORT = (6, 13, 14, 16, 18)
"""Seeds of the schedules that always run: each way in which people's edits fare, each team and both, each ending."""

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
NUMBERS = st.integers(0, 999_999)


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
        self.frame = frame_of(0)

    @initialize(seed=NUMBERS)
    def begin(self, seed: int) -> None:
        self.frame = frame_of(seed)
        self.stage = self.rest.enter_context(stage_of(self.frame, self.deployment))

    def happen(self, name: str, number: int) -> None:
        """A step; one that fails leaves nothing to check."""
        stage, self.stage = self.stage, None
        assert stage is not None
        act(stage, Step(name, number))
        self.stage = stage

    def teardown(self) -> None:
        """Peace and the rules: in a failure this is the last line of the shortest schedule that hypothesis prints."""
        with self.rest:
            if self.stage is not None:
                end(self.stage, self.frame)


def _add_rule(name: str, called: str) -> None:
    def happen(self: Schedule, number: int) -> None:
        self.happen(name, number)

    happen.__name__ = called
    setattr(Schedule, called, rule(number=NUMBERS)(happen))


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
    monkeypatch.setattr("tests.schedule_checks.OURS", ())
    found = settings(SMALL, max_examples=20, phases=(Phase.generate,))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Schedule, settings=found)


# ---------------------------------------------------------------- by a seed


@pytest.mark.parametrize("seed", SHORT)
def test_the_rules_hold_after_any_schedule(seed: int) -> None:
    """A failing one is played again, and made shorter, by `python -m proofs.schedules --replay SEED`."""
    assert play(seed, steps_of(seed), DEPLOYMENTS[seed % 2]) > 0


def _calm(teams: tuple[int, ...] = (0,), ending: Ending = Ending.SWEEPS, is_stuck: bool = False) -> Frame:
    return Frame("restore", teams, is_stuck, ending)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_ticket_that_was_linked_by_hand_and_moves_is_not_called_gone(deployment: Deployment) -> None:
    """A poll is told that such a ticket moved, and not of the incident's links."""
    with stage_of(_calm(), deployment) as stage:
        stage.place.link_by_hand("OPS-2", "Made by hand")
        stage.place.clock.advance(601)
        run(stage, Selection(Mode.NEWS))
        act(stage, Step("move-ticket", 0))
        hear(stage, stage.place.run_pass(Selection(Mode.NEWS)))
        end(stage, _calm())


@pytest.mark.parametrize("loses_state", [False, True])
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_draft_over_the_key_of_a_ticket_that_moved_makes_no_other(deployment: Deployment, loses_state: bool) -> None:
    """The key that our newest version shows is one that the ticket has no more."""
    with stage_of(_calm(), deployment) as stage:
        stage.place.type_row("OPS-1", "Fix the queue")
        stage.place.clock.advance(301)
        act(stage, Step("open-draft", 1))
        assert list(stage.drafts) == ["OPS-1"]
        run(stage, Selection(Mode.ALL))
        act(stage, Step("move-ticket", 0))
        act(stage, Step("publish-draft", 0))
        assert [row.ticket for row in stage.place.rows("OPS-1")] == [None]
        stage.place.restart(loses_state=loses_state)
        end(stage, _calm())
        assert [row.ticket for row in stage.place.rows("OPS-1")] == ["STRICT-1"]


# ---------------------------------------------------------------- rules that are broken on purpose


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_schedule_tells_a_broken_rule(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were cells of people rewritten by us, the check would see it."""
    monkeypatch.setattr("tests.schedule_checks.OURS", ())
    with stage_of(_calm(), deployment) as stage:
        stage.place.type_row("OPS-1", "Fix the queue")
        with pytest.raises(AssertionError, match="theirs"):
            end(stage, _calm())


@pytest.fixture
def body() -> Iterator[str]:
    """A page with two rows that people filled."""
    with stage_of(_calm(), "cloud") as stage:
        stage.place.type_row("OPS-1", "Fix the queue")
        stage.place.type_row("OPS-1", "Watch the queue")
        yield stage.body("OPS-1")


def test_a_row_that_is_deleted_or_put_in_is_seen(body: str) -> None:
    """The last row as well, with a ticket or without."""
    last = body.rindex("<tr", 0, body.index("Watch the queue"))
    shorter = body[:last] + body[body.index("</tr>", last) + len("</tr>") :]
    again = append_row(body, reading(body), {})
    check_write(body, body)
    for before, after in ((body, shorter), (body, again), (body, append_row(again, reading(again), {}))):
        with pytest.raises(AssertionError):
            check_write(before, after)


def test_a_write_at_rest_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: whatever a pass writes that it does not report."""
    bring = IndexStep.bring_up_to_date

    def restless(self: IndexStep, practice: Any) -> Any:
        self._world.tracker_writes.add_labels("OPS-1", ("seen",))
        return bring(self, practice)

    monkeypatch.setattr(IndexStep, "bring_up_to_date", restless)
    with stage_of(_calm(), "cloud") as stage, pytest.raises(AssertionError, match="at rest it wrote"):
        end(stage, _calm())


def test_a_second_ticket_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 5: a create that is sent twice."""
    create = JiraTracker.create_issue

    def doubtful(self: JiraTracker, draft: TicketDraft) -> IssueRef:
        create(self, draft)
        return create(self, draft)

    monkeypatch.setattr(JiraTracker, "create_issue", doubtful)
    with stage_of(_calm((1,)), "cloud") as stage:
        stage.place.type_row("INC-1", "Fix the queue")
        with pytest.raises(AssertionError, match="more than one ticket"):
            end(stage, _calm((1,)))


def test_a_write_that_only_a_lost_state_leads_to_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 8: what is done once after the state was lost."""
    look = overlooked

    def careless(readings: Readings, seen: set[str]) -> Any:
        readings.sources.tracker.add_labels("OPS-1", ("found",))  # type: ignore[attr-defined]  # both halves are one
        return look(readings, seen)

    monkeypatch.setattr(reconcile, "overlooked", careless)
    with stage_of(_calm(), "cloud") as stage:
        end(stage, _calm())
    with stage_of(_calm(), "cloud") as stage, pytest.raises(AssertionError, match="at rest it wrote"):
        end(stage, _calm(ending=Ending.LOST))


def test_a_failure_that_reaches_other_reviews_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 9: were a pass to end at what fails first."""

    def brittle(step: Any) -> None:
        step()

    with stage_of(_calm(), "cloud") as stage:
        stage.place.type_row("OPS-1", "Fix the queue")
        stage.place.type_row("OPS-2", "Watch the queue")
        end(stage, _calm(is_stuck=True))
    monkeypatch.setattr(reconcile, "_caught", brittle)
    with stage_of(_calm(), "cloud") as stage:
        stage.place.type_row("OPS-1", "Fix the queue")
        stage.place.type_row("OPS-2", "Watch the queue")
        with pytest.raises(Unavailable):
            end(stage, _calm(is_stuck=True))


def test_words_that_are_written_over_in_silence_are_seen() -> None:
    """Rule 4: were nobody told what became of them."""
    with stage_of(_calm(), "cloud") as stage:
        stage.place.type_row("OPS-1", "Fix the queue")
        stage.place.clock.advance(301)
        run(stage, Selection(Mode.ALL))
        stage.owed["OPS-1"].add("as good as done")
        with pytest.raises(AssertionError, match="nobody was told"):
            end(stage, _calm())


OUTDATED = (Step("type", 631426), Step("pass", 667112), Step("edit", 859310))
"""What seed 80001 failed by: a process dies after it wrote a page, a person edits it, and the next process plans from
what state remembers. That plan is never carried out, and what it took for a person's words is told to nobody."""


def test_a_plan_that_came_too_late_accuses_nobody() -> None:
    assert play(80001, OUTDATED, "datacenter") > 0
