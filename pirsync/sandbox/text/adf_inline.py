"""One line of wiki markup as a document's inline nodes: what is not markup stays the text that it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]

Mention = Callable[[str], tuple[str, str] | None]
"""Given a mention's reference, the account's id and display name; None for somebody unknown."""

MARK_SIGNS = {"*": "strong", "_": "em", "+": "underline", "-": "strike", "^": "sup", "~": "sub"}
"""The signs around marked words, and the marks that they make; `sup` and `sub` are the two kinds of `subsup`."""

COLOURS = {
    "black": "#000000",
    "white": "#ffffff",
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "purple": "#800080",
    "gray": "#808080",
    "grey": "#808080",
}
EMOJI = {
    "(/)": (":check_mark:", "✅"),
    "(x)": (":cross_mark:", "❌"),
    "(!)": (":warning:", "⚠️"),
    "(?)": (":question:", "❓"),
    "(*)": (":star:", "⭐"),
    "(on)": (":bulb_on:", "💡"),
    "(y)": (":thumbsup:", "👍"),
    "(n)": (":thumbsdown:", "👎"),
}
"""Jira's emoticons that stand in brackets: the short name and the character of each."""

URL = re.compile(r"https?://[^\s<>\"\[\]|{}\\]*[^\s<>\"\[\]|{}\\.,;:!?)'*_+~^&-]", re.IGNORECASE)
LINK_TARGET = re.compile(r"(?:https?://|mailto:|ftp://|/|#)[^\s\]|]*\Z", re.IGNORECASE)
CARD = "smart-link"

_TOKEN = re.compile(
    r"(?P<break>\\\\)"
    r"|\\(?P<escape>[{}\[\]|*_!#^~+?(&-]|h(?=[1-6]\.)|b(?=q\.))"
    r"|&\#(?P<entity>\d{1,6});"
    r"|\{\{(?P<code>(?:\\[{}]|[^\n\\{}]|\\(?![{}])|\{(?!\{)|\}(?!\}))+)\}\}"
    r"|\{color(?::(?P<colour>\#?[\w]+))?\}"
    r"|\{(?P<forced>[*_+^~-])\}"
    r"|\[~(?P<mention>[^\[\]|\n\\]+)\]"
    r"|(?P<file>\[\^[^\[\]|\n\\]+\])"
    r"|\[(?P<alias>(?:\\[\[\]|]|[^\[\]|\n\\]|\\(?![\[\]|\\]))*)\|(?P<target>[^\]|\s\\]+)(?P<card>\|[\w-]+)?\]"
    r"|\[(?P<bare>(?:https?://|mailto:|ftp://)[^\s\]|\\]+)\]"
    r"|(?<![^\W_])(?P<emoji>\((?:/|x|!|\?|\*|on|y|n)\))"
    r"|(?<![^\W_])(?P<url>" + URL.pattern + r")"
    r"|(?P<sign>[*_+^~-])",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&#(\d{1,6});")


@dataclass
class _Sign:
    """A sign that may begin or end marked words; `place` is where it stands among the pieces."""

    text: str
    mark: Node
    place: int
    closes: bool
    opens: bool


def opens(before: str, sign: str, after: str) -> bool:
    """Whether a sign between these two characters ("" at an end of the line) may begin marked words."""
    return not before.isalnum() and before != sign and after not in ("", sign) and not after.isspace()


def closes(before: str, sign: str, after: str) -> bool:
    """Whether a sign between these two characters may end marked words."""
    return not after.isalnum() and after != sign and before not in ("", sign) and not before.isspace()


def text_node(text: str, *marks: Node) -> Node:
    """A text with its marks; `text` is not empty."""
    return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}


def link_mark(target: str) -> Node:
    """The mark of a link."""
    return {"type": "link", "attrs": {"href": target}}


def unescaped(text: str, signs: str) -> str:
    """A text without the backslashes before these signs, and with numeric entities as their characters."""
    plain = re.sub(rf"\\([{re.escape(signs)}])", r"\1", text) if signs else text
    return _ENTITY.sub(lambda match: _character(match.group(1)) or match.group(0), plain)


def _character(number: str) -> str:
    code = int(number)
    return chr(code) if 32 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF else ""


def inline_nodes(line: str, mention: Mention) -> list[Node]:
    """The nodes of one line without a newline."""
    reader = _Line(line, mention)
    place = 0
    for match in _TOKEN.finditer(line):
        reader.plain(line[place : match.start()])
        reader.token(match)
        place = match.end()
    reader.plain(line[place:])
    return reader.nodes()


class _Line:
    """Pieces of a line in their order; a sign that has found its partner marks what stands between them."""

    def __init__(self, line: str, mention: Mention) -> None:
        self._line = line
        self._mention = mention
        self._pieces: list[Node | None] = []
        self._open: dict[str, _Sign] = {}

    def nodes(self) -> list[Node]:
        """The finished nodes, neighbouring texts of the same marks as one."""
        found: list[Node] = []
        for node in self._pieces:
            last = found[-1] if found else None
            if node is None or (node["type"] == "text" and not node["text"]):
                continue
            same = last is not None and last["type"] == node["type"] == "text"
            if same and last is not None and last.get("marks") == node.get("marks"):
                last["text"] += node["text"]
            else:
                found.append(node)
        return found

    def plain(self, text: str) -> None:
        """Text that is no markup."""
        if text:
            self._pieces.append(text_node(text))

    def token(self, match: re.Match[str]) -> None:
        """One piece of markup, or what only looks like it."""
        kind = match.lastgroup or "colour"
        whole = match.group(0)
        if kind in ("sign", "forced"):
            self._emphasis(match, match.group(kind))
        elif kind == "colour":
            self._colour(whole, match.group("colour"))
        elif kind == "entity":
            self.plain(_character(match.group("entity")) or whole)
        elif kind == "escape":
            self.plain(match.group("escape"))
        else:
            self._pieces.append(self._node(kind, match))

    def _node(self, kind: str, match: re.Match[str]) -> Node:
        whole = match.group(0)
        if kind == "break":
            # As at the end of a line: no mark reaches beyond it.
            self._open = {}
            return {"type": "hardBreak"}
        if kind == "code":
            return text_node(unescaped(match.group("code"), "{}"), {"type": "code"})
        if kind == "mention":
            return self._person(match.group("mention"), whole)
        if kind == "emoji":
            name, sign = EMOJI[whole.lower()]
            return {"type": "emoji", "attrs": {"shortName": name, "text": sign}}
        if kind in ("url", "bare"):
            return text_node(match.group(kind), link_mark(match.group(kind)))
        if kind in ("target", "card"):
            return _link(whole, match.group("alias"), match.group("target"), match.group("card"))
        return text_node(whole)

    def _person(self, ref: str, whole: str) -> Node:
        known = self._mention(ref)
        if known is not None:
            return {"type": "mention", "attrs": {"id": known[0], "text": f"@{known[1]}", "accessLevel": ""}}
        if ref.startswith("accountid:") and ref != "accountid:":
            return {"type": "mention", "attrs": {"id": ref.removeprefix("accountid:"), "text": "@unknown"}}
        return text_node(whole)

    def _emphasis(self, match: re.Match[str], sign: str) -> None:
        before = self._line[match.start() - 1 : match.start()]
        after = self._line[match.end() : match.end() + 1]
        forced = match.lastgroup == "forced"
        kind = MARK_SIGNS[sign]
        mark: Node = {"type": kind}
        if kind in ("sup", "sub"):
            mark = {"type": "subsup", "attrs": {"type": kind}}
        self._sign(
            _Sign(
                match.group(0),
                mark,
                len(self._pieces),
                closes=forced or closes(before, sign, after),
                opens=forced or opens(before, sign, after),
            )
        )

    def _colour(self, whole: str, name: str | None) -> None:
        value = COLOURS.get((name or "").lower(), (name or "").lower())
        mark: Node = {"type": "textColor", "attrs": {"color": value}}
        known = re.fullmatch("#[0-9a-f]{6}", value) is not None
        self._sign(_Sign(whole, mark, len(self._pieces), closes=name is None, opens=known))

    def _sign(self, sign: _Sign) -> None:
        kind = str(sign.mark.get("attrs", {}).get("type") or sign.mark["type"])
        partner = self._open.get(kind) if sign.closes else None
        if partner is not None and self._marks(partner):
            self._open = {name: one for name, one in self._open.items() if one.place < partner.place}
            return
        self._pieces.append(text_node(sign.text))
        if sign.opens:
            self._open[kind] = sign

    def _marks(self, opening: _Sign) -> bool:
        """Mark everything since `opening` that takes marks; whether there was anything."""
        inner = self._pieces[opening.place + 1 :]
        if not inner:
            return False
        self._pieces[opening.place] = None
        for node in inner:
            if node is not None and node["type"] == "text":
                _add_mark(node, opening.mark)
        return True


def _add_mark(node: Node, mark: Node) -> None:
    marks = node.get("marks", [])
    # Code takes no other mark than a link.
    if not any(one["type"] == "code" or one["type"] == mark["type"] for one in marks):
        node["marks"] = [mark, *marks]


def _link(whole: str, alias: str, target: str, card: str | None) -> Node:
    if not LINK_TARGET.match(target):
        return text_node(whole)
    if card == f"|{CARD}":
        return {"type": "inlineCard", "attrs": {"url": target}}
    return text_node(unescaped(alias, "[]|") or target, link_mark(target))
