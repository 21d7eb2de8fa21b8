"""What a page said when we wrote it last: what people changed since is told by that."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from .page_model import Column, Page, ReviewPage
from .ports import Stamp, WikiReads

DEPTH = 25
"""Versions that are looked through at most for one whose rows can be read."""


def has_rows(review: ReviewPage) -> bool:
    """Whether the action table can be read, so that its rows were ours to write."""
    return Column.TICKET in review.columns


def newest_of_ours(page: Page, stamp: Stamp, wiki: WikiReads, read: Callable[[Page], ReviewPage]) -> ReviewPage | None:
    """The newest version at or below `page` that is ours, as read; None where there is none.

    Where people had damaged the action table by then, we wrote around it: the rows are those of our newest version
    that has them, or what people typed over them before would look like ours.
    """
    found = wiki.stamped(page, stamp)
    if found is None:
        return None
    newest = read(found)
    if has_rows(newest) or not has_rows(read(page)):
        return newest
    for older in islice(wiki.versions(found), DEPTH):
        if older.version < found.version and stamp.is_on(older) and has_rows(before := read(older)):
            return newest.model_copy(update={"rows": before.rows, "columns": before.columns})
    return newest
