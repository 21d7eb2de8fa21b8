"""Shipped files are found in the installed package, or beside it in a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from .errors import ConfigError


def mappings_dir() -> Path:
    """The folder of shipped mappings, page templates and procedure packs. Raises ConfigError where it is missing."""
    return _shipped("mappings")


def example_config() -> str:
    """The text of config.example.toml. Raises ConfigError where it is missing."""
    return _shipped("config.example.toml").read_text(encoding="utf-8")


def _shipped(name: str) -> Path:
    package = Path(str(files("pirsync")))
    for folder in (package, package.parent):
        if (folder / name).exists():
            return folder / name
    raise ConfigError(f"{package}: this installation lacks its file {name}; install pirsync again")
