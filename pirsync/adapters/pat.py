"""When a personal access token expires, as far as a Data Center tells.

`GET rest/pat/latest/tokens` lists the account's tokens, none of them with its secret: only where one alone has not
expired is it certainly the one that asks. Cloud has no such list for API tokens.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pirsync.errors import Rejected, Unavailable

from .connection import Connection
from .http import Transport
from .shapes import instant

PATH = "rest/pat/latest/tokens"


def token_expires(connection: Connection, transport: Transport, now: datetime) -> datetime | None:
    """The end of the token that `connection` uses; None where it has none, or where the site does not tell."""
    if connection.deployment == "cloud" or connection.user:
        return None
    with suppress(Rejected, Unavailable):
        answer = transport.read("GET", PATH)
        listed = [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []
        valid = [end for end in map(_end, listed) if end is None or end > now]
        return valid[0] if len(valid) == 1 else None
    return None


def _end(token: dict[str, Any]) -> datetime | None:
    """When a token ends, as text or as milliseconds since 1970; None for one that never does."""
    told = token.get("expiringAt")
    if isinstance(told, int):
        try:
            return datetime.fromtimestamp(told / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            raise Unavailable("the site tells of a token's end in no year that there will be") from None
    return None if told is None else instant(told)
