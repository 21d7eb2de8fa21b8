"""The decision for a page whose team follows procedures: what counts as done, and what its first lines say of them."""

from __future__ import annotations

import pytest

from pirsync.decision import Observed, Plan, Terms
from pirsync.model import Trail
from pirsync.policy.packs import Pack
from pirsync.policy.procedures import Procedures
from tests.planning import decide, key_cell
from tests.policy_packs import PACKS
from tests.samples import body_of, done, incident, observed, row, terms
from tests.test_checks import SIGNED, record
from tests.test_evidence import wanting

PROVEN, UNPROVEN = Trail(files=("proof.png",)), Trail()
NOVEL = PACKS["full-review"].model_copy(update={"evidence": wanting("attachment").evidence})
"""A pack for P1 and P2 incidents, and for a P3 once somebody recorded a criterion, that wants proof."""


def following(*packs: Pack) -> Terms:
    return terms(procedures=Procedures(packs=packs, severities=("P1", "P2", "P3", "P4")))


def seen(trail: Trail, recorded: str = "", severity: str = "P1") -> Observed:
    """A page with one done ticket in its only row."""
    body = body_of([row(ticket=key_cell())]) + recorded
    return observed(body, [done(trail=trail)], incident=incident(severity=severity))


def counted(decided: Plan) -> tuple[int, int, str]:
    assert decided.index_row is not None
    return decided.index_row.done, decided.index_row.total, decided.index_row.status.text


@pytest.mark.parametrize(
    ("found", "packs", "expected"),
    [
        (seen(UNPROVEN), (wanting("attachment"),), (0, 1, "EVIDENCE MISSING")),
        (seen(PROVEN), (wanting("attachment"),), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN), (), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN), (wanting("attachment", missing="hint"),), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN, severity="P4"), (wanting("attachment"),), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN, severity="P3"), (NOVEL,), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN, record(**{"Review criterion": SIGNED.replace("yes", "novel-attack")}), "P3"), (NOVEL,),
         (0, 1, "EVIDENCE MISSING")),
    ],
)  # fmt: skip
def test_what_is_done_counts_once_it_is_proven_to_the_packs_that_are_for_the_incident(
    found: Observed, packs: tuple[Pack, ...], expected: tuple[int, int, str]
) -> None:
    assert counted(decide(found, following(*packs))) == expected
