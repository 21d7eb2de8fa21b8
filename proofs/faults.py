"""`make faults`: every single fault at every request, then drawn pairs of faults, then real processes really killed.

`python -m proofs.faults CASE` plays one case again, as a failure printed it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing.pool import Pool
from typing import TypeVar

import pytest

from pirsync.model import Deployment
from proofs.kills import Kill, kills, survive
from proofs.kills import space as all_kills
from tests.fault_story import DEPLOYMENTS, KINDS, Case, calm, case_of, doubles, run, singles
from tests.indoors import lean
from tests.stage import parse_once

T = TypeVar("T")

NEAR = 40
CHUNK = 4
"""Cases that a worker takes at a time."""


def main() -> int:
    """Spend the minutes: a quarter on kills at most, of the rest three quarters on single faults, then pairs. The exit
    code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", help="one case to play again")
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=24, help="how many real processes to kill")
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    _prepare()
    if told.case:
        wrong = _play(case_of(told.case))
        print(wrong or "it went well")
        return 1 if wrong else 0
    end = time.monotonic() + told.minutes * 60
    space = [case for deployment in DEPLOYMENTS for case in singles(deployment)]
    random.Random(told.seed).shuffle(space)
    deadly = islice(kills(told.seed), told.kills)
    killing, deaths = time.monotonic() + told.minutes * 60 / 4, all_kills() if told.kills else 1
    pairs = chain.from_iterable(zip(*(doubles(deployment, told.seed) for deployment in DEPLOYMENTS), strict=True))
    with multiprocessing.get_context("fork").Pool(told.workers) as pool:
        spend = Spending(pool, told.seed)
        spend.on("processes of `pirsync reconcile` killed by SIGKILL", _survive, deadly, killing, deaths)
        budget = max(end - time.monotonic(), 0)
        spend.on("single faults", _play, iter(space), time.monotonic() + budget * 0.75, len(space))
        spend.on("pairs of faults, each soon after the other", _play, pairs, end, sum(map(near, DEPLOYMENTS)))
    return 1 if spend.wrong else 0


@dataclass
class Spending:
    """Cases played by a pool of processes, and what went wrong in all of them."""

    pool: Pool
    seed: int
    wrong: list[str] = field(default_factory=list)

    def on(self, name: str, play: Callable[[T], str | None], cases: Iterator[T], end: float, size: int) -> None:
        """Play cases until they or the time are over; print how many of how many."""
        tried, wrong = 0, list[str]()
        while time.monotonic() < end and (chunk := list(islice(cases, CHUNK))):
            for text in filter(None, self.pool.imap_unordered(play, chunk)):
                print(text, flush=True)
                wrong.append(text)
            tried += len(chunk)
        drawn = "" if tried == size else f", drawn by seed {self.seed}"
        print(f"{tried} {name}, {tried / size:.2%} of {size:,}{drawn}; {len(wrong)} went wrong", flush=True)
        self.wrong += wrong


def near(deployment: Deployment) -> int:
    """How many pairs of faults there are whose second comes within forty requests of the first."""
    return len(list(singles(deployment))) * NEAR * len(KINDS)


def _prepare() -> None:
    patches = pytest.MonkeyPatch()
    lean(patches)
    parse_once(patches)
    for deployment in DEPLOYMENTS:
        before = calm(deployment)
        print(f"{deployment}: the story makes {len(before.names)} requests, {len(before.changes)} kinds of change")


def _play(case: Case) -> str | None:
    """None when the story ended as it should, else the case and what was wrong, on one line."""
    try:
        end = run(case)
    except Exception as error:  # whatever goes wrong is this proof's finding, and the next case is to be played
        return f"{case} {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    expected = calm(case.deployment).end
    differing = [name for name in end if end[name] != expected[name]]
    return f"{case} ends with other {', '.join(differing)}" if differing else None


def _survive(kill: Kill) -> str | None:
    try:
        differing = survive(kill)
    except Exception as error:  # as above
        return f"{kill} {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return f"{kill} ends with other {', '.join(differing)}" if differing else None


if __name__ == "__main__":
    sys.exit(main())
