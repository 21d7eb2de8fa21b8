"""Labels: lists in Cloud's `/api/v2`, which cannot write them, and all of it in the older API of both dialects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_json, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import Kind, Labelled, Page, add_labels, find_space, may_see, remove_label
from pirsync.sandbox.wiki.attachments import Attachment
from pirsync.sandbox.wiki.comments import Comment, may_see_part
from pirsync.sandbox.wiki.index import labelled

from .attachments import attachment_v2_json
from .call import Failed, bad_request, slice_of, text_required, whole_number
from .parts import (
    Call,
    editable_content,
    old_list,
    several,
    sorted_by,
    visible_attachment,
    visible_content,
    visible_space,
)
from .v1_json import Json, label_json
from .v2_json import PageShape, listing, page_json
from .v2_pages import page_of_path

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Prefix = Literal["global", "team"]
_PREFIXES = ("my", "team", "global", "system")

# ------------------------------------------------------------ /api/v2


def _on_page(world: World, request: Request) -> Response:
    return _listed(world, request, page_of_path(world, request)[1].labels)


def _on_attachment(world: World, request: Request) -> Response:
    return _listed(world, request, visible_attachment(world, request)[1].labels)


def _on_space(world: World, request: Request) -> Response:
    return _listed(world, request, visible_space(world, request)[1].labels, "team")


def _in_space(world: World, request: Request) -> Response:
    user, space = visible_space(world, request)
    return _listed(world, request, _used(world, user, space.id))


def _all(world: World, request: Request) -> Response:
    ids = several(request, "label-id")
    names = _used(world, actor(world, request), None)
    return _listed(world, request, [name for name in names if not ids or str(world.wiki.label_ids[name]) in ids])


def _used(world: World, user: User | None, space_id: int | None) -> list[str]:
    """The labels on pages and files that the actor sees, in one space or in all, as they were first used."""
    on_files = {name for each in _files_seen(world, user, space_id) for name in each.labels}
    names = list(world.wiki.label_ids)
    return [name for name in names if name in on_files or any(_pages_with(world, user, name, space_id))]


def _pages_with(world: World, user: User | None, name: str, space_id: int | None) -> Iterator[Page]:
    for page in labelled(world.wiki, name):
        in_place = space_id in (None, page.space_id) and page.status == "current"
        if in_place and name in page.labels and may_see(world, user, page):
            yield page


def _files_seen(world: World, user: User | None, space_id: int | None) -> Iterator[Attachment]:
    """The files that bear any label."""
    for attachment in world.wiki.attachments.values():
        page = world.wiki.pages.get(attachment.page_id)
        if not attachment.labels or attachment.status != "current" or page is None:
            continue
        if space_id in (None, page.space_id) and may_see_part(world, user, attachment):
            yield attachment


def _listed(world: World, request: Request, names: Iterable[str], prefix: Prefix = "global") -> Response:
    wanted = several(request, "prefix", _PREFIXES)
    found = [_shape(world, name, prefix) for name in names] if not wanted or prefix in wanted else []
    keys = {"created-date": _number, "id": _number, "name": lambda each: each["name"]}
    return listing(world, request, sorted_by(request, found, keys, "created-date"))


def _number(label: Json) -> int:
    return int(label["id"])


def _shape(world: World, name: str, prefix: Prefix) -> Json:
    return {"id": str(world.wiki.label_ids[name]), "name": name, "prefix": prefix}


def _pages(kind: Kind, world: World, request: Request) -> Response:
    user, found = _labelled(world, request)
    spaces = several(request, "space-id")
    ours = [each for each in found if isinstance(each, Page) and each.kind == kind]
    pages = [each for each in ours if not spaces or str(each.space_id) in spaces]
    keys = {
        "id": lambda page: page.id,
        "created-date": lambda page: page.created,
        "modified-date": lambda page: page.current.at,
        "title": lambda page: page.title.casefold(),
    }
    shown = "storage" if request.query_params.get("body-format") == "storage" else ""
    shape = PageShape(body=shown, subtype=True)
    return listing(
        world, request, sorted_by(request, pages, keys, "id"), lambda page: page_json(world, user, page, shape)
    )


def _files(world: World, request: Request) -> Response:
    _, found = _labelled(world, request)
    attachments = [each for each in found if isinstance(each, Attachment)]
    keys = {"created-date": lambda one: one.created, "modified-date": lambda one: one.current.at}
    ordered = sorted_by(request, attachments, keys, "created-date")
    return listing(world, request, ordered, lambda each: attachment_v2_json(world, each))


def _bearers(world: World, user: User | None, name: str) -> list[Page | Attachment]:
    files = [each for each in _files_seen(world, user, None) if name in each.labels]
    return [*_pages_with(world, user, name, None), *files]


def _labelled(world: World, request: Request) -> tuple[User | None, list[Page | Attachment]]:
    user = actor(world, request)
    for name, number in world.wiki.label_ids.items():
        if str(number) == request.path_params["id"] and user is not None:
            return user, _bearers(world, user, name)
    raise Failed(404, "NotFoundException", "Label not found")


NEW: tuple[Call, ...] = (
    ("GET", "/pages/{id}/labels", _on_page),
    ("GET", "/blogposts/{id}/labels", _on_page),
    ("GET", "/attachments/{id}/labels", _on_attachment),
    ("GET", "/spaces/{id}/labels", _on_space),
    ("GET", "/spaces/{id}/content/labels", _in_space),
    ("GET", "/labels", _all),
    ("GET", "/labels/{id}/pages", partial(_pages, "page")),
    ("GET", "/labels/{id}/blogposts", partial(_pages, "blogpost")),
    ("GET", "/labels/{id}/attachments", _files),
)

# ------------------------------------------------------------ /rest/api


def _old_listed(world: World, request: Request) -> Response:
    _, content = visible_content(world, request)
    return _old_labels(world, request, [] if isinstance(content, Comment) else content.labels, "global")


def _old_labels(world: World, request: Request, names: Iterable[str], prefix: Prefix) -> Response:
    wanted = several(request, "prefix", _PREFIXES)
    found = list(names) if not wanted or prefix in wanted else []
    return old_list(world, request, found, lambda name: {**label_json(world, name), "prefix": prefix}, 200)


def _old_add(world: World, request: Request) -> Response:
    _, content = editable_content(world, request)
    if isinstance(content, Comment):
        raise bad_request("A comment bears no labels")
    add_labels(world, content, _sent(request, "global"))
    return _old_labels(world, request, content.labels, "global")


def _sent(request: Request, prefix: Prefix) -> list[str]:
    """The names of a body `[{prefix, name}]`, or of one label alone; `Failed` 400 for a label of another kind."""
    sent = body_json(request)
    entries: list[Any] = sent if isinstance(sent, list) else [sent]
    found = [each if isinstance(each, dict) else {} for each in entries]
    if not found or any(each.get("prefix", prefix) != prefix for each in found):
        raise bad_request(f"Labels with the prefix {prefix} are expected")
    return [text_required(each, "name") for each in found]


def _old_remove(world: World, request: Request) -> Response:
    _, content = editable_content(world, request)
    name = request.path_params.get("label") or request.query_params.get("name", "")
    if not name:
        raise bad_request("The name of the label is required")
    _taken(world, content if not isinstance(content, Comment) else None, name)
    return empty()


def _taken(world: World, bearer: Labelled | None, name: str) -> None:
    name = name.removeprefix("global:")
    if bearer is None or name.lower() not in bearer.labels:
        raise Failed(404, "NotFoundException", f"There is no label {name} here")
    remove_label(world, bearer, name)


def _old_contents(world: World, request: Request) -> Response:
    """`GET /label?name=`: what bears a label."""
    user = actor(world, request)
    query = request.query_params
    name = query.get("name", "").lower()
    kind = query.get("type")
    if not name or kind not in (None, "page", "blogpost", "attachment", "page_template"):
        raise bad_request("A label's name is required, and type must be page, blogpost, attachment or page_template")
    found = _bearers(world, user, name) if name in world.wiki.label_ids else []
    if not found:
        raise Failed(404, "NotFoundException", f"No label found with name: {name}")
    entries = [
        {"contentType": "page", "contentId": each.id, "title": each.title}
        if isinstance(each, Page)
        else {"contentType": "attachment", "contentId": each.id, "title": each.name}
        for each in found
        if kind in (None, "page" if isinstance(each, Page) else "attachment")
    ]
    start, limit = whole_number(query.get("start"), 0, "start"), whole_number(query.get("limit"), 200, "limit")
    listed, _ = slice_of(entries, start, limit)
    contents = {"results": listed, "start": start, "limit": limit, "size": len(listed)}
    return answer({"label": label_json(world, name), "associatedContents": contents})


def _old_on_space(world: World, request: Request) -> Response:
    return _old_labels(world, request, visible_space(world, request, "key")[1].labels, "team")


def _old_label_space(world: World, request: Request) -> Response:
    _, space = visible_space(world, request, "key")
    add_labels(world, space, _sent(request, "team"))
    return _old_labels(world, request, space.labels, "team")


def _old_unlabel_space(world: World, request: Request) -> Response:
    _taken(world, visible_space(world, request, "key")[1], request.query_params.get("name", "").removeprefix("team:"))
    return empty()


def _old_in_space(world: World, request: Request) -> Response:
    user, space = visible_space(world, request, "key")
    return _old_labels(world, request, _used(world, user, space.id), "global")


def _old_all(world: World, request: Request) -> Response:
    """`GET /label/labels` of Data Center: the labels in use, or the one of that name."""
    query = request.query_params
    space = find_space(world, query["spaceKey"]) if "spaceKey" in query else None
    names = _used(world, actor(world, request), space.id if space else None)
    wanted = query.get("labelName", "").lower()
    if wanted and wanted not in names:
        raise Failed(404, "NotFoundException", f"No label found with name: {wanted}")
    return _old_labels(world, request, [name for name in names if wanted in ("", name)], "global")


_ON_CONTENT = "/content/{id}/label"
OLD: tuple[Call, ...] = (
    ("GET", _ON_CONTENT, _old_listed),
    ("POST", _ON_CONTENT, _old_add),
    ("DELETE", _ON_CONTENT, _old_remove),
    ("DELETE", f"{_ON_CONTENT}/{{label}}", _old_remove),
)
OLD_CLOUD: tuple[Call, ...] = (
    ("GET", "/label", _old_contents),
    ("GET", "/space/{key}/label", _old_on_space),
    ("POST", "/space/{key}/label", _old_label_space),
    ("DELETE", "/space/{key}/label", _old_unlabel_space),
)
OLD_DC: tuple[Call, ...] = (
    ("GET", "/label/labels", _old_all),
    ("GET", "/space/{key}/labels", _old_in_space),
)
