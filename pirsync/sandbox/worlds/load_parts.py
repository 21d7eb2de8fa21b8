"""What recorded issues mention (people, statuses, types, fields) gathered into a tracker; gaps are tolerated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pirsync.sandbox.people import User
from pirsync.sandbox.tracker.nouns import (
    FIELD_TYPES,
    Category,
    FieldDef,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
    SecurityLevel,
    Status,
)
from pirsync.sandbox.tracker.setup import SCREEN

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

JSON = dict[str, Any]

_FINISHED = frozenset({"closed", "done", "resolved"})
_CATEGORIES: dict[str, Category] = {"new": "new", "indeterminate": "indeterminate", "done": "done"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d\d|Z)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


Thing = TypeVar("Thing", Status, IssueType, Priority, Resolution, LinkType)


def plain(value: Any) -> Any:
    """A field's value; very old answers wrap it with its name and type."""
    if isinstance(value, dict) and {"name", "type"} <= set(value) <= {"name", "type", "value"}:
        return value.get("value")
    return value


def entry(value: Any) -> JSON:
    """An object; an empty one for whatever is not an object."""
    found = plain(value)
    return found if isinstance(found, dict) else {}


def entries(value: Any) -> list[JSON]:
    """The objects of a list; none for whatever is not a list."""
    found = plain(value)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(value: Any) -> str:
    """A text; empty for whatever is not a text."""
    found = plain(value)
    return found if isinstance(found, str) else ""


def instant(value: Any) -> datetime | None:
    """An instant in UTC; None for whatever does not read as one."""
    found = text(value)
    return datetime.fromisoformat(found).astimezone(UTC) if _INSTANT.fullmatch(found) else None


def day(value: Any) -> date | None:
    """A date, of a date or the beginning of an instant; None for whatever does not read as one."""
    found = _DATE.match(text(value))
    try:
        return date.fromisoformat(found.group()) if found else None
    except ValueError:
        return None


@dataclass
class Gatherer:
    """Adds what it is shown to the world, once; two things with one id and other words become two things."""

    world: World
    _people: dict[str, User] = field(default_factory=dict)

    def person(self, shown: Any) -> User | None:
        """The account that is shown, added to the directory when it is new; None when nobody is shown."""
        sent = entry(shown)
        refs = [str(sent[name]) for name in ("accountId", "name", "key") if sent.get(name)]
        if not refs:
            return None
        for ref in refs:
            known = self._people.get(ref) or self.world.people.find(ref)
            if known is not None:
                return known
        user = _account(sent, refs)
        self.world.people.add(user)
        self._people.update(dict.fromkeys(refs, user))
        return user

    def status(self, shown: Any) -> Status:
        """The status that is shown; without a category it is taken from the name."""
        sent = entry(shown)
        name = text(sent.get("name")) or "Unknown"
        key = text(entry(sent.get("statusCategory")).get("key"))
        guess: Category = "done" if name.lower() in _FINISHED else "new"
        status = Status(str(sent.get("id") or f"status-{name}"), name, _CATEGORIES.get(key, guess))
        return self._kept(self.world.tracker.statuses, status)

    def type(self, shown: Any) -> IssueType | None:
        """The work type that is shown."""
        sent = entry(shown)
        if not sent.get("id"):
            return None
        kind = IssueType(str(sent["id"]), text(sent.get("name")), sent.get("subtask") is True)
        return self._kept(self.world.tracker.types, kind)

    def priority(self, shown: Any) -> Priority | None:
        """The priority that is shown."""
        sent = entry(shown)
        if not sent.get("id"):
            return None
        return self._kept(self.world.tracker.priorities, Priority(str(sent["id"]), text(sent.get("name"))))

    def resolution(self, shown: Any) -> Resolution | None:
        """The resolution that is shown."""
        sent = entry(shown)
        if not sent.get("id"):
            return None
        found = Resolution(str(sent["id"]), text(sent.get("name")), text(sent.get("description")))
        return self._kept(self.world.tracker.resolutions, found)

    def link_type(self, shown: Any) -> LinkType | None:
        """The link type that is shown."""
        sent = entry(shown)
        if not sent.get("id"):
            return None
        kind = LinkType(str(sent["id"]), text(sent.get("name")), text(sent.get("inward")), text(sent.get("outward")))
        return self._kept(self.world.tracker.link_types, kind)

    def _kept(self, store: dict[str, Thing], thing: Thing) -> Thing:
        for number in _numbers(thing.id):
            wanted = replace(thing, id=number)
            if store.setdefault(number, wanted) == wanted:
                return wanted
        raise AssertionError("numbers never end")

    def project(self, shown: Any, key: str) -> Project:
        """The project that is shown; where none is, the one that the issue's key names."""
        sent = entry(shown)
        prefix = key.rpartition("-")[0] or "LOADED"
        tracker = self.world.tracker
        known = tracker.project(prefix)
        if known is not None:
            return known
        number = str(sent.get("id") or tracker.next_id())
        number = number if number not in tracker.projects else str(tracker.next_id())
        project = Project(number, prefix, text(sent.get("name")) or prefix, [])
        project.type_key = text(sent.get("projectTypeKey")) or "software"
        tracker.projects[number] = project
        return project

    def belongs(self, project: Project, kind: IssueType) -> None:
        """Let the project have the work type, with the usual screen."""
        if kind.id not in project.type_ids:
            project.type_ids.append(kind.id)
            project.screens[kind.id] = {**SCREEN, "parent": True} if kind.subtask else dict(SCREEN)

    def security(self, project: Project, shown: Any) -> str | None:
        """The id of the security level that is shown; nobody is known to be its member."""
        sent = entry(shown)
        if not sent.get("id"):
            return None
        level = SecurityLevel(str(sent["id"]), text(sent.get("name")), description=text(sent.get("description")))
        if level.id not in {one.id for one in project.security_levels}:
            project.security_levels.append(level)
        return level.id

    def custom(self, field_id: str, name: str, value: Any) -> Any:
        """Take note of a custom field; the value as the tracker searches it."""
        fields = self.world.tracker.fields
        known = fields.get(field_id)
        if known is None or (known.kind == "any" and value is not None):
            known = _definition(field_id, name, value)
        meaning = self._meaning(known, value)
        options = meaning if isinstance(meaning, list) else [meaning] if known.kind == "option" and meaning else []
        if known.items == "option" or known.kind == "option":
            known = replace(known, options=tuple(dict.fromkeys([*known.options, *options])))
        fields[field_id] = known
        return meaning

    def _meaning(self, definition: FieldDef, value: Any) -> Any:
        found = plain(value)
        if definition.kind == "user":
            user = self.person(found)
            return user.name if user else None
        if definition.kind == "datetime":
            return instant(found)
        if definition.kind == "option":
            return text(entry(found).get("value")) or None
        if definition.kind == "array":
            every = found if isinstance(found, list) else []
            return [_label(one) for one in every if _label(one)] or None
        if definition.kind == "number":
            return float(found) if isinstance(found, int | float) else None
        return found if isinstance(found, str) else None


def _numbers(first: str) -> Iterator[str]:
    yield first
    place = 2
    while True:
        yield f"{first}-{place}"
        place += 1


def _account(sent: JSON, refs: list[str]) -> User:
    name = str(sent.get("name") or sent.get("key") or refs[0])
    zone = text(sent.get("timeZone"))
    return User(
        name=name,
        display_name=text(sent.get("displayName")) or name,
        email=text(sent.get("emailAddress")) or f"{name}@loaded.example".replace(" ", "."),
        account_id=str(sent.get("accountId") or f"loaded:{name}"),
        key=str(sent.get("key") or name),
        user_key=f"loaded-{name}",
        time_zone=zone if _is_zone(zone) else "Etc/UTC",
        active=sent.get("active") is not False,
        assignable=sent.get("active") is not False,
    )


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return False


def _label(value: Any) -> str:
    if isinstance(value, str):
        return value
    sent = entry(value)
    return text(sent.get("value")) or text(sent.get("name")) or text(sent.get("displayName"))


def _definition(field_id: str, name: str, value: Any) -> FieldDef:
    found = plain(value)
    kind, custom, items = "string" if isinstance(found, str) else "any", FIELD_TYPES["text"], ""
    if isinstance(found, list):
        has_options = any("value" in one for one in entries(found))
        kind, items = "array", "option" if has_options else "string"
        custom = FIELD_TYPES["multiselect" if has_options else "labels"]
    elif isinstance(found, dict):
        if "displayName" in found:
            kind, custom = "user", FIELD_TYPES["user"]
        elif "value" in found:
            kind, custom = "option", FIELD_TYPES["select"]
    elif isinstance(found, int | float) and not isinstance(found, bool):
        kind, custom = "number", FIELD_TYPES["text"].replace("textfield", "float")
    elif instant(found) is not None:
        kind, custom = "datetime", FIELD_TYPES["datetime"]
    return FieldDef(field_id, name, kind, custom, items)
