"""Page templates as files: those that come with pirsync by their ids, a team's own by their paths."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from .errors import ConfigError
from .page.template import ReviewTemplate
from .resources import mappings_dir
from .sample import sample_values
from .template_choice import TemplateChoice


def shipped_templates() -> dict[str, str]:
    """The templates that come with pirsync: id to text."""
    return {p.stem: p.read_text(encoding="utf-8") for p in sorted((mappings_dir() / "templates").glob("*.xml"))}


def load_template(name: str, base: Path) -> ReviewTemplate:
    """A shipped template by its name, or one's own by its path; checked with a sample incident."""
    shipped = shipped_templates()
    if name not in shipped:
        path = base / name
        if not path.is_file():
            raise ConfigError(f'team.template: no template "{name}"; shipped are {", ".join(shipped)}, or give a path')
        try:
            shipped[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{name}: not UTF-8 text (byte {error.start})") from None
    return _checked(name, tuple(shipped.items()))


def load_templates(choices: Iterable[TemplateChoice], base: Path) -> tuple[tuple[TemplateChoice, ReviewTemplate], ...]:
    """The templates of a team's choices. Raises ConfigError with the problems of all of them."""
    found: list[tuple[TemplateChoice, ReviewTemplate]] = []
    wrong: list[str] = []
    for choice in choices:
        try:
            found.append((choice, load_template(choice.use, base)))
        except ConfigError as error:
            wrong += error.problems
    if wrong:
        raise ConfigError(list(dict.fromkeys(wrong)))
    return tuple(found)


@lru_cache(maxsize=32)
def _checked(name: str, sources: tuple[tuple[str, str], ...]) -> ReviewTemplate:
    """The template of these texts: every pass asks for it, since a person may have edited it, and few have."""
    template = ReviewTemplate(name, dict(sources))
    template.check(sample_values())
    return template
