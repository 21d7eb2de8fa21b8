"""Which version of a page is our newest is known without reading it again, and never mistaken, whatever was lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes, person_edits
from pirsync.adapters.memory_state import MemoryState
from pirsync.decision import FindingKind
from pirsync.known import memory_of
from pirsync.model import Deployment, Page, PageHead, PageStatus
from pirsync.names import PAGE_PROPERTY
from pirsync.page.index import read_index
from pirsync.ports import WikiReads
from pirsync.report import Report
from tests.stage import NEWS, Stage, stage

INDEX = "Post-incident review index"


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


def accused(report: Report) -> list[str]:
    return [f.message for result in report.results for f in result.findings if f.kind is FindingKind.ROW_EDITED]


def person_types(play: Stage, old: str, new: str) -> None:
    page = play.page()
    assert page.body.count(old) == 1
    person_edits(play.world, page.id, page.body.replace(old, new))


def with_one_ticket(play: Stage) -> str:
    """The review is born, one row became a ticket, and all is at rest; the ticket's key."""
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    play.run_pass()
    assert play.run_pass().changes == ()
    return play.rows()[0].ticket or ""


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


def test_data_center_is_told_the_number_of_a_version_before_it_is_written(play: Stage) -> None:
    with_one_ticket(play)
    memory = memory_of(play.world.wiki.property(play.page().id, PAGE_PROPERTY))
    assert memory is not None
    expected = play.page().version if play.world.wiki.deployment == "datacenter" else 0
    assert expected == memory.stamped


class Counted:
    """The reads of a wiki, which tell what pages were asked for by id."""

    def __init__(self, real: WikiReads) -> None:
        self._real = real
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def page(self, page_id: str) -> Page | None:
        self.asked.append(page_id)
        return self._real.page(page_id)


class Lagging(Counted):
    """A search that shows one page as it was."""

    def __init__(self, real: WikiReads, old: PageHead) -> None:
        super().__init__(real)
        self._old = old

    def labelled(
        self, space: str, label: str, since: datetime | None, also: tuple[str, ...] = ()
    ) -> Iterable[PageHead]:
        yield from self._real.labelled(space, label, since)
        yield from [self._old] if self._old.id in also else []


@pytest.mark.parametrize(("deployment", "read"), [("cloud", 1), ("datacenter", 0)])
def test_the_index_that_nobody_touched_is_written_without_reading_it_where_a_search_shows_its_head(
    deployment: Deployment, read: int
) -> None:
    play = stage(deployment)
    key = with_one_ticket(play)
    play.move(key, "Done", "done")
    play.clock.forward(60)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    reads = Counted(play.world.wiki)
    play.world = replace(play.world, wiki=cast(WikiReads, reads))
    assert "update-index" in {change.change for change in play.run_pass(NEWS).changes}
    assert read == reads.asked.count(index.id)


def test_what_people_wrote_on_the_index_page_stays(play: Stage) -> None:
    key = with_one_ticket(play)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    person_edits(play.world, index.id, "<p>Ours: how to read this.</p>" + index.body)
    play.move(key, "Done", "done")
    play.clock.forward(60)
    play.run_pass(NEWS)
    after = play.world.wiki.find("OPS", INDEX)
    assert after is not None
    assert after.body.startswith("<p>Ours: how to read this.</p>")
    assert [(row.done, row.total) for row in read_index(after.body).rows] == [(1, 1)]


def test_a_search_that_lags_behind_an_edit_of_the_index_loses_nothing() -> None:
    play = stage("datacenter")
    key = with_one_ticket(play)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    person_edits(play.world, index.id, "<p>Ours.</p>" + index.body)
    lagging = Lagging(play.world.wiki, PageHead.model_validate(index.model_dump(exclude={"body"})))
    play.world = replace(play.world, wiki=cast(WikiReads, lagging))
    play.move(key, "Done", "done")
    play.clock.forward(60)
    report = play.run_pass(NEWS)
    assert [result.failure for result in report.results if result.failure] == []
    after = play.world.wiki.find("OPS", INDEX)
    assert after is not None
    assert (after.body.startswith("<p>Ours.</p>"), read_index(after.body).rows[0].done) == (True, 1)


def test_an_index_in_the_trash_is_left_there(play: Stage) -> None:
    key = with_one_ticket(play)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    page_becomes(play.world, index.id, PageStatus.TRASHED)
    play.move(key, "Done", "done")
    play.clock.forward(60)
    report = play.run_pass(NEWS)
    assert "update-index" not in {change.change for change in report.changes}
    assert any("restore it" in f.message for result in report.results for f in result.findings)
    kept = play.world.wiki.page(index.id)
    assert kept is not None
    assert (kept.version, kept.status) == (index.version, PageStatus.TRASHED)
