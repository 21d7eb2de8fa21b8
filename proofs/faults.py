"""`make faults`: every single fault at every request, then real processes really killed, then drawn pairs of faults.

`python -m proofs.faults CASE` plays one case again, as a failure printed it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, TypeVar, get_args

from pirsync.changes import Change
from pirsync.model import Deployment
from proofs.kills import Kill, kills, survive
from proofs.kills import space as all_kills
from proofs.workers import CHUNK, each, prepare
from tests.fault_story import (
    DEPLOYMENTS,
    KINDS,
    STORIES,
    Case,
    calm,
    case_of,
    doubles,
    run,
    singles,
    struck_from,
)

T = TypeVar("T")

PARTS = {f"{story}-{deployment}": (story, deployment) for story in STORIES for deployment in DEPLOYMENTS}

NEAR = 40
SINGLES = 0.85
"""Of the minutes, at most, for single faults: all of one part take fewer on two cores."""


def main() -> int:
    """Spend the minutes: on single faults most, or as many as there are, of the rest half on kills at most,
    then on pairs. The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", help="one case to play again")
    parser.add_argument("--part", choices=PARTS, help="one story in one dialect, whose single faults fit the minutes")
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0, help="single faults of that seed that a run before has played")
    parser.add_argument("--kills", type=int, default=24, help="how many real processes to kill")
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    prepare()
    if told.case:
        wrong = _play(case_of(told.case))
        print(wrong or "it went well")
        return 1 if wrong else 0
    parts = [PARTS[told.part]] if told.part else list(PARTS.values())
    _tell_of(parts)
    begun = time.monotonic()
    end = begun + told.minutes * 60
    space = [case for story, deployment in parts for case in singles(deployment, story)]
    random.Random(told.seed).shuffle(space)
    pairs = chain.from_iterable(
        zip(*(doubles(deployment, told.seed, story) for story, deployment in parts), strict=True)
    )
    spend = Spending(told.workers, told.seed)
    spend.on("single faults", _play, space[told.skip :], begun + told.minutes * 60 * SINGLES, len(space))
    if told.kills and time.monotonic() < end:
        half = (time.monotonic() + end) / 2
        deadly = islice(kills(told.seed), told.kills)
        spend.on("processes of `pirsync reconcile` killed by SIGKILL", _survive, deadly, half, all_kills(), chunk=1)
    spend.on("pairs of faults, each soon after the other", _play, pairs, end, sum(near(*one) for one in parts))
    return 1 if spend.wrong else 0


@dataclass
class Spending:
    """Cases played by so many processes, and what went wrong in all of them."""

    workers: int
    seed: int
    wrong: list[str] = field(default_factory=list)

    def on(
        self, name: str, play: Callable[[T], str | None], cases: Iterable[T], end: float, size: int, chunk: int = CHUNK
    ) -> None:
        """Play cases until they or the time are over; print how many of how many."""
        tried, wrong = 0, list[str]()
        for _, text in each(self.workers, play, cases, end, chunk):
            tried += 1
            if text:
                print(text, flush=True)
                wrong.append(text)
        drawn = "" if tried == size else f", drawn by seed {self.seed}"
        print(f"{tried} {name}, {tried / size:.2%} of {size:,}{drawn}; {len(wrong)} went wrong", flush=True)
        self.wrong += wrong


def exhaust(
    about: str | None,
    name: str,
    space: Callable[[], list[T]],
    again: Callable[[str], T],
    play: Callable[[T], str | None],
) -> int:
    """A whole command: as many cases of that space as the minutes allow, or one again by its name; the exit code."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("case", nargs="?", help="one case to play again")
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    prepare()
    if told.case:
        wrong = play(again(told.case))
        print(wrong or "it went well")
        return 1 if wrong else 0
    cases = space()
    random.Random(told.seed).shuffle(cases)
    spend = Spending(told.workers, told.seed)
    spend.on(name, play, cases, time.monotonic() + told.minutes * 60, len(cases))
    return 1 if spend.wrong else 0


def near(story: str, deployment: Deployment) -> int:
    """How many pairs of faults there are whose second comes within forty requests of the first."""
    return len(list(singles(deployment, story))) * NEAR * len(KINDS)


def _tell_of(parts: list[tuple[str, Deployment]]) -> None:
    for story, deployment in parts:
        before, first = calm(deployment, story), struck_from(deployment, story)
        print(
            f"{story}, {deployment}: {len(before.names) - first + 1} requests meet faults; of {len(get_args(Change))} "
            f"kinds of change the story needs {len(before.changes)}"
        )


def _play(case: Case) -> str | None:
    return played(str(case), lambda: run(case), calm(case.deployment, case.story).end)


def played(name: str, play: Callable[[], dict[str, Any]], expected: dict[str, Any]) -> str | None:
    """None when the story ended as it should, else the case and what was wrong, on one line."""
    try:
        end = play()
    except Exception as error:  # whatever goes wrong is this proof's finding, and the next case is to be played
        return f"{name} {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    differing = [part for part in end if end[part] != expected[part]]
    return f"{name} ends with other {', '.join(differing)}" if differing else None


def _survive(kill: Kill) -> str | None:
    try:
        differing = survive(kill)
    except Exception as error:  # as above
        return f"{kill} {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return f"{kill} ends with other {', '.join(differing)}" if differing else None


if __name__ == "__main__":
    sys.exit(main())
