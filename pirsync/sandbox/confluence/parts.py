"""What the calls for comments, attachments, properties, labels and spaces share: finding the thing, lists, versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import Page, Space, Version, find_page, find_space, may_edit, may_see
from pirsync.sandbox.wiki.attachments import Attachment, FileVersion, find_attachment
from pirsync.sandbox.wiki.comments import Comment, find_comment, may_change_comment, may_see_part, page_of

from .call import Failed, Handler, bad_request, not_found, slice_of, whole_number
from .v1_json import Json, moment

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Item = TypeVar("Item")
Call = tuple[str, str, Handler]
"""Method, path and handler."""
Content = Page | Comment | Attachment
"""What `/content/{id}` of the older API means by an id."""


def known_actor(world: World, request: Request) -> User:
    """Who asks; `Failed` 401 for an anonymous one."""
    user = actor(world, request)
    if user is None:
        raise Failed(401, "UnauthorizedException", "Unauthorized")
    return user


# ------------------------------------------------------------ finding


def visible_comment(world: World, request: Request) -> tuple[User | None, Comment]:
    """Who asks, and the comment of the path's `id`; `Failed` 404 when it is not there for them."""
    user = actor(world, request)
    comment = find_comment(world, request.path_params["id"])
    if comment is None or not may_see_part(world, user, comment):
        raise Failed(404, "NotFoundException", "Comment not found")
    return user, comment


def visible_attachment(world: World, request: Request, name: str = "id") -> tuple[User | None, Attachment]:
    """Who asks, and the attachment of the path, trashed ones too; `Failed` 404 when it is not there for them."""
    user = actor(world, request)
    attachment = find_attachment(world, request.path_params[name])
    if attachment is None or not may_see_part(world, user, attachment):
        raise Failed(404, "NotFoundException", f"No attachment found with id: {request.path_params[name]}")
    return user, attachment


def visible_space(world: World, request: Request, name: str = "id") -> tuple[User | None, Space]:
    """Who asks, and the space of the path's id or key; `Failed` 404, which an anonymous one always gets."""
    user = actor(world, request)
    ref = request.path_params[name]
    space = find_space(world, ref)
    if space is None or user is None or (name == "key" and space.key.casefold() != ref.casefold()):
        raise Failed(404, "NotFoundException", f"No space with {name} : {ref}")
    return user, space


def visible_content(world: World, request: Request) -> tuple[User | None, Content]:
    """Who asks, and the page, comment or attachment of the path's `id`; `Failed` 404 when it is not there for them."""
    user = actor(world, request)
    ref = request.path_params["id"]
    found: Content | None = find_page(world, ref) or find_comment(world, ref) or find_attachment(world, ref)
    if isinstance(found, Page):
        seen = may_see(world, user, found)
    else:
        seen = found is not None and may_see_part(world, user, found)
    if found is None or not seen:
        raise not_found(ref)
    return user, found


def editable_content(world: World, request: Request) -> tuple[User, Content]:
    """Like `visible_content`, and the actor may change it; `Failed` 403 otherwise, 404 for what is not current."""
    user, found = visible_content(world, request)
    if isinstance(found, Page | Attachment) and found.status != "current":
        raise Failed(404, "NotFoundException", "Can not find draft with current content")
    if user is None or not may_change(world, user, found):
        raise Failed(403, "PermissionException", f"Could not update Content with id: {found.id}")
    return user, found


def may_change(world: World, user: User, content: Content) -> bool:
    """Whether the actor may change a page, a file on one, or their own comment."""
    if isinstance(content, Comment):
        return may_change_comment(world, user, content)
    return may_edit(world, user, content if isinstance(content, Page) else page_of(world, content))


# ------------------------------------------------------------ lists


def flag(request: Request, name: str) -> bool:
    """Whether a query parameter says `true`."""
    return request.query_params.get(name) == "true"


def several(request: Request, name: str, known: Iterable[str] = ()) -> set[str]:
    """The values of a query parameter, repeated or between commas; `Failed` 400 for one that is not `known`."""
    found = {each for text in request.query_params.getlist(name) for each in text.split(",") if each}
    wrong = sorted(found - set(known)) if known else []
    if wrong:
        raise bad_request(f"Provided value {{{wrong[0]}}} for '{name}' is not valid")
    return found


def sorted_by(
    request: Request, found: Iterable[Item], keys: Mapping[str, Callable[[Item], Any]], usual: str
) -> list[Item]:
    """The items by the query's `sort`, one of `keys` with `-` before it for the other way; `Failed` 400 otherwise."""
    sort = request.query_params.get("sort", usual)
    if sort.removeprefix("-") not in keys:
        raise bad_request(f"Provided value {{{sort}}} for 'sort' is not valid")
    return sorted(found, key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))


def old_list(
    world: World, request: Request, found: Sequence[Item], shape: Callable[[Item], Json], usual: int = 25
) -> Response:
    """One page of a list of `/rest/api` by the query's `start` and `limit`; the next one by a relative link."""
    query = request.query_params
    limit = min(whole_number(query.get("limit"), usual, "limit"), 250 if world.is_cloud else 200) or usual
    start = whole_number(query.get("start"), 0, "start")
    listed, following = slice_of(found, start, limit)
    path = request.url.path
    own = path[path.index("/rest/api") :]
    links = {
        "self": f"{world.wiki_url}{own}",
        "base": world.wiki_url,
        "context": "/wiki" if world.is_cloud else "/confluence",
    }
    if following is not None:
        kept = [(name, value) for name, value in query.multi_items() if name not in ("start", "limit")]
        links["next"] = f"{own}?{urlencode([*kept, ('limit', limit), ('start', following)])}"
    results = [shape(item) for item in listed]
    return answer({"results": results, "start": start, "limit": limit, "size": len(results), "_links": links})


# ------------------------------------------------------------ shapes of /api/v2


def account(user: User | None) -> str | None:
    """An account id; None for an account that is gone."""
    return user.account_id if user else None


def part(results: list[Json], address: str) -> Json:
    """A short list within an answer of `/api/v2`."""
    return {"results": results, "meta": {"hasMore": False}, "_links": {"self": address}}


def numbered(versions: Sequence[Item], text: str, number_of: Callable[[Item], int]) -> Item:
    """The version of that number; `Failed` 404 when there is none."""
    for version in versions:
        if str(number_of(version)) == text:
            return version
    raise Failed(404, "NotFoundException", f"No version {text}")


def alone(world: World, value: Json) -> Json:
    """A thing of `/api/v2` as the whole of an answer: its links then say where they start."""
    return {**value, "_links": {**value["_links"], "base": world.wiki_url}}


def version_detail(version: Version | FileVersion, newest: int) -> Json:
    """A version as the whole of an answer, with the numbers of its neighbours."""
    number = version.number
    neighbours = {
        "prevVersion": number - 1 if number > 1 else None,
        "nextVersion": number + 1 if number < newest else None,
    }
    return {
        "number": number,
        "authorId": account(version.author),
        "message": version.message if isinstance(version, Version) else version.comment,
        "createdAt": moment(version.at),
        "minorEdit": version.minor,
        "contentTypeModified": False,
        "collaborators": [version.author.account_id] if version.author else [],
        **{name: value for name, value in neighbours.items() if value is not None},
    }
