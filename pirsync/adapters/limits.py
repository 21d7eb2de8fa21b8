"""What a site asked us to hold back, and until when: writes to one issue, one endpoint, or all that we ask of it.

A 429 tells by `RateLimit-Reason` which of its limits was reached (facts: Jira, section 5). A hold on everything is
kept in the state, so that a restart respects it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum

from .answers import Effect, Request

BREATH = 0.25
"""Seconds between requests to an endpoint that is near its limit."""

LONGEST_BREATH = 1.0
LONGEST_NUMBER = 16
"""Digits from which a header says nothing usable."""

NEAR = 0.2
"""The share of a limit below which it is near; Cloud says so by a header, Data Center leaves it to us to reckon."""

LONGEST_KEPT = timedelta(days=1)
"""A hold that was kept and ends later than that was written by a clock that was wrong; quotas are hourly."""

_ISSUE = re.compile(r"rest/api/[^/]+/issue/([^/]+)(?:/|$)")
_PART_WITH_DIGIT = re.compile(r"[^/]*\d[^/]*")


class Scope(Enum):
    """What a limit is counted for."""

    ISSUE = "writes to one issue"
    ENDPOINT = "one method of one endpoint"
    PRODUCT = "everything"


def scope_of(reason: str) -> Scope:
    """What the limit of that `RateLimit-Reason` is counted for.

    Quotas are spelled in several ways; Data Center names no reason, and its bucket is of the account. Both, and what
    nobody has heard of yet, hold back everything.
    """
    if "per-issue" in reason:
        return Scope.ISSUE
    return Scope.ENDPOINT if "burst" in reason else Scope.PRODUCT


def breath(headers: Mapping[str, str]) -> float:
    """How many seconds to wait before asking again, because little is left of a limit; 0 while enough is."""
    left, limit = _number(headers, "X-RateLimit-Remaining"), _number(headers, "X-RateLimit-Limit")
    is_near = left is not None and limit is not None and left < limit * NEAR
    if not is_near and headers.get("X-RateLimit-NearLimit", "").lower() != "true":
        return 0.0
    interval, fill = _number(headers, "X-RateLimit-Interval-Seconds"), _number(headers, "X-RateLimit-FillRate")
    # A bucket: as long as it takes to get back the one that was used.
    return min(interval / fill, LONGEST_BREATH) if interval and fill else BREATH


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None


def _present() -> datetime:
    return datetime.now(UTC)


class Holds:
    """The holds on one product; safe to share between threads.

    `kept` is the end of a hold on everything that an earlier process left, and `keep` writes down a new one.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = _present,
        kept: datetime | None = None,
        keep: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self._now = now
        self._until: dict[str, datetime] = {}
        self._keep = keep
        self._lock = threading.Lock()
        if kept is not None and kept - now() < LONGEST_KEPT:
            self._until[""] = kept

    def wait(self, request: Request, effect: Effect) -> float:
        """How many seconds this request has to wait from now."""
        now = self._now()
        with self._lock:
            ends = [self._until.get(name, now) for name in ("", _endpoint(request), _issue(request, effect))]
        return max(0.0, (max(ends) - now).total_seconds())

    def refused(self, request: Request, effect: Effect, reason: str, seconds: float) -> None:
        """Hold back what a 429 was about for so many seconds."""
        scope = scope_of(reason)
        name = {Scope.ISSUE: _issue(request, effect), Scope.ENDPOINT: _endpoint(request), Scope.PRODUCT: ""}[scope]
        until = self._hold(name, seconds)
        if until is not None and scope is Scope.PRODUCT:
            self._keep(until)

    def answered(self, request: Request, headers: Mapping[str, str]) -> None:
        """Slow down a little where an answer tells that a limit is near."""
        if seconds := breath(headers):
            # A bucket is of the account, any other limit of the endpoint.
            self._hold("" if "X-RateLimit-FillRate" in headers else _endpoint(request), seconds)

    def _hold(self, name: str, seconds: float) -> datetime | None:
        """The end of a hold that is new or longer than the one there is."""
        now = self._now()
        until = now + timedelta(seconds=seconds)
        with self._lock:
            self._until = {scope: end for scope, end in self._until.items() if end > now}
            if until <= self._until.get(name, now):
                return None
            self._until[name] = until
        return until


def _endpoint(request: Request) -> str:
    """Method and path, without the ids and keys in it."""
    return f"{request.method} {_PART_WITH_DIGIT.sub('*', request.path)}"


def _issue(request: Request, effect: Effect) -> str:
    """The issue that a write is to; where none is named or it is a read, its endpoint."""
    found = _ISSUE.match(request.path)
    return f"issue {found[1]}" if found and effect is not Effect.READ else _endpoint(request)
