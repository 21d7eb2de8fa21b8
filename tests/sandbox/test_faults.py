"""Every fault, over a real socket: what the client sees, and what became of the world."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from pirsync.sandbox.faults import Faults, Rule, rule_of
from tests.sandbox.wiki_client import Client, page_titled, running, v2_page, v2_update

PAGES = "/api/v2/pages"


@pytest.fixture
def client() -> Iterator[Client]:
    with running("cloud") as made:
        yield made


def _count(client: Client) -> int:
    return len(client.world.wiki.pages)


def test_a_request_dropped_before_it_is_handled_changes_nothing(client: Client) -> None:
    before = _count(client)
    with pytest.raises(requests.ConnectionError):
        client.send("POST", PAGES, v2_page(client.world, "A"), **{"X-Sandbox-Fault": "drop-before"})
    assert _count(client) == before
    assert client.send("POST", PAGES, v2_page(client.world, "A")).status_code == 200


def test_an_answer_dropped_after_it_was_handled_leaves_the_change(client: Client) -> None:
    before = _count(client)
    with pytest.raises(requests.ConnectionError):
        client.send("POST", PAGES, v2_page(client.world, "A"), **{"X-Sandbox-Fault": "drop-after"})
    assert _count(client) == before + 1
    assert client.send("POST", PAGES, v2_page(client.world, "A")).status_code == 400


def test_a_dropped_update_is_stale_when_it_is_sent_again(client: Client) -> None:
    page = page_titled(client.world)
    client.world.faults.add(Rule("drop-after", method="PUT", path=f"/pages/{page.id}$"))
    sent = v2_update(page, 2, "<p>new</p>")
    with pytest.raises(requests.ConnectionError):
        client.send("PUT", f"{PAGES}/{page.id}", sent)
    assert (page.current.number, page.current.body) == (2, "<p>new</p>")
    assert client.send("PUT", f"{PAGES}/{page.id}", sent).status_code == 409


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_happen_before_anything_is_done(client: Client, status: int) -> None:
    before = _count(client)
    answer = client.send("POST", PAGES, v2_page(client.world, "A"), **{"X-Sandbox-Fault": str(status)})
    assert (answer.status_code, _count(client)) == (status, before)


def test_too_many_requests_says_how_long_to_wait_and_why(client: Client) -> None:
    client.world.faults.add(Rule("429", retry_after=7, reason="confluence-burst-based"))
    first, second = client.get(PAGES), client.get(PAGES)
    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert first.headers["RateLimit-Reason"] == "confluence-burst-based"
    assert second.status_code == 200


def test_too_many_requests_may_come_without_a_hint(client: Client) -> None:
    client.world.faults.add(Rule("429", retry_after=None))
    assert "Retry-After" not in client.get(PAGES).headers


def test_a_login_page_is_a_success_in_html(client: Client) -> None:
    client.world.faults.add(Rule("html"))
    answer = client.get(PAGES)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<form" in answer.text


def test_a_slow_answer_is_late_and_complete(client: Client) -> None:
    started = time.monotonic()
    answer = client.send("GET", PAGES, None, **{"X-Sandbox-Fault": "slow:0.3"})
    assert answer.status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_fault_that_does_not_exist_is_told(client: Client) -> None:
    answer = client.send("GET", PAGES, None, **{"X-Sandbox-Fault": "explode"})
    assert (answer.status_code, answer.text) == (500, "no such fault: explode")


def test_expired_credentials_make_an_anonymous_visitor(client: Client) -> None:
    page = page_titled(client.world)
    client.control("POST", "faults", {"expired": True})
    assert client.get(f"{PAGES}/{page.id}").status_code == 404
    assert client.get("/rest/api/user/current").json()["type"] == "anonymous"
    assert client.get("/rest/api/content/search", cql="type=page").json()["results"] == []
    client.control("DELETE", "faults")
    assert client.get(f"{PAGES}/{page.id}").status_code == 200


def test_rules_are_set_and_cleared_by_control_calls(client: Client) -> None:
    rule = {"kind": "503", "method": "GET", "path": "/user/current$", "after": 1, "times": 2}
    client.control("POST", "faults", {"rules": [rule], "lag": 5})
    seen = [client.get("/rest/api/user/current").status_code for _ in range(5)]
    assert seen == [200, 503, 503, 200, 200]
    assert client.get(PAGES).status_code == 200
    assert client.control("GET", "faults")["lag"] == 5
    client.control("POST", "faults", {"rules": [{"kind": "500", "times": None}]})
    client.control("DELETE", "faults")
    assert (client.get(PAGES).status_code, client.control("GET", "faults")["rules"]) == (200, [])


def test_a_bad_rule_sets_nothing(client: Client) -> None:
    for body in ({"lag": 9, "rules": [{"kind": "explode"}]}, {"lag": 9, "rules": [{"kind": "500", "path": "("}]}):
        answer = requests.post(f"{client.world.base_url}/__sandbox/faults", json=body, timeout=10)
        assert answer.status_code == 400
    assert (client.world.faults.lag, client.world.faults.rules) == (0.0, [])


def test_the_log_has_every_api_request_with_its_status(client: Client) -> None:
    client.get("/rest/api/user/current")
    client.get(f"{PAGES}/1")
    with pytest.raises(requests.ConnectionError):
        client.send("GET", PAGES, None, **{"X-Sandbox-Fault": "drop-after"})
    assert client.control("GET", "requests") == {
        "requests": [
            ["GET", "/wiki/rest/api/user/current", 200],
            ["GET", "/wiki/api/v2/pages/1", 404],
            ["GET", "/wiki/api/v2/pages", 0],
        ]
    }
    assert client.control("DELETE", "requests") == {"requests": []}


def test_the_clock_moves(client: Client) -> None:
    assert client.control("POST", "clock", {"set": "2030-01-01T00:00:00"})["now"].startswith("2030-01-01T00:00:0")
    client.control("POST", "clock", {"advance": 86_400})
    assert client.control("GET", "clock")["now"].startswith("2030-01-02T00:00:0")


def test_a_spent_rule_lets_the_next_one_hit() -> None:
    faults = Faults(rules=[Rule("500"), Rule("503")])
    hits = [faults.take("GET", "/rest/api/x") for _ in range(3)]
    assert [hit.kind if hit else None for hit in hits] == ["500", "503", None]


def test_a_rule_with_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        rule_of({"kind": "500", "nonsense": 1})
