"""The sandbox on the network: one world, one request at a time, and the faults that the world is told to have."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from .confluence import cloud as confluence_cloud
from .confluence import datacenter as confluence_dc
from .control import permissions as permission_control
from .control import properties as property_control
from .control import wiki as wiki_control
from .control import world as control
from .edge.door import CLOUD_ID, Door
from .edge.fault_answers import login_page
from .edge.http import answer
from .edge.layer import TRANSPORT, OneAtATime
from .jira import routes as jira
from .keeper import Keeper
from .web import app as web

if TYPE_CHECKING:
    from .world import World

_START_SECONDS = 60.0
_LOOK_SECONDS = 0.1
"""Between looks for a signal that asks for the end."""


def app(world: World, door: Door, keeper: Keeper) -> OneAtATime:
    """The sandbox as an ASGI application."""
    return OneAtATime(world, door, routes, keeper.written)


def routes(world: World) -> list[Route]:
    """Everything that is served in the world's dialect."""
    wiki = confluence_cloud.routes(world) if world.is_cloud else confluence_dc.routes(world)
    table = [
        *control.routes(world),
        *permission_control.routes(world),
        *property_control.routes(world),
        *_site(world),
        *wiki_control.routes(world),
        *_below("" if world.is_cloud else "/jira", [*jira.routes(world), *jira.files(world)]),
        *_below("/wiki" if world.is_cloud else "/confluence", wiki),
        *web.routes(world),
    ]
    return [*table, control.listing(table)]


@dataclass(frozen=True)
class Settings:
    """How a sandbox is served.

    `base_url` is the address that answers name instead of the one asked for, `token` the one secret that is accepted,
    `store` the file that the world is kept in; each may be absent.
    """

    base_url: str | None = None
    token: str | None = None
    store: Path | None = None


def serve(world: World, host: str = "127.0.0.1", port: int = 8765, settings: Settings = Settings()) -> None:
    """Serve until interrupted or terminated; the world's address becomes that of `host` and `port`, or the given."""
    own = f"http://{host}:{port}"
    world.base_url = settings.base_url or own
    keeper = Keeper(world, settings.store)
    door = Door("" if settings.base_url else own, settings.token)
    with suppress(KeyboardInterrupt):
        _Server(_config(app(world, door, keeper), host=host, port=port), keeper).run()


class Running:
    """A served sandbox in a thread of this process, on loopback; a context manager.

    `port` 0 takes any free one. OSError when the port is taken, TimeoutError when the server does not start.
    """

    def __init__(self, world: World, port: int = 0, store_path: Path | None = None, token: str | None = None) -> None:
        self.world = world
        self._port = port
        self._token = token
        self._keeper = Keeper(world, store_path)

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return self.world.base_url

    def __enter__(self) -> Running:
        # Named as TCP: otherwise asyncio leaves Nagle's algorithm on, which costs 40 ms a request.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self._port))
        own = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.world.base_url = own
        self._server = _Server(_config(app(self.world, Door(own, self._token), self._keeper)), self._keeper)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise TimeoutError("the sandbox did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join()
        self._socket.close()


class _Server(uvicorn.Server):
    """A server that tells when it listens, and whose world is saved when it ends."""

    def __init__(self, config: uvicorn.Config, keeper: Keeper) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._keeper = keeper

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()

    async def main_loop(self) -> None:
        """Serve until told to end, and then end at once: uvicorn's own loop only looks ten times a second."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _LOOK_SECONDS)

    def end(self) -> None:
        """End; for another thread to call once the server is ready."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._told.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End as usual, then save: after this a signal that was caught ends the process without another word."""
        await super().shutdown(sockets)
        self._keeper.flush()


class _Protocol(H11Protocol):
    """HTTP whose requests carry their connection, so that a fault can cut it."""

    def handle_events(self) -> None:
        """As usual; the task of a request that has just come in starts only after this."""
        super().handle_events()
        if self.scope is not None:
            cast("dict[str, object]", self.scope)[TRANSPORT] = self.transport


def _config(served: OneAtATime, **where: Any) -> uvicorn.Config:
    return uvicorn.Config(
        served,
        http=_Protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        access_log=False,
        date_header=False,
        log_config=None,
        timeout_graceful_shutdown=1,
        # As long as real sites hold a connection: a client that was busy for a while finds its own still open.
        timeout_keep_alive=60,
        **where,
    )


def _site(world: World) -> list[Route]:
    """What lies outside of the products: the page to log in at, and on Cloud the site's id."""

    def log_in(_request: Request) -> Response:
        return login_page()

    def tenant(_request: Request) -> Response:
        return answer({"cloudId": CLOUD_ID})

    login = Route("/login" if world.is_cloud else "/jira/login.jsp", log_in, methods=["GET", "POST"])
    return [login, Route("/_edge/tenant_info", tenant, methods=["GET"])] if world.is_cloud else [login]


def _below(prefix: str, routes: Iterable[Route]) -> list[Route]:
    # Not a mount: the web pages of a product lie under the same prefix as its API.
    return [Route(prefix + each.path, each.endpoint, methods=sorted(each.methods or ())) for each in routes]
