"""The tracker's store: what one Jira holds, who sees an issue, and the states that a lagging search still sees."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.faults import USUAL_LAG
from pirsync.sandbox.people import User

from .index import Index
from .nouns import (
    SYSTEM_FIELDS,
    FieldDef,
    Issue,
    IssueType,
    Link,
    LinkType,
    Priority,
    Project,
    Resolution,
    Status,
)
from .permissions import Rule, levels_of, may

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


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

    `links` are by the issues at both their ends, `link_sources` the issue that a link begins at, or began when it is
    gone, by the link's id. `indexed_properties` are the issue properties that JQL finds, as an app declares them:
    `key.path` to what is there, "string", "number" or "text".
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
    link_sources: dict[str, int] = field(default_factory=dict)
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
    copies: dict[str, Any] = {
        name: list(getattr(issue, name)) for name in ("labels", "comments", "histories", "attachments")
    }
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
