"""The wiki's store and every change of its state; titles are unique in a space, versions only ever move by one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .normalise import Refused, normalise
from .people import User
from .wiki_index import Index, note, placed_below, titled

if TYPE_CHECKING:
    from .wiki_attachments import Attachment
    from .wiki_comments import Comment
    from .world import World

Status = Literal["current", "draft", "archived", "trashed"]
Kind = Literal["page", "blogpost"]
LONGEST_TITLE = 255
LONGEST_PROPERTY = 32 * 1024

__all__ = ["Conflict", "Page", "Refused", "Space", "TitleTaken", "Version", "Wiki", "create_page", "update_page"]

_IDS = uuid.UUID("6f1c2d5e-8a37-4c0b-9d1e-2b7a90c4e5f6")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LABEL = re.compile(r"[^\s,:;!?#&*()\[\]|^<>@]{1,255}")


class Conflict(Exception):
    """The version sent is not the current one plus one; `current` is the number to go on from."""

    def __init__(self, current: int, given: int) -> None:
        super().__init__(f"Version must be incremented on update. Current version is: {current}")
        self.current = current
        self.given = given


class TitleTaken(Exception):
    """Another page of the space, perhaps one that the actor cannot see, has this title."""

    def __init__(self, title: str, space: Space) -> None:
        super().__init__(
            "A page with this title already exists: A page already exists with the title "
            f"{title} in the space with key {space.key}"
        )


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
    """One page or blog post; `restricted_to` (who sees it) and `editors` (who changes it) hold account ids, None: all.

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


@dataclass
class Wiki:
    """All spaces and pages by id, and the label names with their ids; one counter numbers everything.

    `v1_pages_gone` makes Cloud answer 410 to the page calls of its older API; `tasks` and `conversions` are what was
    asked for and is fetched later, by their ids.
    """

    spaces: dict[int, Space] = field(default_factory=dict)
    pages: dict[int, Page] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    attachments: dict[int, Attachment] = field(default_factory=dict)
    label_ids: dict[str, int] = field(default_factory=dict)
    index: Index = field(default_factory=Index)
    last_id: int = 98_304
    v1_pages_gone: bool = False
    tasks: dict[int, Task] = field(default_factory=dict)
    conversions: dict[str, Conversion] = field(default_factory=dict)

    def new_id(self) -> int:
        """The next free number."""
        self.last_id += 1
        return self.last_id

    def new_uuid(self) -> str:
        """A macro's, a task's or a table's id; the same world gives the same ones again."""
        return str(uuid.uuid5(_IDS, str(self.new_id())))


def find_space(world: World, ref: str | int) -> Space | None:
    """The space of this key (in any case) or id."""
    for space in world.wiki.spaces.values():
        if space.id == ref or str(space.id) == ref or space.key.casefold() == str(ref).casefold():
            return space
    return None


def find_page(world: World, page_id: str | int) -> Page | None:
    """The page of this id in whatever status; None too for what is no number."""
    text = str(page_id)
    return world.wiki.pages.get(int(text)) if text.isascii() and text.isdigit() else None


def space_of(world: World, page: Page) -> Space:
    """The page's space."""
    return world.wiki.spaces[page.space_id]


def ancestors(world: World, page: Page) -> list[Page]:
    """The pages above, the top one first."""
    above: list[Page] = []
    parent_id = page.parent_id
    while parent_id is not None and parent_id in world.wiki.pages:
        parent = world.wiki.pages[parent_id]
        above.insert(0, parent)
        parent_id = parent.parent_id
    return above


def status_of(page: Page, version: Version) -> str:
    """What a version of the page is: the page's own status for the newest, else `draft` or `historical`."""
    if version is page.current:
        return page.status
    return "draft" if version is page.draft else "historical"


def children(world: World, page: Page) -> Iterator[Page]:
    """The current pages directly below, in their order: as they were made, unless somebody moved them."""
    below = [one for one in placed_below(world.wiki, page.id) if one.parent_id == page.id and one.status == "current"]
    return iter(sorted(below, key=lambda child: child.position))


def may_see(world: World, actor: User | None, page: Page) -> bool:
    """Whether the page exists for the actor: a restriction above counts, a draft is its author's alone.

    Nothing exists for an anonymous one.
    """
    if actor is None:
        return False
    author = page.versions[0].author
    if page.status == "draft" and (author is None or author.account_id != actor.account_id):
        return False
    chain = [page, *ancestors(world, page)]
    return all(each.restricted_to is None or actor.account_id in each.restricted_to for each in chain)


def may_edit(world: World, actor: User | None, page: Page) -> bool:
    """Whether the actor may save a version, a property or a label of the page."""
    return page.status == "current" and may_change(world, actor, page)


def may_change(world: World, actor: User | None, page: Page) -> bool:
    """Like `may_edit`, in whatever status the page is: whether the actor may restore, publish or delete it."""
    if actor is None or not may_see(world, actor, page):
        return False
    return page.editors is None or actor.account_id in page.editors


def create_space(world: World, actor: User, key: str, name: str) -> Space:
    """A new space with its home page, which bears the space's name."""
    space = Space(world.wiki.new_id(), key, name, actor, world.clock.now())
    world.wiki.spaces[space.id] = space
    space.homepage_id = create_page(world, actor, space, None, name, f"<p>{name}</p>").id
    return space


def create_page(
    world: World, actor: User, space: Space, parent: Page | None, title: str, body: str, kind: Kind = "page"
) -> Page:
    """A new page at version 1, its body normalised; `Refused` for a bad body or title, `TitleTaken`."""
    title = checked_title(world, space, title, None, kind)
    page_body = normalised(world, body)
    return add_page(world, space, parent, Version(1, world.clock.now(), actor, "", False, page_body, title), kind)


def add_page(world: World, space: Space, parent: Page | None, first: Version, kind: Kind) -> Page:
    """Put a page whose first version has been checked into the wiki, last among those below its parent."""
    number = world.wiki.new_id()
    page = Page(number, space.id, parent.id if parent else None, first.title, first.at, kind=kind, position=number)
    page.versions.append(first)
    world.wiki.pages[page.id] = page
    note(world.wiki, page)
    return page


def update_page(
    world: World, actor: User, page: Page, title: str, body: str, number: int, message: str, minor: bool = False
) -> Version:
    """Save the next version; `Conflict` when `number` is not the current one plus one, `Refused`, `TitleTaken`."""
    if number != page.current.number + 1:
        raise Conflict(page.current.number, number)
    title = checked_title(world, space_of(world, page), title, page)
    saved = Version(number, world.clock.now(), actor, message, minor, normalised(world, body), title)
    page.versions.append(saved)
    page.title = title
    note(world.wiki, page)
    return saved


def set_status(world: World, page: Page, status: Status) -> None:
    """Archive or trash the page, or bring it back."""
    page.status = status
    note(world.wiki, page)


def add_labels(world: World, bearer: Labelled, names: list[str]) -> None:
    """Add labels, in lower case; those already there stay. `Refused` for a name with blanks or forbidden signs."""
    for name in names:
        if not _LABEL.fullmatch(name):
            raise Refused(f"The label name is not valid: {name}")
    for name in (name.lower() for name in names):
        if name not in bearer.labels:
            bearer.labels.append(name)
            bearer.labelled[name] = world.clock.now()
            world.wiki.label_ids.setdefault(name, world.wiki.new_id())
    if isinstance(bearer, Page):
        note(world.wiki, bearer)


def remove_label(world: World, bearer: Labelled, name: str) -> None:
    """Take a label away, in whatever case it is written; KeyError when it is not there."""
    del bearer.labelled[name.lower()]
    bearer.labels.remove(name.lower())
    if isinstance(bearer, Page):
        note(world.wiki, bearer)


def set_property(
    world: World, actor: User, holder: Holder, key: str, value: Any, number: int, message: str = ""
) -> Prop:
    """Create (`number` 1) or change (current plus one) a property; `Conflict` otherwise. Values are JSON."""
    held = holder.properties.get(key)
    current = held.version if held else 0
    if number != current + 1:
        raise Conflict(current, number)
    now = world.clock.now()
    made = (held.id, held.created, held.creator) if held else (world.wiki.new_id(), now, actor)
    holder.properties[key] = Prop(made[0], key, value, number, now, actor, message, *made[1:])
    return holder.properties[key]


def remove_property(holder: Holder, key: str) -> None:
    """Delete a property; KeyError when there is none."""
    del holder.properties[key]


@dataclass(frozen=True)
class Indexed:
    """A page as the search index knows it: an older title, body and labels while the index lags."""

    page: Page
    title: str
    body: str
    changed: datetime
    labels: tuple[str, ...]


def as_it_is(page: Page) -> Indexed:
    """What a search sees of the page that does not lag."""
    return Indexed(page, page.title, page.current.body, page.current.at, tuple(page.labels))


def as_indexed(world: World, page: Page) -> Indexed | None:
    """What a search sees of the page at present; None while the index does not know it at all."""
    if not world.faults.lag:
        return as_it_is(page)
    horizon = world.clock.now() - timedelta(seconds=world.faults.lag)
    known = [version for version in page.versions if version.at <= horizon]
    if not known:
        return None
    labels = tuple(name for name in page.labels if page.labelled[name] <= horizon)
    return Indexed(page, known[-1].title, known[-1].body, known[-1].at, labels)


def checked_title(world: World, space: Space, title: str, own: Page | None, kind: Kind = "page") -> str:
    """The title as it is kept; `Refused` when it cannot be one, `TitleTaken` by any page but `own`.

    Archived pages and those that nobody may see keep theirs; drafts and trashed pages do not. Blog posts only share
    titles with those of the same day. `kind` is that of a page that is to be: `own` has one.
    """
    kind = own.kind if own else kind
    day = (own.created if own else world.clock.now()).date()
    title = title.strip()
    if not title or len(title) > LONGEST_TITLE or _CONTROL.search(title):
        raise Refused(f"Title must be 1 to {LONGEST_TITLE} characters in one line")
    for other in titled(world.wiki, title):
        holds = other.space_id == space.id and other.status in ("current", "archived") and other is not own
        alike = other.kind == kind and (kind == "page" or other.created.date() == day)
        if holds and alike and other.title.casefold() == title.casefold():
            raise TitleTaken(title, space)
    return title


def normalised(world: World, body: str) -> str:
    """A body as this world's product keeps it; `Refused` when it is not well formed."""

    def user_attribute(ref: str) -> tuple[str, str] | None:
        user = world.people.find(ref)
        if user is None:
            return None
        return ("ri:account-id", user.account_id) if world.is_cloud else ("ri:userkey", user.user_key)

    return normalise(body, world.deployment, world.wiki.new_uuid, user_attribute)
