"""Content properties in Confluence Cloud's `/api/v2`, addressed by their numeric id, never by their key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from .http import answer, body_object
from .wiki import Page, Prop, set_property
from .wiki_http import Failed, bad_request, checked_value, editable_page, number_required, required, text_required
from .wiki_http import visible_page as visible
from .wiki_v2_json import listing, property_v2_json

if TYPE_CHECKING:
    from .world import World


def listed(world: World, request: Request) -> Response:
    """All properties of a page, or the one of the query's `key`, which counts letters' case."""
    _, page = visible(world, request)
    key = request.query_params.get("key")
    found = [prop for prop in page.properties.values() if key in (None, prop.key)]
    return listing(world, request, found, property_v2_json)


def create(world: World, request: Request) -> Response:
    """A new property; 409 when the page has one of that key."""
    user, page = editable_page(world, request)
    body = body_object(request)
    key, value = text_required(body, "key"), checked_value(required(body, "value"))
    if key in page.properties:
        raise Failed(409, "ConflictException", f"Content property with key {key} already exists")
    return answer(property_v2_json(set_property(world, user, page, key, value, 1)))


def read(world: World, request: Request) -> Response:
    """One property by its id."""
    return answer(property_v2_json(_named(visible(world, request)[1], request)))


def update(world: World, request: Request) -> Response:
    """The next version of a property; 409 when the number is not the current one plus one."""
    user, page = editable_page(world, request)
    held = _named(page, request)
    body = body_object(request)
    if text_required(body, "key") != held.key:
        raise bad_request("The key of a content property cannot change")
    number = number_required(body, "version", "number")
    value = checked_value(required(body, "value"))
    return answer(property_v2_json(set_property(world, user, page, held.key, value, number)))


def _named(page: Page, request: Request) -> Prop:
    for prop in page.properties.values():
        if str(prop.id) == request.path_params["property_id"]:
            return prop
    raise Failed(404, "NotFoundException", "Property not found")
