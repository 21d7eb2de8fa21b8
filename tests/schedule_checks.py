"""The rules of the design that can be seen from outside: in the versions of a page, in a world, between two worlds."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from pirsync.page.review import details, rows_of
from pirsync.page.scan import encode
from pirsync.page_model import Column, ReviewPage, Row
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import Issue, setup
from pirsync.sandbox.world import World as Sandbox
from tests.place import INDEX, Place
from tests.schedule_pages import mended
from tests.schedule_people import REGION, WORK, Stage
from tests.stage import default_mapping, read_once, scan_once

OURS = (Column.TICKET, Column.STATUS, Column.CLOSED, Column.EVIDENCE)
LABEL = "pirsync-review"
MARKER = re.compile(r'</?ac:inline-comment-marker\b(?: ac:ref="([^"]*)")?[^>]*>')

Held = frozenset[tuple[object, ...]]


def reading(body: str) -> ReviewPage:
    """A page as people see it."""
    return read_once(body, default_mapping().headers)


def check(stage: Stage) -> None:
    """What holds in a world at rest; AssertionError where it does not."""
    place = stage.place
    assert [name for name in place.wire.names if name.startswith("DELETE")] == []  # rule 6
    check_once(place.sandbox)
    reviews = reviews_of(place)
    shown = Counter(row.ticket for page in reviews.values() for row in reading(page.current.body).rows if row.ticket)
    assert {ticket: times for ticket, times in shown.items() if times > 1} == {}
    for key, page in reviews.items():
        check_versions(page)
        check_comments(page)
        for row in reading(page.current.body).rows:
            check_row(stage, key, row)
        check_told(stage, key)


def reviews_of(place: Place) -> dict[str, wiki.Page]:
    """The review of every incident that is closed or has one, by key."""
    projects = {project for team in place.settings.teams for project in team.projects}
    issues = [i for i in place.sandbox.tracker.issues.values() if i.type_id == setup.INCIDENT]
    ours = [i for i in issues if tracker.project_of(place.sandbox, i).key in projects]
    wanted = [i for i in ours if i.remote_links or tracker.status_of(place.sandbox, i).category == "done"]
    return {issue.key: place.page(issue.key) for issue in wanted}


# ---------------------------------------------------------------- rule 5


def check_once(sandbox: Sandbox) -> None:
    """Rule 5: at most one ticket for a mark and for what people typed, and one page for an incident."""
    made = [i for i in sandbox.tracker.issues.values() if i.creator == SERVICE]
    marks = Counter(mark for issue in made for mark in marks_of(issue))
    assert {mark: times for mark, times in marks.items() if times > 1} == {}, "more than one ticket of a mark"
    works = Counter(work_of(issue.summary) for issue in made)
    twice = {work: times for work, times in works.items() if times > 1}
    assert twice == {}, f"more than one ticket: {twice}"
    born = [page for page in sandbox.wiki.pages.values() if page.versions[0].author == SERVICE]
    titles = Counter((page.space_id, page.versions[0].title) for page in born)
    assert {title: times for title, times in titles.items() if times > 1} == {}
    unlabelled = [page.title for page in born if LABEL not in page.labels and not page.title.startswith(INDEX)]
    assert unlabelled == []


def marks_of(issue: Issue) -> set[str]:
    """A ticket's marks, in its labels and in its description; what all of its incident have in common is none."""
    words = {*issue.labels, *(issue.description or "").split()}
    return {word for word in words if word.startswith("pirsync-") and not word.startswith("pirsync-incident-")}


def work_of(text: str) -> str:
    """What people typed first, whatever was added to it since."""
    return next((work for work in WORK if work in text), text)


# ---------------------------------------------------------------- rules 3 and 4


def check_versions(page: wiki.Page) -> None:
    """Rule 3: of a version of ours, whatever is not ours to write is as it was before."""
    for before, after in pairwise(page.versions):
        if after.author == SERVICE:
            assert after.title == before.title
            check_write(mended(before.body), mended(after.body))


def check_write(before: str, after: str) -> None:
    """No row is gone, no byte outside the cells that are ours is another, and rows that came show tickets."""
    old, new = reading(before), reading(after)
    added = new.rows[len(old.rows) :]
    assert len(new.rows) >= len(old.rows)
    assert all(row.ticket for row in added), [row.action for row in added]
    theirs = _theirs(before, new, len(old.rows)), _theirs(after, old, len(old.rows))
    assert theirs[0] == theirs[1], f"written over what is theirs: {theirs}"


def _theirs(body: str, beside: ReviewPage, rows: int) -> str:
    """A body without the cells that pirsync may write, and without the rows after the first so many."""
    raw, review = encode(body), reading(body)
    spans = [(cell.start, cell.end) for cell in review.summary.values()]
    for row, same in zip(review.rows, beside.rows, strict=False):
        columns = (*OURS, Column.OWNER, Column.DUE) if same.ticket or row.ticket else (Column.TICKET, Column.STATUS)
        spans += [(row.cells[column].start, row.cells[column].end) for column in columns if column in row.cells]
    table = rows_of(next(iter(details(scan_once(raw))[REGION][0].within("table"))))
    spans += [(row.start, row.end) for row in table[rows + 1 :]]
    left, done = b"", 0
    for start, end in sorted(spans):
        left, done = left + raw[done:start], end
    return unmarked((left + raw[done:]).decode())


def unmarked(body: str) -> str:
    """A body without the marks of inline comments, which come into a version that is there already."""
    return MARKER.sub("", body)


def check_comments(page: wiki.Page) -> None:
    """Nobody is told twice."""
    said = Counter(comment.current.body for comment in page.comments if comment.versions[0].author == SERVICE)
    assert {words: times for words, times in said.items() if times > 1} == {}


def check_told(stage: Stage, key: str) -> None:
    """Rule 4: what people typed over a cell stands there, or came to Jira, or they were told that it went."""
    body = stage.body(key)
    lost = {words for words in stage.owed[key] if words not in body and not _came_to_jira(stage.place.sandbox, words)}
    assert lost == set(), f"{key}: nobody was told what became of {lost}"


def _came_to_jira(sandbox: Sandbox, day: str) -> bool:
    """Whether a ticket is due on that day, or was."""
    for issue in sandbox.tracker.issues.values():
        items = [item for history in issue.histories for item in history.items if item.field == "duedate"]
        was = {str(text)[:10] for item in items for text in (item.from_id, item.to_id, item.from_text, item.to_text)}
        if day in was or (issue.due is not None and issue.due.isoformat() == day):
            return True
    return False


# ---------------------------------------------------------------- what rows show


def check_row(stage: Stage, key: str, row: Row) -> None:
    """A row shows its own ticket as it is; one that could have a ticket has one."""
    sandbox, ticket = stage.place.sandbox, row.ticket
    if not ticket:
        assert not (row.action and row.cells[Column.OWNER].mentions and row.cells[Column.DUE].dates), row.action
        return
    issue = stage.place.issue(ticket)
    status = tracker.status_of(sandbox, issue)
    assert work_of(issue.summary) == work_of(row.action)
    assert (issue.key, status.name.casefold()) == (ticket, row.cells[Column.STATUS].text.casefold())
    assert (status.category == "done") == bool(row.cells[Column.CLOSED].dates), row.action
    if stage.edits == "keep" and (stage.typed_over[key] or key in stage.drafted):
        return
    if issue.due is not None:
        assert (issue.due,) == row.cells[Column.DUE].dates, row.action
    if issue.assignee is not None:
        who = issue.assignee.account_id if sandbox.is_cloud else issue.assignee.user_key
        assert [who] == [mention.ref for mention in row.cells[Column.OWNER].mentions], row.action


# ---------------------------------------------------------------- rule 6


def held(sandbox: Sandbox) -> Held:
    """All that could be deleted: what there is, under whatever name, and what hangs on it."""
    found: set[tuple[object, ...]] = set()
    for issue in sandbox.tracker.issues.values():
        found.add((issue.id,))
        found.update((issue.id, "label", label) for label in issue.labels)
        found.update((issue.id, "property", name) for name in issue.properties)
        found.update((issue.id, "link", link.id) for link in tracker.links_of(sandbox, issue))
        found.update((issue.id, "page", link.id) for link in issue.remote_links)
        found.update((issue.id, "comment", comment.id) for comment in issue.comments)
        found.update((issue.id, "file", file.id) for file in issue.attachments)
    for page in sandbox.wiki.pages.values():
        found |= {(page.id, page.status), (page.id, "in", page.space_id, page.parent_id)}
        found.update((page.id, "label", label) for label in page.labels)
        found.update((page.id, "property", name) for name in page.properties)
        found.update((page.id, "version", version.number) for version in page.versions)
        found.update((page.id, "comment", comment.id) for comment in page.comments)
        found.update((page.id, "file", file.id) for file in page.attachments)
        found.update((page.id, "marker", ref) for ref in MARKER.findall(page.current.body))
    return frozenset(found)
