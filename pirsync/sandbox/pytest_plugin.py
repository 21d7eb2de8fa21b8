"""Fixtures for the tests of an integration: `sandbox` (Cloud) and `sandbox_datacenter`, at their beginning every time.

A test suite asks for them with `pytest_plugins = ["pirsync.sandbox.pytest_plugin"]` in its top `conftest.py`. They are
no entry point: an installed pirsync must not load itself into test suites that never asked for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .harness import Sandbox


@pytest.fixture(scope="session")
def _sandbox_cloud() -> Iterator[Sandbox]:
    with Sandbox("cloud") as running:
        yield running


@pytest.fixture(scope="session")
def _sandbox_datacenter() -> Iterator[Sandbox]:
    with Sandbox("datacenter") as running:
        yield running


@pytest.fixture
def sandbox(_sandbox_cloud: Sandbox) -> Sandbox:
    """A Jira Cloud and a Confluence Cloud, served once for all tests and reset before each."""
    _sandbox_cloud.reset()
    return _sandbox_cloud


@pytest.fixture
def sandbox_datacenter(_sandbox_datacenter: Sandbox) -> Sandbox:
    """A Jira Data Center and a Confluence Data Center, served once for all tests and reset before each."""
    _sandbox_datacenter.reset()
    return _sandbox_datacenter
