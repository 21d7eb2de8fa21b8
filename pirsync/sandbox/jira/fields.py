"""Field values as they are sent, checked and turned into the tracker's own; all problems are reported at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.people import User
from pirsync.sandbox.text import adf
from pirsync.sandbox.text.adf_to_wiki import wiki
from pirsync.sandbox.tracker import Invalid, can_see, find_issue, off_screen
from pirsync.sandbox.tracker.nouns import RICH_FIELD, FieldDef, Issue, Priority, Project
from pirsync.sandbox.tracker.permissions import is_assignable, levels_of, may_set

from .nouns_json import View, option_id

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

LONGEST_SUMMARY = 255
LONGEST_LABEL = 255
LONGEST_TEXT = 32_767


class Wrong(Exception):
    """One value that a field does not take."""


@dataclass
class Form:
    """What was sent for one issue: `values` by field id, `errors` by field id."""

    view: View
    project: Project
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def read(self, field_id: str, sent: Any) -> None:
        """Take one field's value, or note why not."""
        try:
            self.values[field_id] = value_of_sent(self, field_id, sent)
        except Wrong as wrong:
            self.errors[field_id] = str(wrong)

    def check(self) -> None:
        """`Invalid` with all the errors, if there are any."""
        if self.errors:
            raise Invalid(errors=self.errors)


def value_of_sent(form: Form, field_id: str, sent: Any) -> Any:
    """The internal value of what was sent for a field; `Wrong` in Jira's words."""
    if not may_set(form.view.world, form.view.viewer, field_id, form.project):
        raise Wrong(off_screen(field_id))
    if field_id in _SYSTEM:
        return _SYSTEM[field_id](form, sent)
    definition = form.view.world.tracker.fields.get(field_id)
    if definition is None or not definition.custom:
        raise Wrong(off_screen(field_id))
    return None if sent is None else _custom(form, definition, sent)


def create_form(view: View, project: Project, type_id: str, sent: dict[str, Any]) -> Form:
    """The form of a new issue: only what its create screen has, and all that the screen requires."""
    form = Form(view, project)
    screen = project.screens.get(type_id, {})
    for field_id, value in sent.items():
        if field_id in ("project", "issuetype"):
            continue
        if field_id == "issuelinks":
            form.errors[field_id] = "Field does not support update 'issuelinks'"
        elif field_id not in screen:
            form.errors[field_id] = off_screen(field_id)
        else:
            form.read(field_id, value)
    for field_id, required in screen.items():
        if required and form.values.get(field_id) in (None, "", []) and field_id not in form.errors:
            form.errors[field_id] = required_text(view.world, field_id)
    return form


def required_text(world: World, field_id: str) -> str:
    """What is said of a field that must be there and is not."""
    if field_id == "summary":
        return "You must specify a summary of the issue."
    if field_id == "parent":
        return "Issue type is a sub-task but parent issue key or id not specified."
    definition = world.tracker.fields.get(field_id)
    return f"{definition.name if definition else field_id} is required."


def edit_form(view: View, project: Project, sent: dict[str, Any]) -> Form:
    """The form of an edit: every known field is on the edit screen but those that a workflow owns."""
    form = Form(view, project)
    for field_id, value in sent.items():
        if field_id == "issuelinks":
            form.errors[field_id] = "Field does not support update 'issuelinks'"
        else:
            form.read(field_id, value)
    return form


def rich_text(view: View, sent: Any) -> str | None:
    """A rich text's internal form: wiki text, or a document's text under version 3; `Wrong` for the other kind."""
    if sent is None:
        return None
    if view.has_adf:
        if not adf.is_document(sent):
            raise Wrong("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
        if not adf.is_whole(sent):
            raise Wrong("INVALID_INPUT")
        sent = adf.Rich(wiki(sent), sent)
    if not isinstance(sent, str):
        raise Wrong("Operation value must be a string")
    if len(sent) > LONGEST_TEXT:
        raise Wrong("The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
    return sent


def _summary(form: Form, sent: Any) -> str:
    if sent is None or sent == "":
        raise Wrong("You must specify a summary of the issue.")
    if not isinstance(sent, str):
        raise Wrong("Operation value must be a string")
    if "\n" in sent or "\r" in sent:
        raise Wrong("The summary is invalid because it contains newline characters.")
    if len(sent) > LONGEST_SUMMARY:
        raise Wrong("Summary can't exceed 255 characters.")
    if not sent.strip():
        raise Wrong("You must specify a summary of the issue.")
    return sent


def find_user(world: World, sent: Any) -> User | None:
    """The account that a user value names, as each dialect names it; None when it names nobody."""
    if not isinstance(sent, dict):
        return None
    ref = (sent.get("accountId") or sent.get("id")) if world.is_cloud else sent.get("name")
    user = world.people.find(str(ref)) if ref else None
    if user is None or ref not in ((user.account_id,) if world.is_cloud else (user.name,)):
        return None
    return user


def _assignee(form: Form, sent: Any) -> User | None:
    world = form.view.world
    own = "accountId" if world.is_cloud else "name"
    if sent is None or sent in ({own: None}, {own: "-1"}, {own: ""}):
        return None
    ref = (sent.get(own) or (sent.get("id") if world.is_cloud else None)) if isinstance(sent, dict) else None
    if not ref:
        raise Wrong(f"expected '{own}' property to be present")
    user = find_user(world, sent)
    if user is None or not is_assignable(world, user, form.project):
        name = user.display_name if user else ref
        raise Wrong(f"User '{name}' cannot be assigned issues.")
    return user


def _reporter(form: Form, sent: Any) -> User:
    user = find_user(form.view.world, sent)
    if user is None:
        raise Wrong("The reporter specified is not a user.")
    return user


def _due(form: Form, sent: Any) -> date | None:
    if sent is None:
        return None
    try:
        if not isinstance(sent, str) or len(sent) != len("2026-01-02"):
            raise ValueError
        return date.fromisoformat(sent)
    except ValueError:
        raise Wrong(f"Error parsing date string: {sent}") from None


def _labels(form: Form, sent: Any) -> list[str]:
    if not isinstance(sent, list) or not all(isinstance(one, str) for one in sent):
        raise Wrong("Operation value must be an array of strings")
    for name in sent:
        if any(sign.isspace() for sign in name):
            raise Wrong(f"The label '{name}' contains spaces which is invalid.")
        if len(name) > LONGEST_LABEL:
            raise Wrong(f"The label '{name}' exceeds the maximum length for a single label (255 characters).")
    return list(dict.fromkeys(sent))


def _one_of(sent: Any, choices: dict[str, str], what: str) -> str | None:
    """The id among `choices` (id to name) that `{"id"}` or `{"name"}` means."""
    if sent is None:
        return None
    if isinstance(sent, dict) and sent.get("id") is not None and str(sent["id"]) in choices:
        return str(sent["id"])
    name = str(sent.get("name") or "").lower() if isinstance(sent, dict) and "id" not in sent else ""
    found = [number for number, text in choices.items() if text.lower() == name]
    if not found:
        raise Wrong(f"The {what} selected is invalid.")
    return found[0]


def default_priority(world: World) -> Priority | None:
    """What an issue gets on whose screen nobody chose: Medium, where the site has it."""
    return next((one for one in world.tracker.priorities.values() if one.name == "Medium"), None)


def _priority(form: Form, sent: Any) -> str | None:
    return _one_of(sent, {one.id: one.name for one in form.view.world.tracker.priorities.values()}, "priority")


def _security(form: Form, sent: Any) -> str | None:
    return _one_of(sent, {one.id: one.name for one in levels_of(form.view.viewer, form.project)}, "security level")


def _description(form: Form, sent: Any) -> str | None:
    return rich_text(form.view, sent)


def _parent(form: Form, sent: Any) -> int | None:
    ref = str(sent.get("id") or sent.get("key")) if isinstance(sent, dict) else ""
    issue: Issue | None = find_issue(form.view.world, ref)
    if issue is None or not can_see(form.view.world, form.view.viewer, issue):
        raise Wrong("Could not find issue by id or key.")
    types = form.view.world.tracker.types
    if issue.project_id != form.project.id or (issue.type_id in types and types[issue.type_id].subtask):
        raise Wrong("Given parent work item does not belong to appropriate hierarchy.")
    return issue.id


def _named(choices: dict[str, str], what: str, sent: Any) -> list[str]:
    """The ids among `choices` (id to name) that a list of `{"id"}` or `{"name"}` means, none twice."""
    if not isinstance(sent, list):
        raise Wrong("data was not an array")
    found = []
    for one in sent:
        number = str(one.get("id") or "") if isinstance(one, dict) else ""
        name = one.get("name") if isinstance(one, dict) else None
        ids = [number] if number in choices else [key for key, text in choices.items() if not number and text == name]
        if not ids:
            shown = f"id '{number}'" if number else f"name '{name}'"
            raise Wrong(f"{what} {shown} is not valid")
        found.append(ids[0])
    return list(dict.fromkeys(found))


def _components(form: Form, sent: Any) -> list[str]:
    return _named({one.id: one.name for one in form.project.components}, "Component", sent)


def _versions(form: Form, sent: Any) -> list[str]:
    return _named({one.id: one.name for one in form.project.versions}, "Version", sent)


_SYSTEM: dict[str, Callable[[Form, Any], Any]] = {
    "summary": _summary,
    "description": _description,
    "environment": _description,
    "assignee": _assignee,
    "reporter": _reporter,
    "duedate": _due,
    "labels": _labels,
    "priority": _priority,
    "security": _security,
    "parent": _parent,
    "components": _components,
    "fixVersions": _versions,
    "versions": _versions,
}
FORM_FIELDS = tuple(_SYSTEM)
"""The system fields that a form takes."""


def _option(definition: FieldDef, sent: Any) -> str:
    by_id = {option_id(definition, value): value for value in definition.options}
    value = sent.get("value", by_id.get(str(sent.get("id")))) if isinstance(sent, dict) else None
    if value not in definition.options:
        raise Wrong(f"Option value '{value}' is not valid" if value else "Specify a valid 'id' or 'value'")
    return str(value)


def _custom(form: Form, definition: FieldDef, sent: Any) -> Any:
    if definition.custom == RICH_FIELD:
        return rich_text(form.view, sent)
    if definition.kind == "option":
        return _option(definition, sent)
    if definition.kind == "array" and not isinstance(sent, list):
        raise Wrong("data was not an array")
    if definition.kind == "array":
        return [_option(definition, one) for one in sent] if definition.items == "option" else _labels(form, sent)
    if definition.kind == "user":
        user = find_user(form.view.world, sent)
        if user is None:
            raise Wrong("The user selected is not a user.")
        return user.name
    if definition.kind == "datetime":
        return _datetime(sent)
    if definition.kind == "number" and not isinstance(sent, int | float):
        raise Wrong("Operation value must be a number")
    if definition.kind == "string" and not isinstance(sent, str):
        raise Wrong("Operation value must be a string")
    return sent


def _datetime(sent: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(str(sent))
        if instant.tzinfo is None:
            raise ValueError
        return instant.astimezone(UTC)
    except ValueError:
        raise Wrong(f"Error parsing time: {sent}") from None
