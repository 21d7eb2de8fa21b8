"""The wiki's index: whatever a page has, it is found under it; what it had once costs nothing but a second look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from pirsync.sandbox.cql.search import search
from pirsync.sandbox.people import PEOPLE, SERVICE
from pirsync.sandbox.wiki import (
    Kind,
    Page,
    Space,
    TitleTaken,
    Version,
    add_labels,
    children,
    create_page,
    create_space,
    may_see,
    set_status,
    update_page,
)
from pirsync.sandbox.wiki import index as wiki_index
from pirsync.sandbox.wiki.listing import Wanted, listed
from pirsync.sandbox.wiki.tree import move_page
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds.seed import seed


@pytest.fixture
def world() -> Iterator[World]:
    world = World("cloud")
    seed(world)
    yield world


def missing(world: World) -> list[str]:
    """What the index does not lead to although a page has it."""
    wiki, lost = world.wiki, []
    for page in wiki.pages.values():
        if page not in wiki_index.titled(wiki, page.title):
            lost.append(f"title {page.title}")
        if page.parent_id is not None and page not in wiki_index.placed_below(wiki, page.parent_id):
            lost.append(f"parent of {page.title}")
        lost += [f"{name} of {page.title}" for name in page.labels if page not in wiki_index.labelled(wiki, name)]
        if page not in wiki_index.changed_since(wiki, page.indexed_at):
            lost.append(f"change of {page.title}")
    return lost


def test_every_seeded_page_is_found_under_what_it_has(world: World) -> None:
    assert missing(world) == []


def test_a_page_is_found_under_its_new_title_parent_and_labels_and_a_check_drops_the_old(world: World) -> None:
    space = create_space(world, SERVICE, "NEW", "New")
    home = world.wiki.pages[space.homepage_id]
    first = create_page(world, SERVICE, space, home, "First", "<p>1</p>")
    second = create_page(world, SERVICE, space, home, "Second", "<p>2</p>")
    assert list(children(world, home)) == [first, second]
    world.clock.advance(60)
    update_page(world, SERVICE, first, "Renamed", "<p>1</p>", 2, "")
    add_labels(world, first, ["Blue"])
    move_page(world, second, first)
    assert missing(world) == []
    assert ([first], [second]) == (list(children(world, home)), list(children(world, first)))
    assert [first] == list(wiki_index.labelled(world.wiki, "blue"))
    assert [first] == list(wiki_index.changed_since(world.wiki, world.clock.now() - timedelta(seconds=30)))


def test_a_title_is_taken_in_any_case_until_its_page_is_renamed_or_trashed(world: World) -> None:
    space = create_space(world, SERVICE, "NEW", "New")

    def page(title: str) -> Page:
        return create_page(world, SERVICE, space, None, title, "<p/>")

    held = page("Runbook")
    with pytest.raises(TitleTaken):
        page("RUNBOOK")
    update_page(world, SERVICE, held, "Other", "<p/>", 2, "")
    set_status(world, page("runbook"), "trashed")
    page("Runbook")


# ------------------------------------------------------------ lists

PAGES: tuple[Kind, ...] = ("page",)
POSTS: tuple[Kind, ...] = ("blogpost",)
WANTED = {
    "all": Wanted(("current", "archived")),
    "a space": Wanted(("current",), PAGES, (1, 2)),
    "ids": Wanted(("current", "trashed"), ids=(7, 3, 999_999)),
    "a title": Wanted(("current",), terms=(("title", "Page 9"),)),
    "at the top": Wanted(("current",), PAGES, (1,), terms=(("parent", None),)),
    "posts": Wanted(("current", "draft"), POSTS),
    "nothing": Wanted(("historical",)),
}
KEYS: dict[str, Callable[[Page], Any]] = {
    "": lambda page: page.id,
    "created": lambda page: page.created,
    "title": lambda page: page.title.casefold(),
}


@pytest.fixture(scope="module")
def many() -> World:
    """Three hundred pages in three spaces, of every status and kind, some of them Ana's alone."""
    world = World("cloud")
    spaces = [Space(number, f"S{number}", "", SERVICE, world.clock.now()) for number in (1, 2, 3)]
    for number in range(1, 301):
        kind: Kind = "blogpost" if number % 7 == 0 else "page"
        now = world.clock.now()
        page = Page(number, spaces[number % 3].id, number // 3 or None, f"Page {number % 40}", now, kind=kind)
        page.versions.append(Version(1, now, SERVICE, "", False, "<p/>", page.title))
        page.status = "trashed" if number % 5 == 0 else "archived" if number % 11 == 0 else "current"
        page.restricted_to = {PEOPLE[1].account_id} if number in (50, 51) else None
        world.wiki.pages[number] = page
        wiki_index.note(world.wiki, page)
        world.clock.advance(60)
    return world


@pytest.mark.parametrize("name", WANTED)
@pytest.mark.parametrize("rank", KEYS)
def test_a_list_holds_what_a_look_at_every_page_finds_in_every_order(many: World, name: str, rank: str) -> None:
    wanted = WANTED[name]
    held = [
        page
        for page in many.wiki.pages.values()
        if page.status in wanted.statuses
        and page.kind in (wanted.kinds or ("page", "blogpost"))
        and page.space_id in (wanted.spaces or (1, 2, 3))
        and (not wanted.ids or page.id in wanted.ids)
        and {"title": page.title, "parent": page.parent_id}.items() >= set(wanted.terms)
        and may_see(many, SERVICE, page)
    ]
    for direction in (1, -1):
        expected = sorted(sorted(held, key=lambda page: -page.id), key=KEYS[rank], reverse=direction < 0)
        assert expected == list(listed(many, SERVICE, wanted, rank, direction))


def test_the_first_of_a_list_and_of_a_search_take_no_more_pages_than_they_show(many: World) -> None:
    taken: list[int] = []
    wiki_index.refresh(many.wiki)
    many.wiki.pages = _Counted(many.wiki.pages, taken)
    for rank in ("", "lastmodified", "title"):
        assert len(list(islice(listed(many, SERVICE, WANTED["all"], rank), 5))) == 5
    for query in (
        "type = page order by lastmodified desc",
        'lastmodified >= "2000-01-01"',
        "type = page order by title",
    ):
        assert len(search(many, SERVICE, query)[:5]) == 5
    assert len(set(taken)) < 60


class _Counted(dict[int, Page]):
    """Pages that note which of them was taken; taking all of them fails."""

    def __init__(self, pages: dict[int, Page], taken: list[int]) -> None:
        super().__init__(pages)
        self._taken = taken

    def __getitem__(self, number: int) -> Page:
        self._taken.append(number)
        return super().__getitem__(number)

    def values(self) -> object:  # type: ignore[override]  # nothing may ask for it
        raise AssertionError("every page was looked at")
