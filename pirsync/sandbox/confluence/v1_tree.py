"""What lies below a page in Confluence's older API, and Cloud's calls that change the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_object
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import (
    Page,
    Space,
    Task,
    children,
    find_page,
    find_space,
    may_change,
    may_edit,
    may_see,
    space_of,
    versions,
)
from pirsync.sandbox.wiki.tree import Copied, Position, carry_over, copy_page, descendants, move_beside

from . import call as edge
from .call import Failed, bad_request, not_found, visible_page
from .v1_content import asked_for, changeable_page
from .v1_json import Asked, Json, content_json, expansions, single_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_MOST_ARCHIVED = 300
_DEEPEST = 100
_COPIED = frozenset({"space", "history", "version"})
_POSITIONS: dict[str, Position] = {"append": "append", "before": "before", "after": "after"}


def child_types(world: World, request: Request) -> Response:
    """`GET /content/{id}/child`: the kinds of children, those that `expand` names with their entries."""
    user, page = visible_page(world, request)
    below = [child for child in children(world, page) if may_see(world, user, child)]
    return answer(_by_type(world, request, page, below))


def child_pages(world: World, request: Request) -> Response:
    """`GET /content/{id}/child/page`: the pages directly below."""
    user, page = visible_page(world, request)
    return _paged(world, request, [child for child in children(world, page) if may_see(world, user, child)])


def descendant_types(world: World, request: Request) -> Response:
    """`GET /content/{id}/descendant`: like `child`, for all levels."""
    user, page = visible_page(world, request)
    below = [one for one, _ in descendants(world, page) if may_see(world, user, one)]
    return answer(_by_type(world, request, page, below))


def descendant_pages(world: World, request: Request) -> Response:
    """`GET /content/{id}/descendant/page`: the pages of all levels, or down to `depth`."""
    user, page = visible_page(world, request)
    depth = request.query_params.get("depth", "all")
    deepest = {"all": None, "root": 1}.get(depth, edge.whole_number(depth, 0, "depth") if depth.isdecimal() else 0)
    if deepest is not None and not 1 <= deepest <= _DEEPEST:
        raise bad_request(f"Provided value {{{depth}}} for 'depth' is not valid")
    return _paged(world, request, [one for one, _ in descendants(world, page, deepest) if may_see(world, user, one)])


def move(world: World, request: Request) -> Response:
    """`PUT /content/{id}/move/{position}/{target}`: append, before or after."""
    user, page = changeable_page(world, request)
    position = _POSITIONS.get(request.path_params["position"])
    if position is None:
        raise bad_request(f"Invalid position: {request.path_params['position']}")
    target = find_page(world, request.path_params["target"])
    if target is None or target.status != "current" or not may_see(world, user, target):
        raise not_found(request.path_params["target"])
    if page.status != "current":
        raise not_found(page.id)
    move_beside(world, page, position, target)
    return answer({"pageId": str(page.id)})


def copy(world: World, request: Request) -> Response:
    """`POST /content/{id}/copy`: one page to a space, below a page, or over one."""
    user, page = visible_page(world, request)
    if user is None:
        raise Failed(403, "PermissionException", "Could not create content with type page")
    body = body_object(request)
    copied = Copied(
        properties=body.get("copyProperties") is True,
        labels=body.get("copyLabels") is True,
        permissions=body.get("copyPermissions") is True,
    )
    kind, value = edge.text_required(body, "destination", "type"), str(edge.required(body, "destination", "value"))
    title = str(body.get("pageTitle") or page.title)
    if kind == "existing_page":
        new = _target(world, user, value)
        if not may_edit(world, user, new):
            raise Failed(403, "PermissionException", f"Could not update Content with id: {new.id}")
        number, title = new.current.number + 1, str(body.get("pageTitle") or new.title)
        versions.save_published(world, user, new, title, _body(body, page), number, "")
        carry_over(world, user, page, new, copied)
    else:
        space, parent = _destination(world, user, kind, value)
        new = copy_page(world, user, page, space, parent, title, copied)
        if body.get("body"):
            versions.save_published(world, user, new, title, _body(body, page), 2, "")
    return answer(single_json(asked_for(world, request, _COPIED), new))


def archive(world: World, request: Request) -> Response:
    """`POST /content/archive`: all pages that the body names, or none; the answer is a task's id."""
    user = actor(world, request)
    sent = body_object(request).get("pages")
    if not isinstance(sent, list) or not sent or len(sent) > _MOST_ARCHIVED:
        raise bad_request(f"pages must be a list of 1 to {_MOST_ARCHIVED} pages")
    if user is None:
        raise Failed(401, "UnauthorizedException", "Unauthorized")
    pages = [_archivable(world, user, each) for each in sent]
    for page in pages:
        versions.archive(world, page)
    return _task(world, "Archive pages")


def delete_tree(world: World, request: Request) -> Response:
    """`DELETE /content/{id}/pageTree`: a page with all below it into the trash; the answer is a task's id."""
    user, page = changeable_page(world, request)
    if page.status != "current":
        raise bad_request(f"Content is not current: {page.id}")
    tree = [page, *(below for below, _ in descendants(world, page))]
    if not all(may_change(world, user, one) for one in tree):
        raise not_found(page.id)
    for one in reversed(tree):
        versions.trash(world, one)
    return _task(world, "Delete page tree")


def task(world: World, request: Request) -> Response:
    """`GET /longtask/{id}`: what has become of a task."""
    task_id = request.path_params["id"]
    found = world.wiki.tasks.get(int(task_id)) if task_id.isascii() and task_id.isdigit() else None
    if found is None or actor(world, request) is None:
        raise Failed(404, "NotFoundException", f"No task found with id: {task_id}")
    passed = world.clock.now() - found.started
    return answer(
        {
            "id": str(found.id),
            "name": {"key": found.name, "args": [], "translation": found.name},
            "elapsedTime": int(passed.total_seconds() * 1000),
            "percentageComplete": 100,
            "successful": True,
            "finished": True,
            "messages": [],
            "_links": {"self": f"{world.wiki_url}/rest/api/longtask/{found.id}", "base": world.wiki_url},
        }
    )


def _by_type(world: World, request: Request, page: Page, below: list[Page]) -> Json:
    """A map from the kind of content to its list; the kinds that are not expanded are only named."""
    asked = Asked(world, actor(world, request), expansions(request.query_params.get("expand", "")))
    own = edge.own_path(request)
    answered: Json = {"_expandable": {}, "_links": {"self": f"{world.wiki_url}{own}", "base": world.wiki_url}}
    for kind in ("page", "attachment", "comment"):
        if kind == "page" and asked.wants(kind):
            inner = frozenset(name.removeprefix("page.") for name in asked.expand)
            shown = [content_json(Asked(world, asked.actor, inner), one) for one in below[:25]]
            links = {"self": f"{world.wiki_url}{own}/{kind}"}
            answered[kind] = {"results": shown, "start": 0, "limit": 25, "size": len(shown), "_links": links}
        else:
            answered["_expandable"][kind] = f"{own}/{kind}"
    return answered


def _paged(world: World, request: Request, below: list[Page]) -> Response:
    asked = asked_for(world, request)
    return answer(edge.paged(world, request, below, lambda page: content_json(asked, page), edge.most_of(asked)))


def _target(world: World, user: User, page_id: str) -> Page:
    target = find_page(world, page_id)
    if target is None or target.status != "current" or not may_see(world, user, target):
        raise not_found(page_id)
    return target


def _destination(world: World, user: User, kind: str, value: str) -> tuple[Space, Page | None]:
    if kind == "space":
        space = find_space(world, value)
        if space is None:
            raise Failed(404, "NotFoundException", f"No space with key : {value}")
        return space, None
    if kind in ("parent_page", "parent_content"):
        parent = _target(world, user, value)
        return space_of(world, parent), parent
    raise bad_request(f"Invalid destination type: {kind}")


def _body(body: Json, page: Page) -> str:
    return edge.text_required(body, "body", "storage", "value") if body.get("body") else page.current.body


def _archivable(world: World, user: User, sent: Any) -> Page:
    page_id = sent.get("id") if isinstance(sent, dict) else None
    page = find_page(world, page_id) if page_id is not None else None
    if page is None or page.status != "current" or page.kind != "page" or not may_edit(world, user, page):
        raise bad_request(f"Content cannot be archived: {page_id}")
    return page


def _task(world: World, name: str) -> Response:
    made = Task(world.wiki.new_id(), name, world.clock.now())
    world.wiki.tasks[made.id] = made
    return answer({"id": str(made.id), "links": {"status": f"/rest/api/longtask/{made.id}"}}, 202)


CHILDREN: tuple[tuple[str, str, edge.Handler], ...] = (
    ("GET", "/content/{id}/child", child_types),
    ("GET", "/content/{id}/child/page", child_pages),
)
"""Method, path below `/rest/api`, and handler of the calls that Cloud has deprecated."""

DESCENDANTS: tuple[tuple[str, str, edge.Handler], ...] = (
    ("GET", "/content/{id}/descendant", descendant_types),
    ("GET", "/content/{id}/descendant/page", descendant_pages),
)
"""Those that both products have."""

CLOUD: tuple[tuple[str, str, edge.Handler], ...] = (
    ("PUT", "/content/{id}/move/{position}/{target}", move),
    ("POST", "/content/{id}/copy", copy),
    ("POST", "/content/archive", archive),
    ("DELETE", "/content/{id}/pageTree", delete_tree),
    ("GET", "/longtask/{id}", task),
)
"""Cloud's own."""
