"""A site of many closed incidents, whose review pages and tickets pirsync itself has made; people act through it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Event

from pirsync.adapters.state_file import create_state
from pirsync.build import Bench, open_bench
from pirsync.config import load
from pirsync.model import Deployment
from pirsync.names import LINK_PREFIX
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page.splice import append_row, splice
from pirsync.page_model import CellEdit, Column, Mention, Region
from pirsync.practice import Practice
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.people import User
from pirsync.sandbox.server import Running
from pirsync.sandbox.tracker import setup
from pirsync.sandbox.world import World as Sandbox
from pirsync.sandbox.worlds import wiki_seed
from pirsync.selection import Mode, Selection

HISTORY = timedelta(hours=12)
"""How long before the measurements the world was made: older than a poll's overlap, younger than a day's facts."""

MOST_PASSES = 8
INVESTIGATE, RESOLVE, CLOSE = "11", "21", "31"
LEADERS = ("aruiz", "bokafor", "clindqvist", "dpatel")
NEWCOMERS = ("emorgan", "fnakamura", "gsilva", "hweiss")
"""People who own nothing until somebody names them."""

CONFIG = """[[site]]
deployment = "{deployment}"
owner_id = "{owner}"
[site.jira]
url = "{jira}"
{user}
token = "file:token"
[site.confluence]
url = "{confluence}"
{user}
token = "file:token"
[[team]]
name = "operations"
projects = ["OPS"]
closed_since = "always"
space = "OPS"
action_project = "ACT"
mapping = "mapping.toml"
[run]
settle = 1
quiet_period = 0
quiet_at_most = 0
max_creates = 1000000
"""
ITEM = """[[default_items]]
text = "{text}"
criteria = "Shown to the team"
due_days = {days}
owner = "{owner}"
"""


@dataclass
class Site:
    """A running sandbox and an open pirsync that share one clock; `folder` holds the configuration and the state."""

    sandbox: Sandbox
    bench: Bench
    folder: Path

    # ------------------------------------------------------------ pirsync

    def teams(self) -> list[Practice]:
        """The one team's practice, its mapping read anew."""
        return self.bench.teams()

    def run(self, mode: Mode, *keys: str) -> Report:
        """One pass. Raises RuntimeError when it failed on an incident."""
        bench = self.bench
        report = run_once(Selection(mode, keys), bench.world, self.teams(), bench.limits(), lambda _: None)
        if report.failed:
            raise RuntimeError(f"{report.failed[0].key}: {report.failed[0].failure}")
        return report

    def settle(self, mode: Mode) -> int:
        """Passes until one has nothing to write and waits for nothing; how many there were, that one too."""
        for number in range(1, MOST_PASSES + 1):
            report = self.run(mode)
            if not report.changes and not report.waiting:
                return number
            self.sandbox.clock.advance(2)
        raise RuntimeError(f"not settled after {MOST_PASSES} passes")

    # ------------------------------------------------------------ people

    def close_incident(self, number: int) -> tracker.Issue:
        """An incident as it comes and goes: reported, taken, told about, resolved and closed."""
        sandbox = self.sandbox
        leader = self._user(LEADERS[number % len(LEADERS)])
        project = sandbox.tracker.project("OPS")
        assert project is not None  # the set-up has it
        values = {
            "summary": f"Outage {number}: the payment queue stands still",
            "description": "Messages wait.\n\n* cards\n* transfers",
            "priority": str(1 + number % 3),
            "assignee": leader,
            setup.SEVERITY: f"P{1 + number % 3}",
            setup.COMMANDER: leader.name,
        }
        issue = tracker.create_issue(sandbox, leader, project, setup.INCIDENT, values)
        tracker.transition(sandbox, leader, issue, INVESTIGATE)
        tracker.add_comment(sandbox, leader, issue, "A consumer holds the lock; we restart it.")
        tracker.transition(sandbox, leader, issue, RESOLVE, setup.FIXED)
        tracker.transition(sandbox, leader, issue, CLOSE)
        return issue

    def page_of(self, incident: tracker.Issue) -> wiki.Page:
        """The incident's review page, by its link."""
        ours = next(link for link in incident.remote_links if link.global_id.startswith(LINK_PREFIX))
        page = wiki.find_page(self.sandbox, ours.global_id.removeprefix(LINK_PREFIX))
        assert page is not None  # pages are never removed here
        return page

    def type_rows(self, page: wiki.Page, owners: tuple[str, ...]) -> None:
        """One edit of a person: a row for each owner, complete, at the end of the action table."""
        body, headers = page.current.body, self.teams()[0].terms.headers
        for number, name in enumerate(owners):
            filled = self._row(f"Measure number {number}", self._user(name))
            review = read_review(body, headers)
            empty = next((row for row in review.rows if not row.action), None)
            if empty is None:
                body = append_row(body, review, filled)
                continue
            edits = [
                CellEdit(
                    region=Region.ACTIONS, label="", start=cell.start, end=cell.end, storage=filled[column], text=""
                )
                for column, cell in empty.cells.items()
                if column in filled
            ]
            body = splice(body, edits)
        self._save(page, body)

    def add_words(self, page: wiki.Page) -> None:
        """One edit of a person, outside of everything that pirsync writes."""
        self._save(page, page.current.body + "<p>We looked at it again.</p>")

    def move_ticket(self, incident: tracker.Issue, summary: str, step: str) -> None:
        """The owner of one of the incident's tickets takes a step of its workflow."""
        ends = [link.destination for link in tracker.links_of(self.sandbox, incident)]
        issue = next(i for i in (self.sandbox.tracker.issues[end] for end in ends) if i.summary == summary)
        assert issue.assignee is not None  # every ticket here has an owner
        tracker.transition(self.sandbox, issue.assignee, issue, step)

    def start_with(self, owners: tuple[str, ...]) -> None:
        """From now on reviews begin with an action item for each of these people."""
        people = [self._user(name) for name in owners]
        accounts = [user.account_id if self.sandbox.is_cloud else user.name for user in people]
        (self.folder / "mapping.toml").write_text(mapping_text(accounts), encoding="utf-8")

    def _row(self, text: str, owner: User) -> dict[Column, str]:
        is_cloud = self.sandbox.is_cloud
        who = Mention(ref=owner.account_id if is_cloud else owner.user_key)
        due = self.sandbox.clock.now().date() + timedelta(days=30)
        return {
            Column.ACTION: cells.words(text),
            Column.OWNER: cells.mention(who, self.sandbox.deployment),
            Column.DUE: cells.day(due),
            Column.CRITERIA: cells.words("Seen by two people"),
        }

    def _save(self, page: wiki.Page, body: str) -> None:
        author = self._user(LEADERS[0])
        wiki.update_page(self.sandbox, author, page, page.current.title, body, page.current.number + 1, "")

    def _user(self, name: str) -> User:
        user = self.sandbox.people.find(name)
        assert user is not None  # one of the sandbox's people
        return user


def item_text(number: int) -> str:
    """The text of a default action item, which becomes its ticket's summary."""
    return f"Follow-up number {number}"


def mapping_text(owners: list[str]) -> str:
    """A mapping with a default action item for each owner: an account, or a role of the incident."""
    items = [ITEM.format(text=item_text(n), days=30 + n, owner=owner) for n, owner in enumerate(owners)]
    return "\n".join(items)


def write_configuration(folder: Path, sandbox: Sandbox, items: int) -> Path:
    """A configuration of the sandbox's site, whose reviews begin with so many items, and a state born with it."""
    is_cloud = sandbox.is_cloud
    owner = str(uuid.uuid4())
    text = CONFIG.format(
        deployment=sandbox.deployment,
        owner=owner,
        jira=sandbox.jira_url,
        confluence=sandbox.wiki_url,
        user='user = "review-service@example.com"' if is_cloud else "",
    )
    (folder / "token").write_text("sandbox-token", encoding="utf-8")
    (folder / "mapping.toml").write_text(mapping_text(["commander"] * items), encoding="utf-8")
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    create_state(load(path).site.state, owner, sandbox.clock.now())
    return path


@contextmanager
def opened(sandbox: Sandbox, path: Path) -> Iterator[Site]:
    """pirsync on the sandbox, by the sandbox's clock."""
    with open_bench(load(path), Event(), lambda: None) as bench:
        on_its_clock = bench.with_world(replace(bench.world, clock=sandbox.clock))
        yield Site(sandbox=sandbox, bench=on_its_clock, folder=path.parent)


@contextmanager
def running(
    deployment: Deployment, folder: Path, reviews: int, tickets_per_review: int
) -> Iterator[tuple[Sandbox, Path]]:
    """A sandbox in which so many incidents were closed and reviewed half a day ago, and its configuration."""
    sandbox = Sandbox(deployment)
    setup.set_up(sandbox)
    wiki_seed.seed(sandbox)
    sandbox.clock.advance(-HISTORY.total_seconds())
    with Running(sandbox):
        path = write_configuration(folder, sandbox, tickets_per_review)
        with opened(sandbox, path) as site:
            for number in range(reviews):
                site.close_incident(number)
            site.settle(Mode.ALL)
        sandbox.clock.advance(HISTORY.total_seconds())
        yield sandbox, path
