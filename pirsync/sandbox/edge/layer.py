"""What stands between the network and the handlers: the way in, faults, limits, the log, and one request at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pirsync.sandbox.faults import Rule, rule_of
from pirsync.sandbox.limits import Count, issue_of
from pirsync.sandbox.tracker import find_issue

from . import fault_answers
from .door import API, Door, Way, enter, passing, refuse
from .http import actor, answer, credential_refused
from .reply import Reply, reply_of, spoilt
from .router import Router

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

TRANSPORT = "sandbox.transport"
"""Where the server puts a request's connection in its scope."""

FAULT_HEADER = "X-Sandbox-Fault"
NEVER_SENT = 0

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PIECES = 20
_PAGE_SIZES = ("maxResults", "limit")


@dataclass(frozen=True)
class Visit:
    """One request on its way: its fault, and how it came."""

    scope: Scope
    way: Way
    fault: Rule | None

    @property
    def is_api(self) -> bool:
        """Whether one of the products' APIs is asked; faults and the log are for those alone."""
        return API.match(self.scope["path"]) is not None

    def has(self, *names: str) -> bool:
        """Whether one of these is its fault."""
        return self.fault is not None and self.fault.name in names


class OneAtATime:
    """The sandbox as an ASGI application.

    Puts the body into `request.state.body` and calls the route's handler on the server's own loop: handlers never wait,
    so that one ends before the next begins. `routes` makes the table anew whenever the world's deployment changes.
    """

    def __init__(
        self, world: World, door: Door, routes: Callable[[World], list[Route]], written: Callable[[], None]
    ) -> None:
        self._world = world
        self._door = door
        self._routes = routes
        self._written = written
        self._table = Router(routes(world))
        self._deployment = world.deployment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await _whole_body(receive) if scope["type"] == "http" else None
        if body is None:
            return
        scope.setdefault("state", {})["body"] = body
        visit = self._visit(scope)
        if visit.has("slow") and visit.fault:
            await asyncio.sleep(visit.fault.number)
        reply = None if visit.has("drop-before") else self._reply(visit)
        if reply is None or visit.has("drop-after"):
            self._log(visit, NEVER_SENT)
            await _cut(scope, receive)
            return
        self._log(visit, reply.status)
        await _send(visit, reply, receive, send)

    def _visit(self, scope: Scope) -> Visit:
        way = enter(self._door, self._world, scope)
        return Visit(scope, way, self._fault(scope) if API.match(scope["path"]) else None)

    def _fault(self, scope: Scope) -> Rule | None:
        asked = Headers(scope=scope).get(FAULT_HEADER)
        if asked is None:
            return self._world.faults.take(scope["method"], scope["path"])
        try:
            return rule_of(json.loads(asked)) if asked.startswith("{") else Rule(asked)
        except (ValueError, TypeError) as error:
            return Rule("500", body=str(error))

    def _log(self, visit: Visit, status: int) -> None:
        if visit.is_api:
            self._world.faults.record(visit.scope["method"], visit.scope["path"], status)

    def _reply(self, visit: Visit) -> Reply:
        world, scope = self._world, visit.scope
        with passing(world, visit.way), _lagging(world, visit):
            counted = self._counted(visit) if visit.is_api else ()
            instead = next((fault_answers.over_limit(world, one) for one in counted if one.refused), None)
            if instead is None and visit.fault is not None:
                instead = fault_answers.in_its_place(world, visit.fault, scope["path"])
            reply = reply_of(instead or self._handled(visit))
            for count in sorted(counted, key=lambda one: one.refused):
                reply = reply.having(fault_answers.limit_headers(world, count))
        skew = visit.fault.number if visit.fault and visit.has("skew") else 0.0
        date = format_datetime(world.clock.now() + timedelta(seconds=skew), usegmt=True)
        return spoilt(reply.having({"date": date}), visit.fault)

    def _counted(self, visit: Visit) -> tuple[Count, ...]:
        """This request against each limit that is switched on."""
        world, method, path = self._world, visit.scope["method"], visit.scope["path"]
        limits, now = world.faults.limits, world.clock.now()
        counts = []
        if world.is_cloud:
            counts.append(limits.count_burst(method, path, now))
            issue = None if method in _READING else find_issue(world, issue_of(path) or "")
            counts.append(limits.count_write(issue.id, now) if issue else None)
        elif limits.bucket is not None:
            user = actor(world, Request(visit.scope))
            counts.append(limits.count_token(user.name, now) if user else None)
        return tuple(one for one in counts if one is not None)

    def _handled(self, visit: Visit) -> Response:
        scope = visit.scope
        if visit.has("expired"):
            refuse(scope)
        if visit.fault and visit.has("short"):
            _shorten(scope, int(visit.fault.number))
        response = self._called(visit)
        if visit.fault and visit.has("twice"):
            again = self._called(visit)
            response = response if visit.fault.argument == "first" else again
        if scope["method"] not in _READING:
            self._written()
        return response

    def _called(self, visit: Visit) -> Response:
        world, scope = self._world, visit.scope
        request = Request(scope)
        refusal = _turned_away(world, visit, request)
        if refusal is not None:
            return refusal
        if world.deployment != self._deployment:
            self._table, self._deployment = Router(self._routes(world)), world.deployment
        route, allowed = self._table.find(scope)
        if route is not None:
            response: Response = route.endpoint(request)
            return response
        if not visit.is_api:
            return PlainTextResponse("Not Found", 404) if not allowed else PlainTextResponse("Method Not Allowed", 405)
        if not allowed:
            return fault_answers.no_such_path(world, scope["path"], str(request.url))
        told = ", ".join(sorted({*allowed, "OPTIONS"}))
        if scope["method"] == "OPTIONS":
            return Response(b"", 200, {"Allow": told})
        return fault_answers.no_such_method(world, scope["path"], told)


def _turned_away(world: World, visit: Visit, request: Request) -> Response | None:
    """The gateway takes no anonymous request, and Data Center's Confluence no wrong credential."""
    if visit.way.is_lost:
        return answer({"code": 404, "message": "Not Found"}, 404)
    if visit.way.gateway and actor(world, request) is None:
        return answer({"code": 401, "message": "Unauthorized"}, 401)
    if request.url.path.startswith("/confluence/rest/") and credential_refused(world, request):
        return fault_answers.basic_refused()
    return None


@contextmanager
def _lagging(world: World, visit: Visit) -> Iterator[None]:
    """A lag that is this request's own."""
    usual = world.faults.lag
    if visit.fault and visit.has("lag"):
        world.faults.lag = visit.fault.number
    try:
        yield
    finally:
        if visit.has("lag"):
            world.faults.lag = usual


def _shorten(scope: Scope, most: int) -> None:
    """Let the handler see that at most so many entries were asked for; the rest stays for the next pages."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    asked = dict(pairs)
    kept = [pair for pair in pairs if pair[0] not in _PAGE_SIZES]
    sizes = [(name, str(_fewer(asked.get(name), most))) for name in _PAGE_SIZES]
    scope["query_string"] = urlencode(kept + sizes).encode("latin-1")
    if scope["method"] == "POST" and scope["path"].endswith(("/search", "/search/jql")):
        sent = json.loads(scope["state"]["body"])
        scope["state"]["body"] = json.dumps({**sent, "maxResults": _fewer(sent.get("maxResults"), most)}).encode()


def _fewer(asked: Any, most: int) -> int:
    return min(most, int(asked)) if str(asked).isdecimal() else most


async def _whole_body(receive: Receive) -> bytes | None:
    """The request's body; None when the client went away before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(visit: Visit, reply: Reply, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": list(reply.headers)})
    if visit.has("truncated") and reply.body:
        await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
        await _cut(visit.scope, receive)
        return
    if visit.fault and visit.has("drip"):
        size = max(1, -(-len(reply.body) // _PIECES))
        for at in range(0, len(reply.body), size):
            await send({"type": "http.response.body", "body": reply.body[at : at + size], "more_body": True})
            await asyncio.sleep(visit.fault.number / _PIECES)
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.body", "body": reply.body})


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection once everything sent is out; silence is no error to the server after that."""
    transport: Any = scope[TRANSPORT]
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)
