"""The story over real sockets, with something going wrong in it: nothing twice, nothing lost.

Each kind of fault strikes once here, at a place of its own; `test_every_fault.py` tries many of all requests without
sockets, and `make faults` tries every one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from pirsync.errors import AuthInDoubt
from pirsync.model import Deployment
from pirsync.page_model import Column
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.tracker import find_issue
from pirsync.sandbox.wiki.spaces import delete_space
from pirsync.selection import Mode
from tests.site import Site, site

DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")
FAULTS: tuple[tuple[str, Deployment, float], ...] = (
    ("drop-before", "cloud", 0.3),
    ("drop-after", "datacenter", 0.5),
    ("503", "datacenter", 0.1),
    ("429", "cloud", 0.8),
)
"""A kind of fault, the dialect, and how far through the story's requests it strikes."""


def play(place: Site) -> str:
    """Birth, three rows typed, two tickets done; between the acts everything comes to rest. The incident's key."""
    story = place.story()
    place.settle()
    incident = story.incident()
    page = story.page(incident)
    story.type_rows(page)
    place.settle()
    keys = [row.ticket or "" for row in story.review(page).rows]
    for key in keys[:2]:
        story.finish(key)
    place.settle()
    return incident.key


def picture(place: Site, key: str) -> tuple[object, ...]:
    story = place.story()
    incident = find_issue(place.sandbox, key)
    assert incident is not None
    page = story.page(incident)
    rows = [
        (row.action, bool(row.ticket), row.cells[Column.STATUS].text, row.cells[Column.CLOSED].text != "")
        for row in story.review(page).rows
    ]
    sandbox = place.sandbox
    reviews = sorted(p.title for p in sandbox.wiki.pages.values() if p.title.endswith("review"))
    tickets = sorted(i.summary for i in sandbox.tracker.issues.values() if i.key.startswith("ACT-"))
    index = [p.title for p in sandbox.wiki.pages.values() if p.title == "Post-incident review index"]
    return rows, reviews, tickets, index, story.review(page).summary["actions"].text


@cache
def calm(deployment: Deployment) -> tuple[tuple[object, ...], int]:
    """What the story ends in when nothing goes wrong, and how many requests it takes."""
    with site(deployment) as place:
        return picture(place, play(place)), len(place.sandbox.faults.log)


@pytest.fixture(scope="module", params=DEPLOYMENTS)
def rested(request: pytest.FixtureRequest) -> Iterator[tuple[Site, str]]:
    """A site whose story is told, and its incident's key; every test leaves it as it was."""
    with site(request.param) as place:
        key = play(place)
        assert {method for method, _, _ in place.sandbox.faults.log} == {"GET", "POST", "PUT"}  # rule 6: no delete
        yield place, key


@pytest.mark.parametrize(("kind", "deployment", "share"), FAULTS)
def test_a_fault_at_a_request_leads_to_the_same_world(kind: str, deployment: Deployment, share: float) -> None:
    expected, requests = calm(deployment)
    assert requests > 60
    with site(deployment) as place:
        place.sandbox.faults.add(Rule(kind, after=int(requests * share)))
        assert picture(place, play(place)) == expected


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_search_that_lags_makes_nothing_twice(deployment: Deployment) -> None:
    expected, _ = calm(deployment)
    with site(deployment) as place:
        place.sandbox.faults.lag = 30.0
        for issue in place.sandbox.tracker.issues.values():
            issue.indexed_at = place.sandbox.clock.now().replace(year=2020)
        key = play(place)
        place.sandbox.clock.advance(60)
        place.settle()
        assert picture(place, key) == expected


def test_an_expired_token_stops_the_pass_and_moves_nothing(rested: tuple[Site, str]) -> None:
    place, _ = rested
    state = place.bench.world.state
    marks = [state.watermark("operations"), state.pending()]
    place.sandbox.faults.log.clear()
    place.sandbox.faults.expired = True
    for mode in (Mode.ALL, Mode.NEWS):
        with pytest.raises(AuthInDoubt):
            place.run_pass(mode)
    assert place.writes() == []
    assert [state.watermark("operations"), state.pending()] == marks
    place.sandbox.faults.expired = False
    assert place.run_pass().changes == ()


def test_confluence_alone_in_doubt_accuses_nobody(rested: tuple[Site, str]) -> None:
    place, _ = rested
    prefix = "/wiki/" if place.sandbox.is_cloud else "/confluence/"
    place.sandbox.faults.add(Rule("html", path=prefix, times=None))
    place.sandbox.faults.log.clear()
    with pytest.raises(AuthInDoubt):
        place.run_pass()
    place.sandbox.faults.rules.clear()
    assert place.writes() == []


def hide_space(place: Site) -> None:
    """Nobody but its people sees the space any more; every page of it is a 404 to us."""
    for space in list(place.sandbox.wiki.spaces.values()):
        delete_space(place.sandbox, space)


DOUBTS: dict[str, tuple[str, str]] = {
    "anonymous": ("expired", "."),
    "captcha": ("captcha", "."),
    "a page of the sign-on": ("html", "."),
    "a redirect": ("redirect", "."),
    "Confluence takes us for nobody": ("expired", "/(wiki|confluence)/"),
    "Confluence asks for a captcha": ("captcha", "/(wiki|confluence)/"),
    "Confluence redirects": ("redirect", "/(wiki|confluence)/"),
}


def test_in_doubt_about_us_nothing_is_concluded(rested: tuple[Site, str]) -> None:
    place, key = rested
    expected, state = picture(place, key), place.bench.world.state
    marks = [state.watermark("operations"), state.pending(), state.cached_all("review")]
    for doubt, (kind, path) in DOUBTS.items():
        place.sandbox.faults.log.clear()
        place.sandbox.faults.add(Rule(kind, path=path, times=None))
        for mode in (Mode.ALL, Mode.NEWS):
            with pytest.raises(AuthInDoubt):
                place.run_pass(mode)
        place.sandbox.faults.rules.clear()
        assert place.writes() == [], doubt
        assert [state.watermark("operations"), state.pending(), state.cached_all("review")] == marks, doubt
    report = place.run_pass()
    assert (report.changes, report.failed) == ((), ())
    assert picture(place, key) == expected


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_every_page_gone_with_its_space_stops_the_pass_and_accuses_nobody(deployment: Deployment) -> None:
    with site(deployment) as place:
        place.settle()
        state = place.bench.world.state
        marks = [state.watermark("operations"), state.pending(), state.cached_all("review")]
        place.sandbox.faults.log.clear()
        hide_space(place)
        with pytest.raises(AuthInDoubt, match="neither our pages nor the space OPS"):
            place.run_pass()
        assert place.writes() == []
        assert [state.watermark("operations"), state.pending(), state.cached_all("review")] == marks


def test_an_allowance_of_requests_leaves_the_rest_to_the_next_passes() -> None:
    deployment: Deployment = "cloud"  # it is the core that counts, in both dialects alike
    expected, _ = calm(deployment)
    with site(deployment, "max_requests = 12\n") as place:
        before = place.bench.counts()
        first = place.run_pass()
        assert first.left > 0
        assert place.bench.counts() - before < 60
        noted = [due for due in place.bench.world.state.pending() if due.reason == "a pass had made its requests"]
        assert len(noted) == first.left
        for _ in range(40):
            report = place.run_pass(Mode.NEWS)
            assert report.failed == ()
            if not report.left and not place.bench.world.state.due(place.clock.now()):
                break
        assert picture(place, play(place)) == expected


def test_a_second_pass_makes_no_write(rested: tuple[Site, str]) -> None:
    place, _ = rested
    place.sandbox.faults.log.clear()
    for mode in (Mode.ALL, Mode.NEWS, Mode.ALL):
        report = place.run_pass(mode)
        assert (report.changes, report.failed) == ((), ())
    assert place.writes() == []
    assert len(place.sandbox.faults.log) > 5
