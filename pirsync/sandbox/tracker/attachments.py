"""Files on issues: each upload is one attachment, whatever its name, and both ends of it are in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pirsync.sandbox.people import User

from .changes import record
from .index import holders
from .nouns import Attachment, Issue, Item
from .store import can_see, now_ms

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def attach(world: World, actor: User, issue: Issue, name: str, media_type: str, data: bytes) -> Attachment:
    """Add a file to the issue."""
    made = Attachment(str(world.tracker.next_id()), name, media_type, data, actor, now_ms(world))
    record(world, actor, issue, [Item("Attachment", "attachment", None, None, made.id, made.name)])
    issue.attachments.append(made)
    return made


def find_attachment(world: World, actor: User | None, number: str) -> tuple[Issue, Attachment] | None:
    """The attachment with this id and its issue, where the account sees it."""
    for issue in holders(world.tracker, "attachment", number):
        if can_see(world, actor, issue):
            return issue, next(one for one in issue.attachments if one.id == number)
    return None


def delete_attachment(world: World, actor: User, issue: Issue, attachment: Attachment) -> None:
    """Remove a file from the issue."""
    record(world, actor, issue, [Item("Attachment", "attachment", attachment.id, attachment.name, None, None)])
    issue.attachments.remove(attachment)
