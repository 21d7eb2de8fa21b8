"""How the time of a computation grows with its input, which a busy machine changes less than it changes the time."""

from __future__ import annotations

import time
from collections.abc import Callable

TOO_MUCH = 9.0
"""What four times as much input may cost: four times in linear time, sixteen times in quadratic."""


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as long the processor works on four times the size; the best of some tries on each."""

    def seconds(size: int) -> float:
        began = time.process_time()
        work(size)
        return time.process_time() - began

    few, many = (min(seconds(each) for _ in range(3)) for each in (size, 4 * size))
    return many / few
