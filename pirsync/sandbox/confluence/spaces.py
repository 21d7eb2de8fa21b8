"""Spaces over HTTP: by id in Cloud's `/api/v2`, by key in the older API of both dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_object
from pirsync.sandbox.wiki import Page, Space, Task, find_page, remove_property, set_property
from pirsync.sandbox.wiki.spaces import checked_name, delete_space, key_from, make_space, pages_in

from .call import Failed, bad_request, checked_value, number_required, required, text_required
from .parts import Call, alone, flag, known_actor, old_list, part, several, sorted_by, visible_space
from .v1_json import Asked, Json, content_json, expansions, moment, plain_list, space_json, user_json
from .v2_json import listing, space_v2_json

if TYPE_CHECKING:
    from pirsync.sandbox.people import User
    from pirsync.sandbox.world import World

_KINDS = ("global", "personal", "collaboration", "knowledge_base", "system", "onboarding", "xflow_sample_space")
_STATES = ("current", "archived")
_READ = (("read", "space"),)
_WRITE = (
    *_READ,
    ("update", "space"),
    ("delete", "space"),
    ("create", "page"),
    ("create", "comment"),
    ("create", "attachment"),
)

# ------------------------------------------------------------ /api/v2


def _listed(world: World, request: Request) -> Response:
    keys, ids = several(request, "keys"), several(request, "ids")
    kinds, states = several(request, "type", _KINDS), several(request, "status", _STATES)
    labels = several(request, "labels")
    shown = _description_format(request)
    found = [
        space
        for space in _spaces(world, request)
        if (not keys or space.key in keys)
        and (not ids or str(space.id) in ids)
        and (not kinds or space.kind in kinds)
        and (not states or space.status in states)
        and labels <= set(space.labels)
    ]
    orders = {"id": lambda one: one.id, "key": lambda one: one.key, "name": lambda one: one.name.casefold()}
    ordered = sorted_by(request, found, orders, "id")
    return listing(world, request, ordered, lambda space: _shape(space, shown))


def _spaces(world: World, request: Request) -> list[Space]:
    return list(world.wiki.spaces.values()) if actor(world, request) is not None else []


def _description_format(request: Request) -> str:
    shown = request.query_params.get("description-format", "")
    if shown not in ("", "plain", "view"):
        raise bad_request(f"Provided value {{{shown}}} for 'description-format' is not valid")
    return shown


def _shape(space: Space, shown: str) -> Json:
    answered = space_v2_json(space)
    if shown:
        answered["description"] = {shown: {"representation": shown, "value": space.description}}
    return answered


def _read(world: World, request: Request) -> Response:
    _, space = visible_space(world, request)
    answered = _shape(space, _description_format(request))
    own = f"/wiki/api/v2/spaces/{space.id}"
    if flag(request, "include-operations"):
        answered["operations"] = part(_allowed(), f"{own}/operations")
    if flag(request, "include-labels"):
        named = [{"id": str(world.wiki.label_ids[name]), "name": name, "prefix": "team"} for name in space.labels]
        answered["labels"] = part(named, f"{own}/labels")
    return answer(alone(world, answered))


def _operations(world: World, request: Request) -> Response:
    visible_space(world, request)
    return answer({"operations": _allowed()})


def _allowed() -> list[Json]:
    return [{"operation": name, "targetType": kind} for name, kind in _WRITE]


def _create(world: World, request: Request) -> Response:
    user = known_actor(world, request)
    body = body_object(request)
    if body.get("createPrivateSpace") or body.get("roleAssignments") or body.get("templateKey"):
        raise bad_request("Spaces are made open to everybody and empty: without roles and templates")
    name = text_required(body, "name")
    key = str(body.get("key") or body.get("alias") or key_from(world, name))
    described = body.get("description")
    description = text_required(described, "value") if isinstance(described, dict) else ""
    return answer(alone(world, _shape(make_space(world, user, key, name, description), "")), 201)


NEW: tuple[Call, ...] = (
    ("GET", "/spaces", _listed),
    ("POST", "/spaces", _create),
    ("GET", "/spaces/{id}", _read),
    ("GET", "/spaces/{id}/operations", _operations),
)

# ------------------------------------------------------------ /rest/api


def _old_listed(world: World, request: Request) -> Response:
    query = request.query_params
    keys = several(request, "spaceKey") | several(request, "spaceKeys")
    ids, labels = several(request, "spaceId") | several(request, "spaceIds"), several(request, "label")
    asked = _asked(world, request)
    found = [
        space
        for space in _spaces(world, request)
        if (not keys or space.key in keys)
        and (not ids or str(space.id) in ids)
        and query.get("type", space.kind) == space.kind
        and query.get("status", space.status).lower() == space.status
        and labels <= set(space.labels)
    ]
    return old_list(world, request, found, lambda space: old_space_json(asked, space))


def _old_read(world: World, request: Request) -> Response:
    _, space = visible_space(world, request, "key")
    return answer(_old_alone(world, old_space_json(_asked(world, request), space)))


def _old_create(world: World, request: Request) -> Response:
    user = known_actor(world, request)
    body = body_object(request)
    name = text_required(body, "name")
    key = str(body.get("key") or "")
    if not key and not world.is_cloud:
        raise bad_request("A space key is required")
    space = make_space(world, user, key or key_from(world, name), name, _described(body) or "")
    shown = Asked(world, user, frozenset({"description.plain", "homepage"}))
    return answer(_old_alone(world, old_space_json(shown, space)))


def _old_update(world: World, request: Request) -> Response:
    user, space = visible_space(world, request, "key")
    body = body_object(request)
    description = _described(body)
    name = checked_name(text_required(body, "name")) if body.get("name") is not None else space.name
    status = str(body.get("status") or space.status).lower()
    if status not in _STATES:
        raise bad_request(f"Invalid status: {status}")
    if body.get("homepage"):
        home = find_page(world, str(required(body, "homepage", "id")))
        if home is None or home.space_id != space.id or home.status != "current":
            raise bad_request("The home page must be a page of the space")
        space.homepage_id = home.id
    space.name, space.status = name, "archived" if status == "archived" else "current"
    space.description = space.description if description is None else description
    shown = Asked(world, user, frozenset({"description.plain", "homepage"}))
    return answer(_old_alone(world, old_space_json(shown, space)))


def _described(body: Json) -> str | None:
    described = body.get("description")
    return text_required(described, "plain", "value") if isinstance(described, dict) else None


def _old_delete(world: World, request: Request) -> Response:
    _, space = visible_space(world, request, "key")
    delete_space(world, space)
    task = Task(world.wiki.new_id(), "Delete space", world.clock.now())
    world.wiki.tasks[task.id] = task
    return answer({"id": str(task.id), "links": {"status": f"/rest/api/longtask/{task.id}"}}, 202)


def _old_contents(world: World, request: Request) -> Response:
    """The space's pages and blog posts, each kind a list of its own."""
    user, space = visible_space(world, request, "key")
    asked, own = Asked(world, user, expansions(request.query_params.get("expand", ""))), _own(world, space)
    found = _wanted(request, pages_in(world, user, space))
    shown: Json = {}
    for kind in ("page", "blogpost"):
        of_kind = [content_json(asked, page) for page in found if page.kind == kind][:25]
        shown[kind] = {**plain_list(of_kind, 0, 25), "_links": {"self": f"{own}/content/{kind}"}}
    return answer({**shown, "_links": {"self": f"{own}/content", "base": world.wiki_url}})


def _old_contents_of(world: World, request: Request) -> Response:
    user, space = visible_space(world, request, "key")
    kind = request.path_params["type"]
    if kind not in ("page", "blogpost"):
        raise bad_request(f"Invalid content type: {kind}")
    asked = Asked(world, user, expansions(request.query_params.get("expand", "")))
    found = [page for page in _wanted(request, pages_in(world, user, space)) if page.kind == kind]
    return old_list(world, request, found, lambda page: content_json(asked, page))


def _wanted(request: Request, pages: list[Page]) -> list[Page]:
    depth = request.query_params.get("depth", "all")
    if depth not in ("all", "root"):
        raise bad_request("depth must be all or root")
    return pages if depth == "all" else [page for page in pages if page.parent_id is None]


def _asked(world: World, request: Request) -> Asked:
    return Asked(world, actor(world, request), expansions(request.query_params.get("expand", "")))


def _own(world: World, space: Space) -> str:
    return f"{world.wiki_url}/rest/api/space/{space.key}"


def old_space_json(asked: Asked, space: Space) -> Json:
    """A space with the expansions that were asked for."""
    world, answered = asked.world, space_json(asked.world, space)
    unexpanded = answered["_expandable"]
    home = world.wiki.pages.get(space.homepage_id)
    if asked.wants("homepage") and home is not None:
        answered["homepage"] = content_json(asked.below("homepage"), home)
        del unexpanded["homepage"]
    if asked.wants("description"):
        plain = {"value": space.description, "representation": "plain", "embeddedContent": []}
        answered["description"] = {"plain": plain, "_expandable": {"view": ""}}
        del unexpanded["description"]
    if asked.wants("history"):
        answered["history"] = {"createdDate": moment(space.created), "createdBy": user_json(world, space.creator)}
    return answered


def _old_alone(world: World, space: Json) -> Json:
    context = "/wiki" if world.is_cloud else "/confluence"
    return {**space, "_links": {**space["_links"], "base": world.wiki_url, "context": context}}


OLD: tuple[Call, ...] = (
    ("POST", "/space", _old_create),
    ("PUT", "/space/{key}", _old_update),
    ("DELETE", "/space/{key}", _old_delete),
)
"""Paths below `/rest/api` of both dialects."""
OLD_READING: tuple[Call, ...] = (
    ("GET", "/space", _old_listed),
    ("GET", "/space/{key}", _old_read),
    ("GET", "/space/{key}/content", _old_contents),
    ("GET", "/space/{key}/content/{type}", _old_contents_of),
)
"""The same, but deprecated on Cloud."""

# ------------------------------------------------------------ properties of Data Center


def _properties(world: World, request: Request) -> Response:
    _, space = visible_space(world, request, "key")
    return old_list(world, request, list(space.properties.values()), lambda prop: _property_json(world, space, prop))


def _property(world: World, request: Request) -> Response:
    _, space = visible_space(world, request, "key")
    return answer(_property_json(world, space, _held(space, request)))


def _create_property(world: World, request: Request) -> Response:
    user, space = _known(world, request)
    body = body_object(request)
    key = request.path_params.get("name") or text_required(body, "key")
    if key in space.properties:
        raise bad_request(f"Space property already exists with key: {key}")
    made = set_property(world, user, space, key, checked_value(required(body, "value")), 1)
    return answer(_property_json(world, space, made))


def _put_property(world: World, request: Request) -> Response:
    user, space = _known(world, request)
    body = body_object(request)
    number = number_required(body, "version", "number")
    saved = set_property(
        world, user, space, request.path_params["name"], checked_value(required(body, "value")), number
    )
    return answer(_property_json(world, space, saved))


def _delete_property(world: World, request: Request) -> Response:
    _, space = _known(world, request)
    remove_property(space, _held(space, request).key)
    return Response(b"", 204)


def _known(world: World, request: Request) -> tuple[User, Space]:
    return known_actor(world, request), visible_space(world, request, "key")[1]


def _held(space: Space, request: Request) -> Any:
    name = request.path_params["name"]
    if name not in space.properties:
        raise Failed(404, "NotFoundException", f"Cannot find space property with key: {name}")
    return space.properties[name]


def _property_json(world: World, space: Space, prop: Any) -> Json:
    return {
        "id": str(prop.id),
        "key": prop.key,
        "value": prop.value,
        "version": {"when": moment(prop.at), "number": prop.version, "message": prop.message, "minorEdit": False},
        "_links": {"self": f"{_own(world, space)}/property/{prop.key}"},
        "_expandable": {"space": f"/rest/api/space/{space.key}"},
    }


_ALL, _ONE = "/space/{key}/property", "/space/{key}/property/{name}"
OLD_DC: tuple[Call, ...] = (
    ("GET", _ALL, _properties),
    ("POST", _ALL, _create_property),
    ("GET", _ONE, _property),
    ("POST", _ONE, _create_property),
    ("PUT", _ONE, _put_property),
    ("DELETE", _ONE, _delete_property),
)
