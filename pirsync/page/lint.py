"""What keeps a page clean for the new editor, as sentences: a page that breaks a rule stays in the legacy editor.

The rules are those of the editor's published schema (facts: confluence, 5.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from pirsync.page_model import Region

from .scan import BadPage, Element, encode, position, scan

BODIED = frozenset(("details", "excerpt", "expand", "info", "note", "panel", "tip", "warning"))
"""Macros with a rich body, whether or not this one has it; code's body is plain, and does not count."""
PANELS = frozenset(("info", "note", "panel", "tip", "warning"))
LONGEST_STATUS = 20

_MACROS = frozenset(("ac:macro", "ac:structured-macro"))
_LAYOUT = frozenset(("ac:layout", "ac:layout-cell", "ac:layout-section"))
_HOLDERS = {"td": "a table cell", "th": "a table cell", "li": "a list", "ac:task-body": "a task list"}


def lint(storage: str) -> tuple[str, ...]:
    """Everything wrong with a body, in document order, each with line and column; empty when it is clean."""
    try:
        raw = encode(storage)
        root = scan(raw)
    except BadPage as error:
        return (f"The body is not well formed: {error}.",)
    found = [*_elements(root), *_regions(root)]
    found.sort(key=lambda each: each[0].start)
    return tuple(f"{position(raw, element.start).capitalize()}: {sentence}." for element, sentence in found)


def _elements(root: Element) -> Iterator[tuple[Element, str]]:
    for element in root.walk():
        if element.name == "table":
            yield from _table(element)
        elif element.name in _MACROS:
            yield from _status(element)
            yield from _bodied(element)


def _table(table: Element) -> Iterator[tuple[Element, str]]:
    for above in table.ancestors():
        if above.name in ("td", "th"):
            yield table, "A table stands in a table cell, where the editor allows none"
            return
        if above.name in _MACROS and _macro(above) in PANELS:
            yield table, f"A table stands in the macro '{_macro(above)}', where the editor allows none"
            return


def _status(macro: Element) -> Iterator[tuple[Element, str]]:
    if _macro(macro) != "status":
        return
    words = macro.parameter("title").strip()
    if not words:
        yield macro, "A status has no text, which the editor needs"
    elif len(words) > LONGEST_STATUS:
        yield macro, f"The status '{words[:60]}' has {len(words)} characters; at most {LONGEST_STATUS} are allowed"


def _bodied(macro: Element) -> Iterator[tuple[Element, str]]:
    name = _macro(macro)
    if name not in BODIED and macro.child("ac:rich-text-body") is None:
        return
    for above in macro.ancestors():
        if above.name in _MACROS:
            yield macro, f"The macro '{name}' stands in the macro '{_macro(above)}'; a macro's body holds no other body"
            return
        if above.name in _HOLDERS:
            yield macro, f"The macro '{name}' stands in {_HOLDERS[above.name]}, which holds no macro with a body"
            return
    outside = next((above.name for above in macro.ancestors() if above.name not in _LAYOUT), None)
    if name == "details" and outside:
        yield macro, f"The macro 'details' stands in <{outside}>; it belongs at the top level or in a layout"


def _regions(root: Element) -> Iterator[tuple[Element, str]]:
    reserved = {region.value for region in Region}
    seen: set[str] = set()
    for macro in root.walk():
        if macro.name not in _MACROS or _macro(macro) != "details":
            continue
        region = macro.parameter("id").strip()
        if region in seen:
            yield macro, f"The region '{region}' is there a second time; pirsync then writes to neither"
        if region in reserved:
            seen.add(region)


def _macro(element: Element) -> str:
    return element.attrs.get("ac:name", "")
