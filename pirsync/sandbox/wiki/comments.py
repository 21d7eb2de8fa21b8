"""Comments of the wiki: below a page or on words of it, each with versions; who resolves one is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import User

from .changes import Conflict, normalised
from .nouns import Page, Prop, Version
from .store import may_edit, may_see

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

    from .attachments import Attachment

Resolution = Literal["open", "reopened", "resolved", "dangling"]


@dataclass(frozen=True)
class Anchor:
    """The words that an inline comment stands on; `ref` is the `ac:ref` of their markers in the page's body."""

    ref: str
    selection: str


@dataclass
class Comment:
    """One comment; `anchor` is None for a footer comment, `attachment_id` names the file that is commented on.

    A reply has a `parent_id`, and an inline one its parent's anchor.
    """

    id: int
    page_id: int
    parent_id: int | None
    anchor: Anchor | None
    created: datetime
    attachment_id: int | None = None
    versions: list[Version] = field(default_factory=list)
    properties: dict[str, Prop] = field(default_factory=dict)
    state: Literal["open", "reopened", "resolved"] = "open"
    state_at: datetime | None = None
    state_by: User | None = None

    @property
    def current(self) -> Version:
        """The newest version."""
        return self.versions[-1]


def find_comment(world: World, comment_id: str | int) -> Comment | None:
    """The comment of this id; None too for what is no number, or when its page is gone."""
    text = str(comment_id)
    found = world.wiki.comments.get(int(text)) if text.isascii() and text.isdigit() else None
    return found if found is not None and found.page_id in world.wiki.pages else None


def page_of(world: World, part: Comment | Attachment) -> Page:
    """The page that a comment or an attachment hangs on."""
    return world.wiki.pages[part.page_id]


def may_see_part(world: World, actor: User | None, part: Comment | Attachment) -> bool:
    """Whether a comment or an attachment exists for the actor: what hangs on a page is seen with it."""
    page = page_of(world, part)
    return page.status != "trashed" and may_see(world, actor, page)


def may_change_comment(world: World, actor: User, comment: Comment) -> bool:
    """Only its author changes a comment; who may change the page may also delete one."""
    author = comment.versions[0].author
    return author is not None and author.account_id == actor.account_id


def may_delete_comment(world: World, actor: User, comment: Comment) -> bool:
    """Its author, or whoever may change the page."""
    return may_change_comment(world, actor, comment) or may_edit(world, actor, page_of(world, comment))


def comments_of(page: Page) -> Iterator[Comment]:
    """The comments that start a thread on the page itself, oldest first."""
    return (each for each in page.comments if each.parent_id is None and each.attachment_id is None)


def comments_on(world: World, attachment: Attachment) -> Iterator[Comment]:
    """The comments that start a thread on an attachment, oldest first."""
    held = page_of(world, attachment).comments
    return (each for each in held if each.parent_id is None and each.attachment_id == attachment.id)


def replies(world: World, comment: Comment) -> Iterator[Comment]:
    """The direct answers to a comment, oldest first."""
    return (each for each in page_of(world, comment).comments if each.parent_id == comment.id)


def threads_up(world: World, comment: Comment) -> list[Comment]:
    """The comments above a reply, the one that started the thread first."""
    above: list[Comment] = []
    parent = find_comment(world, comment.parent_id) if comment.parent_id else None
    while parent is not None:
        above.insert(0, parent)
        parent = find_comment(world, parent.parent_id) if parent.parent_id else None
    return above


def add_comment(world: World, actor: User, page: Page, body: str, anchor: Anchor | None = None) -> Comment:
    """A new thread on the page, its body normalised; `Refused` for a bad body."""
    return _added(world, actor, Comment(0, page.id, None, anchor, world.clock.now()), body)


def comment_on(world: World, actor: User, attachment: Attachment, body: str) -> Comment:
    """A new thread on an attachment."""
    new = Comment(0, attachment.page_id, None, None, world.clock.now(), attachment.id)
    return _added(world, actor, new, body)


def reply(world: World, actor: User, parent: Comment, body: str) -> Comment:
    """An answer to a comment; it stands where its parent stands."""
    now = world.clock.now()
    new = Comment(0, parent.page_id, parent.id, parent.anchor, now, parent.attachment_id)
    return _added(world, actor, new, body)


def _added(world: World, actor: User, comment: Comment, body: str) -> Comment:
    page = page_of(world, comment)
    first = Version(1, comment.created, actor, "", False, normalised(world, body), f"Re: {page.title}")
    comment.id = world.wiki.new_id()
    comment.versions.append(first)
    page.comments.append(comment)
    world.wiki.comments[comment.id] = comment
    return comment


def update_comment(world: World, actor: User, comment: Comment, body: str, number: int, message: str) -> Version:
    """Save the next version; `Conflict` when `number` is not the current one plus one, `Refused` for a bad body."""
    if number != comment.current.number + 1:
        raise Conflict(comment.current.number, number)
    saved = Version(number, world.clock.now(), actor, message, False, normalised(world, body), comment.current.title)
    comment.versions.append(saved)
    return saved


def resolve(world: World, actor: User, comment: Comment) -> None:
    """Settle the thread of an inline comment."""
    comment.state, comment.state_at, comment.state_by = "resolved", world.clock.now(), actor


def reopen(world: World, actor: User, comment: Comment) -> None:
    """Take a resolved thread up again; one that is open stays as it is."""
    if comment.state == "resolved":
        comment.state, comment.state_at, comment.state_by = "reopened", world.clock.now(), actor


def resolution(world: World, comment: Comment) -> Resolution:
    """Where an inline comment stands; it dangles while nothing in the page's body carries its marker."""
    marker = comment.anchor.ref if comment.anchor else ""
    if comment.state != "resolved" and f'ac:ref="{marker}"' not in page_of(world, comment).current.body:
        return "dangling"
    return comment.state


def delete_comment(world: World, comment: Comment) -> None:
    """Delete a comment for good; its replies move up to its parent, its marker stays in the page."""
    page = page_of(world, comment)
    for answer in list(replies(world, comment)):
        answer.parent_id = comment.parent_id
    page.comments.remove(comment)
    del world.wiki.comments[comment.id]
