"""Jira's rendered HTML becomes storage format by an allow-list: what is not known keeps its words and loses its markup.

Two steps, so that neither can break the other: the HTML is read into a small tree of blocks, whose inline parts are
already well-formed XHTML, and that tree is written for the place where it will stand (page.blocks).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import count
from posixpath import basename
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Script, Stylesheet, Tag

from . import cells, escape
from .blocks import (
    Block,
    BulletList,
    Code,
    Flow,
    Heading,
    Mark,
    Marks,
    Paragraph,
    Place,
    Quote,
    Rule,
    Table,
    TableCell,
    write,
)

DEEPEST = 100
"""Levels of nesting that are read as markup; what lies deeper is kept as text."""
MOST_TAGS = 80_000
"""Tags of one text that are read, so that a megabyte of them costs a second or two; the words behind them are kept."""

_TAG = (
    r"<[a-zA-Z][\w:.-]*+(?:[\s/]*+[\w:.-]++(?:\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>=`]++))?+)*+[\s/]*+>"
    r"|</[a-zA-Z][\w:.-]*+\s*+>"
)
_DECLARATION = r"<[?!][a-zA-Z][^<>]*+>"
_MARKUP = re.compile(rf"({_TAG})|{_DECLARATION}|<")
_LONG_REFERENCE = re.compile(r"&(?=#[xX]?[0-9a-fA-F]{8})")
_NO_LOCATOR = "<!---->"
"""Put first, because Beautiful Soup warns of text without a tag that it looks like an address or a file's name."""
_LANGUAGE = re.compile(r"(?:code|language)-([\w+#-]+)")

_MARKS = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em", "var": "em",
    "del": "del", "s": "del", "strike": "del", "ins": "u", "u": "u", "sub": "sub", "sup": "sup",
    "code": "code", "tt": "code", "kbd": "code", "samp": "code",
}  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "head", "header", "html", "legend", "li", "main", "nav", "p", "section",
    "summary", "tbody", "td", "tfoot", "th", "thead", "title", "tr",
))  # fmt: skip
_DROPPED = frozenset(("script", "style"))
_ICONS = frozenset(("icon", "rendericon"))
_EMOTICONS = {
    "smile": "🙂", "sad": "🙁", "tongue": "😛", "biggrin": "😀", "wink": "😉", "thumbs_up": "👍", "thumbs_down": "👎",
    "information": "ℹ️", "check": "✅", "error": "❌", "warning": "⚠️", "add": "➕", "forbidden": "⛔",
    "help_16": "❓", "lightbulb_on": "💡", "lightbulb": "💡", "star_yellow": "⭐", "star_red": "⭐",
    "star_green": "⭐", "star_blue": "⭐", "flag": "🚩", "flag_grey": "🏳️",
}  # fmt: skip
_LANGUAGES = {
    "actionscript": "actionscript3", "bash": "bash", "sh": "bash", "shell": "bash", "c#": "c#", "csharp": "c#",
    "c": "cpp", "c++": "cpp", "cpp": "cpp", "css": "css", "diff": "diff", "erlang": "erl", "groovy": "groovy",
    "html": "xml", "java": "java", "javascript": "js", "js": "js", "json": "js", "perl": "perl", "php": "php",
    "powershell": "powershell", "python": "py", "ruby": "ruby", "scala": "scala", "sql": "sql", "vb": "vb",
    "xhtml": "xml", "xml": "xml", "yaml": "yml", "yml": "yml",
}  # fmt: skip
"""Jira's names of languages, and those that the code macro of both deployments understands."""


def to_storage(html: str, base_url: str) -> str:
    """Rendered HTML as storage format for the top level of a page; empty when it shows nothing.

    `base_url` is Jira's own address, with its context path; links that are relative become absolute by it.
    """
    return write(_read(html, base_url), Place.PAGE)


def to_cell(html: str, base_url: str) -> str:
    """The same for a table cell of the new editor: no table, heading, quote or macro within; never empty."""
    return write(_read(html, base_url), Place.CELL) or cells.empty()


def soup(markup: str, most_tags: int = sys.maxsize) -> BeautifulSoup:
    """Any text as a tree of tags. What is not a whole tag becomes text first; tags beyond `most_tags` become blanks.

    So the parser meets no unfinished construct, which it refuses or looks for in quadratic time, and no number
    that is too long for a character reference.
    """
    seen = count(1)

    def tidy(found: re.Match[str]) -> str:
        if found[1]:
            return found[1] if next(seen) <= most_tags else " "
        return "&lt;" if found[0] == "<" else ""

    tidied = _MARKUP.sub(tidy, _without_comments(markup))
    return BeautifulSoup(_NO_LOCATOR + _LONG_REFERENCE.sub("&amp;", tidied), "html.parser")


def attribute(tag: Tag, name: str) -> str:
    """A tag's attribute as one string; empty where it is missing."""
    value = tag.get(name) or ""
    return value if isinstance(value, str) else " ".join(value)


def is_shown(child: object) -> bool:
    """True for a tag's own text, not for a comment, a declaration, a script or a style sheet."""
    return isinstance(child, NavigableString) and not isinstance(child, (PreformattedString, Script, Stylesheet))


def _without_comments(markup: str) -> str:
    first, *rest = markup.split("<!--")
    kept = [first]
    for part in rest:
        inside, end, after = part.partition("-->")
        kept.append(after if end else inside)
    return "".join(kept)


def _read(html: str, base_url: str) -> tuple[Block, ...]:
    if not html.strip():
        return ()
    return _Reader(base_url).blocks(soup(html, MOST_TAGS), (), 0)


class _Reader:
    """Reads tags into blocks. Recursion is bounded by DEEPEST."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/") + "/"

    def blocks(self, parent: Tag, marks: Marks, depth: int) -> tuple[Block, ...]:
        flow = Flow()
        self._children(parent, flow, marks, depth)
        return flow.end()

    def _children(self, parent: Tag, flow: Flow, marks: Marks, depth: int) -> None:
        for child in parent.children:
            if isinstance(child, Tag):
                self._tag(child, flow, marks, depth + 1)
            elif is_shown(child):
                flow.say(str(child), marks)

    def _tag(self, tag: Tag, flow: Flow, marks: Marks, depth: int) -> None:
        if tag.name in _DROPPED:
            return
        if depth > DEEPEST:
            flow.say(tag.get_text(" "), marks)
        elif tag.name in _MARKS:
            self._children(tag, flow, _marked(marks, Mark(_MARKS[tag.name])), depth)
        elif tag.name == "a":
            self._link(tag, flow, marks, depth)
        elif tag.name == "img":
            self._image(tag, flow, marks)
        elif tag.name == "br":
            flow.break_line()
        elif tag.name == "input":
            self._check_box(tag, flow, marks)
        else:
            self._block(tag, flow, marks, depth)

    def _block(self, tag: Tag, flow: Flow, marks: Marks, depth: int) -> None:
        name = tag.name
        if name == "pre":
            flow.put(Code(_language(tag), _verbatim(tag)))
        elif re.fullmatch("h[1-6]", name):
            for block in self.blocks(tag, marks, depth):
                flow.put(Heading(min(int(name[1]) + 2, 6), block.inline) if isinstance(block, Paragraph) else block)
        elif name in ("ul", "ol"):
            flow.put(BulletList(name, tuple(self._items(tag, marks, depth))))
        elif name == "table":
            flow.put(Table(tuple(self._rows(tag, marks, depth))))
        elif name == "blockquote" or _is_panel(tag):
            flow.put(Quote(self.blocks(tag, marks, depth)))
        elif name == "hr":
            flow.put(Rule())
        elif name in _BLOCKS:
            header = "panelheader" in attribute(tag, "class").lower()
            flow.end_paragraph()
            self._children(tag, flow, _marked(marks, Mark("strong")) if header else marks, depth)
            flow.end_paragraph()
        else:
            self._children(tag, flow, marks, depth)

    def _items(self, tag: Tag, marks: Marks, depth: int) -> Iterator[tuple[Block, ...]]:
        """A list's items; a list right within a list, as browsers forgive, is an item of its own."""
        for child in tag.children:
            flow = Flow()
            if isinstance(child, Tag) and child.name == "li" and depth < DEEPEST:
                self._children(child, flow, marks, depth + 1)
            elif isinstance(child, Tag):
                self._tag(child, flow, marks, depth + 2)
            elif is_shown(child):
                flow.say(str(child), marks)
            if item := flow.end():
                yield item

    def _rows(self, tag: Tag, marks: Marks, depth: int) -> Iterator[tuple[TableCell, ...]]:
        """A table's rows; what stands between rows or cells gets a row or a cell of its own, in its place."""
        for child in tag.children:
            if isinstance(child, Tag) and child.name in ("thead", "tbody", "tfoot") and depth < DEEPEST:
                yield from self._rows(child, marks, depth + 1)
            elif isinstance(child, Tag) and child.name == "tr" and depth < DEEPEST:
                yield tuple(cell for each in child.children for cell in self._cells(each, marks, depth + 1))
            else:
                yield from ((cell,) for cell in self._cells(child, marks, depth))

    def _cells(self, child: object, marks: Marks, depth: int) -> Iterator[TableCell]:
        flow = Flow()
        if isinstance(child, Tag) and child.name in ("td", "th") and depth < DEEPEST:
            self._children(child, flow, marks, depth + 1)
            yield TableCell(child.name, _span(child, "colspan"), _span(child, "rowspan"), flow.end())
            return
        if isinstance(child, Tag):
            self._tag(child, flow, marks, depth + 1)
        elif is_shown(child):
            flow.say(str(child), marks)
        if stray := flow.end():
            yield TableCell("td", 1, 1, stray)

    def _link(self, tag: Tag, flow: Flow, marks: Marks, depth: int) -> None:
        if "user-hover" in attribute(tag, "class").split():
            if not tag.get_text().lstrip().startswith("@"):
                flow.say(" @" if flow.ends_in_word() else "@", marks)
            self._children(tag, flow, marks, depth)
            return
        url = self._absolute(attribute(tag, "href"))
        self._children(tag, flow, _marked(marks, Mark("a", url)) if url else marks, depth)

    def _image(self, tag: Tag, flow: Flow, marks: Marks) -> None:
        classes = set(attribute(tag, "class").split())
        source = attribute(tag, "src").strip()
        url = self._absolute(source)
        file = basename(unquote(urlsplit(url).path)) if url else ""
        words = attribute(tag, "alt").strip()
        if "emoticon" in classes:
            shown = words or _EMOTICONS.get(file.partition(".")[0], f":{file.partition('.')[0]}:")
            flow.say(shown, marks)
        elif words or not classes & _ICONS:
            words = words or attribute(tag, "data-attachment-name") or attribute(tag, "title") or file or "image"
            flow.say(words, _marked(marks, Mark("a", url)) if url else marks)

    def _check_box(self, tag: Tag, flow: Flow, marks: Marks) -> None:
        if attribute(tag, "type").lower() == "checkbox":
            flow.say("[x] " if tag.has_attr("checked") else "[ ] ", marks)

    def _absolute(self, href: str) -> str | None:
        """A link's safe address; None for a place in the page that it came from, which is no longer around it."""
        href = href.strip()
        if not href or href.startswith("#"):
            return None
        try:
            return escape.safe_url(urljoin(self._base, href))
        except ValueError:
            return None


def _marked(marks: Marks, mark: Mark) -> Marks:
    """The marks with one more; one of its kind is enough."""
    return marks if any(each.name == mark.name for each in marks) else (*marks, mark)


def _is_panel(tag: Tag) -> bool:
    """True for a panel with prose; one around code is told by its code."""
    classes = set(attribute(tag, "class").split())
    return tag.name == "div" and "panel" in classes and not classes & {"code", "preformatted"}


def _language(pre: Tag) -> str:
    found = _LANGUAGE.search(attribute(pre, "class").lower())
    return _LANGUAGES.get(found[1], "") if found else ""


def _verbatim(pre: Tag) -> str:
    """The text of preformatted lines, its blanks kept."""
    parts: list[str] = []
    for each in pre.descendants:
        if is_shown(each):
            parts.append(str(each))
        elif isinstance(each, Tag) and each.name == "br":
            parts.append("\n")
    return "".join(parts).replace("\r\n", "\n").strip("\n")


def _span(tag: Tag, name: str) -> int:
    value = attribute(tag, name).strip()
    return min(int(value), 100) if re.fullmatch("[1-9][0-9]{0,4}", value) else 1
