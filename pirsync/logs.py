"""Logs of the daemon: one line an event, for people on a terminal, JSON elsewhere. No body, no token."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from .output import clean


def _inert(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What the console would print as it is: names and words of the two products can neither colour nor move it."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in event.items()}


def configure() -> Any:
    """Set structlog up for this process, writing to standard error, and give its logger."""
    on_terminal = (_inert, structlog.dev.ConsoleRenderer())
    renderers = on_terminal if sys.stderr.isatty() else (structlog.processors.JSONRenderer(),)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    return structlog.get_logger("pirsync")
