"""Issues written over HTTP: created, edited, assigned, deleted."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from pirsync.sandbox import tracker
from pirsync.sandbox.edge.http import answer, empty
from pirsync.sandbox.tracker import Invalid, Issue, Project, off_screen
from pirsync.sandbox.tracker.removal import delete_issue, subtasks_of

from .call import ISSUE, Call, Table, sent_object
from .fields import create_form, default_priority, edit_form
from .issue_json import Wanted, issue_json
from .links import make_links, sent_links
from .nouns_json import JSON
from .permissions import check_create, check_silence, check_transition
from .properties import sent_properties
from .update import apply_comments, read_update, sent_comments

MOST_CREATED = 50


def create(call: Call) -> Response:
    """POST issue: 201 with id, key and self; 400 with every wrong field."""
    return answer(_created(call, call.body()), 201)


def create_many(call: Call) -> Response:
    """POST issue/bulk: 201 when any was created, 400 when none was; `errors` say which failed and why."""
    call.signed_in()
    bodies = call.body().get("issueUpdates")
    if not isinstance(bodies, list) or not bodies:
        raise Invalid("The issueUpdates list must not be empty.")
    if len(bodies) > MOST_CREATED:
        raise Invalid(f"The maximum number of issues that can be created in bulk is {MOST_CREATED}.")
    made: list[JSON] = []
    errors: list[JSON] = []
    for place, body in enumerate(bodies):
        try:
            made.append(_created(call, body if isinstance(body, dict) else {}))
        except Invalid as refusal:
            told = {"errorMessages": list(refusal.messages), "errors": refusal.errors}
            errors.append({"status": refusal.status, "elementErrors": told, "failedElementNumber": place})
    return answer({"issues": made, "errors": errors}, 201 if made else 400)


def _created(call: Call, body: dict[str, Any]) -> JSON:
    """Create one issue with all that comes with it; `Invalid` before anything is written."""
    fields, update = sent_object(body, "fields"), sent_object(body, "update")
    project, type_id = _place(call, fields)
    check_create(call.world, call.signed_in(), project, [*fields, *update])
    form = create_form(call.view, project, type_id, fields)
    screen = project.screens.get(type_id, {})
    form.errors.update({name: off_screen(name) for name in update if name not in screen})
    read_update(form, {name: steps for name, steps in update.items() if name in screen}, lambda name: None)
    links = sent_links(call, form, update)
    properties = sent_properties(body)
    form.check()
    form.values = {name: value for name, value in form.values.items() if value is not None}
    default = default_priority(call.world) if "priority" in screen and "priority" not in form.values else None
    if default is not None:
        form.values["priority"] = default.id
    issue = tracker.create_issue(call.world, call.signed_in(), project, type_id, form.values)
    issue.properties.update(properties)
    make_links(call, issue, links)
    value: JSON = {"id": str(issue.id), "key": issue.key, "self": f"{call.view.rest}/issue/{issue.id}"}
    step = sent_object(body, "transition")
    return {**value, "transition": _moved(call, issue, str(step.get("id") or ""))} if step else value


def _moved(call: Call, issue: Issue, step_id: str) -> JSON:
    """Take the step that a create asks for; the issue is there even when the step is refused."""
    status, told = 204, JSON(errorMessages=[], errors={})
    try:
        check_transition(call.world, call.signed_in(), issue)
        tracker.transition(call.world, call.signed_in(), issue, step_id)
    except Invalid as refusal:
        status, told = refusal.status, {"errorMessages": list(refusal.messages), "errors": refusal.errors}
    return {"status": status, "errorCollection": told}


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
    """PUT issue: fields, every verb of `update`, properties; 204, or 200 with the issue for `returnIssue`."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    fields, update = sent_object(body, "fields"), sent_object(body, "update")
    if tracker.is_read_only(call.world, issue):
        raise Invalid(errors={name: off_screen(name) for name in [*fields, *update]})
    project = tracker.project_of(call.world, issue)
    if call.text("notifyUsers") == "false":
        check_silence(call.world, actor, project)
    form = edit_form(call.view, project, _moving(call, fields, issue))
    read_update(form, update, lambda name: tracker.value_of(issue, name))
    links = sent_links(call, form, update)
    comments = sent_comments(call, form, update, issue)
    properties = sent_properties(body)
    form.check()
    issue.properties.update(properties)
    tracker.edit_fields(call.world, actor, issue, form.values)
    make_links(call, issue, links)
    apply_comments(call, issue, comments)
    if call.world.is_cloud and call.text("returnIssue") == "true":
        return answer(issue_json(call.view, issue, Wanted(expand=frozenset(call.names("expand")))))
    return empty()


def delete(call: Call) -> Response:
    """DELETE issue: 204; one with sub-tasks only with `deleteSubtasks=true`, and then they go with it."""
    actor, issue = call.signed_in(), call.issue
    if call.text("deleteSubtasks") == "true":
        for child in subtasks_of(call.world, issue):
            delete_issue(call.world, actor, child)
    delete_issue(call.world, actor, issue)
    return empty()


def _moving(call: Call, fields: dict[str, Any], issue: Issue) -> dict[str, Any]:
    """The fields without a project and a type that name what the issue has: a real site takes them without a word."""
    kept, kind = dict(fields), call.world.tracker.types.get(issue.type_id or "")
    project = tracker.project_of(call.world, issue)
    mine = {"project": {"id": project.id, "key": project.key}}
    if kind is not None:
        mine["issuetype"] = {"id": kind.id, "name": kind.name}
    for name, parts in mine.items():
        sent = fields.get(name)
        if isinstance(sent, dict) and sent and sent.items() <= parts.items():
            del kept[name]
    return kept


def assign(call: Call) -> Response:
    """PUT issue/…/assignee: the body is the user itself; 204."""
    actor, issue = call.signed_in(), call.issue
    form = edit_form(call.view, tracker.project_of(call.world, issue), {"assignee": call.body()})
    form.check()
    tracker.edit_fields(call.world, actor, issue, form.values)
    return empty()


BOTH: Table = [
    ("POST", "/issue", create),
    ("POST", "/issue/bulk", create_many),
    ("PUT", ISSUE, edit),
    ("DELETE", ISSUE, delete),
    ("PUT", ISSUE + "/assignee", assign),
]
