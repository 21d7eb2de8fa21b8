"""JQL to a syntax tree; it knows no fields, no functions and no issues. What it cannot read it refuses as Jira does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from . import refusals
from .refusals import BadQuery

__all__ = [
    "And",
    "BadQuery",
    "Call",
    "Clause",
    "Empty",
    "Many",
    "Node",
    "Not",
    "Operand",
    "Or",
    "Predicate",
    "Property",
    "Query",
    "Sort",
    "Value",
    "operands",
    "parse",
    "shown",
]


@dataclass(frozen=True)
class Value:
    """A literal; a number is an id, or a date in milliseconds, only when it was not quoted."""

    text: str
    quoted: bool


@dataclass(frozen=True)
class Call:
    """A function's call."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Empty:
    """EMPTY or NULL."""


@dataclass(frozen=True)
class Many:
    """A list in parentheses."""

    parts: tuple[Operand, ...]


Operand = Value | Call | Empty | Many


@dataclass(frozen=True)
class Property:
    """`issue.property[key].path`."""

    entity: str
    key: str
    path: str

    def __str__(self) -> str:
        """As Jira writes it in its messages."""
        return f"{self.entity}[{self.key}]{'.' + self.path if self.path else ''}"


Name = str | Property


@dataclass(frozen=True)
class Predicate:
    """What a history condition adds, such as `BY x`; `name` in upper case."""

    name: str
    operand: Operand


@dataclass(frozen=True)
class Clause:
    """One condition; `operator` in upper case, no operand only with CHANGED."""

    field: Name
    operator: str
    operand: Operand | None
    predicates: tuple[Predicate, ...] = ()


@dataclass(frozen=True)
class And:
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """Some part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Node


Node = Clause | And | Or | Not


@dataclass(frozen=True)
class Sort:
    """One field of ORDER BY; `direction` is 1 or -1, None when it was not said."""

    field: Name
    direction: int | None


@dataclass(frozen=True)
class Query:
    """A query's condition, None when it restricts nothing, and its order."""

    where: Node | None
    order: tuple[Sort, ...]


def operands(operand: Operand | None) -> Iterator[Value | Call | Empty]:
    """The single operands of an operand, those of nested lists too."""
    if isinstance(operand, Many):
        for part in operand.parts:
            yield from operands(part)
    elif operand is not None:
        yield operand


def shown(operand: Operand) -> str:
    """An operand as Jira repeats it in a message: texts in quotation marks, numbers and functions bare."""
    match operand:
        case Value(text, quoted):
            return text if not quoted and text.lstrip("-").isdigit() else f'"{text}"'
        case Call(name, arguments):
            return f"{name}({', '.join(arguments)})"
        case Many(parts):
            return f"({', '.join(shown(part) for part in parts)})"
    return "EMPTY"


# A keyword ends where a word would: at a blank or at a sign that has a meaning of its own.
_END = r"(?![^\s\"'()=<>!~,\[\]&|])"

_GRAMMAR = (
    r"""
start: [any_of] [order]
any_of: all_of (_OR all_of)*
all_of: term (_AND term)*
?term: negation | "(" any_of ")" | clause
negation: (_NOT | _BANG) term
clause: field operator operand predicate* -> compared
      | field CHANGED predicate* -> changed
operator: COMPARE | IN | _NOT IN -> not_in | IS | IS _NOT -> is_not
        | WAS | WAS _NOT -> was_not | WAS IN -> was_in | WAS _NOT IN -> was_not_in
predicate: (AFTER | BEFORE | BY | DURING | FROM | ON | TO) operand
field: WORD | STRING | CF "[" WORD "]" -> custom | (WORD | STRING) "[" argument "]" [WORD] -> property
operand: WORD -> value | STRING -> value | EMPTY -> nothing | call | "(" operand ("," operand)* ")" -> many
call: (WORD | STRING) "(" [argument ("," argument)*] ")"
argument: WORD | STRING
order: ORDER BY sort ("," sort)*
sort: field [DIRECTION]

COMPARE: "!=" | "!~" | "<=" | ">=" | "=" | "<" | ">" | "~"
_AND.2: /and@END@/i | "&&" | "&"
_OR.2: /or@END@/i | "||" | "|"
_NOT.2: /not@END@/i
_BANG: /!(?![=~])/
IN.2: /in@END@/i
IS.2: /is@END@/i
WAS.2: /was@END@/i
CHANGED.2: /changed@END@/i
AFTER.2: /after@END@/i
BEFORE.2: /before@END@/i
DURING.2: /during@END@/i
FROM.2: /from@END@/i
ON.2: /on@END@/i
TO.2: /to@END@/i
EMPTY.2: /(empty|null)@END@/i
ORDER.2: /order@END@/i
BY.2: /by@END@/i
DIRECTION.2: /(asc|desc)@END@/i
CF.2: /cf@END@/i
STRING: /"(?:\\.|[^"\\])*"/s | /'(?:\\.|[^'\\])*'/s
WORD: /(?:\\.|[^\s"'()=<>!~,\[\]&|;?*%$#@^{}+\/\\])+/
%ignore /\s+/
"""
).replace("@END@", _END)

_DIRECTIONS = {"asc": 1, "desc": -1}


def _plain(token: Token) -> str:
    return refusals.unescaped(str(token)[1:-1] if token.type == "STRING" else str(token))


class _Tree(Transformer[Token, Query]):
    """Lark's tree to ours; the methods are named for the grammar's rules."""

    def start(self, parts: list[Node | tuple[Sort, ...] | None]) -> Query:
        where, order = parts
        return Query(cast("Node | None", where), cast("tuple[Sort, ...]", order or ()))

    def any_of(self, parts: list[Node]) -> Node:
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self, parts: list[Node]) -> Node:
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self, parts: list[Node]) -> Node:
        part = parts[0]
        return part.part if isinstance(part, Not) else Not(part)

    def compared(self, parts: list[object]) -> Clause:
        field, operator, operand, *predicates = parts
        return Clause(
            cast("Name", field), str(operator), cast("Operand", operand), tuple(cast("list[Predicate]", predicates))
        )

    def changed(self, parts: list[object]) -> Clause:
        field, _, *predicates = parts
        return Clause(cast("Name", field), "CHANGED", None, tuple(cast("list[Predicate]", predicates)))

    def operator(self, parts: list[Token]) -> str:
        return parts[0].upper()

    def not_in(self, parts: list[Token]) -> str:
        return "NOT IN"

    def is_not(self, parts: list[Token]) -> str:
        return "IS NOT"

    def was_not(self, parts: list[Token]) -> str:
        return "WAS NOT"

    def was_in(self, parts: list[Token]) -> str:
        return "WAS IN"

    def was_not_in(self, parts: list[Token]) -> str:
        return "WAS NOT IN"

    def predicate(self, parts: list[Token | Operand]) -> Predicate:
        name, operand = parts
        return Predicate(str(name).upper(), cast("Operand", operand))

    def field(self, parts: list[Token]) -> str:
        name = _plain(parts[0])
        if not name.strip():
            raise refusals.empty_name("field", parts[0])
        return name

    def custom(self, parts: list[Token]) -> str:
        number = parts[1]
        if not (number.isascii() and number.isdigit()):
            raise refusals.no_custom_field(number)
        refusals.check_number(number)
        return f"cf[{number}]"

    def property(self, parts: list[Token | str | None]) -> Property:
        entity, key, path = parts
        return Property(_plain(cast("Token", entity)), str(key), str(path or "").removeprefix("."))

    def value(self, parts: list[Token]) -> Value:
        token = parts[0]
        if token.type == "WORD":
            refusals.check_number(token)
        return Value(_plain(token), quoted=token.type == "STRING")

    def nothing(self, parts: list[Token]) -> Empty:
        return Empty()

    def operand(self, parts: list[Operand]) -> Operand:
        return parts[0]

    def many(self, parts: list[Operand]) -> Many:
        return Many(tuple(parts))

    def call(self, parts: list[Token | str | None]) -> Call:
        token = cast("Token", parts[0])
        name = _plain(token)
        if not name.strip():
            raise refusals.empty_name("function", token)
        return Call(name, tuple(str(one) for one in parts[1:] if one is not None))

    def argument(self, parts: list[Token]) -> str:
        return _plain(parts[0])

    def order(self, parts: list[Token | Sort]) -> tuple[Sort, ...]:
        return tuple(one for one in parts if isinstance(one, Sort))

    def sort(self, parts: list[Name | Token | None]) -> Sort:
        field, direction = parts
        said = _DIRECTIONS[str(direction).lower()] if direction is not None else None
        return Sort(cast("Name", field), said)


_PARSER = Lark(
    _GRAMMAR,
    parser="lalr",
    lexer="basic",
    transformer=_Tree(),
    maybe_placeholders=True,
    lexer_callbacks={"WORD": refusals.check_word, "STRING": refusals.check_escapes},
)


@lru_cache(maxsize=512)
def parse(text: str) -> Query:
    """The query's tree; `BadQuery` in Jira's words when it cannot be read."""
    refusals.check_characters(text)
    try:
        return cast("Query", _PARSER.parse(text))
    except UnexpectedToken as error:
        raise refusals.unexpected(error) from None
    except UnexpectedCharacters as error:
        raise refusals.unreadable(text, error) from None
