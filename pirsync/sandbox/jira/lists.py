"""What the whole site is configured with: fields, statuses, work types, priorities, resolutions, kinds of links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.tracker import Invalid
from pirsync.sandbox.tracker.nouns import CUSTOM_KINDS, FieldDef, IssueType, LinkType, Priority, Resolution, Status
from pirsync.sandbox.tracker.permissions import may
from pirsync.sandbox.tracker.projects import statuses_of

from .call import Call, Table, project_named
from .fields import default_priority
from .nouns_json import (
    CATEGORIES,
    JSON,
    View,
    category_json,
    field_json,
    link_type_json,
    priority_json,
    resolution_json,
    status_json,
    type_json,
)
from .paging import paged

Named = TypeVar("Named", Status, IssueType, Priority, Resolution, LinkType)


def _one(known: dict[str, Named], ref: str, text: str) -> Named:
    if ref not in known:
        raise Invalid(text, status=404)
    return known[ref]


def _chosen(call: Call, known: Iterable[Named], parameter: str = "") -> list[Named]:
    """Those whose ids the query lists and whose names have its words, in any case; all unless it says something."""
    ids, words = call.names("id"), (call.text(parameter or "query") or "").lower()
    return [one for one in known if (not ids or one.id in ids) and words in one.name.lower()]


# ------------------------------------------------------------ fields


def fields(call: Call) -> Response:
    """GET field: system and custom fields."""
    return answer([field_json(call.view, one) for one in call.world.tracker.fields.values()])


def search_fields(call: Call) -> Response:
    """GET field/search, Cloud only: by page, of a `type`, with these ids, or with words in the name."""
    call.signed_in()
    kinds, ids, words = call.names("type"), call.names("id"), (call.text("query") or "").lower()
    found = [
        one
        for one in call.world.tracker.fields.values()
        if (not kinds or ("custom" if one.custom else "system") in kinds)
        and (not ids or one.id in ids)
        and words in one.name.lower()
    ]
    return paged(call, sorted(found, key=lambda one: one.name.lower()), lambda one: _searched(call.view, one))


def _searched(view: View, definition: FieldDef) -> JSON:
    shown = field_json(view, definition)
    value: JSON = {name: shown[name] for name in ("id", "key", "name", "schema")}
    return {**value, "description": "", "isLocked": False} if definition.custom else value


def create_field(call: Call) -> Response:
    """POST field: a custom field of a known type; 201 with the field, which is on no create screen yet."""
    actor, body = call.signed_in(), call.body()
    if not may(call.world, actor, "ADMINISTER"):
        raise Invalid("Only Jira administrators can create custom fields.", status=400 if call.world.is_cloud else 403)
    name, kind = str(body.get("name") or "").strip(), str(body.get("type") or "")
    errors = {}
    if not name:
        errors["name"] = "The name is required."
    if kind not in CUSTOM_KINDS:
        errors["type"] = f"Invalid custom field type: {kind}" if kind else "The type is required."
    if errors:
        raise Invalid(errors=errors)
    schema, items = CUSTOM_KINDS[kind]
    made = FieldDef(f"customfield_{call.world.tracker.next_id()}", name, schema, kind, items)
    call.world.tracker.fields[made.id] = made
    return answer(field_json(call.view, made), 201)


# ------------------------------------------------------------ statuses


def statuses(call: Call) -> Response:
    """GET status."""
    return answer([status_json(call.view, one) for one in call.world.tracker.statuses.values()])


def status(call: Call) -> Response:
    """GET status/{idOrName}."""
    ref, known = call.path("status"), call.world.tracker.statuses
    named = next((one.id for one in known.values() if one.name.lower() == ref.lower()), ref)
    number = ref if ref in known else named
    return answer(status_json(call.view, _one(known, number, f"The status with id or name '{ref}' does not exist")))


_CLOUD_CATEGORIES = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}


def _global(one: Status) -> JSON:
    words = {"id": one.id, "name": one.name, "statusCategory": _CLOUD_CATEGORIES[one.category], "description": ""}
    return {**words, "scope": {"type": "GLOBAL"}}


def search_statuses(call: Call) -> Response:
    """GET statuses/search, Cloud only: by page, of a project, of a category, or with words in the name."""
    call.signed_in()
    found = _chosen(call, call.world.tracker.statuses.values(), "searchString")
    category = call.text("statusCategory")
    if category and category not in _CLOUD_CATEGORIES.values():
        raise Invalid(f"Invalid status category: {category}")
    ref = call.text("projectId")
    of_project = statuses_of(project_named(call, ref)) if ref else None
    kept = [
        one
        for one in found
        if (not category or _CLOUD_CATEGORIES[one.category] == category)
        and (of_project is None or one.id in of_project)
    ]
    return paged(call, kept, _global, usual=200)


def statuses_by_id(call: Call) -> Response:
    """GET statuses, Cloud only: those with these ids."""
    call.signed_in()
    ids, known = call.names("id"), call.world.tracker.statuses
    if not ids:
        raise Invalid("The 'id' query parameter is required.")
    return answer([_global(known[one]) for one in ids if one in known])


def categories(call: Call) -> Response:
    """GET statuscategory."""
    return answer([category_json(call.view, one) for one in CATEGORIES])


def category(call: Call) -> Response:
    """GET statuscategory/{idOrKey}."""
    ref = call.path("category")
    for key, (number, _, _) in CATEGORIES.items():
        if ref in (str(number), key):
            return answer(category_json(call.view, key))
    raise Invalid(f"The status category with id or key '{ref}' does not exist.", status=404)


# ------------------------------------------------------------ work types, links, priorities, resolutions


def issue_types(call: Call) -> Response:
    """GET issuetype."""
    return answer([type_json(call.view, one) for one in call.world.tracker.types.values()])


def issue_type(call: Call) -> Response:
    """GET issuetype/{id}."""
    text = f"The issue type with id '{call.path('type')}' does not exist"
    return answer(type_json(call.view, _one(call.world.tracker.types, call.path("type"), text)))


def types_of_project(call: Call) -> Response:
    """GET issuetype/project, Cloud only: those of a project, of a `level` of the hierarchy if one is asked for."""
    project = project_named(call, call.text("projectId") or "")
    shown = [type_json(call.view, call.world.tracker.types[number]) for number in project.type_ids]
    level = call.text("level")
    return answer([one for one in shown if level in (None, str(one["hierarchyLevel"]))])


def page_of_types(call: Call) -> Response:
    """GET issuetype/page, Data Center only."""
    return paged(call, _chosen(call, call.world.tracker.types.values()), lambda one: type_json(call.view, one))


def link_types(call: Call) -> Response:
    """GET issueLinkType."""
    kinds = [link_type_json(call.view, one) for one in call.world.tracker.link_types.values()]
    return answer({"issueLinkTypes": kinds})


def link_type(call: Call) -> Response:
    """GET issueLinkType/{id}."""
    text = f"No issue link type with id '{call.path('type')}' found."
    return answer(link_type_json(call.view, _one(call.world.tracker.link_types, call.path("type"), text)))


def _priority(call: Call) -> Callable[[Priority], JSON]:
    default = default_priority(call.world)

    def shown(one: Priority) -> JSON:
        value = {**priority_json(call.view, one), "description": "", "statusColor": one.colour}
        return {**value, "isDefault": one == default} if call.world.is_cloud else value

    return shown


def priorities(call: Call) -> Response:
    """GET priority."""
    return answer([_priority(call)(one) for one in call.world.tracker.priorities.values()])


def priority(call: Call) -> Response:
    """GET priority/{id}."""
    text = f"The priority with id '{call.path('priority')}' does not exist"
    return answer(_priority(call)(_one(call.world.tracker.priorities, call.path("priority"), text)))


def search_priorities(call: Call) -> Response:
    """GET priority/search on Cloud, priority/page on Data Center: by page."""
    parameter = "priorityName" if call.world.is_cloud else "query"
    found = _chosen(call, call.world.tracker.priorities.values(), parameter)
    if call.text("onlyDefault") == "true":
        found = [one for one in found if one == default_priority(call.world)]
    return paged(call, found, _priority(call))


def resolutions(call: Call) -> Response:
    """GET resolution."""
    return answer([resolution_json(call.view, one) for one in call.world.tracker.resolutions.values()])


def resolution(call: Call) -> Response:
    """GET resolution/{id}."""
    text = f"The resolution with id '{call.path('resolution')}' does not exist"
    return answer(resolution_json(call.view, _one(call.world.tracker.resolutions, call.path("resolution"), text)))


def search_resolutions(call: Call) -> Response:
    """GET resolution/search on Cloud, resolution/page on Data Center: by page; none is the default."""
    found = _chosen(call, call.world.tracker.resolutions.values())
    if call.text("onlyDefault") == "true":
        found = []
    extra: JSON = {"default": False} if call.world.is_cloud else {}
    return paged(call, found, lambda one: {**resolution_json(call.view, one), **extra})


BOTH: Table = [
    ("GET", "/field", fields),
    ("POST", "/field", create_field),
    ("GET", "/status", statuses),
    ("GET", "/status/{status}", status),
    ("GET", "/statuscategory", categories),
    ("GET", "/statuscategory/{category}", category),
    ("GET", "/issuetype", issue_types),
    ("GET", "/issuetype/{type}", issue_type),
    ("GET", "/issueLinkType", link_types),
    ("GET", "/issueLinkType/{type}", link_type),
    ("GET", "/priority", priorities),
    ("GET", "/priority/{priority}", priority),
    ("GET", "/resolution", resolutions),
    ("GET", "/resolution/{resolution}", resolution),
]

CLOUD: Table = [
    ("GET", "/field/search", search_fields),
    ("GET", "/statuses", statuses_by_id),
    ("GET", "/statuses/search", search_statuses),
    ("GET", "/issuetype/project", types_of_project),
    ("GET", "/priority/search", search_priorities),
    ("GET", "/resolution/search", search_resolutions),
]

DATA_CENTER: Table = [
    ("GET", "/issuetype/page", page_of_types),
    ("GET", "/priority/page", search_priorities),
    ("GET", "/resolution/page", search_resolutions),
]
