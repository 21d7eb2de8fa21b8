"""Jira's calls about itself and the caller: who asks, what server this is, what the caller may do."""

from __future__ import annotations

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import Invalid, project_of
from pirsync.sandbox.tracker.permissions import PERMISSIONS, Permission, may, may_somewhere

from .call import Call, Table, project_named
from .nouns_json import JSON, user_json
from .permissions import check_administer
from .users import account_json


def myself(call: Call) -> Response:
    """GET myself: the account; 401 for anonymous."""
    return answer(account_json(call, call.signed_in()))


def server_info(call: Call) -> Response:
    """GET serverInfo: needs no account, so it proves nothing of credentials."""
    world = call.world
    # The site's own address, whatever gateway the call came through.
    value: JSON = {"baseUrl": world.base_url if world.is_cloud else world.jira_url}
    if world.is_cloud:
        value["displayUrl"] = world.base_url
        for product in ("ServicedeskHelpCenter", "CSMHelpSeeker", "Confluence"):
            value[f"displayUrl{product}"] = world.base_url
        value["defaultLocale"] = {"locale": "en_US"}
        value.update({"version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud"})
    else:
        value.update({"version": "10.3.24", "versionNumbers": [10, 3, 24], "deploymentType": "Server"})
    built = {"buildNumber": 100290, "buildDate": "2026-02-06T12:38:29.000+0000"}
    value.update({**built, "serverTime": call.view.stamp(world.clock.now())})
    return answer({**value, "scmInfo": "5ad8b0c", "serverTitle": "Jira", "serverTimeZone": "Etc/UTC"})


def configuration(call: Call) -> Response:
    """GET configuration: what is switched on; the sandbox keeps no time."""
    call.signed_in()
    on = ("unassignedIssuesAllowed", "subTasksEnabled", "issueLinkingEnabled", "attachmentsEnabled")
    return answer({**dict.fromkeys((*on, "votingEnabled", "watchingEnabled"), True), "timeTrackingEnabled": False})


def my_permissions(call: Call) -> Response:
    """GET mypermissions: Cloud wants them named, Data Center answers all."""
    user = call.signed_in()
    names = call.names("permissions")
    if call.world.is_cloud and not names:
        raise Invalid("The 'permissions' query parameter is required.")
    strange = [name for name in names if name not in PERMISSIONS]
    if strange and call.world.is_cloud:
        raise Invalid(f"Unrecognized permission keys: {', '.join(strange)}")
    held = {name: _has(call, user, name) for name in (names if call.world.is_cloud else tuple(PERMISSIONS))}
    shown = {
        name: {"id": PERMISSIONS[name].number, **_permission(PERMISSIONS[name]), "havePermission": has}
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
        return may(call.world, user, name, project_named(call, project_ref))
    return may_somewhere(call.world, user, name)


def _permission(permission: Permission) -> JSON:
    words = {"name": permission.name, "type": permission.kind, "description": permission.description}
    return {"key": permission.key, **words}


def every_permission(call: Call) -> Response:
    """GET permissions: all that there are, for administrators."""
    check_administer(call.world, call.signed_in())
    return answer({"permissions": {name: _permission(one) for name, one in PERMISSIONS.items()}})


def session(call: Call) -> Response:
    """GET /rest/auth/1/session, Data Center only: how old clients ask who they are."""
    user = user_json(call.view, call.signed_in()) or {}
    now = call.view.stamp(call.world.clock.now())
    return answer(
        {"self": user["self"], "name": user["name"], "loginInfo": {"loginCount": 1, "previousLoginTime": now}}
    )


BOTH: Table = [
    ("GET", "/myself", myself),
    ("GET", "/serverInfo", server_info),
    ("GET", "/configuration", configuration),
    ("GET", "/mypermissions", my_permissions),
    ("GET", "/permissions", every_permission),
]
