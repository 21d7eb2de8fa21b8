"""The slices of the mutation tests cover what they claim, and what their document lists is there."""

from __future__ import annotations

import ast
from pathlib import Path

from proofs.mutants import LISTED, LISTING, ROOT, SLICES, function_of


def functions(path: Path) -> set[str]:
    """Every function of a module, by the name that the document uses."""
    module = ".".join(path.relative_to(ROOT / "pirsync").with_suffix("").parts)
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{module}.{node.name}" if isinstance(node, ast.ClassDef) else module
        names |= {f"{prefix}.{one.name}" for one in inside if isinstance(one, ast.FunctionDef)}
    return names


def test_every_module_of_the_page_the_rows_and_the_plan_is_in_one_slice() -> None:
    mutated = [name for part in SLICES.values() for name in part.mutated]
    found = {f"{part}/{path.name}" for part in ("page", "rows") for path in (ROOT / "pirsync" / part).glob("*.py")}
    plan = {"plan.py", "index_plan.py", "summary_plan.py", "added.py", "draft.py", "binding.py"}
    assert sorted(mutated) == sorted(found - {"page/__init__.py"} | plan)


def test_the_tests_of_every_slice_are_there() -> None:
    assert [name for part in SLICES.values() for name in part.tests if not (ROOT / "tests" / name).exists()] == []


def test_every_function_with_a_listed_survivor_is_there() -> None:
    known = {name for part in SLICES.values() for path in part.mutated for name in functions(ROOT / "pirsync" / path)}
    listed = [function for function, _ in LISTING.findall(LISTED.read_text(encoding="utf-8"))]
    assert [function for function in listed if function not in known] == []
    assert len(listed) == len(set(listed))


def test_a_mutant_is_known_by_its_function() -> None:
    assert function_of("pirsync.plan.x__plan_birth__mutmut_12") == "plan._plan_birth"
    assert function_of("pirsync.page.scan.xǁ_Scannerǁ_open__mutmut_3") == "page.scan._Scanner._open"
