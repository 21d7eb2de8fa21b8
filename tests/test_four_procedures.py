"""A P1 and a P3 incident through a whole quarter, by the four procedures at once."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from pirsync.model import Deployment
from pirsync.page.index import read_index
from pirsync.page_model import Column, Row
from pirsync.policy.deadlines import Standing
from pirsync.sandbox.people import PEOPLE, SERVICE
from tests.indoors import lean
from tests.quarter import LOOKS, P1, P3, Quarter, indoors, play

Stands = dict[str, str]

MET, LATE, OPEN, OVERDUE = (one.value for one in (Standing.MET, Standing.LATE, Standing.OPEN, Standing.OVERDUE))
BEFORE: dict[str, Stands] = {
    P1: {
        "full-review schedule": OPEN,
        "soc2-cc7-4-5 schedule": OPEN,
        "soc2-cc7-4-5 approve": OPEN,
        "soc2-cc7 write": OPEN,
    },
    P3: {"soc2-cc7-4-5 schedule": OPEN, "soc2-cc7-4-5 approve": OPEN},
}
"""Of the P1 nobody has said that it is major, of the P3 not by which criterion it is reviewed."""

SCHEDULED = {f"{pack} schedule": MET for pack in ("full-review", "major-review", "soc2-cc7-4-5")}
STANDS: dict[int, dict[str, Stands]] = {
    0: BEFORE,
    3: {
        P1: {**SCHEDULED, "soc2-cc7-4-5 approve": OPEN, "soc2-cc7 write": MET},
        P3: {"full-review schedule-p3": OPEN, "soc2-cc7-4-5 schedule": OPEN, "soc2-cc7-4-5 approve": OPEN},
    },
    8: {
        P1: {**SCHEDULED, "soc2-cc7-4-5 approve": LATE, "soc2-cc7 write": MET},
        P3: {"full-review schedule-p3": LATE, "soc2-cc7-4-5 schedule": LATE, "soc2-cc7-4-5 approve": OVERDUE},
    },
}
STANDS[91] = STANDS[8]


@pytest.mark.parametrize("deployment", get_args(Deployment))
def test_a_quarter_by_four_procedures(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    lean(monkeypatch)
    seen: dict[int, dict[str, Any]] = {}
    with indoors(deployment) as quarter:
        play(quarter, lambda day: seen.update({day: {key: quarter.explained(key) for key in (P1, P3)}}))
        assert {day: {key: stands(told) for key, told in found.items()} for day, found in seen.items()} == STANDS
        assert tuple(seen) == LOOKS
        at_the_end(quarter, seen[91])
        assert quarter.sweep().changes == ()


def stands(told: dict[str, Any]) -> Stands:
    """How each deadline stands, by its pack and clause."""
    return {
        f"{due['deadline']['pack'].split()[0]} {due['deadline']['clause']}": due["standing"] for due in told["dues"]
    }


def at_the_end(quarter: Quarter, told: dict[str, Any]) -> None:
    """What the quarter leaves: who approved, what was changed since, who was told, and what leadership is asked."""
    assert told[P1]["remarks"] == [
        "approved in version 14 by Ellis Morgan",
        "changed since the approval, in version 16",
    ]
    done = quarter.row(P1, "Alert on the age of messages").ticket
    asked = f'comment "Effective: yes" or "Effective: no" on {done}'
    assert [(one["who"], one["what"]) for one in told[P1]["waits"]] == [("Carl Lindqvist", asked)]
    assert [one["who"] for one in told[P3]["waits"]] == ["Ellis Morgan"]
    assert quarter.summary(P1, "Meeting").startswith("held Thu 5 March 2026 (Europe/Vienna) attendance: 4 people, ")
    assert quarter.summary(P1, "Approval").startswith("approved by Ellis Morgan in version 14, ")
    assert quarter.summary(P1, "Approval").endswith(" changed since the approval, in version 16")
    missed = "passed on Tue 17 March 2026 (Europe/Vienna), and no attendance is recorded"
    assert quarter.summary(P3, "Meeting") == missed
    assert quarter.summary(P3, "Approval") == ""
    assert quarter.row(P1, "Cap the pool of connections").cells[Column.STATUS].text == "DONE, NO EVIDENCE"
    assert quarter.row(P1, "Alert on the age of messages").cells[Column.STATUS].text == "DONE"
    assert quarter.row(P3, "Count tries by card, not by address").cells[Column.STATUS].text == "TO DO"
    invited = {attached.name: len(attached.versions) for key in (P1, P3) for attached in quarter.page(key).attachments}
    assert invited == {"OPS-1-review.ics": 1, "OPS-2-review.ics": 1}
    assert mentioned(quarter, quarter.row(P1, "Alert on the age of messages")) == []
    assert mentioned(quarter, quarter.row(P1, "Cap the pool of connections")) == ["clindqvist", "hweiss"]
    assert mentioned(quarter, quarter.row(P3, "Count tries by card, not by address")) == LADDER
    index = next(page for page in quarter.sandbox.wiki.pages.values() if page.title == "Post-incident review index")
    assert {row.key: row.procedures for row in read_index(index.current.body).rows} == {
        P1: "major-review 1.0, full-review 1.0, soc2-cc7-4-5 1.0, soc2-cc7 1.0",
        P3: "full-review 1.0, soc2-cc7-4-5 1.0",
    }
    left = next(page for page in quarter.sandbox.wiki.pages.values() if page.title == "Escalation 2026 Q1")
    assert "Count tries by card, not by address" in left.current.body
    assert "1 overdue" in left.current.body


LADDER = ["bokafor", "clindqvist", "hweiss"]
"""An action's owner, the lead, and leadership: each once."""


def mentioned(quarter: Quarter, row: Row) -> list[str]:
    """Whom our comments on a row's ticket mention, in their order."""
    comments = quarter.issue(row.ticket or "").comments
    said = [comment.body for comment in comments if comment.author == SERVICE]
    people = {user.account_id if quarter.sandbox.is_cloud else user.name: user.name for user in PEOPLE}
    found = [re.match(r"\[~(?:accountid:)?([^\]]+)\]", body) for body in said]
    return [people[match.group(1)] for match in found if match]
