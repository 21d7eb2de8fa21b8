"""What is open, as state remembers it: findings with their way out, and failures with their next try."""

from __future__ import annotations

from datetime import datetime

from .decision import Finding, FindingKind
from .model import Noun
from .ports import State
from .recall import recall, recall_all
from .ways import INDEX, QUARTER, way

__all__ = ["INDEX", "QUARTER", "Found", "Open", "found_of", "stored", "tell_of"]


class Found(Noun):
    """What the last pass found of one incident, by its id (cache `findings`); of a team's index by `index/TEAM`, of a
    quarter's page by `escalation/TEAM/QUARTER`."""

    key: str
    found: tuple[Finding, ...]


class Open(Noun):
    """Something that is open of one incident: a finding's kind (or `Failed`), what it says, and the way out.

    `again` is when a failure is tried the next time, and `tries` how often it was; for a finding None and 0.
    """

    key: str
    kind: str
    message: str
    way: str
    again: datetime | None = None
    tries: int = 0


def found_of(state: State, place: str) -> tuple[Finding, ...]:
    """What is open of one incident, index or quarter's page, by the key under which it is kept."""
    kept = recall(state, "findings", place, Found)
    return kept.found if kept is not None else ()


def tell_of(state: State, place: str, name: str, findings: tuple[Finding, ...], failure: str) -> None:
    """Remember what was found of a page of no single incident, or why it could not be brought up to date."""
    failed = (Finding(kind=FindingKind.FAILED, incident=name, message=failure),) if failure else ()
    found = Found(key=name, found=(*findings, *failed))
    if found.found or state.cached("findings", place) is not None:
        state.cache("findings", {place: found.model_dump(mode="json")})


def stored(state: State) -> list[Open]:
    """Everything that is open, by incident. Nothing is asked of any site."""
    found: list[Open] = []
    keys: dict[str, str] = {}
    for incident_id, kept in recall_all(state, "findings", Found).items():
        keys[incident_id] = kept.key
        for finding in kept.found:
            found.append(
                Open(
                    key=finding.incident,
                    kind=finding.kind.value,
                    message=finding.message,
                    way=way(finding.kind, finding.incident, incident_id.partition("/")[0]),
                )
            )
    for line in state.pending():
        if line.tries:
            incident_id = line.key.rpartition("/")[2]
            key = keys.get(incident_id, incident_id)
            found.append(
                Open(
                    key=key,
                    kind=FindingKind.FAILED.value,
                    message=line.reason,
                    way=way(FindingKind.FAILED, key),
                    again=line.due,
                    tries=line.tries,
                )
            )
    return sorted(found, key=lambda one: (one.key.rpartition("-")[0], len(one.key), one.key, one.kind))
