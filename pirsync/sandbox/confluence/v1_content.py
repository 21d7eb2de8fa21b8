"""Pages and blog posts in Confluence's older API, which Data Center speaks and Cloud has deprecated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_object, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import (
    Kind,
    Page,
    Version,
    add_labels,
    create_page,
    find_page,
    find_space,
    may_change,
    may_see,
    set_property,
    versions,
)
from pirsync.sandbox.wiki.listing import Wanted
from pirsync.sandbox.wiki.listing import listed as listed_pages
from pirsync.sandbox.wiki.tree import move_page

from . import call as edge
from .call import Failed, bad_request, not_found, visible_page
from .v1_json import Asked, Json, content_json, expansions, single_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_STATUSES = frozenset({"current", "any", "trashed", "historical", "draft", "archived", "deleted"})
_ALWAYS = frozenset({"history", "space", "version"})
_SAVED = _ALWAYS | {"body.storage", "ancestors"}


def asked_for(world: World, request: Request, default: frozenset[str] = frozenset()) -> Asked:
    """Who asks and which expansions, `default` where the query names none."""
    expand = request.query_params.get("expand")
    return Asked(world, actor(world, request), default if expand is None else expansions(expand))


def changeable_page(world: World, request: Request) -> tuple[User, Page]:
    """The page of the path in whatever status, if the actor may change it; `Failed` 403 otherwise, 404 for none."""
    user, page = visible_page(world, request)
    if user is None or not may_change(world, user, page):
        raise Failed(403, "PermissionException", f"Could not update Content with id: {page.id}")
    return user, page


def listed(world: World, request: Request) -> Response:
    """`GET /content`: by space, title, type, status or ids."""
    asked = asked_for(world, request)
    found = _wanted(world, request, asked)
    return answer(edge.paged(world, request, found, lambda page: content_json(asked, page), edge.most_of(asked)))


def scan(world: World, request: Request) -> Response:
    """Data Center's `GET /content/scan`: the same from a cursor on, for long lists."""
    asked = asked_for(world, request)
    found = _wanted(world, request, asked)
    limit = min(edge.whole_number(request.query_params.get("limit"), 25, "limit"), edge.most_of(asked)) or 25
    start = edge.position_of(request.query_params.get("cursor"))
    shown, following = edge.slice_of(found, start, limit)
    links = {"self": f"{world.wiki_url}{edge.own_path(request)}", "base": world.wiki_url, "context": "/confluence"}
    answered: Json = {"cursor": edge.cursor_of(start), "limit": limit, "size": len(shown), "_links": links}
    if following is not None:
        answered["nextCursor"] = edge.cursor_of(following)
        links["next"] = f"{edge.own_path(request)}?cursor={edge.cursor_of(following)}&limit={limit}"
    return answer({"results": [content_json(asked, page) for page in shown], **answered})


def read(world: World, request: Request) -> Response:
    """`GET /content/{id}`: a page in one of the asked statuses, or a version of it."""
    user, page = visible_page(world, request)
    statuses = _statuses(request)
    number = request.query_params.get("version")
    asked = asked_for(world, request, _ALWAYS)
    if number is not None:
        return answer(single_json(asked, page, edge.version_numbered(page, number)))
    if statuses == {"historical"}:
        raise bad_request("A version is required for historical content")
    if page.status in statuses or "any" in statuses:
        return answer(single_json(asked, page))
    if "draft" in statuses and page.draft is not None and may_change(world, user, page):
        return answer(single_json(asked, page, page.draft))
    raise not_found(page.id)


def create(world: World, request: Request) -> Response:
    """`POST /content`: a new page, a draft, or a draft's publishing when the body has the draft's id."""
    user = _known(world, request)
    body = body_object(request)
    kind = _kind(body)
    if body.get("id"):
        return _publish_by_id(world, request, user, body)
    space = find_space(world, edge.text_required(body, "space", "key"))
    if space is None:
        raise Failed(404, "NotFoundException", f"No space with key : {body['space']['key']}")
    parent = _parent(world, user, body) if kind == "page" else None
    status = body.get("status") or "current"
    if status == "draft":
        storage = _storage(body) if body.get("body") else ""
        page = versions.create_draft(world, user, space, parent, str(body.get("title") or ""), storage, kind)
    elif status == "current":
        title, storage = edge.text_required(body, "title"), _storage(body) if body.get("body") else ""
        page = create_page(world, user, space, parent, title, storage, kind)
        if world.is_cloud and isinstance(body.get("version"), dict):
            # Data Center ignores the message of a first version.
            versions.tell_first(page, str(body["version"].get("message") or ""))
    else:
        raise bad_request(f"Content cannot be created with status: {status}")
    _set_metadata(world, user, page, body)
    return answer(single_json(asked_for(world, request, _SAVED), page))


def update(world: World, request: Request) -> Response:
    """`PUT /content/{id}`: the next version, a draft, a publishing, or a page back from the trash.

    The query's `status` is the one that the content has, the body's is the one that it is to have.
    """
    user, page = changeable_page(world, request)
    body = body_object(request)
    if not isinstance(body.get("version"), dict) or body["version"].get("number") is None:
        raise bad_request("Must supply an incremented version when updating Content. No version supplied.")
    number = edge.number_required(body, "version", "number")
    if page.status == "trashed":
        version = _restored(world, user, page, body, number)
    elif page.status == "archived":
        raise Failed(404, "NotFoundException", "Can not find draft with current content")
    else:
        if _kind(body) != page.kind:
            raise bad_request("The type of content cannot be changed")
        version = _saved(world, request, user, page, body, number)
    return answer(single_json(asked_for(world, request, _SAVED), page, version))


def delete(world: World, request: Request) -> Response:
    """`DELETE /content/{id}`: into the trash; with `status=trashed` out of it for ever; with `status=draft` a draft."""
    _, page = changeable_page(world, request)
    status = request.query_params.get("status", "current")
    if status == "trashed" and page.status == "trashed":
        versions.purge(world, page)
    elif status == "draft" and (page.status == "draft" or page.draft is not None):
        versions.discard_draft(world, page)
    elif status in ("current", "archived") and page.status in ("current", "archived"):
        versions.trash(world, page)
    else:
        raise not_found(page.id)
    return empty()


def _wanted(world: World, request: Request, asked: Asked) -> Iterator[Page]:
    query = request.query_params
    statuses, ids = _statuses(request), edge.numbers(request, "ids")
    kind: Kind = "blogpost" if query.get("type") == "blogpost" else "page"
    if query.get("type", "page") != kind:
        raise bad_request(f"Unsupported content type for this request: {query['type']}")
    statuses |= {"current", "trashed"} if "any" in statuses else set()
    space = find_space(world, query.get("spaceKey", ""))
    found = [space.id] if space is not None and space.key == query["spaceKey"] else [0]
    title = [("title", query["title"])] if "title" in query else []
    wanted = Wanted(statuses, () if ids else (kind,), found if "spaceKey" in query else (), ids, title)
    day = query.get("postingDay")
    return (page for page in listed_pages(world, asked.actor, wanted) if day in (None, f"{page.created:%Y-%m-%d}"))


def _publish_by_id(world: World, request: Request, user: User, body: Json) -> Response:
    page = find_page(world, body["id"])
    if page is None or page.status != "draft" or not may_see(world, user, page):
        raise not_found(body["id"])
    storage = _storage(body) if body.get("body") else page.current.body
    versions.publish(world, user, page, str(body.get("title") or page.title), storage, 1, "")
    return answer(single_json(asked_for(world, request, _SAVED), page))


def _restored(world: World, user: User, page: Page, body: Json, number: int) -> Version:
    if body.get("status") != "current":
        raise not_found(page.id)
    return versions.restore(world, user, page, number)


def _saved(world: World, request: Request, user: User, page: Page, body: Json, number: int) -> Version:
    """The version or draft that an update of a current page or of a draft makes."""
    existing, wanted = request.query_params.get("status", "current"), body.get("status") or "current"
    if existing not in ("current", "draft") or wanted not in ("current", "draft"):
        raise bad_request(f"Content cannot be changed from status {existing} to {wanted}")
    title = edge.text_required(body, "title")
    message, minor = str(body["version"].get("message") or ""), bool(body["version"].get("minorEdit"))
    storage = _storage(body) if body.get("body") else page.current.body
    parent = _parent(world, user, body) if page.kind == "page" else None
    if page.status == "draft":
        saved = _saved_draft(world, user, page, (existing, wanted), title, storage, number)
    elif existing == "draft" and wanted == "draft":
        return versions.save_draft(world, user, page, title, storage, number)
    elif wanted == "draft":
        raise bad_request("Content with status current cannot become a draft: status=draft is missing in the query")
    else:
        if existing == "draft" and page.draft is None:
            raise Failed(404, "NotFoundException", "Can not find draft with current content")
        saved = versions.save_published(world, user, page, title, storage, number, message, minor)
        page.draft = None if existing == "draft" else page.draft
    _set_metadata(world, user, page, body)
    if parent is not None and parent.id != page.parent_id:
        move_page(world, page, parent)
    return saved


def _saved_draft(
    world: World, user: User, page: Page, statuses: tuple[str, str], title: str, storage: str, number: int
) -> Version:
    existing, wanted = statuses
    if wanted == "draft":
        # Only the newer API changes a draft that was never published.
        raise Failed(409, "ConflictException", "Content is a draft: drafts cannot be updated")
    if existing != "draft":
        raise bad_request("Content with status draft cannot be updated: status=draft is missing in the query")
    return versions.publish(world, user, page, title, storage, number, "")


def _set_metadata(world: World, user: User, page: Page, body: Json) -> None:
    """Properties and labels that come along with a page: `metadata.properties`, `metadata.labels`."""
    sent = body.get("metadata") or {}
    properties = sent.get("properties") if isinstance(sent, dict) else None
    for key, prop in properties.items() if isinstance(properties, dict) else ():
        if isinstance(prop, dict) and "value" in prop:
            held = page.properties.get(key)
            set_property(world, user, page, key, edge.checked_value(prop["value"]), held.version + 1 if held else 1)
    labels = sent.get("labels") if isinstance(sent, dict) else None
    if isinstance(labels, list):
        add_labels(world, page, [edge.text_required(each if isinstance(each, dict) else {}, "name") for each in labels])


def _statuses(request: Request) -> set[str]:
    statuses = edge.several(request, "status") or {"current"}
    if statuses - _STATUSES:
        raise bad_request(f"Invalid value for status: {', '.join(sorted(statuses - _STATUSES))}")
    return statuses


def _kind(body: Json) -> Kind:
    if body.get("type") == "page":
        return "page"
    if body.get("type") == "blogpost":
        return "blogpost"
    raise bad_request("type is required, and must be page or blogpost")


def _known(world: World, request: Request) -> User:
    user = actor(world, request)
    if user is None:
        raise Failed(403, "PermissionException", "Could not create content with type page")
    return user


def _parent(world: World, user: User, body: Json) -> Page | None:
    above = body.get("ancestors")
    if not above:
        return None
    parent_id = above[-1].get("id") if isinstance(above, list) and isinstance(above[-1], dict) else None
    parent = find_page(world, parent_id) if parent_id is not None else None
    if parent is None or parent.status != "current" or not may_see(world, user, parent):
        raise bad_request(f"The parent ID specified does not exist: {parent_id}")
    return parent


def _storage(body: Json) -> str:
    sent = edge.required(body, "body", "storage")
    if not isinstance(sent, dict) or sent.get("representation") != "storage":
        raise bad_request("body.storage.representation must be storage")
    return edge.text_required(body, "body", "storage", "value")


TABLE: tuple[tuple[str, str, edge.Handler], ...] = (
    ("GET", "/content", listed),
    ("POST", "/content", create),
    ("GET", "/content/{id}", read),
    ("PUT", "/content/{id}", update),
    ("DELETE", "/content/{id}", delete),
)
"""Method, path below `/rest/api`, and handler of the calls that Cloud has deprecated."""

SCAN: tuple[str, str, edge.Handler] = ("GET", "/content/scan", scan)
"""Data Center's own."""
