"""`make deaths`: the process dies at every transaction of its state, before it begins and after it was committed.

`python -m proofs.deaths DEATH` plays one again, as a failure printed it.
"""

from __future__ import annotations

import sys

from proofs.faults import PARTS, exhaust, played
from tests.fault_story import Death, calm, death_of, deaths, die


def _space() -> list[Death]:
    return [death for story, deployment in PARTS.values() for death in deaths(deployment, story)]


def _play(death: Death) -> str | None:
    return played(str(death), lambda: die(death), calm(death.deployment, death.story).end)


if __name__ == "__main__":
    sys.exit(exhaust(__doc__, "deaths at transactions", _space, death_of, _play))
