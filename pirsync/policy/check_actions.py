"""Checks of the action items and of what the record confirms: who, by when, how one knows, of what class."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from .packs import Pack
from .record import EMERGENCY, RESPONSE, answer
from .review import KINDS, Action, Review, fold, has_reason, is_placeholder, kind_of
from .verdict import Verdict, bad, good, several, short, unsure

_NO_ACTION = re.compile(r"\bno (?:further )?actions?\b", re.IGNORECASE)
_NO_PREVENTION = re.compile(r"\bno preventive actions?\b", re.IGNORECASE)
_VAGUE = frozenset(
    (
        *("be", "more", "think", "consider", "maybe", "better", "look", "try", "the"),
        *("a", "an", "we", "our", "team", "everyone", "improve", "investigate"),
    )
)
"""First words of what is a wish and no action."""


def actions(review: Review, pack: Pack) -> Verdict:
    """There are action items, or a written reason why there is none."""
    if found := review.actions():
        return good(several(len(found), "action item"))
    if _written(review, _NO_ACTION):
        return good("no action, for a reason that is written")
    return bad('there is no action item: add a row, or write "no action because …"')


def owners(review: Review, pack: Pack) -> Verdict:
    """Every action has one named person."""
    return _each(review, "owner", lambda action: _owner_fault(action, review))


def dates(review: Review, pack: Pack) -> Verdict:
    """Every action has one due date."""
    return _each(review, "date", lambda action: "" if action.due else "has no due date, or several")


def criteria(review: Review, pack: Pack) -> Verdict:
    """Every action says how one knows that it is done."""
    fault = "has no success criteria"
    return _each(review, "success criterion", lambda action: fault if is_placeholder(action.row.criteria) else "")


def classes(review: Review, pack: Pack) -> Verdict:
    """Every action has a class, in a column of its own or as a label of its ticket."""
    fault = f"has no class ({', '.join(KINDS[:3])}, …) in a column Class or as a label of its ticket"
    return _each(review, "class", lambda action: "" if kind_of(action) else fault)


def preventive(review: Review, pack: Pack) -> Verdict:
    """At least one action prevents, or there is a written reason."""
    found = review.actions()
    if any(kind_of(action) == "preventive" for action in found):
        return good("an action prevents that it happens again")
    if _written(review, _NO_PREVENTION) or (not found and _written(review, _NO_ACTION)):
        return good("no preventive action, for a reason that is written")
    unknown = sum(not kind_of(action) for action in found)
    if unknown:
        return unsure(f"{several(unknown, 'action')} without a class: is one of them preventive?")
    return bad('no action is preventive: add one, or write "no preventive action because …"')


def wording(review: Review, pack: Pack) -> Verdict:
    """A hint: an action says what is done to what."""
    for action in review.actions():
        words = action.text.split()
        if len(words) < 2 or words[0].casefold().strip(",.:") in _VAGUE:
            return unsure(f"{short(action.text)} may be too vague: begin with a verb, and name what it is done to")
    return good("every action says what is done to what")


def emergency(review: Review, pack: Pack) -> Verdict:
    """Whether an emergency change is needed was decided, by a named person on a day."""
    said = answer(review, EMERGENCY)
    if said is None:
        return bad(f'the record has no row "{EMERGENCY}": add one, with yes or no, an @mention and a date')
    lacks = [what for what, there in (("yes or no", said.word), ("who", said.by), ("the date", said.on)) if not there]
    if lacks:
        return bad(f'"{EMERGENCY}" in the record lacks {", ".join(lacks)}')
    if said.word == "no":
        return good("it was decided that no emergency change is needed")
    if not review.actions():
        return bad("an emergency change is needed, and there is no action for it")
    return _highest(review)


def _highest(review: Review) -> Verdict:
    """Whether an action has the highest priority. One without a ticket has none yet, and a ticket may not show its."""
    keys = [action.row.ticket for action in review.actions()]
    known = [fold(review.priorities.get(key, "")) if key else "" for key in keys]
    words = " or ".join(review.highest_priorities)
    if {fold(word) for word in review.highest_priorities} & set(known):
        return good("an emergency change is needed, and an action has the highest priority")
    if not all(known):
        unknown = several(known.count(""), "action")
        return unsure(f"an emergency change is needed: {unknown} without a ticket, or whose priority is not shown")
    return bad(f"an emergency change is needed, and no action's ticket has the priority {words}: give it to one")


def response(review: Review, pack: Pack) -> Verdict:
    """Containment, eradication and recovery are confirmed, each by somebody and with a date."""
    lacking = []
    for label in RESPONSE:
        said = answer(review, label)
        if said is None or said.word == "no" or not said.by or not said.on:
            lacking.append(label.lower())
    if lacking:
        return bad(f"not confirmed in the record, with @mention and date: {', '.join(lacking)}")
    return good("containment, eradication and recovery are confirmed")


def _each(review: Review, what: str, fault: Callable[[Action], str]) -> Verdict:
    """Whether all actions are free of a fault; the first that is not is named."""
    found = review.actions()
    faulty = [(action, why) for action in found if (why := fault(action))]
    if not faulty:
        return good(
            f"{several(len(found), 'action item')}, each with its {what}" if found else "there is no action item"
        )
    first, why = faulty[0]
    more = f" (and {len(faulty) - 1} more)" if len(faulty) > 1 else ""
    return bad(f"{short(first.text or first.row.ticket or '')} {why}{more}")


def _owner_fault(action: Action, review: Review) -> str:
    people = action.people
    if not people:
        return "has no owner: @mention one person"
    if len(people) > 1:
        return f"has {len(people)} owners: one person has it"
    if people[0] in review.service_accounts:
        return "is owned by a service account, which is no person"
    if action.ticket is not None and action.ticket.assignee is not None and not action.ticket.assignee.active:
        return f"is owned by {action.ticket.assignee.name}, whose account is no longer active"
    return ""


def _written(review: Review, opening: re.Pattern[str]) -> bool:
    def words() -> Iterable[str]:
        for section in review.sections:
            yield from section.lines
            yield from (cell for table in section.tables for row in table for cell in row)

    return any(has_reason(text, opening) for text in words())
