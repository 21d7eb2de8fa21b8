"""The look for secrets finds one wherever a test could leave it, in the process where the test runs."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import leaks
from tests.cassettes.player import FOLDER
from tests.command import Said, desk, surroundings

RAISED = "the words of Unavailable"
PLANTED = """
import base64, logging, sys
from pathlib import Path
import pytest
from pirsync.errors import Unavailable

TOKEN = "{token}"

def test_prints(): print("so it is:", TOKEN)
def test_warns(): sys.stderr.write(base64.b64encode(f"someone@example.com:{{TOKEN}}".encode()).decode())
def test_logs(): logging.getLogger("deep.down").debug("{{'Authorization': 'Bearer abc'}}")
def test_leaves(tmp_path): (tmp_path / "export.md").write_text(TOKEN)
def test_fails(): print(TOKEN); assert False, "for a reason of its own"
def test_keeps(tmp_path): print("nothing"); (tmp_path / "token").write_text(TOKEN)
def test_raises():
    with pytest.raises(Unavailable): raise Unavailable(f"no login with {{TOKEN}}")
"""


def test_a_planted_secret_fails_the_test_that_tells_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("planted")
    (folder / "test_planted.py").write_text(PLANTED.format(token=leaks.TOKENS[0]), encoding="utf-8")
    options = ["-q", "-p", "tests.leaks", "-p", "xdist", "-n", "1", "--log-level", "DEBUG", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", ".", "--basetemp", "kept", "test_planted.py"]
    alone = surroundings() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, timeout=300)
    told = [line for line in done.stdout.splitlines() if line.startswith("a secret stands in: ")]
    assert sorted(told) == [
        f"a secret stands in: {place}"
        for place in (*("Captured log call", "Captured stderr call", "Captured stdout call", "export.md"), RAISED)
    ]
    assert "5 failed, 2 passed, 1 error" in done.stdout


@pytest.mark.parametrize("token", leaks.TOKENS)
def test_a_token_is_known_in_every_form(token: str) -> None:
    for user in ("", "a", "ab", "abc", "review-service@example.com"):
        assert leaks.found_in(base64.b64encode(f"{user}:{token}".encode()).decode())
    assert leaks.found_in(f"http://user:{token}@site")
    assert not leaks.found_in(token[:-1])


@pytest.mark.parametrize(
    "header", ["Authorization: Basic eDp5", "{'Authorization': 'Bearer eDp5'}", 'authorization="basic eDp5"']
)
def test_a_header_that_carries_a_secret_is_known(header: str) -> None:
    assert leaks.found_in(header)
    assert not leaks.found_in("the header Authorization is never told")


def test_a_command_that_tells_a_secret_and_a_file_that_holds_one_are_found() -> None:
    with pytest.raises(AssertionError, match="a secret was told"):
        Said(0, "fine", f"no login with {leaks.TOKENS[0]}")
    with desk() as place:
        assert (place.folder / "token").read_text(encoding="utf-8") in leaks.TOKENS
        (place.folder / "logs").mkdir()
        log = place.folder / "logs" / "pirsync.log"
        log.write_text(leaks.TOKENS[0], encoding="utf-8")
        assert leaks.files_with_secrets(place.folder) == ["logs/pirsync.log"]
        log.unlink()


def test_every_token_that_a_test_connects_with_is_looked_for() -> None:
    connections = re.compile(r"\bConnection\([^)]*\btoken=\W*[\"']")
    modules = [path for path in Path(__file__).parent.rglob("*.py") if path != Path(__file__)]
    assert [path.name for path in modules if connections.search(path.read_text(encoding="utf-8"))] == []


def test_no_cassette_holds_a_secret() -> None:
    assert len(list(FOLDER.iterdir())) > 5
    leaks.assert_none_in(FOLDER)
