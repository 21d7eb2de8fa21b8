"""Who may read and who may change a page: sets of people by operation; an empty one restricts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import User
from pirsync.sandbox.text.normalise import Refused

from .index import note
from .nouns import Page

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Operation = Literal["read", "update"]
OPERATIONS: tuple[Operation, ...] = ("read", "update")


def restricted(page: Page, operation: Operation) -> set[str] | None:
    """The account ids that alone may do it; None: everybody may."""
    return page.restricted_to if operation == "read" else page.editors


def people_of(world: World, page: Page, operation: Operation) -> list[User]:
    """The people that a restriction names, in the directory's order."""
    named = restricted(page, operation) or set()
    return [user for user in world.people.all() if user.account_id in named]


def restrict(world: World, actor: User, page: Page, wanted: Mapping[Operation, set[str]]) -> None:
    """Put these sets in place; operations that are not named stay. `Refused` when the actor would shut themself out."""
    new = {operation: wanted.get(operation, restricted(page, operation) or set()) for operation in OPERATIONS}
    if any(people and actor.account_id not in people for people in new.values()):
        raise Refused("Cannot remove the current user's own access to the content")
    page.restricted_to, page.editors = new["read"] or None, new["update"] or None
    note(world.wiki, page)


def allow(world: World, page: Page, operation: Operation, user: User) -> None:
    """Add a person to a restriction; the first one makes it."""
    _set(world, page, operation, (restricted(page, operation) or set()) | {user.account_id})


def disallow(world: World, page: Page, operation: Operation, user: User) -> None:
    """Take a person out of a restriction; without the last one it restricts nobody."""
    _set(world, page, operation, (restricted(page, operation) or set()) - {user.account_id})


def _set(world: World, page: Page, operation: Operation, people: set[str]) -> None:
    if operation == "read":
        page.restricted_to = people or None
    else:
        page.editors = people or None
    note(world.wiki, page)
