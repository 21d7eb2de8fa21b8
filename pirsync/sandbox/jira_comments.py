"""Comments over HTTP, and the properties that a comment has."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from . import tracker, tracker_index
from .http import answer, body_json, empty
from .jira_call import ISSUE, Call, Table
from .jira_fields import Form, Wrong, rich_text
from .jira_json import comment_json
from .jira_properties import check_property, sent_properties
from .permissions import may_set
from .tracker import Invalid, Issue, off_screen

CLOUD_COMMENTS = 100
DC_COMMENTS = 1_048_576


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
    found = find_comment(call, one)
    return answer(comment_json(call.view, found, one.id, frozenset(call.names("expand"))))


def add_comment(call: Call) -> Response:
    """POST comment: 201 with the comment; `properties` come with it, the service desk's makes it internal."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    text, properties = comment_text(call, body), sent_properties(body)
    comment = tracker.add_comment(call.world, actor, issue, text)
    _set_properties(comment, properties)
    return answer(comment_json(call.view, comment, issue.id, frozenset(call.names("expand"))), 201)


def edit_comment(call: Call) -> Response:
    """PUT comment: 200 with the comment."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    comment = find_comment(call, issue)
    text, properties = comment_text(call, body), sent_properties(body)
    tracker.edit_comment(call.world, actor, issue, comment, text)
    _set_properties(comment, properties)
    return answer(comment_json(call.view, comment, issue.id, frozenset(call.names("expand"))))


def sent_comments(call: Call, form: Form, update: dict[str, Any]) -> list[str]:
    """The texts that `update.comment` adds; what is wrong with them goes into the form."""
    texts: list[str] = []
    if update.get("comment") and not may_set(call.world, call.user, "comment", form.project):
        form.errors["comment"] = off_screen("comment")
        return texts
    for step in update.get("comment") or []:
        sent = step.get("add") if isinstance(step, dict) else None
        try:
            texts.append(comment_text(call, sent if isinstance(sent, dict) else {}))
        except Invalid as refusal:
            form.errors.update(refusal.errors)
    return texts


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
    service_desk = properties.pop("sd.public.comment", None)
    if isinstance(service_desk, dict):
        comment.internal = service_desk.get("internal") is True
    comment.properties.update(properties)


def find_comment(call: Call, issue: Issue) -> tracker.Comment:
    """The path's comment; `Invalid` with 404 when the issue has no such comment."""
    for comment in issue.comments:
        if comment.id == call.path("comment"):
            return comment
    raise Invalid(f"Can not find a comment for the id: {call.path('comment')}.", status=404)


def put_comment_property(call: Call) -> Response:
    """PUT comment/{id}/properties/{key}: any JSON value; 201 when new, 200 when replaced."""
    call.signed_in()
    key, value = call.path("key"), body_json(call.request)
    comment = _comment_by_id(call)
    check_property(key, value)
    known = key in comment.properties
    _set_properties(comment, {key: value})
    return empty(200 if known else 201)


def _comment_by_id(call: Call) -> tracker.Comment:
    for issue in tracker_index.holders(call.world.tracker, "comment", call.path("comment")):
        for comment in issue.comments:
            if comment.id == call.path("comment") and tracker.can_see(call.world, call.user, issue):
                return comment
    raise Invalid(f"Can not find a comment for the id: {call.path('comment')}.", status=404)


def comment_property(call: Call) -> Response:
    """GET comment/{id}/properties/{key}."""
    key, known = call.path("key"), _comment_by_id(call).properties
    if key not in known:
        raise Invalid(f"The property with key '{key}' does not exist.", status=404)
    return answer({"key": key, "value": known[key]})


_ONE = ISSUE + "/comment/{comment}"

BOTH: Table = [
    ("GET", ISSUE + "/comment", comments),
    ("POST", ISSUE + "/comment", add_comment),
    ("GET", _ONE, comment),
    ("PUT", _ONE, edit_comment),
    ("GET", "/comment/{comment}/properties/{key}", comment_property),
    ("PUT", "/comment/{comment}/properties/{key}", put_comment_property),
]
