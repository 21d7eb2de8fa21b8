"""Jira's calls about itself: who asks, what server this is, what it is configured with, who may be assigned."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from .http import answer
from .jira_call import Call, Table
from .jira_fields import default_priority
from .jira_json import (
    JSON,
    field_json,
    link_type_json,
    option_json,
    priority_json,
    project_details,
    project_json,
    resolution_json,
    schema_json,
    status_json,
    type_json,
    user_json,
)
from .people import User
from .permissions import PERMISSIONS, Permission, is_assignable, levels_of, may, may_set, may_somewhere
from .tracker import Invalid, project_of
from .tracker_nouns import FieldDef, Project


def myself(call: Call) -> Response:
    """GET myself: the account; 401 for anonymous."""
    value: JSON = user_json(call.view, call.signed_in()) or {}
    groups: JSON = {"groups": {"size": 1, "items": []}, "applicationRoles": {"size": 1, "items": []}}
    return answer({**value, "locale": "en_US", **groups, "expand": "groups,applicationRoles"})


def server_info(call: Call) -> Response:
    """GET serverInfo: needs no account, so it proves nothing of credentials."""
    world = call.world
    # The site's own address, whatever gateway the call came through.
    value: JSON = {"baseUrl": world.base_url if world.is_cloud else world.jira_url}
    if world.is_cloud:
        value["displayUrl"] = world.base_url
        value["displayUrlConfluence"] = world.base_url
        value.update({"version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud"})
    else:
        value.update({"version": "10.3.24", "versionNumbers": [10, 3, 24], "deploymentType": "Server"})
    built = {"buildNumber": 100290, "buildDate": "2026-02-06T12:38:29.000+0000"}
    value.update({**built, "serverTime": call.view.stamp(world.clock.now())})
    return answer({**value, "scmInfo": "5ad8b0c", "serverTitle": "Jira", "serverTimeZone": "Etc/UTC"})


def fields(call: Call) -> Response:
    """GET field: system and custom fields."""
    return answer([field_json(call.view, one) for one in call.world.tracker.fields.values()])


def statuses(call: Call) -> Response:
    """GET status."""
    return answer([status_json(call.view, one) for one in call.world.tracker.statuses.values()])


def issue_types(call: Call) -> Response:
    """GET issuetype."""
    return answer([type_json(call.view, one) for one in call.world.tracker.types.values()])


def link_types(call: Call) -> Response:
    """GET issueLinkType."""
    kinds = [link_type_json(call.view, one) for one in call.world.tracker.link_types.values()]
    return answer({"issueLinkTypes": kinds})


def priorities(call: Call) -> Response:
    """GET priority."""
    shown = [priority_json(call.view, one) for one in call.world.tracker.priorities.values()]
    return answer([{**one, "description": "", "statusColor": "#ea7d24"} for one in shown])


def resolutions(call: Call) -> Response:
    """GET resolution."""
    return answer([resolution_json(call.view, one) for one in call.world.tracker.resolutions.values()])


def _project(call: Call, ref: str | None) -> Project:
    project = call.project(ref) if ref else None
    if project is None:
        raise Invalid(f"No project could be found with key '{ref}'.", status=404)
    return project


def project(call: Call) -> Response:
    """GET project/{key}; 404 when it is not there or not visible."""
    return answer(project_details(call.view, _project(call, call.path("project"))))


def permissions(call: Call) -> Response:
    """GET mypermissions: Cloud wants them named, Data Center answers all."""
    user = call.signed_in()
    names = call.names("permissions")
    if call.world.is_cloud and not names:
        raise Invalid("The 'permissions' query parameter is required.")
    strange = [name for name in names if name not in PERMISSIONS]
    if strange:
        raise Invalid(f"Unrecognized permission keys: {', '.join(strange)}")
    held = {name: _has(call, user, name) for name in (names if call.world.is_cloud else ()) or tuple(PERMISSIONS)}
    shown = {
        name: {"id": PERMISSIONS[name].number, **permission_json(PERMISSIONS[name]), "havePermission": has}
        for name, has in held.items()
    }
    return answer({"permissions": shown})


def _has(call: Call, user: User, name: str) -> bool:
    """Whether the account has it for the issue, or else the project, that was named; anywhere when none was."""
    issue_ref = call.text("issueKey") or call.text("issueId")
    project_ref = call.text("projectKey") or call.text("projectId")
    if issue_ref:
        return may(call.world, user, name, project_of(call.world, call.find(issue_ref)))
    if project_ref:
        return may(call.world, user, name, _project(call, project_ref))
    return may_somewhere(call.world, user, name)


def permission_json(permission: Permission) -> JSON:
    """A permission as both lists of them show it."""
    words = {"name": permission.name, "type": permission.kind, "description": permission.description}
    return {"key": permission.key, **words}


def create_types(call: Call) -> Response:
    """GET createmeta/{project}/issuetypes: by page."""
    call.signed_in()
    one = _project(call, call.path("project"))
    shown = [type_json(call.view, call.world.tracker.types[number]) for number in one.type_ids]
    return _paged(call, "issueTypes", shown)


def create_fields(call: Call) -> Response:
    """GET createmeta/{project}/issuetypes/{type}: the create screen's fields, by page."""
    call.signed_in()
    one, type_id = _project(call, call.path("project")), call.path("type")
    if type_id not in one.type_ids:
        raise Invalid(f"Issue type '{type_id}' is not valid for the project.", status=404)
    known = call.world.tracker.fields
    screen = {"project": True, "issuetype": True, **one.screens.get(type_id, {})}
    shown = [name for name in screen if may_set(call.world, call.user, name, one)]
    return _paged(call, "fields", [_meta(call, one, known[name], screen[name]) for name in shown])


def _paged(call: Call, cloud_name: str, every: list[JSON]) -> Response:
    start, page = call.number("startAt", 0), min(call.number("maxResults", 50), 200)
    shown = every[start : start + page]
    value: JSON = {"maxResults": page, "startAt": start, "total": len(every)}
    if call.world.is_cloud:
        return answer({**value, cloud_name: shown})
    return answer({**value, "isLast": start + page >= len(every), "values": shown})


_SUGGESTIONS = {
    "assignee": "latest/user/assignable/search?issueKey=null&username=",
    "reporter": "latest/user/search?username=",
    "labels": "1.0/labels/suggest?query=",
    "issuelinks": "2/issue/picker?showSubTaskParent=true&showSubTasks=true&currentIssueKey=null&query=",
}
"""Where a screen looks while somebody types, below `rest/api`."""


def _meta(call: Call, project: Project, definition: FieldDef, required: bool) -> JSON:
    default = default_priority(call.world) if definition.id == "priority" else None
    value: JSON = {
        "required": required,
        "schema": schema_json(definition),
        "name": definition.name,
        "fieldId": definition.id,
        "hasDefaultValue": default is not None,
        "operations": ["add", "set", "remove"] if definition.kind == "array" else ["set"],
    }
    if call.world.is_cloud:
        value["key"] = definition.id
    if default is not None:
        value["defaultValue"] = priority_json(call.view, default)
    if definition.id in _SUGGESTIONS:
        value["autoCompleteUrl"] = f"{call.world.jira_url}/rest/api/{_SUGGESTIONS[definition.id]}"
    allowed = _allowed(call, project, definition)
    return {**value, "allowedValues": allowed} if allowed else value


def _allowed(call: Call, project: Project, definition: FieldDef) -> list[Any]:
    view, tracker = call.view, call.world.tracker
    if definition.id == "project":
        return [project_json(view, project)]
    if definition.id == "issuetype":
        return [type_json(view, tracker.types[call.path("type")])]
    if definition.id == "priority":
        return [priority_json(view, one) for one in tracker.priorities.values()]
    if definition.id == "security":
        return [
            {
                "self": f"{view.rest}/securitylevel/{one.id}",
                "id": one.id,
                "name": one.name,
                "description": one.description,
            }
            for one in levels_of(call.user, project)
        ]
    if definition.options and definition.kind in ("option", "array"):
        return [option_json(view, definition, one) for one in definition.options]
    return []


def assignable(call: Call) -> Response:
    """GET user/assignable/search: Cloud by `accountId` or `query`, Data Center by the beginning of `username`."""
    call.signed_in()
    if call.text("issueKey"):
        place = project_of(call.world, call.find(call.text("issueKey") or ""))
    elif call.text("project"):
        place = _project(call, call.text("project"))
    else:
        raise Invalid("Either the 'project' or 'issueKey' query parameter must be provided.")
    start, page = call.number("startAt", 0), min(call.number("maxResults", 50), 1000)
    found = [one for one in call.world.people.all() if is_assignable(call.world, one, place) and _fits(call, one)]
    return answer([user_json(call.view, one) for one in found[start : start + page]])


def _fits(call: Call, user: User) -> bool:
    if call.world.is_cloud and call.text("accountId"):
        return user.account_id == call.text("accountId")
    words = (call.text("query" if call.world.is_cloud else "username") or "").lower()
    texts = [user.display_name.lower(), user.email.lower()]
    if not call.world.is_cloud:
        texts.append(user.name.lower())
    return any(text.startswith(words) or f" {words}" in text for text in texts)


def user(call: Call) -> Response:
    """GET user: Cloud by `accountId`, Data Center by `username` or `key`."""
    call.signed_in()
    ref = call.text("accountId") if call.world.is_cloud else call.text("username") or call.text("key")
    found = call.world.people.find(ref) if ref else None
    if found is None:
        raise Invalid(f"The user named '{ref}' does not exist", status=404)
    return answer(user_json(call.view, found))


BOTH: Table = [
    ("GET", "/myself", myself),
    ("GET", "/serverInfo", server_info),
    ("GET", "/field", fields),
    ("GET", "/status", statuses),
    ("GET", "/issuetype", issue_types),
    ("GET", "/issueLinkType", link_types),
    ("GET", "/priority", priorities),
    ("GET", "/resolution", resolutions),
    ("GET", "/project/{project}", project),
    ("GET", "/mypermissions", permissions),
    ("GET", "/issue/createmeta/{project}/issuetypes", create_types),
    ("GET", "/issue/createmeta/{project}/issuetypes/{type}", create_fields),
    ("GET", "/user/assignable/search", assignable),
    ("GET", "/user", user),
]

CLOUD: Table = []
DATA_CENTER: Table = []
