"""The sandbox's clock: real time plus an offset that a test or a person may move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """UTC instants; `advance` and `set` move the whole sandbox through time."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The sandbox's present, an aware UTC datetime."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move the present forward (or, negative, back) by so many seconds."""
        self._offset += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Make `instant` the present; time goes on from there."""
        self._offset = instant - datetime.now(UTC)
