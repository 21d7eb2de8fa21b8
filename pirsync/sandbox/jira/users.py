"""People and groups over HTTP: Cloud knows accounts by `accountId` alone, Data Center by `username` and `key`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.people import Group, User
from pirsync.sandbox.tracker import Invalid, project_of
from pirsync.sandbox.tracker.permissions import is_assignable, levels_of, may

from .call import Call, Table, project_named
from .nouns_json import JSON, user_json
from .paging import paged, place
from .permissions import check_administer

MOST_FOUND = 1000


def account_json(call: Call, user: User) -> JSON:
    """An account as its own call answers it; groups and applications are only counted unless expanded."""
    value: JSON = user_json(call.view, user) or {}
    groups = [group for group in call.world.people.groups if group.has(user)]
    items = [_group(call, one) for one in groups] if "groups" in call.names("expand") else []
    roles: JSON = {"size": 1 if user.active else 0, "items": []}
    more: JSON = {"locale": "en_US", "groups": {"size": len(groups), "items": items}, "applicationRoles": roles}
    if not call.world.is_cloud:
        more["deleted"] = user.deleted
    return {**value, **more, "expand": "groups,applicationRoles"}


def _found_json(call: Call, user: User) -> JSON:
    value: JSON = user_json(call.view, user) or {}
    return (
        {**value, "locale": "en_US"} if call.world.is_cloud else {**value, "deleted": user.deleted, "locale": "en_US"}
    )


def _group(call: Call, group: Group) -> JSON:
    value: JSON = {"name": group.name}
    if call.world.is_cloud:
        value["groupId"] = group.id
        return {**value, "self": f"{call.view.rest}/group?groupId={group.id}"}
    return {**value, "self": f"{call.view.rest}/group?groupname={group.name}"}


def _named(call: Call) -> User:
    """The account that the query names; `Invalid` with 404 when there is none."""
    people = call.world.people
    if call.world.is_cloud:
        ref = call.text("accountId") or ""
        found = next((one for one in people.all() if one.account_id == ref), None)
    else:
        name, key = call.text("username"), call.text("key")
        ref = name or key or ""
        found = next((one for one in people.all() if ref and (one.name == name or one.key == key)), None)
        if found is not None and found.deleted and call.text("includeDeleted") != "true":
            found = None
    if not ref:
        asked = "'accountId'" if call.world.is_cloud else "'username' or 'key'"
        raise Invalid(f"The {asked} query parameter must be provided.", status=400 if call.world.is_cloud else 404)
    if found is None:
        text = "Specified user does not exist or you do not have required permissions"
        raise Invalid(text if call.world.is_cloud else f"The user named '{ref}' does not exist", status=404)
    return found


def _check_browse(call: Call) -> None:
    if not may(call.world, call.signed_in(), "USER_PICKER"):
        raise Invalid("You do not have permission to browse users.", status=403)


def user(call: Call) -> Response:
    """GET user: Cloud by `accountId`, Data Center by `username` or `key`."""
    _check_browse(call)
    return answer(account_json(call, _named(call)))


# ------------------------------------------------------------ searches


def _words(call: Call) -> str | None:
    return call.text("query") if call.world.is_cloud else call.text("username")


def _fits(call: Call, user: User) -> bool:
    """Whether the account is the one asked for, or a word of its names begins as asked; hidden e-mail only exactly."""
    if call.world.is_cloud and call.text("accountId"):
        return user.account_id == call.text("accountId")
    words = (_words(call) or "").lower()
    texts = [user.display_name.lower()]
    if call.world.is_cloud and user.email_hidden:
        texts += [user.email.lower()] if words == user.email.lower() else []
    else:
        texts.append(user.email.lower())
    if not call.world.is_cloud:
        texts.append(user.name.lower())
        if words == ".":
            return True
    return any(text.startswith(words) or f" {words}" in text for text in texts)


def _some(call: Call, found: Iterable[User]) -> Response:
    start, size = place(call, 50, MOST_FOUND)
    return answer([_found_json(call, one) for one in list(found)[start : start + size]])


def _asked_for(call: Call) -> None:
    """`Invalid` where the query says nothing of whom to find."""
    if call.world.is_cloud and call.text("query") is None and call.text("accountId") is None:
        raise Invalid("Either the 'query' or the 'accountId' query parameter must be provided.")
    if not call.world.is_cloud and not call.text("username"):
        raise Invalid("The username query parameter was not provided")


def search(call: Call) -> Response:
    """GET user/search: active people; Data Center's inactive ones only when asked for. None without Browse Users."""
    actor = call.signed_in()
    _asked_for(call)
    wanted = {True}
    if not call.world.is_cloud:
        asked = {True: call.text("includeActive") != "false", False: call.text("includeInactive") == "true"}
        wanted = {state for state, is_wanted in asked.items() if is_wanted}
    everybody = call.world.people.all() if may(call.world, actor, "USER_PICKER") else ()
    return _some(call, (one for one in everybody if one.active in wanted and not one.deleted and _fits(call, one)))


def assignable(call: Call) -> Response:
    """GET user/assignable/search: who may be assigned in a `project`, or to the issue of `issueKey`."""
    actor = call.signed_in()
    issue_ref = call.text("issueKey") or call.text("issueId")
    if issue_ref:
        project = project_of(call.world, call.find(issue_ref))
    elif call.text("project"):
        project = project_named(call, call.text("project") or "")
    else:
        raise Invalid("Either the 'project' or 'issueKey' query parameter must be provided.")
    allowed = may(call.world, actor, "USER_PICKER") or may(call.world, actor, "ASSIGN_ISSUES", project)
    everybody = call.world.people.all() if allowed else ()
    return _some(call, (one for one in everybody if is_assignable(call.world, one, project) and _fits(call, one)))


def assignable_everywhere(call: Call) -> Response:
    """GET user/assignable/multiProjectSearch: who may be assigned in all of `projectKeys`."""
    call.signed_in()
    refs = call.names("projectKeys")
    if not refs:
        raise Invalid("The 'projectKeys' query parameter must be provided.")
    projects = [project_named(call, ref) for ref in refs]
    everybody = call.world.people.all()
    able = [one for one in everybody if all(is_assignable(call.world, one, project) for project in projects)]
    return _some(call, (one for one in able if _fits(call, one)))


def viewers(call: Call) -> Response:
    """GET user/viewissue/search: who may see the issue of `issueKey`, or the project of `projectKey`."""
    call.signed_in()
    _asked_for(call)
    if call.text("issueKey"):
        issue = call.find(call.text("issueKey") or "")
        project, level = project_of(call.world, issue), issue.security
    elif call.text("projectKey"):
        project, level = project_named(call, call.text("projectKey") or ""), None
    else:
        raise Invalid("Either the 'issueKey' or the 'projectKey' query parameter must be provided.")
    seeing = [one for one in call.world.people.all() if may(call.world, one, "BROWSE_PROJECTS", project)]
    kept = [one for one in seeing if level is None or level in {each.id for each in levels_of(one, project)}]
    return _some(call, (one for one in kept if _fits(call, one)))


def everybody(call: Call) -> Response:
    """GET users and users/search, Cloud only: everybody, inactive and deleted people too."""
    _check_browse(call)
    return _some(call, call.world.people.all())


def bulk(call: Call) -> Response:
    """GET user/bulk, Cloud only: by page, those of the account ids that there are."""
    call.signed_in()
    ids = call.request.query_params.getlist("accountId")
    if not ids:
        raise Invalid("The 'accountId' query parameter must be provided.")
    found = [one for one in call.world.people.all() if one.account_id in ids]
    return paged(call, found, lambda one: _found_json(call, one), usual=10)


def picker(call: Call) -> Response:
    """GET user/picker: people for somebody who types, the matching letters in bold."""
    actor = call.signed_in()
    words = call.text("query")
    if words is None:
        raise Invalid("The 'query' query parameter must be provided.")
    allowed = may(call.world, actor, "USER_PICKER")
    people = [one for one in call.world.people.all() if allowed and one.active and _picked(one, words.lower())]
    shown = people[: min(call.number("maxResults", 50), MOST_FOUND)]
    header = f"Showing {len(shown)} of {len(people)} matching users"
    return answer({"users": [_picked_json(call, one, words) for one in shown], "total": len(people), "header": header})


def _picked(user: User, words: str) -> bool:
    texts = [user.display_name.lower(), user.name.lower()]
    return any(text.startswith(words) or f" {words}" in text for text in texts)


def _picked_json(call: Call, user: User, words: str) -> JSON:
    value: JSON = {"html": _bold(user.display_name, words), "displayName": user.display_name}
    if call.text("showAvatar") == "true":
        value["avatarUrl"] = f"{call.world.jira_url}/secure/useravatar?size=xsmall&ownerId={user.key}"
    if call.world.is_cloud:
        return {"accountId": user.account_id, "accountType": "app" if user.service else "atlassian", **value}
    return {"name": user.name, "key": user.key, **value}


def _bold(text: str, words: str) -> str:
    parts = re.split(f"({re.escape(words)})", text, maxsplit=1, flags=re.IGNORECASE) if words else [text]
    whole = [escape(part) for part in parts]
    return f"{whole[0]}<strong>{whole[1]}</strong>{whole[2]}" if len(whole) == 3 else whole[0]


# ------------------------------------------------------------ groups


def groups_of_user(call: Call) -> Response:
    """GET user/groups, Cloud only."""
    _check_browse(call)
    found = _named(call)
    return answer([_group(call, one) for one in call.world.people.groups if one.has(found)])


def _asked_group(call: Call) -> Group:
    name, number = call.text("groupname"), call.text("groupId")
    if not name and not number:
        raise Invalid("The group name must be provided." if call.world.is_cloud else "The group name is empty.")
    for group in call.world.people.groups:
        if group.name == name or (call.world.is_cloud and group.id == number):
            return group
    raise Invalid(f"The group named '{name or number}' does not exist.", status=404)


def group_members(call: Call) -> Response:
    """GET group/member: by page, inactive people only when asked for; for administrators, on Cloud also for whoever may
    browse people."""
    if not (call.world.is_cloud and may(call.world, call.signed_in(), "USER_PICKER")):
        check_administer(call.world, call.signed_in())
    group = _asked_group(call)
    inactive = call.text("includeInactiveUsers") == "true"
    found = [one for one in call.world.people.all() if group.has(one) and (inactive or one.active)]
    return paged(call, found, lambda one: user_json(call.view, one))


def group_picker(call: Call) -> Response:
    """GET groups/picker: groups for somebody who types."""
    words, excluded = (call.text("query") or "").lower(), call.request.query_params.getlist("exclude")
    known = call.world.people.groups if call.user is not None else ()
    found = [one for one in known if words in one.name and one.name not in excluded]
    shown = [_picked_group(call, one, words) for one in found[: min(call.number("maxResults", 20), MOST_FOUND)]]
    return answer(
        {"header": f"Showing {len(shown)} of {len(found)} matching groups", "total": len(found), "groups": shown}
    )


def _picked_group(call: Call, group: Group, words: str) -> JSON:
    value: JSON = {"name": group.name, "html": _bold(group.name, words), "labels": []}
    return {**value, "groupId": group.id} if call.world.is_cloud else value


def groups(call: Call) -> Response:
    """GET group/bulk, Cloud only: by page."""
    call.signed_in()
    ids, names = call.names("groupId"), call.names("groupName")
    chosen = [one for one in call.world.people.groups if not (ids or names) or one.id in ids or one.name in names]
    return paged(call, chosen, lambda one: {"name": one.name, "groupId": one.id})


BOTH: Table = [
    ("GET", "/user", user),
    ("GET", "/user/search", search),
    ("GET", "/user/assignable/search", assignable),
    ("GET", "/user/assignable/multiProjectSearch", assignable_everywhere),
    ("GET", "/user/viewissue/search", viewers),
    ("GET", "/user/picker", picker),
    ("GET", "/group/member", group_members),
    ("GET", "/groups/picker", group_picker),
]

CLOUD: Table = [
    ("GET", "/user/bulk", bulk),
    ("GET", "/user/groups", groups_of_user),
    ("GET", "/users", everybody),
    ("GET", "/users/search", everybody),
    ("GET", "/group/bulk", groups),
]
