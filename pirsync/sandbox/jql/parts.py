"""A parsed query as a test of one issue, with where the issues are that pass it: exactly, or so that none is missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pirsync.sandbox.tracker import index as tracker_index
from pirsync.sandbox.tracker.nouns import Issue

from .fields import EQUALITY, HISTORY, RELATION, Field, find_field
from .functions import function_values, gives_list
from .history import history_test
from .refusals import BadQuery
from .syntax import And, Call, Clause, Empty, Many, Node, Not, Operand, Or, Value, operands, shown
from .text import matcher
from .values import Search, meaning

Test = Callable[[Issue], bool]

DEEPEST = 100
"""Levels of parentheses that are read."""

_FEW = 100
"""So many ids are tested one by one rather than compared with a set that has to be made."""

_OPPOSITE = {
    "=": "!=",
    "<": ">=",
    ">": "<=",
    "~": "!~",
    "IN": "NOT IN",
    "IS": "IS NOT",
    "WAS": "WAS NOT",
    "WAS IN": "WAS NOT IN",
}
_OPPOSITE |= {right: left for left, right in _OPPOSITE.items()}


@dataclass(frozen=True)
class Where:
    """Where issues are that may match: how many at most, and a way to their ids; not to be changed."""

    size: int
    ids: Callable[[], Set[int]]


@dataclass(frozen=True)
class Part:
    """A condition: its test, and where it may hold; `where` None means anywhere.

    `is_exact` says that it holds everywhere there; only while searches see issues as they are.
    """

    test: Test
    where: Where | None = None
    is_exact: bool = False


_NOTHING = Part(lambda issue: False, Where(0, frozenset), True)


def opposite(node: Node) -> Node:
    """What holds where the node does not. Jira turns the operators round, so what is empty matches neither way."""
    match node:
        case Not(part):
            return part
        case And(parts):
            return Or(tuple(opposite(part) for part in parts))
        case Or(parts):
            return And(tuple(opposite(part) for part in parts))
        case Clause(_, "CHANGED"):
            return Not(node)
    return replace(node, operator=_OPPOSITE[node.operator])


class Compiler:
    """Makes parts of nodes for one search."""

    def __init__(self, run: Search, index: tracker_index.Index) -> None:
        self._run = run
        self._index = index
        # What searches see is then what the issues are.
        self._is_present = not run.world.faults.lag

    def everything(self) -> Part:
        """What every issue passes."""
        ids = self._index.present.everything
        where = Where(len(ids), lambda: ids) if self._is_present else None
        return Part(lambda issue: True, where, self._is_present)

    def part(self, node: Node, depth: int) -> Part:
        """The node's part; problems are noted in the search."""
        if depth > DEEPEST:
            raise BadQuery("The JQL query is nested too deeply.")
        match node:
            case And(parts):
                return _all([self.part(one, depth + 1) for one in parts], self._run.world.tracker.issues)
            case Or(parts):
                return _any([self.part(one, depth + 1) for one in parts])
            case Not(Clause(_, "CHANGED") as clause):
                inner = self._clause(clause)
                return Part(lambda issue: not inner.test(issue))
            case Not(part):
                return self.part(opposite(part), depth + 1)
        return self._clause(node)

    def _clause(self, clause: Clause) -> Part:
        try:
            subject = find_field(self._run.world, clause.field)
            subject.check(clause.operator)
            if clause.operator in HISTORY:
                return Part(history_test(self._run, clause, subject))
            return self._compared(clause, subject)
        except BadQuery as error:
            self._run.problems.extend(error.messages)
            return _NOTHING

    def _compared(self, clause: Clause, subject: Field) -> Part:
        operand = clause.operand
        if operand is None:
            raise AssertionError("the grammar gives every operator but CHANGED an operand")
        _check_use(clause, subject, operand)
        if clause.operator in ("~", "!~"):
            return Part(_contains(clause, subject, operand))
        every = list(operands(operand))
        wants_empty = any(_is_empty(subject, one) for one in every)
        if wants_empty and not subject.knows_empty:
            raise BadQuery(f"The field '{subject.name}' does not support searching for EMPTY values.")
        wanted: set[Any] = set()
        for one in every:
            if not _is_empty(subject, one):
                wanted |= self._meaning(subject, one)
        if clause.operator in RELATION:
            return self._relation(subject, clause.operator, wanted)
        return self._equality(subject, clause.operator in ("=", "IN", "IS"), wanted, wants_empty)

    def _meaning(self, subject: Field, one: Value | Call | Empty) -> set[Any]:
        if isinstance(one, Call):
            return function_values(self._run, subject, one)
        return meaning(self._run, subject, one) if isinstance(one, Value) else set()

    def _equality(self, subject: Field, positive: bool, wanted: set[Any], wants_empty: bool) -> Part:
        read = subject.read

        def test(issue: Issue) -> bool:
            value = read(issue)
            values = value if isinstance(value, list) else [] if value is None else [value]
            if not values:
                return positive and wants_empty
            return any(one in wanted for one in values) is positive

        if self._is_present:
            where = self._having(subject, wanted, wants_empty) if positive else self._lacking(subject, wanted)
            return Part(test, where, where is not None)
        return Part(test, self._once_having(subject, wanted, wants_empty) if positive else None)

    def _having(self, subject: Field, wanted: set[Any], wants_empty: bool) -> Where | None:
        """Exactly where the field has one of the values now; None where the index does not know the field."""
        present = self._index.present
        if subject.kind in ("key", "id"):
            return Where(len(wanted), lambda: wanted & present.everything)
        if subject.term:
            return _union([present.having(subject.term, one) for one in [*wanted, *([None] if wants_empty else [])]])
        if subject.instant and not wants_empty and len(wanted) == 1:
            return self._span(subject, *_bounds("=", *wanted))
        return None

    def _lacking(self, subject: Field, unwanted: set[Any]) -> Where | None:
        """Exactly where the field has values now, and none of these; None where the index does not know the field."""
        if subject.instant:
            return None
        present, having = self._index.present, self._having(subject, unwanted, bool(subject.term))
        if having is None:
            return None
        return Where(len(present.everything), lambda: present.everything - having.ids())

    def _once_having(self, subject: Field, wanted: set[Any], wants_empty: bool) -> Where | None:
        """Where the field has or had one of the values, or more; None where the index does not know the field."""
        if subject.kind in ("key", "id"):
            return Where(len(wanted), lambda: wanted)
        if subject.term:
            return _union(tracker_index.having(self._index, subject.term, [*wanted, *([None] if wants_empty else [])]))
        if subject.instant and not wants_empty and wanted:
            return self._past_span(subject, min(wanted), max(wanted))
        return None

    def _relation(self, subject: Field, used: str, wanted: set[Any]) -> Part:
        if subject.kind == "version":
            return self._versions(subject, used, wanted)
        compare, bound = RELATION[used], self._bound(subject, wanted)
        rank = subject.rank
        if bound is None:
            return _NOTHING

        def test(issue: Issue) -> bool:
            value = rank(issue)
            return value is not None and compare(value, bound)

        if subject.kind == "key":
            # Keys are compared within their project only.
            return Part(lambda issue: rank(issue)[0] == bound[0] and test(issue))
        if subject.instant:
            if self._is_present:
                return Part(test, self._span(subject, *_bounds(used, bound)), True)
            first, last = (bound, None) if used.startswith(">") else (None, bound)
            return Part(test, self._past_span(subject, first, last))
        return Part(test)

    def _versions(self, subject: Field, used: str, wanted: set[Any]) -> Part:
        """Versions are compared by their order in the project that they belong to."""
        compare, read = RELATION[used], subject.read
        projects = self._run.world.tracker.projects.values()
        places = {one.id: (project.id, place) for project in projects for place, one in enumerate(project.versions)}
        bounds = [places[number] for number in wanted]

        def test(issue: Issue) -> bool:
            own = [places[number] for number in read(issue) if number in places]
            return any(one[0] == bound[0] and compare(one[1], bound[1]) for one in own for bound in bounds)

        return Part(test)

    def _bound(self, subject: Field, wanted: set[Any]) -> Any:
        """What an issue's rank is compared with: the value itself, or the place of what the value names."""
        value = next(iter(wanted), None)
        tracker = self._run.world.tracker
        if value is None or subject.kind not in ("priority", "resolution", "key"):
            return value
        if subject.kind == "key":
            return subject.rank(tracker.issues[value])
        places = list(tracker.priorities if subject.kind == "priority" else tracker.resolutions)
        return places.index(value) * (-1 if subject.kind == "priority" else 1)

    def _span(self, subject: Field, first: Any, after: Any) -> Where:
        present, name = self._index.present, subject.instant
        return Where(present.count(name, first, after), lambda: present.between(name, first, after))

    def _past_span(self, subject: Field, first: Any, last: Any) -> Where:
        begin, end = tracker_index.span(self._index, subject.instant, first, last)
        entries = self._index.instants.get(subject.instant, [])
        return Where(end - begin, lambda: {number for _, number in entries[begin:end]})


def _bounds(used: str, bound: datetime) -> tuple[datetime | None, datetime | None]:
    """From which instant, included, to which, excluded, the operator holds."""
    following = bound + timedelta(microseconds=1)
    between: dict[str, tuple[datetime | None, datetime | None]] = {
        "=": (bound, following),
        "<": (None, bound),
        "<=": (None, following),
        ">": (following, None),
        ">=": (bound, None),
    }
    return between[used]


def _all(parts: list[Part], issues: Mapping[int, Issue]) -> Part:
    def test(issue: Issue) -> bool:
        return all(part.test(issue) for part in parts)

    rarest = sorted((part for part in parts if part.where is not None), key=_size)
    if not rarest:
        return Part(test)
    exact = [part for part in rarest if part.is_exact]

    def ids() -> Set[int]:
        found = _ids(rarest[0])
        for part in exact:
            if len(found) <= _FEW:
                return {number for number in found if all(one.test(issues[number]) for one in exact)}
            found = found & _ids(part)
        return found

    where = Where(_size(rarest[0]), ids if exact else lambda: _ids(rarest[0]))
    return Part(test, where, len(exact) == len(parts))


def _any(parts: list[Part]) -> Part:
    known = [part.where for part in parts if part.where is not None]
    where = None
    if len(known) == len(parts):
        where = Where(sum(one.size for one in known), lambda: frozenset[int]().union(*(one.ids() for one in known)))
    return Part(lambda issue: any(part.test(issue) for part in parts), where, all(part.is_exact for part in parts))


def _union(sets: list[set[int]]) -> Where:
    return Where(sum(map(len, sets)), lambda: sets[0] if len(sets) == 1 else frozenset[int]().union(*sets))


def _size(part: Part) -> int:
    return part.where.size if part.where is not None else 0


def _ids(part: Part) -> Set[int]:
    return part.where.ids() if part.where is not None else frozenset()


def _is_empty(subject: Field, operand: Value | Call | Empty) -> bool:
    if isinstance(operand, Value):
        return subject.kind == "resolution" and operand.text.lower() == "unresolved"
    return isinstance(operand, Empty)


def _check_use(clause: Clause, subject: Field, operand: Operand) -> None:
    """`BadQuery` where the operator does not go with such an operand: a list, EMPTY, a predicate."""
    used, what = clause.operator.lower(), f"for field '{subject.name}'"
    if clause.predicates:
        first = clause.predicates[0]
        use = f"{first.name.lower()} {shown(first.operand)}"
        raise BadQuery(f"The {_NAMES[clause.operator]} operator does not support the use of the {use} predicate.")
    if clause.operator in ("IS", "IS NOT"):
        if not isinstance(operand, Empty):
            raise BadQuery(f"Operator '{used}' does not support searching for non-empty values {what}.")
        return
    is_list = isinstance(operand, Many) or (isinstance(operand, Call) and gives_list(operand))
    if isinstance(operand, Empty) and (clause.operator in RELATION or clause.operator in ("IN", "NOT IN")):
        raise BadQuery(f"Operator '{used}' does not support the empty value representation 'EMPTY' {what}.")
    if is_list and clause.operator not in ("IN", "NOT IN"):
        raise BadQuery(f"Operator '{used}' does not support the list value '{shown(operand)}' {what}.")
    if not is_list and clause.operator in ("IN", "NOT IN"):
        raise BadQuery(f"Operator '{used}' does not support the non-list value '{shown(operand)}' {what}.")


_NAMES = {
    "=": "EQUALS",
    "!=": "NOT_EQUALS",
    "<": "LESS_THAN",
    ">": "GREATER_THAN",
    "<=": "LESS_THAN_EQUALS",
    ">=": "GREATER_THAN_EQUALS",
    "~": "LIKE",
    "!~": "NOT_LIKE",
    **{name: name.replace(" ", "_") for name in (*EQUALITY, "IS", "IS NOT") if name.isupper()},
}


def _contains(clause: Clause, subject: Field, operand: Operand) -> Test:
    read, positive = subject.read, clause.operator == "~"
    if isinstance(operand, Empty):
        if not subject.knows_empty:
            raise BadQuery(f"The field '{subject.name}' does not support searching for EMPTY values.")
        return lambda issue: (not read(issue)) is positive
    if not isinstance(operand, Value):
        raise BadQuery(
            f"A value provided by the function '{shown(operand)}' is invalid for the field '{subject.name}'."
        )
    match = matcher(operand.text, subject.name)

    def test(issue: Issue) -> bool:
        texts = read(issue)
        return bool(texts) and any(match(text) for text in texts) is positive

    return test
