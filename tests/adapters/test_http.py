"""The one way out: what is sent again, what is never, and what every failure is called."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from pirsync.adapters import connection
from pirsync.adapters.answers import retry_after
from pirsync.adapters.confluence import Wiki, open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.errors import Ambiguous, AuthInDoubt, Interrupted, PirsyncError, Rejected, Stale, Unavailable
from pirsync.model import Deployment, RemoteLink
from pirsync.page_model import PageHead, PageStatus
from pirsync.ports import PageDraft, Query, TicketDraft, Want
from tests import leaks

from .loopback import DROPPED, Answer, Asked, in_turn, serving

TOKEN = leaks.TOKENS[2]
QUICK = Pace(base=0.01, floor=0.02)
ME = {"accountId": "a1", "displayName": "Us", "active": True}
LINK = RemoteLink(global_id="g", url="https://x.example/p", title="P")
DRAFT = TicketDraft(
    project="ACT",
    type_id="10001",
    summary="Do it",
    description=None,
    assignee=None,
    due=None,
    labels=("pirsync",),
    property_key="pirsync.mark",
    property_value={"mark": "m"},
    incident_key="INC-1",
    link_type="10",
    link_side="outward",
)
HEAD = PageHead(
    id="7",
    space="S",
    title="T",
    status=PageStatus.CURRENT,
    version=3,
    at=datetime(2026, 1, 1, tzinfo=UTC),
    author="a1",
    message="",
    url="https://x.example",
)


def _connection(url: str) -> Connection:
    return Connection(site_url=url, user="us@example.com", token=TOKEN, deployment="cloud")


def tracker(url: str, stop: threading.Event | None = None, pace: Pace = QUICK) -> JiraTracker:
    return JiraTracker(_connection(url), stop or threading.Event(), pace)


def test_making_a_client_sends_nothing() -> None:
    with serving(in_turn(Answer(body=ME))) as server:
        tracker(server.url)
        open_wiki(_connection(server.url), threading.Event(), QUICK)
        assert server.asked == []


def test_every_request_carries_login_agent_and_the_cross_site_header() -> None:
    with serving(in_turn(Answer(body=ME))) as server:
        tracker(server.url).identity()
        open_wiki(_connection(server.url), threading.Event(), QUICK).identity()
    assert [asked.path for asked in server.asked] == ["/rest/api/2/myself", "/wiki/rest/api/user/current"]
    for asked in server.asked:
        assert asked.headers["Authorization"].startswith("Basic ")
        assert asked.headers["User-Agent"].startswith("pirsync/")
        assert asked.headers["X-Atlassian-Token"] == "no-check"


def test_a_token_without_user_is_a_bearer() -> None:
    with serving(in_turn(Answer(body={"name": "us", "username": "us"}))) as server:
        bearer = Connection(site_url=server.url, user="", token=TOKEN, deployment="datacenter")
        JiraTracker(bearer, threading.Event(), QUICK).identity()
        open_wiki(bearer, threading.Event(), QUICK).identity()
    assert [f"Bearer {TOKEN}"] * 2 == [asked.headers["Authorization"] for asked in server.asked]


# ---------------------------------------------------------------- lost answers


def test_a_read_whose_answer_was_lost_is_read_again() -> None:
    with serving(in_turn(DROPPED, DROPPED, Answer(body=ME))) as server:
        ours = tracker(server.url)
        assert ours.identity().account == "a1"
        assert ours.counts == {"GET": 3}


@pytest.mark.parametrize(
    "answer",
    [
        *(DROPPED, Answer(429), Answer(500), Answer(503)),
        *(Answer(status, headers={"Retry-After": "0"}) for status in (429, 503)),
    ],
    ids=["dropped", "429", "500", "503", "429 and at once", "503 and at once"],
)
@pytest.mark.parametrize(
    ("open_product", "deployment", "read"),
    [
        (JiraTracker, "cloud", "GET rest/api/2/myself"),
        (open_wiki, "cloud", "GET rest/api/user/current"),
        (open_wiki, "datacenter", "GET rest/api/user/current"),
    ],
    ids=["Jira", "Confluence Cloud", "Confluence Data Center"],
)
def test_a_read_that_is_never_answered_is_given_up(
    open_product: Callable[..., JiraTracker | Wiki], deployment: Deployment, read: str, answer: Answer
) -> None:
    """It was sent as often as we say: neither client library sends it again by itself."""
    with serving(in_turn(answer)) as server:
        reached = Connection(site_url=server.url, user="", token=TOKEN, deployment=deployment)
        with pytest.raises(Unavailable, match=read):
            open_product(reached, threading.Event(), QUICK).identity()
        assert ["GET"] * QUICK.attempts == [asked.method for asked in server.asked]


@pytest.mark.parametrize(
    "answer",
    [DROPPED, Answer(503), Answer(500), Answer(502), Answer(503, headers={"Retry-After": "0"}), Answer(201, {})],
    ids=["dropped after commit", "503", "500", "502", "503 with Retry-After", "an answer without id"],
)
def test_a_create_in_doubt_is_sent_once(answer: Answer) -> None:
    with serving(in_turn(answer)) as server:
        with pytest.raises(Ambiguous):
            tracker(server.url).create_issue(DRAFT)
        assert len(server.asked) == 1


def test_a_create_that_was_held_off_is_sent_again() -> None:
    created = Answer(201, {"id": "1", "key": "ACT-1"})
    with serving(in_turn(Answer(429), Answer(429), created)) as server:
        assert tracker(server.url).create_issue(DRAFT).key == "ACT-1"
        assert len(server.asked) == 3


@pytest.mark.parametrize("seconds", ["65", "299"])
def test_a_create_that_is_held_off_for_long_is_not_sent_later(seconds: str) -> None:
    """Who wrote down that it would be sent counts from then; the wait is told, and kept before the next one."""
    with serving(in_turn(Answer(429, headers={"Retry-After": seconds}))) as server:
        ours = tracker(server.url)
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                ours.create_issue(DRAFT)
            assert float(seconds) - 5 < (caught.value.retry_after or 0) <= float(seconds)
        assert len(server.asked) == 1


def test_a_create_is_not_sent_once_its_time_has_passed() -> None:
    """As on a machine that slept between the two."""
    with serving(in_turn(Answer(201, {"id": "1", "key": "ACT-1"}))) as server:
        with pytest.raises(Unavailable, match="POST rest/api/2/issue was not sent"):
            tracker(server.url, pace=Pace(haste=0.0)).create_issue(DRAFT)
        assert server.asked == []


def test_a_page_whose_space_took_long_to_be_read_is_not_sent_until_it_is_asked_for_again() -> None:
    spaces = in_turn(Answer(503), Answer(body={"results": [{"id": "1", "key": "S"}]}))
    refusal = Answer(400, {"errors": [{"title": "No"}]})
    draft = PageDraft(space="S", parent=None, title="T", body="<p/>")
    with serving(lambda asked: spaces(asked) if asked.path.endswith("/spaces") else refusal) as server:
        ours = open_wiki(_connection(server.url), threading.Event(), Pace(base=0.5, haste=0.3))
        with pytest.raises(Unavailable, match="POST api/v2/pages was not sent"):
            ours.create_page(draft)
        assert [asked.method for asked in server.asked] == ["GET", "GET"]
        with pytest.raises(Rejected):
            ours.create_page(draft)
        assert [asked.method for asked in server.asked] == ["GET", "GET", "POST"]


def test_a_create_that_found_no_server_is_unavailable_not_ambiguous() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ours = tracker(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unavailable):
            ours.create_issue(DRAFT)
        assert {"POST": QUICK.attempts} == ours.counts


def test_an_upsert_whose_answer_was_lost_is_sent_again() -> None:
    with serving(in_turn(DROPPED, Answer(200, {"id": 1}))) as server:
        tracker(server.url).put_remote_link("1", LINK)
        assert len(server.asked) == 2


def test_an_upsert_that_is_never_answered_is_ambiguous() -> None:
    with serving(in_turn(DROPPED)) as server, pytest.raises(Ambiguous):
        tracker(server.url).put_remote_link("1", LINK)


def test_a_moved_version_is_stale() -> None:
    with serving(in_turn(Answer(409, {"errors": [{"title": "Version conflict"}]}))) as server:
        with pytest.raises(Stale, match="Version conflict"):
            open_wiki(_connection(server.url), threading.Event(), QUICK).update_page(HEAD, "<p/>", "m")
        assert len(server.asked) == 1


def test_a_moved_version_after_a_lost_answer_may_be_our_own() -> None:
    with serving(in_turn(DROPPED, Answer(409, {}))) as server, pytest.raises(Ambiguous):
        open_wiki(_connection(server.url), threading.Event(), QUICK).update_page(HEAD, "<p/>", "m")


# ---------------------------------------------------------------- waiting as told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("7", 7.0), ("0", 0.0), ("1847", 1847.0), ("2.5", 2.5), ("soon", None), ("nan", None), ("-3", None)),
        *((None, None), ("inf", None), ("9" * 400, None), ("Thu, 01 Jan 99999 00:00:00 GMT", None)),
    ],
)
def test_retry_after_as_seconds_or_nonsense(text: str | None, expected: float | None) -> None:
    assert expected == retry_after(text, datetime.now(UTC))


@pytest.mark.parametrize("text", ["86401", "1772442000000", "9e300", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_is_waited_for_longer_than_a_day(text: str) -> None:
    """Milliseconds, an instant instead of seconds, a clock that is wrong: a day is the most that any of them means."""
    assert retry_after(text, datetime.now(UTC)) == 86_400.0
    with serving(in_turn(Answer(429, headers={"Retry-After": text}))) as server:
        with pytest.raises(Unavailable) as caught:
            tracker(server.url).identity()
        assert caught.value.retry_after == 86_400.0


def test_retry_after_as_a_date() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True), now) == 90.0
    assert retry_after(format_datetime(now - timedelta(seconds=90), usegmt=True), now) == 0.0


@pytest.mark.parametrize("header", ["0", "0.01", "soon", "Thu, 01 Jan 2026 00:00:00 GMT", None])
def test_each_form_of_retry_after_leads_to_another_try(header: str | None) -> None:
    held_off = Answer(429, headers={} if header is None else {"Retry-After": header})
    with serving(in_turn(held_off, Answer(body=ME))) as server:
        began = time.monotonic()
        assert tracker(server.url, pace=Pace(base=0.3, floor=0.2)).identity().account == "a1"
        assert time.monotonic() - began >= 0.2


def test_a_wait_beyond_reason_is_given_up_and_told() -> None:
    with serving(in_turn(Answer(429, headers={"Retry-After": "1847"}))) as server:
        with pytest.raises(Unavailable) as caught:
            tracker(server.url).identity()
        assert caught.value.retry_after == 1847.0
        assert len(server.asked) == 1


def test_the_stop_event_ends_a_wait_at_once() -> None:
    stop = threading.Event()
    with serving(in_turn(Answer(429, headers={"Retry-After": "60"}))) as server:
        timer = threading.Timer(0.2, stop.set)
        timer.start()
        began = time.monotonic()
        with pytest.raises(Interrupted):
            tracker(server.url, stop).identity()
        timer.join()
        assert time.monotonic() - began < 30
        assert len(server.asked) == 1


# ---------------------------------------------------------------- talking as nobody, or to somebody else


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Log in</html>", kind="text/html"),
        Answer(404, b"<html>Log in</html>", kind="text/html"),
        Answer(200, {"issues": [], "isLast": True}, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}),
        Answer(200, {"issues": [], "isLast": True}, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}),
        Answer(401, {"code": 401, "message": "Unauthorized; scope does not match"}),
        Answer(403, {}, {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=x"}),
        Answer(302, headers={"Location": "https://sso.example/login"}),
        Answer(302, headers={"Location": "/login.jsp"}),
    ],
    ids=["page", "page 404", "failed", "denied", "401", "captcha", "redirect away", "redirect"],
)
def test_doubt_about_the_login_stops_everything(answer: Answer) -> None:
    with serving(in_turn(answer)) as server:
        with pytest.raises(AuthInDoubt):
            list(tracker(server.url).search(Query(projects=("INC",)), Want(fields=("summary",))))
        assert len(server.asked) == 1


def test_a_captcha_is_told_where_the_login_is_denied_for_it() -> None:
    """As Jira and Confluence say both."""
    denied = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=x"}
    answer = Answer(403, {}, denied | {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"})
    with serving(in_turn(answer)) as server, pytest.raises(AuthInDoubt, match="log in once by browser"):
        tracker(server.url).identity()


def test_an_empty_answer_with_a_good_login_is_an_empty_answer() -> None:
    answer = Answer(200, {"issues": [], "isLast": True}, {"X-Seraph-LoginReason": "OK"})
    with serving(in_turn(answer)) as server:
        assert list(tracker(server.url).search(Query(projects=("INC",)), Want(fields=()))) == []


def test_a_redirect_is_not_followed_to_another_host() -> None:
    with serving(in_turn(Answer(body=ME))) as other:
        away = Answer(302, headers={"Location": f"{other.url}/rest/api/2/myself"})
        with serving(in_turn(away)) as server, pytest.raises(AuthInDoubt, match="redirect"):
            tracker(server.url).identity()
        assert other.asked == []


def _next(link: str) -> Callable[[Asked], Answer]:
    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/spaces"):
            return Answer(body={"results": [{"id": "1", "key": "S"}]})
        more = {} if "cursor" in asked.query else {"_links": {"next": link}}
        return Answer(body={"results": [], **more})

    return script


def test_a_next_page_on_another_host_is_refused() -> None:
    with serving(in_turn(Answer(body={}))) as other:
        with serving(_next(f"{other.url}/wiki/api/v2/pages?cursor=x")) as server:
            wiki = open_wiki(_connection(server.url), threading.Event(), QUICK)
            with pytest.raises(Unavailable, match="another host"):
                wiki.find("S", "T")
        assert other.asked == []


@pytest.mark.parametrize("link", ["/wiki/api/v2/pages?cursor=x", "/pages?cursor=x", "?cursor=x"])
def test_a_next_page_keeps_our_path_and_our_other_parameters(link: str) -> None:
    with serving(_next(link)) as server:
        wiki = open_wiki(_connection(server.url), threading.Event(), QUICK)
        assert None is wiki.find("S", "T")
        first, second = (asked for asked in server.asked if asked.path == "/wiki/api/v2/pages")
    assert first.query | {"cursor": ["x"]} == second.query
    assert first.query["status"] == ["current", "archived", "trashed"]


def test_a_next_page_that_repeats_itself_ends_the_list() -> None:
    with serving(in_turn(Answer(body={"results": [], "_links": {"next": "?cursor=x"}}))) as server:
        wiki = open_wiki(_connection(server.url), threading.Event(), QUICK)
        assert list(wiki.labelled("S", "pirsync", None)) == []
        assert len(server.asked) == 2


# ---------------------------------------------------------------- what a refusal says


STARTING = Answer(404, b"<html><h1>HTTP Status 404</h1></html>", kind="text/html;charset=utf-8")
"""What stands in front of a product says this while the product itself is not there yet."""


def test_a_create_answered_with_a_page_that_nothing_is_there_is_in_doubt_and_not_refused() -> None:
    with serving(in_turn(STARTING)) as server:
        with pytest.raises(Ambiguous, match="404"):
            tracker(server.url).create_issue(DRAFT)
        assert len(server.asked) == 1


def test_an_upsert_answered_with_a_page_that_nothing_is_there_is_sent_again() -> None:
    with serving(in_turn(STARTING, Answer(200, {"id": 1}))) as server:
        tracker(server.url).put_remote_link("1", LINK)
        assert len(server.asked) == 2


def test_a_firewall_that_refuses_a_write_with_a_page_has_refused_it() -> None:
    with serving(in_turn(Answer(403, b"<html>Blocked</html>", kind="text/html"))) as server:
        with pytest.raises(Rejected, match="403"):
            tracker(server.url).create_issue(DRAFT)
        assert len(server.asked) == 1


def test_a_refused_create_tells_the_fields() -> None:
    said = {"errorMessages": ["No."], "errors": {"labels": "Field 'labels' cannot be set."}}
    with serving(in_turn(Answer(400, said))) as server, pytest.raises(Rejected) as caught:
        tracker(server.url).create_issue(DRAFT)
    assert caught.value.fields == {"labels": "Field 'labels' cannot be set."}
    sentence = "POST rest/api/2/issue was answered with status 400: No.; labels: Field 'labels' cannot be set."
    assert sentence == str(caught.value)


@pytest.mark.parametrize("body", [None, {"errorMessages": None}, [], "x", b"{broken", {"errors": [None, 3]}])
def test_a_refusal_of_any_shape_is_a_refusal(body: Any) -> None:
    with serving(in_turn(Answer(400, body))) as server, pytest.raises(Rejected):
        tracker(server.url).create_issue(DRAFT)


def test_long_complaints_are_cut() -> None:
    with serving(in_turn(Answer(400, {"errorMessages": ["x\n" * 5000]}))) as server, pytest.raises(Rejected) as caught:
        tracker(server.url).create_issue(DRAFT)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("before", range(270, 301))
def test_of_a_secret_that_the_cut_would_divide_nothing_is_told(before: int) -> None:
    said = {"errorMessages": [f"{'x' * before}{TOKEN} is over its limit"], "errors": {TOKEN: f"{'y' * before}{TOKEN}"}}
    with serving(in_turn(Answer(400, said))) as server, pytest.raises(Rejected) as caught:
        tracker(server.url).create_issue(DRAFT)
    told = (str(caught.value), *caught.value.fields, *caught.value.fields.values())
    assert [text for text in told if TOKEN[:6] in text] == []


@pytest.mark.parametrize(
    "answer",
    [
        DROPPED,
        Answer(400, {"errorMessages": [f"bad token {TOKEN}"]}),
        Answer(401, {"message": TOKEN}),
        Answer(500, {"message": f"Bearer {TOKEN}"}),
        Answer(200, f"<html>{TOKEN}</html>".encode(), kind="text/html"),
        Answer(302, headers={"Location": f"https://sso.example/?t={TOKEN}"}),
    ],
)
def test_no_error_and_no_log_holds_the_token(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(in_turn(answer)) as server:
        wiki = open_wiki(_connection(server.url), threading.Event(), QUICK)
        for act in (tracker(server.url).identity, wiki.identity):
            with pytest.raises(PirsyncError) as caught:
                act()
            assert TOKEN not in str(caught.value)
            assert None is caught.value.__cause__
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(_connection("http://x"))


# ---------------------------------------------------------------- one site only


def test_a_library_s_session_can_reach_nothing_but_the_site() -> None:
    with serving(in_turn(Answer(body=ME))) as other, serving(in_turn(Answer(body=ME))) as server:
        ours = tracker(server.url)
        with pytest.raises(Unavailable, match="not the configured site"):
            ours._client._session.get(f"{other.url}/rest/api/2/myself")
        assert other.asked == []


def test_behind_a_gateway_calls_go_there_and_people_are_sent_to_the_site() -> None:
    page = {
        "id": "7",
        "title": "T",
        "status": "current",
        "spaceId": "1",
        "version": {"number": 1, "createdAt": "2026-01-02T03:04:05.678Z", "authorId": "a1"},
        "body": {"storage": {"value": "<p/>"}},
        "_links": {"webui": "/spaces/S/pages/7/T"},
    }
    with serving(in_turn(Answer(body=page))) as server:
        gateway = Connection(
            site_url="https://site.example",
            api_url=f"{server.url}/ex/confluence/c1",
            user="u",
            token=TOKEN,
            deployment="cloud",
        )
        read = open_wiki(gateway, threading.Event(), QUICK).page("7")
    assert read is not None
    assert (read.space, read.url) == ("S", "https://site.example/wiki/spaces/S/pages/7/T")
    assert [asked.path for asked in server.asked] == ["/ex/confluence/c1/wiki/api/v2/pages/7"]


def test_a_page_without_its_body_is_no_empty_page() -> None:
    with serving(in_turn(Answer(body={"id": "7", "type": "page"}))) as server, pytest.raises(Unavailable):
        open_wiki(_connection(server.url), threading.Event(), QUICK).page("7")


# ---------------------------------------------------------------- a site that says nothing


def test_a_site_that_takes_a_request_and_says_nothing_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection.TIMEOUT == (5.0, 30.0)
    monkeypatch.setattr(connection, "TIMEOUT", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        once = Pace(attempts=1)
        wiki = open_wiki(_connection(url), threading.Event(), once)
        began = time.monotonic()
        for act in (tracker(url, pace=once).identity, wiki.identity):
            with pytest.raises(Unavailable, match="was not answered"):
                act()
        with pytest.raises(Ambiguous, match="was not answered"):
            tracker(url, pace=once).create_issue(DRAFT)
        assert time.monotonic() - began < 20


def test_an_answer_that_stops_half_way_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TIMEOUT", (0.2, 0.2))

    def answer_half(listening: socket.socket) -> None:
        client, _ = listening.accept()
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{")
        halves.append(client)

    halves: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=answer_half, args=(listening,))
        server.start()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            tracker(f"http://127.0.0.1:{listening.getsockname()[1]}", pace=Pace(attempts=1)).identity()
        assert time.monotonic() - began < 20
        server.join()
        halves[0].close()
