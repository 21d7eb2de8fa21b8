"""The tree of pages: what lies below one, moving a page with all that hangs below it, and copying one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import User
from pirsync.sandbox.text.normalise import Refused

from .changes import add_labels, checked_title, create_page, set_property
from .index import in_space, note, refresh
from .nouns import Page, Space
from .store import ancestors, children, space_of

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Position = Literal["append", "before", "after"]


@dataclass(frozen=True)
class Copied:
    """What goes along with a copied page's body and title."""

    properties: bool = False
    labels: bool = False
    permissions: bool = False


def descendants(world: World, page: Page, deepest: int | None = None) -> Iterator[tuple[Page, int]]:
    """All current pages below with their depth (1: directly below), a page before what hangs below it."""
    waiting = [(child, 1) for child in children(world, page)][::-1]
    while waiting:
        below, depth = waiting.pop()
        yield below, depth
        if deepest is None or depth < deepest:
            waiting += [(child, depth + 1) for child in children(world, below)][::-1]


def top_pages(world: World, space: Space) -> list[Page]:
    """The current pages of a space that hang below none, in their order."""
    ids = refresh(world.wiki).having("parent", None) & in_space(world.wiki, space.id, "current")
    top = [world.wiki.pages[number] for number in sorted(ids)]
    return sorted((one for one in top if one.kind == "page"), key=lambda page: page.position)


def move_page(world: World, page: Page, parent: Page) -> None:
    """Hang the page below another, as its last; `Refused` when that one is the page itself or below it."""
    if page is parent or page in ancestors(world, parent):
        raise Refused("Cannot move a page below itself or one of its descendants")
    _change_space(world, page, space_of(world, parent))
    page.parent_id = parent.id
    page.position = max((child.position for child in children(world, parent) if child is not page), default=0) + 1
    note(world.wiki, page)


def move_beside(world: World, page: Page, position: Position, target: Page) -> None:
    """`append` the page below the target, or put it `before` or `after` it; `Refused`, `TitleTaken` in a new space."""
    if position == "append":
        move_page(world, page, target)
        return
    if page is target or page in ancestors(world, target):
        raise Refused("Cannot move a page below itself or one of its descendants")
    _change_space(world, page, space_of(world, target))
    page.parent_id = target.parent_id
    note(world.wiki, page)
    above = world.wiki.pages.get(target.parent_id) if target.parent_id else None
    beside = list(children(world, above)) if above else top_pages(world, space_of(world, target))
    ordered = [one for one in beside if one is not page]
    ordered.insert(ordered.index(target) + (position == "after"), page)
    for place, one in enumerate(ordered, start=1):
        one.position = place


def copy_page(
    world: World, actor: User, page: Page, space: Space, parent: Page | None, title: str, copied: Copied
) -> Page:
    """A new page with the body of another: ids written in the body or in a property still are the old page's."""
    new = create_page(world, actor, space, parent, title, page.current.body)
    carry_over(world, actor, page, new, copied)
    return new


def carry_over(world: World, actor: User, page: Page, new: Page, copied: Copied) -> None:
    """Give a copy what else is to go along."""
    if copied.properties:
        for prop in page.properties.values():
            held = new.properties.get(prop.key)
            set_property(world, actor, new, prop.key, prop.value, held.version + 1 if held else 1)
    if copied.labels:
        add_labels(world, new, list(page.labels))
    if copied.permissions:
        new.restricted_to = None if page.restricted_to is None else set(page.restricted_to)
        new.editors = None if page.editors is None else set(page.editors)
        note(world.wiki, new)


def _change_space(world: World, page: Page, space: Space) -> None:
    if page.space_id == space.id:
        return
    moved = [page, *(below for below, _ in descendants(world, page))]
    for one in moved:
        checked_title(world, space, one.title, one)
    for one in moved:
        one.space_id = space.id
        note(world.wiki, one)
