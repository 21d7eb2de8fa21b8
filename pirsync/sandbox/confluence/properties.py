"""Content properties: by numeric id in Cloud's `/api/v2`, by key in the older API of both dialects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, body_object, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import Holder, Page, Prop, Space, remove_property, set_property
from pirsync.sandbox.wiki.attachments import Attachment
from pirsync.sandbox.wiki.comments import Comment

from .call import Failed, bad_request, checked_value, number_required, required, text_required
from .parts import (
    Call,
    account,
    editable_content,
    known_actor,
    may_change,
    old_list,
    sorted_by,
    visible_attachment,
    visible_comment,
    visible_content,
    visible_space,
)
from .v1_json import Asked, Json, expansions, moment, user_json
from .v2_json import listing, property_v2_json
from .v2_pages import page_of_path

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Found = tuple[User | None, Page | Comment | Attachment | Space]
Finder = Callable[["World", Request], Found]
Shape = Callable[[Prop], Json]

# ------------------------------------------------------------ /api/v2


def _on(place: str, find: Finder, shape: Shape, made: int) -> list[Call]:
    """The calls for the properties of one kind of thing; `made` is the status of a new one."""
    whole, one = f"{place}/{{id}}/properties", f"{place}/{{id}}/properties/{{property_id}}"
    return [
        ("GET", whole, partial(_listed, find, shape)),
        ("POST", whole, partial(_create, find, shape, made)),
        ("GET", one, partial(_read, find, shape)),
        ("PUT", one, partial(_update, find, shape)),
        ("DELETE", one, partial(_delete, find)),
    ]


def _listed(find: Finder, shape: Shape, world: World, request: Request) -> Response:
    _, holder = find(world, request)
    key = request.query_params.get("key")
    found = [prop for prop in holder.properties.values() if key in (None, prop.key)]
    ordered = sorted_by(request, found, {"key": lambda prop: prop.key, "id": lambda prop: prop.id}, "id")
    return listing(world, request, ordered, shape)


def _read(find: Finder, shape: Shape, world: World, request: Request) -> Response:
    return answer(shape(_by_id(find(world, request)[1], request)))


def _create(find: Finder, shape: Shape, made: int, world: World, request: Request) -> Response:
    user, holder = _changeable(find, world, request)
    body = body_object(request)
    key, value = text_required(body, "key"), checked_value(required(body, "value"))
    if key in holder.properties:
        raise Failed(409, "ConflictException", f"Content property with key {key} already exists")
    return answer(shape(set_property(world, user, holder, key, value, 1)), made)


def _update(find: Finder, shape: Shape, world: World, request: Request) -> Response:
    user, holder = _changeable(find, world, request)
    held = _by_id(holder, request)
    body = body_object(request)
    if text_required(body, "key") != held.key:
        raise bad_request("The key of a content property cannot change")
    number = number_required(body, "version", "number")
    value, message = checked_value(required(body, "value")), str(body["version"].get("message") or "")
    return answer(shape(set_property(world, user, holder, held.key, value, number, message)))


def _delete(find: Finder, world: World, request: Request) -> Response:
    _, holder = _changeable(find, world, request)
    remove_property(holder, _by_id(holder, request).key)
    return empty()


def _changeable(find: Finder, world: World, request: Request) -> tuple[User, Page | Comment | Attachment | Space]:
    user, holder = find(world, request)
    known = known_actor(world, request)
    if isinstance(holder, Page | Attachment) and holder.status != "current":
        raise Failed(404, "NotFoundException", "Can not find draft with current content")
    if user is None or not (isinstance(holder, Space) or may_change(world, known, holder)):
        raise Failed(403, "PermissionException", f"Could not update Content with id: {holder.id}")
    return known, holder


def _by_id(holder: Holder, request: Request) -> Prop:
    for prop in holder.properties.values():
        if str(prop.id) == request.path_params["property_id"]:
            return prop
    raise Failed(404, "NotFoundException", "Property not found")


def _space_shape(prop: Prop) -> Json:
    version = {
        "number": prop.version,
        "message": prop.message,
        "createdBy": account(prop.author),
        "createdAt": moment(prop.at),
    }
    made = {"createdAt": moment(prop.created), "createdBy": account(prop.creator)}
    return {"id": str(prop.id), "key": prop.key, "value": prop.value, **made, "version": version}


NEW: tuple[Call, ...] = (
    *_on("/pages", page_of_path, property_v2_json, 200),
    *_on("/blogposts", page_of_path, property_v2_json, 200),
    *_on("/comments", visible_comment, property_v2_json, 200),
    *_on("/attachments", visible_attachment, property_v2_json, 200),
    *_on("/spaces", visible_space, _space_shape, 201),
)

# ------------------------------------------------------------ /rest/api


def _old_listed(world: World, request: Request) -> Response:
    user, content = visible_content(world, request)
    asked = _old_asked(world, request, user)
    return old_list(world, request, list(content.properties.values()), partial(_old_json, asked, content), 10)


def _old_read(world: World, request: Request) -> Response:
    user, content = visible_content(world, request)
    return answer(_old_json(_old_asked(world, request, user), content, _by_key(content, request)))


def _old_create(world: World, request: Request) -> Response:
    user, content = editable_content(world, request)
    body = body_object(request)
    key = request.path_params.get("key") or text_required(body, "key")
    value = _old_value(world, body)
    if key in content.properties:
        raise Failed(409, "ConflictException", f"Content property already exists with key: {key}")
    return _old_saved(world, user, content, set_property(world, user, content, key, value, 1))


def _old_put(world: World, request: Request) -> Response:
    user, content = editable_content(world, request)
    body = body_object(request)
    key = request.path_params["key"]
    if body.get("key", key) != key:
        raise bad_request("The key of the body is not the one of the path")
    number = number_required(body, "version", "number")
    value, message = _old_value(world, body), str(body["version"].get("message") or "")
    return _old_saved(world, user, content, set_property(world, user, content, key, value, number, message))


def _old_delete(world: World, request: Request) -> Response:
    _, content = editable_content(world, request)
    remove_property(content, _by_key(content, request).key)
    return empty()


def _old_value(world: World, body: Json) -> Any:
    try:
        return checked_value(required(body, "value"))
    except Failed as failed:
        if world.is_cloud or "limit" not in str(failed):
            raise
        raise Failed(413, "ServiceException", str(failed)) from None


def _old_saved(world: World, user: User, content: Page | Comment | Attachment, prop: Prop) -> Response:
    return answer(_old_json(Asked(world, user, frozenset({"version"})), content, prop))


def _old_asked(world: World, request: Request, user: User | None) -> Asked:
    return Asked(world, user, expansions(request.query_params.get("expand", "version")))


def _by_key(holder: Holder, request: Request) -> Prop:
    key = request.path_params["key"]
    if key not in holder.properties:
        raise Failed(404, "NotFoundException", f"Cannot find content property with key: {key}")
    return holder.properties[key]


def _old_json(asked: Asked, content: Page | Comment | Attachment, prop: Prop) -> Json:
    ref = content.ref if isinstance(content, Attachment) else str(content.id)
    address = f"/rest/api/content/{ref}"
    answered: Json = {"id": str(prop.id), "key": prop.key, "value": prop.value}
    if asked.wants("version"):
        answered["version"] = {
            "by": user_json(asked.world, prop.author),
            "when": moment(prop.at),
            "message": prop.message,
            "number": prop.version,
            "minorEdit": False,
        }
    unexpanded = {} if asked.wants("version") else {"version": ""}
    return {
        **answered,
        "_links": {"self": f"{asked.world.wiki_url}{address}/property/{prop.key}"},
        "_expandable": {"content": address, **unexpanded},
    }


_ALL, _ONE = "/content/{id}/property", "/content/{id}/property/{key}"
OLD: tuple[Call, ...] = (
    ("GET", _ALL, _old_listed),
    ("POST", _ALL, _old_create),
    ("GET", _ONE, _old_read),
    ("POST", _ONE, _old_create),
    ("PUT", _ONE, _old_put),
    ("DELETE", _ONE, _old_delete),
)
