"""A sandbox with a seeded Jira, and requests to it in either dialect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from pirsync.sandbox.people import User
from pirsync.sandbox.server import Running
from pirsync.sandbox.tracker import Issue, find_issue
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.seed import seed

AUTH = ("svc-pirsync", "token")


@dataclass
class Client:
    """Requests to Jira's REST API as the service account; paths are relative to `/rest/api/{version}`."""

    world: World
    session: requests.Session
    version: str = "2"

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        """Any request; `body` as JSON unless it is None."""
        url = f"{self.world.jira_url}/rest/api/{self.version}{path}"
        return self.session.request(method, url, json=body, params=params, timeout=60)

    def get(self, path: str, **params: Any) -> Any:
        """A GET that must succeed; its JSON."""
        answer = self.call("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: Any, expected: int) -> Any:
        """A write that must answer the expected status; its JSON, None without a body."""
        answer = self.call(method, path, body)
        assert expected == answer.status_code, answer.text
        return answer.json() if answer.content else None

    def search(self, jql: str, **params: Any) -> requests.Response:
        """A search in the dialect's own way."""
        return self.call("GET", "/search/jql" if self.world.is_cloud else "/search", jql=jql, **params)

    def keys(self, jql: str) -> list[str]:
        """The keys that a search finds, in its order."""
        answer = self.search(jql, fields="key", maxResults=100)
        assert answer.status_code == 200, answer.text
        return [issue["key"] for issue in answer.json()["issues"]]

    def issue(self, key: str) -> Issue:
        """The issue in the world."""
        found = find_issue(self.world, key)
        assert found is not None
        return found

    def person(self, name: str) -> User:
        """Somebody of the directory."""
        found = self.world.people.find(name)
        assert found is not None
        return found

    def account(self, name: str) -> dict[str, str]:
        """How this dialect names somebody in a field."""
        user = self.person(name)
        return {"accountId": user.account_id} if self.world.is_cloud else {"name": user.name}

    def new(self, project: str = "ACT", **fields: Any) -> dict[str, Any]:
        """The body of a new task."""
        return {"fields": {"project": {"key": project}, "issuetype": {"name": "Task"}, "summary": "Fix it", **fields}}


@contextmanager
def running(deployment: Deployment, version: str = "2") -> Iterator[Client]:
    """A client of a fresh, served world."""
    world = World(deployment)
    seed(world)
    with Running(world), requests.Session() as session:
        session.auth = AUTH
        yield Client(world, session, version)
