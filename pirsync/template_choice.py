"""Which template a review page is born from: the first of a team's choices whose severity and type are the incident's.

Chosen once, at the page's birth: an incident that is re-classified keeps the page that people are writing on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from .mapping_file import Several, Words, fold
from .toml import Table, nearest


class TemplateChoice(Table):
    """One choice: the template to `use` for these severities and issue types. An empty list is for any."""

    severity: Several = ()
    type: Several = ()
    use: Words

    @property
    def is_for_all(self) -> bool:
        """Whether it is for every incident."""
        return not self.severity and not self.type

    def fits(self, severity: str, kind: str) -> bool:
        """Whether it is for incidents of this severity and issue type."""
        return all(
            not wanted or fold(given) in map(fold, wanted)
            for wanted, given in ((self.severity, severity), (self.type, kind))
        )


def _as_list(value: object) -> object:
    """One template for all is written as its name alone."""
    return ({"use": value},) if isinstance(value, str) else value


def _ends_with_one_for_all(value: tuple[TemplateChoice, ...]) -> tuple[TemplateChoice, ...]:
    if not value:
        raise ValueError("must not be empty")
    first = next((index for index, choice in enumerate(value) if choice.is_for_all), None)
    if first is None:
        raise ValueError('must end with one for all other incidents, as in { use = "review" }')
    if first < len(value) - 1:
        after = ", ".join(f'"{choice.use}"' for choice in value[first + 1 :])
        raise ValueError(f'"{value[first].use}" is for every incident, so that {after} after it can never be chosen')
    return value


Choices = Annotated[tuple[TemplateChoice, ...], BeforeValidator(_as_list), AfterValidator(_ends_with_one_for_all)]
"""As in a configuration: a template's name, or tables of which the last is for all."""


def choose(choices: Sequence[TemplateChoice], severity: str, kind: str) -> TemplateChoice:
    """The first that fits; the last is for all."""
    return next(choice for choice in choices if choice.fits(severity, kind))


def problems(choices: Sequence[TemplateChoice], severities: Sequence[str], kinds: Sequence[str]) -> Iterator[str]:
    """What no incident of the team can ever be: severities that are none of the mapping's words, and issue types that
    are none of the team's (`kinds` empty: any)."""
    for choice in choices:
        for word in choice.severity:
            if fold(word) not in map(fold, severities):
                yield f'no severity of the mapping is called "{word}"{nearest(word, severities)}'
        for word in choice.type if kinds else ():
            if fold(word) not in map(fold, kinds):
                yield f'"{word}" is none of the team\'s issue types{nearest(word, kinds)}'
