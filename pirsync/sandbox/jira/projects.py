"""Projects over HTTP: listed, searched, read, created and deleted."""

from __future__ import annotations

import re
from typing import cast

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import Invalid
from pirsync.sandbox.tracker.nouns import Project
from pirsync.sandbox.tracker.permissions import may
from pirsync.sandbox.tracker.projects import TypeKey, create_project, delete_project

from .call import Call, Table, project_named
from .fields import find_user
from .nouns_json import JSON
from .paging import paged
from .permissions import check_administer
from .project_json import listed_json, project_details, workflow_json

TYPES: dict[TypeKey, tuple[str, str, str]] = {
    "software": ("Software", "jira.project.type.software.description", "#F5F5F5"),
    "service_desk": ("Service Desk", "jira.project.type.servicedesk.description", "#67AB49"),
    "business": ("Business", "jira.project.type.business.description", "#FFFFFF"),
}
LONGEST_NAME = 80
LONGEST_KEY = 10

_KEY = re.compile(r"[A-Z][A-Z0-9_]+")
_TEMPLATES: dict[str, TypeKey] = {
    "com.pyxis.greenhopper.jira": "software",
    "com.atlassian.servicedesk": "service_desk",
    "com.atlassian.jira-core-project-templates": "business",
}


def _visible(call: Call) -> list[Project]:
    found = [one for one in call.world.tracker.projects.values() if may(call.world, call.user, "BROWSE_PROJECTS", one)]
    return sorted(found, key=lambda one: one.name.lower())


def projects(call: Call) -> Response:
    """GET project: all that the caller may browse, by name."""
    expand = frozenset(call.names("expand"))
    return answer([listed_json(call.view, one, expand) for one in _visible(call)])


def search(call: Call) -> Response:
    """GET project/search, Cloud only: by page, with these ids, keys or types, or with words in key or name."""
    ids, keys, kinds = call.names("id"), {one.upper() for one in call.names("keys")}, call.names("typeKey")
    words, order = (call.text("query") or "").lower(), call.text("orderBy") or "key"
    found = [
        one
        for one in _visible(call)
        if (not ids or one.id in ids)
        and (not keys or one.key in keys)
        and (not kinds or one.type_key in kinds)
        and (words in one.key.lower() or words in one.name.lower())
    ]
    name = order.lstrip("+-")
    if name not in ("key", "name"):
        raise Invalid(f"The 'orderBy' parameter cannot be '{order}'.")
    found.sort(key=lambda one: (one.key if name == "key" else one.name).lower(), reverse=order.startswith("-"))
    expand = frozenset(call.names("expand"))
    return paged(call, found, lambda one: listed_json(call.view, one, expand))


def project(call: Call) -> Response:
    """GET project/{key or id}; 404 when it is not there or not visible."""
    found = project_named(call, call.path("project"))
    return answer(project_details(call.view, found, frozenset(call.names("expand"))))


def statuses(call: Call) -> Response:
    """GET project/{project}/statuses: for each work type those that its issues may have."""
    return answer(workflow_json(call.view, project_named(call, call.path("project"))))


def create(call: Call) -> Response:
    """POST project: 201 with id, key and self; 400 with every wrong part; 403 for those who may not administer."""
    check_administer(call.world, call.signed_in())
    body = call.body()
    name, key = str(body.get("name") or "").strip(), str(body.get("key") or "")
    lead, type_key = _lead(call, body), _type_key(body)
    errors = {**_name_errors(call, name), **_key_errors(call, key)}
    if lead is None:
        errors["projectLead"] = "You must specify a valid project lead."
    if type_key is None:
        errors["projectType"] = "An invalid project type was specified. Make sure the project type is installed."
    if errors:
        raise Invalid(errors=errors)
    made = create_project(call.world, key, name, cast("TypeKey", type_key), cast("User", lead))
    made.description, made.url = str(body.get("description") or ""), str(body.get("url") or "")
    made.assignee_type = "PROJECT_LEAD" if body.get("assigneeType") == "PROJECT_LEAD" else "UNASSIGNED"
    return answer({"self": f"{call.view.rest}/project/{made.id}", "id": int(made.id), "key": made.key}, 201)


def _name_errors(call: Call, name: str) -> dict[str, str]:
    if not name:
        return {"projectName": "You must specify a valid project name."}
    if len(name) > LONGEST_NAME:
        return {"projectName": f"The project name must not exceed {LONGEST_NAME} characters in length."}
    if any(one.name.lower() == name.lower() for one in call.world.tracker.projects.values()):
        return {"projectName": "A project with that name already exists."}
    return {}


def _key_errors(call: Call, key: str) -> dict[str, str]:
    if not key:
        return {"projectKey": "You must specify a valid project key."}
    if len(key) > LONGEST_KEY:
        return {"projectKey": f"The project key must not exceed {LONGEST_KEY} characters in length."}
    if not _KEY.fullmatch(key):
        text = "Project keys must start with an uppercase letter, followed by one or more uppercase alphanumeric "
        return {"projectKey": text + "characters."}
    taken = call.world.tracker.project(key)
    return {"projectKey": f"Project '{taken.name}' uses this project key."} if taken else {}


def _lead(call: Call, body: JSON) -> User | None:
    """The account that the body names; Data Center, which lets it be left out, takes the caller then."""
    if call.world.is_cloud:
        found = find_user(call.world, {"accountId": body.get("leadAccountId")})
    elif body.get("lead"):
        found = find_user(call.world, {"name": body["lead"]})
    else:
        found = call.user
    return found if found is not None and found.active else None


def _type_key(body: JSON) -> TypeKey | None:
    """The type that the body names, or else the one of its template."""
    sent = body.get("projectTypeKey")
    if sent is None:
        sent = _TEMPLATES.get(str(body.get("projectTemplateKey") or "").partition(":")[0])
    return next((one for one in TYPES if one == sent), None)


def delete(call: Call) -> Response:
    """DELETE project: 204, and its issues are gone; without administration Cloud knows no such project."""
    actor, found = call.signed_in(), project_named(call, call.path("project"))
    if call.world.is_cloud and not may(call.world, actor, "ADMINISTER"):
        raise Invalid(f"No project could be found with key '{call.path('project')}'.", status=404)
    check_administer(call.world, actor)
    delete_project(call.world, found)
    return empty()


def _type_json(key: TypeKey) -> JSON:
    text, description, colour = TYPES[key]
    return {"key": key, "formattedKey": text, "descriptionI18nKey": description, "icon": "", "color": colour}


def types(call: Call) -> Response:
    """GET project/type."""
    call.signed_in()
    return answer([_type_json(one) for one in TYPES])


def project_type(call: Call) -> Response:
    """GET project/type/{key}."""
    call.signed_in()
    for one in TYPES:
        if one == call.path("type"):
            return answer(_type_json(one))
    raise Invalid(f"The project type '{call.path('type')}' does not exist.", status=404)


BOTH: Table = [
    ("GET", "/project", projects),
    ("POST", "/project", create),
    ("GET", "/project/type", types),
    ("GET", "/project/type/{type}", project_type),
    ("GET", "/project/{project}", project),
    ("DELETE", "/project/{project}", delete),
    ("GET", "/project/{project}/statuses", statuses),
]

CLOUD: Table = [("GET", "/project/search", search)]
