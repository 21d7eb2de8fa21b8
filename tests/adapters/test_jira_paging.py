"""Jira's two searches: every issue once, however the server cuts its pages."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pirsync.adapters import jira_reads
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.adapters.jql import milliseconds
from pirsync.errors import Rejected, Unavailable
from pirsync.model import Deployment
from pirsync.ports import Query, Want
from tests import leaks

from .loopback import Answer, Asked, in_turn, serving

WANT = Want(fields=("summary",), expand=("renderedFields", "names"), properties=("pirsync.mark",))
QUERY = Query(projects=("INC",))
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def tracker(url: str, deployment: Deployment) -> JiraTracker:
    connection = Connection(site_url=url, user="u", token=leaks.TOKENS[2], deployment=deployment)
    return JiraTracker(connection, threading.Event(), Pace(base=0.01, floor=0.01))


def found(url: str, deployment: Deployment) -> list[str]:
    return [str(issue["id"]) for issue in tracker(url, deployment).search(QUERY, WANT)]


def page(*ids: int, **more: Any) -> Answer:
    return Answer(body={"issues": [{"id": str(number)} for number in ids], **more})


def test_cloud_follows_tokens_past_short_pages() -> None:
    script = in_turn(page(1, 2, nextPageToken="a"), page(nextPageToken="b"), page(3, isLast=True, nextPageToken="c"))
    with serving(script) as server:
        assert found(server.url, "cloud") == ["1", "2", "3"]
    assert [asked.body.get("nextPageToken") for asked in server.asked] == [None, "a", "b"]
    first = server.asked[0].body
    assert first["expand"] == "renderedFields,names"
    assert first["properties"] == ["pirsync.mark"]
    assert {asked.path for asked in server.asked} == {"/rest/api/2/search/jql"}


@pytest.mark.parametrize("end", [{}, {"nextPageToken": None}, {"nextPageToken": ""}, {"nextPageToken": "a"}])
def test_cloud_ends_at_a_missing_or_repeated_token(end: dict[str, Any]) -> None:
    with serving(in_turn(page(1, nextPageToken="a"), page(2, **end))) as server:
        assert found(server.url, "cloud") == ["1", "2"]


def test_an_answer_without_issues_is_not_an_empty_answer() -> None:
    with serving(in_turn(Answer(body={}))) as server, pytest.raises(Unavailable, match="issues"):
        found(server.url, "cloud")


def test_a_search_that_names_nothing_is_not_sent() -> None:
    with serving(in_turn(page())) as server:
        with pytest.raises(Rejected):
            tracker(server.url, "cloud").search(Query(), WANT)
        assert server.asked == []


class Archive:
    """Data Center with issues at the given minutes; refuses to page beyond the window, and cuts its pages."""

    def __init__(self, minutes: list[int], window: int, cut: int) -> None:
        self.minutes, self.window, self.cut = minutes, window, cut

    def __call__(self, asked: Asked) -> Answer:
        start, size = asked.body["startAt"], asked.body["maxResults"]
        if start + size > self.window:
            return Answer(500)
        created_from = re.search(r"created >= (\d+)", asked.body["jql"])
        least = int(created_from[1]) if created_from else 0
        issues = [
            {"id": str(number), "fields": {"created": (EPOCH + timedelta(minutes=minute)).isoformat()}}
            for number, minute in enumerate(self.minutes)
            if milliseconds(EPOCH + timedelta(minutes=minute)) >= least
        ]
        return Answer(body={"issues": issues[start : start + min(size, self.cut)], "total": len(issues)})


@pytest.mark.parametrize("cut", [4, 3, 1])
@pytest.mark.parametrize("count", [0, 3, 19, 20, 21, 55])
def test_data_center_reads_past_its_window(count: int, cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jira_reads, "PAGE_SIZE", 4)
    monkeypatch.setattr(jira_reads, "WINDOW", 20)
    with serving(Archive([number // 3 for number in range(count)], 20, cut)) as server:
        assert found(server.url, "datacenter") == [str(number) for number in range(count)]


def test_data_center_says_when_a_minute_holds_more_than_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jira_reads, "PAGE_SIZE", 4)
    monkeypatch.setattr(jira_reads, "WINDOW", 20)
    with serving(Archive([7] * 30, 20, 4)) as server, pytest.raises(Rejected, match="one minute"):
        found(server.url, "datacenter")


def test_data_center_reads_many_by_search_and_the_rest_one_by_one() -> None:
    def script(asked: Asked) -> Answer:
        if asked.method == "POST":
            return Answer(body={"issues": [{"id": "10", "key": "INC-7"}, {"id": "12", "key": "INC-1"}]})
        return Answer(body={"id": "11", "key": "INC-8"}) if asked.path.endswith("/11") else Answer(404, {})

    with serving(script) as server:
        found = tracker(server.url, "datacenter").issues(["10", "INC-1", "10", "11", "13"], WANT)
    assert [issue["id"] for issue in found] == ["10", "12", "11"]
    search, *singles = server.asked
    assert search.body["jql"] == 'id in (10, 11, 13) OR key in ("INC-1")'
    assert search.body["validateQuery"] is False
    assert search.body["expand"] == ["renderedFields", "names"]
    # A few are read at once, in whatever order they come in.
    assert {asked.path for asked in singles} == {"/rest/api/2/issue/11", "/rest/api/2/issue/13"}
    assert len(singles) == 2


def test_cloud_reads_many_a_hundred_at_a_time() -> None:
    with serving(in_turn(page(1))) as server:
        tracker(server.url, "cloud").issues((str(number) for number in range(250)), WANT)
    assert [len(asked.body["issueIdsOrKeys"]) for asked in server.asked] == [100, 100, 50]


def test_names_cannot_climb_out_of_their_path() -> None:
    with serving(in_turn(Answer(404, {}))) as server:
        assert tracker(server.url, "cloud").issue("../../secret?x=1", WANT) is None
    assert server.asked[0].path == "/rest/api/2/issue/..%2F..%2Fsecret%3Fx%3D1"


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_list_that_repeats_itself_is_given_up(deployment: Deployment) -> None:
    with serving(in_turn(Answer(200, {"comments": [{"id": "1"}]}))) as server:
        with pytest.raises(Unavailable, match="twice"):
            tracker(server.url, deployment).comments("1")
        assert len(server.asked) == 2
