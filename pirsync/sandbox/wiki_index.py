"""Where to look for a wiki's pages by title, parent, label or change: candidates only, checked again by who asks.

An entry is never taken away: a page may have moved on since, and a lagging search still wants it under what it was.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .wiki import Page, Wiki


@dataclass
class Index:
    """Page ids by what the pages have or once had; `changes` are (instant, page id), oldest first."""

    titles: dict[str, set[int]] = field(default_factory=dict)
    parents: dict[int, set[int]] = field(default_factory=dict)
    labels: dict[str, set[int]] = field(default_factory=dict)
    changes: list[tuple[datetime, int]] = field(default_factory=list)


def note(wiki: Wiki, page: Page) -> None:
    """Enter the page as it is now; every function that changes a title, parent, label or version ends with this."""
    index = wiki.index
    index.titles.setdefault(page.title.casefold(), set()).add(page.id)
    if page.parent_id is not None:
        index.parents.setdefault(page.parent_id, set()).add(page.id)
    for name in page.labels:
        index.labels.setdefault(name.casefold(), set()).add(page.id)
    change = (page.indexed_at, page.id)
    place = bisect_left(index.changes, change)
    if index.changes[place : place + 1] != [change]:
        insort(index.changes, change, lo=place)


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


def listed(wiki: Wiki, ids: Iterable[str], title: str | None) -> Iterator[Page]:
    """What a listing must look at: the pages of these ids, else those of this title, else all; oldest first."""
    numbers = {int(each) for each in ids if each.isascii() and each.isdigit()}
    if numbers:
        return _pages(wiki, numbers)
    return iter(list(wiki.pages.values())) if title is None else titled(wiki, title)


def _pages(wiki: Wiki, numbers: Iterable[int]) -> Iterator[Page]:
    return (wiki.pages[number] for number in sorted(numbers) if number in wiki.pages)
