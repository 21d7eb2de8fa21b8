"""Atlassian documents (ADF): what one is, its text, its HTML, and wiki text that was written as one."""

from __future__ import annotations

import html as escapes
from typing import Any

Node = dict[str, Any]

_BLOCKS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "table": "table",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
    "panel": "div",
    "codeBlock": "pre",
}

_MARKS = {"strong": "b", "em": "em", "code": "tt", "underline": "ins", "strike": "del"}


class Rich(str):
    """Wiki text that was written as a document; a reader of documents gets the one that was written."""

    __slots__ = ("document",)
    document: Node

    def __new__(cls, wiki: str, document: Node) -> Rich:
        """The wiki text of `document`."""
        made = super().__new__(cls, wiki)
        made.document = document
        return made

    def __getnewargs__(self) -> tuple[str, Node]:  # type: ignore[override] # str has one argument fewer
        """How a stored one is made again."""
        return str(self), self.document


def is_document(value: Any) -> bool:
    """Whether a JSON value is an ADF document."""
    return isinstance(value, dict) and value.get("type") == "doc"


def is_whole(node: Any) -> bool:
    """Whether a document's nodes are nodes throughout: objects with a type, their content lists, their texts there."""
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        return False
    if node["type"] == "text":
        return isinstance(node.get("text"), str) and node["text"] != ""
    content = node.get("content", [])
    return isinstance(content, list) and all(is_whole(one) for one in content)


def text(node: Any) -> str:
    """A document's text: a line for each block, inline nodes by what a reader sees of them."""
    return "\n".join(line for line in _lines(node) if line).strip()


def _children(node: Node) -> list[Node]:
    content = node.get("content")
    return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []


def _attribute(node: Node, *names: str) -> str:
    attributes = node.get("attrs")
    found = [str(attributes[name]) for name in names if attributes.get(name)] if isinstance(attributes, dict) else []
    return found[0] if found else ""


def _inline(node: Node) -> str:
    kind = node.get("type")
    if kind == "text":
        return str(node.get("text") or "")
    if kind == "hardBreak":
        return "\n"
    return _attribute(node, "text", "shortName", "url", "alt")


def _is_leaf_block(node: Node) -> bool:
    return node.get("type") in ("paragraph", "heading", "codeBlock")


def _lines(node: Any) -> list[str]:
    if not isinstance(node, dict):
        return []
    if _is_leaf_block(node):
        return ["".join(_inline(one) for one in _children(node))]
    children = _children(node)
    if not children:
        return [_inline(node)]
    return [line for one in children for line in _lines(one)]


def html(node: Any) -> str:
    """A document as simple HTML; every text is escaped, nodes that are not known show their text."""
    if not isinstance(node, dict):
        return ""
    kind = str(node.get("type") or "")
    inner = "".join(html(one) for one in _children(node))
    if kind == "text":
        return _marked(node)
    if kind == "hardBreak":
        return "<br/>"
    if kind == "rule":
        return "<hr/>"
    if kind == "heading":
        level = _attribute(node, "level")
        tag = f"h{level}" if level in tuple("123456") else "h1"
        return f"<{tag}>{inner}</{tag}>"
    tag = _BLOCKS.get(kind, "")
    if tag:
        return f"<{tag}>{inner}</{tag}>"
    return inner or escapes.escape(_inline(node))


def _marked(node: Node) -> str:
    result = escapes.escape(str(node.get("text") or ""))
    marks = node.get("marks")
    for mark in marks if isinstance(marks, list) else []:
        kind = mark.get("type") if isinstance(mark, dict) else None
        if kind in _MARKS:
            result = f"<{_MARKS[kind]}>{result}</{_MARKS[kind]}>"
        elif kind == "link":
            address = _attribute(mark, "href")
            if address.startswith(("http://", "https://", "mailto:", "/")):
                result = f'<a href="{escapes.escape(address)}">{result}</a>'
    return result
