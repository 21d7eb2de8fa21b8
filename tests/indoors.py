"""The sandbox without sockets: the real adapters and client libraries, whose requests are handed to its application.

One clock serves both sides and goes only when it is told to, so that a run happens the same way each time.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from starlette.routing import compile_path
from urllib3 import HTTPResponse
from urllib3._collections import HTTPHeaderDict
from urllib3.exceptions import ProtocolError

from pirsync.adapters.http import Pace, Transport
from pirsync.build import Bench, open_bench
from pirsync.config import Settings
from pirsync.mapping import load_mapping
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.sandbox.clock import Clock
from pirsync.sandbox.edge.door import Door
from pirsync.sandbox.edge.layer import FAULT_HEADER, TRANSPORT, OneAtATime
from pirsync.sandbox.keeper import Keeper
from pirsync.sandbox.server import app
from pirsync.sandbox.world import World as Sandbox
from pirsync.selection import Selection
from pirsync.templates import load_templates
from tests.stage import read_once

ADDRESS = "https://sandbox.test"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TICK = timedelta(milliseconds=7)
"""How far the clock goes whenever it is looked at: no two changes happen at the same instant."""

LATE = timedelta(seconds=15)
"""How long a request that is late is on its way at least; shorter than the first pause after a fault."""

HTML = HTTPHeaderDict({"Content-Type": "text/html"})

TEAMS = 8
"""Teams whose files are remembered: those of a few places."""

Message = MutableMapping[str, Any]
S = TypeVar("S")
T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: nothing in it may catch this."""


class Told(Clock):
    """A clock that goes a tick when it is looked at, and else when it is told to."""

    def __init__(self, instant: datetime = START) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """The present."""
        self.instant += TICK
        return self.instant

    def advance(self, seconds: float) -> None:
        """Go forward, or back."""
        self.instant += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Make it that instant."""
        self.instant = instant


@dataclass
class Wire:
    """What lies between the client libraries and the sandbox; `fault` names what befalls the n-th request, if anything.

    Kinds are the sandbox's own (as a text, or a rule as JSON), `kill-before` and `kill-after`, a gateway's `502` and
    `html-after` (the sandbox acts, and a sign-on page comes back), and `late`: the connection breaks, and the request
    is still on its way. It arrives before the first write that is carried `LATE` seconds after, or by `deliver`.
    """

    sandbox: Sandbox
    address: str = ADDRESS
    fault: Callable[[int, str], str | None] = lambda number, name: None
    names: list[str] = field(default_factory=list)
    kept: list[tuple[datetime, requests.PreparedRequest]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.served = serve(self.sandbox, self.address)

    def send(self, adapter: HTTPAdapter, request: requests.PreparedRequest) -> requests.Response:
        """Carry one request; raises as the network would."""
        name = f"{request.method} {urlsplit(request.url or '').path}"
        self.names.append(name)
        if is_write(name) and self.kept and self.now() >= self.kept[0][0] + LATE:
            self.deliver()
        kind = self.fault(len(self.names), name)
        if kind == "kill-before":
            raise Killed
        if kind == "late":
            self.kept.append((self.now(), request))
            raise requests.ConnectionError(ProtocolError("Connection aborted."), request=request)
        if kind == "502":
            return answer(adapter, request, 502, HTML, b"<h1>Bad Gateway</h1>")
        answered = carry(self.served, request, None if kind in ("kill-after", "html-after") else kind)
        if kind == "kill-after":
            raise Killed
        if kind == "html-after":
            return answer(adapter, request, 200, HTML, b"<html><body><h1>Sign in to go on</h1></body></html>")
        if answered is None:
            raise requests.ConnectionError(ProtocolError("Connection aborted."), request=request)
        status, headers, body, whole = answered
        if not whole:
            raise requests.exceptions.ChunkedEncodingError("IncompleteRead", request=request)
        return answer(adapter, request, status, headers, body)

    def now(self) -> datetime:
        """The present, by the sandbox's clock."""
        return self.sandbox.clock.now()

    def deliver(self) -> bool:
        """Have the sandbox act on what is still on its way; whether anything was. Nobody waits for the answers."""
        arriving, self.kept = self.kept, []
        for _, request in arriving:
            carry(self.served, request, None)
        return bool(arriving)


def is_write(name: str) -> bool:
    """Whether a request changes something."""
    return not name.startswith("GET") and not name.endswith(("/search", "/search/jql", "/bulkfetch"))


def answer(
    adapter: HTTPAdapter, request: requests.PreparedRequest, status: int, headers: HTTPHeaderDict, body: bytes
) -> requests.Response:
    """An answer as the client libraries get it."""
    raw = HTTPResponse(body=BytesIO(body), headers=headers, status=status, preload_content=False)
    built: requests.Response = adapter.build_response(request, raw)
    return built


Answered = tuple[int, HTTPHeaderDict, bytes, bool]


def carry(served: OneAtATime, request: requests.PreparedRequest, kind: str | None) -> Answered | None:
    """The application's answer: status, headers, body, and whether it came whole; None when there is none."""
    parts = urlsplit(request.url or "")
    sent = request.body.encode() if isinstance(request.body, str) else request.body or b""
    headers = [(k.lower().encode(), v if isinstance(v, bytes) else v.encode()) for k, v in request.headers.items()]
    headers.append((b"host", parts.netloc.encode()))
    if kind is not None:
        headers.append((FAULT_HEADER.lower().encode(), kind.encode()))
    line = _Line()
    told: list[Message] = []
    inbox: list[Message] = [{"type": "http.request", "body": sent, "more_body": False}]

    async def receive() -> Message:
        return inbox.pop() if inbox else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": headers,
        "server": (parts.hostname, parts.port),
        "client": ("127.0.0.1", 1),
        TRANSPORT: line,
    }
    running = served(scope, receive, send).__await__()
    for _ in running:
        pass
    if not told:
        return None
    fields = HTTPHeaderDict((k.decode("latin-1"), v.decode("latin-1")) for k, v in told[0]["headers"])
    body = b"".join(message.get("body", b"") for message in told[1:])
    return told[0]["status"], fields, body, not line.closed


class _Line:
    """A connection that can be cut."""

    closed = False

    def close(self) -> None:
        self.closed = True


@contextmanager
def wired(wire: Wire) -> Iterator[Wire]:
    """While this is on, requests to the sandbox's address go by the wire, and none to anywhere else goes at all."""

    def send(self: HTTPAdapter, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        assert (request.url or "").startswith(ADDRESS), request.url
        return wire.send(self, request)

    with patch.object(HTTPAdapter, "send", send), patch.object(Transport, "map_reads", one_by_one):
        yield wire


def one_by_one(_: Transport, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """Reads that a process makes at once, in their order: a run happens the same way each time, and a kill ends it.

    The sandbox answers one request at a time, which its server's loop sees to; no threads may meet in it here.
    """
    return [read(item) for item in items]


def serve(sandbox: Sandbox, address: str = ADDRESS) -> OneAtATime:
    """The sandbox's application, at the address that the wire leads to."""
    sandbox.base_url = address
    return app(sandbox, Door(address), Keeper(sandbox, None))


@contextmanager
def bench_of(settings: Settings, clock: Told, pace: Pace) -> Iterator[Bench]:
    """A new process's pirsync, on the sandbox's clock."""
    # A state file's birth is an instant, too, and must lie on that clock.
    with (
        patch("pirsync.build.SystemClock", lambda: clock),
        open_bench(settings, threading.Event(), lambda: None, pace) as bench,
    ):
        yield bench.with_world(replace(bench.world, clock=clock))


def run_pass(bench: Bench, selection: Selection) -> Report:
    """One pass."""
    return run_once(selection, bench.world, bench.teams(), bench.limits(200), lambda _: None)


@contextmanager
def folder_off_disk() -> Iterator[Path]:
    """A folder for as long as this is on, in memory where the machine has a place there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def rule(kind: str, **more: Any) -> str:
    """A fault of the sandbox, as the wire takes it."""
    return json.dumps({"kind": kind, **more})


def lose_state(path: Path) -> None:
    """Delete the state file, with what belongs to it."""
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()


def lean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what costs time and says nothing here: routes and what people read are compiled, and read, once, as are
    a team's files, and no proxy is looked for."""
    monkeypatch.setattr("starlette.routing.compile_path", cache(compile_path))
    monkeypatch.setattr("tests.place.read_review", read_once)
    for load in (load_mapping, load_templates):
        monkeypatch.setattr(f"pirsync.build.{load.__name__}", lru_cache(TEAMS)(load))
    monkeypatch.setattr("requests.sessions.get_environ_proxies", lambda *_, **__: {})
