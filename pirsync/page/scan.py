"""Where each element of a storage body stands, in bytes; a body that is not well formed is refused with its position.

Offsets come from expat, because no parser gives a page back byte for byte (facts: libraries, "Byte offsets in a
storage body"). The internal subset declares HTML's entities, so that `Due&nbsp;date` keeps its blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import entitydefs
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

DEEPEST = 200
"""Levels of nesting that are read; pages made by people have fewer than fifty."""
LARGEST = 10_000_000
"""Bytes of a body that are read; the products refuse to store larger ones long before."""
MOST_ELEMENTS = 500_000
"""Elements of a body that are read, which bounds memory: each takes some four hundred bytes as part of the tree."""

_ENTITIES = {
    name.encode(): (
        f'<!ENTITY {name} "&#38;#{ord(char)};">' if name in ("lt", "amp") else f'<!ENTITY {name} "&#{ord(char)};">'
    ).encode()
    for name, char in entitydefs.items()
}
_ENTITY = re.compile(rb"&(\w+);")
_SUFFIX = b"</r>"
_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*\?>")


class BadPage(ValueError):
    """The body cannot be read: not well formed, too deep, too large, or not text. Says where, never what it holds."""


class Element:
    """One element: `start`..`end` is the whole of it, `inner_start`..`inner_end` its content, in UTF-8 bytes.

    A self-closing element has its content where it ends, and `is_empty_tag` is true.
    `children` holds elements and text in order; text that no element divides is one child.
    """

    __slots__ = ("attrs", "children", "end", "inner_end", "inner_start", "is_empty_tag", "name", "parent", "start")

    def __init__(self, name: str, attrs: dict[str, str], parent: Element | None) -> None:
        self.name = name
        self.attrs = attrs
        self.parent = parent
        self.start = self.inner_start = self.inner_end = self.end = 0
        self.is_empty_tag = False
        self.children: list[Element | str] = []

    def elements(self) -> Iterator[Element]:
        """Its child elements."""
        return (child for child in self.children if isinstance(child, Element))

    def walk(self) -> Iterator[Element]:
        """All elements within, in document order."""
        # A stack of its own: nested generators would touch every element once for each level above it.
        rest = [iter(self.children)]
        while rest:
            child = next(rest[-1], None)
            if child is None:
                rest.pop()
            elif isinstance(child, Element):
                yield child
                rest.append(iter(child.children))

    def within(self, name: str) -> Iterator[Element]:
        """All elements of that name within, in document order."""
        return (element for element in self.walk() if element.name == name)

    def child(self, name: str) -> Element | None:
        """Its first child of that name."""
        return next((child for child in self.elements() if child.name == name), None)

    def ancestors(self) -> Iterator[Element]:
        """What it stands in, from the nearest outwards; the body itself is not an element."""
        above = self.parent
        while above is not None and above.parent is not None:
            yield above
            above = above.parent

    def own_text(self) -> str:
        """The text directly in it, not that of its children."""
        return "".join(child for child in self.children if isinstance(child, str))

    def parameter(self, name: str) -> str:
        """A macro's own parameter, never one of a macro nested in it; empty where there is none."""
        for child in self.elements():
            if child.name == "ac:parameter" and child.attrs.get("ac:name") == name:
                return child.own_text()
        return ""


def encode(body: str) -> bytes:
    """The body's bytes, or BadPage for a lone surrogate."""
    try:
        return body.encode()
    except UnicodeEncodeError as error:
        raise BadPage(f"a character that is no text stands at position {error.start}") from error


def scan(raw: bytes) -> Element:
    """The body as a tree below a nameless root. Raises BadPage with line and column."""
    if len(raw) > LARGEST:
        raise BadPage(f"longer than {LARGEST} bytes at {position(raw, LARGEST)}")
    if declared := _DECLARATION.match(raw):
        raw = b" " * declared.end() + raw[declared.end() :]
    return _Scanner(raw).run()


class _Scanner:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        # Only the entities that occur are declared: to declare all takes longer than to read most bodies.
        named = sorted(set(_ENTITY.findall(raw)) & _ENTITIES.keys())
        self._prefix = b"<!DOCTYPE r [%b]><r>" % b"".join(_ENTITIES[name] for name in named)
        self._root = Element("", {}, None)
        self._root.inner_end = self._root.end = len(raw)
        self._at = self._root
        self._depth = -1
        self._elements = 0
        self._words: list[str] = []
        self._parser = ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._text

    def run(self) -> Element:
        try:
            self._parser.Parse(self._prefix + self._raw + _SUFFIX, True)
        except ExpatError as error:
            offset = max(self._parser.ErrorByteIndex - len(self._prefix), 0)
            raise BadPage(f"{ErrorString(error.code)} at {position(self._raw, offset)}") from None
        return self._root

    def _offset(self) -> int:
        return self._parser.CurrentByteIndex - len(self._prefix)

    def _open(self, name: str, attrs: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 0:
            return
        self._end_text()
        start = self._offset()
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise BadPage(f"more than {MOST_ELEMENTS} elements at {position(self._raw, start)}")
        if self._depth > DEEPEST:
            raise BadPage(f"nested more than {DEEPEST} levels deep at {position(self._raw, start)}")
        tag = _TAG.match(self._raw, start)
        if tag is None:
            raise BadPage(f"a tag that cannot be read at {position(self._raw, start)}")
        element = Element(name, attrs, self._at)
        element.start = start
        element.inner_start = element.inner_end = element.end = tag.end()
        element.is_empty_tag = bool(tag.group(1))
        self._at.children.append(element)
        self._at = element

    def _close(self, name: str) -> None:
        self._end_text()
        self._depth -= 1
        if self._depth < 0:
            return
        element = self._at
        if not element.is_empty_tag:
            element.inner_end = self._offset()
            if element.inner_end >= len(self._raw):
                # It is called as our own root is, whose end tag closed it.
                raise BadPage(f"mismatched tag at {position(self._raw, len(self._raw))}")
            element.end = self._raw.index(b">", element.inner_end) + 1
        assert element.parent is not None  # only the root has none, and it is never closed
        self._at = element.parent

    def _text(self, words: str) -> None:
        self._words.append(words)

    def _end_text(self) -> None:
        """Text comes in pieces, cut wherever the parser's buffers end, which moves with every edit."""
        if self._words:
            self._at.children.append("".join(self._words))
            self._words.clear()


def position(raw: bytes, offset: int) -> str:
    """An offset as a person counts: `line 3, column 14`."""
    line_start = raw.rfind(b"\n", 0, offset) + 1
    column = len(raw[line_start:offset].decode(errors="replace")) + 1
    return f"line {raw.count(bytes([10]), 0, offset) + 1}, column {column}"
