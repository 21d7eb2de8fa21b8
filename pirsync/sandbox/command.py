"""The sandbox as a program of its own: makes or loads a world, says where it is, serves until it is interrupted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from .load import BadFile, load
from .seed import seed
from .server import Settings, serve
from .store import BadStore
from .store import load as restore
from .world import Deployment, World


def _world(deployment: Deployment, store: Path | None, loads: Sequence[Path]) -> World:
    """The world to serve: the stored one, else that of the files, else the seeded one."""
    if store is not None and store.exists():
        return restore(store)
    world = World(deployment)
    if loads:
        load(world, loads)
    else:
        seed(world)
    return world


def serve_sandbox(deployment: Deployment, place: tuple[str, int], store: Path | None, loads: Sequence[Path]) -> None:
    """Serve at (host, port); a store that exists is gone on with, whatever else would have made the world."""
    host, port = place
    try:
        world = _world(deployment, store, loads)
    except (BadFile, BadStore) as error:
        print(f"{error}: give another file", file=sys.stderr)
        sys.exit(1)
    if world.deployment != deployment:
        print(f"{store} holds a {world.deployment} world; it is served as such", file=sys.stderr)
    world.base_url = f"http://{host}:{port}"
    print(f"Jira        {world.jira_url or world.base_url}")
    print(f"Confluence  {world.wiki_url}")
    print(f"to look at  {world.base_url}/   (Ctrl-C ends)", flush=True)
    serve(world, host, port, Settings(store=store))
