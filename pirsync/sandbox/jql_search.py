"""A parsed query against the tracker: clauses become tests of one issue, the rarest clause says which are tested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import islice
from typing import Any

from . import tracker_index
from .jql import And, Call, Clause, Empty, Many, Node, Not, Operand, Or, Query, Sort, Value, operands, shown
from .jql_fields import EQUALITY, HISTORY, RELATION, Field, Read, find_field
from .jql_functions import function_values, gives_list
from .jql_history import history_test
from .jql_refusals import BadQuery
from .jql_text import matcher
from .jql_values import Search, meaning
from .tracker import can_see, indexed
from .tracker_nouns import Issue

__all__ = ["Search", "matching", "search"]

Test = Callable[[Issue], bool]

DEEPEST = 100
"""Levels of parentheses that are read."""

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
class _Where:
    """Where issues are that may match: how many entries there are, and a way to their ids."""

    size: int
    ids: Callable[[], Iterable[int]]


@dataclass(frozen=True)
class _Part:
    """A condition: its test, and where it may hold; `where` None means anywhere."""

    test: Test
    where: _Where | None = None


_EVERYTHING = _Part(lambda issue: True)
_NOTHING = _Part(lambda issue: False, _Where(0, tuple))


def search(run: Search, query: Query, most: int | None = None) -> list[Issue]:
    """The issues that match and that the account may see, in the query's order; with `most`, no more than so many.

    A clause with a problem matches nothing; what was wrong is then in `run.problems`, for callers that validate.
    """
    index = tracker_index.refresh(run.world.tracker)
    part = _part(run, index, query)
    sorts = [(_sort_key(run, sort), sort.direction or 1) for sort in query.order]
    issues = run.world.tracker.issues
    if part.where is None:
        candidates = list(issues.values())
    else:
        candidates = [issues[number] for number in set(part.where.ids()) if number in issues]
    if most is None:
        return _ordered(list(_passed(run, part.test, candidates)), sorts)
    # To bring them all in order costs less than to test them all, where only the first are asked for.
    return list(islice(_passed(run, part.test, _ordered(candidates, sorts)), most))


def matching(run: Search, query: Query, issues: Iterable[Issue]) -> list[Issue]:
    """Those of `issues` that the query matches and the account may see, in their order; each is tested."""
    return list(_passed(run, _part(run, tracker_index.refresh(run.world.tracker), query).test, issues))


def _part(run: Search, index: tracker_index.Index, query: Query) -> _Part:
    return _EVERYTHING if query.where is None else _Compiler(run, index).part(query.where, 0)


def _passed(run: Search, test: Test, issues: Iterable[Issue]) -> Iterator[Issue]:
    for issue in issues:
        seen = issue if issue.id in run.fresh else indexed(run.world, issue)
        if seen is not None and test(seen) and can_see(run.world, run.viewer, issue):
            yield issue


def _ordered(found: list[Issue], sorts: list[tuple[Read, int]]) -> list[Issue]:
    """By each sort in turn, issues without a value last; the newest first where nothing else decides."""
    found.sort(key=_number, reverse=True)
    for read, direction in reversed(sorts):
        values = {one.id: read(one) for one in found}
        full = [one for one in found if values[one.id] is not None]
        full.sort(key=partial(_held, values), reverse=direction < 0)
        found = full + [one for one in found if values[one.id] is None] if len(full) < len(found) else full
    return found


def _held(values: dict[int, Any], issue: Issue) -> Any:
    return values[issue.id]


def _number(issue: Issue) -> int:
    return issue.id


def _sort_key(run: Search, sort: Sort) -> Read:
    try:
        subject = find_field(run.world, sort.field)
        if subject.kind in ("all text", "comment", "watcher", "link", "link type", "file"):
            raise BadQuery
    except BadQuery:
        run.problems.append(f"Not able to sort using field '{sort.field}'.")
        return _no_value
    return subject.rank


def _no_value(issue: Issue) -> None:
    return None


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


class _Compiler:
    """Makes parts of nodes for one search."""

    def __init__(self, run: Search, index: tracker_index.Index) -> None:
        self._run = run
        self._index = index

    def part(self, node: Node, depth: int) -> _Part:
        """The node's part; problems are noted in the search."""
        if depth > DEEPEST:
            raise BadQuery("The JQL query is nested too deeply.")
        match node:
            case And(parts):
                return _all([self.part(one, depth + 1) for one in parts])
            case Or(parts):
                return _any([self.part(one, depth + 1) for one in parts])
            case Not(Clause(_, "CHANGED") as clause):
                inner = self._clause(clause)
                return _Part(lambda issue: not inner.test(issue))
            case Not(part):
                return self.part(opposite(part), depth + 1)
        return self._clause(node)

    def _clause(self, clause: Clause) -> _Part:
        try:
            subject = find_field(self._run.world, clause.field)
            subject.check(clause.operator)
            if clause.operator in HISTORY:
                return _Part(history_test(self._run, clause, subject))
            return self._compared(clause, subject)
        except BadQuery as error:
            self._run.problems.extend(error.messages)
            return _NOTHING

    def _compared(self, clause: Clause, subject: Field) -> _Part:
        operand = clause.operand
        if operand is None:
            raise AssertionError("the grammar gives every operator but CHANGED an operand")
        _check_use(clause, subject, operand)
        if clause.operator in ("~", "!~"):
            return _Part(_contains(clause, subject, operand))
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

    def _equality(self, subject: Field, positive: bool, wanted: set[Any], wants_empty: bool) -> _Part:
        read = subject.read

        def test(issue: Issue) -> bool:
            value = read(issue)
            values = value if isinstance(value, list) else [] if value is None else [value]
            if not values:
                return positive and wants_empty
            return any(one in wanted for one in values) is positive

        if not positive:
            return _Part(test)
        if subject.kind in ("key", "id"):
            return _Part(test, _Where(len(wanted), lambda: wanted))
        if subject.term:
            sets = tracker_index.having(self._index, subject.term, [*wanted, *([None] if wants_empty else [])])
            return _Part(test, _Where(sum(map(len, sets)), lambda: set().union(*sets)))
        if subject.instant and not wants_empty and wanted:
            return _Part(test, self._span(subject, min(wanted), max(wanted)))
        return _Part(test)

    def _relation(self, subject: Field, used: str, wanted: set[Any]) -> _Part:
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
            return _Part(lambda issue: rank(issue)[0] == bound[0] and test(issue))
        if subject.instant:
            first, last = (bound, None) if used.startswith(">") else (None, bound)
            return _Part(test, self._span(subject, first, last))
        return _Part(test)

    def _versions(self, subject: Field, used: str, wanted: set[Any]) -> _Part:
        """Versions are compared by their order in the project that they belong to."""
        compare, read = RELATION[used], subject.read
        projects = self._run.world.tracker.projects.values()
        places = {one.id: (project.id, place) for project in projects for place, one in enumerate(project.versions)}
        bounds = [places[number] for number in wanted]

        def test(issue: Issue) -> bool:
            own = [places[number] for number in read(issue) if number in places]
            return any(one[0] == bound[0] and compare(one[1], bound[1]) for one in own for bound in bounds)

        return _Part(test)

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

    def _span(self, subject: Field, first: Any, last: Any) -> _Where:
        begin, end = tracker_index.span(self._index, subject.instant, first, last)
        entries = self._index.instants.get(subject.instant, [])
        return _Where(end - begin, lambda: [number for _, number in entries[begin:end]])


def _all(parts: list[_Part]) -> _Part:
    tests = [part.test for part in parts]
    known = [part.where for part in parts if part.where is not None]
    where = min(known, key=lambda one: one.size) if known else None
    return _Part(lambda issue: all(test(issue) for test in tests), where)


def _any(parts: list[_Part]) -> _Part:
    tests = [part.test for part in parts]
    known = [part.where for part in parts if part.where is not None]
    where = None
    if len(known) == len(parts):
        where = _Where(
            sum(one.size for one in known),
            lambda: reduce(lambda ids, one: ids | set(one.ids()), known, set[int]()),
        )
    return _Part(lambda issue: any(test(issue) for test in tests), where)


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
