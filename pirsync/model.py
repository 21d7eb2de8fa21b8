"""The nouns of the domain: frozen values, no I/O, no knowledge of any site's custom fields."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

Deployment = Literal["cloud", "datacenter"]

TICKET_PROPERTY = "pirsync.action"
"""The issue property that carries a ticket's mark."""

COMMENT_PROPERTY = "pirsync.comment"
"""The comment property that carries a comment's mark, and a digest of what the comment says."""


class Noun(BaseModel):
    """A frozen value that refuses attributes it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---------------------------------------------------------------- people, incidents, tickets (from Jira)


class Person(Noun):
    """A Jira account. `account` is the account id on Cloud and the user name on Data Center."""

    account: str
    name: str
    active: bool = True


class StatusCategory(StrEnum):
    """Jira's four status categories, by their keys; the only portable meaning of a status."""

    NEW = "new"
    ACTIVE = "indeterminate"
    DONE = "done"
    UNKNOWN = "undefined"


class Event(Noun):
    """One change of one field, from Jira's changelog. `at` is aware; `url` leads to its source."""

    at: datetime
    author: str
    field: str
    before: str
    after: str
    url: str


class Note(Noun):
    """One comment on an incident; `html` is Jira's own rendering. Internal ones never reach a page."""

    id: str
    at: datetime
    author: str
    html: str
    internal: bool
    url: str


class IssueLink(Noun):
    """A link between two issues as seen from one of them; `other` is the issue at its far end."""

    type_id: str
    type_name: str
    direction: Literal["inward", "outward"]
    other_id: str
    other_key: str


class Incident(Noun):
    """An incident as Jira tells it. All instants are aware; a fact that Jira does not hold is None or empty.

    `is_closed` is "status category Done", or, where an answer has no category, "has a resolution date".
    `closed` is the instant of the last closure, from the changelog where there is one. `closed_statuses` are
    the names of the site's statuses of category Done, by which the changelog's names can be read.
    """

    id: str
    key: str
    url: str
    project: str
    type: str
    summary: str
    status: str
    category: StatusCategory
    is_closed: bool
    is_restricted: bool
    severity: str
    priority: str
    resolution: str
    created: datetime | None
    started: datetime | None
    detected: datetime | None
    resolved: datetime | None
    closed: datetime | None
    updated: datetime | None
    reporter: Person | None
    assignee: Person | None
    commander: Person | None
    services: tuple[str, ...]
    labels: tuple[str, ...]
    description_html: str
    events: tuple[Event, ...]
    events_complete: bool
    notes: tuple[Note, ...]
    links: tuple[IssueLink, ...]
    closed_statuses: tuple[str, ...] = ()

    def linked(self, type_id: str, side: str) -> tuple[IssueLink, ...]:
        """Its links of one type to issues on one side ("outward": the incident is the link's source)."""
        return tuple(link for link in self.links if link.type_id == type_id and link.direction == side)


class Mark(Noun):
    """Identity stamped on a ticket at its birth: whose it is, and of which incident's which row."""

    value: str
    owner: str
    incident: str


class Word(Noun):
    """What somebody said in a comment on a ticket: that what was done works, or does not. `at` is aware, and when the
    comment was last edited."""

    at: datetime
    author: str
    works: bool


class Trail(Noun):
    """What a ticket holds that may prove its work; read where a procedure asks for proof.

    `addresses` are those in its comments, `files` the names of its attachments. `outside` are the addresses of its
    links to the outside; None: not asked for. `words` are what comments say of whether it works, oldest first. An
    answer may hold fewer comments than there are, which `comments` counts; then it is not `is_whole`. `updated` is when
    Jira says that anything of the ticket changed.
    """

    addresses: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    outside: tuple[str, ...] | None = None
    words: tuple[Word, ...] = ()
    comments: int = 0
    is_whole: bool = True
    updated: datetime | None = None


class Ticket(Noun):
    """The Jira issue that does an action item's work. `due` is Jira's plain date, without a zone.

    `trail` is None, and `priority` empty, where no procedure wants to know them. `unproven`: it is done, and the proof
    that one wants is not there; a decision begins by telling that. `touched` is when somebody else than us last wrote
    to it; None where nobody asks for it.
    """

    id: str
    key: str
    url: str
    project: str
    summary: str
    status: str
    category: StatusCategory
    resolution: str
    assignee: Person | None
    due: date | None
    done_at: datetime | None
    done_by: str
    labels: tuple[str, ...]
    mark: Mark | None
    links: tuple[IssueLink, ...]
    trail: Trail | None = None
    unproven: bool = False
    priority: str = ""
    touched: datetime | None = None
    type: str = ""

    @property
    def is_done(self) -> bool:
        """True when the status category is Done, whatever the resolution says."""
        return self.category is StatusCategory.DONE


class RemoteLink(Noun):
    """A link from an issue to something outside Jira; `global_id` makes writing it an upsert."""

    global_id: str
    url: str
    title: str


class Filed(Noun):
    """A file on an issue: its name, when it came and from whom (None, empty: not told), and where Jira has it."""

    name: str
    at: datetime | None
    author: str
    url: str


class CreateScreen(Noun):
    """What can be set when an issue of one type is created in one project.

    `fields` maps a field id to its name; `required` lists the ids that have no default.
    """

    project: str
    type_id: str
    type_name: str
    fields: dict[str, str]
    required: tuple[str, ...]
