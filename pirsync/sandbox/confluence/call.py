"""What both dialects of Confluence share at the HTTP edge: refusals, finding pages, labels, paging, CQL searches."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pirsync.sandbox.cql import search as cql
from pirsync.sandbox.edge.http import BadBody, actor
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import Conflict, Page, Refused, TitleTaken, Version, find_page, may_edit, may_see

from .v1_json import Asked, Json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Handler = Callable[["World", Request], Response]
Item = TypeVar("Item")

_NOTICE = "https://developer.atlassian.com/cloud/confluence/changelog/#CHANGE-864"


class Failed(Exception):
    """A request that is answered with an error: its status, the exception's or code's name, and the message."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.name = name


def not_found(page_id: str | int) -> Failed:
    """The one answer for a page that is absent, trashed, or hidden from the actor."""
    return Failed(404, "NotFoundException", f"No content found with id: ContentId{{id={page_id}}}")


def bad_request(message: str) -> Failed:
    """A request that makes no sense."""
    return Failed(400, "BadRequestException", message)


def route(world: World, method: str, path: str, handler: Handler, tell: Callable[[Failed], Response]) -> Route:
    """A route whose handler raises; `tell` says the failure in the dialect's error shape."""
    return Route(path, partial(_handled, world, handler, tell), methods=[method])


def removed(handler: Handler) -> Handler:
    """A v1 call that Cloud has deprecated: it says so in headers, or is gone (410) where the world says that."""

    def handled(world: World, request: Request) -> Response:
        if world.wiki.v1_pages_gone:
            raise Failed(410, "GoneException", "This deprecated endpoint has been removed.")
        response = handler(world, request)
        response.headers["Deprecation"] = "Wed, 1 Mar 2023"
        response.headers["Link"] = f'<{_NOTICE}>; rel="deprecation"'
        return response

    return handled


def _handled(world: World, handler: Handler, tell: Callable[[Failed], Response], request: Request) -> Response:
    try:
        return handler(world, request)
    except Failed as failed:
        return tell(failed)
    except Conflict as conflict:
        return tell(Failed(409, "ConflictException", str(conflict)))
    except (Refused, TitleTaken, BadBody, cql.BadQuery) as refused:
        return tell(bad_request(str(refused)))


def visible_page(world: World, request: Request) -> tuple[User | None, Page]:
    """Who asks, and the page of the path's `id`; `Failed` 404 when it is not there for them."""
    user = actor(world, request)
    page_id = request.path_params["id"]
    page = find_page(world, page_id)
    if page is None or not may_see(world, user, page):
        raise not_found(page_id)
    return user, page


def editable_page(world: World, request: Request) -> tuple[User, Page]:
    """Like `visible_page`, and the actor may change it; `Failed` 403 otherwise, 404 for an archived or trashed one."""
    user, page = visible_page(world, request)
    if page.status != "current":
        raise Failed(404, "NotFoundException", "Can not find draft with current content")
    if user is None or not may_edit(world, user, page):
        raise Failed(403, "PermissionException", f"Could not update Content with id: {page.id}")
    return user, page


def version_numbered(page: Page, text: str) -> Version:
    """The version of that number; `Failed` 404 when the page has none."""
    for version in page.versions:
        if str(version.number) == text:
            return version
    raise Failed(404, "NotFoundException", f"No version {text} of content with id: ContentId{{id={page.id}}}")


def whole_number(text: str | None, default: int, name: str) -> int:
    """A query parameter that is a number of 0 or more; `Failed` 400 otherwise."""
    if text is None or text == "":
        return default
    if not text.isdecimal():
        raise bad_request(f"Provided value {{{text}}} for '{name}' is not the correct type. Expected type is int")
    return int(text)


def several(request: Request, name: str) -> set[str]:
    """The values of a query parameter that may be given again, or several at once with commas between."""
    return {each for text in request.query_params.getlist(name) for each in text.split(",") if each}


def numbers(request: Request, name: str) -> set[int]:
    """Like `several`, as ids; what is no number becomes 0, which nothing has."""
    return {int(each) if each.isascii() and each.isdigit() else 0 for each in several(request, name)}


def flag(request: Request, name: str) -> bool:
    """A query parameter that is `true` or `false`, which it is unless given; `Failed` 400 for anything else."""
    text = request.query_params.get(name, "false")
    if text.lower() not in ("true", "false"):
        raise bad_request(f"Provided value {{{text}}} for '{name}' is not the correct type. Expected type is boolean")
    return text.lower() == "true"


def required(body: Json, *path: str) -> Any:
    """A value of a JSON body; `Failed` 400 when it is missing or null on the way."""
    value: Any = body
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            raise bad_request(f"{'.'.join(path)} is required")
    return value


def text_required(body: Json, *path: str) -> str:
    """Like `required`, for a text."""
    value = required(body, *path)
    if not isinstance(value, str):
        raise bad_request(f"{'.'.join(path)} must be a string")
    return value


def number_required(body: Json, *path: str) -> int:
    """Like `required`, for a number; digits in a text count."""
    value = required(body, *path)
    if isinstance(value, bool) or not str(value).isdecimal():
        raise bad_request(f"{'.'.join(path)} must be a number")
    return int(value)


def checked_value(value: Any) -> Any:
    """A property's value; `Failed` 400 when its JSON is longer than 32 kB."""
    if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > 32 * 1024:
        raise bad_request("The value of the content property is too long: the limit is 32768")
    return value


_FAR = 2**31
"""More than any list has."""


def cursor_of(position: int) -> str:
    """An opaque cursor for the place in a list at which the next page starts."""
    return base64.urlsafe_b64encode(json.dumps({"at": position}).encode()).decode()


def position_of(cursor: str | None) -> int:
    """The place that a cursor means; `Failed` 400 for what is no cursor."""
    if not cursor:
        return 0
    try:
        position = int(json.loads(base64.urlsafe_b64decode(cursor))["at"])
    except (ValueError, KeyError, TypeError):
        raise bad_request("Invalid cursor") from None
    if position < 0:
        raise bad_request("Invalid cursor")
    return position


def paged(world: World, request: Request, results: Iterable[Item], shape: Callable[[Item], Json], most: int) -> Json:
    """One page of a v1 list by the query's `start` and `limit`, at most `most` items; the next without context path."""
    query = request.query_params
    limit = min(whole_number(query.get("limit"), 25, "limit"), most) or 25
    start = whole_number(query.get("start"), 0, "start")
    shown, following = slice_of(results, start, limit)
    context = "/wiki" if world.is_cloud else "/confluence"
    links = {"self": f"{world.wiki_url}{own_path(request)}", "base": world.wiki_url, "context": context}
    if following is not None:
        kept = [(name, value) for name, value in query.multi_items() if name not in ("start", "limit")]
        links["next"] = f"{own_path(request)}?{urlencode([*kept, ('limit', limit), ('start', following)])}"
    listed = [shape(item) for item in shown]
    return {"results": listed, "start": start, "limit": limit, "size": len(listed), "_links": links}


def slice_of(found: Iterable[Item], start: int, limit: int) -> tuple[Sequence[Item], int | None]:
    """One page of a list, and where the next one starts (None: this was the last); what comes after is not taken."""
    end = (start := min(start, _FAR)) + limit
    taken = found[start : end + 1] if isinstance(found, Sequence) else list(islice(found, start, end + 1))
    return taken[:limit], end if len(taken) > limit else None


def most_of(asked: Asked) -> int:
    """How many pages one v1 answer holds: bodies make it fewer, rendered ones fewer still."""
    if asked.wants("body.export_view") or asked.wants("body.styled_view"):
        return 25
    return 50 if asked.wants("body") else 200


def own_path(request: Request) -> str:
    """A request's path as the links of the older API have it: without the context path, which `_links.base` has."""
    path = request.url.path
    return path[path.index("/rest/") :]
