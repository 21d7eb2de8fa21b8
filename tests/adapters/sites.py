"""A served sandbox of one dialect, with the real adapters connected to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pirsync.adapters.confluence import Wiki, open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.model import Deployment
from pirsync.sandbox.people import SERVICE, User
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds.seed import seed
from tests import leaks

PACE = Pace(base=0.01, floor=0.01, cap=10)


@dataclass(frozen=True)
class Site:
    """The sandbox's world, and the adapters that see it over loopback."""

    world: World
    tracker: JiraTracker
    wiki: Wiki

    def person(self, name: str) -> User:
        """Somebody of the sandbox's directory."""
        found = self.world.people.find(name)
        assert found is not None
        return found

    def jira_account(self, name: str) -> str:
        """How this dialect's Jira calls that person."""
        return self.person(name).account_id if self.world.is_cloud else name

    def wiki_account(self, name: str) -> str:
        """How this dialect's Confluence calls that person."""
        return self.person(name).account_id if self.world.is_cloud else self.person(name).user_key


@contextmanager
def served(deployment: Deployment) -> Iterator[Site]:
    """A seeded sandbox and its adapters, acting as the service account."""
    world = World(deployment)
    # pirsync is to need no call that Cloud has removed.
    world.wiki.v1_pages_gone = True
    seed(world)
    with Running(world):
        user = SERVICE.email if world.is_cloud else SERVICE.name

        def to(url: str) -> Connection:
            return Connection(site_url=url, user=user, token=leaks.TOKENS[0], deployment=deployment)

        stop = threading.Event()
        tracker = JiraTracker(to(world.jira_url), stop, PACE)
        wiki = open_wiki(to(world.wiki_url), stop, PACE, world.clock.now)
        try:
            yield Site(world, tracker, wiki)
        finally:
            tracker.close()
            wiki.close()
