"""How Jira says that a JQL text cannot be read, with line and character; these words are the server's own."""

from __future__ import annotations

import re

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken


class BadQuery(Exception):
    """The query cannot be read or names what does not exist; `messages` are what Jira answers with 400."""

    def __init__(self, *messages: str) -> None:
        super().__init__(" ".join(messages))
        self.messages = messages


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

_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
_VALID_ESCAPES = r"The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX."
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_BAD_ESCAPE = re.compile(r"""\\(?:\\|['"tnr ]|u[0-9a-fA-F]{4}|(?P<bad>u[0-9a-fA-F]{0,3}.?|.))""", re.DOTALL)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_NUMBER = re.compile(r"-?\d+")
_LARGEST = 2**63


def _place(token: Token, offset: int = 0) -> str:
    return f"(line {token.line or 1}, character {(token.column or 1) + offset})"


def _refusal(words: str, place: str = "") -> BadQuery:
    return BadQuery(f"Error in the JQL Query: {words}{' ' + place if place else ''}")


def unescaped(text: str) -> str:
    """A word or the inside of a text with its escapes replaced."""

    def plain(match: re.Match[str]) -> str:
        code = match.group(1)
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(plain, text)


def check_characters(text: str) -> None:
    """`BadQuery` for a control character or another one that must be written as an escape."""
    found = _FORBIDDEN.search(text)
    if found:
        code, line = ord(found.group()), text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        where = f"on line {line} at position {column}"
        words = f"The character 'U+{code:04X}' {where} must be escaped. Use the escape '\\u{code:04x}' instead."
        raise _refusal(words, f"(line {line}, character {column})")


def check_escapes(token: Token) -> Token:
    """The token; `BadQuery` when it has an escape that JQL does not know."""
    for match in _BAD_ESCAPE.finditer(token):
        if match["bad"] is not None:
            words = f"'\\{match['bad']}' is an illegal JQL escape sequence. {_VALID_ESCAPES}"
            raise _refusal(words, _place(token, match.start()))
    return token


def check_word(token: Token) -> Token:
    """The token; `BadQuery` for a reserved word too."""
    if token.lower() in RESERVED:
        how = "You must surround it in quotation marks to use it as a field or value."
        raise _refusal(f"'{token}' is a reserved JQL word. {how}", _place(token))
    return check_escapes(token)


def check_number(token: Token) -> None:
    """`BadQuery` for a number that does not fit 64 bits."""
    if _NUMBER.fullmatch(token) and not -_LARGEST <= int(token) < _LARGEST:
        limits = f"Numbers must be between {-_LARGEST:,} and {_LARGEST - 1:,}."
        raise _refusal(f"'{token}' is not a valid number. {limits}", _place(token))


def empty_name(what: str, token: Token) -> BadQuery:
    """For a field or a function whose name is blank."""
    return _refusal(f"A {what} name cannot be empty.", _place(token))


def no_custom_field(token: Token) -> BadQuery:
    """For something else than a number in `cf[…]`."""
    return _refusal(f"Expecting a custom field id (a positive number) but got '{token}'.", _place(token))


def unexpected(error: UnexpectedToken) -> BadQuery:
    """For a token that does not belong where it stands."""
    token, expected = error.token, frozenset(error.accepts or error.expected)
    if token.type == "$END":
        return _refusal(_at_end(expected))
    return _refusal(_instead(expected, str(token)), _place(token))


def _at_end(expected: frozenset[str]) -> str:
    end = "before the end of the query."
    if "COMPARE" in expected:
        return f"Expecting operator {end} The valid operators are {_OPERATORS}."
    if "CF" in expected:
        return "Expecting a field name at the end of the query."
    if "EMPTY" in expected:
        return f"Expecting either a value, list or function {end}"
    if "RPAR" in expected:
        return f"Expecting ')' {end}"
    if "STRING" in expected:
        return "Expecting a function argument at the end of the query."
    if "WORD" in expected:
        return f"Expecting a custom field id (a positive number) {end}"
    text = next((text for name, text in _SINGLE.items() if name in expected), "a field name")
    return f"Expecting {text} {end}"


_SINGLE = {"LSQB": "'['", "RSQB": "']'", "BY": "'by'", "IN": "'IN'"}


def _instead(expected: frozenset[str], got: str) -> str:
    if "COMPARE" in expected:
        return f"Expecting operator but got '{got}'. The valid operators are {_OPERATORS}."
    if "CF" in expected:
        if got == "[":
            return "Expecting a field name but got '['. Did you mean 'cf['?"
        return f"Expecting a field name but got '{got}'. {_quote(got, 'field name')}"
    if "EMPTY" in expected:
        if got == "!" and "_NOT" in expected:
            return "Expecting 'NOT' but got '!'."
        return f"Expecting either a value, list or function but got '{got}'. {_quote(got, 'value')}"
    if "_AND" in expected:
        return f"Expecting either 'OR' or 'AND' but got '{got}'."
    if "DIRECTION" in expected:
        return f"Expecting either 'ASC' or 'DESC' but got '{got}'."
    if "STRING" in expected:
        if got == ")":
            return "Function argument must be specified."
        if got == "," and "RPAR" in expected:
            return "Expecting ')' but got ','."
        return f"Expecting a function argument but got '{got}'. {_quote(got, 'argument')}"
    if "WORD" in expected:
        return f"Expecting a custom field id (a positive number) but got '{got}'."
    for name, text in {"RPAR": "')'", **_SINGLE, "COMMA": "','"}.items():
        if name in expected:
            return f"Expecting {text} but got '{got}'."
    return f"Unable to parse the query at '{got}'."


def _quote(got: str, use: str) -> str:
    article = "an" if use == "argument" else "a"
    return f"You must surround '{got}' in quotation marks to use it as {article} {use}."


def unreadable(text: str, error: UnexpectedCharacters) -> BadQuery:
    """For a character at which no token begins."""
    at = error.pos_in_stream or 0
    sign, place = text[at], f"(line {error.line}, character {error.column})"
    if sign in ('"', "'"):
        rest = " ".join(re.split(r"[\r\n]", text[at + 1 :]))
        held = f" '{rest}'" if rest else ""
        return _refusal(f"The quoted string{held} has not been completed.", place)
    if sign == "\\":
        return _refusal(f"The escape sequence has not been completed. {_VALID_ESCAPES}", place)
    how = f"You must enclose it in a string or use the escape '\\u{ord(sign) & 0xFFFF:04x}' instead."
    return _refusal(f"The character '{sign}' is a reserved JQL character. {how}", place)
