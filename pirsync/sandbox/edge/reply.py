"""A whole answer as bytes, before it is sent: what a handler gave, and how a fault spoils it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from pirsync.sandbox.faults import Rule

Header = tuple[bytes, bytes]

_LENGTH, _TYPE = b"content-length", b"content-type"


@dataclass(frozen=True)
class Reply:
    """Status, headers with lower-case names, and body."""

    status: int
    headers: tuple[Header, ...]
    body: bytes

    def having(self, headers: dict[str, str]) -> Reply:
        """With these headers in place of those of the same names."""
        sent = {name.lower().encode(): value.encode("latin-1", "replace") for name, value in headers.items()}
        kept = tuple(each for each in self.headers if each[0] not in sent)
        return replace(self, headers=kept + tuple(sent.items()))


def reply_of(response: Response) -> Reply:
    """What a handler's response sends."""
    return Reply(response.status_code, tuple(response.raw_headers), bytes(response.body))


def spoilt(reply: Reply, fault: Rule | None) -> Reply:
    """The reply with its content type wrong or its body gone, when that is the fault."""
    if fault is None:
        return reply
    if fault.name == "type":
        return reply.having({_TYPE.decode(): fault.argument or "text/html"})
    if fault.name == "empty":
        return replace(reply.having({_LENGTH.decode(): "0"}), status=200, body=b"")
    return reply
