"""The evidence index: found wherever it went, written without reading it twice, labelled for whoever looks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes, person_edits, person_renames
from pirsync.commands import ask_again
from pirsync.decision import FindingKind
from pirsync.errors import Ambiguous, PirsyncError, Rejected, Unavailable
from pirsync.findings import stored
from pirsync.index_step import IndexStep
from pirsync.model import Deployment
from pirsync.names import INDEX_LABEL
from pirsync.page.index import read_index
from pirsync.page_model import Page, PageHead, PageStatus
from pirsync.ports import PageDraft, WikiReads, WikiWrites
from pirsync.record import Recorder
from pirsync.report import Report
from pirsync.selection import Mode
from tests.indoors import Killed
from tests.stage import NEWS, Stage, raw_incident, stage, with_one_ticket, without_state
from tests.test_brake_and_backoff import Sick
from tests.test_ways import deleted

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


@pytest.mark.parametrize("is_new", [True, False])
def test_polls_write_what_a_process_that_died_before_it_came_to_the_index_had_to_say(
    monkeypatch: pytest.MonkeyPatch, play: Stage, is_new: bool
) -> None:
    if not is_new:
        key = with_one_ticket(play)
        play.move(key, "Done", "done")
        play.clock.forward(60)
    with monkeypatch.context() as patches:
        patches.setattr(IndexStep, "bring_up_to_date", dies)
        with pytest.raises(Killed):
            play.run_pass(NEWS)
    play.clock.forward(301)
    kind = "create-index" if is_new else "update-index"
    assert kind in {change.change for change in play.run_pass(NEWS).changes}
    assert play.run_pass(NEWS).changes == ()
    assert [due.key for due in play.world.state.due(play.clock.now())] == []


def dies(*_: object) -> None:
    """The process ends here."""
    raise Killed


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


# ---------------------------------------------------------------- what is found of it, and how that ends


class Refusing:
    """Writes of a wiki that takes no index, for as long as it is told to."""

    def __init__(self, real: WikiWrites) -> None:
        self._real = real
        self.refuses = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_page(self, page: PageDraft) -> Page:
        if self.refuses and page.title == INDEX:
            raise Rejected("no permission to add pages")
        return self._real.create_page(page)


def listed(play: Stage) -> list[tuple[str, str]]:
    return [(one.key, one.kind) for one in stored(play.world.state)]


def failures(report: Report) -> list[str]:
    return [result.key for result in report.failed]


def test_an_index_that_was_refused_is_listed_fails_each_sweep_and_is_made_once_a_person_asks(play: Stage) -> None:
    refusing = Refusing(play.world.wiki_writes)
    play.world = replace(play.world, wiki_writes=cast(WikiWrites, refusing))
    for _ in range(2):
        report = play.run_pass()
        assert (failures(report), listed(play)) == ([INDEX], [(INDEX, "Rejected")])
        play.clock.forward(3600)
    refusing.refuses = False
    assert (failures(play.run_pass()), listed(play)) == ([INDEX], [(INDEX, "Rejected")])
    ask_again(play.world.state)
    report = play.run_pass()
    assert ("create-index" in {c.change for c in report.changes}, report.failed, listed(play)) == (True, (), [])


def test_a_label_that_was_refused_is_listed_and_tried_again_once_a_person_asks(play: Stage) -> None:
    label_goes_wrong(play, Rejected("no permission to label"))
    play.run_pass()
    play.run_pass()
    assert (listed(play), labelled(play)) == ([(INDEX, "Refused")], [])
    ask_again(play.world.state)
    report = play.run_pass()
    assert ([change.change for change in report.changes], listed(play), labelled(play)) == (["label-page"], [], [INDEX])


def test_an_index_put_away_is_listed_until_it_is_back_also_where_no_line_is_new_by_then(play: Stage) -> None:
    key = with_one_ticket(play)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    page_becomes(play.world, index.id, PageStatus.ARCHIVED)
    play.move(key, "Done", "done")
    play.run_pass()
    assert listed(play) == [(INDEX, "PageGone")]
    play.move(key, "To Do", "new")
    play.run_pass()
    assert listed(play) == [(INDEX, "PageGone")]
    page_becomes(play.world, index.id, PageStatus.CURRENT)
    play.run_pass()
    assert listed(play) == []


def test_an_index_that_was_deleted_is_told_and_not_made_anew(play: Stage) -> None:
    key = with_one_ticket(play)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    play.move(key, "Done", "done")
    page_becomes(play.world, index.id, PageStatus.TRASHED)
    purged = deleted(play, index.id)
    for _ in range(2):
        report = purged.run_pass()
        assert (failures(report), listed(play)) == ([], [(INDEX, "PageGone")])
        assert "create-index" not in {change.change for change in report.changes}


def test_an_index_that_cannot_be_written_is_listed_as_failed_until_it_can(play: Stage) -> None:
    label_goes_wrong(play, Ambiguous("no answer"))
    play.run_pass()
    assert listed(play) == [(INDEX, "Failed")]
    play.clock.forward(61)
    play.run_pass()
    assert listed(play) == []


def test_an_index_that_may_not_be_written_is_told_and_tried_by_full_passes_until_it_may(play: Stage) -> None:
    key = with_one_ticket(play)
    refused = Rejected("no permission to edit")
    writes = Sick(play.world.wiki_writes, "update_page", lambda page: page.title == INDEX, refused)
    sick = replace(play, world=replace(play.world, wiki_writes=cast(WikiWrites, writes)))
    play.move(key, "Done", "done")
    play.clock.forward(60)
    for _ in range(4):
        sick.run_pass(NEWS)
        play.clock.forward(301)
    assert (writes.calls, listed(play)) == (1, [(INDEX, "Refused")])
    assert failures(sick.run_pass()) == [INDEX]
    assert "update-index" in {change.change for change in play.run_pass().changes}
    assert listed(play) == []


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_review_has_one_line_whatever_keys_its_incident_had(comes_back: bool) -> None:
    raw = raw_incident(1)
    play = stage("cloud", [raw], projects=("OPS", "NET"))
    play.run_pass()
    raw["key"], raw["fields"]["project"] = "NET-3", {"key": "NET"}
    play.clock.forward(60)
    play.run_pass()
    if comes_back:
        raw["key"], raw["fields"]["project"] = "OPS-1", {"key": "OPS"}
        play.clock.forward(60)
        play.run_pass()
    else:
        index = play.world.wiki.find("OPS", INDEX)
        assert index is not None
        page_becomes(play.world, index.id, PageStatus.TRASHED)
        practice = play.practice(play.world)
        IndexStep(play.world, Recorder(play.world.state, play.clock.now()), Mode.NAMED).make_anew(practice)
    index = play.world.wiki.find("OPS", INDEX)
    assert index is not None
    assert [row.key for row in read_index(index.body).rows] == ["OPS-1" if comes_back else "NET-3"]


def test_an_incident_that_fails_after_it_told_the_index_of_itself_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, play: Stage
) -> None:
    key = with_one_ticket(play)
    play.move(key, "Done", "done")
    play.clock.forward(60)
    with monkeypatch.context() as patches:
        patches.setattr(Recorder, "review", fails)
        assert failures(play.run_pass(NEWS)) == ["OPS-1"]
    assert [due.tries for due in play.world.state.pending()] == [1]


def fails(*_: object) -> None:
    raise Unavailable("the disk is slow today")
