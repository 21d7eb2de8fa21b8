"""The command line: builds a world, runs one thing on it, maps what happened to an exit code."""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from pirsync import __version__
from pirsync.cli_adopt import adopt
from pirsync.cli_base import (
    DONE,
    FAILED,
    INTERRUPTED,
    LEFT,
    USAGE,
    brake_option,
    config_option,
    json_option,
    opened,
    since_option,
    told,
)
from pirsync.cli_pack import pack
from pirsync.cli_resolve import resolve
from pirsync.cli_state import state
from pirsync.cli_template import template

if TYPE_CHECKING:
    from pirsync.model import Deployment
    from pirsync.report import Report, Result
    from pirsync.selection import Selection

EXIT_CODES = """\b
Exit codes:
  0    done: nothing is left to do
  1    failed: the message says what, and what to change
  2    the command line or the configuration is wrong; nothing was written
  3    work is left: something waits, failed for one incident, or (plan) would be written
  130  ended by Ctrl-C
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="pirsync")
def cli() -> None:
    """Post-incident reviews that finish themselves: closed Jira incidents become Confluence review pages, their
    action rows become tickets, and the pages follow the tickets."""


@cli.command()
@config_option
def init(config_path: Path) -> None:
    """Write a first configuration, and its state.

    Every key is explained in it, and it has an owner id of its own.
    """
    from pirsync.commands import initialise

    initialise(config_path)


@cli.command()
@config_option
def doctor(config_path: Path) -> None:
    """Tell what is wrong, and how to fix it. Writes nothing.

    Connections, identity, permissions, projects, types, space and pages: one line each."""
    from pirsync.adapters.http import Pace
    from pirsync.commands import examine

    # A person waits for the answer, and every failure is told: nothing is tried again.
    with opened(config_path, Pace(attempts=1, cap=1.0)) as bench:
        sys.exit(DONE if examine(bench) else FAILED)


@cli.command()
@click.argument("keys", nargs=-1)
@since_option
@config_option
@brake_option
@json_option
def reconcile(
    keys: tuple[str, ...], since: datetime | None, config_path: Path, max_creates: int | None, as_json: bool
) -> None:
    """Bring all reviews, or those of the incidents KEYS, up to date.

    Prints one line for each change, and nothing when there is nothing to do."""
    from pirsync import output
    from pirsync.commands import ask_again, run_pass, tell_of_tokens

    with opened(config_path) as bench:
        tell_of_tokens(bench)
        ask_again(bench.world.state)
        report = run_pass(bench, _selection(keys, since), max_creates, _silent if as_json else output.news)
        if as_json:
            output.as_json(report)
        else:
            if sys.stdout.isatty():
                output.findings(report.results)
                output.line(output.summary(report))
            _tell_unseen(keys, report)
        output.left(report)
        sys.exit(_left(report))


@cli.command()
@click.argument("keys", nargs=-1)
@since_option
@config_option
@brake_option
@json_option
def plan(
    keys: tuple[str, ...], since: datetime | None, config_path: Path, max_creates: int | None, as_json: bool
) -> None:
    """Print every write that reconcile would make. Writes nothing."""
    from pirsync import output
    from pirsync.adapters.http import Pace
    from pirsync.adapters.overlay import overlay
    from pirsync.commands import ask_again, run_pass

    with opened(config_path, Pace(attempts=3, base=1.0)) as bench:
        dry = bench.with_world(overlay(bench.world))
        ask_again(dry.world.state)
        report = run_pass(dry, _selection(keys, since), max_creates or sys.maxsize, _silent)
        if as_json:
            output.as_json(report)
        else:
            output.planned(report)
            _tell_unseen(keys, report)
        output.left(report)
        sys.exit(LEFT if output.writes(report) else _left(report))


@cli.command()
@click.argument("key")
@config_option
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write Markdown to this file (- for the output).",
)
def show(key: str, config_path: Path, markdown: Path | None) -> None:
    """Show the review of incident KEY, or write it as Markdown."""
    from pirsync.adapters.http import Pace
    from pirsync.show import as_markdown, on_terminal

    with opened(config_path, Pace(attempts=3, base=1.0)) as bench:
        if markdown is None:
            on_terminal(bench, key)
        else:
            as_markdown(bench, key, markdown)


@cli.command()
@click.argument("key")
@config_option
@json_option
def explain(key: str, config_path: Path, as_json: bool) -> None:
    """Tell how incident KEY stands before the procedures.

    In scope or not and by which clause, what is due when, what is missing, and who is waited for. Writes nothing."""
    from pirsync.adapters.http import Pace
    from pirsync.explain import tell, tell_programs

    with opened(config_path, Pace(attempts=3, base=1.0)) as bench:
        (tell_programs if as_json else tell)(bench, key.strip().upper())


@cli.command()
@click.argument("keys", nargs=-1)
@config_option
@json_option
def findings(keys: tuple[str, ...], config_path: Path, as_json: bool) -> None:
    """Tell what is open, and the way out of it.

    Of all incidents or of KEYS, as of the last pass; asks nothing of any site."""
    from pirsync import output
    from pirsync.findings import stored

    with opened(config_path) as bench:
        wanted = {key.strip().upper() for key in keys}
        found = [one for one in stored(bench.world.state) if not wanted or one.key.upper() in wanted]
        (output.open_as_json if as_json else output.open_findings)(found)


@cli.command()
@config_option
@click.option("--team", default="", help="Only the reviews of this team.")
@click.option("--days", type=click.IntRange(0, 366), help="What is due within so many days (default: this week).")
@json_option
def status(config_path: Path, team: str, days: int | None, as_json: bool) -> None:
    """Tell what is late, due this week or missing, of all reviews.

    Overdue, due, unowned, done without evidence, missing roles, awaiting approval: each with who is waited for and
    where to go on. As of the last pass; asks nothing of any site."""
    from pirsync.config import load
    from pirsync.status import Asked, tell, tell_programs

    with told():
        (tell_programs if as_json else tell)(load(config_path), Asked(team, days))


@cli.command()
@config_option
def run(config_path: Path) -> None:
    """Run the daemon until a signal ends it.

    Asks Jira for news every run.poll_every, and looks at everything again every run.sweep_every."""
    from pirsync.commands import serve

    with opened(config_path) as bench:
        serve(bench)


@cli.command()
@click.option("--deployment", type=click.Choice(["cloud", "datacenter"]), default="cloud", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free port.")
@click.option("--exit", "ends", is_flag=True, help="End after the story; exit code 0 only if it came true.")
def demo(deployment: Deployment, port: int, ends: bool) -> None:
    """Watch the whole story on an embedded Jira and Confluence."""
    _need_sandbox("127.0.0.1", port)
    from pirsync.demo import tell_story

    with told():
        sys.exit(DONE if tell_story(deployment, port, ends) else FAILED)


@cli.command()
@click.option("--deployment", type=click.Choice(["cloud", "datacenter"]), default="cloud", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets other machines in.")
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
@click.option("--base-url", help="The address that answers name (default: the one that was asked for).")
@click.option("--token", help="The only API token or password that is accepted (default: any).")
@click.option("--store", type=click.Path(path_type=Path, dir_okay=False), help="Keep the world in this file.")
@click.option(
    "--load",
    "loads",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Make the world of Jira search results (repeatable).",
)
@click.option("--size", type=click.IntRange(0, 100_000), help="Make a world of so many issues and so many pages.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another world of the same size.")
def sandbox(
    deployment: Deployment,
    host: str,
    port: int,
    base_url: str | None,
    token: str | None,
    store: Path | None,
    loads: tuple[Path, ...],
    size: int | None,
    seed: int,
) -> None:
    """Run the embedded Jira and Confluence by themselves.

    For the tests of anything that talks to them: faults, limits, time and the whole world are set by calls."""
    _need_sandbox(host, port)
    if store is not None and not store.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {store.parent}", param_hint="--store")
    if loads and size is not None:
        raise click.UsageError("--load and --size both say what the world is made of; give one")
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise click.BadParameter("an address begins with http:// or https://", param_hint="--base-url")
    from pirsync.sandbox.command import Origin, serve_sandbox
    from pirsync.sandbox.server import Settings
    from pirsync.sandbox.worlds.generate import Size

    origin = Origin(deployment, loads, None if size is None else Size(size, size, seed))
    with told():
        settings = Settings(base_url.rstrip("/") if base_url else None, token, store)
        serve_sandbox(origin, (host, port), settings)


cli.add_command(adopt)
cli.add_command(pack)
cli.add_command(resolve)
cli.add_command(state)
cli.add_command(template)


def _need_sandbox(host: str, port: int) -> None:
    """End in words where the sandbox cannot be served."""
    from importlib.util import find_spec
    from socket import SO_REUSEADDR, SOL_SOCKET, socket

    if any(find_spec(name) is None for name in ("starlette", "uvicorn", "lark")):
        click.echo("the sandbox needs more packages: pip install 'pirsync[sandbox]'", err=True)
        sys.exit(USAGE)
    try:
        with socket() as tried:
            tried.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            tried.bind((host, port))
    except OSError as error:
        click.echo(f"cannot serve at {host}:{port}: {error.strerror}; choose another one with --port", err=True)
        sys.exit(FAILED)


def _selection(keys: tuple[str, ...], since: datetime | None) -> Selection:
    from pirsync.selection import Mode, Selection

    if since is not None:
        if keys:
            raise click.UsageError("--since looks at all that was closed since then; leave KEYS out")
        return Selection(Mode.HISTORY, since=since.date())
    if not keys:
        return Selection(Mode.ALL)
    return Selection(Mode.NAMED, tuple(dict.fromkeys(key.strip().upper() for key in keys)))


def _tell_unseen(keys: tuple[str, ...], report: Report) -> None:
    """Somebody who names an incident is told why it has no review."""
    from pirsync import output

    if keys:
        output.reasons(report.results)


def _left(report: Report) -> int:
    if any(result.reason.startswith("no such issue") for result in report.results):
        return FAILED
    return LEFT if report.failed or report.waiting or report.left else DONE


def _silent(result: Result) -> None:
    return None


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error that nobody foresaw, by its kind and places alone: its text may hold a page or a credential."""
    import traceback

    click.echo(f"internal error {kind.__name__}; please report it with these lines:", err=True)
    for frame in traceback.extract_tb(trace):
        click.echo(f"  {frame.filename}:{frame.lineno} {frame.name}", err=True)


def main(arguments: list[str] | None = None, leave: Callable[[int], None] = sys.exit) -> None:
    """The entry point. click itself ends with 2 on a wrong command line, and with 1 on Ctrl-C, which means 130."""
    sys.excepthook = _last_words
    try:
        cli.main(args=arguments, prog_name="pirsync", standalone_mode=False)
    except click.exceptions.Abort:
        leave(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        leave(error.exit_code)
