"""Which version of a page is our newest is known without reading it again, and never mistaken, whatever was lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.adapters.memory_state import MemoryState
from pirsync.decision import FindingKind
from pirsync.known import memory_of
from pirsync.names import PAGE_PROPERTY
from pirsync.page import cells
from pirsync.page_model import Column
from pirsync.report import Report
from tests.stage import Stage, stage, with_one_ticket, without_state


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


def accused(report: Report) -> list[str]:
    return [f.message for result in report.results for f in result.findings if f.kind is FindingKind.ROW_EDITED]


def person_types(play: Stage, old: str, new: str) -> None:
    page = play.page()
    assert page.body.count(old) == 1
    person_edits(play.world, page.id, page.body.replace(old, new))


def test_words_typed_over_the_very_first_version_are_told_when_they_go(play: Stage) -> None:
    play.run_pass()
    assert play.page().version == 1
    person_types(play, "<td><p>none yet</p></td>", "<td><p>nothing to see here</p></td>")
    play.type_row("Fix the queue")
    play.quiet()
    assert any("nothing to see here" in told for told in accused(play.run_pass()))


def test_what_people_left_alone_is_never_called_edited_after_the_state_was_lost(play: Stage) -> None:
    key = with_one_ticket(play)
    for number in range(4):
        person_types(
            play, "<h2>Impact</h2>" if number == 0 else f"<h2>Impact{number}</h2>", f"<h2>Impact{number + 1}</h2>"
        )
    play.move(key, "Done", "done")
    play.quiet()
    lost = replace(play, world=replace(play.world, state=MemoryState(play.clock.now(), born_with_owner=False)))
    lost.clock.forward(61)
    report = lost.run_pass()
    assert "update-page" in {change.change for change in report.changes}
    assert accused(report) == []
    assert lost.status() == "DONE"


@pytest.mark.parametrize("loses_state", [False, True])
def test_words_typed_before_a_table_was_damaged_are_told_once_it_is_mended(play: Stage, loses_state: bool) -> None:
    """Meanwhile we wrote around the table, with those words in it: that version does not make them ours."""
    key = with_one_ticket(play)
    play.type_cell(0, Column.STATUS, cells.words("as good as done"))
    person_types(play, "<p>Action item</p>", "<p>What for</p>")
    play.move(key, "Done", "done")
    play.quiet()
    assert "update-page" in {change.change for change in play.run_pass().changes}
    play = without_state(play) if loses_state else play
    person_types(play, "<p>What for</p>", "<p>Action item</p>")
    play.quiet()
    (told,) = accused(play.run_pass())
    assert "as good as done" in told
    assert play.status() == "DONE"


def test_data_center_is_told_the_number_of_a_version_before_it_is_written(play: Stage) -> None:
    with_one_ticket(play)
    memory = memory_of(play.world.wiki.property(play.page().id, PAGE_PROPERTY))
    assert memory is not None
    expected = play.page().version if play.world.wiki.deployment == "datacenter" else 0
    assert expected == memory.stamped
