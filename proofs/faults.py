"""`make faults`: every single fault at every request, then drawn pairs of faults, then real processes really killed.

`python -m proofs.faults CASE` plays one case again, as a failure printed it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator
from itertools import chain, islice
from multiprocessing.pool import Pool

import pytest

from proofs.kills import Kill, kills, survive
from tests.fault_story import DEPLOYMENTS, Case, calm, case_of, doubles, run, singles
from tests.indoors import lean
from tests.stage import parse_once

CHUNK = 8
"""Cases that a worker takes at a time."""


def main() -> int:
    """Spend the minutes: two thirds on single faults at most, the rest on pairs; kills before that. The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", help="one case to play again")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=24, help="how many real processes to kill")
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    _prepare()
    if told.case:
        return 0 if _play(case_of(told.case)) is None else 1
    end = time.monotonic() + told.minutes * 60
    space = [case for deployment in DEPLOYMENTS for case in singles(deployment)]
    random.Random(told.seed).shuffle(space)
    deadly = list(islice(kills(told.seed), told.kills))
    pairs = chain.from_iterable(zip(*(doubles(deployment, told.seed) for deployment in DEPLOYMENTS), strict=True))
    with multiprocessing.get_context("fork").Pool(told.workers) as pool:
        wrong = [text for text in pool.imap_unordered(_survive, deadly) if text]
        print(f"{len(deadly)} processes of `pirsync reconcile` killed by SIGKILL over sockets; {len(wrong)} went wrong")
        budget = max(end - time.monotonic(), 0)
        wrong += _spend(pool, "single faults", iter(space), time.monotonic() + budget * 0.75, len(space))
        wrong += _spend(pool, "pairs of faults", pairs, end, None)
    print("\n".join(wrong))
    return 1 if wrong else 0


def _spend(pool: Pool, name: str, cases: Iterator[Case], end: float, size: int | None) -> list[str]:
    """Play cases until they or the time are over; print how many of how many, and return what went wrong."""
    tried, wrong = 0, list[str]()
    while time.monotonic() < end and (chunk := list(islice(cases, CHUNK * 2))):
        wrong += [text for text in pool.imap_unordered(_play, chunk) if text]
        tried += len(chunk)
    share = f" of {size} ({tried / size:.0%} of the space)" if size else ""
    print(f"{tried} {name}{share}; {len(wrong)} went wrong", flush=True)
    return wrong


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
