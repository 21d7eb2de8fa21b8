"""`pirsync state`: what the state file holds, and a new one made of what Jira and Confluence know."""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import sys
from pathlib import Path

import click

from pirsync.cli_base import DONE, FAILED, LEFT, config_option, told


@click.group()
def state() -> None:
    """Show the state file, or make a new one.

    The new one is made of what Jira and Confluence know, for they hold all that matters; nothing is written there."""


@state.command("show")
@config_option
def show_state(config_path: Path) -> None:
    """Tell what the state file holds. Asks nothing of any site."""
    from pirsync import output
    from pirsync.config import load
    from pirsync.state_commands import show

    with told():
        settings = load(config_path)
        if not settings.site.state.exists():
            output.line(f"{settings.site.state} is not there: the next pass makes it", problem=True)
            sys.exit(FAILED)
        show(settings)


@state.command()
@config_option
def rebuild(config_path: Path) -> None:
    """Make a new state file of Jira and Confluence alone.

    Everything is read and nothing written there; then the old file moves to a name with the date in it, and the new
    one takes its place. Where a site does not answer, the old file stays. An incident that cannot be read is told
    (exit code 3), and read by the next pass. What people asked for with `resolve` or `adopt` and still waits is known
    to the state alone: it is carried over, where the old file can be read."""
    from pirsync.config import load
    from pirsync.state_commands import rebuild as make

    with told():
        report = make(load(config_path))
        sys.exit(LEFT if report.failed else DONE)
