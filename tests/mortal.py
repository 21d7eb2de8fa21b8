"""A pass in a process of its own, without sockets: its requests come through a pipe to the sandbox, which lives on when
the process is killed by SIGKILL."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3._collections import HTTPHeaderDict

from pirsync.adopt_commands import Asked
from pirsync.errors import PirsyncError
from pirsync.report import Report
from pirsync.selection import Selection
from tests.indoors import answer
from tests.place import Place

WIRE = HTTPAdapter()


@dataclass(frozen=True)
class Sent:
    """A request, and the instant at which it goes out."""

    instant: datetime
    method: str
    url: str
    headers: dict[str, Any]
    body: Any


@dataclass(frozen=True)
class Answered:
    """What came back at that instant: status, headers and body, or the error that the network raised."""

    instant: datetime
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: tuple[type[Exception], str] | None = None


@dataclass(frozen=True)
class Ended:
    """How the pass ended: its report or its error, and what is still asked for."""

    instant: datetime
    report: Report | None
    error: Exception | None
    asked: tuple[Asked, ...]


def brief(place: Place, selection: Selection) -> Report:
    """A pass by a process that ends with it, as this process plays it."""
    place.restart()
    return place.pass_here(selection)


def mortal(place: Place, selection: Selection) -> Report:
    """The same by a real process; Killed where the wire would have it killed, and so it was."""
    place.restart()
    here, there = Pipe()
    child = os.fork()
    if child == 0:
        _live(place, selection, there)
    there.close()
    try:
        ended = _serve(place, here)
    finally:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        here.close()
    assert os.WTERMSIG(status) == signal.SIGKILL
    place.asked = ended.asked
    if ended.error is not None:
        raise ended.error
    assert ended.report is not None
    return ended.report


def _serve(place: Place, pipe: Connection) -> Ended:
    """Carry what the child sends until its pass is over. Killed leaves it to be killed in the midst of a request."""
    while True:
        told = pipe.recv()
        place.clock.set(told.instant)
        if isinstance(told, Ended):
            return told
        request = requests.PreparedRequest()
        request.method, request.url, request.body = told.method, told.url, told.body
        request.headers = requests.structures.CaseInsensitiveDict(told.headers)
        try:
            got = place.wire.send(WIRE, request)
        except requests.RequestException as error:
            pipe.send(Answered(place.clock.instant, error=(type(error), str(error))))
            continue
        headers = tuple(got.raw.headers.items())
        pipe.send(Answered(place.clock.instant, got.status_code, headers, got.content))


# ---------------------------------------------------------------- in the child


def _live(place: Place, selection: Selection, pipe: Connection) -> None:
    """The child's whole life; it waits for its end, so that it never goes on with what its parent was doing."""
    place.wire.send = partial(_send, place, pipe)  # type: ignore[method-assign]  # the child's wire leads to its parent
    report: Report | None = None
    error: Exception | None = None
    try:
        report = place.pass_here(selection)
    except PirsyncError as told:
        error = told
    except BaseException as wrong:  # whatever it is, the parent is to raise it
        error = AssertionError(f"{type(wrong).__name__}: {wrong}")
    finally:
        pipe.send(Ended(place.clock.instant, report, error, place.asked))
        signal.pause()


def _send(place: Place, pipe: Connection, adapter: HTTPAdapter, request: requests.PreparedRequest) -> requests.Response:
    headers = dict(request.headers or {})
    pipe.send(Sent(place.clock.instant, request.method or "", request.url or "", headers, request.body))
    got = pipe.recv()
    place.clock.set(got.instant)
    if got.error is not None:
        kind, words = got.error
        raise kind(words, request=request)
    return answer(adapter, request, got.status, HTTPHeaderDict(got.headers), got.body)
