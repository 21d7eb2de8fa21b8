"""The sandbox's own calls that declare issue properties as JQL finds them: `/__sandbox/properties`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pirsync.sandbox.edge.http import BadBody, body_object
from pirsync.sandbox.jql.fields import PROPERTY_KINDS

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_PATH = "/__sandbox/properties"


def routes(world: World) -> list[Route]:
    """The calls; they need no credential, and no fault hits them."""
    table = (("GET", _listed), ("POST", _declared), ("DELETE", _cleared))
    return [
        Route(_PATH, partial(handler, world), methods=[method], name=f"properties-{method}")
        for method, handler in table
    ]


def _listed(world: World, _request: Request) -> Response:
    return JSONResponse(world.tracker.indexed_properties)


def _declared(world: World, request: Request) -> Response:
    """Body `{path: kind, …}`, a path as `key` or `key.within.its.value`; 400 for another kind, and then none is."""
    try:
        sent = body_object(request)
    except BadBody as error:
        return JSONResponse({"error": str(error)}, 400)
    strange = [path for path, kind in sent.items() if kind not in tuple(PROPERTY_KINDS)]
    if strange:
        return JSONResponse({"error": f"{strange[0]} must be one of {', '.join(PROPERTY_KINDS)}"}, 400)
    world.tracker.indexed_properties.update(sent)
    return _listed(world, request)


def _cleared(world: World, request: Request) -> Response:
    world.tracker.indexed_properties.clear()
    return _listed(world, request)
