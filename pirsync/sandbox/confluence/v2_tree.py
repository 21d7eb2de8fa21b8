"""Where pages stand in Confluence Cloud's `/api/v2`: above, below, in their space, and what may be done with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer
from pirsync.sandbox.wiki import Page, Space, ancestors, children, find_space, may_see
from pirsync.sandbox.wiki.tree import descendants

from . import call as edge
from .call import Failed, bad_request
from .parts import sorted_by
from .v1_json import operations
from .v2_json import MOST, child_json, children_json, descendant_json, listing
from .v2_pages import listed, page_of_path

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_DEEPEST = 10
_CHILD_SORTS: dict[str, Callable[[Page], Any]] = {
    "id": lambda page: page.id,
    "created-date": lambda page: page.created,
    "modified-date": lambda page: page.current.at,
    "child-position": lambda page: page.position,
}


def _children(world: World, request: Request) -> Response:
    user, page = page_of_path(world, request)
    below = [child for child in children(world, page) if may_see(world, user, child)]
    shape = child_json if request.url.path.endswith("/children") else children_json
    return listing(world, request, sorted_by(request, below, _CHILD_SORTS, "child-position"), shape)


def _ancestors(world: World, request: Request) -> Response:
    _, page = page_of_path(world, request)
    limit = edge.whole_number(request.query_params.get("limit"), 25, "limit")
    if not 1 <= limit <= MOST:
        raise bad_request(f"Provided value {{{limit}}} for 'limit' is not in the range of 1 to {MOST}")
    # The nearest ones: whoever wants more asks again with the first of them.
    above = [{"id": str(one.id), "type": "page"} for one in ancestors(world, page)][-limit:]
    return answer({"results": above, "_links": {"base": world.wiki_url}})


def _descendants(world: World, request: Request) -> Response:
    user, page = page_of_path(world, request)
    depth = edge.whole_number(request.query_params.get("depth"), 2, "depth")
    if not 1 <= depth <= _DEEPEST:
        raise bad_request(f"Provided value {{{depth}}} for 'depth' is not in the range of 1 to {_DEEPEST}")
    below = [each for each in descendants(world, page, depth) if may_see(world, user, each[0])]
    return listing(world, request, below, descendant_json)


def _operations(world: World, request: Request) -> Response:
    user, page = page_of_path(world, request)
    return answer({"operations": operations(world, user, page)})


def _pages_of_space(world: World, request: Request) -> Response:
    space = _space(world, request)
    depth = request.query_params.get("depth", "all")
    if depth not in ("all", "root"):
        raise bad_request(f"Provided value {{{depth}}} for 'depth' is not valid")
    return listed(world, request, (space.id,), [("parent", None)] if depth == "root" else [])


def _posts_of_space(world: World, request: Request) -> Response:
    return listed(world, request, (_space(world, request).id,))


TABLE: tuple[tuple[str, str, edge.Handler], ...] = (
    ("GET", "/api/v2/pages/{id}/children", _children),
    ("GET", "/api/v2/pages/{id}/direct-children", _children),
    ("GET", "/api/v2/pages/{id}/ancestors", _ancestors),
    ("GET", "/api/v2/pages/{id}/descendants", _descendants),
    ("GET", "/api/v2/pages/{id}/operations", _operations),
    ("GET", "/api/v2/blogposts/{id}/operations", _operations),
    ("GET", "/api/v2/spaces/{id}/pages", _pages_of_space),
    ("GET", "/api/v2/spaces/{id}/blogposts", _posts_of_space),
)
"""Method, path below `/wiki`, and handler of every call."""


def _space(world: World, request: Request) -> Space:
    space_id = request.path_params["id"]
    if not (space_id.isascii() and space_id.isdigit()):
        raise bad_request(f"Provided value {{{space_id}}} for 'id' is not the correct type. Expected type is long")
    space = find_space(world, int(space_id))
    if space is None or actor(world, request) is None:
        raise Failed(404, "NotFoundException", f"No space with id : {space_id}")
    return space
