"""The brake: a pass that would make more than it may makes nothing; what only a later round asks for waits its turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .changes import Change, CommentTicket, CreatePage, CreateTicket, cost
from .decision import Plan
from .errors import UnsafePlan

HELD = "it needs more pages, tickets or comments than max_creates lets one pass make: the next pass goes on"


class Brake:
    """What one pass may make, over all its teams: pages, tickets, and comments on tickets."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counted: dict[str, int] = {}

    def check(self, plans: Mapping[str, tuple[str, Plan]]) -> None:
        """Count what the first plans lead to, each by its own name and with its incident's key. Raises UnsafePlan."""
        self._counted = {name: _creates(plan.changes) for name, (_, plan) in plans.items()}
        creates = sum(self._counted.values())
        if creates > self._most:
            keys = [key for key, _ in plans.values()]
            shown = ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
            raise UnsafePlan(
                f"this pass would create {creates} pages, tickets and comments on tickets ({shown}), and max_creates "
                f"is {self._most}: nothing was written. Look at `pirsync plan`, then allow it once with "
                f"--max-creates {creates}, or raise run.max_creates"
            )

    def lets(self, name: str, made: Iterable[Change], changes: Iterable[Change]) -> bool:
        """Whether a later round may make these after what was made: as its first plan foresaw, or what is left."""
        done = sum(isinstance(change, CreatePage | CreateTicket | CommentTicket) for change in made)
        wanted = max(self._counted[name], done + _creates(changes))
        others = sum(self._counted.values()) - self._counted[name]
        if others + wanted > self._most:
            return False
        self._counted[name] = wanted
        return True


def _creates(changes: Iterable[Change]) -> int:
    return sum(map(cost, changes))
