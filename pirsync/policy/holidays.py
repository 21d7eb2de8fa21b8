"""The public holidays of countries and their parts, from the `holidays` library: the same answer for the same year.

The library is an extra (`pip install 'pirsync[holidays]'`) and is imported when somebody first asks for a region.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from pirsync.errors import ConfigError


@lru_cache(maxsize=1024)
def public_holidays(region: str, year: int) -> Mapping[date, str]:
    """The holidays of one year by day: of a country ("AT") or of a part of one ("AT-9", "US-CA").

    Raises ConfigError for a region that the library does not know, and where the library is not installed.
    """
    try:
        import holidays
    except ImportError:
        raise ConfigError("public holidays need one more package: pip install 'pirsync[holidays]'") from None

    country, _, part = region.partition("-")
    parts = holidays.list_supported_countries(include_aliases=True)
    if country not in parts:
        raise ConfigError(f'no holidays are known of "{country}"{_nearest(country, list(parts))}')
    if part and part not in parts[country]:
        raise ConfigError(f'no holidays are known of "{part}" in {country}{_nearest(part, parts[country])}')
    found = holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US")
    return MappingProxyType({day: name for day, name in found.items() if day.year == year})


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word.upper(), known, n=1, cutoff=0.4)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known[:60])}" if known else ""
