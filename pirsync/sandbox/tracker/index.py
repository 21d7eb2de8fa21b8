"""Which issues have a value or an instant: exactly those that have it now, and candidates among what they were.

A candidate is never taken away: a search that lags still wants an issue under what it was, and tests it again. Issues
are entered when the next search begins, so that a state change has only to say which issue it changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.present import Present

if TYPE_CHECKING:
    from pirsync.sandbox.people import User

    from .nouns import Issue
    from .store import Tracker


GUARD, KEY = "guard", "key"
"""What decides who sees an issue, its project's id and its security level's, as a term; and its key as a rank."""

_MANY = 100


@dataclass
class Index:
    """Issue ids by (term, value), a missing value as None; `instants` are (instant, id) by what they are, in order.

    `present` has the issues as they are, `changed` are the ids that are not entered yet as they are now.
    """

    terms: dict[tuple[str, Any], set[int]] = field(default_factory=dict)
    instants: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    present: Present = field(default_factory=Present)


def refresh(tracker: Tracker) -> Index:
    """The index with every issue entered as it is, and as a lagging search still sees it."""
    index = tracker.index
    if not index.changed:
        return index
    new: dict[str, list[tuple[datetime, int]]] = {}
    for number in index.changed:
        state = tracker.issues.get(number)
        _enter_present(index.present, number, state)
        while state is not None:
            for term, values in terms(state).items():
                for value in values:
                    index.terms.setdefault((term, value), set()).add(number)
            for name, instant in instants(state).items():
                if instant is not None:
                    new.setdefault(name, []).append((instant, number))
            state = state.before
    for name, entries in new.items():
        _insert(index.instants.setdefault(name, []), entries)
    index.changed.clear()
    return index


def holders(tracker: Tracker, term: str, value: Any) -> list[Issue]:
    """The issues that have the value now, whatever searches see; the oldest first."""
    index = refresh(tracker)
    found = (tracker.issues.get(number) for number in sorted(index.terms.get((term, value), ())))
    return [one for one in found if one is not None and value in terms(one)[term]]


def having(index: Index, term: str, values: Iterable[Any]) -> list[set[int]]:
    """For each value the ids of the issues that have or had it."""
    return [index.terms.get((term, value), set()) for value in values]


def span(index: Index, name: str, first: datetime | None, last: datetime | None) -> tuple[int, int]:
    """Where in `instants` the entries from `first` to `last`, both included, begin and end; None is open."""
    entries = index.instants.get(name, [])
    begin = 0 if first is None else bisect_left(entries, first, key=_instant)
    end = len(entries) if last is None else bisect_right(entries, last, key=_instant)
    return begin, max(begin, end)


def terms(issue: Issue) -> dict[str, list[Any]]:
    """What an issue is found by, each term with its values."""
    return {
        "project": [issue.project_id],
        "type": [issue.type_id],
        "status": [issue.status_id],
        "priority": [issue.priority_id],
        "resolution": [issue.resolution_id],
        "assignee": [_name(issue.assignee)],
        "reporter": [_name(issue.reporter)],
        "creator": [_name(issue.creator)],
        "parent": [issue.parent_id],
        "label": [one.casefold() for one in issue.labels] or [None],
        "comment": [one.id for one in issue.comments],
        "attachment": [one.id for one in issue.attachments],
    }


def instants(issue: Issue) -> dict[str, datetime | None]:
    """What of an issue is looked up by range."""
    since = issue.status_since or issue.created
    return {"created": issue.created, "updated": issue.updated, "resolved": issue.resolved, "status_since": since}


def _enter_present(present: Present, number: int, issue: Issue | None) -> None:
    if issue is None:
        present.drop(number)
        return
    pairs = {(term, value): None for term, values in terms(issue).items() for value in values}
    guard = (GUARD, (issue.project_id, issue.security))
    present.put(number, [*pairs, guard], {**instants(issue), KEY: key_order(issue.key)})


def key_order(key: str) -> tuple[str, int]:
    """A key as Jira sorts it: by project, then by number."""
    project, _, number = key.rpartition("-")
    return project, int(number) if number.isdigit() else 0


def _insert(entries: list[tuple[datetime, int]], new: list[tuple[datetime, int]]) -> None:
    """Add what is not there yet, in order: one by one, or by sorting anew when there is much of it."""
    if len(new) > _MANY:
        entries[:] = sorted({*entries, *new})
        return
    for entry in new:
        place = bisect_left(entries, entry)
        if entries[place : place + 1] != [entry]:
            entries.insert(place, entry)


def _instant(entry: tuple[datetime, int]) -> datetime:
    return entry[0]


def _name(user: User | None) -> str | None:
    return user.name if user else None
