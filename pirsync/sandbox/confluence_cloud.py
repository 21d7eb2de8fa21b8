"""Confluence Cloud under `/wiki`: pages by `/api/v2`, people, labels and searches by what is left of `/rest/api`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import confluence_convert as convert
from . import confluence_properties as properties
from . import confluence_restrictions as restrictions
from . import confluence_search as searches
from . import confluence_v1_content as content
from . import confluence_v1_tree as tree
from . import confluence_v1_versions as history
from . import confluence_v2_pages as v2_pages
from . import confluence_v2_tree as v2_tree
from . import wiki_http as edge
from .http import actor, answer, body_json, confluence_v2_error
from .wiki_http import Failed, bad_request, visible_page
from .wiki_json import error_v1, user_json
from .wiki_v2_json import listing, space_v2_json

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
        *v2_pages.TABLE,
        *v2_tree.TABLE,
        ("GET", f"{pages}/{{id}}/labels", _labels),
        ("GET", f"{pages}/{{id}}/properties", properties.listed),
        ("POST", f"{pages}/{{id}}/properties", properties.create),
        ("GET", f"{pages}/{{id}}/properties/{{property_id}}", properties.read),
        ("PUT", f"{pages}/{{id}}/properties/{{property_id}}", properties.update),
    )
    old = (
        ("GET", "/rest/api/user/current", _current_user),
        ("GET", "/rest/api/user/bulk", _users),
        ("GET", "/rest/api/user", _user),
        ("GET", "/rest/api/search", searches.search),
        ("GET", "/rest/api/search/user", searches.user_search),
        ("GET", "/rest/api/content/search", searches.content_search),
        ("POST", "/rest/api/content/{id}/label", _add_labels),
    )
    kept = (*history.KEPT, *tree.DESCENDANTS, *tree.CLOUD, *restrictions.TABLE, *restrictions.CLOUD, *convert.CLOUD)
    removed = (*content.TABLE, *history.DEPRECATED, *tree.CHILDREN)
    return [
        *(edge.route(world, method, path, handler, _tell_new) for method, path, handler in new),
        *(edge.route(world, method, path, handler, _tell_old) for method, path, handler in old),
        *(edge.route(world, method, f"/rest/api{path}", handler, _tell_old) for method, path, handler in kept),
        *(
            edge.route(world, method, f"/rest/api{path}", edge.removed(handler), _tell_old)
            for method, path, handler in removed
        ),
    ]


def _tell_new(failed: Failed) -> Response:
    code = _CODES.get(failed.status, "INVALID_REQUEST_PARAMETER")
    return confluence_v2_error(failed.status, code, "Not Found" if failed.status == 404 else str(failed))


def _tell_old(failed: Failed) -> Response:
    return error_v1(failed.status, failed.name, str(failed))


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
    keys = edge.several(request, "keys")
    ids = edge.several(request, "ids")
    spaces = [
        space_v2_json(world, space)
        for space in world.wiki.spaces.values()
        if actor(world, request) and (not keys or space.key in keys) and (not ids or str(space.id) in ids)
    ]
    return listing(world, request, spaces)


def _labels(world: World, request: Request) -> Response:
    _, page = visible_page(world, request)
    named = [{"id": str(world.wiki.label_ids[name]), "name": name, "prefix": "global"} for name in page.labels]
    return listing(world, request, named)
