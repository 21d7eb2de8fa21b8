"""A state file that is damaged, old, full or moved: one clear error or the old content, never a wrong answer."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from pirsync.adapters import state_file
from pirsync.adapters.schema import MIGRATIONS
from pirsync.adapters.state import SqlState, open_state
from pirsync.adapters.state_file import set_aside, transaction
from pirsync.errors import StateError

from .test_state import NOW, contents, fill, line

OWNER = "owner-1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def made(path: Path) -> None:
    state = open_state(path, OWNER, NOW)
    fill(state)
    state.cache("review", {str(number): {"text": "x" * 200} for number in range(100)})
    state.close()


def everything(state: SqlState) -> object:
    """Ask for all that can be asked."""
    told = contents(state), state.created_at, state.born_with_owner, state.counted(), state.due(NOW)
    state.mark_dirty("10009", NOW, "news")
    return told


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("kept", [512, 1024, 4096, 5000, 8192, 12288])
def test_a_file_that_was_cut_is_refused(path: Path, kept: int) -> None:
    made(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StateError, match=r"is damaged|is not an SQLite file|cannot be read"):
        everything(open_state(path, OWNER, NOW))


def test_a_file_of_no_length_is_begun_anew_and_proves_no_absence(path: Path) -> None:
    made(path)
    path.write_bytes(b"")
    state = open_state(path, OWNER, NOW + timedelta(days=1))
    assert (state.born_with_owner, state.created_at) == (False, NOW + timedelta(days=1))


@pytest.mark.parametrize("seed", range(30))
def test_random_bytes_in_the_file_are_one_error_or_none_but_never_another(path: Path, seed: int) -> None:
    made(path)
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 20, 400])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)
    try:
        everything(open_state(path, OWNER, NOW))
    except StateError as error:
        assert str(error).startswith(str(path))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE meta SET value = 'yesterday' WHERE name = 'created_at'",
        "UPDATE work SET due = 'soon'",
        "UPDATE work SET tries = 'many'",
        "UPDATE intent SET sent_at = 'x'",
        "UPDATE watermark SET instant = ''",
    ],
)
def test_a_row_that_pirsync_cannot_have_written_is_damage(path: Path, damage: str) -> None:
    made(path)
    with sqlite3.connect(path) as other:
        other.execute(damage)
    with pytest.raises(StateError, match="is damaged"):
        everything(open_state(path, OWNER, NOW))


@pytest.mark.parametrize("value", ["", "{", "[1, 2]", "7", "null", b"\xff\xfe"])
def test_a_cached_value_that_is_none_was_never_cached(path: Path, value: object) -> None:
    made(path)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE cache SET value = ? WHERE kind = 'review' AND key = '5'", (value,))
    state = open_state(path, OWNER, NOW)
    assert state.cached("review", "5") is None
    assert "5" not in state.cached_all("review")
    assert "6" in state.cached_all("review")


def test_a_transaction_that_has_read_keeps_its_turn_to_write(path: Path) -> None:
    """Another process that came between would have what was read be no longer true, and the write fail at once."""
    made(path)
    state = open_state(path, OWNER, NOW)
    with sqlite3.connect(path, timeout=0) as other, transaction(state._engine, path) as ours:
        assert ours.exec_driver_sql("SELECT tries FROM work").scalar_one() == 0
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE work SET tries = 7")
        ours.exec_driver_sql("UPDATE work SET tries = tries + 1")
    assert [due.tries for due in state.pending()] == [1]


# ---------------------------------------------------------------- old and new


def later(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    """A pirsync whose schema has one step more."""
    monkeypatch.setattr(state_file, "MIGRATIONS", (*MIGRATIONS, statements))


def test_a_file_of_an_older_pirsync_is_brought_up_to_date_and_keeps_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(path)
    old = open_state(path, OWNER, NOW)
    before = (*contents(old), old.created_at)
    assert all(before)
    old.close()
    later(monkeypatch, "ALTER TABLE work ADD COLUMN note TEXT NOT NULL DEFAULT ''", "CREATE TABLE more (name TEXT)")
    state = open_state(path, OWNER, NOW)
    assert state.meta["schema_version"] == "2"
    assert (*contents(state), state.created_at) == before
    assert state.born_with_owner is False
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM more").fetchone() == (0,)
    monkeypatch.undo()
    with pytest.raises(StateError, match="written by a newer pirsync: update pirsync"):
        open_state(path, OWNER, NOW)


def test_a_running_process_does_not_go_on_with_a_file_that_a_newer_one_has_brought_up_to_date(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(path)
    old = open_state(path, OWNER, NOW)
    with old.pass_lock():
        before = contents(old)
    later(monkeypatch, "CREATE TABLE more (name TEXT)")
    open_state(path, OWNER, NOW).close()
    monkeypatch.undo()
    with pytest.raises(StateError, match="written by a newer pirsync: update pirsync"), old.pass_lock():
        raise AssertionError("a pass has begun")
    later(monkeypatch, "CREATE TABLE more (name TEXT)")
    newer = open_state(path, OWNER, NOW)
    assert contents(newer) == before
    newer.close()


def test_a_step_that_fails_in_the_middle_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(path)
    old = open_state(path, OWNER, NOW)
    before = contents(old)
    old.close()
    later(monkeypatch, "CREATE TABLE more (name TEXT)", "DELETE FROM intent", "NO SUCH STATEMENT")
    with pytest.raises(StateError):
        open_state(path, OWNER, NOW)
    monkeypatch.undo()
    assert contents(open_state(path, OWNER, NOW)) == before


def test_a_process_that_dies_in_the_middle_of_a_step_leaves_the_old_file(path: Path) -> None:
    made(path)
    program = (
        "import os, sys; from datetime import datetime; from pathlib import Path; import sqlalchemy as sa;"
        "from pirsync.adapters import state_file; from pirsync.adapters.state import open_state;"
        "state_file.MIGRATIONS += (('DELETE FROM intent', 'CREATE TABLE more (name TEXT)', 'DIE'),)\n"
        "@sa.event.listens_for(sa.Engine, 'before_cursor_execute')\n"
        "def die(connection, cursor, statement, *_):\n    if statement == 'DIE': os._exit(9)\n"
        "open_state(Path(sys.argv[1]), 'owner-1', datetime.fromisoformat(sys.argv[2]))"
    )
    finished = subprocess.run([sys.executable, "-c", program, str(path), NOW.isoformat()], check=False)
    assert finished.returncode == 9
    state = open_state(path, OWNER, NOW)
    assert (state.meta["schema_version"], state.counted().intents) == (str(len(MIGRATIONS)), {"sending": 1})


# ---------------------------------------------------------------- a full disk, a read-only folder


def test_a_full_disk_is_told_and_what_was_written_stays(path: Path) -> None:
    made(path)
    state = open_state(path, OWNER, NOW)
    with state._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    before = contents(state)
    with pytest.raises(StateError, match="the disk is full: make room, and try again"):
        state.cache("review", {f"new-{number}": {"text": "y" * 4000} for number in range(50)})
    assert contents(state) == before
    state.close()
    assert contents(open_state(path, OWNER, NOW)) == before


def test_a_size_limit_of_the_process_is_told(path: Path) -> None:
    made(path)
    program = (
        "import resource, sys; from datetime import datetime; from pathlib import Path;"
        "from pirsync.adapters.state import open_state; from pirsync.errors import StateError\n"
        "now = datetime.fromisoformat(sys.argv[2]); state = open_state(Path(sys.argv[1]), 'owner-1', now)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "try:\n    state.cache('review', {str(n): {'text': 'y' * 4000} for n in range(50)})\n"
        "except StateError as error:\n    print(error)"
    )
    command = [sys.executable, "-c", program, str(path), NOW.isoformat()]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.startswith(f"{path} cannot be read or written, for the disk fails or sets a limit")
    assert line(open_state(path, OWNER, NOW)).status == "sending"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)  # permissions do not bind root
    try:
        with pytest.raises(StateError, match="correct the path or its permissions"):
            open_state(tmp_path / "state.db", OWNER, NOW)
    finally:
        os.seteuid(was)
        tmp_path.chmod(0o755)


# ---------------------------------------------------------------- moved away


def test_a_file_that_was_moved_away_is_followed_by_a_new_one_at_the_next_pass(path: Path) -> None:
    made(path)
    state = open_state(path, OWNER, NOW)
    old = set_aside(path, NOW)
    assert old == path.with_name("state.db.20260302T093000Z")
    with state.pass_lock():
        assert state.intents("10001") == {}
        assert state.born_with_owner is False
        state.claim("m9", "ticket", "10009", "d", NOW)
    assert line(open_state(old, OWNER, NOW)).status == "sending"
    assert sorted(open_state(path, OWNER, NOW).intents("10009")) == ["m9"]


def test_a_file_that_is_not_there_is_not_set_aside(path: Path) -> None:
    assert set_aside(path, NOW) is None
