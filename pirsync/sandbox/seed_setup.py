"""How a new sandbox's Jira is configured: four projects, their workflows, screens and fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tracker_nouns import (
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
    from .world import World

INCIDENT, TASK, BUG, SUB_TASK = "10000", "10001", "10002", "10003"
OPEN, INVESTIGATING, RESOLVED, CLOSED = "10000", "10001", "10002", "10003"
TO_DO, IN_PROGRESS, BLOCKED, DONE, WONT_DO = "10010", "10011", "10012", "10013", "10014"
FIXED, NOT_DONE, DUPLICATE = "10000", "10001", "10002"
BLOCKS, DUPLICATES, RELATES, ACTION_ITEM = "10000", "10001", "10002", "10300"
RESTRICTED = "10200"

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
    Transition("21", "Resolve", RESOLVED, True, frozenset({OPEN, INVESTIGATING})),
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
_SCREEN = {**_BARE_SCREEN, "duedate": False, "labels": False, "issuelinks": False}
_INCIDENT_SCREEN = {**_SCREEN, "security": False, **{one.id: False for one in CUSTOM_FIELDS[:-1]}}


def set_up(world: World) -> None:
    """Configure an empty tracker."""
    tracker = world.tracker
    tracker.types.update({one.id: one for one in TYPES})
    tracker.statuses.update({one.id: one for one in STATUSES})
    tracker.priorities.update({one.id: one for one in PRIORITIES})
    tracker.resolutions.update({one.id: one for one in RESOLUTIONS})
    tracker.link_types.update({one.id: one for one in LINK_TYPES})
    tracker.fields.update({one.id: one for one in CUSTOM_FIELDS})
    lead = world.people.find("hweiss")
    restricted = SecurityLevel(RESTRICTED, "Security team only", frozenset({"hweiss"}), "Not for everybody.")
    screens = {INCIDENT: _INCIDENT_SCREEN, TASK: _SCREEN, BUG: _SCREEN, SUB_TASK: {**_SCREEN, "parent": True}}
    operations = Project("10000", "OPS", "Operations", [INCIDENT, TASK, BUG, SUB_TASK], screens)
    operations.workflow, operations.first_status_id = INCIDENT_STEPS, OPEN
    operations.security_levels.append(restricted)
    actions = Project("10001", "ACT", "Reliability actions", [TASK, BUG], {TASK: _SCREEN, BUG: _SCREEN})
    bare = Project("10002", "BARE", "Bare screens", [TASK], {TASK: _BARE_SCREEN})
    strict = Project("10003", "STRICT", "Strict screens", [TASK], {TASK: {**_SCREEN, COST_CENTRE: True}})
    for project in (actions, bare, strict):
        project.workflow, project.first_status_id = WORK_STEPS, TO_DO
    for project in (operations, actions, bare, strict):
        project.lead = lead
        tracker.projects[project.id] = project
