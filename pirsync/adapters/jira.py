"""The real Jira: the `jira` library makes the authenticated session, and every request goes through `http.py`."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import requests
from jira import JIRA

from .answers import Request
from .connection import HEADERS, TIMEOUT, Connection, guard, quiet_libraries
from .http import Pace, Transport
from .jira_reads import JiraReads
from .jira_writes import JiraWrites
from .limits import Holds
from .pat import token_expires


def _client(connection: Connection) -> JIRA:
    """A client that has asked nothing of the site yet, never retries, and can reach nothing but the site."""
    login: dict[str, Any] = (
        {"basic_auth": (connection.user, connection.token)} if connection.user else {"token_auth": connection.token}
    )
    client = JIRA(
        connection.api,
        options={"headers": dict(HEADERS), "verify": connection.ca or True},
        max_retries=0,
        timeout=TIMEOUT,
        get_server_info=False,
        **login,
    )
    # Without server information the library takes every site for an old server (facts: Jira, section 1.4).
    is_cloud = connection.deployment == "cloud"
    client.deploymentType = "Cloud" if is_cloud else "Server"
    client._version = (1001, 0, 0) if is_cloud else (9, 0, 0)
    guard(client._session, connection)
    quiet_libraries()
    return client


class JiraTracker(JiraReads, JiraWrites):
    """`TrackerReads` and `TrackerWrites` of one site. Making one sends nothing."""

    def __init__(
        self, connection: Connection, stop: threading.Event, pace: Pace | None = None, holds: Holds | None = None
    ) -> None:
        self._client = _client(connection)
        transport = Transport(self._send, connection.secrets, stop, pace, holds)
        JiraReads.__init__(self, connection, transport)
        JiraWrites.__init__(self, connection, transport)

    def _send(self, request: Request) -> requests.Response:
        # The library's own `request` would retry, and crash on error bodies it does not know (facts: section 1.6).
        session = self._client._session
        return requests.Session.request(
            session,
            request.method,
            f"{self._client.server_url}/{request.path}",
            params=dict(request.params),
            json=request.body,
            verify=session.verify,
        )

    def token_expires(self, now: datetime) -> datetime | None:
        """When our token ends, where the site tells."""
        return token_expires(self._connection, self._transport, now)

    def close(self) -> None:
        """Give back the connections; nothing can be asked afterwards."""
        self._client._session.close()
