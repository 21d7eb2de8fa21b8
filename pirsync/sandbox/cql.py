"""CQL: which pages a query means, among those the index knows; a malformed query is refused, never guessed at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

from .markup import parse
from .people import User
from .wiki import Indexed, ancestors, as_indexed, may_see, space_of

if TYPE_CHECKING:
    from .world import World

_GRAMMAR = r"""
    start: either? order?
    ?either: both (OR both)*
    ?both: one (AND one)*
    ?one: NOT one -> negation
        | "(" either ")"
        | FIELD OPERATOR value -> comparison
        | FIELD (IN | NOT_IN) "(" value ("," value)* ")" -> membership
    ?value: STRING -> text
        | WORD -> word
        | NOW "(" STRING? ")" -> now
    order: ORDER_BY sort ("," sort)*
    sort: FIELD DIRECTION?
    AND: /and\b/i
    OR: /or\b/i
    NOT: /not\b/i
    NOT_IN: /not\s+in\b/i
    IN: /in\b/i
    NOW: /now\b/i
    ORDER_BY: /order\s+by\b/i
    DIRECTION: /(asc|desc)\b/i
    FIELD: /(?!(and|or|not|in|order)\b)[a-z]+(\.[a-z]+)?/i
    OPERATOR: "!=" | "!~" | ">=" | "<=" | "=" | "~" | ">" | "<"
    WORD: /(?!(and|or|not|in|order|now)\b)[\w.~-]+/i
    STRING: /"(\\.|[^"\\])*"/ | /'(\\.|[^'\\])*'/
    %import common.WS
    %ignore WS
"""

_EXACT = {"type", "space", "label", "id", "ancestor", "parent"}
_TEXTS = {"title", "text"}
_MOMENTS = {"lastmodified", "created"}
_SORTED = {"title", "lastmodified", "created", "id", "type", "space"}
_SHAPES = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_AGE = re.compile(r"([+-]?\d+)([yMwdhm])")
_STEPS = {"y": 365 * 86_400, "M": 30 * 86_400, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60}
_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
}


class BadQuery(Exception):
    """The query cannot be read; the text is what Confluence answers with status 400."""


@dataclass(frozen=True)
class Present:
    """`now()` with its offset in seconds."""

    offset: float


Value = str | Present
Test = Callable[["_Asked", Indexed], bool]
Key = tuple[str, bool]


@dataclass(frozen=True)
class Query:
    """A read query: which pages, and in which order (field, descending)."""

    test: Test
    order: tuple[Key, ...]


@dataclass(frozen=True)
class _Asked:
    """Who asks, where: dates are in the zone of the asking person."""

    world: World
    actor: User


def search(world: World, actor: User | None, text: str) -> list[Indexed]:
    """The pages that the query means, as the index knows them, among the current ones that the actor sees.

    `BadQuery` when it is malformed; nothing for an anonymous actor.
    """
    query = read(text)
    if actor is None:
        return []
    asked = _Asked(world, actor)
    current = [page for page in world.wiki.pages.values() if page.status == "current" and may_see(world, actor, page)]
    known = [indexed for page in current if (indexed := as_indexed(world, page))]
    found = [indexed for indexed in known if query.test(asked, indexed)]
    for field, descending in reversed(query.order):
        found.sort(key=_sort_key(asked, field), reverse=descending)
    return found


@lru_cache(maxsize=256)
def read(text: str) -> Query:
    """The query of a CQL text; `BadQuery` says what is wrong with it."""
    try:
        query = _Reader().transform(_parser().parse(text))
    except UnexpectedInput as error:
        raise BadQuery(f"Could not parse cql : {text} (at character {error.pos_in_stream})") from error
    except VisitError as error:
        if isinstance(error.orig_exc, BadQuery):
            raise error.orig_exc from error
        raise
    assert isinstance(query, Query)
    return query


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


class _Reader(Transformer[Token, Any]):
    """From the parsed tree to a `Query`."""

    def start(self, parts: list[Any]) -> Query:
        if not parts:
            raise BadQuery("Could not parse cql : the query is empty")
        order = parts.pop() if isinstance(parts[-1], tuple) else ()
        return Query(parts[0] if parts else (lambda _asked, _page: True), order)

    def either(self, parts: list[Any]) -> Test:
        tests = _without_tokens(parts)
        return lambda asked, page: any(test(asked, page) for test in tests)

    def both(self, parts: list[Any]) -> Test:
        tests = _without_tokens(parts)
        return lambda asked, page: all(test(asked, page) for test in tests)

    def negation(self, parts: list[Any]) -> Test:
        test = _without_tokens(parts)[0]
        return lambda asked, page: not test(asked, page)

    def comparison(self, parts: list[Any]) -> Test:
        return _comparison(_field(parts[0]), str(parts[1]), parts[2])

    def membership(self, parts: list[Any]) -> Test:
        field, operator, *values = parts
        tests = [_comparison(_field(field), "=", value) for value in values]
        inside = operator.lower() == "in"
        return lambda asked, page: any(test(asked, page) for test in tests) is inside

    def text(self, parts: list[Token]) -> str:
        return re.sub(r"\\(.)", r"\1", str(parts[0])[1:-1])

    def word(self, parts: list[Token]) -> str:
        return str(parts[0])

    def now(self, parts: list[Token]) -> Present:
        age = _AGE.fullmatch(self.text(parts[1:])) if parts[1:] else None
        if parts[1:] and age is None:
            raise BadQuery(f"Could not parse cql : not an offset of time: {parts[1]}")
        return Present(int(age[1]) * _STEPS[age[2]] if age else 0.0)

    def sort(self, parts: list[Token]) -> Key:
        field = _field(parts[0])
        if field not in _SORTED:
            raise BadQuery(f"Cannot order by field: {field}")
        return field, len(parts) > 1 and parts[1].lower() == "desc"

    def order(self, parts: list[Any]) -> tuple[Key, ...]:
        return tuple(parts[1:])


def _without_tokens(parts: list[Any]) -> list[Test]:
    return [part for part in parts if not isinstance(part, Token)]


def _field(token: Token) -> str:
    name = token.lower()
    return {"space.key": "space", "content": "id", "content.id": "id", "sitesearch": "text"}.get(name, name)


def _comparison(field: str, operator: str, value: Value) -> Test:
    if field in _MOMENTS and operator in _ORDERINGS:
        if isinstance(value, str):
            _wall_clock(value)
        return lambda asked, page: _ORDERINGS[operator](_moment(page, field), _instant(asked, value))
    if isinstance(value, Present):
        raise BadQuery(f"A date cannot be compared with field: {field}")
    negated = operator.startswith("!")
    if field in _TEXTS and operator in ("~", "!~"):
        return lambda _asked, page: _contains(_text(page, field), value) is not negated
    if field == "title" and operator in ("=", "!="):
        return lambda _asked, page: (page.title == value) is not negated
    if field in _EXACT and operator in ("=", "!="):
        if field in ("id", "ancestor", "parent") and not value.isdecimal():
            raise BadQuery(f"Could not parse cql : {field} must be a number: {value}")
        return lambda asked, page: (value.casefold() in _exact(asked, page, field)) is not negated
    if field in _EXACT | _TEXTS | _MOMENTS:
        raise BadQuery(f"Unsupported operator for field {field}: {operator}")
    raise BadQuery(f"Could not parse cql : No field exists with name: {field}")


def _exact(asked: _Asked, indexed: Indexed, field: str) -> set[str]:
    page = indexed.page
    if field == "type":
        return {"page"}
    if field == "space":
        return {space_of(asked.world, page).key.casefold()}
    if field == "label":
        return set(indexed.labels)
    if field == "ancestor":
        return {str(above.id) for above in ancestors(asked.world, page)}
    return {str(page.parent_id if field == "parent" else page.id)}


def _text(indexed: Indexed, field: str) -> str:
    return indexed.title if field == "title" else f"{indexed.title} {parse(indexed.body).text}"


def _contains(text: str, wanted: str) -> bool:
    """Every word of `wanted`, in any order and case; a word may end in `*`."""
    words = re.findall(r"\w+", text.casefold())
    for want in re.findall(r"\w+\*?", wanted.casefold()):
        stem = want.removesuffix("*")
        if not any(word.startswith(stem) if want.endswith("*") else word == stem for word in words):
            return False
    return True


def _moment(indexed: Indexed, field: str) -> datetime:
    # Dates are compared by the minute, as they are written.
    moment = indexed.page.created if field == "created" else indexed.changed
    return moment.replace(second=0, microsecond=0)


def _instant(asked: _Asked, value: Value) -> datetime:
    if isinstance(value, Present):
        present = asked.world.clock.now() + timedelta(seconds=value.offset)
        return present.replace(second=0, microsecond=0)
    return _wall_clock(value).replace(tzinfo=ZoneInfo(asked.actor.time_zone))


def _wall_clock(text: str) -> datetime:
    for shape in _SHAPES:
        try:
            return datetime.strptime(text, shape)
        except ValueError:
            continue
    raise BadQuery(f"Could not parse cql : Invalid date format: {text}")


def _sort_key(asked: _Asked, field: str) -> Callable[[Indexed], Any]:
    if field in _MOMENTS:
        return lambda indexed: indexed.page.created if field == "created" else indexed.changed
    if field == "title":
        return lambda indexed: indexed.title.casefold()
    if field == "id":
        return lambda indexed: indexed.page.id
    return lambda indexed: sorted(_exact(asked, indexed, field))
