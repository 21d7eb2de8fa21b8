"""A secret that pirsync was given stands nowhere but in its own source: not in what a test printed, logged or left.

Every configuration of the tests has a token that `TOKENS` lists. What a test captured, the words of every error and
what it left in its own folder are looked through by the hook below, in whichever process the test runs; what commands
said, by `said`; the folders of configurations and what stands on their sites, when they are given back, by
`assert_none_in` and `assert_none_on`.
"""

from __future__ import annotations

import base64
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pirsync.errors import PirsyncError
from pirsync.sandbox.world import World

TOKENS = ("sandbox-token", "s3cr3t-T0KEN-of-the-service", "s3cret-t0ken-of-ours")
"""The demo's, which all that stands on a sandbox uses; and those of the tests that have a site repeat it."""

SOURCES = frozenset({"token", "config.toml"})
"""Files that a person keeps a token in: what a configuration has it from, and the configuration with it by mistake."""

HEADER = re.compile(rb"authorization\W{1,8}(basic|bearer)\s+\S", re.IGNORECASE)


def _forms(token: str) -> Iterator[bytes]:
    """The token as it is, and what of it shows in base64 whatever stands before and behind it."""
    yield token.encode()
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(token)) // 6
        yield base64.b64encode(b"x" * before + token.encode())[first:last]


TOLD: list[str] = []
"""The kinds of the errors that told a secret since the last report."""

FORMS = tuple(form for token in TOKENS for form in _forms(token))


def found_in(told: str | bytes) -> bool:
    """Whether a token stands in it, plain or in base64, or a header that carries one."""
    raw = told.encode(errors="surrogatepass") if isinstance(told, str) else told
    return any(form in raw for form in FORMS) or HEADER.search(raw) is not None


def said(*told: str) -> None:
    """Hold what a command said to be without a secret."""
    # Not the text itself: the report of a failure would repeat it.
    assert [number for number, text in enumerate(told) if found_in(text)] == [], "a secret was told"


def files_with_secrets(folder: Path) -> list[str]:
    """The files below a folder that hold a secret; not those where a person put it, nor programs with one of their own.

    The demo's and the sandbox's token stands in their modules, which tests unpack and compile.
    """
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in SOURCES)
    files = (path for path in files if path.suffix not in (".py", ".pyc"))
    return [str(path.relative_to(folder)) for path in files if found_in(path.read_bytes())]


def assert_none_in(folder: Path) -> None:
    """Hold logs, exports, health files and the state of a configuration's folder to be without a secret."""
    assert files_with_secrets(folder) == []


def assert_none_on(sandbox: World) -> None:
    """Hold all that stands in both products to be without a secret: pages, issues, comments, files, properties."""
    assert not found_in(pickle.dumps((sandbox.tracker, sandbox.wiki))), "a secret stands on the site"


@pytest.fixture(autouse=True, scope="session")
def errors_are_heard() -> Iterator[None]:
    """Every error that is raised on purpose is looked through when it is made: `pytest.raises` shows it to nobody."""

    def heard(error: PirsyncError, *words: object) -> None:
        Exception.__init__(error, *words)
        if any(found_in(str(word)) for word in words):
            TOLD.append(type(error).__name__)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PirsyncError, "__init__", heard)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Fail a test whose captured output or log holds a secret, or a file that it left behind."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy sends what the hook has made
    titles = [title for title, text in report.sections if title.endswith(report.when or "") and found_in(text)]
    folder = getattr(item, "funcargs", {}).get("tmp_path") if report.when == "teardown" else None
    left = files_with_secrets(folder) if isinstance(folder, Path) else []
    told, TOLD[:] = [f"the words of {kind}" for kind in TOLD], []
    if (titles or left or told) and report.passed:
        report.outcome = "failed"
        report.longrepr = f"a secret stands in: {', '.join([*titles, *left, *told])}"
    return report  # type: ignore[return-value]  # and takes what is to become of it
