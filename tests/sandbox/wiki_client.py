"""A sandbox with a seeded wiki, and requests to it in either dialect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from pirsync.sandbox.server import Running
from pirsync.sandbox.wiki import Page, Space, find_space
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.wiki_seed import REVIEWS, seed

AUTH = ("svc-pirsync", "token")


@dataclass
class Client:
    """Requests to the wiki of a running sandbox as the service user; paths are relative to the wiki's address."""

    world: World
    session: requests.Session

    def get(self, path: str, **params: Any) -> requests.Response:
        """GET; `body_format` in `params` becomes `body-format`."""
        named = {name.replace("_", "-"): value for name, value in params.items()}
        return self.session.get(self.world.wiki_url + path, params=named, timeout=60)

    def send(self, method: str, path: str, body: Any, **headers: str) -> requests.Response:
        """Any method with a JSON body."""
        return self.session.request(method, self.world.wiki_url + path, json=body, headers=headers, timeout=60)

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """One of the sandbox's own calls; its JSON."""
        answer = self.session.request(method, f"{self.world.base_url}/__sandbox/{name}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def running(deployment: Deployment) -> Iterator[Client]:
    """A client of a fresh, served world."""
    world = World(deployment)
    seed(world)
    with Running(world), requests.Session() as session:
        session.auth = AUTH
        yield Client(world, session)


def space(world: World, key: str = "OPS") -> Space:
    """A seeded space."""
    found = find_space(world, key)
    assert found is not None
    return found


def page_titled(world: World, title: str = REVIEWS) -> Page:
    """The page of that title."""
    (found,) = [page for page in world.wiki.pages.values() if page.title == title]
    return found


def v2_page(world: World, title: str, body: str = "<p>x</p>", parent: Page | None = None) -> dict[str, Any]:
    """What creates a page on Cloud."""
    sent: dict[str, Any] = {
        "spaceId": str(space(world).id),
        "status": "current",
        "title": title,
        "body": {"representation": "storage", "value": body},
    }
    return sent | ({"parentId": str(parent.id)} if parent else {})


def v2_update(page: Page, number: int, body: str, title: str | None = None) -> dict[str, Any]:
    """What updates a page on Cloud."""
    return {
        "id": str(page.id),
        "status": "current",
        "title": title or page.title,
        "body": {"representation": "storage", "value": body},
        "version": {"number": number, "message": "m", "minorEdit": True},
    }


def v1_page(title: str, body: str = "<p>x</p>", parent: Page | None = None) -> dict[str, Any]:
    """What creates a page on Data Center."""
    sent: dict[str, Any] = {
        "type": "page",
        "title": title,
        "space": {"key": "OPS"},
        "body": {"storage": {"value": body, "representation": "storage"}},
    }
    return sent | ({"ancestors": [{"id": str(parent.id)}]} if parent else {})


def v1_update(page: Page, number: int, body: str, title: str | None = None) -> dict[str, Any]:
    """What updates a page on Data Center."""
    return {
        "type": "page",
        "status": "current",
        "title": title or page.title,
        "version": {"number": number, "message": "m", "minorEdit": True},
        "body": {"storage": {"value": body, "representation": "storage"}},
    }
