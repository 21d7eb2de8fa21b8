"""What a pass has to tell: one result for each incident with news, and one for each index."""

from __future__ import annotations

from datetime import datetime

from .changes import Change
from .decision import Finding
from .model import Noun


class Result(Noun):
    """One incident's outcome. `failure` says why it could not be settled; `waiting` what is held back until `wake`."""

    key: str
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    waiting: str = ""
    wake: datetime | None = None
    failure: str = ""
    reason: str = ""

    @property
    def is_news(self) -> bool:
        """Whether there is anything to tell of it."""
        return bool(self.changes or self.findings or self.waiting or self.failure or self.reason)


class Report(Noun):
    """A pass: how many incidents it looked at, how many have a review, and what is to be told of each.

    `left` is how many incidents it left to the next pass, because it had made as many requests as it may.
    """

    looked_at: int
    reviews: int
    results: tuple[Result, ...]
    left: int = 0

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that was written, in order."""
        return tuple(change for result in self.results for change in result.changes)

    @property
    def failed(self) -> tuple[Result, ...]:
        """The incidents that could not be settled."""
        return tuple(result for result in self.results if result.failure)

    @property
    def waiting(self) -> tuple[Result, ...]:
        """The incidents with something held back."""
        return tuple(result for result in self.results if result.waiting)
