"""Paragraphs, lists, tables, quotes and code as values, written as storage format for the place where they stand.

The new editor allows less inside a list, and least inside a table cell (facts: confluence, 5.4); what a place does
not allow is written as paragraphs there, and never lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Literal

from . import cells, escape

_BLANKS = re.compile(r"[ \t\r\n\f]+")


class Place(Enum):
    """Where blocks will stand: the page's top level, a list's item, or a table's cell."""

    PAGE = "page"
    ITEM = "item"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Mark:
    """An inline element around text; `href` is a link's address."""

    name: str
    href: str = ""


Marks = tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of text; `inline` is well-formed XHTML, here and below."""

    inline: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    inline: str


@dataclass(frozen=True, slots=True)
class BulletList:
    """A list, with bullets (`ul`) or numbers (`ol`)."""

    name: str
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell (`td`) or a header cell (`th`)."""

    name: str
    colspan: int
    rowspan: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows."""

    rows: tuple[tuple[TableCell, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation or a panel."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Preformatted text; `language` is empty or one that the code macro knows."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block = Paragraph | Heading | BulletList | Table | Quote | Code | Rule


class Flow:
    """Collects text into paragraphs, and paragraphs among other blocks, in the order in which they come."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._runs: list[tuple[str, Marks]] = []

    def say(self, words: str, marks: Marks) -> None:
        """Text with its marks; its white space is folded, over the borders of runs too."""
        folded = _BLANKS.sub(" ", escape.printable(words))
        if not self._runs or self._runs[-1][0].endswith((" ", "\n")):
            folded = folded.lstrip(" ")
        if folded:
            self._runs.append((folded, marks))

    def ends_in_word(self) -> bool:
        """True when text that follows at once would run into a word."""
        return bool(self._runs) and self._runs[-1][0][-1].isalnum()

    def break_line(self) -> None:
        """A line break within the paragraph; none at its start."""
        if self._runs:
            self._runs.append(("\n", ()))

    def end_paragraph(self) -> None:
        """Close the paragraph, if it shows anything."""
        while self._runs and not self._runs[-1][0].strip(" \n"):
            self._runs.pop()
        if any(words.strip() for words, _ in self._runs):
            words, marks = self._runs[-1]
            self._runs[-1] = (words.rstrip(" "), marks)
            self._blocks.append(Paragraph(inline(self._runs)))
        self._runs = []

    def put(self, block: Block) -> None:
        """A block that is no paragraph."""
        self.end_paragraph()
        self._blocks.append(block)

    def end(self) -> tuple[Block, ...]:
        """All blocks."""
        self.end_paragraph()
        return tuple(self._blocks)


def inline(runs: Iterable[tuple[str, Marks]]) -> str:
    """Runs of text as XHTML: each mark is opened once for all neighbours that share it, and always closed."""
    out: list[str] = []
    opened: Marks = ()
    for words, marks in runs:
        shared = _shared(opened, marks)
        out += (f"</{mark.name}>" for mark in reversed(opened[shared:]))
        out += (_open(mark) for mark in marks[shared:])
        out.append("<br />" if words == "\n" else escape.text(words))
        opened = marks
    out += (f"</{mark.name}>" for mark in reversed(opened))
    return "".join(out)


def _shared(left: Marks, right: Marks) -> int:
    pairs = zip(left, right, strict=False)
    return next((i for i, (one, other) in enumerate(pairs) if one != other), min(len(left), len(right)))


def _open(mark: Mark) -> str:
    return f'<{mark.name} href="{escape.attribute(mark.href)}">' if mark.href else f"<{mark.name}>"


def write(blocks: Sequence[Block], place: Place) -> str:
    """Blocks as storage format for one place; recursion is as deep as the blocks are."""
    return "".join(_write(block, place) for block in blocks)


def _write(block: Block, place: Place) -> str:
    match block:
        case Paragraph(words):
            return f"<p>{words}</p>"
        case Heading(level, words):
            return f"<h{level}>{words}</h{level}>" if place is Place.PAGE else f"<p><strong>{words}</strong></p>"
        case BulletList(name, items):
            return _list(name, items, Place.CELL if place is Place.CELL else Place.ITEM)
        case Table(rows):
            return _table(rows) if place is Place.PAGE else "".join(_lines(rows))
        case Quote(quoted):
            return _quote(quoted) if place is Place.PAGE else write(quoted, place)
        case Code(language, text):
            return _code_lines(text) if place is Place.CELL else _code_macro(language, text)
        case Rule():
            return "<hr />" if place is Place.PAGE else ""


def _list(name: str, items: Iterable[tuple[Block, ...]], place: Literal[Place.CELL, Place.ITEM]) -> str:
    written = "".join(f"<li>{_list_item(item, place)}</li>" for item in items)
    return f"<{name}>{written}</{name}>" if written else ""


def _list_item(item: tuple[Block, ...], place: Place) -> str:
    """An item must begin with text: a list right at its start gets an empty line before it."""
    body = write(item, place)
    return body if body and not body.startswith(("<ul", "<ol")) else cells.empty() + body


def _table(rows: Iterable[tuple[TableCell, ...]]) -> str:
    written = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows if row)
    return f"<table><tbody>{written}</tbody></table>" if written else ""


def _cell(cell: TableCell) -> str:
    spans = f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
    spans += f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    return f"<{cell.name}{spans}>{write(cell.blocks, Place.CELL) or cells.empty()}</{cell.name}>"


def _lines(rows: Iterable[tuple[TableCell, ...]]) -> Iterator[str]:
    """A table as paragraphs: `a | b`."""
    for row in rows:
        said = [" / ".join(_phrases(cell.blocks)) for cell in row]
        if any(said):
            yield f"<p>{' | '.join(said)}</p>"


def _phrases(blocks: Iterable[Block]) -> Iterator[str]:
    """Every block's text as inline XHTML, in order."""
    for block in blocks:
        match block:
            case Paragraph(words) | Heading(_, words):
                yield words
            case BulletList(_, items):
                yield from (phrase for item in items for phrase in _phrases(item))
            case Table(rows):
                yield from (phrase for row in rows for cell in row for phrase in _phrases(cell.blocks))
            case Quote(quoted):
                yield from _phrases(quoted)
            case Code(_, text):
                yield from (f"<code>{escape.text(line)}</code>" for line in text.splitlines() if line.strip())
            case Rule():
                continue


def _quote(blocks: Iterable[Block]) -> str:
    """Text and lists are quoted; code and tables, which a quotation cannot hold, stand between its parts."""
    parts: list[str] = []
    for quotable, group in groupby(blocks, lambda block: isinstance(block, Paragraph | Heading | BulletList)):
        if quotable:
            parts.append(f"<blockquote>{write(tuple(group), Place.CELL)}</blockquote>")
        else:
            parts.append(write(tuple(group), Place.PAGE))
    return "".join(parts)


def _code_macro(language: str, text: str) -> str:
    named = f'<ac:parameter ac:name="language">{language}</ac:parameter>' if language else ""
    return (
        f'<ac:structured-macro ac:name="code" ac:schema-version="1">{named}'
        f"<ac:plain-text-body>{escape.cdata(text)}</ac:plain-text-body></ac:structured-macro>"
    )


def _code_lines(text: str) -> str:
    return "".join(f"<p><code>{escape.text(line)}</code></p>" for line in text.splitlines() if line.strip())
