"""A real browser for the tests in this folder; where there is none, they say so and are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser.person import BROWSER, DRIVER, started


@pytest.fixture
def chrome(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own."""
    if not (BROWSER and DRIVER):
        pytest.skip("chromium and chromedriver are not installed")
    with started(tmp_path) as driver:
        yield driver
