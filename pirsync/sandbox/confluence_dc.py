"""Confluence Data Center's `/rest/api`, under the context path `/confluence`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import wiki_http as edge
from . import wiki_index
from .http import actor, answer, body_json, body_object
from .people import User
from .wiki import (
    Page,
    create_page,
    find_page,
    find_space,
    may_see,
    move_page,
    set_property,
    space_of,
    update_page,
)
from .wiki_http import Failed, bad_request, editable_page, not_found, visible_page
from .wiki_json import (
    Asked,
    Json,
    content_json,
    error_v1,
    expansions,
    history_json,
    property_json,
    single_json,
    space_json,
    user_json,
)

if TYPE_CHECKING:
    from .world import World

_HANDLED = {"current", "any", "trashed", "historical", "draft", "archived"}


def routes(world: World) -> list[Route]:
    """The calls that are served; paths are relative to the context path."""
    table = (
        ("GET", "/user/current", _current_user),
        ("GET", "/user", _user),
        ("GET", "/space/{key}", _space),
        ("GET", "/search", edge.search),
        ("GET", "/content/search", edge.content_search),
        ("GET", "/content", _list),
        ("POST", "/content", _create),
        ("GET", "/content/{id}", _read),
        ("PUT", "/content/{id}", _update),
        ("GET", "/content/{id}/history", _history),
        ("GET", "/content/{id}/label", _labels),
        ("POST", "/content/{id}/label", _add_labels),
        ("GET", "/content/{id}/property", _properties),
        ("POST", "/content/{id}/property", _create_property),
        ("GET", "/content/{id}/property/{key}", _property),
        ("PUT", "/content/{id}/property/{key}", _put_property),
    )
    return [edge.route(world, method, f"/rest/api{path}", handler, _tell) for method, path, handler in table]


def _tell(failed: Failed) -> Response:
    return error_v1(failed.status, failed.name, str(failed))


def _current_user(world: World, request: Request) -> Response:
    return answer(user_json(world, actor(world, request)))


def _user(world: World, request: Request) -> Response:
    wanted = {name: request.query_params[name] for name in ("username", "key") if name in request.query_params}
    if not wanted:
        raise bad_request("Either username or key is required")
    for user in world.people.all():
        known = {"username": user.name, "key": user.user_key}
        if actor(world, request) and all(known[name] == value for name, value in wanted.items()):
            return answer(user_json(world, user))
    raise Failed(404, "NotFoundException", f"No user found with {', '.join(wanted)}: {', '.join(wanted.values())}")


def _space(world: World, request: Request) -> Response:
    key = request.path_params["key"]
    space = find_space(world, key)
    if space is None or space.key.casefold() != key.casefold() or actor(world, request) is None:
        raise Failed(404, "NotFoundException", f"No space with key : {key}")
    return answer(space_json(world, space))


def _list(world: World, request: Request) -> Response:
    query = request.query_params
    asked = _asked(world, request)
    status = _status(request)
    ids = {each for text in query.getlist("ids") for each in text.split(",")}

    def wanted(page: Page) -> bool:
        return (
            query.get("type", "page") == "page"
            and status in ("any", page.status)
            and (not ids or str(page.id) in ids)
            and query.get("title", page.title) == page.title
            and query.get("spaceKey", space_of(world, page).key) == space_of(world, page).key
            and may_see(world, asked.actor, page)
        )

    found = [page for page in wiki_index.listed(world.wiki, ids, query.get("title")) if wanted(page)]
    limit = min(edge.whole_number(query.get("limit"), 25, "limit"), 50 if asked.wants("body") else 200) or 25
    start = edge.whole_number(query.get("start"), 0, "start")
    listed, following = edge.slice_of(found, start, limit)
    links = {"self": f"{world.wiki_url}/rest/api/content", "base": world.wiki_url, "context": "/confluence"}
    if following is not None:
        kept = {name: value for name, value in query.items() if name not in ("start", "limit")}
        links["next"] = f"/rest/api/content?{urlencode({**kept, 'limit': limit, 'start': following})}"
    results = [content_json(asked, page) for page in listed]
    return answer({"results": results, "start": start, "limit": limit, "size": len(results), "_links": links})


def _read(world: World, request: Request) -> Response:
    _, page = visible_page(world, request)
    status = _status(request)
    number = request.query_params.get("version")
    if status == "historical" or (status == "any" and number):
        if number is None:
            raise bad_request("A version is required for historical content")
        return answer(single_json(_asked(world, request), page, edge.version_numbered(page, number)))
    if status not in ("any", page.status):
        raise not_found(page.id)
    return answer(single_json(_asked(world, request), page))


def _history(world: World, request: Request) -> Response:
    user, page = visible_page(world, request)
    return answer(history_json(Asked(world, user, frozenset({"history.lastUpdated"})), page))


def _create(world: World, request: Request) -> Response:
    user = _known(world, request, "Could not create content with type page")
    body = body_object(request)
    if body.get("type") != "page":
        raise bad_request("Only pages are served: type must be page")
    space = find_space(world, edge.text_required(body, "space", "key"))
    if space is None:
        raise Failed(404, "NotFoundException", f"No space with key : {body['space']['key']}")
    title = edge.text_required(body, "title")
    parent = _parent(world, user, body)
    page = create_page(world, user, space, parent, title, _storage(body))
    return answer(single_json(Asked(world, user, _SAVED), page))


_SAVED = frozenset({"body.storage", "version", "space", "ancestors", "history"})


def _update(world: World, request: Request) -> Response:
    user, page = editable_page(world, request)
    body = body_object(request)
    if body.get("type") != "page":
        raise bad_request("type is required, and content cannot change it")
    if not isinstance(body.get("version"), dict) or body["version"].get("number") is None:
        raise bad_request("Must supply an incremented version when updating Content. No version supplied.")
    if request.query_params.get("status", "current") != "current" or body.get("status", "current") != "current":
        raise bad_request("Drafts are not kept here: status must be current")
    number = edge.number_required(body, "version", "number")
    message = body["version"].get("message") or ""
    minor = bool(body["version"].get("minorEdit"))
    title = edge.text_required(body, "title")
    storage = _storage(body) if body.get("body") else page.current.body
    parent = _parent(world, user, body)
    update_page(world, user, page, title, storage, number, message, minor)
    if parent is not None and parent.id != page.parent_id:
        move_page(world, page, parent)
    return answer(single_json(Asked(world, user, _SAVED), page))


def _labels(world: World, request: Request) -> Response:
    return edge.labels(world, visible_page(world, request)[1])


def _add_labels(world: World, request: Request) -> Response:
    sent = body_json(request)
    return edge.post_labels(world, request, sent if isinstance(sent, list) else [sent])


def _properties(world: World, request: Request) -> Response:
    _, page = visible_page(world, request)
    listed = [property_json(world, page, prop) for prop in page.properties.values()]
    own = f"{world.wiki_url}/rest/api/content/{page.id}/property"
    return answer({"results": listed, "start": 0, "limit": 200, "size": len(listed), "_links": {"self": own}})


def _create_property(world: World, request: Request) -> Response:
    user, page = editable_page(world, request)
    body = body_object(request)
    key, value = edge.text_required(body, "key"), edge.checked_value(edge.required(body, "value"))
    if key in page.properties:
        raise Failed(409, "ConflictException", f"Content property already exists with key: {key}")
    return answer(property_json(world, page, set_property(world, user, page, key, value, 1)))


def _property(world: World, request: Request) -> Response:
    _, page = visible_page(world, request)
    key = request.path_params["key"]
    if key not in page.properties:
        raise Failed(404, "NotFoundException", f"Cannot find content property with key: {key}")
    return answer(property_json(world, page, page.properties[key]))


def _put_property(world: World, request: Request) -> Response:
    user, page = editable_page(world, request)
    body = body_object(request)
    number = edge.number_required(body, "version", "number")
    value = edge.checked_value(edge.required(body, "value"))
    return answer(
        property_json(world, page, set_property(world, user, page, request.path_params["key"], value, number))
    )


def _asked(world: World, request: Request) -> Asked:
    return Asked(world, actor(world, request), expansions(request.query_params.get("expand", "")))


def _status(request: Request) -> str:
    status = request.query_params.get("status", "current")
    if status not in _HANDLED:
        raise bad_request(f"Invalid value for status: {status}")
    return status


def _known(world: World, request: Request, otherwise: str) -> User:
    user = actor(world, request)
    if user is None:
        raise Failed(403, "PermissionException", otherwise)
    return user


def _parent(world: World, user: User, body: Json) -> Page | None:
    above = body.get("ancestors") or []
    if not above:
        return None
    parent_id = above[-1].get("id") if isinstance(above[-1], dict) else None
    parent = find_page(world, parent_id) if parent_id is not None else None
    if parent is None or parent.status != "current" or not may_see(world, user, parent):
        raise bad_request(f"The parent ID specified does not exist: {parent_id}")
    return parent


def _storage(body: Json) -> str:
    if edge.required(body, "body", "storage").get("representation") != "storage":
        raise bad_request("body.storage.representation must be storage")
    return edge.text_required(body, "body", "storage", "value")
