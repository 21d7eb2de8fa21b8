"""Confluence Cloud under `/wiki`: pages by `/api/v2`, people, labels and searches by what is left of `/rest/api`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from pirsync.sandbox.edge.http import confluence_v1_error, confluence_v2_error

from . import call as edge
from . import convert, restrictions, v2_pages, v2_tree
from . import part_routes as parts
from . import search as searches
from . import v1_content as content
from . import v1_tree as tree
from . import v1_versions as history
from .call import Failed

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 500: "INTERNAL_SERVER_ERROR"}


def routes(world: World) -> list[Route]:
    """The calls that are served; paths are relative to `/wiki`."""
    new = (
        *v2_pages.TABLE,
        *v2_tree.TABLE,
        *((method, f"/api/v2{path}", handler) for method, path, handler in parts.NEW),
    )
    kept = (
        ("GET", "/search", searches.search),
        ("GET", "/search/user", searches.user_search),
        ("GET", "/content/search", searches.content_search),
        *parts.CLOUD,
        *history.KEPT,
        *tree.DESCENDANTS,
        *tree.CLOUD,
        *restrictions.TABLE,
        *restrictions.CLOUD,
        *convert.CLOUD,
    )
    removed = parts.reaching((*parts.DEPRECATED, *content.TABLE, *history.DEPRECATED, *tree.CHILDREN))
    return [
        *(edge.route(world, method, path, handler, _tell_new) for method, path, handler in new),
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
    return confluence_v1_error(failed.status, failed.name, str(failed))
