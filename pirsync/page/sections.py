"""What a page says, heading by heading: lines, tables and links as a reader sees them. Nothing here is ever written.

Prompts that nobody typed over are not text. A table's cells are not lines; layouts, panels and lists are looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pirsync.page_model import Mention, Section

from . import read
from .review import cells_of, rows_of
from .scan import Element, encode, scan

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LEAVES = frozenset({"p", "pre", "li", "blockquote", "ac:task-body", "ac:plain-text-body", "dd", "dt"})
_BLOCKS = frozenset({*_HEADINGS, *_LEAVES, "table", "ul", "ol", "dl", "div", "section"}) | {
    *("ac:layout", "ac:layout-section", "ac:layout-cell", "ac:rich-text-body", "ac:task-list", "ac:task", "ac:image"),
    "ac:adf-extension",
}
_BODIES = ("ac:rich-text-body", "ac:plain-text-body")
_SILENT = frozenset({"ac:parameter", "ac:task-id", "ac:task-status", "ac:task-uuid", "ac:adf-fallback"})
_PICTURES = frozenset({"drawio", "gliffy", "lucidchart", "plantuml", "mermaid", "inc-drawio", "view-file", "viewpdf"})
"""Macros that draw: what they show cannot be read."""


def read_sections(body: str) -> tuple[Section, ...]:
    """The sections of a page in order. The first has no heading, and holds what stands above all headings.

    Raises BadPage when the body is not well formed.
    """
    reader = _Reader()
    reader.take(scan(encode(body)))
    return tuple(section.done() for section in reader.sections)


class _Open:
    """A section while it is being read."""

    def __init__(self, heading: str, level: int) -> None:
        self.heading = heading
        self.level = level
        self.lines: list[str] = []
        self.tables: list[tuple[tuple[str, ...], ...]] = []
        self.links: list[str] = []
        self.mentions: list[Mention] = []
        self.pictures = 0

    def done(self) -> Section:
        return Section(
            heading=self.heading,
            level=self.level,
            lines=tuple(self.lines),
            tables=tuple(self.tables),
            links=tuple(self.links),
            mentions=tuple(self.mentions),
            pictures=self.pictures,
        )


def _is_block(element: Element) -> bool:
    """Whether it stands on lines of its own: of macros those that have a body, or draw."""
    if element.name == "ac:structured-macro":
        return read.macro(element) in _PICTURES or any(element.child(body) is not None for body in _BODIES)
    return element.name in _BLOCKS


def _as_block(child: Element | str) -> Element | None:
    return child if isinstance(child, Element) and _is_block(child) else None


class _Reader:
    def __init__(self) -> None:
        self.sections = [_Open("", 0)]

    def take(self, element: Element) -> None:
        """Read one block: a heading begins a section, a table is kept by its cells, a leaf is a line."""
        section = self.sections[-1]
        if element.name in _SILENT:
            return
        if level := _HEADINGS.get(element.name):
            self.sections.append(_Open(read.text_of(element), level))
        elif element.name == "table":
            self._gather(element)
            section.tables.append(tuple(tuple(map(read.text_of, cells_of(row))) for row in rows_of(element)))
        elif any(map(_is_block, element.elements())):
            self._mixed(element)
        else:
            self._leaf(element)

    def _mixed(self, element: Element) -> None:
        """Blocks one by one; what stands between them, inline, is a line of its own."""
        for block, between in groupby(element.children, _as_block):
            if block is not None:
                self.take(block)
            else:
                inline = Element("p", {}, None)
                inline.children += between
                self._leaf(inline)

    def _leaf(self, element: Element) -> None:
        section = self.sections[-1]
        self._gather(element)
        if element.name == "ac:image" or read.macro(element) in _PICTURES:
            section.pictures += 1
        elif text := read.text_of(element):
            section.lines.append(text)

    def _gather(self, element: Element) -> None:
        """Links, people and pictures within."""
        section = self.sections[-1]
        inner = tuple(element.walk())
        section.links += [href for a in inner if a.name == "a" and (href := a.attrs.get("href"))]
        section.links += filter(None, _page_links(inner))
        section.pictures += sum(found.name == "ac:image" or read.macro(found) in _PICTURES for found in inner)
        section.mentions += read.mentions_in(inner)


def _page_links(inner: tuple[Element, ...]) -> Iterator[str | None]:
    """Links to pages and attachments of the wiki, by title or file name, to issues by key; empty if none is told."""
    for found in inner:
        if found.name == "ri:page":
            yield found.attrs.get("ri:content-title")
        elif found.name == "ri:attachment" and (found.parent is None or found.parent.name != "ac:image"):
            yield found.attrs.get("ri:filename")
        elif read.macro(found) == "jira":
            yield found.parameter("key")
