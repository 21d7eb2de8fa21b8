"""The language inside `~ "…"`: words that must all be there, phrases, OR, exclusions and wildcards, in one text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .refusals import BadQuery

WORD = re.compile(r"\w+")

_PIECE = re.compile(
    r"""\s*(?:(?P<phrase>"(?:\\.|[^"\\])*")(?P<near>~\d+)?|(?P<sign>[()])|(?P<prefix>[+\-!](?=[^\s+\-!]))"""
    r"""|(?P<term>(?:\\.|[^\s()"\\])+))""",
    re.DOTALL,
)
_DEEPEST = 50
_PLAIN = re.compile(r'(?!.*\b(?:OR|NOT)\b)[\w\s"]+')
_SPECIAL = re.compile(r"\\(.)", re.DOTALL)
_JOINTS = {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR", "NOT": "NOT"}

Words = list[str]
Match = Callable[[Words], bool]


@dataclass(frozen=True)
class _Part:
    """One part of a conjunction; `excluded` ones must not match."""

    match: Match
    excluded: bool


def matcher(text: str, field: str) -> Callable[[str], bool]:
    """Whether a text has what `text` asks for; `BadQuery` in Jira's words when that cannot be read."""
    if not text.strip():
        raise BadQuery(f"The field '{field}' does not support searching for an empty string.")
    if text.strip()[0] == "?":
        raise BadQuery(f"The text query '{text}' for field '{field}' is not allowed to start with '?'.")
    match = _Reader(text, field).whole()
    # Plain words must all stand somewhere; most texts lack one, which is seen faster than words are cut out.
    needed = WORD.findall(text.casefold()) if _PLAIN.fullmatch(text) else []

    def has(held: str) -> bool:
        folded = held.casefold()
        return all(word in folded for word in needed) and match(WORD.findall(folded))

    return has


class _Reader:
    """Reads the pieces from left to right; OR binds weaker than the AND that stands between words unwritten."""

    def __init__(self, text: str, field: str) -> None:
        self._refusal = BadQuery(f"Unable to parse the text '{text}' for field '{field}'.")
        self._pieces = self._split(text)
        self._depth = 0

    def _split(self, text: str) -> list[tuple[str, str]]:
        pieces, at, end = [], 0, len(text.rstrip())
        while at < end:
            found = _PIECE.match(text, at)
            if found is None or found.end() == at:
                raise self._refusal
            kind = next(name for name in ("phrase", "sign", "prefix", "term") if found[name])
            pieces.append(("joint" if found[kind] in _JOINTS else kind, found[kind]))
            at = found.end()
        return pieces[::-1]

    def whole(self) -> Match:
        match = self._any()
        if self._pieces:
            raise self._refusal
        return match

    def _any(self) -> Match:
        choices = [self._all()]
        while self._pieces and _JOINTS.get(self._pieces[-1][1]) == "OR" and self._pieces[-1][0] == "joint":
            self._pieces.pop()
            choices.append(self._all())
        return choices[0] if len(choices) == 1 else lambda words: any(choice(words) for choice in choices)

    def _all(self) -> Match:
        parts = [self._one()]
        while self._pieces and self._pieces[-1][1] != ")":
            kind, text = self._pieces[-1]
            if kind == "joint" and _JOINTS[text] == "OR":
                break
            if kind == "joint" and _JOINTS[text] == "AND":
                self._pieces.pop()
            parts.append(self._one())
        wanted = [part.match for part in parts if not part.excluded]
        unwanted = [part.match for part in parts if part.excluded]
        # Exclusions alone find nothing, as in the index that Jira uses.
        return lambda words: (
            bool(wanted) and all(each(words) for each in wanted) and not any(each(words) for each in unwanted)
        )

    def _one(self) -> _Part:
        if not self._pieces:
            raise self._refusal
        kind, text = self._pieces.pop()
        if kind == "prefix" or (kind == "joint" and _JOINTS[text] == "NOT"):
            part = self._one()
            return _Part(part.match, part.excluded if text == "+" else not part.excluded)
        if text == "(":
            self._depth += 1
            if self._depth > _DEEPEST:
                raise self._refusal
            match = self._any()
            self._depth -= 1
            if not self._pieces or self._pieces.pop()[1] != ")":
                raise self._refusal
            return _Part(match, excluded=False)
        if kind not in ("phrase", "term") or (kind == "term" and text.strip("+-!^~") == ""):
            raise self._refusal
        return _Part(_sequence(text[1:-1] if kind == "phrase" else text, kind == "term"), excluded=False)


def _sequence(text: str, has_wildcards: bool) -> Match:
    """Words that follow each other; `*` and `?` stand for letters outside of phrases."""
    pattern = r"[\w*?]+" if has_wildcards else r"\w+"
    steps = [_word(one) for one in re.findall(pattern, _SPECIAL.sub(r"\1", text).casefold())]
    if not steps:
        return lambda words: False
    if len(steps) == 1:
        return lambda words: any(steps[0](word) for word in words)
    length = len(steps)
    return lambda words: any(
        all(step(words[start + place]) for place, step in enumerate(steps)) for start in range(len(words) - length + 1)
    )


def _word(text: str) -> Callable[[str], bool]:
    if "*" not in text and "?" not in text:
        return lambda word: word == text
    pattern = re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."))
    return lambda word: pattern.fullmatch(word) is not None
