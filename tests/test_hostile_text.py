"""Hostile text in every field of Jira and every cell of a page is inert wherever it arrives, and none of it is lost."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from typing import Any, get_args

import pytest
import requests
from bs4 import BeautifulSoup
from click.testing import CliRunner
from icalendar import Calendar

from pirsync import logs
from pirsync.adapters import jql
from pirsync.adapters.confluence_base import cql_quote
from pirsync.cli import cli
from pirsync.draft import escape_markup
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page.scan import Element, encode, scan
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Column, Mention, Region
from pirsync.ports import Query
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.cql import search as cql
from pirsync.sandbox.jql import syntax as sandbox_jql
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.text.wikitext import html
from pirsync.sandbox.tracker import setup
from pirsync.sandbox.tracker.attachments import attach
from pirsync.sandbox.tracker.nouns import Component, Version
from pirsync.sandbox.wiki.comments import comments_of
from tests.hostile import ALL, HOSTILE, LONG
from tests.site import Site, site

KEY = "OPS-1"
QUARTER = "Escalation"
TITLE = f"TITLE17 {HOSTILE['the end of a cell']} {HOSTILE['a direction']} {HOSTILE['a reserved word']}"
STATUS = "Done *b* _i_ {code} {color:red}r{color} [~admin] ||h|| (x) <script>"
RESOLUTION = f"RESOLVED18 {ALL}"
WRITABLE = ALL.encode("utf-8", "ignore").decode()
OF_A_CALENDAR = {
    *("BEGIN", "END", "PRODID", "VERSION", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND"),
    *("SUMMARY", "DESCRIPTION", "URL", "CONTACT", "STATUS"),
}
MACROS = {"details", "status", "code"}
TYPED_OVER = (Column.OWNER, Column.DUE, Column.STATUS, Column.CLOSED, Column.EVIDENCE)
QUIET_TAGS = {"p", "b", "br", "a"}


@dataclass(frozen=True)
class Outcome:
    """A site on which hostile text went everywhere, its incident, the review, and the ticket of a hostile row."""

    site: Site
    incident: tracker.Issue
    page: wiki.Page
    ticket: tracker.Issue


@pytest.fixture(params=get_args(Deployment), scope="module")
def outcome(request: pytest.FixtureRequest) -> Iterator[Outcome]:
    with site(request.param, escalating(request.param), 'packs = ["soc2-cc7-4-5"]\n') as place:
        incident = tracker.find_issue(place.sandbox, KEY)
        assert incident is not None
        poison(place, incident)
        place.settle()
        page = page_of(place, incident)
        type_row(place, page)
        place.settle()
        hostile = [issue for issue in place.sandbox.tracker.issues.values() if issue.summary.startswith("<script>")]
        (ticket,) = (issue for issue in hostile if issue is not incident)
        # What people do to the ticket comes back onto the page.
        sandbox_user = place.sandbox.people.all()[3]
        tracker.edit_fields(place.sandbox, sandbox_user, ticket, {"summary": ALL[:250]})
        date_meeting(place, page)
        place.settle()
        # Past the end of a quarter, on a day on which people work, they are told of what is late.
        place.clock.forward(120 * 86400)
        while place.clock.now().weekday() != 1:
            place.clock.forward(86400)
        place.settle()
        # A ticket gets one new comment a day: the next one asks for the proof.
        place.clock.forward(86400)
        place.story().finish(ticket.key)
        done = tracker.status_of(place.sandbox, ticket)
        place.sandbox.tracker.statuses[done.id] = replace(done, name=STATUS)
        wiki.update_page(
            place.sandbox, sandbox_user, page, TITLE, page.current.body, page.current.number + 1, "renamed"
        )
        place.settle()
        type_over(place, page, ticket.key)
        place.settle()
        yield Outcome(place, incident, page, ticket)


def escalating(deployment: Deployment) -> str:
    """A team that tells people on their tickets, at once."""
    hanna = {"cloud": "712020:00000008-5a4b-4c3d-8e2f-000000000008", "datacenter": "hweiss"}[deployment]
    return (
        f'\n[team.escalation]\non = true\nstale = 0\ndue_soon = 0\n[team.people]\nchair = "{hanna}"\n'
        f'escalation = "{hanna}"\n'
    )


def poison(place: Site, issue: tracker.Issue) -> None:
    """Every text of the incident, as the store would hold it if every check on the way in had failed."""
    sandbox = place.sandbox
    assert issue.reporter is not None
    evil = replace(issue.reporter, display_name=ALL)
    tracker.add_comment(sandbox, evil, issue, f"{ALL}\n\n{LONG}")
    for field in ("labels", "Fix Version", "assignee"):
        tracker.record(sandbox, evil, issue, [tracker.Item(field, field, None, ALL, None, ALL)])
    issue.summary = ALL
    issue.description = f"{ALL}\n\n{LONG}\n\n{{code}}{ALL}{{code}}"
    issue.labels = list(HOSTILE.values())
    issue.reporter = issue.creator = issue.assignee = evil
    issue.custom |= {name: ALL for name, value in issue.custom.items() if isinstance(value, str)}
    tracker.touch(sandbox, issue)
    attach(sandbox, evil, issue, WRITABLE, "text/plain", b"x")
    raw = {"object": {"url": "http://x/19", "title": ALL}}
    issue.remote_links.append(tracker.RemoteLink(str(sandbox.tracker.next_id()), ALL, "http://x/19", ALL, raw))
    poison_configuration(place, issue)


def poison_configuration(place: Site, issue: tracker.Issue) -> None:
    """Every name that an administrator gives, but for those by which a team's configuration finds things."""
    held = place.sandbox.tracker
    issue.resolution_id = issue.resolution_id or next(iter(held.resolutions))
    assert issue.priority_id is not None
    # The sandbox says a priority's name in the address of its icon, too, which has no room for what is no text.
    held.priorities[issue.priority_id] = replace(held.priorities[issue.priority_id], name=WRITABLE)
    held.statuses[issue.status_id] = replace(held.statuses[issue.status_id], name=ALL)
    held.resolutions[issue.resolution_id] = replace(held.resolutions[issue.resolution_id], name=RESOLUTION)
    for kind in (setup.BUG, setup.SUB_TASK):
        held.types[kind] = replace(held.types[kind], name=ALL, description=ALL)
    for kind in (setup.BLOCKS, setup.DUPLICATES, setup.RELATES):
        held.link_types[kind] = replace(held.link_types[kind], name=ALL, inward=ALL, outward=ALL)
    for project in held.projects.values():
        project.name = project.description = ALL
    own = held.projects[issue.project_id]
    own.components.append(Component("30900", ALL, ALL))
    own.versions.append(Version("30901", ALL, ALL))
    issue.custom |= {setup.SERVICES: [ALL, *HOSTILE.values()], "components": ["30900"]}
    issue.custom |= {"versions": ["30901"], "fixVersions": ["30901"]}


def page_of(place: Site, issue: tracker.Issue) -> wiki.Page:
    number = next(link.global_id for link in issue.remote_links if link.global_id.startswith("pirsync:page:"))
    page = wiki.find_page(place.sandbox, number.rpartition(":")[2])
    assert page is not None
    return page


def type_row(place: Site, page: wiki.Page) -> None:
    """A person fills the first empty row: hostile words, one owner, one date."""
    owner = next(user for user in place.sandbox.people.all() if user.display_name == "Ana Ruiz")
    is_cloud = place.sandbox.is_cloud
    who = Mention(ref=owner.account_id if is_cloud else owner.user_key)
    headers = place.bench.teams()[0].terms.headers
    row = next(row for row in read_review(page.current.body, headers).rows if not row.action)
    typed = {
        Column.ACTION: cells.words(ALL),
        Column.CRITERIA: cells.words(ALL),
        Column.OWNER: cells.mention(who, "cloud" if is_cloud else "datacenter"),
        Column.DUE: cells.day(place.clock.now().date() + timedelta(days=10)),
    }
    edits = [
        CellEdit(region=Region.ACTIONS, label="", start=row.cells[column].start, end=row.cells[column].end,
                 storage=storage, text="")
        for column, storage in typed.items()
    ]  # fmt: skip
    body = splice(page.current.body, edits)
    wiki.update_page(place.sandbox, owner, page, page.current.title, body, page.current.number + 1, "")


def type_over(place: Site, page: wiki.Page, key: str) -> None:
    """A person writes hostile words over what Jira leads in, into the whole of an open row, and into the record."""
    headers = place.bench.teams()[0].terms.headers
    review = read_review(page.current.body, headers)
    (row,) = (row for row in review.rows if row.ticket == key)
    places = [(Region.ACTIONS, row.cells[column]) for column in TYPED_OVER]
    empty = next(row for row in review.rows if not row.action)
    places += [(Region.ACTIONS, empty.cells[column]) for column in Column]
    places += [(Region.RECORD, cell) for label, cell in review.record.items() if label != "meeting date"]
    edits = [
        CellEdit(region=region, label="", start=cell.start, end=cell.end, storage=cells.words(ALL), text="")
        for region, cell in places
    ]
    body = splice(page.current.body, edits)
    person = place.sandbox.people.all()[3]
    wiki.update_page(place.sandbox, person, page, page.current.title, body, page.current.number + 1, "")


def date_meeting(place: Site, page: wiki.Page) -> None:
    """A person writes the meeting's date into the record."""
    cell = read_review(page.current.body, place.bench.teams()[0].terms.headers).record["meeting date"]
    day = (place.clock.now() + timedelta(days=30)).date()
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=cells.day(day), text="")
    person = place.sandbox.people.all()[3]
    body = splice(page.current.body, [edit])
    wiki.update_page(place.sandbox, person, page, page.current.title, body, page.current.number + 1, "")


def ours(outcome: Outcome) -> list[wiki.Page]:
    """The pages that pirsync made."""
    return [page for page in outcome.site.sandbox.wiki.pages.values() if page.versions[0].author == SERVICE]


def squeezed(text: str) -> str:
    """Text without what no reader sees: blanks, and what neither XML nor a terminal can say."""
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cs", "Cf", "Cn"))


def lost(text: str) -> list[str]:
    """The hostile texts of which something is missing."""
    said = squeezed(text)
    return [name for name, words in HOSTILE.items() if squeezed(words) not in said]


def said_by(element: Element) -> str:
    return "".join(child if isinstance(child, str) else said_by(child) for child in element.children)


def assert_storage_is_inert(body: str) -> Element:
    """Well formed, only macros that pirsync writes, only addresses that a reader may be sent to."""
    root = scan(encode(body))
    macros = {e.attrs.get("ac:name", "") for e in root.walk() if e.name in ("ac:structured-macro", "ac:macro")}
    assert macros <= MACROS
    addresses = [e.attrs["href"] for e in root.within("a") if "href" in e.attrs]
    assert [url for url in addresses if not re.match(r"https?://|mailto:", url)] == []
    assert [e.name for e in root.walk() if e.name in ("script", "img", "iframe", "ac:image", "h1")] == []
    assert [name for e in root.walk() for name in e.attrs if name.startswith("on") or name == "style"] == []
    return root


def assert_html_is_inert(markup: str) -> BeautifulSoup:
    tree = BeautifulSoup(markup, "html.parser")
    assert [tag.name for tag in tree.find_all(["script", "iframe", "object", "embed"]) if not tag.get("src")] == []
    attributes = [(tag.name, name, str(value)) for tag in tree.find_all(True) for name, value in tag.attrs.items()]
    assert [each for each in attributes if each[1].startswith("on")] == []
    leads = [value for _, name, value in attributes if name in ("href", "src", "action", "formaction")]
    active = re.compile(r"\s*(javascript|data(?!:,\Z)|vbscript):", re.IGNORECASE)
    assert [url for url in leads if active.match(url)] == []
    assert [tag for tag in tree.find_all("img") if tag.get("src") == "x"] == []
    return tree


def test_confluence_storage(outcome: Outcome) -> None:
    body = outcome.page.current.body
    root = assert_storage_is_inert(body)
    regions = [e for e in root.within("ac:structured-macro") if e.attrs.get("ac:name") == "details"]
    assert len(regions) == 3
    assert lost(said_by(root)) == []
    assert lost(said_by(regions[0])) == [], "the summary says the title"
    assert "Set-Cookie" not in outcome.page.current.title


def test_every_page_and_every_comment_on_one(outcome: Outcome) -> None:
    pages = ours(outcome)
    titles = {page.versions[0].title for page in pages}
    assert {title.partition(" 20")[0] for title in titles} >= {"OPS-1 Post-incident review", QUARTER}, titles
    for page in pages:
        assert_storage_is_inert(page.current.body)
        for comment in comments_of(page):
            assert_storage_is_inert(comment.current.body)
    (quarter,) = (page for page in pages if page.versions[0].title.startswith(QUARTER))
    assert "alert(2)" in quarter.current.body


def test_a_comment_says_every_word_that_was_not_taken(outcome: Outcome) -> None:
    """What was typed over Owner and Due date is quoted in it; Jira's values returned to the cells."""
    (comment,) = comments_of(outcome.page)
    root = assert_storage_is_inert(comment.current.body)
    assert [e.name for e in root.walk() if e.name.startswith(("ac:", "ri:"))] == []
    assert [e.attrs["href"].rpartition("/")[2] for e in root.within("a")] == [outcome.ticket.key] * 2
    paragraphs = [said_by(e) for e in root.within("p")]
    assert [(said.partition(" ")[0], lost(said)) for said in paragraphs] == [("Owner", []), ("Due", [])]
    review = read_review(outcome.page.current.body, outcome.site.bench.teams()[0].terms.headers)
    (row,) = (row for row in review.rows if row.ticket == outcome.ticket.key)
    clean = (Column.OWNER, Column.DUE, Column.CLOSED)
    assert [column for column in clean if "alert(2)" in row.cells[column].text] == []
    evidence = row.cells[Column.EVIDENCE].text
    assert evidence.startswith("RESOLVED18"), "the name of a resolution is quoted, and what was typed over it is gone"
    assert lost(evidence) == []
    assert lost(review.record["facilitator"].text) == []


def said_in_html(markup: str) -> str:
    return BeautifulSoup(html(markup, lambda ref: ("/profile", ref)), "html.parser").get_text()


def test_comments_on_tickets(outcome: Outcome) -> None:
    """Of what is said on a ticket, only our own markup is markup."""
    said = [comment.body for comment in outcome.ticket.comments if comment.author == SERVICE]
    assert ["needs you" in body or "nothing here shows" in body for body in said] == [True, True]
    assert any(squeezed(STATUS) in squeezed(said_in_html(body)) for body in said)
    for body in said:
        tree = BeautifulSoup(html(body, lambda ref: ("/profile", ref)), "html.parser")
        assert {tag.name for tag in tree.find_all(True)} <= QUIET_TAGS | {"ul", "li"}
        leads = [str(tag["href"]) for tag in tree.find_all("a")]
        assert [url for url in leads if not re.match(r"https?://|/profile", url)] == []


def test_meeting_file(outcome: Outcome) -> None:
    """One event, no property but ours, and every line that a calendar reads is one that was written."""
    (file,) = outcome.page.attachments
    text = file.current.data.decode()
    lines = text.replace("\r\n ", "").split("\r\n")
    names = {re.split("[;:]", line)[0] for line in lines if line}
    assert names <= OF_A_CALENDAR
    assert [c for line in lines for c in line if unicodedata.category(c) in ("Cc", "Cs")] == []
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert "alert(2)" in str(event["DESCRIPTION"])


def test_confluence_index(outcome: Outcome) -> None:
    index = next(page for page in outcome.site.sandbox.wiki.pages.values() if "pirsync-index" in page.current.body)
    root = assert_storage_is_inert(index.current.body)
    assert KEY in index.current.body
    assert "TITLE17" in said_by(root)


def test_jira_wiki_text(outcome: Outcome) -> None:
    """Rendered, a ticket's description has pirsync's own markup and no more, and says every word."""
    description = outcome.ticket.description or ""
    tree = BeautifulSoup(html(description, lambda ref: ("/profile", ref)), "html.parser")
    assert {tag.name for tag in tree.find_all(True)} <= QUIET_TAGS
    assert [tag.get_text() for tag in tree.find_all("b")] == ["Action", "Done when", "Review page"]
    ours = {KEY, outcome.page.versions[0].title}
    links = [(tag.get_text(), str(tag["href"])) for tag in tree.find_all("a")]
    assert ours <= {words for words, _ in links}
    assert [url for words, url in links if words not in ours and url != words] == []
    action, criteria = (part.partition("\n")[2] for part in description.split("\n\n")[1:3])
    for part in (action, criteria):
        shown = BeautifulSoup(html(part, lambda ref: ("/profile", ref)), "html.parser").get_text()
        # An address takes the backslash after it for its own.
        assert lost(shown.replace("http://xlink\\", "http://xlink")) == []
    assert "\n" not in outcome.ticket.summary and len(outcome.ticket.summary) <= 255


@pytest.mark.parametrize("name", HOSTILE)
def test_wiki_text_shows_each_text_unchanged(name: str) -> None:
    words = HOSTILE[name]
    tree = BeautifulSoup(html(escape_markup(words), lambda ref: ("/profile", ref)), "html.parser")
    assert {tag.name for tag in tree.find_all(True)} <= {"p", "a"}
    assert squeezed(words) == squeezed(tree.get_text())


@pytest.mark.parametrize("name", HOSTILE)
def test_jql_and_cql_take_each_text_for_one_value(outcome: Outcome, name: str) -> None:
    words = HOSTILE[name]
    sandbox = outcome.site.sandbox
    query = sandbox_jql.parse(jql.render(Query(projects=(words,), issue_types=(words,), labels=(words, "pirsync"))))
    values = [operand for clause in clauses(query.where) for operand in sandbox_jql.operands(clause.operand)]
    without_control = "".join(c for c in words if unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
    expected = [without_control, without_control, without_control, "pirsync"]
    assert expected == [getattr(value, "text", None) for value in values]
    assert list(cql.search(sandbox, SERVICE, f"label = {cql_quote(words)} and type = page")) == []
    assert list(cql.search(sandbox, SERVICE, f"title = {cql_quote(words)} and type = page")) == []


def clauses(node: Any) -> Iterator[sandbox_jql.Clause]:
    if isinstance(node, sandbox_jql.Clause):
        yield node
    else:
        for part in node.parts:
            yield from clauses(part)


COMMANDS = (
    *(("plan",), ("reconcile",), ("show", KEY), ("findings",), ("doctor",), ("explain", KEY), ("status",)),
    *(("status", "--json"), ("adopt", "--from", "pages.csv"), ("resolve", "ignore", KEY, "--reason", ALL)),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_terminal(outcome: Outcome, command: tuple[str, ...]) -> None:
    """Read anew, so that there is something to say; nothing but lines of printable text is said."""
    somebody = outcome.site.sandbox.people.all()[0]
    tracker.edit_fields(outcome.site.sandbox, somebody, outcome.incident, {"summary": ALL + command[0]})
    said = CliRunner().invoke(cli, [*command, "--config", str(outcome.site.config)], catch_exceptions=False)
    assert said.output != ""
    assert_lines_are_inert(said.output)
    assert not [line for line in said.output.splitlines() if line.startswith(('{"', "Set-Cookie"))]


@pytest.mark.parametrize("command", [("show", KEY, "--markdown", "-"), ("explain", KEY, "--json")])
def test_documents_on_the_terminal(outcome: Outcome, command: tuple[str, ...]) -> None:
    """Lines of printable text, and none of the words is lost."""
    said = CliRunner().invoke(cli, [*command, "--config", str(outcome.site.config)], catch_exceptions=False)
    assert said.exit_code == 0
    assert_lines_are_inert(said.output)
    assert "red12" in said.output and "exe13" in said.output


def assert_lines_are_inert(output: str) -> None:
    """Nothing that colours, moves or turns around what a terminal shows."""
    assert {c for c in output if unicodedata.category(c) in ("Cc", "Cs")} <= {"\n"}
    assert {c for c in output if unicodedata.bidirectional(c) in ("RLE", "LRE", "RLO", "LRO", "RLI", "LRI")} == set()


class Console(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_log_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line an event; of its escapes, none is of the words."""
    console = Console()
    monkeypatch.setattr("sys.stderr", console)
    log = logs.configure()
    for name, words in HOSTILE.items():
        log.warning("change", incident=name, what=words)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in console.getvalue().splitlines()]
    assert ["change" in line for line in lines] == [True] * len(HOSTILE)
    assert_lines_are_inert("\n".join(lines))
    assert "\x1b[31mred12" not in console.getvalue()


def test_log_and_json(outcome: Outcome, capfd: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line, and every text within its own value."""
    log = logs.configure()
    for name, words in HOSTILE.items():
        log.info("change", incident=name, what=words)
    lines = capfd.readouterr().err.splitlines()
    assert list(HOSTILE) == [json.loads(line)["incident"] for line in lines]
    assert [json.loads(line)["event"] for line in lines] == ["change"] * len(HOSTILE)
    assert all(line.isascii() and line.isprintable() for line in lines)
    said = CliRunner().invoke(cli, ["plan", "--json", "--config", str(outcome.site.config)], catch_exceptions=False)
    assert set(json.loads(said.stdout)) == {"incidents"}
    assert {c for c in said.stdout if not c.isascii() or unicodedata.category(c) == "Cc"} <= {"\n"}


def test_html_of_the_sandbox(outcome: Outcome) -> None:
    is_cloud = outcome.site.sandbox.is_cloud
    number = outcome.page.id
    page = f"/wiki/spaces/OPS/pages/{number}" if is_cloud else f"/confluence/pages/viewpage.action?pageId={number}"
    paths = [f"{'' if is_cloud else '/jira'}/browse/{key}" for key in (KEY, outcome.ticket.key)]
    for path in (*paths, page):
        shown = requests.get(f"{outcome.site.url}{path}", timeout=30)
        assert shown.status_code == 200
        assert lost(assert_html_is_inert(shown.text).get_text()) == []
