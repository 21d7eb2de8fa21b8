"""People and pirsync on one page over real sockets: a value not taken, a key published away, rights taken away."""

from __future__ import annotations

from datetime import date

from pirsync.decision import FindingKind
from pirsync.page import cells
from pirsync.page.splice import splice
from pirsync.page_model import Cell, CellEdit, Column, Region
from pirsync.report import Report
from pirsync.sandbox import wiki
from pirsync.sandbox.wiki.comments import comments_of
from pirsync.selection import Mode
from tests.site import Site, site


def typed(place: Site, page: wiki.Page, cell: Cell, storage: str) -> None:
    """Ana fills a cell."""
    ana = place.sandbox.people.find("aruiz")
    assert ana is not None
    edit = CellEdit(region=Region.ACTIONS, label="", start=cell.start, end=cell.end, storage=storage, text="")
    body = splice(page.current.body, [edit])
    wiki.update_page(place.sandbox, ana, page, page.current.title, body, page.current.number + 1, "")


def later(place: Site, mode: Mode = Mode.NEWS) -> Report:
    place.clock.forward(301)
    return place.run_pass(mode)


def kinds(report: Report) -> list[FindingKind]:
    return [finding.kind for result in report.results for finding in result.findings]


def test_people_at_work_on_a_site() -> None:
    """On Data Center, where the property also tells our newest version; both products' calls have their contract."""
    with site("datacenter") as place:
        place.run_pass()
        story = place.story()
        incident = story.incident()
        page = story.page(incident)
        story.type_rows(page)
        later(place)
        before = [row.ticket for row in story.review(page).rows]
        first = story.review(page).rows[0]
        agreed = first.cells[Column.DUE].dates

        typed(place, page, first.cells[Column.DUE], cells.day(date(2031, 1, 1)))
        assert FindingKind.ROW_EDITED in kinds(later(place))
        (comment,) = comments_of(page)
        assert "2031-01-01 was not taken" in comment.current.body
        assert agreed == story.review(page).rows[0].cells[Column.DUE].dates

        typed(place, page, story.review(page).rows[0].cells[Column.TICKET], cells.empty())
        assert FindingKind.ROW_EDITED in kinds(later(place))
        assert before == [row.ticket for row in story.review(page).rows]

        ana = place.sandbox.people.find("aruiz")
        assert ana is not None
        page.editors = {ana.account_id}
        key = before[0] or ""
        story.finish(key)
        barred = later(place, Mode.ALL)
        assert FindingKind.REFUSED in kinds(barred)
        assert barred.failed == ()
        assert "DONE" not in story.review(page).rows[0].cells[Column.STATUS].text
        page.editors = None
        later(place)
        assert story.review(page).rows[0].cells[Column.CLOSED].text != ""
        assert len(list(comments_of(page))) == 1
