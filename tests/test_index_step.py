"""The evidence index: found wherever it went, written without reading it twice, labelled for whoever looks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes, person_edits, person_renames
from pirsync.decision import FindingKind
from pirsync.errors import Ambiguous, PirsyncError, Rejected
from pirsync.model import Deployment
from pirsync.names import INDEX_LABEL
from pirsync.page.index import read_index
from pirsync.page_model import Page, PageHead, PageStatus
from pirsync.ports import WikiReads, WikiWrites
from tests.stage import NEWS, Stage, stage, with_one_ticket, without_state

INDEX = "Post-incident review index"


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


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
    lagging = Lagging(play.world.wiki, index.head)
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


class Labelling:
    """Writes of a wiki in which the index's label goes wrong in one way, once."""

    def __init__(self, real: WikiWrites, wrong: PirsyncError) -> None:
        self._real = real
        self._wrong: PirsyncError | None = wrong

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def add_labels(self, page_id: str, labels: tuple[str, ...]) -> None:
        wrong, self._wrong = (self._wrong, None) if labels == (INDEX_LABEL,) else (None, self._wrong)
        if wrong is not None:
            raise wrong
        self._real.add_labels(page_id, labels)


def label_goes_wrong(play: Stage, wrong: PirsyncError) -> None:
    play.world = replace(play.world, wiki_writes=cast(WikiWrites, Labelling(play.world.wiki_writes, wrong)))


def labelled(play: Stage) -> list[str]:
    return [head.title for head in play.world.wiki.labelled("OPS", INDEX_LABEL, None)]


@pytest.mark.parametrize("keeps_state", [True, False])
def test_a_label_whose_request_was_lost_comes_with_the_next_pass(play: Stage, keeps_state: bool) -> None:
    label_goes_wrong(play, Ambiguous("no answer"))
    report = play.run_pass()
    assert ([result.failure for result in report.results if result.failure], labelled(play)) == (["no answer"], [])
    play = play if keeps_state else without_state(play)
    play.clock.forward(61)
    again = play.run_pass()
    assert ([change.change for change in again.changes], labelled(play)) == (["label-page"], [INDEX])
    assert play.run_pass().changes == ()


def test_an_index_that_may_not_be_labelled_is_written_all_the_same_and_told(play: Stage) -> None:
    label_goes_wrong(play, Rejected("no permission to label"))
    report = play.run_pass()
    told = [f.message for result in report.results for f in result.findings if f.kind is FindingKind.REFUSED]
    assert ["no permission to label" in message for message in told] == [True]
    assert [result.failure for result in report.results if result.failure] == []
    assert (play.run_pass().changes, labelled(play)) == ((), [])


def test_an_index_with_another_title_is_found_by_its_label_once_the_state_is_lost(play: Stage) -> None:
    key = with_one_ticket(play)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    person_renames(play.world, index.id, "What we learned")
    play = without_state(play)
    play.move(key, "Done", "done")
    play.clock.forward(601)
    report = play.run_pass()
    assert "create-index" not in {change.change for change in report.changes}
    after = play.world.wiki.page(index.id)
    assert after is not None
    assert (after.title, read_index(after.body).rows[0].done) == ("What we learned", 1)
