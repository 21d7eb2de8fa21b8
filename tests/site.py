"""A whole pirsync against the sandbox over real sockets, with a clock of its own that is moved and never slept."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pirsync.adapters.http import Pace
from pirsync.build import Bench, open_bench
from pirsync.config import load
from pirsync.demo import Story, configuration, reviews_page
from pirsync.errors import PirsyncError
from pirsync.model import Deployment
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import World as Sandbox
from pirsync.sandbox.worlds.seed import seed
from pirsync.selection import Mode, Selection
from tests import leaks

QUICK = Pace(base=0.001, floor=0.001, cap=0.01)


class MovedClock:
    """The machine's clock, moved forward by as much as a test says."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass
class Site:
    """A sandbox with its seeded world, and a pirsync on it."""

    sandbox: Sandbox
    url: str
    config: Path
    bench: Bench
    clock: MovedClock

    def run_pass(self, mode: Mode = Mode.ALL) -> Report:
        bench = self.bench
        return run_once(Selection(mode), bench.world, bench.teams(), bench.limits(200), lambda _: None)

    def settle(self, passes: int = 8) -> Report:
        """Passes until nothing is left; an error of a whole pass is survived like an error of one incident."""
        for _ in range(passes):
            try:
                report = self.run_pass()
            except PirsyncError:
                self.clock.forward(3700)
                continue
            if not (report.changes or report.failed or report.waiting):
                return report
            self.clock.forward(3700)
        raise AssertionError("it did not come to rest")

    def writes(self) -> list[tuple[str, str, int]]:
        """Every request to the APIs that was no read, since the log was cleared."""
        reads = ("/search", "/search/jql", "/bulkfetch")
        return [r for r in self.sandbox.faults.log if r[0] != "GET" and not r[1].endswith(reads)]

    def story(self) -> Story:
        return Story(self.sandbox, self.bench, lambda _: None)


@contextmanager
def site(deployment: Deployment, text: str = "", team: str = "") -> Iterator[Site]:
    """A seeded site; `text` is added to the configuration's end (the table `run`), `team` to the team's own lines."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = Sandbox(deployment)
        # pirsync is to need no call that Cloud has removed.
        sandbox.wiki.v1_pages_gone = True
        running = stack.enter_context(Running(sandbox))
        seed(sandbox)
        path = configuration(folder, running.url, deployment, reviews_page(sandbox))
        written = path.read_text(encoding="utf-8").replace("[[team]]\n", f"[[team]]\n{team}")
        path.write_text(written + text, encoding="utf-8")
        clock = MovedClock()
        bench = stack.enter_context(open_bench(load(path), threading.Event(), lambda: None, QUICK, clock))
        yield Site(sandbox, running.url, path, bench, clock)
        leaks.assert_none_in(folder)
        leaks.assert_none_on(sandbox)
