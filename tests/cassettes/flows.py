"""The story that all cassettes tell: one incident, its review, one action, its ticket; each pass is a real `run_once`.

Passes carry their memory on, as in production, so the flows follow each other. At replay nobody acts but pirsync.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from pirsync.adapters.confluence import open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.adapters.memory_state import MemoryState
from pirsync.changes import describe
from pirsync.config import Product, Run, Site, Team
from pirsync.mapping import TeamMapping, load_mapping
from pirsync.model import Deployment
from pirsync.packs import load_packs
from pirsync.page.template import ReviewTemplate
from pirsync.ports import World
from pirsync.practice import Practice, following, practice
from pirsync.reconcile import run_once
from pirsync.report import Report, Result
from pirsync.selection import Limits, Mode, Selection
from tests import leaks
from tests.cassettes.player import SITE, Flow

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
A_WHILE = timedelta(minutes=20)
INDEX_TITLE = "Post-incident review index"
OWNER = "0e7c1a52-6d3b-4f0e-9a41-5b8c2d7f6e10"
TOKEN = leaks.TOKENS[0]
USER = {"cloud": "review-service@example.com", "datacenter": ""}
TEMPLATE = """{{ summary_region }}
<h2>Action items</h2>
{{ actions_region }}
<h2>Review record</h2>
{{ record_region }}"""
LIMITS = Limits(max_creates=10, overlap=timedelta(minutes=10))
PACE = Pace(base=0.01, floor=0.01, cap=0.01, attempts=1)


class Hands:
    """A clock that goes when it is told to; the sandbox and pirsync read the same one."""

    def __init__(self) -> None:
        self._instant = START

    def now(self) -> datetime:
        """The present."""
        return self._instant

    def forward(self, length: timedelta) -> None:
        """Let time pass."""
        self._instant += length


class Tape(Protocol):
    """What records or plays: it is told whose turn it is."""

    def turn(self, flow: Flow) -> None:
        """Go on with that flow's cassette."""


People = Callable[[Flow], None]
"""What people do before a flow's pass: something when it is recorded, nothing when it is replayed."""


@dataclass(frozen=True)
class Outcome:
    """What came of one flow: its changes in words, and what went wrong."""

    changes: list[str]
    problems: list[str]


def mapping() -> TeamMapping:
    """The mapping that ships."""
    return load_mapping("default", Path())


def tell_story(deployment: Deployment, url: str, tape: Tape, clock: Hands, people: People) -> dict[Flow, Outcome]:
    """Play all flows through the real adapters, against whatever listens at `url`."""
    stop = threading.Event()
    prefix = ("", "/wiki") if deployment == "cloud" else ("/jira", "/confluence")
    jira, wiki = (
        Connection(
            site_url=SITE + below,
            api_url=url + below,
            user=USER[deployment],
            token=TOKEN,
            deployment=deployment,
        )
        for below in prefix
    )
    tracker = JiraTracker(jira, stop, PACE)
    confluence = open_wiki(wiki, stop, PACE, clock.now)
    with closing(tracker), closing(confluence):
        state = MemoryState(clock.now())
        state.set_watermark("ops", clock.now() - A_WHILE)
        world = World(
            tracker=tracker,
            tracker_writes=tracker,
            wiki=confluence,
            wiki_writes=confluence,
            state=state,
            clock=clock,
        )
        story = _Story(world, tape, clock, people)
        return story.tell()


class _Story:
    def __init__(self, world: World, tape: Tape, clock: Hands, people: People) -> None:
        self._world = world
        self._tape = tape
        self._clock = clock
        self._people = people

    def tell(self) -> dict[Flow, Outcome]:
        passes = (Flow.CREATE_PAGE, Flow.CREATE_TICKET, Flow.STATUS_REFRESH, Flow.POLL, Flow.INVITATION)
        told = {flow: self._pass(flow).results for flow in passes}
        index = [result for results in told.values() for result in results if result.key == INDEX_TITLE]
        others = {flow: [r for r in results if r.key != INDEX_TITLE] for flow, results in told.items()}
        return {flow: _outcome(results) for flow, results in (others | {Flow.INDEX: index}).items()}

    def _pass(self, flow: Flow) -> Report:
        self._clock.forward(A_WHILE)
        self._people(flow)
        self._clock.forward(A_WHILE)
        self._tape.turn(flow)
        packs = ("soc2-cc7",) if flow is Flow.INVITATION else ()
        return run_once(Selection(Mode.NEWS), self._world, [self._practice(packs)], LIMITS, self._at_rest)

    def _at_rest(self, _: Result) -> None:
        # The one incident is settled; what follows in the pass is the index.
        self._tape.turn(Flow.INDEX)

    def _practice(self, packs: tuple[str, ...]) -> Practice:
        world = self._world
        product = Product(url=SITE, token="env:UNUSED")
        site = Site(
            deployment=world.tracker.deployment,
            owner_id=OWNER,
            state=Path("unused.db"),
            jira=product,
            confluence=product,
        )
        team = Team(
            name="ops",
            projects=("OPS",),
            closed_since="always",
            space="OPS",
            action_project="ACT",
            index_title=INDEX_TITLE,
            packs=packs,
        )
        run = Run(quiet_period=0, quiet_at_most=0)
        found = practice(team, site, run, mapping(), ReviewTemplate("tiny", {"tiny": TEMPLATE}), world)
        return following(found, load_packs(packs, Path()), team)


def _outcome(results: list[Result]) -> Outcome:
    changes = [describe(change) for result in results for change in result.changes]
    problems = [result.failure or result.waiting for result in results if result.failure or result.waiting]
    findings = [finding.message for result in results for finding in result.findings]
    return Outcome(changes, problems + findings)
