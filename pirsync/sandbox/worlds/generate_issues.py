"""Generated issues: incidents at any hour, work in working hours, each with its story of changes and comments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

from pirsync.sandbox import tracker
from pirsync.sandbox.tracker import setup
from pirsync.sandbox.tracker.links import link_issues

from . import generate_words as words

if TYPE_CHECKING:
    from pirsync.sandbox.people import User
    from pirsync.sandbox.tracker.nouns import Issue
    from pirsync.sandbox.world import World

Span = tuple[datetime, datetime]

_INCIDENTS, _SUB_TASKS, _BUGS = 0.35, 0.08, 0.2
_LINKED, _RESTRICTED, _WITHOUT_OWNER, _LEFT_LYING = 0.25, 0.01, 0.1, 0.12
_INCIDENT_STEPS = ("Investigate", "Resolve", "Close")
_WORK_STEPS = (("Start", "Done"), ("Start", "Block", "Start", "Done"), ("Won't Do",), ("Done",))


def make_issues(world: World, chance: Random, count: int, span: Span) -> None:
    """So many issues, created in the order of their numbers; nothing happens after the span's end."""
    people = [user for user in world.people.all() if user.assignable and not user.service]
    made: list[Issue] = []
    for begins in _beginnings(chance, count, span):
        world.clock.set(begins)
        issue = _create(world, chance, people, made)
        made.append(issue)
        story = _Story(world, chance, people, issue, span[1])
        story.tell()
        if len(made) > 1 and chance.random() < _LINKED:
            _link(world, chance, issue, made)


def _beginnings(chance: Random, count: int, span: Span) -> list[datetime]:
    begin, end = span
    seconds = int((end - begin).total_seconds()) - 3600
    return sorted(begin + timedelta(seconds=chance.randrange(seconds)) for _ in range(count))


def _create(world: World, chance: Random, people: list[User], made: list[Issue]) -> Issue:
    now, roll = world.clock.now(), chance.random()
    reporter = chance.choice(people)
    values: dict[str, Any] = {
        "description": f"{words.sentences(chance, 1, 3)}\n\n* {words.sentences(chance, 1, 1)}\n* seen at {now:%H:%M}",
        "priority": chance.choices(("1", "2", "3", "4", "5"), (1, 3, 8, 4, 1))[0],
        "labels": chance.sample(words.LABELS, chance.choices((0, 1, 2, 3), (3, 4, 2, 1))[0]),
    }
    key, type_id = "ACT", setup.TASK
    if roll < _INCIDENTS:
        key, type_id = "OPS", setup.INCIDENT
        values |= _incident(chance, people, now)
    elif roll < _INCIDENTS + _BUGS:
        type_id = setup.BUG
        values["summary"] = words.trouble(chance).capitalize()
    elif roll < _INCIDENTS + _BUGS + _SUB_TASKS and (parents := _parents(made)):
        key, type_id = "OPS", setup.SUB_TASK
        values |= {"summary": words.work(chance), "parent": chance.choice(parents).id}
    values.setdefault("summary", words.work(chance))
    if type_id != setup.INCIDENT:
        values["duedate"] = (now + timedelta(days=chance.randint(5, 60))).date()
    project = world.tracker.project(key)
    assert project is not None, "the configuration has this project"
    return tracker.create_issue(world, reporter, project, type_id, values)


def _incident(chance: Random, people: list[User], now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "summary": words.trouble(chance).capitalize(),
        setup.SEVERITY: chance.choices(("P1", "P2", "P3", "P4"), (1, 2, 4, 3))[0],
        setup.STARTED: now - timedelta(minutes=chance.randint(5, 90)),
        setup.DETECTED: now - timedelta(minutes=chance.randint(1, 5)),
        setup.COMMANDER: chance.choice(people).name,
        setup.SERVICES: chance.sample(words.SERVICES, chance.randint(1, 2)),
    }
    return values | ({"security": setup.RESTRICTED} if chance.random() < _RESTRICTED else {})


def _parents(made: list[Issue]) -> list[Issue]:
    return [one for one in made[-50:] if one.type_id == setup.INCIDENT]


def _link(world: World, chance: Random, issue: Issue, made: list[Issue]) -> None:
    other = made[max(0, len(made) - 2 - chance.randrange(60))]
    if other is not issue:
        world.clock.set(max(issue.updated, other.updated))
        kind = chance.choice((setup.BLOCKS, setup.RELATES, setup.RELATES, setup.ACTION_ITEM))
        link_issues(world, issue.reporter or chance.choice(_somebody(world)), kind, other, issue)


def _somebody(world: World) -> list[User]:
    return list(world.people.all())


class _Story:
    """What happens to one issue after it was created, until the span's end."""

    def __init__(self, world: World, chance: Random, people: list[User], issue: Issue, end: datetime) -> None:
        self._world, self._chance, self._people, self._issue, self._end = world, chance, people, issue, end
        self._is_incident = issue.type_id == setup.INCIDENT

    def tell(self) -> None:
        """Somebody takes it, it moves through its workflow, and people talk about it."""
        most = self._chance.randint(0, 1) if self._chance.random() < _LEFT_LYING else None
        for step in islice(self._steps(), most):
            if not self._later():
                return
            self._talk()
            found = tracker.available_transitions(self._world, self._issue)
            move = next((one for one in found if one.name == step), None)
            if move is not None:
                resolution = setup.FIXED if move.needs_resolution else None
                tracker.transition(self._world, self._who(), self._issue, move.id, resolution)

    def _steps(self) -> Iterator[str]:
        chance = self._chance
        if chance.random() >= _WITHOUT_OWNER:
            self._take()
        if chance.random() < 0.2:
            self._relabel()
        steps: tuple[str, ...] = _INCIDENT_STEPS
        if self._issue.project_id == self._project("ACT"):
            steps = chance.choices(_WORK_STEPS, (6, 2, 1, 2))[0]
        yield from steps
        if self._is_incident and chance.random() < 0.06:
            yield from ("Re-open", "Resolve", "Close")

    def _project(self, key: str) -> str | None:
        project = self._world.tracker.project(key)
        return project.id if project else None

    def _later(self) -> bool:
        """Let time pass: hours in an incident, days in other work. False when that would be after the end."""
        hours = self._chance.expovariate(1 / 3) if self._is_incident else self._chance.expovariate(1 / 240)
        moment = self._world.clock.now() + timedelta(hours=hours, seconds=1 + self._chance.randrange(3600))
        if moment >= self._end:
            return False
        self._world.clock.set(moment)
        return True

    def _who(self) -> User:
        return self._issue.assignee or self._chance.choice(self._people)

    def _take(self) -> None:
        if self._later():
            who = self._chance.choice(self._people)
            tracker.edit_fields(self._world, who, self._issue, {"assignee": who})

    def _relabel(self) -> None:
        if self._later():
            labels = sorted({*self._issue.labels, self._chance.choice(words.LABELS)})
            priority = self._chance.choice(("2", "3"))
            tracker.edit_fields(self._world, self._who(), self._issue, {"labels": labels, "priority": priority})

    def _talk(self) -> None:
        for _ in range(self._chance.choices((0, 1, 2, 3), (4, 4, 2, 1))[0]):
            self._world.clock.advance(self._chance.randint(1, 90))
            who = self._chance.choice(self._people)
            tracker.add_comment(self._world, who, self._issue, words.sentences(self._chance, 1, 3))
