"""Confluence Data Center's `/rest/api`, under the context path `/confluence`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import confluence_convert as convert
from . import confluence_restrictions as restrictions
from . import confluence_search as searches
from . import confluence_v1_content as content
from . import confluence_v1_tree as tree
from . import confluence_v1_versions as history
from . import wiki_http as edge
from .http import actor, answer, body_json, body_object
from .wiki import (
    find_space,
    set_property,
)
from .wiki_http import Failed, bad_request, editable_page, visible_page
from .wiki_json import (
    error_v1,
    property_json,
    space_json,
    user_json,
)

if TYPE_CHECKING:
    from .world import World


def routes(world: World) -> list[Route]:
    """The calls that are served; paths are relative to the context path."""
    table = (
        ("GET", "/user/current", _current_user),
        ("GET", "/user", _user),
        ("GET", "/space/{key}", _space),
        ("GET", "/search", searches.search),
        ("GET", "/content/search", searches.content_search),
        content.SCAN,
        *content.TABLE,
        ("GET", "/content/{id}/history", history.history),
        ("DELETE", "/content/{id}/version/{number}", history.delete),
        *tree.CHILDREN,
        *tree.DESCENDANTS,
        *restrictions.TABLE,
        *restrictions.DATACENTER,
        ("POST", "/contentbody/convert/{to}", convert.convert),
        ("GET", "/content/{id}/label", _labels),
        ("POST", "/content/{id}/label", _add_labels),
        ("GET", "/content/{id}/property", _properties),
        ("POST", "/content/{id}/property", _create_property),
        ("GET", "/content/{id}/property/{key}", _property),
        ("PUT", "/content/{id}/property/{key}", _put_property),
    )
    tried = (*history.DEPRECATED[1:], *history.KEPT)
    return [
        *(edge.route(world, method, f"/rest/api{path}", handler, _tell) for method, path, handler in table),
        *(edge.route(world, method, f"/rest/experimental{path}", handler, _tell) for method, path, handler in tried),
    ]


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
