"""What procedures add to a page: rows of the record (what a named person decides or confirms, with a date), and columns
of the action table that are people's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pirsync.model import Noun

from .calendar import Calendar
from .packs import CheckName, Pack
from .review import KINDS, Review, bare
from .scope import Case, Ruling

MAJOR = "Major incident"
CRITERION = "Review criterion"
EMERGENCY = "Emergency change"
RESPONSE = ("Containment", "Eradication", "Recovery")


class Answer(Noun):
    """What a row of the record says: its first word (yes, no, whatever), who is mentioned first, and the day."""

    word: str
    by: str
    on: date | None


def rows(packs: Iterable[Pack]) -> dict[str, str]:
    """What the packs want recorded beyond meeting and approval: label, and what to fill in."""
    found: dict[str, str] = {}
    for pack in packs:
        if pack.scope.decided_by is not None:
            role = " or ".join(pack.roles_of(pack.scope.decided_by))
            found.setdefault(MAJOR, f"Yes or no, as the {role} decides; @mention yourself and type // for the date")
        if pack.scope.criteria:
            ids = ", ".join(criterion.id for criterion in pack.scope.criteria)
            severities = ", ".join(pack.scope.conditional)
            found.setdefault(
                CRITERION, f"Of a {severities}: {ids}, or none; @mention yourself and type // for the date"
            )
        if CheckName.RESPONSE_CONFIRMED in pack.checks:
            for label in RESPONSE:
                found.setdefault(label, "Complete? @mention who confirms it, and type // for the date")
        if CheckName.EMERGENCY_CHANGE in pack.checks:
            found.setdefault(EMERGENCY, "Needed at once, yes or no? @mention who decided, and type // for the date")
    return found


CLASS = "Class"
"""The column in which people say what kind of action a row is."""
_WANT_CLASSES = frozenset({CheckName.ACTION_CLASSES, CheckName.PREVENTIVE_ACTION})


def columns(packs: Iterable[Pack]) -> dict[str, str]:
    """What the packs want said of each action beyond the usual columns: header, and what to fill in."""
    wanted = any(_WANT_CLASSES & set(pack.checks) for pack in packs)
    return {CLASS: f"{KINDS[0].title()}, {KINDS[1]} …"} if wanted else {}


def answer(review: Review, label: str) -> Answer | None:
    """What the record says in that row; None where it has no such row."""
    cell = review.recorded(label)
    if cell is None:
        return None
    words = (cell.lozenge.text if cell.lozenge else cell.text).split()
    by = cell.mentions[0].ref if cell.mentions else ""
    return Answer(word=bare(words[0]) if words else "", by=by, on=cell.dates[0] if cell.dates else None)


def judged(case: Case, review: Review, calendar: Calendar) -> Case:
    """The case with what its review records: whether it is major, and by which criterion it is reviewed.

    Only what a named person recorded counts. It holds from the start of the day that is given with it.
    """
    return case.model_copy(
        update={
            "major": _ruling(answer(review, MAJOR), ("yes", "no"), calendar),
            "criterion": _ruling(answer(review, CRITERION), None, calendar),
        }
    )


def _ruling(said: Answer | None, words: tuple[str, ...] | None, calendar: Calendar) -> Ruling | None:
    if said is None or not said.word or not said.by or (words is not None and said.word not in words):
        return None
    return Ruling(verdict=said.word, by=said.by, at=calendar.day_start(said.on) if said.on else None)
