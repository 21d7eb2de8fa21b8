"""An answer of the wrong kind is refused by name, whatever was asked: it is never taken for an empty answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pirsync.adapters.confluence import Wiki, open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.adapters.memory_state import MemoryState
from pirsync.apply import create
from pirsync.changes import CreateTicket
from pirsync.errors import Ambiguous, AuthInDoubt, PirsyncError, Unavailable
from pirsync.model import Deployment
from pirsync.page_model import PageHead, PageStatus
from pirsync.ports import PageDraft, Query, Stamp, TicketDraft, Want, World
from tests import leaks

from .loopback import Answer, Asked, Loopback, in_turn, serving

ONCE = Pace(base=0.001, floor=0.001, cap=0.01, attempts=1)
WANT = Want(fields=("summary",))
STAMP = Stamp(prefix="pirsync", account="a", newest=9)
HEAD = PageHead(
    id="7",
    space="S",
    title="T",
    status=PageStatus.CURRENT,
    version=3,
    at=datetime(2026, 1, 1, tzinfo=UTC),
    author="a",
    message="",
    url="https://x.example",
)
TICKET = TicketDraft(
    project="ACT",
    type_id="1",
    summary="Do it",
    description=None,
    assignee=None,
    due=None,
    labels=(),
    property_key="",
    property_value={},
    incident_key=None,
    link_type="1",
    link_side="outward",
)

JIRA: dict[str, Callable[[JiraTracker], object]] = {
    "identity": lambda jira: jira.identity(),
    "server_time": lambda jira: jira.server_time(),
    "fields": lambda jira: jira.fields(),
    "issue_types": lambda jira: jira.issue_types(),
    "statuses": lambda jira: jira.statuses(),
    "search": lambda jira: list(jira.search(Query(projects=("OPS",)), WANT)),
    "issue": lambda jira: jira.issue("OPS-1", WANT),
    "issues": lambda jira: jira.issues(["1"], WANT),
    "changelog": lambda jira: jira.changelog("1"),
    "comments": lambda jira: jira.comments("1"),
    "remote_links": lambda jira: jira.remote_links("1"),
    "link_types": lambda jira: jira.link_types(),
    "create_screen": lambda jira: jira.create_screen("ACT", "Task"),
    "assignable": lambda jira: jira.assignable("ACT", "a"),
    "person": lambda jira: jira.person("a"),
    "permissions": lambda jira: jira.permissions("ACT", ("BROWSE_PROJECTS",)),
}
CONFLUENCE: dict[str, Callable[[Wiki], object]] = {
    "identity": lambda wiki: wiki.identity(),
    "space_exists": lambda wiki: wiki.space_exists("S"),
    "page": lambda wiki: wiki.page("7"),
    "pages": lambda wiki: wiki.pages(["7"]),
    "heads": lambda wiki: wiki.heads(["7"]),
    "find": lambda wiki: wiki.find("S", "T"),
    "labelled": lambda wiki: list(wiki.labelled("S", "pirsync", None)),
    "ours": lambda wiki: list(wiki.ours("pirsync")),
    "property": lambda wiki: wiki.property("7", "pirsync.review"),
    "stamped": lambda wiki: wiki.stamped(HEAD, STAMP),
    "versions": lambda wiki: list(wiki.versions(HEAD)),
}
KINDS: dict[str, Answer] = {
    "a page": Answer(200, b"<html>Log in</html>", kind="text/html"),
    "a page that calls itself JSON": Answer(200, b"<html>Log in</html>"),
    "text": Answer(200, b"OK", kind="text/plain"),
    "a string": Answer(200, "OK"),
    "a number": Answer(200, 7),
    "nothing": Answer(200, b""),
    "null": Answer(200, b"null"),
    "deeper than can be read": Answer(200, b"[" * 200_000),
    "cut off": Answer(200, b'{"issues": [{"id": "1"'),
    "a list of strings": Answer(200, ["a", "b"]),
    "a list of lists": Answer(200, [[]]),
    "another object": Answer(200, {"ok": True}),
    "strings in a list": Answer(200, {name: ["a"] for name in ("issues", "results", "values", "comments", "total")}),
    "an object in place of a list": Answer(200, {name: {"a": 1} for name in ("issues", "results", "values")}),
}
DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")


class Switch:
    """One server for all of them; what it answers is set before each."""

    def __init__(self) -> None:
        self.answer = KINDS["nothing"]

    def __call__(self, asked: Asked) -> Answer:
        return self.answer


SWITCH = Switch()


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving(SWITCH) as running:
        yield running


def at(url: str, deployment: Deployment) -> Connection:
    return Connection(site_url=url, user="us", token=leaks.TOKENS[2], deployment=deployment)


@pytest.fixture(scope="module", params=DEPLOYMENTS)
def products(request: pytest.FixtureRequest, server: Loopback) -> tuple[JiraTracker, Wiki]:
    connection = at(server.url, request.param)
    return JiraTracker(connection, threading.Event(), ONCE), open_wiki(connection, threading.Event(), ONCE)


@pytest.mark.parametrize("kind", KINDS)
def test_no_read_of_jira_takes_a_wrong_answer(products: tuple[JiraTracker, Wiki], kind: str) -> None:
    SWITCH.answer = KINDS[kind]
    assert {name: found for name, read in JIRA.items() if (found := outcome(partial(read, products[0])))} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_no_read_of_confluence_takes_a_wrong_answer(products: tuple[JiraTracker, Wiki], kind: str) -> None:
    SWITCH.answer = KINDS[kind]
    taken = {name: found for name, read in CONFLUENCE.items() if (found := outcome(partial(read, products[1])))}
    assert taken == {}


def outcome(read: Callable[[], object]) -> str:
    """Empty where the answer was refused; else what it was taken for, or what it broke."""
    try:
        return f"taken as {read()!r}"
    except Unavailable:
        return ""
    except PirsyncError as error:
        return repr(error)
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        return f"broke: {error!r}"


CREATED = b'{"id": "1", "key": "ACT-1"}'
ANSWERED: dict[str, Answer] = KINDS | {
    "a redirect": Answer(303, headers={"Location": "/login.jsp"}),
    "made as nobody": Answer(201, CREATED, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}),
}


def test_there_is_a_doubt_to_write_down(products: tuple[JiraTracker, Wiki]) -> None:
    SWITCH.answer = Answer(201, CREATED)
    assert journaled(lambda: products[0].create_issue(TICKET)) == ("done", None)


@pytest.mark.parametrize("kind", ANSWERED)
def test_a_create_answered_with_something_else_stays_in_doubt(products: tuple[JiraTracker, Wiki], kind: str) -> None:
    SWITCH.answer = ANSWERED[kind]
    jira, wiki = products
    assert journaled(lambda: jira.create_issue(TICKET)) == ("sending", LATER)
    if wiki.deployment == "datacenter":
        draft = PageDraft(space="S", parent=None, title="T", body="<p/>")
        assert journaled(lambda: wiki.create_page(draft)) == ("sending", LATER)


LATER = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


def journaled(send: Callable[[], Any]) -> tuple[str, datetime | None]:
    """What the journal says of a create after it was sent, and since when it is in doubt."""
    instants = iter((HEAD.at, LATER))
    state, clock = MemoryState(HEAD.at), SimpleNamespace(now=lambda: next(instants))
    world = cast(World, SimpleNamespace(state=state, clock=clock))
    change = CreateTicket(incident_id="1", mark="m", digest="d", draft=TICKET)
    with suppress(Ambiguous, AuthInDoubt):
        create(change, "1", world, lambda _: send(), lambda made: (made.id, ""))
    line = state.intents("1")["m"]
    return line.status, line.sent_at if line.status == "sending" else None


# ---------------------------------------------------------------- one site only


def _page(elsewhere: str) -> dict[str, Any]:
    """A page whose links all lead to another host."""
    links = {"self": f"{elsewhere}/page", "base": elsewhere, "next": f"{elsewhere}/next?cursor=x", "webui": "/x"}
    version = {"number": 1, "createdAt": "2026-01-02T03:04:05Z", "when": "2026-01-02T03:04:05Z", "_links": links}
    shared = {"id": "7", "title": "T", "status": "current", "version": version, "_links": links}
    own: dict[str, Any] = {"space": {"key": "S"}, "spaceId": "1", "type": "page"}
    return shared | own | {"body": {"storage": {"value": "<p/>", "_links": links}}}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_no_link_in_an_answer_is_followed_to_another_host(deployment: Deployment) -> None:
    with serving(in_turn(Answer(200, {}))) as other:
        page = _page(other.url)

        def script(asked: Asked) -> Answer:
            if asked.path.endswith("/spaces"):
                return Answer(200, {"results": [{"id": "1", "key": "S"}]})
            if asked.path.endswith("/7"):
                return Answer(200, page)
            return Answer(200, {"results": [page], "_links": page["_links"]})

        with serving(script) as ours:
            wiki = open_wiki(at(ours.url, deployment), threading.Event(), ONCE)
            assert wiki.page("7") is not None
            for read in (lambda: wiki.pages(["7"]), lambda: list(wiki.labelled("S", "pirsync", None))):
                with pytest.raises(Unavailable, match="another host"):
                    read()
        assert other.asked == []


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_takes_our_login_to_another_host(deployment: Deployment, status: int) -> None:
    with serving(in_turn(Answer(200, {}))) as other:
        away = Answer(status, headers={"Location": f"{other.url}/rest/api/2/issue"})
        with serving(in_turn(away)) as ours:
            jira = JiraTracker(at(ours.url, deployment), threading.Event(), ONCE)
            wiki = open_wiki(at(ours.url, deployment), threading.Event(), ONCE)
            acts: list[Callable[[], object]] = [
                jira.identity,
                lambda: jira.create_issue(TICKET),
                lambda: jira.edit_issue("1", {"duedate": None}),
                wiki.identity,
                lambda: wiki.update_page(HEAD, "<p/>", "m"),
            ]
            for act in acts:
                with pytest.raises(AuthInDoubt, match="redirect"):
                    act()
        assert other.asked == []
        assert json.dumps([asked.path for asked in ours.asked]).count("issue") == 2
