"""Keeps a served world in its file: after every write when that is cheap, at most a tenth of the time when it is not.

What a crash may lose: the writes of the last ten times as long as one saving takes. A regular end loses nothing.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import store

if TYPE_CHECKING:
    from .world import World

_SHARE = 10
"""A saving that took one second is followed by no other for so many seconds."""


class Keeper:
    """Saves a world to `path` (None: nowhere)."""

    def __init__(self, world: World, path: Path | None) -> None:
        self._world = world
        self._path = path
        self._next = 0.0
        self._is_due = False

    def written(self) -> None:
        """Something was written: save now, or as soon as it is time. Called on the server's loop."""
        if self._path is None or self._is_due:
            return
        self._is_due = True
        wait = self._next - time.monotonic()
        if wait <= 0:
            self.flush()
        else:
            asyncio.get_running_loop().call_later(wait, self.flush)

    def flush(self) -> None:
        """Save what is not saved yet."""
        if self._path is None or not self._is_due:
            return
        self._is_due = False
        began = time.monotonic()
        store.save(self._world, self._path)
        ended = time.monotonic()
        self._next = ended + _SHARE * (ended - began)
