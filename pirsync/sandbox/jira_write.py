"""Issues written over HTTP: created, edited, assigned."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from . import tracker
from .http import answer, empty
from .jira_call import ISSUE, Call, Table, sent_object
from .jira_comments import sent_comments
from .jira_fields import create_form, default_priority, edit_form, updated_labels
from .jira_links import make_link, sent_links
from .jira_permissions import check_create
from .jira_properties import sent_properties
from .tracker import Invalid, Project, off_screen


def create(call: Call) -> Response:
    """POST issue: 201 with id, key and self; 400 with every wrong field."""
    body = call.body()
    fields, update = sent_object(body, "fields"), sent_object(body, "update")
    project, type_id = _place(call, fields)
    check_create(call.world, call.signed_in(), project, [*fields, *update])
    form = create_form(call.view, project, type_id, fields)
    screen = project.screens.get(type_id, {})
    for name in update:
        if name not in screen:
            form.errors[name] = off_screen(name)
    if "labels" in update:
        form.values["labels"] = updated_labels(form, form.values.get("labels") or [], update["labels"])
    links = sent_links(call, form, update)
    properties = sent_properties(body)
    form.check()
    form.values = {name: value for name, value in form.values.items() if value is not None}
    default = default_priority(call.world) if "priority" in screen and "priority" not in fields else None
    if default is not None:
        form.values["priority"] = default.id
    issue = tracker.create_issue(call.world, call.signed_in(), project, type_id, form.values)
    issue.properties.update(properties)
    for type_ref, other, is_source in links:
        make_link(call, type_ref, issue, other) if is_source else make_link(call, type_ref, other, issue)
    return answer({"id": str(issue.id), "key": issue.key, "self": f"{call.view.rest}/issue/{issue.id}"}, 201)


def _place(call: Call, fields: dict[str, Any]) -> tuple[Project, str]:
    """The project and the work type, without which nothing else can be checked."""
    call.signed_in()
    sent = fields.get("project")
    ref = str(sent.get("id") or sent.get("key") or "") if isinstance(sent, dict) else ""
    project = call.project(ref)
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


def edit(call: Call) -> Response:
    """PUT issue: fields, `update.labels`, `update.issuelinks`, `update.comment`, properties; 204."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    fields, update = sent_object(body, "fields"), sent_object(body, "update")
    if tracker.is_read_only(call.world, issue):
        raise Invalid(errors={name: off_screen(name) for name in [*fields, *update]})
    form = edit_form(call.view, tracker.project_of(call.world, issue), fields)
    for name in sorted(set(update) - {"labels", "issuelinks", "comment"}):
        steps = update[name] if isinstance(update[name], list) else []
        sets = [step["set"] for step in steps if isinstance(step, dict) and "set" in step]
        form.read(name, sets[-1] if sets else None)
    if "labels" in update:
        form.values["labels"] = updated_labels(form, form.values.get("labels", issue.labels), update["labels"])
    links = sent_links(call, form, update)
    comments = sent_comments(call, form, update)
    form.check()
    issue.properties.update(sent_properties(body))
    tracker.edit_fields(call.world, actor, issue, form.values)
    for type_ref, other, is_source in links:
        make_link(call, type_ref, issue, other) if is_source else make_link(call, type_ref, other, issue)
    for text in comments:
        tracker.add_comment(call.world, actor, issue, text)
    return empty()


def assign(call: Call) -> Response:
    """PUT issue/…/assignee: the body is the user itself; 204."""
    actor, issue = call.signed_in(), call.issue
    form = edit_form(call.view, tracker.project_of(call.world, issue), {"assignee": call.body()})
    form.check()
    tracker.edit_fields(call.world, actor, issue, form.values)
    return empty()


BOTH: Table = [
    ("POST", "/issue", create),
    ("PUT", ISSUE, edit),
    ("PUT", ISSUE + "/assignee", assign),
]
