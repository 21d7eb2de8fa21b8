"""The summary's rows: what each says in words and in storage format, and what it says of later events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pirsync.model import Event
from pirsync.page import cells
from pirsync.page.summary import SummaryCell, duration, instant, later_events, lines, summary
from pirsync.page_model import Lozenge
from pirsync.sample import sample_incident

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INCIDENT = sample_incident()
REVIEW = Lozenge(text="IN REVIEW", colour="Blue")


def shown(**changes: Any) -> dict[str, SummaryCell]:
    made = summary(INCIDENT.model_copy(update=changes), REVIEW, "1 of 2 done", "Europe/Berlin")
    return {cell.label: cell for cell in made}


def test_an_instant_has_seconds_and_the_zones_offset() -> None:
    assert instant(AT + timedelta(milliseconds=999), "Europe/Berlin") == "2026-03-02T10:00:00+01:00"
    assert instant(None, "UTC") == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (40, "40 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (2 * 3600 + 5 * 60 + 7, "2 h 5 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (86_400 + 60, "1 d"),
        (3 * 86_400 + 4 * 3600, "3 d 4 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert duration(timedelta(seconds=seconds)) == said


def test_the_summary_has_these_rows_in_this_order() -> None:
    assert {label: cell.text for label, cell in shown().items()} == {
        "Review status": "IN REVIEW",
        "Incident": "OPS-1",
        "Title": "Checkout answered slowly <for some & not all>",
        "Incident status": "Closed",
        "Severity": "P1",
        "Started": "2026-03-02T10:30:00+01:00",
        "Detected": "2026-03-02T10:34:00+01:00",
        "Resolved": "2026-03-02T12:30:00+01:00",
        "Closed": "2026-03-02T13:30:00+01:00",
        "Duration": "2 h",
        "Services": "checkout",
        "Actions": "1 of 2 done",
        "Since the closure": "",
    }
    assert list(shown()) == list(shown(severity="", closed=None))


def test_each_cell_is_written_so_that_it_reads_as_its_text() -> None:
    told = shown(summary="a\x00 \n b", services=("one", "two"))
    assert told["Title"] == SummaryCell(label="Title", text="a b", storage=cells.words("a\x00 \n b"))
    assert told["Services"].text == "one, two"
    assert told["Review status"].storage == cells.lozenge(REVIEW)
    assert told["Incident"].storage == cells.link("OPS-1", INCIDENT.url)
    assert [label for label, cell in told.items() if cell.issue] == ["Incident"]


def test_it_lasted_from_its_start_else_its_detection_to_its_resolution() -> None:
    assert shown(started=None)["Duration"].text == "1 h 56 min"
    assert shown(started=None, detected=None)["Duration"].text == ""
    assert shown(resolved=None)["Duration"].text == ""
    assert shown(resolved=INCIDENT.started)["Duration"].text == ""
    assert INCIDENT.started is not None
    assert shown(resolved=INCIDENT.started - timedelta(hours=1))["Duration"].text == ""


def later(*events: tuple[str, str, str]) -> list[str]:
    """What is said of changes a minute apart, without the instants."""
    known = tuple(
        Event(at=AT + timedelta(minutes=n), author="Ana", field=field, before=before, after=after, url="")
        for n, (field, before, after) in enumerate(events)
    )
    told = later_events(INCIDENT.model_copy(update={"events": known, "closed_statuses": ("Closed", "Done")}), "UTC")
    return told.split("; ") if told else []


def test_what_happens_before_the_first_closure_is_not_told() -> None:
    assert later(("status", "Open", "Active"), ("severity", "P2", "P1"), ("status", "Active", "Closed")) == []


def test_re_openings_and_closures_after_the_first_are_told_with_their_instants() -> None:
    assert later(
        ("status", "Open", "Closed"),
        ("status", "Closed", "Done"),
        ("status", "Done", "Open"),
        ("status", "Open", "Active"),
        ("status", "Active", "Done"),
        ("status", "Done", "Open"),
    ) == [
        "re-opened 2026-03-02T09:02:00+00:00",
        "closed again 2026-03-02T09:04:00+00:00",
        "re-opened 2026-03-02T09:05:00+00:00",
    ]


def test_a_severity_changed_after_the_closure_is_told_also_while_it_is_open_again() -> None:
    assert later(
        ("status", "Open", "Closed"),
        ("severity", "P2", ""),
        ("priority", "1", "2"),
        ("status", "Closed", "Open"),
        ("severity", "", "P1"),
    ) == [
        "severity P2 → none 2026-03-02T09:01:00+00:00",
        "re-opened 2026-03-02T09:03:00+00:00",
        "severity none → P1 2026-03-02T09:04:00+00:00",
    ]


def test_a_row_of_lines_shows_each_on_its_own_and_reads_as_all_of_them() -> None:
    assert lines("Due", ["by <Monday>", "by Tuesday"]) == SummaryCell(
        label="Due", text="by <Monday> by Tuesday", storage="<p>by &lt;Monday&gt;</p><p>by Tuesday</p>"
    )
    assert lines("Due", ()) == SummaryCell(label="Due", text="", storage=cells.empty())
