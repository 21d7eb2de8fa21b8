"""Registers of what named people decided: TOML files beside the configuration, to which entries are only ever added.

They are configuration and not state: losing the state must not undo what somebody decided.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from .toml import Source, Table, load_table

R = TypeVar("R", bound=Table)


def load_register(path: Path, shape: type[R]) -> R:
    """What a register holds; nothing where there is none. Raises ConfigError with every problem's file and line."""
    return load_table(Source.read(path), shape) if path.exists() else shape()


def add_entry(path: Path, head: str, name: str, decided: BaseModel) -> None:
    """Add an entry at the end, below `head` where there is no file yet; on disk before this returns. Raises OSError."""
    first = "" if path.exists() else head
    with path.open("a", encoding="utf-8") as file:
        file.write(first + entry(name, decided))
        file.flush()
        os.fsync(file.fileno())


def entry(name: str, decided: BaseModel) -> str:
    """A decision as its table in the register."""
    told = decided.model_dump(mode="python", exclude_defaults=True)
    return f"\n[[{name}]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in told.items())


def _value(value: object) -> str:
    if isinstance(value, str):
        # A JSON string is a TOML one, but for DEL, which folding the white space leaves; nobody types it.
        return json.dumps(" ".join(value.replace("\x7f", " ").split()), ensure_ascii=False)
    return str(value).lower()
