"""A page template: Jinja2 in a sandbox over plain data; an unknown name is an error that says where and what was meant.

Everything is escaped unless it is storage format made by pirsync, which is handed in as Markup.
"""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.loaders import DictLoader
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from pirsync.errors import ConfigError

from . import escape
from .lint import lint


def _finalize(value: Any) -> Any:
    """Characters that XML forbids pass through Jinja2's own escaping (facts: libraries, trap 16)."""
    if isinstance(value, Markup):
        return Markup(escape.printable(str(value)))
    return escape.printable(value) if isinstance(value, str) else value


class ReviewTemplate:
    """A compiled template. `sources` maps template names to texts; `name` is the one that is rendered."""

    def __init__(self, name: str, sources: Mapping[str, str]) -> None:
        self.name = name
        self._sources = dict(sources)
        self._environment = ImmutableSandboxedEnvironment(
            loader=DictLoader(self._sources),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["cdata"] = lambda words: Markup(escape.cdata(str(words)))
        try:
            self._template = self._environment.get_template(name)
        except TemplateSyntaxError as error:
            raise ConfigError(f"{name}:{error.lineno}: {error.message}") from None
        except TemplateError as error:
            raise ConfigError(f"{name}: {error.message}") from None

    def render(self, values: Mapping[str, Any]) -> str:
        """The page's body. Raises ConfigError with file, line and the nearest known name."""
        try:
            return self._template.render(values).strip()
        except (UndefinedError, SecurityError) as error:
            raise ConfigError(self._explain(error, values)) from None

    def check(self, sample: Mapping[str, Any]) -> None:
        """Raise ConfigError for unknown names in any branch, for a body that is not clean for the new editor."""
        for name, source in self._sources.items():
            unknown = find_undeclared_variables(self._environment.parse(source)) - set(sample)
            problems = [f"{name}:{_line(source, word)}: {_unknown(word, sample)}" for word in sorted(unknown)]
            if problems:
                raise ConfigError(problems)
        if problems := [f"{self.name}: {problem}" for problem in lint(self.render(sample))]:
            raise ConfigError(problems)

    def _explain(self, error: TemplateError, values: Mapping[str, Any]) -> str:
        """UndefinedError has no line; the innermost frame of a template has it."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in (*self._sources, "<template>")]
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else self.name
        message = error.message or "a name that is not known"
        word = message.split("'")[1] if "'" in message else ""
        return f"{where.replace('<template>', self.name)}: {message}{_nearest(word, values)}"


def _line(source: str, word: str) -> int:
    return next((n for n, line in enumerate(source.splitlines(), 1) if word in line), 1)


def _unknown(word: str, sample: Mapping[str, Any]) -> str:
    return f"'{word}' is not known{_nearest(word, sample)}"


def _nearest(word: str, values: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(word, list(values), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(sorted(values))}"
