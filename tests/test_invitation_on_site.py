"""On both products, through the real adapters: a file that is attached once, and refreshed in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from icalendar import Calendar

from pirsync.model import Deployment
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Region
from pirsync.report import Report
from pirsync.sandbox import tracker
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.wiki.attachments import Attachment
from pirsync.selection import Mode, Selection

from .place import Place, person, place_of

NAME, ALL = "OPS-1-review.ics", Selection(Mode.ALL)


@contextmanager
def meeting_place(deployment: Deployment) -> Iterator[Place]:
    """A place whose teams follow a procedure that wants a meeting; its reviews are there."""
    with place_of(deployment) as place:
        teams = tuple(team.model_copy(update={"packs": ("soc2-cc7-4-5",)}) for team in place.settings.teams)
        place.settings = place.settings.model_copy(update={"teams": teams})
        tracker.edit_fields(place.sandbox, person(place.sandbox, "hweiss"), place.issue("OPS-1"), {"priority": "1"})
        rest(place)
        yield place


def rest(place: Place) -> list[Report]:
    """Passes until one does nothing."""
    reports = []
    for _ in range(6):
        place.clock.advance(301)
        reports.append(place.run_pass(ALL))
        if not (reports[-1].changes or reports[-1].failed or reports[-1].waiting):
            return reports
    raise AssertionError(reports[-1].results)


def dated(place: Place, storage: str) -> None:
    """A person writes the meeting's date into the record."""
    page, cell = place.page("OPS-1"), place.review("OPS-1").record["meeting date"]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=storage, text="")
    place.save(page, splice(page.current.body, [edit]))


def attached(place: Place) -> list[Attachment]:
    return place.page("OPS-1").attachments


def uploads(place: Place) -> list[tuple[str, int]]:
    """What the first API was asked of files since the log was cleared; on Cloud the second one lists them."""
    return [(method, code) for method, path, code in place.sandbox.faults.log if "child/attachment" in path]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_the_file_is_attached_once_and_refreshed_in_its_place(deployment: Deployment) -> None:
    with meeting_place(deployment) as place:
        assert attached(place) == []
        day = place.clock.now().date().isoformat()
        dated(place, f"<p><time datetime='{day}' /> 23:50</p>")
        place.sandbox.faults.add(Rule("drop-after", method="POST", path="child/attachment"))
        place.sandbox.faults.log.clear()
        rest(place)
        # The reply was lost; the file was looked for, and not sent again.
        assert [method for method, _ in uploads(place)].count("POST") == 1
        place.restart(loses_state=True)
        rest(place)
        dated(place, f"<p><time datetime='{day}' /> 23:55</p>")
        place.sandbox.faults.log.clear()
        rest(place)
        assert [method for method, _ in uploads(place)] == (["POST"] if deployment == "cloud" else ["GET", "POST"])
        (file,) = attached(place)
        assert (file.name, [version.number for version in file.versions]) == (NAME, [1, 2])
        events = [Calendar.from_ical(version.data).walk("VEVENT")[0] for version in file.versions]
        assert [str(event["SEQUENCE"]) for event in events] == ["0", "1"]
        assert events[0]["UID"] == events[1]["UID"]
        assert "23:55" in str(events[1]["DESCRIPTION"])
