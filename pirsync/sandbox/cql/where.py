"""Where the pages are that a query means, by the index of what pages are now; only while searches do not lag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_

from pirsync.sandbox.present import Present
from pirsync.sandbox.wiki import Space, Wiki
from pirsync.sandbox.wiki import index as wiki_index

from .dates import is_day
from .syntax import Condition, Joined, Node, Not, Value

OF_SPACE = frozenset({"space", "space.title", "space.type", "container"})
_NEGATED = frozenset({"!=", "not in"})
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Where:
    """Ids among which all that is meant are; `is_exact` when all of them are meant."""

    ids: Set[int]
    is_exact: bool


@dataclass(frozen=True)
class Settled:
    """What values and instants of a query stand for, for who asks; instants are to the minute."""

    texts: Mapping[Value, str]
    instants: Mapping[Value, datetime]


def find(wiki: Wiki, node: Node | None, settled: Settled) -> Where:
    """Where the pages are that a query, None for all, means."""
    present = wiki_index.refresh(wiki)
    return Where(present.everything, True) if node is None else _Finder(wiki, present, settled).find(node)


def of_space(space: Space) -> dict[str, str]:
    """What a page has in the fields of `OF_SPACE`, in lower case, for the space that it is in."""
    return {
        "space": space.key.casefold(),
        "space.title": space.name.casefold(),
        "space.type": space.kind,
        "container": str(space.id),
    }


class _Finder:
    """Looks up the nodes of one query."""

    def __init__(self, wiki: Wiki, present: Present, settled: Settled) -> None:
        self._wiki = wiki
        self._present = present
        self._settled = settled

    def find(self, node: Node) -> Where:
        """Where the pages are that the node means."""
        everything = self._present.everything
        if isinstance(node, Not):
            part = self.find(node.part)
            return Where(everything - part.ids, True) if part.is_exact else Where(everything, False)
        if isinstance(node, Joined):
            parts = [self.find(part) for part in node.parts]
            sets = sorted((part.ids for part in parts), key=len)
            ids = reduce(and_ if node.word == "and" else or_, sets)
            return Where(ids, all(part.is_exact for part in parts))
        found = self._condition(node)
        return Where(everything, False) if found is None else Where(found, True)

    def _condition(self, condition: Condition) -> Set[int] | None:
        """What the condition means; None where the index does not know its field."""
        if condition.field in ("lastmodified", "created"):
            return self._span(condition)
        if condition.operator not in ("=", "in", *_NEGATED):
            return None
        sets = self._sets(condition.field, [self._settled.texts[value] for value in condition.values])
        if sets is None:
            return None
        parts = list(sets)
        ids = parts[0] if len(parts) == 1 else frozenset[int]().union(*parts)
        return self._present.everything - ids if condition.operator in _NEGATED else ids

    def _sets(self, field: str, values: list[str]) -> Iterator[Set[int]] | None:
        """The ids of the pages that have one of the values, in parts."""
        present, folded = self._present, {value.casefold() for value in values}
        if field in OF_SPACE:
            spaces = [space for space in self._wiki.spaces.values() if of_space(space)[field] in folded]
            return (present.having("space", space.id) for space in spaces)
        if field == "title":
            return (present.having("title", value) for value in values)
        if field in ("type", "label"):
            term = "kind" if field == "type" else field
            return (present.having(term, value) for value in folded)
        numbers = [int(value) for value in folded if value.isascii() and value.isdigit() and str(int(value)) == value]
        if field == "parent":
            return (present.having("parent", number) for number in numbers)
        if field == "id":
            return ({number} for number in numbers if number in present.everything)
        if field == "ancestor":
            return (wiki_index.below(self._wiki, [number]) for number in numbers if number in present.everything)
        return None

    def _span(self, condition: Condition) -> Set[int]:
        # By the minute, as dates are written; a day without a time is the whole of it to `=` and `!=`.
        value, operator = condition.values[0], condition.operator
        first = self._settled.instants[value]
        after = first + (_DAY if isinstance(value, str) and is_day(value) else _MINUTE)
        bounds: dict[str, tuple[datetime | None, datetime | None]] = {
            "=": (first, after),
            "!=": (first, after),
            ">": (first + _MINUTE, None),
            ">=": (first, None),
            "<": (None, first),
            "<=": (None, first + _MINUTE),
        }
        ids = self._present.between(condition.field, *bounds[operator])
        return self._present.everything - ids if operator == "!=" else ids
