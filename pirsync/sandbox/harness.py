"""A sandbox for tests: served while the block lasts, broken by one call, and back at its beginning by another."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from . import store
from .clock import Clock
from .faults import rule_of
from .limits import limits_of
from .server import Running
from .world import Deployment, World
from .worlds.generate import Size, generate
from .worlds.seed import seed

USER, TOKEN = "review-service@example.com", "sandbox-token"


class Sandbox:
    """A running Jira and Confluence on loopback; a context manager.

    `world` is everything that they hold, to look at and to change from the test itself. `auth` is a user and a secret
    for Basic authentication; any other secret will do as well.
    """

    auth = (USER, TOKEN)

    def __init__(self, deployment: Deployment = "cloud", size: Size | None = None) -> None:
        self.world = World(deployment)
        if size is None:
            seed(self.world)
        else:
            generate(self.world, size)
        self._beginning = store.dump(self.world)
        self._running = Running(self.world)

    def __enter__(self) -> Sandbox:
        self._running.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return self.world.base_url

    @property
    def jira_url(self) -> str:
        """Jira's address, for a client's base URL."""
        return self.world.jira_url

    @property
    def wiki_url(self) -> str:
        """Confluence's address, for a client's base URL."""
        return self.world.wiki_url

    @property
    def clock(self) -> Clock:
        """The servers' clock: `advance(seconds)`, `set(moment)`."""
        return self.world.clock

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """Method, path and status of every API request since the last `reset`; status 0 was never answered."""
        return list(self.world.faults.log)

    def reset(self) -> None:
        """Everything as it was at the beginning: contents, clock, faults, log."""
        self.world.become(store.parse(self._beginning, "the beginning"))

    def fault(self, kind: str, **rule: Any) -> None:
        """Let requests meet a fault; docs/sandbox.md lists the kinds and what a rule may say. ValueError for others."""
        self.world.faults.add(rule_of({"kind": kind, **rule}))

    def lag(self, seconds: float) -> None:
        """From now on a search sees only what is older than so many seconds."""
        self.world.faults.lag = seconds

    def limit(self, **limits: Any) -> None:
        """Switch rate limits on: `burst`, `issue_writes`, `bucket`, as docs/sandbox.md says. ValueError for others."""
        self.world.faults.limits = limits_of(limits)
