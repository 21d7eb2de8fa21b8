"""How one product is reached: its address and login, and a session that can call nothing but that address."""

from __future__ import annotations

import logging
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from pirsync import __version__
from pirsync.errors import AuthInDoubt, Unavailable
from pirsync.model import Deployment

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and to wait for the next byte of an answer."""

HEADERS = {"User-Agent": f"pirsync/{__version__}", "X-Atlassian-Token": "no-check"}
"""Sent with every request; without the second, writes may be refused as cross-site (facts: Confluence, section 8)."""


@dataclass(frozen=True)
class Connection:
    """How to reach one product. `site_url` is what people browse; `api_url` what is called (empty: the same).

    With a `user`, `token` is the password of Basic; without, it is sent as Bearer. `ca` is a bundle's file, or empty.
    """

    site_url: str
    user: str
    token: str = field(repr=False)
    deployment: Deployment
    api_url: str = ""
    ca: str = ""

    @property
    def api(self) -> str:
        """The address to call, without a trailing slash."""
        return (self.api_url or self.site_url).rstrip("/")

    @property
    def site(self) -> str:
        """The address to browse, without a trailing slash."""
        return self.site_url.rstrip("/")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every spelling in which the token travels, so that a site that echoes one is not quoted."""
        basic = b64encode(f"{self.user}:{self.token}".encode()).decode()
        return tuple(spelling for spelling in (basic, self.token, quote(self.token, safe="")) if self.token)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, with the scheme's own port where none is named."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


class Guard(HTTPAdapter):
    """Lets requests go to one origin only, follows no redirect, and never waits without end."""

    def __init__(self, url: str) -> None:
        self._origin = origin(url)
        super().__init__(pool_connections=1, pool_maxsize=4, pool_block=True, max_retries=0)

    def send(  # type: ignore[override]  # the timeouts are ours, whatever the libraries pass
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        """Send one request; Unavailable for a foreign address, AuthInDoubt for a redirect."""
        if origin(request.url or "") != self._origin:
            raise Unavailable(f"refused to call {urlsplit(request.url or '').hostname}: it is not the configured site")
        response = super().send(request, **(options | {"timeout": TIMEOUT}))
        if response.is_redirect:
            response.close()
            raise AuthInDoubt(
                f"{request.method} {urlsplit(request.url or '').path} was answered with a redirect"
                f" (status {response.status_code}): is there a sign-on page or proxy in the way?"
            )
        return response


def guard(session: requests.Session, connection: Connection) -> None:
    """Make the guard the only way out of a library's session, and give it our headers and CA bundle."""
    session.adapters.clear()
    adapter = Guard(connection.api)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update(HEADERS)
    session.verify = connection.ca or True


def quiet_libraries() -> None:
    """Cap the libraries' loggers: below WARNING they print headers and bodies (facts: libraries, trap 10)."""
    for name in ("jira", "atlassian", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.WARNING)
