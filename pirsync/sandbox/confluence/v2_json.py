"""How spaces, pages and versions look in Confluence Cloud's `/api/v2`, and how its lists are paged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.people import User
from pirsync.sandbox.site import web_path
from pirsync.sandbox.wiki import Page, Prop, Space, Version, status_of

from .bodies import represented
from .call import bad_request, cursor_of, position_of, slice_of, whole_number
from .v1_json import Json, moment, operations

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

MOST = 250
"""Items in one answer."""

Item = TypeVar("Item")

_PAGE_ONLY = frozenset({"parentId", "parentType", "position", "ownerId", "lastOwnerId", "subtype"})


@dataclass(frozen=True)
class PageShape:
    """Which optional parts of a page are shown; `body` is the format of the body, empty for none."""

    body: str = ""
    version: bool = True
    labels: bool = False
    properties: bool = False
    operations: bool = False
    versions: bool = False
    subtype: bool = False


def listing(
    world: World,
    request: Request,
    found: Iterable[Item],
    shape: Callable[[Item], Any] = lambda item: item,
    usual: int = 25,
) -> Response:
    """One page of a list by the query's `limit` (at most 250) and `cursor`; the next by link and header."""
    query = request.query_params
    limit = whole_number(query.get("limit"), usual, "limit")
    if not 1 <= limit <= MOST:
        raise bad_request(f"Provided value {{{limit}}} for 'limit' is not in the range of 1 to {MOST}")
    listed, following = slice_of(found, position_of(query.get("cursor")), limit)
    links, headers = {"base": world.wiki_url}, {}
    if following is not None:
        kept = [(name, value) for name, value in query.multi_items() if name != "cursor"]
        links["next"] = f"{request.url.path}?{urlencode([*kept, ('cursor', cursor_of(following))])}"
        headers["Link"] = f'<{links["next"]}>; rel="next", <{world.wiki_url}>; rel="base"'
    return answer({"results": [shape(item) for item in listed], "_links": links}, headers=headers)


def space_v2_json(space: Space) -> Json:
    """A space."""
    return {
        "id": str(space.id),
        "key": space.key,
        "name": space.name,
        "type": space.kind,
        "status": space.status,
        "authorId": _account(space.creator),
        "currentActiveAlias": space.key,
        "createdAt": moment(space.created),
        "homepageId": str(space.homepage_id),
        "description": None,
        "icon": None,
        "_links": {"webui": f"/spaces/{space.key}"},
    }


def page_json(world: World, actor: User | None, page: Page, shape: PageShape, version: Version | None = None) -> Json:
    """A page at its newest or the given version."""
    shown = version or page.current
    first_author = page.versions[0].author
    owners = [first_author, *page.owners]
    answered: Json = {
        "id": str(page.id),
        "status": status_of(page, shown),
        "title": shown.title,
        "spaceId": str(page.space_id),
        "parentId": str(page.parent_id) if page.parent_id else None,
        "parentType": "page" if page.parent_id else None,
        "position": page.position,
        "authorId": _account(first_author),
        "ownerId": _account(owners[-1]),
        "lastOwnerId": _account(owners[-2]) if page.owners else None,
        "createdAt": moment(page.created),
        "body": body_v2_json(world, actor, page, shown, shape.body),
        "_links": {
            "webui": web_path(world, page),
            "editui": f"/pages/resumedraft.action?draftId={page.id}",
            "tinyui": f"/x/{page.id:x}",
        },
    }
    if page.kind == "blogpost":
        answered = {name: value for name, value in answered.items() if name not in _PAGE_ONLY}
    if shape.version:
        answered["version"] = version_v2_json(shown)
    if shape.subtype and page.kind == "page":
        answered["subtype"] = None
    return answered | _included(world, actor, page, shape)


def id_name(page: Page) -> str:
    """What the id of a page or a blog post is called in what hangs on it."""
    return "pageId" if page.kind == "page" else "blogPostId"


def body_v2_json(world: World, actor: User | None, page: Page, version: Version, form: str) -> Json:
    """A version's body in the format `form`; nothing for an empty one."""
    if not form:
        return {}
    return {form: {"representation": form, "value": represented(world, actor, page, version.body, form)}}


def detailed_version_json(page: Page, version: Version) -> Json:
    """A version as the whole of an answer: with the numbers of its neighbours."""
    neighbours = {
        "prevVersion": version.number - 1 if version.number > 1 else None,
        "nextVersion": version.number + 1 if version is not page.current else None,
    }
    author = _account(version.author)
    known = {name: number for name, number in neighbours.items() if number is not None}
    return {
        **version_v2_json(version),
        "contentTypeModified": False,
        "collaborators": [author] if author else [],
        **known,
    }


def version_v2_json(version: Version) -> Json:
    """A version's number, author, time and message."""
    return {
        "number": version.number,
        "message": version.message,
        "minorEdit": version.minor,
        "authorId": _account(version.author),
        "createdAt": moment(version.at),
    }


def property_v2_json(prop: Prop) -> Json:
    """A content property with its version."""
    version = {
        "number": prop.version,
        "message": prop.message,
        "minorEdit": False,
        "authorId": _account(prop.author),
        "createdAt": moment(prop.at),
    }
    return {"id": str(prop.id), "key": prop.key, "value": prop.value, "version": version}


def child_json(child: Page) -> Json:
    """A page as an entry of its parent's pages."""
    return {
        "id": str(child.id),
        "status": child.status,
        "title": child.title,
        "spaceId": str(child.space_id),
        "childPosition": child.position,
    }


def children_json(child: Page) -> Json:
    """A page as an entry of what is directly below its parent."""
    return {**child_json(child), "type": "page"}


def descendant_json(below: tuple[Page, int]) -> Json:
    """A page and its depth as an entry of what is below one above it."""
    page, depth = below
    return {
        "id": str(page.id),
        "status": page.status,
        "title": page.title,
        "type": "page",
        "parentId": str(page.parent_id),
        "depth": depth,
        "childPosition": page.position,
    }


def _included(world: World, actor: User | None, page: Page, shape: PageShape) -> Json:
    own = f"/wiki/api/v2/{page.kind}s/{page.id}"
    parts: Json = {}
    if shape.labels:
        named = [{"id": str(world.wiki.label_ids[name]), "name": name, "prefix": "global"} for name in page.labels]
        parts["labels"] = _part(named, f"{own}/labels")
    if shape.properties:
        parts["properties"] = _part([property_v2_json(prop) for prop in page.properties.values()], f"{own}/properties")
    if shape.operations:
        parts["operations"] = _part(operations(world, actor, page), f"{own}/operations")
    if shape.versions:
        parts["versions"] = _part([version_v2_json(version) for version in page.versions[::-1]], f"{own}/versions")
    return parts


def _part(results: list[Json], address: str) -> Json:
    return {"results": results, "meta": {"hasMore": False, "cursor": None}, "_links": {"self": address}}


def _account(user: User | None) -> str | None:
    return user.account_id if user else None
