"""The state kept in memory: `ports.State` in its plainest form, and one that lies over another state unwritten."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pirsync.ports import Due, IntentStatus, State
from pirsync.state_port import CLAIM_HOLD


class MemoryState:
    """A state that ends with the process; with `born_with_owner` its emptiness proves absence."""

    def __init__(self, created_at: datetime, *, born_with_owner: bool = True) -> None:
        self._created_at = created_at
        self._born_with_owner = born_with_owner
        self._turn = threading.Lock()
        self._intents: dict[str, IntentStatus] = {}
        self._work: dict[str, Due] = {}
        self._watermarks: dict[str, datetime] = {}
        self._cache: dict[str, dict[str, str]] = {}

    @property
    def born_with_owner(self) -> bool:
        """True when the journal was made together with its owner id, so that an empty one proves absence."""
        return self._born_with_owner

    @property
    def created_at(self) -> datetime:
        """When this journal was made."""
        return self._created_at

    @contextmanager
    def pass_lock(self) -> Iterator[None]:
        """Hold while one pass runs; waits for its turn."""
        with self._turn:
            yield

    # ------------------------------------------------------------ the journal of creations

    def intents(self, incident: str) -> dict[str, IntentStatus]:
        """The journal's lines for one incident, by mark."""
        return {mark: line for mark, line in sorted(self._intents.items()) if line.incident == incident}

    def claim(self, mark: str, kind: str, incident: str, digest: str, now: datetime) -> int | None:
        """Write down that a create is about to be sent; the attempt's number, or None when another holds it."""
        line = self._intents.get(mark)
        if line is not None and not _is_free(line, now):
            return None
        attempt = line.attempt + 1 if line else 1
        self._intents[mark] = IntentStatus(
            mark=mark,
            kind=line.kind if line else kind,
            incident=line.incident if line else incident,
            status="sending",
            sent_at=now,
            attempt=attempt,
            digest=digest,
            remote_id=line.remote_id if line else "",
            remote_key=line.remote_key if line else "",
            reason="",
        )
        return attempt

    def receipt(self, mark: str, attempt: int, remote_id: str, remote_key: str) -> None:
        """Write down that the create happened."""
        self._conclude(mark, attempt, {"status": "done", "remote_id": remote_id, "remote_key": remote_key})

    def reject(self, mark: str, attempt: int, digest: str, reason: str) -> None:
        """Write down that the remote refused this attempt; a later attempt's claim is left alone."""
        self._conclude(mark, attempt, {"status": "rejected", "digest": digest, "reason": reason})

    def restamp(self, mark: str, attempt: int, now: datetime) -> bool:
        """Write down that what this attempt sends counts from now; False where it holds its claim no more."""
        return self._conclude(mark, attempt, {"sent_at": now})

    def _conclude(self, mark: str, attempt: int, outcome: Mapping[str, object]) -> bool:
        line = self._intents.get(mark)
        if line is None or line.attempt != attempt or line.status != "sending":
            return False
        self._intents[mark] = line.model_copy(update=dict(outcome))
        return True

    def adopt(self, mark: str, kind: str, incident: str, remote_id: str, remote_key: str) -> None:
        """Write a receipt for something found, not made."""
        absent = IntentStatus(
            mark=mark,
            kind=kind,
            incident=incident,
            status="planned",
            sent_at=None,
            attempt=0,
            digest="",
            remote_id="",
            remote_key="",
            reason="",
        )
        found = {"status": "done", "remote_id": remote_id, "remote_key": remote_key, "reason": ""}
        self._intents[mark] = self._intents.get(mark, absent).model_copy(update=found)

    def pardon(self, incident: str) -> None:
        """Forget what was refused for one incident, because a person asks to try again."""
        forgotten = {"status": "planned", "digest": "", "reason": ""}
        for mark, line in self.intents(incident).items():
            if line.status == "rejected":
                self._intents[mark] = line.model_copy(update=forgotten)

    def reopen(self, mark: str, incident: str) -> None:
        """Let one thing be made again, or a comment be edited: `done -> planned`; a comment's id stays."""
        line = self.intents(incident).get(mark)
        if line is not None and line.status == "done":
            gone = {} if line.kind == "comment" else {"remote_id": "", "remote_key": ""}
            again = {"status": "planned", "digest": "", **gone}
            self._intents[mark] = line.model_copy(update=again)

    # ------------------------------------------------------------ the dirty set

    def mark_dirty(self, key: str, due: datetime, reason: str) -> None:
        """Put a key into the dirty set, or bring its due instant forward; counts as news."""
        line = self._work.get(key, Due(key=key, due=due, seen=0, tries=0, reason=""))
        news = {"due": min(line.due, due), "seen": line.seen + 1, "reason": reason}
        self._work[key] = line.model_copy(update=news)

    def due(self, now: datetime) -> list[Due]:
        """The keys whose time has come, earliest first."""
        return [line for line in self.pending() if line.due <= now]

    def pending(self) -> list[Due]:
        """The whole dirty set, earliest first."""
        return sorted(self._work.values(), key=lambda line: (line.due, line.key))

    def owed(self, key: str) -> Due | None:
        """One key's line of the dirty set, or None."""
        return self._work.get(key)

    def settle(self, key: str, seen: int, wake: datetime | None) -> None:
        """After a step: clear the key, or set its due instant to `wake`; does nothing if `seen` moved."""
        line = self._work.get(key)
        if line is None or line.seen != seen:
            return
        if wake is None:
            del self._work[key]
        else:
            self._work[key] = line.model_copy(update={"due": wake, "tries": 0})

    def postpone(self, key: str, seen: int, due: datetime, reason: str) -> None:
        """After a failed step: try again at `due`; counts a try; does nothing if `seen` moved."""
        line = self._work.get(key)
        if line is not None and line.seen == seen:
            later = {"due": due, "tries": line.tries + 1, "reason": reason}
            self._work[key] = line.model_copy(update=later)

    # ------------------------------------------------------------ watermarks and the cache

    def watermark(self, name: str) -> datetime | None:
        """The instant up to which a poll has seen everything."""
        return self._watermarks.get(name)

    def set_watermark(self, name: str, instant: datetime) -> None:
        """Move the watermark; only after the keys were marked dirty."""
        self._watermarks[name] = instant

    def cached(self, kind: str, key: str) -> dict[str, Any] | None:
        """What was last read or concluded; may be dropped at any time."""
        value = self._cache.get(kind, {}).get(key)
        return None if value is None else dict(json.loads(value))

    def cached_all(self, kind: str) -> dict[str, dict[str, Any]]:
        """All cached values of one kind, by key."""
        return {key: dict(json.loads(value)) for key, value in sorted(self._cache.get(kind, {}).items())}

    def cache(self, kind: str, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember values of one kind, all or none."""
        texts = {key: json.dumps(value) for key, value in values.items()}
        self._cache.setdefault(kind, {}).update(texts)

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget cached values of one kind; those that are not there are no matter."""
        for key in keys:
            self._cache.get(kind, {}).pop(key, None)


def _is_free(line: IntentStatus, now: datetime) -> bool:
    if line.status == "sending":
        return line.sent_at is not None and line.sent_at <= now - CLAIM_HOLD
    return line.status in ("planned", "rejected")


class StateOverlay(MemoryState):
    """What a state would hold after a pass, without writing to it; takes no turn of its passes.

    The dirty set is read when this is made, everything else when it is first asked for.
    """

    def __init__(self, base: State) -> None:
        super().__init__(base.created_at, born_with_owner=base.born_with_owner)
        self._base = base
        self._work = {line.key: line for line in base.pending()}
        self._read: set[str] = set()
        self._dropped: set[tuple[str, str]] = set()

    def _read_intents(self, incident: str) -> None:
        if incident not in self._read:
            self._read.add(incident)
            self._intents = {**self._base.intents(incident), **self._intents}

    def intents(self, incident: str) -> dict[str, IntentStatus]:
        """The journal's lines for one incident, by mark."""
        self._read_intents(incident)
        return super().intents(incident)

    def claim(self, mark: str, kind: str, incident: str, digest: str, now: datetime) -> int | None:
        """Note that a create is about to be sent; the attempt's number, or None when another holds it."""
        self._read_intents(incident)
        return super().claim(mark, kind, incident, digest, now)

    def adopt(self, mark: str, kind: str, incident: str, remote_id: str, remote_key: str) -> None:
        """Note a receipt for something found, not made."""
        self._read_intents(incident)
        super().adopt(mark, kind, incident, remote_id, remote_key)

    def watermark(self, name: str) -> datetime | None:
        """The instant up to which a poll has seen everything."""
        return super().watermark(name) or self._base.watermark(name)

    def cached(self, kind: str, key: str) -> dict[str, Any] | None:
        """What was last read or concluded, here or in the base."""
        own = super().cached(kind, key)
        return own if own is not None or (kind, key) in self._dropped else self._base.cached(kind, key)

    def cached_all(self, kind: str) -> dict[str, dict[str, Any]]:
        """All cached values of one kind, by key."""
        kept = {k: v for k, v in self._base.cached_all(kind).items() if (kind, k) not in self._dropped}
        return dict(sorted({**kept, **super().cached_all(kind)}.items()))

    def cache(self, kind: str, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember values of one kind, here, but for those that the base has already."""
        super().cache(kind, {key: value for key, value in values.items() if self.cached(kind, key) != value})

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget cached values of one kind, here; the base keeps them."""
        named = list(keys)
        self._dropped |= {(kind, key) for key in named}
        super().drop(kind, named)
