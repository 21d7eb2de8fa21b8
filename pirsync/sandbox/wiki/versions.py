"""What happens to a page over time: drafts and their publishing, old versions, the archive, the trash and the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pirsync.sandbox.people import User
from pirsync.sandbox.text.merge import merge
from pirsync.sandbox.text.normalise import Refused

from .changes import Conflict, add_page, checked_title, normalised, set_status, update_page
from .index import forget, note, placed_below
from .nouns import Kind, Page, Space, Version
from .store import space_of

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def create_draft(
    world: World, actor: User, space: Space, parent: Page | None, title: str, body: str, kind: Kind = "page"
) -> Page:
    """A page that is not published yet; its title may be empty or another's, until it is."""
    first = Version(1, world.clock.now(), actor, "", False, normalised(world, body), title.strip())
    page = add_page(world, space, parent, first, kind)
    set_status(world, page, "draft")
    return page


def rewrite_draft(world: World, actor: User, page: Page, title: str, body: str, number: int) -> Version:
    """Save a page that was never published: it stays at version 1, which is what `number` must be, else `Conflict`."""
    if number != 1:
        raise Conflict(0, number)
    saved = Version(1, world.clock.now(), actor, "", False, normalised(world, body), title.strip())
    page.versions[:] = [saved]
    page.title = saved.title
    note(world.wiki, page)
    return saved


def tell_first(page: Page, message: str) -> None:
    """Give a page that has just been made the message of its first version."""
    page.versions[0] = replace(page.versions[0], message=message)


def publish(world: World, actor: User, page: Page, title: str, body: str, number: int, message: str) -> Version:
    """Make a draft a published page at version 1, which is what `number` must be; `Refused`, `TitleTaken`."""
    if number != 1:
        raise Conflict(0, number)
    title = checked_title(world, space_of(world, page), title, page)
    first = Version(1, world.clock.now(), actor, message, False, normalised(world, body), title)
    page.versions[:] = [first]
    page.title = title
    page.created = first.at
    note(world.wiki, page)
    set_status(world, page, "current")
    return first


def save_draft(world: World, actor: User, page: Page, title: str, body: str, number: int) -> Version:
    """Keep a draft over the published version; it has no version of its own and bears the number of that one.

    `number` is the one that publishing it would make; `Conflict` when that is not the next.
    """
    if number != page.current.number + 1:
        raise Conflict(page.current.number, number)
    title = title.strip() or page.title
    page.draft = Version(number - 1, world.clock.now(), actor, "", False, normalised(world, body), title)
    return page.draft


def discard_draft(world: World, page: Page) -> None:
    """Forget a draft; a page that was never published goes with it."""
    if page.status == "draft":
        purge(world, page)
    page.draft = None


def save_published(
    world: World, actor: User, page: Page, title: str, body: str, number: int, message: str, minor: bool = False
) -> Version:
    """`update_page`, and what it does to a draft: merged where both changed different blocks, overridden where not."""
    before = page.current.body
    saved = update_page(world, actor, page, title, body, number, message, minor)
    if page.draft is not None:
        merged = merge(before, page.draft.body, saved.body)
        page.draft = replace(page.draft, number=saved.number, body=saved.body if merged is None else merged)
    return saved


def rename(world: World, actor: User, page: Page, title: str) -> Version:
    """A new version that differs by its title only; a page that was never published stays at version 1."""
    if page.status == "draft":
        return rewrite_draft(world, actor, page, title, page.current.body, 1)
    return save_published(world, actor, page, title, page.current.body, page.current.number + 1, "")


def restore_version(world: World, actor: User, page: Page, number: int, message: str, with_title: bool) -> Version:
    """A new version with the body of an old one, and its title too if asked; `Refused` for the newest or none."""
    old = _old(page, number)
    title = old.title if with_title else page.title
    return save_published(world, actor, page, title, old.body, page.current.number + 1, message)


def delete_version(page: Page, number: int) -> None:
    """Take an old version out; those above it move down by one. `Refused` for the newest or none."""
    page.versions.remove(_old(page, number))
    page.versions[:] = [replace(version, number=place) for place, version in enumerate(page.versions, start=1)]


def archive(world: World, page: Page) -> None:
    """Put a page away, still readable; those below it move up to its parent."""
    _lift(world, page)
    set_status(world, page, "archived")


def trash(world: World, page: Page) -> None:
    """Throw a page away; those below it move up to its parent, its draft is lost."""
    _lift(world, page)
    page.draft = None
    set_status(world, page, "trashed")


def restore(world: World, actor: User, page: Page, number: int) -> Version:
    """Bring a page back from the trash under its title as the next version; `Conflict`, `TitleTaken`."""
    if number != page.current.number + 1:
        raise Conflict(page.current.number, number)
    checked_title(world, space_of(world, page), page.title, page)
    parent = world.wiki.pages.get(page.parent_id) if page.parent_id else None
    if parent is None or parent.status != "current":
        page.parent_id = None
    saved = replace(page.current, number=number, at=world.clock.now(), author=actor, message="", minor=False)
    page.versions.append(saved)
    set_status(world, page, "current")
    note(world.wiki, page)
    return saved


def purge(world: World, page: Page) -> None:
    """The end of a page: nothing is left of it."""
    del world.wiki.pages[page.id]
    forget(world.wiki, [page.id])


def _old(page: Page, number: int) -> Version:
    for version in page.versions[:-1]:
        if version.number == number:
            return version
    if number == page.current.number:
        raise Refused(f"Cannot use the current version: {number}")
    raise Refused(f"No version {number} of content with id: ContentId{{id={page.id}}}")


def _lift(world: World, page: Page) -> None:
    for child in list(placed_below(world.wiki, page.id)):
        if child.parent_id == page.id and child.status != "trashed":
            child.parent_id = page.parent_id
            note(world.wiki, child)
