"""A real browser for the tests in this folder; where there is none, they say so and are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.browser.person import BROWSER, DRIVER, started


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own."""
    if not (BROWSER and DRIVER):
        pytest.skip("chromium and chromedriver are not installed")
    with started(tmp_path_factory.mktemp("profile")) as driver:
        yield driver
