"""A small tracker at noon of a fixed day, and searches in it."""

from __future__ import annotations

from datetime import UTC, datetime

from pirsync.sandbox.jql.search import Search, search
from pirsync.sandbox.jql.syntax import parse
from pirsync.sandbox.people import SERVICE, User
from pirsync.sandbox.tracker import Issue, create_issue
from pirsync.sandbox.tracker.setup import TASK, set_up
from pirsync.sandbox.world import World

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


class Desk:
    """A small tracker at noon of a fixed day."""

    def __init__(self) -> None:
        self.world = World("cloud")
        set_up(self.world)
        self.world.clock.set(NOON)

    def add(self, summary: str, **values: object) -> Issue:
        project = self.world.tracker.project("ACT")
        assert project is not None
        return create_issue(self.world, SERVICE, project, TASK, {"summary": summary, **values})

    def find(self, jql: str, viewer: User = SERVICE) -> list[str]:
        run = Search(self.world, viewer)
        found = search(run, parse(jql))
        assert run.problems == []
        return [issue.summary for issue in found]

    def problems(self, jql: str) -> list[str]:
        run = Search(self.world, SERVICE)
        search(run, parse(jql))
        return run.problems

    def person(self, name: str) -> User:
        found = self.world.people.find(name)
        assert found is not None
        return found
