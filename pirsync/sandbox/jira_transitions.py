"""Transitions over HTTP: the steps that are possible now, and taking one."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from . import tracker
from .http import answer, empty
from .jira_call import ISSUE, Call, Table, sent_object
from .jira_comments import sent_comments
from .jira_fields import Form
from .jira_json import transition_json
from .tracker import Invalid, off_screen, transitions_for


def transitions(call: Call) -> Response:
    """GET transitions: those that are possible now."""
    call.signed_in()
    expand = frozenset(call.names("expand"))
    steps = transitions_for(call.world, call.user, call.issue)
    shown = [transition_json(call.view, step, expand) for step in steps]
    return answer({"expand": "transitions", "transitions": shown})


def transition(call: Call) -> Response:
    """POST transitions: a resolution only where the step's screen has one; 204."""
    actor, issue, body = call.signed_in(), call.issue, call.body()
    step_id = str(sent_object(body, "transition").get("id") or "")
    if not step_id:
        raise Invalid("Missing 'transition' identifier")
    fields = sent_object(body, "fields")
    steps = {one.id: one for one in tracker.available_transitions(call.world, issue)}
    allowed = {"resolution"} if step_id in steps and steps[step_id].needs_resolution else set()
    if set(fields) - allowed:
        raise Invalid(errors={name: off_screen(name) for name in set(fields) - allowed})
    form = Form(call.view, tracker.project_of(call.world, issue))
    comments = sent_comments(call, form, sent_object(body, "update"))
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


BOTH: Table = [
    ("GET", ISSUE + "/transitions", transitions),
    ("POST", ISSUE + "/transitions", transition),
]
