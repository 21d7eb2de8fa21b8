"""The tracker's store and its state changes: an issue changes only through a function here, leaving its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from .faults import USUAL_LAG
from .part_history import PARTS, part_items
from .people import User
from .permissions import Rule, levels_of, may
from .tracker_index import Index
from .tracker_nouns import (
    FIELD_TYPES,
    SYSTEM_FIELDS,
    Category,
    Comment,
    FieldDef,
    History,
    Issue,
    IssueType,
    Item,
    Link,
    LinkType,
    Priority,
    Project,
    RemoteLink,
    Resolution,
    SecurityLevel,
    Status,
    Transition,
)

if TYPE_CHECKING:
    from .world import World

__all__ = [
    "FIELD_TYPES",
    "SYSTEM_FIELDS",
    "Category",
    "Comment",
    "FieldDef",
    "History",
    "Invalid",
    "Issue",
    "IssueType",
    "Item",
    "Link",
    "LinkType",
    "Priority",
    "Project",
    "RemoteLink",
    "Resolution",
    "SecurityLevel",
    "Status",
    "Tracker",
    "Transition",
]


class Invalid(Exception):
    """A change that the tracker refuses; `errors` are by field id, `status` the HTTP status that says so."""

    def __init__(self, *messages: str, errors: dict[str, str] | None = None, status: int = 400) -> None:
        super().__init__("; ".join([*messages, *(errors or {}).values()]))
        self.messages = messages
        self.errors = errors or {}
        self.status = status


@dataclass
class Tracker:
    """Everything that one Jira holds; dictionaries are keyed by id, issues by their number as int.

    `indexed_properties` are the issue properties that JQL finds, as an app declares them: `key.path` to what is there,
    "string", "number" or "text".
    """

    projects: dict[str, Project] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    types: dict[str, IssueType] = field(default_factory=dict)
    priorities: dict[str, Priority] = field(default_factory=dict)
    resolutions: dict[str, Resolution] = field(default_factory=dict)
    link_types: dict[str, LinkType] = field(default_factory=dict)
    fields: dict[str, FieldDef] = field(default_factory=lambda: {one.id: one for one in SYSTEM_FIELDS})
    issues: dict[int, Issue] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    links: dict[int, list[Link]] = field(default_factory=dict)
    index: Index = field(default_factory=Index)
    rules: list[Rule] = field(default_factory=list)
    indexed_properties: dict[str, str] = field(default_factory=dict)
    last_id: int = 10400

    def next_id(self) -> int:
        """A number that nothing in this tracker has yet."""
        self.last_id += 1
        return self.last_id

    def add(self, issue: Issue) -> Issue:
        """Take an issue into the store, found by its id and its key from now on."""
        self.issues[issue.id] = issue
        self.keys[issue.key.upper()] = issue.id
        self.index.changed.add(issue.id)
        self.last_id = max(self.last_id, issue.id)
        return issue

    def project(self, ref: str) -> Project | None:
        """The project whose key, in any case, or id is `ref`."""
        if ref in self.projects:
            return self.projects[ref]
        return next((one for one in self.projects.values() if one.key.upper() == ref.upper()), None)


def find_issue(world: World, ref: str) -> Issue | None:
    """The issue whose id or key, an old key too, is `ref`; None when there is none."""
    tracker = world.tracker
    number = int(ref) if ref.isascii() and ref.isdigit() else tracker.keys.get(ref.upper())
    return tracker.issues.get(number) if number is not None else None


def status_of(world: World, issue: Issue) -> Status:
    """The issue's status."""
    return world.tracker.statuses[issue.status_id]


def project_of(world: World, issue: Issue) -> Project:
    """The issue's project."""
    return world.tracker.projects[issue.project_id]


def can_see(world: World, actor: User | None, issue: Issue) -> bool:
    """Whether this account may browse the issue; a security level hides it from all but its members."""
    return can_see_at(world, actor, issue.project_id, issue.security)


def can_see_at(world: World, actor: User | None, project_id: str, security: str | None) -> bool:
    """Whether this account may browse the issues of a project that have this security level, or none."""
    project = world.tracker.projects[project_id]
    if not may(world, actor, "BROWSE_PROJECTS", project):
        return False
    if security is None or (actor is not None and actor.service):
        return True
    return security in {level.id for level in levels_of(actor, project)}


def is_read_only(world: World, issue: Issue) -> bool:
    """Whether the workflow forbids edits in the issue's present status."""
    return status_of(world, issue).name in project_of(world, issue).read_only_statuses


def links_of(world: World, issue: Issue) -> list[Link]:
    """The issue's links in both directions, oldest first."""
    return world.tracker.links.get(issue.id, [])


def now_ms(world: World) -> datetime:
    """The present as the tracker stores it: whole milliseconds."""
    instant = world.clock.now()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def touch(world: World, issue: Issue) -> datetime:
    """Begin a change: keep the indexed states for lagging searches, move `updated`, and return the change's instant."""
    now = now_ms(world)
    if world.faults.memory or (now - issue.indexed_at).total_seconds() >= USUAL_LAG:
        issue.before = _snapshot(world, issue, now)
    issue.indexed_at = now
    issue.updated = max(now, issue.updated)
    issue.changed.add("updated")
    world.tracker.index.changed.add(issue.id)
    return now


def _snapshot(world: World, issue: Issue, now: datetime) -> Issue:
    """The issue as it is, on top of its earlier states; those before the one that the index has reached are let go."""
    copies: dict[str, Any] = {name: list(getattr(issue, name)) for name in ("labels", "comments", "histories")}
    kept = replace(issue, **copies, custom=dict(issue.custom))
    reached: Issue | None = kept
    while reached is not None and (now - reached.indexed_at).total_seconds() < world.faults.memory:
        reached = reached.before
    if reached is not None:
        reached.before = None
    return kept


def indexed(world: World, issue: Issue) -> Issue | None:
    """The issue as search sees it at present; None while its creation is not indexed."""
    lag = world.faults.lag
    if not lag:
        return issue
    now = world.clock.now()
    state: Issue | None = issue
    while state is not None and (now - state.indexed_at).total_seconds() < lag:
        state = state.before
    return state


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
