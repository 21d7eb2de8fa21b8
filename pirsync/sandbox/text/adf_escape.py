"""Text among wiki markup: a backslash only where a sign would be taken for markup.

While a line is put together, its literal signs are stand-ins that no text may hold (Unicode's noncharacters), so
that a sign's neighbours are known before it is decided whether it needs a backslash.
"""

from __future__ import annotations

import re

from .adf_from_wiki import HEADING, ITEM, QUOTE_LINE, RULE
from .adf_inline import EMOJI, MARK_SIGNS, URL, closes, opens

_SIGNS = "\\{}[]|*_-+^~#!?&("
_STAND_INS = {sign: chr(0xFDD0 + place) for place, sign in enumerate(_SIGNS)}
_REAL = {stand_in: sign for sign, stand_in in _STAND_INS.items()}
_TO_STAND_INS = str.maketrans(_STAND_INS)
_TO_REAL = str.maketrans(_REAL)
_NONE = dict.fromkeys(range(0xFDD0, 0xFDF0))
_URL_START, _URL_END = "\ufdee", "\ufdef"

_FILE = re.compile(r"\[\^[^\[\]|\n\\]+\]")
_ENTITY = re.compile(r"&#\d{1,6};")
_BEGINS = (HEADING, QUOTE_LINE, ITEM, RULE)
# No backslash: it may have to be written as an entity, and the address would go on into that.
_AFTER_URL = frozenset('{}[]|<>"')


def literal(text: str) -> str:
    """Text with stand-ins for its signs."""
    return text.translate(_NONE).translate(_TO_STAND_INS)


def address(url: str) -> str:
    """A link that is its own text; written bare where it ends where it should."""
    return f"{_URL_START}{url}{_URL_END}"


def inside(text: str, signs: str) -> str:
    """Text within brackets or braces, where only these signs have a meaning."""
    text = _ENTITY.sub(lambda match: f"&#38;{match.group(0)[1:]}", text.translate(_NONE))
    text = re.sub(rf"\\(?=[\\{re.escape(signs)}]|\Z)", "&#92;", text)
    return re.sub(rf"([{re.escape(signs)}])", r"\\\1", text)


def edge(text: str) -> tuple[str, str]:
    """The first and the last character of a line in the making, "" and "" of an empty one."""
    return (_seen(text[0])[0], _seen(text[-1])[0]) if text else ("", "")


def _seen(char: str) -> tuple[str, ...]:
    """What a character may turn out to be for its neighbours."""
    if char == _URL_START:
        return "h", "["
    return ("x", "]") if char == _URL_END else (_REAL.get(char, char),)


def settled(line: str, begins: bool, in_cell: bool) -> str:
    """The finished line; `begins` where a line of markup begins with it, `in_cell` within a table."""
    return _Settling(line, in_cell).text(begins)


class _Settling:
    """One line whose stand-ins are being decided."""

    def __init__(self, line: str, in_cell: bool) -> None:
        self._line = line
        self._in_cell = in_cell
        self._real = line.translate(_TO_REAL)
        marks = [place for place, char in enumerate(self._real) if char in MARK_SIGNS and self._may_mark(place)]
        self._marks = dict.fromkeys(MARK_SIGNS, 0)
        for place in marks:
            self._marks[self._real[place]] += 1

    def text(self, begins: bool) -> str:
        """The line with its backslashes."""
        first = begins and any(pattern.match(self._real) for pattern in _BEGINS)
        parts: list[str] = ["\\"] if first else []
        place = 0
        while place < len(self._line):
            char = self._line[place]
            if char == _URL_START:
                end = self._line.index(_URL_END, place)
                parts.append(self._url(place, end))
                place = end + 1
            elif self._real[place] == "[" and (whole := self._file(place)):
                parts.append(whole)
                place += len(whole)
            else:
                skip = first and place == 0
                parts.append(self._sign(place) if char in _REAL and not skip else self._real[place])
                place += 1
        return "".join(parts)

    def _around(self, place: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        before = _seen(self._line[place - 1]) if place else ("",)
        after = _seen(self._line[place + 1]) if place + 1 < len(self._line) else ("",)
        return before, after

    def _may_mark(self, place: int) -> bool:
        sign = self._real[place]
        before, after = self._around(place)
        return any(opens(one, sign, two) or closes(one, sign, two) for one in before for two in after)

    def _sign(self, place: int) -> str:
        sign = self._real[place]
        if sign == "\\":
            after = self._around(place)[1]
            return "&#92;" if any(one == "" or one in _SIGNS or one in "hb" for one in after) else sign
        return f"\\{sign}" if self._has_meaning(place, sign) else sign

    def _has_meaning(self, place: int, sign: str) -> bool:
        if sign in "{|":
            return True
        if sign in MARK_SIGNS:
            return self._marks[sign] > 1 and self._may_mark(place)
        if sign == "[":
            return self._in_cell or self._may_link(place)
        if sign == "(":
            before, words = self._around(place)[0], self._real[place : place + 4].lower()
            return not before[0].isalnum() and any(words.startswith(one) for one in EMOJI)
        return sign == "&" and _ENTITY.match(self._real, place) is not None

    def _may_link(self, place: int) -> bool:
        end = self._real.find("]", place)
        words = self._real[place + 1 : end] if end > 0 else ""
        return words.startswith("~") or "|" in words or ":" in words

    def _file(self, place: int) -> str:
        """A reference to an attachment, which is text that stays as it is."""
        match = None if self._in_cell or self._line[place] == "[" else _FILE.match(self._real, place)
        if match is None or any(char in _SIGNS for char in self._line[place : match.end() - 1]):
            return ""
        return match.group(0)

    def _url(self, place: int, end: int) -> str:
        url = self._line[place + 1 : end]
        before = self._around(place)[0][0]
        rest = self._real[end + 1 : end + 3]
        ends = not rest or rest[0].isspace() or rest[0] in _AFTER_URL
        ends = ends or (rest[0] in ".,;:!?)" and (len(rest) == 1 or rest[1].isspace()))
        bare = ends and URL.fullmatch(url) and not before.isalnum()
        return url if bare else f"[{inside(url, '[]|')}|{url}]"
