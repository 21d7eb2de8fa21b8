"""The command line: builds a world, runs one thing on it, maps what happened to an exit code.

| code | means |
|---|---|
| 0 | done: nothing is left to do |
| 1 | failed: the message says what, and what to change |
| 2 | the command line or the configuration is wrong; nothing was written |
| 3 | work is left: something waits, failed for one incident, or (`plan`) would be written |
| 130 | ended by Ctrl-C |
"""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pirsync import __version__

if TYPE_CHECKING:
    from pirsync.build import Bench
    from pirsync.model import Deployment
    from pirsync.reconcile import Selection
    from pirsync.report import Report, Result

DONE, FAILED, USAGE, LEFT, INTERRUPTED = 0, 1, 2, 3, 130

_config = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.toml"),
    show_default=True,
    envvar="PIRSYNC_CONFIG",
    help="The configuration file.",
)
_brake = click.option("--max-creates", type=click.IntRange(min=1), help="Allow this pass to create so many things.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pirsync")
def cli() -> None:
    """Post-incident reviews that finish themselves: closed Jira incidents become Confluence review pages, their
    action rows become tickets, and the pages follow the tickets."""


@cli.command()
@_config
def init(config_path: Path) -> None:
    """Write a commented configuration with a fresh owner id, and make its state."""
    from pirsync.commands import initialise

    initialise(config_path)


@cli.command()
@_config
def doctor(config_path: Path) -> None:
    """Look at connections, permissions, projects and pages; one line each, with the fix. Writes nothing."""
    from pirsync.commands import examine

    with _opened(config_path) as bench:
        sys.exit(DONE if examine(bench) else FAILED)


@cli.command()
@click.argument("keys", nargs=-1)
@_config
@_brake
@_json
def reconcile(keys: tuple[str, ...], config_path: Path, max_creates: int | None, as_json: bool) -> None:
    """Bring all reviews, or those of the incidents KEYS, up to date now."""
    from pirsync import output
    from pirsync.commands import run_pass

    with _opened(config_path) as bench:
        report = run_pass(bench, _selection(keys), max_creates, _silent if as_json else output.news)
        if as_json:
            output.as_json(report)
        elif sys.stdout.isatty():
            output.findings(report.results)
            output.line(output.summary(report))
        sys.exit(_left(report))


@cli.command()
@click.argument("keys", nargs=-1)
@_config
@_brake
@_json
def plan(keys: tuple[str, ...], config_path: Path, max_creates: int | None, as_json: bool) -> None:
    """Print every write that `reconcile` would make, grouped by incident. Writes nothing."""
    from pirsync import output
    from pirsync.adapters.overlay import overlay
    from pirsync.commands import run_pass

    with _opened(config_path) as bench:
        dry = bench.with_world(overlay(bench.world))
        report = run_pass(dry, _selection(keys), max_creates or sys.maxsize, _silent)
        if as_json:
            output.as_json(report)
        else:
            output.planned(report)
        sys.exit(LEFT if report.changes else _left(report))


@cli.command()
@click.argument("key")
@_config
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help="Write Markdown.")
def show(key: str, config_path: Path, markdown: Path | None) -> None:
    """Show the review of incident KEY in the terminal, or write it as Markdown to a file (- for the output)."""
    from pirsync.show import as_markdown, on_terminal

    with _opened(config_path) as bench:
        if markdown is None:
            on_terminal(bench, key)
        else:
            as_markdown(bench, key, markdown)


@cli.command()
@_config
def run(config_path: Path) -> None:
    """Run the daemon: poll, and sweep once a day, until a signal ends it."""
    from pirsync.commands import serve

    with _opened(config_path) as bench:
        serve(bench)


@cli.command()
@click.option("--deployment", type=click.Choice(["cloud", "datacenter"]), default="cloud", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free port.")
@click.option("--exit", "ends", is_flag=True, help="End after the story; exit code 0 only if it came true.")
def demo(deployment: Deployment, port: int, ends: bool) -> None:
    """Watch the whole story on an embedded Jira and Confluence: incident, review, tickets, done."""
    _need_sandbox()
    from pirsync.demo import tell_story

    with _told():
        sys.exit(DONE if tell_story(deployment, port, ends) else FAILED)


@cli.command()
@click.option("--deployment", type=click.Choice(["cloud", "datacenter"]), default="cloud", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
@click.option("--store", type=click.Path(path_type=Path, dir_okay=False), help="Keep the world in this file.")
@click.option(
    "--load",
    "loads",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Make the world of Jira search results (repeatable).",
)
def sandbox(deployment: Deployment, host: str, port: int, store: Path | None, loads: tuple[Path, ...]) -> None:
    """Run the embedded Jira and Confluence by themselves, to look at and to test against."""
    _need_sandbox()
    from pirsync.sandbox.command import serve_sandbox

    with _told():
        serve_sandbox(deployment, (host, port), store, loads)


def _need_sandbox() -> None:
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("starlette", "uvicorn", "lark")):
        click.echo("the sandbox needs more packages: pip install 'pirsync[sandbox]'", err=True)
        sys.exit(USAGE)


def _selection(keys: tuple[str, ...]) -> Selection:
    from pirsync.reconcile import Mode, Selection

    if not keys:
        return Selection(Mode.ALL)
    return Selection(Mode.NAMED, tuple(dict.fromkeys(key.strip().upper() for key in keys)))


def _left(report: Report) -> int:
    if any(result.reason.startswith("no such issue") for result in report.results):
        return FAILED
    return LEFT if report.failed or report.waiting else DONE


def _silent(result: Result) -> None:
    return None


@contextmanager
def _opened(path: Path) -> Iterator[Bench]:
    from pirsync.build import open_bench
    from pirsync.commands import waits_for_its_turn
    from pirsync.config import load

    with _told():
        settings = load(path)
        stop = threading.Event()
        with open_bench(settings, stop, waits_for_its_turn) as bench:
            yield bench


@contextmanager
def _told() -> Iterator[None]:
    """Every error on purpose ends in its own words and an exit code, without a traceback."""
    from pirsync import output
    from pirsync.errors import ConfigError, Interrupted, PirsyncError

    try:
        yield
    except ConfigError as error:
        for problem in error.problems:
            output.line(problem, problem=True)
        sys.exit(USAGE)
    except (Interrupted, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except PirsyncError as error:
        output.line(str(error), problem=True)
        sys.exit(FAILED)


def main(arguments: list[str] | None = None, leave: Callable[[int], None] = sys.exit) -> None:
    """The entry point. click itself ends with 2 on a wrong command line, and with 1 on Ctrl-C, which means 130."""
    try:
        cli.main(args=arguments, prog_name="pirsync", standalone_mode=False)
    except click.exceptions.Abort:
        leave(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        leave(error.exit_code)
