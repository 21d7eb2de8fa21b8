"""A token that ends is told of 30, 14, 3 and 1 days ahead, once each; who tells when it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pirsync.adapters.confluence import open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.adapters.memory_state import MemoryState
from pirsync.expiry import Token, checks, said, warnings
from pirsync.model import Deployment

from . import leaks
from .adapters.loopback import Answer, Loopback, in_turn, serving
from .command import desk

ENDS = date(2026, 6, 30)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ONCE = Pace(attempts=1, cap=0.01)


def told(days: range, ends: date = ENDS) -> list[int]:
    """The days ahead on which a warning was given, for one look a day."""
    state = MemoryState(NOW)
    token = Token("Jira", "site.jira", ends)
    return [left for left in days if warnings([token], ends - timedelta(days=left), state)]


def test_each_level_is_told_once() -> None:
    assert told(range(60, -5, -1)) == [30, 14, 3, 1, 0]


def test_a_level_that_was_passed_while_nobody_looked_is_told_at_the_next_look() -> None:
    assert told(range(29, -30, -10)) == [29, 9, -1]


def test_a_new_token_is_told_of_again() -> None:
    state = MemoryState(NOW)
    for ends in (ENDS, ENDS + timedelta(days=90)):
        token = Token("Jira", "site.jira", ends)
        assert warnings([token], ends - timedelta(days=2), state) == [("Jira", f"expires on {ends}, in 2 days")]
        assert warnings([token], ends - timedelta(days=2), state) == []


def test_the_words_count_the_days() -> None:
    words = [said(ENDS, ENDS - timedelta(days=left)) for left in (40, 1, 0, -1)]
    assert words == [
        "expires on 2026-06-30, in 40 days",
        "expires on 2026-06-30, in 1 day",
        "expires on 2026-06-30, today",
        "expired on 2026-06-30",
    ]


def test_doctor_asks_for_a_new_token_14_days_ahead() -> None:
    token = Token("Jira", "site.jira", ENDS)
    fixes = [next(checks([token], ENDS - timedelta(days=left))).ok for left in (15, 14, 0, -9)]
    assert fixes == [True, False, False, False]
    assert list(checks([Token("Jira", "site.jira", None)], ENDS)) == []


def test_doctor_has_a_line_for_a_token_whose_day_is_known() -> None:
    with desk() as place:
        place.replace("[site.confluence]", 'token_expires = "2020-01-31"\n[site.confluence]')
        lines = place.do("doctor").lines
        assert "FIX   Jira token: expired on 2020-01-31 -> make a new one, and correct site.jira.token_expires" in lines
        assert [line for line in lines if "Confluence token" in line] == []


def test_reconcile_warns_once_a_level_and_asks_the_sites_once_a_day() -> None:
    with desk("datacenter") as place:
        place.replace("[site.confluence]", 'token_expires = "2020-01-31"\n[site.confluence]')
        said = [place.do("reconcile", "OPS-1").err for _ in range(2)]
        assert said == ["Jira token: expired on 2020-01-31\n", ""]
        asked = [path for method, path, _ in place.sandbox.faults.log if path.endswith("/rest/pat/latest/tokens")]
        assert len(asked) == 1


# ---------------------------------------------------------------- what a Data Center tells


ENDING = datetime(2026, 6, 30, 10, tzinfo=UTC)
LISTS: dict[str, tuple[Answer, datetime | None]] = {
    "one": (
        Answer(200, [{"id": 1, "expiringAt": "2026-06-30T10:00:00.000+0000"}]),
        ENDING,
    ),
    "milliseconds": (Answer(200, [{"id": 1, "expiringAt": 1782813600000}]), ENDING),
    "one that has ended, and ours": (
        Answer(200, [{"expiringAt": "2025-01-01T00:00:00Z"}, {"expiringAt": "2026-06-30T10:00:00Z"}]),
        ENDING,
    ),
    "two": (Answer(200, [{"expiringAt": "2026-05-01T00:00:00Z"}, {"expiringAt": "2026-06-30T10:00:00Z"}]), None),
    "one that never ends": (Answer(200, [{"id": 1}]), None),
    "no such path": (Answer(404, {"message": "null for uri"}), None),
    "not ours to see": (Answer(403, {}), None),
    "no list": (Answer(200, {"tokens": []}), None),
    "milliseconds of no year": (Answer(200, [{"id": 1, "expiringAt": 10**30}]), None),
    "an instant of no year": (Answer(200, [{"id": 1, "expiringAt": "0001-01-01T00:00:00+14:00"}]), None),
    "not an instant": (Answer(200, [{"expiringAt": "soon"}]), None),
    "away": (Answer(503), None),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving(in_turn(Answer(404))) as running:
        yield running


def at(url: str, deployment: Deployment, user: str) -> list[Any]:
    connection = Connection(site_url=url, user=user, token=leaks.TOKENS[2], deployment=deployment)
    return [JiraTracker(connection, threading.Event(), ONCE), open_wiki(connection, threading.Event(), ONCE)]


@pytest.mark.parametrize("case", LISTS)
def test_a_data_center_tells_of_the_only_token(server: Loopback, case: str) -> None:
    answer, expected = LISTS[case]
    server.script = in_turn(answer)
    assert [expected] * 2 == [product.token_expires(NOW) for product in at(server.url, "datacenter", "")]
    assert server.asked[-1].path.endswith("/rest/pat/latest/tokens")


def test_a_password_and_a_cloud_token_are_not_asked_after(server: Loopback) -> None:
    server.asked.clear()
    products = [*at(server.url, "datacenter", "us"), *at(server.url, "cloud", "us@example.com")]
    assert [product.token_expires(NOW) for product in products] == [None] * 4
    assert server.asked == []
