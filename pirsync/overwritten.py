"""What people typed and we write over is told, whatever becomes of the pass that writes: state keeps it until then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from .changes import Change, UpdatePage
from .decision import Finding, FindingKind, Plan
from .errors import Stale
from .model import Noun
from .ports import State
from .recall import recall

OVERWRITTEN = "overwritten"
"""The cache of what was written over and not told."""


class KeptEdits(Noun):
    """What people had typed into cells that we write (cache `overwritten`)."""

    found: tuple[Finding, ...]


@contextmanager
def keeping_edits(decided: Plan, incident_id: str, state: State, made: Sequence[Change]) -> Iterator[None]:
    """Write down what the plan's page write replaces, before it is sent: once it is, no page shows it any more.

    `made` grows as the plan is carried out. Where the page was another than the plan was for, nothing was written over,
    and the plan may have been wrong about what people typed.
    """
    before, begun = kept_edits(incident_id, state), len(made)
    edited = tuple(f for f in decided.findings if f.kind is FindingKind.ROW_EDITED)
    if edited and any(isinstance(change, UpdatePage) for change in decided.changes):
        _keep(dict.fromkeys((*before, *edited)), incident_id, state)
    try:
        yield
    except Stale:
        if not any(isinstance(change, UpdatePage) for change in made[begun:]):
            _keep(before, incident_id, state)
        raise


def _keep(found: Iterable[Finding], incident_id: str, state: State) -> None:
    state.cache(OVERWRITTEN, {incident_id: KeptEdits(found=tuple(found)).model_dump(mode="json")})


def kept_edits(incident_id: str, state: State) -> tuple[Finding, ...]:
    """What was written over, or is about to be, and was not told yet."""
    kept = recall(state, OVERWRITTEN, incident_id, KeptEdits)
    return kept.found if kept is not None else ()
