"""What numbered things have at present: their ids by value, and in the order of what they can be sorted by."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

Pair = tuple[str, Any]

_PASSED = 20
"""Sorting one id costs as much as walking past so many."""


@dataclass
class Line:
    """Ids in the order of their values, equal ones by id; both lists go along with each other."""

    values: list[Any] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def place(self, value: Any, number: int) -> int:
        """Where the id with that value is, or would be."""
        begin = bisect_left(self.values, value)
        return bisect_left(self.numbers, number, begin, bisect_right(self.values, value, begin))

    def span(self, first: Any, after: Any) -> tuple[int, int]:
        """Where the values are from `first`, included, to `after`, excluded; None is open."""
        begin = 0 if first is None else bisect_left(self.values, first)
        end = len(self.values) if after is None else bisect_left(self.values, after)
        return begin, max(begin, end)


@dataclass
class Present:
    """Ids by term and value, and in line by rank; `own` are each id's terms and ranks, `numbers` the ids in order.

    Invariant: an id stands under exactly the pairs and ranks that it was last put with, and nowhere once dropped.
    """

    terms: dict[str, dict[Any, set[int]]] = field(default_factory=dict)
    ranks: dict[str, Line] = field(default_factory=dict)
    own: dict[int, tuple[tuple[Pair, ...], tuple[Pair, ...]]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)

    def put(self, number: int, terms: Iterable[Pair], ranks: Mapping[str, Any]) -> None:
        """Let the id have these values and no others; a rank of None is none."""
        kept = tuple(terms), tuple((name, rank) for name, rank in ranks.items() if rank is not None)
        if self.own.get(number) == kept:
            return
        self.drop(number)
        self.own[number] = kept
        insort(self.numbers, number)
        for term, value in kept[0]:
            self.terms.setdefault(term, {}).setdefault(value, set()).add(number)
        for name, rank in kept[1]:
            line = self.ranks.setdefault(name, Line())
            place = line.place(rank, number)
            line.values.insert(place, rank)
            line.numbers.insert(place, number)

    def drop(self, number: int) -> None:
        """Forget the id; nothing happens when it is not known."""
        if number not in self.own:
            return
        terms, ranks = self.own.pop(number)
        del self.numbers[bisect_left(self.numbers, number)]
        for term, value in terms:
            held = self.terms[term][value]
            held.discard(number)
            if not held:
                del self.terms[term][value]
        for name, rank in ranks:
            line = self.ranks[name]
            place = line.place(rank, number)
            del line.values[place], line.numbers[place]

    @property
    def everything(self) -> Set[int]:
        """All ids that are known."""
        return self.own.keys()

    def having(self, term: str, value: Any) -> set[int]:
        """The ids that have the value; not to be changed."""
        return self.terms.get(term, {}).get(value, _NONE)

    def count(self, name: str, first: Any = None, after: Any = None) -> int:
        """How many have a rank from `first`, included, to `after`, excluded; None is open."""
        begin, end = self._line(name).span(first, after)
        return end - begin

    def between(self, name: str, first: Any = None, after: Any = None) -> Set[int]:
        """The ids that `count` counts; not to be changed."""
        line = self._line(name)
        begin, end = line.span(first, after)
        return self.everything if end - begin == len(self.own) else set(line.numbers[begin:end])

    def by_number(self, name: str) -> dict[int, Any]:
        """Every id's rank."""
        line = self._line(name)
        return dict(zip(line.numbers, line.values, strict=True))

    def newest(self, ids: Set[int], most: int) -> list[int]:
        """So many of the greatest among the ids, the greatest first."""
        if self._is_worth_walking(ids, most):
            return _taken((number for number in reversed(self.numbers) if number in ids), most)
        return sorted(ids, reverse=True)[:most]

    def ordered(self, ids: Set[int], name: str, direction: int, most: int) -> list[int]:
        """So many of the ids by a rank, up (1) or down (-1), those without one last; the newest first among equals."""
        if self._is_worth_walking(ids, most):
            found = _taken(_walk(self._line(name), direction, ids), most)
        else:
            ranked = {number: rank for number in ids for each, rank in self.own[number][1] if each == name}
            found = sorted(sorted(ranked, reverse=True), key=ranked.__getitem__, reverse=direction < 0)[:most]
        if len(found) < min(most, len(ids)):
            found += sorted(ids - set(found), reverse=True)[: most - len(found)]
        return found

    def walk(self, ids: Set[int], name: str = "", direction: int = 1) -> Iterator[int]:
        """The ids by a rank, or by number where it has no name, up (1) or down (-1); each is found when it is taken.

        Those without the rank come last; the newest first among equals.
        """
        if len(ids) * _PASSED < len(self.own):
            yield from self.ordered(ids, name, direction, len(ids)) if name else sorted(ids, reverse=direction < 0)
            return
        if not name:
            yield from (
                number for number in (self.numbers if direction > 0 else reversed(self.numbers)) if number in ids
            )
            return
        line = self._line(name)
        yield from _walk(line, direction, ids)
        if len(line.numbers) < len(self.own):
            yield from sorted(ids - set(line.numbers), reverse=True)

    def _is_worth_walking(self, ids: Set[int], most: int) -> bool:
        return len(ids) ** 2 * _PASSED > most * len(self.own)

    def _line(self, name: str) -> Line:
        return self.ranks.get(name) or Line()


_NONE: set[int] = set()


def _walk(line: Line, direction: int, ids: Set[int]) -> Iterator[int]:
    if direction < 0:
        yield from (number for number in reversed(line.numbers) if number in ids)
        return
    met = (pair for pair in zip(line.values, line.numbers, strict=True) if pair[1] in ids)
    for _, equal in groupby(met, key=itemgetter(0)):
        yield from reversed([number for _, number in equal])


def _taken(numbers: Iterator[int], most: int) -> list[int]:
    found: list[int] = []
    for number in numbers:
        if len(found) == most:
            break
        found.append(number)
    return found
