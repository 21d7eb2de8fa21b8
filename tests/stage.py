"""A whole pirsync over the in-memory world: passes, people, and a clock that is moved and never slept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

from pirsync.adapters.memory import memory_world, person_edits, transition
from pirsync.adapters.overlay import overlay
from pirsync.config import Product, Run, Site, Team
from pirsync.decision import Exemption
from pirsync.mapping import TeamMapping, load_mapping
from pirsync.model import CreateScreen, Deployment, Person
from pirsync.packs import load_packs
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page.scan import scan
from pirsync.page.splice import append_row, splice
from pirsync.page.template import ReviewTemplate
from pirsync.page_model import CellEdit, Column, Mention, Page, Region, ReviewPage, Row
from pirsync.policy.escalation import Extension
from pirsync.policy.packs import Pack
from pirsync.ports import World
from pirsync.practice import Practice, choosing, escalating, exempting, following, practice
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.selection import Limits, Mode, Selection
from pirsync.template_choice import TemplateChoice
from pirsync.templates import load_template

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANA = Person(account="ana", name="Ana Ruiz")
BOB = Person(account="bob", name="Bob Brown")
SCREEN = CreateScreen(
    project="ACT",
    type_id="10002",
    type_name="Task",
    fields={
        "summary": "Summary",
        "description": "Description",
        "assignee": "Assignee",
        "duedate": "Due date",
        "labels": "Labels",
        "issuelinks": "Linked Issues",
    },
    required=("summary",),
)
ALL, NEWS = Selection(Mode.ALL), Selection(Mode.NEWS)


@cache
def template() -> ReviewTemplate:
    return load_template("review", Path())


@cache
def default_mapping() -> TeamMapping:
    return load_mapping("default", Path())


@cache
def packs(names: tuple[str, ...]) -> tuple[Pack, ...]:
    return load_packs(names, Path())


class Hands:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        return self.instant

    def forward(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


def raw_incident(number: int, **fields: Any) -> dict[str, Any]:
    """An incident as Jira answers it: closed this morning, P1, with one comment."""
    told: dict[str, Any] = {
        "summary": f"Outage {number}",
        "description": "It broke.",
        "project": {"key": "OPS"},
        "issuetype": {"id": "1", "name": "Incident"},
        "status": {"name": "Closed", "statusCategory": {"key": "done"}},
        "priority": {"name": "Highest"},
        "resolution": {"name": "Done"},
        "resolutiondate": "2026-03-02T08:00:00.000+0000",
        "created": "2026-03-01T08:00:00.000+0000",
        "updated": "2026-03-02T08:00:00.000+0000",
        "labels": [],
        "issuelinks": [],
        "assignee": None,
        "reporter": None,
        "security": None,
        "comment": {
            "comments": [{"id": "1", "body": "on it", "created": "2026-03-01T09:00:00.000+0000"}],
            "total": 1,
        },
    }
    history = {
        "id": "1",
        "created": "2026-03-02T08:00:00.000+0000",
        "items": [{"field": "status", "fromString": "Open", "toString": "Closed"}],
    }
    return {
        "id": str(10000 + number),
        "key": f"OPS-{number}",
        "fields": told | fields,
        "renderedFields": {"description": "<p>It broke.</p>"},
        "changelog": {"startAt": 0, "maxResults": 1, "total": 1, "histories": [history]},
    }


@dataclass
class Stage:
    """One world, one team, and what people and passes do to them."""

    world: World
    clock: Hands
    team: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    mapping: TeamMapping | None = None
    template: ReviewTemplate | None = None
    choices: tuple[tuple[TemplateChoice, ReviewTemplate], ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    extensions: tuple[Extension, ...] = ()

    def practice(self, world: World) -> Practice:
        deployment = world.tracker.deployment
        product = Product(url="https://site.example.com", token="env:NOBODY_ASKS")
        site = Site(deployment=deployment, owner_id="owner-0001", jira=product, confluence=product)
        told = {
            "name": "ops",
            "projects": ("OPS",),
            "closed_since": date(2026, 1, 1),
            "space": "OPS",
            "action_project": "ACT",
        }
        team = Team.model_validate(told | self.team)
        mapping, plain = self.mapping or default_mapping(), self.template or template()
        found = practice(team, site, Run.model_validate(self.run), mapping, plain, world)
        found = choosing(following(found, packs(team.packs), team), self.choices)
        found = exempting(found, self.exemptions)
        return escalating(found, team.escalation, self.extensions, world)

    def run_pass(self, selection: Selection = ALL, max_creates: int = 100) -> Report:
        return self.run_on(self.world, selection, max_creates)

    def run_on(self, world: World, selection: Selection = ALL, max_creates: int = 100) -> Report:
        limits = Limits(max_creates=max_creates, overlap=timedelta(minutes=10))
        return run_once(selection, world, [self.practice(world)], limits, lambda _: None)

    def dry_run(self, selection: Selection = ALL) -> Report:
        return self.run_on(overlay(self.world), selection)

    # ------------------------------------------------------------ what people see and do

    def page(self, key: str = "OPS-1") -> Page:
        found = self.world.wiki.find("OPS", f"{key} Post-incident review")
        assert found is not None, f"no page for {key}"
        return found

    def review(self, key: str = "OPS-1") -> ReviewPage:
        return read_review(self.page(key).body, self.headers)

    @property
    def headers(self) -> dict[Column, tuple[str, ...]]:
        return default_mapping().headers

    def rows(self, key: str = "OPS-1") -> list[Row]:
        return [row for row in self.review(key).rows if row.action or row.ticket]

    def status(self, index: int = 0, key: str = "OPS-1") -> str:
        return self.rows(key)[index].cells[Column.STATUS].text

    def type_row(self, action: str, owner: str = "ana", due: str = "2026-04-01", key: str = "OPS-1") -> None:
        """A person adds a row at the end of the table."""
        page = self.page(key)
        mention = self.world.wiki.mention(owner) or Mention(ref=owner)
        filled = {
            Column.ACTION: cells.words(action),
            Column.OWNER: cells.mention(mention, self.world.wiki.deployment) if owner else cells.empty(),
            Column.DUE: cells.day(date.fromisoformat(due)) if due else cells.empty(),
        }
        person_edits(self.world, page.id, append_row(page.body, self.review(key), filled))

    def type_cell(self, index: int, column: Column, storage: str, key: str = "OPS-1") -> None:
        page, cell = self.page(key), self.rows(key)[index].cells[column]
        edit = CellEdit(region=Region.ACTIONS, label="", start=cell.start, end=cell.end, storage=storage, text="")
        person_edits(self.world, page.id, splice(page.body, [edit]))

    def move(self, key: str, status: str, category: str) -> None:
        transition(self.world, key, status, category)

    def quiet(self) -> None:
        """Time enough for the quiet period to pass."""
        self.clock.forward(301)


def stage(deployment: Deployment = "cloud", incidents: Iterable[dict[str, Any]] = (), **team: Any) -> Stage:
    """A stage with one closed incident, or with those that are given."""
    clock = Hands()
    raws = list(incidents) or [raw_incident(1)]
    return Stage(memory_world(deployment, raws, [SCREEN], [ANA, BOB], clock), clock, team)


BODIES = 500
"""How many bodies are remembered as they were read: more than a story or a schedule has, and few for the memory."""


scan_once = lru_cache(BODIES)(scan)
"""One tree of a body for all who read it: none of them changes it."""


_really_read = read_review


@lru_cache(BODIES)
def _read_once(body: str) -> ReviewPage:
    return _really_read(body, default_mapping().headers)


def read_once(body: str, headers: dict[Column, tuple[str, ...]]) -> ReviewPage:
    """A body as it is read with the default mapping's headers, which all have who play stories and schedules."""
    return _read_once(body)


def parse_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each body once, however often stories come by it: reading is pure, and has tests of its own."""
    for place in ("pirsync.observe", "pirsync.plan", "tests.stage"):
        monkeypatch.setattr(f"{place}.read_review", read_once)
    for module in ("escalation", "index", "lint", "named", "pairs", "review", "sections", "splice"):
        monkeypatch.setattr(f"pirsync.page.{module}.scan", scan_once)


def with_one_ticket(play: Stage) -> str:
    """The review is born, one row became a ticket, and all is at rest; the ticket's key."""
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    play.run_pass()
    assert play.run_pass().changes == ()
    return play.rows()[0].ticket or ""


def without_state(told: Stage) -> Stage:
    """The same remote world, after the state file was lost."""
    from pirsync.adapters.memory_state import MemoryState

    state = MemoryState(told.clock.now(), born_with_owner=False)
    return replace(told, world=replace(told.world, state=state))
