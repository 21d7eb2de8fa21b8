"""The shape of mappings/*.toml: what may be said about a site's fields, words and tickets."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from .page_model import Column
from .toml import Table, not_empty

OURS = frozenset(
    {"project", "issuetype", "summary", "description", "assignee", "duedate", "labels", "issuelinks", "parent"}
)
"""Fields of a new ticket that pirsync fills itself."""


@lru_cache(maxsize=4096)
def fold(words: str) -> str:
    """Words as they are compared: whatever their case and spacing."""
    return " ".join(words.casefold().split())


def _own_line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be some text on one line")
    return value.strip()


Words = Annotated[str, AfterValidator(_own_line)]
Several = Annotated[tuple[Words, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
AtLeastOne = Annotated[Several, AfterValidator(not_empty)]


class Fields(Table):
    """For each role of an incident the fields that may hold it: ids or names, the first that a site has."""

    severity: Several = ()
    started: Several = ()
    detected: Several = ()
    resolved: Several = ()
    closed: Several = ()
    commander: Several = ()
    meeting: Several = ()
    services: Several = ()


class ProjectFields(Table):
    """What differs in one project; a role with an empty list has no field there."""

    fields: Fields


class Headers(Table):
    """For each column of the action table the words that may stand over it; a new page shows the first."""

    action: AtLeastOne
    owner: AtLeastOne
    due: AtLeastOne
    status: AtLeastOne
    criteria: AtLeastOne
    ticket: AtLeastOne
    closed: AtLeastOne
    evidence: AtLeastOne

    @model_validator(mode="after")
    def _tell_apart(self) -> Headers:
        taken: dict[str, str] = {}
        for role in Column:
            for word in getattr(self, role.value):
                other = taken.setdefault(fold(word), role.value)
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
    if taken := sorted(OURS & set(value)):
        raise ValueError(f"pirsync itself fills {', '.join(taken)}")
    return value


class MappingFile(Table):
    """One mapping file, laid over the shipped default.

    `highest_priorities` are the words of Jira's highest priority, whatever scheme a project has."""

    highest_priorities: AtLeastOne
    fields_: Fields = Field(alias="fields")
    projects: dict[str, ProjectFields] = Field(default_factory=dict)
    severity: dict[str, Words]
    status: dict[str, Literal["new", "indeterminate", "done"]] = Field(default_factory=dict)
    words: Headers = Field(alias="headers")
    default_items: tuple[StartItem, ...] = ()
    ticket_fields: Annotated[dict[str, JsonValue], AfterValidator(_extra_fields)] = Field(default_factory=dict)
