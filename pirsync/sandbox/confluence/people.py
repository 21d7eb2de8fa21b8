"""People and groups over HTTP: by account id on Cloud, by user name or key on Data Center."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.door import CLOUD_ID
from pirsync.sandbox.edge.http import actor, answer, body_object, empty
from pirsync.sandbox.people import Group, User
from pirsync.sandbox.wiki import Page

from .call import Failed, bad_request, required, visible_page
from .parts import Call, known_actor, old_list
from .v1_json import Json, group_json, user_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_AT_ONCE = 100
"""People in one answer of a bulk call; more are cut off without a word, as on the real site."""


def _current(world: World, request: Request) -> Response:
    return answer(user_json(world, actor(world, request)))


def _anonymous(world: World, _request: Request) -> Response:
    return answer(user_json(world, None) | {"_links": {"base": world.wiki_url}})


def _user(world: World, request: Request) -> Response:
    return answer(user_json(world, _named(world, request)))


def _named(world: World, request: Request) -> User:
    """Whom the query names; `Failed` 400 when it names nobody, 404 for one who is not there or an anonymous asker."""
    names = ("accountId",) if world.is_cloud else ("username", "key")
    wanted = {name: request.query_params[name] for name in names if name in request.query_params}
    if not wanted:
        raise bad_request(f"{' or '.join(names)} is required")
    for user in world.people.all() if actor(world, request) else ():
        known = {"accountId": user.account_id, "username": user.name, "key": user.user_key}
        if all(known[name] == value for name, value in wanted.items()):
            return user
    raise Failed(404, "NotFoundException", f"No user found with {', '.join(wanted)}: {', '.join(wanted.values())}")


def _bulk(world: World, request: Request) -> Response:
    asked = request.query_params.getlist("accountId")[:_AT_ONCE]
    found = [user_json(world, user) for user in _known(world, request, asked)]
    links = {"base": world.wiki_url, "context": "/wiki", "self": f"{world.wiki_url}/rest/api/user/bulk"}
    return answer({"results": found, "start": 0, "limit": _AT_ONCE, "size": len(found), "_links": links})


def _known(world: World, request: Request, account_ids: list[str]) -> list[User]:
    by_id = {user.account_id: user for user in world.people.all()} if actor(world, request) else {}
    return [by_id[each] for each in account_ids if each in by_id]


def _users_bulk(world: World, request: Request) -> Response:
    """`POST /api/v2/users-bulk`."""
    sent = required(body_object(request), "accountIds")
    if not isinstance(sent, list) or not all(isinstance(each, str) for each in sent):
        raise bad_request("accountIds must be a list of account ids")
    if not 1 <= len(sent) <= 250:
        raise bad_request("accountIds must have 1 to 250 entries")
    return answer({"results": [_v2_user(user) for user in _known(world, request, sent)]})


def _v2_user(user: User) -> Json:
    return {
        "displayName": user.display_name,
        "timeZone": user.time_zone,
        "isExternalCollaborator": False,
        "accountStatus": "closed" if user.deleted else "active" if user.active else "inactive",
        "accountId": user.account_id,
        "email": "" if user.email_hidden else user.email,
        "accountType": "atlassian",
        "publicName": user.display_name,
        "profilePicture": {"path": f"/wiki/aa-avatar/{user.account_id}", "isDefault": True},
    }


def _all(world: World, request: Request) -> Response:
    known_actor(world, request)
    return old_list(world, request, world.people.all(), lambda user: user_json(world, user), 100)


# ------------------------------------------------------------ groups


def _groups(world: World, request: Request) -> Response:
    _member(world, request)
    return old_list(world, request, world.people.groups, lambda group: group_json(world, group), 200)


def _member_of(world: World, request: Request) -> Response:
    user = _named(world, request)
    found = [group for group in world.people.groups if group.has(user)]
    return old_list(world, request, found, lambda group: group_json(world, group), 200)


def _group(world: World, request: Request) -> Response:
    _member(world, request)
    return answer(group_json(world, _group_named(world, request)))


def _members(world: World, request: Request) -> Response:
    _member(world, request)
    group = _group_named(world, request)
    members = [user for user in world.people.all() if group.has(user)]
    return old_list(world, request, members, lambda user: user_json(world, user), 200)


def _member(world: World, request: Request) -> None:
    if actor(world, request) is None:
        raise Failed(403, "PermissionException", "User not permitted to view groups")


def _group_named(world: World, request: Request) -> Group:
    name = request.path_params.get("name")
    group_id = request.path_params.get("group_id") or request.query_params.get("id")
    for group in world.people.groups:
        if name == group.name or (name is None and group_id == group.id):
            return group
    raise Failed(404, "NotFoundException", f"No group found: {name or group_id}")


# ------------------------------------------------------------ watching a page


def _is_watching(world: World, request: Request) -> Response:
    user, page = _watcher(world, request)
    return answer({"watching": user.account_id in page.watchers})


def _watch(world: World, request: Request) -> Response:
    user, page = _watcher(world, request)
    page.watchers.add(user.account_id)
    return empty()


def _unwatch(world: World, request: Request) -> Response:
    user, page = _watcher(world, request)
    page.watchers.discard(user.account_id)
    return empty()


def _watcher(world: World, request: Request) -> tuple[User, Page]:
    """The page, and who watches it: whom the query names, else who asks."""
    _, page = visible_page(world, request)
    user = known_actor(world, request)
    named = {"accountId", "username", "key"} & set(request.query_params)
    return (_named(world, request) if named else user), page


# ------------------------------------------------------------ the site


def _system(world: World, request: Request) -> Response:
    known_actor(world, request)
    return answer(
        {
            "cloudId": CLOUD_ID,
            "commitHash": "0000000",
            "baseUrl": world.wiki_url,
            "edition": "standard",
            "siteTitle": "Confluence",
            "defaultLocale": "en_US",
            "defaultTimeZone": "Etc/UTC",
        }
    )


NEW: tuple[Call, ...] = (("POST", "/users-bulk", _users_bulk),)
_BOTH: tuple[Call, ...] = (
    ("GET", "/user/current", _current),
    ("GET", "/user/anonymous", _anonymous),
    ("GET", "/user/memberof", _member_of),
    ("GET", "/user", _user),
    ("GET", "/group", _groups),
)
OLD_CLOUD: tuple[Call, ...] = (
    *_BOTH,
    ("GET", "/user/bulk", _bulk),
    ("GET", "/group/by-id", _group),
    ("GET", "/group/{group_id}/membersByGroupId", _members),
    ("GET", "/settings/systemInfo", _system),
    ("GET", "/user/watch/content/{id}", _is_watching),
    ("POST", "/user/watch/content/{id}", _watch),
    ("DELETE", "/user/watch/content/{id}", _unwatch),
)
OLD_DC: tuple[Call, ...] = (
    *_BOTH,
    ("GET", "/user/list", _all),
    ("GET", "/group/{name}", _group),
    ("GET", "/group/{name}/member", _members),
)
