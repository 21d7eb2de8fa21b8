"""What every command shares: exit codes, options, an opened bench, and errors told in their own words."""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pirsync.adapters.http import Pace
    from pirsync.build import Bench

DONE, FAILED, USAGE, LEFT, INTERRUPTED = 0, 1, 2, 3, 130

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.toml"),
    show_default=True,
    envvar="PIRSYNC_CONFIG",
    help="The configuration file.",
)
brake_option = click.option(
    "--max-creates", type=click.IntRange(min=1), help="Allow this pass to create so many things."
)
since_option = click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Look at all that was closed on this day or later, whatever closed_since says.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@contextmanager
def opened(path: Path, pace: Pace | None = None) -> Iterator[Bench]:
    from pirsync.build import open_bench
    from pirsync.commands import waits_for_its_turn
    from pirsync.config import load

    with told():
        settings = load(path)
        stop = threading.Event()
        with open_bench(settings, stop, waits_for_its_turn, pace) as bench:
            yield bench


@contextmanager
def told() -> Iterator[None]:
    """Every error on purpose ends in its own words and an exit code, without a traceback."""
    from pirsync import output
    from pirsync.errors import ConfigError, Interrupted, PirsyncError, Rejected, Unavailable

    try:
        yield
    except ConfigError as error:
        for problem in error.problems:
            output.line(problem, problem=True)
        sys.exit(USAGE)
    except (Interrupted, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except Unavailable as error:
        output.line(f"{error} (`pirsync doctor` tells what to change)", problem=True)
        sys.exit(FAILED)
    except Rejected as error:
        output.line(f"{error} (is the site's url right? `pirsync doctor` tells what to change)", problem=True)
        sys.exit(FAILED)
    except PirsyncError as error:
        output.line(str(error), problem=True)
        sys.exit(FAILED)
