"""Comments: who may read one, and what takes one away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pirsync.sandbox.people import User

from .nouns import Comment, Issue, Visibility
from .store import can_see, project_of, touch

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def may_read(world: World, actor: User | None, issue: Issue, comment: Comment) -> bool:
    """Whether the account sees the comment: a restricted one is for the members of its role or group."""
    if comment.visibility is None:
        return True
    return actor is not None and (actor.service or belongs(world, actor, issue, comment.visibility))


def belongs(world: World, actor: User, issue: Issue, visibility: Visibility) -> bool:
    """Whether the account is a member of the group, or has the role in the issue's project."""
    if visibility.kind == "role":
        return actor.name in project_of(world, issue).members.get(visibility.id, [])
    return any(group.id == visibility.id and group.has(actor) for group in world.people.groups)


def readable(world: World, actor: User | None, issue: Issue) -> list[Comment]:
    """The issue's comments that the account sees, oldest first."""
    return [one for one in issue.comments if may_read(world, actor, issue, one)]


def all_readable(world: World, actor: User | None) -> Iterator[tuple[Issue, Comment]]:
    """Every comment that the account sees, with its issue."""
    for issue in world.tracker.issues.values():
        if issue.comments and can_see(world, actor, issue):
            for comment in readable(world, actor, issue):
                yield issue, comment


def delete_comment(world: World, issue: Issue, comment: Comment) -> None:
    """Take the comment away."""
    touch(world, issue)
    issue.comments.remove(comment)
    issue.changed.add("comment")
