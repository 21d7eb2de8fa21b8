"""A world in a file: saved whole and atomically, read back only if it holds nothing but the sandbox's own kinds."""

from __future__ import annotations

import io
import os
import pickle
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from .faults import Faults
from .world import World

_OWN = __name__.rpartition(".")[0] + "."
_PLAIN = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "defaultdict"),
    ("collections", "deque"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("zoneinfo", "ZoneInfo"),
}


class BadStore(Exception):
    """The file is no world of this version of the sandbox."""


class _Reader(pickle.Unpickler):
    """Only classes of the sandbox and a few plain kinds, so that a file cannot run anything."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith(_OWN) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a world")


def dump(world: World) -> bytes:
    """The world as bytes, without its faults, its log of requests and its snapshots."""
    return pickle.dumps(replace(world, faults=Faults(), snapshots={}))


def parse(content: bytes, name: str) -> World:
    """The world that `dump` made bytes of; `BadStore`, naming it, when it is none."""
    try:
        world = _Reader(io.BytesIO(content)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError) as error:
        raise BadStore(f"{name} is no world of this sandbox: {error}") from error
    if not isinstance(world, World):
        raise BadStore(f"{name} is no world of this sandbox")
    return world


def save(world: World, path: Path) -> None:
    """Write the world to `path`; whoever reads it meanwhile sees the old file or the new one, never a part.

    What `dump` leaves out is not kept.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(dump(world))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        # Gone once it took the file's place; left over only when writing it failed.
        Path(name).unlink(missing_ok=True)


def load(path: Path) -> World:
    """The world of a file; `BadStore` when it is none, FileNotFoundError when it is absent."""
    return parse(path.read_bytes(), path.name)
