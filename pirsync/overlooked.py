"""Find, once after the state was lost, the reviews that no search of incidents leads to: those of older incidents."""

from __future__ import annotations

from collections.abc import Collection

from .known import memory_of, met
from .names import PAGE_LABEL, PAGE_PROPERTY
from .observe import Readings
from .recall import Place, recall_all


def overlooked(readings: Readings, seen: Collection[str]) -> list[str]:
    """The incidents of the team that were not `seen` and have a review, with what their pages say of them at hand.

    Pages are found by our label or as made by us, whatever their space, and bound by their property; one request for
    each that state does not know.
    """
    sources, terms = readings.sources, readings.practice.terms
    wiki, known = sources.wiki, recall_all(sources.state, "page", Place)
    heads = [head for head in wiki.ours(PAGE_LABEL) if head.id not in known]
    properties = wiki.each(lambda head: wiki.property(head.id, PAGE_PROPERTY), heads)
    found = {}
    for head, kept in zip(heads, properties, strict=True):
        memory = memory_of(kept)
        bound = memory is not None and (memory.page, memory.owner) == (head.id, terms.owner_id)
        if memory is None or not bound or not memory.incident or memory.incident in seen:
            continue
        found[memory.incident] = met(memory.incident, head, memory, kept)
    readings.read_incidents(found)
    # The reviews of other teams are theirs to find.
    ours = {i: one for i, one in found.items() if i in readings.incidents and _covers(readings, i)}
    readings.known |= ours
    return sorted(ours)


def _covers(readings: Readings, incident_id: str) -> bool:
    return readings.incidents[incident_id].project in readings.practice.terms.projects
