"""A TOML file becomes a frozen model, or one ConfigError that names every problem's file, line, key and remedy.

Values are never echoed: any of them might be a credential put in the wrong place.
"""

from __future__ import annotations

import bisect
import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import ConfigError

Place = tuple[str | int, ...]
"""Where a value stands in a file: keys and list indices from the top."""

Problem = tuple[Place, str]
"""A place and what is wrong there."""

Check = Callable[[dict[str, Any]], Iterable[Problem]]
"""Looks at the raw data for what no single value shows; must bear values of any type."""

MISSING_FILE = "there is no such file"


class Table(BaseModel):
    """A frozen table of a file that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


TableType = TypeVar("TableType", bound=BaseModel)
Several = TypeVar("Several", bound=Sized)


@dataclass(frozen=True)
class Source:
    """The text of one TOML file; `name` is how messages call it."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path) -> Source:
        """Raises ConfigError where the file is absent, unreadable or not UTF-8."""
        try:
            return cls(str(path), path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise ConfigError(f"{path}: {MISSING_FILE}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{path}: this is not UTF-8 text") from None
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None

    @cached_property
    def data(self) -> dict[str, Any]:
        """The parsed file. Raises ConfigError with the line where it is not TOML."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            where = re.search(r" \(at line (\d+), column \d+\)$", str(error))
            line = int(where[1]) if where else self.text.count("\n") + 1
            words = str(error).removesuffix(where[0] if where else " (at end of document)")
            raise ConfigError(f"{self.name}:{line}: this is not TOML: {words}") from None

    def complaint(self, problem: Problem) -> str:
        """One line for a person: file, line, key and what is wrong."""
        place, message = problem
        key = ".".join(str(part) for part in place if isinstance(part, str))
        return f"{self.name}:{self.line(place)}: {key + ': ' if key else ''}{message}"

    def line(self, place: Place) -> int:
        """The line on which the value begins, or the nearest table above it; 1 where nothing of it is there."""
        while place and not _has(self.data, place):
            place = place[:-1]
        if not place:
            return 1
        lines = range(1, len(self._lines) + 1)
        return bisect.bisect_left(lines, True, key=lambda line: _has(self._beginning(line), place)) + 1

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _beginnings(self) -> dict[int, dict[str, Any]]:
        return {}

    def _beginning(self, line: int) -> dict[str, Any]:
        """The data of the file up to that line, or to the end of the value that spans several lines there."""
        for end in range(line, len(self._lines)):
            if end in self._beginnings:
                return self._beginnings[end]
            try:
                data = tomllib.loads("\n".join(self._lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            self._beginnings[end] = data
            return data
        return self.data


def not_empty(value: Several) -> Several:
    """A validator for lists; pydantic's own min_length also complains of lists whose items are wrong."""
    if not value:
        raise ValueError("must not be empty")
    return value


def _has(data: Any, place: Place) -> bool:
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def load_table(
    source: Source,
    model: type[TableType],
    checks: Iterable[Check] = (),
    *,
    under: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
) -> TableType:
    """The file as a model, laid over the tables of `under`. Raises ConfigError with all problems, in line order."""
    data = _overlay(under or {}, source.data)
    problems = [problem for check in checks for problem in check(data)]
    loaded: TableType | None = None
    try:
        loaded = model.model_validate(data, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        problems += [
            (detail["loc"], _message(model, detail["loc"], detail["type"], detail["msg"])) for detail in details
        ]
    if problems or loaded is None:
        unique = dict.fromkeys(sorted(problems, key=lambda problem: source.line(problem[0])))
        raise ConfigError([source.complaint(problem) for problem in unique])
    return loaded


def _overlay(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key, one level deep; anything else of `over` replaces what is under it."""
    merged = dict(under)
    for key, value in over.items():
        below = under.get(key)
        merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def nearest(word: str, known: Iterable[str]) -> str:
    """An ending for a message: the nearest known word, or all of them where none is near; empty where none is known."""
    words = sorted(known)
    folded = {each.casefold(): each for each in words}
    near = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    if near:
        return f"; did you mean {folded[near[0]]}?"
    return f"; known are {', '.join(words)}" if words and len(words) <= 20 else ""


def _message(model: type[BaseModel], place: Place, kind: str, words: str) -> str:
    match kind:
        case "extra_forbidden":
            return "unknown key" + nearest(str(place[-1]), _keys(model, place[:-1]))
        case "missing":
            return "is missing"
        case "tuple_type" | "list_type":
            return 'must be a list, as in ["one", "two"]'
        case "string_type":
            return "must be text in quotes"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "must be a table"
        case "value_error":
            return words.removeprefix("Value error, ")
        case _:
            return words[:1].lower() + words[1:]


def _keys(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that the table at that place may have."""
    found: Any = model
    for part in place:
        found = _inside(found, part)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _inside(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        return fields.get(str(part))
    arguments = get_args(annotation)
    if not arguments:
        return None
    return arguments[1] if get_origin(annotation) is dict else arguments[0]
