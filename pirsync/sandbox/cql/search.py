"""CQL: which pages a query means, among those the index knows; a malformed query is refused, never guessed at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, overload
from zoneinfo import ZoneInfo

from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import Indexed, Page, ancestors, as_indexed, as_it_is, may_see, space_of
from pirsync.sandbox.wiki import index as wiki_index

from . import where as cql_where
from .dates import called, is_day, written
from .syntax import BadQuery, Call, Condition, Joined, Node, Not, Query, Value, conditions, read
from .text import contains, macros_in, mentions_in, text_of

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

__all__ = ["BadQuery", "Context", "search", "words_asked"]

_EXACT = frozenset({"type", "space", "space.title", "space.type", "label", "id", "ancestor", "parent", "container"})
_PEOPLE = frozenset({"creator", "contributor", "mention", "watcher"})
_TEXTS = frozenset({"title", "text", "sitesearch", "space.title"})
_MOMENTS = frozenset({"lastmodified", "created"})
_RANKED = _MOMENTS | {"title"}
_NUMBERS = frozenset({"id", "ancestor", "parent"})
_KNOWN = _EXACT | _PEOPLE | _TEXTS | _MOMENTS | {"macro"}
_SORTED = frozenset({"title", "lastmodified", "created", "id", "type", "space", "creator", "contributor"})
_TYPES = frozenset({"page", "blogpost", "comment", "attachment", "space", "user", "whiteboard", "database", "folder"})
_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
}

_FEW = 100
"""Of so many pages each is looked at rather than all that somebody does not see gathered."""


@dataclass(frozen=True)
class Context:
    """Where a query is asked (`cqlcontext`): what `currentSpace()` and `currentContent()` mean, and which statuses."""

    space_key: str = ""
    content_id: str = ""
    statuses: frozenset[str] = frozenset({"current"})


@dataclass(frozen=True)
class _Asked:
    """Who asks, where: dates are in the zone of the asking person."""

    world: World
    actor: User
    context: Context


def search(world: World, actor: User | None, text: str, context: Context | None = None) -> Sequence[Indexed]:
    """The pages that the query means, as the index knows them, among those that the actor sees.

    They are in the query's order, or else the oldest first.

    `BadQuery` when it is malformed; nothing for an anonymous actor.
    """
    query = read(text)
    _check(query)
    if actor is None:
        return []
    asked = _Asked(world, actor, context or Context())
    return _looked_through(asked, query) if world.faults.lag else _looked_up(asked, query)


def matching(world: World, actor: User, text: str, context: Context | None = None) -> list[Indexed]:
    """What `search` finds, by a look at every page that the index once knew under what is asked for."""
    return _looked_through(_Asked(world, actor, context or Context()), read(text))


class Hits(Sequence[Indexed]):
    """Pages that the index knows as they are, made when they are taken: a search shows few of all that it finds.

    `first` gives so many of their ids, in order.
    """

    def __init__(self, world: World, size: int, first: Callable[[int], list[int]]) -> None:
        self._world = world
        self._size = size
        self._first = first

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> Indexed: ...

    @overload
    def __getitem__(self, place: slice) -> list[Indexed]: ...

    def __getitem__(self, place: int | slice) -> Indexed | list[Indexed]:
        if not isinstance(place, slice):
            return self[:][place]
        numbers = self._first(self._size if place.stop is None else place.stop)[place]
        return [as_it_is(self._world.wiki.pages[number]) for number in numbers]

    def __iter__(self) -> Iterator[Indexed]:
        return iter(self[:])


def _looked_up(asked: _Asked, query: Query) -> Hits:
    """What a query means while the index does not lag, in its order."""
    ids, left_out = _ids(asked, query)
    size = len(ids) - len(ids & left_out)
    if len(query.order) > 1 or any(field not in _RANKED for field, _ in query.order):
        numbers = _sorted(asked, query, ids - left_out)
        return Hits(asked.world, size, lambda most: numbers[:most])
    present = wiki_index.refresh(asked.world.wiki)
    rank, descending = query.order[0] if query.order else ("", False)

    def first(most: int) -> list[int]:
        walked = present.walk(ids, rank, -1 if descending else 1)
        return list(islice((number for number in walked if number not in left_out), most))

    return Hits(asked.world, size, first)


def _ids(asked: _Asked, query: Query) -> tuple[Set[int], Set[int]]:
    """Where the pages are that a query means, and what is left out of there: taking it out would cost all of them."""
    world, pages = asked.world, asked.world.wiki.pages
    where = cql_where.find(world.wiki, query.where, _settled_all(asked, query.where))
    by_status = wiki_index.refresh(world.wiki).terms.get("status", {})
    others = [ids for status, ids in by_status.items() if status not in asked.context.statuses]
    if len(where.ids) <= _FEW:
        ids: Set[int] = where.ids - set().union(*(where.ids & each for each in others))
        ids = {number for number in ids if may_see(world, asked.actor, pages[number])}
        left_out: Set[int] = frozenset()
    else:
        ids = where.ids
        left_out = wiki_index.hidden(world.wiki, world.people.ids_of(asked.actor)).union(*others)
    if query.where is None or where.is_exact:
        return ids, left_out
    return {each for each in ids if each not in left_out and _holds(asked, query.where, as_it_is(pages[each]))}, set()


def _sorted(asked: _Asked, query: Query, ids: Set[int]) -> list[int]:
    found, present = sorted(ids, reverse=True), wiki_index.refresh(asked.world.wiki)
    for field, descending in reversed(query.order):
        keys = present.by_number(field) if field in _RANKED else _keys(asked, found, field)
        found.sort(key=keys.__getitem__, reverse=descending)
    return found


def _keys(asked: _Asked, numbers: list[int], field: str) -> dict[int, Any]:
    key, pages = _sort_key(asked, field), asked.world.wiki.pages
    return {number: key(as_it_is(pages[number])) for number in numbers}


def _settled_all(asked: _Asked, node: Node | None) -> cql_where.Settled:
    every = [(one.field in _MOMENTS, value) for one in conditions(node) for value in one.values]
    texts = {value: _settled(asked, value) for is_moment, value in every if not is_moment}
    instants = {value: _minute(asked, value) for is_moment, value in every if is_moment}
    return cql_where.Settled(texts, instants)


def _looked_through(asked: _Asked, query: Query) -> list[Indexed]:
    """What a query means as a lagging index knows it, each candidate tested, in the query's order."""
    found = []
    for page in sorted(_candidates(asked, query.where), key=lambda each: each.id, reverse=bool(query.order)):
        if page.status in asked.context.statuses and may_see(asked.world, asked.actor, page):
            indexed = as_indexed(asked.world, page)
            if indexed is not None and (query.where is None or _holds(asked, query.where, indexed)):
                found.append(indexed)
    for field, descending in reversed(query.order):
        found.sort(key=_sort_key(asked, field), reverse=descending)
    return found


def words_asked(text: str) -> list[str]:
    """The words that a query looks for in texts, for showing where they are."""
    found = [one for one in conditions(read(text).where) if one.field in _TEXTS and one.operator == "~"]
    values = [value for one in found for value in one.values if isinstance(value, str)]
    return [word for value in values for word in re.findall(r"\w+", value)]


# ------------------------------------------------------------ what may be asked


def _check(query: Query) -> None:
    for condition in conditions(query.where):
        _check_condition(condition)
    for field, _ in query.order:
        if field not in _SORTED:
            raise BadQuery(f"Cannot order by field: {field}")


def _check_condition(condition: Condition) -> None:
    field, operator = condition.field, condition.operator
    if field.startswith("user."):
        raise BadQuery(f"Could not parse cql : Unsupported CQL field '{field}' for this resource")
    if field not in _KNOWN:
        raise BadQuery(f"Could not parse cql : No field exists with name: {field}")
    allowed = {"=", "!=", "in", "not in"} if field in _EXACT | _PEOPLE | {"title", "macro"} else set()
    allowed |= {"~", "!~"} if field in _TEXTS else set()
    allowed |= set(_ORDERINGS) if field in _MOMENTS else set()
    if operator not in allowed:
        raise BadQuery(f"Unsupported operator for field {field}: {operator}")
    for value in condition.values:
        _check_value(field, value)


def _check_value(field: str, value: Value) -> None:
    if isinstance(value, Call):
        _check_call(field, value)
    elif field in _MOMENTS:
        written(value)
    elif field in _NUMBERS and not value.isdecimal():
        raise BadQuery(f"Could not parse cql : {field} must be a number: {value}")
    elif field == "type" and value.casefold() not in _TYPES:
        raise BadQuery(f"Could not parse cql : Unknown content type: {value}")


def _check_call(field: str, call: Call) -> None:
    if field in _MOMENTS:
        called(call, datetime(2000, 1, 1))
        return
    fields = {"currentuser": _PEOPLE, "currentspace": {"space"}, "currentcontent": _NUMBERS | {"container"}}
    if field not in fields.get(call.name, ()) or call.arguments:
        raise BadQuery(f"Could not parse cql : Function {call.name} cannot be used with field: {field}")


# ------------------------------------------------------------ where to look


def _candidates(asked: _Asked, node: Node | None) -> Iterable[Page]:
    """Pages among which all that the query means are; all pages when nothing narrows them."""
    narrowed = _narrowed(asked, node)
    return list(asked.world.wiki.pages.values()) if narrowed is None else narrowed.values()


def _narrowed(asked: _Asked, node: Node | None) -> dict[int, Page] | None:
    if isinstance(node, Condition):
        return _indexed_under(asked, node)
    if not isinstance(node, Joined):
        return None
    parts = [_narrowed(asked, part) for part in node.parts]
    known = [part for part in parts if part is not None]
    if node.word == "and":
        return min(known, key=len, default=None)
    return {number: page for part in known for number, page in part.items()} if len(known) == len(parts) else None


def _indexed_under(asked: _Asked, condition: Condition) -> dict[int, Page] | None:
    wiki, field = asked.world.wiki, condition.field
    if field == "lastmodified" and condition.operator in (">", ">=", "=") and condition.values:
        start = _minute(asked, condition.values[0])
        return {page.id: page for page in wiki_index.changed_since(wiki, start)}
    if condition.operator not in ("=", "in"):
        return None
    values = [_settled(asked, value) for value in condition.values]
    if field == "label":
        return {page.id: page for value in values for page in wiki_index.labelled(wiki, value)}
    if field == "title":
        return {page.id: page for value in values for page in wiki_index.titled(wiki, value)}
    if field == "parent":
        return {page.id: page for value in values if value for page in wiki_index.placed_below(wiki, int(value))}
    if field == "id":
        return {page.id: page for value in values if value and (page := wiki.pages.get(int(value)))}
    return None


# ------------------------------------------------------------ what a condition means


def _holds(asked: _Asked, node: Node, indexed: Indexed) -> bool:
    if isinstance(node, Not):
        return not _holds(asked, node.part, indexed)
    if isinstance(node, Joined):
        parts = (_holds(asked, part, indexed) for part in node.parts)
        return all(parts) if node.word == "and" else any(parts)
    negated = node.operator in ("!=", "!~", "not in")
    if node.field in _MOMENTS:
        return _compared(asked, node, indexed)
    values = [_settled(asked, value) for value in node.values]
    if node.operator in ("~", "!~"):
        return contains(_text(asked, indexed, node.field), values[0]) is not negated
    if node.field == "title":
        return (indexed.title in values) is not negated
    have = _exact(asked, indexed, node.field)
    return any(value.casefold() in have for value in values) is not negated


def _settled(asked: _Asked, value: Value) -> str:
    if isinstance(value, str):
        return value
    known = {
        "currentuser": asked.actor.account_id,
        "currentspace": asked.context.space_key,
        "currentcontent": asked.context.content_id,
    }
    return known.get(value.name, "")


def _exact(asked: _Asked, indexed: Indexed, field: str) -> set[str]:
    """What a page has in a field, without regard to case."""
    page = indexed.page
    if field in cql_where.OF_SPACE:
        return {cql_where.of_space(space_of(asked.world, page))[field]}
    if field in _PEOPLE:
        return _people(indexed, field, asked.world)
    if field == "label":
        return {name.casefold() for name in indexed.labels}
    if field == "ancestor":
        return {str(above.id) for above in ancestors(asked.world, page)}
    if field == "macro":
        return set(macros_in(indexed.body))
    plain = {
        "type": page.kind,
        "parent": str(page.parent_id),
        "id": str(page.id),
    }
    return {plain[field]}


def _people(indexed: Indexed, field: str, world: World) -> set[str]:
    page = indexed.page
    if field == "creator":
        named: set[User | None] = {page.versions[0].author}
    elif field == "contributor":
        named = {version.author for version in page.versions}
    elif field == "watcher":
        named = {user for user in world.people.all() if user.account_id in page.watchers}
    else:
        named = {world.people.find(ref) for ref in mentions_in(indexed.body)}
    names = [(user.account_id, user.name, user.user_key) for user in named if user is not None]
    return {name.casefold() for each in names for name in each}


def _text(asked: _Asked, indexed: Indexed, field: str) -> str:
    if field == "title":
        return indexed.title
    if field == "space.title":
        return space_of(asked.world, indexed.page).name
    return f"{indexed.title} {text_of(indexed.body)}"


def _compared(asked: _Asked, condition: Condition, indexed: Indexed) -> bool:
    # Dates are compared by the minute, as they are written; a day without a time is the whole of it to `=` and `!=`.
    value, operator = condition.values[0], condition.operator
    moment = _moment(indexed, condition.field).replace(second=0, microsecond=0)
    wanted = _minute(asked, value)
    if isinstance(value, str) and is_day(value) and operator in ("=", "!="):
        return (wanted <= moment < wanted + timedelta(days=1)) is (operator == "=")
    return _ORDERINGS[operator](moment, wanted)


def _moment(indexed: Indexed, field: str) -> datetime:
    return indexed.page.created if field == "created" else indexed.changed


def _minute(asked: _Asked, value: Value) -> datetime:
    zone = ZoneInfo(asked.actor.time_zone)
    now = asked.world.clock.now().astimezone(zone)
    instant = called(value, now) if isinstance(value, Call) else written(value).replace(tzinfo=zone)
    return instant.replace(second=0, microsecond=0)


def _sort_key(asked: _Asked, field: str) -> Callable[[Indexed], Any]:
    if field in _MOMENTS:
        return lambda indexed: _moment(indexed, field)
    if field == "title":
        return lambda indexed: indexed.title.casefold()
    if field == "id":
        return lambda indexed: indexed.page.id
    return lambda indexed: sorted(_exact(asked, indexed, field))
