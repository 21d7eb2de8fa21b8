"""The sandbox's own call about its wiki: whether Cloud still answers the page calls of the older API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pirsync.sandbox.edge.http import BadBody, body_object

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_PATH = "/__sandbox/wiki"


def routes(world: World) -> list[Route]:
    """The calls; they need no credential."""
    return [
        Route(_PATH, partial(_read, world), methods=["GET"]),
        Route(_PATH, partial(_change, world), methods=["POST"]),
    ]


def _read(world: World, _request: Request) -> Response:
    return JSONResponse({"v1_pages": "gone" if world.wiki.v1_pages_gone else "served"})


def _change(world: World, request: Request) -> Response:
    """Body `{v1_pages: "gone"}` or `"served"`; 400 for anything else."""
    try:
        wanted = body_object(request).get("v1_pages")
    except BadBody as error:
        return JSONResponse({"error": str(error)}, 400)
    if wanted not in ("gone", "served"):
        return JSONResponse({"error": "v1_pages must be gone or served"}, 400)
    world.wiki.v1_pages_gone = wanted == "gone"
    return _read(world, request)
