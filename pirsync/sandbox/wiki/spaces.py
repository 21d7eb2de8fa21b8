"""Spaces as they are made, changed and deleted with all that is in them; a key is one space's alone, in any case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pirsync.sandbox.people import User
from pirsync.sandbox.text.normalise import Refused

from .changes import create_space
from .index import forget, hidden, in_space
from .nouns import Page, Space
from .store import find_space

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

LONGEST_NAME = 200
_KEY = re.compile(r"~?[A-Za-z0-9]{1,255}")
_PERSONAL = re.compile(r"~[A-Za-z0-9_.:-]{1,254}")


def key_from(world: World, name: str) -> str:
    """A free key for a space of that name, as Cloud makes one when none is sent."""
    letters = re.sub(r"[^A-Za-z0-9]", "", name)[:10] or "SPACE"
    key, number = letters, 1
    while find_space(world, key) is not None:
        number += 1
        key = f"{letters}{number}"
    return key


def make_space(world: World, actor: User, key: str, name: str, description: str = "") -> Space:
    """A new space with its home page; `Refused` for a key or name that is none, or a key that is taken."""
    if not (_KEY.fullmatch(key) or _PERSONAL.fullmatch(key)):
        raise Refused(f"Invalid space key: {key}")
    if any(space.key.casefold() == key.casefold() for space in world.wiki.spaces.values()):
        raise Refused(f"A space already exists with key {key}")
    space = create_space(world, actor, key, checked_name(name))
    space.description = description
    return space


def checked_name(name: str) -> str:
    """A space's name without blanks around it; `Refused` when it is empty or too long."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"The name of a space must have 1 to {LONGEST_NAME} characters")
    return name


def delete_space(world: World, space: Space) -> None:
    """Delete a space with its pages and everything on them, for good."""
    pages = [page for page in world.wiki.pages.values() if page.space_id == space.id]
    forget(world.wiki, [page.id for page in pages])
    for page in pages:
        for comment in page.comments:
            del world.wiki.comments[comment.id]
        for attachment in page.attachments:
            del world.wiki.attachments[attachment.id]
        del world.wiki.pages[page.id]
    del world.wiki.spaces[space.id]


def pages_in(world: World, actor: User | None, space: Space) -> list[Page]:
    """The current pages of a space that the actor sees, oldest first."""
    if actor is None:
        return []
    held = in_space(world.wiki, space.id, "current") - hidden(world.wiki, world.people.ids_of(actor))
    return [world.wiki.pages[number] for number in sorted(held)]
