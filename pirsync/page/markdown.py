"""A page as Markdown, one way only, for readers and evidence: nothing that a reader of the page sees is lost.

markdownify knows HTML; what Confluence adds to it is said here (facts: confluence, 9). Cells keep to one line: their
lines are joined by `<br>`, and tables are laid out as a grid, so that every row has every column.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Mapping
from typing import Any

from bs4.element import NavigableString, PageElement, Tag
from markdownify import ATX, MarkdownConverter

from . import escape
from .html import attribute, soup

DEEPEST = 200
"""Levels of nesting that are read as markup; markdownify recurses, three calls a level."""
WIDEST = 50
"""Columns of a table; a cell that claims to span more is cut."""

_KEY_URL = re.compile(r"/browse/([A-Z][A-Z0-9_]+-[0-9]+)/?(?:[?#].*)?$")
_SPECIAL = re.compile(r"[\\`*\[\]<]|~(?=~)|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_LINE_START = re.compile(r"^(\s*)(?:([#+=-]+(?=\s|$)|>)|([0-9]{1,9})([.)](?=\s|$)))")
_UNSAFE_IN_URL = str.maketrans({"(": "%28", ")": "%29", " ": "%20", "<": "%3C", ">": "%3E", "|": "%7C", "\\": "%5C"})
_HTML: Any = MarkdownConverter
"""Its type stub leaves out the converters of HTML's own tags."""

_MACROS = frozenset(("ac:macro", "ac:structured-macro"))
_BLOCKS = frozenset((
    "ac:adf-content", "ac:adf-extension", "ac:adf-fallback", "ac:adf-node", "ac:layout", "ac:layout-cell",
    "ac:layout-section", "ac:parameter", "ac:rich-text-body", "ac:task", "ac:task-body", "ac:task-list",
))  # fmt: skip
_TITLED = frozenset(("code", "expand", "info", "note", "panel", "tip", "warning"))


def to_markdown(storage: str, names: Mapping[str, str]) -> str:
    """A storage body as Markdown, without blank lines around it; one that is not well formed is read as it can be.

    `names` maps what a mention refers to (account id, user key or user name) to the person's display name; an
    unknown person is shown by the reference.
    """
    tree = soup(_without_cdata(storage))
    _prepare(tree, DEEPEST)
    return str(_Converter(names).convert_soup(tree)).strip()


def _without_cdata(storage: str) -> str:
    """CDATA sections as ordinary text: not every Python's html.parser knows them."""
    first, *rest = storage.split("<![CDATA[")
    parts = [first]
    for part in rest:
        inside, end, after = part.partition("]]>")
        parts.append(entities.escape(inside) + after if end else part)
    return "".join(parts)


def _prepare(tree: Tag, deepest: int) -> None:
    """Replace what lies too deep by its text, drop blanks between blocks, which markdownify knows of HTML's only.

    Walks with a stack of its own, so no depth is too much.
    """
    todo: list[tuple[Tag, int]] = [(tree, 0)]
    while todo:
        tag, depth = todo.pop()
        for child in list(tag.children):
            if not isinstance(child, Tag):
                if _stands_between_blocks(child):
                    child.extract()
            elif depth >= deepest:
                child.replace_with(NavigableString(child.get_text(" ")))
            else:
                todo.append((child, depth + 1))


def _stands_between_blocks(blank: PageElement) -> bool:
    if not isinstance(blank, NavigableString) or blank.strip():
        return False
    return _is_block(blank.previous_sibling) or _is_block(blank.next_sibling)


def _is_block(tag: PageElement | None) -> bool:
    if not isinstance(tag, Tag):
        return False
    bodies = ("ac:rich-text-body", "ac:plain-text-body")
    return tag.name in _BLOCKS or (tag.name in _MACROS and any(_child(tag, body) for body in bodies))


def _child(tag: Tag, name: str) -> Tag | None:
    return next((each for each in tag.children if isinstance(each, Tag) and each.name == name), None)


def _macro_name(tag: PageElement | None) -> str:
    return attribute(tag, "ac:name") if isinstance(tag, Tag) and tag.name in _MACROS else ""


def _parameter(macro: Tag, name: str) -> str:
    """A macro's own parameter, never one of a macro nested in it."""
    for child in macro.children:
        if isinstance(child, Tag) and child.name == "ac:parameter" and attribute(child, "ac:name") == name:
            return child.get_text().strip()
    return ""


def _fenced(text: str, language: str) -> str:
    """A code block, its fence longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n\n{fence}{language}\n{text}\n{fence}\n\n"


def _code_span(line: str) -> str:
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    blank = " " if longest else ""
    return f"{fence}{blank}{line}{blank}{fence}"


def _is_in_cell(parent_tags: set[str]) -> bool:
    return bool(parent_tags & {"td", "th"})


class _Converter(MarkdownConverter):
    """Called from the inside out: `text` is an element's content, already converted."""

    class Options:
        """markdownify reads its settings from the class of this name."""

        heading_style = ATX
        bullets = "-"
        sub_symbol = "<sub>"
        sup_symbol = "<sup>"
        wrap = True
        wrap_width = None

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names
        self._said: dict[int, str] = {}

    # ------------------------------------------------------------ text

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Only what Markdown would read as markup; a `|` is escaped where it would end a cell."""
        words = _SPECIAL.sub(r"\\\g<0>", text.replace("\u00a0", " "))
        return _LINE_START.sub(lambda found: f"{found[1]}{found[3] or ''}\\{found[2] or found[4]}", words)

    def _plain(self, words: str, parent_tags: set[str]) -> str:
        return words if "_noformat" in parent_tags else self.escape(words, parent_tags)

    def _block(self, text: str, parent_tags: set[str]) -> str:
        """A block on lines of its own; a heading makes blanks of the line breaks."""
        return f"\n{text.strip()}\n" if _is_in_cell(parent_tags) else f"\n\n{text.strip()}\n\n"

    def _code(self, text: str, language: str, parent_tags: set[str]) -> str:
        """A block of code; spans line by line in a cell, and in a heading, which makes blanks of the line breaks."""
        body = text.replace("\r\n", "\n").strip("\n")
        if not body.strip():
            return ""
        if "_inline" not in parent_tags:
            return _fenced(body, language)
        lines = [_code_span(line.rstrip()) for line in body.split("\n") if line.strip()]
        return "\n" + "\n".join(lines) + "\n"

    # ------------------------------------------------------------ HTML

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._block(text, parent_tags) if text.strip() else ""

    convert_div = convert_ac_layout = convert_ac_layout_section = convert_ac_layout_cell = convert_p
    convert_ac_rich_text_body = convert_ac_adf_content = convert_ac_task_list = convert_p

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if _is_in_cell(parent_tags) or "_noformat" in parent_tags:
            return "\n" + text
        return str(_HTML.convert_br(self, el, text, parent_tags))

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802  # markdownify finds converters by this name
        if _is_in_cell(parent_tags):
            return self._block(f"**{text.strip()}**", parent_tags) if text.strip() else ""
        return str(_HTML.convert_hN(self, n, el, text, parent_tags)) if text.strip() else ""

    def convert_blockquote(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if _is_in_cell(parent_tags):
            return self._block(text, parent_tags)
        return str(_HTML.convert_blockquote(self, el, text, parent_tags))

    def convert_list(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if _is_in_cell(parent_tags):
            return self._block(text, parent_tags)
        return str(_HTML.convert_list(self, el, text, parent_tags))

    convert_ul = convert_ol = convert_list

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if el.parent is not None and "inline-task-list" in attribute(el.parent, "class").split():
            text = f"{'[x]' if 'checked' in attribute(el, 'class').split() else '[ ]'} {text.strip()}"
        return str(_HTML.convert_li(self, el, text, parent_tags)) if text.strip() else ""

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if _is_in_cell(parent_tags) and "\n" in text and "_noformat" not in parent_tags:
            return "\n".join(_code_span(line) for line in text.split("\n") if line.strip())
        return str(_HTML.convert_code(self, el, text, parent_tags))

    convert_kbd = convert_samp = convert_code

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._code(text, "", parent_tags)

    def convert_hr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Where no line can be drawn, what stands around it is still kept apart."""
        return (
            self._block("", parent_tags)
            if "_inline" in parent_tags
            else str(_HTML.convert_hr(self, el, text, parent_tags))
        )

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        href = attribute(el, "href").strip()
        url = escape.safe_url(href)
        if url is None or "_noformat" in parent_tags:
            return text
        words = text.strip()
        if not words or el.get_text().strip() == href:
            key = _KEY_URL.search(url)
            words = key[1] if key else words or self._plain(url, parent_tags)
        return self._link(words, url, text)

    def _link(self, words: str, url: str, around: str) -> str:
        """A link on one line; the blanks around its words stay outside."""
        words = re.sub(r"\s*\n\s*", " ", words)
        before, after = (" " if around[:1] == " " else ""), (" " if around[-1:] == " " else "")
        return f"{before}[{words}]({url.translate(_UNSAFE_IN_URL)}){after}"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._picture(attribute(el, "alt"), attribute(el, "src"), parent_tags)

    def _picture(self, words: str, source: str, parent_tags: set[str]) -> str:
        said = self._plain(words, parent_tags)
        url = escape.safe_url(source)
        return f"![{said}]({url.translate(_UNSAFE_IN_URL)})" if url else said

    # ------------------------------------------------------------ tables

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A cell is remembered and set by its table, which alone knows the columns."""
        if el.find_parent("table") is None:
            return self._block(text, parent_tags)
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        self._said[id(el)] = " ".join(lines) if _is_in_cell(parent_tags) else "<br>".join(lines).replace("|", "\\|")
        return ""

    convert_th = convert_td

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return text

    def convert_table(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A pipe table; one within a cell as lines of `a / b`. What stands outside its cells comes first."""
        rows = [row for row in el.find_all("tr") if row.find_parent("table") is el]
        if _is_in_cell(parent_tags):
            said = (" / ".join(self._said[id(cell)] for cell in _cells(row)) for row in rows)
            return self._block("\n".join((text.strip(), *said)), parent_tags)
        grid = self._grid(rows)
        if not grid:
            return self._block(text, parent_tags)
        width = max(len(line) for line in grid)
        if not all(cell.name == "th" for cell in _cells(rows[0])):
            grid.insert(0, [])
        lines = [f"| {' | '.join(line + [''] * (width - len(line)))} |" for line in grid]
        lines.insert(1, "|" + " --- |" * width)
        return self._block(text, parent_tags) + "\n\n" + "\n".join(lines) + "\n\n"

    def _grid(self, rows: list[Tag]) -> list[list[str]]:
        """Each row's texts, those of spanning cells repeated to the right and downwards."""
        grid: list[list[str]] = []
        hanging: dict[int, tuple[int, str]] = {}
        for row in rows:
            line: list[str] = []
            for cell in _cells(row):
                _hang(line, hanging)
                said, down = self._said[id(cell)], _span(cell, "rowspan")
                for _ in range(_span(cell, "colspan")):
                    if down > 1:
                        hanging[len(line)] = (down - 1, said)
                    line.append(said)
            _hang(line, hanging)
            if line:
                grid.append(line[:WIDEST])
        return grid

    # ------------------------------------------------------------ what Confluence adds

    def _nothing(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return ""

    convert_ac_placeholder = convert_ac_default_parameter = convert_ac_adf_attribute = _nothing
    convert_ac_task_id = convert_ac_task_uuid = convert_ac_task_status = _nothing

    def convert_ac_parameter(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Settings of a macro are not shown, but for the person whose profile it is."""
        return text.strip() if _macro_name(el.parent) == "profile" and _child(el, "ri:user") else ""

    def convert_ac_structured_macro(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        name = _macro_name(el)
        if name == "status":
            words = _parameter(el, "title") or _parameter(el, "colour")
            return f"**{self._plain(words, parent_tags)}**" if words else ""
        if name == "jira":
            return self._jira(el, parent_tags)
        plain = _child(el, "ac:plain-text-body")
        if plain is not None and name in ("code", "noformat"):
            language = re.sub(r"[^\w+#-]", "", _parameter(el, "language"))
            text = self._code(plain.get_text(), language, parent_tags)
        title = _parameter(el, "title") if name in _TITLED else ""
        head = self._block(f"**{self._plain(title, parent_tags)}**", parent_tags) if title else ""
        return head.rstrip() + text if text.strip() else head

    convert_ac_macro = convert_ac_structured_macro

    def _jira(self, macro: Tag, parent_tags: set[str]) -> str:
        """The macro knows a key or a query, and the address only where it is an old one."""
        url = escape.safe_url(_parameter(macro, "url"))
        words = _parameter(macro, "key") or _parameter(macro, "jqlQuery") or url or ""
        return self._link(words, url, "") if url else self._plain(words, parent_tags)

    def convert_ri_user(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        kinds = ("ri:account-id", "ri:userkey", "ri:username")
        ref = next(filter(None, (attribute(el, kind) for kind in kinds)), "")
        return "@" + self._plain(self._names.get(ref, ref), parent_tags) if ref else ""

    def convert_ac_link(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A mention, or a link within Confluence: its words, else the name of what it leads to."""
        if text.strip():
            return text
        kinds = ("ri:content-title", "ri:filename", "ri:space-key", "ri:value")
        targets = [attribute(each, kind) for each in el.find_all(True) for kind in kinds]
        return self._plain(next(filter(None, [*targets, attribute(el, "ac:anchor")]), ""), parent_tags)

    def convert_ac_image(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        file, remote = _child(el, "ri:attachment"), _child(el, "ri:url")
        words = attribute(el, "ac:alt") or attribute(el, "ac:title")
        words = words or (attribute(file, "ri:filename") if file else "")
        shown = self._picture(words, attribute(remote, "ri:value") if remote else "", parent_tags)
        return shown + (self._block(text, parent_tags) if text.strip() else "")

    def convert_ac_emoticon(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        words = attribute(el, "ac:emoji-fallback") or attribute(el, "ac:emoji-shortname")
        return words or f":{attribute(el, 'ac:name')}:"

    def convert_time(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return attribute(el, "datetime") or text

    def convert_ac_task(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        status = _child(el, "ac:task-status")
        done = status is not None and status.get_text().strip() == "complete"
        box = "[x]" if done else "[ ]"
        if "_inline" in parent_tags:
            return f"\n{box} {text.strip()}\n"
        first, *more = text.strip().split("\n")
        return "\n".join([f"- {box} {first}", *(f"  {line}" if line else "" for line in more)]) + "\n"

    def convert_ac_adf_fallback(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The same words again, unless the editor's own form holds none."""
        return "" if el.parent is not None and el.parent.find("ac:adf-content") else self._block(text, parent_tags)


def _hang(line: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    """Add to a row what hangs into it from cells above, as far as they stand next."""
    while (above := hanging.pop(len(line), None)) is not None:
        rows, said = above
        if rows > 1:
            hanging[len(line)] = (rows - 1, said)
        line.append(said)


def _cells(row: Tag) -> list[Tag]:
    return [each for each in row.children if isinstance(each, Tag) and each.name in ("td", "th")]


def _span(cell: Tag, name: str) -> int:
    value = attribute(cell, name).strip()
    return min(int(value), WIDEST) if re.fullmatch("[1-9][0-9]{0,4}", value) else 1
