"""What changed between two versions of a page, line by line: a paragraph, heading or table row is a line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from .body import BadBody, Element, parse

Kind = Literal["same", "added", "removed"]
_LINES = frozenset(
    ["p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "tr", "ac:task", "ac:plain-text-body"]
)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Line:
    """One line of a comparison; the text is plain, to be escaped by whoever shows it."""

    kind: Kind
    text: str


def compare(before: str, after: str, person: Callable[[str], str | None]) -> tuple[Line, ...]:
    """Two storage bodies as lines that are the same, added or removed; `person` names who is mentioned."""
    old, new = readable(before, person), readable(after, person)
    found: list[Line] = []
    for tag, old_start, old_end, new_start, new_end in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        if tag == "equal":
            found += [Line("same", text) for text in old[old_start:old_end]]
        else:
            found += [Line("removed", text) for text in old[old_start:old_end]]
            found += [Line("added", text) for text in new[new_start:new_end]]
    return tuple(found)


def readable(body: str, person: Callable[[str], str | None]) -> list[str]:
    """A body's lines as a person reads them; one that is not well formed is given as it is written."""
    try:
        root = parse(body).root
    except BadBody:
        return body.splitlines()
    return [text for line in _lines(root, person) if (text := _BLANKS.sub(" ", line).strip(" |"))]


def _lines(root: Element, person: Callable[[str], str | None]) -> Iterator[str]:
    """Text in document order; a line ends where an element that is a line begins or ends, but a row stays whole."""
    words: list[str] = []
    for token in _tokens(root, person):
        if token == "\n":
            yield "".join(words)
            words.clear()
        else:
            words.append(token)
    yield "".join(words)


def _tokens(root: Element, person: Callable[[str], str | None]) -> Iterator[str]:
    waiting = _content(root)
    rows = 0
    while waiting:
        node = waiting.pop()
        if node is _ROW_END:
            rows -= 1
            yield " " if rows else "\n"
        elif isinstance(node, str):
            yield node
        elif node.name == "tr":
            yield "" if rows else "\n"
            rows += 1
            waiting += [_ROW_END, *_content(node)]
        elif node.name in ("td", "th"):
            waiting += [" | ", *_content(node)]
        elif node.name in _LINES and not rows:
            yield "\n"
            waiting += ["\n", *_content(node)]
        elif node.name in ("br", "p", "li"):
            waiting += [" ", *_content(node)]
        else:
            shown = _shown(node, person)
            waiting += [shown] if shown is not None else _content(node)


_ROW_END = Element("", {}, None, -1)


def _content(node: Element) -> list[Element | str]:
    """Its children, last first, and no line break within their text: only elements end a line."""
    return [child.replace("\n", " ") if isinstance(child, str) else child for child in reversed(node.children)]


def _shown(node: Element, person: Callable[[str], str | None]) -> str | None:
    """What stands for an element whose meaning is not its text; None for all others."""
    if node.name == "time":
        return node.attrs.get("datetime", "")
    if node.name == "ri:user":
        refs = (node.attrs.get(name) for name in ("ri:account-id", "ri:userkey", "ri:username"))
        return f"@{person(next((ref for ref in refs if ref), '')) or 'Unknown user'}"
    if node.name in ("ri:page", "ri:blog-post"):
        return node.attrs.get("ri:content-title", "")
    if node.name == "ac:structured-macro" and node.attrs.get("ac:name") in ("status", "jira"):
        return f"[{node.parameter('title') or node.parameter('key') or node.parameter('jqlQuery')}]"
    return "" if node.name in ("ac:parameter", "ac:task-id", "ac:task-uuid", "ac:task-status") else None
