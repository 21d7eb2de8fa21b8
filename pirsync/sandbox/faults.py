"""What goes wrong on purpose: rules that match a request, the search index's lag, expired credentials, and the log."""

from __future__ import annotations

import random
import re
from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any

from .limits import Limits

_SECONDS = r"\d+(?:\.\d+)?"
_WAIT = r"\d+|date:-?\d+"

KINDS = {
    "429": r"[\w-]+",
    "409": None,
    "500": None,
    "502": None,
    "503": _WAIT,
    "504": None,
    "slow": _SECONDS,
    "drip": _SECONDS,
    "lag": _SECONDS,
    "skew": rf"-?{_SECONDS}",
    "short": r"[1-9]\d*",
    "type": r"[\w.+-]+/[\w.+-]+",
    "twice": "first|second",
    "truncated": None,
    "empty": None,
    "html": None,
    "redirect": None,
    "captcha": None,
    "expired": None,
    "drop-before": None,
    "drop-after": None,
}
"""Fault kinds, and what may follow a colon (None: nothing). docs/sandbox.md says what each does."""

_NEEDED = frozenset({"slow", "drip", "lag", "skew", "short"})

KEPT = 100_000
"""Requests that the log keeps."""

USUAL_LAG = 60.0
"""Seconds without a change after which the index keeps a state while nothing lags, so that a lag set later finds it."""


@dataclass(frozen=True)
class Rule:
    """Hits requests whose method is `method` and whose path `path` (a regular expression) matches somewhere.

    The first `after` matching requests pass; then every `every`-th is hit, with probability `chance` drawn from `seed`,
    until there were `times` hits (None: no end). `body` replaces the answer's text. A 429 tells to wait `retry_after`
    (whole seconds, a text as it is, `date:<seconds>` as an HTTP date; None: no such header), and `reason` in
    `RateLimit-Reason` when given.
    """

    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    after: int = 0
    body: str | None = None
    retry_after: int | str | None = 1
    reason: str | None = None
    every: int = 1
    chance: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """ValueError for a kind that does not exist, a path that is no regular expression, or a senseless number."""
        name, argument = self.name, self.argument
        wanted = KINDS.get(name)
        if name not in KINDS or (argument is not None and (wanted is None or not re.fullmatch(wanted, argument))):
            raise ValueError(f"no such fault: {self.kind}")
        if argument is None and name in _NEEDED:
            raise ValueError(f"{name} needs a number: {name}:<number>")
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        if self.every < 1 or self.after < 0 or not 0 <= self.chance <= 1:
            raise ValueError("every is at least 1, after at least 0, chance between 0 and 1")

    @property
    def name(self) -> str:
        """The kind without what follows its colon."""
        return self.kind.partition(":")[0]

    @property
    def argument(self) -> str | None:
        """What follows the kind's colon; None when nothing does."""
        return self.kind.partition(":")[2] or None

    @property
    def number(self) -> float:
        """The kind's argument as a number: seconds, or entries of a page."""
        return float(self.argument or 0)

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about this request."""
        return self.method in (None, method) and (self.path is None or re.search(self.path, path) is not None)


def rule_of(data: dict[str, Any]) -> Rule:
    """A rule from its JSON; ValueError or TypeError for unknown names, kinds or values."""
    unknown = set(data) - {each.name for each in fields(Rule)}
    if unknown or not isinstance(data.get("kind"), str):
        raise ValueError(f"not a fault rule: {sorted(unknown) or 'kind is missing'}")
    return Rule(**data)


@dataclass
class _Progress:
    """What a rule has met: the requests that it was about, its hits, and its own chance."""

    chance: random.Random
    seen: int = 0
    hits: int = 0


@dataclass
class Faults:
    """The standing faults; `lag` is seconds until a search sees a change, `expired` makes every credential invalid."""

    expired: bool = False
    lag: float = 0.0
    rules: list[Rule] = field(default_factory=list)
    log: deque[tuple[str, str, int]] = field(default_factory=lambda: deque(maxlen=KEPT))
    limits: Limits = field(default_factory=Limits)
    _progress: dict[int, _Progress] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        """Let the rule hold from now on, after the rules already there."""
        self.rules.append(rule)

    def clear(self) -> None:
        """No faults and no limits any more; the log stays."""
        self.expired, self.lag, self.limits = False, 0.0, Limits()
        self.rules.clear()
        self._progress.clear()

    @property
    def memory(self) -> float:
        """Seconds of change that the index has to remember: the longest lag that is set; 0 when none is."""
        return max([self.lag, *(rule.number for rule in self.rules if rule.name == "lag")])

    @property
    def hits(self) -> int:
        """How many requests the standing rules have hit."""
        return sum(progress.hits for progress in self._progress.values())

    def take(self, method: str, path: str) -> Rule | None:
        """The rule that hits this request, counted as used; the first that still has hits left."""
        for place, rule in enumerate(self.rules):
            if rule.matches(method, path) and self._hits(place, rule):
                return rule
        return None

    def _hits(self, place: int, rule: Rule) -> bool:
        if place not in self._progress:
            self._progress[place] = _Progress(random.Random(rule.seed))
        progress = self._progress[place]
        if rule.times is not None and progress.hits >= rule.times:
            return False
        progress.seen += 1
        due = progress.seen - rule.after
        if due < 1 or due % rule.every or (rule.chance < 1 and progress.chance.random() >= rule.chance):
            return False
        progress.hits += 1
        return True

    def record(self, method: str, path: str, status: int) -> None:
        """Note an answered request; status 0 stands for an answer that was never sent."""
        self.log.append((method, path, status))
