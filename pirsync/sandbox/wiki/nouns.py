"""The wiki's nouns: spaces, pages, their versions and properties, and what else it keeps; values only, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pirsync.sandbox.people import User

if TYPE_CHECKING:
    from .attachments import Attachment
    from .comments import Comment


Status = Literal["current", "draft", "archived", "trashed"]
Kind = Literal["page", "blogpost"]


@dataclass
class Space:
    """One space; `homepage_id` is 0 until its home page exists. A personal one has its owner's name after `~`."""

    id: int
    key: str
    name: str
    creator: User | None
    created: datetime
    homepage_id: int = 0
    description: str = ""
    status: Literal["current", "archived"] = "current"
    properties: dict[str, Prop] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    labelled: dict[str, datetime] = field(default_factory=dict)

    @property
    def kind(self) -> Literal["global", "personal"]:
        """What the API calls the space's type."""
        return "personal" if self.key.startswith("~") else "global"


@dataclass(frozen=True)
class Version:
    """One saved state of a page; `author` None means that the account is gone."""

    number: int
    at: datetime
    author: User | None
    message: str
    minor: bool
    body: str
    title: str


@dataclass
class Prop:
    """One content property; `value` is any JSON value, `author` and `at` are those of the version."""

    id: int
    key: str
    value: Any
    version: int
    at: datetime
    author: User | None
    message: str
    created: datetime
    creator: User | None


class Holder(Protocol):
    """What bears properties: a page, a comment, an attachment or a space."""

    properties: dict[str, Prop]


class Labelled(Protocol):
    """What bears labels: names in the order in which they came, and when each did."""

    labels: list[str]
    labelled: dict[str, datetime]


@dataclass
class Page:
    """One page or blog post; `restricted_to` (who sees it) and `editors` (who changes it) hold ids, None: all.

    The ids are those of accounts and of groups.
    `labels` are names in the order in which they came; `labelled` says when each did. `draft` is what somebody is
    writing over the published version; `position` orders the pages below one parent; `owners` are those that it was
    given to, the latest last.
    """

    id: int
    space_id: int
    parent_id: int | None
    title: str
    created: datetime
    status: Status = "current"
    versions: list[Version] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    labelled: dict[str, datetime] = field(default_factory=dict)
    properties: dict[str, Prop] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    watchers: set[str] = field(default_factory=set)
    restricted_to: set[str] | None = None
    editors: set[str] | None = None
    kind: Kind = "page"
    draft: Version | None = None
    position: int = 0
    owners: list[User | None] = field(default_factory=list)

    @property
    def current(self) -> Version:
        """The newest version."""
        return self.versions[-1]

    @property
    def indexed_at(self) -> datetime:
        """When something that a search looks at last changed."""
        return max([self.current.at, *self.labelled.values()])


@dataclass(frozen=True)
class Task:
    """A long piece of work that is done already when its id is given out."""

    id: int
    name: str
    started: datetime


@dataclass(frozen=True)
class Conversion:
    """A body in another representation, kept for the account that asked for it."""

    value: str
    representation: str
    account_id: str
