"""Issues that go away again, and what goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pirsync.sandbox.people import User

from .index import holders
from .links import unlink
from .nouns import Issue
from .store import Invalid

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def subtasks_of(world: World, issue: Issue) -> list[Issue]:
    """The issue's children that are sub-tasks, oldest first."""
    types = world.tracker.types
    children = holders(world.tracker, "parent", issue.id)
    return [one for one in children if one.type_id in types and types[one.type_id].subtask]


def delete_issue(world: World, actor: User, issue: Issue) -> None:
    """Remove an issue that has no sub-tasks; its links leave a trace in the other issues' histories.

    Raises `Invalid` while it has sub-tasks.
    """
    if subtasks_of(world, issue):
        raise Invalid(
            f"The issue '{issue.key}' has subtasks.  You must specify the 'deleteSubtasks' parameter to delete this "
            "issue and all its subtasks."
        )
    tracker = world.tracker
    for link in list(tracker.links.get(issue.id, [])):
        unlink(world, actor, link)
    for child in holders(tracker, "parent", issue.id):
        child.parent_id = None
        tracker.index.changed.add(child.id)
    tracker.links.pop(issue.id, None)
    for key in [key for key, number in tracker.keys.items() if number == issue.id]:
        del tracker.keys[key]
    del tracker.issues[issue.id]
    tracker.index.changed.add(issue.id)
