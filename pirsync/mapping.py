"""Raw Jira JSON becomes Incident and Ticket; no other module knows what any site's custom fields mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr

from . import raw as read
from .errors import ConfigError
from .mapping_file import Fields, MappingFile, fold
from .model import TICKET_PROPERTY, Deployment, Event, Filed, Incident, Mark, Noun, StatusCategory, Ticket, Trail
from .page_model import Column
from .ports import RawIssue, Want
from .resources import mappings_dir
from .toml import Source, load_table, nearest

# fmt: off
_TICKET_FIELDS = (
    "summary", "status", "resolution", "resolutiondate", "assignee", "duedate", "labels", "issuelinks", "project",
    "issuetype",
)
_INCIDENT_FIELDS = (
    "summary", "status", "resolution", "resolutiondate", "statuscategorychangedate", "created", "updated", "reporter",
    "assignee", "priority", "issuetype", "project", "security", "labels", "components", "description", "comment",
    "issuelinks",
)
# fmt: on

_TRAIL_FIELDS = ("comment", "attachment", "updated", "priority")

_CLOSING_FIELDS = ("statuscategorychangedate", "resolutiondate")
"""Where an instant of closure is, best first, when the changelog does not hold it. `updated` is no witness: writing
the link to the review moves it."""

_HISTORY = "page=com.atlassian.jira.plugin.system.issuetabpanels:changehistory-tabpanel"


class TeamMapping(MappingFile):
    """A mapping as a team uses it; it stands until its names are resolved against a site."""

    _name: str = PrivateAttr("mapping")

    @property
    def headers(self) -> dict[Column, tuple[str, ...]]:
        """The words over each column of the action table."""
        return {role: getattr(self.words, role.value) for role in Column}

    @property
    def categories(self) -> dict[str, StatusCategory]:
        """The statuses that mean something else than Jira's category says."""
        return {name: StatusCategory(category) for name, category in self.status.items()}

    def resolve(self, fields: dict[str, str]) -> Resolved:
        """Find every role's field among a site's, which map ids to names. Raises ConfigError with all problems.

        A name that no field has is left out; a name that several custom fields share, and an id that the site
        does not have, are problems.
        """
        problems: list[str] = []
        shared = _roles(self.fields_, fields, f"{self._name}: fields", problems)
        projects = {
            key: shared | _roles(own.fields, fields, f"{self._name}: projects.{key}.fields", problems)
            for key, own in self.projects.items()
        }
        if problems:
            raise ConfigError(problems)
        known = {field for roles in (shared, *projects.values()) for field in roles.values() if field}
        return Resolved(
            roles=shared,
            projects=projects,
            names={field: fields[field] for field in sorted(known)},
            severities={fold(value): word for value, word in self.severity.items()},
            categories=self.categories,
        )


def load_mapping(name_or_path: str, base: Path) -> TeamMapping:
    """A shipped mapping by its name, or one's own by its path from `base`, laid over the shipped default.

    Raises ConfigError with every problem's file, line and key.
    """
    shipped = mappings_dir()
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        path = base / name_or_path
    else:
        path = shipped / f"{name_or_path}.toml"
        if not path.is_file():
            names = [each.stem for each in shipped.glob("*.toml")]
            raise ConfigError(f'no mapping comes with the name "{name_or_path}"{nearest(name_or_path, names)}')
    return _laid_over(Source.read(shipped / "default.toml"), Source.read(path))


@lru_cache(maxsize=32)
def _laid_over(under: Source, own: Source) -> TeamMapping:
    """The mapping of these texts: every pass asks for it, since a person may have edited it, and few have."""
    mapping = load_table(own, TeamMapping, under=under.data)
    mapping._name = Path(own.name).name
    return mapping


def _roles(candidates: Fields, fields: dict[str, str], where: str, problems: list[str]) -> dict[str, str]:
    """The field of every role that was given, empty where the site has none of the candidates."""
    found = {}
    for role in sorted(candidates.model_fields_set):
        try:
            found[role] = next(filter(None, (_find(each, fields) for each in getattr(candidates, role))), "")
        except ValueError as problem:
            problems.append(f"{where}.{role}: {problem}")
    return found


def _find(candidate: str, fields: dict[str, str]) -> str:
    """The id of the field with that id or name, or empty; ValueError where that is in doubt."""
    if candidate in fields:
        return candidate
    if re.fullmatch(r"customfield_\d+", candidate):
        raise ValueError(f"Jira has no field {candidate}{nearest(candidate, _custom(fields))}")
    named = [field for field, name in fields.items() if fold(name) == fold(candidate)]
    custom = _custom(named)
    if len(custom) > 1:
        raise ValueError(f'several fields are called "{candidate}"; give the id of one: {", ".join(custom)}')
    return next(iter(custom or sorted(named)), "")


def _custom(fields: Iterable[str]) -> list[str]:
    return sorted(field for field in fields if field.startswith("customfield_"))


# ---------------------------------------------------------------- reading issues


class Resolved(Noun):
    """A mapping whose names were found on one site: for each role a field's id, empty where there is none."""

    roles: dict[str, str]
    projects: dict[str, dict[str, str]]
    names: dict[str, str]
    severities: dict[str, str]
    categories: dict[str, StatusCategory]

    def field(self, role: str, project: str) -> str:
        """The field of a role in a project, or empty."""
        return self.projects.get(project, self.roles).get(role, "")

    def severity(self, value: str) -> str:
        """The word for a value of severity or priority; an unknown value is its own word."""
        return self.severities.get(fold(value), value)


class Context(Noun):
    """What one needs to know of a site to read its issues.

    `site_url` is what people browse; `closed_statuses` are the names of its statuses of category Done;
    `categories` are the statuses that mean something else than the site says.
    """

    site_url: str
    deployment: Deployment
    closed_statuses: frozenset[str]
    categories: dict[str, StatusCategory] = Field(default_factory=dict)

    def browse(self, key: str) -> str:
        """The address of an issue."""
        return f"{self.site_url.rstrip('/')}/browse/{key}"

    def closed_names(self, status: str, is_closed: bool) -> frozenset[str]:
        """The names that mean "closed" in an issue's history; its present status is the best witness of its name."""
        names = {name for name in self.closed_statuses if self.categories.get(name, "done") == StatusCategory.DONE}
        names |= {name for name, category in self.categories.items() if category is StatusCategory.DONE}
        return frozenset(names | {status} if is_closed else names - {status})


def want_incident(resolved: Resolved, project: str | None = None) -> Want:
    """What to read of an incident: of one project's, or of any project's."""
    roles = resolved.projects.get(project, resolved.roles) if project else resolved.roles
    mapped = [roles, *([] if project else resolved.projects.values())]
    fields = [field for each in mapped for field in each.values() if field]
    return Want(fields=tuple(dict.fromkeys([*_INCIDENT_FIELDS, *fields])), expand=("renderedFields", "changelog"))


def want_ticket() -> Want:
    """What to read of a ticket."""
    return Want(fields=_TICKET_FIELDS, expand=("changelog",), properties=(TICKET_PROPERTY,))


def want_trail() -> Want:
    """What to read of a ticket whose work is to be proven."""
    return want_ticket().model_copy(update={"fields": (*_TICKET_FIELDS, *_TRAIL_FIELDS)})


def want_files() -> Want:
    """What to read of an incident for the packet of its review."""
    return Want(fields=("attachment",))


def files(raw: RawIssue) -> tuple[Filed, ...]:
    """The files of an issue that was asked for them."""
    return read.files(read.field(read.table(raw.get("fields")), "attachment"))


def lacks_comments(raw: RawIssue) -> bool:
    """Whether the answer holds fewer comments than the issue has, or does not tell."""
    block = read.table(read.field(read.table(raw.get("fields")), "comment"))
    comments = read.items(block.get("comments"))
    total = block.get("total", len(comments))
    return "comments" not in block or not isinstance(total, int) or total > len(comments)


def with_comments(raw: RawIssue, comments: list[dict[str, Any]]) -> RawIssue:
    """The same issue with all its comments, as the tracker lists them."""
    fields = {**read.table(raw.get("fields")), "comment": {"comments": comments, "total": len(comments)}}
    return {**raw, "fields": fields}


def incident(raw: RawIssue, resolved: Resolved, context: Context) -> Incident:
    """An issue as an incident. Facts that are missing or of no use are None or empty; nothing is an error."""
    context = context.model_copy(update={"categories": {**context.categories, **resolved.categories}})
    fields, rendered = read.table(raw.get("fields")), read.table(raw.get("renderedFields"))
    key, project = read.text(raw.get("key")), project_key(raw)
    url = context.browse(key)

    def role(name: str) -> Any:
        return read.field(fields, resolved.field(name, project))

    status, category = _status(fields, context)
    is_closed = category is StatusCategory.DONE or _closed_by_date(fields, category)
    names = context.closed_names(status, is_closed)
    entries, complete = read.histories(raw)
    events = tuple(_renamed(read.events(entries, f"{url}?{_HISTORY}"), resolved, project))
    priority = read.words(read.field(fields, "priority"))
    comments = read.field(fields, "comment")
    return Incident(
        id=read.text(raw.get("id")),
        key=key,
        url=url,
        project=project,
        type=read.words(read.field(fields, "issuetype")),
        summary=read.text(read.field(fields, "summary")),
        status=status,
        category=category,
        is_closed=is_closed,
        is_restricted=bool(read.field(fields, "security")),
        severity=resolved.severity(read.words(role("severity")) or priority),
        priority=priority,
        resolution=read.words(read.field(fields, "resolution")),
        created=read.instant(read.field(fields, "created")),
        started=read.instant(role("started")),
        detected=read.instant(role("detected")),
        resolved=read.instant(role("resolved")),
        closed=_closed(fields, read.instant(role("closed")), _last_closure(events, names), is_closed),
        updated=read.instant(read.field(fields, "updated")),
        reporter=read.person(read.field(fields, "reporter"), context.deployment),
        assignee=read.person(read.field(fields, "assignee"), context.deployment),
        commander=read.person(role("commander"), context.deployment),
        services=read.several(role("services")),
        labels=read.several(read.field(fields, "labels")),
        description_html=read.markup(rendered.get("description"), read.field(fields, "description")),
        events=events,
        events_complete=complete,
        notes=read.notes(comments, rendered.get("comment"), url),
        links=read.links(read.field(fields, "issuelinks")),
        closed_statuses=tuple(sorted(names)),
    )


def ticket(raw: RawIssue, context: Context) -> Ticket:
    """An issue as the ticket of an action item; as tolerant as `incident`."""
    fields = read.table(raw.get("fields"))
    key = read.text(raw.get("key"))
    status, category = _status(fields, context)
    if _closed_by_date(fields, category):
        category = StatusCategory.DONE
    is_done = category is StatusCategory.DONE
    events = read.events(read.histories(raw)[0], context.browse(key))
    done = _last_closure(events, context.closed_names(status, is_done)) if is_done else None
    resolved_at = read.instant(read.field(fields, "resolutiondate")) if is_done else None
    return Ticket(
        id=read.text(raw.get("id")),
        key=key,
        url=context.browse(key),
        project=project_key(raw),
        summary=read.text(read.field(fields, "summary")),
        status=status,
        category=category,
        resolution=read.words(read.field(fields, "resolution")),
        assignee=read.person(read.field(fields, "assignee"), context.deployment),
        due=read.day(read.field(fields, "duedate")),
        done_at=done.at if done else resolved_at,
        done_by=done.author if done else "",
        labels=read.several(read.field(fields, "labels")),
        mark=_mark(raw),
        links=read.links(read.field(fields, "issuelinks")),
        type=read.words(read.field(fields, "issuetype")),
    )


def priority(raw: RawIssue) -> str:
    """The name of an issue's priority; empty where it has none."""
    return read.words(read.field(read.table(raw.get("fields")), "priority"))


def trail(raw: RawIssue) -> Trail:
    """What came with a ticket that may prove its work."""
    fields = read.table(raw.get("fields"))
    block = read.table(read.field(fields, "comment"))
    comments = [read.table(comment) for comment in read.items(block.get("comments"))]
    total, files = block.get("total"), read.items(read.field(fields, "attachment"))
    return Trail(
        addresses=read.addresses(comments),
        words=read.words_on_effect(comments),
        files=tuple(sorted(read.text(read.table(file).get("filename")) for file in files)),
        comments=total if isinstance(total, int) else len(comments),
        is_whole=not lacks_comments(raw),
        updated=read.instant(read.field(fields, "updated")),
    )


def project_key(raw: RawIssue) -> str:
    """The key of an issue's project."""
    project = read.table(read.field(read.table(raw.get("fields")), "project"))
    return read.text(project.get("key")) or read.text(raw.get("key")).rpartition("-")[0]


def _status(fields: RawIssue, context: Context) -> tuple[str, StatusCategory]:
    status = read.table(read.field(fields, "status"))
    name = read.text(status.get("name"))
    told = read.text(read.table(status.get("statusCategory")).get("key"))
    known = StatusCategory(told) if told in set(StatusCategory) else StatusCategory.UNKNOWN
    return name, context.categories.get(name, known)


def _closed_by_date(fields: RawIssue, category: StatusCategory) -> bool:
    """An answer without a category (old servers) still says when the issue was resolved."""
    dated = read.instant(read.field(fields, "resolutiondate")) is not None
    return category is StatusCategory.UNKNOWN and dated


def _last_closure(events: Iterable[Event], closed_names: frozenset[str]) -> Event | None:
    """The last step from open to closed; one between two closed statuses is none."""
    steps = [event for event in events if event.field == "status"]
    return next((e for e in reversed(steps) if e.after in closed_names and e.before not in closed_names), None)


def _closed(fields: RawIssue, told: datetime | None, closure: Event | None, is_closed: bool) -> datetime | None:
    """The instant of the last closure: as the site's own field tells, from the changelog, or what comes nearest."""
    if not is_closed:
        return closure.at if closure else None
    nearest_ones = [read.instant(read.field(fields, name)) for name in _CLOSING_FIELDS]
    return next((at for at in (told, closure.at if closure else None, *nearest_ones) if at), None)


def _renamed(events: Iterable[Event], resolved: Resolved, project: str) -> Iterator[Event]:
    """Changes of the fields that tell the severity and the review's meeting are called so, severities in our words."""
    severity = _names(resolved.field("severity", project) or "priority", resolved)
    meeting = _names(resolved.field("meeting", project), resolved)
    for event in events:
        if fold(event.field) in severity:
            words = {"before": resolved.severity(event.before), "after": resolved.severity(event.after)}
            yield event.model_copy(update={"field": "severity", **words})
        elif fold(event.field) in meeting:
            yield event.model_copy(update={"field": "meeting"})
        else:
            yield event


def _names(field: str, resolved: Resolved) -> set[str]:
    """What a changelog may call a field: its id or its name."""
    return {fold(field), fold(resolved.names.get(field, field))} - {""}


def _mark(raw: RawIssue) -> Mark | None:
    return marked(read.table(read.table(raw.get("properties")).get(TICKET_PROPERTY)))


def marked(value: Mapping[str, Any]) -> Mark | None:
    """A property's value as the mark that it carries, or None."""
    mark, owner, incident_id = (read.text(value.get(name)) for name in ("mark", "owner", "incident"))
    return Mark(value=mark, owner=owner, incident=incident_id) if mark and owner and incident_id else None
