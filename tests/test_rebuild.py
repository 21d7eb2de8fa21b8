"""`pirsync state rebuild` on a site with a history: what the new state knows, and when the old one stays.

Without sockets and without waits; both dialects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

import pytest

from pirsync.adapters.state import SqlState, open_state
from pirsync.config import load
from pirsync.decision import Wishes
from pirsync.errors import Unavailable
from pirsync.known import wish
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page_model import Column
from pirsync.report import Report
from pirsync.sandbox.wiki import set_status
from pirsync.selection import Mode, Selection
from pirsync.state_commands import rebuild
from tests.fault_story import DEPLOYMENTS
from tests.indoors import is_write
from tests.place import ONCE, Place, page_comments, picture, place_of, settle

TITLE = "OPS-1 Post-incident review"


pytestmark = pytest.mark.usefixtures("leanly")


@pytest.fixture(params=DEPLOYMENTS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    deployment: Deployment = request.param
    with place_of(deployment) as made:
        yield made


def remade(place: Place) -> Report:
    """The command, at the place's own time, by a transport that waits for nothing."""
    place.restart()
    with patch("pirsync.build.SystemClock", lambda: place.clock), patch("pirsync.build.Pace", lambda: ONCE):
        return rebuild(place.settings)


def restoring(place: Place) -> None:
    """Jira's values return where people change them on a page."""
    text = place.settings.path.read_text(encoding="utf-8")
    place.settings.path.write_text(text.replace('page_edits = "push"', 'page_edits = "restore"'), encoding="utf-8")
    place.settings = load(place.settings.path)


def type_due(place: Place, day: date) -> None:
    """Somebody types a date over Jira's, long after the last time."""
    place.clock.advance(7200)
    place.type_cell("OPS-1", 0, Column.DUE, cells.day(day))
    settle(place)


def with_history(place: Place) -> None:
    """Two tickets, of which one lost its row, and one comment on a value that was not taken."""
    restoring(place)
    settle(place)
    place.type_row("OPS-1", "Fix the queue")
    place.type_row("OPS-1", "Tell the customers")
    settle(place)
    page = place.page("OPS-1")
    rows = re.findall(r"<tr.*?</tr>", page.current.body, re.DOTALL)
    (row,) = (row for row in rows if "Tell the customers" in row)
    place.save(page, page.current.body.replace(row, ""))
    settle(place)
    type_due(place, date(2027, 1, 1))
    assert page_comments(place) == {TITLE: 1}


@contextmanager
def opened(place: Place) -> Iterator[SqlState]:
    state = open_state(place.settings.site.state, place.settings.site.owner_id, place.clock.now())
    yield state
    state.close()


def test_a_new_state_knows_tickets_comments_and_deleted_rows(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with_history(place)
    before, comments = picture(place), page_comments(place)
    place.restart()
    place.settings.site.state.write_bytes(b"\xa5" * 9000)
    sent = len(place.wire.names)
    assert remade(place).failed == ()
    settle(place)
    assert [name for name in place.wire.names[sent:] if is_write(name)] == []
    assert (picture(place), page_comments(place)) == (before, comments)
    assert re.search(r"^OPS-1  page \d+, 2 tickets$", capsys.readouterr().out, re.MULTILINE)
    type_due(place, date(2027, 1, 1))
    assert page_comments(place) == comments
    assert picture(place)["rows"] == before["rows"]


# ---------------------------------------------------------------- what people asked for, and still waits


def asked_for_another_page(place: Place) -> None:
    """The review lies in the trash, and somebody asked for a new one; nothing was made yet."""
    settle(place)
    page = place.page("OPS-1")
    set_status(place.sandbox, page, "trashed")
    settle(place)
    place.restart()
    with opened(place) as state:
        wish(state, place.settings.site.owner_id, str(place.issue("OPS-1").id), Wishes(recreate=True))


def titled(place: Place) -> list[str]:
    return sorted(page.status for page in place.sandbox.wiki.pages.values() if page.title == TITLE)


def test_what_people_asked_for_is_carried_over(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    asked_for_another_page(place)
    remade(place)
    assert titled(place) == ["trashed"]
    assert "1 wish that still waits was carried over from the old state" in capsys.readouterr().out
    settle(place)
    assert titled(place) == ["current", "trashed"]


def test_where_the_old_state_cannot_be_read_it_is_said_that_wishes_are_lost(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    asked_for_another_page(place)
    place.settings.site.state.write_bytes(b"\xa5" * 9000)
    remade(place)
    assert "what `pirsync resolve` and `pirsync adopt` were asked for and did not finish is lost" in (
        capsys.readouterr().out
    )
    settle(place)
    assert titled(place) == ["trashed"]


# ---------------------------------------------------------------- what does not answer


def failing(place: Place, pattern: str, after: int = 0) -> None:
    """From the n-th on, such requests are not answered."""
    seen: list[str] = []

    def fault(_: int, name: str) -> str | None:
        if re.search(pattern, name):
            seen.append(name)
        return "drop-before" if re.search(pattern, name) and len(seen) > after else None

    place.wire.fault = fault


@pytest.mark.parametrize("after", [0, 6])
@pytest.mark.parametrize("site", ["jira", "confluence"])
def test_where_a_site_falls_silent_the_old_state_stays(place: Place, site: str, after: int) -> None:
    settle(place)
    place.restart()
    path = place.settings.site.state
    before = path.read_bytes()
    is_cloud = place.sandbox.is_cloud
    patterns = {
        "confluence": " /wiki/" if is_cloud else " /confluence/",
        "jira": " /rest/" if is_cloud else " /jira/",
    }
    failing(place, patterns[site], after)
    with pytest.raises(Unavailable):
        remade(place)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir() if ".new" in each.name] == []


def test_an_incident_that_cannot_be_read_is_told_and_read_by_the_next_pass(place: Place) -> None:
    settle(place)
    failing(place, f"/{place.issue('OPS-2').id}/")
    report = remade(place)
    assert [result.key for result in report.failed] == ["OPS-2"]
    with opened(place) as state:
        assert [line.key for line in state.pending() if line.tries] == [f"operations/{place.issue('OPS-2').id}"]
    place.wire.fault = lambda number, name: None
    sent = len(place.wire.names)
    settle(place)
    assert [name for name in place.wire.names[sent:] if is_write(name)] == []


def test_one_page_that_cannot_be_read_keeps_no_other_from_being_followed(place: Place) -> None:
    """Once after the state was lost, all pages of ours are asked what they say: one that never answers is told."""
    settle(place)
    place.restart(loses_state=True)
    place.clock.advance(61)
    failing(place, f"/{place.page('OPS-2').id}/properties|/{place.page('OPS-2').id}/property")
    place.type_row("OPS-1", "Fix the queue")
    place.clock.advance(301)
    for _ in range(3):
        report = place.run_pass(Selection(Mode.ALL))
        place.clock.advance(61)
    assert [row.ticket is not None for row in place.rows("OPS-1")] == [True]
    assert {"OPS-2", "operations"} <= {result.key for result in report.failed}
