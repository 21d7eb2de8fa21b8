"""What a pass is asked to do, and within which limits. Values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

CHUNK = 250
"""Incidents whose pages are read in one request on Cloud."""


class Mode(Enum):
    """Which incidents a pass looks at: those with news, all, or those named.

    A survey looks at all of them and writes nothing remote: it only learns, and leaves the rest to the next pass.
    History is all that was closed since a day, whatever the team's own `closed_since` is.
    """

    NEWS = "news"
    ALL = "all"
    NAMED = "named"
    SURVEY = "survey"
    HISTORY = "history"


SWEEPS = (Mode.ALL, Mode.SURVEY)


@dataclass(frozen=True)
class Selection:
    """What a pass is asked to do; `keys` are the incidents named, `since` the day on which history begins."""

    mode: Mode
    keys: tuple[str, ...] = ()
    since: date | None = None


@dataclass(frozen=True)
class Limits:
    """The brake, in creates a pass, and how far a poll looks back behind its watermark.

    `requests` counts those of this pass; once they are `max_requests` (0: no matter how many), it begins with no
    further incident.
    """

    max_creates: int
    overlap: timedelta
    max_requests: int = 0
    requests: Callable[[], int] = lambda: 0

    @property
    def is_spent(self) -> bool:
        """Whether the pass has made as many requests as it may."""
        return 0 < self.max_requests <= self.requests()

    @property
    def chunk(self) -> int:
        """How many incidents are read together: so many that none of a small allowance is overdrawn by far."""
        return max(1, min(CHUNK, self.max_requests // 4)) if self.max_requests else CHUNK
