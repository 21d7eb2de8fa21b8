"""WAS and CHANGED: conditions on the values that a field had, read from the issue's changelog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import change_text, field_name, reference, value_of
from pirsync.sandbox.tracker.nouns import Issue

from .dates import FUNCTIONS as DATES
from .dates import day_of, instant
from .fields import Field
from .functions import function_values, gives_list
from .refusals import BadQuery
from .syntax import Call, Clause, Empty, Operand, Predicate, Value, operands, shown
from .values import Search, find_user, meaning

Test = Callable[[Issue], bool]
Shown = tuple[str | None, str | None]
"""A value as a changelog has it: its id and its text, both None for no value."""

_PREDICATES = {
    "CHANGED": frozenset({"AFTER", "BEFORE", "BY", "DURING", "FROM", "ON", "TO"}),
    "WAS": frozenset({"AFTER", "BEFORE", "BY", "DURING", "ON"}),
}
_DATES_NEEDED = {"AFTER": 1, "BEFORE": 1, "ON": 1, "DURING": 2}


@dataclass(frozen=True)
class _Spell:
    """A value that a field had from `begin` up to `end` (None: still), given by `author`."""

    value: Shown
    begin: datetime
    end: datetime | None
    author: User | None


@dataclass(frozen=True)
class _Change:
    """One change of a field."""

    before: Shown
    after: Shown
    at: datetime
    author: User | None


def history_test(run: Search, clause: Clause, subject: Field) -> Test:
    """The test of a clause with WAS or CHANGED; `BadQuery` for what Jira does not take there."""
    allowed = _PREDICATES["CHANGED" if clause.operator == "CHANGED" else "WAS"]
    for predicate in clause.predicates:
        if predicate.name not in allowed:
            operator = clause.operator.replace(" ", "_")
            use = f"{predicate.name.lower()} {shown(predicate.operand)}"
            raise BadQuery(f"The {operator} operator does not support the use of the {use} predicate.")
    if clause.operator == "CHANGED":
        return _changed(run, clause, subject)
    if clause.operand is None:
        raise AssertionError("the grammar gives WAS an operand")
    return _was(run, clause, subject, clause.operand)


def _was(run: Search, clause: Clause, subject: Field, operand: Operand) -> Test:
    _check_list(clause, subject, operand)
    has = _values(run, subject, operand)
    author = _author(run, clause.predicates)
    windows = [_window(run, one) for one in clause.predicates if one.name in _DATES_NEEDED]

    def was(issue: Issue) -> bool:
        return any(
            has(spell.value) and author(spell.author) and all(_overlaps(spell, first, last) for first, last in windows)
            for spell in _spells(run, issue, subject.history)
        )

    return was if clause.operator in ("WAS", "WAS IN") else lambda issue: not was(issue)


def _changed(run: Search, clause: Clause, subject: Field) -> Test:
    before = [_values(run, subject, one.operand) for one in clause.predicates if one.name == "FROM"]
    after = [_values(run, subject, one.operand) for one in clause.predicates if one.name == "TO"]
    author = _author(run, clause.predicates)
    windows = [_window(run, one) for one in clause.predicates if one.name in _DATES_NEEDED]

    def changed(issue: Issue) -> bool:
        return any(
            all(has(change.before) for has in before)
            and all(has(change.after) for has in after)
            and author(change.author)
            and all(_within(change.at, first, last) for first, last in windows)
            for change in _changes(run, issue, subject.history)
        )

    return changed


def _check_list(clause: Clause, subject: Field, operand: Operand) -> None:
    is_list = not isinstance(operand, Value | Empty) and (not isinstance(operand, Call) or gives_list(operand))
    used = clause.operator.lower()
    if is_list and not clause.operator.endswith("IN"):
        raise BadQuery(
            f"Operator '{used}' does not support the list value '{shown(operand)}' for field '{subject.name}'."
        )
    if not is_list and clause.operator.endswith("IN"):
        raise BadQuery(
            f"Operator '{used}' does not support the non-list value '{shown(operand)}' for field '{subject.name}'."
        )


def _values(run: Search, subject: Field, operand: Operand) -> Callable[[Shown], bool]:
    """Whether a changelog's value is one of those meant: by its id, or by its text in any case."""
    ids: set[str | None] = set()
    texts: set[str | None] = set()
    for one in operands(operand):
        if isinstance(one, Empty) or (subject.kind == "resolution" and _is_unresolved(one)):
            texts.add(None)
            continue
        for value in _internal(run, subject, one):
            known, text = change_text(run.world, subject.history, value)
            ids.add(known)
            if subject.kind != "user":
                texts.add(_folded(text))
        if isinstance(one, Value) and subject.kind != "user":
            texts.add(_folded(one.text))
    ids.discard(None)
    return lambda value: value[0] in ids or _folded(value[1]) in texts


def _folded(text: str | None) -> str | None:
    return text.casefold() if text else None


def _is_unresolved(one: Value | Call) -> bool:
    return isinstance(one, Value) and one.text.lower() == "unresolved"


def _internal(run: Search, subject: Field, one: Value | Call) -> set[Any]:
    if isinstance(one, Call):
        if not run.world.is_cloud and one.name.lower() == "currentuser":
            # Data Center has no key of the account here and says so; Cloud's account ids do fit.
            raise BadQuery(f"A value provided by the function '{one.name}' is invalid for the field '{subject.name}'.")
        found = function_values(run, subject, one)
    else:
        try:
            found = meaning(run, subject, one)
        except BadQuery:
            if not _was_ever(run, subject, one.text):
                raise
            return set()
    if subject.kind == "user":
        return {run.world.people.find(name) for name in found}
    return found


def _was_ever(run: Search, subject: Field, text: str) -> bool:
    """Whether some issue had this value once, though nothing bears the name any more."""
    wanted = text.casefold()
    return any(
        wanted in (_folded(change.before[1]), _folded(change.after[1]))
        for issue in run.world.tracker.issues.values()
        for change in _changes(run, issue, subject.history)
    )


def _author(run: Search, predicates: tuple[Predicate, ...]) -> Callable[[User | None], bool]:
    wanted: list[set[str]] = []
    for predicate in predicates:
        if predicate.name == "BY":
            wanted.append({name for one in operands(predicate.operand) for name in _names(run, one)})
    return lambda user: all(user is not None and user.name in names for names in wanted)


def _names(run: Search, one: Value | Call | Empty) -> set[str]:
    if isinstance(one, Empty):
        return set()
    if isinstance(one, Call):
        return function_values(run, _BY, one)
    user = find_user(run.world, one.text)
    if user is None:
        raise BadQuery(f"The value '{one.text}' does not exist for the predicate 'by'.")
    return {user.name}


_BY = Field("by", "user", lambda issue: None, lambda issue: None)

Window = tuple[datetime | None, datetime | None]


def _window(run: Search, predicate: Predicate) -> Window:
    """The instants that a predicate allows: after the first (which belongs to it but for AFTER), before the last."""
    found = [_instant(run, predicate.name.lower(), one) for one in operands(predicate.operand)]
    needed = _DATES_NEEDED[predicate.name]
    if len(found) != needed:
        how = "exactly 2 date values" if needed == 2 else "only 1 date value"
        raise BadQuery(f"The {predicate.name} predicate must be supplied with {how}.")
    if predicate.name == "DURING":
        return found[0], found[1]
    if predicate.name == "ON":
        return day_of(found[0], run.moment.zone)
    return (found[0], None) if predicate.name == "AFTER" else (None, found[0])


def _instant(run: Search, name: str, one: Value | Call | Empty) -> datetime:
    if isinstance(one, Empty):
        raise BadQuery(f"Date value 'EMPTY' for predicate '{name}' is invalid.")
    if isinstance(one, Call) and one.name.lower() not in DATES:
        gives_list(one)
        raise BadQuery(f"A date for the predicate '{name}' provided by the function '{one.name}' is not valid.")
    return instant(f"predicate '{name}'", one, run.moment)


def _within(at: datetime, first: datetime | None, last: datetime | None) -> bool:
    return (first is None or at >= first) and (last is None or at < last)


def _overlaps(spell: _Spell, first: datetime | None, last: datetime | None) -> bool:
    return (first is None or spell.end is None or spell.end > first) and (last is None or spell.begin < last)


def _changes(run: Search, issue: Issue, field_id: str) -> Iterator[_Change]:
    """The field's changes, oldest first; loaded ones may lack the field's id and are known by its name."""
    name = field_name(run.world, field_id).lower()
    for history in issue.histories:
        for item in history.items:
            if field_id.lower() == item.field_id.lower() or name == item.field.lower():
                before, after = (item.from_id, item.from_text), (item.to_id, item.to_text)
                yield _Change(before, after, history.created, history.author)


def _spells(run: Search, issue: Issue, field_id: str) -> Iterator[_Spell]:
    begin, author = issue.created, issue.creator
    value: Shown | None = None
    for change in _changes(run, issue, field_id):
        yield _Spell(change.before, begin, change.at, author)
        value, begin, author = change.after, change.at, change.author
    yield _Spell(value or _present(run, issue, field_id), begin, None, author)


def _present(run: Search, issue: Issue, field_id: str) -> Shown:
    value = issue.status_id if field_id == "status" else value_of(issue, field_id)
    if isinstance(value, User):
        return reference(run.world, value), value.display_name
    return change_text(run.world, field_id, value)
