"""A P1 and a P3 incident through a whole quarter, by the four procedures at once."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from pirsync.model import Deployment
from pirsync.policy.deadlines import Standing
from tests.indoors import lean
from tests.quarter import LOOKS, P1, P3, Quarter, indoors, play

Stands = dict[str, str]

MET, LATE, OPEN, OVERDUE = (one.value for one in (Standing.MET, Standing.LATE, Standing.OPEN, Standing.OVERDUE))
BEFORE: dict[str, Stands] = {
    P1: {
        "full-review schedule": OPEN,
        "soc2-cc7-4-5 schedule": OPEN,
        "soc2-cc7-4-5 approve": OPEN,
        "soc2-cc7 write": OPEN,
    },
    P3: {"soc2-cc7-4-5 schedule": OPEN, "soc2-cc7-4-5 approve": OPEN},
}
"""Of the P1 nobody has said that it is major, of the P3 not by which criterion it is reviewed."""

SCHEDULED = {f"{pack} schedule": MET for pack in ("full-review", "major-review", "soc2-cc7-4-5")}
STANDS: dict[int, dict[str, Stands]] = {
    0: BEFORE,
    3: {
        P1: {**SCHEDULED, "soc2-cc7-4-5 approve": OPEN, "soc2-cc7 write": OPEN},
        P3: {"full-review schedule-p3": OPEN, "soc2-cc7-4-5 schedule": OPEN, "soc2-cc7-4-5 approve": OPEN},
    },
    8: {
        P1: {**SCHEDULED, "soc2-cc7-4-5 approve": LATE, "soc2-cc7 write": OVERDUE},
        P3: {"full-review schedule-p3": LATE, "soc2-cc7-4-5 schedule": LATE, "soc2-cc7-4-5 approve": OVERDUE},
    },
}
STANDS[91] = STANDS[8]


@pytest.mark.parametrize("deployment", get_args(Deployment))
def test_a_quarter_by_four_procedures(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    lean(monkeypatch)
    seen: dict[int, dict[str, Any]] = {}
    with indoors(deployment) as quarter:
        play(quarter, lambda day: seen.update({day: {key: quarter.explained(key) for key in (P1, P3)}}))
        assert {day: {key: stands(told) for key, told in found.items()} for day, found in seen.items()} == STANDS
        assert tuple(seen) == LOOKS
        at_the_end(quarter, seen[91])
        assert quarter.sweep().changes == ()


def stands(told: dict[str, Any]) -> Stands:
    """How each deadline stands, by its pack and clause."""
    return {
        f"{due['deadline']['pack'].split()[0]} {due['deadline']['clause']}": due["standing"] for due in told["dues"]
    }


def at_the_end(quarter: Quarter, told: dict[str, Any]) -> None:
    """What the quarter leaves: who approved, that it was changed since, and what is still to be done."""
    approved, changed = told[P1]["remarks"]
    by = re.fullmatch(r"approved in version (\d+) by Ellis Morgan", approved)
    assert by is not None
    assert changed == f"changed since the approval, in version {int(by[1]) + 1}"
    assert [one["who"] for one in told[P3]["waits"]] == ["Ellis Morgan"]
