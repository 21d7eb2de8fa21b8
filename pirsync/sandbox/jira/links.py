"""Links over HTTP: between two issues, and from an issue to something outside."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from pirsync.sandbox import tracker
from pirsync.sandbox.edge.http import BadBody, answer, empty
from pirsync.sandbox.tracker import Invalid, Issue, off_screen
from pirsync.sandbox.tracker import links as tracker_links
from pirsync.sandbox.tracker.links import find_link, unlink
from pirsync.sandbox.tracker.nouns import Link, RemoteLink
from pirsync.sandbox.tracker.permissions import may_set

from .call import ISSUE, Call, Table, sent_object, writable
from .comments import comment_text
from .fields import Form
from .issue_json import short_json
from .nouns_json import link_type_json, remote_link_json
from .permissions import check_comment, check_link
from .properties import LONGEST_KEY

MOST_LINKS = 2000

SentLink = tuple[str, Issue, bool]


def link(call: Call) -> Response:
    """POST issueLink: `inwardIssue` is the source, `outwardIssue` the destination; 201 without a body."""
    actor, body = call.signed_in(), call.body()
    type_id = _link_type(call, body.get("type"))
    source, destination = _other(call, body.get("inwardIssue")), _other(call, body.get("outwardIssue"))
    for side in (source, destination):
        check_link(call.world, actor, side)
    make_link(call, type_id, source, destination)
    comment = body.get("comment")
    if isinstance(comment, dict) and comment.get("body"):
        check_comment(call.world, actor, source)
        tracker.add_comment(call.world, actor, source, comment_text(call, comment))
    return empty(201)


def sent_links(call: Call, form: Form, update: dict[str, Any]) -> list[SentLink]:
    """`update.issuelinks`: type id, the other issue, and whether the issue being written is the link's source."""
    found: list[SentLink] = []
    steps = update.get("issuelinks") or []
    if steps and not may_set(call.world, call.user, "issuelinks", form.project):
        form.errors["issuelinks"] = off_screen("issuelinks")
        return found
    for step in steps if isinstance(steps, list) else []:
        sent = step.get("add") if isinstance(step, dict) else None
        if not isinstance(sent, dict):
            form.errors["issuelinks"] = "Operation value must be an object"
            continue
        side = "outwardIssue" if "outwardIssue" in sent else "inwardIssue"
        try:
            found.append((_link_type(call, sent.get("type")), _other(call, sent.get(side)), side == "outwardIssue"))
        except Invalid as refusal:
            form.errors["issuelinks"] = str(refusal)
    return found


def _other(call: Call, sent: Any) -> Issue:
    ref = str(sent.get("id") or sent.get("key") or "") if isinstance(sent, dict) else ""
    return call.find(ref)


def _link_type(call: Call, sent: Any) -> str:
    kinds = call.world.tracker.link_types
    if isinstance(sent, dict):
        if str(sent.get("id")) in kinds:
            return str(sent["id"])
        named = [one.id for one in kinds.values() if one.name.lower() == str(sent.get("name") or "").lower()]
        if named and not sent.get("id"):
            return named[0]
    name = (sent.get("name") or sent.get("id")) if isinstance(sent, dict) else sent
    raise Invalid(f"No issue link type with name '{name}' found.", status=404)


def make_link(call: Call, type_id: str, source: Issue, destination: Issue) -> None:
    """Link two issues; `Invalid` with 413 at the limit."""
    if len(tracker.links_of(call.world, source)) >= MOST_LINKS:
        raise Invalid("The issue has reached its limit of issue links.", status=413)
    tracker_links.link_issues(call.world, call.signed_in(), type_id, source, destination)


def _found_link(call: Call) -> Link:
    """The path's link, where the caller sees both its issues."""
    found = find_link(call.world, call.path("link"))
    issues = call.world.tracker.issues
    if found is None or not all(
        tracker.can_see(call.world, call.user, issues[number]) for number in (found.source, found.destination)
    ):
        raise Invalid(f"No issue link with id '{call.path('link')}' exists.", status=404)
    return found


def make_links(call: Call, issue: Issue, links: list[SentLink]) -> None:
    """Make the links that came with an issue."""
    for type_id, other, is_source in links:
        make_link(call, type_id, issue, other) if is_source else make_link(call, type_id, other, issue)


def get_link(call: Call) -> Response:
    """GET issueLink/{id}: its type and both its issues."""
    found, view, issues = _found_link(call), call.view, call.world.tracker.issues
    kind = link_type_json(view, call.world.tracker.link_types[found.type_id])
    ends = {
        "inwardIssue": short_json(view, issues[found.source]),
        "outwardIssue": short_json(view, issues[found.destination]),
    }
    return answer({"id": found.id, "self": f"{view.rest}/issueLink/{found.id}", "type": kind, **ends})


def delete_link(call: Call) -> Response:
    """DELETE issueLink/{id}: 204; either issue's permission is needed, and both are looked at."""
    actor = call.signed_in()
    found = _found_link(call)
    for number in (found.source, found.destination):
        check_link(call.world, actor, call.world.tracker.issues[number])
    unlink(call.world, actor, found)
    return empty()


def remote_links(call: Call) -> Response:
    """GET remotelink: all of them, or the one with a `globalId`."""
    one, global_id = call.issue, call.text("globalId")
    if global_id is None:
        return answer([remote_link_json(call.view, one.key, each) for each in one.remote_links])
    return answer(remote_link_json(call.view, one.key, _by_global_id(one, global_id)))


def _by_global_id(issue: Issue, global_id: str) -> RemoteLink:
    for each in issue.remote_links:
        if each.global_id == global_id:
            return each
    raise Invalid("No remote link with given global id exists for this issue.", status=404)


def _remote_link(call: Call, issue: Issue) -> RemoteLink:
    """The path's remote link; a number that is none is refused before one is looked for."""
    number = call.path("link")
    if not (number.isascii() and number.isdigit()):
        raise Invalid(f"Link id '{number}' is not a number.")
    for each in issue.remote_links:
        if each.id == number:
            return each
    raise Invalid("No remote link with given id exists for this issue.", status=404)


def remote_link(call: Call) -> Response:
    """GET remotelink/{id}."""
    one = call.issue
    return answer(remote_link_json(call.view, one.key, _remote_link(call, one)))


def replace_remote_link(call: Call) -> Response:
    """PUT remotelink/{id}: what is omitted becomes null; 204."""
    call.signed_in()
    issue, body = call.issue, _in_shape(call.body(), _REMOTE_LINK)
    found = _remote_link(call, issue)
    _check_remote_link(body)
    writable(call, issue)
    tracker_links.replace_remote_link(call.world, issue, found, body)
    return empty()


def delete_remote_link(call: Call) -> Response:
    """DELETE remotelink/{id}: 204."""
    call.signed_in()
    issue = call.issue
    found = _remote_link(call, issue)
    writable(call, issue)
    tracker_links.delete_remote_link(call.world, issue, found)
    return empty()


def delete_by_global_id(call: Call) -> Response:
    """DELETE remotelink with `globalId`: 204."""
    call.signed_in()
    issue, global_id = call.issue, call.text("globalId")
    if not global_id:
        raise Invalid("The globalId query parameter is required.")
    found = _by_global_id(issue, global_id)
    writable(call, issue)
    tracker_links.delete_remote_link(call.world, issue, found)
    return empty()


def put_remote_link(call: Call) -> Response:
    """POST remotelink: created 201, or replaced by `globalId` 200; what is omitted becomes null."""
    call.signed_in()
    issue, body = call.issue, _in_shape(call.body(), _REMOTE_LINK)
    _check_remote_link(body)
    writable(call, issue)
    made, created = tracker_links.put_remote_link(call.world, issue, body)
    address = f"{call.view.rest}/issue/{issue.key}/remotelink/{made.id}"
    return answer({"id": int(made.id), "self": address}, 201 if created else 200)


def _check_remote_link(body: dict[str, Any]) -> None:
    target = sent_object(body, "object")
    errors = {name: f"'{name}' is required." for name in ("url", "title") if not target.get(name)}
    if len(str(body.get("globalId") or "")) > LONGEST_KEY:
        errors["globalId"] = "The globalId can't exceed 255 characters."
    if errors:
        raise Invalid(errors=errors)


def _in_shape(sent: Any, shape: Any) -> Any:
    """What was sent of the names that a remote link has; a value of another kind is `BadBody`, as in Jira's reader."""
    if isinstance(shape, dict):
        if not isinstance(sent, dict):
            raise BadBody("Cannot deserialize value of a remote link: an object is expected")
        return {name: _in_shape(sent[name], kind) for name, kind in shape.items() if sent.get(name) is not None}
    if not isinstance(sent, shape):
        raise BadBody(f"Cannot deserialize value of type `{_JAVA[shape]}` from {json.dumps(sent)[:80]}")
    return sent


_JAVA = {str: "java.lang.String", bool: "java.lang.Boolean"}
_ICON = {"url16x16": str, "title": str, "link": str}
_REMOTE_LINK = {
    "globalId": str,
    "application": {"type": str, "name": str},
    "relationship": str,
    "object": {
        "url": str,
        "title": str,
        "summary": str,
        "icon": _ICON,
        "status": {"resolved": bool, "icon": _ICON},
    },
}
"""The parts of a remote link; whatever else is sent is not kept."""

_REMOTE = ISSUE + "/remotelink"

BOTH: Table = [
    ("POST", "/issueLink", link),
    ("GET", "/issueLink/{link}", get_link),
    ("DELETE", "/issueLink/{link}", delete_link),
    ("GET", _REMOTE, remote_links),
    ("POST", _REMOTE, put_remote_link),
    ("DELETE", _REMOTE, delete_by_global_id),
    ("GET", _REMOTE + "/{link}", remote_link),
    ("PUT", _REMOTE + "/{link}", replace_remote_link),
    ("DELETE", _REMOTE + "/{link}", delete_remote_link),
]
