"""The groups of Confluence: everybody who is there, and who administers it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .people import User

if TYPE_CHECKING:
    from .world import World

_IDS = uuid.UUID("0b7f3a52-9c1e-4d6a-8f20-51e7c3b9d4aa")


@dataclass(frozen=True)
class Group:
    """One group; its id, which only Cloud knows, follows from its name."""

    name: str
    members: tuple[User, ...]

    @property
    def id(self) -> str:
        """The id of Cloud."""
        return str(uuid.uuid5(_IDS, self.name))


def groups(world: World) -> tuple[Group, ...]:
    """All groups by name."""
    there = tuple(user for user in world.people.all() if user.active)
    administrators = "site-admins" if world.is_cloud else "confluence-administrators"
    known = (Group("confluence-users", there), Group(administrators, tuple(user for user in there if user.service)))
    return tuple(sorted(known, key=lambda group: group.name))


def groups_of(world: World, user: User) -> list[Group]:
    """The groups that somebody is in."""
    return [group for group in groups(world) if user in group.members]
