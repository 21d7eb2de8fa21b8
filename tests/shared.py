"""Recorded material beside the checkout: used where it is there, skipped aloud where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared(name: str) -> Path:
    """A folder of recorded material, or the test is skipped and says so."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"recorded material is not at hand: {name}")
    return path
