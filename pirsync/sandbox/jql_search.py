"""A parsed query against the tracker: each clause becomes a test of one issue, checked before any is looked at."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .jql import And, BadQuery, Call, Clause, Empty, Node, Not, Operand, Query, Value
from .jql_dates import instant
from .people import User
from .tracker import can_see, find_issue, indexed, status_of
from .tracker_nouns import FieldDef, Issue

if TYPE_CHECKING:
    from .world import World

Test = Callable[[Issue], bool]
Read = Callable[[Issue], Any]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_SETS = frozenset({"=", "!=", "IN", "NOT IN", "IS", "IS NOT"})
_DATES = frozenset({*_SETS, "<", ">", "<=", ">="})
_TEXTS = frozenset({"~", "!~", "IS", "IS NOT"})
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Field:
    """A searchable field: its kind, and how to read its values (lists are multi-valued, None is empty)."""

    name: str
    kind: str
    read: Read


@dataclass
class Search:
    """One search by one account.

    `fresh` are ids that are seen as they are whatever the index lags; `problems` gathers what does not exist.
    """

    world: World
    viewer: User
    fresh: frozenset[int] = frozenset()
    problems: list[str] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which date literals are meant."""
        return ZoneInfo(self.viewer.time_zone)


def search(run: Search, query: Query) -> list[Issue]:
    """The issues that match and that the account may see, in the query's order.

    A clause with a problem matches nothing; what was wrong is then in `run.problems`, for callers that validate.
    """
    world, viewer = run.world, run.viewer
    test = _compile(run, query.where) if query.where is not None else None
    keys = [(_sort_key(run, sort.field), sort.direction or 1) for sort in query.order]
    found = []
    for issue in world.tracker.issues.values():
        seen = issue if issue.id in run.fresh else indexed(world, issue)
        if seen is not None and (test is None or test(seen)) and can_see(world, viewer, issue):
            found.append(issue)
    found.sort(key=lambda one: one.id, reverse=True)
    for read, direction in reversed(keys):
        empty = [one for one in found if read(one) is None]
        full = [one for one in found if read(one) is not None]
        full.sort(key=read, reverse=direction < 0)
        found = full + empty
    return found


def _compile(run: Search, node: Node) -> Test:
    if isinstance(node, Clause):
        return _clause(run, node)
    if isinstance(node, Not):
        inner = _compile(run, node.part)
        return lambda issue: not inner(issue)
    tests = [_compile(run, part) for part in node.parts]
    if isinstance(node, And):
        return lambda issue: all(test(issue) for test in tests)
    return lambda issue: any(test(issue) for test in tests)


def _nothing(issue: Issue) -> bool:
    return False


def _clause(run: Search, clause: Clause) -> Test:
    try:
        subject = _field(run, clause.field)
        allowed = _DATES if subject.kind in ("date", "datetime", "number", "id", "key") else _SETS
        allowed = _TEXTS if subject.kind == "text" else allowed
        if clause.operator not in allowed:
            raise BadQuery(f"The operator '{clause.operator.lower()}' is not supported by the '{subject.name}' field.")
        if subject.kind == "text" and clause.operator in ("~", "!~"):
            return _contains(clause, subject)
        return _compared(run, clause, subject)
    except BadQuery as error:
        run.problems.extend(error.messages)
        return _nothing


def _compared(run: Search, clause: Clause, subject: Field) -> Test:
    read = subject.read
    wants_empty = any(_is_empty(subject, one) for one in clause.operands)
    wanted: set[Any] = set()
    for one in clause.operands:
        if not _is_empty(subject, one):
            wanted |= _meaning(run, subject, one)
    if clause.operator in ("IS", "IS NOT") and not wants_empty:
        raise BadQuery(f"The operator '{clause.operator.lower()}' only supports EMPTY and NULL.")
    if clause.operator in ("<", ">", "<=", ">="):
        compare, bound = _COMPARE[clause.operator], next(iter(wanted), None)
        if bound is None:
            raise BadQuery(f"The operator '{clause.operator}' does not support searching for an empty value.")
        return lambda issue: (value := read(issue)) is not None and compare(value, bound)
    positive = clause.operator in ("=", "IN", "IS")

    def test(issue: Issue) -> bool:
        value = read(issue)
        values = value if isinstance(value, list) else [] if value is None else [value]
        if not values:
            return positive and wants_empty
        hit = any(one in wanted for one in values)
        return hit if positive else not hit

    return test


def _is_empty(subject: Field, operand: Operand) -> bool:
    if isinstance(operand, Value):
        return subject.kind == "resolution" and operand.text.lower() == "unresolved"
    return isinstance(operand, Empty)


def _contains(clause: Clause, subject: Field) -> Test:
    operand = clause.operands[0]
    if not isinstance(operand, Value):
        raise BadQuery(f"The operator '~' needs a text for the '{subject.name}' field.")
    phrase = operand.text.strip()
    found, terms = _has_terms, re.findall(r"\w+\*?", phrase.lower())
    if phrase.startswith('"') and phrase.endswith('"'):
        found, terms = _has_phrase, _WORD.findall(phrase.lower())
    positive = clause.operator == "~"
    read = subject.read
    return lambda issue: bool(value := read(issue)) and found(terms, value) is positive


def _has_phrase(terms: list[str], text: str) -> bool:
    return bool(terms) and f" {' '.join(terms)} " in f" {' '.join(_WORD.findall(text.lower()))} "


def _has_terms(terms: list[str], text: str) -> bool:
    words = set(_WORD.findall(text.lower()))
    return bool(terms) and all(
        any(word.startswith(term[:-1]) for word in words) if term.endswith("*") else term in words for term in terms
    )


def _meaning(run: Search, subject: Field, operand: Operand) -> set[Any]:
    """The internal values that an operand stands for; `BadQuery` when there are none."""
    if subject.kind in ("date", "datetime") and isinstance(operand, Value | Call):
        found = instant(subject.name, operand, run.world.clock.now(), run.zone)
        return {found.astimezone(run.zone).date()} if subject.kind == "date" else {found}
    if isinstance(operand, Call):
        if operand.name.lower() == "currentuser" and subject.kind == "user":
            return {run.viewer.name}
        raise BadQuery(f"Unable to find JQL function '{operand.name}({', '.join(operand.arguments)})'.")
    if isinstance(operand, Empty):
        return set()
    return _VALUES[subject.kind](run, subject, operand.text)


def _missing(subject: Field, text: str) -> BadQuery:
    return BadQuery(f"The value '{text}' does not exist for the field '{subject.name}'.")


def _by_name(run: Search, subject: Field, text: str) -> set[Any]:
    tracker = run.world.tracker
    stores: dict[str, dict[str, Any]] = {
        "project": tracker.projects,
        "type": tracker.types,
        "status": tracker.statuses,
        "priority": tracker.priorities,
        "resolution": tracker.resolutions,
        "level": {level.id: level for one in tracker.projects.values() for level in one.security_levels},
    }
    lower = text.lower()
    found = {
        number
        for number, one in stores[subject.kind].items()
        if number == text or one.name.lower() == lower or str(getattr(one, "key", "")).lower() == lower
    }
    if not found:
        raise _missing(subject, text)
    return found


def _category(run: Search, subject: Field, text: str) -> set[Any]:
    known = {"to do": "new", "in progress": "indeterminate", "2": "new", "4": "indeterminate", "3": "done"}
    known |= {"new": "new", "indeterminate": "indeterminate", "done": "done", "undefined": "", "no category": ""}
    if text.lower() not in known:
        raise _missing(subject, text)
    return {known[text.lower()]}


def _user(run: Search, subject: Field, text: str) -> set[Any]:
    user = run.world.people.find(text)
    if user is None:
        raise _missing(subject, text)
    return {user.name}


def _issue_key(run: Search, subject: Field, text: str) -> set[Any]:
    issue = find_issue(run.world, text)
    if issue is None or not can_see(run.world, run.viewer, issue):
        if text.isdigit():
            raise BadQuery(f"A value with ID '{text}' does not exist for the field '{subject.name}'.")
        raise BadQuery(f"An issue with key '{text}' does not exist for field '{subject.name}'.")
    return {key_order(issue.key) if subject.kind == "key" else issue.id}


def _number(run: Search, subject: Field, text: str) -> set[Any]:
    try:
        return {float(text)}
    except ValueError:
        raise _missing(subject, text) from None


def _folded(run: Search, subject: Field, text: str) -> set[Any]:
    return {text.casefold()}


_VALUES: dict[str, Callable[[Search, Field, str], set[Any]]] = {
    **dict.fromkeys(("project", "type", "status", "priority", "resolution", "level"), _by_name),
    **dict.fromkeys(("key", "id", "parent"), _issue_key),
    "category": _category,
    "user": _user,
    "label": _folded,
    "number": _number,
    "text": _folded,
}


def key_order(key: str) -> tuple[str, int]:
    """A key as Jira sorts it: by project, then by number."""
    project, _, number = key.rpartition("-")
    return project, int(number) if number.isdigit() else 0


def _named(user: User | None) -> str | None:
    return user.name if user else None


def _all_text(issue: Issue) -> str:
    texts = [issue.summary, issue.description or "", *(comment.body for comment in issue.comments)]
    return "\n".join([*texts, *(one for one in issue.custom.values() if isinstance(one, str))])


_SYSTEM: dict[str, tuple[str, Read]] = {
    "project": ("project", lambda issue: issue.project_id),
    "issuetype": ("type", lambda issue: issue.type_id),
    "type": ("type", lambda issue: issue.type_id),
    "status": ("status", lambda issue: issue.status_id),
    "labels": ("label", lambda issue: [one.casefold() for one in issue.labels]),
    "key": ("key", lambda issue: key_order(issue.key)),
    "issuekey": ("key", lambda issue: key_order(issue.key)),
    "issue": ("key", lambda issue: key_order(issue.key)),
    "id": ("id", lambda issue: issue.id),
    "parent": ("parent", lambda issue: issue.parent_id),
    "updated": ("datetime", lambda issue: issue.updated),
    "updateddate": ("datetime", lambda issue: issue.updated),
    "created": ("datetime", lambda issue: issue.created),
    "createddate": ("datetime", lambda issue: issue.created),
    "resolved": ("datetime", lambda issue: issue.resolved),
    "resolutiondate": ("datetime", lambda issue: issue.resolved),
    "due": ("date", lambda issue: issue.due),
    "duedate": ("date", lambda issue: issue.due),
    "assignee": ("user", lambda issue: _named(issue.assignee)),
    "reporter": ("user", lambda issue: _named(issue.reporter)),
    "creator": ("user", lambda issue: _named(issue.creator)),
    "priority": ("priority", lambda issue: issue.priority_id),
    "resolution": ("resolution", lambda issue: issue.resolution_id),
    "level": ("level", lambda issue: issue.security),
    "summary": ("text", lambda issue: issue.summary),
    "description": ("text", lambda issue: issue.description),
    "comment": ("text", lambda issue: "\n".join(comment.body for comment in issue.comments)),
    "text": ("text", _all_text),
}

_KINDS = {"option": "label", "array": "label", **{kind: kind for kind in ("user", "datetime", "date", "number")}}


def _field(run: Search, name: str) -> Field:
    lower = name.lower()
    if lower == "statuscategory":
        return Field(name, "category", lambda issue: status_of(run.world, issue).category)
    if lower == "statuscategorychangeddate" and run.world.is_cloud:
        return Field(name, "datetime", lambda issue: issue.status_since or issue.created)
    if lower in _SYSTEM:
        kind, read = _SYSTEM[lower]
        return Field(name, kind, read)
    number = re.fullmatch(r"cf\[(\d+)\]", lower)
    for one in run.world.tracker.fields.values():
        if one.custom and (one.id == f"customfield_{number.group(1)}" if number else one.name.lower() == lower):
            return _custom_field(name, one)
    raise BadQuery(f"Field '{name}' does not exist or you do not have permission to view it.")


def _custom_field(name: str, definition: FieldDef) -> Field:
    kind, number = _KINDS.get(definition.kind, "text"), definition.id
    if kind != "label":
        return Field(name, kind, lambda issue: issue.custom.get(number))

    def read(issue: Issue) -> Any:
        value = issue.custom.get(number)
        if isinstance(value, list):
            return [str(one).casefold() for one in value]
        return None if value is None else str(value).casefold()

    return Field(name, kind, read)


def _sort_key(run: Search, name: str) -> Read:
    try:
        subject = _field(run, name)
    except BadQuery:
        run.problems.append(f"Not able to sort using field '{name}'.")
        return _no_value
    if subject.kind == "status":
        return lambda issue: status_of(run.world, issue).name
    if subject.kind in ("label", "text"):
        return lambda issue: str(subject.read(issue)).casefold() if subject.read(issue) else None
    return subject.read


def _no_value(issue: Issue) -> None:
    return None
