"""Plans made of plain values, and what tests look for in them."""

from __future__ import annotations

from typing import Any

from pirsync.changes import UpdatePage
from pirsync.decision import FindingKind, Journal, Observed, Plan, Terms
from pirsync.model import IssueLink
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page_model import Column
from pirsync.plan import plan
from pirsync.policy.standing import ReviewStanding
from pirsync.policy.status import ticket_lozenge
from tests.samples import (
    HEADERS,
    JOURNAL,
    NOW,
    TERMS,
    row,
    ticket,
    wanted,
)


def decide(seen: Observed, known: Terms = TERMS, journal: Journal = JOURNAL, now: Any = NOW) -> Plan:
    first = plan(wanted(seen, known), seen, journal, now)
    assert plan(wanted(seen, known), seen, journal, now) == first  # rule 1
    return first


def standing(decided: Plan) -> ReviewStanding:
    """What is kept of the review for the view."""
    assert decided.standing is not None
    return decided.standing


def kinds(decided: Plan) -> list[str]:
    return [change.change for change in decided.changes]


def finding(decided: Plan, kind: FindingKind) -> str:
    found = [f.message for f in decided.findings if f.kind is kind]
    assert len(found) == 1, decided.findings
    return found[0]


def body_after(decided: Plan) -> str:
    (write,) = [change for change in decided.changes if isinstance(change, UpdatePage)]
    return write.body


def key_cell(number: int = 1) -> str:
    return cells.ticket(f"ACT-{number}", f"https://jira.example.com/browse/ACT-{number}", "cloud")


def settled_row(number: int = 1, **more: str) -> dict[Any, str]:
    shown = cells.lozenge(ticket_lozenge(ticket(number)))
    told = {"ticket": key_cell(number), "status": shown} | more
    return row(**{name: content for name, content in told.items() if name != "due"}) | {
        Column(name): content for name, content in told.items()
    }


def link_to(number: int = 7) -> IssueLink:
    return IssueLink(
        type_id="10300",
        type_name="Action item",
        direction="outward",
        other_id=str(20000 + number),
        other_key=f"ACT-{number}",
    )


def body_text(decided: Plan) -> str:
    return read_review(body_after(decided), HEADERS).rows[0].cells[Column.STATUS].text
