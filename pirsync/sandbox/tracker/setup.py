"""How a new sandbox's Jira is configured: four projects, their workflows, screens and fields."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .nouns import (
    FIELD_TYPES,
    FieldDef,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
    SecurityLevel,
    Status,
    Transition,
)

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

INCIDENT, TASK, BUG, SUB_TASK = "30000", "30001", "30002", "30003"
OPEN, INVESTIGATING, RESOLVED, CLOSED = "30000", "30001", "30002", "30003"
TO_DO, IN_PROGRESS, BLOCKED, DONE, WONT_DO = "30010", "30011", "30012", "30013", "30014"
FIXED, NOT_DONE, DUPLICATE = "30000", "30001", "30002"
BLOCKS, DUPLICATES, RELATES, ACTION_ITEM = "30000", "30001", "30002", "10300"
RESTRICTED = "30200"

SEVERITY, STARTED, DETECTED, FIELD_RESOLVED, COMMANDER, SERVICES, COST_CENTRE = (
    f"customfield_{number}" for number in (10040, 10041, 10042, 10043, 10044, 10045, 10050)
)

TYPES = (
    IssueType(INCIDENT, "Incident", description="Something that users notice and that must be put right now."),
    IssueType(TASK, "Task", description="A piece of work."),
    IssueType(BUG, "Bug", description="Something that does not do what it should."),
    IssueType(SUB_TASK, "Sub-task", subtask=True, description="A part of another work item."),
)
STATUSES = (
    Status(OPEN, "Open", "new"),
    Status(INVESTIGATING, "Investigating", "indeterminate"),
    Status(RESOLVED, "Resolved", "done"),
    Status(CLOSED, "Closed", "done"),
    Status(TO_DO, "To Do", "new"),
    Status(IN_PROGRESS, "In Progress", "indeterminate"),
    Status(BLOCKED, "Blocked", "indeterminate"),
    Status(DONE, "Done", "done"),
    Status(WONT_DO, "Won't Do", "done"),
)
PRIORITIES = tuple(
    Priority(str(place), name) for place, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), 1)
)
RESOLUTIONS = (
    Resolution(FIXED, "Done", "The work is complete."),
    Resolution(NOT_DONE, "Won't Do", "This will not be worked on."),
    Resolution(DUPLICATE, "Duplicate", "Another work item covers this."),
)
LINK_TYPES = (
    LinkType(BLOCKS, "Blocks", "is blocked by", "blocks"),
    LinkType(DUPLICATES, "Duplicate", "is duplicated by", "duplicates"),
    LinkType(RELATES, "Relates", "relates to", "relates to"),
    LinkType(ACTION_ITEM, "Action item", "is action item of", "has action item"),
)
SERVICE_NAMES = ("checkout", "payments-api", "search", "identity", "mail", "reporting")
CUSTOM_FIELDS = (
    FieldDef(SEVERITY, "Severity", "option", FIELD_TYPES["select"], options=("P1", "P2", "P3", "P4")),
    FieldDef(STARTED, "Incident started", "datetime", FIELD_TYPES["datetime"]),
    FieldDef(DETECTED, "Detected at", "datetime", FIELD_TYPES["datetime"]),
    FieldDef(FIELD_RESOLVED, "Resolved at", "datetime", FIELD_TYPES["datetime"]),
    FieldDef(COMMANDER, "Incident commander", "user", FIELD_TYPES["user"]),
    FieldDef(SERVICES, "Affected services", "array", FIELD_TYPES["multiselect"], "option", SERVICE_NAMES),
    FieldDef(COST_CENTRE, "Cost centre", "option", FIELD_TYPES["select"], options=("Platform", "Payments")),
)

INCIDENT_STEPS = [
    Transition("11", "Investigate", INVESTIGATING, from_status_ids=frozenset({OPEN})),
    Transition("21", "Resolve", RESOLVED, True, frozenset({OPEN, INVESTIGATING}), asks=("assignee", "fixVersions")),
    Transition("31", "Close", CLOSED, from_status_ids=frozenset({OPEN, INVESTIGATING, RESOLVED})),
    Transition("41", "Re-open", INVESTIGATING, from_status_ids=frozenset({RESOLVED, CLOSED})),
]
WORK_STEPS = [
    Transition("11", "To Do", TO_DO),
    Transition("21", "Start", IN_PROGRESS),
    Transition("31", "Block", BLOCKED),
    Transition("41", "Done", DONE, resolution_id=FIXED),
    Transition("51", "Won't Do", WONT_DO, resolution_id=NOT_DONE),
]

_BARE_SCREEN = {"summary": True, "description": False, "assignee": False, "priority": False}
SCREEN = {**_BARE_SCREEN, "duedate": False, "labels": False, "issuelinks": False}
_INCIDENT_SCREEN = {**SCREEN, "security": False, **{one.id: False for one in CUSTOM_FIELDS[:-1]}}


def set_up(world: World) -> None:
    """Configure an empty tracker."""
    set_up_actions(world)
    tracker = world.tracker
    tracker.types.update({one.id: one for one in TYPES})
    tracker.statuses.update({one.id: one for one in STATUSES})
    tracker.fields.update({one.id: one for one in CUSTOM_FIELDS})
    restricted = SecurityLevel(RESTRICTED, "Security team only", frozenset({"hweiss"}), "Not for everybody.")
    screens = {INCIDENT: _INCIDENT_SCREEN, TASK: SCREEN, BUG: SCREEN, SUB_TASK: {**SCREEN, "parent": True}}
    operations = Project("30000", "OPS", "Operations", [INCIDENT, TASK, BUG, SUB_TASK], screens)
    operations.security_levels.append(restricted)
    _add(world, operations, INCIDENT_STEPS, OPEN)
    _add(world, Project("30002", "BARE", "Bare screens", [TASK], {TASK: _BARE_SCREEN}), WORK_STEPS, TO_DO)
    strict = {TASK: {**SCREEN, COST_CENTRE: True}}
    _add(world, Project("30003", "STRICT", "Strict screens", [TASK], strict), WORK_STEPS, TO_DO)


def set_up_actions(world: World) -> None:
    """Add the project that action items go to, with what it needs, to whatever the tracker has."""
    tracker = world.tracker
    tracker.types.update({one.id: one for one in TYPES if one.id in (TASK, BUG)})
    tracker.statuses.update({one.id: one for one in STATUSES if int(one.id) >= int(TO_DO)})
    tracker.resolutions.update({one.id: one for one in RESOLUTIONS})
    for priority in PRIORITIES:
        tracker.priorities.setdefault(priority.id, priority)
    for kind in LINK_TYPES:
        if kind.name not in {one.name for one in tracker.link_types.values()}:
            number = kind.id if kind.id not in tracker.link_types else str(tracker.next_id())
            tracker.link_types[number] = replace(kind, id=number)
    if tracker.project("ACT") is None:
        actions = Project("30001", "ACT", "Reliability actions", [TASK, BUG], {TASK: SCREEN, BUG: SCREEN})
        _add(world, actions, WORK_STEPS, TO_DO)


def _add(world: World, project: Project, steps: list[Transition], first: str) -> None:
    # Copies: what is done to one world must not reach the next one in the same process.
    project.screens = {kind: dict(screen) for kind, screen in project.screens.items()}
    project.workflow, project.first_status_id = list(steps), first
    project.lead = world.people.find("hweiss")
    world.tracker.projects[project.id] = project
