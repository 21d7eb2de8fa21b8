"""Limits that count: in process by a clock that is moved, and once each over a socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pirsync.sandbox.limits import BURST, Bucket, Limits, limits_of
from tests.sandbox.served import served

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ISSUE = "/rest/api/3/issue/OPS-1"


def test_a_burst_is_of_one_endpoint_and_method_and_passes_after_a_second() -> None:
    limits = Limits(burst={"GET": 2, "PUT": 1})
    counts = [limits.count_burst("GET", ISSUE, NOW) for _ in range(3)]
    assert [one.refused for one in counts if one] == [False, False, True]
    other = limits.count_burst("GET", "/rest/api/3/issue/OPS-2", NOW)
    assert other is not None
    assert other.refused, "the endpoint is the same whichever issue is meant"
    for method, path in (("PUT", ISSUE), ("GET", "/rest/api/3/myself")):
        one = limits.count_burst(method, path, NOW)
        assert one is not None
        assert not one.refused
    later = limits.count_burst("GET", ISSUE, NOW + timedelta(seconds=1))
    assert later is not None
    assert (later.refused, later.remaining) == (False, 1)


def test_reading_issues_has_a_limit_of_its_own() -> None:
    limits = Limits(burst=dict(BURST))
    paths = (ISSUE, f"{ISSUE}/changelog", f"{ISSUE}/comment", "/wiki/api/v2/pages")
    counts = [limits.count_burst("GET", path, NOW) for path in paths]
    assert [one.limit if one else None for one in counts] == [150, 200, 100, None]


def test_writes_to_one_issue_are_limited_in_two_windows() -> None:
    limits = limits_of({"issue_writes": True})
    refused = 0
    for second in range(30):
        counts = [limits.count_write(1, NOW + timedelta(seconds=second)) for _ in range(4)]
        refused += sum(one.refused for one in counts if one)
    assert refused == 20, "of 120 writes in thirty seconds a hundred pass"
    other = limits.count_write(2, NOW)
    assert other is not None
    assert not other.refused


def test_a_bucket_fills_again() -> None:
    limits = Limits(bucket=Bucket(size=2, fill=1, interval=10))
    moments = [NOW, NOW, NOW, NOW + timedelta(seconds=10), NOW + timedelta(seconds=11)]
    counts = [limits.count_token("ana", moment) for moment in moments]
    assert [(one.refused, one.wait) for one in counts if one] == [(False, 0)] * 2 + [(True, 10), (False, 0), (True, 10)]


@pytest.mark.parametrize("sent", [{"bursts": 3}, {"bucket": {"depth": 3}}, {"burst": "many"}])
def test_limits_that_do_not_exist_are_refused(sent: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        limits_of(sent)


def test_cloud_refuses_too_many_writes_to_an_issue_and_says_so() -> None:
    with served("cloud") as site:
        site.call("/__sandbox/limits", "POST", json={"issue_writes": 2, "burst": 50})
        write = {"fields": {"labels": ["x"]}}
        answers = [site.call(ISSUE, "PUT", json=write) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [204, 204, 429]
        assert answers[2].headers["RateLimit-Reason"] == "jira-per-issue-on-write"
        assert answers[2].headers["Retry-After"] == "2"
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        site.world.clock.advance(2)
        assert site.call(ISSUE, "PUT", json=write).status_code == 204
        site.call("/__sandbox/limits", "POST", json={})
        assert "X-RateLimit-Limit" not in site.call(ISSUE).headers


def test_data_center_says_on_every_answer_what_is_left() -> None:
    with served("datacenter") as site:
        site.call("/__sandbox/limits", "POST", json={"bucket": {"size": 2, "fill": 1, "interval": 60}})
        paths = ("/jira/rest/api/2/myself", "/confluence/rest/api/content", "/jira/rest/api/2/myself")
        answers = [site.call(path) for path in paths]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["Retry-After"] for answer in answers] == ["0", "0", "60"]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
