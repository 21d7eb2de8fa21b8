"""Pages and blog posts in Confluence Cloud's `/api/v2`: made, read, changed, deleted, each with its versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_object, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import (
    Kind,
    Page,
    Space,
    Status,
    Version,
    create_page,
    find_page,
    find_space,
    may_change,
    may_see,
    versions,
)
from pirsync.sandbox.wiki.listing import Wanted
from pirsync.sandbox.wiki.listing import listed as listed_pages
from pirsync.sandbox.wiki.restrictions import restrict
from pirsync.sandbox.wiki.tree import move_page

from . import call as edge
from .bodies import SERVED
from .call import Failed, bad_request, not_found
from .v1_json import Json
from .v2_json import PageShape, body_v2_json, detailed_version_json, listing, page_json, version_v2_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_LONGEST_BODY = 5 * 1024 * 1024
_ASKED_BY_DEFAULT: frozenset[str] = frozenset({"current", "archived"})
_LISTED_STATUSES = frozenset({"current", "archived", "deleted", "trashed"})
_SINGLE_STATUSES = _LISTED_STATUSES | {"historical", "draft"}


def page_of_path(world: World, request: Request) -> tuple[User | None, Page]:
    """Who asks, and the page or blog post of the path's `id` in whatever status; 400 for no number, 404 for none."""
    user = actor(world, request)
    page_id = request.path_params["id"]
    if not (page_id.isascii() and page_id.isdigit()):
        raise bad_request(f"Provided value {{{page_id}}} for 'id' is not the correct type. Expected type is long")
    page = find_page(world, page_id)
    if page is None or page.kind != _kind(request) or not may_see(world, user, page):
        raise not_found(page_id)
    return user, page


def listed(
    world: World, request: Request, spaces: Collection[int] = (), terms: Collection[tuple[str, Any]] = ()
) -> Response:
    """The pages or blog posts, as the path says, that the query asks for, in its order; `spaces` are those of the path.

    `terms` are further terms of the wiki's index.
    """
    user, query = actor(world, request), request.query_params
    statuses, form = _statuses(request, _LISTED_STATUSES), _form(request, ("storage",))
    subtypes = edge.several(request, "subtype")
    if subtypes - {"page", "live"}:
        raise bad_request(f"Provided value {{{query['subtype']}}} for 'subtype' is not valid")
    wanted = Wanted(
        statuses,
        (_kind(request),),
        spaces or edge.numbers(request, "space-id"),
        edge.numbers(request, "id"),
        [*terms, *([("title", query["title"])] if "title" in query else [])],
    )
    found = by_sort(world, request, user, wanted) if "page" in (subtypes or {"page"}) else ()
    shape = PageShape(body=form, subtype=True)
    return listing(world, request, found, lambda page: page_json(world, user, page, shape))


_RANKS = {"id": "", "created-date": "created", "modified-date": "lastmodified", "title": "title"}


def by_sort(world: World, request: Request, user: User | None, wanted: Wanted) -> Iterator[Page]:
    """The pages that are wanted by the query's `sort`; `Failed` 400 for a key that there is not."""
    sort = request.query_params.get("sort", "id")
    if sort.removeprefix("-") not in _RANKS:
        raise bad_request(f"Provided value {{{sort}}} for 'sort' is not valid")
    return listed_pages(world, user, wanted, _RANKS[sort.removeprefix("-")], -1 if sort.startswith("-") else 1)


def parent_of(world: World, user: User | None, parent_id: str | int) -> Page:
    """The page that others are to hang below; `Failed` 404 when it is not there for the actor."""
    parent = find_page(world, parent_id)
    if parent is None or parent.status != "current" or not may_see(world, user, parent):
        raise Failed(404, "NotFoundException", "Parent not found")
    return parent


def _read(world: World, request: Request) -> Response:
    user, page = page_of_path(world, request)
    query = request.query_params
    statuses = _statuses(request, _SINGLE_STATUSES)
    form = _form(request, SERVED)
    version = page.current
    if "version" in query:
        version = edge.version_numbered(page, query["version"])
    elif edge.flag(request, "get-draft") or "draft" in statuses:
        version = _draft(page)
        statuses |= {"draft"}
    if page.status not in statuses | ({"current"} if "historical" in statuses or version is page.draft else set()):
        raise not_found(page.id)
    shape = PageShape(
        body=form,
        version=query.get("include-version", "true") == "true",
        labels=edge.flag(request, "include-labels"),
        properties=edge.flag(request, "include-properties"),
        operations=edge.flag(request, "include-operations"),
        versions=edge.flag(request, "include-versions"),
    )
    return answer(_alone(world, page_json(world, user, page, shape, version)))


def _create(world: World, request: Request) -> Response:
    user = known(world, request)
    body = body_object(request)
    space = find_space(world, edge.text_required(body, "spaceId"))
    if space is None or str(space.id) != body["spaceId"]:
        raise Failed(404, "NotFoundException", "Space not found")
    if "subtype" in body and body["subtype"] not in (None, "", "page"):
        raise bad_request(f"Invalid subtype: {body['subtype']}")
    status = _sent_status(body, default="current")
    title = edge.text_required(body, "title") if status == "current" else str(body.get("title") or "")
    storage = _storage(request, body) if body.get("body") else ""
    kind, parent = _kind(request), _parent_of_new(world, request, user, space, body)
    if status == "draft":
        page = versions.create_draft(world, user, space, parent, title, storage, kind)
    else:
        page = create_page(world, user, space, parent, title, storage, kind)
    if edge.flag(request, "private"):
        own = {user.account_id}
        restrict(world, user, page, {"read": own, "update": own})
    return answer(_alone(world, page_json(world, user, page, PageShape(body="storage"))))


def _update(world: World, request: Request) -> Response:
    user, page = _changeable(world, request)
    body = body_object(request)
    if str(edge.required(body, "id")) != str(page.id):
        raise bad_request("The id of the body is not the one of the path")
    status = _sent_status(body)
    title, storage = edge.text_required(body, "title"), _storage(request, body)
    number = edge.number_required(body, "version", "number")
    message = str(body["version"].get("message") or "")
    minor = bool(body["version"].get("minorEdit"))
    parent = parent_of(world, user, body["parentId"]) if body.get("parentId") else None
    owner = _owner(world, body)
    if page.status == "trashed" and status == "current":
        version = versions.restore(world, user, page, number)
    elif page.status == "draft" and status == "draft":
        version = versions.rewrite_draft(world, user, page, title, storage, number)
    elif page.status == "draft":
        version = versions.publish(world, user, page, title, storage, number, message)
    elif page.status == "current" and status == "draft":
        version = versions.save_draft(world, user, page, title, storage, number)
    elif page.status == "current":
        version = versions.save_published(world, user, page, title, storage, number, message, minor)
    else:
        raise Failed(404, "NotFoundException", "Can not find draft with current content")
    if parent is not None and parent.id != page.parent_id:
        move_page(world, page, parent)
    if owner is not None:
        page.owners.append(owner)
    return answer(_alone(world, page_json(world, user, page, PageShape(body="storage"), version)))


def _rename(world: World, request: Request) -> Response:
    user, page = _changeable(world, request)
    body = body_object(request)
    if _sent_status(body) != page.status:
        raise not_found(page.id)
    versions.rename(world, user, page, edge.text_required(body, "title"))
    return answer(_alone(world, page_json(world, user, page, PageShape(body="storage"))))


def _delete(world: World, request: Request) -> Response:
    _, page = _changeable(world, request)
    if edge.flag(request, "draft"):
        _draft(page)
        versions.discard_draft(world, page)
    elif edge.flag(request, "purge"):
        if page.status != "trashed":
            raise bad_request("Only trashed content can be purged")
        versions.purge(world, page)
    elif page.status in ("current", "archived"):
        versions.trash(world, page)
    else:
        raise not_found(page.id)
    return empty()


def _versions(world: World, request: Request) -> Response:
    user, page = page_of_path(world, request)
    sort = request.query_params.get("sort", "-modified-date")
    if sort.removeprefix("-") != "modified-date":
        raise bad_request(f"Provided value {{{sort}}} for 'sort' is not valid")
    ordered = page.versions if sort == "modified-date" else page.versions[::-1]
    form = _form(request, ("storage",))

    def shown(version: Version) -> Json:
        entity: Json = {"id": str(page.id), "title": version.title}
        if form:
            entity["body"] = body_v2_json(world, user, page, version, form)
        return {**version_v2_json(version), page.kind: entity}

    return listing(world, request, ordered, shown)


def _version(world: World, request: Request) -> Response:
    _, page = page_of_path(world, request)
    return answer(detailed_version_json(page, edge.version_numbered(page, request.path_params["number"])))


def _table(kind: str) -> tuple[tuple[str, str, edge.Handler], ...]:
    path = f"/api/v2/{kind}"
    return (
        ("GET", path, listed),
        ("POST", path, _create),
        ("GET", f"{path}/{{id}}", _read),
        ("PUT", f"{path}/{{id}}", _update),
        ("DELETE", f"{path}/{{id}}", _delete),
        ("GET", f"{path}/{{id}}/versions", _versions),
        ("GET", f"{path}/{{id}}/versions/{{number}}", _version),
    )


TABLE = (*_table("pages"), *_table("blogposts"), ("PUT", "/api/v2/pages/{id}/title", _rename))
"""Method, path below `/wiki`, and handler of every call."""


def known(world: World, request: Request) -> User:
    """Who asks; `Failed` 401 for nobody that is known."""
    user = actor(world, request)
    if user is None:
        raise Failed(401, "UnauthorizedException", "Unauthorized")
    return user


def _kind(request: Request) -> Kind:
    return "blogpost" if "/blogposts" in request.url.path else "page"


def _changeable(world: World, request: Request) -> tuple[User, Page]:
    user, page = page_of_path(world, request)
    if user is None or not may_change(world, user, page):
        raise Failed(403, "PermissionException", f"Could not update Content with id: {page.id}")
    return user, page


def _draft(page: Page) -> Version:
    if page.status == "draft":
        return page.current
    if page.draft is None:
        raise not_found(page.id)
    return page.draft


def _statuses(request: Request, known_ones: frozenset[str]) -> set[str]:
    asked = edge.several(request, "status")
    if asked - known_ones:
        raise bad_request(f"Provided value {{{','.join(sorted(asked))}}} for 'status' is not valid")
    return asked or set(_ASKED_BY_DEFAULT)


def _form(request: Request, served: tuple[str, ...]) -> str:
    form = request.query_params.get("body-format", "")
    if form and form not in served:
        raise bad_request(f"Provided value {{{form}}} for 'body-format' is not valid")
    return form


def _sent_status(body: Json, default: str | None = None) -> Status:
    status = body.get("status") or default or edge.text_required(body, "status")
    if status not in ("current", "draft"):
        raise bad_request(f"Invalid status: {status}. Expected one of current, draft")
    return "draft" if status == "draft" else "current"


def _parent_of_new(world: World, request: Request, user: User, space: Space, body: Json) -> Page | None:
    if _kind(request) == "blogpost":
        return None
    if edge.flag(request, "root-level"):
        if body.get("parentId"):
            raise bad_request("A parentId cannot be given for a page at the root level")
        return None
    if body.get("parentId"):
        return parent_of(world, user, body["parentId"])
    home = find_page(world, space.homepage_id)
    return home if home is not None and home.status == "current" else None


def _owner(world: World, body: Json) -> User | None:
    if not body.get("ownerId"):
        return None
    for user in world.people.all():
        if user.account_id == body["ownerId"]:
            return user
    raise bad_request(f"No user found with accountId: {body['ownerId']}")


def _alone(world: World, page: Json) -> Json:
    return {**page, "_links": {**page["_links"], "base": world.wiki_url}}


def _storage(request: Request, body: Json) -> str:
    if len(request.state.body) > _LONGEST_BODY:
        raise Failed(413, "RequestEntityTooLargeException", "The request is too large: the limit is 5 MB")
    sent = edge.required(body, "body")
    inner = sent.get("storage", sent) if isinstance(sent, dict) else {}
    if isinstance(inner, dict) and "value" in inner and "representation" not in inner:
        # What a client gets that leaves the representation out.
        raise Failed(500, "ServiceException", "An unexpected error occurred")
    if edge.text_required(inner, "representation") != "storage":
        raise bad_request("body.representation must be storage")
    return edge.text_required(inner, "value")
