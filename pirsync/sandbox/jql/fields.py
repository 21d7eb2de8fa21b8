"""The fields that JQL knows: what each reads of an issue, which operators it takes and how it is sorted."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.tracker import links_of, status_of
from pirsync.sandbox.tracker.index import KEY, key_order
from pirsync.sandbox.tracker.nouns import FieldDef, Issue

from .refusals import BadQuery
from .syntax import Name, Property

if TYPE_CHECKING:
    from pirsync.sandbox.people import User
    from pirsync.sandbox.world import World

Read = Callable[[Issue], Any]

EQUALITY = frozenset({"=", "!=", "IN", "NOT IN"})
EMPTINESS = frozenset({"IS", "IS NOT"})
RELATION: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
HISTORY = frozenset({"WAS", "WAS NOT", "WAS IN", "WAS NOT IN", "CHANGED"})

_ALL = EQUALITY | EMPTINESS | RELATION.keys()
_SETS = EQUALITY | EMPTINESS
_OPERATORS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("project", "type", "status", "category", "level", "label", "option", "user", "link type"), _SETS),
    **dict.fromkeys(("component", "text property"), _SETS),
    **dict.fromkeys(("priority", "resolution", "version", "datetime", "date", "number"), _ALL),
    **dict.fromkeys(("key", "id", "count"), EQUALITY | RELATION.keys()),
    "watcher": _SETS,
    "link": EQUALITY,
    "text": EMPTINESS | {"~", "!~"},
    "comment": EMPTINESS | {"~", "!~"},
    "all text": EMPTINESS | {"~"},
    "file": EMPTINESS,
}


@dataclass(frozen=True)
class Field:
    """A searchable field as a query calls it.

    `read` gives its value (a list when it has several, None when it is empty), `rank` what it is compared and sorted
    by; `term` and `instant` say where the index has it, `history` is its id in changelogs when the past is searched,
    `options` are the values that it may have.
    """

    name: str
    kind: str
    read: Read
    rank: Read
    term: str = ""
    instant: str = ""
    history: str = ""
    options: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        """The rank by which the index sorts issues as this field does; empty where it has none."""
        return KEY if self.kind == "key" else self.instant

    def check(self, used: str) -> None:
        """`BadQuery` when the field does not take the operator."""
        if used in HISTORY:
            if not self.history:
                raise BadQuery(f"History searches do not support the '{self.name}' field.")
        elif used not in _OPERATORS[self.kind]:
            raise BadQuery(f"The operator '{used.lower()}' is not supported by the '{self.name}' field.")

    @property
    def knows_empty(self) -> bool:
        """Whether EMPTY can be searched for."""
        return self.kind not in ("comment", "all text", "key", "id", "count", "link")


def find_field(world: World, name: Name) -> Field:
    """The field of this name; `BadQuery` when there is none."""
    if isinstance(name, Property):
        return _property_field(world, name)
    lower = name.lower()
    for table in (_SYSTEM, _CLOUD if world.is_cloud else {}):
        if lower in table:
            return table[lower](world, name)
    number = re.fullmatch(r"cf\[(\d+)\]", lower)
    # Cloud's editor writes the type behind the name: "Severity[Dropdown]".
    plain = re.sub(r"\[[^\]]+\]$", "", lower) if world.is_cloud and not number else lower
    for one in world.tracker.fields.values():
        if one.custom and (one.id == f"customfield_{number.group(1)}" if number else one.name.lower() == plain):
            return _custom_field(world, name, one)
    raise missing_field(name)


def missing_field(name: Name) -> BadQuery:
    """What Jira says of a field that it does not have, or does not show to who asks."""
    return BadQuery(f"Field '{name}' does not exist or you do not have permission to view it.")


Maker = Callable[["World", str], Field]


def _plain(kind: str, read: Read, term: str = "", instant: str = "") -> Maker:
    return lambda world, name: Field(name, kind, read, read, term, instant)


def _of_store(kind: str, read: Read, store: Callable[[World], dict[str, Any]], term: str, history: str = "") -> Maker:
    """A field whose value is an id in a store, and which is sorted by the store's order."""

    def make(world: World, name: str) -> Field:
        places = {number: place for place, number in enumerate(store(world))}
        return Field(name, kind, read, lambda issue: places.get(read(issue)), term, history=history)

    return make


def _priority(world: World, name: str) -> Field:
    # The first in the list is the highest, and "greater" means higher.
    places: dict[str | None, int] = {number: -place for place, number in enumerate(world.tracker.priorities)}
    return Field(
        name, "priority", _priority_id, lambda issue: places.get(issue.priority_id), "priority", "", "priority"
    )


def _priority_id(issue: Issue) -> str | None:
    return issue.priority_id


def _project(world: World, name: str) -> Field:
    names = {one.id: one.name.casefold() for one in world.tracker.projects.values()}
    return Field(name, "project", _project_id, lambda issue: names[issue.project_id], "project")


def _project_id(issue: Issue) -> str:
    return issue.project_id


def _person(attribute: str, history: str = "") -> Maker:
    def read(issue: Issue) -> str | None:
        user: User | None = getattr(issue, attribute)
        return user.name if user else None

    def rank(issue: Issue) -> str | None:
        user: User | None = getattr(issue, attribute)
        return user.display_name.casefold() if user else None

    return lambda world, name: Field(name, "user", read, rank, attribute, history=history)


def _beside(attribute: str) -> Maker:
    """The accounts that watch an issue or voted for it."""

    def read(issue: Issue) -> list[str]:
        return list(getattr(issue, attribute))

    return lambda world, name: Field(name, "watcher", read, lambda issue: None)


def _count(attribute: str) -> Maker:
    def read(issue: Issue) -> int:
        return len(getattr(issue, attribute))

    return lambda world, name: Field(name, "count", read, read)


def _files(issue: Issue) -> list[str]:
    """The ids of an issue's files, of a loaded one also those that it came with."""
    loaded = (issue.raw or {}).get("attachment")
    kept = [str(one.get("id")) for one in loaded if isinstance(one, dict)] if isinstance(loaded, list) else []
    return [*kept, *(one.id for one in issue.attachments)]


def _key(world: World, name: str) -> Field:
    return Field(name, "key", lambda issue: issue.id, lambda issue: key_order(issue.key))


def _parent(world: World, name: str) -> Field:
    kind = "option" if world.is_cloud else "link"
    return Field(name, f"parent {kind}", lambda issue: issue.parent_id, lambda issue: issue.parent_id, "parent")


def _category(world: World, name: str) -> Field:
    places = {"new": 2, "indeterminate": 3, "done": 4}
    return Field(
        name,
        "category",
        lambda issue: issue.status_id,
        lambda issue: places.get(status_of(world, issue).category, 1),
        "status",
    )


def _texts(*reads: Read) -> Read:
    def texts(issue: Issue) -> list[str]:
        found = [read(issue) for read in reads]
        return [text for one in found for text in (one if isinstance(one, list) else [one]) if text]

    return texts


def _summary(issue: Issue) -> str:
    return issue.summary


def _description(issue: Issue) -> str | None:
    return issue.description


def _comment_bodies(issue: Issue) -> list[str]:
    return [comment.body for comment in issue.comments]


def _custom_texts(issue: Issue) -> list[str]:
    return [one for one in issue.custom.values() if isinstance(one, str)]


def _text(kind: str, *reads: Read) -> Maker:
    def rank(issue: Issue) -> str | None:
        value = reads[0](issue)
        return value.casefold() if isinstance(value, str) and value else None

    return lambda world, name: Field(name, kind, _texts(*reads), rank)


def _labels(issue: Issue) -> list[str]:
    return [one.casefold() for one in issue.labels]


def _first_label(issue: Issue) -> str | None:
    return min((one.casefold() for one in issue.labels), default=None)


def _link_types(world: World, name: str) -> Field:
    def read(issue: Issue) -> list[str]:
        return [f"{one.type_id}{'>' if one.source == issue.id else '<'}" for one in links_of(world, issue)]

    return Field(name, "link type", read, lambda issue: None)


def _links(world: World, name: str) -> Field:
    def read(issue: Issue) -> list[int]:
        return [one.destination if one.source == issue.id else one.source for one in links_of(world, issue)]

    return Field(name, "link", read, lambda issue: None)


_OPERATORS["parent option"], _OPERATORS["parent link"] = _SETS, EQUALITY


def _ids(field_id: str) -> Read:
    """The ids that a field of components or versions holds."""

    def read(issue: Issue) -> list[str]:
        return list(issue.custom.get(field_id) or ())

    return read


def _component(world: World, name: str) -> Field:
    names = {one.id: one.name.casefold() for each in world.tracker.projects.values() for one in each.components}
    read = _ids("components")

    def rank(issue: Issue) -> str | None:
        return min((names[number] for number in read(issue) if number in names), default=None)

    return Field(name, "component", read, rank)


def _version(field_id: str) -> Maker:
    def make(world: World, name: str) -> Field:
        every = [one.id for each in world.tracker.projects.values() for one in each.versions]
        places = {number: place for place, number in enumerate(every)}
        read = _ids(field_id)

        def rank(issue: Issue) -> int | None:
            return min((places[number] for number in read(issue) if number in places), default=None)

        return Field(name, "version", read, rank)

    return make


_CREATED = _plain("datetime", lambda issue: issue.created, instant="created")
_UPDATED = _plain("datetime", lambda issue: issue.updated, instant="updated")
_RESOLVED = _plain("datetime", lambda issue: issue.resolved, instant="resolved")
_DUE = _plain("date", lambda issue: issue.due)
_STATUS = _of_store("status", lambda issue: issue.status_id, lambda world: world.tracker.statuses, "status", "status")
_RESOLUTION = _of_store(
    "resolution",
    lambda issue: issue.resolution_id,
    lambda world: world.tracker.resolutions,
    "resolution",
    "resolution",
)
_TYPE = _of_store("type", lambda issue: issue.type_id, lambda world: world.tracker.types, "type")

_SYSTEM: dict[str, Maker] = {
    "project": _project,
    "issuetype": _TYPE,
    "type": _TYPE,
    "status": _STATUS,
    "statuscategory": _category,
    "labels": lambda world, name: Field(name, "label", _labels, _first_label, "label"),
    "key": _key,
    "issuekey": _key,
    "issue": _key,
    "id": lambda world, name: Field(name, "id", lambda issue: issue.id, lambda issue: issue.id),
    "parent": _parent,
    "updated": _UPDATED,
    "updateddate": _UPDATED,
    "created": _CREATED,
    "createddate": _CREATED,
    "resolved": _RESOLVED,
    "resolutiondate": _RESOLVED,
    "due": _DUE,
    "duedate": _DUE,
    "assignee": _person("assignee", "assignee"),
    "reporter": _person("reporter", "reporter"),
    "creator": _person("creator"),
    "priority": _priority,
    "resolution": _RESOLUTION,
    "component": _component,
    "fixversion": _version("fixVersions"),
    "affectedversion": _version("versions"),
    "level": _plain("level", lambda issue: issue.security),
    "watcher": _beside("watchers"),
    "watchers": _count("watchers"),
    "voter": _beside("voters"),
    "votes": _count("voters"),
    "attachments": _plain("file", _files),
    "summary": _text("text", _summary),
    "description": _text("text", _description),
    "comment": _text("comment", _comment_bodies),
    "text": _text("all text", _summary, _description, _comment_bodies, _custom_texts),
}

_CLOUD: dict[str, Maker] = {
    "workitem": _key,
    "workitemkey": _key,
    "worktype": _TYPE,
    "statuscategorychangeddate": _plain(
        "datetime", lambda issue: issue.status_since or issue.created, instant="status_since"
    ),
    "issuelinktype": _link_types,
    "issuelink": _links,
    "workitemlink": _links,
}

_KINDS = {"option": "option", **{kind: kind for kind in ("user", "datetime", "date", "number")}}


def _custom_field(world: World, name: str, definition: FieldDef) -> Field:
    kind, number = _KINDS.get(definition.kind, "text"), definition.id
    if definition.kind == "array":
        kind = "option" if definition.items == "option" else "label"
    if kind == "text":
        return Field(name, kind, _texts(lambda issue: issue.custom.get(number)), lambda issue: issue.custom.get(number))
    if kind not in ("option", "label"):
        return Field(name, kind, lambda issue: issue.custom.get(number), lambda issue: issue.custom.get(number))

    def read(issue: Issue) -> list[str]:
        value = issue.custom.get(number)
        return [str(one).casefold() for one in (value if isinstance(value, list) else [value]) if one is not None]

    return Field(name, kind, read, lambda issue: next(iter(read(issue)), None), options=definition.options)


PROPERTY_KINDS = {"string": "text property", "number": "number", "text": "text"}
"""What an indexed property may be declared as, each with the kind of field that it then is."""


def _property_field(world: World, name: Property) -> Field:
    """A property that the site declares as indexed; any other does not exist for JQL."""
    path = f"{name.key}.{name.path}" if name.path else name.key
    declared = world.tracker.indexed_properties.get(path)
    if name.entity.lower() != "issue.property" or declared is None:
        raise missing_field(name)
    kind = PROPERTY_KINDS[declared]

    def read(issue: Issue) -> Any:
        value = issue.properties.get(name.key)
        for step in name.path.split(".") if name.path else ():
            value = value.get(step) if isinstance(value, dict) else None
        several = value if isinstance(value, list) else [value]
        fits = [one for one in several if isinstance(one, int | float) is (kind == "number") and one is not None]
        return [one.casefold() if isinstance(one, str) and kind == "text property" else one for one in fits]

    return Field(str(name), kind, read, lambda issue: next(iter(read(issue)), None))
