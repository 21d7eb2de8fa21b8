"""A body turned into another representation: at once on Data Center, by a task that is fetched later on Cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_object
from pirsync.sandbox.people import User
from pirsync.sandbox.text.markup import parse
from pirsync.sandbox.wiki import Conversion, Page, find_page, may_see

from . import call as edge
from .bodies import RENDERED, represented
from .call import Failed, bad_request, not_found
from .v1_json import Json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def convert(world: World, request: Request) -> Response:
    """`POST /contentbody/convert/{to}`: the converted body."""
    user = actor(world, request)
    page_id = _content_id(body_object(request))
    page = _context(world, user, page_id) if page_id else None
    value, to = _converted(world, request, user, page)
    return answer({"value": value, "representation": to, "_expandable": {"webresource": "", "content": ""}})


def start(world: World, request: Request) -> Response:
    """Cloud's `POST /contentbody/convert/async/{to}`: the id by which the converted body is fetched."""
    user = actor(world, request)
    if user is None:
        raise Failed(401, "UnauthorizedException", "Unauthorized")
    page_id = request.query_params.get("contentIdContext")
    value, to = _converted(world, request, user, _context(world, user, page_id) if page_id else None)
    number = world.wiki.new_uuid()
    world.wiki.conversions[number] = Conversion(value, to, user.account_id)
    return answer({"asyncId": number})


def fetch(world: World, request: Request) -> Response:
    """Cloud's `GET /contentbody/convert/async/{id}`: the converted body, to whoever asked for it."""
    user, number = actor(world, request), request.path_params["id"]
    made = world.wiki.conversions.get(number)
    if made is None:
        raise Failed(404, "NotFoundException", f"No conversion found with id: {number}")
    if user is None or user.account_id != made.account_id:
        raise Failed(403, "PermissionException", "The conversion was asked for by somebody else")
    shown: Json = {"value": made.value, "representation": made.representation, "renderTaskId": number}
    return answer({**shown, "status": "COMPLETED", "_links": {"base": world.wiki_url}})


def _converted(world: World, request: Request, user: User | None, page: Page | None) -> tuple[str, str]:
    body = body_object(request)
    value, given, to = edge.text_required(body, "value"), edge.text_required(body, "representation"), _to(request)
    if given != "storage":
        raise bad_request(f"Conversion from {given} to {to} is not supported")
    parse(value)
    return represented(world, user, page, value, to), to


def _to(request: Request) -> str:
    to = request.path_params["to"]
    if to not in RENDERED:
        raise bad_request(f"Conversion to {to} is not supported")
    return str(to)


def _context(world: World, user: User | None, page_id: str) -> Page:
    page = find_page(world, page_id)
    if page is None or not may_see(world, user, page):
        raise not_found(page_id)
    return page


def _content_id(body: Json) -> str:
    content = body.get("content")
    return str(content.get("id") or "") if isinstance(content, dict) else ""


CLOUD: tuple[tuple[str, str, edge.Handler], ...] = (
    ("POST", "/contentbody/convert/async/{to}", start),
    ("GET", "/contentbody/convert/async/{id}", fetch),
)
"""Method, path below `/rest/api`, and handler of Cloud's calls."""
