"""Confluence Data Center's `/rest/api`, under the context path `/confluence`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from . import confluence_convert as convert
from . import confluence_parts as parts
from . import confluence_restrictions as restrictions
from . import confluence_search as searches
from . import confluence_v1_content as content
from . import confluence_v1_tree as tree
from . import confluence_v1_versions as history
from . import wiki_http as edge
from .wiki_http import Failed
from .wiki_json import error_v1

if TYPE_CHECKING:
    from .world import World


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
    return error_v1(failed.status, failed.name, str(failed))
