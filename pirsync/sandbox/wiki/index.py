"""Which pages have a title, a parent, a label or a change: candidates of all times, and exactly those that have it now.

A candidate is never taken away: a page may have moved on since, and a lagging search still wants it under what it was;
who asks checks it again. What pages are now is entered when the next search begins.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.present import Present

if TYPE_CHECKING:
    from .nouns import Page
    from .store import Wiki


@dataclass
class Index:
    """Page ids by what the pages have or once had; `changes` are (instant, page id), oldest first.

    `present` has the pages as they are, `changed` are the ids that are not entered there yet as they are now.
    """

    titles: dict[str, set[int]] = field(default_factory=dict)
    parents: dict[int, set[int]] = field(default_factory=dict)
    labels: dict[str, set[int]] = field(default_factory=dict)
    changes: list[tuple[datetime, int]] = field(default_factory=list)
    present: Present = field(default_factory=Present)
    changed: set[int] = field(default_factory=set)


def note(wiki: Wiki, page: Page) -> None:
    """Enter the page as it is now; every function that changes what `_terms` and `_ranks` read ends with this."""
    index = wiki.index
    index.changed.add(page.id)
    index.titles.setdefault(page.title.casefold(), set()).add(page.id)
    if page.parent_id is not None:
        index.parents.setdefault(page.parent_id, set()).add(page.id)
    for name in page.labels:
        index.labels.setdefault(name.casefold(), set()).add(page.id)
    change = (page.indexed_at, page.id)
    place = bisect_left(index.changes, change)
    if index.changes[place : place + 1] != [change]:
        insort(index.changes, change, lo=place)


def forget(wiki: Wiki, numbers: Iterable[int]) -> None:
    """Say that the pages of these ids are gone."""
    wiki.index.changed.update(numbers)


def refresh(wiki: Wiki) -> Present:
    """Every page as it is."""
    index = wiki.index
    for number in index.changed:
        page = wiki.pages.get(number)
        if page is None:
            index.present.drop(number)
        else:
            index.present.put(number, _terms(page), _ranks(page))
    index.changed.clear()
    return index.present


GUARDED = "guarded"
"""The term of pages that some do not see for what the pages themselves are: restricted ones and drafts."""


def _terms(page: Page) -> list[tuple[str, Any]]:
    plain = [("space", page.space_id), ("kind", page.kind), ("status", page.status), ("title", page.title)]
    guarded = [(GUARDED, True)] if page.restricted_to is not None or page.status == "draft" else []
    labels = [("label", name) for name in dict.fromkeys(each.casefold() for each in page.labels)]
    return [*plain, ("parent", page.parent_id), *guarded, *labels]


def _ranks(page: Page) -> dict[str, Any]:
    return {"lastmodified": page.current.at, "created": page.created, "title": page.title.casefold()}


def below(wiki: Wiki, numbers: Iterable[int]) -> set[int]:
    """The ids of the pages of whatever status that hang below these, at any depth."""
    parents = refresh(wiki).terms.get("parent", {})
    found: set[int] = set()
    level = set(numbers)
    while level:
        level = set(chain.from_iterable(parents.get(number, ()) for number in level)) - found
        found |= level
    return found


def hidden(wiki: Wiki, names: frozenset[str]) -> set[int]:
    """The ids of what an account does not see: others' drafts, and pages restricted to others with all below them.

    `names` are the account's id and those of its groups.
    """
    drafts, barred = set(), set()
    for number in refresh(wiki).having(GUARDED, True):
        page = wiki.pages[number]
        author = page.versions[0].author
        if page.status == "draft" and (author is None or author.account_id not in names):
            drafts.add(number)
        if page.restricted_to is not None and names.isdisjoint(page.restricted_to):
            barred.add(number)
    return drafts | barred | below(wiki, barred)


def in_space(wiki: Wiki, space_id: int, status: str) -> set[int]:
    """The ids of the pages of a space that have this status."""
    present = refresh(wiki)
    return present.having("space", space_id) & present.having("status", status)


def titled(wiki: Wiki, title: str) -> Iterator[Page]:
    """The pages that have or had this title in any case, in any space and status, oldest first."""
    return _pages(wiki, wiki.index.titles.get(title.casefold(), ()))


def placed_below(wiki: Wiki, page_id: int) -> Iterator[Page]:
    """The pages that hang or hung directly below this one, in any status, oldest first."""
    return _pages(wiki, wiki.index.parents.get(page_id, ()))


def labelled(wiki: Wiki, name: str) -> Iterator[Page]:
    """The pages that have or had this label, oldest first."""
    return _pages(wiki, wiki.index.labels.get(name.casefold(), ()))


def changed_since(wiki: Wiki, instant: datetime) -> Iterator[Page]:
    """The pages that a version or a label was added to at or after `instant`, oldest first."""
    changes = wiki.index.changes
    return _pages(wiki, {number for _, number in changes[bisect_left(changes, (instant, 0)) :]})


def _pages(wiki: Wiki, numbers: Iterable[int]) -> Iterator[Page]:
    return (wiki.pages[number] for number in sorted(numbers) if number in wiki.pages)
