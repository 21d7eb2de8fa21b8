"""JQL to a syntax tree, with Jira's own words for what it cannot read; it knows no fields and no issues."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError


class BadQuery(Exception):
    """The query cannot be read or names what does not exist; `messages` are what Jira answers with 400."""

    def __init__(self, *messages: str) -> None:
        super().__init__(" ".join(messages))
        self.messages = messages


@dataclass(frozen=True)
class Value:
    """A literal; a number is a date in milliseconds only when it was not quoted."""

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


Operand = Value | Call | Empty


@dataclass(frozen=True)
class Clause:
    """One condition; `operator` in upper case, one operand unless it is IN or NOT IN."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


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

    field: str
    direction: int | None


@dataclass(frozen=True)
class Query:
    """A query's condition, None when it restricts nothing, and its order."""

    where: Node | None
    order: tuple[Sort, ...]


_END = r"(?![^\s\"'()=<>!~,\[\]&|])"

_GRAMMAR = (
    r"""
start: [any_of] [order]
any_of: all_of (_OR all_of)*
all_of: term (_AND term)*
?term: negation | "(" any_of ")" | clause
negation: _NOT term
clause: field compare operand | field contain group | field being nothing
compare: COMPARE
contain: IN -> inside | _NOT IN -> outside
being: IS -> is_ | IS _NOT -> is_not
field: WORD | STRING | CF "[" WORD "]" -> custom
group: "(" operand ("," operand)* ")" | call
operand: WORD -> word | STRING -> string | call | EMPTY -> nothing
nothing: EMPTY
call: WORD "(" [argument ("," argument)*] ")"
argument: WORD | STRING
order: ORDER BY sort ("," sort)*
sort: field [DIRECTION]

COMPARE: "!=" | "!~" | "<=" | ">=" | "=" | "<" | ">" | "~"
_AND.2: /and@END@/i | "&&" | "&"
_OR.2: /or@END@/i | "||" | "|"
_NOT.2: /not@END@/i | /!(?![=~])/
IN.2: /in@END@/i
IS.2: /is@END@/i
EMPTY.2: /(empty|null)@END@/i
ORDER.2: /order@END@/i
BY.2: /by@END@/i
DIRECTION.2: /(asc|desc)@END@/i
CF.2: /cf(?=\s*\[)/i
STRING: /"(?:\\.|[^"\\])*"/s | /'(?:\\.|[^'\\])*'/s
WORD: /(?:\\.|[^\s"'()=<>!~,\[\]&|;?*%$#@^{}+\/\\])+/
%ignore /\s+/
"""
).replace("@END@", _END)

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match.group(1)
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)

    return _ESCAPE.sub(plain, text)


def _plain(token: Token) -> str:
    return _unescape(str(token)[1:-1] if token.type == "STRING" else str(token))


def _unreserved(token: Token) -> str:
    if token.type == "WORD" and token.lower() in RESERVED:
        raise BadQuery(
            f"Error in the JQL Query: '{token}' is a reserved JQL word. You must surround it in quotation marks to use "
            f"it as a field or value. {_where(token.line or 1, token.column or 1)}"
        )
    return _plain(token)


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
        return Not(parts[0])

    def clause(self, parts: list[object]) -> Clause:
        field, operator, value = parts
        operands = value if isinstance(value, tuple) else (value,)
        return Clause(str(field), str(operator), cast("tuple[Operand, ...]", operands))

    def compare(self, parts: list[Token]) -> str:
        return str(parts[0])

    def inside(self, parts: list[Token]) -> str:
        return "IN"

    def outside(self, parts: list[Token]) -> str:
        return "NOT IN"

    def is_(self, parts: list[Token]) -> str:
        return "IS"

    def is_not(self, parts: list[Token]) -> str:
        return "IS NOT"

    def field(self, parts: list[Token]) -> str:
        return _unreserved(parts[0])

    def custom(self, parts: list[Token]) -> str:
        return f"cf[{parts[1]}]"

    def group(self, parts: list[Operand]) -> tuple[Operand, ...]:
        return tuple(parts)

    def operand(self, parts: list[Operand]) -> Operand:
        return parts[0]

    def word(self, parts: list[Token]) -> Value:
        return Value(_unreserved(parts[0]), quoted=False)

    def string(self, parts: list[Token]) -> Value:
        return Value(_plain(parts[0]), quoted=True)

    def nothing(self, parts: list[Token]) -> Empty:
        return Empty()

    def call(self, parts: list[Token | str | None]) -> Call:
        arguments = tuple(str(one) for one in parts[1:] if one is not None)
        return Call(str(parts[0]), arguments)

    def argument(self, parts: list[Token]) -> str:
        return _plain(parts[0])

    def order(self, parts: list[Token | Sort]) -> tuple[Sort, ...]:
        return tuple(one for one in parts if isinstance(one, Sort))

    def sort(self, parts: list[str | Token | None]) -> Sort:
        field, direction = parts
        return Sort(str(field), _DIRECTIONS[str(direction).lower()] if direction is not None else None)


_DIRECTIONS = {"asc": 1, "desc": -1}
_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)


def _where(line: int, column: int) -> str:
    return f"(line {line}, character {column})"


def parse(text: str) -> Query:
    """The query's tree; `BadQuery` in Jira's words when it cannot be read."""
    try:
        return _Tree().transform(_PARSER.parse(text))
    except UnexpectedToken as error:
        raise BadQuery(_unexpected(error)) from None
    except UnexpectedCharacters as error:
        raise BadQuery(_character(text, error)) from None
    except UnexpectedEOF:
        raise BadQuery("Error in the JQL Query: The query ends too early.") from None
    except VisitError as error:
        if isinstance(error.orig_exc, BadQuery):
            raise error.orig_exc from None
        raise


def _unexpected(error: UnexpectedToken) -> str:
    token, expected = error.token, set(error.accepts or error.expected)
    got, place = str(token), _where(token.line or 1, token.column or 1)
    at_end = token.type == "$END"
    if token.type == "WORD" and got.lower() in RESERVED:
        rest = "You must surround it in quotation marks to use it as a field or value."
        return f"Error in the JQL Query: '{got}' is a reserved JQL word. {rest} {place}"
    if "COMPARE" in expected:
        operators = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
        said = "before the end of the query" if at_end else f"but got '{got}'"
        end = "" if at_end else f" {place}"
        return f"Error in the JQL Query: Expecting operator {said}. The valid operators are {operators}.{end}"
    if "_AND" in expected:
        return f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{got}'. {place}"
    what = "a field name" if "CF" in expected else "either a value, list or function"
    if at_end:
        return f"Error in the JQL Query: Expecting {what} at the end of the query."
    quote = f"You must surround '{got}' in quotation marks to use it as a value."
    return f"Error in the JQL Query: Expecting {what} but got '{got}'. {quote} {place}"


def _character(text: str, error: UnexpectedCharacters) -> str:
    sign = text[error.pos_in_stream] if error.pos_in_stream is not None else ""
    place = _where(error.line, error.column)
    if sign in ('"', "'"):
        rest = text[(error.pos_in_stream or 0) + 1 :]
        return f"Error in the JQL Query: The quoted string '{rest}' has not been completed. {place}"
    how = f"You must enclose it in a string or use the escape '\\u{ord(sign) & 0xFFFF:04x}' instead."
    return f"Error in the JQL Query: The character '{sign}' is a reserved JQL character. {how} {place}"


_RESERVED_WORDS = (
    "abort access add after alias all alter and any are as asc at audit avg be before begin between boolean break "
    "by byte catch cf changed char character check checkpoint collate collation column commit connect continue "
    "count create current date decimal declare decrement default defaults define delete delimiter desc difference "
    "distinct divide do double drop else empty encoding end equals escape exclusive exec execute exists explain "
    "false fetch file field first float for from function go goto grant greater group having identified if "
    "immediate in increment index initial inner inout input insert int integer intersect intersection into is "
    "isempty isnull join last left less like limit lock long max min minus mode modify modulo more multiply next "
    "noaudit not notin nowait null number object of on option or order outer output power previous prior "
    "privileges public raise raw remainder rename resource return returns revoke right row rowid rownum rows "
    "select session set share size sqrt start strict string subtract sum synonym table then to trans transaction "
    "trigger true uid union unique update user validate values view was when whenever where while with "
)
RESERVED = frozenset(_RESERVED_WORDS.split())
