"""A page's history in Confluence's older API: its versions listed, read, restored and taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, body_object, empty
from pirsync.sandbox.wiki import Version, versions

from . import call as edge
from .call import bad_request, visible_page
from .v1_content import asked_for, changeable_page
from .v1_json import Asked, Json, content_json, history_json, version_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_HISTORY = frozenset({"history.previousVersion", "history.nextVersion", "history.lastUpdated"})
_MOST = 200


def history(world: World, request: Request) -> Response:
    """`GET /content/{id}/history`: who made the page, and its last two versions."""
    _, page = visible_page(world, request)
    asked = asked_for(world, request, _HISTORY)
    named = frozenset(name if name.startswith("history.") else f"history.{name}" for name in asked.expand)
    return answer(history_json(Asked(world, asked.actor, named), page))


def listed(world: World, request: Request) -> Response:
    """All versions, the newest first."""
    _, page = visible_page(world, request)
    asked = asked_for(world, request)
    newest_first = page.versions[::-1]
    return answer(edge.paged(world, request, newest_first, lambda each: _shown(asked, request, each), _MOST))


def read(world: World, request: Request) -> Response:
    """One version."""
    _, page = visible_page(world, request)
    version = edge.version_numbered(page, request.path_params["number"])
    return answer(_shown(asked_for(world, request), request, version))


def restore(world: World, request: Request) -> Response:
    """`POST`: an old version becomes the newest one again; the body says which, and whether with its title."""
    user, page = changeable_page(world, request)
    body = body_object(request)
    if edge.text_required(body, "operationKey") != "restore":
        raise bad_request(f"Unsupported operation: {body['operationKey']}")
    if page.status != "current":
        raise bad_request("Only current content has versions that can be restored")
    number = edge.number_required(body, "params", "versionNumber")
    message, with_title = body["params"].get("message"), body["params"].get("restoreTitle")
    saved = versions.restore_version(world, user, page, number, str(message or ""), with_title is True)
    return answer(_shown(asked_for(world, request, frozenset({"content"})), request, saved))


def delete(world: World, request: Request) -> Response:
    """An old version is taken out, and those above it move down by one."""
    _, page = changeable_page(world, request)
    number = request.path_params["number"]
    versions.delete_version(page, edge.whole_number(number, 0, "versionNumber"))
    return empty()


def _shown(asked: Asked, request: Request, version: Version) -> Json:
    _, page = visible_page(asked.world, request)
    shown = version_json(asked.world, page, version)
    if asked.wants("content"):
        inner = frozenset(name.removeprefix("content.") for name in asked.expand if name.startswith("content."))
        shown["content"] = content_json(Asked(asked.world, asked.actor, inner), page, version)
        del shown["_expandable"]["content"]
    return shown


DEPRECATED: tuple[tuple[str, str, edge.Handler], ...] = (
    ("GET", "/content/{id}/history", history),
    ("GET", "/content/{id}/version", listed),
    ("GET", "/content/{id}/version/{number}", read),
)
"""Method, path, and handler of the calls that Cloud has deprecated."""

KEPT: tuple[tuple[str, str, edge.Handler], ...] = (
    ("POST", "/content/{id}/version", restore),
    ("DELETE", "/content/{id}/version/{number}", delete),
)
"""Those that it keeps. Data Center has only the last of them outside its experimental API."""
