"""The processes that play stories and schedules: what they leave out, and how they get cases until the time is up."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import pytest

from tests.indoors import lean
from tests.stage import parse_once

C = TypeVar("C")
R = TypeVar("R")

CHUNK = 50
"""Cases that each process gets at a time; between two chunks the clock is looked at."""

LIFE = 400
"""Cases after which a process makes room for another, so that memory does not grow."""


def prepare() -> None:
    """Leave out what costs time and says nothing in this process and in those that it makes."""
    patches = pytest.MonkeyPatch()
    lean(patches)
    parse_once(patches)


def each(
    workers: int, play: Callable[[C], R], cases: Iterable[C], end: float, chunk: int = CHUNK
) -> Iterator[tuple[C, R]]:
    """Every case and what came of it, until there are no more or it is `end` by the monotonic clock.

    By that many processes, each with what this one has made by now. None looks for cycles as often as usual, nor
    through what was there before.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    rest = iter(cases)
    with multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=LIFE) as pool:
        while time.monotonic() < end and (taken := list(islice(rest, chunk * workers))):
            yield from zip(taken, pool.map(play, taken, chunksize=1), strict=True)
