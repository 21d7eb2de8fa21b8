"""The register of extensions gives back what was decided, the last word on a ticket counts; what is wrong is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pirsync.errors import ConfigError
from pirsync.extensions import add_extension, load_extensions
from pirsync.policy.escalation import Extension, extension
from tests.samples import ticket

PARTS = Extension(
    ticket="ACT-7", id="", until=date(2026, 4, 20), reason='"Parts"\nlate', approver="Hanna", date=date(2026, 3, 9)
)
BACK = PARTS.model_copy(update={"until": date(2026, 3, 10), "reason": "They came", "date": date(2026, 3, 11)})


def test_what_was_decided_is_added_and_nothing_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "extensions.toml"
    assert load_extensions(path) == ()
    for one in (PARTS, BACK):
        add_extension(path, one)
    assert load_extensions(path) == (PARTS.model_copy(update={"reason": '"Parts" late'}), BACK)
    assert path.read_text(encoding="utf-8").count("# Actions that may take longer") == 1


def test_the_last_word_on_a_ticket_counts_also_after_it_moved() -> None:
    moved = ticket().model_copy(update={"id": "77", "key": "NEW-1"})
    by_id = PARTS.model_copy(update={"id": "77"})
    assert extension(moved, (by_id, BACK)) == by_id
    assert extension(moved, (by_id, BACK.model_copy(update={"ticket": "NEW-1"}))) == BACK.model_copy(
        update={"ticket": "NEW-1"}
    )
    assert extension(moved, (PARTS,)) is None


def test_an_entry_that_says_too_little_or_too_much_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "extensions.toml"
    path.write_text('[[extension]]\nticket = "ACT-7"\nuntil = 2026-04-20\ndate = 2026-03-09\nreason = "x"\nby = "y"\n')
    with pytest.raises(ConfigError) as caught:
        load_extensions(path)
    assert [problem.partition(";")[0] for problem in caught.value.problems] == [
        f"{path}:1: extension.approver: is missing",
        f"{path}:6: extension.by: unknown key",
    ]
