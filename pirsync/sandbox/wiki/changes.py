"""Changes of the wiki's state: titles are unique in a space, versions only ever move by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.people import User
from pirsync.sandbox.text.normalise import Refused, normalise

from .index import note, titled
from .nouns import Holder, Kind, Labelled, Page, Prop, Space, Status, Version
from .store import space_of

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


LONGEST_TITLE = 255
LONGEST_PROPERTY = 32 * 1024
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
