"""What is remembered of one incident between passes: its review in state, its memory on the page, its journal."""

from __future__ import annotations

from datetime import datetime, timedelta

from pirsync.decision import Journal
from pirsync.model import Memory, Noun, Property
from pirsync.ports import State


class Known(Noun):
    """What state remembers of one incident's review (cache `review`); `open` means that polls watch its page."""

    key: str
    page: str
    version: int
    memory: Memory | None
    memory_property: Property | None
    tickets: tuple[str, ...]
    open: bool


def memory_of(found: Property | None) -> Memory | None:
    """A content property as our memory; None where there is none or somebody else's is in its place."""
    if found is None:
        return None
    try:
        return Memory.model_validate(found.value)
    except ValueError:
        return None


def journal(state: State, incident_id: str, settle: timedelta) -> Journal:
    """What the local journal says of one incident."""
    waiting = state.cached("waiting", incident_id)
    return Journal(
        intents=state.intents(incident_id),
        settled_from=state.created_at if state.born_with_owner else state.created_at + settle,
        waiting_since=datetime.fromisoformat(waiting["since"]) if waiting else None,
        refused={str(k): str(v) for k, v in (state.cached("refused", incident_id) or {}).items()},
    )
