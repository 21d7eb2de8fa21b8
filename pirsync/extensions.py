"""The register of extensions: actions of which nobody is told until a day, each with a reason and an approver."""

from __future__ import annotations

from pathlib import Path

from .policy.escalation import Extension
from .register import add_entry, load_register
from .toml import Table

HEAD = """\
# Actions that may take longer, each with a last day, a reason, an approver and the day of the decision. The last entry
# of a ticket counts; entries are added, by hand or with `pirsync resolve extend`, and never taken away.
"""


class Register(Table):
    """The file: `[[extension]]` tables in the order in which they were decided."""

    extension: tuple[Extension, ...] = ()


def load_extensions(path: Path) -> tuple[Extension, ...]:
    """What a register holds; nothing where there is none. Raises ConfigError with every problem's file and line."""
    return load_register(path, Register).extension


def add_extension(path: Path, extension: Extension) -> None:
    """Add an entry at the end, on disk before this returns. Raises OSError."""
    add_entry(path, HEAD, "extension", extension)
