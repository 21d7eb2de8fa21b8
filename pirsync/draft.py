"""A ticket before its birth: its mark, its text, and which carriers its create screen leaves room for. Pure."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from .decision import Terms
from .model import TICKET_PROPERTY, CreateScreen, Incident, Noun, Person
from .names import TICKET_LABEL
from .page.read import fold
from .page_model import Row
from .ports import TicketDraft

SUMMARY_LENGTH = 250
"""Jira refuses summaries of more than 255 characters, and those with a newline."""

_MARKUP = re.compile(
    r"(?P<entity>\\|&(?=#?\w+;)|^h(?=[1-6]\.\s)|^b(?=q\.\s)|\((?=(?:[xyni!?/+*-]|on|off|\*[rgby]|flag|flagoff)\))"
    r"|:(?=[)(DPp])|;(?=\)))"
    r"|(?P<sign>[{}\[\]|*^~+]|!(?=\S)|^\#|\?(?=\?)|(?<=\?)\?|(?<![^\W_])_|_(?![^\W_])|(?<!\w)-|-(?!\w))"
)
"""What wiki markup gives a meaning to. Hyphens and low lines within words have none, `??` cites where one `?` does
not, and `!` only begins an image before a word. A `sign` takes a backslash; an `entity` is what no backslash helps:
itself, a reference, the word that begins a heading or a quotation, an icon."""
_BREAKS_LINK = str.maketrans({"|": "%7C", "[": "%5B", "]": "%5D", " ": "%20", "{": "%7B", "}": "%7D"})


def mark(owner_id: str, incident_id: str, action: str, ordinal: int) -> str:
    """The identity of one row's ticket: 16 hexadecimal digits, the same whoever computes it, whenever."""
    inputs = "\x1f".join((owner_id, incident_id, fold(action), str(ordinal)))
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]


def incident_label(owner_id: str, incident_id: str) -> str:
    """What the tickets of one incident have in common that are born without a link to it: whoever has lost the journal
    finds them by it, whatever words their rows have by then."""
    value = hashlib.sha256(f"incident\x1f{owner_id}\x1f{incident_id}".encode()).hexdigest()[:16]
    return f"{TICKET_LABEL}-incident-{value}"


def page_mark(owner_id: str, incident_id: str) -> str:
    """The identity of an incident's review page in the journal."""
    return hashlib.sha256(f"page\x1f{owner_id}\x1f{incident_id}".encode()).hexdigest()[:16]


def comment_mark(owner_id: str, incident_id: str, issue_id: str, about: str) -> str:
    """The identity of what we say on an issue about one thing."""
    inputs = "\x1f".join(("comment", owner_id, incident_id, issue_id, about))
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]


def invitation_mark(owner_id: str, incident_id: str) -> str:
    """The identity of an incident's review meeting in people's calendars."""
    return hashlib.sha256(f"invitation\x1f{owner_id}\x1f{incident_id}".encode()).hexdigest()[:32]


def mark_label(value: str) -> str:
    """The label that carries a mark."""
    return f"{TICKET_LABEL}-{value}"


def row_marks(owner_id: str, incident_id: str, rows: Iterable[Row], taken: Iterable[str]) -> dict[int, str]:
    """The mark of every row that has text, by the row's index; equal rows are told apart by an ordinal.

    Marks that are `taken` belong to tickets that other rows show, or showed before people deleted those rows.
    """
    used = set(taken)
    marks = {}
    for row in rows:
        if row.action:
            ordinals = (mark(owner_id, incident_id, row.action, ordinal) for ordinal in itertools.count())
            marks[row.index] = next(value for value in ordinals if value not in used)
            used.add(marks[row.index])
    return marks


def digest(value: object) -> str:
    """A short digest of a create's inputs; a refused create is not tried again until it changes."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def one_line(text: str, length: int) -> str:
    """Text folded to one line without control characters, cut at `length` characters."""
    clean = "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
    folded = " ".join(clean.split())
    return folded if len(folded) <= length else folded[: length - 1].rstrip() + "…"


def escape_markup(text: str) -> str:
    """Text as Jira's wiki markup shows it unchanged."""
    return _MARKUP.sub(_escaped, one_line(text, 4000))


def _escaped(found: re.Match[str]) -> str:
    # A backslash cannot be escaped by another one: two of them are a line break.
    return f"&#{ord(found['entity'])};" if found["entity"] else f"\\{found['sign']}"


def _link(words: str, url: str) -> str:
    return f"[{escape_markup(words)}|{one_line(url, 4000).translate(_BREAKS_LINK)}]"


class Place(Noun):
    """Where a row stands: its review page's title and address."""

    page_title: str
    page_url: str


class Wanted(Noun):
    """What a row asks for, once it is complete: the action, its owner, its date."""

    action: str
    criteria: str
    owner: Person
    due: date


def missing(screen: CreateScreen, terms: Terms) -> str:
    """Why no ticket of pirsync's can be made on that screen, or empty.

    Required fields that nothing fills would be refused; without label, link and description no carrier of the
    mark is left, and a ticket that cannot be recognised must not be made.
    """
    known = {
        "project",
        "issuetype",
        "summary",
        "description",
        "assignee",
        "duedate",
        "labels",
        "issuelinks",
        "reporter",
    }
    unfilled = [screen.fields.get(f, f) for f in screen.required if f not in known and f not in terms.ticket_fields]
    if unfilled:
        return "required: " + ", ".join(sorted(unfilled))
    if not {"labels", "issuelinks", "description"} & set(screen.fields):
        return "no field for the mark"
    return ""


def _description(wanted: Wanted, incident: Incident, place: Place, lines: list[str]) -> str:
    parts = [
        f"Action item from the review of {_link(incident.key, incident.url)}: {escape_markup(incident.summary)}",
        f"*Action*\n{escape_markup(wanted.action)}",
    ]
    if wanted.criteria:
        parts.append(f"*Done when*\n{escape_markup(wanted.criteria)}")
    parts.append(f"*Review page*\n{_link(place.page_title, place.page_url)}")
    parts += lines
    return "\n\n".join(parts)


def ticket_draft(
    wanted: Wanted, incident: Incident, place: Place, value: str, context: tuple[Terms, CreateScreen]
) -> TicketDraft:
    """The ticket of one complete row, with every carrier that the create screen has room for.

    A due date or owner whose field is off-screen is told in the description instead of being lost.
    """
    terms, screen = context
    on_screen = set(screen.fields)
    lines = []
    if "duedate" not in on_screen:
        lines.append(f"*Due date*\n{wanted.due.isoformat()}")
    if "assignee" not in on_screen:
        lines.append(f"*Owner*\n{escape_markup(wanted.owner.name)}")
    marks = [mark_label(value)]
    if "issuelinks" not in on_screen:
        marks.append(incident_label(terms.owner_id, incident.id))
        if "labels" not in on_screen:
            lines.append(" ".join(marks))
    return TicketDraft(
        project=terms.action_project,
        type_id=screen.type_id,
        summary=one_line(wanted.action, SUMMARY_LENGTH),
        description=_description(wanted, incident, place, lines) if "description" in on_screen else None,
        assignee=wanted.owner.account if "assignee" in on_screen else None,
        due=wanted.due if "duedate" in on_screen else None,
        labels=(TICKET_LABEL, *marks) if "labels" in on_screen else (),
        property_key=TICKET_PROPERTY,
        property_value=mark_value(value, terms.owner_id, incident.id),
        incident_key=incident.key if "issuelinks" in on_screen else None,
        link_type=terms.link_type.id,
        link_side=terms.link_side,
        extra={k: v for k, v in terms.ticket_fields.items() if k in on_screen},
    )


def mark_value(value: str, owner_id: str, incident_id: str) -> dict[str, str]:
    """The issue property that carries a mark."""
    return {"mark": value, "owner": owner_id, "incident": incident_id}
