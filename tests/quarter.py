"""A quarter of a team's life under four procedures at once: what people do on which day, and what pirsync then shows.

A P1 and a P3 incident are closed on the same Monday. The P1's review goes well, but its approval is late, its page is
changed afterwards, and one of its actions is done without evidence. The P3's goes badly: its meeting is late, nobody
comes to it, nobody approves the review, and its actions are never done.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from pirsync.adapters.state_file import create_state
from pirsync.build import Bench
from pirsync.changes import Change
from pirsync.config import load
from pirsync.demo import configuration
from pirsync.explain import tell_programs
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.read import fold
from pirsync.page.review import read_review
from pirsync.page.scan import encode
from pirsync.page.splice import append_row, splice
from pirsync.page_model import CellEdit, Column, Mention, Region, ReviewPage, Row
from pirsync.report import Report
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.server import Running
from pirsync.sandbox.tracker import Issue, setup
from pirsync.sandbox.world import World as Sandbox
from pirsync.sandbox.worlds.wiki_seed import seed as seed_wiki
from pirsync.selection import Mode, Selection
from tests.indoors import ADDRESS, START, Told, Wire, bench_of, lose_state, run_pass, wired
from tests.place import AGAIN, person
from tests.stage import default_mapping

P1, P3 = "OPS-1", "OPS-2"
LOOKS = (0, 3, 8, 91)
"""The days on which somebody looks: the closure, the meeting, the approval, and the quarter's end."""

MONDAYS = (14, 21, 28, 35, 42, 49)
"""Days on which pirsync looks at everything, for what time alone brings about; later on nothing happens any more."""

PROSE = {
    "Summary": "Card payments were refused for 48 minutes; a rollback ended it.",
    "Impact": "One customer in three could not pay; 4,112 orders were lost.",
    "Root cause": "5 Whys led to it: see below, and the graph of <a href='https://graphs.example.com/1'>pool use</a>.",
    "Contributing factors": "<ul><li><p>No limit on the pool</p></li><li><p>No alarm on waiting</p></li></ul>",
    "What went well": "The rollback took four minutes.",
    "What could be improved": "The alarm came from a customer.",
}
TEAM = """
time_zone = "Europe/Vienna"
packs = ["major-review", "full-review", "soc2-cc7-4-5", "soc2-cc7"]
template = [{ severity = ["P1", "P2"], use = "full-review" }, { use = "soc2-cc7-4-5" }]
[team.escalation]
on = true
"""
PEOPLE = {
    "scribe": "dpatel",
    "analyst": "fnakamura",
    "technical": "bokafor",
    "stakeholder": "gsilva",
    "participant": "aruiz",
    "security": "bokafor",
    "knowledge": "gsilva",
    "approver": "emorgan",
    "escalation": "hweiss",
}
"""Who has which duty; the commander, Carl Lindqvist, chairs."""


@dataclass
class Quarter:
    """The sandbox, pirsync on it, and a clock that both look at."""

    sandbox: Sandbox
    bench: Bench
    day: int = 0
    changes: dict[int, list[Change]] = field(default_factory=dict)

    @property
    def clock(self) -> Told:
        assert isinstance(self.sandbox.clock, Told)
        return self.sandbox.clock

    def turn_to(self, day: int) -> None:
        """The morning of that day; day 0 is the closure's."""
        self.day = day
        self.clock.set(START + timedelta(days=day, hours=2 if not day else 0))

    def sweep(self) -> Report:
        """Passes until nothing is left to do."""
        for _ in range(8):
            report = run_pass(self.bench, Selection(Mode.ALL))
            assert not report.failed, report.results
            self.changes.setdefault(self.day, []).extend(report.changes)
            if not report.changes and not report.waiting:
                return report
            self.clock.advance(61)
        raise AssertionError(f"day {self.day} did not come to rest: {report.results}")

    def explained(self, key: str) -> dict[str, Any]:
        """What `pirsync explain --json` says."""
        said = StringIO()
        with redirect_stdout(said):
            tell_programs(self.bench, key)
        found: dict[str, Any] = json.loads(said.getvalue())
        return found

    # ------------------------------------------------------------ what people see

    def issue(self, key: str) -> Issue:
        found = tracker.find_issue(self.sandbox, key)
        assert found is not None, key
        return found

    def page(self, key: str) -> wiki.Page:
        ids = [link.global_id.rpartition(":")[2] for link in self.issue(key).remote_links]
        page = wiki.find_page(self.sandbox, ids[0])
        assert page is not None
        return page

    def review(self, key: str) -> ReviewPage:
        return read_review(self.page(key).current.body, default_mapping().headers)

    def summary(self, key: str, label: str) -> str:
        """What a row of the summary says."""
        return self.review(key).summary[fold(label)].text

    def row(self, key: str, action: str) -> Row:
        return next(row for row in self.review(key).rows if row.action == action)

    # ------------------------------------------------------------ what people do

    def save(self, key: str, body: str, who: str) -> None:
        page = self.page(key)
        actor = person(self.sandbox, who)
        wiki.update_page(self.sandbox, actor, page, page.title, body, page.current.number + 1, "")

    def write(self, key: str, sections: dict[str, str], who: str) -> None:
        """Somebody writes sections: all that stands between a heading and the next gives way."""
        body = self.page(key).current.body
        for heading, words in sections.items():
            before, _, rest = body.partition(f"<h2>{heading}</h2>")
            assert rest, heading
            said = words if words.startswith("<") else f"<p>{words}</p>"
            body = f"{before}<h2>{heading}</h2>{said}{rest[rest.index('<h2>') :]}"
        self.save(key, body, who)

    def record(self, key: str, entries: dict[str, str], who: str) -> None:
        """Somebody fills rows of the review record."""
        body = self.page(key).current.body
        for label, storage in entries.items():
            cell = read_review(body, default_mapping().headers).record[fold(label)]
            raw = encode(body)
            body = (raw[: cell.start] + encode(f"<p>{storage}</p>") + raw[cell.end :]).decode()
        self.save(key, body, who)

    def mention(self, name: str) -> str:
        """One of the people, mentioned within a line."""
        user = person(self.sandbox, name)
        who = Mention(ref=user.account_id if self.sandbox.is_cloud else user.user_key)
        return cells.mention(who, self.sandbox.deployment).removeprefix("<p>").removesuffix("</p>")

    def signed(self, word: str, name: str) -> str:
        """A decision of the record: a word, a person, and today."""
        return f"{word} {self.mention(name)} {self.on(self.day)}"

    def on(self, day: int) -> str:
        """A date, as one types it with //."""
        return f'<time datetime="{(START + timedelta(days=day)).date().isoformat()}" />'

    def plans(self, key: str, action: str, owner: str, due: int | None, who: str) -> None:
        """Somebody adds a row to the action table."""
        filled = {Column.ACTION: cells.words(action), Column.CRITERIA: cells.words("It was tried out")}
        if owner:
            filled[Column.OWNER] = f"<p>{self.mention(owner)}</p>"
        if due is not None:
            filled[Column.DUE] = cells.day(self.date(due))
        self.save(key, append_row(self.page(key).current.body, self.review(key), filled), who)

    def takes(self, key: str, action: str, who: str) -> None:
        """Somebody writes their own name beside an action."""
        cell = self.row(key, action).cells[Column.OWNER]
        storage = f"<p>{self.mention(who)}</p>"
        edit = CellEdit(region=Region.ACTIONS, label="", start=cell.start, end=cell.end, storage=storage, text="")
        self.save(key, splice(self.page(key).current.body, [edit]), who)

    def date(self, day: int) -> date:
        return (START + timedelta(days=day)).date()

    def does(self, key: str, action: str, who: str, proof: str = "") -> None:
        """An owner finishes an action's ticket, with a comment that proves it or without."""
        ticket, actor = self.issue(self.row(key, action).ticket or ""), person(self.sandbox, who)
        if proof:
            tracker.add_comment(self.sandbox, actor, ticket, proof)
        for name in ("Start", "Done"):
            steps = tracker.available_transitions(self.sandbox, ticket)
            step = next(one for one in steps if one.name == name)
            tracker.transition(self.sandbox, actor, ticket, step.id)


def play(quarter: Quarter, look: Callable[[int], None]) -> None:
    """The whole quarter; `look` is called on each day of LOOKS, after that day's passes."""
    for day in range(LOOKS[-1] + 1):
        quarter.turn_to(day)
        if (happens := DAYS.get(day)) is not None:
            happens(quarter)
            quarter.clock.advance(3600)
        if day in DAYS or day in LOOKS or day in MONDAYS:
            quarter.sweep()
        if day in LOOKS:
            look(day)


def _closure(q: Quarter) -> None:
    """Monday: both incidents are closed."""
    project = q.sandbox.tracker.projects["30000"]
    for summary, severity in (("Card payments are refused", "P1"), ("Card testers slip past the limit", "P3")):
        begun = q.clock.now()
        ana = person(q.sandbox, "aruiz")
        fields: dict[str, Any] = {"summary": summary, "labels": [], setup.SEVERITY: severity}
        fields |= {setup.COMMANDER: "clindqvist", setup.STARTED: begun - timedelta(minutes=50)}
        made = tracker.create_issue(q.sandbox, ana, project, setup.INCIDENT, fields)
        q.clock.advance(1200)
        tracker.add_comment(q.sandbox, ana, made, "The pool is exhausted; we roll back.")
        q.clock.advance(600)
        tracker.transition(q.sandbox, ana, made, "21", setup.FIXED)


def _decisions(q: Quarter) -> None:
    """Tuesday: the commander says what the incidents are; the P1's meeting gets its date."""
    major = {"Major incident": q.signed("yes", "clindqvist"), "Meeting date": q.on(3)}
    q.record(P1, major, "clindqvist")
    q.record(P3, {"Review criterion": q.signed("novel-attack", "clindqvist")}, "clindqvist")


def _meeting(q: Quarter) -> None:
    """Thursday: the P1's meeting; what was said is written down, and who will do what."""
    q.record(P1, {"Attendance": " ".join(map(q.mention, ("clindqvist", "dpatel", "bokafor", "gsilva")))}, "dpatel")
    q.write(P1, PROSE, "dpatel")
    q.plans(P1, "Alert on the age of messages", "bokafor", 20, "dpatel")
    q.plans(P1, "Cap the pool of connections", "aruiz", 30, "dpatel")
    q.plans(P1, "Rehearse the rollback", "", 30, "dpatel")


def _owner(q: Quarter) -> None:
    """Friday: the action that nobody had gets an owner."""
    q.takes(P1, "Rehearse the rollback", "fnakamura")


def _approval(q: Quarter) -> None:
    """Tuesday after: the approver decides on the P1; the P3's meeting is set at last, too late."""
    q.record(P1, {"Decision": "APPROVED", "Approver": q.mention("emorgan")}, "emorgan")
    q.record(P3, {"Meeting date": q.on(15)}, "clindqvist")
    q.plans(P3, "Count tries by card, not by address", "bokafor", 20, "clindqvist")


def _change(q: Quarter) -> None:
    """Somebody changes what was approved."""
    q.write(P1, {"Impact": "One customer in two could not pay."}, "dpatel")


def _work(q: Quarter) -> None:
    """One action is done with a proof, one without."""
    q.does(P1, "Alert on the age of messages", "bokafor", "Merged: https://git.example.com/ops/alerts/pull/17")
    q.does(P1, "Cap the pool of connections", "aruiz")


DAYS: dict[int, Callable[[Quarter], None]] = {
    0: _closure,
    1: _decisions,
    3: _meeting,
    4: _owner,
    8: _approval,
    10: _change,
    18: _work,
}


@contextmanager
def indoors(deployment: Deployment) -> Iterator[Quarter]:
    """The quarter's beginning, off the network."""
    sandbox = _sandbox(deployment)
    with wired(Wire(sandbox)), _life(sandbox, ADDRESS) as found:
        yield found


@contextmanager
def served(deployment: Deployment) -> Iterator[Quarter]:
    """The same on loopback, for a browser to look at."""
    sandbox = _sandbox(deployment)
    with Running(sandbox) as running, _life(sandbox, running.url) as found:
        yield found


def _sandbox(deployment: Deployment) -> Sandbox:
    sandbox = Sandbox(deployment, clock=Told())
    # pirsync is to need no call that Cloud has removed.
    sandbox.wiki.v1_pages_gone = True
    setup.set_up(sandbox)
    seed_wiki(sandbox)
    return sandbox


@contextmanager
def _life(sandbox: Sandbox, address: str) -> Iterator[Quarter]:
    """A team that follows all four procedures, and a pirsync that runs as one process."""
    assert isinstance(sandbox.clock, Told)
    with tempfile.TemporaryDirectory() as name:
        path = configuration(Path(name), address, sandbox.deployment)
        named = "".join(f'{duty} = ["{_account(sandbox, who)}"]\n' for duty, who in PEOPLE.items())
        text = path.read_text(encoding="utf-8").replace("[run]\n", f"{TEAM}[team.people]\n{named}[run]\n")
        path.write_text(text, encoding="utf-8")
        settings = load(path)
        lose_state(settings.site.state)
        create_state(settings.site.state, settings.site.owner_id, START)
        with bench_of(settings, sandbox.clock, AGAIN) as bench:
            yield Quarter(sandbox, bench)


def _account(sandbox: Sandbox, name: str) -> str:
    user = person(sandbox, name)
    return user.account_id if sandbox.is_cloud else user.name
