"""Storage format as safe HTML: only what this file names comes out as a tag, everything else as escaped text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Protocol
from urllib.parse import urlsplit

from .body import Body, Element, parse

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SAME = frozenset(
    (*HEADINGS, "p", "blockquote", "ul", "ol", "li", "pre", "div", "table", "tbody", "thead", "tfoot", "tr", "td", "th")
) | frozenset(("strong", "em", "u", "s", "del", "ins", "code", "sub", "sup", "small", "big", "span"))
_RENAMED = {"b": "strong", "i": "em", "strike": "s", "tt": "code", "cite": "em"}
_BLOCKS = frozenset(
    ["p", "blockquote", "ul", "ol", "div", "pre", "table", "hr", "ac:task-list", "ac:layout", *HEADINGS]
)
_INLINE_MACROS = frozenset(["status", "jira", "anchor", "emoticon"])
_HIDDEN = frozenset(
    ["ac:parameter", "ac:task-id", "ac:task-uuid", "ac:task-status", "ac:adf-attribute", "colgroup", "col"]
)
_PANELS = frozenset(["info", "note", "tip", "warning"])
_COLOURS = frozenset(["green", "red", "yellow", "blue", "purple"])
_EMOTICONS = {
    "smile": "🙂", "sad": "🙁", "cheeky": "😛", "laugh": "😀", "wink": "😉", "thumbs-up": "👍", "thumbs-down": "👎",
    "information": "ℹ️", "tick": "✅", "cross": "❌", "warning": "⚠️", "plus": "➕", "minus": "➖", "question": "❓",
    "light-on": "💡", "yellow-star": "⭐", "red-star": "⭐", "green-star": "⭐", "blue-star": "⭐", "heart": "❤️",
    "broken-heart": "💔",
}  # fmt: skip
FOCUSABLE = ' tabindex="0" role="group" aria-label="{}"'
"""For what may be wider than the screen, so that it is reached by keyboard and scrolled with the arrows."""

_STYLE = re.compile(r"\s*(text-align|color|background-color)\s*:\s*(#[0-9a-fA-F]{3,8}|rgb\([\d\s,.%]+\)|[a-zA-Z-]+)\s*")
_CHOSEN = {"color": "--text", "background-color": "--shade"}
"""An author's colours are handed to the style sheet, which keeps their hue and makes them legible, by night too."""

_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_HEX = re.compile(r"#[0-9a-fA-F]{3,8}")


@dataclass(frozen=True)
class IssueCard:
    """What a chip shows of an issue; `colour` is the lozenge's: green, grey, red, yellow, blue."""

    key: str
    summary: str
    url: str
    status: str
    colour: str


class Site(Protocol):
    """What a body points at, looked up by whoever shows it; None means that it is not known or not to be seen."""

    def person(self, ref: str) -> str | None:
        """The display name behind an account id, user key or user name."""

    def page(self, space_key: str, title: str) -> str | None:
        """The address of a page; an empty `space_key` means the page's own space."""

    def children(self) -> list[tuple[str, str]]:
        """Title and address of each page below the one that is shown."""

    def attachment(self, name: str) -> str | None:
        """The address of a file on the page that is shown."""

    def issue(self, key: str) -> IssueCard | None:
        """An issue by its key."""

    def issue_at(self, url: str) -> IssueCard | None:
        """The issue that an address shows."""


def render(body: str, site: Site) -> str:
    """A storage body as HTML. Raises BadBody when it is not well formed."""
    return Renderer(parse(body), site).html()


def safe_url(url: str) -> str | None:
    """The address, if a reader may be sent there: http, https, mailto, or a place on this site."""
    stripped = url.strip()
    try:
        parts = urlsplit(stripped)
    except ValueError:
        return None
    if parts.scheme.lower() in ("http", "https") and parts.netloc:
        return stripped
    if parts.scheme.lower() == "mailto" and parts.path:
        return stripped
    local = not parts.scheme and not parts.netloc and stripped[:1] in ("/", "#") and "\\" not in stripped
    return stripped if local else None


def colour_of(name: str) -> str:
    """A status macro's colour as a lozenge's."""
    return name.strip().lower() if name.strip().lower() in _COLOURS else "grey"


def lozenge(words: str, colour: str) -> str:
    """A coloured status."""
    return f'<span class="lozenge lozenge-{escape(colour)}">{escape(words)}</span>'


_BODIES = ("ac:rich-text-body", "ac:plain-text-body")


def is_block(element: Element) -> bool:
    """Whether it comes out as a block of its own."""
    if element.name in ("ac:structured-macro", "ac:macro"):
        name = element.attrs.get("ac:name", "")
        return name in ("toc", "children") or (name not in _INLINE_MACROS and element.child(*_BODIES) is not None)
    return element.name in _BLOCKS


class Renderer:
    """Turns one parsed body into HTML; the editor's view overrides `extra` and `after`."""

    def __init__(self, body: Body, site: Site) -> None:
        self.body = body
        self.site = site
        self.headings = [e for e in body.elements if e.name in HEADINGS and e.text().strip()]
        self._special: dict[str, Callable[[Element], str]] = {
            "br": lambda _: "<br>",
            "hr": lambda element: f"<hr{self.extra(element)}>",
            "a": self.web_link,
            "time": self.day,
            "ac:link": self.wiki_link,
            "ac:image": self._image,
            "ac:emoticon": self._emoticon,
            "ac:placeholder": self._placeholder,
            "ac:structured-macro": self.macro,
            "ac:macro": self.macro,
            "ac:task-list": lambda element: self.wrap("ul", element, "tasks"),
            "ac:task": self.task,
            "ac:inline-comment-marker": lambda element: self.wrap("span", element, "commented"),
            "ac:layout-section": lambda element: self.wrap("div", element, "columns"),
            "ac:layout-cell": lambda element: self.wrap("div", element, "column"),
            "ac:adf-extension": self._adf,
        }

    def html(self) -> str:
        """The whole body."""
        return self.inner(self.body.root)

    def extra(self, element: Element) -> str:
        """More attributes for an element's tag, with a leading blank."""
        return ""

    def after(self, element: Element) -> str:
        """HTML to stand at the end of an element, inside it; for a table, behind it."""
        return ""

    def focusable(self, label: str) -> str:
        """Attributes of what may be wider than the screen, called `label`."""
        return FOCUSABLE.format(label)

    def styled(self, name: str) -> str:
        """The property that an author's declaration of `name` is handed on as."""
        return _CHOSEN.get(name, name)

    def inner(self, element: Element) -> str:
        """An element's content."""
        pieces = []
        for child in element.children:
            pieces.append(self.words(child) if isinstance(child, str) else self.element(child))
        return "".join(pieces)

    def words(self, text: str) -> str:
        """Text as it is; an instant in it is kept on one line."""
        return _INSTANT.sub(r'<span class="instant">\g<0></span>', escape(text))

    def element(self, element: Element) -> str:
        """One element."""
        name = element.name
        if name in self._special:
            return self._special[name](element)
        if name in _HIDDEN:
            return ""
        name = _RENAMED.get(name, name)
        if name == "table":
            attributes = self.extra(element)
            table = f"<table{attributes}>{self.inner(element)}</table>"
            return f'<div class="scroll"{self.focusable("Table")}>{table}</div>{self.after(element)}'
        if name == "p" and any(is_block(child) for child in element.descendants()):
            return self.wrap("div", element, "p")
        if name in _SAME:
            return f"<{name}{self._attributes(element)}>{self.inner(element)}{self.after(element)}</{name}>"
        block = any(is_block(child) for child in element.descendants())
        return self.wrap("div" if block else "span", element, "other")

    def wrap(self, tag: str, element: Element, css: str) -> str:
        """An element's content within a tag of ours."""
        return f'<{tag} class="{css}"{self.extra(element)}>{self.inner(element)}{self.after(element)}</{tag}>'

    def _attributes(self, element: Element) -> str:
        found = ""
        if element.name in ("td", "th"):
            for name in ("colspan", "rowspan"):
                value = element.attrs.get(name, "")
                if value.isascii() and value.isdigit() and 0 < int(value) <= 1000:
                    found += f' {name}="{int(value)}"'
        if element.name in HEADINGS:
            found += f' id="h-{element.number}"'
        if element.name == "pre":
            found += self.focusable("Text")
        if style := escape("; ".join(f"{self.styled(name)}: {value}" for name, value in _styles(element))):
            found += f' style="{style}"'
        return found + self.extra(element)

    # ------------------------------------------------------------ links

    def web_link(self, element: Element) -> str:
        """A link to an address."""
        href = safe_url(element.attrs.get("href", ""))
        if href is None:
            return self.wrap("span", element, "dead-link")
        card = self.site.issue_at(href) if "data-card-appearance" in element.attrs else None
        if card is not None:
            return self.chip(card, element)
        return f'<a href="{escape(href)}" rel="noopener"{self.extra(element)}>{self.inner(element)}</a>'

    def chip(self, card: IssueCard, element: Element) -> str:
        """An issue as key, summary and status."""
        return (
            f'<a class="chip" href="{escape(card.url)}" title="{escape(card.summary)}"{self.extra(element)}>'
            f"<b>{escape(card.key)}</b> <span>{escape(card.summary)}</span> {lozenge(card.status, card.colour)}</a>"
        )

    def wiki_link(self, element: Element) -> str:
        """A mention, or a link to a page or a file."""
        words = element.child("ac:link-body", "ac:plain-text-link-body")
        shown = self.inner(words) if words is not None else ""
        user = element.child("ri:user")
        if user is not None:
            refs = (user.attrs.get(name) for name in ("ri:account-id", "ri:userkey", "ri:username"))
            name = self.site.person(next((ref for ref in refs if ref), ""))
            return f'<span class="mention"{self.extra(element)}>@{escape(name or "Unknown user")}</span>'
        page = element.child("ri:page", "ri:blog-post")
        if page is not None:
            title = page.attrs.get("ri:content-title", "")
            url = self.site.page(page.attrs.get("ri:space-key", ""), title)
            label = shown or escape(title)
            if url is None:
                return f'<span class="dead-link" title="No such page"{self.extra(element)}>{label}</span>'
            return f'<a href="{escape(url)}"{self.extra(element)}>{label}</a>'
        name, url = self._file(element)
        label = shown or escape(name) or escape(element.attrs.get("ac:anchor", ""))
        if url is not None:
            return f'<a href="{escape(url)}"{self.extra(element)}>{label}</a>'
        return f'<span class="dead-link"{self.extra(element)}>{label}</span>'

    # ------------------------------------------------------------ small things

    def day(self, element: Element) -> str:
        """A date."""
        value = element.attrs.get("datetime", "")
        try:
            day = date.fromisoformat(value[:10])
        except ValueError:
            return f'<span class="date"{self.extra(element)}>{escape(value)}</span>'
        shown = f"{day.day} {day:%b} {day.year}"
        return f'<time class="date" datetime="{escape(value)}"{self.extra(element)}>{shown}</time>'

    def _image(self, element: Element) -> str:
        source = element.child("ri:attachment", "ri:url")
        name = source.attrs.get("ri:filename") or source.attrs.get("ri:value", "") if source is not None else ""
        _, url = self._file(element)
        if url is not None:
            words, width = element.attrs.get("ac:alt") or name, element.attrs.get("ac:width", "")
            size = f' width="{int(width)}"' if width.isascii() and width.isdigit() and 0 < int(width) <= 4000 else ""
            return f'<img src="{escape(url)}" alt="{escape(words)}"{size}{self.extra(element)}>'
        return f'<span class="box"{self.extra(element)}>Image {escape(name)}</span>'

    def _file(self, element: Element) -> tuple[str, str | None]:
        """The name of the file that an element points at, and its address if it is on the page that is shown."""
        file = element.child("ri:attachment")
        name = file.attrs.get("ri:filename", "") if file is not None else ""
        is_own = file is not None and file.child("ri:page", "ri:blog-post", "ri:content-entity") is None
        return name, self.site.attachment(name) if is_own else None

    def _emoticon(self, element: Element) -> str:
        fallback = element.attrs.get("ac:emoji-fallback", "")
        name = element.attrs.get("ac:name", "")
        shown = _EMOTICONS.get(name, f"({name})") if not fallback or fallback.startswith(":") else fallback
        return f'<span class="emoticon"{self.extra(element)}>{escape(shown)}</span>'

    def _placeholder(self, element: Element) -> str:
        return f'<span class="placeholder"{self.extra(element)}>{escape(element.text())}</span>'

    def task(self, element: Element) -> str:
        """One task of a list."""
        status = element.child("ac:task-status")
        done = " checked" if status is not None and status.text().strip() == "complete" else ""
        body = element.child("ac:task-body")
        words = self.inner(body) if body is not None else ""
        label = escape(" ".join(body.text().split())) if body is not None else ""
        box = f'<input type="checkbox" disabled{done} aria-label="{label or "Task"}">'
        return f"<li{self.extra(element)}>{box} {words}</li>"

    def _adf(self, element: Element) -> str:
        fallback = element.child("ac:adf-fallback")
        return f'<div class="box"{self.extra(element)}>{self.inner(fallback or element)}</div>'

    # ------------------------------------------------------------ macros

    def macro(self, element: Element) -> str:
        """One macro."""
        name = element.attrs.get("ac:name", "")
        title = element.parameter("title")
        if name == "status":
            shown = title or element.parameter("colour")
            colour = colour_of(element.parameter("colour"))
            return f'<span class="lozenge lozenge-{colour}"{self.extra(element)}>{escape(shown)}</span>'
        if name == "jira":
            return self._jira(element)
        if name == "toc":
            return self._contents(element)
        if name == "children":
            return self._children(element)
        if name == "anchor":
            return f'<span class="anchor"{self.extra(element)}></span>'
        if name in ("code", "noformat"):
            plain = element.child("ac:plain-text-body")
            heading = f"<figcaption>{escape(title)}</figcaption>" if title else ""
            code = escape(plain.text()) if plain is not None else ""
            code = f"<pre{self.focusable('Code')}><code>{code}</code></pre>"
            return f'<figure class="code"{self.extra(element)}>{heading}{code}</figure>'
        words = self.macro_body(element)
        if name == "expand":
            summary = f"<summary>{escape(title or 'Click here to expand…')}</summary>"
            return f'<details class="expand"{self.extra(element)}>{summary}{words}</details>'
        if name in _PANELS or name == "panel":
            heading = f'<p class="panel-title">{escape(title)}</p>' if title else ""
            return f'<div class="panel panel-{name}"{self.extra(element)}>{heading}{words}</div>'
        if name == "details":
            return f'<section class="properties"{self.extra(element)}>{words}</section>'
        if name in ("excerpt", "section", "column"):
            return f'<div class="{name}"{self.extra(element)}>{words}</div>'
        return self._unknown_macro(element, name, words)

    def macro_body(self, element: Element) -> str:
        """What a macro holds: its rich text, or its plain text as it is."""
        body = element.child(*_BODIES)
        if body is None:
            return ""
        if body.name == "ac:rich-text-body":
            return self.inner(body)
        return f"<pre{self.focusable('Text')}>{escape(body.text())}</pre>"

    def _unknown_macro(self, element: Element, name: str, words: str) -> str:
        settings = ", ".join(
            f"{child.attrs.get('ac:name', '')} {child_text}".strip()
            for child in element.elements()
            if child.name == "ac:parameter" and (child_text := element.parameter(child.attrs.get("ac:name", "")))
        )
        label = f"<b>{escape(name)}</b>" + (f" <small>{escape(settings)}</small>" if settings else "")
        tag = "div" if words else "span"
        return f'<{tag} class="box"{self.extra(element)}>{label}{words}</{tag}>'

    def _jira(self, element: Element) -> str:
        key = element.parameter("key").strip()
        if not key:
            return self._unknown_macro(element, "jira", "")
        card = self.site.issue(key)
        if card is None:
            words = f"<b>{escape(key)}</b> <span>not found</span>"
            return f'<span class="chip chip-missing"{self.extra(element)}>{words}</span>'
        return self.chip(card, element)

    def _children(self, element: Element) -> str:
        below = self.site.children()
        entries = "".join(f'<li><a href="{escape(url)}">{escape(title)}</a></li>' for title, url in below)
        return f'<ul class="children"{self.extra(element)}>{entries or "<li>No pages below this one yet</li>"}</ul>'

    def _contents(self, element: Element) -> str:
        entries = "".join(
            f'<li class="toc-{heading.name}"><a href="#h-{heading.number}">{escape(heading.text().strip())}</a></li>'
            for heading in self.headings
        )
        return f'<ul class="toc"{self.extra(element)}>{entries}</ul>'


def _styles(element: Element) -> Iterator[tuple[str, str]]:
    """The few declarations that cannot do harm: property and value."""
    for declaration in element.attrs.get("style", "").split(";"):
        if found := _STYLE.fullmatch(declaration):
            yield found[1], found[2]
    highlight = element.attrs.get("data-highlight-colour", "")
    if element.name in ("td", "th") and _HEX.fullmatch(highlight):
        yield "background-color", highlight
