"""What people do in a schedule, at pages and at issues, and what of it pirsync may tell, or has to."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from pirsync.page import cells
from pirsync.page.review import details, rows_of
from pirsync.page.scan import encode
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Column, Region, Row
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import Issue, attachments, links, setup
from pirsync.sandbox.wiki import attachments as files
from pirsync.sandbox.wiki import comments, markers
from tests.place import Place, closed_incident, person
from tests.stage import scan_once

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
"""Each is typed or linked once in a schedule, so that two tickets of one are one too many."""

PEOPLE = ("aruiz", "bokafor", "clindqvist")
TO_MANAGED = (Column.STATUS, Column.OWNER, Column.DUE)
REGION = "pirsync-actions"
FIRST_DAY = date(2026, 6, 1)


@dataclass
class Stage:
    """A place in the course of a schedule, and what people have done there that concerns what pirsync tells.

    By a review's key: `typed_over` are the words that people typed where pirsync writes, until they are told and gone;
    `owed` those that have to be told should they go. `drafts` are what open editors hold, `drafted` the reviews over
    which one was published.
    `only_sweeps_see` says what of all this no poll is told; `taken` is what people took away while a pass ran, and
    `set_back` by how many seconds clocks were.
    """

    place: Place
    edits: str = "restore"
    typed: int = 0
    days: int = 0
    typed_over: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    owed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    drafts: dict[str, str] = field(default_factory=dict)
    drafted: set[str] = field(default_factory=set)
    only_sweeps_see: set[str] = field(default_factory=set)
    taken: set[tuple[object, ...]] = field(default_factory=set)
    set_back: float = 0.0

    def incident(self, chance: random.Random) -> str | None:
        """The key of an incident that has a review by now."""
        issues = self.place.sandbox.tracker.issues.values()
        keys = [issue.key for issue in issues if issue.remote_links and issue.type_id == setup.INCIDENT]
        return chance.choice(keys) if keys else None

    def ticket(self, chance: random.Random) -> Issue | None:
        """A ticket that a row could show."""
        issues = self.place.sandbox.tracker.issues.values()
        found = [issue for issue in issues if issue.type_id == setup.TASK]
        return chance.choice(found) if found else None

    def somebody(self, chance: random.Random) -> User:
        """One of the people."""
        return person(self.place.sandbox, chance.choice(PEOPLE))

    def next_day(self) -> date:
        """A day that nobody has named yet."""
        self.days += 1
        return FIRST_DAY + timedelta(days=self.days)

    def body(self, key: str) -> str:
        """What a review's page says now."""
        return self.place.page(key).current.body

    @contextmanager
    def at_page(self, key: str) -> Iterator[wiki.Page]:
        """While people write on a page. What they take away themselves, nobody has to tell them."""
        page = self.place.page(key)
        standing = {words for words in self.owed[key] if words in page.current.body}
        yield page
        self.owed[key] -= {words for words in standing if words not in page.current.body}


# ---------------------------------------------------------------- at pages


def _type(stage: Stage, chance: random.Random) -> None:
    key = stage.incident(chance)
    if key is not None and stage.typed < len(WORK) and stage.place.review(key).row_end is not None:
        owner = "" if chance.random() < 0.15 else chance.choice(PEOPLE)
        due = "" if chance.random() < 0.1 else stage.next_day().isoformat()
        stage.place.type_row(key, WORK[stage.typed], owner, due)
        stage.typed += 1
        if due:
            # A project may take no date at first, and have another one later.
            stage.typed_over[key].add(due)


def _edit(stage: Stage, chance: random.Random) -> None:
    """A person types into a cell, over pirsync's or into their own."""
    key = stage.incident(chance)
    rows = stage.place.rows(key) if key else []
    if key is None or not rows:
        return
    row = chance.choice(rows)
    column = chance.choice((*TO_MANAGED, *TO_MANAGED, Column.CRITERIA, Column.ACTION))
    if (cell := row.cells.get(column)) is None:
        return
    words, content = _typed(stage, row, column, chance)
    with stage.at_page(key) as page:
        edit = CellEdit(region=Region.ACTIONS, label="", start=cell.start, end=cell.end, storage=content, text="")
        stage.place.save(page, splice(page.current.body, [edit]))
    if column in TO_MANAGED:
        stage.typed_over[key].add(words)
    if row.ticket and (column is Column.DUE or (column is Column.STATUS and cell.text)):
        stage.owed[key].add(words)


def _typed(stage: Stage, row: Row, column: Column, chance: random.Random) -> tuple[str, str]:
    """What is typed, by words that tell it from all else, and as it is stored."""
    match column:
        case Column.OWNER:
            user = stage.somebody(chance)
            ref = user.account_id if stage.place.sandbox.is_cloud else user.user_key
            return ref, stage.place.mention(user.name)
        case Column.DUE:
            day = stage.next_day()
            return day.isoformat(), cells.day(day)
        case Column.STATUS:
            words = f"as good as done by {stage.next_day()}"
        case Column.CRITERIA:
            words = "it rings & wakes <us>"
        case _:
            words = f"{row.action}, soon"
    return words, cells.words(words)


def _rows(stage: Stage, chance: random.Random) -> None:
    """A row is deleted, moved to the end, or all are sorted the other way round."""
    key = stage.incident(chance)
    if key is None:
        return
    raw = encode(stage.body(key))
    found = details(scan_once(raw)).get(REGION)
    if found is None:
        return
    table = next(iter(found[0].within("table")))
    (_, *rows) = [raw[row.start : row.end] for row in rows_of(table)]
    if len(rows) < 2:
        return
    begin, end = rows_of(table)[1].start, rows_of(table)[-1].end
    place = chance.randrange(len(rows))
    match chance.choice(("delete", "move", "sort")):
        case "delete":
            rest = rows[:place] + rows[place + 1 :]
        case "move":
            rest = rows[:place] + rows[place + 1 :] + [rows[place]]
        case _:
            rest = rows[::-1]
    with stage.at_page(key) as page:
        stage.place.save(page, (raw[:begin] + b"".join(rest) + raw[end:]).decode())


def _rename_column(stage: Stage, chance: random.Random) -> None:
    if (key := stage.incident(chance)) is not None:
        with stage.at_page(key) as page:
            body = page.current.body.replace("<p>Owner</p>", "<p>Who</p>").replace("<p>Due date</p>", "<p>By when</p>")
            stage.place.save(page, body)


def _retitle(stage: Stage, chance: random.Random) -> None:
    if (key := stage.incident(chance)) is not None:
        with stage.at_page(key) as page:
            stage.place.save(page, page.current.body, f"What we learned from {key}, {chance.randrange(1000)}")


def _write(stage: Stage, chance: random.Random) -> None:
    if (key := stage.incident(chance)) is not None:
        words = f"a program's. {chance.randrange(1000)}&nbsp;times &mdash;"
        with stage.at_page(key) as page:
            stage.place.save(page, page.current.body.replace("a program's.", words))


def _remark(stage: Stage, chance: random.Random) -> None:
    """A comment below a page, or on words in a row; what words stand in a Status cell is then nobody's to write."""
    key = stage.incident(chance)
    if key is None:
        return
    page, sandbox = stage.place.page(key), stage.place.sandbox
    rows = stage.place.rows(key)
    marked = [row.cells[column] for row in rows for column in (Column.STATUS, Column.ACTION) if column in row.cells]
    words = [cell.text for cell in marked if cell.text and cell.lozenge is None and not cell.is_commented]
    anchor = None
    if words and chance.random() < 0.7:
        # What a person typed over a Status is found but once; a name of an action may be part of another.
        with suppress(wiki.Refused):
            anchor = markers.mark(sandbox, page, chance.choice(words), 1, 0)
    comments.add_comment(sandbox, stage.somebody(chance), page, "<p>Is it?</p>", anchor)


def _attach(stage: Stage, chance: random.Random) -> None:
    key, ticket = stage.incident(chance), stage.ticket(chance)
    somebody, name = stage.somebody(chance), f"{chance.randrange(1000)}.txt"
    if key is not None and chance.random() < 0.5:
        page = stage.place.page(key)
        if files.attachment_named(page, name) is None:
            files.attach(stage.place.sandbox, somebody, page, files.Upload(name, "text/plain", b"seen"))
    elif ticket is not None:
        attachments.attach(stage.place.sandbox, somebody, ticket, name, "text/plain", b"seen")


# ---------------------------------------------------------------- at issues


def _transition(stage: Stage, chance: random.Random) -> None:
    if (ticket := stage.ticket(chance)) is not None:
        offered = tracker.available_transitions(stage.place.sandbox, ticket)
        tracker.transition(stage.place.sandbox, stage.somebody(chance), ticket, chance.choice(offered).id)


def _reassign(stage: Stage, chance: random.Random) -> None:
    if (ticket := stage.ticket(chance)) is not None:
        owner = {"assignee": stage.somebody(chance)}
        tracker.edit_fields(stage.place.sandbox, stage.somebody(chance), ticket, owner)


def _postpone(stage: Stage, chance: random.Random) -> None:
    """A ticket gets another due date, or none."""
    if (ticket := stage.ticket(chance)) is not None:
        day = date(2026, 8, 1) + timedelta(days=chance.randrange(30)) if chance.random() < 0.8 else None
        tracker.edit_fields(stage.place.sandbox, stage.somebody(chance), ticket, {"duedate": day})


def _say(stage: Stage, chance: random.Random) -> None:
    """A comment on a ticket or an incident."""
    ticket, key = stage.ticket(chance), stage.incident(chance)
    issue = stage.place.issue(key) if key is not None and chance.random() < 0.5 else ticket
    if issue is not None:
        tracker.add_comment(stage.place.sandbox, stage.somebody(chance), issue, "See *there*.")


def _move_ticket(stage: Stage, chance: random.Random) -> None:
    ticket, strict = stage.ticket(chance), stage.place.sandbox.tracker.project("STRICT")
    assert strict is not None
    if ticket is not None and ticket.project_id != strict.id:
        tracker.move_issue(stage.place.sandbox, stage.somebody(chance), ticket, strict)


def _unlink(stage: Stage, chance: random.Random) -> None:
    ticket = stage.ticket(chance)
    for link in list(tracker.links_of(stage.place.sandbox, ticket)) if ticket is not None else ():
        links.unlink(stage.place.sandbox, stage.somebody(chance), link)


def _link(stage: Stage, chance: random.Random) -> None:
    key = stage.incident(chance)
    if key is not None and stage.typed < len(WORK):
        stage.place.link_by_hand(key, f"By hand: {WORK[stage.typed]}")
        stage.typed += 1


def _reopen(stage: Stage, chance: random.Random) -> None:
    """An incident is opened again, or closed again."""
    if (key := stage.incident(chance)) is not None:
        is_done = tracker.status_of(stage.place.sandbox, stage.place.issue(key)).category == "done"
        stage.place.step(key, "41" if is_done else "21", None if is_done else setup.FIXED)


def _classify(stage: Stage, chance: random.Random) -> None:
    if (key := stage.incident(chance)) is not None:
        severity = {setup.SEVERITY: chance.choice(("P1", "P2", "P3", "P4"))}
        tracker.edit_fields(stage.place.sandbox, stage.somebody(chance), stage.place.issue(key), severity)


def _report_incident(stage: Stage, chance: random.Random) -> None:
    sandbox = stage.place.sandbox
    if len([i for i in sandbox.tracker.issues.values() if i.type_id == setup.INCIDENT]) < 5:
        (project,) = {team.projects[0] for team in stage.place.settings.teams[:1]}
        reported = sandbox.tracker.project(project)
        assert reported is not None
        closed_incident(sandbox, reported, f"Outage {chance.randrange(1000)}")


DEEDS = {
    "type": _type,
    "edit": _edit,
    "rows": _rows,
    "rename-column": _rename_column,
    "retitle": _retitle,
    "write": _write,
    "remark": _remark,
    "attach": _attach,
    "transition": _transition,
    "reassign": _reassign,
    "postpone": _postpone,
    "say": _say,
    "move-ticket": _move_ticket,
    "unlink": _unlink,
    "link": _link,
    "reopen": _reopen,
    "classify": _classify,
    "report": _report_incident,
}
SUDDEN = ("edit", "type", "rows", "write", "transition")
"""What people do also while a pass runs."""
