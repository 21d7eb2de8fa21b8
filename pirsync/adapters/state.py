"""The state in one SQLite file: every write is synced before it returns, and every refusal says what to do."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from pirsync.errors import Interrupted, StateError
from pirsync.ports import Due, IntentStatus

from .memory_state import CLAIM_HOLD
from .schema import MIGRATIONS

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's transaction."""

LOCK_STEP_SECONDS = 0.2
"""How often a waiting pass looks whether its turn has come."""

META = sa.table("meta", sa.column("name"), sa.column("value"))
INTENT = sa.table("intent", *(sa.column(name) for name in IntentStatus.model_fields))
WORK = sa.table("work", *(sa.column(name) for name in Due.model_fields))
WATERMARK = sa.table("watermark", sa.column("name"), sa.column("instant"))
CACHE = sa.table("cache", sa.column("kind"), sa.column("key"), sa.column("value"))

MOVE_AWAY = "nothing remote is lost by moving it away"


def create_state(path: Path, owner_id: str, now: datetime) -> None:
    """Make the state of a new installation, born together with its owner id. Raises StateError if it exists."""
    with _opening(path) as is_new:
        if not is_new:
            raise StateError(f"{path} exists already: keep it, or move it away; {MOVE_AWAY}")
        engine = _engine(path)
        try:
            with _transaction(engine, path) as connection:
                _found(connection, owner_id, "yes", now)
        finally:
            engine.dispose()


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
    engine = _engine(path)
    try:
        with _opening(path), _transaction(engine, path) as connection:
            meta = _opened(connection, path, owner_id, now)
    except StateError:
        engine.dispose()
        raise
    return SqlState(engine, path, meta, Turn(stop or threading.Event(), on_wait))


@contextmanager
def _opening(path: Path) -> Iterator[bool]:
    """Make the file if there is none (then True), while nobody else opens one in its folder: of two that switch
    a new file to WAL at the same moment, SQLite turns one away without letting it wait."""
    with _translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            is_new = not path.exists()
            if is_new:
                path.touch(mode=0o600)
            yield is_new
        finally:
            os.close(folder)


def _opened(connection: sa.Connection, path: Path, owner_id: str, now: datetime) -> dict[str, str]:
    """The file's own account of itself, brought up to date, or the StateError that says why it cannot be used."""
    if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise StateError(f"{path} is damaged: move it away; {MOVE_AWAY}")
    names = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        _found(connection, owner_id, "no", now)
        return _read_meta(connection)
    meta = _read_meta(connection) if "meta" in names else {}
    version = meta.get("schema_version", "")
    if not version.isdigit() or not {"owner_id", "born_with_owner", "created_at"} <= meta.keys():
        raise StateError(f"{path} is the file of another program: choose another path for the state, or move it away")
    if int(version) > len(MIGRATIONS):
        raise StateError(f"{path} was written by a newer pirsync: update pirsync, or move the file away; {MOVE_AWAY}")
    if meta["owner_id"] != owner_id:
        raise StateError(
            f"{path} belongs to the owner id {meta['owner_id']}, not to {owner_id}: "
            f"correct the owner id or the path, or move the file away; {MOVE_AWAY}"
        )
    _migrate(connection, int(version))
    return meta


def _migrate(connection: sa.Connection, version: int) -> None:
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.exec_driver_sql(statement)
    if version < len(MIGRATIONS):
        _upsert_meta(connection, {"schema_version": str(len(MIGRATIONS))})


def _found(connection: sa.Connection, owner_id: str, born_with_owner: str, now: datetime) -> None:
    _migrate(connection, 0)
    facts = {"owner_id": owner_id, "born_with_owner": born_with_owner, "created_at": _text(now)}
    _upsert_meta(connection, facts)


def _upsert_meta(connection: sa.Connection, facts: Mapping[str, str]) -> None:
    statement = insert(META)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    connection.execute(statement, [{"name": name, "value": value} for name, value in facts.items()])


def _read_meta(connection: sa.Connection) -> dict[str, str]:
    return {str(row.name): str(row.value) for row in connection.execute(sa.select(META))}


# ---------------------------------------------------------------- SQLite underneath


def _engine(path: Path) -> sa.Engine:
    """Connections to the file that sync every commit and tell no parameter in an error's text."""
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own implicit BEGIN comes too late and is deferred; ours is below.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred transaction that reads first cannot wait its turn to write: it fails at once.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _transaction(engine: sa.Engine, path: Path) -> Iterator[sa.Connection]:
    with _translated(path), engine.begin() as connection:
        yield connection


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """The one place where what SQLite and the file system say becomes a StateError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StateError(_sentence(path, getattr(cause, "sqlite_errorname", ""))) from error
    except OSError as error:
        raise StateError(f"{path} cannot be used ({error.strerror}): correct the path or its permissions") from error


def _sentence(path: Path, name: str) -> str:
    causes = {
        "SQLITE_NOTADB": f"is not an SQLite file: correct the path, or move it away; {MOVE_AWAY}",
        "SQLITE_CORRUPT": f"is damaged: move it away; {MOVE_AWAY}",
        "SQLITE_READONLY": "is read-only: give this account the right to write it and its folder",
        "SQLITE_CANTOPEN": "cannot be opened: correct the path, or the permissions of its folder",
        "SQLITE_BUSY": f"was held by another process for {BUSY_SECONDS:.0f} seconds: stop that process, and try again",
        "SQLITE_FULL": "cannot be written, for the disk is full: make room, and try again",
        "SQLITE_IOERR": "cannot be read or written, for the disk fails: move it to another one",
    }
    unknown = f"cannot be used ({name or 'unknown cause'}): move it away; {MOVE_AWAY}"
    return f"{path} {next((text for cause, text in causes.items() if name.startswith(cause)), unknown)}"


def _text(instant: datetime) -> str:
    """An aware instant as text that sorts as time does. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _storable(text: str) -> str:
    """Words of a remote without the half characters that SQLite cannot keep."""
    return text.encode("utf-8", "replace").decode("utf-8")


# ---------------------------------------------------------------- the store


@dataclass(frozen=True)
class Turn:
    """How a pass waits for its turn: until `stop` is set, after one call of `on_wait`."""

    stop: threading.Event
    on_wait: Callable[[], None] | None


class SqlState:
    """`ports.State` over one SQLite file; made by `open_state`. Every method raises StateError."""

    def __init__(self, engine: sa.Engine, path: Path, meta: Mapping[str, str], turn: Turn) -> None:
        self._engine = engine
        self._path = path
        self._meta = meta
        self._turn = turn

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    @property
    def born_with_owner(self) -> bool:
        """True when the journal was made together with its owner id, so that an empty one proves absence."""
        return self._meta["born_with_owner"] == "yes"

    @property
    def created_at(self) -> datetime:
        """When this journal was made."""
        return datetime.fromisoformat(self._meta["created_at"])

    @contextmanager
    def pass_lock(self) -> Iterator[None]:
        """Hold while one pass runs, in any process; waits for its turn. Raises Interrupted when told to stop."""
        lock = self._path.with_name(self._path.name + ".lock")
        with _translated(lock):
            handle = lock.open("a")
        try:
            self._take(handle, lock)
            yield
        finally:
            handle.close()

    def _take(self, handle: IO[str], lock: Path) -> None:
        told = False
        while True:
            with _translated(lock):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                except BlockingIOError:
                    pass
            if not told and self._turn.on_wait is not None:
                self._turn.on_wait()
            told = True
            if self._turn.stop.wait(LOCK_STEP_SECONDS):
                raise Interrupted("told to stop while another pass was running")

    # ------------------------------------------------------------ the journal of creations

    def intents(self, incident: str) -> dict[str, IntentStatus]:
        """The journal's lines for one incident, by mark."""
        query = sa.select(INTENT).where(INTENT.c.incident == incident).order_by(INTENT.c.mark)
        return {row.mark: IntentStatus.model_validate(dict(row._mapping)) for row in self._rows(query)}

    def claim(self, mark: str, kind: str, incident: str, digest: str, now: datetime) -> int | None:
        """Write down that a create is about to be sent; the attempt's number, or None when another holds it."""
        fresh = {"status": "sending", "sent_at": _text(now), "digest": digest}
        fresh |= {"remote_id": "", "remote_key": "", "reason": ""}
        free = INTENT.c.status.in_(("planned", "rejected"))
        given_up = (INTENT.c.status == "sending") & (INTENT.c.sent_at <= _text(now - CLAIM_HOLD))
        statement = insert(INTENT).values(mark=mark, kind=kind, incident=incident, attempt=1, **fresh)
        claimed = statement.on_conflict_do_update(
            index_elements=["mark"], set_={**fresh, "attempt": INTENT.c.attempt + 1}, where=free | given_up
        ).returning(INTENT.c.attempt)
        with _transaction(self._engine, self._path) as connection:
            attempt = connection.execute(claimed).scalar_one_or_none()
        return None if attempt is None else int(attempt)

    def receipt(self, mark: str, attempt: int, remote_id: str, remote_key: str) -> None:
        """Write down that the create happened."""
        self._conclude(mark, attempt, {"status": "done", "remote_id": remote_id, "remote_key": remote_key})

    def reject(self, mark: str, attempt: int, digest: str, reason: str) -> None:
        """Write down that the remote refused this attempt; a later attempt's claim is left alone."""
        self._conclude(mark, attempt, {"status": "rejected", "digest": digest, "reason": _storable(reason)})

    def _conclude(self, mark: str, attempt: int, outcome: Mapping[str, str]) -> None:
        own = (INTENT.c.mark == mark) & (INTENT.c.attempt == attempt) & (INTENT.c.status == "sending")
        self._write(sa.update(INTENT).where(own).values(**outcome))

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
        """Let one thing be made again, because a person asks for it: `done -> planned`."""
        made = (INTENT.c.mark == mark) & (INTENT.c.incident == incident) & (INTENT.c.status == "done")
        again = {"status": "planned", "digest": "", "remote_id": "", "remote_key": ""}
        self._write(sa.update(INTENT).where(made).values(**again))

    # ------------------------------------------------------------ the dirty set

    def mark_dirty(self, key: str, due: datetime, reason: str) -> None:
        """Put a key into the dirty set, or bring its due instant forward; counts as news."""
        statement = insert(WORK).values(key=key, due=_text(due), seen=1, tries=0, reason=_storable(reason))
        new = statement.excluded
        earlier = sa.case((WORK.c.due < new.due, WORK.c.due), else_=new.due)
        news = {"due": earlier, "seen": WORK.c.seen + 1, "reason": new.reason}
        self._write(statement.on_conflict_do_update(index_elements=["key"], set_=news))

    def due(self, now: datetime) -> list[Due]:
        """The keys whose time has come, earliest first."""
        return [_due(row) for row in self._rows(_WORK_LINES.where(WORK.c.due <= _text(now)))]

    def pending(self) -> list[Due]:
        """The whole dirty set, earliest first."""
        return [_due(row) for row in self._rows(_WORK_LINES)]

    def settle(self, key: str, seen: int, wake: datetime | None) -> None:
        """After a step: clear the key, or set its due instant to `wake`; does nothing if `seen` moved."""
        unmoved = (WORK.c.key == key) & (WORK.c.seen == seen)
        if wake is None:
            self._write(sa.delete(WORK).where(unmoved))
        else:
            self._write(sa.update(WORK).where(unmoved).values(due=_text(wake), tries=0))

    def postpone(self, key: str, seen: int, due: datetime, reason: str) -> None:
        """After a failed step: try again at `due`; counts a try; does nothing if `seen` moved."""
        unmoved = (WORK.c.key == key) & (WORK.c.seen == seen)
        later = {"due": _text(due), "tries": WORK.c.tries + 1, "reason": _storable(reason)}
        self._write(sa.update(WORK).where(unmoved).values(**later))

    # ------------------------------------------------------------ watermarks and the cache

    def watermark(self, name: str) -> datetime | None:
        """The instant up to which a poll has seen everything."""
        rows = self._rows(sa.select(WATERMARK).where(WATERMARK.c.name == name))
        return datetime.fromisoformat(rows[0].instant) if rows else None

    def set_watermark(self, name: str, instant: datetime) -> None:
        """Move the watermark; only after the keys were marked dirty."""
        statement = insert(WATERMARK).values(name=name, instant=_text(instant))
        moved = {"instant": statement.excluded.instant}
        self._write(statement.on_conflict_do_update(index_elements=["name"], set_=moved))

    def cached(self, kind: str, key: str) -> dict[str, Any] | None:
        """What was last read or concluded; may be dropped at any time."""
        rows = self._rows(_CACHED, {"kind": kind, "key": key})
        return dict(json.loads(rows[0].value)) if rows else None

    def cached_all(self, kind: str) -> dict[str, dict[str, Any]]:
        """All cached values of one kind, by key."""
        rows = self._rows(sa.select(CACHE).where(CACHE.c.kind == kind).order_by(CACHE.c.key))
        return {str(row.key): dict(json.loads(row.value)) for row in rows}

    def cache(self, kind: str, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember values of one kind, in one transaction; what is known already is not written again."""
        self._write(
            _REMEMBER, [{"kind": kind, "key": key, "value": json.dumps(value)} for key, value in values.items()]
        )

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget cached values of one kind, in one transaction; those that are not there are no matter."""
        named = (CACHE.c.kind == sa.bindparam("of_kind")) & (CACHE.c.key == sa.bindparam("of_key"))
        self._write(sa.delete(CACHE).where(named), [{"of_kind": kind, "of_key": key} for key in keys])

    # ------------------------------------------------------------ one statement, one transaction

    def _rows(self, query: sa.Select[Any], values: Mapping[str, str] | None = None) -> list[sa.Row[Any]]:
        with _transaction(self._engine, self._path) as connection:
            return list(connection.execute(query, values))

    def _write(self, statement: sa.Executable, lines: list[dict[str, str]] | None = None) -> None:
        if lines is None or lines:
            with _transaction(self._engine, self._path) as connection:
                connection.execute(statement, lines)


_CACHED = sa.select(CACHE.c.value).where(CACHE.c.kind == sa.bindparam("kind"), CACHE.c.key == sa.bindparam("key"))
_NEW = insert(CACHE)
_REMEMBER = _NEW.on_conflict_do_update(
    index_elements=["kind", "key"], set_={"value": _NEW.excluded.value}, where=CACHE.c.value != _NEW.excluded.value
)
_WORK_LINES = sa.select(WORK).order_by(WORK.c.due, WORK.c.key)


def _due(row: sa.Row[Any]) -> Due:
    return Due.model_validate(dict(row._mapping))
