"""The state: one contract for the file, the one in memory and the overlay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pirsync.adapters.memory_state import MemoryState, StateOverlay
from pirsync.adapters.state import open_state
from pirsync.ports import Due, IntentStatus, State

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["file", "memory", "overlay"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    if request.param == "memory":
        yield MemoryState(NOW, born_with_owner=False)
        return
    store = open_state(tmp_path / "state.db", "owner-1", NOW)
    yield StateOverlay(store) if request.param == "overlay" else store
    store.close()


def line(state: State, mark: str = "m1") -> IntentStatus:
    return state.intents("10001")[mark]


# ---------------------------------------------------------------- the journal of creations


def test_a_claim_is_written_down_before_anything_is_sent(state: State) -> None:
    assert state.claim("m1", "ticket", "10001", "d1", NOW) == 1
    expected = IntentStatus(
        mark="m1",
        kind="ticket",
        incident="10001",
        status="sending",
        sent_at=NOW,
        attempt=1,
        digest="d1",
        remote_id="",
        remote_key="",
        reason="",
    )
    assert state.intents("10001") == {"m1": expected}
    assert state.intents("10002") == {}


def test_a_claim_that_is_being_sent_is_nobody_elses(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    assert state.claim("m1", "ticket", "10001", "d1", NOW + 29 * SECOND) is None
    assert state.claim("m1", "ticket", "10001", "d1", NOW - 60 * SECOND) is None
    assert line(state).sent_at == NOW


def test_a_claim_whose_answer_never_came_can_be_made_again(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    later = NOW + 30 * SECOND
    assert state.claim("m1", "ticket", "10001", "d2", later) == 2
    assert (line(state).attempt, line(state).sent_at, line(state).digest) == (2, later, "d2")


def test_a_receipt_ends_all_claims(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    state.receipt("m1", 1, "20001", "ACT-1")
    assert (line(state).status, line(state).remote_id, line(state).remote_key) == ("done", "20001", "ACT-1")
    assert state.claim("m1", "ticket", "10001", "d2", NOW + timedelta(days=9)) is None


def test_a_rejected_attempt_frees_the_claim_at_once(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    state.reject("m1", 1, "d1", "field x is required")
    assert (line(state).status, line(state).digest, line(state).reason) == ("rejected", "d1", "field x is required")
    assert state.claim("m1", "ticket", "10001", "d2", NOW + SECOND) == 2
    assert (line(state).status, line(state).reason) == ("sending", "")


def test_a_pardon_forgets_what_was_refused_and_nothing_else(state: State) -> None:
    for mark in ("m1", "m2", "m3"):
        state.claim(mark, "ticket", "10001", "d1", NOW)
    state.claim("m4", "ticket", "10002", "d1", NOW)
    state.reject("m1", 1, "d1", "field x is required")
    state.receipt("m2", 1, "20001", "ACT-1")
    state.reject("m4", 1, "d1", "no")
    state.pardon("10001")
    assert {mark: found.status for mark, found in state.intents("10001").items()} == {
        "m1": "planned",
        "m2": "done",
        "m3": "sending",
    }
    assert (line(state).digest, line(state).reason) == ("", "")
    assert state.intents("10002")["m4"].status == "rejected"
    assert state.claim("m1", "ticket", "10001", "d1", NOW) == 2


def test_a_late_answer_touches_only_its_own_attempt(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    state.claim("m1", "ticket", "10001", "d1", NOW + 60 * SECOND)
    state.reject("m1", 1, "d1", "too late")
    state.receipt("m1", 1, "20001", "ACT-1")
    assert (line(state).status, line(state).attempt, line(state).remote_id) == ("sending", 2, "")


def test_what_a_claim_is_about_to_send_counts_from_when_it_says_so_while_it_holds(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    assert state.restamp("m1", 1, NOW + 40 * SECOND)
    assert (line(state).status, line(state).sent_at) == ("sending", NOW + 40 * SECOND)
    assert state.claim("m1", "ticket", "10001", "d1", NOW + 69 * SECOND) is None
    assert state.claim("m1", "ticket", "10001", "d1", NOW + 70 * SECOND) == 2
    assert not state.restamp("m1", 1, NOW + 80 * SECOND)
    assert line(state).sent_at == NOW + 70 * SECOND
    state.receipt("m1", 2, "20001", "ACT-1")
    assert not state.restamp("m1", 2, NOW + 80 * SECOND)


def test_a_rejection_does_not_undo_a_receipt(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    state.receipt("m1", 1, "20001", "ACT-1")
    state.reject("m1", 1, "d1", "after all")
    assert (line(state).status, line(state).reason) == ("done", "")


def test_what_was_found_needs_no_claim(state: State) -> None:
    state.adopt("m1", "ticket", "10001", "20001", "ACT-1")
    assert (line(state).status, line(state).remote_id, line(state).attempt) == ("done", "20001", 0)
    assert state.claim("m1", "ticket", "10001", "d1", NOW) is None


def test_finding_settles_a_doubtful_attempt(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    state.adopt("m1", "ticket", "10001", "20001", "ACT-1")
    state.reject("m1", 1, "d1", "too late")
    assert (line(state).status, line(state).remote_key, line(state).attempt) == ("done", "ACT-1", 1)


def test_answers_to_nobody_are_ignored(state: State) -> None:
    state.receipt("m9", 1, "20001", "ACT-1")
    state.reject("m9", 1, "d1", "no")
    assert state.intents("10001") == {}


# ---------------------------------------------------------------- the dirty set


def test_news_keep_the_earlier_instant_and_are_counted(state: State) -> None:
    state.mark_dirty("10001", NOW, "closed")
    state.mark_dirty("10001", NOW + SECOND, "commented")
    assert state.pending() == [Due(key="10001", due=NOW, seen=2, tries=0, reason="commented")]
    state.mark_dirty("10001", NOW - SECOND, "moved")
    assert state.pending() == [Due(key="10001", due=NOW - SECOND, seen=3, tries=0, reason="moved")]


def test_only_what_is_due_is_due_and_the_earliest_comes_first(state: State) -> None:
    state.mark_dirty("10003", NOW + SECOND, "")
    state.mark_dirty("10002", NOW, "")
    # The same instant as told elsewhere on Earth: text that sorts must not be fooled by a zone.
    state.mark_dirty("10001", (NOW - SECOND).astimezone(timezone(timedelta(hours=9))), "")
    assert [found.key for found in state.due(NOW)] == ["10001", "10002"]
    assert [found.key for found in state.pending()] == ["10001", "10002", "10003"]


def test_a_settled_key_is_cleared_or_waits_for_its_wake(state: State) -> None:
    state.mark_dirty("10001", NOW, "")
    state.mark_dirty("10002", NOW, "")
    state.postpone("10002", 1, NOW, "no answer")
    state.settle("10001", 1, None)
    state.settle("10002", 1, NOW + SECOND)
    assert [(found.key, found.due, found.tries) for found in state.pending()] == [("10002", NOW + SECOND, 0)]


def test_news_that_came_during_a_step_are_not_lost(state: State) -> None:
    state.mark_dirty("10001", NOW, "")
    state.mark_dirty("10001", NOW, "news")
    expected = state.pending()
    state.settle("10001", 1, None)
    state.settle("10001", 1, NOW + SECOND)
    state.postpone("10001", 1, NOW + SECOND, "no answer")
    assert state.pending() == expected


def test_one_keys_line_is_at_hand(state: State) -> None:
    assert state.owed("10001") is None
    state.mark_dirty("10001", NOW, "new")
    state.mark_dirty("10002", NOW, "new")
    assert state.owed("10001") == Due(key="10001", due=NOW, seen=1, tries=0, reason="new")


def test_a_failed_step_is_tried_again_later(state: State) -> None:
    state.mark_dirty("10001", NOW, "closed")
    state.postpone("10001", 1, NOW + SECOND, "no answer")
    state.postpone("10001", 1, NOW + 2 * SECOND, "still none")
    assert state.pending() == [Due(key="10001", due=NOW + 2 * SECOND, seen=1, tries=2, reason="still none")]


# ---------------------------------------------------------------- watermarks and the cache


def test_watermarks_are_kept_by_name(state: State) -> None:
    assert state.watermark("issues") is None
    state.set_watermark("issues", NOW)
    state.set_watermark("issues", NOW + SECOND)
    state.set_watermark("pages", NOW)
    assert (state.watermark("issues"), state.watermark("pages")) == (NOW + SECOND, NOW)


def test_the_cache_gives_back_what_it_was_given_and_forgets_on_demand(state: State) -> None:
    state.cache("review", {"10002": {"page": "7", "rows": [1, 2]}, "10001": {"page": "6"}})
    state.cache("review", {"10001": {"page": "8"}})
    state.cache("other", {"10001": {"page": "9"}})
    assert state.cached("review", "10001") == {"page": "8"}
    assert state.cached("review", "10003") is None
    assert list(state.cached_all("review").items()) == [
        ("10001", {"page": "8"}),
        ("10002", {"page": "7", "rows": [1, 2]}),
    ]
    state.drop("review", ["10001", "10009"])
    assert state.cached("review", "10001") is None
    assert state.cached_all("review") == {"10002": {"page": "7", "rows": [1, 2]}}
    assert state.cached("other", "10001") == {"page": "9"}


def test_a_cached_value_is_a_copy(state: State) -> None:
    given = {"rows": [1]}
    state.cache("review", {"10001": given})
    given["rows"].append(2)
    first = state.cached("review", "10001")
    assert first is not None
    first["rows"].append(3)
    assert state.cached("review", "10001") == {"rows": [1]}


def test_a_pass_follows_a_pass(state: State) -> None:
    with state.pass_lock():
        state.mark_dirty("10001", NOW, "")
    with state.pass_lock():
        assert len(state.pending()) == 1


# ---------------------------------------------------------------- the overlay


def fill(state: State) -> None:
    state.claim("m1", "ticket", "10001", "d1", NOW)
    state.mark_dirty("10001", NOW, "closed")
    state.set_watermark("issues", NOW)
    state.cache("review", {"10001": {"page": "6"}, "10002": {"page": "7"}})


def contents(state: State) -> tuple[object, ...]:
    return state.intents("10001"), state.pending(), state.watermark("issues"), state.cached_all("review")


def test_an_overlay_shows_its_base_and_never_writes_to_it() -> None:
    base = MemoryState(NOW)
    fill(base)
    before = contents(base)
    over = StateOverlay(base)
    assert contents(over) == before
    assert (over.created_at, over.born_with_owner) == (NOW, True)
    over.receipt("m1", 1, "20001", "ACT-1")
    over.adopt("m2", "page", "10001", "30001", "")
    over.pardon("10001")
    over.settle("10001", 1, None)
    over.set_watermark("issues", NOW + SECOND)
    over.cache("review", {"10001": {"page": "8"}})
    over.drop("review", ["10002"])
    assert contents(base) == before
    assert {mark: found.status for mark, found in over.intents("10001").items()} == {"m1": "done", "m2": "done"}
    assert (over.pending(), over.watermark("issues")) == ([], NOW + SECOND)
    assert over.cached_all("review") == {"10001": {"page": "8"}}
    assert (over.cached("review", "10001"), over.cached("review", "10002")) == ({"page": "8"}, None)


def test_an_overlay_respects_the_claims_of_its_base() -> None:
    base = MemoryState(NOW)
    base.claim("m1", "ticket", "10001", "d1", NOW)
    assert StateOverlay(base).claim("m1", "ticket", "10001", "d1", NOW + SECOND) is None


def test_an_overlay_does_not_wait_for_a_running_pass() -> None:
    base = MemoryState(NOW)
    with base.pass_lock(), StateOverlay(base).pass_lock():
        assert base.pending() == []
