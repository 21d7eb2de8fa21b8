"""The sandbox's own calls under `/__sandbox`: set faults, read the log, move the clock. They need no credential."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import rule_of
from .http import BadBody, body_object

if TYPE_CHECKING:
    from .world import World


def routes(world: World) -> list[Route]:
    """The control calls; they are never logged and no fault hits them."""
    table = (
        ("GET", "faults", _faults),
        ("POST", "faults", _add_faults),
        ("DELETE", "faults", _clear_faults),
        ("GET", "requests", _requests),
        ("DELETE", "requests", _forget_requests),
        ("GET", "clock", _clock),
        ("POST", "clock", _move_clock),
    )
    return [Route(f"/__sandbox/{name}", partial(handler, world), methods=[method]) for method, name, handler in table]


def _faults(world: World, _request: Request) -> Response:
    rules = [{"kind": rule.kind, "method": rule.method, "path": rule.path} for rule in world.faults.rules]
    return JSONResponse({"rules": rules, "lag": world.faults.lag, "expired": world.faults.expired})


def _add_faults(world: World, request: Request) -> Response:
    """Body `{rules: [...], lag: seconds, expired: bool}`, each part optional; 400 when a rule makes no sense."""
    try:
        sent = body_object(request)
        rules = [rule_of(data) for data in sent.get("rules", [])]
        lag = float(sent.get("lag", world.faults.lag))
    except (BadBody, ValueError, TypeError) as error:
        return JSONResponse({"error": str(error)}, 400)
    world.faults.lag = lag
    world.faults.expired = bool(sent.get("expired", world.faults.expired))
    for rule in rules:
        world.faults.add(rule)
    return _faults(world, request)


def _clear_faults(world: World, request: Request) -> Response:
    world.faults.clear()
    return _faults(world, request)


def _requests(world: World, _request: Request) -> Response:
    return JSONResponse({"requests": [list(entry) for entry in world.faults.log]})


def _forget_requests(world: World, request: Request) -> Response:
    world.faults.log.clear()
    return _requests(world, request)


def _clock(world: World, _request: Request) -> Response:
    return JSONResponse({"now": world.clock.now().isoformat()})


def _move_clock(world: World, request: Request) -> Response:
    """Body `{advance: seconds}` or `{set: "2026-03-01T09:00:00+00:00"}` (UTC when no offset is given)."""
    try:
        sent = body_object(request)
        if "set" in sent:
            instant = datetime.fromisoformat(sent["set"])
            world.clock.set(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
        else:
            world.clock.advance(float(sent["advance"]))
    except (BadBody, KeyError, ValueError, TypeError) as error:
        return JSONResponse({"error": f"advance (seconds) or set (a moment) is needed: {error}"}, 400)
    return _clock(world, request)
