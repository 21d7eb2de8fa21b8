"""pirsync's command line as a person uses it, on a sandbox of its own: what was printed, and what was written."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pirsync.cli import cli
from pirsync.demo import configuration
from pirsync.model import Deployment
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import World as Sandbox
from pirsync.sandbox.worlds.seed import seed
from tests import leaks

ROOT = Path(__file__).parent.parent
READS = ("/search", "/search/jql", "/bulkfetch")


@dataclass(frozen=True)
class Said:
    """How a command ended: its exit code, and its two outputs, which tell no secret."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        leaks.said(self.out, self.err)

    @property
    def lines(self) -> list[str]:
        """Both outputs together."""
        return (self.out + self.err).splitlines()


def pirsync(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> Said:
    """Run the command as a process of its own, in that folder."""
    done = subprocess.run(
        [sys.executable, "-m", "pirsync", *arguments],
        cwd=folder,
        env=surroundings() | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def here(*arguments: str, config: Path) -> Said:
    """Run the command in this process. An exception that a person would see as a traceback is raised."""
    result = CliRunner().invoke(cli, [*arguments, "--config", str(config)], catch_exceptions=False)
    return Said(result.exit_code, result.stdout, result.stderr)


def surroundings() -> dict[str, str]:
    """The environment in which a process finds this pirsync, and nothing of the person's own."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PIRSYNC")} | {
        "PYTHONPATH": str(ROOT)
    }


@dataclass
class Desk:
    """A person's folder with a configuration, and the sandbox that it leads to."""

    sandbox: Sandbox
    url: str
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def run(self, *arguments: str) -> Said:
        """In a process of its own."""
        return pirsync(*arguments, folder=self.folder)

    def do(self, *arguments: str) -> Said:
        """In this process, which is quicker."""
        return here(*arguments, config=self.config)

    def replace(self, old: str, new: str) -> None:
        """Edit the configuration."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def team(self, line: str) -> None:
        """Add a line to the team's table."""
        self.replace("[[team]]\n", f"[[team]]\n{line}\n")

    def writes(self) -> list[tuple[str, str, int]]:
        """Every request to the APIs that was no read."""
        return [r for r in self.sandbox.faults.log if r[0] != "GET" and not r[1].endswith(READS)]

    def fault(self, kind: str, **rule: Any) -> None:
        self.sandbox.faults.add(Rule(kind, **rule))


@contextmanager
def desk(deployment: Deployment = "cloud") -> Iterator[Desk]:
    """A seeded sandbox, and a folder with a configuration for it."""
    with tempfile.TemporaryDirectory() as name:
        sandbox = Sandbox(deployment)
        # pirsync is to need no call that Cloud has removed.
        sandbox.wiki.v1_pages_gone = True
        with Running(sandbox) as running:
            seed(sandbox)
            folder = Path(name)
            configuration(folder, running.url, deployment)
            yield Desk(sandbox, running.url, folder)
        leaks.assert_none_in(folder)
        leaks.assert_none_on(sandbox)
