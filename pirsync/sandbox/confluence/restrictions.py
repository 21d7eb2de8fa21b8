"""Restrictions of a page to people and groups in Confluence's older API, and the question what somebody may do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, body_json, body_object, empty
from pirsync.sandbox.people import Group, User
from pirsync.sandbox.wiki import Page, ancestors, may_change, may_see
from pirsync.sandbox.wiki import restrictions as rules
from pirsync.sandbox.wiki.restrictions import OPERATIONS, Operation

from . import call as edge
from .call import Failed, bad_request, visible_page
from .v1_content import changeable_page
from .v1_json import Json, expansions, restriction_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_EVERYTHING = frozenset({"restrictions.user", "restrictions.group"})


def listed(world: World, request: Request) -> Response:
    """`GET .../restriction`: both operations as a list."""
    _, page = visible_page(world, request)
    return answer(_list(world, request, page))


def put(world: World, request: Request) -> Response:
    """`PUT .../restriction`: Cloud replaces all that there is, Data Center the operations that the body names."""
    user, page = changeable_page(world, request)
    wanted = _sent(world, request)
    if world.is_cloud:
        wanted = {operation: wanted.get(operation, set()) for operation in OPERATIONS}
    rules.restrict(world, user, page, wanted)
    return answer(_list(world, request, page))


def add(world: World, request: Request) -> Response:
    """`POST .../restriction`: Cloud adds these people to those that there are."""
    user, page = changeable_page(world, request)
    wanted = _sent(world, request)
    held = {operation: rules.restricted(page, operation) or set() for operation in wanted}
    rules.restrict(world, user, page, {operation: held[operation] | people for operation, people in wanted.items()})
    return answer(_list(world, request, page))


def clear(world: World, request: Request) -> Response:
    """`DELETE .../restriction`: nobody is kept out any more."""
    user, page = changeable_page(world, request)
    rules.restrict(world, user, page, {operation: set() for operation in OPERATIONS})
    return answer(_list(world, request, page))


def by_operation(world: World, request: Request) -> Response:
    """`GET .../restriction/byOperation`: both operations by name."""
    _, page = visible_page(world, request)
    parts: Json = {operation: restriction_json(world, page, operation, _expand(request)) for operation in OPERATIONS}
    return answer({**parts, "_links": {"self": f"{world.wiki_url}{edge.own_path(request)}", "base": world.wiki_url}})


def of_operation(world: World, request: Request) -> Response:
    """`GET .../restriction/byOperation/{operation}`."""
    _, page = visible_page(world, request)
    return answer(restriction_json(world, page, _operation(request), _expand(request)))


def has_user(world: World, request: Request) -> Response:
    """Whether a restriction names a person: 200 or 404, without a body."""
    _, page = visible_page(world, request)
    user = _user(world, request)
    if user not in rules.people_of(world, page, _operation(request)):
        raise Failed(404, "NotFoundException", f"The restriction does not apply to the user: {_named(request)}")
    return empty(200)


def allow_user(world: World, request: Request) -> Response:
    """Add a person to a restriction."""
    _, page = changeable_page(world, request)
    rules.allow(world, page, _operation(request), _user(world, request).account_id)
    return empty(200)


def disallow_user(world: World, request: Request) -> Response:
    """Take a person out of a restriction."""
    _, page = changeable_page(world, request)
    rules.disallow(world, page, _operation(request), _user(world, request).account_id)
    return empty(200)


def has_group(world: World, request: Request) -> Response:
    """Whether a restriction names a group: 200 or 404, without a body."""
    _, page = visible_page(world, request)
    group = _group_of_path(world, request)
    if group not in rules.groups_of(world, page, _operation(request)):
        raise Failed(404, "NotFoundException", f"The restriction does not apply to the group: {group.name}")
    return empty(200)


def allow_group(world: World, request: Request) -> Response:
    """Add a group to a restriction."""
    _, page = changeable_page(world, request)
    rules.allow(world, page, _operation(request), _group_of_path(world, request).id)
    return empty(200)


def disallow_group(world: World, request: Request) -> Response:
    """Take a group out of a restriction."""
    _, page = changeable_page(world, request)
    rules.disallow(world, page, _operation(request), _group_of_path(world, request).id)
    return empty(200)


def relevant(world: World, request: Request) -> Response:
    """Data Center's view restrictions of a page and of those above it."""
    _, page = visible_page(world, request)
    chain = [one for one in (page, *reversed(ancestors(world, page))) if one.restricted_to is not None]
    shown = [restriction_json(world, one, "read", _EVERYTHING) for one in chain]
    return answer(edge.paged(world, request, shown, lambda each: each, 50))


def check(world: World, request: Request) -> Response:
    """Cloud's `POST .../permission/check`: whether a person may read, update or delete."""
    _, page = visible_page(world, request)
    body = body_object(request)
    operation = edge.text_required(body, "operation")
    if operation not in ("read", "update", "delete"):
        raise bad_request(f"Invalid operation: {operation}")
    if edge.text_required(body, "subject", "type") != "user":
        raise bad_request(f"Invalid subject type: {body['subject']['type']}")
    subject = _by_account(world, edge.text_required(body, "subject", "identifier"))
    may = may_see(world, subject, page) if operation == "read" else may_change(world, subject, page)
    return answer({"hasPermission": may, "errors": [], "_links": {"base": world.wiki_url}})


def _list(world: World, request: Request, page: Page) -> Json:
    shown = [restriction_json(world, page, operation, _expand(request)) for operation in OPERATIONS]
    said = f"{sorted(page.restricted_to or ())} {sorted(page.editors or ())}"
    links = {"self": f"{world.wiki_url}{edge.own_path(request)}", "base": world.wiki_url}
    digest = hashlib.sha256(said.encode()).hexdigest()[:32]
    return {"results": shown, "start": 0, "limit": 100, "size": 2, "restrictionsHash": digest, "_links": links}


def _expand(request: Request) -> frozenset[str]:
    text = request.query_params.get("expand")
    if text is None:
        return _EVERYTHING
    # The operation may stand before the part: `read.restrictions.user`.
    return frozenset(name.removeprefix("read.").removeprefix("update.") for name in expansions(text))


def _sent(world: World, request: Request) -> dict[Operation, set[str]]:
    """The ids by operation of whom a body names: a list, or an object with the list in `results`."""
    sent = body_json(request)
    entries = sent.get("results") if isinstance(sent, dict) else sent
    if not isinstance(entries, list):
        raise bad_request("A list of restrictions is expected")
    wanted: dict[Operation, set[str]] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise bad_request("A restriction must be an object")
        operation, parts = _known_operation(entry.get("operation")), entry.get("restrictions")
        if not isinstance(parts, dict):
            raise bad_request("restrictions is required")
        groups = {_group(world, one).id for one in _members(parts.get("group"))}
        wanted[operation] = groups | {_person(world, one).account_id for one in _members(parts.get("user"))}
    return wanted


def _members(sent: Any) -> list[Json]:
    members = sent.get("results") if isinstance(sent, dict) else sent
    return [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []


def _person(world: World, sent: Json) -> User:
    names = ("accountId",) if world.is_cloud else ("username", "userKey")
    for name in names:
        if sent.get(name):
            return _by_account(world, str(sent[name])) if world.is_cloud else _by_name(world, str(sent[name]))
    raise bad_request(f"A user needs {' or '.join(names)}")


def _group(world: World, sent: Json) -> Group:
    for group in world.people.groups:
        if sent.get("name") == group.name or (world.is_cloud and sent.get("id") == group.id):
            return group
    raise bad_request(f"Group not found: {sent.get('name') or sent.get('id')}")


def _group_of_path(world: World, request: Request) -> Group:
    try:
        return _group(world, {"id": request.path_params["group_id"]})
    except Failed as failed:
        raise Failed(404, "NotFoundException", str(failed)) from None


def _by_account(world: World, account_id: str) -> User:
    for user in world.people.all():
        if user.account_id == account_id:
            return user
    raise bad_request(f"No user found with accountId: {account_id}")


def _by_name(world: World, name: str) -> User:
    for user in world.people.all():
        if name in (user.name, user.user_key):
            return user
    raise bad_request(f"No user found with username: {name}")


def _named(request: Request) -> str:
    for name in ("accountId", "username", "key"):
        if name in request.query_params:
            return request.query_params[name]
    raise bad_request("A user is required")


def _user(world: World, request: Request) -> User:
    name = _named(request)
    try:
        return _by_account(world, name) if world.is_cloud else _by_name(world, name)
    except Failed as failed:
        raise Failed(404, "NotFoundException", str(failed)) from None


def _operation(request: Request) -> Operation:
    try:
        return _known_operation(request.path_params["operation"])
    except Failed as failed:
        raise Failed(404, "NotFoundException", str(failed)) from None


def _known_operation(name: Any) -> Operation:
    for operation in OPERATIONS:
        if operation == name:
            return operation
    raise bad_request(f"Invalid operation: {name}")


_USER = "/content/{id}/restriction/byOperation/{operation}/user"
_GROUP = "/content/{id}/restriction/byOperation/{operation}/byGroupId/{group_id}"

TABLE: tuple[tuple[str, str, edge.Handler], ...] = (
    ("PUT", "/content/{id}/restriction", put),
    ("GET", "/content/{id}/restriction/byOperation", by_operation),
    ("GET", "/content/{id}/restriction/byOperation/{operation}", of_operation),
)
"""Method, path below `/rest/api`, and handler of the calls of both products."""

CLOUD: tuple[tuple[str, str, edge.Handler], ...] = (
    ("GET", "/content/{id}/restriction", listed),
    ("POST", "/content/{id}/restriction", add),
    ("DELETE", "/content/{id}/restriction", clear),
    ("GET", _USER, has_user),
    ("PUT", _USER, allow_user),
    ("DELETE", _USER, disallow_user),
    ("GET", _GROUP, has_group),
    ("PUT", _GROUP, allow_group),
    ("DELETE", _GROUP, disallow_group),
    ("POST", "/content/{id}/permission/check", check),
)
"""Cloud's own."""

DATACENTER: tuple[tuple[str, str, edge.Handler], ...] = (
    ("GET", "/content/{id}/restriction/relevantViewRestrictions", relevant),
)
"""Data Center's own."""
