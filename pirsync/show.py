"""`pirsync show`: the review as it stands, in the terminal or as Markdown."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pirsync.build import Bench
from pirsync.errors import PirsyncError
from pirsync.lookup import read_one, rowless
from pirsync.model import Ticket
from pirsync.observe import Readings
from pirsync.output import clean, clean_lines, line, write_file
from pirsync.page.markdown import to_markdown
from pirsync.page_model import Column, Mention, Row
from pirsync.policy.status import ticket_lozenge


def _read(bench: Bench, key: str) -> tuple[Readings, str]:
    """Everything about one incident, read now. Raises PirsyncError where there is no review."""
    readings, incident = read_one(bench.world, bench.teams(), key)
    known = readings.known.get(incident.id)
    if known is None or known.page not in readings.pages:
        raise PirsyncError(f"{key} has no review page: `pirsync plan {key}` says why, or what would make it")
    return readings, incident.id


def _names(bench: Bench, readings: Readings, incident_id: str) -> dict[str, str]:
    """What is known of the people that the page mentions: how a page names them, and what they are called."""
    incident = readings.incidents[incident_id]
    people = [incident.commander, incident.reporter, incident.assignee]
    people += [ticket.assignee for ticket in readings.tickets.values()]
    names = {}
    for person in people:
        if person is not None and (mention := bench.world.wiki.mention(person.account)) is not None:
            names[mention.ref] = person.name
    return names


def as_markdown(bench: Bench, key: str, path: Path) -> None:
    """Write the review as Markdown to a file, or to the output for `-`."""
    readings, incident_id = _read(bench, key)
    page = readings.pages[readings.known[incident_id].page]
    body = to_markdown(page.body, _names(bench, readings, incident_id)).strip()
    text = clean_lines(f"# {clean(page.title)}\n\n{page.url}\n\n{body}\n")
    if str(path) == "-":
        click.echo(text, nl=False)
    else:
        write_file(path, text)
        line(f"wrote {path}", problem=True)


def on_terminal(bench: Bench, key: str) -> None:
    """The summary and the action items."""
    readings, incident_id = _read(bench, key)
    page = readings.pages[readings.known[incident_id].page]
    review = readings.read(page)
    line(page.title)
    line(page.url)
    line()
    for label, cell in review.summary.items():
        if cell.text:
            line(f"  {label.capitalize():22}{cell.text}")
    line()
    rows = [row for row in review.rows if row.action or row.ticket]
    names = _names(bench, readings, incident_id)
    lines = [_cells(row, readings, names) for row in rows]
    lines += map(_told, rowless(readings, readings.incidents[incident_id], page))
    if not lines:
        line("  no action items yet")
    elif sys.stdout.isatty():
        _table(lines)
    else:
        for cells in lines:
            line("  " + " | ".join(cells))


HEADERS = ("Action item", "Owner", "Due", "Status", "Ticket")


def _cells(row: Row, readings: Readings, names: dict[str, str]) -> tuple[str, ...]:
    ticket: Ticket | None = readings.tickets.get(readings.ids_by_key.get(row.ticket or "", ""))
    owner = row.cell(Column.OWNER)
    mentioned: Mention | None = owner.mentions[0] if owner and owner.mentions else None
    named = names.get(mentioned.ref, mentioned.ref) if mentioned else (owner.text if owner else "")
    due = row.cell(Column.DUE)
    shown = row.cell(Column.STATUS)
    return (
        clean(row.action or (ticket.summary if ticket else "")),
        clean(named),
        clean(due.text) if due else "",
        clean(shown.text) if shown else "",
        row.ticket or "",
    )


def _told(ticket: Ticket) -> tuple[str, ...]:
    """A ticket that no row shows, as Jira tells it."""
    owner = clean(ticket.assignee.name) if ticket.assignee else ""
    due = ticket.due.isoformat() if ticket.due else ""
    return clean(ticket.summary), owner, due, ticket_lozenge(ticket).text, ticket.key


def _table(lines: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*HEADERS, box=box.SIMPLE)
    for cells in lines:
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)
