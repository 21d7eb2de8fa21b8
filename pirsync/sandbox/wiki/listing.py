"""Lists of pages by what the pages are now: the first of a list cost what they cost, not what the whole list would."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.people import User

from .index import refresh
from .nouns import Kind, Page
from .store import may_see

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


@dataclass(frozen=True)
class Wanted:
    """What the pages of a list must be: of one of these statuses, kinds, spaces and ids; an empty one asks nothing.

    `terms` are further terms of the index, each with the value that a page must have.
    """

    statuses: Collection[str]
    kinds: Collection[Kind] = ()
    spaces: Collection[int] = ()
    ids: Collection[int] = ()
    terms: Collection[tuple[str, Any]] = ()


def listed(world: World, actor: User | None, wanted: Wanted, rank: str = "", direction: int = 1) -> Iterator[Page]:
    """The pages that are all that is wanted and that the actor sees, by a rank of the index or else by id.

    They are found while they are taken; nothing may change the wiki meanwhile.
    """
    present = refresh(world.wiki)
    groups = [[present.having(term, value)] for term, value in wanted.terms]
    for term, values in (("status", wanted.statuses), ("kind", wanted.kinds), ("space", wanted.spaces)):
        groups += [[present.having(term, value) for value in values]] if values else []
    groups += [[set(wanted.ids) & present.everything]] if wanted.ids else []
    least = min(groups, key=lambda group: sum(len(ids) for ids in group))
    for number in present.walk(least[0] if len(least) == 1 else set().union(*least), rank, direction):
        if all(any(number in ids for ids in group) for group in groups):
            page = world.wiki.pages[number]
            if may_see(world, actor, page):
                yield page
