"""An installed pirsync has its mappings, templates and example: they travel in the wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from .command import ROOT, surroundings

SHIPPED = (
    "mappings/**/*.*",
    "config.example.toml",
    "pirsync/**/*.py",
    "pirsync/**/*.html",
    "pirsync/**/*.css",
    "pirsync/**/*.js",
)


@pytest.fixture(scope="module", name="wheel")
def a_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: no wheel can be built here")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("pattern", SHIPPED)
def test_the_wheel_holds_everything_that_pirsync_reads(wheel: Path, pattern: str) -> None:
    here = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern) if "__pycache__" not in path.parts}
    inside = {name if name.startswith("pirsync/") else f"pirsync/{name}" for name in here}
    assert inside != set()
    assert inside - names(wheel) == set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    strange = [name for name in names(wheel) if not name.startswith(("pirsync/", "pirsync-"))]
    assert strange == []
    assert [name for name in names(wheel) if "__pycache__" in name or name.endswith((".db", ".lock"))] == []


def test_what_was_unpacked_elsewhere_works(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = surroundings() | {"PYTHONPATH": str(tmp_path / "site")}
    run = [sys.executable, "-m", "pirsync", "init"]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "config.toml").exists()
