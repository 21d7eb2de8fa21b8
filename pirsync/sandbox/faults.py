"""What goes wrong on purpose: rules that match a request, the search index's lag, expired credentials, and the log."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KINDS = ("429", "500", "502", "503", "drop-before", "drop-after", "html")
"""Fault kinds besides `slow:<seconds>`: an error answer, a dropped connection, or a log-in page with status 200."""

KEPT = 100_000
"""Requests that the log keeps."""

_SLOW = re.compile(r"slow:\d+(\.\d+)?")


@dataclass(frozen=True)
class Rule:
    """Hits requests whose method is `method` and whose path `path` (a regular expression) matches somewhere.

    The first `after` matching requests pass; then `times` are hit (None: all). `body` replaces the answer's text.
    A 429 tells to wait `retry_after` seconds (None: no such header), and `reason` in `RateLimit-Reason` when given.
    """

    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    after: int = 0
    body: str | None = None
    retry_after: int | None = 1
    reason: str | None = None

    def __post_init__(self) -> None:
        """ValueError for a kind that does not exist or a path that is no regular expression."""
        if self.kind not in KINDS and not _SLOW.fullmatch(self.kind):
            raise ValueError(f"no such fault: {self.kind}")
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about this request."""
        return self.method in (None, method) and (self.path is None or re.search(self.path, path) is not None)

    @property
    def delay(self) -> float:
        """Seconds that a `slow:` rule holds the request back; 0 for the others."""
        return float(self.kind.removeprefix("slow:")) if self.kind.startswith("slow:") else 0.0


def rule_of(data: dict[str, Any]) -> Rule:
    """A rule from its JSON; ValueError for unknown names or kinds."""
    unknown = set(data) - {"kind", "method", "path", "times", "after", "body", "retry_after", "reason"}
    if unknown or not isinstance(data.get("kind"), str):
        raise ValueError(f"not a fault rule: {sorted(unknown) or 'kind is missing'}")
    return Rule(**data)


@dataclass
class Faults:
    """The standing faults; `lag` is seconds until a search sees a change, `expired` makes every credential invalid."""

    expired: bool = False
    lag: float = 0.0
    rules: list[Rule] = field(default_factory=list)
    log: deque[tuple[str, str, int]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _matched: dict[int, int] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        """Let the rule hold from now on, after the rules already there."""
        self.rules.append(rule)

    def clear(self) -> None:
        """No faults any more; the log stays."""
        self.expired, self.lag = False, 0.0
        self.rules.clear()
        self._matched.clear()

    def take(self, method: str, path: str) -> Rule | None:
        """The rule that hits this request, counted as used; the first that still has hits left."""
        for place, rule in enumerate(self.rules):
            if not rule.matches(method, path):
                continue
            seen = self._matched.get(place, 0)
            if rule.times is not None and seen >= rule.after + rule.times:
                continue
            self._matched[place] = seen + 1
            if seen >= rule.after:
                return rule
        return None

    def record(self, method: str, path: str, status: int) -> None:
        """Note an answered request; status 0 stands for an answer that was never sent."""
        self.log.append((method, path, status))
