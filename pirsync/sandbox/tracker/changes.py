"""The tracker's state changes: an issue changes only through a function here or beside it, leaving its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.people import User

from .nouns import Comment, History, Issue, Item, Project, Transition
from .part_history import PARTS, part_items
from .permissions import may
from .store import Invalid, is_read_only, now_ms, project_of, status_of, touch

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def reference(world: World, user: User) -> str:
    """How a changelog names an account: by account id on Cloud, by key on Data Center."""
    return user.account_id if world.is_cloud else user.key


def record(world: World, actor: User | None, issue: Issue, items: Iterable[Item]) -> None:
    """Write one change into the issue's history, unless nothing changed."""
    changed = tuple(items)
    if changed:
        instant = touch(world, issue)
        issue.histories.append(History(str(world.tracker.next_id()), actor, instant, changed))
        issue.changed.update(item.field_id for item in changed)


def create_issue(world: World, actor: User, project: Project, type_id: str, values: dict[str, Any]) -> Issue:
    """Create an issue with these internal values by field id; they were validated by the edge."""
    tracker = world.tracker
    now = now_ms(world)
    project.counter += 1
    issue = Issue(
        id=tracker.next_id(),
        key=f"{project.key}-{project.counter}",
        project_id=project.id,
        type_id=type_id,
        status_id=project.first_status_id,
        summary=values["summary"],
        created=now,
        updated=now,
        indexed_at=now,
        reporter=actor,
        creator=actor,
        watchers=[actor.name],
        status_since=now,
    )
    for field_id, value in values.items():
        _put(issue, field_id, value)
    return tracker.add(issue)


def edit_fields(world: World, actor: User, issue: Issue, values: dict[str, Any]) -> None:
    """Set fields to internal values and write one history entry of those that differ.

    Keys are field ids (`due` is accepted for `duedate`). Raises `Invalid` where the status is read-only.
    """
    if is_read_only(world, issue):
        raise Invalid(errors={field_id: off_screen(field_id) for field_id in values})
    values = {"duedate" if name == "due" else name: value for name, value in values.items()}
    record(world, actor, issue, _items(world, issue, values))
    for name, value in values.items():
        _put(issue, name, value)


def _items(world: World, issue: Issue, values: dict[str, Any]) -> list[Item]:
    """What the history says of these new values."""
    items: list[Item] = []
    for field_id, value in values.items():
        old = value_of(issue, field_id)
        if field_id in PARTS:
            items += part_items(project_of(world, issue), field_id, old or [], value or [])
        elif old != value:
            old_id, old_text = change_text(world, field_id, old)
            new_id, new_text = change_text(world, field_id, value)
            items.append(Item(field_name(world, field_id), field_id, old_id, old_text, new_id, new_text))
    return items


def off_screen(field_id: str) -> str:
    """Jira's words for a field that may not be set here."""
    return f"Field '{field_id}' cannot be set. It is not on the appropriate screen, or unknown."


def field_name(world: World, field_id: str) -> str:
    """How the changelog calls a field: its id for system fields, its name for custom ones."""
    custom = world.tracker.fields.get(field_id)
    return custom.name if custom and custom.custom else field_id


_ATTRIBUTES = {
    "summary": "summary",
    "description": "description",
    "assignee": "assignee",
    "reporter": "reporter",
    "duedate": "due",
    "labels": "labels",
    "priority": "priority_id",
    "resolution": "resolution_id",
    "security": "security",
    "parent": "parent_id",
}


def value_of(issue: Issue, field_id: str) -> Any:
    """A field's internal value; None when it has none."""
    attribute = _ATTRIBUTES.get(field_id)
    return getattr(issue, attribute) if attribute else issue.custom.get(field_id)


def _put(issue: Issue, field_id: str, value: Any) -> None:
    attribute = _ATTRIBUTES.get(field_id)
    if attribute:
        setattr(issue, attribute, value)
    else:
        issue.custom[field_id] = value


def change_text(world: World, field_id: str, value: Any) -> tuple[str | None, str | None]:
    """A value as a changelog shows it: its id, where it has one, and its text."""
    tracker = world.tracker
    named: dict[str, Callable[[str], str]] = {
        "priority": lambda ref: tracker.priorities[ref].name,
        "resolution": lambda ref: tracker.resolutions[ref].name,
        "status": lambda ref: tracker.statuses[ref].name,
    }
    if value is None:
        return None, None
    if isinstance(value, User):
        return reference(world, value), value.display_name
    if field_id in named:
        return value, named[field_id](value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat(), f"{value.isoformat()} 00:00:00.0"
    if isinstance(value, list):
        return None, " ".join(str(one) for one in value)
    return None, str(value)


def available_transitions(world: World, issue: Issue) -> list[Transition]:
    """The workflow's steps from the issue's present status, in the workflow's order."""
    steps = project_of(world, issue).workflow
    here = issue.status_id
    return [one for one in steps if one.to_status_id != here and here in (one.from_status_ids or {here})]


NO_SUCH_STEP = (
    "It seems that you have tried to perform a workflow operation (transition) that is not valid for the current "
    "state of this issue."
)


def transitions_for(world: World, actor: User | None, issue: Issue) -> list[Transition]:
    """The steps that this account may take; none without the permission to transition issues."""
    allowed = may(world, actor, "TRANSITION_ISSUES", project_of(world, issue))
    return available_transitions(world, issue) if allowed else []


def transition(
    world: World,
    actor: User,
    issue: Issue,
    transition_id: str,
    resolution_id: str | None = None,
    values: dict[str, Any] | None = None,
) -> None:
    """Take a step of the workflow; leaving category done clears the resolution, as stock post-functions do.

    `values` are those of its screen's other fields, by id; they are in the same entry of the history.

    Raises `Invalid` for a step that is not available, or whose screen requires a resolution when none is given.
    """
    step = next((one for one in available_transitions(world, issue) if one.id == transition_id), None)
    if step is None:
        raise Invalid(NO_SUCH_STEP)
    resolution = resolution_id or step.resolution_id
    if step.needs_resolution and resolution is None:
        raise Invalid(errors={"resolution": "Resolution is required."})
    if resolution is not None and resolution not in world.tracker.resolutions:
        raise Invalid(errors={"resolution": f"Resolution with id '{resolution}' does not exist."})
    target = world.tracker.statuses[step.to_status_id]
    kept = (resolution or issue.resolution_id) if target.category == "done" else None
    items = [_change(world, "status", issue.status_id, target.id)]
    if kept != issue.resolution_id:
        items.append(_change(world, "resolution", issue.resolution_id, kept))
    record(world, actor, issue, [*items, *_items(world, issue, values or {})])
    for name, value in (values or {}).items():
        _put(issue, name, value)
    instant = issue.indexed_at
    if kept != issue.resolution_id:
        issue.resolved = instant if kept else None
        issue.changed.add("resolutiondate")
    if target.category != status_of(world, issue).category:
        issue.status_since = instant
        issue.changed.add("statuscategorychangedate")
    issue.status_id, issue.resolution_id = target.id, kept


def _change(world: World, field_id: str, old: str | None, new: str | None) -> Item:
    return Item(field_id, field_id, *change_text(world, field_id, old), *change_text(world, field_id, new))


def add_comment(world: World, actor: User, issue: Issue, body: str) -> Comment:
    """Append a comment in wiki markup; the caller may make it internal or give it properties."""
    instant = touch(world, issue)
    comment = Comment(str(world.tracker.next_id()), actor, body, instant)
    issue.comments.append(comment)
    issue.changed.add("comment")
    return comment


def edit_comment(world: World, actor: User, issue: Issue, comment: Comment, body: str) -> None:
    """Replace a comment's text."""
    comment.updated = touch(world, issue)
    comment.update_author = actor
    comment.body = body
    comment.raw = None
    issue.changed.add("comment")


def move_issue(world: World, actor: User, issue: Issue, project: Project) -> None:
    """Give the issue a key of another project; its id stays, and its old key still finds it."""
    project.counter += 1
    new_key = f"{project.key}-{project.counter}"
    old = project_of(world, issue)
    moved = [
        Item("project", "project", old.id, old.name, project.id, project.name),
        Item("Key", "issuekey", None, issue.key, None, new_key),
    ]
    record(world, actor, issue, moved)
    issue.project_id, issue.key = project.id, new_key
    world.tracker.keys[new_key] = issue.id
