"""What a stranger gets: the fixtures in a test suite of their own, and the command with all its options."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from pirsync.sandbox import store
from pirsync.sandbox.harness import Sandbox
from pirsync.sandbox.worlds.generate import Size
from tests.command import ROOT, surroundings

AGAIN = """

def test_every_test_starts_anew(sandbox):
    sandbox.world.tracker.issues.clear()
    sandbox.fault("500", times=None)
    sandbox.reset()
    assert comment(sandbox, "again").status_code == 201

def test_the_one_before_left_nothing(sandbox):
    issue = sandbox.world.tracker.issues[sandbox.world.tracker.keys["OPS-1"]]
    assert "again" not in [each.body for each in issue.comments]
"""


def documented() -> dict[str, str]:
    """The Python files that the documentation shows, by the names in their first lines."""
    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    return dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.DOTALL))


def test_the_documented_fixtures_serve_a_suite_of_somebody_else_s(tmp_path: Path) -> None:
    files = documented()
    assert set(files) == {"conftest.py", "test_mine.py"}
    files["test_mine.py"] += AGAIN
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    # What else is installed for pytest here takes longer to start than the suite to run.
    alone = surroundings() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=tmp_path, env=alone, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


def test_a_sandbox_of_a_size_returns_to_its_beginning() -> None:
    with Sandbox("datacenter", Size(10, 5, 1)) as site:
        url = f"{site.jira_url}/rest/api/2/search"
        for _ in range(2):
            assert requests.get(url, auth=site.auth, timeout=10).json()["total"] == 10
            site.lag(60)
            site.limit(bucket={"size": 1, "fill": 1, "interval": 60})
            assert requests.get(url, auth=site.auth, timeout=10).ok
            assert requests.get(url, auth=site.auth, timeout=10).status_code == 429
            site.world.tracker.issues.clear()
            site.reset()


def test_the_command_serves_a_world_of_a_size_and_keeps_it_when_it_is_terminated(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = ["--port", port, "--size", "12", "--seed", "5", "--token", "s3cret", "--base-url", "https://site.test/"]
    command = [sys.executable, "-m", "pirsync", "sandbox", *options, "--store", "world"]
    own = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=tmp_path, env=surroundings(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().split() == ["Jira", "https://site.test"]
            _wait_for(own)
            auth = ("ana@example.com", "s3cret")
            assert requests.get(f"{own}/rest/api/3/myself", auth=("a", "other"), timeout=10).status_code == 401
            told = requests.get(f"{own}/rest/api/3/issue/ACT-1", auth=auth, timeout=10).json()
            assert told["self"].startswith("https://site.test/rest/api/3/issue/")
            for number in range(5):
                sent = {"fields": {"labels": [f"write-{number}"]}}
                assert requests.put(f"{own}/rest/api/3/issue/ACT-1", json=sent, auth=auth, timeout=10).ok
        finally:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)
    kept = store.load(tmp_path / "world")
    assert kept.tracker.issues[kept.tracker.keys["ACT-1"]].labels == ["write-4"]
    assert len(kept.tracker.issues) == 12


def _wait_for(address: str) -> None:
    for _ in range(2000):
        try:
            requests.get(f"{address}/__sandbox/clock", timeout=1)
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise TimeoutError(address)
