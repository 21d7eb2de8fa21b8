"""Plain values for tests of the pure core: one incident, its page, its tickets, its terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pirsync.decision import Desired, Journal, Observed, Owner, Terms
from pirsync.model import CreateScreen, Incident, Mark, Person, StatusCategory, Ticket
from pirsync.names import STAMP
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page_model import Column, Memory, Mention, Page, PageStatus, Shown
from pirsync.ports import IntentStatus, LinkType
from pirsync.sample import sample_incident

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
OWNER_ID = "owner-0001"
US = "acc-service"
ANA = Person(account="acc-ana", name="Ana Ruiz")
HEADERS = {
    Column.ACTION: ("Action item", "Action"),
    Column.OWNER: ("Owner",),
    Column.DUE: ("Due date", "Due"),
    Column.STATUS: ("Status",),
    Column.CRITERIA: ("Success criteria",),
    Column.TICKET: ("Ticket",),
    Column.CLOSED: ("Closed",),
    Column.EVIDENCE: ("Evidence",),
}
TERMS = Terms(
    team="ops",
    owner_id=OWNER_ID,
    deployment="cloud",
    wiki_account=US,
    projects=("OPS",),
    issue_types=("Incident",),
    closed_since=datetime(2026, 1, 1, tzinfo=UTC),
    space="OPS",
    parent=None,
    title="{key} Post-incident review",
    index_title="Index",
    action_project="ACT",
    action_type="Task",
    link_type=LinkType(id="10300", name="Action item", inward="is action item of", outward="has action item"),
    link_side="outward",
    zone="UTC",
    page_edits="restore",
    quiet_period=timedelta(minutes=5),
    quiet_at_most=timedelta(minutes=60),
    settle=timedelta(seconds=60),
    headers=HEADERS,
    default_items=(),
    ticket_fields={},
)
SCREEN = CreateScreen(
    project="ACT",
    type_id="10002",
    type_name="Task",
    fields={
        "summary": "Summary",
        "description": "Description",
        "assignee": "Assignee",
        "duedate": "Due date",
        "labels": "Labels",
        "issuelinks": "Linked Issues",
    },
    required=("summary",),
)
JOURNAL = Journal(
    intents={}, settled_from=NOW - timedelta(days=1), waiting_since=None, refused={}, asserted={}, barred=None
)
INCIDENT: Incident = sample_incident()


def terms(**changes: Any) -> Terms:
    return TERMS.model_copy(update=changes)


def incident(**changes: Any) -> Incident:
    return INCIDENT.model_copy(update=changes)


def row(action: str = "Fix it", owner: str = "acc-ana", due: str = "2026-04-01", **more: str) -> dict[Column, str]:
    """A row as people type it; `more` are other columns' contents, in storage format, by their role."""
    filled = {Column.ACTION: cells.words(action)}
    if owner:
        filled[Column.OWNER] = cells.mention(Mention(ref=owner), "cloud")
    if due:
        filled[Column.DUE] = cells.day(date.fromisoformat(due))
    return filled | {Column(name): content for name, content in more.items()}


def body_of(rows: Sequence[dict[Column, str]], *summary: tuple[str, str]) -> str:
    head = "".join(f"<th><p>{HEADERS[column][0]}</p></th>" for column in Column)
    lines = "".join(
        "<tr>" + "".join(f"<td>{cells_.get(column, '<p></p>')}</td>" for column in Column) + "</tr>" for cells_ in rows
    )
    pairs = "".join(f"<tr><th>{label}</th><td>{content}</td></tr>" for label, content in summary)
    return _details("pirsync-summary", pairs) + "<p>theirs</p>" + _details("pirsync-actions", f"<tr>{head}</tr>{lines}")


def _details(name: str, rows: str) -> str:
    return (
        f'<ac:structured-macro ac:name="details"><ac:parameter ac:name="id">{name}</ac:parameter>'
        f"<ac:rich-text-body><table><tbody>{rows}</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )


def page(body: str, **changes: Any) -> Page:
    told = Page(
        id="500",
        space="OPS",
        title="OPS-1 Post-incident review",
        status=PageStatus.CURRENT,
        version=3,
        at=NOW - timedelta(hours=2),
        author=US,
        message=f"{STAMP} 1 cell from Jira",
        url="https://wiki.example.com/pages/500",
        body=body,
    )
    return told.model_copy(update=changes)


def ticket(number: int = 1, **changes: Any) -> Ticket:
    told = Ticket(
        id=str(20000 + number),
        key=f"ACT-{number}",
        url=f"https://jira.example.com/browse/ACT-{number}",
        project="ACT",
        summary="Fix it",
        status="To Do",
        category=StatusCategory.NEW,
        resolution="",
        assignee=ANA,
        due=date(2026, 4, 1),
        done_at=None,
        done_by="",
        labels=("pirsync",),
        mark=Mark(value=f"mark{number}", owner=OWNER_ID, incident=INCIDENT.id),
        links=(),
    )
    return told.model_copy(update=changes)


def done(number: int = 1, **changes: Any) -> Ticket:
    at = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    over: dict[str, Any] = {
        "status": "Done",
        "category": StatusCategory.DONE,
        "resolution": "Done",
        "done_at": at,
        "done_by": "Ana Ruiz",
    }
    return ticket(number, **(over | changes))


def memory(**changes: Any) -> Memory:
    return Memory(page="500", incident=INCIDENT.id, owner=OWNER_ID).model_copy(update=changes)


def agreed(*tickets: Ticket) -> dict[str, Shown]:
    return {
        t.id: Shown(owner=t.assignee.account if t.assignee else "", due=t.due.isoformat() if t.due else "")
        for t in tickets
    }


def observed(body: str | None, tickets: Sequence[Ticket] = (), **changes: Any) -> Observed:
    """What was read; every mention stands for Ana."""
    found = page(body) if body is not None else None
    review = read_review(body, HEADERS) if body is not None else None
    told = Observed(
        incident=INCIDENT,
        page=found,
        review=review,
        base=review,
        gone="",
        title_holder=None,
        memory=memory(rows=agreed(*tickets)) if found else None,
        memory_property=None,
        tickets={t.id: t for t in tickets},
        owners={"acc-ana": Owner(person=ANA, reason="")},
        mentions={"acc-ana": Mention(ref="acc-ana")},
        screen=SCREEN,
    )
    return told.model_copy(update=changes)


def wanted(seen: Observed, known: Terms = TERMS) -> Desired:
    from pirsync.plan import desired

    return desired(seen, known, lambda _: ("<p>born</p>", 0))


def intent(mark: str, status: str, **changes: Any) -> IntentStatus:
    told = IntentStatus(
        mark=mark,
        kind="ticket",
        incident=INCIDENT.id,
        status=status,
        sent_at=None,
        attempt=1,
        digest="",
        remote_id="",
        remote_key="",
        reason="",
    )
    return told.model_copy(update=changes)
