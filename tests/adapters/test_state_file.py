"""The state's file: what survives, what is refused and in which words, and what happens when two come at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pirsync.adapters.state import SqlState, open_state
from pirsync.adapters.state_file import create_state
from pirsync.errors import Interrupted, StateError

from .test_state import NOW, contents, fill, line

# ---------------------------------------------------------------- the file: making and opening


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state.db"


def reopen(path: Path, owner: str = "owner-1") -> SqlState:
    return open_state(path, owner, NOW + timedelta(days=1))


def test_a_state_made_with_its_owner_says_so_ever_after(path: Path) -> None:
    create_state(path, "owner-1", NOW)
    state = reopen(path)
    assert (state.born_with_owner, state.created_at) == (True, NOW)


def test_a_state_made_later_says_so_too(path: Path) -> None:
    open_state(path, "owner-1", NOW).close()
    state = reopen(path)
    assert (state.born_with_owner, state.created_at) == (False, NOW)


def test_a_state_is_not_made_twice(path: Path) -> None:
    open_state(path, "owner-1", NOW).close()
    with pytest.raises(StateError, match="exists already"):
        create_state(path, "owner-1", NOW)
    assert reopen(path).born_with_owner is False


def test_everything_survives_a_restart(path: Path) -> None:
    first = open_state(path, "owner-1", NOW)
    fill(first)
    before = contents(first)
    first.close()
    assert contents(reopen(path)) == before


def test_a_claim_survives_the_death_of_its_process(path: Path) -> None:
    program = (
        "import os, sys; from datetime import datetime; from pathlib import Path;"
        "from pirsync.adapters.state import open_state; now = datetime.fromisoformat(sys.argv[2]);"
        "open_state(Path(sys.argv[1]), 'owner-1', now).claim('m1', 'ticket', '10001', 'd1', now); os._exit(9)"
    )
    finished = subprocess.run([sys.executable, "-c", program, str(path), NOW.isoformat()], check=False)
    assert finished.returncode == 9
    assert line(reopen(path)).sent_at == NOW


def test_nobody_else_may_read_the_file(path: Path) -> None:
    open_state(path, "owner-1", NOW).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_is_written_ahead_and_synced(path: Path) -> None:
    with open_state(path, "owner-1", NOW)._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_the_file_of_another_owner_is_refused(path: Path) -> None:
    open_state(path, "owner-1", NOW).close()
    with pytest.raises(StateError, match=r"owner id owner-1, not to owner-2.*nothing remote is lost by moving it away"):
        reopen(path, "owner-2")


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("shopping list: milk, bread, and a great many other things " * 50)
    before = path.read_bytes()
    with pytest.raises(StateError, match="not an SQLite file"):
        reopen(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE meta (name TEXT, value TEXT)")
    with pytest.raises(StateError, match="file of another program"):
        reopen(path)


def test_a_damaged_file_is_refused(path: Path) -> None:
    state = open_state(path, "owner-1", NOW)
    state.cache("review", {str(number): {"text": "x" * 500} for number in range(500)})
    state.close()
    content = bytearray(path.read_bytes())
    content[8192 : len(content) - 4096] = b"\xa5" * (len(content) - 12288)
    path.write_bytes(content)
    with pytest.raises(StateError, match="is damaged: move it away"):
        reopen(path)


def test_a_newer_schema_is_refused(path: Path) -> None:
    open_state(path, "owner-1", NOW).close()
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE meta SET value = '99' WHERE name = 'schema_version'")
    with pytest.raises(StateError, match="written by a newer pirsync"):
        reopen(path)


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be opened"):
        reopen(tmp_path)


def test_a_read_only_file_is_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_state(path, "owner-1", NOW).close()
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)  # permissions do not bind root
        try:
            with pytest.raises(StateError, match="is read-only: give this account"):
                reopen(path)
        finally:
            os.seteuid(was)
            Path(folder).chmod(0o755)


def test_words_that_are_not_text_are_kept_as_well_as_can_be(path: Path) -> None:
    state = open_state(path, "owner-1", NOW)
    state.mark_dirty("10001", NOW, "half a character: \ud83d!")
    assert state.pending()[0].reason == "half a character: ?!"


def test_an_instant_without_a_zone_is_a_mistake_of_the_program(path: Path) -> None:
    with pytest.raises(ValueError, match="has no zone"):
        open_state(path, "owner-1", NOW).set_watermark("issues", NOW.replace(tzinfo=None))


# ---------------------------------------------------------------- the file: two at once


def test_of_many_claims_at_once_one_is_granted(path: Path) -> None:
    states = [open_state(path, "owner-1", NOW) for _ in range(8)]
    start = threading.Barrier(len(states))
    granted: list[int | None] = []

    def claim(state: SqlState) -> None:
        start.wait()
        granted.append(state.claim("m1", "ticket", "10001", "d1", NOW))

    threads = [threading.Thread(target=claim, args=(state,)) for state in states]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(granted, key=str) == [1, *[None] * 7]


def test_a_state_can_be_made_by_many_at_once(path: Path) -> None:
    start = threading.Barrier(8)
    made: list[datetime] = []

    def make(number: int) -> None:
        start.wait()
        made.append(open_state(path, "owner-1", NOW + timedelta(seconds=number)).created_at)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [reopen(path).created_at] * 8


def test_a_pass_waits_for_its_turn_and_says_so_once(path: Path) -> None:
    holder = open_state(path, "owner-1", NOW)
    said: list[str] = []
    waiter = open_state(path, "owner-1", NOW, on_wait=lambda: said.append("waiting"))
    order: list[str] = []

    def second() -> None:
        with waiter.pass_lock():
            order.append("second")

    thread = threading.Thread(target=second)
    with holder.pass_lock():
        thread.start()
        thread.join(0.5)
        order.append("first")
    thread.join()
    assert (order, said) == (["first", "second"], ["waiting"])


def test_a_waiting_pass_ends_when_told_to_stop(path: Path) -> None:
    stop = threading.Event()
    holder = open_state(path, "owner-1", NOW)
    waiter = open_state(path, "owner-1", NOW, stop=stop, on_wait=stop.set)
    with holder.pass_lock(), pytest.raises(Interrupted), waiter.pass_lock():
        pytest.fail("two passes at once")


def test_a_pass_that_fails_gives_its_turn_back_and_keeps_its_error(path: Path) -> None:
    state = open_state(path, "owner-1", NOW)
    with pytest.raises(OSError, match="the pass's own"), state.pass_lock():
        raise OSError("the pass's own")
    with state.pass_lock():
        assert state.pending() == []


def test_a_file_that_another_process_keeps_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pirsync.adapters.state_file.BUSY_SECONDS", 0.1)
    state = open_state(path, "owner-1", NOW)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateError, match="held by another process"):
        state.set_watermark("issues", NOW)
    other.execute("ROLLBACK")
    state.set_watermark("issues", NOW)
    assert state.watermark("issues") == NOW
