"""The shape of a parsed answer: a part that we need is demanded, and what else it holds may be of any kind.

What is demanded and missing, or of another kind, is Unavailable: never an error of ours, and never taken for absence.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pirsync.errors import Unavailable

LARGEST = 10**15
"""No count, version or number of seconds of either product is larger."""


def part(answer: Any, name: str, request: str) -> Any:
    """A part that an answer must have; Unavailable when the answer lacks it, so that lack is never read as absence."""
    if not isinstance(answer, dict) or name not in answer:
        raise Unavailable(f"{request} was answered without `{name}`: is this really the product's API?")
    return answer[name]


def name_in(answer: Any, name: str, request: str) -> str:
    """An id, key or account that an answer must have; both products write ids as text or as numbers."""
    value = part(answer, name, request)
    if (isinstance(value, str) and value) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise _wrong(name, request)


def number_in(answer: Any, name: str, request: str) -> int:
    """A whole number, 0 or more, that an answer must have."""
    return number(part(answer, name, request), name, request)


def number(value: object, name: str, request: str) -> int:
    """The same of a value that is at hand."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST:
        return value
    raise _wrong(name, request)


def objects(answer: Any, request: str, *needed: str) -> list[dict[str, Any]]:
    """A list of objects, each with the ids or keys that are `needed`."""
    if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
        raise Unavailable(f"{request} was not answered with a list: is this really the product's API?")
    for one in answer:
        for name in needed:
            name_in(one, name, request)
    return answer


def table(value: object) -> Mapping[str, Any]:
    """An object that an answer may have, or an empty one."""
    return value if isinstance(value, dict) else {}


def words(value: object) -> str:
    """Text that an answer may have, or none."""
    return value if isinstance(value, str) else ""


def text_in(answer: Any, name: str, request: str) -> str:
    """Text, perhaps empty, that an answer must have."""
    value = part(answer, name, request)
    if isinstance(value, str):
        return value
    raise _wrong(name, request)


def onward(answer: Mapping[str, Any], name: str, request: str) -> str:
    """What leads to the rest of a list, empty at its end; of another kind it is not taken for the end."""
    value = answer.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise _wrong(name, request)


def instant(text: object) -> datetime:
    """An aware UTC instant from either product's spelling (`+0000`, `Z`, `+01:00`); Unavailable when it is none."""
    with suppress(ValueError, OverflowError):
        value = datetime.fromisoformat(str(text))
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    raise Unavailable("an answer held an instant that cannot be read")


def _wrong(name: str, request: str) -> Unavailable:
    return Unavailable(f"{request} was answered with a `{name}` of another kind: is this really the product's API?")
