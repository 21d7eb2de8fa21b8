"""A parsed query against the tracker: what it finds, in its order, and how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from pirsync.sandbox.tracker import can_see, can_see_at, indexed
from pirsync.sandbox.tracker import index as tracker_index
from pirsync.sandbox.tracker.nouns import Issue

from .fields import Field, Read, find_field
from .parts import Compiler, Part, Test
from .refusals import BadQuery
from .syntax import Query, Sort
from .values import Search

__all__ = ["Found", "Search", "find", "matching", "search"]


@dataclass(frozen=True)
class Found:
    """The first issues that a query finds, in its order, and how many it finds in all."""

    issues: list[Issue]
    total: int


def search(run: Search, query: Query, most: int | None = None) -> list[Issue]:
    """The issues that match and that the account may see, in the query's order; with `most`, no more than so many.

    A clause with a problem matches nothing; what was wrong is then in `run.problems`, for callers that validate.
    """
    index, part, sorts = _read(run, query)
    if part.is_exact:
        return _first(run, index, _visible(run, index, part), sorts, most)
    candidates = _candidates(run, part)
    if most is None:
        return _ordered(list(_passed(run, part.test, candidates)), sorts)
    # To bring them all in order costs less than to test them all, where only the first are asked for.
    return list(islice(_passed(run, part.test, _ordered(candidates, sorts)), most))


def find(run: Search, query: Query, most: int) -> Found:
    """The first `most` of what `search` finds, and the count of all."""
    index, part, sorts = _read(run, query)
    if part.is_exact:
        ids = _visible(run, index, part)
        return Found(_first(run, index, ids, sorts, most), len(ids))
    passed = list(_passed(run, part.test, _candidates(run, part)))
    return Found(_ordered(passed, sorts)[:most], len(passed))


def matching(run: Search, query: Query, issues: Iterable[Issue]) -> list[Issue]:
    """Those of `issues` that the query matches and the account may see, in their order; each is tested."""
    return list(_passed(run, _part(run, tracker_index.refresh(run.world.tracker), query).test, issues))


def _read(run: Search, query: Query) -> tuple[tracker_index.Index, Part, list[_Sorting]]:
    index = tracker_index.refresh(run.world.tracker)
    return index, _part(run, index, query), [_sorting(run, sort) for sort in query.order]


def _part(run: Search, index: tracker_index.Index, query: Query) -> Part:
    compiler = Compiler(run, index)
    return compiler.everything() if query.where is None else compiler.part(query.where, 0)


def _candidates(run: Search, part: Part) -> list[Issue]:
    issues = run.world.tracker.issues
    if part.where is None:
        return list(issues.values())
    return [issues[number] for number in part.where.ids() if number in issues]


def _visible(run: Search, index: tracker_index.Index, part: Part) -> Set[int]:
    """The ids where an exact part holds, without those that the account may not see."""
    if part.where is None:
        raise AssertionError("an exact part knows where it holds")
    ids = part.where.ids()
    for (project_id, security), guarded in index.present.terms.get(tracker_index.GUARD, {}).items():
        if not can_see_at(run.world, run.viewer, project_id, security):
            ids = ids - guarded
    return ids


def _first(
    run: Search, index: tracker_index.Index, ids: Set[int], sorts: list[_Sorting], most: int | None
) -> list[Issue]:
    issues = run.world.tracker.issues
    count = len(ids) if most is None else most
    if not sorts:
        numbers = index.present.newest(ids, count)
    elif len(sorts) == 1 and sorts[0].order:
        numbers = index.present.ordered(ids, sorts[0].order, sorts[0].direction, count)
    else:
        return _ordered([issues[number] for number in ids], sorts)[:count]
    return [issues[number] for number in numbers]


def _passed(run: Search, test: Test, issues: Iterable[Issue]) -> Iterator[Issue]:
    for issue in issues:
        seen = issue if issue.id in run.fresh else indexed(run.world, issue)
        if seen is not None and test(seen) and can_see(run.world, run.viewer, issue):
            yield issue


@dataclass(frozen=True)
class _Sorting:
    """What issues are sorted by, up (1) or down (-1), and the index's rank that says the same, if there is one."""

    read: Read
    direction: int
    order: str = ""


def _sorting(run: Search, sort: Sort) -> _Sorting:
    direction = sort.direction or 1
    subject = _sortable(run, sort)
    return _Sorting(subject.rank, direction, subject.order) if subject else _Sorting(_no_value, direction)


def _ordered(found: list[Issue], sorts: list[_Sorting]) -> list[Issue]:
    """By each sort in turn, issues without a value last; the newest first where nothing else decides."""
    found.sort(key=_number, reverse=True)
    for sort in reversed(sorts):
        values = {one.id: sort.read(one) for one in found}
        full = [one for one in found if values[one.id] is not None]
        full.sort(key=partial(_held, values), reverse=sort.direction < 0)
        found = full + [one for one in found if values[one.id] is None] if len(full) < len(found) else full
    return found


def _held(values: dict[int, Any], issue: Issue) -> Any:
    return values[issue.id]


def _number(issue: Issue) -> int:
    return issue.id


def _sortable(run: Search, sort: Sort) -> Field | None:
    try:
        subject = find_field(run.world, sort.field)
        if subject.kind in ("all text", "comment", "watcher", "link", "link type", "file"):
            raise BadQuery
    except BadQuery:
        run.problems.append(f"Not able to sort using field '{sort.field}'.")
        return None
    return subject


def _no_value(issue: Issue) -> None:
    return None
