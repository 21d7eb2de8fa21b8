"""The parts of a project over HTTP: components, versions, roles, security levels and properties."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, body_json, empty
from pirsync.sandbox.tracker import Invalid
from pirsync.sandbox.tracker.nouns import ROLES, Component, Project, Role, Version
from pirsync.sandbox.tracker.permissions import levels_of, may
from pirsync.sandbox.tracker.projects import add_component, add_version, component_of, version_of

from .call import Call, Table, project_named
from .fields import find_user
from .nouns_json import JSON
from .paging import paged
from .permissions import check_administer, check_administer_project
from .project_json import component_json, level_json, role_json, scheme_json, version_json
from .properties import check_property

LONGEST_NAME = 255


def _project(call: Call) -> Project:
    return project_named(call, call.path("project"))


def _sent_project(call: Call, body: JSON) -> Project:
    """The project that a new part is for; the caller must administer it."""
    actor = call.signed_in()
    ref = str(body.get("projectId") or body.get("project") or "")
    if not ref:
        raise Invalid(errors={"project": "A project must be specified."})
    project = project_named(call, ref)
    check_administer_project(call.world, actor, project)
    return project


def _name(body: JSON, taken: list[str], what: str) -> str:
    name = str(body.get("name") or "").strip()
    if not name:
        raise Invalid(errors={"name": f"The {what} name must not be empty."})
    if len(name) > LONGEST_NAME:
        raise Invalid(errors={"name": f"The {what} name must not exceed {LONGEST_NAME} characters in length."})
    if name.lower() in [one.lower() for one in taken]:
        raise Invalid(errors={"name": f"A {what} with this name already exists in this project."})
    return name


# ------------------------------------------------------------ components


def components(call: Call) -> Response:
    """GET project/{project}/components."""
    project = _project(call)
    return answer([component_json(call.view, project, one) for one in project.components])


def page_of_components(call: Call) -> Response:
    """GET project/{project}/component, Cloud only: by page, with words in name or description; issues are counted."""
    project, words = _project(call), (call.text("query") or "").lower()
    found = [one for one in project.components if words in f"{one.name} {one.description}".lower()]

    def shown(one: Component) -> JSON:
        issues = call.world.tracker.issues.values()
        count = sum(one.id in (issue.custom.get("components") or ()) for issue in issues)
        return {**component_json(call.view, project, one), "issueCount": count}

    return paged(call, sorted(found, key=lambda one: one.name.lower()), shown)


def create_component(call: Call) -> Response:
    """POST component: 201 with the component."""
    body = call.body()
    project = _sent_project(call, body)
    name = _name(body, [one.name for one in project.components], "component")
    ref = body.get("leadAccountId") if call.world.is_cloud else body.get("leadUserName")
    lead = find_user(call.world, {"accountId": ref} if call.world.is_cloud else {"name": ref})
    if ref and lead is None:
        raise Invalid(errors={"leadUserName": f"The user {ref} does not exist."})
    made = add_component(call.world, project, name, str(body.get("description") or ""), lead)
    return answer(component_json(call.view, project, made), 201)


def component(call: Call) -> Response:
    """GET component/{id}."""
    found = component_of(call.world, call.path("component"))
    if found is None or not may(call.world, call.user, "BROWSE_PROJECTS", found[0]):
        raise Invalid(f"The component with id {call.path('component')} does not exist.", status=404)
    return answer(component_json(call.view, *found))


# ------------------------------------------------------------ versions


def versions(call: Call) -> Response:
    """GET project/{project}/versions."""
    project = _project(call)
    return answer([version_json(call.view, project, one) for one in project.versions])


def page_of_versions(call: Call) -> Response:
    """GET project/{project}/version: by page, with words in the name."""
    project, words = _project(call), (call.text("query") or "").lower()
    found = [one for one in project.versions if words in one.name.lower()]
    return paged(call, found, lambda one: version_json(call.view, project, one))


def create_version(call: Call) -> Response:
    """POST version: 201 with the version."""
    body = call.body()
    project = _sent_project(call, body)
    made = Version(
        id="",
        name=_name(body, [one.name for one in project.versions], "version"),
        description=str(body.get("description") or ""),
        released=body.get("released") is True,
        archived=body.get("archived") is True,
        start=_day(body, "startDate"),
        release=_day(body, "releaseDate"),
    )
    if made.start and made.release and made.start > made.release:
        raise Invalid(errors={"startDate": "The start date must be before the release date."})
    return answer(version_json(call.view, project, add_version(call.world, project, made)), 201)


def _day(body: JSON, name: str) -> date | None:
    try:
        return date.fromisoformat(str(body[name])[:10]) if body.get(name) else None
    except ValueError:
        raise Invalid(errors={name: "The date must be of the form yyyy-MM-dd."}) from None


def version(call: Call) -> Response:
    """GET version/{id}."""
    found = version_of(call.world, call.path("id"))
    if found is None or not may(call.world, call.user, "BROWSE_PROJECTS", found[0]):
        raise Invalid(f"Could not find version for id '{call.path('version')}'", status=404)
    return answer(version_json(call.view, *found))


# ------------------------------------------------------------ roles


def _role(call: Call) -> Role:
    if call.path("role") not in ROLES:
        raise Invalid(f"Can not find role with id: {call.path('role')}", status=404)
    return ROLES[call.path("role")]


def project_roles(call: Call) -> Response:
    """GET project/{project}/role: addresses by name."""
    project = _project(call)
    return answer({one.name: f"{call.view.rest}/project/{project.id}/role/{one.id}" for one in ROLES.values()})


def project_role(call: Call) -> Response:
    """GET project/{project}/role/{id}: with who has it there."""
    return answer(role_json(call.view, _role(call), _project(call)))


def _bare_role(call: Call, one: Role) -> JSON:
    """A role of no project in particular; nobody has one by default."""
    words = {"name": one.name, "id": int(one.id), "description": one.description}
    return {"self": f"{call.view.rest}/role/{one.id}", **words, "actors": []}


def roles(call: Call) -> Response:
    """GET role: all roles; for administrators."""
    check_administer(call.world, call.signed_in())
    return answer([_bare_role(call, one) for one in ROLES.values()])


def role(call: Call) -> Response:
    """GET role/{id}; for administrators."""
    check_administer(call.world, call.signed_in())
    return answer(_bare_role(call, _role(call)))


# ------------------------------------------------------------ security levels


def security_levels(call: Call) -> Response:
    """GET project/{project}/securitylevel: those that the caller may set."""
    project = _project(call)
    return answer({"levels": [level_json(call.view, one) for one in levels_of(call.user, project)]})


def security_level(call: Call) -> Response:
    """GET securitylevel/{id}: one that the caller may see."""
    actor, number = call.signed_in(), call.path("level")
    for project in call.world.tracker.projects.values():
        for level in levels_of(actor, project):
            if level.id == number:
                return answer(level_json(call.view, level))
    raise Invalid(f"The security level with id '{number}' does not exist.", status=404)


def _secured(call: Call) -> list[Project]:
    return [one for one in call.world.tracker.projects.values() if one.security_levels]


def schemes(call: Call) -> Response:
    """GET issuesecurityschemes: for administrators."""
    check_administer(call.world, call.signed_in())
    return answer({"issueSecuritySchemes": [scheme_json(call.view, one) for one in _secured(call)]})


def _whole_scheme(call: Call, project: Project) -> Response:
    levels = [level_json(call.view, one) for one in project.security_levels]
    return answer({**scheme_json(call.view, project), "levels": levels})


def scheme(call: Call) -> Response:
    """GET issuesecurityschemes/{id}: with its levels; for administrators."""
    check_administer(call.world, call.signed_in())
    for project in _secured(call):
        if project.id == call.path("scheme"):
            return _whole_scheme(call, project)
    raise Invalid(f"The issue security scheme with id '{call.path('scheme')}' does not exist.", status=404)


def project_scheme(call: Call) -> Response:
    """GET project/{project}/issuesecuritylevelscheme: for the project's administrators."""
    actor, project = call.signed_in(), _project(call)
    check_administer_project(call.world, actor, project)
    if not project.security_levels:
        raise Invalid(f"No issue security scheme is associated with the project '{project.key}'.", status=404)
    return _whole_scheme(call, project)


# ------------------------------------------------------------ properties


def property_keys(call: Call) -> Response:
    """GET project/{project}/properties: the keys."""
    call.signed_in()
    project = _project(call)
    address = f"{call.view.rest}/project/{project.id}/properties"
    return answer({"keys": [{"self": f"{address}/{key}", "key": key} for key in project.properties]})


def property_value(call: Call) -> Response:
    """GET project/{project}/properties/{key}."""
    call.signed_in()
    project = _project(call)
    key = _known(call, project)
    return answer({"key": key, "value": project.properties[key]})


def _known(call: Call, project: Project) -> str:
    key = call.path("key")
    if key not in project.properties:
        raise Invalid(f"The property with key '{key}' does not exist.", status=404)
    return key


def put_property(call: Call) -> Response:
    """PUT project/{project}/properties/{key}: any JSON value; 201 when new, 200 when replaced, no body."""
    actor, project, key = call.signed_in(), _project(call), call.path("key")
    check_administer_project(call.world, actor, project)
    value: Any = body_json(call.request)
    if not call.request.state.body.strip():
        raise Invalid("The property value must be a valid, non-empty JSON.")
    check_property(key, value)
    known = key in project.properties
    project.properties[key] = value
    return empty(200 if known else 201)


def delete_property(call: Call) -> Response:
    """DELETE project/{project}/properties/{key}: 204."""
    actor, project = call.signed_in(), _project(call)
    check_administer_project(call.world, actor, project)
    del project.properties[_known(call, project)]
    return empty()


_PROJECT = "/project/{project}"

BOTH: Table = [
    ("GET", f"{_PROJECT}/components", components),
    ("POST", "/component", create_component),
    ("GET", "/component/{component}", component),
    ("GET", f"{_PROJECT}/versions", versions),
    ("GET", f"{_PROJECT}/version", page_of_versions),
    ("POST", "/version", create_version),
    ("GET", "/version/{id}", version),
    ("GET", f"{_PROJECT}/role", project_roles),
    ("GET", f"{_PROJECT}/role/{{role}}", project_role),
    ("GET", "/role", roles),
    ("GET", "/role/{role}", role),
    ("GET", f"{_PROJECT}/securitylevel", security_levels),
    ("GET", "/securitylevel/{level}", security_level),
    ("GET", "/issuesecurityschemes", schemes),
    ("GET", "/issuesecurityschemes/{scheme}", scheme),
    ("GET", f"{_PROJECT}/issuesecuritylevelscheme", project_scheme),
    ("GET", f"{_PROJECT}/properties", property_keys),
    ("GET", f"{_PROJECT}/properties/{{key}}", property_value),
    ("PUT", f"{_PROJECT}/properties/{{key}}", put_property),
    ("DELETE", f"{_PROJECT}/properties/{{key}}", delete_property),
]

CLOUD: Table = [("GET", f"{_PROJECT}/component", page_of_components)]
