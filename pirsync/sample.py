"""A made-up incident with every fact filled in: what templates are tried with before any real one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pirsync.model import Event, Filed, Incident, Note, Person, RemoteLink, StatusCategory
from pirsync.page import birth
from pirsync.page.packet import Piece, pieces
from pirsync.page.summary import summary
from pirsync.page_model import Column, Mention
from pirsync.policy import record, status
from pirsync.policy.packs import Pack
from pirsync.policy.procedures import Procedures

_BEGUN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_HEADERS = {Column.ACTION: "Action item", Column.DUE: "Due date", Column.CRITERIA: "Success criteria"}
_COMMANDER = Person(account="sample-commander", name="Ana Ruiz")


def sample_incident() -> Incident:
    """A closed incident that nobody ever had."""
    site = "https://jira.example.com"
    return Incident(
        id="10001",
        key="OPS-1",
        url=f"{site}/browse/OPS-1",
        project="OPS",
        type="Incident",
        summary="Checkout answered slowly <for some & not all>",
        status="Closed",
        category=StatusCategory.DONE,
        is_closed=True,
        is_restricted=False,
        severity="P1",
        priority="Highest",
        resolution="Fixed",
        created=_BEGUN,
        started=_BEGUN,
        detected=_BEGUN + timedelta(minutes=4),
        resolved=_BEGUN + timedelta(hours=2),
        closed=_BEGUN + timedelta(hours=3),
        updated=_BEGUN + timedelta(hours=3),
        reporter=Person(account="sample-reporter", name="Bisi Okafor"),
        assignee=_COMMANDER,
        commander=_COMMANDER,
        services=("checkout",),
        labels=("payments",),
        description_html="<p>Every third order timed out.</p>",
        events=(
            Event(
                at=_BEGUN + timedelta(hours=3),
                author="Ana Ruiz",
                field="status",
                before="Open",
                after="Closed",
                url=f"{site}/browse/OPS-1",
            ),
        ),
        events_complete=True,
        notes=(
            Note(
                id="1",
                at=_BEGUN + timedelta(minutes=10),
                author="Bisi Okafor",
                html="<p>Rolled back.</p>",
                internal=False,
                url=f"{site}/browse/OPS-1?focusedCommentId=1",
            ),
        ),
        links=(),
        closed_statuses=("Closed",),
    )


def _pieces(incident: Incident) -> tuple[Piece, ...]:
    files = [Filed(name="graph <1>.png", at=_BEGUN, author="Ana Ruiz", url="https://jira.example.com/attachment/1")]
    outside = [RemoteLink(global_id="1", url="https://status.example.com/42", title="Status page & notice")]
    return pieces(incident, files, outside, "https://jira.example.com")


def sample_values(packs: tuple[Pack, ...] = ()) -> dict[str, Any]:
    """Everything that a template may name, for the sample incident of a team that follows these packs."""
    incident = sample_incident()
    counts = status.count((), 1, _BEGUN, "UTC")
    cells = summary(incident, status.review_lozenge(incident, counts), status.describe(counts), "UTC")
    place = birth.Setting(
        deployment="cloud",
        zone="UTC",
        site_url="https://jira.example.com",
        headers={column: (_HEADERS.get(column, column.value.title()),) for column in Column},
        record=tuple(record.rows(packs).items()),
        columns=tuple(record.columns(packs).items()),
        packet_heading=Procedures(packs=packs).packet_heading(incident),
        pieces=_pieces(incident),
    )
    items = (birth.Item(text="Tell the customers", criteria="They know", owner=None, due=None),)
    return birth.values(incident, cells, items, Mention(ref="sample-commander"), place)
