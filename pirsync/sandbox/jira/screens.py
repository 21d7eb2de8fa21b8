"""What the create and the edit screen say of their fields: needed or not, of which kind, what may be chosen."""

from __future__ import annotations

from typing import Any

from pirsync.sandbox.tracker import is_read_only, project_of
from pirsync.sandbox.tracker.nouns import FieldDef, Issue, Project, Transition
from pirsync.sandbox.tracker.permissions import levels_of, may, may_set

from .fields import FORM_FIELDS, default_priority
from .nouns_json import (
    JSON,
    View,
    option_json,
    priority_json,
    project_json,
    resolution_json,
    schema_json,
    transition_json,
    type_json,
)
from .project_json import component_json, level_json, version_json

_SUGGESTIONS = {
    "assignee": "latest/user/assignable/search?issueKey=null&{who}=",
    "reporter": "latest/user/search?{who}=",
    "labels": "1.0/labels/suggest?query=",
    "issuelinks": "2/issue/picker?showSubTaskParent=true&showSubTasks=true&currentIssueKey=null&query=",
}
"""Where a screen looks while somebody types, below `rest/api`."""

_VERBS: dict[str, list[str]] = {
    "issuetype": [],
    "issuelinks": ["add", "copy"],
    "comment": ["add", "edit", "remove"],
    "attachment": ["set", "copy"],
}


def create_screen(view: View, project: Project, type_id: str) -> list[JSON]:
    """The fields that the reader may set on a new issue, the required ones among them."""
    screen = {"project": True, "issuetype": True, **project.screens.get(type_id, {})}
    shown = [name for name in screen if may_set(view.world, view.viewer, name, project)]
    return [{"required": screen[name], **field_meta(view, project, type_id, name)} for name in shown]


def edit_screen(view: View, issue: Issue) -> dict[str, JSON]:
    """The fields that the reader may set on the issue, by id; none in a read-only status or without permission."""
    world, project = view.world, project_of(view.world, issue)
    if is_read_only(world, issue) or not may(world, view.viewer, "EDIT_ISSUES", project):
        return {}
    custom = [name for name, one in world.tracker.fields.items() if one.custom]
    names = [name for name in (*FORM_FIELDS, "issuelinks", "comment") if name != "parent" or issue.parent_id]
    shown = [name for name in (*names, *custom) if may_set(world, view.viewer, name, project)]
    kind = issue.type_id or ""
    told = {name: {"required": name == "summary", **field_meta(view, project, kind, name)} for name in shown}
    return {name: keyed(one) for name, one in told.items()} if view.world.is_cloud else told


def step_json(view: View, issue: Issue, step: Transition, expand: frozenset[str]) -> JSON:
    """A step that the issue can take; the fields of its screen with `transitions.fields`."""
    if "transitions.fields" not in expand:
        return transition_json(view, step, None)
    project, kind = project_of(view.world, issue), issue.type_id or ""
    told = {
        name: {"required": required, **field_meta(view, project, kind, name)}
        for name, required in step.screen.items()
        if may_set(view.world, view.viewer, name, project)
    }
    return transition_json(view, step, told)


def keyed(meta: JSON) -> JSON:
    """A field of a screen as Cloud tells it where its id is the key that it stands under."""
    return {name: part for name, part in meta.items() if name != "fieldId"}


def field_meta(view: View, project: Project, type_id: str, name: str) -> JSON:
    """One field of a screen, but for whether it is required. Cloud calls its id `key`, too."""
    definition = view.world.tracker.fields[name]
    default = default_priority(view.world) if name == "priority" else None
    verbs = ["add", "set", "remove"] if definition.kind == "array" else ["set"]
    value: JSON = {
        "schema": schema_json(definition),
        "name": definition.name,
        "fieldId": name,
        "hasDefaultValue": default is not None,
        "operations": _VERBS.get(name, verbs),
    }
    if view.world.is_cloud:
        value["key"] = name
    if default is not None:
        value["defaultValue"] = priority_json(view, default)
    if name in _SUGGESTIONS:
        who = "query" if view.world.is_cloud else "username"
        value["autoCompleteUrl"] = f"{view.world.jira_url}/rest/api/{_SUGGESTIONS[name].format(who=who)}"
    allowed = _allowed(view, project, type_id, definition)
    return value if allowed is None else {**value, "allowedValues": allowed}


def _allowed(view: View, project: Project, type_id: str, definition: FieldDef) -> list[Any] | None:
    """What may be chosen; None where anything may be written."""
    tracker = view.world.tracker
    if definition.id == "project":
        return [project_json(view, project)]
    if definition.id == "issuetype":
        return [type_json(view, tracker.types[type_id])] if type_id in tracker.types else []
    if definition.id == "priority":
        return [priority_json(view, one) for one in tracker.priorities.values()]
    if definition.id == "resolution":
        return [resolution_json(view, one) for one in tracker.resolutions.values()]
    if definition.id == "security":
        return [level_json(view, one) for one in levels_of(view.viewer, project)]
    if definition.id == "components":
        return [component_json(view, project, one) for one in project.components]
    if definition.id in ("fixVersions", "versions"):
        return [version_json(view, project, one) for one in project.versions]
    if definition.options and definition.kind in ("option", "array"):
        return [option_json(view, definition, one) for one in definition.options]
    return None
