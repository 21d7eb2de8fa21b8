"""A state file that cannot be written in the middle of a pass ends the pass, and loses and doubles nothing remote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

import pytest

from pirsync.errors import StateError
from pirsync.ports import Query, Want
from pirsync.selection import Mode, Selection
from tests.stage import SCREEN, Stage, parse_once
from tests.test_crashes import Fault, begin, picture, settle

WRITES = {
    *("claim", "receipt", "reject", "restamp", "adopt", "pardon", "reopen", "mark_dirty", "settle", "postpone"),
    *("set_watermark", "cache", "drop"),
}
ASKED = Selection(Mode.NAMED, ("OPS-1",))


class FullDisk:
    """A state whose n-th write fails, before anything of it is kept; writes are counted."""

    def __init__(self, real: Any, at: int) -> None:
        self._real = real
        self.at = at
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._counted(name, found) if name in WRITES else found

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) == self.at:
                raise StateError("state.db cannot be written, for the disk is full: make room, and try again")
            return method(*arguments)

        return call


def with_rows(play: Stage) -> Stage:
    settled = settle(play, loses_state=False)
    settled.type_row("Fix the queue", owner="ana")
    settled.type_row("Tell the customers", owner="bob", due="2026-05-01", key="OPS-2")
    settled.quiet()
    return settled


def with_one_row(play: Stage) -> Stage:
    play.type_row("Fix the queue", owner="ana")
    play.quiet()
    return play


def with_one_done(play: Stage) -> Stage:
    """A ticket that is done and has no proof, of which a comment on it tells."""
    play.move(play.rows()[0].ticket or "", "Done", "done")
    return settle(play, loses_state=False)


def when_asked(play: Stage) -> Stage:
    """A person asks for one incident by its key."""
    assert play.run_pass(ASKED).failed == ()
    return settle(play, loses_state=False)


def rested(play: Stage) -> Stage:
    return settle(play, loses_state=False)


Step = Callable[[Stage], Stage]


def story(
    at: int, *steps: Step, team: Mapping[str, Any] = MappingProxyType({})
) -> tuple[dict[str, Any], list[str], bool]:
    """These steps with a disk that is full at one write; the world, the writes, and whether it was told."""
    play = replace(begin("cloud", SCREEN, Fault("none", 0)), team=dict(team))
    disk, told = FullDisk(play.world.state, at), False
    play = replace(play, world=replace(play.world, state=cast(Any, disk)))
    for step in steps:
        try:
            play = step(play)
        except StateError:
            told = True
            play.clock.forward(61)
            play = step(play)
    reads = play.world.tracker
    tickets = reads.search(Query(projects=("ACT",)), Want(fields=("summary",)))
    said = [str(comment["body"]) for raw in tickets for comment in reads.comments(str(raw["id"]))]
    return picture(play) | {"said": said}, disk.calls, told


def test_a_full_disk_at_any_write_of_the_state_leads_to_the_same_world(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)
    steps = (rested, with_rows, rested)
    expected, calls, _ = story(0, *steps)
    assert len(expected["tickets"]) == 2
    births = [at for at, name in enumerate(calls, 1) if name in ("claim", "receipt")]
    assert len(births) == 2 * (2 + 2 + 1)  # pages, tickets, the index
    others = [at for at in range(1, len(calls) + 1, 7) if at not in births]
    for at in (*births, *others):
        actual, _, told = story(at, *steps)
        assert told, f"{calls[at - 1]} at write {at} failed unheard"
        assert actual == expected, f"{calls[at - 1]} at write {at} of {len(calls)}"


def test_a_full_disk_as_a_comment_is_made_or_a_person_asks_leads_to_the_same_world(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parse_once(monkeypatch)
    steps, team = (rested, with_one_row, rested, with_one_done, when_asked), {"packs": ("soc2-cc7-4-5",)}
    expected, calls, _ = story(0, *steps, team=team)
    assert ["nothing here shows" in body for body in expected["said"]] == [True]
    said = [at for at, name in enumerate(calls, 1) if name in ("restamp", "reopen", "pardon")]
    assert {"restamp", "reopen", "pardon"} == {calls[at - 1] for at in said}
    for at in said:
        actual, _, told = story(at, *steps, team=team)
        assert told, f"{calls[at - 1]} at write {at} failed unheard"
        assert actual == expected, f"{calls[at - 1]} at write {at} of {len(calls)}"
