"""One issue as Jira answers it: the fields that were asked for, a loaded one's as they were unless changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pirsync.sandbox.text import adf
from pirsync.sandbox.tracker import can_see, links_of, project_of, status_of, transitions_for
from pirsync.sandbox.tracker import index as tracker_index
from pirsync.sandbox.tracker.comments import readable
from pirsync.sandbox.tracker.nouns import Issue, Link
from pirsync.sandbox.tracker.permissions import may

from .nouns_json import (
    JSON,
    View,
    attachment_json,
    comment_json,
    custom_json,
    history_json,
    link_type_json,
    priority_json,
    project_json,
    resolution_json,
    schema_json,
    status_json,
    type_json,
    user_json,
)
from .project_json import component_json, version_json
from .screens import edit_screen, step_json

SEARCH_HISTORIES = 40
ISSUE_HISTORIES = 100
"""Entries of `expand=changelog` on Cloud, in a search and in an issue; Data Center answers all of them."""

EXPANDS = "operations,versionedRepresentations,editmeta,changelog,renderedFields"

Builder = Callable[[View, Issue], Any]


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for: field names as sent (`*all`, `*navigable`, `-x`), expansions, issue properties."""

    fields: tuple[str, ...] = ("*all",)
    expand: frozenset[str] = frozenset()
    properties: tuple[str, ...] = ()
    histories: int = ISSUE_HISTORIES


def select(wanted: Iterable[str], present: Iterable[str]) -> list[str]:
    """The fields of `present` that the names in `wanted` stand for, in their order."""
    names = [name.strip() for name in wanted if name.strip()]
    chosen: set[str] = set()
    everything = list(present)
    if not names or names[0].startswith("-"):
        names = ["*all", *names]
    for name in names:
        if name in ("*all", "*navigable"):
            hidden = {"comment", "attachment"} if name == "*navigable" else set()
            chosen.update(set(everything) - hidden)
        elif name.startswith("-"):
            chosen.discard(name[1:])
        else:
            chosen.add(name)
    return [name for name in everything if name in chosen]


def issue_json(view: View, issue: Issue, wanted: Wanted) -> JSON:
    """The issue with its chosen fields, expansions and properties."""
    names = select(wanted.fields, _present(view, issue))
    value: JSON = {
        "expand": EXPANDS,
        "id": str(issue.id),
        "self": f"{view.rest}/issue/{issue.id}",
        "key": issue.key,
    }
    if names:
        value["fields"] = {name: field_value(view, issue, name) for name in names}
    if "renderedFields" in wanted.expand:
        value["renderedFields"] = {name: rendered_value(view, issue, name) for name in names}
    if "changelog" in wanted.expand:
        value["changelog"] = changelog_json(view, issue, wanted.histories)
    if "operations" in wanted.expand:
        value["operations"] = operations_json(view, issue)
    if "transitions" in wanted.expand or "transitions.fields" in wanted.expand:
        steps = transitions_for(view.world, view.viewer, issue)
        value["transitions"] = [step_json(view, issue, step, wanted.expand) for step in steps]
    if "editmeta" in wanted.expand:
        value["editmeta"] = {"fields": edit_screen(view, issue)}
    definitions = view.world.tracker.fields
    if "names" in wanted.expand:
        value["names"] = {name: definitions[name].name if name in definitions else name for name in names}
    if "schema" in wanted.expand:
        value["schema"] = {name: schema_json(definitions[name]) for name in names if name in definitions}
    if wanted.properties:
        every = "*all" in wanted.properties
        chosen = issue.properties if every else [key for key in wanted.properties if key in issue.properties]
        value["properties"] = {key: issue.properties[key] for key in chosen}
    return value


def _present(view: View, issue: Issue) -> list[str]:
    if issue.raw is not None:
        return [*issue.raw, *sorted(name for name in issue.changed if name not in issue.raw and name in _BUILDERS)]
    # Other fields without a value are null; a parent that is not there is not named.
    absent = {
        *(_DATA_CENTER_ONLY if view.world.is_cloud else _CLOUD_ONLY),
        *(() if _parent(view, issue) else ("parent",)),
    }
    own = [name for name in _BUILDERS if name not in absent]
    return [*own, *(name for name, one in view.world.tracker.fields.items() if one.custom)]


def field_value(view: View, issue: Issue, name: str) -> Any:
    """A field's JSON: as loaded while it is unchanged, built otherwise."""
    if issue.raw is not None and name in issue.raw and name not in issue.changed:
        return view.loaded(issue.raw[name], issue.description) if name == "description" else issue.raw[name]
    builder = _BUILDERS.get(name)
    if builder is not None:
        return builder(view, issue)
    definition = view.world.tracker.fields.get(name)
    return custom_json(view, definition, issue.custom.get(name)) if definition else None


def rendered_value(view: View, issue: Issue, name: str) -> Any:
    """A field of `renderedFields`: HTML for rich texts, words for instants, null for all that is not rendered."""
    if issue.rendered is not None and name in issue.rendered and name not in issue.changed:
        return issue.rendered[name]
    if name == "description":
        loaded = issue.raw.get(name) if issue.raw is not None and name not in issue.changed else None
        return adf.html(loaded) if adf.is_document(loaded) else view.html(issue.description)
    if name == "comment":
        comments = [
            {**comment_json(view, one, issue.id), "body": view.html(one.body), "created": words(view, one.created)}
            for one in readable(view.world, view.viewer, issue)
        ]
        return {"comments": comments, "maxResults": len(comments), "total": len(comments), "startAt": 0}
    instants = {"created": issue.created, "updated": issue.updated, "resolutiondate": issue.resolved}
    return words(view, instants[name]) if name in instants else None


def words(view: View, instant: Any) -> str | None:
    """An instant in the reader's zone, in Jira's default look ("02/Jan/26 3:04 AM")."""
    if instant is None:
        return None
    stamp = view.stamp(instant) or ""
    year, month, day = stamp[2:4], int(stamp[5:7]), stamp[8:10]
    hour, minute = int(stamp[11:13]), stamp[14:16]
    name = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[month - 1]
    return f"{day}/{name}/{year} {hour % 12 or 12}:{minute} {'AM' if hour < 12 else 'PM'}"


def changelog_json(view: View, issue: Issue, limit: int) -> JSON:
    """`expand=changelog`: on Cloud the newest `limit` entries, newest first; on Data Center all, oldest first."""
    histories = issue.histories
    if view.world.is_cloud:
        histories = histories[::-1][:limit]
    shown = [history_json(view, one) for one in histories]
    return {"startAt": 0, "maxResults": len(shown), "total": len(issue.histories), "histories": shown}


def operations_json(view: View, issue: Issue) -> JSON:
    """`expand=operations`: the buttons above an issue, those that this reader may press."""
    buttons = (
        ("edit-issue", "Edit", "EditIssue!default.jspa", "EDIT_ISSUES"),
        ("comment-issue", "Comment", "AddComment!default.jspa", "ADD_COMMENTS"),
        ("assign-issue", "Assign", "AssignIssue!default.jspa", "ASSIGN_ISSUES"),
        ("link-issue", "Link", "LinkJiraIssue!default.jspa", "LINK_ISSUES"),
        ("delete-issue", "Delete", "DeleteIssue!default.jspa", "DELETE_ISSUES"),
    )
    project = project_of(view.world, issue)
    links = [
        {"id": number, "label": label, "title": label, "href": f"/secure/{page}?id={issue.id}", "weight": 10 * place}
        for place, (number, label, page, needed) in enumerate(buttons, 1)
        if may(view.world, view.viewer, needed, project)
    ]
    group: JSON = {"id": "opsbar-operations", "links": links, "groups": []}
    return {"linkGroups": [{"id": "view.issue.opsbar", "links": [], "groups": [group]}]}


def short_json(view: View, issue: Issue) -> JSON:
    """An issue as a link shows it."""
    tracker = view.world.tracker
    fields: JSON = {"summary": issue.summary, "status": status_json(view, status_of(view.world, issue))}
    if issue.priority_id:
        fields["priority"] = priority_json(view, tracker.priorities[issue.priority_id])
    if issue.type_id:
        fields["issuetype"] = type_json(view, tracker.types[issue.type_id])
    return {"id": str(issue.id), "key": issue.key, "self": f"{view.rest}/issue/{issue.id}", "fields": fields}


def _link_json(view: View, issue: Issue, link: Link) -> JSON | None:
    other = view.world.tracker.issues[link.destination if link.source == issue.id else link.source]
    if not can_see(view.world, view.viewer, other):
        return None
    side = "outwardIssue" if link.source == issue.id else "inwardIssue"
    kind = link_type_json(view, view.world.tracker.link_types[link.type_id])
    return {"id": link.id, "self": f"{view.rest}/issueLink/{link.id}", "type": kind, side: short_json(view, other)}


def _links(view: View, issue: Issue) -> list[JSON]:
    loaded = (issue.raw or {}).get("issuelinks")
    kept: list[JSON] = list(loaded) if isinstance(loaded, list) else []
    made = (_link_json(view, issue, link) for link in links_of(view.world, issue))
    return [*kept, *(one for one in made if one is not None)]


def _attachments(view: View, issue: Issue) -> list[JSON]:
    loaded = (issue.raw or {}).get("attachment")
    kept: list[JSON] = list(loaded) if isinstance(loaded, list) else []
    return [*kept, *(attachment_json(view, one) for one in issue.attachments)]


def _comments(view: View, issue: Issue) -> JSON:
    shown = [comment_json(view, one, issue.id) for one in readable(view.world, view.viewer, issue)]
    value: JSON = {"comments": shown, "maxResults": len(shown), "total": len(shown), "startAt": 0}
    return {**value, "self": f"{view.rest}/issue/{issue.id}/comment"} if view.world.is_cloud else value


def _status(view: View, issue: Issue) -> JSON:
    return status_json(view, status_of(view.world, issue))


def _type(view: View, issue: Issue) -> JSON | None:
    return type_json(view, view.world.tracker.types[issue.type_id]) if issue.type_id else None


def _priority(view: View, issue: Issue) -> JSON | None:
    return priority_json(view, view.world.tracker.priorities[issue.priority_id]) if issue.priority_id else None


def _resolution(view: View, issue: Issue) -> JSON | None:
    return resolution_json(view, view.world.tracker.resolutions[issue.resolution_id]) if issue.resolution_id else None


def _security(view: View, issue: Issue) -> JSON | None:
    for level in project_of(view.world, issue).security_levels:
        if level.id == issue.security:
            value = {"id": level.id, "description": level.description, "name": level.name}
            return {"self": f"{view.rest}/securitylevel/{level.id}", **value}
    return None


def _parent(view: View, issue: Issue) -> JSON | None:
    parent = view.world.tracker.issues[issue.parent_id] if issue.parent_id else None
    return short_json(view, parent) if parent and can_see(view.world, view.viewer, parent) else None


def _subtasks(view: View, issue: Issue) -> list[JSON]:
    below = tracker_index.holders(view.world.tracker, "parent", issue.id)
    return [short_json(view, one) for one in below if can_see(view.world, view.viewer, one)]


def _watches(view: View, issue: Issue) -> JSON:
    watching = view.viewer is not None and view.viewer.name in issue.watchers
    address = f"{view.rest}/issue/{issue.key}/watchers"
    return {"self": address, "watchCount": len(issue.watchers), "isWatching": watching}


def _votes(view: View, issue: Issue) -> JSON:
    voted = view.viewer is not None and view.viewer.name in issue.voters
    return {"self": f"{view.rest}/issue/{issue.key}/votes", "votes": len(issue.voters), "hasVoted": voted}


def _components(view: View, issue: Issue) -> list[JSON]:
    chosen = issue.custom.get("components") or ()
    shown = ("self", "id", "name", "description")
    project = project_of(view.world, issue)
    whole = (component_json(view, project, one) for one in project.components if one.id in chosen)
    return [{name: one[name] for name in shown if name in one} for one in whole]


def _versions(field_id: str) -> Builder:
    shown = ("self", "id", "description", "name", "archived", "released", "releaseDate")

    def built(view: View, issue: Issue) -> list[JSON]:
        chosen = issue.custom.get(field_id) or ()
        project = project_of(view.world, issue)
        whole = (version_json(view, project, one) for one in project.versions if one.id in chosen)
        return [{name: one[name] for name in shown if name in one} for one in whole]

    return built


def _always(value: Any) -> Builder:
    return lambda view, issue: value.copy() if isinstance(value, list | dict) else value


_NO_PROGRESS = {"progress": 0, "total": 0}
_CLOUD_ONLY = {"statuscategorychangedate", "statusCategory", "issuerestriction"}
_DATA_CENTER_ONLY = {"archivedby", "archiveddate"}

_BUILDERS: dict[str, Builder] = {
    "statuscategorychangedate": lambda view, issue: view.stamp(issue.status_since or issue.created),
    "statusCategory": lambda view, issue: _status(view, issue)["statusCategory"],
    "archivedby": _always(None),
    "archiveddate": _always(None),
    "issuetype": _type,
    "parent": _parent,
    "timespent": _always(None),
    "project": lambda view, issue: project_json(view, project_of(view.world, issue)),
    "fixVersions": _versions("fixVersions"),
    "aggregatetimespent": _always(None),
    "resolution": _resolution,
    "resolutiondate": lambda view, issue: view.stamp(issue.resolved),
    "workratio": _always(-1),
    "lastViewed": _always(None),
    "watches": _watches,
    "issuerestriction": _always({"issuerestrictions": {}, "shouldDisplay": False}),
    "created": lambda view, issue: view.stamp(issue.created),
    "priority": _priority,
    "labels": lambda view, issue: list(issue.labels),
    "timeestimate": _always(None),
    "aggregatetimeoriginalestimate": _always(None),
    "versions": _versions("versions"),
    "issuelinks": _links,
    "assignee": lambda view, issue: user_json(view, issue.assignee),
    "updated": lambda view, issue: view.stamp(issue.updated),
    "status": _status,
    "components": _components,
    "timeoriginalestimate": _always(None),
    "description": lambda view, issue: view.rich(issue.description),
    "timetracking": _always({}),
    "security": _security,
    "attachment": _attachments,
    "aggregatetimeestimate": _always(None),
    "summary": lambda view, issue: issue.summary,
    "creator": lambda view, issue: user_json(view, issue.creator),
    "subtasks": _subtasks,
    "reporter": lambda view, issue: user_json(view, issue.reporter),
    "aggregateprogress": _always(_NO_PROGRESS),
    "environment": lambda view, issue: view.rich(issue.custom.get("environment")),
    "duedate": lambda view, issue: issue.due.isoformat() if issue.due else None,
    "progress": _always(_NO_PROGRESS),
    "comment": _comments,
    "votes": _votes,
    "worklog": _always({"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []}),
}
