"""The packet of a review: every issue, file and address that hangs on the incident, in the order in which they came.

It tells what Jira knows at the page's birth. Jira tells when a file came; of a link it tells that in the history, if at
all: what has no time stands at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pirsync.model import Event, Filed, Incident, IssueLink, Noun, RemoteLink

from . import cells

MOST = 200
"""Lines of a packet; beyond them a page is slow."""

NOTHING = "As of the birth of this page, Jira has no link, file or address for this incident."


class Piece(Noun):
    """One thing of the packet. `kind` says what it is, `who` who brought it (empty: not known)."""

    at: datetime | None
    kind: str
    name: str
    url: str
    who: str


def pieces(
    incident: Incident, files: Iterable[Filed], outside: Iterable[RemoteLink], site_url: str
) -> tuple[Piece, ...]:
    """All that hangs on an incident, the oldest first, what has no time last. `site_url` is Jira's address."""
    found = [*_issues(incident, site_url), *_files(files), *_outside(incident, outside)]
    return tuple(sorted(found, key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0.0)))


def render(found: Sequence[Piece], zone: str) -> str:
    """A packet as storage format for the top level of a page: a table, or a sentence that there is nothing."""
    if not found:
        return cells.words(NOTHING)
    head = "".join(f"<th><p>{label}</p></th>" for label in ("Time", "What", "Kind", "Who"))
    rows = "".join(_row(piece, zone) for piece in found[:MOST])
    more = cells.words(f"{len(found) - MOST} more in Jira.") if len(found) > MOST else ""
    return f"<table><tbody><tr>{head}</tr>{rows}</tbody></table>{more}"


def _row(piece: Piece, zone: str) -> str:
    at = piece.at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if piece.at else "not told"
    told = (cells.words(at), cells.link(piece.name, piece.url), cells.words(piece.kind), cells.words(piece.who))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in told)}</tr>"


def _issues(incident: Incident, site_url: str) -> Iterator[Piece]:
    for link in {link.other_id: link for link in incident.links}.values():
        event = next((event for event in incident.events if _is_about(event, link)), None)
        yield Piece(
            at=event.at if event is not None else None,
            kind=f"Issue, {link.type_name}" if link.type_name else "Issue",
            name=link.other_key,
            url=f"{site_url.rstrip('/')}/browse/{link.other_key}",
            who=event.author if event is not None else "",
        )


def _is_about(event: Event, link: IssueLink) -> bool:
    """Whether an event tells that the link was made; its words name the other issue."""
    is_link = event.field.casefold() in ("link", "issuelinks")
    key = rf"(?<![\w-]){re.escape(link.other_key)}(?![\w-])"
    return is_link and re.search(key, event.after) is not None


def _files(files: Iterable[Filed]) -> Iterator[Piece]:
    for file in files:
        yield Piece(at=file.at, kind="File", name=file.name, url=file.url, who=file.author)


def _outside(incident: Incident, outside: Iterable[RemoteLink]) -> Iterator[Piece]:
    told = [event for event in incident.events if re.fullmatch(r"remote\w*link", event.field.casefold())]
    for link in outside:
        event = next((event for event in told if link.title and link.title in event.after), None)
        at, who = (event.at, event.author) if event is not None else (None, "")
        yield Piece(at=at, kind="Address", name=link.title or link.url, url=link.url, who=who)
