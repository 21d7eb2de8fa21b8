"""`python -m tests.clients [words]`: each client at work against the sandbox, and a table of how it went.

With words, only the clients whose name or dialect has one of them. Ends with 1 when a trial failed.
"""

from __future__ import annotations

import subprocess
import sys
import time
import traceback

from tests.clients import bugwarrior, exporter, mcp, md2cf, md2conf
from tests.clients.stand import Failed, Trial, stand

TRIALS: list[Trial] = [*md2conf.TRIALS, *md2cf.TRIALS, *exporter.TRIALS, *bugwarrior.TRIALS, *mcp.TRIALS]


def tried(trial: Trial) -> tuple[bool, str]:
    """Whether a trial went well, and in words what was done or what was wrong."""
    try:
        with stand(trial) as place:
            return True, trial.run(place)
    except Failed as failed:
        return False, str(failed)
    except (subprocess.SubprocessError, OSError, LookupError, ValueError):
        return False, traceback.format_exc()


def main(words: list[str]) -> int:
    """Try them in turn; the exit code."""
    chosen = [one for one in TRIALS if not words or any(word in f"{one.client} {one.deployment}" for word in words)]
    rows, wrong = [], 0
    for trial in chosen:
        began = time.monotonic()
        went_well, said = tried(trial)
        wrong += not went_well
        if not went_well:
            print(f"--- {trial.client} {trial.version}, {trial.deployment}\n{said}\n", flush=True)
        cells = (f"{trial.client} {trial.version}", trial.deployment, "passed" if went_well else "FAILED")
        rows.append((*cells, f"{time.monotonic() - began:.0f} s", said if went_well else said.splitlines()[0]))
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]))
    return int(bool(wrong) or not rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
