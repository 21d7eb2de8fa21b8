"""Readers of Jira's raw JSON that take any shape and answer with a typed value or with nothing, never an error.

Shapes: facts on Jira, and the recorded answers of twelve sites; the oldest wrap each field in {name, type, value}.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from .model import Deployment, Event, Filed, IssueLink, Note, Person, Word

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NAMES = ("displayName", "name", "value", "label", "title", "key")
"""Where the objects of Jira and its apps keep the words that people see."""

_INTERNAL = "sd.public.comment"
"""The comment property by which Jira Service Management tells internal comments from public ones."""

_ADDRESS = re.compile(r"\bhttps?://[^\s|\]\[\"'<>{}]+")

_LEVELS = 100
"""No document is read deeper than this."""


def table(value: object) -> Mapping[str, Any]:
    """The JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The JSON array, or an empty one."""
    return value if isinstance(value, list) else []


def field(fields: Mapping[str, Any], name: str) -> Any:
    """A field's value, out of the wrappings {name, type, value} and {id: customfield_…, name, value}."""
    value = fields.get(name)
    if isinstance(value, dict) and {"name", "value"} <= set(value) and ("type" in value or value.get("id") == name):
        return value["value"]
    return value


def text(value: object) -> str:
    """A string without half characters; a number in digits; anything else as an empty string."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def words(value: object) -> str:
    """What people see of an option, an object, or the first of several: "Cascading / option" with its child."""
    if isinstance(value, list):
        return next(filter(None, (words(each) for each in value if not isinstance(each, list))), "")
    if not isinstance(value, dict):
        return text(value).strip()
    own = next(filter(None, (text(value.get(name)).strip() for name in _NAMES)), "")
    child = value.get("child")
    below = words({**child, "child": None}) if isinstance(child, dict) else ""
    return f"{own} / {below}" if own and below else own


def several(value: object) -> tuple[str, ...]:
    """What people see of each of several options, objects or labels; of one alone, that one."""
    found = (words(each) for each in (value if isinstance(value, list) else [value]) if not isinstance(each, list))
    return tuple(dict.fromkeys(filter(None, found)))


def instant(value: object) -> datetime | None:
    """An aware UTC instant from ISO text with any offset (none: UTC), a day, or epoch milliseconds."""
    if isinstance(value, str) and re.fullmatch(r"\d{11,15}", value):
        value = int(value)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return _plausible(EPOCH + timedelta(milliseconds=value))
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return _plausible(found if found is None or found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _plausible(found: datetime | None) -> datetime | None:
    """Years at the ends of the calendar cannot be shown in every time zone."""
    return found.astimezone(UTC) if found is not None and 1900 < found.year < 9000 else None


def day(value: object) -> date | None:
    """A plain date from YYYY-MM-DD, with or without a time after it."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def person(value: object, deployment: Deployment) -> Person | None:
    """An account, deactivated or not; of several the first. None where nothing identifies it."""
    if isinstance(value, list):
        return next(filter(None, (person(each, deployment) for each in value if isinstance(each, dict))), None)
    user = table(value)
    names = ("accountId",) if deployment == "cloud" else ("name", "key")
    account = next(filter(None, (text(user.get(name)) for name in names)), "")
    if not account:
        return None
    shown = text(user.get("displayName")) or text(user.get("name")) or account
    return Person(account=account, name=shown, active=user.get("active") is not False)


def author(value: object) -> str:
    """The name of whoever did something; empty for Jira itself and for who may not be seen."""
    user = table(value)
    return text(user.get("displayName")) or text(user.get("name"))


def histories(raw: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """The changelog's entries, and whether they are all that there are."""
    changelog = table(raw.get("changelog"))
    entries = items(changelog.get("histories"))
    total = changelog.get("total", len(entries))
    return entries, "histories" in changelog and isinstance(total, int) and total <= len(entries)


def events(entries: Iterable[Any], url: str) -> tuple[Event, ...]:
    """Every change of every field, oldest first; an entry without an instant says nothing."""
    dated = ((instant(entry.get("created")), entry) for entry in map(table, entries))
    found = [(at, _number(entry.get("id")), entry) for at, entry in dated if at is not None]
    found.sort(key=lambda each: each[:2])
    return tuple(
        Event(
            at=at,
            author=author(entry.get("author")),
            field=_field_name(change),
            before=text(change.get("fromString")) or text(change.get("from")),
            after=text(change.get("toString")) or text(change.get("to")),
            url=url,
        )
        for at, _, entry in found
        for change in map(table, items(entry.get("items")))
    )


def _number(value: object) -> int:
    digits = text(value)
    return int(digits) if re.fullmatch(r"\d{1,18}", digits) else 0


def _field_name(change: Mapping[str, Any]) -> str:
    """The id where there is one (Cloud), else the name; Data Center has written "Status" with both initials."""
    name = text(change.get("fieldId")) or text(change.get("field"))
    return "status" if name.casefold() == "status" else name


def links(value: object) -> tuple[IssueLink, ...]:
    """The links of an issue as seen from it."""
    return tuple(found for each in items(value) for found in _link(table(each)))


_SIDES: tuple[tuple[Literal["inward", "outward"], str], ...] = (
    ("inward", "inwardIssue"),
    ("outward", "outwardIssue"),
)


def _link(link: Mapping[str, Any]) -> Iterator[IssueLink]:
    kind = table(link.get("type"))
    for direction, name in _SIDES:
        other = table(link.get(name))
        if other_id := text(other.get("id")):
            yield IssueLink(
                type_id=text(kind.get("id")),
                type_name=text(kind.get("name")),
                direction=direction,
                other_id=other_id,
                other_key=text(other.get("key")),
            )


def notes(block: object, rendered: object, url: str) -> tuple[Note, ...]:
    """The comments of an issue, oldest first; `rendered` is their block in `renderedFields`, if it was asked for."""
    shown = {text(each.get("id")): each.get("body") for each in map(table, items(table(rendered).get("comments")))}
    found = []
    for comment in map(table, items(table(block).get("comments"))):
        at, number = instant(comment.get("created")), text(comment.get("id"))
        if at is None:
            continue
        note = Note(
            id=number,
            at=at,
            author=author(comment.get("author")),
            html=markup(shown.get(number) or comment.get("renderedBody"), comment.get("body")),
            internal=is_internal(comment),
            url=f"{url}?focusedCommentId={number}",
        )
        found.append(note)
    return tuple(sorted(found, key=lambda note: (note.at, _number(note.id))))


def files(value: object) -> tuple[Filed, ...]:
    """The files of an issue, oldest first."""
    found = [
        Filed(
            name=text(each.get("filename")),
            at=instant(each.get("created")),
            author=author(each.get("author")),
            url=text(each.get("content")),
        )
        for each in map(table, items(value))
    ]
    return tuple(sorted((one for one in found if one.name), key=lambda one: (one.at or EPOCH, one.name)))


def addresses(comments: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every address in the comments, each once, in wiki text or in an Atlassian document."""
    bodies = (comment.get("body") for comment in comments)
    written = (text(body) or (json.dumps(body) if isinstance(body, dict) else "") for body in bodies)
    return tuple(sorted({found.rstrip(".,;:)") for body in written for found in _ADDRESS.findall(body)}))


_EFFECTIVE = re.compile(r"^[\s*_+{}]*effective[*_+]*\s*:[\s*_+]*(yes|no)\b", re.IGNORECASE | re.MULTILINE)
"""How a line says whether something works, in wiki text too; its first word counts."""


def words_on_effect(comments: Iterable[Mapping[str, Any]]) -> tuple[Word, ...]:
    """What comments say of whether it works, oldest first: a line that begins with `Effective: yes` or `: no`."""
    found = []
    for comment in comments:
        body = comment.get("body")
        lines = text(body) or (_document_text(body) if isinstance(body, dict) else "")
        told = _EFFECTIVE.search(lines)
        at = instant(comment.get("updated")) or instant(comment.get("created"))
        if told and at is not None:
            who = author(comment.get("updateAuthor")) or author(comment.get("author"))
            found.append(Word(at=at, author=who, works=told[1].casefold() == "yes"))
    return tuple(sorted(found, key=lambda word: word.at))


def is_internal(comment: Mapping[str, Any]) -> bool:
    """True for a comment that not everybody who sees the issue may read; in doubt true."""
    if comment.get("jsdPublic") not in (None, True) or comment.get("visibility"):
        return True
    properties = [table(each) for each in items(comment.get("properties"))]
    return any(
        each.get("key") == _INTERNAL and table(each.get("value")).get("internal") not in (None, False, "false")
        for each in properties
    )


def markup(rendered: object, body: object) -> str:
    """HTML: as Jira rendered it, else made of the body's text, wiki markup or an Atlassian document."""
    if isinstance(rendered, str) and rendered.strip():
        return text(rendered)
    if isinstance(body, dict):
        paragraphs = [_document_text(block) for block in items(body.get("content"))]
    else:
        paragraphs = re.split(r"\r?\n[ \t]*\r?\n", text(body))
    lines = [re.split(r"\r?\n", html.escape(each.strip(), quote=False)) for each in paragraphs if each.strip()]
    return "".join(f"<p>{'<br/>'.join(paragraph)}</p>" for paragraph in lines)


def _document_text(node: object, level: int = 0) -> str:
    """The words of one node of an Atlassian document, its blocks on lines of their own."""
    if not isinstance(node, dict) or level > _LEVELS:
        return ""
    match node.get("type"):
        case "text":
            return text(node.get("text"))
        case "hardBreak":
            return "\n"
        case "mention" | "emoji" | "status" | "inlineCard":
            attributes = table(node.get("attrs"))
            return text(attributes.get("text")) or text(attributes.get("url")) or text(attributes.get("shortName"))
        case "paragraph" | "heading" | "codeBlock":
            return _children(node, level) + "\n"
        case _:
            return _children(node, level)


def _children(node: Mapping[str, Any], level: int) -> str:
    return "".join(_document_text(child, level + 1) for child in items(node.get("content")))
