"""Projects and their parts as Jira's JSON, in the dialect and API version that the reader asked for."""

from __future__ import annotations

from typing import Any

from pirsync.sandbox.tracker.nouns import ROLES, Component, Project, Role, SecurityLevel, Version
from pirsync.sandbox.tracker.projects import is_overdue, statuses_of

from .nouns_json import JSON, View, project_json, short_user_json, status_json, type_json

CLOUD_EXPANDS = "description,lead,issueTypes,url,projectKeys,permissions,insight"
DC_EXPANDS = "description,lead,url,projectKeys"


def listed_json(view: View, project: Project, expand: frozenset[str]) -> JSON:
    """A project as the lists of projects show it; description, lead, address and keys only when expanded."""
    value: JSON = {"expand": CLOUD_EXPANDS if view.world.is_cloud else DC_EXPANDS, **project_json(view, project)}
    if view.world.is_cloud:
        value.update({"style": "classic", "isPrivate": False, "properties": {}})
    else:
        value["archived"] = False
    if "description" in expand:
        value["description"] = project.description
    if "lead" in expand:
        value["lead"] = short_user_json(view, project.lead)
    if "url" in expand and project.url:
        value["url"] = project.url
    if "projectKeys" in expand:
        value["projectKeys"] = [project.key]
    if "issueTypes" in expand and view.world.is_cloud:
        value["issueTypes"] = _types(view, project)
    return value


def project_details(view: View, project: Project, expand: frozenset[str] = frozenset()) -> JSON:
    """A project as its own call answers it: with its work types, parts and roles."""
    roles = {role.name: f"{view.rest}/project/{project.id}/role/{role.id}" for role in ROLES.values()}
    whole = expand | {"description", "lead", "url"}
    return {
        **listed_json(view, project, whole),
        "components": [component_json(view, project, one) for one in project.components],
        "issueTypes": _types(view, project),
        "assigneeType": project.assignee_type,
        "versions": [version_json(view, project, one) for one in project.versions],
        "roles": roles,
    }


def _types(view: View, project: Project) -> list[JSON]:
    return [type_json(view, view.world.tracker.types[number]) for number in project.type_ids]


def component_json(view: View, project: Project, component: Component) -> JSON:
    """A component as its project lists it; new issues about it go to whom the project says."""
    value: JSON = {"self": f"{view.rest}/component/{component.id}", "id": component.id, "name": component.name}
    if component.description:
        value["description"] = component.description
    if component.lead is not None:
        value["lead"] = short_user_json(view, component.lead)
    types: JSON = {"assigneeType": "PROJECT_DEFAULT", "realAssigneeType": project.assignee_type}
    if project.assignee_type == "PROJECT_LEAD" and project.lead is not None:
        types["realAssignee"] = short_user_json(view, project.lead)
    place = {"isAssigneeTypeValid": True, "project": project.key, "projectId": int(project.id)}
    if not view.world.is_cloud:
        place.update({"archived": False, "deleted": False})
    return {**value, **types, **place}


def version_json(view: View, project: Project, version: Version) -> JSON:
    """A version as its project lists it."""
    value: JSON = {"self": f"{view.rest}/version/{version.id}", "id": version.id}
    if version.description:
        value["description"] = version.description
    value.update({"name": version.name, "archived": version.archived, "released": version.released})
    if version.start is not None:
        value.update({"startDate": version.start.isoformat(), "userStartDate": _day(version.start)})
    if version.release is not None:
        value.update({"releaseDate": version.release.isoformat(), "userReleaseDate": _day(version.release)})
        if not version.released:
            value["overdue"] = is_overdue(view.world, version)
    return {**value, "projectId": int(project.id)}


def _day(day: Any) -> str:
    return f"{day.day}/{day:%b}/{day:%y}"


def role_json(view: View, role: Role, project: Project) -> JSON:
    """A role with the accounts that have it in the project."""
    people = view.world.people
    actors = [one for name in project.members.get(role.id, ()) if (one := people.find(name)) is not None]
    shown: list[JSON] = []
    for place, user in enumerate(actors, 1):
        actor: JSON = {"id": int(project.id) * 100 + place, "displayName": user.display_name}
        actor["type"] = "atlassian-user-role-actor"
        if view.world.is_cloud:
            actor["actorUser"] = {"accountId": user.account_id}
        else:
            actor["name"] = user.name
        shown.append(actor)
    address = f"{view.rest}/project/{project.id}/role/{role.id}"
    words = {"name": role.name, "id": int(role.id), "description": role.description}
    return {"self": address, **words, "actors": shown}


def level_json(view: View, level: SecurityLevel) -> JSON:
    """A security level."""
    address = f"{view.rest}/securitylevel/{level.id}"
    return {"self": address, "id": level.id, "description": level.description, "name": level.name}


def scheme_json(view: View, project: Project) -> JSON:
    """The security scheme of a project, which is its alone; its levels are what the reader may see of them."""
    address = f"{view.rest}/issuesecurityschemes/{project.id}"
    words = {"name": f"{project.name} security", "description": f"Who may see the issues of {project.key}."}
    return {"self": address, "id": int(project.id), **words}


def workflow_json(view: View, project: Project) -> list[JSON]:
    """For each work type of the project the statuses that its issues may have."""
    tracker = view.world.tracker
    statuses = [status_json(view, tracker.statuses[one]) for one in statuses_of(project) if one in tracker.statuses]
    shown: list[JSON] = []
    for number in project.type_ids:
        kind = tracker.types[number]
        address = f"{view.rest}/issuetype/{kind.id}"
        shown.append({"self": address, "id": kind.id, "name": kind.name, "subtask": kind.subtask, "statuses": statuses})
    return shown
