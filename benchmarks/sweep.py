"""One pass in a process of its own, so that its time and memory are pirsync's alone; prints one line of JSON.

python -m benchmarks.sweep CONFIG news|all
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from threading import Event

from pirsync.build import open_bench
from pirsync.config import load
from pirsync.reconcile import run_once
from pirsync.selection import Mode, Selection

KILOBYTES = 1024 if sys.platform != "darwin" else 1024 * 1024
"""`ru_maxrss` is in kilobytes, on macOS in bytes; this many of its units are a megabyte."""


def peak_megabytes() -> float:
    """The most memory that this process has held. On Linux `ru_maxrss` also counts the process that started us."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES


def main() -> None:
    """Run the pass; `wall` and `cpu` are seconds of it alone, `peak` is the whole process's, in megabytes."""
    path, mode = Path(sys.argv[1]), Mode(sys.argv[2])
    with open_bench(load(path), Event(), lambda: None) as bench:
        teams = bench.teams()
        wall, cpu = time.perf_counter(), time.process_time()
        report = run_once(Selection(mode), bench.world, teams, bench.limits(), lambda _: None)
        spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        told = {**spent, "peak": peak_megabytes(), "requests": bench.counts(), "written": len(report.changes)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
