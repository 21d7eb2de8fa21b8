"""The sandbox on the network: one world, one request at a time, and the faults that the world is told to have."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from . import confluence_cloud, confluence_dc, control, jira, permission_control, store, web
from .layer import TRANSPORT, OneAtATime

if TYPE_CHECKING:
    from .world import World

_START_SECONDS = 10.0


def app(world: World, store_path: Path | None = None) -> Starlette:
    """The sandbox as an ASGI application; with `store_path` the world is saved there after every write."""
    wiki = confluence_cloud.routes(world) if world.is_cloud else confluence_dc.routes(world)
    routes = [
        *control.routes(world),
        *permission_control.routes(world),
        *_below("" if world.is_cloud else "/jira", jira.routes(world)),
        *_below("/wiki" if world.is_cloud else "/confluence", wiki),
        *web.routes(world),
    ]

    def saved() -> None:
        if store_path is not None:
            store.save(world, store_path)

    return Starlette(routes=routes, middleware=[Middleware(OneAtATime, world=world, saved=saved)])


def serve(world: World, host: str = "127.0.0.1", port: int = 8765, store_path: Path | None = None) -> None:
    """Serve until interrupted; the world's address becomes that of `host` and `port`."""
    world.base_url = f"http://{host}:{port}"
    with suppress(KeyboardInterrupt):
        uvicorn.Server(_config(world, store_path, host=host, port=port)).run()


class Running:
    """A served sandbox in a thread of this process, on loopback; a context manager.

    `port` 0 takes any free one. OSError when the port is taken, TimeoutError when the server does not start.
    """

    def __init__(self, world: World, port: int = 0, store_path: Path | None = None) -> None:
        self.world = world
        self._port = port
        self._store_path = store_path

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return self.world.base_url

    def __enter__(self) -> Running:
        # Named as TCP: otherwise asyncio leaves Nagle's algorithm on, which costs 40 ms a request.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self._port))
        self.world.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = _Threaded(_config(self.world, self._store_path))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise TimeoutError("the sandbox did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


class _Threaded(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self.ready.set()


class _Protocol(H11Protocol):
    """HTTP whose requests carry their connection, so that a fault can cut it."""

    def handle_events(self) -> None:
        """As usual; the task of a request that has just come in starts only after this."""
        super().handle_events()
        if self.scope is not None:
            cast("dict[str, object]", self.scope)[TRANSPORT] = self.transport


def _config(world: World, store_path: Path | None, **where: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app(world, store_path),
        http=_Protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
        **where,
    )


def _below(prefix: str, routes: Iterable[Route]) -> list[Route]:
    # Not a mount: the web pages of a product lie under the same prefix as its API.
    return [Route(prefix + each.path, each.endpoint, methods=sorted(each.methods or ())) for each in routes]
