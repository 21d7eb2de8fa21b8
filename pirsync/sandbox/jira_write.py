"""Jira's writes: issues, fields, transitions, comments, links, remote links and properties."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from . import tracker
from .http import answer, body_json, empty
from .jira_call import Call
from .jira_fields import Form, Wrong, create_form, default_priority, edit_form, rich_text, updated_labels
from .jira_json import comment_json
from .tracker import Invalid, Issue, Project, off_screen

LONGEST_KEY = 255
LONGEST_PROPERTY = 32_768
MOST_LINKS = 2000


def create(call: Call) -> Response:
    """POST issue: 201 with id, key and self; 400 with every wrong field."""
    body = call.body()
    fields, update = _object(body, "fields"), _object(body, "update")
    project, type_id = _place(call, fields)
    form = create_form(call.view, project, type_id, fields)
    screen = project.screens.get(type_id, {})
    for name in update:
        if name not in screen:
            form.errors[name] = off_screen(name)
    if "labels" in update:
        form.values["labels"] = updated_labels(form, form.values.get("labels") or [], update["labels"])
    links = _sent_links(call, form, update)
    properties = _sent_properties(body)
    form.check()
    form.values = {name: value for name, value in form.values.items() if value is not None}
    default = default_priority(call.world) if "priority" in screen and "priority" not in fields else None
    if default is not None:
        form.values["priority"] = default.id
    issue = tracker.create_issue(call.world, call.signed_in(), project, type_id, form.values)
    issue.properties.update(properties)
    for type_ref, other, is_source in links:
        _link(call, type_ref, issue, other) if is_source else _link(call, type_ref, other, issue)
    return answer({"id": str(issue.id), "key": issue.key, "self": f"{call.view.rest}/issue/{issue.id}"}, 201)


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise Invalid(f"Cannot read '{name}': it must be an object.")
    return value


def _place(call: Call, fields: dict[str, Any]) -> tuple[Project, str]:
    """The project and the work type, without which nothing else can be checked."""
    call.signed_in()
    sent = fields.get("project")
    ref = str(sent.get("id") or sent.get("key") or "") if isinstance(sent, dict) else ""
    project = call.world.tracker.project(ref)
    if project is None:
        text = "Specify a valid project ID or key" if call.world.is_cloud else "valid project is required"
        raise Invalid(errors={"project": text})
    kind = fields.get("issuetype")
    kind = kind if isinstance(kind, dict) else {}
    for type_id in project.type_ids:
        name = call.world.tracker.types[type_id].name
        if str(kind.get("id")) == type_id or ("id" not in kind and kind.get("name") == name):
            return project, type_id
    text = "Specify a valid issue type" if call.world.is_cloud else "valid issue type is required"
    raise Invalid(errors={"issuetype": text})


SentLink = tuple[str, Issue, bool]


def _sent_links(call: Call, form: Form, update: dict[str, Any]) -> list[SentLink]:
    """`update.issuelinks`: type id, the other issue, and whether the issue being written is the link's source."""
    found: list[SentLink] = []
    steps = update.get("issuelinks") or []
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


def _link(call: Call, type_id: str, source: Issue, destination: Issue) -> None:
    if len(tracker.links_of(call.world, source)) >= MOST_LINKS:
        raise Invalid("The issue has reached its limit of issue links.", status=413)
    tracker.link_issues(call.world, call.signed_in(), type_id, source, destination)


def _sent_properties(body: dict[str, Any]) -> dict[str, Any]:
    sent = body.get("properties") or []
    if not isinstance(sent, list) or not all(isinstance(one, dict) and "key" in one and "value" in one for one in sent):
        raise Invalid("Issue properties must be objects with a key and a value.")
    for one in sent:
        _check_property(str(one["key"]), one["value"])
    return {str(one["key"]): one["value"] for one in sent}


def _check_property(key: str, value: Any) -> None:
    if not key or len(key) > LONGEST_KEY:
        raise Invalid("The property key's length must be between 1 and 255 characters.")
    if len(json.dumps(value, ensure_ascii=False)) > LONGEST_PROPERTY:
        raise Invalid("The property value is too long. It exceeds the allowed limit of 32768 characters.")


def edit(call: Call) -> Response:
    """PUT issue: fields, `update.labels`, `update.issuelinks`, `update.comment`, properties; 204."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    fields, update = _object(body, "fields"), _object(body, "update")
    if tracker.is_read_only(call.world, issue):
        raise Invalid(errors={name: off_screen(name) for name in [*fields, *update]})
    form = edit_form(call.view, tracker.project_of(call.world, issue), fields)
    for name in sorted(set(update) - {"labels", "issuelinks", "comment"}):
        steps = update[name] if isinstance(update[name], list) else []
        sets = [step["set"] for step in steps if isinstance(step, dict) and "set" in step]
        form.read(name, sets[-1] if sets else None)
    if "labels" in update:
        form.values["labels"] = updated_labels(form, form.values.get("labels", issue.labels), update["labels"])
    links = _sent_links(call, form, update)
    comments = _sent_comments(call, form, update)
    form.check()
    issue.properties.update(_sent_properties(body))
    tracker.edit_fields(call.world, actor, issue, form.values)
    for type_ref, other, is_source in links:
        _link(call, type_ref, issue, other) if is_source else _link(call, type_ref, other, issue)
    for text in comments:
        tracker.add_comment(call.world, actor, issue, text)
    return empty()


def _sent_comments(call: Call, form: Form, update: dict[str, Any]) -> list[str]:
    texts = []
    for step in update.get("comment") or []:
        sent = step.get("add") if isinstance(step, dict) else None
        try:
            texts.append(_comment_text(call, sent if isinstance(sent, dict) else {}))
        except Invalid as refusal:
            form.errors.update(refusal.errors)
    return texts


def assign(call: Call) -> Response:
    """PUT issue/…/assignee: the body is the user itself; 204."""
    actor, issue = call.signed_in(), call.issue
    form = edit_form(call.view, tracker.project_of(call.world, issue), {"assignee": call.body()})
    form.check()
    tracker.edit_fields(call.world, actor, issue, form.values)
    return empty()


def transition(call: Call) -> Response:
    """POST transitions: a resolution only where the step's screen has one; 204."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    step_id = str(_object(body, "transition").get("id") or "")
    if not step_id:
        raise Invalid("Missing 'transition' identifier")
    fields = _object(body, "fields")
    steps = {one.id: one for one in tracker.available_transitions(call.world, issue)}
    allowed = {"resolution"} if step_id in steps and steps[step_id].needs_resolution else set()
    if set(fields) - allowed:
        raise Invalid(errors={name: off_screen(name) for name in set(fields) - allowed})
    form = Form(call.view, tracker.project_of(call.world, issue))
    comments = _sent_comments(call, form, _object(body, "update"))
    form.check()
    tracker.transition(call.world, actor, issue, step_id, _resolution(call, fields.get("resolution")))
    for text in comments:
        tracker.add_comment(call.world, actor, issue, text)
    return empty()


def _resolution(call: Call, sent: Any) -> str | None:
    if not isinstance(sent, dict):
        return None
    known = call.world.tracker.resolutions.values()
    found = [one.id for one in known if one.id == sent.get("id") or ("id" not in sent and one.name == sent.get("name"))]
    if not found:
        raise Invalid(errors={"resolution": f"Resolution name '{sent.get('name', sent.get('id'))}' is not valid"})
    return found[0]


def _comment_text(call: Call, body: dict[str, Any]) -> str:
    try:
        text = rich_text(call.view, body.get("body"))
    except Wrong as wrong:
        raise Invalid(errors={"comment": str(wrong)}) from None
    if not text or not text.strip():
        raise Invalid(errors={"comment": "Comment body can not be empty!"})
    return text


def add_comment(call: Call) -> Response:
    """POST comment: 201 with the comment; `properties` come with it, the service desk's makes it internal."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    text, properties = _comment_text(call, body), _sent_properties(body)
    comment = tracker.add_comment(call.world, actor, issue, text)
    _set_properties(comment, properties)
    return answer(comment_json(call.view, comment, issue.id, frozenset(call.names("expand"))), 201)


def edit_comment(call: Call) -> Response:
    """PUT comment: 200 with the comment."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    comment = find_comment(call, issue)
    text, properties = _comment_text(call, body), _sent_properties(body)
    tracker.edit_comment(call.world, actor, issue, comment, text)
    _set_properties(comment, properties)
    return answer(comment_json(call.view, comment, issue.id, frozenset(call.names("expand"))))


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


def link(call: Call) -> Response:
    """POST issueLink: `inwardIssue` is the source, `outwardIssue` the destination; 201 without a body."""
    actor, body = call.signed_in(), call.body()
    type_id = _link_type(call, body.get("type"))
    source, destination = _other(call, body.get("inwardIssue")), _other(call, body.get("outwardIssue"))
    _link(call, type_id, source, destination)
    comment = body.get("comment")
    if isinstance(comment, dict) and comment.get("body"):
        tracker.add_comment(call.world, actor, source, _comment_text(call, comment))
    return empty(201)


def put_remote_link(call: Call) -> Response:
    """POST remotelink: created 201, or replaced by `globalId` 200; what is omitted becomes null."""
    call.signed_in()
    issue, body = call.issue, call.body()
    target = _object(body, "object")
    errors = {name: f"'{name}' is required." for name in ("url", "title") if not target.get(name)}
    if len(str(body.get("globalId") or "")) > LONGEST_KEY:
        errors["globalId"] = "The globalId can't exceed 255 characters."
    if errors:
        raise Invalid(errors=errors)
    _writable(call, issue)
    made, created = tracker.put_remote_link(call.world, issue, body)
    address = f"{call.view.rest}/issue/{issue.key}/remotelink/{made.id}"
    return answer({"id": int(made.id), "self": address}, 201 if created else 200)


def _writable(call: Call, issue: Issue) -> None:
    if tracker.is_read_only(call.world, issue):
        raise Invalid("You do not have the permission to edit this issue.", status=403)


def put_property(call: Call) -> Response:
    """PUT properties/{key}: any JSON value; 201 when new, 200 when replaced, no body."""
    call.signed_in()
    issue, key, value = call.issue, call.path("key"), body_json(call.request)
    if not call.request.state.body.strip():
        raise Invalid("The property value must be a valid, non-empty JSON.")
    _check_property(key, value)
    _writable(call, issue)
    known = key in issue.properties
    issue.properties[key] = value
    return empty(200 if known else 201)


def put_comment_property(call: Call) -> Response:
    """PUT comment/{id}/properties/{key}: any JSON value; 201 when new, 200 when replaced."""
    call.signed_in()
    key, value = call.path("key"), body_json(call.request)
    comment = _comment_by_id(call)
    _check_property(key, value)
    known = key in comment.properties
    _set_properties(comment, {key: value})
    return empty(200 if known else 201)


def _comment_by_id(call: Call) -> tracker.Comment:
    for issue in call.world.tracker.issues.values():
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
