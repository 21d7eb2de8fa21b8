"""What a site asks us to hold back: that alone waits, for as long as it said, and across a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from pirsync.adapters.answers import Effect, Request, asked_wait
from pirsync.adapters.confluence import open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.adapters.limits import BREATH, LONGEST_BREATH, Holds, Scope, breath, scope_of
from pirsync.adapters.state import SqlState, open_state
from pirsync.adapters.state_file import create_state
from pirsync.build import product_holds
from pirsync.errors import Interrupted, Unavailable
from pirsync.model import RemoteLink
from pirsync.ports import Want
from tests import leaks

from .loopback import Answer, Asked, Loopback, serving

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PACE = Pace(base=0.01, floor=1.0, cap=300.0)
ISSUE = {"id": "1", "key": "OPS-1", "fields": {}}
WANT = Want(fields=("summary",))
LINK = RemoteLink(global_id="g", url="https://x.example/p", title="P")


class Waits(threading.Event):
    """A stop event that waits by moving the clock, and notes for how long; set from its `last` wait on."""

    def __init__(self, clock: time_machine.Traveller, last: int = 1000) -> None:
        super().__init__()
        self._clock = clock
        self._last = last
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        self._clock.shift(timedelta(seconds=timeout or 0.0))
        if len(self.seconds) >= self._last:
            self.set()
        return self.is_set()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as moved:
        yield moved


class Script:
    """Refuses the next requests whose path ends so, with these headers; the rest is answered."""

    def __init__(self) -> None:
        self.refusals: dict[str, list[Mapping[str, str]]] = {}
        self.headers: dict[str, str] = {}

    def refuse(self, end: str, times: int = 1, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.refusals[end] = [named] * times

    def __call__(self, asked: Asked) -> Answer:
        for end, left in self.refusals.items():
            if asked.path.endswith(end) and left:
                return Answer(429, {"message": "Rate limit exceeded."}, dict(left.pop(0)))
        is_list = asked.path.endswith("remotelink") and asked.method == "GET"
        nothing: object = {"results": []} if "/wiki/" in asked.path else []
        body = nothing if is_list or "/wiki/" in asked.path else ISSUE
        return Answer(200, body, dict(self.headers))


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[Loopback]:
    with serving(script) as running:
        yield running


def jira(url: str, stop: threading.Event, pace: Pace = PACE, holds: Holds | None = None) -> JiraTracker:
    return JiraTracker(Connection(site_url=url, user="u", token=leaks.TOKENS[2], deployment="cloud"), stop, pace, holds)


@dataclass(frozen=True)
class Product:
    """What its reasons begin with, two reads of a thing by its id, and how the path of the first one ends for "1"."""

    name: str
    read: Callable[[str], object]
    read_otherwise: Callable[[str], object]
    end: str


def product(name: str, url: str, stop: threading.Event, pace: Pace = PACE) -> Product:
    reached = Connection(site_url=url, user="u", token=leaks.TOKENS[2], deployment="cloud")
    if name == "jira":
        ours = JiraTracker(reached, stop, pace)
        return Product(name, lambda number: ours.issue(number, WANT), ours.remote_links, "issue/1")
    wiki = open_wiki(reached, stop, pace)
    return Product(name, lambda n: wiki.property(n, "k"), lambda n: wiki.attachment(n, "f.ics"), "pages/1/properties")


BOTH = pytest.mark.parametrize("name", ["jira", "confluence"])


# ---------------------------------------------------------------- which limit it was


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("jira-per-issue-on-write", Scope.ISSUE),
        ("jira-burst-based", Scope.ENDPOINT),
        ("confluence-burst-based", Scope.ENDPOINT),
        ("jira-quota-global-based", Scope.PRODUCT),
        ("jira-quota-tenant-based", Scope.PRODUCT),
        ("confluence-quota-tenant-based", Scope.PRODUCT),
        ("conf-global-based", Scope.PRODUCT),
        ("", Scope.PRODUCT),
        ("something-new", Scope.PRODUCT),
    ],
)
def test_a_reason_tells_what_is_held_back(reason: str, expected: Scope) -> None:
    assert expected is scope_of(reason)


def test_a_reset_counts_where_no_retry_after_is_told() -> None:
    assert asked_wait({"X-RateLimit-Reset": "2026-03-02T10:00Z"}, START) == 3600.0
    assert asked_wait({"X-RateLimit-Reset": "2026-03-02T08:00:00Z"}, START) == 0.0
    assert asked_wait({"X-RateLimit-Reset": "2026-03-02T10:00Z", "Retry-After": "7"}, START) == 7.0
    assert asked_wait({"X-RateLimit-Reset": "1772442000"}, START) is None
    assert asked_wait({"X-RateLimit-Reset": "9999-12-31T23:59:59-14:00"}, START) == 86_400.0
    assert asked_wait({"X-RateLimit-Reset": "0001-01-01T00:00:00+14:00"}, START) == 0.0
    assert asked_wait({}, START) is None


WRITE = Request("PUT", "rest/api/2/issue/1")
HELD = {
    "another write to it": (Request("POST", "rest/api/2/issue/1/remotelink"), Effect.REPEATABLE),
    "a read of it": (Request("GET", "rest/api/2/issue/1"), Effect.READ),
    "the same write to another issue": (Request("PUT", "rest/api/2/issue/2"), Effect.REPEATABLE),
    "the same path, read": (Request("GET", "rest/api/2/issue/2"), Effect.READ),
    "something else": (Request("GET", "rest/api/2/myself"), Effect.READ),
}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("jira-per-issue-on-write", {"another write to it"}),
        ("jira-burst-based", {"the same write to another issue"}),
        ("jira-quota-global-based", set(HELD)),
    ],
)
def test_a_limit_holds_back_what_it_is_counted_for_and_nothing_else(
    reason: str, expected: set[str], clock: time_machine.Traveller
) -> None:
    holds = Holds()
    holds.refused(WRITE, Effect.REPEATABLE, reason, 30.0)
    assert expected == {name for name, (request, effect) in HELD.items() if holds.wait(request, effect) == 30.0}
    assert holds.wait(WRITE, Effect.REPEATABLE) == 30.0
    clock.shift(timedelta(seconds=31))
    assert {holds.wait(*each) for each in HELD.values()} == {0.0}


# ---------------------------------------------------------------- waiting as told, by a clock that is moved


def test_writes_to_one_issue_wait_and_the_others_do_not(
    clock: time_machine.Traveller, script: Script, server: Loopback
) -> None:
    script.refuse("issue/1/remotelink", RateLimit_Reason="jira-per-issue-on-write", Retry_After="40", times=9)
    stop = Waits(clock)
    ours = jira(server.url, stop, replace(PACE, attempts=1))
    with pytest.raises(Unavailable) as caught:
        ours.put_remote_link("1", LINK)
    assert caught.value.retry_after == 40.0
    ours.put_remote_link("2", LINK)
    ours.issue("1", WANT)
    assert stop.seconds == []
    script.refusals.clear()
    ours.put_remote_link("1", LINK)
    assert stop.seconds == [40.0]


@BOTH
def test_a_burst_slows_one_endpoint(name: str, clock: time_machine.Traveller, script: Script, server: Loopback) -> None:
    stop = Waits(clock)
    ours = product(name, server.url, stop, replace(PACE, attempts=1))
    script.refuse(ours.end, RateLimit_Reason=f"{name}-burst-based", Retry_After="3")
    with pytest.raises(Unavailable):
        ours.read("1")
    ours.read_otherwise("1")
    assert stop.seconds == []
    ours.read("2")
    assert stop.seconds == [3.0]


@BOTH
def test_a_quota_pauses_everything_and_nothing_is_sent_meanwhile(
    name: str, clock: time_machine.Traveller, script: Script, server: Loopback
) -> None:
    stop = Waits(clock)
    ours = product(name, server.url, stop)
    script.refuse(ours.end, RateLimit_Reason=f"{name}-quota-tenant-based", Retry_After="1847")
    for read, number in ((ours.read, "1"), (ours.read_otherwise, "2")):
        with pytest.raises(Unavailable) as caught:
            read(number)
        assert caught.value.retry_after == 1847.0
    assert len(server.asked) == 1
    clock.shift(timedelta(seconds=1848))
    ours.read_otherwise("2")
    assert (len(server.asked), stop.seconds) == (2, [])


def test_a_quota_holds_after_a_restart(
    clock: time_machine.Traveller, script: Script, server: Loopback, tmp_path: Path
) -> None:
    script.refuse("issue/1", RateLimit_Reason="jira-quota-global-based", X_RateLimit_Reset="2026-03-02T10:00:00Z")
    path, stop = tmp_path / "pirsync.db", Waits(clock)
    create_state(path, "an-owner", START)

    def reopened() -> SqlState:
        return open_state(path, "an-owner", datetime.now(UTC))

    state = reopened()
    with pytest.raises(Unavailable):
        jira(server.url, stop, holds=product_holds(state, "jira", datetime_now)).issue("1", WANT)
    state.close()
    state = reopened()
    fresh = jira(server.url, stop, holds=product_holds(state, "jira", datetime_now))
    with pytest.raises(Unavailable, match="was not sent"):
        fresh.issue("2", WANT)
    assert len(server.asked) == 1
    jira(server.url, stop, holds=product_holds(state, "confluence", datetime_now)).issue("2", WANT)
    clock.shift(timedelta(hours=1, seconds=1))
    assert fresh.issue("2", WANT) is not None
    state.close()


def datetime_now() -> datetime:
    return datetime.now(UTC)


def test_a_hold_that_a_wrong_clock_wrote_is_not_believed(clock: time_machine.Traveller) -> None:
    assert Holds(datetime_now, START + timedelta(days=400)).wait(WRITE, Effect.READ) == 0.0
    assert Holds(datetime_now, START + timedelta(hours=1)).wait(WRITE, Effect.READ) == 3600.0


def test_the_stop_event_ends_a_hold_at_once(clock: time_machine.Traveller, script: Script, server: Loopback) -> None:
    holds = Holds()
    holds.refused(WRITE, Effect.REPEATABLE, "", 60.0)
    with pytest.raises(Interrupted):
        jira(server.url, Waits(clock, last=1), holds=holds).issue("1", WANT)
    assert server.asked == []


# ---------------------------------------------------------------- near a limit


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 0.0),
        ({"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "21"}, 0.0),
        ({"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "19"}, BREATH),
        ({"X-RateLimit-NearLimit": "true"}, BREATH),
        ({"X-RateLimit-NearLimit": "false"}, 0.0),
        ({"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "-1"}, 0.0),
        (
            {
                "X-RateLimit-Limit": "50",
                "X-RateLimit-Remaining": "3",
                "X-RateLimit-Interval-Seconds": "1",
                "X-RateLimit-FillRate": "10",
            },
            0.1,
        ),
        (
            {
                "X-RateLimit-Limit": "5",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Interval-Seconds": "60",
                "X-RateLimit-FillRate": "1",
            },
            LONGEST_BREATH,
        ),
    ],
)
def test_little_left_of_a_limit_slows_us_down_a_little(headers: dict[str, str], expected: float) -> None:
    assert expected == breath(headers)


def test_near_a_limit_the_same_endpoint_takes_a_breath(
    clock: time_machine.Traveller, script: Script, server: Loopback
) -> None:
    script.headers = {"X-RateLimit-NearLimit": "true"}
    stop = Waits(clock)
    ours = jira(server.url, stop)
    ours.issue("1", WANT)
    ours.remote_links("1")
    assert stop.seconds == []
    ours.issue("2", WANT)
    assert stop.seconds == [BREATH]


def test_data_center_s_retry_after_of_0_on_a_good_answer_means_nothing(
    clock: time_machine.Traveller, script: Script, server: Loopback
) -> None:
    script.headers = {"Retry-After": "0", "X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "49"}
    stop = Waits(clock)
    ours = jira(server.url, stop)
    ours.issue("1", WANT)
    ours.issue("1", WANT)
    assert stop.seconds == []


def test_a_retry_after_of_0_on_a_refusal_is_floored(
    clock: time_machine.Traveller, script: Script, server: Loopback
) -> None:
    script.refuse("issue/1", Retry_After="0", times=2)
    stop = Waits(clock)
    jira(server.url, stop).issue("1", WANT)
    assert all(seconds >= PACE.floor for seconds in stop.seconds)
    assert len(stop.seconds) == 2


def test_a_refusal_is_told_apart_in_the_counts(clock: time_machine.Traveller, script: Script, server: Loopback) -> None:
    script.refuse("issue/1", Retry_After="1", times=2)
    ours = jira(server.url, Waits(clock))
    ours.issue("1", WANT)
    assert dict(ours.outcomes) == {"limited": 2, "answered": 1}
