"""Raw Jira JSON becomes Incident and Ticket; no other module knows what any site's custom fields mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from . import raw as read
from .errors import ConfigError
from .model import (
    TICKET_PROPERTY,
    Column,
    Deployment,
    Event,
    Incident,
    Mark,
    Noun,
    StatusCategory,
    Ticket,
)
from .ports import RawIssue, Want
from .resources import mappings_dir
from .toml import Source, Table, load_table, nearest

OURS = frozenset(
    {"project", "issuetype", "summary", "description", "assignee", "duedate", "labels", "issuelinks", "parent"}
)
"""Fields of a new ticket that pirsync fills itself."""

_INCIDENT_FIELDS = (
    "summary status resolution resolutiondate statuscategorychangedate created updated reporter assignee priority "
    "issuetype project security labels components description comment issuelinks"
).split()

_TICKET_FIELDS = (
    "summary status resolution resolutiondate assignee duedate labels issuelinks project issuetype"
).split()

_HISTORY = "page=com.atlassian.jira.plugin.system.issuetabpanels:changehistory-tabpanel"

# ---------------------------------------------------------------- the file


def _own_line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be some text on one line")
    return value.strip()


Words = Annotated[str, AfterValidator(_own_line)]
Several = Annotated[tuple[Words, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class Fields(Table):
    """For each role of an incident the fields that may hold it: ids or names, the first that a site has."""

    severity: Several = ()
    started: Several = ()
    detected: Several = ()
    resolved: Several = ()
    closed: Several = ()
    commander: Several = ()
    services: Several = ()


class ProjectFields(Table):
    """What differs in one project; a role with an empty list has no field there."""

    fields: Fields


class Headers(Table):
    """For each column of the action table the words that may stand over it; a new page shows the first."""

    action: Several = Field(min_length=1)
    owner: Several = Field(min_length=1)
    due: Several = Field(min_length=1)
    status: Several = Field(min_length=1)
    criteria: Several = Field(min_length=1)
    ticket: Several = Field(min_length=1)
    closed: Several = Field(min_length=1)
    evidence: Several = Field(min_length=1)

    @model_validator(mode="after")
    def _tell_apart(self) -> Headers:
        taken: dict[str, str] = {}
        for role in Column:
            for word in getattr(self, role.value):
                other = taken.setdefault(_fold(word), role.value)
                if other != role.value:
                    raise ValueError(f'"{word}" stands for both {other} and {role.value}')
        return self


class StartItem(Table):
    """An action item that every review starts with; `due_days` counts from the incident's closure.

    `owner` is "commander", "assignee", an account, or empty.
    """

    text: Words
    criteria: str = ""
    due_days: int = Field(strict=True, ge=0, le=3660)
    owner: str = ""


def _extra_fields(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for name in sorted(OURS & set(value)):
        raise ValueError(f"{name} is filled by pirsync itself")
    return value


class Mapping(Table):
    """One mapping file, laid over the shipped default; `name` is what messages call it."""

    name: str
    fields_: Fields = Field(alias="fields")
    projects: dict[str, ProjectFields] = {}
    severity: dict[str, Words]
    status: dict[str, Literal["new", "indeterminate", "done"]] = {}
    words: Headers = Field(alias="headers")
    default_items: tuple[StartItem, ...] = ()
    ticket_fields: Annotated[dict[str, JsonValue], AfterValidator(_extra_fields)] = {}

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
        shared = _roles(self.fields_, fields, f"{self.name}: fields", problems)
        projects = {
            key: shared | _roles(own.fields, fields, f"{self.name}: projects.{key}.fields", problems)
            for key, own in self.projects.items()
        }
        if problems:
            raise ConfigError(problems)
        known = {field for roles in (shared, *projects.values()) for field in roles.values() if field}
        return Resolved(
            roles=shared,
            projects=projects,
            names={field: fields[field] for field in sorted(known)},
            severities={_fold(value): word for value, word in self.severity.items()},
            categories=self.categories,
        )


def load_mapping(name_or_path: str, base: Path) -> Mapping:
    """A shipped mapping by its name, or one's own by its path from `base`, laid over the shipped default.

    Raises ConfigError with every problem's file, line and key.
    """
    shipped = mappings_dir()
    under = Source.read(shipped / "default.toml").data
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        path = base / name_or_path
    else:
        path = shipped / f"{name_or_path}.toml"
        if not path.is_file():
            names = [each.stem for each in shipped.glob("*.toml")]
            raise ConfigError(f'no mapping comes with the name "{name_or_path}"{nearest(name_or_path, names)}')
    return load_table(Source.read(path), Mapping, under={**under, "name": path.name})


def _fold(words: str) -> str:
    return " ".join(words.casefold().split())


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
    named = [field for field, name in fields.items() if _fold(name) == _fold(candidate)]
    custom = _custom(named)
    if len(custom) > 1:
        raise ValueError(f'several fields are called "{candidate}"; give the id of one: {", ".join(custom)}')
    return next(iter(custom or sorted(named)), "")


def _custom(fields: Iterable[str]) -> list[str]:
    return sorted(field for field in fields if field.startswith("customfield_"))
