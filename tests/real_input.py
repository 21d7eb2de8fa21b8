"""Real issues as the sandbox's world, reconciled: `python -m tests.real_input [FILE…]` prints what came of each file.

The real adapters and client libraries do it on the sandbox's application, without sockets in between. Every type and
every date is in scope, so each closed issue must have a page, and each other must have a reason.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pirsync.build import Bench, open_bench
from pirsync.config import load
from pirsync.demo import configuration
from pirsync.model import Deployment
from pirsync.page_model import Page
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.sandbox.world import World as Sandbox
from pirsync.sandbox.worlds.load import load as load_world
from pirsync.selection import Mode, Selection
from tests.indoors import Wire, folder_off_disk, wired

FIXTURES = Path(__file__).parent / "fixtures" / "search"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "recorded" / "jira-issues"
DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")


@dataclass(frozen=True)
class Outcome:
    """One file reconciled: the sandbox's world as loaded, the first pass, the second, and the pages by issue key."""

    sandbox: Sandbox
    first: Report
    second: Report
    pages: dict[str, Page]


@contextmanager
def bench_on(sandbox: Sandbox, url: str) -> Iterator[Bench]:
    """A pirsync whose incidents are all issues of a loaded world."""
    with folder_off_disk() as folder:
        path = configuration(folder, url, sandbox.deployment)
        keys = sorted({project.key for project in sandbox.tracker.projects.values()} - {"ACT"})
        projects = ", ".join(f'"{key}"' for key in keys)
        text = path.read_text(encoding="utf-8")
        text = text.replace('projects = ["OPS"]', f'projects = [{projects}]\nissue_types = ["*"]')
        path.write_text(text, encoding="utf-8")
        with open_bench(load(path), threading.Event(), lambda: None) as bench:
            yield bench


def reconcile(deployment: Deployment, file: Path) -> Outcome:
    """Load one file and bring all of it to rest, twice."""
    sandbox = Sandbox(deployment)
    load_world(sandbox, [file])
    with wired(Wire(sandbox)), bench_on(sandbox, sandbox.base_url) as bench:
        first, second = (
            run_once(Selection(Mode.ALL), bench.world, bench.teams(), bench.limits(10_000), lambda _: None)
            for _ in range(2)
        )
        titles = {issue.key: f"{issue.key} Post-incident review" for issue in sandbox.tracker.issues.values()}
        found = {key: bench.world.wiki.find("OPS", title) for key, title in titles.items()}
    return Outcome(sandbox, first, second, {key: page for key, page in found.items() if page is not None})


def tell(deployment: Deployment, file: Path, outcome: Outcome) -> Iterator[str]:
    """The lines for one file: loaded, closed, pages, and why the rest have none."""
    reasons = Counter(result.reason.split(" (")[0] for result in outcome.first.results if result.reason)
    loaded, pages = len(outcome.sandbox.tracker.issues), len(outcome.pages)
    yield f"{deployment:11} {file.name:28} loaded {loaded:4}  pages {pages:4}  failed {len(outcome.first.failed)}"
    for reason, count in reasons.most_common():
        yield f"{'':41}{count:4} without: {reason}"
    yield f"{'':41}a second pass made {len(outcome.second.changes)} changes"


def files() -> list[Path]:
    """The recorded files where they are at hand, else the fixtures."""
    return sorted(SHARED.glob("*.json.gz")) or sorted(FIXTURES.glob("*.json"))


def main(arguments: Sequence[str]) -> None:
    for deployment in DEPLOYMENTS:
        for file in [Path(name) for name in arguments] or files():
            print(*tell(deployment, file, reconcile(deployment, file)), sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
