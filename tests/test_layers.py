"""The walls: left never imports right, and what touches the world outside stays at the edge."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pirsync

ROOT = Path(pirsync.__file__).parent
CORE = {"errors", "model", "page_model"}
VALUES = CORE | {"raw", "resources", "toml", "config", "mapping", "mapping_file", "comments", "policy", "page", "ports"}
VALUES |= {"state_port", "names", "changes", "decision", "packs", "template_choice"}
REMEMBERING = ("recall", "known", "record")
SEEING = ("sight", "locate", "base", "observe")
LOOKING = ("practice", "directory", "proof", "history", *REMEMBERING, *SEEING, "looking", "scan")
DECIDING = (
    "draft",
    "vouch",
    "notices",
    "escalation_plan",
    "hearing",
    "rows",
    "binding",
    "ical",
    "invitation",
    "adoption",
    "candidates",
    "lookup",
    "overlooked",
    "overwritten",
    "index_plan",
    "standing_plan",
    "summary_plan",
    "added",
    "approving",
    "plan",
    *LOOKING,
    "apply",
    "brake",
    "report",
    "index_step",
    "quarter_plan",
    "quarter_step",
    "findings",
    "ways",
    "selection",
    "newborn",
    "whose",
    "wishes",
)
PLANNING = VALUES | {*DECIDING, "sample"}
WHOLE = PLANNING | {"reconcile"}
ALLOWED = {
    "errors": set(),
    "model": set(),
    "page_model": {"model"},
    "policy": CORE | {"policy"},
    "page": CORE | {"page", "policy"},
    "state_port": CORE,
    "ports": CORE | {"state_port"},
    "names": set(),
    "changes": CORE | {"ports", "names"},
    "decision": CORE | {"ports", "state_port", "changes", "policy"},
    "adapters": CORE | {"config", "ports", "state_port", "page", "adapters", ""},
    "sandbox": {"sandbox"},
    "reconcile": WHOLE,
    "daemon": WHOLE,
} | dict.fromkeys(DECIDING, PLANNING)
HELD = {"world", "people", "present", "faults"}
SHOWN = HELD | {"tracker", "wiki", "text", "site", "edge"}
INSIDE_THE_SANDBOX = {
    "text": set(),
    "tracker": HELD,
    "wiki": HELD | {"text"},
    "jql": HELD | {"tracker"},
    "cql": HELD | {"wiki", "text"},
    "worlds": HELD | {"tracker", "wiki", "text", "clock"},
    "edge": HELD | {"tracker", "limits"},
    "jira": SHOWN - {"wiki", "site"} | {"jql"},
    "confluence": SHOWN - {"tracker"} | {"cql", "web"},
    "web": SHOWN | {"confluence"},
}
ONLY_IMPORTER = {
    "tenacity": {"adapters/http.py"},
    "jira": {"adapters/jira.py"},
    "atlassian": {f"adapters/confluence{part}.py" for part in ("", "_base", "_cloud", "_dc")},
    "sqlalchemy": {"adapters/state.py", "adapters/state_file.py"},
    "schedule": {"daemon.py"},
    "markdownify": {"page/markdown.py"},
    "holidays": {"policy/holidays.py"},
    "icalendar": {"ical.py"},
}
AT_THE_EDGE = {
    "adapters",
    "daemon",
    "sandbox",
    "cli",
    "commands",
    "state_commands",
    "pack_commands",
    "build",
    "demo",
    "exemptions",
    "extensions",
    "register",
    "logs",
}
AT_THE_EDGE |= {"output", "show", "status"}
OUTSIDE = {"time", "random", "os", "socket", "subprocess", "requests", "structlog", "logging"}

FILES = sorted(ROOT.rglob("*.py"))


def part(path: Path) -> str:
    """Which part of pirsync a file belongs to: the top-level module or folder."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Absolute names of everything that a file imports, for types only included."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = ["pirsync", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            yield from (f"{module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", [p for p in FILES if part(p) in ALLOWED], ids=lambda p: str(p.relative_to(ROOT)))
def test_left_never_imports_right(path: Path) -> None:
    inside = {name.split(".")[1] for name in imports(path) if name.startswith("pirsync.")}
    assert inside - ALLOWED[part(path)] - {part(path), "__version__"} == set()


@pytest.mark.parametrize("folder", sorted(INSIDE_THE_SANDBOX))
def test_the_sandbox_has_walls_too(folder: str) -> None:
    files = (ROOT / "sandbox" / folder).rglob("*.py")
    names = [name.split(".")[2] for path in files for name in imports(path) if name.startswith("pirsync.sandbox.")]
    assert set(names) - INSIDE_THE_SANDBOX[folder] - {folder} == set()


def test_every_folder_of_the_sandbox_is_within_walls() -> None:
    folders = {path.parent.name for path in (ROOT / "sandbox").glob("*/__init__.py")}
    assert folders - {"control"} == set(INSIDE_THE_SANDBOX)


@pytest.mark.parametrize("library", sorted(ONLY_IMPORTER))
def test_each_library_has_one_importer(library: str) -> None:
    found = {
        str(path.relative_to(ROOT)) for path in FILES if any(name.split(".")[0] == library for name in imports(path))
    }
    assert found - ONLY_IMPORTER[library] == set()
    assert found != set()


@pytest.mark.parametrize(
    "path", [p for p in FILES if part(p) not in AT_THE_EDGE], ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_core_has_no_clock_and_no_environment(path: Path) -> None:
    assert {name.split(".")[0] for name in imports(path)} & OUTSIDE == set()
    source = path.read_text(encoding="utf-8")
    assert "datetime.now" not in source
    assert "date.today" not in source


def test_the_per_incident_boundary_is_the_only_broad_except() -> None:
    broad = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = node.type if isinstance(node, ast.ExceptHandler) else None
            is_broad = isinstance(node, ast.ExceptHandler) and (
                named is None or (isinstance(named, ast.Name) and named.id in ("Exception", "BaseException"))
            )
            if is_broad:
                broad.append(str(path.relative_to(ROOT)))
    assert broad == ["reconcile.py"]
