"""The second story: what the first leaves out, for one team that follows a procedure, escalates, and adopts a page.

Its incident's page and tickets are there when it begins: how they are made the first story tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from pirsync.adopt_commands import Asked
from pirsync.config import load
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Column, Region
from pirsync.sandbox import wiki
from pirsync.sandbox.tracker import edit_fields
from pirsync.sandbox.tracker.attachments import attach
from tests.place import Place, closed_incident, person, place_of

OLD = datetime(2025, 6, 2, 8, tzinfo=UTC)
"""When the incident was closed whose page people wrote: long before the team's `closed_since`."""

TEXT = """
[team.people]
chair = "{chair}"
[team.escalation]
on = true
due_soon = 0
stale = 0
"""


@contextmanager
def life_of(deployment: Deployment) -> Iterator[Place]:
    """A place with one team, which follows a procedure; the pages are there, and the rows have their tickets."""
    with place_of(deployment) as place:
        hanna = person(place.sandbox, "hweiss")
        chair = hanna.account_id if place.sandbox.is_cloud else hanna.name
        path = place.settings.path
        site, _, team = path.read_text(encoding="utf-8").split("[[team]]\n")
        team = team.replace('page_edits = "push"', 'packs = ["soc2-cc7-4-5"]').replace('"BARE"', '"ACT"')
        team = team.replace('"always"', "2026-01-01")
        path.write_text(f"{site}[[team]]\n{team}{TEXT.format(chair=chair)}", encoding="utf-8")
        place.settings = load(path)
        edit_fields(place.sandbox, hanna, place.issue("INC-1"), {"priority": "1"})
        yield place


def prepare(place: Place) -> None:
    """A page people wrote of an old incident, and before anything goes wrong, a review with two tickets."""
    present = place.clock.instant
    place.clock.set(OLD)
    closed_incident(place.sandbox, place.sandbox.tracker.projects["30009"], "Outage of June")
    space = next(one for one in place.sandbox.wiki.spaces.values() if one.key == "SEC")
    wiki.create_page(place.sandbox, person(place.sandbox, "aruiz"), space, None, "June", "<p>It rained in.</p>")
    place.clock.set(present)


def rows(place: Place) -> None:
    """Two rows become tickets."""
    place.type_row("INC-1", "Fix the queue", due="2026-03-20")
    place.type_row("INC-1", "Move the logs", "bokafor", due="2026-03-20")


def disagrees(place: Place) -> None:
    """A date is typed over and put back, with a comment; the meeting gets its day, and a ticket is done unproven."""
    place.type_cell("INC-1", 0, Column.DUE, cells.day(date(2026, 4, 8)))
    page, cell = place.page("INC-1"), place.review("INC-1").record["meeting date"]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=MEETS, text="")
    place.save(page, splice(page.current.body, [edit]))
    place.step(place.rows("INC-1")[1].ticket or "", "41")


MEETS = "<p><time datetime='2026-03-05' /> 14:00</p>"


def passes_its_day(place: Place) -> None:
    """An action is late, which its owner is told; the other one's proof comes, which its comment says."""
    turn_to(place, "2026-03-24")
    issue = place.issue(place.rows("INC-1")[1].ticket or "")
    attach(place.sandbox, person(place.sandbox, "bokafor"), issue, "after.png", "image/png", b"png")


def ends_a_quarter(place: Place) -> None:
    """What it left gets a page."""
    turn_to(place, "2026-04-02")


def adopts(place: Place) -> None:
    """People want the page of last year as its incident's review."""
    page = next(page for page in place.sandbox.wiki.pages.values() if page.title == "June")
    place.asked = (Asked(key="INC-2", page=str(page.id)),)


def lets_go(place: Place) -> None:
    """And take that back."""
    place.asked = (Asked(key="INC-2", page=""),)


def turn_to(place: Place, day: str) -> None:
    """The morning of that day."""
    place.clock.set(datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=UTC) + timedelta(seconds=1))
