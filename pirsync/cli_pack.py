"""`pirsync pack`: the procedures as data, to read, to copy and to check. Asks nothing of any site."""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import sys
from pathlib import Path

import click

from pirsync.cli_base import DONE, FAILED, config_option, json_option, told


@click.group()
def pack() -> None:
    """Read and check procedure packs.

    A pack says what one procedure asks: of which incidents, of whom, by when. Your own begins as a copy of one."""


@pack.command("show")
@click.argument("name", required=False, metavar="[ID]")
@config_option
@click.option("--toml", "as_toml", is_flag=True, help="Print the file itself, to begin your own with.")
@json_option
def show_pack(name: str | None, config_path: Path, as_toml: bool, as_json: bool) -> None:
    """Tell what the pack ID asks, or which packs there are.

    ID is the id of a pack that comes with pirsync, or the path of your own (*.toml)."""
    from pirsync.pack_commands import list_packs, print_source, show

    if as_toml and (as_json or name is None):
        raise click.UsageError("--toml prints the file of one pack: give its ID, and no --json")
    with told():
        if name is None:
            list_packs(config_path, as_json)
        elif as_toml:
            print_source(name)
        else:
            show(name, as_json)


@pack.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@config_option
def lint(files: tuple[Path, ...], config_path: Path) -> None:
    """Tell all that is wrong with the packs FILES.

    Without FILES: with those that come with pirsync, and those that the configuration names."""
    from pirsync.pack_commands import check_packs

    with told():
        sys.exit(DONE if check_packs(files, config_path) else FAILED)
