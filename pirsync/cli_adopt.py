"""`pirsync adopt`: pages that people made become the reviews of their incidents, without a word of them rewritten."""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import sys
from pathlib import Path

import click

from pirsync.cli_base import config_option, opened


@click.command()
@click.option("--page", help="The page that people made: its id or its address.")
@click.option("--incident", metavar="KEY", help="The incident whose review it is.")
@click.option("--without", multiple=True, metavar="TICKET", help="An issue on the page that is no action (repeatable).")
@click.option(
    "--from-csv",
    "table",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A table with the columns incident and page.",
)
@click.option("--skip-wrong", is_flag=True, help="Adopt what is right of a table; otherwise one wrong line stops all.")
@click.option("--release", is_flag=True, help="Let the adopted page of the incident go again.")
@config_option
@click.option("--yes", is_flag=True, help="Do it without asking.")
def adopt(
    page: str | None,
    incident: str | None,
    without: tuple[str, ...],
    table: Path | None,
    skip_wrong: bool,
    release: bool,
    config_path: Path,
    yes: bool,
) -> None:
    """Make reviews of pages that people wrote.

    They are linked, checked and indexed, and not a word of them is rewritten. --page and --incident name one;
    --from-csv names many; --release with --incident takes one back. The plan is shown first, and nothing is done
    until you say so. No review page and no ticket is made."""
    from pirsync.adopt_commands import Asked, carry_out, read_table, reference

    one = bool(incident) and table is None and not skip_wrong and (bool(page) != release)
    many = table is not None and not (page or incident or release or without)
    if not (one or many) or (release and without):
        raise click.UsageError("give --page and --incident, or --from-csv, or --release and --incident")
    with opened(config_path) as bench:
        if table is not None:
            asked, wrong = read_table(table)
        else:
            refused = tuple(ticket.strip().upper() for ticket in without)
            page_id = reference(page) if page else ""
            if page_id is None:
                raise click.BadParameter("a page's id is a number, and its address holds one", param_hint="--page")
            asked, wrong = [Asked(key=(incident or "").strip().upper(), page=page_id, without=refused)], []
        sys.exit(carry_out(bench, asked, wrong, skip_wrong, lambda: yes or click.confirm("Do it?", err=True)))
