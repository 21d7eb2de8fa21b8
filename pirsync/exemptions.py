"""The register of exempt incidents: a TOML file beside the configuration, to which entries are only ever added.

It is configuration and not state: losing the state must not bring back a review that somebody decided against.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .decision import Exemption
from .toml import Source, Table, load_table

HEAD = """\
# Incidents that get no review, each with a reason, an approver and a day. The last entry of an incident counts;
# entries are added, by hand or with `pirsync resolve ignore`, and never taken away.
"""


class Register(Table):
    """The file: `[[exemption]]` tables in the order in which they were decided."""

    exemption: tuple[Exemption, ...] = ()


def load_exemptions(path: Path) -> tuple[Exemption, ...]:
    """What a register holds; nothing where there is none. Raises ConfigError with every problem's file and line."""
    return load_table(Source.read(path), Register).exemption if path.exists() else ()


def add_exemption(path: Path, exemption: Exemption) -> None:
    """Add an entry at the end, on disk before this returns. Raises OSError."""
    head = "" if path.exists() else HEAD
    with path.open("a", encoding="utf-8") as file:
        file.write(head + entry(exemption))
        file.flush()
        os.fsync(file.fileno())


def entry(exemption: Exemption) -> str:
    """An exemption as its table in the register."""
    told = exemption.model_dump(mode="python", exclude_defaults=True)
    return "\n[[exemption]]\n" + "".join(f"{name} = {_value(value)}\n" for name, value in told.items())


def _value(value: object) -> str:
    if isinstance(value, str):
        # A JSON string is a TOML one, but for DEL, which folding the white space leaves; nobody types it.
        return json.dumps(" ".join(value.replace("\x7f", " ").split()), ensure_ascii=False)
    return str(value).lower()
