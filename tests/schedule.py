"""Random schedules: what people, passes and faults do in any order, then peace, and then the rules that hold always.

A schedule is made from a seed, and a run of it happens the same way each time. Its steps stand for themselves: leaving
some out changes none of the others, so that a failing schedule can be made shorter.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from pirsync.decision import FindingKind
from pirsync.errors import PirsyncError
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.review import details, read_review, rows_of
from pirsync.page.scan import encode, scan
from pirsync.page_model import Column, ReviewPage
from pirsync.report import Report
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.people import SERVICE, User
from pirsync.sandbox.tracker import Issue, setup
from pirsync.selection import Mode, Selection
from tests.indoors import Killed, is_write
from tests.place import Place, Snapshot, closed_incident, person, place_again, place_of
from tests.stage import default_mapping

WORK = (
    "Alert on the age of messages",
    "Cap the pool of connections",
    "Document who calls whom",
    "Rehearse the failover",
    "Buy a second link",
    "Teach new colleagues",
    "Remove the old cron job",
    "Version the feature flags",
    "Shorten every time-out",
    "Keep backups elsewhere",
)
PEOPLE = ("aruiz", "bokafor", "clindqvist")
PAGE_EDITS = ("restore", "push", "keep")
LAG = 30.0
MOST_STEPS, MOST_PASSES = 14, 14
NEVER = {
    FindingKind.TICKET_GONE,
    FindingKind.TITLE_TAKEN,
    FindingKind.DUPLICATE,
    FindingKind.FOREIGN,
    FindingKind.REGION_REMOVED,
    FindingKind.NOT_SETTLING,
}
"""Nobody in a schedule deletes a ticket, takes a title, makes a mark twice or breaks a table."""

OURS = (Column.TICKET, Column.STATUS, Column.CLOSED, Column.EVIDENCE)


@dataclass(frozen=True)
class Step:
    """Something that happens; the numbers choose to what, as far as there is a choice."""

    name: str
    a: int
    b: int


@dataclass
class Stage:
    """A place in the course of a schedule, and what people have done there that pirsync may tell them."""

    place: Place
    typed: int = 0
    typed_over: set[str] = field(default_factory=set)
    put_away: set[str] = field(default_factory=set)

    def incident(self, number: int) -> str | None:
        """The key of an incident that has a review by now."""
        issues = self.place.sandbox.tracker.issues.values()
        keys = [issue.key for issue in issues if issue.remote_links and issue.type_id == setup.INCIDENT]
        return keys[number % len(keys)] if keys else None

    def ticket(self, number: int) -> Issue | None:
        """A ticket that a row could show."""
        issues = self.place.sandbox.tracker.issues.values()
        found = [issue for issue in issues if issue.type_id == setup.TASK]
        return found[number % len(found)] if found else None


def steps_of(seed: int) -> tuple[Step, ...]:
    """The schedule of that seed: passes, and two or three things that people do between any two of them."""
    chance = random.Random(seed)
    names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
    first = Step("type", 0, chance.randrange(1000))
    length = chance.randrange(4, MOST_STEPS)
    drawn = (Step(chance.choice(names), chance.randrange(1000), chance.randrange(1000)) for _ in range(length))
    return (first, *drawn)


def play(seed: int, steps: tuple[Step, ...], deployment: Deployment) -> int:
    """Play a schedule to its end; AssertionError where a rule does not hold after it. How many requests it made."""
    edits = random.Random(seed).choice(PAGE_EDITS)
    with stage_of(edits, deployment) as stage:
        for step in steps:
            act(stage, step)
        end(stage)
        return len(stage.place.wire.names)


def act(stage: Stage, step: Step) -> None:
    """Let one thing happen."""
    STEPS[step.name](stage, step.a, step.b)
    stage.place.clock.advance(20)


def end(stage: Stage) -> None:
    """Peace, rest, and the rules; AssertionError where one does not hold."""
    _make_peace(stage)
    check(stage, settled(stage))


def shortest(seed: int, steps: tuple[Step, ...], deployment: Deployment) -> tuple[Step, ...]:
    """A failing schedule without the steps that it fails without."""
    for step in steps:
        fewer = tuple(one for one in steps if one is not step)
        try:
            play(seed, fewer, deployment)
        except Exception:  # any failure will do: what is looked for is a short way to one
            steps = fewer
    return steps


@contextmanager
def stage_of(edits: str, deployment: Deployment) -> Iterator[Stage]:
    """A place with one team, for which `page_edits` is so, after the pass that every schedule begins with."""
    with place_again(_born(deployment)) as place:
        yield Stage(_with_one_team(place, edits))


@cache
def _born(deployment: Deployment) -> Snapshot:
    """What that pass leaves: a review of each incident, with a search that lags and requests that are refused."""
    with place_of(deployment) as place:
        act(Stage(_with_one_team(place, PAGE_EDITS[0])), Step("pass", 0, 0))
        return place.snapshot()


def _with_one_team(place: Place, edits: str) -> Place:
    team = place.settings.teams[0].model_copy(update={"page_edits": edits})
    place.settings = place.settings.model_copy(update={"teams": (team,)})
    return place


# ---------------------------------------------------------------- passes, and what befalls them


def _pass(stage: Stage, a: int, b: int) -> None:
    """A pass of some kind; search lags in one of five, one request in twenty is refused, and now and then it dies."""
    place = stage.place
    place.sandbox.faults.lag = LAG if a % 5 == 0 else 0.0
    begun = len(place.wire.names)
    dies = begun + 1 + b % 40 if a % 4 == 1 else 0
    chance = random.Random(a * 1000 + b)

    def fault(number: int, name: str) -> str | None:
        if number == dies:
            return ("kill-before", "kill-after", "drop-after", "drop-before")[a // 4 % 4]
        return "429" if chance.random() < 0.05 else None

    place.wire.fault = fault
    mode = (Mode.ALL, Mode.NEWS, Mode.NEWS, Mode.NAMED)[b % 4] if begun else Mode.ALL
    key = stage.incident(b)
    named = Selection(Mode.NAMED, (key,)) if key else Selection(Mode.ALL)
    _survive(stage, named if mode is Mode.NAMED else Selection(mode))
    place.wire.fault = lambda number, name: None
    place.sandbox.faults.lag = 0.0


def _survive(stage: Stage, selection: Selection) -> Report | None:
    try:
        report = stage.place.run_pass(selection)
    except Killed:
        stage.place.restart()
        return None
    except PirsyncError:
        return None
    hear(stage, report)
    return report


def hear(stage: Stage, report: Report) -> None:
    """Hold what a pass tells to what people did: nobody is accused of what they did not do."""
    for result in report.results:
        assert not result.failure.startswith("internal"), result.failure
        for found in result.findings:
            assert found.kind not in NEVER, found
            assert found.kind is not FindingKind.ROW_EDITED or result.key in stage.typed_over, found
            assert found.kind is not FindingKind.PAGE_GONE or result.key in stage.put_away, found


def _lose_state(stage: Stage, a: int, b: int) -> None:
    stage.place.restart(loses_state=True)


def _wait(stage: Stage, a: int, b: int) -> None:
    stage.place.clock.advance((61, 601, 3700, 90_000)[a % 4])


# ---------------------------------------------------------------- people at pages


def _type(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None and stage.typed < len(WORK) and stage.place.review(key).row_end is not None:
        owner, due = ("", "2026-05-01") if b % 7 == 0 else (PEOPLE[b % 3], "" if b % 11 == 0 else "2026-05-01")
        stage.place.type_row(key, WORK[stage.typed], owner, due)
        stage.typed += 1


def _edit(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    rows = stage.place.rows(key) if key else []
    if key is None or not rows:
        return
    index, column = b % len(rows), (Column.OWNER, Column.DUE, Column.STATUS, Column.CRITERIA, Column.ACTION)[a % 5]
    content = {
        Column.OWNER: stage.place.mention(PEOPLE[a % 3]),
        Column.DUE: cells.day(date(2026, 6, 1) + timedelta(days=b % 20)),
        Column.STATUS: cells.words("as good as done"),
        Column.CRITERIA: cells.words("it rings & wakes <us>"),
        Column.ACTION: cells.words(f"{rows[index].action}, soon"),
    }[column]
    if column not in rows[index].cells:
        return
    stage.typed_over.add(key)
    stage.place.type_cell(key, index, column, content)


def _rows(stage: Stage, a: int, b: int) -> None:
    """A row is deleted, moved to the end, or all are sorted the other way round."""
    key = stage.incident(a)
    if key is None:
        return
    page = stage.place.page(key)
    raw = encode(page.current.body)
    table = next(iter(details(scan(raw))["pirsync-actions"][0].within("table")))
    rows = [raw[row.start : row.end] for row in rows_of(table)]
    begin, end = rows_of(table)[1].start if len(rows) > 1 else 0, rows_of(table)[-1].end
    if len(rows) < 3:
        return
    rest = rows[1:]
    place = b % len(rest)
    match a % 3:
        case 0:
            rest = rest[:place] + rest[place + 1 :]
        case 1:
            rest = rest[:place] + rest[place + 1 :] + [rest[place]]
        case _:
            rest.reverse()
    stage.place.save(page, (raw[:begin] + b"".join(rest) + raw[end:]).decode())


def _rename_column(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None:
        page = stage.place.page(key)
        body = page.current.body.replace("<p>Owner</p>", "<p>Who</p>").replace("<p>Due date</p>", "<p>By when</p>")
        stage.place.save(page, body)


def _retitle(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None:
        page = stage.place.page(key)
        stage.place.save(page, page.current.body, f"What we learned from {key}, {b}")


def _write(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None:
        page = stage.place.page(key)
        stage.place.save(page, page.current.body.replace("a program's.", f"a program's. {b}&nbsp;times &mdash;"))


def _put_away(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None:
        page = stage.place.page(key)
        stage.put_away.add(key)
        wiki.set_status(stage.place.sandbox, page, "archived" if page.status == "current" else "current")


# ---------------------------------------------------------------- people at issues


def _transition(stage: Stage, a: int, b: int) -> None:
    ticket = stage.ticket(a)
    if ticket is not None:
        offered = tracker.available_transitions(stage.place.sandbox, ticket)
        tracker.transition(stage.place.sandbox, _somebody(stage, b), ticket, offered[b % len(offered)].id)


def _reassign(stage: Stage, a: int, b: int) -> None:
    ticket = stage.ticket(a)
    if ticket is not None:
        tracker.edit_fields(stage.place.sandbox, _somebody(stage, a), ticket, {"assignee": _somebody(stage, b)})


def _postpone(stage: Stage, a: int, b: int) -> None:
    ticket = stage.ticket(a)
    if ticket is not None:
        due = date(2026, 7, 1) + timedelta(days=b % 30)
        tracker.edit_fields(stage.place.sandbox, _somebody(stage, a), ticket, {"duedate": due})


def _move_ticket(stage: Stage, a: int, b: int) -> None:
    ticket, bare = stage.ticket(a), stage.place.sandbox.tracker.project("STRICT")
    assert bare is not None
    if ticket is not None and ticket.project_id != bare.id:
        tracker.move_issue(stage.place.sandbox, _somebody(stage, b), ticket, bare)


def _unlink(stage: Stage, a: int, b: int) -> None:
    ticket = stage.ticket(a)
    for link in list(tracker.links_of(stage.place.sandbox, ticket)) if ticket is not None else ():
        for end in (link.source, link.destination):
            stage.place.sandbox.tracker.links[end].remove(link)
            tracker.touch(stage.place.sandbox, stage.place.sandbox.tracker.issues[end])


def _link(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None and stage.typed < len(WORK):
        stage.place.link_by_hand(key, f"By hand: {WORK[stage.typed]}")
        stage.typed += 1


def _reopen(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None:
        issue = stage.place.issue(key)
        is_done = tracker.status_of(stage.place.sandbox, issue).category == "done"
        stage.place.step(key, "41" if is_done else "21", None if is_done else setup.FIXED)


def _classify(stage: Stage, a: int, b: int) -> None:
    key = stage.incident(a)
    if key is not None:
        severity = {setup.SEVERITY: ("P1", "P2", "P3", "P4")[b % 4]}
        tracker.edit_fields(stage.place.sandbox, _somebody(stage, a), stage.place.issue(key), severity)


def _report_incident(stage: Stage, a: int, b: int) -> None:
    sandbox = stage.place.sandbox
    if len([i for i in sandbox.tracker.issues.values() if i.type_id == setup.INCIDENT]) < 5:
        closed_incident(sandbox, sandbox.tracker.projects["30000"], f"Outage {b}")


def _somebody(stage: Stage, number: int) -> User:
    return person(stage.place.sandbox, PEOPLE[number % len(PEOPLE)])


STEPS = {
    "pass": _pass,
    "lose-state": _lose_state,
    "wait": _wait,
    "type": _type,
    "edit": _edit,
    "rows": _rows,
    "rename-column": _rename_column,
    "retitle": _retitle,
    "write": _write,
    "put-away": _put_away,
    "transition": _transition,
    "reassign": _reassign,
    "postpone": _postpone,
    "move-ticket": _move_ticket,
    "unlink": _unlink,
    "link": _link,
    "reopen": _reopen,
    "classify": _classify,
    "report": _report_incident,
}
WEIGHTS = {**dict.fromkeys(STEPS, 1), "pass": 9, "type": 3, "edit": 4, "rows": 2, "transition": 2, "wait": 2}


# ---------------------------------------------------------------- peace, and the rules


def _make_peace(stage: Stage) -> None:
    """People bring back what they put away; the network and the index are well again."""
    for page in stage.place.sandbox.wiki.pages.values():
        wiki.set_status(stage.place.sandbox, page, "current")
    stage.place.clock.advance(3700)


def settled(stage: Stage) -> int:
    """Sweeps until one finds nothing to do, and neither does a poll after it; how many requests came before these."""
    for _ in range(MOST_PASSES):
        begun = len(stage.place.wire.names)
        if not _busy(stage, Mode.ALL) and not _busy(stage, Mode.NEWS):
            return begun
    raise AssertionError("it did not come to rest")


def _busy(stage: Stage, mode: Mode) -> bool:
    """Whether a pass has anything to do, or to wait for."""
    report = stage.place.run_pass(Selection(mode))
    hear(stage, report)
    stage.place.clock.advance(3700)
    return bool(report.changes or report.waiting or report.failed)


def check(stage: Stage, rest: int) -> None:
    """The rules of the design that can be seen in a world at rest, which it is since so many requests."""
    sandbox, names = stage.place.sandbox, stage.place.wire.names
    assert [name for name in names[rest:] if is_write(name)] == []  # rule 2
    assert [name for name in names if name.startswith("DELETE")] == []  # rule 6
    made = [i for i in sandbox.tracker.issues.values() if i.creator == SERVICE]
    marks = [label for issue in made for label in issue.labels if label.startswith("pirsync-")]
    assert len(marks) == len(set(marks))  # rule 5
    assert len(made) <= stage.typed
    born = [page.versions[0].title for page in sandbox.wiki.pages.values() if page.versions[0].author == SERVICE]
    assert sorted(born) == sorted(set(born))  # rule 5
    for page in sandbox.wiki.pages.values():
        if "pirsync-review" in page.labels:
            _check_page(stage, page)


def _check_page(stage: Stage, page: wiki.Page) -> None:
    for before, after in pairwise(page.versions):
        if after.author == SERVICE:
            assert _theirs(before.body, after.body) == _theirs(after.body, before.body)  # rule 3
    for row in _read(page.current.body).rows:
        if row.ticket:
            issue = stage.place.issue(row.ticket)
            is_done = tracker.status_of(stage.place.sandbox, issue).category == "done"
            assert is_done == bool(row.cells[Column.CLOSED].dates), row.action
        elif row.action and row.cells[Column.OWNER].mentions and row.cells[Column.DUE].dates:
            raise AssertionError(f"{row.action} has no ticket")


def _theirs(body: str, other: str) -> bytes:
    """A body without the cells that pirsync may write, and without the rows that the other body does not have."""
    raw, review, beside = encode(body), _read(body), _read(other)
    spans = [(cell.start, cell.end) for cell in review.summary.values()]
    for row, same in zip(review.rows, beside.rows, strict=False):
        columns = (*OURS, Column.OWNER, Column.DUE) if same.ticket or row.ticket else (Column.TICKET, Column.STATUS)
        spans += [(row.cells[column].start, row.cells[column].end) for column in columns if column in row.cells]
    table = rows_of(next(iter(details(scan(raw))["pirsync-actions"][0].within("table"))))
    spans += [(row.start, row.end) for row in table[len(beside.rows) + 1 :]]
    left, done = b"", 0
    for start, end in sorted(spans):
        left, done = left + raw[done:start], end
    return left + raw[done:]


def _read(body: str) -> ReviewPage:
    return read_review(body, default_mapping().headers)
