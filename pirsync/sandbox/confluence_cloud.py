"""Confluence Cloud under `/wiki`: pages by `/api/v2`, people, labels and searches by what is left of `/rest/api`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import confluence_properties as properties
from . import wiki_http as edge
from . import wiki_index
from .http import actor, answer, body_json, body_object, confluence_v2_error
from .people import User
from .wiki import Page, Version, children, create_page, find_page, find_space, may_see, move_page, update_page
from .wiki_http import Failed, bad_request, editable_page, not_found, visible_page
from .wiki_json import Json, error_v1, user_json
from .wiki_v2_json import PageShape, children_json, listing, page_json, space_v2_json, version_v2_json

if TYPE_CHECKING:
    from .world import World

_CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 500: "INTERNAL_SERVER_ERROR"}
_USERS_AT_ONCE = 100
_FORMATS = ("storage", "atlas_doc_format", "view", "export_view", "anonymous_export_view", "styled_view", "editor")


def routes(world: World) -> list[Route]:
    """The calls that are served; paths are relative to `/wiki`."""
    pages = "/api/v2/pages"
    new = (
        ("GET", "/api/v2/spaces", _spaces),
        ("GET", pages, _list),
        ("POST", pages, _create),
        ("GET", f"{pages}/{{id}}", _read),
        ("PUT", f"{pages}/{{id}}", _update),
        ("GET", f"{pages}/{{id}}/labels", _labels),
        ("GET", f"{pages}/{{id}}/versions", _versions),
        ("GET", f"{pages}/{{id}}/direct-children", _children),
        ("GET", f"{pages}/{{id}}/properties", properties.listed),
        ("POST", f"{pages}/{{id}}/properties", properties.create),
        ("GET", f"{pages}/{{id}}/properties/{{property_id}}", properties.read),
        ("PUT", f"{pages}/{{id}}/properties/{{property_id}}", properties.update),
    )
    old = (
        ("GET", "/rest/api/user/current", _current_user),
        ("GET", "/rest/api/user/bulk", _users),
        ("GET", "/rest/api/user", _user),
        ("GET", "/rest/api/search", edge.search),
        ("GET", "/rest/api/content/search", edge.content_search),
        ("POST", "/rest/api/content/{id}/label", _add_labels),
    )
    gone = [
        edge.route(world, method, f"/rest/api/content{rest}", _gone, _tell_old)
        for method in ("GET", "POST", "PUT", "DELETE")
        for rest in ("", "/{rest:path}")
    ]
    return [
        *(edge.route(world, method, path, handler, _tell_new) for method, path, handler in new),
        *(edge.route(world, method, path, handler, _tell_old) for method, path, handler in old),
        *gone,
    ]


def _tell_new(failed: Failed) -> Response:
    code = _CODES.get(failed.status, "INVALID_REQUEST_PARAMETER")
    return confluence_v2_error(failed.status, code, "Not Found" if failed.status == 404 else str(failed))


def _tell_old(failed: Failed) -> Response:
    return error_v1(failed.status, failed.name, str(failed))


def _gone(_world: World, _request: Request) -> Response:
    raise Failed(410, "GoneException", "This deprecated endpoint has been removed.")


def _current_user(world: World, request: Request) -> Response:
    return answer(user_json(world, actor(world, request)))


def _user(world: World, request: Request) -> Response:
    account_id = request.query_params.get("accountId", "")
    found = [user for user in world.people.all() if user.account_id == account_id]
    if not found or actor(world, request) is None:
        raise Failed(404, "NotFoundException", f"No user found with accountId: {account_id}")
    return answer(user_json(world, found[0]))


def _users(world: World, request: Request) -> Response:
    # More than a hundred are cut off without a word, as on the real site.
    asked = request.query_params.getlist("accountId")[:_USERS_AT_ONCE]
    known = world.people.all() if actor(world, request) else ()
    found = [user_json(world, user) for wanted in asked for user in known if user.account_id == wanted]
    links = {"base": world.wiki_url, "context": "/wiki", "self": f"{world.wiki_url}/rest/api/user/bulk"}
    return answer({"results": found, "start": 0, "limit": _USERS_AT_ONCE, "size": len(found), "_links": links})


def _add_labels(world: World, request: Request) -> Response:
    sent = body_json(request)
    if not isinstance(sent, list):
        raise bad_request("Cannot deserialize the labels: an array is expected")
    return edge.post_labels(world, request, sent)


def _spaces(world: World, request: Request) -> Response:
    keys = _several(request, "keys")
    ids = _several(request, "ids")
    spaces = [
        space_v2_json(world, space)
        for space in world.wiki.spaces.values()
        if actor(world, request) and (not keys or space.key in keys) and (not ids or str(space.id) in ids)
    ]
    return listing(world, request, spaces)


def _list(world: World, request: Request) -> Response:
    user = actor(world, request)
    query = request.query_params
    ids, space_ids = _several(request, "id"), _several(request, "space-id")
    states = _several(request, "status") or {"current", "archived"}
    if query.get("body-format", "storage") not in ("storage", "atlas_doc_format"):
        raise bad_request(f"Provided value {{{query['body-format']}}} for 'body-format' is not valid")
    shape = PageShape(body=query.get("body-format") == "storage", subtype=True)
    found = [
        page
        for page in wiki_index.listed(world.wiki, ids, query.get("title"))
        if page.status in states
        and (not ids or str(page.id) in ids)
        and (not space_ids or str(page.space_id) in space_ids)
        and query.get("title", page.title) == page.title
        and may_see(world, user, page)
    ]
    return listing(world, request, _sorted(request, found), lambda page: page_json(world, user, page, shape))


def _read(world: World, request: Request) -> Response:
    user, page = visible_page(world, request)
    query = request.query_params
    if query.get("body-format", "storage") not in _FORMATS:
        raise bad_request(f"Provided value {{{query['body-format']}}} for 'body-format' is not valid")
    if page.status not in (_several(request, "status") or {"current", "archived"}):
        raise not_found(page.id)
    version = edge.version_numbered(page, query["version"]) if "version" in query else page.current
    shape = PageShape(
        body=query.get("body-format") == "storage",
        version=query.get("include-version", "true") == "true",
        labels=_flag(request, "include-labels"),
        properties=_flag(request, "include-properties"),
        operations=_flag(request, "include-operations"),
        versions=_flag(request, "include-versions"),
    )
    return answer(_alone(world, page_json(world, user, page, shape, version)))


def _create(world: World, request: Request) -> Response:
    user = _known(world, request)
    body = body_object(request)
    space = find_space(world, edge.text_required(body, "spaceId"))
    if space is None or str(space.id) != body["spaceId"]:
        raise Failed(404, "NotFoundException", "Space not found")
    if body.get("status", "current") != "current":
        raise bad_request("Drafts are not kept here: status must be current")
    parent_id = body.get("parentId") or ("" if _flag(request, "root-level") else space.homepage_id)
    parent = _parent(world, user, parent_id) if parent_id else None
    page = create_page(world, user, space, parent, edge.text_required(body, "title"), _storage(body))
    if _flag(request, "private"):
        page.restricted_to, page.editors = {user.account_id}, {user.account_id}
    return answer(_alone(world, page_json(world, user, page, PageShape(body=True))))


def _update(world: World, request: Request) -> Response:
    user, page = editable_page(world, request)
    body = body_object(request)
    if str(edge.required(body, "id")) != str(page.id):
        raise bad_request("The id of the body is not the one of the path")
    if edge.text_required(body, "status") != "current":
        raise bad_request("Drafts are not kept here: status must be current")
    title, storage = edge.text_required(body, "title"), _storage(body)
    number = edge.number_required(body, "version", "number")
    message = body["version"].get("message") or ""
    parent = _parent(world, user, body["parentId"]) if body.get("parentId") else None
    update_page(world, user, page, title, storage, number, message, bool(body["version"].get("minorEdit")))
    if parent is not None and parent.id != page.parent_id:
        move_page(world, page, parent)
    return answer(_alone(world, page_json(world, user, page, PageShape(body=True))))


def _labels(world: World, request: Request) -> Response:
    _, page = visible_page(world, request)
    named = [{"id": str(world.wiki.label_ids[name]), "name": name, "prefix": "global"} for name in page.labels]
    return listing(world, request, named)


def _versions(world: World, request: Request) -> Response:
    _, page = visible_page(world, request)
    sort = request.query_params.get("sort", "-modified-date")
    if sort.removeprefix("-") != "modified-date":
        raise bad_request(f"Provided value {{{sort}}} for 'sort' is not valid")
    ordered = page.versions if sort == "modified-date" else page.versions[::-1]
    with_body = request.query_params.get("body-format") == "storage"

    def shown(version: Version) -> Json:
        entity: Json = {"id": str(page.id), "title": version.title}
        if with_body:
            entity["body"] = {"storage": {"representation": "storage", "value": version.body}}
        return {**version_v2_json(version), "page": entity}

    return listing(world, request, ordered, shown)


def _children(world: World, request: Request) -> Response:
    user, page = visible_page(world, request)
    below = [child for child in children(world, page) if may_see(world, user, child)]
    return listing(world, request, below, children_json)


def _alone(world: World, page: Json) -> Json:
    return {**page, "_links": {**page["_links"], "base": world.wiki_url}}


def _several(request: Request, name: str) -> set[str]:
    return {each for text in request.query_params.getlist(name) for each in text.split(",") if each}


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name) == "true"


def _sorted(request: Request, pages: list[Page]) -> list[Page]:
    sort = request.query_params.get("sort", "id")
    keys = {
        "id": lambda page: page.id,
        "created-date": lambda page: page.created,
        "modified-date": lambda page: page.current.at,
        "title": lambda page: page.title.casefold(),
    }
    if sort.removeprefix("-") not in keys:
        raise bad_request(f"Provided value {{{sort}}} for 'sort' is not valid")
    return sorted(pages, key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))


def _known(world: World, request: Request) -> User:
    user = actor(world, request)
    if user is None:
        raise Failed(401, "UnauthorizedException", "Unauthorized")
    return user


def _parent(world: World, user: User, parent_id: str | int) -> Page:
    parent = find_page(world, parent_id)
    if parent is None or parent.status != "current" or not may_see(world, user, parent):
        raise Failed(404, "NotFoundException", "Parent not found")
    return parent


def _storage(body: Json) -> str:
    sent = edge.required(body, "body")
    inner = sent.get("storage", sent) if isinstance(sent, dict) else {}
    if isinstance(inner, dict) and "value" in inner and "representation" not in inner:
        # What a client gets that leaves the representation out.
        raise Failed(500, "ServiceException", "An unexpected error occurred")
    if edge.text_required(inner, "representation") != "storage":
        raise bad_request("body.representation must be storage")
    return edge.text_required(inner, "value")
