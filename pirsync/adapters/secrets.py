"""A credential is read where its reference says, and no message ever holds it or what surrounded it."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from pirsync.errors import ConfigError

COMMAND_SECONDS = 30
SHORTEST = 6
"""Anything shorter is a mistake, not a token."""


def resolve_secret(reference: str, base: Path) -> str:
    """The secret behind `env:NAME`, `file:PATH` or `command:COMMAND`; paths and commands start from `base`.

    Raises ConfigError where there is none, and where it cannot be a token: too short, or more than one word.
    """
    kind, _, place = reference.partition(":")
    match kind:
        case "env":
            secret = _from_environment(place)
        case "file":
            secret = _from_file(base / place.strip())
        case "command":
            secret = _from_command(place, base)
        case _:
            raise ConfigError("a token must be given as env:NAME, file:PATH or command:COMMAND")
    if len(secret) < SHORTEST:
        raise ConfigError(f"{_shown(reference)}: too short for a token (less than {SHORTEST} characters)")
    if not secret.isprintable() or " " in secret:
        raise ConfigError(f"{_shown(reference)}: must hold the token and nothing else, on one line")
    return secret


def _shown(reference: str) -> str:
    """The reference as messages may show it: of a command only the program, since arguments can be secret."""
    kind, _, place = reference.partition(":")
    return f"{kind}:{(place.split() or [''])[0]} …" if kind == "command" else reference


def _from_environment(name: str) -> str:
    secret = os.environ.get(name, "").strip()
    if not secret:
        raise ConfigError(f"env:{name}: the environment variable {name} is not set")
    return secret


def _from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ConfigError(f"file:{path}: this is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"file:{path}: cannot be read: {error.strerror}") from None


def _from_command(command: str, base: Path) -> str:
    shown = _shown(f"command:{command}")
    try:
        words = shlex.split(command)
        done = subprocess.run(words, cwd=base, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS)
        if done.returncode:
            raise ConfigError(f"{shown}: ended with exit code {done.returncode}; run it by hand to see why")
        return done.stdout.decode().strip()
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{shown}: took longer than {COMMAND_SECONDS} seconds") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{shown}: printed something that is not UTF-8 text") from None
    except (ValueError, IndexError):
        raise ConfigError(f"{shown}: is not a command (look at its quotes)") from None
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be run: {error.strerror}") from None
