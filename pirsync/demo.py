"""`pirsync demo`: the whole story on the embedded sites, through the same line that runs in production.

People's parts (typing rows, moving tickets) are played by the sandbox's own people; everything else is pirsync.
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pirsync import output
from pirsync.adapters.state_file import create_state
from pirsync.build import Bench, open_bench
from pirsync.config import load
from pirsync.daemon import Daemon, Job, until_signalled
from pirsync.errors import PirsyncError
from pirsync.mapping import load_mapping
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page.splice import append_row, splice
from pirsync.page_model import CellEdit, Column, Mention, Page, Region, ReviewPage
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.sandbox import tracker as jira
from pirsync.sandbox import wiki as confluence
from pirsync.sandbox.people import User
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import World as Sandbox
from pirsync.sandbox.worlds.seed import seed
from pirsync.sandbox.worlds.wiki_seed import REVIEWS
from pirsync.selection import Mode, Selection

ACTIONS = (
    ("Alert when the mail queue is older than ten minutes", "Ana Ruiz", "A held message pages the on-call"),
    ("Agree on a sending limit with the mail provider", "Bisi Okafor", "The limit is in the contract"),
    ("Write down who tells the provider before an import", "Carl Lindqvist", "The runbook links to it"),
)
POLL_SECONDS = 3

Tell = Callable[[str], None]


def reviews_page(sandbox: Sandbox) -> str:
    """The id of the page of the sandbox's seeded world below which reviews are kept."""
    return next(str(page.id) for page in sandbox.wiki.pages.values() if page.title == REVIEWS)


def configuration(folder: Path, url: str, deployment: Deployment, parent: str = "") -> Path:
    """A configuration for the sandbox's world, and its state, in a folder.

    `url` is the sandbox's address; `parent` the id of the page that reviews go below, empty for the top of the space.
    """
    owner = str(uuid.uuid4())
    jira_url = url if deployment == "cloud" else f"{url}/jira"
    wiki_url = f"{url}/wiki" if deployment == "cloud" else f"{url}/confluence"
    (folder / "token").write_text("sandbox-token", encoding="utf-8")
    user = 'user = "review-service@example.com"' if deployment == "cloud" else ""
    path = folder / "config.toml"
    path.write_text(
        f"""[[site]]
deployment = "{deployment}"
owner_id = "{owner}"
[site.jira]
url = "{jira_url}"
{user}
token = "file:token"
[site.confluence]
url = "{wiki_url}"
{user}
token = "file:token"
[[team]]
name = "operations"
projects = ["OPS"]
closed_since = "always"
space = "OPS"
parent = "{parent}"
action_project = "ACT"
[run]
poll_every = {POLL_SECONDS}
quiet_period = 0
quiet_at_most = 0
""",
        encoding="utf-8",
    )
    settings = load(path)
    create_state(settings.site.state, owner, datetime.now(UTC))
    return path


class Story:
    """The demo's steps on one running sandbox."""

    def __init__(self, sandbox: Sandbox, bench: Bench, tell: Tell) -> None:
        self._sandbox = sandbox
        self._bench = bench
        self._tell = tell
        self._headers = load_mapping(bench.settings.teams[0].mapping, bench.settings.path.parent).headers

    def tell(self) -> bool:
        """Play it from the beginning; whether it came true."""
        started = time.monotonic()
        first = self._pass()
        self._tell(f"1. pirsync read Jira and made {first.reviews} review pages, linked from their incidents.")
        incident = self.incident()
        page = self.page(incident)
        self._tell(f"   {incident.key}: {self._url(page)}")
        self.type_rows(page)
        self._tell("2. Ana Ruiz typed three actions into its table: text, an @mention, a date.")
        self._pass()
        keys = [row.ticket for row in self.review(page).rows if row.ticket]
        self._tell(f"3. Each row became a Jira ticket, linked to {incident.key}: {', '.join(keys)}.")
        for key in keys[:2]:
            self.finish(key)
        self._tell(f"4. The owners of {' and '.join(keys[:2])} moved them to Done in Jira.")
        self._pass()
        lozenges = [row.cells[Column.STATUS].lozenge for row in self.review(page).rows if row.ticket]
        green = [lozenge for lozenge in lozenges if lozenge is not None and lozenge.colour == "Green"]
        shown = self.review(page).summary["actions"].text
        self._tell(f"5. The page followed by itself: {len(green)} rows are green; its summary says “{shown}”.")
        again = self._pass()
        self._tell(f"6. A second pass wrote nothing: {len(again.changes)} changes.")
        self._tell(f"   ({time.monotonic() - started:.1f} s in all)")
        return len(keys) == 3 and len(green) == 2 and not again.changes and not again.failed

    def _pass(self) -> Report:
        return run_once(
            Selection(Mode.ALL), self._bench.world, self._bench.teams(), self._bench.limits(), lambda _: None
        )

    def incident(self) -> jira.Issue:
        """The oldest incident that has a review now, and no ticket yet."""
        issues = sorted(self._sandbox.tracker.issues.values(), key=lambda issue: issue.id)
        reviewed = [i for i in issues if any(r.global_id.startswith("pirsync:page:") for r in i.remote_links)]
        return next(i for i in reviewed if not any(row.ticket for row in self.review(self.page(i)).rows))

    def page(self, incident: jira.Issue) -> confluence.Page:
        """The review page of an incident, by its remote link."""
        ids = [r.global_id.rpartition(":")[2] for r in incident.remote_links if r.global_id.startswith("pirsync:page:")]
        page = confluence.find_page(self._sandbox, ids[0])
        assert page is not None  # pirsync has just made it
        return page

    def _url(self, page: confluence.Page) -> str:
        found: Page | None = self._bench.world.wiki.page(str(page.id))
        return found.url if found else ""

    def review(self, page: confluence.Page) -> ReviewPage:
        """What a page says now."""
        return read_review(page.current.body, self._headers)

    def _user(self, name: str) -> User:
        return next(user for user in self._sandbox.people.all() if user.display_name == name)

    def type_rows(self, page: confluence.Page) -> None:
        """Fill the rows that ask for an action, and add one more, as a person does in the editor."""
        body = page.current.body
        review = read_review(body, self._headers)
        empty = [row for row in review.rows if not row.action]
        typed = [self._typed(number, action) for number, action in enumerate(ACTIONS)]
        edits = []
        for row, filled in zip(empty, typed, strict=False):
            for column, storage in filled.items():
                cell = row.cells[column]
                edits.append(
                    CellEdit(region=Region.ACTIONS, label="", start=cell.start, end=cell.end, storage=storage, text="")
                )
        body = splice(body, edits)
        for filled in typed[len(empty) :]:
            body = append_row(body, read_review(body, self._headers), filled)
        ana = self._user("Ana Ruiz")
        confluence.update_page(
            self._sandbox, ana, page, page.current.title, body, page.current.number + 1, "Actions from the meeting"
        )

    def _typed(self, number: int, action: tuple[str, str, str]) -> dict[Column, str]:
        text, owner, criteria = action
        user = self._user(owner)
        is_cloud = self._sandbox.is_cloud
        who = Mention(ref=user.account_id if is_cloud else user.user_key)
        due = date.today() + timedelta(days=14 + 7 * number)
        return {
            Column.ACTION: cells.words(text),
            Column.OWNER: cells.mention(who, "cloud" if is_cloud else "datacenter"),
            Column.DUE: cells.day(due),
            Column.CRITERIA: cells.words(criteria),
        }

    def finish(self, key: str) -> None:
        """Move a ticket to Done, as its owner."""
        issue = jira.find_issue(self._sandbox, key)
        assert issue is not None and issue.assignee is not None  # pirsync has just made it, with an owner
        while jira.status_of(self._sandbox, issue).category != "done":
            offered = jira.available_transitions(self._sandbox, issue)
            step = next((t for t in offered if t.name == "Done"), offered[0])
            jira.transition(self._sandbox, issue.assignee, issue, step.id)


def tell_story(deployment: Deployment, port: int, ends: bool) -> bool:
    """Run the demo; stays up until interrupted unless it `ends`. Leaves nothing behind."""
    stop = threading.Event()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pirsync-demo-")))
        sandbox = Sandbox(deployment)
        running = stack.enter_context(Running(sandbox, port))
        seed(sandbox)
        path = configuration(folder, running.url, deployment, reviews_page(sandbox))
        bench = stack.enter_context(open_bench(load(path), stop, lambda: None))
        came_true = Story(sandbox, bench, output.line).tell()
        output.line()
        output.line("the story came true" if came_true else "the story did NOT come true")
        if ends or not came_true:
            return came_true
        output.line(f"Look around at {running.url}: close an incident, type an action, move a ticket, and watch.")
        output.line("pirsync goes on polling; press Ctrl-C to end. Nothing is left behind.")
        _go_on(bench)
        return True


def _go_on(bench: Bench) -> None:
    def news() -> None:
        run_once(Selection(Mode.NEWS), bench.world, bench.teams(), bench.limits(), output.news)

    def failed(name: str, error: PirsyncError) -> None:
        output.line(f"{name}: {error}", problem=True)

    until_signalled(bench.stop, Daemon([Job("news", POLL_SECONDS, news)], bench.stop, failed).loop)
