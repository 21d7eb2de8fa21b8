"""The sandbox in both dialects, for the contract of the real adapters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .sites import Site


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A freshly seeded sandbox of each dialect."""
    from .sites import served  # a server is more than most tests beside this file need

    with served(request.param) as running:
        yield running
