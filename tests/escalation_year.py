"""A simulated year of a team whose people ignore, forget, delay and re-open: how often each of them is told of what.

Of three actions of each incident, some are done early, some late, some without evidence, some are opened again, some
lose their owner, and the rest are ignored for ever.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal, cast

from pirsync.adapters.memory import person_edits
from pirsync.adapters.memory_state import MemoryState
from pirsync.adapters.overlay_tracker import OverlayTracker, jira_instant
from pirsync.page import cells
from pirsync.page.splice import append_row
from pirsync.page_model import Column, Page
from pirsync.ports import PageDraft, TrackerWrites, WikiWrites
from pirsync.practice import Practice
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.selection import Limits, Selection
from tests.stage import ALL, NEWS, START, Stage, raw_incident, stage

DAYS = 365
OWNERS = ("ana", "bob")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scale:
    """How many incidents, and every how many days a sweep; polls come daily, or on the days on which something is due
    or somebody acts, which are those on which a poll finds anything."""

    incidents: int
    sweep_every: int
    polls: Literal["daily", "when due"]

    @property
    def actions(self) -> int:
        return 3 * self.incidents

    def due(self, action: int) -> date:
        """The due dates spread over eight months."""
        return (START + (12 + 240 // self.actions * action) * DAY).date()


WHOLE = Scale(20, 1, "daily")
SMALL = Scale(4, 30, "when due")


@dataclass
class Told:
    """Everything that notifies somebody, with its day; and how often something was edited, which does not."""

    comments: list[tuple[date, str, str, str]] = field(default_factory=list)
    pages: list[tuple[date, str]] = field(default_factory=list)
    edits: int = 0

    @property
    def about(self) -> list[tuple[str, str]]:
        """On which ticket, about what."""
        return [(place, about) for _, place, about, _ in self.comments]

    @property
    def persons(self) -> dict[str, int]:
        """How often each person was mentioned; "" by the comment that asks for evidence, which mentions nobody."""
        return dict(sorted(Counter(person for _, _, _, person in self.comments).items()))


class Heard:
    """Writes that note whom they notify."""

    def __init__(self, real: object, told: Told, play: Stage) -> None:
        self._real, self._told, self._play = real, told, play

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def add_comment(self, place: str, body: str, *mark: dict[str, str]) -> str:
        about = mark[0]["mark"] if mark else "page"
        person = body.partition("]")[0].removeprefix("[~accountid:") if body.startswith("[~") else ""
        self._told.comments.append((self._play.clock.now().date(), place, about, person))
        return str(cast(Any, self._real).add_comment(place, body, *mark))

    def edit_comment(self, *told: Any) -> None:
        self._told.edits += 1
        cast(Any, self._real).edit_comment(*told)

    def create_page(self, page: PageDraft) -> Page:
        self._told.pages.append((self._play.clock.now().date(), page.title))
        return cast(Page, cast(Any, self._real).create_page(page))


@dataclass
class Year:
    """The play, what it told, and what its people do on which day (by the action's number)."""

    scale: Scale
    play: Stage
    told: Told
    practice: Practice
    tickets: list[str] = field(default_factory=list)

    def run(self, selection: Selection) -> Report:
        limits = Limits(max_creates=200, overlap=timedelta(minutes=10))
        return run_once(selection, self.play.world, [self.practice], limits, lambda _: None)

    def begin(self) -> None:
        self.run(ALL)
        keys = [f"OPS-{number}" for number in range(1, self.scale.incidents + 1)]
        for action in range(self.scale.actions):
            page, review = self.play.page(keys[action // 3]), self.play.review(keys[action // 3])
            person_edits(self.play.world, page.id, append_row(page.body, review, self._row(action)))
        self.play.quiet()
        self.run(ALL)
        self.run(ALL)
        self.tickets = [row.ticket for key in keys for row in self.play.rows(key) if row.ticket]
        assert (len(self.tickets), self.told.comments) == (self.scale.actions, [])

    def _row(self, action: int) -> dict[Column, str]:
        mention = self.play.world.wiki.mention(OWNERS[action % 2])
        assert mention is not None
        return {
            Column.ACTION: cells.words(f"Action {action}"),
            Column.OWNER: cells.mention(mention, "cloud"),
            Column.DUE: cells.day(self.scale.due(action)),
        }

    def act(self, day: date) -> bool:
        """What people do, most of them nothing; whether anybody did something."""
        tracker, acted = self.play.world.tracker, False
        assert isinstance(tracker, OverlayTracker)
        for action, key in enumerate(self.tickets):
            late, before = (day - self.scale.due(action)).days, acted
            acted = True
            match action % 6, late:
                case (0, -5) | (1, 8) | (2, 25) | (3, 60):
                    self.prove(tracker, key) if action % 4 else None
                    self.play.move(key, "Done", "done")
                case (2, 40) if action % 4:
                    self.play.move(key, "In Progress", "indeterminate")
                case (4, 3):
                    tracker.record(self.id(key), {"assignee": None}, self.history("assignee"))
                case _:
                    acted = before
        return acted

    def prove(self, tracker: OverlayTracker, key: str) -> None:
        tracker.record(self.id(key), {"attachment": [{"filename": "after.png"}]}, self.history("Attachment"))

    def id(self, key: str) -> str:
        raw = next(iter(self.play.world.tracker.issues([key], self.practice.want_ticket)))
        return str(raw["id"])

    def history(self, name: str) -> dict[str, Any]:
        return {"id": "9", "created": jira_instant(self.play.clock.now()), "items": [{"field": name}]}


def year(scale: Scale, loses_state: bool) -> Told:
    """Play it; what was told. With `loses_state` a new state is begun every 30 days."""
    told, raws = Told(), [raw_incident(number) for number in range(1, scale.incidents + 1)]
    people = {"chair": ["hana"], "escalation": ["lee"]}
    play = stage("cloud", raws, people=people, packs=("soc2-cc7",), escalation={"on": True})
    writes = Heard(play.world.tracker_writes, told, play), Heard(play.world.wiki_writes, told, play)
    play.world = replace(
        play.world, tracker_writes=cast(TrackerWrites, writes[0]), wiki_writes=cast(WikiWrites, writes[1])
    )
    one = Year(scale, play, told, play.practice(play.world))
    one.begin()
    for number in range(1, DAYS + 1):
        play.clock.instant = START + number * DAY
        acted = one.act(play.clock.now().date())
        if loses_state and number % 30 == 0:
            state = MemoryState(play.clock.now() - timedelta(minutes=5), born_with_owner=False)
            play.world = replace(play.world, state=state)
        if acted or scale.polls == "daily" or play.world.state.due(play.clock.now()):
            one.run(NEWS)
        if number % scale.sweep_every == 0:
            play.clock.forward(3600)
            one.run(ALL)
    assert one.run(ALL).changes == ()
    return told


def check(told: Told) -> None:
    """What holds of every year: never twice the same, one comment a ticket and day, four in its life, no day off."""
    assert max(Counter((place, about) for _, place, about, _ in told.comments).values()) == 1
    assert max(Counter((day, place) for day, place, _, _ in told.comments).values()) == 1
    assert max(Counter(place for _, place, _, _ in told.comments).values()) <= 4
    assert {day.weekday() for day, _, _, person in told.comments if person} <= {0, 1, 2, 3, 4}
    quarters = [title for _, title in told.pages if title.startswith("Escalation")]
    assert quarters == [f"Escalation {quarter}" for quarter in ("2026 Q1", "2026 Q2", "2026 Q3", "2026 Q4")]
