"""`make kills`: a process is killed by SIGKILL before and after every request, with the state file kept and deleted.

`python -m proofs.killed CASE` plays one again, as a failure printed it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from proofs.faults import PARTS, Spending, played
from proofs.workers import prepare
from tests.fault_story import Case, calm, case_of, kills, run_mortally


def main() -> int:
    """Spend the minutes on as many kills as there are; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", help="one kill to play again")
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    prepare()
    if told.case:
        wrong = _play(case_of(told.case))
        print(wrong or "it went well")
        return 1 if wrong else 0
    space = [case for story, deployment in PARTS.values() for case in kills(deployment, story)]
    random.Random(told.seed).shuffle(space)
    spend = Spending(told.workers, told.seed)
    spend.on("kills by SIGKILL", _play, space, time.monotonic() + told.minutes * 60, len(space))
    return 1 if spend.wrong else 0


def _play(case: Case) -> str | None:
    return played(str(case), lambda: run_mortally(case), calm(case.deployment, case.story).end)


if __name__ == "__main__":
    sys.exit(main())
