"""The sandbox's own calls under `/__sandbox`: faults, limits, the log, the clock, and the whole world."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pirsync.sandbox import store
from pirsync.sandbox.edge.door import API
from pirsync.sandbox.edge.http import BadBody, body_object
from pirsync.sandbox.faults import rule_of
from pirsync.sandbox.limits import limits_of
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.generate import Size, generate
from pirsync.sandbox.worlds.seed import seed

if TYPE_CHECKING:
    from collections.abc import Callable

_USUAL_SNAPSHOT = "default"
_MOST = 100_000


def routes(world: World) -> list[Route]:
    """The control calls; they need no credential, are never logged, and no fault hits them."""
    table = (
        ("GET", "faults", _faults),
        ("POST", "faults", _add_faults),
        ("DELETE", "faults", _clear_faults),
        ("POST", "limits", _set_limits),
        ("GET", "requests", _requests),
        ("DELETE", "requests", _forget_requests),
        ("GET", "clock", _clock),
        ("POST", "clock", _move_clock),
        ("GET", "world", _world),
        ("POST", "world", _make_world),
        ("POST", "snapshot", _snapshot),
        ("POST", "restore", _restore),
    )
    return [Route(f"/__sandbox/{name}", partial(_told, world, call), methods=[method]) for method, name, call in table]


def listing(table: list[Route]) -> Route:
    """The call that tells which operations of the products' APIs a table of routes serves."""
    served = [
        f"{method} {route.path}"
        for route in table
        for method in sorted((route.methods or set()) - {"HEAD"})
        if API.match(route.path)
    ]
    return Route("/__sandbox/operations", lambda _request: JSONResponse({"operations": served}), methods=["GET"])


def _told(world: World, call: Callable[[World, Request], Any], request: Request) -> Response:
    """The call's answer as JSON; what makes no sense is refused in words and changes nothing."""
    try:
        return JSONResponse(call(world, request))
    except (BadBody, store.BadStore, KeyError, ValueError, TypeError) as error:
        return JSONResponse({"error": str(error)}, 400)


def _faults(world: World, _request: Request) -> Any:
    rules = [{"kind": rule.kind, "method": rule.method, "path": rule.path} for rule in world.faults.rules]
    return {"rules": rules, "lag": world.faults.lag, "expired": world.faults.expired}


def _add_faults(world: World, request: Request) -> Any:
    """Body `{rules: [...], lag: seconds, expired: bool}`, each part optional."""
    sent = body_object(request)
    rules = [rule_of(data) for data in sent.get("rules", [])]
    lag = float(sent.get("lag", world.faults.lag))
    world.faults.lag = lag
    world.faults.expired = bool(sent.get("expired", world.faults.expired))
    for rule in rules:
        world.faults.add(rule)
    return _faults(world, request)


def _clear_faults(world: World, request: Request) -> Any:
    world.faults.clear()
    return _faults(world, request)


def _set_limits(world: World, request: Request) -> Any:
    """Body `{burst, issue_writes, bucket}`; what is left out is off."""
    limits = limits_of(body_object(request))
    world.faults.limits = limits
    bucket = vars(limits.bucket) if limits.bucket else None
    return {"burst": limits.burst, "issue_writes": limits.issue_writes, "bucket": bucket}


def _requests(world: World, _request: Request) -> Any:
    return {"requests": [list(entry) for entry in world.faults.log]}


def _forget_requests(world: World, request: Request) -> Any:
    world.faults.log.clear()
    return _requests(world, request)


def _clock(world: World, _request: Request) -> Any:
    return {"now": world.clock.now().isoformat()}


def _move_clock(world: World, request: Request) -> Any:
    """Body `{advance: seconds}` or `{set: "2026-03-01T09:00:00+00:00"}` (UTC when no offset is given)."""
    sent = body_object(request)
    if "set" in sent:
        world.clock.set(_moment(sent["set"]))
    elif "advance" in sent:
        world.clock.advance(float(sent["advance"]))
    else:
        raise ValueError("advance (seconds) or set (a moment) is needed")
    return _clock(world, request)


def _moment(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _world(world: World, _request: Request) -> Any:
    return {
        "deployment": world.deployment,
        "jira": world.jira_url,
        "confluence": world.wiki_url,
        "issues": len(world.tracker.issues),
        "pages": len(world.wiki.pages),
        "now": world.clock.now().isoformat(),
    }


def _make_world(world: World, request: Request) -> Any:
    """Body `{deployment, issues, pages, seed, now}`, each part optional; without a size, the world of a new sandbox."""
    sent = body_object(request)
    unknown = set(sent) - {"deployment", "issues", "pages", "seed", "now"}
    if unknown:
        raise ValueError(f"a world has no {sorted(unknown)}")
    deployment = sent.get("deployment", world.deployment)
    if deployment not in get_args(Deployment):
        raise ValueError(f"deployment is one of {get_args(Deployment)}")
    made = World(deployment)
    if "now" in sent:
        made.clock.set(_moment(sent["now"]))
    if "issues" in sent or "pages" in sent:
        generate(made, Size(*(_count(sent, name) for name in ("issues", "pages", "seed"))))
    else:
        seed(made)
    world.become(made)
    return _world(world, request)


def _count(sent: dict[str, Any], name: str) -> int:
    value = sent.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise ValueError(f"{name} is a number from 0 to {_MOST}")
    return value


def _snapshot(world: World, request: Request) -> Any:
    """Body `{name}`, optional: keep the world as it is now under that name, as long as the server runs."""
    name = str(body_object(request).get("name", _USUAL_SNAPSHOT))
    world.snapshots[name] = store.dump(world)
    return {"snapshots": sorted(world.snapshots)}


def _restore(world: World, request: Request) -> Any:
    """Body `{name}`, optional: the world as it was at that snapshot, without faults."""
    name = str(body_object(request).get("name", _USUAL_SNAPSHOT))
    if name not in world.snapshots:
        raise ValueError(f"there is no snapshot {name}")
    world.become(store.parse(world.snapshots[name], name))
    return _world(world, request)
