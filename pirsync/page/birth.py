"""The body of a new review page: what Jira knows is filled in, what people must add is asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from pirsync.model import Deployment, Incident, Noun
from pirsync.page_model import Column, Mention, Region

from . import cells, escape, html, packet, timeline
from .summary import SummaryCell

RECORD = (
    ("Meeting date", "When will the review meeting be held? Type // for a date."),
    ("Attendance", "@mention everybody who attended."),
    ("Facilitator", "@mention who led the meeting."),
    ("Decision", "APPROVED or CHANGES NEEDED"),
    ("Approver", "@mention who approves this review."),
)
"""The rows of the review record, and what each asks for."""

PROMPTS = {
    Column.ACTION: "What will be done?",
    Column.OWNER: "@mention one person",
    Column.DUE: "Type // for a date",
    Column.CRITERIA: "Done when …",
}
EMPTY_ROWS = 2


NAMES = {
    "key": "the incident's key, as text that is escaped for you, like all text here",
    "url": "the incident's address",
    "title": "the incident's summary",
    "type": "its issue type",
    "project": "its project's key",
    "status": "its status",
    "severity": "its severity, in the mapping's words",
    "priority": "its priority",
    "services": "the services it touched: a list of text",
    "labels": "its labels: a list of text",
    "commander": "the commander's display name, or empty",
    "commander_mention": "an @mention that tells the commander once, or empty",
    "reporter": "the reporter's display name, or empty",
    "participants": "everybody whom Jira names in the response: a list of display names",
    "description": "the incident's description, as storage format made from Jira's own rendering",
    "timeline": "the table of events and comments, as storage format",
    "packet_heading": "the heading of the packet, or empty where no procedure asks for one",
    "packet": "every issue, file and address that hangs on the incident, as storage format; empty as its heading is",
    "summary_region": "the region pirsync-summary; once on the page, outside other macros",
    "actions_region": "the region pirsync-actions, with the action table; likewise",
    "record_region": "the region pirsync-record, which people fill; likewise",
}
"""Every name that a template may use, and what it stands for."""


class Item(Noun):
    """An action item that a page is born with."""

    text: str
    criteria: str
    owner: Mention | None
    due: date | None


class Setting(Noun):
    """Where a page is born: the dialect, the team's zone, Jira's address, the words that head the columns, and what the
    team's procedures want recorded beyond RECORD, and said of each action (label, and what to fill in).

    `packet_heading` is the heading of the packet, empty where none is wanted, and `pieces` what is in it."""

    deployment: Deployment
    zone: str
    site_url: str
    headers: dict[Column, tuple[str, ...]]
    record: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    packet_heading: str = ""
    pieces: tuple[packet.Piece, ...] = ()


def values(
    incident: Incident, summary: Sequence[SummaryCell], items: Sequence[Item], commander: Mention | None, place: Setting
) -> dict[str, Any]:
    """Everything that a template may name. Markup is storage format; the rest is text and gets escaped."""
    mention = cells.user(commander, place.deployment) if commander else ""
    entries = timeline.timeline(incident, place.zone, place.site_url)
    return {
        "key": incident.key,
        "url": incident.url,
        "title": incident.summary,
        "type": incident.type,
        "project": incident.project,
        "status": incident.status,
        "severity": incident.severity,
        "priority": incident.priority,
        "services": list(incident.services),
        "labels": list(incident.labels),
        "commander": incident.commander.name if incident.commander else "",
        "commander_mention": Markup(mention),
        "reporter": incident.reporter.name if incident.reporter else "",
        "participants": participants(incident),
        "description": Markup(html.to_storage(incident.description_html, place.site_url)),
        "timeline": Markup(timeline.render(entries)),
        "packet_heading": place.packet_heading,
        "packet": Markup(packet.render(place.pieces, place.zone) if place.packet_heading else ""),
        "summary_region": Markup(summary_region(summary)),
        "actions_region": Markup(actions_region(items, place)),
        "record_region": Markup(record_region(place.record)),
    }


def participants(incident: Incident) -> list[str]:
    """Everybody whom Jira names in the response, once, in the order in which they came in."""
    people = [p.name for p in (incident.commander, incident.assignee, incident.reporter) if p]
    acted = sorted(
        [(event.at, event.author) for event in incident.events]
        + [(note.at, note.author) for note in incident.notes if not note.internal]
    )
    return [name for name in dict.fromkeys([*people, *(author for _, author in acted)]) if name]


def _details(region: Region, table: str) -> str:
    return (
        '<ac:structured-macro ac:name="details" ac:schema-version="1">'
        f'<ac:parameter ac:name="id">{region.value}</ac:parameter>'
        f"<ac:rich-text-body>{table}</ac:rich-text-body></ac:structured-macro>"
    )


def _table(rows: Iterable[str]) -> str:
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def summary_region(summary: Iterable[SummaryCell]) -> str:
    """The summary: a label and a value a row."""
    return _details(
        Region.SUMMARY,
        _table(f"<tr><th><p>{escape.text(c.label)}</p></th><td>{c.storage}</td></tr>" for c in summary),
    )


def record_region(more: Iterable[tuple[str, str]] = ()) -> str:
    """The record that people fill."""
    asked = (*RECORD, *more)
    rows = (f"<tr><th><p>{escape.text(label)}</p></th><td>{cells.prompt(ask)}</td></tr>" for label, ask in asked)
    return _details(Region.RECORD, _table(rows))


def actions_region(items: Iterable[Item], place: Setting) -> str:
    """The action table: the items a review starts with, then a few rows that ask for more."""
    heads = [*(place.headers[column][0] for column in Column), *(label for label, _ in place.columns)]
    head = "".join(f"<th><p>{escape.text(words)}</p></th>" for words in heads)
    more = [cells.prompt(ask) for _, ask in place.columns]
    rows = [f"<tr>{head}</tr>"]
    rows += [_action_row(item_cells(item, place.deployment), more) for item in items]
    rows += [_action_row({column: cells.prompt(ask) for column, ask in PROMPTS.items()}, more)] * EMPTY_ROWS
    return _details(Region.ACTIONS, _table(rows))


def _action_row(filled: Mapping[Column, str], more: Iterable[str]) -> str:
    contents = (*(filled.get(column, cells.empty()) for column in Column), *more)
    return "<tr>" + "".join(f"<td>{content}</td>" for content in contents) + "</tr>"


def item_cells(item: Item, deployment: Deployment) -> dict[Column, str]:
    """The cells of an action item that has no ticket yet, in storage format; what is not known is asked for."""
    filled = {column: cells.prompt(ask) for column, ask in PROMPTS.items()}
    filled[Column.ACTION] = cells.words(item.text)
    if item.criteria:
        filled[Column.CRITERIA] = cells.words(item.criteria)
    if item.owner is not None:
        filled[Column.OWNER] = cells.mention(item.owner, deployment)
    if item.due is not None:
        filled[Column.DUE] = cells.day(item.due)
    return filled
