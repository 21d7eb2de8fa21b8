"""`pirsync template`: page templates, to check and to look at; without an incident of yours, no site is asked."""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import sys
from pathlib import Path

import click

from pirsync.cli_base import DONE, FAILED, config_option, opened, told


@click.group()
def template() -> None:
    """Check and look at page templates.

    A template says what a review page is born with. Your own begins as a block or two laid over one that comes with
    pirsync."""


@template.command()
@click.argument("names", nargs=-1, metavar="[NAME…]")
@config_option
def lint(names: tuple[str, ...], config_path: Path) -> None:
    """Tell all that is wrong with the templates NAME.

    NAME is the id of one that comes with pirsync, or the path of your own (*.xml). Without a NAME: with those that come
    with pirsync, and those that the configuration names."""
    from pirsync.template_commands import check_templates

    with told():
        sys.exit(DONE if check_templates(names, config_path) else FAILED)


@template.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--incident", "key", metavar="KEY", help="Fill it with this incident of yours, read from Jira.")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("preview.html"),
    show_default=True,
    help="The file to write.",
)
@config_option
def preview(name: str | None, key: str | None, path: Path, config_path: Path) -> None:
    """Write the page that the template NAME makes as an HTML file, to look at in a browser.

    Without a NAME: the configured one of the incident's, or the first, team. Without an incident it is filled with a
    made-up one, and no site is asked."""
    from pirsync.template_commands import preview_incident, preview_sample

    if key is None:
        with told():
            preview_sample(name, path, config_path)
        return
    with opened(config_path) as bench:
        preview_incident(bench, key.strip().upper(), name, path)


@template.command("vars")
def variables() -> None:
    """List every name that a template may use, and what it stands for."""
    from pirsync.template_commands import list_names

    list_names()
