"""The page editor's model: edits name elements by number and change only those elements' bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from .body import Body, Element, parse
from .render import HEADINGS, Renderer, Site

_BLOCKS = frozenset(["p", "ul", "ol", "td", "th", *HEADINGS])
_INLINE = frozenset(["strong", "em", "u", "s", "del", "code", "sub", "sup", "span", "b", "i"])
_CLEAR = _INLINE | frozenset(["p", "ul", "ol", "li", "blockquote", "div", "a", "ac:inline-comment-marker", *HEADINGS])
"""What a person types inside of; its own tag comes back by its number. All else within a block is kept whole."""

_NEW_TAGS = _INLINE | frozenset(["p", "ul", "ol", "li"])
_BLOCK_TAGS = frozenset(["p", "ul", "ol", "li", "blockquote", "table", "div", "pre", "hr", *HEADINGS])
_DEEPEST = 40
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PERSON = re.compile(r"\b(owner|responsible|assignee|facilitator|approver|attendance|attendees|participants)\b", re.I)
_DATE = re.compile(r"\b(due|date|deadline)\b", re.I)

Mention = Callable[[str], str | None]
"""A person's user name -> the storage format of a mention; None for a name that nobody has."""


class BadEdit(ValueError):
    """An edit does not fit the page that it was made on."""


# ---------------------------------------------------------------- the view that is typed into


class EditorView(Renderer):
    """The rendered page with its blocks editable; `people` maps user names to display names, for the picker."""

    def __init__(self, body: Body, site: Site, people: Mapping[str, str]) -> None:
        super().__init__(body, site)
        self._pickers = {cell.number: role for table in _tables(body) for cell, role in _roles(table)}
        choices = "".join(f'<option value="{escape(name)}">{escape(shown)}</option>' for name, shown in people.items())
        self._choices = f'<option value="">@ Person…</option>{choices}'

    def extra(self, element: Element) -> str:
        """Number what can be typed into, what must be kept, and what rows can be added to."""
        if is_editable(element):
            return f' data-block="{element.number}" contenteditable="true"'
        if any(is_editable(above) for above in element.ancestors()):
            clear = element.name in _CLEAR and "data-card-appearance" not in element.attrs
            return f' data-n="{element.number}"' if clear else f' data-keep="{element.number}" contenteditable="false"'
        return f' data-table="{element.number}"' if element.name == "table" else ""

    def words(self, text: str) -> str:
        """Text and nothing around it, since what is around it would come back."""
        return escape(text)

    def after(self, element: Element) -> str:
        """A picker in a cell whose column asks for one; below a table, the row to add and its button."""
        if element.name == "table" and not any(is_editable(above) for above in element.ancestors()):
            return self._adder(element)
        return self._picker(self._pickers.get(element.number, ""))

    def _picker(self, role: str) -> str:
        if role == "date":
            field = '<input type="date" class="pick-date" aria-label="Insert a date">'
        elif role:
            opened = f'<select class="pick-person" data-mode="{role}" aria-label="Insert a person">'
            field = f"{opened}{self._choices}</select>"
        else:
            return ""
        return f'<span class="pick" contenteditable="false">{field}</span>'

    def _adder(self, table: Element) -> str:
        columns = column_roles(table)
        if not columns:
            return ""
        cells = "".join(f'<td contenteditable="true"><p><br></p>{self._picker(role)}</td>' for role in columns)
        return (
            f'<template data-new-row="{table.number}"><tr>{cells}</tr></template>'
            f'<button type="button" class="add-row" data-for="{table.number}">Add row</button>'
        )


def is_editable(element: Element) -> bool:
    """Whether it is a block: something that is typed into and not within another."""
    if element.name not in _BLOCKS:
        return False
    return not any(above.name in _BLOCKS for above in element.ancestors())


def rows_of(table: Element) -> list[Element]:
    """A table's own rows, not those of tables nested in it."""
    groups = [table, *(child for child in table.elements() if child.name in ("thead", "tbody", "tfoot"))]
    rows = [row for group in groups for row in group.elements() if row.name == "tr"]
    return sorted(rows, key=lambda row: row.number)


def column_roles(table: Element) -> list[str]:
    """For each column by its header: `owner`, `date` or nothing. A cell over several columns counts for each."""
    rows = rows_of(table)
    first = _cells(rows[0]) if rows else []
    is_head = all(_is_header(cell) for cell in first)
    roles: list[str] = []
    for cell in first:
        span = cell.attrs.get("colspan", "1")
        width = int(span) if span.isascii() and span.isdigit() and 0 < int(span) <= 100 else 1
        roles += [_role(cell, "owner") if is_head else ""] * width
    return roles


def _role(label: Element, person: str) -> str:
    words = label.text()
    return person if _PERSON.search(words) else "date" if _DATE.search(words) else ""


def _is_header(cell: Element) -> bool:
    """A header cell, or one that is written in bold as older pages do."""
    return cell.name == "th" or any(inner.name in ("strong", "b") for inner in cell.descendants())


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row.elements() if cell.name in ("td", "th")]


def _tables(body: Body) -> list[Element]:
    return [element for element in body.elements if element.name == "table"]


def _roles(table: Element) -> list[tuple[Element, str]]:
    """The picker of each cell: by its column's header, in a table of labels and values by the label beside it."""
    columns = column_roles(table)
    found = []
    for row in rows_of(table):
        cells = _cells(row)
        if len(cells) == 2 and _is_header(cells[0]) and cells[1].name == "td":
            found.append((cells[1], _role(cells[0], "people")))
        elif row is not rows_of(table)[0] and len(cells) == len(columns):
            found += [(cell, role) for cell, role in zip(cells, columns, strict=True) if cell.name == "td"]
    return found


# ---------------------------------------------------------------- what comes back


def apply(body: str, edits: object, mention: Mention) -> str:
    """The body with edits made: a list of `{block, parts}`, `{after, parts}` (a new paragraph) or `{table, cells}`.

    Parts are `{text}`, `{mention: user name}`, `{date: ISO}`, `{break}`, `{keep: number}`, `{like: number, parts}` (the
    start tag of that element) and `{tag, parts}`. Raises BadEdit for anything else, and BadBody.
    """
    parsed = parse(body)
    writer = _Writer(parsed, mention)
    changes: list[tuple[int, int, bytes]] = []
    seen: set[int] = set()
    for edit in _list(edits):
        match edit:
            case {"block": number, "parts": parts}:
                block = writer.editable(number)
                if block.number in seen:
                    raise BadEdit("one block is edited twice")
                seen.add(block.number)
                changes.append(_filled(parsed.raw, block, writer.content(block.name, _list(parts))))
            case {"after": number, "parts": parts}:
                end = writer.editable(number).end
                changes.append((end, end, f"<p>{writer.parts(_list(parts), 0)}</p>".encode()))
            case {"table": number, "cells": cells}:
                row = "".join(f"<td>{writer.content('td', _list(parts))}</td>" for parts in _list(cells))
                changes.append(_row_at(parsed.raw, writer.element(number), f"<tr>{row}</tr>"))
            case _:
                raise BadEdit("an edit that is not known")
    changed = _spliced(parsed.raw, changes)
    parse(changed)
    return changed


def _spliced(raw: bytes, changes: Sequence[tuple[int, int, bytes]]) -> str:
    pieces: list[bytes] = []
    done = 0
    for start, end, new in sorted(changes, key=lambda change: change[0]):
        if start < done:
            raise BadEdit("two edits overlap")
        pieces += [raw[done:start], new]
        done = end
    return (b"".join(pieces) + raw[done:]).decode()


def _filled(raw: bytes, element: Element, content: str) -> tuple[int, int, bytes]:
    if not element.self_closing:
        return element.inner_start, element.inner_end, content.encode()
    opened = _start_tag(raw, element)
    return element.start, element.end, f"{opened}{content}</{element.name}>".encode()


def _start_tag(raw: bytes, element: Element) -> str:
    tag = raw[element.start : element.inner_start].decode()
    return tag[:-2].rstrip() + ">" if element.self_closing else tag


def _row_at(raw: bytes, table: Element, row: str) -> tuple[int, int, bytes]:
    """A new last row; behind a table's head it needs a body of its own."""
    rows = rows_of(table)
    if table.name != "table" or not rows:
        raise BadEdit("there is no table with rows to add to")
    last = rows[-1]
    place, new = last.end, row
    if last.parent is not None and last.parent.name == "thead":
        body = table.child("tbody")
        if body is not None:
            return _filled(raw, body, row)
        place, new = last.parent.end, f"<tbody>{row}</tbody>"
    return place, place, new.encode()


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise BadEdit("a list is expected")
    return value


class _Writer:
    """Turns parts into storage format, with the original bytes of what is kept."""

    def __init__(self, body: Body, mention: Mention) -> None:
        self._body = body
        self._mention = mention

    def element(self, number: object) -> Element:
        """The element of that number."""
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(self._body.elements):
            raise BadEdit("the page has no such element")
        return self._body.elements[number]

    def editable(self, number: object) -> Element:
        """The block of that number."""
        element = self.element(number)
        if not is_editable(element):
            raise BadEdit("this part of the page cannot be typed into")
        return element

    def content(self, block: str, parts: list[Any]) -> str:
        """A block's new content; words directly in a cell or list get the paragraph or item that they need there."""
        if block not in ("td", "th", "ul", "ol"):
            return self.parts(parts, 0)
        before, behind = ("<p>", "</p>") if block in ("td", "th") else ("<li><p>", "</p></li>")
        pieces: list[str] = []
        loose: list[Any] = []
        for part in [*parts, None]:
            if part is not None and not self._is_block(part):
                loose.append(part)
                continue
            words = self.parts(loose, 0)
            if words.strip():
                pieces.append(before + words + behind)
            loose = []
            if part is not None:
                pieces.append(self.parts([part], 0))
        return "".join(pieces) or before + behind

    def _is_block(self, part: Any) -> bool:
        match part:
            case {"tag": tag}:
                return tag in _BLOCK_TAGS
            case {"like": number}:
                return self.element(number).name in _BLOCK_TAGS
            case {"keep": number}:
                kept = self.element(number)
                return kept.name in _BLOCK_TAGS or kept.child("ac:rich-text-body", "ac:plain-text-body") is not None
        return False

    def parts(self, parts: list[Any], depth: int) -> str:
        """Parts as storage format."""
        if depth > _DEEPEST:
            raise BadEdit("nested too deeply")
        return "".join(self._part(part, depth) for part in parts)

    def _part(self, part: Any, depth: int) -> str:
        match part:
            case {"text": str(words)}:
                return escape(_FORBIDDEN.sub("", words), quote=False)
            case {"mention": str(name)}:
                storage = self._mention(name)
                if storage is None:
                    raise BadEdit("nobody has that name")
                return storage
            case {"date": str(day)}:
                return f'<time datetime="{_day(day)}" />'
            case {"break": True}:
                return "<br />"
            case {"keep": number}:
                kept = self.element(number)
                return self._body.raw[kept.start : kept.end].decode()
            case {"like": number, "parts": inner}:
                model = self.element(number)
                words = self.parts(_list(inner), depth + 1)
                return f"{_start_tag(self._body.raw, model)}{words}</{model.name}>"
            case {"tag": str(tag), "parts": inner} if tag in _NEW_TAGS:
                return f"<{tag}>{self.parts(_list(inner), depth + 1)}</{tag}>"
        raise BadEdit("content that is not known")


def _day(words: str) -> str:
    try:
        return date.fromisoformat(words).isoformat()
    except ValueError:
        raise BadEdit("not a date") from None
