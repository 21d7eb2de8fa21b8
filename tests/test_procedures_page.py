"""docs/procedures.md has a row for all that the four documents require, and what it names as shown exists."""

from __future__ import annotations

import re
from pathlib import Path

from pirsync.cli import cli
from pirsync.policy.packs import CheckName
from tests.policy_packs import PACKS

ROOT = Path(__file__).parent
PAGE = (ROOT.parent / "docs" / "procedures.md").read_text(encoding="utf-8")
WORDS = ("**Does**", "**Checks**", "**Asks**", "**Cannot**", "**Not yet**")


def rows(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, below its header."""
    part = PAGE.split(f"### {heading}\n", 1)[1].split("\n### ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_there_is_a_row_for_every_requirement() -> None:
    steps = [
        *(("000", n) for n in range(1, 5)),
        *(("001", n) for n in range(1, 15)),
        *(("002", n) for n in range(1, 8)),
    ]
    expected = [f"{number} scope" for number in ("000", "001", "002", "003")]
    expected += [f"{document}-{n}" for document, n in steps] + [f"003-{letter}" for letter in "abcde"]
    assert [row[0] for row in rows("What is to be done")] == expected
    counts = {"Who does it": 14, "What it leaves behind": 11, "Controls": 8, "Common audit findings": 4}
    assert {heading: len(rows(heading)) for heading in counts} == counts
    assert len(rows("Where the documents disagree")) == 7


def test_every_row_says_what_pirsync_does_and_names_a_test_unless_it_does_nothing() -> None:
    for heading in (
        "What is to be done",
        "What it leaves behind",
        "Common audit findings",
        "Where the documents disagree",
    ):
        for row in rows(heading):
            said, shown = row[-2], row[-1]
            assert said.startswith(WORDS), row[0]
            assert "`test_" in shown or "`page/test_" in shown or shown == "–", row[0]
            assert (shown == "–") <= ("**Not yet**" in said), row[0]


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:page/)?test_\w+)::(test_\w+)`", PAGE)
    assert len(named) > 40
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^def {name}\(", (ROOT / f"{file}.py").read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_the_controls_are_shown_as_the_packs_show_them() -> None:
    shown = sorted(control.shown for pack in PACKS.values() for control in pack.controls)
    assert sorted(row[2] for row in rows("Controls")) == shown


def test_the_page_names_every_pack_every_check_and_commands_that_exist() -> None:
    assert all(f"`{pack}`" in PAGE for pack in PACKS)
    assert [check.value for check in CheckName if f"`{check.value}`" not in PAGE] == []
    assert {"pack", "explain"} <= set(cli.commands)
