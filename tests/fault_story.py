"""Two stories that need every kind of change, and the same stories with something going wrong at one request.

A run that meets a fault begins at the act in which it strikes, from what the calm run left there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import count, cycle, product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from pirsync.adapters.state_file import transaction
from pirsync.apply import apply
from pirsync.changes import Change
from pirsync.decision import FindingKind
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page_model import Column
from pirsync.report import Report
from pirsync.selection import Mode
from tests import life_story
from tests.indoors import Killed, is_write
from tests.mortal import brief, mortal
from tests.place import (
    AGAIN,
    ONCE,
    SOON,
    Aftermath,
    Place,
    Process,
    Snapshot,
    lasting,
    page_comments,
    picture,
    place_again,
    place_of,
    settle,
)

ACCUSING = {
    FindingKind.ROW_EDITED,
    FindingKind.REGION_REMOVED,
    FindingKind.PAGE_GONE,
    FindingKind.TICKET_GONE,
    FindingKind.TITLE_TAKEN,
    FindingKind.DUPLICATE,
    FindingKind.ORPHAN,
    FindingKind.FOREIGN,
    FindingKind.REJECTED,
    FindingKind.REFUSED,
    FindingKind.NOT_SETTLING,
}
DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")

LAG = 30
"""Seconds until searches see a change: longer than the first pause after a fault, shorter than `settle`."""

UNSENT = ("kill-before", "drop-before", "429", "502")
"""The sandbox never sees the request. (What the gateway answers may hide that it did: that is `500`.)"""

DONE = ("kill-after", "drop-after", "truncated", "500", "html-after", "late")
"""The sandbox acts on a write, or may have done; on one that is `late` only when it has been looked for already."""

KINDS = (*UNSENT, *DONE, "503")
READ_KINDS = ("kill-before", "drop-before", "429", "500", "502", "503", "truncated")
"""Nothing changes by a read, so that before and after it are the same moment."""


@dataclass(frozen=True)
class Case:
    """One fault: at the n-th request of the story, and what happens to the state file before the next process."""

    deployment: Deployment
    at: int
    kind: str
    loses_state: bool = False
    retries: bool = False
    second: tuple[int, str] | None = None
    story: str = "birth"

    def __str__(self) -> str:
        told = f"{self.story}:{self.deployment}:{self.at}:{self.kind}:{'lost' if self.loses_state else 'kept'}"
        told += ":retries" if self.retries else ":once"
        return told + (f":{self.second[0]}:{self.second[1]}" if self.second else "")


def case_of(text: str) -> Case:
    """A case from what `str` made of it, so that one can be run again."""
    story, deployment, at, kind, state, tries, *more = text.split(":")
    second = (int(more[0]), more[1]) if more else None
    known: Deployment = "cloud" if deployment == "cloud" else "datacenter"
    return Case(known, int(at), kind, state == "lost", tries == "retries", second, story)


# ---------------------------------------------------------------- the acts


def birth(place: Place) -> None:
    """Pages, labels, links, properties, indexes."""


def rows(place: Place) -> None:
    """Tickets with every carrier and with none, a row without an owner, a ticket linked by hand."""
    place.type_row("OPS-1", "Fix the queue")
    place.type_row("OPS-1", "Fix the queue", "bokafor")
    place.type_row("OPS-1", "Ask somebody", owner="")
    place.type_row("INC-1", "Tell the customers", due="2026-05-01")
    place.link_by_hand("OPS-2", "Made by hand")


def moves(place: Place) -> None:
    """Tickets move, a person changes a date and an owner on the page, and completes a row."""
    tickets = {key: [row.ticket or "" for row in place.rows(key)] for key in ("OPS-1", "OPS-2", "INC-1")}
    place.step(tickets["OPS-1"][0], "41")
    place.step(tickets["INC-1"][0], "21")
    place.step(tickets["OPS-2"][0], "51")
    place.type_cell("OPS-1", 1, Column.DUE, cells.day(date(2026, 4, 8)))
    place.type_cell("OPS-1", 2, Column.OWNER, place.mention("clindqvist"))


Act = Callable[[Place], None]

ACTS: tuple[Act, ...] = (birth, rows, moves)


@dataclass(frozen=True)
class Story:
    """Where it happens, its acts, and how many of them only make what the others begin with: no fault strikes there."""

    place: Callable[[Deployment], AbstractContextManager[Place]]
    acts: tuple[Act, ...]
    prelude: int = 0

    def turns(self) -> Iterator[tuple[Act, Mode]]:
        """Each act, and which pass is the first to see it: a sweep or a poll."""
        yield from zip(self.acts, cycle((Mode.ALL, Mode.NEWS)), strict=False)


STORIES = {
    "birth": Story(place_of, ACTS),
    "life": Story(
        life_story.life_of,
        (
            *(life_story.prepare, life_story.rows, life_story.disagrees, life_story.passes_its_day),
            *(life_story.ends_a_quarter, life_story.adopts, life_story.lets_go),
        ),
        prelude=2,
    ),
}


def act(place: Place, each: Callable[[Place], None]) -> None:
    """Let people act, and searches see it."""
    each(place)
    place.clock.advance(LAG)


@dataclass(frozen=True)
class Calm:
    """The story without a fault: what each act began with, which requests it made, how it ended, which changes it
    needed, and what it told of people: no fault may have anything else told of them."""

    beginnings: tuple[Snapshot, ...]
    names: tuple[str, ...]
    end: dict[str, Any]
    changes: frozenset[str]
    told: frozenset[tuple[FindingKind, str]]
    transactions: int


def calm(deployment: Deployment, story: str = "birth", process: Process = lasting) -> Calm:
    """Play it once; the first answer to a ticket's creation gets lost, so that it is adopted."""
    return _calm(deployment, story, process)


@cache
def _calm(deployment: Deployment, story: str, process: Process) -> Calm:
    beginnings, reports, changes = list[Snapshot](), list[Report](), set[str]()

    def noted(change: Change, *others: Any) -> bool:
        changes.add(change.change)
        return apply(change, *others)

    numbers = [0]
    with (
        STORIES[story].place(deployment) as place,
        patch("pirsync.reconcile.apply", noted),
        ledger(lambda number, _: numbers.append(number)),
    ):
        place.process = process
        place.wire.fault = lambda number, name: _always(place.wire.names, name)
        place.sandbox.faults.lag = LAG
        for each, first in STORIES[story].turns():
            beginnings.append(replace(place.snapshot(), transactions=numbers[-1]))
            act(place, each)
            reports += settle(place, first=first)
        # A command's pass tells people, and hands no report on.
        changes |= {change.change for report in reports for change in report.changes}
        names, told = tuple(place.wire.names), frozenset(accused(reports))
        return Calm(tuple(beginnings), names, picture(place), frozenset(changes), told, numbers[-1])


def _always(names: list[str], name: str) -> str | None:
    """The loss that is part of the story."""
    return "drop-after" if _is_create(name) and sum(map(_is_create, names)) == 1 else None


def _is_create(name: str) -> bool:
    return name.removeprefix("POST /jira").removeprefix("POST ") == "/rest/api/2/issue"


def accused(reports: list[Report]) -> set[tuple[FindingKind, str]]:
    """What was told of people."""
    told = {(f.kind, f.message) for report in reports for result in report.results for f in result.findings}
    return {one for one in told if one[0] in ACCUSING}


def accuse_nobody(reports: list[Report]) -> None:
    """Nobody typed over anything, deleted anything, or took anything in this story."""
    assert accused(reports) == set()


# ---------------------------------------------------------------- with a fault


def run(case: Case) -> dict[str, Any]:
    """The end of the story with that fault in it."""
    return _struck(case, calm(case.deployment, case.story), lasting)


def run_mortally(case: Case) -> dict[str, Any]:
    """The same where each pass is a process of its own, and a kill is one by SIGKILL."""
    return _struck(case, calm(case.deployment, case.story, brief), mortal)


def _struck(case: Case, before: Calm, process: Process) -> dict[str, Any]:
    struck = list[int]()
    began = max(n for n, beginning in enumerate(before.beginnings) if len(beginning.names) < case.at)

    def after() -> Aftermath:
        return Aftermath(case.loses_state, SOON) if struck and struck.pop() else Aftermath()

    with place_again(before.beginnings[began], AGAIN if case.retries else ONCE) as place:

        def fault(number: int, name: str) -> str | None:
            kinds = dict([(case.at, case.kind), *([case.second] if case.second else [])])
            if number in kinds:
                struck.append(number)
            return kinds.get(number) or _always(place.wire.names, name)

        place.process, place.wire.fault = process, fault
        end = _go_on(place, case.deployment, case.story, began, after)
        assert place.wire.names[case.at - 1] == before.names[case.at - 1]
        # Which of our comments are to say something else by now, only the journal knows.
        return end | {"words": before.end["words"]} if case.loses_state else end


def _go_on(
    place: Place, deployment: Deployment, story: str, began: int, after: Callable[[], Aftermath]
) -> dict[str, Any]:
    """Play the rest of the story, from that act on; its end."""
    for each, first in list(STORIES[story].turns())[began:]:
        act(place, each)
        wrongly = accused(settle(place, after, first)) - calm(deployment, story).told
        assert not wrongly, wrongly
    assert all(number == 1 for number in page_comments(place).values())
    return picture(place)


@dataclass(frozen=True)
class Death:
    """The process is gone at the n-th transaction of its state: before it begins, or after it was committed."""

    deployment: Deployment
    at: int
    is_committed: bool
    story: str = "birth"

    def __str__(self) -> str:
        return f"{self.story}:{self.deployment}:{self.at}:{'committed' if self.is_committed else 'before'}"


def die(death: Death) -> dict[str, Any]:
    """The end of the story with that death in it."""
    before, struck = calm(death.deployment, death.story), list[int]()
    began = max(n for n, beginning in enumerate(before.beginnings) if beginning.transactions < death.at)

    def after() -> Aftermath:
        return Aftermath(pause=SOON) if struck and struck.pop() else Aftermath()

    def strike(number: int, is_committed: bool) -> None:
        if (number, is_committed) == (death.at, death.is_committed):
            struck.append(number)
            raise Killed

    with place_again(before.beginnings[began]) as place, ledger(strike, before.beginnings[began].transactions):
        place.wire.fault = lambda number, name: _always(place.wire.names, name)
        end = _go_on(place, death.deployment, death.story, began, after)
    assert not began or place.wire.names[: len(before.beginnings[began].names)] == list(before.beginnings[began].names)
    return end


@contextmanager
def ledger(met: Callable[[int, bool], None], begin: int = 0) -> Iterator[None]:
    """While this is on, `met` hears of every transaction of the state, which it may end: with its number, and whether
    it was committed already."""
    numbers = count(begin + 1)

    @contextmanager
    def told(engine: sa.Engine, path: Path) -> Iterator[sa.Connection]:
        number = next(numbers)
        met(number, False)
        with transaction(engine, path) as connection:
            yield connection
        met(number, True)

    with patch("pirsync.adapters.state.transaction", told):
        yield


def death_of(text: str) -> Death:
    """A death from what `str` made of it."""
    story, deployment, at, when = text.split(":")
    known: Deployment = "cloud" if deployment == "cloud" else "datacenter"
    return Death(known, int(at), when == "committed", story)


def deaths(deployment: Deployment, story: str = "birth") -> Iterator[Death]:
    """Every death there is."""
    before = calm(deployment, story)
    first = before.beginnings[STORIES[story].prelude].transactions + 1
    for at, is_committed in product(range(first, before.transactions + 1), (False, True)):
        yield Death(deployment, at, is_committed, story)


def struck_from(deployment: Deployment, story: str, process: Process = lasting) -> int:
    """The first request that meets faults."""
    return len(calm(deployment, story, process).beginnings[STORIES[story].prelude].names) + 1


def singles(deployment: Deployment, story: str = "birth") -> Iterator[Case]:
    """Every single fault there is: at each request, each kind that differs there, with the state kept and lost."""
    first = struck_from(deployment, story)
    for at, name in enumerate(calm(deployment, story).names[first - 1 :], first):
        for kind, loses in product(KINDS if is_write(name) else READ_KINDS, (False, True)):
            yield Case(deployment, at, kind, loses, story=story)
        for kind in ("drop-before", "drop-after", "truncated", "500") if is_write(name) else ():
            yield Case(deployment, at, kind, retries=True, story=story)


def kills(deployment: Deployment, story: str = "birth") -> Iterator[Case]:
    """Every kill of a process by itself: before each request and after each write, with the state kept and lost."""
    first = struck_from(deployment, story, brief)
    for at, name in enumerate(calm(deployment, story, brief).names[first - 1 :], first):
        for kind, loses in product(("kill-before", "kill-after")[: 1 + is_write(name)], (False, True)):
            yield Case(deployment, at, kind, loses, story=story)


def doubles(deployment: Deployment, seed: int, story: str = "birth") -> Iterator[Case]:
    """Two faults, drawn without end: the second at a request soon after the first, as recovery meets it."""
    chance, names = random.Random(seed), calm(deployment, story).names
    while True:
        at = chance.randrange(struck_from(deployment, story), len(names) + 1)
        second = (at + 1 + int(chance.expovariate(1 / 12)), chance.choice(KINDS))
        yield Case(deployment, at, chance.choice(KINDS), chance.random() < 0.5, chance.random() < 0.3, second, story)
