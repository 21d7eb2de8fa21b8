"""What is written on an issue besides its fields: when people last did, and which comments are ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from . import raw as read
from .mapping import lacks_comments, marked
from .model import COMMENT_PROPERTY, Mark, Noun
from .ports import RawIssue, Want

_FIELDS = ("comment", "created", "updated")


def want_life(want: Want) -> Want:
    """The same, and what tells when people last wrote to it."""
    return want.model_copy(update={"fields": tuple(dict.fromkeys((*want.fields, *_FIELDS)))})


def touched(raw: RawIssue, ours: str) -> datetime | None:
    """When an issue was made, changed or commented on for the last time, but for comments of the account `ours`. Where
    not all comments were told it is when Jira says that anything was written, so that nobody is accused in doubt."""
    fields = read.table(raw.get("fields"))
    if lacks_comments(raw):
        return read.instant(read.field(fields, "updated"))
    comments = map(read.table, read.items(read.table(read.field(fields, "comment")).get("comments")))
    instants = [read.instant(one.get("created")) for one in comments if ours not in _names(one.get("author"))]
    instants += [event.at for event in read.events(read.histories(raw)[0], "")]
    instants.append(read.instant(read.field(fields, "created")))
    return max((at for at in instants if at is not None), default=None)


def _names(author: object) -> set[str]:
    person: Mapping[str, Any] = read.table(author)
    return {read.text(person.get(name)) for name in ("accountId", "key", "name")} - {""}


class Said(Noun):
    """A comment of ours on an issue: its id, its mark, the digest of what it says, and when it was made."""

    id: str
    mark: str
    digest: str
    at: datetime


def comments_marked(comments: Iterable[Mapping[str, Any]], mark: Mark) -> list[tuple[str, str]]:
    """The comments that carry the mark, oldest first: id, and the digest of what each says."""
    ours = comments_of(comments, mark.owner, mark.incident)
    return [(one.id, one.digest) for one in ours if one.mark == mark.value]


def comments_of(comments: Iterable[Mapping[str, Any]], owner: str, incident_id: str) -> list[Said]:
    """The comments that an installation made because of one incident, oldest first."""
    found: list[Said] = []
    for comment in comments:
        properties = {read.text(one.get("key")): read.table(one.get("value")) for one in _tables(comment)}
        value = properties.get(COMMENT_PROPERTY, {})
        mark, at = marked(value), read.instant(comment.get("created"))
        if mark is not None and (mark.owner, mark.incident) == (owner, incident_id) and at is not None:
            told = read.text(value.get("said"))
            found.append(Said(id=read.text(comment.get("id")), mark=mark.value, digest=told, at=at))
    return found


def _tables(comment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    held = comment.get("properties")
    return [read.table(one) for one in held] if isinstance(held, list) else []
