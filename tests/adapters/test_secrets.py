"""A credential comes from where its reference says, and never into a message."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pirsync.adapters import secrets
from pirsync.adapters.secrets import resolve_secret
from pirsync.errors import ConfigError


def refusal(reference: str, base: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve_secret(reference, base)
    assert caught.value.__cause__ is None
    return str(caught.value)


def script(folder: Path, text: str) -> str:
    (folder / "tell.py").write_text(text, encoding="utf-8")
    return f"command:'{sys.executable}' tell.py"


def test_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIRSYNC_TEST_TOKEN", "  hunter2hunter2\n")
    assert resolve_secret("env:PIRSYNC_TEST_TOKEN", tmp_path) == "hunter2hunter2"
    monkeypatch.setenv("PIRSYNC_TEST_TOKEN", " ")
    assert "PIRSYNC_TEST_TOKEN is not set" in refusal("env:PIRSYNC_TEST_TOKEN", tmp_path)
    monkeypatch.delenv("PIRSYNC_TEST_TOKEN")
    assert "PIRSYNC_TEST_TOKEN is not set" in refusal("env:PIRSYNC_TEST_TOKEN", tmp_path)


def test_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "jira.token").write_text("hunter2hunter2\n", encoding="utf-8")
    assert resolve_secret("file:jira.token", tmp_path) == "hunter2hunter2"
    assert resolve_secret(f"file:{tmp_path}/jira.token", Path("/")) == "hunter2hunter2"
    assert "other.token: cannot be read: No such file" in refusal("file:other.token", tmp_path)
    (tmp_path / "jira.token").write_bytes(b"\xff\xfehunter2")
    assert "not UTF-8" in refusal("file:jira.token", tmp_path)


def test_from_a_command(tmp_path: Path) -> None:
    assert resolve_secret(script(tmp_path, "print('hunter2hunter2')"), tmp_path) == "hunter2hunter2"


def test_a_failing_command_is_told_by_its_exit_code_not_by_its_output(tmp_path: Path) -> None:
    failing = script(tmp_path, "import sys; print('hunter2'); print('hunter2', file=sys.stderr); sys.exit(3)")
    message = refusal(failing + " --password hunter2", tmp_path)
    assert "ended with exit code 3" in message
    assert "hunter2" not in message


def test_a_slow_command_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 0.2)
    message = refusal(script(tmp_path, "import time; print('hunter2', flush=True); time.sleep(60)"), tmp_path)
    assert "took longer than" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("command:no-such-program-at-all x", "cannot be run: No such file"),
        ("command:'unclosed", "is not a command"),
        ("command:", "is not a command"),
        ("hunter2hunter2", "a token must be given as env:NAME, file:PATH or command:COMMAND"),
    ],
)
def test_what_cannot_be_followed(tmp_path: Path, reference: str, expected: str) -> None:
    message = refusal(reference, tmp_path)
    assert expected in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("secret", "expected"),
    [("abcde", "too short"), ("", "too short"), ("two words", "nothing else"), ("two\nlines", "nothing else")],
)
def test_what_cannot_be_a_token(tmp_path: Path, secret: str, expected: str) -> None:
    (tmp_path / "t").write_text(secret, encoding="utf-8")
    message = refusal("file:t", tmp_path)
    assert expected in message
    assert not secret or secret not in message
