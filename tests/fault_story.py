"""A story in three acts that needs every kind of change, and the same story with something going wrong at one request.

A run that meets a fault begins at the act in which it strikes, from what the calm run left there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from typing import Any

from pirsync.decision import FindingKind
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page_model import Column
from pirsync.report import Report
from tests.place import AGAIN, ONCE, Place, Snapshot, picture, place_again, place_of, settle

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

UNSENT = ("kill-before", "drop-before", "429", "502")
"""The sandbox never sees the request. (What the gateway answers may hide that it did: that is `500`.)"""

DONE = ("kill-after", "drop-after", "truncated", "500")
"""The sandbox acts on a write, or may have done."""

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

    def __str__(self) -> str:
        told = f"{self.deployment}:{self.at}:{self.kind}:{'lost' if self.loses_state else 'kept'}"
        told += ":retries" if self.retries else ":once"
        return told + (f":{self.second[0]}:{self.second[1]}" if self.second else "")


def case_of(text: str) -> Case:
    """A case from what `str` made of it, so that one can be run again."""
    deployment, at, kind, state, tries, *more = text.split(":")
    second = (int(more[0]), more[1]) if more else None
    known: Deployment = "cloud" if deployment == "cloud" else "datacenter"
    return Case(known, int(at), kind, state == "lost", tries == "retries", second)


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


ACTS: tuple[Callable[[Place], None], ...] = (birth, rows, moves)


@dataclass(frozen=True)
class Calm:
    """The story without a fault: what each act began with, which requests it made, and how it ended."""

    beginnings: tuple[Snapshot, ...]
    names: tuple[str, ...]
    end: dict[str, Any]
    changes: frozenset[str]


@cache
def calm(deployment: Deployment) -> Calm:
    """Play it once; in the second act the first answer to a ticket's creation gets lost, so that it is adopted."""
    beginnings, changes = list[Snapshot](), set[str]()
    with place_of(deployment) as place:
        place.wire.fault = lambda number, name: _always(place.wire.names, name)
        for act in ACTS:
            beginnings.append(place.snapshot())
            act(place)
            reports = settle(place)
            accuse_nobody(reports)
            changes |= {change.change for report in reports for change in report.changes}
        return Calm(tuple(beginnings), tuple(place.wire.names), picture(place), frozenset(changes))


def _always(names: list[str], name: str) -> str | None:
    """The loss that is part of the story."""
    return "drop-after" if _is_create(name) and sum(map(_is_create, names)) == 1 else None


def _is_create(name: str) -> bool:
    return name.removeprefix("POST /jira").removeprefix("POST ") == "/rest/api/2/issue"


def accuse_nobody(reports: list[Report]) -> None:
    """Nobody typed over anything, deleted anything, or took anything in this story."""
    told = {(f.kind, f.message) for report in reports for result in report.results for f in result.findings}
    assert {one for one in told if one[0] in ACCUSING} == set()


# ---------------------------------------------------------------- with a fault


def run(case: Case) -> dict[str, Any]:
    """The end of the story with that fault in it."""
    before = calm(case.deployment)
    act = max(n for n, beginning in enumerate(before.beginnings) if len(beginning.names) < case.at)
    with place_again(before.beginnings[act], AGAIN if case.retries else ONCE) as place:
        struck: list[int] = []

        def fault(number: int, name: str) -> str | None:
            kinds = dict([(case.at, case.kind), *([case.second] if case.second else [])])
            if number in kinds:
                struck.append(number)
            return kinds.get(number) or _always(place.wire.names, name)

        place.wire.fault = fault
        for each in ACTS[act:]:
            each(place)
            accuse_nobody(settle(place, lambda: case.loses_state and bool(struck) and struck.pop() > 0))
        assert place.wire.names[case.at - 1] == before.names[case.at - 1]
        return picture(place)


def singles(deployment: Deployment) -> Iterator[Case]:
    """Every single fault there is: at each request, each kind that differs there, with the state kept and lost."""
    for at, name in enumerate(calm(deployment).names, 1):
        kinds = KINDS if is_write(name) else READ_KINDS
        for kind, loses in product(kinds, (False, True)):
            yield Case(deployment, at, kind, loses)
        for kind in ("drop-before", "drop-after", "truncated", "500") if is_write(name) else ():
            yield Case(deployment, at, kind, retries=True)


def doubles(deployment: Deployment, seed: int) -> Iterator[Case]:
    """Two faults, drawn without end: the second at a request soon after the first, as recovery meets it."""
    chance, names = random.Random(seed), calm(deployment).names
    while True:
        at = chance.randrange(1, len(names) + 1)
        second = (at + 1 + int(chance.expovariate(1 / 12)), chance.choice(KINDS))
        yield Case(deployment, at, chance.choice(KINDS), chance.random() < 0.5, chance.random() < 0.3, second)


def is_write(name: str) -> bool:
    """Whether a request changes something."""
    return not name.startswith("GET") and not name.endswith(("/search", "/search/jql", "/bulkfetch"))
