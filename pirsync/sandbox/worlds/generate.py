"""A world of any size, the same for the same seed and present: two years of issues and pages, made by state changes.

Everything goes through the functions that the APIs use, under a clock that stands at the moment of each change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from pirsync.sandbox.clock import Clock
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import index as tracker_index
from pirsync.sandbox.tracker import setup
from pirsync.sandbox.wiki import index as wiki_index

from . import generate_words as words
from . import wiki_seed
from .generate_issues import make_issues
from .generate_pages import make_pages

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

SPAN = timedelta(days=730)
"""How far back the history goes."""


@dataclass(frozen=True)
class Size:
    """How many issues and pages; spaces' own pages come on top, so that a world of none has what a new site has."""

    issues: int
    pages: int
    seed: int = 0


class Stopped(Clock):
    """A clock that stands where it was set."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._at = at

    def now(self) -> datetime:
        """The moment at which it stands."""
        return self._at

    def set(self, instant: datetime) -> None:
        """Stand at that moment."""
        self._at = instant

    def advance(self, seconds: float) -> None:
        """Stand so many seconds later."""
        self._at += timedelta(seconds=seconds)


def generate(world: World, size: Size) -> None:
    """Configure an empty world and fill it; its clock goes on afterwards."""
    chance = Random(size.seed)
    with _stopped(world) as present:
        for number, (name, shown) in enumerate(words.PEOPLE, 11):
            world.people.add(_person(number, name, shown))
        world.clock.set(present - SPAN)
        setup.set_up(world)
        wiki_seed.seed(world)
        make_issues(world, chance, size.issues, (present - SPAN, present))
        make_pages(world, chance, size.pages, (present - SPAN, present))
    for issue in world.tracker.issues.values():
        issue.before = None  # A past that no search lags behind.
    tracker_index.refresh(world.tracker)
    wiki_index.refresh(world.wiki)


@contextmanager
def _stopped(world: World) -> Iterator[datetime]:
    """Stop the world's clock; the present to the minute, so that a world is the same a second later."""
    running = world.clock
    present = running.now().replace(second=0, microsecond=0)
    world.clock = Stopped(present)
    try:
        yield present
    finally:
        world.clock = running


def _person(number: int, name: str, shown: str) -> User:
    return User(
        name=name,
        display_name=shown,
        email=f"{name}@example.com",
        account_id=f"712020:{number:08x}-5a4b-4c3d-8e2f-{number:012x}",
        key=f"JIRAUSER{10100 + number}",
        user_key=f"8a7f808a{number:024x}",
    )
