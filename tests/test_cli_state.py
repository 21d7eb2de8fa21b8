"""`pirsync state`, and every command on a state that is in use or unfit: one line, the right code, nothing remote."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
import sqlalchemy as sa

from pirsync.config import load
from pirsync.demo import configuration
from pirsync.model import Deployment

from .command import Desk, desk, here, surroundings


@pytest.fixture(params=get_args(Deployment))
def place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as found:
        yield found


def state_of(place: Desk) -> Path:
    return load(place.config).site.state


def test_a_state_is_made_anew_of_both_sites_alone_and_nothing_is_written_there(place: Desk) -> None:
    assert place.do("reconcile").code == 0
    path, before = state_of(place), place.writes()
    path.write_bytes(b"\xa5" * 9000)
    assert place.do("findings").code == 1

    said = place.do("state", "rebuild")
    assert said.code == 0, said.err
    assert place.writes() == before
    assert "OPS-1  page " in said.out
    assert "nothing was written to any site" in said.out
    (old,) = (each for each in path.parent.glob(f"{path.name}.2*") if each.read_bytes() == b"\xa5" * 9000)
    assert said.out.splitlines()[-1] == f"wrote {path}; the old one is {old}"

    shown = place.do("state", "show")
    assert shown.code == 0
    told = dict(line.split(maxsplit=1) for line in shown.out.splitlines())
    assert told["file"] == str(path)
    assert "made later" in told["created"]
    assert "by " in told["seen"]
    again = place.do("reconcile")
    assert place.writes() == before, again.out


def test_where_a_site_asks_for_a_captcha_the_old_state_stays(place: Desk) -> None:
    place.do("reconcile")
    path = state_of(place)
    before = path.read_bytes()
    place.fault("captcha", method="GET")
    assert place.do("state", "rebuild").code == 1
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir() if ".new" in each.name] == []


def test_there_is_nothing_to_show_before_the_first_pass(tmp_path: Path) -> None:
    configuration(tmp_path, "http://127.0.0.1:9", "cloud")
    load(tmp_path / "config.toml").site.state.unlink()
    said = here("state", "show", config=tmp_path / "config.toml")
    assert (said.code, said.err.endswith("is not there: the next pass makes it\n")) == (1, True)
    assert not load(tmp_path / "config.toml").site.state.exists()


def test_reconcile_waits_for_another_process_and_says_so() -> None:
    with desk() as place:
        lock = state_of(place).with_name(state_of(place).name + ".lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        holder = subprocess.Popen(
            [sys.executable, "-c", "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX);"
             "print('held', flush=True); sys.stdin.read()", str(lock)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        command = [sys.executable, "-m", "pirsync", "reconcile", "OPS-1", "--config", str(place.config)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings()
        ) as waiter:
            assert waiter.stderr is not None and waiter.stdout is not None
            assert waiter.stderr.readline() == "another pass is running; waiting for its turn\n"
            assert place.writes() == []
            holder.stdin.close()
            holder.wait(120)
            assert 'create page "OPS-1' in waiter.stdout.read()
            assert waiter.stderr.read() == ""
        holder.stdout.close()
        assert waiter.returncode == 0


def test_two_processes_at_once_make_everything_once() -> None:
    with desk() as place:
        command = [sys.executable, "-m", "pirsync", "reconcile", "--config", str(place.config)]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings()) for _ in range(2)]
        said = [process.communicate(timeout=300)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sum("create page" in text for text in said) == 1
        titles = [page.title for page in place.sandbox.wiki.pages.values()]
        assert len(titles) == len(set(titles))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a shopping list " * 99, "is not an SQLite file"), (None, "cannot be opened")],
    ids=["no database", "a folder"],
)
def test_a_state_that_cannot_be_used_is_one_line_and_1(tmp_path: Path, content: bytes | None, words: str) -> None:
    configuration(tmp_path, "http://127.0.0.1:9", "cloud")
    path = load(tmp_path / "config.toml").site.state
    path.unlink(missing_ok=True)
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    said = here("reconcile", config=tmp_path / "config.toml")
    assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert words in said.err


one_place = pytest.mark.parametrize("place", ["cloud"], indirect=True)
"""The state is the same for both dialects."""


@contextmanager
def full_disk() -> Iterator[None]:
    """A disk on which no file that is opened from now on can grow."""

    def allow_no_page(connection: Any, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # means: no more than there are

    sa.event.listen(sa.Engine, "connect", allow_no_page)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "connect", allow_no_page)


@one_place
def test_a_full_disk_is_one_line_and_1_and_with_room_again_everything_is_made_once(place: Desk) -> None:
    with full_disk():
        said = place.do("reconcile")
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert said.err.endswith("the disk is full: make room, and try again\n")
    again = [place.do("reconcile") for _ in range(2)]
    assert [one.code for one in again] == [0, 0]
    assert again[1].out == ""
    titles = [page.title for page in place.sandbox.wiki.pages.values()]
    assert "OPS-1 Post-incident review" in titles
    assert len(titles) == len(set(titles))


@one_place
def test_a_state_that_may_only_be_read_is_one_line_and_1_and_nothing_is_written_anywhere(place: Desk) -> None:
    assert place.do("reconcile", "OPS-1").code == 0
    path, before = state_of(place), place.writes()
    content = path.read_bytes()
    with read_only(place.folder):
        said = place.do("reconcile")
    assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert str(path) in said.err
    assert (place.writes(), path.read_bytes()) == (before, content)
    assert place.do("reconcile").code == 0


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Whoever has no right to write there; permissions do not bind root, so that it becomes nobody."""
    was, held = os.geteuid(), {each: each.stat().st_mode for each in (folder, *folder.rglob("*"))}
    for each in held:
        each.chmod(0o555 if each.is_dir() else 0o444)
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)
        for each, mode in held.items():
            each.chmod(mode)
