"""What may be set on a new issue and on an existing one: createmeta in both its forms, and editmeta."""

from __future__ import annotations

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.tracker import Invalid
from pirsync.sandbox.tracker.nouns import Project
from pirsync.sandbox.tracker.permissions import may

from .call import ISSUE, Call, Table
from .nouns_json import JSON, project_json, type_json
from .screens import create_screen, edit_screen, keyed


def _project(call: Call) -> Project:
    """The path's project; 400 where it is not there for this caller, as both products document it."""
    call.signed_in()
    ref = call.path("project")
    project = call.project(ref)
    if project is None:
        raise Invalid(f"No project could be found with key '{ref}'.")
    return project


def _may_create(call: Call, project: Project) -> bool:
    return may(call.world, call.user, "CREATE_ISSUES", project)


def types(call: Call) -> Response:
    """GET createmeta/{project}/issuetypes: by page; none for those who may not create."""
    project = _project(call)
    ids = project.type_ids if _may_create(call, project) else []
    return _paged(call, "issueTypes", [type_json(call.view, call.world.tracker.types[number]) for number in ids])


def fields(call: Call) -> Response:
    """GET createmeta/{project}/issuetypes/{type}: the create screen's fields, by page."""
    project, type_id = _project(call), call.path("type")
    if type_id not in project.type_ids:
        raise Invalid(f"Issue type '{type_id}' is not valid for the project.")
    return _paged(call, "fields", create_screen(call.view, project, type_id) if _may_create(call, project) else [])


def _paged(call: Call, cloud_name: str, every: list[JSON]) -> Response:
    start, page = call.number("startAt", 0), min(call.number("maxResults", 50), 200)
    shown = every[start : start + page]
    value: JSON = {"maxResults": page, "startAt": start, "total": len(every)}
    if call.world.is_cloud:
        return answer({**value, cloud_name: shown})
    return answer({**value, "isLast": start + page >= len(every), "values": shown})


def whole(call: Call) -> Response:
    """GET createmeta, Cloud only: all projects at once. Said to be removed, but sites still answer it."""
    projects = [one for one in call.world.tracker.projects.values() if call.project(one.key)]
    ids, keys = call.names("projectIds"), {key.upper() for key in call.names("projectKeys")}
    if ids or keys:
        projects = [one for one in projects if one.id in ids or one.key.upper() in keys]
    shown = [_whole_project(call, one) for one in projects if _may_create(call, one)]
    return answer({"expand": "projects", "projects": shown})


def _whole_project(call: Call, project: Project) -> JSON:
    short = project_json(call.view, project)
    value: JSON = {"expand": "issuetypes", **{name: short[name] for name in ("self", "id", "key", "name")}}
    return {**value, "avatarUrls": short["avatarUrls"], "issuetypes": _whole_types(call, project)}


def _whole_types(call: Call, project: Project) -> list[JSON]:
    # Names with commas would be split, as in Jira.
    ids, names = call.names("issuetypeIds"), call.request.query_params.getlist("issuetypeNames")
    shown: list[JSON] = []
    for number in project.type_ids:
        kind = call.world.tracker.types[number]
        if (ids or names) and number not in ids and kind.name not in names:
            continue
        value: JSON = {**type_json(call.view, kind), "untranslatedName": kind.name}
        if "projects.issuetypes.fields" in call.names("expand"):
            screen = create_screen(call.view, project, number)
            value.update({"expand": "fields", "fields": {one["fieldId"]: keyed(one) for one in screen}})
        shown.append(value)
    return shown


def editable(call: Call) -> Response:
    """GET editmeta: the fields that this caller may set; none is no error."""
    return answer({"fields": edit_screen(call.view, call.issue)})


BOTH: Table = [
    ("GET", "/issue/createmeta/{project}/issuetypes", types),
    ("GET", "/issue/createmeta/{project}/issuetypes/{type}", fields),
    ("GET", f"{ISSUE}/editmeta", editable),
]

CLOUD: Table = [("GET", "/issue/createmeta", whole)]
