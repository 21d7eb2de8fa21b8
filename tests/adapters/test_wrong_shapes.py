"""Whatever stands in place of a part of a right answer, a read gives a value or a pirsync error, and nothing else.

The right answers are the sandbox's, recorded once; then each part of each of them in turn is made something else.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import requests

from pirsync import mapping
from pirsync.adapters.answers import Request
from pirsync.adapters.confluence import Wiki
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.errors import PirsyncError
from pirsync.model import Deployment, RemoteLink
from pirsync.page_model import Mention, PageHead
from pirsync.ports import PageDraft, Query, RawIssue, Stamp, Upload, Want
from pirsync.scan import is_ticket

from .sites import Site, served

WRONG: tuple[Any, ...] = (None, [], [{}], {}, "x", 10**30)
GONE = object()
"""In place of a part: that it is not there."""

UNREAD = frozenset({"_expandable", "avatarUrls", "icon", "profilePicture"})
"""Parts whose own parts are left as they are: they have many, and whoever read one would fail on the part itself."""

WANT = Want(fields=("summary", "labels", "created", "status"), expand=("changelog",), properties=("pirsync.mark",))
STAMP = Stamp(prefix="pirsync", account="nobody")
ONCE = Pace(attempts=1)


def issues_of(jira: JiraTracker, read: Callable[[JiraTracker], list[RawIssue]]) -> list[object]:
    """Issues as the poll takes them, whose first steps are outside what one incident's failure may not leave."""
    return [(is_ticket(raw), str(raw["id"]), mapping.files(raw), mapping.lacks_comments(raw)) for raw in read(jira)]


Jira = Callable[[JiraTracker], object]
JIRA: dict[str, Jira] = {
    "identity": lambda jira: jira.identity(),
    "server_time": lambda jira: jira.server_time(),
    "fields": lambda jira: jira.fields(),
    "issue_types": lambda jira: jira.issue_types(),
    "statuses": lambda jira: jira.statuses(),
    "search": lambda jira: issues_of(jira, lambda j: list(j.search(Query(projects=("OPS",)), WANT))),
    "issue": lambda jira: jira.issue("OPS-1", WANT),
    "issues": lambda jira: issues_of(jira, lambda j: j.issues(["OPS-1"], WANT)),
    "changelog": lambda jira: jira.changelog("OPS-1"),
    "comments": lambda jira: jira.comments("OPS-1"),
    "remote_links": lambda jira: jira.remote_links("OPS-1"),
    "link_types": lambda jira: jira.link_types(),
    "create_screen": lambda jira: jira.create_screen("ACT", "Task"),
    "permissions": lambda jira: jira.permissions("ACT", ("BROWSE_PROJECTS",)),
}


@dataclass
class Recorded:
    """A dialect's adapters with nothing behind them but what was recorded, and for each read what it was answered."""

    jira: JiraTracker
    wiki: Wiki
    jira_reads: dict[str, Callable[[], object]]
    wiki_reads: dict[str, Callable[[], object]]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: dict[str, Any] = field(default_factory=dict)

    def asked(self, send: Callable[[Request], requests.Response], request: Request) -> requests.Response:
        """Ask the site, and remember what it answered."""
        response = send(request)
        if response.status_code == 200:
            self.heard[name_of(request)] = response.json()
        return response

    def replayed(self, request: Request) -> requests.Response:
        """What was recorded or put in its place; anything else is not found."""
        response = requests.Response()
        response.headers["Content-Type"] = "application/json"
        response.encoding, response.status_code = "utf-8", 200 if name_of(request) in self.heard else 404
        response._content = json.dumps(self.heard.get(name_of(request), {})).encode()
        return response

    def forget(self) -> None:
        """Have the adapter look up again what it remembers of spaces and people."""
        for name in ("_space_ids", "_space_keys", "_keys", "_names"):
            getattr(self.wiki, name, {}).clear()


def name_of(request: Request) -> str:
    body = {**request.body, "maxResults": 0} if isinstance(request.body, dict) else None
    return json.dumps([request.name, dict(request.params), body], default=str)


def wiki_reads(wiki: Wiki, page: PageHead, account: str) -> dict[str, Callable[[], object]]:
    return {
        "identity": wiki.identity,
        "space_exists": lambda: wiki.space_exists("OPS"),
        "may_create": lambda: wiki.may_create("OPS", page.id),
        "page": lambda: wiki.page(page.id),
        "pages": lambda: wiki.pages([page.id]),
        "heads": lambda: wiki.heads([page.id]),
        "titled": lambda: wiki.titled("OPS", page.title),
        "labelled": lambda: list(wiki.labelled("OPS", "pirsync-review", None)),
        "property": lambda: wiki.property(page.id, "pirsync.review"),
        "stamped": lambda: wiki.stamped(page, STAMP),
        "versions": lambda: list(wiki.versions(page)),
        "mention": lambda: wiki.mention(account),
        "account": lambda: wiki.account(Mention(ref=account)),
        "attachment": lambda: wiki.attachment(page.id, "meeting.ics"),
    }


def prepare(site: Site) -> PageHead:
    """Something to read for every read."""
    issue = site.tracker.issue("OPS-1", WANT)
    assert issue is not None
    site.tracker.put_remote_link(issue["id"], RemoteLink(global_id="g", url="http://x", title="t"))
    site.tracker.add_comment(issue["id"], "seen", {"mark": "m"})
    page = site.wiki.create_page(PageDraft(space="OPS", parent=None, title="A page", body="<p>1</p>"))
    page = site.wiki.update_page(page, "<p>2</p>", "pirsync: two")
    site.wiki.add_labels(page.id, ("pirsync-review",))
    site.wiki.set_property(page.id, "pirsync.review", {"page": page.id}, None)
    upload = Upload(name="meeting.ics", media_type="text/calendar", content="x", comment="pirsync: a")
    site.wiki.attach(page.id, upload, None)
    return page


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def recorded(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    deployment: Deployment = request.param
    with served(deployment) as site:
        page = prepare(site)
        people = wiki_reads(site.wiki, page, site.jira_account("aruiz"))
        record = Recorded(site.tracker, site.wiki, {n: partial(read, site.tracker) for n, read in JIRA.items()}, people)
        reads = {**record.jira_reads, **{f"wiki {name}": read for name, read in people.items()}}
        for transport in (site.tracker._transport, site.wiki._transport):
            transport._pace, transport._send = ONCE, partial(record.asked, transport._send)
        for name, read in reads.items():
            record.forget()
            record.heard = {}
            read()
            record.answers[name] = record.heard
        for transport in (site.tracker._transport, site.wiki._transport):
            transport._send = record.replayed
        yield record


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The path to the answer itself and to each part of it; of a list, to its first part only."""
    yield ()
    inside: list[Any] = list(value) if isinstance(value, dict) else [0] if isinstance(value, list) and value else []
    for step in inside:
        for below in places(value[step]):
            if not below or step not in UNREAD:
                yield (step, *below)


def replaced(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    """The answer with something else at that place."""
    if not path:
        return wrong
    changed = copy.copy(value)
    if path[1:] or wrong is not GONE:
        changed[path[0]] = replaced(value[path[0]], path[1:], wrong)
    else:
        del changed[path[0]]
    return changed


def broken(record: Recorded, read: Callable[[], object], answers: dict[str, Any]) -> Iterator[str]:
    """The places and wrong values at which the read ended in something else than a value or a pirsync error."""
    for name, right in answers.items():
        for path in places(right):
            for wrong in (*WRONG, GONE) if path else WRONG:
                record.heard = {**answers, name: replaced(right, path, wrong)}
                record.forget()
                try:
                    read()
                except PirsyncError:
                    continue
                except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                    yield f"{path} = {wrong!r}: {error!r}"


def test_every_read_was_answered(recorded: Recorded) -> None:
    """Otherwise nothing below would be proven. Cloud's mentions ask nothing."""
    silent = {name for name, answers in recorded.answers.items() if not answers}
    assert silent == (set() if recorded.wiki.deployment == "datacenter" else {"wiki mention", "wiki account"})


@pytest.mark.parametrize("name", JIRA)
def test_no_part_of_an_answer_of_jira_breaks_a_read(recorded: Recorded, name: str) -> None:
    assert list(broken(recorded, recorded.jira_reads[name], recorded.answers[name])) == []


def test_no_part_of_an_answer_of_confluence_breaks_a_read(recorded: Recorded) -> None:
    found = {
        name: list(broken(recorded, read, recorded.answers[f"wiki {name}"]))
        for name, read in recorded.wiki_reads.items()
    }
    assert {name: places for name, places in found.items() if places} == {}
