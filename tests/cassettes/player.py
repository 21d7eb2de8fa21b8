"""A cassette is a contract: what we send, in order, and what the site answers; the player takes nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pirsync.model import Deployment
from tests.adapters.loopback import Answer, Asked

FOLDER = Path(__file__).resolve().parents[2] / "cassettes"
DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")
SITE = "https://site.example.com"
"""The site of all cassettes; what was really called is on loopback and shows nowhere."""


class Flow(Enum):
    """What a cassette shows."""

    POLL = "poll"
    CREATE_PAGE = "create-page"
    CREATE_TICKET = "create-ticket"
    STATUS_REFRESH = "status-refresh"
    INDEX = "index"
    INVITATION = "invitation"


@dataclass(frozen=True)
class Sent:
    """A request of ours. `path` is as sent, below the site's address; `query` lists each parameter's values."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any


@dataclass(frozen=True)
class Answered:
    """What the site said. Of the headers only `content-type` and `link`; `body` is JSON, None where there was none."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Interaction:
    """One request and its answer."""

    request: Sent
    response: Answered


def cassette_path(flow: Flow, deployment: Deployment) -> Path:
    """Where a flow's cassette of a dialect is kept."""
    return FOLDER / f"{flow.value}.{deployment}.json"


def as_text(interactions: list[Interaction]) -> str:
    """A cassette as it stands in its file."""
    return json.dumps([asdict(one) for one in interactions], indent=1, ensure_ascii=False) + "\n"


def read_cassette(flow: Flow, deployment: Deployment) -> list[Interaction]:
    """A cassette from its file."""
    told = json.loads(cassette_path(flow, deployment).read_text(encoding="utf-8"))
    return [Interaction(Sent(**one["request"]), Answered(**one["response"])) for one in told]


def sent(asked: Asked) -> Sent:
    """What a cassette holds of a request: nothing of its headers."""
    return Sent(asked.method, asked.path, asked.query, asked.body)


class Player:
    """Answers each request with what the cassette in turn has next; a request that differs is refused and kept.

    `refused` tells each of them beside the request that was due (None where the cassette is over).
    """

    def __init__(self, deployment: Deployment) -> None:
        self._left = {flow: read_cassette(flow, deployment) for flow in Flow}
        self._turn = Flow.CREATE_PAGE
        self.refused: list[tuple[Sent, Sent | None]] = []

    def turn(self, flow: Flow) -> None:
        """Go on with that flow's cassette."""
        self._turn = flow

    def unused(self, flow: Flow) -> list[Interaction]:
        """What of a cassette was not asked for."""
        return self._left[flow]

    def answer(self, asked: Asked) -> Answer:
        """The script of a loopback server."""
        left, came = self._left[self._turn], sent(asked)
        due = left[0].request if left else None
        if came != due:
            self.refused.append((came, due))
            return Answer(400, {"message": "the cassette has another request here"})
        told = left.pop(0).response
        return answered(told)


def answered(told: Answered) -> Answer:
    """A kept answer as a loopback server sends it."""
    headers = {name: value for name, value in told.headers.items() if name != "content-type"}
    return Answer(told.status, told.body, headers, kind=told.headers.get("content-type", "text/plain"))
