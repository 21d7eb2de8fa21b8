"""Comments over HTTP, and the properties that a comment has."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import Response

from pirsync.sandbox import tracker
from pirsync.sandbox.edge.http import answer, body_json, empty
from pirsync.sandbox.tracker import Invalid, Issue
from pirsync.sandbox.tracker import comments as tracker_comments
from pirsync.sandbox.tracker import index as tracker_index
from pirsync.sandbox.tracker.comments import readable
from pirsync.sandbox.tracker.nouns import ROLES, Visibility

from .call import ISSUE, Call, Table, sent_object
from .fields import Wrong, rich_text
from .nouns_json import comment_json, comment_properties
from .permissions import check_comment_change
from .properties import check_property, sent_properties

CLOUD_COMMENTS = 100
DC_COMMENTS = 1_048_576
MOST_LISTED = 1000
SERVICE_DESK = "sd.public.comment"


def comments(call: Call) -> Response:
    """GET comment: by page, oldest first unless `orderBy=-created`."""
    one, start = call.issue, call.number("startAt", 0)
    page = call.number("maxResults", CLOUD_COMMENTS if call.world.is_cloud else DC_COMMENTS)
    if call.world.is_cloud:
        page = min(page, 5000)
    order = call.text("orderBy") or "created"
    if order not in ("created", "+created", "-created"):
        raise Invalid(f"The orderBy field '{order}' is not valid. The only valid field is 'created'.")
    every = sorted(readable(call.world, call.user, one), key=lambda each: each.created, reverse=order == "-created")
    expand = frozenset(call.names("expand"))
    shown = [comment_json(call.view, each, one.id, expand) for each in every[start : start + page]]
    return answer({"startAt": start, "maxResults": page, "total": len(every), "comments": shown})


def comment(call: Call) -> Response:
    """GET one comment."""
    one = call.issue
    found = find_comment(call, one)
    return answer(comment_json(call.view, found, one.id, frozenset(call.names("expand"))))


def add_comment(call: Call) -> Response:
    """POST comment: 201 with the comment; `properties` come with it, the service desk's makes it internal."""
    call.signed_in()
    issue, body = call.issue, call.body()
    text, properties = comment_text(call, body), sent_properties(body)
    comment = add_sent(call, issue, text, sent_visibility(call, issue, body), properties)
    return answer(comment_json(call.view, comment, issue.id, frozenset(call.names("expand"))), 201)


def add_sent(
    call: Call, issue: Issue, text: str, visibility: Visibility | None, properties: dict[str, Any]
) -> tracker.Comment:
    """Add a comment with all that was sent with it."""
    comment = tracker.add_comment(call.world, call.signed_in(), issue, text)
    comment.visibility = visibility
    _set_properties(comment, properties)
    return comment


def edit_comment(call: Call) -> Response:
    """PUT comment: 200 with the comment."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    comment = find_comment(call, issue)
    text, properties = comment_text(call, body), sent_properties(body)
    visibility = sent_visibility(call, issue, body)
    tracker.edit_comment(call.world, actor, issue, comment, text)
    comment.visibility = visibility
    _set_properties(comment, properties)
    return answer(comment_json(call.view, comment, issue.id, frozenset(call.names("expand"))))


def delete_comment(call: Call) -> Response:
    """DELETE comment: 204."""
    call.signed_in()
    issue = call.issue
    tracker_comments.delete_comment(call.world, issue, find_comment(call, issue))
    return empty()


def listed(call: Call) -> Response:
    """POST comment/list, Cloud only: the comments with these ids, of whatever issue; those not seen are left out."""
    ids = call.body().get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= MOST_LISTED:
        raise Invalid(f"The number of comment IDs must be between 1 and {MOST_LISTED}.")
    wanted = {str(one) for one in ids}
    expand = frozenset(call.names("expand"))
    found = [
        comment_json(call.view, one, issue.id, expand)
        for issue, one in tracker_comments.all_readable(call.world, call.user)
        if one.id in wanted
    ]
    page: dict[str, Any] = {"startAt": 0, "maxResults": DC_COMMENTS, "total": len(found), "isLast": True}
    return answer({**page, "values": found})


def sent_visibility(call: Call, issue: Issue, body: dict[str, Any]) -> Visibility | None:
    """The role or the group that a comment is restricted to; one must belong to it oneself."""
    sent = sent_object(body, "visibility")
    if not sent:
        return None
    refs = {str(sent.get(name)) for name in ("value", "identifier") if sent.get(name)}
    kind: Literal["role", "group"] = "group" if sent.get("type") == "group" else "role"
    known: list[tuple[str, str]] = [(one.id, one.name) for one in ROLES.values()]
    if kind == "group":
        known = [(one.id, one.name) for one in call.world.people.groups]
    for number, name in known:
        found = Visibility(kind, number, name)
        actor = call.signed_in()
        if refs & {number, name} and (actor.service or tracker_comments.belongs(call.world, actor, issue, found)):
            return found
    shown = sent.get("value") or sent.get("identifier")
    text = f"You are currently not a member of the project {kind}: {shown}."
    raise Invalid(errors={"commentLevel": text if kind == "role" else f"Group: {shown} does not exist."})


def comment_text(call: Call, body: dict[str, Any]) -> str:
    """The text of a sent comment; `Invalid` when it is empty or of the wrong kind."""
    try:
        text = rich_text(call.view, body.get("body"))
    except Wrong as wrong:
        raise Invalid(errors={"comment": str(wrong)}) from None
    if not text or not text.strip():
        raise Invalid(errors={"comment": "Comment body can not be empty!"})
    return text


def _set_properties(comment: tracker.Comment, properties: dict[str, Any]) -> None:
    service_desk = properties.pop(SERVICE_DESK, None)
    if isinstance(service_desk, dict):
        comment.internal = service_desk.get("internal") is True
    comment.properties.update(properties)


def find_comment(call: Call, issue: Issue) -> tracker.Comment:
    """The path's comment; `Invalid` with 404 when the issue has no such comment."""
    for comment in readable(call.world, call.user, issue):
        if comment.id == call.path("comment"):
            return comment
    raise Invalid(f"Can not find a comment for the id: {call.path('comment')}.", status=404)


def put_comment_property(call: Call) -> Response:
    """PUT comment/{id}/properties/{key}: any JSON value; 201 when new, 200 when replaced."""
    actor = call.signed_in()
    key, value = call.path("key"), body_json(call.request)
    issue, comment = _comment_by_id(call)
    check_comment_change(call.world, actor, issue, comment, "edit")
    check_property(key, value)
    known = key in comment.properties
    _set_properties(comment, {key: value})
    return empty(200 if known else 201)


def _comment_by_id(call: Call) -> tuple[Issue, tracker.Comment]:
    for issue in tracker_index.holders(call.world.tracker, "comment", call.path("comment")):
        for comment in readable(call.world, call.user, issue):
            if comment.id == call.path("comment") and tracker.can_see(call.world, call.user, issue):
                return issue, comment
    raise Invalid(f"Can not find a comment for the id: {call.path('comment')}.", status=404)


def comment_property(call: Call) -> Response:
    """GET comment/{id}/properties/{key}."""
    key, known = call.path("key"), comment_properties(_comment_by_id(call)[1])
    if key not in known:
        raise Invalid(f"The property with key '{key}' does not exist.", status=404)
    return answer({"key": key, "value": known[key]})


def comment_property_keys(call: Call) -> Response:
    """GET comment/{id}/properties: the keys."""
    _, comment = _comment_by_id(call)
    address = f"{call.view.rest}/comment/{comment.id}/properties"
    return answer({"keys": [{"self": f"{address}/{key}", "key": key} for key in comment_properties(comment)]})


def delete_comment_property(call: Call) -> Response:
    """DELETE comment/{id}/properties/{key}: 204."""
    actor, key = call.signed_in(), call.path("key")
    issue, comment = _comment_by_id(call)
    check_comment_change(call.world, actor, issue, comment, "edit")
    if key not in comment_properties(comment):
        raise Invalid(f"The property with key '{key}' does not exist.", status=404)
    if key == SERVICE_DESK:
        comment.internal = False
    comment.properties.pop(key, None)
    return empty()


_ONE = ISSUE + "/comment/{comment}"

BOTH: Table = [
    ("GET", ISSUE + "/comment", comments),
    ("POST", ISSUE + "/comment", add_comment),
    ("GET", _ONE, comment),
    ("PUT", _ONE, edit_comment),
    ("DELETE", _ONE, delete_comment),
    ("GET", "/comment/{comment}/properties", comment_property_keys),
    ("GET", "/comment/{comment}/properties/{key}", comment_property),
    ("DELETE", "/comment/{comment}/properties/{key}", delete_comment_property),
    ("PUT", "/comment/{comment}/properties/{key}", put_comment_property),
]

CLOUD: Table = [("POST", "/comment/list", listed)]
