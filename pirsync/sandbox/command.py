"""The sandbox as a program of its own: makes or loads a world, says where it is, serves until it is interrupted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .server import Settings, serve
from .store import BadStore
from .store import load as restore
from .world import Deployment, World
from .worlds.generate import Size, generate
from .worlds.load import BadFile, load
from .worlds.seed import seed


@dataclass(frozen=True)
class Origin:
    """What the world is made of: Jira search results, or so many generated issues and pages; else the usual stories."""

    deployment: Deployment
    loads: Sequence[Path] = ()
    size: Size | None = None


def _world(origin: Origin, store: Path | None) -> World:
    """The world to serve: the stored one, else one of its origin."""
    if store is not None and store.exists():
        return restore(store)
    world = World(origin.deployment)
    if origin.loads:
        load(world, origin.loads)
    elif origin.size is not None:
        generate(world, origin.size)
    else:
        seed(world)
    return world


def serve_sandbox(origin: Origin, place: tuple[str, int], settings: Settings) -> None:
    """Serve at (host, port); a store that exists is gone on with, whatever else would have made the world."""
    host, port = place
    try:
        world = _world(origin, settings.store)
    except (BadFile, BadStore) as error:
        print(f"{error}: give another file", file=sys.stderr)
        sys.exit(1)
    if world.deployment != origin.deployment:
        print(f"{settings.store} holds a {world.deployment} world; it is served as such", file=sys.stderr)
    world.base_url = settings.base_url or f"http://{host}:{port}"
    print(f"Jira        {world.jira_url}")
    print(f"Confluence  {world.wiki_url}")
    print(f"to look at  {world.base_url}/   (Ctrl-C ends)", flush=True)
    serve(world, host, port, settings)
