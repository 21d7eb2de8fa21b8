"""Who may read and who may change a page: people and groups by operation; an empty set of them restricts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import Group, User
from pirsync.sandbox.text.normalise import Refused

from .index import note
from .nouns import Page

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Operation = Literal["read", "update"]
OPERATIONS: tuple[Operation, ...] = ("read", "update")


def restricted(page: Page, operation: Operation) -> set[str] | None:
    """The ids of the accounts and groups that alone may do it; None: everybody may."""
    return page.restricted_to if operation == "read" else page.editors


def people_of(world: World, page: Page, operation: Operation) -> list[User]:
    """The people that a restriction names, in the directory's order."""
    named = restricted(page, operation) or set()
    return [user for user in world.people.all() if user.account_id in named]


def groups_of(world: World, page: Page, operation: Operation) -> list[Group]:
    """The groups that a restriction names, in the directory's order."""
    named = restricted(page, operation) or set()
    return [group for group in world.people.groups if group.id in named]


def restrict(world: World, actor: User, page: Page, wanted: Mapping[Operation, set[str]]) -> None:
    """Put these sets in place; operations that are not named stay. `Refused` when the actor would shut themself out."""
    new = {operation: wanted.get(operation, restricted(page, operation) or set()) for operation in OPERATIONS}
    own = world.people.ids_of(actor)
    if any(named and own.isdisjoint(named) for named in new.values()):
        raise Refused("Cannot remove the current user's own access to the content")
    page.restricted_to, page.editors = new["read"] or None, new["update"] or None
    note(world.wiki, page)


def allow(world: World, page: Page, operation: Operation, ref: str) -> None:
    """Add an account or a group, by its id, to a restriction; the first one makes it."""
    _set(world, page, operation, (restricted(page, operation) or set()) | {ref})


def disallow(world: World, page: Page, operation: Operation, ref: str) -> None:
    """Take an account or a group out of a restriction; without the last one it restricts nobody."""
    _set(world, page, operation, (restricted(page, operation) or set()) - {ref})


def _set(world: World, page: Page, operation: Operation, named: set[str]) -> None:
    if operation == "read":
        page.restricted_to = named or None
    else:
        page.editors = named or None
    note(world.wiki, page)
