"""Jira's REST API: the table of its calls, and those that only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from . import jira_meta, jira_search, jira_write
from .http import answer
from .issue_json import Wanted, issue_json
from .jira_call import Call, Handler, endpoint
from .jira_json import JSON, comment_json, history_json, remote_link_json, transition_json
from .tracker import Invalid, available_transitions

if TYPE_CHECKING:
    from .world import World

ROOT = "/rest/api/{version}"
CLOUD_COMMENTS = 100
DC_COMMENTS = 1_048_576


def routes(world: World) -> list[Route]:
    """The calls of this world's dialect, relative to Jira's root."""
    table = [*_BOTH, *jira_meta.BOTH, *(_CLOUD if world.is_cloud else _DATA_CENTER)]
    return [Route(ROOT + path, endpoint(world, handler), methods=[method]) for method, path, handler in table]


def issue(call: Call) -> Response:
    """GET issue: by id or key, an old key too; all fields unless chosen."""
    fields = call.names("fields") or ("*all",)
    wanted = Wanted(fields, frozenset(call.names("expand")), call.names("properties"))
    return answer(issue_json(call.view, call.issue, wanted))


def comments(call: Call) -> Response:
    """GET comment: by page, oldest first unless `orderBy=-created`."""
    one, start = call.issue, call.number("startAt", 0)
    page = call.number("maxResults", CLOUD_COMMENTS if call.world.is_cloud else DC_COMMENTS)
    if call.world.is_cloud:
        page = min(page, 5000)
    every = sorted(one.comments, key=lambda each: each.created, reverse=call.text("orderBy") == "-created")
    expand = frozenset(call.names("expand"))
    shown = [comment_json(call.view, each, one.id, expand) for each in every[start : start + page]]
    return answer({"startAt": start, "maxResults": page, "total": len(every), "comments": shown})


def comment(call: Call) -> Response:
    """GET one comment."""
    one = call.issue
    found = jira_write.find_comment(call, one)
    return answer(comment_json(call.view, found, one.id, frozenset(call.names("expand"))))


def changelog(call: Call) -> Response:
    """GET changelog, Cloud only: by page, oldest first."""
    one, start = call.issue, call.number("startAt", 0)
    page = min(call.number("maxResults", 100), 100)
    end, total = start + page, len(one.histories)
    address = f"{call.view.rest}/issue/{one.key}/changelog?maxResults={page}&startAt="
    value: JSON = {"self": f"{address}{start}", "maxResults": page, "startAt": start, "total": total}
    if end < total:
        value["nextPage"] = f"{address}{end}"
    shown = [history_json(call.view, each) for each in one.histories[start:end]]
    return answer({**value, "isLast": end >= total, "values": shown})


def remote_links(call: Call) -> Response:
    """GET remotelink: all of them, or the one with a `globalId`."""
    one, global_id = call.issue, call.text("globalId")
    if global_id is None:
        return answer([remote_link_json(call.view, one.key, each) for each in one.remote_links])
    for each in one.remote_links:
        if each.global_id == global_id:
            return answer(remote_link_json(call.view, one.key, each))
    raise Invalid("No remote link with given global id exists for this issue.", status=404)


def transitions(call: Call) -> Response:
    """GET transitions: those that are possible now."""
    call.signed_in()
    expand = frozenset(call.names("expand"))
    steps = available_transitions(call.world, call.issue)
    shown = [transition_json(call.view, step, expand) for step in steps]
    return answer({"expand": "transitions", "transitions": shown})


def property_keys(call: Call) -> Response:
    """GET properties: the keys."""
    one = call.issue
    return answer({"keys": [{"self": _address(call, one.id, key), "key": key} for key in one.properties]})


def property_value(call: Call) -> Response:
    """GET properties/{key}."""
    key, known = call.path("key"), call.issue.properties
    if key not in known:
        raise Invalid(f"The property with key '{key}' does not exist.", status=404)
    return answer({"key": key, "value": known[key]})


def _address(call: Call, issue_id: int, key: str) -> str:
    return f"{call.view.rest}/issue/{issue_id}/properties/{key}"


def unknown(call: Call) -> Response:
    """A call that this dialect does not have."""
    raise Invalid(f"null for uri: {call.request.url.path}", status=404)


Table = list[tuple[str, str, Handler]]

_ISSUE = "/issue/{ref}"

_BOTH: Table = [
    ("POST", "/issue", jira_write.create),
    ("POST", "/issueLink", jira_write.link),
    ("GET", _ISSUE + "/comment", comments),
    ("POST", _ISSUE + "/comment", jira_write.add_comment),
    ("GET", _ISSUE + "/comment/{comment}", comment),
    ("PUT", _ISSUE + "/comment/{comment}", jira_write.edit_comment),
    ("GET", "/comment/{comment}/properties/{key}", jira_write.comment_property),
    ("PUT", "/comment/{comment}/properties/{key}", jira_write.put_comment_property),
    ("GET", _ISSUE + "/remotelink", remote_links),
    ("POST", _ISSUE + "/remotelink", jira_write.put_remote_link),
    ("GET", _ISSUE + "/transitions", transitions),
    ("POST", _ISSUE + "/transitions", jira_write.transition),
    ("PUT", _ISSUE + "/assignee", jira_write.assign),
    ("GET", _ISSUE + "/properties", property_keys),
    ("GET", _ISSUE + "/properties/{key}", property_value),
    ("PUT", _ISSUE + "/properties/{key}", jira_write.put_property),
    ("PUT", _ISSUE, jira_write.edit),
]

_CLOUD: Table = [
    ("GET", "/search/jql", jira_search.cloud_search),
    ("POST", "/search/jql", jira_search.cloud_search),
    ("GET", "/search", jira_search.cloud_gone),
    ("POST", "/search", jira_search.cloud_gone),
    ("POST", "/issue/bulkfetch", jira_search.bulk_fetch),
    ("POST", "/jql/parse", jira_search.parse_queries),
    ("GET", _ISSUE + "/changelog", changelog),
    ("GET", _ISSUE, issue),
]

_DATA_CENTER: Table = [
    ("GET", "/search", jira_search.dc_search),
    ("POST", "/search", jira_search.dc_search),
    ("GET", _ISSUE + "/changelog", unknown),
    ("GET", _ISSUE, issue),
]
