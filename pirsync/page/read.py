"""What a cell says, in whatever shape it was typed: with or without paragraphs, lists, placeholders, emoji.

Facts: Confluence, section 5.5 ("Cell content parsing must accept …").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from pirsync.page_model import Cell, Lozenge, Mention
from pirsync.policy.review import fold as fold

from . import escape
from .scan import Element

_BLOCKS = frozenset(
    (
        *("p", "div", "br", "li", "ul", "ol", "table", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("pre", "blockquote", "hr", "ac:task", "ac:task-body", "ac:rich-text-body"),
    )
)
_SILENT = frozenset(
    (
        *("ac:placeholder", "ac:parameter", "ac:adf-fallback", "ac:adf-attribute"),
        *("ac:task-id", "ac:task-status", "ac:task-uuid"),
    )
)
_KEY = re.compile(r"(?<![A-Za-z0-9_-])([A-Z][A-Z0-9_]+-[1-9][0-9]{0,17})(?![0-9A-Za-z_-])")
_BROWSE = re.compile(r"/browse/([A-Z][A-Z0-9_]+-[1-9][0-9]{0,17})(?:[/?#]|$)")
_ISO_DAY = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NAMED_DAY = re.compile(
    r"(?<!\w)(?:(\d{1,2})(?:st|nd|rd|th)?\s+([A-Za-z]{3,9})|([A-Za-z]{3,9})\s+(\d{1,2})(?:st|nd|rd|th)?),?\s+(\d{4})(?!\d)"
)
_COLOURS = {"grey": "Grey", "red": "Red", "yellow": "Yellow", "green": "Green", "blue": "Blue"}


def as_read(words: str) -> str:
    """What a reader gets back of words that were written: one line, without what XML has no way to say."""
    return " ".join(escape.printable(words).split()).strip("\u200b\ufeff ")


def macro(element: Element) -> str:
    """The macro's name, or empty for an element that is no macro."""
    return element.attrs.get("ac:name", "") if element.name == "ac:structured-macro" else ""


def text_of(element: Element) -> str:
    """What a reader sees in it, folded to one line; mentions and prompts are not text."""
    pieces: list[str] = []
    _collect(element, pieces)
    return as_read("".join(pieces))


def _collect(element: Element, pieces: list[str]) -> None:
    for child in element.children:
        if isinstance(child, str):
            pieces.append(child)
            continue
        said = _says(child)
        if said is not None:
            pieces.append(said)
            continue
        if child.name in _BLOCKS:
            pieces.append(" ")
        _collect(child, pieces)
        if child.name in _BLOCKS:
            pieces.append(" ")


def _says(element: Element) -> str | None:
    """What an element says by itself, without its children; None where its children speak."""
    if element.name in _SILENT:
        return ""
    if element.name == "time":
        return element.attrs.get("datetime", "")
    if element.name == "ac:emoticon":
        return element.attrs.get("ac:emoji-fallback", "")
    match macro(element):
        case "status":
            return f" {element.parameter('title')} "
        case "jira":
            return element.parameter("key")
    if (
        element.name == "ac:link"
        and element.child("ac:link-body") is None
        and element.child("ac:plain-text-link-body") is None
    ):
        page = element.child("ri:page")
        return page.attrs.get("ri:content-title", "") if page is not None else ""
    return None


def _named(inner: tuple[Element, ...], name: str) -> Iterator[Element]:
    return (element for element in inner if element.name == name)


def mentions_in(inner: tuple[Element, ...]) -> tuple[Mention, ...]:
    """Everybody who is mentioned, in order. Anonymised people have no account and are left out."""
    refs = (
        user.attrs.get("ri:account-id") or user.attrs.get("ri:userkey") or user.attrs.get("ri:username")
        for user in _named(inner, "ri:user")
    )
    return tuple(Mention(ref=ref) for ref in refs if ref)


def _dates(inner: tuple[Element, ...], text: str) -> tuple[date, ...]:
    """The dates: the editor's own, else those typed unmistakably (2026-12-01, 1 Dec 2026, December 1, 2026)."""
    own = [_day(*t.attrs.get("datetime", "")[:10].split("-")) for t in _named(inner, "time")]
    found = [day for day in own if day is not None]
    if found:
        return tuple(found)
    typed = [_day(*m.groups()) for m in _ISO_DAY.finditer(text)]
    typed += [_named_day(m) for m in _NAMED_DAY.finditer(text)]
    return tuple(day for day in typed if day is not None)


def _day(*parts: str) -> date | None:
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None


def _named_day(found: re.Match[str]) -> date | None:
    first, month_after, month_before, second, year = found.groups()
    name = (month_after or month_before)[:3].title()
    try:
        return datetime.strptime(f"{first or second} {name} {year}", "%d %b %Y").date()
    except ValueError:
        return None


def _lozenge(inner: tuple[Element, ...]) -> Lozenge | None:
    """The first status macro."""
    for found in _named(inner, "ac:structured-macro"):
        if macro(found) == "status" and found.parameter("title").strip():
            colour = _COLOURS.get(found.parameter("colour").casefold(), "Grey")
            return Lozenge.model_validate({"text": " ".join(found.parameter("title").split()), "colour": colour})
    return None


def _issue_key(inner: tuple[Element, ...], text: str) -> str | None:
    """The issue that is named: by a Jira macro, by a link to it, or in plain text."""
    for found in _named(inner, "ac:structured-macro"):
        if macro(found) == "jira" and (key := _KEY.search(found.parameter("key"))):
            return key.group(1)
    for anchor in _named(inner, "a"):
        if key := _BROWSE.search(anchor.attrs.get("href", "")):
            return key.group(1)
    typed = _KEY.search(text)
    return typed.group(1) if typed else None


def cell(element: Element) -> Cell:
    """A table cell as people mean it."""
    text = text_of(element)
    inner = tuple(element.walk())
    return Cell(
        start=element.inner_start,
        end=element.inner_end,
        outer_start=element.start,
        outer_end=element.end,
        text=text,
        mentions=mentions_in(inner),
        dates=_dates(inner, text),
        links=tuple(a.attrs["href"] for a in _named(inner, "a") if "href" in a.attrs),
        lozenge=_lozenge(inner),
        issue_key=_issue_key(inner, text),
        is_commented=any(True for _ in _named(inner, "ac:inline-comment-marker")),
    )
