"""What stands between the network and the handlers: the faults, the log, and one request at a time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import Rule

if TYPE_CHECKING:
    from .world import World

TRANSPORT = "sandbox.transport"
"""Where the server puts a request's connection in its scope."""

CONTROL = "/__sandbox/"
FAULT_HEADER = "X-Sandbox-Fault"
NEVER_SENT = 0

_API = re.compile(r"/(?:wiki/|confluence/|jira/)?(?:rest|api)/")
_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Log in</title></head><body><h1>Log in to continue</h1>"
    '<form method="post" action="/login"><input name="username"><input name="password" type="password"></form>'
    "</body></html>"
)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class OneAtATime:
    """Puts the body into `request.state.body`, applies faults to API requests, logs them; one handler at a time."""

    def __init__(self, app: ASGIApp, world: World, saved: Callable[[], None]) -> None:
        self._app = app
        self._world = world
        self._saved = saved
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["body"] = await _whole_body(receive)
        fault = self._fault(scope)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        kind = fault.kind if fault else ""
        answer = _instead(fault) if fault else None
        if kind == "drop-before":
            messages: list[Message] = []
        elif answer is not None:
            messages = await _messages_of(answer, scope)
        else:
            messages = await self._handled(scope)
        if kind.startswith("drop-"):
            self._log(scope, NEVER_SENT)
            await _cut(scope)
            return
        self._log(scope, messages[0]["status"])
        for message in messages:
            await send(message)

    async def _handled(self, scope: Scope) -> list[Message]:
        async with self._lock:
            messages = await _messages_of(self._app, scope)
            if scope["method"] not in _READING:
                self._saved()
        return messages

    def _fault(self, scope: Scope) -> Rule | None:
        if not _API.match(scope["path"]):
            return None
        asked = Headers(scope=scope).get(FAULT_HEADER)
        if asked is None:
            return self._world.faults.take(scope["method"], scope["path"])
        try:
            return Rule(asked)
        except ValueError as error:
            return Rule("500", body=str(error))

    def _log(self, scope: Scope, status: int) -> None:
        if _API.match(scope["path"]):
            self._world.faults.record(scope["method"], scope["path"], status)


async def _whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _messages_of(app: ASGIApp, scope: Scope) -> list[Message]:
    """What the application sends, kept back; it reads the body that was read already."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": scope["state"]["body"], "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return messages


async def _cut(scope: Scope) -> None:
    transport: Any = scope[TRANSPORT]
    transport.abort()
    # The protocol learns of the lost connection in the loop's next turns; only then is silence no error to it.
    for _ in range(3):
        await asyncio.sleep(0)


def _instead(fault: Rule) -> Response | None:
    """The answer that takes the handler's place; None for faults that let it run, or that answer nothing."""
    if fault.kind == "html":
        return HTMLResponse(fault.body or _LOGIN_PAGE)
    if fault.kind == "429":
        headers = {"Retry-After": None if fault.retry_after is None else str(fault.retry_after)}
        headers["RateLimit-Reason"] = fault.reason
        sent = {name: value for name, value in headers.items() if value is not None}
        if fault.body is not None:
            return Response(fault.body, 429, sent)
        return JSONResponse({"code": 429, "message": "Rate limit exceeded."}, 429, sent)
    if fault.kind.isdecimal():
        return Response(fault.body or f"<html><h1>{fault.kind}</h1></html>", int(fault.kind), media_type="text/html")
    return None
