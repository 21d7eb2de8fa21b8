"""What a text search sees of a page's body, and when a text contains what is looked for."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from html import unescape

from pirsync.sandbox.text.markup import Element, parse, walk

_PART = re.compile(r'"([^"]+)"|([\w*?]+)')
_MACROS = ("ac:structured-macro", "ac:macro")
_MARKUP = re.compile(r"""<!\[CDATA\[(.*?)\]\]>|<((?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_BLOCK_END = re.compile(r"/(?:p|li|td|th|h[1-6]|div|ac:\S+)\s*|br\s*/")


@lru_cache(maxsize=16_384)
def text_of(body: str) -> str:
    """The text of a body as it is kept, with a blank where a block ends.

    Tags are skipped, not parsed: a search reads every page of a wiki, and what is kept is well formed.
    """
    parts: list[str] = []
    position = 0
    for mark in _MARKUP.finditer(body):
        parts.append(unescape(body[position : mark.start()]))
        position = mark.end()
        if mark[1] is not None:
            parts.append(mark[1])
        elif _BLOCK_END.fullmatch(mark[2]):
            parts.append(" ")
    return "".join([*parts, unescape(body[position:])])


@lru_cache(maxsize=1_024)
def macros_in(body: str) -> frozenset[str]:
    """The names of the macros in a body, in lower case."""
    return frozenset(each.attributes.get("ac:name", "").casefold() for each in _all(body) if each.name in _MACROS)


@lru_cache(maxsize=1_024)
def mentions_in(body: str) -> frozenset[str]:
    """The account ids, user keys or names of those that a body mentions."""
    users = [each for each in _all(body) if each.name == "ri:user"]
    return frozenset(value for user in users for name, value in user.attributes.items() if name != "ri:local-id")


def contains(text: str, wanted: str) -> bool:
    """Every word of `wanted`, in any order and case; `*` and `?` stand for letters, quoted words for a row of words."""
    words = re.findall(r"\w+", text.casefold())
    for phrase, word in _PART.findall(wanted.casefold()):
        row = re.findall(r"\w+", phrase)
        if row and not any(words[start : start + len(row)] == row for start in range(len(words))):
            return False
        if word and not _has(words, word):
            return False
    return True


def _has(words: list[str], wanted: str) -> bool:
    if "*" not in wanted and "?" not in wanted:
        return wanted in words
    pattern = re.compile(translate(wanted))
    return any(pattern.match(word) for word in words)


def _all(body: str) -> list[Element]:
    found: list[Element] = []
    walk(parse(body), found.append)
    return found
