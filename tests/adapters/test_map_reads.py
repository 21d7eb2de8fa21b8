"""Reads four at once: in order, the first error wins, a signal ends them at once, and writes stay one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from pirsync.adapters.answers import Request
from pirsync.adapters.http import READERS, Transport
from pirsync.errors import Interrupted, Rejected


def transport(send: Callable[[Request], requests.Response], stop: threading.Event | None = None) -> Transport:
    return Transport(send, (), stop or threading.Event())


def unsent(_: Request) -> requests.Response:
    raise AssertionError("nothing is sent here")


def good(_: Request) -> requests.Response:
    response = requests.Response()
    response.status_code = 204
    return response


class Gauge:
    """How many are inside at once, at most."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self._lock = threading.Lock()

    def hold(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.02)
        with self._lock:
            self.inside -= 1


def test_answers_come_in_order_and_four_are_under_way() -> None:
    """No read goes on before three others have come as far."""
    gauge, four = Gauge(), threading.Barrier(4)

    def read(number: int) -> int:
        four.wait(30)
        gauge.hold()
        return number * 10

    assert READERS == 4
    assert [number * 10 for number in range(12)] == transport(unsent).map_reads(read, range(12))
    assert gauge.most <= 4


def test_one_read_needs_no_thread() -> None:
    assert [threading.current_thread()] == transport(unsent).map_reads(lambda _: threading.current_thread(), [1])
    assert transport(unsent).map_reads(str, []) == []


def test_the_first_item_s_error_wins_and_no_more_are_begun() -> None:
    begun: list[int] = []

    def read(number: int) -> None:
        begun.append(number)
        if number == 1:
            time.sleep(0.05)
        if number in (1, 2):
            raise Rejected(f"no {number}")
        time.sleep(0.01)

    with pytest.raises(Rejected, match="no 1"):
        transport(unsent).map_reads(read, range(10_000))
    assert len(begun) < 5_000


def test_a_signal_ends_the_wait_for_reads_that_no_site_answers() -> None:
    stop, never = threading.Event(), threading.Event()
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        transport(unsent, stop).map_reads(lambda _: never.wait(60), range(8))
    assert time.monotonic() - began < 30
    never.set()


def test_writes_are_one_at_a_time() -> None:
    gauge = Gauge()

    def send(request: Request) -> requests.Response:
        gauge.hold()
        return good(request)

    ours = transport(send)

    def write(_: int) -> Any:
        return ours.upsert("PUT", "rest/api/2/issue/1", {})

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert gauge.most == 1
    assert ours.counts == {"PUT": 4}
