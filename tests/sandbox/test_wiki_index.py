"""The wiki's index: whatever a page has, it is found under it; what it had once costs nothing but a second look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.wiki import (
    Page,
    TitleTaken,
    add_labels,
    children,
    create_page,
    create_space,
    set_status,
    update_page,
)
from pirsync.sandbox.wiki import index as wiki_index
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


def test_a_listing_looks_only_at_the_ids_or_the_title_that_were_asked_for(world: World) -> None:
    page = list(world.wiki.pages.values())[3]
    by_id = list(wiki_index.listed(world.wiki, {str(page.id), "99999999", "x"}, None))
    by_title = list(wiki_index.listed(world.wiki, set(), page.title))
    assert ([page], [page]) == (by_id, by_title)
    assert list(world.wiki.pages.values()) == list(wiki_index.listed(world.wiki, set(), None))
