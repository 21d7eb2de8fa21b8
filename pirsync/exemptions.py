"""The register of exempt incidents: losing the state must not bring back a review that somebody decided against."""

from __future__ import annotations

from pathlib import Path

from .decision import Exemption
from .register import add_entry, load_register
from .toml import Table

HEAD = """\
# Incidents that get no review, each with a reason, an approver and a day. The last entry of an incident counts;
# entries are added, by hand or with `pirsync resolve ignore`, and never taken away.
"""


class Register(Table):
    """The file: `[[exemption]]` tables in the order in which they were decided."""

    exemption: tuple[Exemption, ...] = ()


def load_exemptions(path: Path) -> tuple[Exemption, ...]:
    """What a register holds; nothing where there is none. Raises ConfigError with every problem's file and line."""
    return load_register(path, Register).exemption


def add_exemption(path: Path, exemption: Exemption) -> None:
    """Add an entry at the end, on disk before this returns. Raises OSError."""
    add_entry(path, HEAD, "exemption", exemption)
