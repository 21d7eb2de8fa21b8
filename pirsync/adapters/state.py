"""The state in one SQLite file: every write is synced before it returns, and a value that cannot be ours is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pirsync.errors import StateError
from pirsync.ports import Due, IntentStatus
from pirsync.state_port import CLAIM_HOLD

from .state_file import Turn, as_text, connect, damaged, first, open_file, transaction, translated

INTENT = sa.table("intent", *(sa.column(name) for name in IntentStatus.model_fields))
WORK = sa.table("work", *(sa.column(name) for name in Due.model_fields))
WATERMARK = sa.table("watermark", sa.column("name"), sa.column("instant"))
CACHE = sa.table("cache", sa.column("kind"), sa.column("key"), sa.column("value"))


def open_state(
    path: Path,
    owner_id: str,
    now: datetime,
    stop: threading.Event | None = None,
    on_wait: Callable[[], None] | None = None,
) -> SqlState:
    """Open the state, or make one where there is none; a state made here is not born with its owner id.

    `stop` ends the wait for another pass; `on_wait` is called once when there is such a wait. Raises StateError
    for a file that is another owner's, damaged, read-only, no state at all, or of a newer pirsync.
    """
    state = SqlState(path, owner_id, Turn(stop or threading.Event(), on_wait))
    state.open(now)
    return state


@dataclass(frozen=True)
class Counted:
    """What a state holds: intents by status, keys that wait for a look and those of them that failed, cached values
    by kind, and each team's watermark."""

    intents: Mapping[str, int]
    work: int
    failing: int
    cached: Mapping[str, int]
    watermarks: Mapping[str, datetime]


def _storable(text: str) -> str:
    """Words of a remote without the half characters that SQLite cannot keep."""
    return text.encode("utf-8", "replace").decode("utf-8")


class SqlState:
    """`ports.State` over one SQLite file; made by `open_state`. Every method raises StateError."""

    def __init__(self, path: Path, owner_id: str, turn: Turn) -> None:
        self._path = path
        self._owner_id = owner_id
        self._turn = turn
        self._engine = connect(path)
        self._meta: Mapping[str, str] = {}
        self._inode = 0

    def open(self, now: datetime) -> None:
        """Open the file that lies at the path now, or make one."""
        self._engine.dispose()
        self._engine = connect(self._path)
        try:
            self._meta, self._inode = open_file(self._engine, self._path, self._owner_id, now)
        except StateError:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    @property
    def meta(self) -> Mapping[str, str]:
        """What the file says of itself: `schema_version`, `owner_id`, `born_with_owner`, `created_at`."""
        return self._meta

    @property
    def born_with_owner(self) -> bool:
        """True when the journal was made together with its owner id, so that an empty one proves absence."""
        return self._meta["born_with_owner"] == "yes"

    @property
    def created_at(self) -> datetime:
        """When this journal was made."""
        with self._ours():
            return datetime.fromisoformat(self._meta["created_at"])

    @contextmanager
    def pass_lock(self) -> Iterator[None]:
        """Hold while one pass runs, in any process; waits for its turn. Raises Interrupted when told to stop.

        A file that was moved away while we had it open is no longer the state: what lies in its place is. One that a
        newer pirsync brought up to date meanwhile is refused, as it would be by `open`.
        """
        with self._turn.taken(self._path):
            with translated(self._path):
                here = self._path.stat().st_ino if self._path.exists() else 0
            if here != self._inode or first(self._engine, self._path, _VERSION) != (self._meta["schema_version"],):
                self.open(datetime.now(UTC))
            yield

    # ------------------------------------------------------------ the journal of creations

    def intents(self, incident: str) -> dict[str, IntentStatus]:
        """The journal's lines for one incident, by mark."""
        rows = self._rows(_INTENTS, {"incident": incident})
        with self._ours():
            return {row.mark: IntentStatus.model_validate(dict(row._mapping)) for row in rows}

    def claim(self, mark: str, kind: str, incident: str, digest: str, now: datetime) -> int | None:
        """Write down that a create is about to be sent; the attempt's number, or None when another holds it."""
        fresh = {"status": "sending", "sent_at": as_text(now), "digest": digest, "reason": ""}
        blank = {"remote_id": "", "remote_key": ""}
        free = INTENT.c.status.in_(("planned", "rejected"))
        given_up = (INTENT.c.status == "sending") & (INTENT.c.sent_at <= as_text(now - CLAIM_HOLD))
        statement = insert(INTENT).values(mark=mark, kind=kind, incident=incident, attempt=1, **fresh, **blank)
        claimed = statement.on_conflict_do_update(
            index_elements=["mark"], set_={**fresh, "attempt": INTENT.c.attempt + 1}, where=free | given_up
        ).returning(INTENT.c.attempt)
        with transaction(self._engine, self._path) as connection:
            attempt = connection.execute(claimed).scalar_one_or_none()
        return None if attempt is None else int(attempt)

    def receipt(self, mark: str, attempt: int, remote_id: str, remote_key: str) -> None:
        """Write down that the create happened."""
        self._conclude(mark, attempt, {"status": "done", "remote_id": remote_id, "remote_key": remote_key})

    def reject(self, mark: str, attempt: int, digest: str, reason: str) -> None:
        """Write down that the remote refused this attempt; a later attempt's claim is left alone."""
        self._conclude(mark, attempt, {"status": "rejected", "digest": digest, "reason": _storable(reason)})

    def restamp(self, mark: str, attempt: int, now: datetime) -> bool:
        """Write down that what this attempt sends counts from now; False where it holds its claim no more."""
        return self._conclude(mark, attempt, {"sent_at": as_text(now)})

    def _conclude(self, mark: str, attempt: int, outcome: Mapping[str, str]) -> bool:
        own = (INTENT.c.mark == mark) & (INTENT.c.attempt == attempt) & (INTENT.c.status == "sending")
        concluded = sa.update(INTENT).where(own).values(**outcome).returning(INTENT.c.mark)
        with transaction(self._engine, self._path) as connection:
            return connection.execute(concluded).scalar_one_or_none() is not None

    def adopt(self, mark: str, kind: str, incident: str, remote_id: str, remote_key: str) -> None:
        """Write a receipt for something found, not made."""
        found = {"status": "done", "remote_id": remote_id, "remote_key": remote_key, "reason": ""}
        statement = insert(INTENT).values(mark=mark, kind=kind, incident=incident, attempt=0, digest="", **found)
        self._write(statement.on_conflict_do_update(index_elements=["mark"], set_=found))

    def pardon(self, incident: str) -> None:
        """Forget what was refused for one incident, because a person asks to try again."""
        refused = (INTENT.c.incident == incident) & (INTENT.c.status == "rejected")
        self._write(sa.update(INTENT).where(refused).values(status="planned", digest="", reason=""))

    def reopen(self, mark: str, incident: str) -> None:
        """Let one thing be made again, or a comment be edited: `done -> planned`; a comment's id stays."""
        made = (INTENT.c.mark == mark) & (INTENT.c.incident == incident) & (INTENT.c.status == "done")
        kept = sa.case((INTENT.c.kind == "comment", INTENT.c.remote_id), else_="")
        again = {"status": "planned", "digest": "", "remote_id": kept, "remote_key": ""}
        self._write(sa.update(INTENT).where(made).values(**again))

    # ------------------------------------------------------------ the dirty set

    def mark_dirty(self, key: str, due: datetime, reason: str) -> None:
        """Put a key into the dirty set, or bring its due instant forward; counts as news."""
        statement = insert(WORK).values(key=key, due=as_text(due), seen=1, tries=0, reason=_storable(reason))
        new = statement.excluded
        earlier = sa.case((WORK.c.due < new.due, WORK.c.due), else_=new.due)
        news = {"due": earlier, "seen": WORK.c.seen + 1, "reason": new.reason}
        self._write(statement.on_conflict_do_update(index_elements=["key"], set_=news))

    def due(self, now: datetime) -> list[Due]:
        """The keys whose time has come, earliest first."""
        return self._lines(_WORK_LINES.where(WORK.c.due <= as_text(now)))

    def pending(self) -> list[Due]:
        """The whole dirty set, earliest first."""
        return self._lines(_WORK_LINES)

    def owed(self, key: str) -> Due | None:
        """One key's line of the dirty set, or None."""
        return next(iter(self._lines(_WORK_LINES.where(WORK.c.key == key))), None)

    def settle(self, key: str, seen: int, wake: datetime | None) -> None:
        """After a step: clear the key, or set its due instant to `wake`; does nothing if `seen` moved."""
        unmoved = (WORK.c.key == key) & (WORK.c.seen == seen)
        if wake is None:
            self._write(sa.delete(WORK).where(unmoved))
        else:
            self._write(sa.update(WORK).where(unmoved).values(due=as_text(wake), tries=0))

    def postpone(self, key: str, seen: int, due: datetime, reason: str) -> None:
        """After a failed step: try again at `due`; counts a try; does nothing if `seen` moved."""
        unmoved = (WORK.c.key == key) & (WORK.c.seen == seen)
        later = {"due": as_text(due), "tries": WORK.c.tries + 1, "reason": _storable(reason)}
        self._write(sa.update(WORK).where(unmoved).values(**later))

    # ------------------------------------------------------------ watermarks and the cache

    def watermark(self, name: str) -> datetime | None:
        """The instant up to which a poll has seen everything."""
        rows = self._rows(sa.select(WATERMARK).where(WATERMARK.c.name == name))
        with self._ours():
            return datetime.fromisoformat(rows[0].instant) if rows else None

    def set_watermark(self, name: str, instant: datetime) -> None:
        """Move the watermark; only after the keys were marked dirty."""
        statement = insert(WATERMARK).values(name=name, instant=as_text(instant))
        moved = {"instant": statement.excluded.instant}
        self._write(statement.on_conflict_do_update(index_elements=["name"], set_=moved))

    def cached(self, kind: str, key: str) -> dict[str, Any] | None:
        """What was last read or concluded; may be dropped at any time."""
        row = first(self._engine, self._path, _CACHED, kind, key)
        return _value(row[0]) if row is not None else None

    def cached_all(self, kind: str) -> dict[str, dict[str, Any]]:
        """All cached values of one kind, by key."""
        rows = self._rows(sa.select(CACHE).where(CACHE.c.kind == kind).order_by(CACHE.c.key))
        return {str(row.key): value for row in rows if (value := _value(row.value)) is not None}

    def cache(self, kind: str, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember values of one kind, in one transaction; what is known already is not written again."""
        self._write(
            _REMEMBER, [{"kind": kind, "key": key, "value": json.dumps(value)} for key, value in values.items()]
        )

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget cached values of one kind, in one transaction; those that are not there are no matter."""
        named = (CACHE.c.kind == sa.bindparam("of_kind")) & (CACHE.c.key == sa.bindparam("of_key"))
        self._write(sa.delete(CACHE).where(named), [{"of_kind": kind, "of_key": key} for key in keys])

    def counted(self) -> Counted:
        """How much of each kind the file holds."""
        by_status = sa.select(INTENT.c.status, sa.func.count().label("number")).group_by(INTENT.c.status)
        by_kind = sa.select(CACHE.c.kind, sa.func.count().label("number")).group_by(CACHE.c.kind)
        pending = self.pending()
        marks = self._rows(sa.select(WATERMARK).order_by(WATERMARK.c.name))
        with self._ours():
            return Counted(
                intents={str(row.status): int(row.number) for row in self._rows(by_status)},
                work=len(pending),
                failing=sum(line.tries > 0 for line in pending),
                cached={str(row.kind): int(row.number) for row in self._rows(by_kind)},
                watermarks={str(row.name): datetime.fromisoformat(row.instant) for row in marks},
            )

    # ------------------------------------------------------------ one statement, one transaction

    def _rows(self, query: sa.Select[Any], values: Mapping[str, str] | None = None) -> list[sa.Row[Any]]:
        with transaction(self._engine, self._path) as connection:
            return list(connection.execute(query, values))

    def _lines(self, query: sa.Select[Any]) -> list[Due]:
        rows = self._rows(query)
        with self._ours():
            return [Due.model_validate(dict(row._mapping)) for row in rows]

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """A row that is not as pirsync writes it is damage that SQLite's own check cannot see."""
        try:
            yield
        except ValueError as error:
            raise damaged(self._path) from error

    def _write(self, statement: sa.Executable, lines: list[dict[str, str]] | None = None) -> None:
        if lines is None or lines:
            with transaction(self._engine, self._path) as connection:
                connection.execute(statement, lines)


_VERSION = "SELECT value FROM meta WHERE name = 'schema_version'"
_CACHED = "SELECT value FROM cache WHERE kind = ? AND key = ?"
_INTENTS = sa.select(INTENT).where(INTENT.c.incident == sa.bindparam("incident")).order_by(INTENT.c.mark)
_NEW = insert(CACHE)
_REMEMBER = _NEW.on_conflict_do_update(
    index_elements=["kind", "key"], set_={"value": _NEW.excluded.value}, where=CACHE.c.value != _NEW.excluded.value
)
_WORK_LINES = sa.select(WORK).order_by(WORK.c.due, WORK.c.key)


def _value(text: str) -> dict[str, Any] | None:
    """A cached value, or None for text that is none: what may be dropped at any time is no reason to stop."""
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):
        return None
