"""When a token expires, and whether it is time to say so: 30, 14, 3 and 1 days ahead, once for each.

Cloud tells nobody when an API token expires; a Data Center tells an account which personal access tokens it has, but
not which of them is in use. So the configured day counts, and what a site tells only where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from .doctor import Check
from .ports import State
from .recall import KeptWarning, recall

LEVELS = (1, 3, 14, 30)
"""Days ahead, the most urgent first."""

URGENT = 14
"""Days ahead from which `doctor` counts it as something to fix."""


@dataclass(frozen=True)
class Token:
    """A product's token; `key` is its table in the configuration, `expires` None where nobody tells."""

    product: str
    key: str
    expires: date | None


def level(expires: date, today: date) -> int | None:
    """The days ahead that have been reached, 0 once the day has come; None while it is further off than all."""
    left = (expires - today).days
    return 0 if left <= 0 else next((days for days in LEVELS if left <= days), None)


def said(expires: date, today: date) -> str:
    """When a token expires, in words."""
    left = (expires - today).days
    if left < 0:
        return f"expired on {expires}"
    return f"expires on {expires}, " + ("today" if left == 0 else f"in {left} {'day' if left == 1 else 'days'}")


def checks(tokens: Iterable[Token], today: date) -> Iterator[Check]:
    """A line for each token of which somebody tells when it expires."""
    for token in tokens:
        if token.expires is not None:
            reached = level(token.expires, today)
            is_urgent = reached is not None and reached <= URGENT
            fix = f"make a new one, and correct {token.key}.token_expires" if is_urgent else ""
            yield Check(f"{token.product} token", said(token.expires, today), fix)


def warnings(tokens: Iterable[Token], today: date, state: State) -> list[tuple[str, str]]:
    """Product and words of each token of which a level was reached that was not told yet; noted as told."""
    due: list[tuple[str, str]] = []
    for token in tokens:
        reached = None if token.expires is None else level(token.expires, today)
        if token.expires is None or reached is None:
            continue
        now = KeptWarning(expires=token.expires, level=reached)
        told = recall(state, "token", token.product, KeptWarning)
        if told is None or told.expires != now.expires or told.level > reached:
            state.cache("token", {token.product: now.model_dump(mode="json")})
            due.append((token.product, said(token.expires, today)))
    return due


def warnings_of_the_day(tokens: Callable[[], Iterable[Token]], today: date, state: State) -> list[tuple[str, str]]:
    """The same, for who may ask at any time: the sites are asked on the first time of a day only."""
    day = {"day": today.isoformat()}
    if state.cached("asked", "tokens") == day:
        return []
    state.cache("asked", {"tokens": day})
    return warnings(tokens(), today, state)
