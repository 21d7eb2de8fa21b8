"""`pirsync show`: the review in the terminal, and as Markdown with its tables, owners, dates and statuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from pirsync.model import Deployment

from .command import Desk, desk


@pytest.fixture(params=get_args(Deployment))
def place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as found:
        assert found.do("reconcile").code == 0
        yield found


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_the_terminal_shows_the_summary_and_each_action_with_owner_date_status_and_ticket(place: Desk) -> None:
    before = place.writes()
    said = place.do("show", "ops-1")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "OPS-1 Post-incident review"
    assert lines[1].startswith(place.url)
    told = {line[:24].strip(): line[24:].strip() for line in lines if line.startswith("  ") and "|" not in line}
    assert (told["Severity"], told["Actions"]) == ("P1", "1 of 2 done, 1 open")
    rows = [cells(line) for line in lines if "|" in line]
    assert [(row[1], row[3], row[4]) for row in rows] == [
        ("Ana Ruiz", "DONE", "ACT-1"),
        ("Bisi Okafor", "IN PROGRESS", "ACT-2"),
    ]
    assert [len(row[2].split("-")) for row in rows] == [3, 3]
    assert place.writes() == before


def test_markdown_keeps_tables_owners_dates_statuses_and_links(place: Desk) -> None:
    path = place.folder / "review.md"
    said = place.do("show", "OPS-1", "--markdown", str(path))
    assert (said.code, said.out, said.err) == (0, "", f"wrote {path}\n")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# OPS-1 Post-incident review\n")
    header = next(line for line in text.splitlines() if line.startswith("| Action item |"))
    rows = [dict(zip(cells(header), cells(line), strict=True)) for line in text.splitlines() if "/browse/ACT-" in line]
    shown = place.do("show", "OPS-1").out.splitlines()
    dates = [cells(line)[2] for line in shown if "|" in line]
    assert [(row["Owner"], row["Due date"], row["Status"]) for row in rows] == [
        ("@Ana Ruiz", dates[0], "**DONE**"),
        ("@Bisi Okafor", dates[1], "**IN PROGRESS**"),
    ]
    assert [row["Ticket"].split("]")[0] for row in rows] == ["[ACT-1", "[ACT-2"]
    assert "| Severity | P1 |" in text
    assert "<ac:" not in text and "<table" not in text


def test_markdown_on_the_output_is_what_the_file_holds(place: Desk) -> None:
    path = place.folder / "review.md"
    place.do("show", "OPS-1", "--markdown", str(path))
    assert place.do("show", "OPS-1", "--markdown", "-").out == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("OPS-7", "OPS-7 has no review page"),
        ("OPS-4", "OPS-4 has no review page"),
        ("NOPE-1", "NOPE-1 does not exist"),
        ("ACT-1", "ACT-1 is in no team's projects"),
    ],
)
def test_an_incident_without_a_review_is_one_clear_line(key: str, words: str) -> None:
    with desk() as place:
        place.do("reconcile", "OPS-1")
        said = place.do("show", key)
        assert (said.code, said.out) == (1, "")
        (line,) = said.err.splitlines()
        assert line.startswith(words)


def test_a_place_that_cannot_be_written_is_told() -> None:
    with desk() as place:
        place.do("reconcile", "OPS-1")
        said = place.do("show", "OPS-1", "--markdown", str(place.folder / "absent" / "review.md"))
        assert said.code == 2
        assert said.err.endswith("cannot be written: No such file or directory\n")


def test_titles_from_jira_cannot_steer_the_terminal(place: Desk) -> None:
    """One of the seeded incidents has a title full of control and direction characters."""
    hostile = [issue.key for issue in place.sandbox.tracker.issues.values() if "\x1b" in f"{issue.description}"]
    assert hostile != []
    for key in hostile:
        said = place.do("show", key)
        assert [char for char in said.out if not (char.isprintable() or char == "\n")] == []
