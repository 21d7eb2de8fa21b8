"""What a check says: pass, fail, or cannot tell, and one sentence that a person can act on."""

from __future__ import annotations

from enum import StrEnum

from pirsync.model import Noun


class Result(StrEnum):
    """What can honestly be said of free text."""

    PASS = "pass"
    FAIL = "fail"
    CANNOT_TELL = "cannot tell"


class Verdict(Noun):
    """A result and its reason."""

    result: Result
    said: str


def good(said: str) -> Verdict:
    """It is as it should be."""
    return Verdict(result=Result.PASS, said=said)


def bad(said: str) -> Verdict:
    """It is not, and this is what to do about it."""
    return Verdict(result=Result.FAIL, said=said)


def unsure(said: str) -> Verdict:
    """It cannot be told, and this is why."""
    return Verdict(result=Result.CANNOT_TELL, said=said)


def several(number: int, word: str) -> str:
    """`1 entry`, `3 entries`."""
    plural = f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeiou" else f"{word}s"
    return f"{number} {word if number == 1 else plural}"


def short(words: str, most: int = 60) -> str:
    """Words in quotes, cut where they are long."""
    return f'"{words if len(words) <= most else words[: most - 1].rstrip() + "…"}"'
