"""`pirsync status` over a large state, which passes over a world in memory have made, timed in a process of its own.

    python -m benchmarks.status [--reviews 1000] [--tickets-per-review 3]

Every review follows the four procedures and is late, so that the view is as long as it can be.
"""

from __future__ import annotations

import argparse
import platform
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pirsync.adapters.memory import memory_world
from pirsync.adapters.state import open_state
from pirsync.adapters.state_file import create_state
from pirsync.config import load
from pirsync.mapping import load_mapping
from pirsync.model import CreateScreen, Person
from pirsync.packs import load_packs
from pirsync.ports import World
from pirsync.practice import Practice, following, practice
from pirsync.reconcile import run_once
from pirsync.selection import Limits, Mode, Selection
from pirsync.templates import load_template

PACKS = '["full-review", "major-review", "soc2-cc7", "soc2-cc7-4-5"]'
AGE = timedelta(days=40)
"""How long ago the incidents were closed: every deadline is over, and the actions' dates are."""

RUNS = 5
LEADER = Person(account="aruiz", name="Ana Ruiz")
SCREEN = CreateScreen(
    project="ACT",
    type_id="10002",
    type_name="Task",
    fields={name: name for name in ("summary", "description", "assignee", "duedate", "labels", "issuelinks")},
    required=("summary",),
)
CONFIG = """[[site]]
deployment = "cloud"
owner_id = "{owner}"
[site.jira]
url = "https://site.example.com"
user = "service@example.com"
token = "env:NOBODY_ASKS"
[site.confluence]
url = "https://site.example.com/wiki"
user = "service@example.com"
token = "env:NOBODY_ASKS"
[[team]]
name = "operations"
projects = ["OPS"]
closed_since = "always"
space = "OPS"
action_project = "ACT"
mapping = "mapping.toml"
packs = {packs}
[run]
settle = 1
quiet_period = 0
quiet_at_most = 0
"""
ITEM = """[[default_items]]
text = "Follow-up number {number}"
criteria = "Shown to the team"
due_days = {days}
owner = "commander"
"""


@dataclass
class Past:
    """A clock that stands where it was put."""

    instant: datetime

    def now(self) -> datetime:
        """The present of that world."""
        return self.instant


def incident(number: int, closed: datetime) -> dict[str, Any]:
    """An incident as Jira answers it: closed, P1 or P2, with a leader."""
    at = closed.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    fields: dict[str, Any] = {
        "summary": f"Outage {number}: the payment queue stands still",
        "description": "Messages wait.",
        "project": {"key": "OPS"},
        "issuetype": {"id": "1", "name": "Incident"},
        "status": {"name": "Closed", "statusCategory": {"key": "done"}},
        "priority": {"name": ("Highest", "High")[number % 2]},
        "resolution": {"name": "Done"},
        "resolutiondate": at,
        "created": at,
        "updated": at,
        "labels": [],
        "issuelinks": [],
        "assignee": {"accountId": LEADER.account, "displayName": LEADER.name, "active": True},
        "reporter": None,
        "security": None,
        "comment": {"comments": [], "total": 0},
    }
    step = {"field": "status", "fromString": "Open", "toString": "Closed"}
    histories = [{"id": "1", "created": at, "items": [step]}]
    changelog = {"startAt": 0, "maxResults": 1, "total": 1, "histories": histories}
    return {"id": str(10_000 + number), "key": f"OPS-{number}", "fields": fields, "changelog": changelog}


def made(folder: Path, reviews: int, tickets: int) -> Path:
    """A configuration, and the state that passes over so many reviews with so many actions each have left."""
    owner, closed = str(uuid.uuid4()), datetime.now(UTC) - AGE
    path = folder / "config.toml"
    path.write_text(CONFIG.format(owner=owner, packs=PACKS), encoding="utf-8")
    items = (ITEM.format(number=number, days=10 + number) for number in range(tickets))
    (folder / "mapping.toml").write_text("\n".join(items), encoding="utf-8")
    settings = load(path)
    create_state(settings.site.state, owner, closed)
    clock = Past(closed + timedelta(hours=1))
    world = memory_world("cloud", [incident(n, closed) for n in range(1, reviews + 1)], [SCREEN], [LEADER], clock)
    state = open_state(settings.site.state, owner, clock.now())
    world = replace(world, state=state)
    for _ in settled(world, _practice(path, world)):
        clock.instant += timedelta(minutes=1)
    state.close()
    return path


def _practice(path: Path, world: World) -> Practice:
    settings = load(path)
    team = settings.teams[0]
    mapping, template = load_mapping(team.mapping, path.parent), load_template("review", path.parent)
    found = practice(team, settings.site, settings.run, mapping, template, world)
    return following(found, load_packs(team.packs, path.parent), team)


def settled(world: World, team: Practice) -> Iterator[int]:
    """Passes until one has nothing to do; the seconds of each are told."""
    limits = Limits(max_creates=1_000_000, overlap=timedelta(minutes=10))
    while True:
        began = time.process_time()
        report = run_once(Selection(Mode.ALL), world, [team], limits, lambda _: None)
        if report.failed:
            raise RuntimeError(f"{report.failed[0].key}: {report.failed[0].failure}")
        writes = len(report.changes)
        print(f"a full pass with {writes} changes: {time.process_time() - began:.1f} s of CPU", flush=True)
        if not writes and not report.waiting:
            return
        yield writes


def timed(path: Path, *arguments: str) -> str:
    """How long the command takes in a process of its own, by the clock and of the processor, and what it prints."""
    command = [sys.executable, "-m", "pirsync", "status", "--config", str(path), *arguments]
    wall, cpu, lines = [], [], 0
    for _ in range(RUNS):
        began, spent = time.perf_counter(), _spent()
        # Its warning that no pass has run for weeks is true, and of no use here.
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        wall.append(time.perf_counter() - began)
        cpu.append(_spent() - spent)
        lines = told.stdout.count("\n")
    best = f"the quickest of {RUNS} runs {min(wall):.2f} s ({min(cpu):.2f} s of CPU)"
    return f"{best}, the slowest {max(wall):.2f} s; {lines} lines"


def _spent() -> float:
    """The processor's seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Make the state, and print what the command takes on it."""
    parser = argparse.ArgumentParser(description="Time `pirsync status` over a large state.")
    parser.add_argument("--reviews", type=int, default=1000)
    parser.add_argument("--tickets-per-review", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pirsync-status-") as name:
        path = made(Path(name), given.reviews, given.tickets_per_review)
        size = load(path).site.state.stat().st_size / 1e6
        print(f"{given.reviews} reviews with {given.tickets_per_review} actions each; the state has {size:.1f} MB")
        for arguments in ((), ("--json",)):
            print(f"{' '.join(('pirsync status', *arguments))}: {timed(path, *arguments)}")
        print(f"Python {platform.python_version()}, {platform.machine()}")


if __name__ == "__main__":
    main()
