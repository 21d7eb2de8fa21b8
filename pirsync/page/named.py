"""Which issues of a site a page names on purpose: by a Jira macro, or by their address. A key that is merely typed may
be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from . import read
from .scan import Element, encode, scan

_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[1-9][0-9]{0,17}")
_SELECTED = "selectedIssue"
"""The parameter by which addresses of boards and backlogs name an issue."""


def issues_named(body: str, site_url: str) -> tuple[str, ...]:
    """Their keys, each once, in the page's order. Raises BadPage when the body is not well formed."""
    return tuple(dict.fromkeys(_named(scan(encode(body)), site_url.rstrip("/"))))


def _named(root: Element, site_url: str) -> Iterator[str]:
    for element in root.walk():
        if read.macro(element) == "jira":
            found: str | None = element.parameter("key").strip()
        elif element.name == "a":
            found = _addressed(element.attrs.get("href", ""), site_url)
        else:
            continue
        if found and _KEY.fullmatch(found):
            yield found


def _addressed(url: str, site_url: str) -> str | None:
    """The key of the issue that an address of the site leads to; None where it leads elsewhere."""
    try:
        there, home = urlsplit(url.strip()), urlsplit(site_url)
        if (there.scheme, there.netloc.casefold()) != (home.scheme, home.netloc.casefold()):
            return None
        if there.path.startswith(f"{home.path}/browse/"):
            return there.path.removeprefix(f"{home.path}/browse/").strip("/")
        return next(iter(parse_qs(there.query).get(_SELECTED, ())), None)
    except ValueError:
        return None
