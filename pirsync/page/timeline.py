"""What Jira knows of an incident's course, in the order in which it happened: changes, public comments, instants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pirsync.model import Event, Incident, Note, Noun

from . import cells, escape, html

MOST = 500
"""Entries of a timeline; beyond them a page is slow, and comments give way first, status changes last."""
LONGEST_NOTE = 5_000
"""Characters of a comment's HTML that are shown, so that many long ones fit into a page."""

Kind = Literal["milestone", "status", "change", "note", "more"]

_WEIGHT: dict[Kind, int] = {"milestone": 0, "status": 0, "change": 1, "note": 2}
_SOURCE: dict[Kind, str] = {"milestone": "Incident", "status": "History", "change": "History", "note": "Comment"}
_FIELDS = {
    "status": "Status", "severity": "Severity", "priority": "Priority", "assignee": "Assignee", "reporter": "Reporter",
    "resolution": "Resolution", "issuetype": "Type", "project": "Project", "key": "Key", "summary": "Summary",
    "components": "Components", "component": "Components", "labels": "Labels", "duedate": "Due date",
    "versions": "Affected versions", "version": "Affected versions", "fixversions": "Fix versions",
    "fix version": "Fix versions", "attachment": "Attachment", "issuelinks": "Link", "link": "Link",
}  # fmt: skip
"""The fields that are told, by folded id (Cloud) or name (Data Center). Not told: the fields of plugins and boards,
and "Comment", whose old text may be that of an internal one."""


class Entry(Noun):
    """One thing that happened. `at` is in the team's zone; `text` is a cell's content; `who` may be empty.

    `source` is the address where Jira shows it. The entry of kind "more" says what the others leave out.
    """

    at: datetime
    text: str
    who: str
    source: str
    kind: Kind


def timeline(incident: Incident, zone: str, site_url: str) -> tuple[Entry, ...]:
    """All that happened, oldest first; what happened at one instant stays in Jira's order.

    `zone` is an IANA name, `site_url` Jira's address. Internal comments are left out.
    """
    before, after = _instants(incident)
    notes = (_note(note, site_url) for note in incident.notes if not note.internal)
    changes = (entry for event in incident.events for entry in _change(event))
    entries = sorted((*before, *changes, *notes, *after), key=lambda entry: entry.at)
    local = [entry.model_copy(update={"at": entry.at.astimezone(ZoneInfo(zone))}) for entry in entries]
    return _capped(local, incident)


def render(entries: Sequence[Entry]) -> str:
    """A timeline as storage format for the top level of a page: a table, and below it what it leaves out."""
    told = [entry for entry in entries if entry.kind != "more"]
    head = "".join(f"<th><p>{label}</p></th>" for label in ("Time", "What happened", "Who", "Source"))
    rows = "".join(map(_row, told))
    table = f"<table><tbody><tr>{head}</tr>{rows}</tbody></table>" if told else cells.words("Jira holds no history.")
    return table + "".join(entry.text for entry in entries if entry.kind == "more")


def _row(entry: Entry) -> str:
    at = cells.words(entry.at.isoformat(timespec="seconds"))
    source = cells.link(_SOURCE[entry.kind], entry.source)
    return f"<tr><td>{at}</td><td>{entry.text}</td><td>{cells.words(entry.who)}</td><td>{source}</td></tr>"


def _capped(entries: list[Entry], incident: Incident) -> tuple[Entry, ...]:
    """At most MOST of them, and a line about the rest, or about what Jira itself left out."""
    heaviest = sorted(range(len(entries)), key=lambda index: (_WEIGHT[entries[index].kind], index))[:MOST]
    kept = [entries[index] for index in sorted(heaviest)]
    missing = len(entries) - len(kept)
    sentences = [f"{missing} more {'entry' if missing == 1 else 'entries'} left out."] if missing else []
    if not incident.events_complete:
        sentences.append("Jira gave only a part of the history.")
    if not sentences or not kept:
        return tuple(kept)
    url = escape.safe_url(incident.url)
    key = escape.text(incident.key)
    place = f'<a href="{escape.attribute(url)}">{key}</a>' if url else key
    line = f"<p>{' '.join(sentences)} All of it: {place}</p>"
    return (*kept, Entry(at=kept[-1].at, text=line, who="", source=incident.url, kind="more"))


def _instants(incident: Incident) -> tuple[list[Entry], list[Entry]]:
    """The incident's own instants: those that come before a change of the same instant, and those that come after.

    One that the history tells as well, at the same second, is not told twice.
    """
    reporter = incident.reporter.name if incident.reporter else ""
    closures = {_second(event.at) for event in incident.events if _closes(event, incident)}
    resolved = (event for event in incident.events if event.field.casefold() == "resolution" and event.after)
    resolutions = {_second(event.at) for event in resolved}

    def milestone(at: datetime | None, text: str, who: str = "") -> Iterator[Entry]:
        if at is not None:
            yield Entry(at=at, text=cells.words(text), who=who, source=incident.url, kind="milestone")

    before = [
        *milestone(incident.started, "Incident started"),
        *milestone(incident.detected, "Incident detected"),
        *milestone(incident.created, f"{incident.key} created", reporter),
    ]
    after: list[Entry] = []
    if incident.resolved is not None and _second(incident.resolved) not in closures | resolutions:
        after += milestone(incident.resolved, "Incident resolved")
    if incident.closed is not None and _second(incident.closed) not in closures:
        after += milestone(incident.closed, "Incident closed")
    return before, after


def _closes(event: Event, incident: Incident) -> bool:
    return event.field == "status" and event.after in incident.closed_statuses


def _second(at: datetime) -> int:
    return int(at.timestamp())


def _change(event: Event) -> Iterator[Entry]:
    """A change as a sentence: `Status: Open → Investigating`."""
    field = event.field.casefold()
    if field == "description":
        text = "Description edited"
    elif field in _FIELDS:
        text = f"{_FIELDS[field]}: {event.before or 'none'} → {event.after or 'none'}"
    else:
        return
    kind: Kind = "status" if field == "status" else "change"
    yield Entry(at=event.at, text=cells.words(text), who=event.author, source=event.url, kind=kind)


def _note(note: Note, site_url: str) -> Entry:
    shown = note.html
    if len(shown) > LONGEST_NOTE:
        shown = re.sub(r"<[^<>]*$", "", shown[:LONGEST_NOTE])
    text = html.to_cell(shown, site_url)
    if len(note.html) > LONGEST_NOTE:
        text += cells.words("… (the rest is in Jira)")
    return Entry(at=note.at, text=text, who=note.author, source=note.url, kind="note")
