"""What is said on a ticket is said once, whatever crashes, and edited in its place when the words change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from pirsync.adapters.memory_state import MemoryState
from pirsync.adapters.overlay_tracker import OverlayTracker
from pirsync.apply import apply
from pirsync.changes import CommentTicket, EditComment
from pirsync.directory import Sources
from pirsync.errors import Ambiguous, Rejected, Stale, Unavailable
from pirsync.known import journal
from pirsync.notices import Notice, Saying, say
from pirsync.observe import Readings, Trust
from pirsync.ports import TrackerReads, TrackerWrites
from pirsync.state_port import CLAIM_HOLD
from tests.stage import Stage, stage

INCIDENT = "10001"


def notice(body: str = "It is overdue.") -> Notice:
    return Notice(issue_id=INCIDENT, issue_key="OPS-1", about="overdue", body=body, said="it is overdue")


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


def decided(play: Stage, wanted: Notice) -> Saying:
    terms = play.practice(play.world).terms
    said = journal(play.world.state, INCIDENT, terms.settle)
    now = play.clock.now()
    assert say(wanted, INCIDENT, terms, said, now) == say(wanted, INCIDENT, terms, said, now)
    return say(wanted, INCIDENT, terms, said, now)


def do(play: Stage, change: CommentTicket | EditComment) -> bool:
    world = play.world
    sources = Sources(world.tracker, world.wiki, world.state, world.clock.now())
    return apply(change, INCIDENT, world, Readings(sources, play.practice(world), Trust.READ))


def told(play: Stage, wanted: Notice) -> type[CommentTicket | EditComment] | None:
    """Decide and do; the kind of change that it took."""
    change = decided(play, wanted).change
    if change is not None:
        assert do(play, change)
    return type(change) if change is not None else None


def bodies(play: Stage) -> list[str]:
    return [comment["body"] for comment in play.world.tracker.comments(INCIDENT) if comment.get("properties")]


class Halting:
    """Writes of a Jira whose comments go wrong in one way, before or after they are there; counts the tries."""

    def __init__(self, real: TrackerWrites, error: Exception, arrives: bool) -> None:
        self._real, self._error, self._arrives = real, error, arrives
        self.tries = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def add_comment(self, *told: Any) -> str:
        self.tries += 1
        if self._arrives:
            self._real.add_comment(*told)
        raise self._error

    def edit_comment(self, *told: Any) -> None:
        self.tries += 1
        raise self._error


def halting(play: Stage, error: Exception, arrives: bool = False) -> tuple[Stage, Halting]:
    writes = Halting(play.world.tracker_writes, error, arrives)
    return replace(play, world=replace(play.world, tracker_writes=cast(TrackerWrites, writes))), writes


def test_it_is_said_once_and_then_in_other_words_in_its_place(play: Stage) -> None:
    assert told(play, notice()) is CommentTicket
    assert told(play, notice()) is None
    assert told(play, notice("It is overdue by a week.")) is EditComment
    assert told(play, notice("It is overdue by a week.")) is None
    assert bodies(play) == ["It is overdue by a week."]


class Slow:
    """Reads of a Jira that takes longer to tell the comments than a claim holds; `meanwhile` is what others do."""

    def __init__(self, play: Stage, meanwhile: Callable[[], object]) -> None:
        self._real, self._clock, self._meanwhile = play.world.tracker, play.clock, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def comments(self, issue_id: str) -> Any:
        found = self._real.comments(issue_id)
        self._clock.forward(CLAIM_HOLD.total_seconds() + 10)
        self._meanwhile()
        return found


def slow(play: Stage, meanwhile: Callable[[], object]) -> Stage:
    return replace(play, world=replace(play.world, tracker=cast(TrackerReads, Slow(play, meanwhile))))


def test_where_the_look_took_long_it_is_sent_as_of_then(play: Stage) -> None:
    doubtful, _ = halting(play, OSError("killed"))
    change, began = decided(play, notice()).change, play.clock.now()
    assert change is not None
    with pytest.raises(OSError, match="killed"):
        do(slow(doubtful, lambda: None), change)
    assert play.world.state.intents(INCIDENT)[change.mark].sent_at == began + CLAIM_HOLD + timedelta(seconds=10)


def test_where_another_process_is_about_to_say_it_by_then_it_is_not_sent(play: Stage) -> None:
    state, change = play.world.state, decided(play, notice()).change
    assert change is not None
    with pytest.raises(Stale):
        do(slow(play, lambda: state.claim(change.mark, "comment", INCIDENT, change.digest, play.clock.now())), change)
    line = state.intents(INCIDENT)[change.mark]
    assert (bodies(play), line.status, line.attempt, line.sent_at) == ([], "sending", 2, play.clock.now())


@pytest.mark.parametrize("arrives", [True, False])
def test_after_a_lost_reply_it_is_looked_for_once_that_is_settled(play: Stage, arrives: bool) -> None:
    doubtful, _ = halting(play, Ambiguous("no answer"), arrives)
    change = decided(play, notice()).change
    assert change is not None
    with pytest.raises(Ambiguous):
        do(doubtful, change)
    waits = decided(play, notice())
    assert (waits.change, waits.settles is not None) == (None, True)
    play.clock.forward(61)
    assert told(play, notice()) is CommentTicket
    assert told(play, notice()) is None
    assert bodies(play) == ["It is overdue."]


def test_after_the_state_was_lost_what_was_said_is_found_and_nothing_is_written(play: Stage) -> None:
    told(play, notice())
    before = play.world.tracker.comments(INCIDENT)
    lost = replace(play, world=replace(play.world, state=MemoryState(play.clock.now(), born_with_owner=False)))
    assert decided(lost, notice()).settles is not None
    lost.clock.forward(61)
    assert told(lost, notice()) is CommentTicket
    assert lost.world.tracker.comments(INCIDENT) == before
    assert told(lost, notice("Still.")) is EditComment
    assert bodies(lost) == ["Still."]


def test_what_jira_refused_is_told_and_tried_again_in_other_words_alone(play: Stage) -> None:
    refusing, writes = halting(play, Rejected("comments are closed"))
    change = decided(refusing, notice()).change
    assert change is not None
    assert do(refusing, change) is False
    assert decided(refusing, notice()) == Saying(refused="comments are closed")
    assert decided(refusing, notice("Please?")).change is not None
    assert writes.tries == 1


def people_delete(play: Stage) -> None:
    """People delete all comments on the incident."""
    tracker = play.world.tracker
    assert isinstance(tracker, OverlayTracker)
    tracker._patches[INCIDENT].comments.clear()


def test_a_comment_that_people_deleted_is_never_made_again_whatever_is_asked_or_to_be_said(play: Stage) -> None:
    told(play, notice())
    people_delete(play)
    edit = decided(play, notice("Again.")).change
    assert isinstance(edit, EditComment)
    assert do(play, edit) is False
    for body in ("Again.", "Once more.", "It is overdue."):
        assert decided(play, notice(body)) == Saying()
        play.world.state.pardon(INCIDENT)
    assert bodies(play) == []


@pytest.mark.parametrize("error", [Unavailable("503"), Ambiguous("no answer"), Rejected("not now")])
def test_a_comment_that_people_delete_while_an_edit_of_it_fails_is_not_made_again(
    play: Stage, error: Exception
) -> None:
    told(play, notice())
    edit, (failing, _) = decided(play, notice("Again.")).change, halting(play, error)
    assert edit is not None
    with nullcontext() if isinstance(error, Rejected) else pytest.raises(type(error)):
        assert do(failing, edit) is False
    people_delete(play)
    play.world.state.pardon(INCIDENT)
    play.clock.forward(61)
    again = decided(play, notice("Again.")).change
    assert isinstance(again, EditComment)
    assert do(play, again) is False
    assert (decided(play, notice("Again.")), bodies(play)) == (Saying(), [])


def test_an_edit_that_is_refused_while_the_comment_is_there_is_told_and_tried_again_when_a_person_asks(
    play: Stage,
) -> None:
    told(play, notice())
    edit, (refusing, _) = decided(play, notice("Again.")).change, halting(play, Rejected("not now"))
    assert edit is not None
    assert do(refusing, edit) is False
    assert decided(play, notice("Again.")) == Saying(refused="not now")
    play.world.state.pardon(INCIDENT)
    assert told(play, notice("Again.")) is EditComment
    assert bodies(play) == ["Again."]
