"""What Jira's API says, in status and words, to an account that lacks a permission, and which calls need which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from pirsync.sandbox.edge.http import BadBody
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import NO_SUCH_STEP, Invalid, off_screen, project_of
from pirsync.sandbox.tracker.permissions import may

from .call import ISSUE, Call, Handler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pirsync.sandbox.tracker.nouns import Attachment, Comment, Issue, Project
    from pirsync.sandbox.world import World

NO_ADMINISTRATOR = "You must have global administrator rights in order to modify projects."


def check_create(world: World, actor: User, project: Project, field_ids: Iterable[str]) -> None:
    """403 on Cloud; Data Center answers as if no field were on the create screen, with 400."""
    if may(world, actor, "CREATE_ISSUES", project):
        return
    if world.is_cloud:
        raise Invalid("You do not have permission to create issues in this project.", status=403)
    raise Invalid(errors=_none_on_screen(name for name in field_ids if name not in ("project", "issuetype")))


def check_edit(world: World, actor: User, issue: Issue, field_ids: Iterable[str]) -> None:
    """400: an account that may not edit has no field on its edit screen."""
    if not may(world, actor, "EDIT_ISSUES", project_of(world, issue)):
        raise Invalid(errors=_none_on_screen(field_ids))


def _none_on_screen(field_ids: Iterable[str]) -> dict[str, str]:
    return {name: off_screen(name) for name in field_ids}


def check_property(world: World, actor: User, issue: Issue) -> None:
    """403: issue properties need the permission to edit the issue."""
    if not may(world, actor, "EDIT_ISSUES", project_of(world, issue)):
        raise Invalid("You do not have permission to edit issues in this project.", status=403)


def check_assign(world: World, actor: User, issue: Issue) -> None:
    """403 on Cloud, 401 on Data Center."""
    if not may(world, actor, "ASSIGN_ISSUES", project_of(world, issue)):
        text = "You do not have permission to assign issues in this project."
        raise Invalid(text, status=403 if world.is_cloud else 401)


def check_transition(world: World, actor: User, issue: Issue) -> None:
    """400: to an account that may not transition, no step is available."""
    if not may(world, actor, "TRANSITION_ISSUES", project_of(world, issue)):
        raise Invalid(NO_SUCH_STEP)


def check_delete(world: World, actor: User, issue: Issue) -> None:
    """403."""
    if not may(world, actor, "DELETE_ISSUES", project_of(world, issue)):
        raise Invalid("You do not have permission to delete issues in this project.", status=403)


def check_comment(world: World, actor: User, issue: Issue) -> None:
    """400: adding a comment."""
    if not may(world, actor, "ADD_COMMENTS", project_of(world, issue)):
        raise Invalid(f"{actor.display_name}, you do not have the permission to comment on this issue.")


def check_comment_change(world: World, actor: User, issue: Issue, comment: Comment, verb: str) -> None:
    """400: `verb` is "edit" or "delete"; one's own comments need less than those of others."""
    whose = "OWN" if comment.author == actor else "ALL"
    held = (f"{verb.upper()}_{whose}_COMMENTS", f"{verb.upper()}_ALL_COMMENTS")
    project = project_of(world, issue)
    if not any(may(world, actor, name, project) for name in held):
        raise Invalid(f"{actor.display_name}, you do not have the permission to {verb} this comment.")


def check_link(world: World, actor: User, issue: Issue) -> None:
    """401: links between issues, on either side."""
    if not may(world, actor, "LINK_ISSUES", project_of(world, issue)):
        raise Invalid(f"No Link Issue Permission for issue '{issue.key}'", status=401)


def check_remote_link(world: World, actor: User, issue: Issue) -> None:
    """403: links to something outside."""
    if not may(world, actor, "LINK_ISSUES", project_of(world, issue)):
        raise Invalid("You do not have permission to link issues in this project.", status=403)


def check_attach(world: World, actor: User, issue: Issue) -> None:
    """403: attachments."""
    if not may(world, actor, "CREATE_ATTACHMENTS", project_of(world, issue)):
        text = "You do not have permission to create attachments for this issue."
        raise Invalid(text if world.is_cloud else f"{actor.display_name}, {text[0].lower()}{text[1:]}", status=403)


def check_attachment_delete(world: World, actor: User, issue: Issue, attachment: Attachment) -> None:
    """403: one's own attachments need less than those of others."""
    held = ("DELETE_ALL_ATTACHMENTS", *(("DELETE_OWN_ATTACHMENTS",) if attachment.author == actor else ()))
    if not any(may(world, actor, name, project_of(world, issue)) for name in held):
        raise Invalid("You do not have permission to delete this attachment.", status=403)


def check_silence(world: World, actor: User, project: Project) -> None:
    """403: a change that tells nobody."""
    if not (may(world, actor, "ADMINISTER_PROJECTS", project) or may(world, actor, "ADMINISTER")):
        raise Invalid(
            "To discard the user notification either admin or project admin permissions are required.", status=403
        )


def check_administer(world: World, actor: User) -> None:
    """403: what only administrators may change."""
    if not may(world, actor, "ADMINISTER"):
        raise Invalid(NO_ADMINISTRATOR, status=403)


def check_administer_project(world: World, actor: User, project: Project) -> None:
    """403: what the project's administrators, and Jira's, may change."""
    if not (may(world, actor, "ADMINISTER_PROJECTS", project) or may(world, actor, "ADMINISTER")):
        raise Invalid(f"You do not have permission to administer the project '{project.key}'.", status=403)


def _names(call: Call) -> list[str]:
    """The fields that an edit names; none where the body is none, which the handler will say."""
    try:
        body = call.body()
    except BadBody:
        return []
    parts = (body.get("fields"), body.get("update"))
    return [name for part in parts if isinstance(part, dict) for name in part]


def _comment_change(verb: str) -> Callable[[Call, User, Issue], None]:
    def check(call: Call, actor: User, issue: Issue) -> None:
        for comment in issue.comments:
            if comment.id == call.path("comment"):
                check_comment_change(call.world, actor, issue, comment, verb)

    return check


def _on_issue(check: Callable[[World, User, Issue], None]) -> Callable[[Call, User, Issue], None]:
    return lambda call, actor, issue: check(call.world, actor, issue)


_GUARDS: dict[tuple[str, str], Callable[[Call, User, Issue], None]] = {
    ("PUT", ISSUE): lambda call, actor, issue: check_edit(call.world, actor, issue, _names(call)),
    ("DELETE", ISSUE): _on_issue(check_delete),
    ("PUT", f"{ISSUE}/assignee"): _on_issue(check_assign),
    ("POST", f"{ISSUE}/transitions"): _on_issue(check_transition),
    ("POST", f"{ISSUE}/comment"): _on_issue(check_comment),
    ("PUT", f"{ISSUE}/comment/{{comment}}"): _comment_change("edit"),
    ("DELETE", f"{ISSUE}/comment/{{comment}}"): _comment_change("delete"),
    ("PUT", f"{ISSUE}/properties/{{key}}"): _on_issue(check_property),
    ("DELETE", f"{ISSUE}/properties/{{key}}"): _on_issue(check_property),
    ("POST", f"{ISSUE}/remotelink"): _on_issue(check_remote_link),
    ("DELETE", f"{ISSUE}/remotelink"): _on_issue(check_remote_link),
    ("PUT", f"{ISSUE}/remotelink/{{link}}"): _on_issue(check_remote_link),
    ("DELETE", f"{ISSUE}/remotelink/{{link}}"): _on_issue(check_remote_link),
    ("POST", f"{ISSUE}/attachments"): _on_issue(check_attach),
}
"""What a call on the issue of its path needs, by method and path; what a path calls its parts does not matter."""


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


_BY_SHAPE = {(method, _shape(path)): check for (method, path), check in _GUARDS.items()}


def is_guarded(method: str, path: str) -> bool:
    """Whether a call is checked before its handler sees it."""
    return (method, _shape(path)) in _BY_SHAPE


def guarded(method: str, path: str, handler: Handler) -> Handler:
    """The handler behind the check that its call needs; other calls check what they name in their bodies."""
    check = _BY_SHAPE.get((method, _shape(path)))
    if check is None:
        return handler

    def handle(call: Call) -> Response:
        check(call, call.signed_in(), call.issue)
        return handler(call)

    return handle
