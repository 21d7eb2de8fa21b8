"""Requests of every kind of work, measured against the bounds that pirsync sets itself, on a site with a history.

    python -m benchmarks.requests [--deployment cloud|datacenter] [--reviews 1000] [--tickets-per-review 3]

Counted is every request that the sandbox's REST APIs answered.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pirsync.config import load
from pirsync.known import memory_of
from pirsync.model import Deployment
from pirsync.names import PAGE_PROPERTY, STAMP
from pirsync.ports import Stamp
from pirsync.sandbox import tracker
from pirsync.sandbox.world import World as Sandbox
from pirsync.selection import Mode

from .world import LEADERS, MOST_PASSES, NEWCOMERS, Site, item_text, opened, running

SEARCHED = 100
"""Issues that one request reads."""

PAGES = {"cloud": 250, "datacenter": 50}
"""Pages with their bodies that one request reads."""

DONE = "41"
SEVERAL = 8
EDITS = 5
FACTS = ("site", "account", "owner", "mention", "screen")
"""What state keeps of a site for a day."""


@dataclass(frozen=True)
class Row:
    """One kind of work: its requests as measured, and the most that they may be (None: no bound is set)."""

    work: str
    measured: int
    bound: float | None
    rule: str

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.bound is None or self.measured <= self.bound


@dataclass(frozen=True)
class Size:
    """How much history a site has."""

    deployment: Deployment
    reviews: int
    tickets: int

    @property
    def poll(self) -> int:
        """The bound of an idle poll: identity, one search, and the watch of the pages."""
        return poll_of(self.deployment, self.reviews)

    @property
    def full(self) -> float:
        """The bound of a full pass over unchanged reviews."""
        pages = math.ceil(self.reviews / PAGES[self.deployment])
        return 10 + 1.1 * (math.ceil(self.reviews / SEARCHED) + math.ceil(self.tickets / SEARCHED) + pages)


def requests_of(sandbox: Sandbox, work: Callable[[], object]) -> int:
    """How many requests a piece of work makes."""
    sandbox.faults.log.clear()
    work()
    return len(sandbox.faults.log)


def poll_of(deployment: Deployment, open_reviews: int) -> int:
    """The requests of an idle poll."""
    return 2 + math.ceil(open_reviews / PAGES["cloud"]) if deployment == "cloud" else 3


# ---------------------------------------------------------------- the rows


def measured_rows(sandbox: Sandbox, path: Path, size: Size) -> Iterator[Row]:
    """Every row, in an order in which none disturbs the next. The last ones lose the state."""
    incidents = list(sandbox.tracker.issues.values())
    incidents = [issue for issue in incidents if issue.key.startswith("OPS-")]
    with opened(sandbox, path) as site:
        # The first poll of all still sees what made the world.
        site.run(Mode.NEWS)
        yield Row("idle poll", requests_of(sandbox, lambda: site.run(Mode.NEWS)), size.poll, "the poll")
        yield from _changed_tickets(site, size, incidents)
        yield Row(
            "full pass, nothing changed",
            requests_of(sandbox, lambda: site.run(Mode.ALL)),
            size.full,
            "10 + 1.1 x (incidents/100 + tickets/100 + pages/P)",
        )
    with opened(sandbox, path) as site:
        _forget_facts(site, *FACTS)
        people = 0 if sandbox.is_cloud else len(LEADERS)
        fresh = requests_of(sandbox, lambda: site.run(Mode.ALL))
        yield Row("the same, first of a day", fresh, size.full + people, "and on Data Center 1 for each owner")
    yield from _new_incidents(sandbox, path, len(incidents))
    yield from _without_state(sandbox, path, incidents)


def _changed_tickets(site: Site, size: Size, incidents: list[tracker.Issue]) -> Iterator[Row]:
    sandbox = site.sandbox
    _finish(site, incidents[0])
    one = requests_of(sandbox, lambda: site.run(Mode.NEWS))
    yield Row("one ticket changed status", one, size.poll + 4, "poll + 2 for its page + 2 for the index")
    after = requests_of(sandbox, lambda: site.run(Mode.NEWS))
    yield Row("idle poll after it", after, size.poll, "the poll")
    changed = incidents[1 : 1 + SEVERAL]
    for incident in changed:
        _finish(site, incident)
    several = requests_of(sandbox, lambda: site.run(Mode.NEWS))
    bound = size.poll + 2 * len(changed) + 2
    yield Row(f"{len(changed)} tickets of {len(changed)} reviews", several, bound, "poll + 2 for each page + 2")


def _new_incidents(sandbox: Sandbox, path: Path, number: int) -> Iterator[Row]:
    """Counted from the incident's closure until a pass has nothing to do; each pass's poll is not counted.

    pirsync has just been started and knows neither the create screen nor the owners.
    """
    with opened(sandbox, path) as site:
        first, second = NEWCOMERS[:2], NEWCOMERS[2:]
        site.run(Mode.NEWS)
        site.start_with((first[0], first[1], first[0]))
        _forget_facts(site, "screen")
        site.close_incident(number)
        born = _until_settled(site)
        yield Row("new incident, 3 tickets, 2 new owners", born, 14 + 3 + 2 * 2, "14 + k + 2u; its rows come with it")
    with opened(sandbox, path) as site:
        site.start_with(())
        incident = site.close_incident(number)
        born = _until_settled(site)
        site.type_rows(site.page_of(incident), (second[0], second[1], second[0]))
        typed = _until_settled(site)
        yield Row("the same, its rows typed by people", born + typed, 14 + 3 + 2 * 2, "14 + k + 2u")


def _until_settled(site: Site) -> int:
    """Requests beyond those of idle polls, until a poll has nothing to do."""
    state, log = site.bench.world.state, site.sandbox.faults.log
    beyond = 0
    for _ in range(MOST_PASSES):
        poll = poll_of(site.sandbox.deployment, len(state.cached_all("open")))
        log.clear()
        report = site.run(Mode.NEWS)
        beyond += len(log) - poll
        if not report.changes and not report.waiting:
            return beyond
    raise RuntimeError(f"not settled after {MOST_PASSES} passes")


def _without_state(sandbox: Sandbox, path: Path, incidents: list[tracker.Issue]) -> Iterator[Row]:
    """People have written over our last version of two pages, and the state file is gone."""
    once, often = incidents[-1], incidents[-2]
    state = load(path).site.state
    for file in state.parent.glob(state.name + "*"):
        file.unlink()
    with opened(sandbox, path) as site:
        for incident, edits in ((once, 1), (often, EDITS)):
            for _ in range(edits):
                site.add_words(site.page_of(incident))
        yield Row("base of a page, state lost, edited once", _base_reads(site, once), 1, "1")
        yield Row(f"the same, edited {EDITS} times", _base_reads(site, often), 1, "1")
        _finish(site, once)
        _finish(site, often)
        found = requests_of(sandbox, lambda: site.run(Mode.ALL))
        yield Row("full pass after the state was lost", found, None, "reads are allowed")


def _base_reads(site: Site, incident: tracker.Issue) -> int:
    wiki = site.bench.world.wiki
    page = wiki.page(str(site.page_of(incident).id))
    assert page is not None  # nobody removes pages here
    # The property was read when the page was found again; that it is ours is what it says.
    memory = memory_of(wiki.property(page.id, PAGE_PROPERTY))
    assert memory is not None  # every review here has one
    stamp = Stamp(prefix=STAMP, account=wiki.identity(), newest=memory.stamped)
    found = []
    reads = requests_of(site.sandbox, lambda: found.append(wiki.stamped(page, stamp)))
    if found[0] is None:
        raise RuntimeError(f"no version of ours was found for {incident.key}")
    return reads


def _finish(site: Site, incident: tracker.Issue) -> None:
    site.move_ticket(incident, item_text(0), DONE)


def _forget_facts(site: Site, *kinds: str) -> None:
    state = site.bench.world.state
    for kind in kinds:
        state.drop(kind, list(state.cached_all(kind)))


# ---------------------------------------------------------------- time and memory


def sweep(path: Path, mode: Mode) -> dict[str, float]:
    """One pass in a process of its own: `wall` and `cpu` in seconds, `peak` in megabytes, `requests`."""
    command = [sys.executable, "-m", "benchmarks.sweep", str(path), mode.value]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(told.stdout))


# ---------------------------------------------------------------- the table


def table(rows: list[Row]) -> str:
    """The rows as text, one a line."""
    lines = [f"{'work':<42} {'measured':>8} {'bound':>8}         rule"]
    for row in rows:
        bound = "-" if row.bound is None else f"{row.bound:g}"
        verdict = "" if row.bound is None else "holds" if row.holds else "OVER"
        lines.append(f"{row.work:<42} {row.measured:>8} {bound:>8}  {verdict:<6} {row.rule}")
    return "\n".join(lines)


def report(deployment: Deployment, reviews: int, tickets_per_review: int) -> None:
    """Build a site, measure it, and print what came out."""
    size = Size(deployment, reviews, reviews * tickets_per_review)
    with tempfile.TemporaryDirectory(prefix="pirsync-bench-") as folder:
        began = time.monotonic()
        with running(deployment, Path(folder), reviews, tickets_per_review) as (sandbox, path):
            built = time.monotonic() - began
            made = len(sandbox.faults.log)
            print(f"{deployment}: {reviews} reviews, {size.tickets} tickets (made in {built:.0f} s, {made} requests)")
            print()
            # The first poll of all still sees what made the world.
            sweep(path, Mode.NEWS)
            passes = {"idle poll": sweep(path, Mode.NEWS), "full pass, nothing changed": sweep(path, Mode.ALL)}
            print(table(list(measured_rows(sandbox, path, size))))
    print()
    print(f"{'in a process of its own':<42} {'seconds':>8} {'of CPU':>8} {'peak MB':>8}")
    for work, cost in passes.items():
        print(f"{work:<42} {cost['wall']:>8.2f} {cost['cpu']:>8.2f} {cost['peak']:>8.0f}")
    print()


def main() -> None:
    """Both deployments, or the one that is asked for."""
    parser = argparse.ArgumentParser(description="Measure pirsync's requests against their bounds.")
    parser.add_argument("--deployment", choices=get_args(Deployment))
    parser.add_argument("--reviews", type=int, default=1000)
    parser.add_argument("--tickets-per-review", type=int, default=3)
    given = parser.parse_args()
    for deployment in (given.deployment,) if given.deployment else get_args(Deployment):
        report(deployment, given.reviews, given.tickets_per_review)


if __name__ == "__main__":
    main()
