"""`make mutants SLICE=plan`: does a test fail for every small change of the code that decides what is written?

Each slice is a few modules and the fast tests of them; mutmut changes one expression at a time in a copy under
`build/mutants`. What survives must be listed in `docs/mutation.md`, by function and number, with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "mutants"
LISTED = ROOT / "docs" / "mutation.md"
NEEDED = ("pirsync", "tests", "mappings", "config.example.toml")

MEMORY = 4 << 30
"""Bytes that a mutant may take: a loop that never ends must not take the machine with it."""

KILLED, TIMED_OUT, KILLED_BY_LIMIT = {1, 3}, {-24, 24, 36, 152, 255}, {-9, -11}
"""mutmut's exit codes of a mutant that tests noticed: they failed, or never ended, or outgrew memory."""

LISTING = re.compile(r"^\| `([\w.]+)` \| (\d+) \|", re.MULTILINE)

SETUP = """\
[mutmut]
source_paths=
    pirsync
only_mutate=
    {mutated}
also_copy=
    mappings
    config.example.toml
pytest_add_cli_args=
    {options}
    -k
    {chosen}
pytest_add_cli_args_test_selection=
    {tests}
[tool:pytest]
markers =
    browser
    slow
"""
OPTIONS = (
    *("-m", "not hypothesis"),  # drawn examples: every run is to kill the same mutants
    *("-p", "_hypothesis_pytestplugin"),
    *(word for name in ("cacheprovider", "unraisableexception", "threadexception") for word in ("-p", f"no:{name}")),
)
"""pytest starts anew for each mutant: it loads only what these tests need, and collects no garbage to find warnings."""


@dataclass(frozen=True)
class Slice:
    """Modules below `pirsync`, and the tests below `tests` that are run for them; `chosen` is pytest's `-k`."""

    mutated: tuple[str, ...]
    tests: tuple[str, ...]
    chosen: str = "test"


PLAN = (
    *("test_plan.py", "test_plan_review.py", "test_plan_rows.py", "test_plan_agreed.py"),
    *("test_plan_index.py", "test_plan_procedures.py", "test_plan_adoption.py"),
)
HTML = ("page/test_html.py", "page/test_html_rules.py", "page/test_blocks.py")
SLICES = {
    "plan": Slice(("plan.py", "index_plan.py", "summary_plan.py", "added.py"), PLAN),
    "rows": Slice(
        (
            *("rows/__init__.py", "rows/assign.py", "rows/first.py", "rows/linked.py", "rows/situation.py"),
            *("rows/ticketed.py", "rows/unticketed.py", "rows/agreed.py"),
        ),
        (*PLAN, "test_added.py", "test_first_actions.py"),
    ),
    "rows-said": Slice(
        ("rows/proof.py", "rows/effect.py", "rows/speak.py"), ("test_proof.py", "test_effect.py", "test_notices.py")
    ),
    "draft": Slice(("draft.py", "binding.py"), ("test_draft.py", *PLAN)),
    "page-scan": Slice(("page/scan.py",), ("page/test_scan.py", "page/test_splice.py")),
    "page-splice": Slice(("page/splice.py", "page/pairs.py"), ("page/test_splice.py", "page/test_pairs.py")),
    "page-review": Slice(("page/review.py",), ("page/test_review.py",)),
    "page-index": Slice(("page/index.py",), ("page/test_index.py",)),
    "page-escalation": Slice(("page/escalation.py",), ("page/test_escalation.py",)),
    "page-read": Slice(("page/read.py",), ("page/test_read.py",)),
    "page-cells": Slice(("page/cells.py", "page/escape.py"), ("page/test_cells.py",)),
    "page-birth": Slice(
        ("page/birth.py", "page/template.py", "page/summary.py"), ("test_birth.py", "page/test_summary.py")
    ),
    "page-timeline": Slice(
        ("page/timeline.py", "page/packet.py", "page/lint.py"),
        ("page/test_timeline.py", "page/test_packet.py", "page/test_lint.py"),
    ),
    "page-named": Slice(("page/named.py",), ("page/test_named.py",)),
    "page-sections": Slice(("page/sections.py",), ("page/test_sections.py",)),
    "page-html": Slice(("page/html.py", "page/blocks.py"), HTML, "not megabyte and not no_nesting"),
    "page-markdown": Slice(
        ("page/markdown.py",), ("page/test_markdown.py", "page/test_markdown_rules.py"), "not linear"
    ),
}


def main() -> int:
    """Run a slice; print its figures, and the survivors of functions that have more than are listed. The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slice", choices=SLICES)
    parser.add_argument("--children", type=int, default=2, help="mutants tried at a time")
    parser.add_argument("--survivors", action="store_true", help="try those again that survived last time")
    told = parser.parse_args()
    work = WORK / told.slice
    if told.survivors:
        _forget_survivors(work)
    elif work.exists():
        shutil.rmtree(work)
    _prepare(work, SLICES[told.slice])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    began = time.monotonic()
    ran = _mutmut(work, "run", "--max-children", str(told.children))
    print(ran.stdout.splitlines()[-1] if ran.returncode == 0 else ran.stdout + ran.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{(used.ru_utime + used.ru_stime) / 60:.1f} minutes of CPU in {(time.monotonic() - began) / 60:.1f} minutes")
    return ran.returncode or _report(work)


def _prepare(work: Path, part: Slice) -> None:
    """A copy of what the tests need, and mutmut's settings."""
    for name in NEEDED:
        source, copy = ROOT / name, work / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_file():
            shutil.copy2(source, copy)
        else:
            shutil.copytree(source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    setup = SETUP.format(
        mutated="\n    ".join(f"pirsync/{name}" for name in part.mutated),
        tests="\n    ".join(f"tests/{name}" for name in part.tests),
        options="\n    ".join(OPTIONS),
        chosen=part.chosen,
    )
    (work / "setup.cfg").write_text(setup, encoding="utf-8")


def _mutmut(work: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run mutmut there; the installed pirsync must not come before the copy, which mutmut puts first."""
    command = [str(Path(sys.executable).parent / "mutmut"), *words]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)


def _results(work: Path) -> Iterator[Path]:
    """Where mutmut keeps the results, a file a module."""
    yield from sorted((work / "mutants" / "pirsync").rglob("*.meta"))


def _codes(work: Path) -> Iterator[tuple[str, int | None]]:
    """Each mutant's name and its exit code, as mutmut left them; None where it was not tried."""
    for told in _results(work):
        yield from json.loads(told.read_text(encoding="utf-8"))["exit_code_by_key"].items()


def _forget_survivors(work: Path) -> None:
    """Let mutmut try all again that tests did not fail for; those of functions that have changed it tries anyway.

    It also has to find out anew which tests run which function.
    """
    (work / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for told in _results(work):
        result = json.loads(told.read_text(encoding="utf-8"))
        codes = result["exit_code_by_key"].items()
        result["exit_code_by_key"] = {name: code if code in KILLED else None for name, code in codes}
        told.write_text(json.dumps(result), encoding="utf-8")


def _report(work: Path) -> int:
    codes = dict(_codes(work))
    survived = [name for name, code in codes.items() if code not in KILLED | TIMED_OUT | KILLED_BY_LIMIT]
    slow = sum(code in TIMED_OUT for code in codes.values())
    print(f"{len(codes)} mutants, {len(codes) - len(survived)} killed ({slow} by time), {len(survived)} survived")
    listed = {function: int(number) for function, number in LISTING.findall(LISTED.read_text(encoding="utf-8"))}
    found = Counter(function_of(name) for name in survived)
    unlisted = {name: number for name, number in found.items() if number > listed.get(name, 0)}
    for name in survived:
        if function_of(name) in unlisted:
            print("\n".join(_changed(_mutmut(work, "show", name).stdout)))
    for name, number in unlisted.items():
        print(f"{name}: {number} survived, {listed.get(name, 0)} listed in {LISTED.name}")
    return 1 if unlisted else 0


def function_of(mutant: str) -> str:
    """`pirsync.page.scan.xǁ_Scannerǁ_open__mutmut_3` is of `page.scan._Scanner._open`."""
    module, _, mangled = mutant.rpartition("__mutmut_")[0].rpartition(".")
    name = mangled.removeprefix("x_") if mangled.startswith("x_") else mangled.removeprefix("xǁ").replace("ǁ", ".")
    return f"{module.removeprefix('pirsync.')}.{name}"


def _changed(shown: str) -> Iterator[str]:
    """Of mutmut's diff the name and the lines that differ."""
    for line in shown.splitlines():
        if line.startswith(("# ", "-", "+")) and not line.startswith(("---", "+++")):
            yield line


if __name__ == "__main__":
    sys.exit(main())
