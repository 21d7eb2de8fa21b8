"""Who may do what in the tracker: everybody who is signed in may do everything, but for what a rule takes away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import User

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

    from .nouns import Project, SecurityLevel

Kind = Literal["GLOBAL", "PROJECT"]


@dataclass(frozen=True)
class Permission:
    """One of Jira's permissions; `number` is the id that Data Center's older clients know it by."""

    key: str
    number: str
    kind: Kind
    name: str
    description: str


@dataclass(frozen=True)
class Rule:
    """A grant or a denial of one permission; an empty `user` (account name) or `project` (id) means all of them."""

    permission: str
    allowed: bool
    user: str = ""
    project: str = ""


PERMISSIONS: dict[str, Permission] = {
    one.key: one
    for one in (
        Permission("ADMINISTER", "0", "GLOBAL", "Administer Jira", "Ability to perform administration functions."),
        Permission("USER_PICKER", "27", "GLOBAL", "Browse Users", "Ability to select a user or group from a popup."),
        Permission("BULK_CHANGE", "33", "GLOBAL", "Bulk Change", "Ability to modify a collection of issues at once."),
        Permission("CREATE_SHARED_OBJECTS", "22", "GLOBAL", "Share Dashboards and Filters", "Ability to share."),
        Permission("ADMINISTER_PROJECTS", "23", "PROJECT", "Administer Projects", "Ability to administer a project."),
        Permission("BROWSE_PROJECTS", "10", "PROJECT", "Browse Projects", "Ability to browse projects and issues."),
        Permission("CREATE_ISSUES", "11", "PROJECT", "Create Issues", "Ability to create issues."),
        Permission("EDIT_ISSUES", "12", "PROJECT", "Edit Issues", "Ability to edit issues."),
        Permission("ASSIGN_ISSUES", "13", "PROJECT", "Assign Issues", "Ability to assign issues to other people."),
        Permission("RESOLVE_ISSUES", "14", "PROJECT", "Resolve Issues", "Ability to resolve and reopen issues."),
        Permission("ADD_COMMENTS", "15", "PROJECT", "Add Comments", "Ability to comment on issues."),
        Permission("DELETE_ISSUES", "16", "PROJECT", "Delete Issues", "Ability to delete issues."),
        Permission("ASSIGNABLE_USER", "17", "PROJECT", "Assignable User", "Users may be assigned to issues."),
        Permission("CLOSE_ISSUES", "18", "PROJECT", "Close Issues", "Ability to close issues."),
        Permission("CREATE_ATTACHMENTS", "19", "PROJECT", "Create Attachments", "Users may create attachments."),
        Permission("LINK_ISSUES", "21", "PROJECT", "Link Issues", "Ability to link issues together."),
        Permission("MOVE_ISSUES", "25", "PROJECT", "Move Issues", "Ability to move issues between projects."),
        Permission(
            "SET_ISSUE_SECURITY", "26", "PROJECT", "Set Issue Security", "Ability to set the level of security."
        ),
        Permission("SCHEDULE_ISSUES", "28", "PROJECT", "Schedule Issues", "Ability to edit an issue's due date."),
        Permission("MODIFY_REPORTER", "30", "PROJECT", "Modify Reporter", "Ability to modify the reporter."),
        Permission("EDIT_ALL_COMMENTS", "34", "PROJECT", "Edit All Comments", "Ability to edit all comments."),
        Permission("EDIT_OWN_COMMENTS", "35", "PROJECT", "Edit Own Comments", "Ability to edit own comments."),
        Permission("DELETE_ALL_COMMENTS", "36", "PROJECT", "Delete All Comments", "Ability to delete all comments."),
        Permission("DELETE_OWN_COMMENTS", "37", "PROJECT", "Delete Own Comments", "Ability to delete own comments."),
        Permission("DELETE_ALL_ATTACHMENTS", "38", "PROJECT", "Delete All Attachments", "Deletes all attachments."),
        Permission("DELETE_OWN_ATTACHMENTS", "39", "PROJECT", "Delete Own Attachments", "Deletes own attachments."),
        Permission("TRANSITION_ISSUES", "46", "PROJECT", "Transition Issues", "Ability to transition issues."),
    )
}

FIELD_NEEDS = {
    "assignee": "ASSIGN_ISSUES",
    "reporter": "MODIFY_REPORTER",
    "duedate": "SCHEDULE_ISSUES",
    "security": "SET_ISSUE_SECURITY",
    "issuelinks": "LINK_ISSUES",
    "comment": "ADD_COMMENTS",
    "attachment": "CREATE_ATTACHMENTS",
    "fixVersions": "RESOLVE_ISSUES",
}
"""The fields that Jira shows on a screen only to those who have a permission of their own."""


def may(world: World, actor: User | None, permission: str, project: Project | None = None) -> bool:
    """Whether the account has a permission, in the project if one is named; the newest rule that fits decides.

    Nobody who is not signed in, or whose account is inactive, has any. KeyError for what is no permission.
    """
    known = PERMISSIONS[permission]
    if actor is None or not actor.active:
        return False
    if known.key == "ASSIGNABLE_USER" and not actor.assignable:
        return False
    for rule in reversed(world.tracker.rules):
        if rule.permission == known.key and rule.user in ("", actor.name) and _covers(rule, project):
            return rule.allowed
    return True


def _covers(rule: Rule, project: Project | None) -> bool:
    return not rule.project or (project is not None and rule.project == project.id)


def may_somewhere(world: World, actor: User | None, permission: str) -> bool:
    """Whether the account has a permission in any project that it can browse, as Jira answers without a context."""
    if PERMISSIONS[permission].kind == "GLOBAL":
        return may(world, actor, permission)
    projects = world.tracker.projects.values()
    return any(may(world, actor, "BROWSE_PROJECTS", one) and may(world, actor, permission, one) for one in projects)


def may_set(world: World, actor: User | None, field_id: str, project: Project) -> bool:
    """Whether a screen shows the field to this account; those that need no permission are shown to everybody."""
    need = FIELD_NEEDS.get(field_id)
    return need is None or may(world, actor, need, project)


def is_assignable(world: World, user: User, project: Project) -> bool:
    """Whether issues of the project may be assigned to the account."""
    return may(world, user, "ASSIGNABLE_USER", project) and may(world, user, "BROWSE_PROJECTS", project)


def levels_of(actor: User | None, project: Project) -> list[SecurityLevel]:
    """The project's security levels that include the account; the service account belongs to all."""
    if actor is None:
        return []
    return [one for one in project.security_levels if actor.service or actor.name in one.members]
