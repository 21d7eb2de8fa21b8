"""What people typed and we write over is told, whatever becomes of the pass that writes: state keeps it until then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .changes import Change, UpdatePage
from .decision import Finding, FindingKind
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
def keeping_edits(change: Change, found: Iterable[Finding], incident_id: str, state: State) -> Iterator[None]:
    """Write down what people typed and a page write replaces, before it is sent: once it is, no page tells it any more.
    What an inline comment protects goes untold, too, should the comment be gone by the next pass.

    Where the page was another than the plan was for, nothing was written over, and the plan may have been wrong about
    what people typed.
    """
    edited = tuple(f for f in found if f.kind in (FindingKind.ROW_EDITED, FindingKind.COMMENTED))
    if not edited or not isinstance(change, UpdatePage):
        yield
        return
    before = kept_edits(incident_id, state)
    _keep(dict.fromkeys((*before, *edited)), incident_id, state)
    try:
        yield
    except Stale:
        _keep(before, incident_id, state)
        raise


def _keep(found: Iterable[Finding], incident_id: str, state: State) -> None:
    state.cache(OVERWRITTEN, {incident_id: KeptEdits(found=tuple(found)).model_dump(mode="json")})


def kept_edits(incident_id: str, state: State) -> tuple[Finding, ...]:
    """What was written over, or is about to be, and was not told yet."""
    kept = recall(state, OVERWRITTEN, incident_id, KeptEdits)
    return kept.found if kept is not None else ()
