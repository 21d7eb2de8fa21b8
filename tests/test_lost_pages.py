"""The state is lost, and an incident took no remote link: wherever people put its review, no other is made.

The real adapters look for it on the sandbox, without sockets, in both dialects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pirsync.adapters.confluence_base import ConfluenceBase
from pirsync.model import Deployment
from pirsync.names import PAGE_LABEL, PAGE_PROPERTY
from pirsync.sandbox import wiki
from pirsync.sandbox.wiki.tree import move_page
from tests.fault_story import DEPLOYMENTS, accuse_nobody
from tests.place import Place, closed_incident, place_of, settle

TITLE = "OPS-1 Post-incident review"


pytestmark = pytest.mark.usefixtures("leanly")


@pytest.fixture(params=DEPLOYMENTS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place at rest: each incident has its review."""
    deployment: Deployment = request.param
    with place_of(deployment) as made:
        settle(made)
        yield made


def elsewhere(place: Place, page: wiki.Page) -> None:
    space = next(space for space in place.sandbox.wiki.spaces.values() if space.key == "SEC")
    above = next(p for p in place.sandbox.wiki.pages.values() if p.space_id == space.id and p.parent_id is None)
    move_page(place.sandbox, page, above)
    assert page.space_id == space.id


def elsewhere_and_unlabelled(place: Place, page: wiki.Page) -> None:
    elsewhere(place, page)
    place.save(page, page.current.body, "The great outage")
    wiki.remove_label(place.sandbox, page, PAGE_LABEL)


def forgotten(place: Place) -> wiki.Page:
    """The review of OPS-1, to which no link leads any more."""
    page = place.page("OPS-1")
    place.issue("OPS-1").remote_links.clear()
    return page


def loses_state(place: Place) -> int:
    """Another process, without the state file, comes to rest; how many pages there are then."""
    place.restart(loses_state=True)
    accuse_nobody(settle(place))
    return len(place.sandbox.wiki.pages)


@pytest.mark.parametrize("put", [elsewhere, elsewhere_and_unlabelled])
def test_a_page_is_found_wherever_people_put_it(place: Place, put: Callable[[Place, wiki.Page], None]) -> None:
    page, before = forgotten(place), len(place.sandbox.wiki.pages)
    put(place, page)
    place.clock.advance(301)
    assert loses_state(place) == before
    place.step("OPS-1", "41")
    settle(place)
    assert "re-opened" in page.current.body.casefold()


def test_a_page_without_our_property_in_another_space_is_another_pirsyncs(place: Place) -> None:
    page, before = forgotten(place), len(place.sandbox.wiki.pages)
    elsewhere(place, page)
    wiki.remove_property(page, PAGE_PROPERTY)
    assert loses_state(place) == before + 1
    assert [p.title for p in place.sandbox.wiki.pages.values() if p.title == TITLE and p is not page] == [TITLE]


def test_an_incident_that_was_closed_since_is_not_looked_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    loses_state(place)
    looked: list[str] = []
    monkeypatch.setattr(ConfluenceBase, "ours", lambda _, label: looked.append(label))
    made = closed_incident(place.sandbox, place.sandbox.tracker.projects["30000"], "Another outage")
    settle(place)
    assert (looked, [link.title for link in made.remote_links]) == ([], [f"{made.key} Post-incident review"])
