"""The real Confluence: which dialect is spoken is configured, never guessed from the host's name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from .confluence_base import present
from .confluence_cloud import ConfluenceCloud
from .confluence_dc import ConfluenceDataCenter
from .connection import Connection
from .http import Pace
from .limits import Holds

Wiki = ConfluenceCloud | ConfluenceDataCenter


def open_wiki(
    connection: Connection,
    stop: threading.Event,
    pace: Pace | None = None,
    now: Callable[[], datetime] = present,
    holds: Holds | None = None,
) -> Wiki:
    """`WikiReads` and `WikiWrites` of one site; nothing is sent yet.

    `connection` leads to Confluence itself: Cloud's `/wiki` is added where it lacks, Data Center's context path is part
    of it. `stop` ends every wait.
    """
    kind = ConfluenceCloud if connection.deployment == "cloud" else ConfluenceDataCenter
    return kind(connection, stop, pace, now, holds)
