"""`pirsync resolve`: a person's way out of a finding; each command shows its plan first."""

# Heavy modules are imported where they are used: `pirsync --help` answers in a fifth of a second.
from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from pirsync.cli_base import config_option, opened

_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[1-9][0-9]*")
_yes = click.option("--yes", is_flag=True, help="Do it without asking.")
_key = click.argument("key")
_page = click.argument("page")
_team = click.option("--team", default="", help="Whose page it is, where several teams have one of that title.")
_tickets = click.argument("tickets", nargs=-1, required=True)


@click.group()
def resolve() -> None:
    """Lead out of a finding, its plan shown first.

    Each command asks before it does anything. Nothing is ever deleted; tickets that are forgotten stay as they are in
    Jira."""


@resolve.command()
@_page
@_team
@config_option
@_yes
def recreate(page: str, team: str, config_path: Path, yes: bool) -> None:
    """Make PAGE anew, where the old one was deleted or is in the trash.

    PAGE is an incident's key, for its review, or the title of a team's index or of the page of what a quarter left."""
    from pirsync.page_commands import recreate as make_anew

    if _KEY.fullmatch(page.strip().upper()):
        _fulfil(config_path, page, {"recreate": True}, yes)
    with opened(config_path) as bench:
        sys.exit(make_anew(bench, page, team, lambda: yes or click.confirm("Do it?", err=True)))


@resolve.command()
@_page
@_team
@config_option
@_yes
def dismiss(page: str, team: str, config_path: Path, yes: bool) -> None:
    """Say no more of PAGE, the title of the page of what a quarter left: it is gone, or nobody will acknowledge it."""
    from pirsync.page_commands import dismiss as say_no_more

    with opened(config_path) as bench:
        sys.exit(say_no_more(bench, page, team, lambda: yes or click.confirm("Do it?", err=True)))


@resolve.command()
@_key
@_tickets
@config_option
@_yes
def remake(key: str, tickets: tuple[str, ...], config_path: Path, yes: bool) -> None:
    """Make TICKETS of incident KEY again, which were deleted in Jira."""
    _fulfil(config_path, key, {"remake": _keys(tickets)}, yes)


@resolve.command()
@_key
@_tickets
@config_option
@_yes
def forget(key: str, tickets: tuple[str, ...], config_path: Path, yes: bool) -> None:
    """Say no more of TICKETS in the review of incident KEY: their rows are gone, or they are."""
    _fulfil(config_path, key, {"forget": _keys(tickets)}, yes)


@resolve.command()
@_key
@_tickets
@config_option
@_yes
def keep(key: str, tickets: tuple[str, ...], config_path: Path, yes: bool) -> None:
    """Of duplicates in the review of incident KEY, let TICKETS stay and forget the others."""
    _fulfil(config_path, key, {"keep": _keys(tickets)}, yes)


@resolve.command()
@_key
@click.option("--reason", required=True, help="Why it gets no review.")
@click.option("--approver", required=True, help="Who decided that.")
@click.option("--criterion", default="", help="The rule that allows it, as your procedure names it.")
@config_option
@_yes
def ignore(key: str, reason: str, approver: str, criterion: str, config_path: Path, yes: bool) -> None:
    """Have no review of incident KEY, and say why in the index. A page that there is stays as it is."""
    _decide(config_path, key, {"reason": reason, "approver": approver, "criterion": criterion}, yes)


@resolve.command()
@_key
@click.option("--reason", required=True, help="Why it gets a review after all.")
@click.option("--approver", required=True, help="Who decided that.")
@config_option
@_yes
def heed(key: str, reason: str, approver: str, config_path: Path, yes: bool) -> None:
    """Have a review of incident KEY after all, which was ignored."""
    _decide(config_path, key, {"reason": reason, "approver": approver, "withdrawn": True}, yes)


@resolve.command()
@click.argument("ticket")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day that it may take.")
@click.option("--reason", required=True, help="Why it may take longer.")
@click.option("--approver", required=True, help="Who decided that.")
@config_option
@_yes
def extend(ticket: str, until: datetime, reason: str, approver: str, config_path: Path, yes: bool) -> None:
    """Tell nobody of the action TICKET until a day is over; a day in the past takes an extension back.

    Its due date in Jira stays as it is."""
    from pirsync.extend import extend as enter

    said: dict[str, object] = {"until": until.date(), "reason": reason, "approver": approver}
    with opened(config_path) as bench:
        sys.exit(enter(bench, ticket.strip().upper(), said, lambda: yes or click.confirm("Do it?", err=True)))


def _decide(path: Path, key: str, said: dict[str, object], yes: bool) -> None:
    from pirsync.commands import exempt

    with opened(path) as bench:
        sys.exit(exempt(bench, key.strip().upper(), said, lambda: yes or click.confirm("Do it?", err=True)))


def _keys(tickets: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ticket.strip().upper() for ticket in tickets))


def _fulfil(path: Path, key: str, asked: dict[str, object], yes: bool) -> NoReturn:
    from pirsync.commands import fulfil
    from pirsync.decision import Wishes

    with opened(path) as bench:
        wishes = Wishes.model_validate(asked)
        sys.exit(fulfil(bench, key.strip().upper(), wishes, lambda: yes or click.confirm("Do it?", err=True)))
