"""The kinds of fault beyond a lost connection and an error: what the client sees, in both dialects."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from pirsync.sandbox import tracker
from pirsync.sandbox.faults import Faults, Rule
from pirsync.sandbox.tracker import find_issue
from tests.sandbox.served import WIKI, Served, served


@pytest.fixture(scope="module")
def clouds() -> Iterator[Served]:
    with served("cloud") as made:
        yield made


@pytest.fixture(scope="module")
def centers() -> Iterator[Served]:
    with served("datacenter") as made:
        yield made


@pytest.fixture
def cloud(clouds: Served) -> Iterator[Served]:
    yield clouds
    clouds.world.faults.clear()


@pytest.fixture
def center(centers: Served) -> Iterator[Served]:
    yield centers
    centers.world.faults.clear()


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest) -> Iterator[Served]:
    made: Served = request.getfixturevalue("clouds" if request.param == "cloud" else "centers")
    yield made
    made.world.faults.clear()


def _comments(site: Served) -> int:
    issue = find_issue(site.world, "OPS-1")
    assert issue is not None
    return len(issue.comments)


# ---------------------------------------------------------------- which requests are hit


def test_every_third_request_is_hit_until_there_were_two() -> None:
    faults = Faults(rules=[Rule("500", every=3, after=1, times=2)])
    hits = [faults.take("GET", "/rest/api/x") is not None for _ in range(12)]
    assert [number for number, hit in enumerate(hits, 1) if hit] == [4, 7]


def test_a_chance_is_the_same_for_the_same_seed() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(rules=[Rule("500", chance=0.2, seed=seed, times=None)])
        return [faults.take("GET", "/rest/api/x") is not None for _ in range(1000)]

    assert hits(7) == hits(7)
    assert hits(7) != hits(8)
    assert 150 < sum(hits(7)) < 250


@pytest.mark.parametrize("kind", ["slow", "slow:x", "500:3", "short:0", "twice:third", "type:html", "429:a b"])
def test_a_kind_with_a_senseless_argument_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=kind.partition(":")[0]):
        Rule(kind)


def test_a_header_may_hold_a_whole_rule(cloud: Served) -> None:
    rule = json.dumps({"kind": "429", "reason": "jira-burst-based", "retry_after": 1847})
    answer = cloud.call("/rest/api/3/myself", fault=rule)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1847")


# ---------------------------------------------------------------- refusals


def test_a_cloud_429_says_which_limit_it_was(cloud: Served) -> None:
    answer = cloud.call("/rest/api/3/myself", fault="429:jira-quota-tenant-based")
    named = ("RateLimit-Reason", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-NearLimit", "Retry-After")
    assert [answer.headers[name] for name in named] == ["jira-quota-tenant-based", "65000", "0", "true", "1"]
    assert answer.headers["X-RateLimit-Reset"].endswith("Z")


def test_a_data_center_429_has_its_bucket(center: Served) -> None:
    answer = center.call("/jira/rest/api/2/myself", fault="429")
    named = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Interval-Seconds", "X-RateLimit-FillRate")
    assert (answer.status_code, [answer.headers[name] for name in named]) == (429, ["50", "0", "1", "10"])
    assert "RateLimit-Reason" not in answer.headers


def test_a_wait_may_be_a_date_or_nought(site: Served) -> None:
    site.world.faults.add(Rule("429", retry_after="date:30"))
    site.world.faults.add(Rule("429", retry_after=0))
    site.world.faults.add(Rule("503:120"))
    site.world.faults.add(Rule("503"))
    answers = [site.call(f"{site.jira}/serverInfo") for _ in range(4)]
    ahead = parsedate_to_datetime(answers[0].headers["Retry-After"]) - site.world.clock.now()
    assert timedelta(seconds=25) < ahead <= timedelta(seconds=30)
    assert [answer.headers.get("Retry-After") for answer in answers[1:]] == ["0", "120", None]
    assert [answer.status_code for answer in answers] == [429, 429, 503, 503]


def test_a_spurious_conflict_changes_nothing(site: Served) -> None:
    path = WIKI[site.world.deployment]
    page = next(iter(site.world.wiki.pages.values()))
    answer = site.call(f"{path}/{page.id}", "PUT", fault="409", json={})
    assert (answer.status_code, page.current.number) == (409, 1)
    assert "stale data" in answer.text
    assert ("errors" if site.world.is_cloud else "statusCode") in answer.json()


def test_a_captcha_is_told_in_headers(center: Served) -> None:
    answer = center.call("/jira/rest/api/2/myself", fault="captcha")
    login = f"{center.own}/jira/login.jsp"
    assert answer.status_code == 403
    assert answer.headers["X-Authentication-Denied-Reason"] == f"CAPTCHA_CHALLENGE; login-url={login}"
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"


def test_a_redirect_ends_at_a_page_to_log_in(site: Served) -> None:
    answer = site.call(f"{site.jira}/myself", fault="redirect")
    assert answer.status_code == 302
    page = requests.get(answer.headers["Location"], timeout=10)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_one_expired_token_is_anonymous_on_cloud_and_refused_on_data_center(cloud: Served, center: Served) -> None:
    lost = cloud.call("/rest/api/3/search/jql", fault="expired", params={"jql": "project = OPS"})
    assert (lost.status_code, lost.json()["issues"]) == (200, [])
    assert lost.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    for path in ("/jira/rest/api/2/search?jql=project=OPS", "/confluence/rest/api/content"):
        refused = center.call(path, fault="expired")
        assert (refused.status_code, refused.headers["X-Seraph-LoginReason"]) == (401, "AUTHENTICATED_FAILED")
    assert cloud.search("project = OPS")["issues"]


# ---------------------------------------------------------------- spoilt answers


def test_a_truncated_answer_promises_more_than_it_holds(site: Served) -> None:
    before = _comments(site)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        site.call(f"{site.jira}/issue/OPS-1/comment", "POST", fault="truncated", json={"body": "half"})
    assert _comments(site) == before + 1
    assert site.call(f"{site.jira}/serverInfo").status_code == 200


def test_a_dripping_answer_is_late_and_complete(cloud: Served) -> None:
    began = time.monotonic()
    answer = cloud.call("/rest/api/3/field", fault="drip:0.3")
    assert time.monotonic() - began >= 0.25
    assert answer.json() == cloud.call("/rest/api/3/field").json()


@pytest.mark.parametrize("wrong", ["text/html", "text/plain"])
def test_json_may_be_called_something_else(site: Served, wrong: str) -> None:
    answer = site.call(f"{site.jira}/serverInfo", fault=f"type:{wrong}")
    assert (answer.headers["Content-Type"], answer.json()["serverTitle"]) == (wrong, "Jira")


def test_an_empty_answer_is_a_success_without_a_body(site: Served) -> None:
    answer = site.call(f"{site.jira}/serverInfo", fault="empty")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")


def test_a_request_may_arrive_twice(site: Served) -> None:
    before = _comments(site)
    answer = site.call(f"{site.jira}/issue/OPS-1/comment", "POST", fault="twice", json={"body": "again"})
    assert (answer.status_code, _comments(site)) == (201, before + 2)


def test_the_second_delivery_of_an_update_is_stale(cloud: Served) -> None:
    page = next(page for page in cloud.world.wiki.pages.values() if page.title == "On call")
    sent = {"id": str(page.id), "status": "current", "title": page.title}
    sent["body"] = {"representation": "storage", "value": "<p>x</p>"}  # type: ignore[assignment]  # JSON of any kind
    codes = []
    for kind, number in (("twice", 2), ("twice:first", 3)):
        body = {**sent, "version": {"number": number}}
        codes.append(cloud.call(f"/wiki/api/v2/pages/{page.id}", "PUT", fault=kind, json=body).status_code)
    assert (codes, page.current.number) == ([409, 200], 3)


def test_the_date_may_differ_from_the_server_s_time(site: Served) -> None:
    answer = site.call(f"{site.jira}/serverInfo", fault="skew:-600")
    apart = site.world.clock.now() - parsedate_to_datetime(answer.headers["Date"])
    assert 595 <= apart.total_seconds() <= 605
    true = parsedate_to_datetime(site.call(f"{site.jira}/serverInfo").headers["Date"])
    assert abs((site.world.clock.now() - true).total_seconds()) < 5


# ---------------------------------------------------------------- searches


def test_short_pages_lose_nothing(site: Served) -> None:
    whole = [each["id"] for each in site.search("project = OPS", maxResults=100)["issues"]]
    site.world.faults.add(Rule("short:3", path="/search", times=None))
    found: list[str] = []
    place: dict[str, Any] = {}
    while True:
        page = site.search("project = OPS", maxResults=100, **place)
        found += [each["id"] for each in page["issues"]]
        assert len(page["issues"]) <= 3
        if page.get("isLast", len(found) == page.get("total")):
            break
        place = {"nextPageToken": page["nextPageToken"]} if site.world.is_cloud else {"startAt": len(found)}
    assert found == whole
    assert len(whole) > 3


def test_a_posted_search_has_short_pages_too(site: Served) -> None:
    path = f"{site.jira}/search/jql" if site.world.is_cloud else f"{site.jira}/search"
    answer = site.call(path, "POST", fault="short:2", json={"jql": "project = OPS", "maxResults": 50})
    assert len(answer.json()["issues"]) == 2


def test_only_some_searches_lag_and_reads_by_key_never(site: Served) -> None:
    issue, ana = find_issue(site.world, "OPS-2"), site.world.people.find("aruiz")
    assert issue is not None
    assert ana is not None
    site.world.faults.add(Rule("lag:60", path="/search", times=None, chance=0.5, seed=3))
    site.world.clock.advance(1000)
    tracker.edit_fields(site.world, ana, issue, {"summary": f"Renamed at {site.world.clock.now()}"})
    seen = {len(site.search(f'key = OPS-2 and summary ~ "{issue.summary}"')["issues"]) for _ in range(12)}
    assert seen == {0, 1}
    for _ in range(4):
        assert site.call(f"{site.jira}/issue/OPS-2").json()["fields"]["summary"] == issue.summary
    assert site.world.faults.lag == 0.0


def test_a_lag_in_a_header_finds_the_state_before(site: Served) -> None:
    issue, ana = find_issue(site.world, "OPS-3"), site.world.people.find("aruiz")
    assert issue is not None
    assert ana is not None
    site.world.clock.advance(1000)
    tracker.edit_fields(site.world, ana, issue, {"labels": ["brandnew"]})
    assert site.search("labels = brandnew", fault="lag:30")["issues"] == []
    assert len(site.search("key = OPS-3", fault="lag:30")["issues"]) == 1
    assert len(site.search("labels = brandnew")["issues"]) == 1
