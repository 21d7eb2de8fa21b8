"""Wiki markup as an Atlassian document: its blocks, each with the content that the document's schema allows there."""

from __future__ import annotations

import re

from . import adf
from .adf_inline import Mention, Node, inline_nodes, text_node

PANELS = {
    "#deebff": "info",
    "#eae6ff": "note",
    "#e3fcef": "success",
    "#fffae6": "warning",
    "#ffebe6": "error",
}
"""A panel's background colour in wiki markup, and the panel's type in a document."""

MACRO = re.compile(r"(?<![\\{])\{(code|noformat|panel|quote)(?::([^{}\n]*))?\}(.*?)(?<![\\{])\{\1\}", re.DOTALL)
HEADING = re.compile(r"h([1-6])\.\s+(.*)\Z")
ITEM = re.compile(r"([*#]+|-)\s+(.*)\Z")
ROW = re.compile(r"\|.*\|\Z")
RULE = re.compile(r"-{4,}\Z")
QUOTE_LINE = re.compile(r"bq\.\s+(.*)\Z")

_CELL = re.compile(r"(?P<bar>\|\|?)|(?:\\.|\{\{.+?\}\}|\[(?:\\.|[^\]\n\\])*\]|[^|])")
_KINDS = {"heading": HEADING, "rule": RULE, "quote": QUOTE_LINE, "list": ITEM, "table": ROW}
_LISTED = frozenset({"paragraph", "bulletList", "orderedList", "codeBlock"})
_ALLOWED = {"blockquote": _LISTED, "panel": _LISTED | {"heading", "rule"}}


def document(text: str, mention: Mention) -> Node:
    """The document of a wiki text; nothing that it says is left out."""
    return {"version": 1, "type": "doc", "content": blocks(text.replace("\r\n", "\n"), mention)}


def blocks(text: str, mention: Mention) -> list[Node]:
    """The blocks of a wiki text."""
    found: list[Node] = []
    place = 0
    for macro in MACRO.finditer(text):
        found += _lines(text[place : macro.start()], mention)
        found.append(_macro(macro.group(1), macro.group(2) or "", macro.group(3), mention))
        place = macro.end()
    return found + _lines(text[place:], mention)


def _macro(name: str, arguments: str, inner: str, mention: Mention) -> Node:
    if name in ("code", "noformat"):
        return _code(arguments if name == "code" else "", inner)
    content = blocks(inner, mention)
    if name == "quote":
        return _holding("blockquote", {}, content)
    values = dict(pair.split("=", 1) for pair in arguments.split("|") if "=" in pair)
    if values.get("title"):
        title = {"type": "paragraph", "content": [text_node(values["title"], {"type": "strong"})]}
        content.insert(0, title)
    colour = values.get("bgColor", "").lower()
    if colour in PANELS or not re.fullmatch("#[0-9a-f]{6}", colour):
        return _holding("panel", {"panelType": PANELS.get(colour, "info")}, content)
    return _holding("panel", {"panelType": "custom", "panelColor": colour}, content)


def _code(arguments: str, inner: str) -> Node:
    named = [part.partition("=") for part in arguments.split("|") if part]
    words = [value if sign else name for name, sign, value in named if not sign or name == "language"]
    titles = [value for name, sign, value in named if sign and name == "title"]
    body = inner.removeprefix("\n").removesuffix("\n")
    if titles:
        body = f"{titles[0]}\n{body}" if body else titles[0]
    node: Node = {"type": "codeBlock", "attrs": {"language": words[0]} if words else {}}
    return {**node, "content": [text_node(body)] if body else []}


def _holding(kind: str, attributes: Node, content: list[Node]) -> Node:
    """A quote or a panel; blocks that it cannot hold become paragraphs of their text."""
    allowed = _ALLOWED[kind]
    held: list[Node] = []
    for node in content:
        if node["type"] in allowed:
            held.append(node)
        elif node["type"] != "rule":
            held += [{"type": "paragraph", "content": [text_node(line)]} for line in adf.text(node).split("\n") if line]
    node = {"type": kind, **({"attrs": attributes} if attributes else {})}
    return {**node, "content": held or [{"type": "paragraph", "content": []}]}


def _lines(text: str, mention: Mention) -> list[Node]:
    lines = [line.strip() for line in text.split("\n")]
    found: list[Node] = []
    place = 0
    while place < len(lines):
        kind = _kind(lines[place])
        end = place + 1
        while kind in ("text", "list", "table") and end < len(lines) and _kind(lines[end]) == kind:
            end += 1
        found += _block(kind, lines[place:end], mention)
        place = end
    return found


def _kind(line: str) -> str:
    if not line:
        return "blank"
    return next((kind for kind, pattern in _KINDS.items() if pattern.match(line)), "text")


def _block(kind: str, lines: list[str], mention: Mention) -> list[Node]:
    first = lines[0]
    if kind == "rule":
        return [{"type": "rule"}]
    if kind == "list":
        return _lists(lines, mention)
    if kind == "table":
        return [{"type": "table", "content": [_row(line, mention) for line in lines]}]
    if heading := HEADING.match(first):
        level, words = heading.groups()
        return [{"type": "heading", "attrs": {"level": int(level)}, "content": inline_nodes(words, mention)}]
    if quoted := QUOTE_LINE.match(first):
        return [{"type": "blockquote", "content": [_paragraph([quoted.group(1)], mention)]}]
    return [_paragraph(lines, mention)] if kind == "text" else []


def _paragraph(lines: list[str], mention: Mention) -> Node:
    content: list[Node] = []
    for place, line in enumerate(lines):
        # A break that is written at the end of a line is the same break as the line's own end.
        broken = place < len(lines) - 1 and line.endswith("\\\\") and len(line) > 2
        content += inline_nodes(line[:-2].rstrip() if broken else line, mention)
        if place < len(lines) - 1:
            content.append({"type": "hardBreak"})
    return {"type": "paragraph", "content": content}


def _lists(lines: list[str], mention: Mention) -> list[Node]:
    """Items that follow each other; an item can only be one level deeper than the one above it."""
    found: list[Node] = []
    above: list[Node] = []
    for line in lines:
        match = ITEM.match(line)
        if match is None:
            continue
        signs, words = match.groups()
        depth = min(len(signs), len(above) + 1)
        kind = "orderedList" if signs[-1] == "#" else "bulletList"
        item: Node = {"type": "listItem", "content": [_paragraph([words], mention)]}
        del above[depth:]
        if len(above) == depth and above[-1]["type"] == kind:
            above[-1]["content"].append(item)
            continue
        del above[depth - 1 :]
        made: Node = {"type": kind, "content": [item]}
        holder = above[-1]["content"][-1]["content"] if above else found
        holder.append(made)
        above.append(made)
    return found


def _row(line: str, mention: Mention) -> Node:
    cells: list[tuple[str, str]] = []
    for piece in _CELL.finditer(line):
        if piece.group("bar"):
            cells.append(("tableHeader" if piece.group("bar") == "||" else "tableCell", ""))
        else:
            kind, text = cells[-1]
            cells[-1] = kind, text + piece.group(0)
    if len(cells) > 1 and not cells[-1][1].strip():
        cells.pop()
    content = [{"type": kind, "content": [_paragraph([text.strip()], mention)]} for kind, text in cells]
    return {"type": "tableRow", "content": content}
