"""A served sandbox of either dialect with both products' seeds, and plain requests to any of its paths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from pirsync.sandbox.server import Running
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.seed import seed

AUTH = ("svc-pirsync", "token")
JIRA = {"cloud": "/rest/api/2", "datacenter": "/jira/rest/api/2"}
WIKI = {"cloud": "/wiki/api/v2/pages", "datacenter": "/confluence/rest/api/content"}


@dataclass
class Served:
    """Requests as the service account to paths from the server's root, by the address it listens at."""

    world: World
    session: requests.Session
    own: str

    @property
    def jira(self) -> str:
        """The path of Jira's API."""
        return JIRA[self.world.deployment]

    def call(self, path: str, method: str = "GET", fault: str = "", **parts: Any) -> requests.Response:
        """Any request; redirects are not followed."""
        headers = {"X-Sandbox-Fault": fault} if fault else {}
        headers |= parts.pop("headers", {})
        url = self.own + path
        return self.session.request(method, url, headers=headers, timeout=60, allow_redirects=False, **parts)

    def search(self, jql: str, fault: str = "", **params: Any) -> Any:
        """The JSON of a search in the dialect's own way."""
        path = f"{self.jira}/search/jql" if self.world.is_cloud else f"{self.jira}/search"
        answer = self.call(path, fault=fault, params={"jql": jql, "fields": "summary", **params})
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def served(deployment: Deployment, **how: Any) -> Iterator[Served]:
    """A fresh seeded world, served."""
    world = World(deployment)
    seed(world)
    with Running(world, **how) as running, requests.Session() as session:
        session.auth = AUTH
        yield Served(world, session, running.url)
