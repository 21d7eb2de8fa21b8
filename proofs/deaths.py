"""`make deaths`: the process dies at every transaction of its state, before it begins and after it was committed.

`python -m proofs.deaths DEATH` plays one again, as a failure printed it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from proofs.faults import PARTS, Spending, played
from proofs.workers import prepare
from tests.fault_story import Death, calm, death_of, deaths, die


def main() -> int:
    """Spend the minutes on as many deaths as there are; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("death", nargs="?", help="one death to play again")
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    prepare()
    if told.death:
        wrong = _play(death_of(told.death))
        print(wrong or "it went well")
        return 1 if wrong else 0
    space = [death for story, deployment in PARTS.values() for death in deaths(deployment, story)]
    random.Random(told.seed).shuffle(space)
    spend = Spending(told.workers, told.seed)
    spend.on("deaths at transactions", _play, space, time.monotonic() + told.minutes * 60, len(space))
    return 1 if spend.wrong else 0


def _play(death: Death) -> str | None:
    return played(str(death), lambda: die(death), calm(death.deployment, death.story).end)


if __name__ == "__main__":
    sys.exit(main())
