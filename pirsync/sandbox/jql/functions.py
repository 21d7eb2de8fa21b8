"""JQL's functions other than those of dates: each gives one value or a list for the fields that it fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pirsync.sandbox.tracker import links_of
from pirsync.sandbox.tracker.nouns import Issue, Project

from .dates import FUNCTIONS as DATES
from .dates import instant
from .fields import Field
from .refusals import BadQuery
from .syntax import Call, Value
from .values import Search, find_user, visible_issue, visible_projects


@dataclass(frozen=True)
class Function:
    """A function: the kinds of field that it fits, its least and most arguments, whether it gives a list."""

    name: str
    kinds: frozenset[str]
    least: int
    most: int
    is_list: bool
    values: Callable[[Search, Call], set[Any]]


def gives_list(call: Call) -> bool:
    """Whether the function gives a list; `BadQuery` when there is no such function."""
    if call.name.lower() in DATES:
        return False
    return _find(call).is_list


def function_values(run: Search, subject: Field, call: Call) -> set[Any]:
    """The internal values that a call gives for a field; `BadQuery` when it does not fit or its arguments do not."""
    if call.name.lower() in DATES:
        if subject.kind not in ("date", "datetime"):
            raise _unfit(call, subject)
        moment = run.moment
        found = instant(f"field '{subject.name}'", call, moment)
        return {found.astimezone(moment.zone).date() if subject.kind == "date" else found}
    function = _find(call)
    if subject.kind not in function.kinds:
        raise _unfit(call, subject)
    check_arguments(function, call)
    return function.values(run, call)


def check_arguments(function: Function, call: Call) -> None:
    """`BadQuery` for a call with too few or too many arguments."""
    received, least, most = len(call.arguments), function.least, function.most
    if least <= received <= most:
        return
    if function.name == "linkedIssues":
        usage = "Usage: 'linkedIssues ( issuekey [, linkDescription ]* )'."
        raise BadQuery(f"Incorrect number of arguments for function 'linkedIssues'. {usage}")
    expected = f"expected '{least}'" if least == most else f"expected between '{least}' and '{most}'"
    raise BadQuery(f"Function '{function.name}' {expected} arguments but received '{received}'.")


def _find(call: Call) -> Function:
    function = _FUNCTIONS.get(call.name.lower())
    if function is None:
        raise BadQuery(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")
    return function


def _unfit(call: Call, subject: Field) -> BadQuery:
    return BadQuery(f"A value provided by the function '{call.name}' is invalid for the field '{subject.name}'.")


def _current_user(run: Search, call: Call) -> set[Any]:
    return {run.viewer.name}


def _members_of(run: Search, call: Call) -> set[Any]:
    name = call.arguments[0]
    for group in run.world.people.groups:
        if group.name.lower() == name.lower():
            return {user.name for user in run.world.people.all() if group.has(user)}
    raise BadQuery(
        f"Function 'membersOf' can not generate a list of usernames for group '{name}'; the group does not exist."
    )


def _versions(released: bool) -> Callable[[Search, Call], set[Any]]:
    def values(run: Search, call: Call) -> set[Any]:
        projects = _named_projects(run, call)
        return {one.id for project in projects for one in project.versions if one.released is released}

    return values


def _edge_version(released: bool) -> Callable[[Search, Call], set[Any]]:
    """The last of a project's released versions, or the first of those that are not, archived ones aside."""

    def values(run: Search, call: Call) -> set[Any]:
        (project,) = _named_projects(run, call)
        fit = [one.id for one in project.versions if one.released is released and not one.archived]
        return set(fit[-1:] if released else fit[:1])

    return values


def _named_projects(run: Search, call: Call) -> list[Project]:
    """The projects that a function's arguments name; all that the account sees where it has none."""
    visible = visible_projects(run)
    found = []
    for ref in call.arguments:
        named = [one for one in visible if ref.lower() in (one.key.lower(), one.name.lower(), one.id)]
        if not named:
            raise BadQuery(f"Could not resolve the project '{ref}' provided to function '{call.name}'.")
        found.append(named[0])
    return found if call.arguments else visible


def _components_led(run: Search, call: Call) -> set[Any]:
    user = find_user(run.world, call.arguments[0]) if call.arguments else run.viewer
    if user is None:
        what = f"can not generate a list of components for user '{call.arguments[0]}'; the user does not exist."
        raise BadQuery(f"Function 'componentsLeadByUser' {what}")
    return {one.id for project in visible_projects(run) for one in project.components if one.lead == user}


def _types(subtask: bool) -> Callable[[Search, Call], set[Any]]:
    return lambda run, call: {one.id for one in run.world.tracker.types.values() if one.subtask is subtask}


def _linked_issues(run: Search, call: Call) -> set[Any]:
    ref, *descriptions = call.arguments
    issue = visible_issue(run, ref)
    if issue is None:
        raise BadQuery(f"Issue '{ref}' could not be found in function 'linkedIssues'.")
    known = run.world.tracker.link_types.values()
    for text in descriptions:
        if not any(text.lower() in (one.inward.lower(), one.outward.lower()) for one in known):
            raise BadQuery(f"Issue link type '{text}' could not be found in function 'linkedIssues'.")
    wanted = {text.lower() for text in descriptions}
    found = set()
    for link in links_of(run.world, issue):
        kind = run.world.tracker.link_types[link.type_id]
        is_source = link.source == issue.id
        if not wanted or (kind.outward if is_source else kind.inward).lower() in wanted:
            found.add(link.destination if is_source else link.source)
    return found


def _updated_by(run: Search, call: Call) -> set[Any]:
    name, *limits = call.arguments
    user = find_user(run.world, name)
    if user is None:
        raise BadQuery(f"Function 'updatedBy' can not find the user '{name}'.")
    bounds = [instant("function 'updatedBy'", Value(text, quoted=True), run.moment) for text in limits]
    first = bounds[0] if bounds else None
    last = bounds[1] if len(bounds) > 1 else None

    def by_user(issue: Issue) -> list[datetime]:
        """When the account created the issue, changed it or commented on it."""
        changes = [one.created for one in issue.histories if one.author == user]
        comments = [one.created for one in issue.comments if one.author == user]
        edits = [one.updated for one in issue.comments if one.update_author == user and one.updated is not None]
        return [*changes, *comments, *edits, *([issue.created] if issue.creator == user else [])]

    def within(at: datetime) -> bool:
        return (first is None or at >= first) and (last is None or at <= last)

    return {one.id for one in run.world.tracker.issues.values() if any(within(at) for at in by_user(one))}


def _projects_led(run: Search, call: Call) -> set[Any]:
    user = find_user(run.world, call.arguments[0]) if call.arguments else run.viewer
    if user is None:
        name = call.arguments[0]
        what = f"can not generate a list of projects for user '{name}'; the user does not exist."
        raise BadQuery(f"Function 'projectsLeadByUser' {what}")
    return {one.id for one in visible_projects(run) if one.lead == user}


_ISSUES = frozenset({"key", "id", "parent option", "parent link", "link"})
_PEOPLE = frozenset({"user", "watcher"})
_VERSIONS = frozenset({"version"})
_MANY = 1000

_ALL = (
    Function("currentUser", _PEOPLE, 0, 0, is_list=False, values=_current_user),
    Function("membersOf", _PEOPLE, 1, 1, is_list=True, values=_members_of),
    Function("standardIssueTypes", frozenset({"type"}), 0, 0, is_list=True, values=_types(subtask=False)),
    Function("subTaskIssueTypes", frozenset({"type"}), 0, 0, is_list=True, values=_types(subtask=True)),
    Function("linkedIssues", _ISSUES, 1, _MANY, is_list=True, values=_linked_issues),
    Function("updatedBy", _ISSUES, 1, 3, is_list=True, values=_updated_by),
    Function("releasedVersions", _VERSIONS, 0, _MANY, is_list=True, values=_versions(released=True)),
    Function("unreleasedVersions", _VERSIONS, 0, _MANY, is_list=True, values=_versions(released=False)),
    Function("latestReleasedVersion", _VERSIONS, 1, 1, is_list=False, values=_edge_version(released=True)),
    Function("earliestUnreleasedVersion", _VERSIONS, 1, 1, is_list=False, values=_edge_version(released=False)),
    Function("componentsLeadByUser", frozenset({"component"}), 0, 1, is_list=True, values=_components_led),
    Function("projectsLeadByUser", frozenset({"project"}), 0, 1, is_list=True, values=_projects_led),
)
_FUNCTIONS = {one.name.lower(): one for one in _ALL}
