"""`make schedules`: ten thousand random schedules, or as many as the minutes allow, and the rules after each.

`python -m proofs.schedules --replay SEED` plays one again and prints the shortest schedule that still fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from itertools import pairwise

from proofs.workers import each, prepare
from tests.fault_story import DEPLOYMENTS
from tests.schedule import STEPS, play, shortest, steps_of


def main() -> int:
    """Play them; print the figures and the seeds that failed. The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", type=int, help="one seed to play again")
    parser.add_argument("--minutes", type=float, default=29)
    parser.add_argument("--first", type=int, default=1_000)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    prepare()
    if told.replay is not None:
        return _replay(told.replay)
    end = time.monotonic() + told.minutes * 60
    for seed in range(len(DEPLOYMENTS)):
        _play(seed)  # what is made once is there for all processes
    played, requests, met, pairs, wrong = 0, 0, Counter[str](), set[tuple[str, str]](), list[str]()
    seeds = range(told.first, told.first + told.number)
    for seed, (made, failure) in each(told.workers, _play, seeds, end):
        steps = [step.name for step in steps_of(seed)]
        met.update(steps)
        pairs.update(pairwise(steps))
        requests += made
        played += 1
        if failure:
            wrong.append(f"seed {seed}: {failure}")
            print(wrong[-1], flush=True)
    print(
        f"{played} schedules, {played / told.number:.0%} of {told.number:,}: {met.total()} steps, {requests} requests; "
        f"{len(pairs)} of {len(STEPS) ** 2} pairs of steps met one after the other; {len(wrong)} went wrong"
    )
    print(", ".join(f"{name} {met[name]}" for name in STEPS))
    return 1 if wrong else 0


def _play(seed: int) -> tuple[int, str]:
    try:
        return play(seed, steps_of(seed), DEPLOYMENTS[seed % 2]), ""
    except Exception as error:  # whatever goes wrong is this proof's finding, and the next is to be played
        return 0, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _replay(seed: int) -> int:
    deployment = DEPLOYMENTS[seed % 2]
    made, failure = _play(seed)
    print(failure or f"it went well, in {made} requests")
    if failure:
        for step in shortest(seed, steps_of(seed), deployment):
            print(f"  {step.name} {step.number}")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
