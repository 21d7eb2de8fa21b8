"""What the values of a query stand for, in the tracker's own terms; a value that does not exist is said so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import can_see, find_issue
from pirsync.sandbox.tracker.nouns import Issue, Project
from pirsync.sandbox.tracker.permissions import may

from .dates import Moment, instant
from .fields import Field
from .refusals import BadQuery
from .syntax import Value

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


@dataclass
class Search:
    """One search by one account.

    `fresh` are ids that are seen as they are whatever the index lags; `problems` gathers what does not exist, and
    `warnings` what Jira only warns of.
    """

    world: World
    viewer: User
    fresh: frozenset[int] = frozenset()
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def moment(self) -> Moment:
        """The present, and the zone in which date literals are meant."""
        return Moment(self.world.clock.now(), ZoneInfo(self.viewer.time_zone))


def meaning(run: Search, subject: Field, value: Value) -> set[Any]:
    """The internal values that a literal stands for; `BadQuery` when there are none."""
    return _VALUES[subject.kind](run, subject, value)


def missing(subject: Field, value: Value) -> BadQuery:
    """What Jira says of a value that a field does not have."""
    if not value.quoted and value.text.isdigit():
        return BadQuery(f"A value with ID '{value.text}' does not exist for the field '{subject.name}'.")
    return BadQuery(f"The value '{value.text}' does not exist for the field '{subject.name}'.")


def find_user(world: World, text: str) -> User | None:
    """The account of this account id (Cloud) or name or key (Data Center), e-mail address or full name."""
    lower = text.lower()
    for user in world.people.all():
        own = (user.account_id,) if world.is_cloud else (user.name.lower(), user.key.lower())
        if (text if world.is_cloud else lower) in own or lower in (user.email.lower(), user.display_name.lower()):
            return user
    return None


def visible_issue(run: Search, ref: str) -> Issue | None:
    """The issue of this key or id, if the searching account may see it."""
    issue = find_issue(run.world, ref)
    return issue if issue is not None and can_see(run.world, run.viewer, issue) else None


def _named(things: Iterable[Any], value: Value) -> set[Any]:
    lower = value.text.lower()
    by_name = {one.id for one in things if lower in (one.name.lower(), str(getattr(one, "key", "")).lower())}
    by_id = {one.id for one in things if one.id == value.text}
    # A number is an id first, a text a name first.
    return (by_name or by_id) if value.quoted else (by_id or by_name)


def _of(store: Callable[[Search], Iterable[Any]]) -> Callable[[Search, Field, Value], set[Any]]:
    def found(run: Search, subject: Field, value: Value) -> set[Any]:
        values = _named(list(store(run)), value)
        if not values:
            raise missing(subject, value)
        return values

    return found


def visible_projects(run: Search) -> list[Project]:
    """The projects that exist for the searching account."""
    every = run.world.tracker.projects.values()
    return [one for one in every if may(run.world, run.viewer, "BROWSE_PROJECTS", one)]


_CATEGORY_NAMES = {
    **dict.fromkeys(("to do", "new", "2"), "new"),
    **dict.fromkeys(("in progress", "indeterminate", "4"), "indeterminate"),
    **dict.fromkeys(("done", "complete", "3"), "done"),
    **dict.fromkeys(("no category", "undefined", "1"), ""),
}


def _category(run: Search, subject: Field, value: Value) -> set[Any]:
    if value.text.lower() not in _CATEGORY_NAMES:
        raise missing(subject, value)
    wanted = _CATEGORY_NAMES[value.text.lower()]
    return {one.id for one in run.world.tracker.statuses.values() if one.category == wanted}


def _user(run: Search, subject: Field, value: Value) -> set[Any]:
    user = find_user(run.world, value.text)
    if user is None:
        # Of all values that do not exist, Jira lets those of people pass with a warning.
        run.warnings.append(f"The value '{value.text}' does not exist for the field '{subject.name}'.")
        return set()
    return {user.name}


def _issue(run: Search, subject: Field, value: Value) -> set[Any]:
    issue = visible_issue(run, value.text)
    if issue is not None:
        return {issue.id}
    if value.text.isdigit():
        raise BadQuery(f"A value with ID '{value.text}' does not exist for the field '{subject.name}'.")
    raise BadQuery(f"An issue with key '{value.text}' does not exist for field '{subject.name}'.")


def _number(run: Search, subject: Field, value: Value) -> set[Any]:
    try:
        return {float(value.text)}
    except ValueError:
        where = f"for the field '{subject.name}'"
        raise BadQuery(f"Value '{value.text}' is invalid {where}. It must be a number.") from None


def _folded(run: Search, subject: Field, value: Value) -> set[Any]:
    return {value.text.casefold()}


def _option(run: Search, subject: Field, value: Value) -> set[Any]:
    if value.text.casefold() in (one.casefold() for one in subject.options):
        return {value.text.casefold()}
    raise BadQuery(f"The option '{value.text}' for field '{subject.name}' does not exist.")


def _link_type(run: Search, subject: Field, value: Value) -> set[Any]:
    lower, found = value.text.lower(), set()
    for one in run.world.tracker.link_types.values():
        if lower in (one.name.lower(), one.outward.lower()):
            found.add(f"{one.id}>")
        if lower in (one.name.lower(), one.inward.lower()):
            found.add(f"{one.id}<")
    if not found:
        raise missing(subject, value)
    return found


def _date(run: Search, subject: Field, value: Value) -> set[Any]:
    moment = run.moment
    return {instant(f"field '{subject.name}'", value, moment).astimezone(moment.zone).date()}


def _datetime(run: Search, subject: Field, value: Value) -> set[Any]:
    return {instant(f"field '{subject.name}'", value, run.moment)}


_VALUES: dict[str, Callable[[Search, Field, Value], set[Any]]] = {
    "project": _of(visible_projects),
    "type": _of(lambda run: run.world.tracker.types.values()),
    "status": _of(lambda run: run.world.tracker.statuses.values()),
    "priority": _of(lambda run: run.world.tracker.priorities.values()),
    "resolution": _of(lambda run: run.world.tracker.resolutions.values()),
    "component": _of(lambda run: [one for each in visible_projects(run) for one in each.components]),
    "version": _of(lambda run: [one for each in visible_projects(run) for one in each.versions]),
    "level": _of(lambda run: [one for each in visible_projects(run) for one in each.security_levels]),
    **dict.fromkeys(("key", "id", "parent option", "parent link", "link"), _issue),
    **dict.fromkeys(("label", "text property"), _folded),
    "option": _option,
    "category": _category,
    **dict.fromkeys(("user", "watcher"), _user),
    **dict.fromkeys(("number", "count"), _number),
    "link type": _link_type,
    "date": _date,
    "datetime": _datetime,
}
