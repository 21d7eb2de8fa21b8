"""Rate limits that count, by the sandbox's clock: Cloud's bursts and writes to one issue, Data Center's bucket."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BURST = {"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50, "GET issue": 150, "GET changelog": 200}
"""Requests a second to one endpoint of Jira Cloud, by method; reading an issue or its changelog has its own."""

ISSUE_WRITES = ((20, 2.0), (100, 30.0))
"""Writes to one issue of Jira Cloud, and in how many seconds."""

_JIRA = re.compile(r"/rest/api/[^/]+/(.*)")
_ISSUE = re.compile(r"issue/([^/]+)(/.*)?")
_PART_WITH_DIGIT = re.compile(r"[^/]*\d[^/]*")


@dataclass(frozen=True)
class Bucket:
    """Data Center's token bucket of an account: at most `size` tokens, `fill` more every `interval` seconds."""

    size: int = 50
    fill: int = 10
    interval: int = 1


@dataclass(frozen=True)
class Count:
    """One request against a limit: what it leaves, or that it is too many and how many seconds to wait."""

    reason: str
    limit: int
    remaining: int
    wait: int = 0
    refused: bool = False


@dataclass
class _Tokens:
    left: float
    at: datetime


@dataclass
class Limits:
    """Which limits hold (empty or None: none), and what they have counted.

    `burst` is requests a second by method, `issue_writes` pairs of writes and seconds.
    """

    burst: dict[str, int] = field(default_factory=dict)
    issue_writes: tuple[tuple[int, float], ...] = ()
    bucket: Bucket | None = None
    _moments: dict[str, deque[datetime]] = field(default_factory=dict)
    _tokens: dict[str, _Tokens] = field(default_factory=dict)

    def count_burst(self, method: str, path: str, now: datetime) -> Count | None:
        """Count a request to an endpoint of Jira Cloud; None where no limit is set."""
        found = _JIRA.fullmatch(path)
        if not self.burst or found is None:
            return None
        endpoint = _PART_WITH_DIGIT.sub("*", found[1])
        named = "issue" if endpoint == "issue/*" else "changelog" if endpoint.endswith("/changelog") else ""
        limit = self.burst.get(f"{method} {named}") or self.burst.get(method)
        if limit is None:
            return None
        left = self._window(f"{method} {endpoint}", limit, 1.0, now)
        return Count("jira-burst-based", limit, max(left, 0), 1, refused=left < 0)

    def count_write(self, issue: int, now: datetime) -> Count | None:
        """Count a write to one issue; None where no limit is set."""
        worst: Count | None = None
        for limit, seconds in self.issue_writes:
            left = self._window(f"{issue} {seconds}", limit, seconds, now)
            count = Count("jira-per-issue-on-write", limit, max(left, 0), int(seconds), refused=left < 0)
            if count.refused:
                return count
            worst = count if worst is None or count.remaining < worst.remaining else worst
        return worst

    def count_token(self, account: str, now: datetime) -> Count | None:
        """Take a token of the account's bucket; None where there is no bucket."""
        if self.bucket is None:
            return None
        size, fill, interval = self.bucket.size, self.bucket.fill, self.bucket.interval
        tokens = self._tokens.setdefault(account, _Tokens(size, now))
        steps = max(0, int((now - tokens.at).total_seconds() // interval))
        if steps or now < tokens.at:
            tokens.left, tokens.at = min(size, tokens.left + steps * fill), now
        if tokens.left < 1:
            return Count("", size, 0, interval, refused=True)
        tokens.left -= 1
        return Count("", size, int(tokens.left))

    def _window(self, name: str, limit: int, seconds: float, now: datetime) -> int:
        """How many are left in the window after this one; -1 when this one is too many, and then it is not counted."""
        moments = self._moments.setdefault(name, deque())
        while moments and not 0 <= (now - moments[0]).total_seconds() < seconds:
            moments.popleft()
        if len(moments) >= limit:
            return -1
        moments.append(now)
        return limit - len(moments)


def issue_of(path: str) -> str | None:
    """The id or key of the issue that a path of Jira's API is about; None for other paths."""
    found = _JIRA.fullmatch(path)
    about = _ISSUE.fullmatch(found[1]) if found else None
    return about[1] if about else None


def limits_of(data: dict[str, Any]) -> Limits:
    """Limits from JSON: `burst` and `issue_writes` true for the real numbers or a number, `bucket` true or its parts.

    What is absent, false or null is off. ValueError or TypeError for anything else.
    """
    unknown = set(data) - {"burst", "issue_writes", "bucket"}
    if unknown:
        raise ValueError(f"no such limits: {sorted(unknown)}")
    burst, writes, bucket = (data.get(name) or None for name in ("burst", "issue_writes", "bucket"))
    limits = Limits()
    if burst:
        limits.burst = dict(BURST) if burst is True else dict.fromkeys(("GET", "POST", "PUT", "DELETE"), int(burst))
    if writes:
        limits.issue_writes = ISSUE_WRITES if writes is True else ((int(writes), 2.0),)
    if bucket:
        limits.bucket = Bucket() if bucket is True else Bucket(**bucket)
    return limits
