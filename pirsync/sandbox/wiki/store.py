"""The wiki's store: what one Confluence holds, where pages stand, who sees them, and what a search knows of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pirsync.sandbox.people import User

from .index import Index, placed_below
from .nouns import Conversion, Page, Space, Task, Version

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

    from .attachments import Attachment
    from .comments import Comment


_IDS = uuid.UUID("6f1c2d5e-8a37-4c0b-9d1e-2b7a90c4e5f6")


@dataclass
class Wiki:
    """All spaces and pages by id, and the label names with their ids; one counter numbers everything.

    `v1_pages_gone` makes Cloud answer 410 to the page calls of its older API; `tasks` and `conversions` are what was
    asked for and is fetched later, by their ids.
    """

    spaces: dict[int, Space] = field(default_factory=dict)
    pages: dict[int, Page] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    attachments: dict[int, Attachment] = field(default_factory=dict)
    label_ids: dict[str, int] = field(default_factory=dict)
    index: Index = field(default_factory=Index)
    last_id: int = 98_304
    v1_pages_gone: bool = False
    tasks: dict[int, Task] = field(default_factory=dict)
    conversions: dict[str, Conversion] = field(default_factory=dict)

    def new_id(self) -> int:
        """The next free number."""
        self.last_id += 1
        return self.last_id

    def new_uuid(self) -> str:
        """A macro's, a task's or a table's id; the same world gives the same ones again."""
        return str(uuid.uuid5(_IDS, str(self.new_id())))


def find_space(world: World, ref: str | int) -> Space | None:
    """The space of this key (in any case) or id."""
    for space in world.wiki.spaces.values():
        if space.id == ref or str(space.id) == ref or space.key.casefold() == str(ref).casefold():
            return space
    return None


def find_page(world: World, page_id: str | int) -> Page | None:
    """The page of this id in whatever status; None too for what is no number."""
    text = str(page_id)
    return world.wiki.pages.get(int(text)) if text.isascii() and text.isdigit() else None


def space_of(world: World, page: Page) -> Space:
    """The page's space."""
    return world.wiki.spaces[page.space_id]


def ancestors(world: World, page: Page) -> list[Page]:
    """The pages above, the top one first."""
    above: list[Page] = []
    parent_id = page.parent_id
    while parent_id is not None and parent_id in world.wiki.pages:
        parent = world.wiki.pages[parent_id]
        above.insert(0, parent)
        parent_id = parent.parent_id
    return above


def status_of(page: Page, version: Version) -> str:
    """What a version of the page is: the page's own status for the newest, else `draft` or `historical`."""
    if version is page.current:
        return page.status
    return "draft" if version is page.draft else "historical"


def children(world: World, page: Page) -> Iterator[Page]:
    """The current pages directly below, in their order: as they were made, unless somebody moved them."""
    below = [one for one in placed_below(world.wiki, page.id) if one.parent_id == page.id and one.status == "current"]
    return iter(sorted(below, key=lambda child: child.position))


def may_see(world: World, actor: User | None, page: Page) -> bool:
    """Whether the page exists for the actor: a restriction above counts, a draft is its author's alone.

    Nothing exists for an anonymous one.
    """
    if actor is None:
        return False
    author = page.versions[0].author
    if page.status == "draft" and (author is None or author.account_id != actor.account_id):
        return False
    chain = [page, *ancestors(world, page)]
    return all(_admits(world, actor, each.restricted_to) for each in chain)


def may_edit(world: World, actor: User | None, page: Page) -> bool:
    """Whether the actor may save a version, a property or a label of the page."""
    return page.status == "current" and may_change(world, actor, page)


def may_change(world: World, actor: User | None, page: Page) -> bool:
    """Like `may_edit`, in whatever status the page is: whether the actor may restore, publish or delete it."""
    if actor is None or not may_see(world, actor, page):
        return False
    return _admits(world, actor, page.editors)


def _admits(world: World, actor: User, named: set[str] | None) -> bool:
    return named is None or not named.isdisjoint(world.people.ids_of(actor))


@dataclass(frozen=True)
class Indexed:
    """A page as the search index knows it: an older title, body and labels while the index lags."""

    page: Page
    title: str
    body: str
    changed: datetime
    labels: tuple[str, ...]


def as_it_is(page: Page) -> Indexed:
    """What a search sees of the page that does not lag."""
    return Indexed(page, page.title, page.current.body, page.current.at, tuple(page.labels))


def as_indexed(world: World, page: Page) -> Indexed | None:
    """What a search sees of the page at present; None while the index does not know it at all."""
    if not world.faults.lag:
        return as_it_is(page)
    horizon = world.clock.now() - timedelta(seconds=world.faults.lag)
    known = [version for version in page.versions if version.at <= horizon]
    if not known:
        return None
    labels = tuple(name for name in page.labels if page.labelled[name] <= horizon)
    return Indexed(page, known[-1].title, known[-1].body, known[-1].at, labels)
