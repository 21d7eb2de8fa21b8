"""The tracker's nouns: what Jira is configured with, and what one issue is made of; values only, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from pirsync.sandbox.people import User

Category = Literal["new", "indeterminate", "done"]


@dataclass(frozen=True)
class Status:
    """A workflow status; `category` is the only portable meaning that it has."""

    id: str
    name: str
    category: Category


@dataclass(frozen=True)
class IssueType:
    """A work type."""

    id: str
    name: str
    subtask: bool = False
    description: str = ""


@dataclass(frozen=True)
class FieldDef:
    """A field; `kind` is its schema type, `items` an array's element type, `custom` the custom field type's key."""

    id: str
    name: str
    kind: str
    custom: str = ""
    items: str = ""
    options: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resolution:
    """Why an issue is resolved."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True)
class Priority:
    """How urgent an issue is."""

    id: str
    name: str
    colour: str = "#ea7d24"


@dataclass(frozen=True)
class LinkType:
    """A kind of link, read "source <outward> destination" and "destination <inward> source"."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True)
class Transition:
    """A workflow's step; `from_status_ids` empty means from anywhere, `resolution_id` is what a post-function sets.

    `needs_resolution` puts that field on its screen; `asks` are the screen's other fields, `needs` those of them that
    must have a value.
    """

    id: str
    name: str
    to_status_id: str
    needs_resolution: bool = False
    from_status_ids: frozenset[str] = frozenset()
    resolution_id: str | None = None
    asks: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()

    @property
    def screen(self) -> dict[str, bool]:
        """The fields of its screen by id, and whether each is required."""
        own = {"resolution": True} if self.needs_resolution else {}
        return {**own, **{name: name in self.needs for name in self.asks}}


@dataclass(frozen=True)
class SecurityLevel:
    """Who may see an issue: `members` are account names; the service account always may."""

    id: str
    name: str
    members: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True)
class Component:
    """A part of a project that issues may be about."""

    id: str
    name: str
    description: str = ""
    lead: User | None = None


@dataclass(frozen=True)
class Version:
    """A version of what a project makes."""

    id: str
    name: str
    description: str = ""
    released: bool = False
    archived: bool = False
    start: date | None = None
    release: date | None = None


@dataclass(frozen=True)
class Role:
    """What somebody is to a project; the projects say who."""

    id: str
    name: str
    description: str


ROLES = {
    one.id: one
    for one in (
        Role("10002", "Administrators", "People who administer the project."),
        Role("10001", "Developers", "People who work on its issues."),
    )
}


@dataclass
class Project:
    """A project; `screens` says per work type which fields may be set at creation and which must be.

    `members` are account names by role id.
    """

    id: str
    key: str
    name: str
    type_ids: list[str]
    screens: dict[str, dict[str, bool]] = field(default_factory=dict)
    read_only_statuses: set[str] = field(default_factory=set)
    security_levels: list[SecurityLevel] = field(default_factory=list)
    workflow: list[Transition] = field(default_factory=list)
    first_status_id: str = ""
    type_key: str = "software"
    lead: User | None = None
    counter: int = 0
    description: str = ""
    url: str = ""
    assignee_type: Literal["PROJECT_LEAD", "UNASSIGNED"] = "UNASSIGNED"
    components: list[Component] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Visibility:
    """Whom something is shown to: the members of a role or of a group, by its id and its name."""

    kind: Literal["role", "group"]
    id: str
    name: str


@dataclass(frozen=True)
class Attachment:
    """A file on an issue."""

    id: str
    name: str
    media_type: str
    data: bytes
    author: User | None
    created: datetime


@dataclass
class Comment:
    """A comment in wiki markup; `internal` ones are for agents only (`jsdPublic` false); `raw` as it was loaded.

    `visibility` restricts it to the members of a role of the project or of a group.
    """

    id: str
    author: User | None
    body: str
    created: datetime
    internal: bool = False
    updated: datetime | None = None
    update_author: User | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] | None = None
    visibility: Visibility | None = None


@dataclass(frozen=True)
class Item:
    """One field's change; ids are None where Jira has only texts."""

    field: str
    field_id: str
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None


@dataclass(frozen=True)
class History:
    """One change of an issue; `raw` as it was loaded."""

    id: str
    author: User | None
    created: datetime
    items: tuple[Item, ...]
    raw: dict[str, Any] | None = None


@dataclass(frozen=True)
class Link:
    """A link between two issues; it reads "source <outward> destination"."""

    id: str
    type_id: str
    source: int
    destination: int


@dataclass
class RemoteLink:
    """A link to something outside; `raw` is the object as it was sent, with everything a reader needs."""

    id: str
    global_id: str
    url: str
    title: str
    raw: dict[str, Any]


@dataclass
class Issue:
    """One issue.

    Instants are aware UTC. `custom` maps a field id to its internal JSON value: users as account names, options as
    texts, instants as datetimes. `watchers` and `voters` are account names. `raw` and `rendered` are a loaded issue's
    answers, valid but for the field ids in `changed`. `before` is the state before the newest change, kept while the
    search index lags.
    """

    id: int
    key: str
    project_id: str
    type_id: str | None
    status_id: str
    summary: str
    created: datetime
    updated: datetime
    indexed_at: datetime
    description: str | None = None
    priority_id: str | None = None
    resolution_id: str | None = None
    assignee: User | None = None
    reporter: User | None = None
    creator: User | None = None
    resolved: datetime | None = None
    status_since: datetime | None = None
    due: date | None = None
    labels: list[str] = field(default_factory=list)
    security: str | None = None
    parent_id: int | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    remote_links: list[RemoteLink] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    watchers: list[str] = field(default_factory=list)
    voters: list[str] = field(default_factory=list)
    raw: dict[str, Any] | None = None
    rendered: dict[str, Any] | None = None
    changed: set[str] = field(default_factory=set)
    before: Issue | None = None


_TEXT = "com.atlassian.jira.plugin.system.customfieldtypes:"

RICH_FIELD = _TEXT + "textarea"
"""The custom field type whose text is rich, as a description is."""

SYSTEM_FIELDS: tuple[FieldDef, ...] = (
    FieldDef("summary", "Summary", "string", clauses=("summary",)),
    FieldDef("description", "Description", "string", clauses=("description",)),
    FieldDef("issuetype", "Issue Type", "issuetype", clauses=("issuetype", "type")),
    FieldDef("project", "Project", "project", clauses=("project",)),
    FieldDef("status", "Status", "status", clauses=("status",)),
    FieldDef("priority", "Priority", "priority", clauses=("priority",)),
    FieldDef("resolution", "Resolution", "resolution", clauses=("resolution",)),
    FieldDef("resolutiondate", "Resolved", "datetime", clauses=("resolutiondate", "resolved")),
    FieldDef("assignee", "Assignee", "user", clauses=("assignee",)),
    FieldDef("reporter", "Reporter", "user", clauses=("reporter",)),
    FieldDef("creator", "Creator", "user", clauses=("creator",)),
    FieldDef("created", "Created", "datetime", clauses=("created", "createdDate")),
    FieldDef("updated", "Updated", "datetime", clauses=("updated", "updatedDate")),
    FieldDef("duedate", "Due date", "date", clauses=("due", "duedate")),
    FieldDef("labels", "Labels", "array", items="string", clauses=("labels",)),
    FieldDef("issuelinks", "Linked Issues", "array", items="issuelinks"),
    FieldDef("security", "Security Level", "securitylevel", clauses=("level",)),
    FieldDef("parent", "Parent", "issuelink", clauses=("parent",)),
    FieldDef("subtasks", "Sub-tasks", "array", items="issuelinks", clauses=("subtasks",)),
    FieldDef("comment", "Comment", "comments-page", clauses=("comment",)),
    FieldDef("attachment", "Attachment", "array", items="attachment", clauses=("attachments",)),
    FieldDef("components", "Components", "array", items="component", clauses=("component",)),
    FieldDef("fixVersions", "Fix versions", "array", items="version", clauses=("fixVersion",)),
    FieldDef("versions", "Affects versions", "array", items="version", clauses=("affectedVersion",)),
    FieldDef("environment", "Environment", "string", clauses=("environment",)),
    FieldDef("watches", "Watchers", "watches", clauses=("watchers",)),
    FieldDef("votes", "Votes", "votes", clauses=("votes",)),
    FieldDef("workratio", "Work Ratio", "number", clauses=("workratio",)),
    FieldDef("lastViewed", "Last Viewed", "datetime", clauses=("lastViewed",)),
)

FIELD_TYPES = {
    "select": _TEXT + "select",
    "datetime": _TEXT + "datetime",
    "user": _TEXT + "userpicker",
    "labels": _TEXT + "labels",
    "text": _TEXT + "textfield",
    "multiselect": _TEXT + "multiselect",
}

CUSTOM_KINDS: dict[str, tuple[str, str]] = {
    _TEXT + name: schema
    for name, schema in {
        "select": ("option", ""),
        "radiobuttons": ("option", ""),
        "multiselect": ("array", "option"),
        "multicheckboxes": ("array", "option"),
        "datetime": ("datetime", ""),
        "datepicker": ("date", ""),
        "userpicker": ("user", ""),
        "labels": ("array", "string"),
        "textfield": ("string", ""),
        "textarea": ("string", ""),
        "url": ("string", ""),
        "float": ("number", ""),
    }.items()
}
"""The custom field types that a field may be made of: schema type, and an array's element type."""
