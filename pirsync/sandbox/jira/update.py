"""The `update` of a body: verbs that change a field's present value, and comments that come with a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pirsync.sandbox import tracker
from pirsync.sandbox.tracker import Invalid, Issue, off_screen
from pirsync.sandbox.tracker import comments as tracker_comments
from pirsync.sandbox.tracker.nouns import Comment, Visibility
from pirsync.sandbox.tracker.permissions import may_set

from .call import Call
from .comments import add_sent, comment_text, sent_visibility
from .fields import Form, Wrong, value_of_sent
from .permissions import check_comment_change
from .properties import sent_properties

APART = frozenset({"issuelinks", "comment"})
"""What an update changes that is no value of the issue."""

Present = Callable[[str], Any]
"""A field's present internal value by its id."""


def read_update(form: Form, update: dict[str, Any], present: Present) -> None:
    """Let the form have the values after every verb (`set`, `add`, `remove`) in its order; wrong ones are noted."""
    for name, steps in update.items():
        if name in APART:
            continue
        for verb, value in _verbs(steps):
            try:
                form.values[name] = _after(form, name, verb, value, present)
            except Wrong as wrong:
                form.errors[name] = str(wrong)


def _verbs(steps: Any) -> list[tuple[str, Any]]:
    listed = steps if isinstance(steps, list) else [steps]
    return [pair for step in listed if isinstance(step, dict) for pair in step.items()]


def _after(form: Form, name: str, verb: str, value: Any, present: Present) -> Any:
    if verb == "set":
        return value_of_sent(form, name, value)
    definition = form.view.world.tracker.fields.get(name)
    if definition is not None and definition.kind != "array":
        raise Wrong(f"Field '{name}' does not support operation '{verb}'.")
    sent = value_of_sent(form, name, value if isinstance(value, list) else [value])
    now = list(form.values.get(name, present(name)) or [])
    if verb == "add":
        return now + [one for one in sent if one not in now]
    if verb == "remove":
        return [one for one in now if one not in sent]
    raise Wrong(f"Field '{name}' does not support operation '{verb}'.")


@dataclass(frozen=True)
class CommentStep:
    """One verb of `update.comment`; `comment` is the one that is edited or removed."""

    verb: str
    comment: Comment | None = None
    text: str = ""
    visibility: Visibility | None = None
    properties: dict[str, Any] = field(default_factory=dict)


def sent_comments(call: Call, form: Form, update: dict[str, Any], issue: Issue) -> list[CommentStep]:
    """What `update.comment` does; what is wrong with it goes into the form."""
    if update.get("comment") and not may_set(call.world, call.user, "comment", form.project):
        form.errors["comment"] = off_screen("comment")
        return []
    steps = []
    for verb, sent in _verbs(update.get("comment") or []):
        try:
            steps.append(_comment_step(call, issue, verb, sent if isinstance(sent, dict) else {}))
        except Invalid as refusal:
            form.errors.update(refusal.errors or {"comment": str(refusal)})
    return steps


def _comment_step(call: Call, issue: Issue, verb: str, sent: dict[str, Any]) -> CommentStep:
    if verb not in ("add", "edit", "remove"):
        raise Invalid(errors={"comment": f"Field 'comment' does not support operation '{verb}'."})
    visibility = sent_visibility(call, issue, sent)
    if verb == "add":
        return CommentStep(verb, None, comment_text(call, sent), visibility, sent_properties(sent))
    known = tracker_comments.readable(call.world, call.user, issue)
    found = next((one for one in known if one.id == str(sent.get("id"))), None)
    if found is None:
        raise Invalid(errors={"comment": f"Can not find a comment for the id: {sent.get('id')}."})
    check_comment_change(call.world, call.signed_in(), issue, found, "edit" if verb == "edit" else "delete")
    return CommentStep(verb, found, comment_text(call, sent) if verb == "edit" else "", visibility)


def apply_comments(call: Call, issue: Issue, steps: list[CommentStep]) -> None:
    """Do what `sent_comments` found."""
    for step in steps:
        if step.comment is None:
            add_sent(call, issue, step.text, step.visibility, step.properties)
        elif step.verb == "edit":
            tracker.edit_comment(call.world, call.signed_in(), issue, step.comment, step.text)
        else:
            tracker_comments.delete_comment(call.world, issue, step.comment)
