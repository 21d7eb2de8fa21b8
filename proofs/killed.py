"""`make kills`: a process is killed by SIGKILL before and after every request, with the state file kept and deleted.

`python -m proofs.killed CASE` plays one again, as a failure printed it.
"""

from __future__ import annotations

import sys

from proofs.faults import PARTS, exhaust, played
from tests.fault_story import Case, calm, case_of, kills, run_mortally


def _space() -> list[Case]:
    return [case for story, deployment in PARTS.values() for case in kills(deployment, story)]


def _play(case: Case) -> str | None:
    return played(str(case), lambda: run_mortally(case), calm(case.deployment, case.story).end)


if __name__ == "__main__":
    sys.exit(exhaust(__doc__, "kills by SIGKILL", _space, case_of, _play))
