"""`make splice`: edits in made-up, broken and recorded documents, hostile sizes, and time and memory by size."""

from __future__ import annotations

import argparse
import gc
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from pirsync.page.scan import LARGEST, BadPage, encode, scan
from tests.page import grammar, splicing
from tests.shared import SHARED

BATCH = 250
MOST_CELLS = 20
"""Cells of a recorded document that are edited, spread over it."""
TRIES = 3
"""Of so many times the best counts: a neighbour on the same processor may double one of them."""
UNITS = {
    "paragraphs": "<p>Some words of <b>a</b> report.</p>\n",
    "text": "some words &nbsp; ",
    "one long line of attributes": "<p class='a' title=\"b > c\">x</p>",
    "sections": "<p><![CDATA[</td>]]></p>",
    "cells": "<table><tr><td>a</td><td/></tr></table>",
}
HOSTILE: dict[str, Callable[[], bytes]] = {
    "50 MB": lambda: b"<p>x</p>" * 6_250_000,
    "10 MB of the smallest elements": lambda: b"<b/>" * (LARGEST // 4),
    "100,000 levels": lambda: b"<div>" * 100_000,
    "one tag of 9 MB": lambda: b'<p a="' + b"x" * 9_000_000,
    "400,000 attributes": lambda: b"<p " + b" ".join(b"a%d=''" % n for n in range(400_000)) + b"/",
    "9 MB of entities that do not exist": lambda: b"&l;" * 3_000_000,
}


def seen(figures: Counter[str], examples: int, until: float) -> None:
    """Documents of the grammar, whole and broken, a batch of each in turn until there are enough or the time is over.

    A batch is drawn by its number, so that what failed is drawn again.
    """
    for number in range(-(-examples // BATCH)):
        if time.monotonic() > until:
            break
        batch(figures, number)


def batch(figures: Counter[str], number: int) -> None:
    """So many documents of each kind."""
    common = settings(max_examples=BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck))

    @seed(number)
    @common
    @given(grammar.documents(), grammar.CONTENTS, st.data())
    def whole(body: str, storage: str, draw: st.DataObject) -> None:
        found = len(splicing.cells_in(encode(body)))
        number = draw.draw(st.integers(0, found - 1))
        figures["documents of the grammar"] += 1
        figures["bytes of them"] += len(encode(body))
        figures["cells in them"] += found
        spliced = splicing.assert_edit_stays_in_its_cell(body, number, storage)
        figures["cells edited"] += 1
        figures["rows appended"] += splicing.assert_row_is_only_added(spliced, storage)

    @seed(number)
    @common
    @given(grammar.broken())
    def broken(body: str) -> None:
        reason = splicing.assert_read_or_refused_with_position(body)
        figures[f"broken documents: {reason or 'still well formed, edited'}"] += 1

    whole()
    broken()


def recorded(figures: Counter[str]) -> None:
    """Cells of every recorded document, where they are at hand."""
    for path in sorted((SHARED / "storage").glob("*.xhtml")):
        body = path.read_bytes().decode()
        try:
            found = splicing.cells_in(encode(body))
        except BadPage:
            figures["recorded documents refused"] += 1
            continue
        figures["recorded documents"] += 1
        figures["cells of recorded documents"] += len(found)
        for number in range(0, len(found), len(found) // MOST_CELLS + 1):
            splicing.assert_edit_stays_in_its_cell(body, number, "<p>new &amp; <b>bold</b></p>")
            figures["cells of recorded documents edited"] += 1


def cost(raw: bytes) -> tuple[float, float, str]:
    """Seconds of the processor, megabytes at most (traced in a run of its own), and how it ended."""
    seconds, end = min(_timed(raw) for _ in range(TRIES))
    tracemalloc.start()
    _scanned(raw)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return seconds, peak, end


def _timed(raw: bytes) -> tuple[float, str]:
    gc.collect()
    started = time.process_time()
    end = _scanned(raw)
    return time.process_time() - started, end


def _scanned(raw: bytes) -> str:
    try:
        scan(raw)
    except BadPage as refused:
        return str(refused)[:80]
    return "read"


def sizes() -> bool:
    """Time and memory at a size and at ten times it; False when either grows more than twice as fast as the size, or
    what is hostile takes more of them than the suite lets it."""
    is_bound = True
    for name, unit in UNITS.items():
        raws = [encode(unit * (size // len(unit))) for size in (800_000, 8_000_000)]
        small, large = (cost(raw) for raw in raws)
        ratio = large[0] / max(small[0], 0.01)
        is_bound = is_bound and ratio < 20 and large[1] < 20 * small[1]
        print(
            f"{name:34} 0.8 MB {small[0]:6.2f} s   8 MB {large[0]:6.2f} s {large[1]:7.0f} MB   x{ratio:.1f}  {large[2]}"
        )
    for name, make in HOSTILE.items():
        raw = make()
        seconds, peak, end = cost(raw)
        most = splicing.most_memory(raw) / 1e6
        is_bound = is_bound and seconds < 60 and peak < most
        print(f"{name:34} {seconds:6.2f} s {peak:7.0f} MB of {most:.0f}   {end}", flush=True)
    return is_bound


def main() -> int:
    """Print the figures; 1 when a bound does not hold. What does not hold of a document is raised with it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=int, default=20_000)
    options.add_argument("--minutes", type=float, default=25)
    chosen = options.parse_args()
    figures: Counter[str] = Counter()
    started = time.monotonic()
    recorded(figures)
    is_bound = sizes()
    seen(figures, chosen.examples, started + 60 * chosen.minutes)
    for name, count in sorted(figures.items()):
        print(f"{count:12,}  {name}")
    done = min(figures["documents of the grammar"] / chosen.examples, 1)
    print(f"{done:.0%} of the {chosen.examples:,} documents asked for, in {time.monotonic() - started:.0f} s")
    edited = figures["cells of recorded documents edited"] / max(figures["cells of recorded documents"], 1)
    print(f"{edited:.0%} of the cells of the recorded documents, at most {MOST_CELLS} of each")
    return 0 if is_bound else 1


if __name__ == "__main__":
    sys.exit(main())
