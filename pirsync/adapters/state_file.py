"""The file of the state: made, opened, brought up to date, moved away; each refusal says in a sentence what to do."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from pirsync.errors import Interrupted, StateError

from .schema import MIGRATIONS

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's transaction."""

LOCK_STEP_SECONDS = 0.2
"""How often a waiting pass looks whether its turn has come."""

META = sa.table("meta", sa.column("name"), sa.column("value"))

MOVE_AWAY = "`pirsync state rebuild` makes a new one; nothing remote is lost by moving it away"

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file in use; it belongs to that file and to no other."""


def create_state(path: Path, owner_id: str, now: datetime) -> None:
    """Make the state of a new installation, born together with its owner id. Raises StateError if it exists."""
    with opening(path) as is_new:
        if not is_new:
            raise StateError(f"{path} exists already: keep it, or move it away; {MOVE_AWAY}")
        file = connect(path)
        try:
            with transaction(file, path) as connection:
                _found(connection, owner_id, "yes", now)
        finally:
            file.dispose()


def open_file(file: sa.Engine, path: Path, owner_id: str, now: datetime) -> tuple[dict[str, str], int]:
    """The file's own account of itself, brought up to date, and its inode; made where there is none.

    Raises StateError for a file that is another owner's, damaged, read-only, no state at all, or of a newer pirsync.
    """
    with opening(path), transaction(file, path) as connection:
        return _opened(connection, path, owner_id, now), path.stat().st_ino


@contextmanager
def opening(path: Path) -> Iterator[bool]:
    """Make the file if there is none (then True), while nobody else opens one in its folder: of two that switch
    a new file to WAL at the same moment, SQLite turns one away without letting it wait."""
    with translated(path):
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


def set_aside(path: Path, now: datetime) -> Path | None:
    """Move the file to a name with the instant in it; where it went, or None where there is none."""
    if not path.exists():
        return None
    old = path.with_name(f"{path.name}.{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    move(path, old)
    return old


def move(path: Path, target: Path) -> None:
    """Move a file with what lies beside it.

    That goes first: a file without its journal is an older state of itself, but a journal beside another file
    would be taken for that file's.
    """
    with translated(path):
        for end in (*BESIDE, ""):
            part = path.with_name(path.name + end)
            if part.exists():
                part.rename(target.with_name(target.name + end))


def remove(path: Path) -> None:
    """Take away a file of ours that nobody uses, and what lies beside it; one that is not there is no matter."""
    with translated(path):
        for end in (*BESIDE, ".lock", ""):
            path.with_name(path.name + end).unlink(missing_ok=True)


def _opened(connection: sa.Connection, path: Path, owner_id: str, now: datetime) -> dict[str, str]:
    if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise damaged(path)
    names = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        _found(connection, owner_id, "no", now)
        return read_meta(connection)
    meta = read_meta(connection) if "meta" in names else {}
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
    return read_meta(connection)


def damaged(path: Path) -> StateError:
    """What is said of a file whose content cannot be what pirsync wrote."""
    return StateError(f"{path} is damaged: move it away; {MOVE_AWAY}")


def _migrate(connection: sa.Connection, version: int) -> None:
    """Run the steps that the file has not seen; they and the new version are one transaction, the caller's."""
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.exec_driver_sql(statement)
    if version < len(MIGRATIONS):
        _upsert_meta(connection, {"schema_version": str(len(MIGRATIONS))})


def _found(connection: sa.Connection, owner_id: str, born_with_owner: str, now: datetime) -> None:
    _migrate(connection, 0)
    facts = {"owner_id": owner_id, "born_with_owner": born_with_owner, "created_at": as_text(now)}
    _upsert_meta(connection, facts)


def _upsert_meta(connection: sa.Connection, facts: Mapping[str, str]) -> None:
    statement = insert(META)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    connection.execute(statement, [{"name": name, "value": value} for name, value in facts.items()])


def read_meta(connection: sa.Connection) -> dict[str, str]:
    """What the file says of itself: `schema_version`, `owner_id`, `born_with_owner`, `created_at`."""
    return {str(row.name): str(row.value) for row in connection.execute(sa.select(META))}


# ---------------------------------------------------------------- SQLite underneath


def connect(path: Path) -> sa.Engine:
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
        # A deferred transaction that reads first cannot wait its turn to write: it fails at once. And not by
        # SQLAlchemy's way of executing, which costs as much again as the query that follows.
        connection.connection.cursor().execute("BEGIN IMMEDIATE")

    return engine


@contextmanager
def transaction(engine: sa.Engine, path: Path) -> Iterator[sa.Connection]:
    """One transaction, committed and synced when its block ends. Raises StateError."""
    with translated(path), engine.begin() as connection:
        yield connection


def first(engine: sa.Engine, path: Path, query: str, *values: str) -> tuple[Any, ...] | None:
    """The first row that one statement reads, or None. Raises StateError.

    By the driver itself and outside of any transaction: what a pass reads most would take five times as long.
    """
    with translated(path), closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(query, values)
        # All of them: a statement that is not at its end keeps its view of the file, and no later write may begin.
        rows = cursor.fetchall()
    return rows[0] if rows else None


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """The one place where what SQLite and the file system say becomes a StateError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StateError(_sentence(path, getattr(cause, "sqlite_errorname", ""))) from error
    except UnicodeDecodeError as error:
        # The driver cannot read what SQLite says of a damaged schema.
        raise damaged(path) from error
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
        "SQLITE_IOERR": "cannot be read or written, for the disk fails or sets a limit: look at it, and try again",
    }
    unknown = f"cannot be used ({name or 'unknown cause'}): move it away; {MOVE_AWAY}"
    return f"{path} {next((text for cause, text in causes.items() if name.startswith(cause)), unknown)}"


def as_text(instant: datetime) -> str:
    """An aware instant as text that sorts as time does. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


# ---------------------------------------------------------------- turns


@dataclass(frozen=True)
class Turn:
    """How a pass waits for its turn: until `stop` is set, after one call of `on_wait`."""

    stop: threading.Event
    on_wait: Callable[[], None] | None

    @contextmanager
    def taken(self, path: Path) -> Iterator[None]:
        """Hold while one pass runs on the state at `path`, in any process. Raises Interrupted when told to stop."""
        lock = path.with_name(path.name + ".lock")
        with translated(lock):
            handle = lock.open("a")
        try:
            self._take(handle, lock)
            yield
        finally:
            handle.close()

    def _take(self, handle: IO[str], lock: Path) -> None:
        told = False
        while True:
            with translated(lock):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                except BlockingIOError:
                    pass
            if not told and self.on_wait is not None:
                self.on_wait()
            told = True
            if self.stop.wait(LOCK_STEP_SECONDS):
                raise Interrupted("told to stop while another pass was running")
