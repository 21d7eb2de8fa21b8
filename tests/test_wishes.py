"""What people ask for one incident is done once and not again, whatever else there is to do; until then it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes
from pirsync.decision import FindingKind, Wishes
from pirsync.errors import Rejected
from pirsync.known import wish
from pirsync.page import cells
from pirsync.page_model import Column, PageStatus
from pirsync.ports import World
from pirsync.recall import recall
from pirsync.selection import Mode, Selection
from tests.stage import NEWS, Stage, stage, without_state
from tests.test_ways import INCIDENT, asked, deleted, orphaned, settled, told, twin_of, with_row, writes

SURVEY = Selection(Mode.SURVEY)
OWNER = "owner-0001"


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


class _Wiki:
    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def instead(play: Stage, fake: type[_Wiki]) -> World:
    """The same world, where some writes to the wiki go otherwise."""
    return replace(play.world, wiki_writes=cast(Any, fake(play.world.wiki_writes)))


def is_asked(play: Stage) -> bool:
    return play.world.state.cached("wish", INCIDENT) is not None


# ---------------------------------------------------------------- done, whatever else waits


def test_a_page_that_was_made_anew_is_not_made_again_also_where_it_may_not_be_written_yet(play: Stage) -> None:
    class Forbids(_Wiki):
        def set_property(self, *_: Any) -> Any:
            raise Rejected("no permission to edit")

    play.run_pass()
    first = play.page().id
    page_becomes(play.world, first, PageStatus.TRASHED)
    play.run_pass()
    wish(play.world.state, OWNER, INCIDENT, Wishes(recreate=True))
    play.run_on(instead(play, Forbids))
    second = play.page().id
    assert (second != first, is_asked(play)) == (True, False)
    page_becomes(play.world, second, PageStatus.TRASHED)
    play.clock.forward(120)
    assert told(play.run_pass()) == [FindingKind.PAGE_GONE]


def test_a_page_that_was_made_anew_before_a_kill_and_trashed_since_is_told_as_gone(play: Stage) -> None:
    class Kills(_Wiki):
        def add_labels(self, *_: Any) -> Any:
            raise KeyboardInterrupt

    play.run_pass()
    page_becomes(play.world, play.page().id, PageStatus.TRASHED)
    play.run_pass()
    wish(play.world.state, OWNER, INCIDENT, Wishes(recreate=True))
    with pytest.raises(KeyboardInterrupt):
        play.run_on(instead(play, Kills))
    page_becomes(play.world, play.page().id, PageStatus.TRASHED)
    play.clock.forward(120)
    play.run_pass()
    assert is_asked(play) is False
    play.clock.forward(120)
    assert told(play.run_pass()) == [FindingKind.PAGE_GONE]


# ---------------------------------------------------------------- kept until it is done


@pytest.mark.parametrize(
    ("column", "lacks"),
    [(Column.OWNER, FindingKind.NEEDS_OWNER), (Column.DUE, FindingKind.NEEDS_DUE_DATE)],
)
def test_a_ticket_is_made_again_once_its_row_has_what_it_lacks(play: Stage, column: Column, lacks: FindingKind) -> None:
    key = with_row(play)
    full = play.rows()[0].cells[column]
    before = play.page().body.encode()[full.start : full.end].decode()
    gone = deleted(play, key)
    gone.run_pass()
    play.type_cell(0, column, cells.empty())
    play.quiet()
    assert told(asked(gone, Wishes(remake=(key,)))) == [lacks]
    play.clock.forward(400)
    report = gone.run_pass()
    assert (writes(report), told(report), is_asked(play)) == ([], [lacks], True)
    play.type_cell(0, column, before)
    play.quiet()
    assert "create-ticket" in writes(gone.run_pass())
    assert (play.rows()[0].ticket not in (None, "", key), is_asked(play)) == (True, False)
    settled(gone)


def test_what_is_asked_of_tickets_is_kept_while_the_page_is_in_the_trash(play: Stage) -> None:
    key = orphaned(play)
    play.run_pass()
    page = play.page().id
    page_becomes(play.world, page, PageStatus.TRASHED)
    assert told(asked(play, Wishes(forget=(key,)))) == [FindingKind.PAGE_GONE]
    page_becomes(play.world, page, PageStatus.CURRENT)
    play.clock.forward(120)
    play.run_pass()
    assert is_asked(play) is False
    settled(play)


def unowned(play: Stage) -> tuple[Stage, str]:
    """A deleted ticket, asked to be made again, whose row has no owner any more; the ticket's key."""
    key = with_row(play)
    gone = deleted(play, key)
    play.type_cell(0, Column.OWNER, cells.empty())
    play.quiet()
    assert told(asked(gone, Wishes(remake=(key,)))) == [FindingKind.NEEDS_OWNER]
    return gone, key


def test_what_is_asked_later_stands_beside_what_still_waits_and_ends_by_itself(play: Stage) -> None:
    gone, key = unowned(play)
    assert writes(asked(gone, Wishes(forget=("ACT-999",)))) == ["write-memory"]
    assert recall(play.world.state, "wish", INCIDENT, Wishes) == Wishes(remake=(key,))
    mention = play.world.wiki.mention("ana")
    assert mention is not None
    play.type_cell(0, Column.OWNER, cells.mention(mention, play.world.wiki.deployment))
    play.quiet()
    assert "create-ticket" in writes(gone.run_pass())
    assert is_asked(play) is False


def test_what_is_asked_of_a_ticket_last_is_what_holds(play: Stage) -> None:
    gone, key = unowned(play)
    report = asked(gone, Wishes(forget=(key,)))
    assert ("write-memory" in writes(report), told(report), is_asked(play)) == (True, [], False)
    settled(gone)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_duplicates_that_are_both_to_stay_the_first_named_does(play: Stage, order: tuple[int, int]) -> None:
    first = with_row(play)
    both = (first, twin_of(play, first))
    stays, other = (both[i] for i in order)
    play.run_pass()
    asked(play, Wishes(keep=(stays, other)))
    assert ([row.ticket for row in play.rows()], is_asked(play)) == ([stays], False)
    settled(play)


def test_of_duplicates_the_one_that_people_named_last_stays(play: Stage) -> None:
    first = with_row(play)
    second = twin_of(play, first)
    play.run_pass()
    for key in (first, second):
        wish(play.world.state, OWNER, INCIDENT, Wishes(keep=(key,)))
    play.run_pass()
    assert ([row.ticket for row in play.rows()], is_asked(play)) == ([second], False)
    settled(play)


# ---------------------------------------------------------------- carried over into a new state


def surveyed(play: Stage, wishes: Wishes) -> Stage:
    """The state was lost, and a survey, which took longer than `settle`, made a new one that knows what is asked."""
    lost = without_state(play)
    wish(lost.world.state, OWNER, INCIDENT, wishes)
    lost.clock.forward(61)
    assert writes(lost.run_pass(SURVEY)) == []
    assert is_asked(lost) is True
    lost.clock.forward(61)
    return lost


def test_a_survey_that_takes_longer_than_absence_keeps_that_a_page_is_to_be_made_anew(play: Stage) -> None:
    play.run_pass()
    page_becomes(play.world, play.page().id, PageStatus.TRASHED)
    play.run_pass()
    lost = surveyed(play, Wishes(recreate=True))
    assert "create-page" in writes(lost.run_pass(NEWS))
    assert is_asked(lost) is False


def test_a_survey_keeps_that_a_ticket_is_to_be_made_again(play: Stage) -> None:
    key = with_row(play)
    lost = surveyed(deleted(play, key), Wishes(remake=(key,)))
    assert "create-ticket" in writes(lost.run_pass(NEWS))
    assert is_asked(lost) is False


def test_a_survey_keeps_that_a_ticket_is_to_be_forgotten(play: Stage) -> None:
    key = orphaned(play)
    play.run_pass()
    lost = surveyed(play, Wishes(forget=(key,)))
    lost.run_pass(NEWS)
    assert is_asked(lost) is False
    settled(lost)


def test_a_survey_keeps_which_of_duplicates_is_to_stay(play: Stage) -> None:
    second = twin_of(play, with_row(play))
    play.run_pass()
    lost = surveyed(play, Wishes(keep=(second,)))
    lost.run_pass(NEWS)
    assert ([row.ticket for row in play.rows()], is_asked(lost)) == ([second], False)
    settled(lost)
