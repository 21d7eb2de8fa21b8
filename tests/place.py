"""A small place to work at: two teams, three closed incidents, what people do there, and what can be seen of it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pirsync.adapters.http import Pace
from pirsync.adapters.overlay import overlay
from pirsync.adapters.state_file import create_state
from pirsync.adopt_commands import Asked, carry_out
from pirsync.build import Bench
from pirsync.config import Settings, load
from pirsync.demo import configuration
from pirsync.errors import PirsyncError
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.escalation import read_page
from pirsync.page.index import read_index
from pirsync.page.review import read_review
from pirsync.page.splice import append_row, splice
from pirsync.page_model import CellEdit, Column, Mention, Region, ReviewPage, Row
from pirsync.report import Report
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import Issue, setup
from pirsync.sandbox.tracker import links as tracker_links
from pirsync.sandbox.tracker.nouns import Project
from pirsync.sandbox.world import World as Sandbox
from pirsync.sandbox.worlds.wiki_seed import seed as seed_wiki
from pirsync.selection import Mode, Selection
from tests.indoors import (
    ADDRESS,
    START,
    Killed,
    Told,
    Wire,
    bench_of,
    folder_off_disk,
    lose_state,
    run_pass,
    wired,
)
from tests.stage import default_mapping

ONCE = Pace(base=0, floor=0, cap=0, attempts=1)
"""The transport gives up at once, so that what goes wrong reaches the core."""

AGAIN = Pace(base=0, floor=0, cap=1, attempts=3)

MOST_PASSES = 14
SOON = 20
"""Seconds until somebody looks again after a fault: less than `settle`, so that nothing may be taken for absent yet."""

INDEX = "Post-incident review index"
TEMPLATE = "{{ summary_region }}<p>Ours to write, not a program's.</p>{{ actions_region }}{{ record_region }}"
"""The regions alone: what stands around them costs time, and other tests look at it."""


def sandbox_of(deployment: Deployment) -> Sandbox:
    """OPS whose action items go to a project with every carrier, INC whose go to a project with none."""
    return pickle.loads(_born(deployment))  # type: ignore[no-any-return]  # what we pickled ourselves


@cache
def _born(deployment: Deployment) -> bytes:
    world = Sandbox(deployment, clock=Told())
    # pirsync is to need no call that Cloud has removed.
    world.wiki.v1_pages_gone = True
    setup.set_up(world)
    operations = world.tracker.projects["30000"]
    world.tracker.projects["30009"] = replace(operations, id="30009", key="INC", name="Incidents", counter=0)
    seed_wiki(world)
    for project in (operations, operations, world.tracker.projects["30009"]):
        closed_incident(world, project, f"Outage of {project.name}")
    world.clock.advance(600)
    return pickle.dumps(world)


def closed_incident(world: Sandbox, project: Project, summary: str) -> Issue:
    """Somebody reports an incident, and closes it an hour later."""
    hanna = person(world, "hweiss")
    made = tracker.create_issue(world, hanna, project, setup.INCIDENT, {"summary": summary, "labels": []})
    world.clock.advance(3600)
    tracker.transition(world, hanna, made, "21", setup.FIXED)
    return made


def person(world: Sandbox, name: str) -> User:
    """One of the sandbox's people."""
    found = world.people.find(name)
    assert found is not None
    return found


@dataclass(frozen=True)
class Snapshot:
    """A place between two processes: its sandbox, what lies in its folder by name, the requests so far, and how many
    transactions of its state there were, where somebody counts."""

    sandbox: bytes
    files: dict[str, bytes]
    names: tuple[str, ...]
    transactions: int = 0


Process = Callable[["Place", Selection], Report]
"""How a pass is made: by which process."""


def lasting(place: Place, selection: Selection) -> Report:
    """By the process that made the last one, unless that is gone."""
    return place.pass_here(selection)


@dataclass
class Place:
    """The sandbox, and a pirsync that lives as long as a process would; `restart` begins another."""

    sandbox: Sandbox
    settings: Settings
    wire: Wire
    pace: Pace = ONCE
    asked: tuple[Asked, ...] = ()
    """What people want adopted or let go: they give that command before each pass, until it says that it was done."""

    process: Process = lasting
    _life: ExitStack = field(default_factory=ExitStack)
    _bench: Bench | None = None

    @property
    def clock(self) -> Told:
        assert isinstance(self.sandbox.clock, Told)
        return self.sandbox.clock

    def run_pass(self, selection: Selection) -> Report:
        """One pass, by whichever process this place has for it."""
        return self.process(self, selection)

    def pass_here(self, selection: Selection) -> Report:
        """One pass in this process."""
        bench = self._at_work()
        if self.asked:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                code = carry_out(bench, self.asked, (), skips=False, sure=lambda: True)
            self.asked = self.asked if code else ()
        return run_pass(bench, selection)

    def dry_run(self, selection: Selection) -> Report:
        """What a pass would do, at this instant; nothing is written."""
        bench, instant = self._at_work(), self.clock.instant
        report = run_pass(bench.with_world(overlay(bench.world)), selection)
        self.clock.set(instant)
        return report

    def _at_work(self) -> Bench:
        if self._bench is None:
            self._bench = self._life.enter_context(bench_of(self.settings, self.clock, self.pace))
        return self._bench

    def restart(self, loses_state: bool = False) -> None:
        """The next pass is another process's, on the same state file or on none."""
        self._life.close()
        self._bench = None
        if loses_state:
            lose_state(self.settings.site.state)

    def close(self) -> None:
        self._life.close()

    def snapshot(self) -> Snapshot:
        """This place as it is, for others to go on from; its process ends."""
        self.restart()
        folder = self.settings.path.parent
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return Snapshot(pickle.dumps(self.sandbox), files, tuple(self.wire.names))

    # ------------------------------------------------------------ what people see and do

    def issue(self, key: str) -> Issue:
        found = tracker.find_issue(self.sandbox, key)
        assert found is not None, key
        return found

    def page(self, key: str) -> wiki.Page:
        """An incident's review, by its remote link, whatever people have made of its title."""
        ids = [r.global_id.rpartition(":")[2] for r in self.issue(key).remote_links]
        assert ids, f"{key} has no review"
        page = wiki.find_page(self.sandbox, ids[0])
        assert page is not None
        return page

    def review(self, key: str) -> ReviewPage:
        return read_review(self.page(key).current.body, default_mapping().headers)

    def rows(self, key: str) -> list[Row]:
        """The rows that people have filled."""
        return [row for row in self.review(key).rows if row.action or row.ticket]

    def save(self, page: wiki.Page, body: str, title: str = "", who: str = "aruiz") -> None:
        """A person saves a page."""
        actor = person(self.sandbox, who)
        wiki.update_page(self.sandbox, actor, page, title or page.title, body, page.current.number + 1, "")

    def row_of(self, action: str, owner: str, due: str) -> dict[Column, str]:
        """A row's cells as a person fills them."""
        filled = {Column.ACTION: cells.words(action)}
        if owner:
            filled[Column.OWNER] = self.mention(owner)
        if due:
            filled[Column.DUE] = cells.day(date.fromisoformat(due))
        return filled

    def mention(self, name: str) -> str:
        """A cell that mentions one of the people."""
        user = person(self.sandbox, name)
        who = Mention(ref=user.account_id if self.sandbox.is_cloud else user.user_key)
        return cells.mention(who, self.sandbox.deployment)

    def type_row(self, key: str, action: str, owner: str = "aruiz", due: str = "2026-04-01") -> None:
        """A person adds a row at the end of the table."""
        page = self.page(key)
        self.save(page, append_row(page.current.body, self.review(key), self.row_of(action, owner, due)))

    def type_cell(self, key: str, index: int, column: Column, storage: str) -> None:
        """A person types into a cell of the n-th filled row."""
        page, cell = self.page(key), self.rows(key)[index].cells[column]
        edit = CellEdit(region=Region.ACTIONS, label="", start=cell.start, end=cell.end, storage=storage, text="")
        self.save(page, splice(page.current.body, [edit]))

    def step(self, key: str, transition: str, resolution: str | None = None) -> None:
        """A person takes a step of an issue's workflow."""
        tracker.transition(self.sandbox, person(self.sandbox, "bokafor"), self.issue(key), transition, resolution)

    def link_by_hand(self, key: str, summary: str) -> None:
        """A person makes a ticket of their own and links it to an incident."""
        project, ana = self.sandbox.tracker.project("ACT"), person(self.sandbox, "aruiz")
        assert project is not None
        made = tracker.create_issue(self.sandbox, ana, project, setup.TASK, {"summary": summary, "labels": []})
        tracker_links.link_issues(self.sandbox, ana, setup.ACTION_ITEM, self.issue(key), made)


@dataclass(frozen=True)
class Aftermath:
    """What follows a pass: whether the state file is lost, and after how many seconds the next one comes."""

    loses_state: bool = False
    pause: float = 301


def settle(place: Place, after: Callable[[], Aftermath] = Aftermath, first: Mode = Mode.ALL) -> list[Report]:
    """Passes until a sweep finds nothing left to do, nor on its way; time goes on between them, as `after` says each
    time. Polls go on with what has to wait. After a crash another process goes on."""
    reports: list[Report] = []
    last: PirsyncError | None = None
    mode = first
    for _ in range(MOST_PASSES):
        is_quiet = is_done = False
        try:
            report = place.run_pass(Selection(mode))
            reports.append(report)
            is_quiet = not (report.waiting or report.failed)
            is_done = mode is Mode.ALL and is_quiet and not report.changes
        except Killed:
            place.restart()
        except PirsyncError as error:
            last = error
        follows = after()
        if follows.loses_state:
            place.restart(loses_state=True)
        # What is late arrives before the second pause at the latest.
        is_late = follows.pause > SOON and place.wire.deliver()
        if is_done and not (place.asked or follows.loses_state or place.wire.kept or is_late):
            return reports
        # Soon after a fault somebody looks at everything, also at what is not due again yet.
        mode = Mode.ALL if is_quiet or follows.pause == SOON else Mode.NEWS
        place.clock.advance(follows.pause)
    raise AssertionError(f"it did not come to rest: {last or reports[-1].results}")


@contextmanager
def place_of(deployment: Deployment, text: str = "") -> Iterator[Place]:
    """A new place, off the network and off the disk where the machine allows; `text` ends the configuration."""
    with folder_off_disk() as folder:
        sandbox = sandbox_of(deployment)
        with _open(Place(sandbox, settings_of(folder, deployment, text), Wire(sandbox))) as place:
            yield place


@contextmanager
def place_again(snapshot: Snapshot, pace: Pace = ONCE) -> Iterator[Place]:
    """Another place that goes on from there, in a new process."""
    with folder_off_disk() as folder:
        for name, content in snapshot.files.items():
            (folder / name).write_bytes(content)
        sandbox = pickle.loads(snapshot.sandbox)
        wire = Wire(sandbox, names=list(snapshot.names))
        with _open(Place(sandbox, load(folder / "config.toml"), wire, pace)) as place:
            yield place


@contextmanager
def _open(place: Place) -> Iterator[Place]:
    with wired(place.wire):
        try:
            yield place
        finally:
            place.close()


def settings_of(folder: Path, deployment: Deployment, text: str = "", address: str = ADDRESS) -> Settings:
    """Both teams' configuration; the owner id is the same each time, so that marks are."""
    path = configuration(folder, address, deployment)
    told = path.read_text(encoding="utf-8").splitlines()
    owner = next(line for line in told if line.startswith("owner_id"))
    whole = "\n".join(told).replace(owner, 'owner_id = "5f0c2f6e-7a52-4d13-9d5c-0a1b2c3d4e5f"')
    first, run = whole.split("[run]\n")
    first = first.replace("[[team]]\n", '[[team]]\npage_edits = "push"\ntemplate = "small.xml"\n')
    second = "[[team]]\n" + first.split("[[team]]\n")[1].replace('"operations"', '"incidents"')
    second = second.replace('"OPS"]', '"INC"]').replace('"ACT"', '"BARE"').replace('space = "OPS"', 'space = "SEC"')
    (folder / "small.xml").write_text(TEMPLATE, encoding="utf-8")
    path.write_text(f"{first}{second}[run]\n{run}\n{text}", encoding="utf-8")
    settings = load(path)
    lose_state(settings.site.state)
    create_state(settings.site.state, settings.site.owner_id, START)
    return settings


# ---------------------------------------------------------------- what can be seen of it


def picture(place: Place) -> dict[str, Any]:
    """The world without what servers number: keys, ids, versions, instants."""
    sandbox = place.sandbox
    issues = sandbox.tracker.issues.values()
    tickets = [issue for issue in issues if issue.type_id == setup.TASK]
    # Each team has an index, and of two with one title either may have been made first.
    pages = sorted(sandbox.wiki.pages.values(), key=lambda page: (page.title, page.space_id))
    reviewed = {i.key: i for i in issues if i.remote_links}
    return {
        "tickets": sorted(_ticket(sandbox, ticket) for ticket in tickets),
        "pages": [(page.title, page.status, sorted(page.labels), sorted(page.properties)) for page in pages],
        "rows": {key: [_row(place, row) for row in place.rows(key)] for key in sorted(reviewed)},
        "summaries": {k: {name: cell.text for name, cell in place.review(k).summary.items()} for k in sorted(reviewed)},
        "links": {k: [r.title for r in i.remote_links] for k, i in sorted(reviewed.items())},
        "memory": {k: _memory(place, k) for k in sorted(reviewed)},
        "comments": sorted((ticket.summary, len(ticket.comments)) for ticket in tickets),
        "words": sorted((ticket.summary, [one.body for one in ticket.comments]) for ticket in tickets),
        "attached": [(p.title, file.name, len(file.versions)) for p in pages for file in p.attachments],
        "quarters": [found.model_dump() for p in pages if (found := read_page(p.current.body))],
        "index": [line for p in pages if p.title.startswith(INDEX) for line in index_lines(p.current.body)],
    }


def page_comments(place: Place) -> dict[str, int]:
    """How many comments there are on each page that has any."""
    return {page.title: len(page.comments) for page in place.sandbox.wiki.pages.values() if page.comments}


def index_lines(body: str) -> list[dict[str, Any]]:
    """What an index says, wherever the site is served and whatever number a page has."""
    rows = read_index(body).rows
    return [{**row.model_dump(exclude={"page_url"}), "incident_url": urlsplit(row.incident_url).path} for row in rows]


def _ticket(sandbox: Sandbox, ticket: Issue) -> str:
    linked = []
    for link in tracker.links_of(sandbox, ticket):
        other = link.source if link.destination == ticket.id else link.destination
        linked.append(f"{link.type_id}:{sandbox.tracker.issues[other].key}")
    owner = ticket.assignee.name if ticket.assignee else ""
    status = tracker.status_of(sandbox, ticket).name
    marked = [word for word in (ticket.description or "").split() if word.startswith("pirsync-")]
    told = (ticket.key.partition("-")[0], ticket.summary, owner, ticket.due, status, sorted(ticket.labels))
    return f"{told} {sorted(linked)} {marked} {sorted(ticket.properties.items())}"


def _row(place: Place, row: Row) -> tuple[str, ...]:
    shown = (Column.OWNER, Column.DUE, Column.STATUS, Column.CLOSED)
    summary = place.issue(row.ticket).summary if row.ticket else ""
    return row.action, summary, *(_cell(row, column) for column in shown)


def _cell(row: Row, column: Column) -> str:
    cell = row.cells[column]
    return f"{cell.text} {[mention.ref for mention in cell.mentions]} {cell.dates}"


def _memory(place: Place, key: str) -> dict[str, Any]:
    held = place.page(key).properties["pirsync.review"].value
    told = {place.issue(number).summary: shown for number, shown in held["rows"].items()}
    binds = held["incident"] == str(place.issue(key).id)
    return {"binds": binds, "rows": told, "adopted": sorted(place.issue(number).summary for number in held["adopted"])}
