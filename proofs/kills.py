"""The story played by real processes over sockets, one of which is killed by SIGKILL in the midst of a request."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pirsync.model import Deployment
from pirsync.sandbox.clock import Clock
from pirsync.sandbox.faults import Faults, Rule
from pirsync.sandbox.server import Running
from tests.command import surroundings
from tests.fault_story import ACCUSING, ACTS, DEPLOYMENTS
from tests.indoors import Wire, lose_state
from tests.place import Place, picture, sandbox_of, settings_of

MOST_RUNS = 60
"""Enough for the half minute that a create which was being sent is waited for."""

LONGEST_RUN = 600
"""Seconds; a machine that is busy with other things takes long to begin a process."""

WAIT = 1.1
"""Seconds between two runs."""

TIMES = "settle = 1\n"
"""The clocks here are real, and nobody wants to wait a minute."""


@dataclass(frozen=True)
class Kill:
    """Which request the process dies at, whether the sandbox still acts on it, and whether the state file goes too."""

    deployment: Deployment
    at: int
    acts: bool
    loses_state: bool


class Deadly(Faults):
    """Faults that kill a process at its n-th request; 0 kills none."""

    def __init__(self, at: int, acts: bool) -> None:
        super().__init__()
        self.at, self.acts = at, acts
        self.met = 0
        self.process: subprocess.Popen[bytes] | None = None

    def take(self, method: str, path: str) -> Rule | None:
        """Count a request; at the n-th the process that sent it is gone before there is an answer."""
        self.met += 1
        if self.met != self.at or self.process is None:
            return None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return None if self.acts else Rule("drop-before")


def kills(seed: int) -> Iterator[Kill]:
    """Kills drawn without end, over the whole of the story."""
    chance = random.Random(seed)
    while True:
        for deployment in DEPLOYMENTS:
            at = chance.randrange(1, _calm(deployment)[0] + 1)
            yield Kill(deployment, at, chance.random() < 0.5, chance.random() < 0.5)


def space() -> int:
    """How many kills there are."""
    return sum(_calm(deployment)[0] * 2 * 2 for deployment in DEPLOYMENTS)


def survive(kill: Kill) -> list[str]:
    """Which parts of the world end otherwise than without the kill; none is as it should be."""
    _, end = play(kill)
    expected = _calm(kill.deployment)[1]
    return [name for name in expected if end[name] != expected[name]]


@cache
def _calm(deployment: Deployment) -> tuple[int, dict[str, Any]]:
    return play(Kill(deployment, 0, acts=True, loses_state=False))


def play(kill: Kill) -> tuple[int, dict[str, Any]]:
    """The story by real processes: how many requests it made, and its end."""
    sandbox = sandbox_of(kill.deployment)
    sandbox.clock, faults = Clock(), Deadly(kill.at, kill.acts)
    sandbox.faults = faults
    with tempfile.TemporaryDirectory() as name, Running(sandbox) as running:
        folder = Path(name)
        settings = settings_of(folder, kill.deployment, TIMES, running.url)
        place = Place(sandbox, settings, Wire(sandbox, running.url))
        for act in ACTS:
            act(place)
            _settle(folder, faults, settings.site.state if kill.loses_state else None)
        return faults.met, picture(place)


def _settle(folder: Path, faults: Deadly, lost: Path | None) -> None:
    """Run `pirsync reconcile` until it has nothing to do; after the kill without the state file, where it is lost.
    AssertionError where a run accuses anybody."""
    command = [sys.executable, "-m", "pirsync", "reconcile", "--json"]
    for _ in range(MOST_RUNS):
        process = subprocess.Popen(
            command, cwd=folder, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        faults.process = process
        try:
            said, wrong = process.communicate(timeout=LONGEST_RUN)
        finally:
            process.kill()
        if process.returncode == -signal.SIGKILL and lost is not None:
            lose_state(lost)
        told = results(said.decode())
        accused = {found["kind"] for one in told for found in one["findings"]} & {kind.value for kind in ACCUSING}
        assert not accused, accused
        is_idle = not any(one["changes"] or one["waiting"] or one["failure"] for one in told)
        if process.returncode == 0 and is_idle:
            return
        time.sleep(WAIT)
    raise AssertionError(f"it did not come to rest in {MOST_RUNS} runs: {(said + wrong).decode()[-300:]}")


def results(said: str) -> list[dict[str, Any]]:
    """What a run told of each incident; nothing where it was killed before it told anything."""
    found: list[dict[str, Any]] = json.loads(said)["incidents"] if said.strip() else []
    return found
