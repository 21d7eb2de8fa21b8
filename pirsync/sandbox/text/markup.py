"""A storage body as a tree that gives back what it was made of; a body that is not well formed is refused."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.entities import entitydefs
from xml.parsers.expat import ExpatError, ParserCreate

DEEPEST = 200
"""Levels of nesting that the sandbox stores."""

_ENTITIES = {
    name: f'<!ENTITY {name} "&#38;#{ord(char)};">' if name in ("lt", "amp") else f'<!ENTITY {name} "&#{ord(char)};">'
    for name, char in entitydefs.items()
}
_ENTITY = re.compile(r"&(\w+);")
_AFTER = b"</r>"
_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ASIDE = re.compile(r"(<!\[CDATA\[.*?\]\]>)|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_REFERENCE = re.compile(r"&(#?\w+);")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\N{NO-BREAK SPACE}": "&nbsp;"}


class Refused(Exception):
    """What Confluence answers with status 400: the text says what is wrong, and in a body also where."""


@dataclass
class Element:
    """One element: attributes as written (entities and all), children in order, text as written."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    is_empty_tag: bool = False

    def elements(self, *names: str) -> list[Element]:
        """The child elements of those names, in order; without names all."""
        found = [child for child in self.children if isinstance(child, Element)]
        return [child for child in found if child.name in names] if names else found

    @property
    def text(self) -> str:
        """The text of the whole element with its entities resolved, CDATA included."""
        return "".join(child.text if isinstance(child, Element) else _plain(child) for child in self.children)


def parse(body: str) -> Element:
    """The body as one element without a name; `Refused` with row and column when it is not well formed."""
    try:
        raw = body.encode()
    except UnicodeEncodeError as error:
        raise _refusal("Illegal surrogate", body[: error.start]) from error
    # Only the entities that occur are declared: to declare all takes longer than to read most bodies.
    named = sorted(set(_ENTITY.findall(body)) & _ENTITIES.keys())
    before = f"<!DOCTYPE r [{''.join(_ENTITIES[name] for name in named)}]><r>".encode()
    root = Element("")
    open_elements = [root]
    position = 0
    parser = ParserCreate("utf-8")

    def text_until(here: int) -> None:
        if here > position:
            open_elements[-1].children.append(raw[position:here].decode())

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal position
        here = parser.CurrentByteIndex - len(before)
        if here < 0:
            return
        if len(open_elements) > DEEPEST:
            raise _refusal("Elements are nested too deeply", raw[:here].decode())
        text_until(here)
        tag = _TAG.match(raw, here)
        assert tag is not None, "expat has accepted this tag"
        written = _ATTRIBUTE.finditer(tag.group().decode())
        attributes = {each[1]: each[2] if each[2] is not None else each[3] for each in written}
        element = Element(name, attributes, is_empty_tag=bool(tag.group(1)))
        open_elements[-1].children.append(element)
        open_elements.append(element)
        position = tag.end()

    def end(_name: str) -> None:
        nonlocal position
        here = parser.CurrentByteIndex - len(before)
        if len(open_elements) == 1:
            text_until(here)
            position = here
            return
        if not open_elements[-1].is_empty_tag:
            text_until(here)
            position = raw.index(b">", here) + 1
        open_elements.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(before + raw + _AFTER, True)
    except ExpatError as error:
        here = max(0, parser.ErrorByteIndex - len(before))
        what = str(error).split(":")[0].capitalize()
        raise _refusal(what, raw[:here].decode(errors="replace")) from error
    return root


def write(element: Element) -> str:
    """The element as text; the root, which has no name, as its content."""
    inner = "".join(write(child) if isinstance(child, Element) else child for child in element.children)
    if not element.name:
        return inner
    attributes = "".join(f' {name}="{value}"' for name, value in element.attributes.items())
    if not inner and element.is_empty_tag:
        return f"<{element.name}{attributes} />"
    return f"<{element.name}{attributes}>{inner}</{element.name}>"


def tidy_text(text: str) -> str:
    """Text as Confluence keeps it: no comments, references as characters except those that must stay, CDATA as is."""
    if "<" not in text:
        return _settled(text)
    parts: list[str] = []
    position = 0
    for aside in _ASIDE.finditer(text):
        parts.append(_settled(text[position : aside.start()]))
        parts.append(aside.group(1) or "")
        position = aside.end()
    return "".join([*parts, _settled(text[position:])])


def tidy_attribute(value: str) -> str:
    """An attribute's value with its references settled and its double quotes escaped."""
    return _settled(value).replace('"', "&quot;")


def escaped(value: str) -> str:
    """A plain value as it is written in text or an attribute."""
    return "".join(_ESCAPED.get(char, char) for char in value)


def walk(element: Element, visit: Callable[[Element], None]) -> None:
    """Visit every element below, the outer before the inner; a visit may change the children."""
    for child in element.elements():
        visit(child)
        walk(child, visit)


def _settled(text: str) -> str:
    def settle(reference: re.Match[str]) -> str:
        value = html.unescape(reference.group())
        # A character that would be read differently when written out stays a number.
        return reference.group() if ord(value[0]) < ord(" ") else _ESCAPED.get(value, value)

    settled = _REFERENCE.sub(settle, text) if "&" in text else text
    return settled.replace("\N{NO-BREAK SPACE}", "&nbsp;")


def _plain(text: str) -> str:
    parts: list[str] = []
    position = 0
    for aside in _ASIDE.finditer(text):
        cdata = aside.group(1)
        parts += [html.unescape(text[position : aside.start()]), cdata[9:-3] if cdata else ""]
        position = aside.end()
    return "".join([*parts, html.unescape(text[position:])])


def _refusal(what: str, before: str) -> Refused:
    row = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Refused(f"Error parsing xhtml: {what}\n at [row,col {{unknown-source}}]: [{row},{column}]")
