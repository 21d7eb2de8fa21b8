"""A state file that cannot be written in the middle of a pass ends the pass, and loses and doubles nothing remote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from pirsync.errors import StateError
from tests.stage import SCREEN, Stage, parse_once
from tests.test_crashes import Fault, begin, picture, settle

WRITES = {"claim", "receipt", "reject", "adopt", "mark_dirty", "settle", "postpone", "set_watermark", "cache", "drop"}


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


def story(at: int) -> tuple[dict[str, Any], list[str], bool]:
    """Two births and two tickets with a disk that is full at one write; the world, the writes, whether it was told."""
    play = begin("cloud", SCREEN, Fault("none", 0))
    disk, told = FullDisk(play.world.state, at), False
    play = replace(play, world=replace(play.world, state=cast(Any, disk)))
    for step in (lambda p: settle(p, loses_state=False), with_rows, lambda p: settle(p, loses_state=False)):
        try:
            play = step(play)
        except StateError:
            told = True
            play.clock.forward(61)
            play = step(play)
    return picture(play), disk.calls, told


def test_a_full_disk_at_any_write_of_the_state_leads_to_the_same_world(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)
    expected, calls, _ = story(0)
    assert len(expected["tickets"]) == 2
    births = [at for at, name in enumerate(calls, 1) if name in ("claim", "receipt")]
    assert len(births) == 2 * (2 + 2 + 1)  # pages, tickets, the index
    others = [at for at in range(1, len(calls) + 1, 7) if at not in births]
    for at in (*births, *others):
        actual, _, told = story(at)
        assert told, f"{calls[at - 1]} at write {at} failed unheard"
        assert actual == expected, f"{calls[at - 1]} at write {at} of {len(calls)}"
