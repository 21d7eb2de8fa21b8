"""CQL as a tree: conditions, what joins them, and the order; a text that is no query is refused with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

_GRAMMAR = r"""
    start: either? order?
    ?either: both (OR both)*
    ?both: one (AND one)*
    ?one: NOT one -> negation
        | "(" either ")"
        | FIELD OPERATOR value -> comparison
        | FIELD (IN | NOT_IN) "(" value ("," value)* ")" -> membership
        | FIELD (IN | NOT_IN) call -> membership
    ?value: STRING -> text
        | WORD -> word
        | call
    call: WORD "(" (argument ("," argument)*)? ")"
    ?argument: STRING -> text
        | WORD -> word
    order: ORDER_BY sort ("," sort)*
    sort: FIELD DIRECTION?
    AND: /and\b/i
    OR: /or\b/i
    NOT: /not\b/i
    NOT_IN: /not\s+in\b/i
    IN: /in\b/i
    ORDER_BY: /order\s+by\b/i
    DIRECTION: /(asc|desc)\b/i
    FIELD: /(?!(and|or|not|in|order)\b)[a-z]+(\.[a-z]+)*/i
    OPERATOR: "!=" | "!~" | ">=" | "<=" | "=" | "~" | ">" | "<"
    WORD: /(?!(and|or|not|in|order)\b)[\w.~:-]+/i
    STRING: /"(\\.|[^"\\])*"/ | /'(\\.|[^'\\])*'/
    %import common.WS
    %ignore WS
"""
_ALIASES = {
    "space.key": "space",
    "content": "id",
    "content.id": "id",
    "content.type": "type",
    "creator.accountid": "creator",
    "contributor.accountid": "contributor",
    "mention.accountid": "mention",
    "user": "user.accountid",
}


class BadQuery(Exception):
    """The query cannot be read; the text is what Confluence answers with status 400."""


@dataclass(frozen=True)
class Call:
    """A function with its arguments, its name in lower case."""

    name: str
    arguments: tuple[str, ...]


Value = str | Call


@dataclass(frozen=True)
class Condition:
    """A field in lower case, aliases resolved, against values: any number for `in` and `not in`, else one."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    """What `part` does not find."""

    part: Node


@dataclass(frozen=True)
class Joined:
    """What all (`word` is "and") or any ("or") of the parts find."""

    word: str
    parts: tuple[Node, ...]


Node = Condition | Not | Joined


@dataclass(frozen=True)
class Query:
    """A read query: `where` is None for everything; `order` holds fields, each with whether it descends."""

    where: Node | None
    order: tuple[tuple[str, bool], ...]


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


def conditions(node: Node | None) -> Iterator[Condition]:
    """All conditions of a query, in order."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Not):
        yield from conditions(node.part)
    elif isinstance(node, Joined):
        for part in node.parts:
            yield from conditions(part)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


class _Reader(Transformer[Token, Any]):
    """From the parsed tree to a `Query`."""

    def start(self, parts: list[Any]) -> Query:
        if not parts:
            raise BadQuery("Could not parse cql : the query is empty")
        order = parts.pop() if isinstance(parts[-1], tuple) else ()
        return Query(parts[0] if parts else None, order)

    def either(self, parts: list[Any]) -> Node:
        return Joined("or", _without_tokens(parts))

    def both(self, parts: list[Any]) -> Node:
        return Joined("and", _without_tokens(parts))

    def negation(self, parts: list[Any]) -> Node:
        return Not(_without_tokens(parts)[0])

    def comparison(self, parts: list[Any]) -> Node:
        return Condition(_field(parts[0]), str(parts[1]), (parts[2],))

    def membership(self, parts: list[Any]) -> Node:
        field, operator, *values = parts
        return Condition(_field(field), " ".join(str(operator).lower().split()), tuple(values))

    def text(self, parts: list[Token]) -> str:
        return re.sub(r"\\(.)", r"\1", str(parts[0])[1:-1])

    def word(self, parts: list[Token]) -> str:
        return str(parts[0])

    def call(self, parts: list[Any]) -> Call:
        return Call(str(parts[0]).lower(), tuple(parts[1:]))

    def sort(self, parts: list[Token]) -> tuple[str, bool]:
        return _field(parts[0]), len(parts) > 1 and parts[1].lower() == "desc"

    def order(self, parts: list[Any]) -> tuple[tuple[str, bool], ...]:
        return tuple(parts[1:])


def _without_tokens(parts: list[Any]) -> tuple[Node, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _field(token: Token) -> str:
    name = token.lower()
    return _ALIASES.get(name, name)
