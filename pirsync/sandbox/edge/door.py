"""How a request gets in: its path made plain, the gateway's form taken off, the address it came by, and its credential.

Addresses in answers follow the `Host` that was asked for (or the proxy's word for it), unless the world was given
another address than the one the server listens at: that one then holds whatever name was asked for.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

CLOUD_ID = "5a2d0c1e-7b1f-4c83-9e64-1f0b7d3c2a90"
"""The site's id at the gateway, which `/_edge/tenant_info` tells."""

API = re.compile(r"/(?:wiki/|confluence/|jira/)?(?:rest|api)/")

_GATEWAY = re.compile(r"(/ex/(?:jira|confluence)/([^/]+))(/.*)")
_HOST = re.compile(r"[\w.\-]+(?::\d+)?|\[[0-9a-fA-F:.]+\](?::\d+)?")
_REFUSED = (b"authorization", b"Bearer wrong")


@dataclass(frozen=True)
class Door:
    """Where the server listens (`own`, an address), and the one secret that it accepts (None: any)."""

    own: str
    token: str | None = None


@dataclass(frozen=True)
class Way:
    """By which address a request came, and through which gateway (its path, empty: none)."""

    base_url: str
    gateway: str = ""
    is_lost: bool = False


def enter(door: Door, world: World, scope: Scope) -> Way:
    """Make the scope's path and credential plain; the way that the request came.

    A way is lost when the gateway knows no site of that id.
    """
    base, path = _address(door, world, scope), _plain(scope["path"])
    beyond = urlsplit(base).path
    if beyond and path.startswith(beyond + "/"):
        path = path.removeprefix(beyond)
    found = _GATEWAY.fullmatch(path) if world.is_cloud else None
    if found:
        path = found[3]
        # The real gateway leads to Confluence with or without its context path.
        if found[1].startswith("/ex/confluence/") and API.match(path) and not path.startswith("/wiki/"):
            path = "/wiki" + path
    scope["path"] = path.rstrip("/") if API.match(path) else path
    if door.token is not None and not _has(scope, door.token):
        refuse(scope)
    return Way(base, found[1] if found else "", bool(found and found[2] != CLOUD_ID))


def refuse(scope: Scope) -> None:
    """Make the request's credential, if it has one, such that nobody accepts it."""
    if any(name == b"authorization" for name, _ in scope["headers"]):
        rest = [each for each in scope["headers"] if each[0] != b"authorization"]
        scope["headers"] = [*rest, _REFUSED]


@contextmanager
def passing(world: World, way: Way) -> Iterator[None]:
    """While the request is handled the world has the address by which it came."""
    usual = world.base_url, world.gateway
    world.base_url, world.gateway = way.base_url, way.gateway
    try:
        yield
    finally:
        world.base_url, world.gateway = usual


def _address(door: Door, world: World, scope: Scope) -> str:
    if world.base_url != door.own:
        return world.base_url
    headers = Headers(scope=scope)
    host = headers.get("x-forwarded-host", headers.get("host", "")).partition(",")[0].strip()
    scheme = headers.get("x-forwarded-proto", scope["scheme"]).partition(",")[0].strip()
    if not _HOST.fullmatch(host) or scheme not in ("http", "https"):
        return world.base_url
    return f"{scheme}://{host}"


def _plain(path: str) -> str:
    """The path without doubled slashes, as a servlet container sees it; only where it leads to an API."""
    single = re.sub(r"/{2,}", "/", path) if "//" in path else path
    return single if API.search(single) else path


def _has(scope: Scope, token: str) -> bool:
    sent = Headers(scope=scope).get("authorization", "")
    scheme, _, value = sent.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() == token
    try:
        return base64.b64decode(value.strip()).decode().partition(":")[2] == token
    except ValueError:
        return False
