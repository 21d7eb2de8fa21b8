"""A storage body as a tree in which every element knows its bytes; what is not well formed is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import entitydefs
from xml.parsers.expat import ExpatError, ParserCreate

DEEPEST = 200
"""Levels of nesting that are read."""

_SUBSET = "".join(
    f'<!ENTITY {name} "&#38;#{ord(char)};">' if name in ("lt", "amp") else f'<!ENTITY {name} "&#{ord(char)};">'
    for name, char in entitydefs.items()
)
_BEFORE = f"<!DOCTYPE r [{_SUBSET}]><r>".encode()
_AFTER = b"</r>"
_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*\?>")
_START_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")


class BadBody(ValueError):
    """The body is not well formed, or nested too deeply; the text says where."""


@dataclass(eq=False)
class Element:
    """One element: bytes `start`..`end`, its content `inner_start`..`inner_end`; `number` counts in document order.

    A self-closing element has its content where it ends, and `self_closing` is true.
    """

    name: str
    attrs: dict[str, str]
    parent: Element | None
    number: int
    start: int = 0
    inner_start: int = 0
    inner_end: int = 0
    end: int = 0
    self_closing: bool = False
    children: list[Element | str] = field(default_factory=list)

    def elements(self) -> Iterator[Element]:
        """Its child elements."""
        return (child for child in self.children if isinstance(child, Element))

    def child(self, *names: str) -> Element | None:
        """Its first child with one of those names."""
        return next((child for child in self.elements() if child.name in names), None)

    def ancestors(self) -> Iterator[Element]:
        """What it stands in, from the nearest outwards, without the root."""
        above = self.parent
        while above is not None and above.parent is not None:
            yield above
            above = above.parent

    def descendants(self) -> Iterator[Element]:
        """All elements within, in document order."""
        waiting = list(self.elements())[::-1]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += list(element.elements())[::-1]

    def text(self) -> str:
        """All text within, without that of macro parameters."""
        waiting: list[Element | str] = self.children[::-1]
        words: list[str] = []
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                words.append(node)
            elif node.name != "ac:parameter":
                waiting += node.children[::-1]
        return "".join(words)

    def parameter(self, name: str) -> str:
        """A macro's own parameter as text; empty where there is none."""
        for child in self.elements():
            if child.name == "ac:parameter" and child.attrs.get("ac:name", "") == name:
                return "".join(part for part in child.children if isinstance(part, str))
        return ""


@dataclass(frozen=True)
class Body:
    """A parsed body: its bytes, the nameless root and all elements, `elements[n].number == n`."""

    raw: bytes
    root: Element
    elements: tuple[Element, ...]


def parse(body: str) -> Body:
    """Read a storage body. Raises BadBody with line and column."""
    try:
        raw = body.encode()
    except UnicodeEncodeError as error:
        raise BadBody(f"a character that is no text stands at position {error.start}") from None
    return _Reader(raw).run()


def _without_declaration(raw: bytes) -> bytes:
    """A leading `<?xml …?>` may only stand at the very start of a document, and a body is none; offsets stay."""
    declared = _DECLARATION.match(raw)
    return b" " * declared.end() + raw[declared.end() :] if declared else raw


class _Reader:
    """Collects the tree from expat's events; offsets are valid in the start and end handlers only."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._root = Element("", {}, None, -1, end=len(raw), inner_end=len(raw))
        self._at = self._root
        self._elements: list[Element] = []
        self._depth = -1
        self._expat = ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text

    def run(self) -> Body:
        try:
            self._expat.Parse(_BEFORE + _without_declaration(self._raw) + _AFTER, True)
        except ExpatError as error:
            reason = str(error).split(":", 1)[0]
            raise BadBody(f"{reason} at {self._place(self._expat.ErrorByteIndex - len(_BEFORE))}") from None
        return Body(self._raw, self._root, tuple(self._elements))

    def _start(self, name: str, attrs: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 0:
            return
        start = self._expat.CurrentByteIndex - len(_BEFORE)
        if self._depth > DEEPEST:
            raise BadBody(f"nested more than {DEEPEST} levels deep at {self._place(start)}")
        tag = _START_TAG.match(self._raw, start)
        if tag is None:
            raise BadBody(f"a tag that cannot be read at {self._place(start)}")
        element = Element(name, attrs, self._at, len(self._elements), start, tag.end(), tag.end(), tag.end())
        element.self_closing = bool(tag.group(1))
        self._elements.append(element)
        self._at.children.append(element)
        self._at = element

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth < 0 or self._at.parent is None:
            return
        if not self._at.self_closing:
            self._at.inner_end = self._expat.CurrentByteIndex - len(_BEFORE)
            self._at.end = self._raw.index(b">", self._at.inner_end) + 1
        self._at = self._at.parent

    def _text(self, words: str) -> None:
        self._at.children.append(words)

    def _place(self, offset: int) -> str:
        offset = max(offset, 0)
        line_start = self._raw.rfind(b"\n", 0, offset) + 1
        column = len(self._raw[line_start:offset].decode(errors="replace")) + 1
        return f"line {self._raw.count(10, 0, offset) + 1}, column {column}"
