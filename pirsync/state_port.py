"""What the core needs of its local store: a journal of creations, the dirty set, watermarks and a cache.

A Protocol and its lines; nothing in it is lost for good with the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from .model import Noun

CLAIM_HOLD = timedelta(seconds=30)
"""How long a claim that is being sent keeps everybody else from claiming it."""


class IntentStatus(Noun):
    """A line of the journal of creations (table `intent`)."""

    mark: str
    kind: str
    incident: str
    status: str
    sent_at: datetime | None
    attempt: int
    digest: str
    remote_id: str
    remote_key: str
    reason: str


class Due(Noun):
    """A line of the dirty set (table `work`): look at `key` at `due`; `seen` counts the news, `tries` the failures."""

    key: str
    due: datetime
    seen: int
    tries: int
    reason: str


class State(Protocol):
    """The local store: journal of creations, dirty set, watermark, cache. Losable without harm."""

    @property
    def born_with_owner(self) -> bool:
        """True when the journal was made together with its owner id, so that an empty one proves absence."""

    @property
    def created_at(self) -> datetime:
        """When this journal was made."""

    def pass_lock(self) -> AbstractContextManager[None]:
        """Hold while one pass runs; waits for its turn."""

    def intents(self, incident: str) -> dict[str, IntentStatus]:
        """The journal's lines for one incident, by mark."""

    def claim(self, mark: str, kind: str, incident: str, digest: str, now: datetime) -> int | None:
        """Write down, synced, that a create is about to be sent; the attempt's number, or None when another
        process holds the claim (for `CLAIM_HOLD`) or a receipt is there. `planned|rejected|sending -> sending`."""

    def receipt(self, mark: str, attempt: int, remote_id: str, remote_key: str) -> None:
        """Write down that the create happened."""

    def reject(self, mark: str, attempt: int, digest: str, reason: str) -> None:
        """Write down that the remote refused this attempt; a later attempt's claim is left alone."""

    def restamp(self, mark: str, attempt: int, now: datetime) -> bool:
        """Write down, synced, that what this attempt is about to send, or may have sent, counts from now; False where
        it holds its claim no more."""

    def adopt(self, mark: str, kind: str, incident: str, remote_id: str, remote_key: str) -> None:
        """Write a receipt for something found, not made."""

    def pardon(self, incident: str) -> None:
        """Forget what was refused for one incident, because a person asks to try again."""

    def reopen(self, mark: str, incident: str) -> None:
        """Let one thing be made again, or a comment be edited: `done -> planned`; a comment's id stays."""

    def mark_dirty(self, key: str, due: datetime, reason: str) -> None:
        """Put a key into the dirty set, or bring its due instant forward; counts as news."""

    def due(self, now: datetime) -> list[Due]:
        """The keys whose time has come, earliest first."""

    def pending(self) -> list[Due]:
        """The whole dirty set, earliest first."""

    def owed(self, key: str) -> Due | None:
        """One key's line of the dirty set, or None."""

    def settle(self, key: str, seen: int, wake: datetime | None) -> None:
        """After a step: clear the key, or set its due instant to `wake`; does nothing if `seen` moved."""

    def postpone(self, key: str, seen: int, due: datetime, reason: str) -> None:
        """After a failed step: try again at `due`; counts a try."""

    def watermark(self, name: str) -> datetime | None:
        """The instant up to which a poll has seen everything."""

    def set_watermark(self, name: str, instant: datetime) -> None:
        """Move the watermark; only after the keys were marked dirty."""

    def cached(self, kind: str, key: str) -> dict[str, Any] | None:
        """What was last read or concluded; may be dropped at any time."""

    def cached_all(self, kind: str) -> dict[str, dict[str, Any]]:
        """All cached values of one kind, by key."""

    def cache(self, kind: str, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember values of one kind, in one transaction."""

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget cached values of one kind, in one transaction; those that are not there are no matter."""
