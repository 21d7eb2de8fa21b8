"""Logs of the daemon: one line an event, for people on a terminal, JSON elsewhere. No body, no token."""

from __future__ import annotations

import sys
from typing import Any

import structlog


def configure() -> Any:
    """Set structlog up for this process, writing to standard error, and give its logger."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    return structlog.get_logger("pirsync")
