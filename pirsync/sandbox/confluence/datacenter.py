"""Confluence Data Center's `/rest/api`, under the context path `/confluence`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from pirsync.sandbox.edge.http import confluence_v1_error

from . import call as edge
from . import convert, restrictions
from . import part_routes as parts
from . import search as searches
from . import v1_content as content
from . import v1_tree as tree
from . import v1_versions as history
from .call import Failed

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def routes(world: World) -> list[Route]:
    """The calls that are served; paths are relative to the context path."""
    table = (
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
        ("GET", "/longtask/{id}", tree.task),
        *parts.DATACENTER,
    )
    calls = parts.reaching(table)
    tried = (*history.DEPRECATED[1:], *history.KEPT)
    return [
        *(edge.route(world, method, f"/rest/api{path}", handler, _tell) for method, path, handler in calls),
        *(edge.route(world, method, f"/rest/experimental{path}", handler, _tell) for method, path, handler in tried),
    ]


def _tell(failed: Failed) -> Response:
    return confluence_v1_error(failed.status, failed.name, str(failed))
