"""Whether everybody whom the procedures want in the review meeting is recorded as present, duty by duty.

Before the meeting the record holds who is expected, so that a duty that is missing is named in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pirsync.model import Incident, Noun

from .packs import EVERY, Duty, Pack
from .review import Review
from .verdict import Result, Verdict, bad, good, unsure


class Presence(Noun):
    """Whether one duty that a pack wants present is, under the document's names for it."""

    pack: str
    duty: Duty
    roles: tuple[str, ...]
    result: Result
    said: str


def wanted(pack: Pack, incident: Incident) -> tuple[Duty, ...]:
    """The duties that a pack wants present for an incident of this severity and type, each once."""
    rules = [
        rule
        for rule in pack.attendance
        if {EVERY, incident.severity} & set(rule.severities) and {EVERY, incident.type} & set(rule.types)
    ]
    return tuple(dict.fromkeys(duty for rule in rules for duty in rule.duties))


def attendance(packs: Iterable[Pack], review: Review, people: Mapping[Duty, tuple[str, ...]]) -> tuple[Presence, ...]:
    """Every duty that the packs want, against who is mentioned in the record.

    `people` are those who have a duty, as pages mention them; where nobody is named for one, it cannot be told.
    """
    here = _present(review)
    found = []
    for pack in packs:
        for duty in wanted(pack, review.incident):
            verdict = _verdict(duty, people.get(duty, ()), here)
            roles = pack.roles_of(duty)
            found.append(Presence(pack=pack.name, duty=duty, roles=roles, result=verdict.result, said=verdict.said))
    return tuple(found)


def _present(review: Review) -> frozenset[str]:
    cells = (review.recorded("Attendance"), review.recorded("Facilitator"))
    return frozenset(mention.ref for cell in cells if cell is not None for mention in cell.mentions)


def _verdict(duty: Duty, people: tuple[str, ...], here: frozenset[str]) -> Verdict:
    if not here:
        return bad("nobody is recorded as present or expected: @mention them in the attendance")
    if not people:
        return unsure(f"nobody is named for this duty (team.people.{duty})")
    if set(people) & here:
        return good("present")
    return bad("is not recorded as present or expected")
