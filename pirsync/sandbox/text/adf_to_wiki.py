"""An Atlassian document as wiki markup, as version 2 of Jira's API shows it: every text of the document is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from .adf_escape import address, edge, inside, literal, settled
from .adf_from_wiki import PANELS
from .adf_inline import CARD, EMOJI, LINK_TARGET, MARK_SIGNS, URL, Node, closes, opens, text_node

LANGUAGES = frozenset({
    "actionscript", "ada", "applescript", "bash", "c", "c#", "c++", "cpp", "css", "erlang", "go", "groovy", "haskell",
    "html", "java", "javascript", "js", "json", "lua", "none", "nyan", "objc", "perl", "php", "python", "r", "rainbow",
    "ruby", "scala", "sh", "sql", "swift", "visualbasic", "xml", "yaml",
})  # fmt: skip
"""The languages that `{code}` knows; every other block of code becomes `{noformat}`."""

_COLOURS = {kind: colour for colour, kind in PANELS.items()} | {"tip": "#e3fcef"}
_STATUS = {
    "neutral": "#97a0af",
    "purple": "#6554c0",
    "blue": "#00b8d9",
    "red": "#ff5630",
    "yellow": "#ff991f",
    "green": "#36b37e",
}
_EMOJI = {name: sign for sign, (name, _) in EMOJI.items()}
_ORDER = ("textColor", "strong", "em", "underline", "strike", "sup", "sub")
_SIGN = {mark: sign for sign, mark in MARK_SIGNS.items()}

Atom = tuple[dict[str, str], str]
"""A piece of a line: its marks, each with its value, and its text with stand-ins for signs."""


def wiki(document: Node) -> str:
    """The wiki text of a document."""
    return _blocks(children(document), ())


def children(node: Node) -> list[Node]:
    """The nodes in a node; what is none is left out."""
    content = node.get("content")
    return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []


def _attribute(node: Node, *names: str) -> str:
    attributes = node.get("attrs")
    values = [attributes[name] for name in names if attributes.get(name)] if isinstance(attributes, dict) else []
    return str(values[0]) if values else ""


def _blocks(nodes: Iterable[Node], within: tuple[str, ...]) -> str:
    return "\n\n".join(text for node in nodes if (text := _block(node, within)))


def _block(node: Node, within: tuple[str, ...]) -> str:
    """One block; `within` are the macros around it, whose end a text of code must not hold."""
    kind = node.get("type")
    if kind == "paragraph":
        return _paragraph(children(node))
    if kind == "heading":
        words = _one_line(children(node))
        level = _attribute(node, "level")
        return f"h{level if level in tuple('123456') else 1}. {words}" if words else ""
    if kind == "rule":
        return "----"
    if kind == "codeBlock":
        return _code(node, within)
    if kind == "blockquote":
        return f"{{quote}}\n{_blocks(children(node), (*within, 'quote'))}\n{{quote}}"
    if kind == "panel":
        colour = _COLOURS.get(_attribute(node, "panelType")) or _hex(_attribute(node, "panelColor"))
        start = f"{{panel:bgColor={colour}}}" if colour else "{panel}"
        return f"{start}\n{_blocks(children(node), (*within, 'panel'))}\n{{panel}}"
    if kind in ("bulletList", "orderedList", "taskList", "decisionList"):
        return _list(node, within)
    if kind == "table":
        return "\n".join(_row(row) for row in children(node) if children(row))
    if kind in ("text", *_INLINE):
        return _paragraph([node])
    own = _paragraph(_own_text(node))
    inner = _paragraph(children(node)) if _holds_words(node) else _blocks(children(node), within)
    return "\n\n".join(part for part in (own, inner) if part)


def _own_text(node: Node) -> list[Node]:
    """What a block says of itself: an expand's title, the text of something that only an app can show."""
    title = _attribute(node, "title")
    return [text_node(title, {"type": "strong"})] if title else [text_node(_attribute(node, "text"))]


def _holds_words(node: Node) -> bool:
    return any(one.get("type") in ("text", "hardBreak") for one in children(node))


_INLINE = (
    "hardBreak", "mention", "emoji", "inlineCard", "blockCard", "embedCard", "status", "date", "media", "mediaInline",
    "placeholder", "inlineExtension",
)  # fmt: skip


def _hex(colour: str) -> str:
    return colour.lower() if re.fullmatch("#[0-9a-fA-F]{6}", colour) else ""


def _code(node: Node, within: tuple[str, ...]) -> str:
    language = _attribute(node, "language").lower()
    name = "code" if language in LANGUAGES else "noformat"
    body = "".join(str(one.get("text") or "") for one in children(node)).replace("\r\n", "\n")
    for macro in (*within, name):
        body = body.replace(f"{{{macro}}}", f"{{\u200b{macro}}}")
    return f"{{{name}{f':{language}' if name == 'code' else ''}}}\n{body}\n{{{name}}}"


def _list(node: Node, within: tuple[str, ...]) -> str:
    """A list; a block that no item can hold in wiki markup stands between two parts of the list."""
    parts: list[str] = []
    for is_line, texts in groupby(_items(node, "", within), key=lambda one: one[0]):
        parts.append(("\n" if is_line else "\n\n").join(text for _, text in texts))
    return "\n\n".join(parts)


def _items(node: Node, above: str, within: tuple[str, ...]) -> Iterator[tuple[bool, str]]:
    signs = above + ("#" if node.get("type") == "orderedList" else "*")
    for item in children(node):
        if item.get("type") == "taskList":
            yield from _items(item, signs, within)
            continue
        inlines = _item_text(item)
        yield True, f"{signs} {_one_line(inlines) or _BREAK}"
        for block in children(item):
            kind = block.get("type")
            if kind in ("bulletList", "orderedList", "taskList"):
                yield from _items(block, signs, within)
            elif kind != "paragraph" and kind != "text" and kind not in _INLINE and (text := _block(block, within)):
                yield False, text


def _item_text(item: Node) -> list[Node]:
    """An item's words: of its paragraphs, or its own."""
    words: list[Node] = []
    for block in children(item):
        if block.get("type") == "paragraph":
            words += [{"type": "hardBreak"}, *children(block)] if words else children(block)
        elif block.get("type") == "text" or block.get("type") in _INLINE:
            words.append(block)
    if item.get("type") in ("taskItem", "blockTaskItem") and _attribute(item, "state") == "DONE":
        struck = {"type": "strike"}
        words = [{**one, "marks": [struck, *_marks(one)]} if one.get("type") == "text" else one for one in words]
    return [text_node("<> "), *words] if item.get("type") == "decisionItem" else words


def _row(row: Node) -> str:
    text = bar = ""
    for cell in children(row):
        bar = "||" if cell.get("type") == "tableHeader" else "|"
        lines = [_line(one, begins=False, in_cell=True) for block in children(cell) for one in _flat(block)]
        text += bar + (_BREAK.join(lines) or " ")
    return text + bar


def _flat(block: Node) -> Iterator[list[Node]]:
    """A block's lines where there is room for lines alone."""
    if block.get("type") == "codeBlock":
        for line in "".join(str(one.get("text") or "") for one in children(block)).split("\n"):
            if line.strip():
                yield [text_node(line, {"type": "code"})]
    elif block.get("type") == "paragraph" or _holds_words(block):
        yield from _split(children(block))
    elif block.get("type") == "text" or block.get("type") in _INLINE:
        yield [block]
    else:
        if own := _attribute(block, "title", "text"):
            yield [text_node(own)]
        for child in children(block):
            yield from _flat(child)


# ---------------------------------------------------------------- lines

_BREAK = "\\\\"


def _split(nodes: list[Node]) -> list[list[Node]]:
    """Inline nodes by line, texts cut at their newlines."""
    lines: list[list[Node]] = [[]]
    for node in nodes:
        if node.get("type") == "hardBreak":
            lines.append([])
            continue
        if node.get("type") != "text":
            lines[-1].append(node)
            continue
        for place, part in enumerate(str(node.get("text") or "").replace("\r\n", "\n").split("\n")):
            if place:
                lines.append([])
            line = lines[-1]
            if line and line[-1].get("type") == "text" and _marks(line[-1]) == _marks(node):
                line[-1]["text"] += part
            else:
                line.append({**node, "text": part})
    return lines


def _one_line(nodes: list[Node]) -> str:
    return _BREAK.join(_line(line, begins=False, in_cell=False) for line in _split(nodes))


def _paragraph(nodes: list[Node]) -> str:
    text = ""
    began = empty = True
    for place, line in enumerate(_split(nodes)):
        shown = _line(line, begins=began, in_cell=False)
        if place:
            # An empty line would end the paragraph.
            joint = _BREAK if empty or not shown else "\n"
            shown = joint + (shown if joint == "\n" else _line(line, begins=False, in_cell=False))
        text += shown
        empty = not shown.removeprefix(_BREAK if place else "").strip()
    return text


def _line(nodes: list[Node], begins: bool, in_cell: bool) -> str:
    atoms: list[Atom] = []
    for node in nodes:
        if node.get("type") == "emoji":
            atoms.append(({}, _emoji(node, atoms[-1][1] if atoms else "")))
        else:
            atoms += [atom for atom in _atoms(node) if atom[1]]
    return settled(_marked(atoms, _ORDER).strip(), begins, in_cell)


def _marked(atoms: list[Atom], marks: tuple[str, ...]) -> str:
    """Pieces with their marks around them, the first of `marks` outermost."""
    if not marks:
        return "".join(text for _, text in atoms)
    mark, *inner = marks
    runs = [
        (value, _marked(list(run), tuple(inner))) for value, run in groupby(atoms, key=lambda atom: atom[0].get(mark))
    ]
    text = ""
    for place, (value, run) in enumerate(runs):
        if value is None or not run:
            text += run
        elif mark == "textColor":
            text += f"{{color:{value}}}{run}{{color}}"
        else:
            after = edge(runs[place + 1][1])[0] if place + 1 < len(runs) else ""
            text += _between(_SIGN[mark], edge(text)[1], run, after)
    return text


def _between(sign: str, before: str, run: str, after: str) -> str:
    """Marked words; where the signs alone would not be understood, each is in braces."""
    first, last = edge(run)
    if opens(before, sign, first) and closes(last, sign, after):
        return f"{sign}{run}{sign}"
    return f"{{{sign}}}{run}{{{sign}}}"


def _marks(node: Node) -> list[Node]:
    marks = node.get("marks")
    return [one for one in marks if isinstance(one, dict)] if isinstance(marks, list) else []


def _marks_of(node: Node) -> dict[str, str]:
    found = {}
    for mark in _marks(node):
        kind = str(mark.get("type"))
        if kind == "subsup":
            found["sub" if _attribute(mark, "type") == "sub" else "sup"] = "yes"
        elif kind == "textColor":
            found |= {kind: colour} if (colour := _hex(_attribute(mark, "color"))) else {}
        elif kind in _ORDER:
            found[kind] = "yes"
    return found


def _target(url: Any) -> str:
    """An address as wiki markup can hold it; empty when it is none."""
    target = re.sub(r"[\s\]|\\]", lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), str(url))
    return target if LINK_TARGET.match(target) else ""


def _atoms(node: Node) -> Iterator[Atom]:
    if node.get("type") != "text":
        yield {}, _other(node)
        return
    text = str(node.get("text") or "")
    if not text:
        return
    marks = _marks_of(node)
    links = [_attribute(one, "href") for one in _marks(node) if one.get("type") == "link"]
    target = _target(links[0]) if links else ""
    if target:
        yield marks, address(target) if text == target else f"[{inside(text, '[]|')}|{target}]"
    elif any(one.get("type") == "code" for one in _marks(node)):
        yield {}, f"{{{{{inside(text, '{}')}}}}}"
    else:
        place = 0
        for match in URL.finditer(text):
            if match.start() and text[match.start() - 1].isalnum():
                continue
            yield marks, literal(text[place : match.start()])
            yield marks, address(match.group(0))
            place = match.end()
        yield marks, literal(text[place:])


def _other(node: Node) -> str:
    """An inline node that is no text, as wiki markup has it, or as a reader sees it."""
    kind = node.get("type")
    if kind == "mention" and (ref := _attribute(node, "id")) and not re.search(r"[\]|\s]", ref):
        return f"[~accountid:{ref}]"
    if kind in ("inlineCard", "blockCard", "embedCard"):
        data = node.get("attrs", {}).get("data")
        url = _attribute(node, "url") or (str(data.get("url") or "") if isinstance(data, dict) else "")
        target = _target(url)
        return f"[{target}|{target}|{CARD}]" if target else literal(url)
    if kind == "status":
        colour = _STATUS.get(_attribute(node, "color")) or _hex(_attribute(node, "color")) or _STATUS["neutral"]
        words = literal(f"[ {_attribute(node, 'text')} ]")
        return f"{{color:{colour}}}{{*}}{words}{{*}}{{color}}"
    if kind == "date":
        return _day(_attribute(node, "timestamp"))
    if kind in ("media", "mediaInline"):
        return _media(node)
    return literal(_attribute(node, "text", "shortName", "alt", "id"))


def _emoji(node: Node, before: str) -> str:
    """An emoticon's sign where one may stand; elsewhere the character itself."""
    sign = _EMOJI.get(_attribute(node, "shortName"))
    return sign if sign and not edge(before)[1].isalnum() else literal(_attribute(node, "text", "shortName"))


def _day(timestamp: str) -> str:
    try:
        return datetime.fromtimestamp(int(timestamp) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return literal(timestamp)


def _media(node: Node) -> str:
    target = _target(_attribute(node, "url"))
    if target:
        return f"[{inside(_attribute(node, 'alt') or target, '[]|')}|{target}]"
    name = re.sub(r"[\]|\n]", " ", _attribute(node, "alt", "id"))
    return literal(f"[^{name}]") if name else ""
