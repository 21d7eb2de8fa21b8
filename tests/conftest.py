"""What holds for every test: no secret is told anywhere, nothing depends on luck, and the longest files begin first."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.leaks import errors_are_heard, pytest_runtest_makereport

__all__ = ["errors_are_heard", "pytest_collection_modifyitems", "pytest_runtest_makereport"]

LONGEST = (
    "test_real_input.py",
    "test_faults_on_site.py",
    "test_secrecy.py",
    "browser/test_story.py",
    "test_cli.py",
    "test_every_fault.py",
    "test_crashes.py",
    "sandbox/conformance/test_schemathesis.py",
    "page/test_html.py",
    "test_daemon.py",
    "test_cli_state.py",
    "test_cost.py",
    "test_cli_ways.py",
    "test_bad_input.py",
    "browser/test_web_page.py",
    "page/test_markdown.py",
)
"""Files of more than ten seconds, the longest first: a file is one process's, and the last to end must be short."""

# The same examples each time, and no clock: the long versions of these tests look for new ones.
settings.register_profile(
    "suite", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

# Pages become trees of very many objects: to look for cycles among them as often as usual costs a tenth of the time.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the others stay in their order."""
    places = {f"tests/{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture(autouse=True, scope="session")
def _no_proxies() -> Iterator[None]:
    """Nothing here lies behind a proxy, and looking for one costs more than a request on loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("requests.sessions.get_environ_proxies", lambda *_, **__: {})
        yield


@pytest.fixture
def leanly(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests without sockets: what costs time and says nothing there is left out, and a body is read once."""
    from tests.indoors import lean
    from tests.stage import parse_once

    lean(monkeypatch)
    parse_once(monkeypatch)
