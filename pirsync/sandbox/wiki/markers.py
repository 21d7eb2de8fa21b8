"""Markers of inline comments: selected words are found in a storage body and wrapped where they stand."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pirsync.sandbox.text.markup import Element, Refused, escaped, parse, write

from .comments import Anchor
from .nouns import Page

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_SILENT = frozenset(
    ("ac:parameter", "ac:plain-text-body", "ac:plain-text-link-body", "ac:task-id", "ac:task-uuid", "ac:task-status")
) | frozenset(("ac:adf-attribute", "ac:adf-fallback", "ac:placeholder"))
"""Elements whose text a reader cannot select in the page."""

_INLINE = frozenset(("strong", "em", "u", "s", "del", "ins", "code", "sub", "sup", "small", "big", "span", "a")) | (
    frozenset(("ac:inline-comment-marker", "ac:link", "ac:link-body", "time", "b", "i"))
)
_PIECE = re.compile(r"&#?\w+;|.", re.DOTALL)
_END_OF_BLOCK = "\x00"
"""Stands between blocks, so that no selection runs across them."""


@dataclass(frozen=True)
class _Place:
    """One readable character: the element and child that it stands in, and where in that child as it is written."""

    element: Element
    child: int
    start: int
    end: int


def mark(world: World, page: Page, selection: str, count: int, index: int) -> Anchor:
    """Wrap the `index`-th (from 0) of `count` occurrences of `selection` in the page's newest body.

    The version's number stays, as on the real site. `Refused` when the words occur another number of times.
    """
    root = parse(page.current.body)
    places: list[tuple[str, _Place | None]] = []
    _gather(root, places)
    text = "".join(char for char, _ in places)
    wanted = selection.replace("\N{NO-BREAK SPACE}", " ")
    found = [match.start() for match in re.finditer(re.escape(wanted), text)] if wanted.strip() else []
    if not found or len(found) != count or not 0 <= index < count:
        raise Refused(
            "Failed to find the text selection in the content: "
            f"{len(found)} matches, textSelectionMatchCount {count}, textSelectionMatchIndex {index}"
        )
    chosen = [place for _, place in places[found[index] : found[index] + len(wanted)] if place is not None]
    anchor = Anchor(world.wiki.new_uuid(), selection)
    _wrap(chosen, anchor.ref)
    page.versions[-1] = replace(page.current, body=write(root))
    return anchor


def _gather(element: Element, places: list[tuple[str, _Place | None]]) -> None:
    for number, child in enumerate(element.children):
        if isinstance(child, Element):
            if child.name in _SILENT:
                continue
            is_block = child.name not in _INLINE
            if is_block:
                places.append((_END_OF_BLOCK, None))
            _gather(child, places)
            if is_block:
                places.append((_END_OF_BLOCK, None))
        elif "<![CDATA[" not in child:
            for piece in _PIECE.finditer(child):
                char = html.unescape(piece.group()).replace("\N{NO-BREAK SPACE}", " ")
                places.append((char[:1], _Place(element, number, piece.start(), piece.end())))


def _wrap(chosen: list[_Place], ref: str) -> None:
    """Put a marker around each run of text; the last first, so that earlier places stay true."""
    runs: list[tuple[_Place, _Place]] = []
    for place in chosen:
        if runs and runs[-1][1].element is place.element and runs[-1][1].child == place.child:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    for first, last in reversed(runs):
        text = first.element.children[first.child]
        assert isinstance(text, str), "only text has places"
        marker = Element("ac:inline-comment-marker", {"ac:ref": escaped(ref)}, [text[first.start : last.end]])
        around: list[Element | str] = [text[: first.start], marker, text[last.end :]]
        first.element.children[first.child : first.child + 1] = [each for each in around if each != ""]
