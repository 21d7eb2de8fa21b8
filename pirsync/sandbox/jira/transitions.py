"""Transitions over HTTP: the steps that are possible now, and taking one."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from pirsync.sandbox import tracker
from pirsync.sandbox.edge.http import answer, empty
from pirsync.sandbox.tracker import Invalid, off_screen, transitions_for

from .call import ISSUE, Call, Table, sent_object
from .fields import Form, required_text
from .properties import sent_properties
from .screens import step_json
from .update import apply_comments, read_update, sent_comments


def transitions(call: Call) -> Response:
    """GET transitions: those that are possible now, or the one of them with `transitionId`."""
    call.signed_in()
    expand, only = frozenset(call.names("expand")), call.text("transitionId")
    steps = transitions_for(call.world, call.user, call.issue)
    shown = [step_json(call.view, call.issue, step, expand) for step in steps if only in (None, "", step.id)]
    return answer({"expand": "transitions", "transitions": shown})


def transition(call: Call) -> Response:
    """POST transitions: fields only where the step's screen has them, and all that it requires; 204."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    step_id = str(sent_object(body, "transition").get("id") or "")
    if not step_id:
        raise Invalid("Missing 'transition' identifier")
    fields, update = sent_object(body, "fields"), sent_object(body, "update")
    step = {one.id: one for one in tracker.available_transitions(call.world, issue)}.get(step_id)
    screen = step.screen if step is not None else {}
    form = Form(call.view, tracker.project_of(call.world, issue))
    form.errors.update({name: off_screen(name) for name in (*fields, *update) if name not in {*screen, "comment"}})
    resolution = _resolution(call, _sent_resolution(fields, update))
    for name in fields:
        if name in screen and name != "resolution":
            form.read(name, fields[name])
    read_update(
        form,
        {name: update[name] for name in update if name in screen and name != "resolution"},
        lambda name: tracker.value_of(issue, name),
    )
    comments = sent_comments(call, form, update, issue)
    properties = sent_properties(body)
    for name, required in screen.items():
        missing = name not in form.errors and form.values.get(name, tracker.value_of(issue, name)) in (None, "", [])
        if required and name != "resolution" and missing:
            form.errors[name] = required_text(call.world, name)
    form.check()
    tracker.transition(call.world, actor, issue, step_id, resolution, form.values)
    issue.properties.update(properties)
    apply_comments(call, issue, comments)
    return empty()


def _sent_resolution(fields: dict[str, Any], update: dict[str, Any]) -> Any:
    sets = update.get("resolution")
    steps = [one["set"] for one in sets if isinstance(one, dict) and "set" in one] if isinstance(sets, list) else []
    return steps[-1] if steps else fields.get("resolution")


def _resolution(call: Call, sent: Any) -> str | None:
    if not isinstance(sent, dict):
        return None
    known = call.world.tracker.resolutions.values()
    found = [one.id for one in known if one.id == sent.get("id") or ("id" not in sent and one.name == sent.get("name"))]
    if not found:
        raise Invalid(errors={"resolution": f"Resolution name '{sent.get('name', sent.get('id'))}' is not valid"})
    return found[0]


BOTH: Table = [
    ("GET", ISSUE + "/transitions", transitions),
    ("POST", ISSUE + "/transitions", transition),
]
