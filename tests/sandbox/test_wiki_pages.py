"""The life of a wiki page in the store: drafts, versions, the tree, the trash, copies and restrictions."""

from __future__ import annotations

import pytest

from pirsync.sandbox.people import PEOPLE, SERVICE
from pirsync.sandbox.text.merge import merge
from pirsync.sandbox.wiki import (
    Conflict,
    Page,
    Refused,
    TitleTaken,
    add_labels,
    ancestors,
    children,
    create_page,
    find_page,
    may_edit,
    may_see,
    set_property,
    update_page,
    versions,
)
from pirsync.sandbox.wiki import restrictions as rules
from pirsync.sandbox.wiki.index import hidden
from pirsync.sandbox.wiki.tree import Copied, copy_page, descendants, move_beside, move_page
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds.wiki_seed import REVIEWS, seed
from tests.sandbox.wiki_client import page_titled, space

ANA, BISI, HANNA = PEOPLE[1], PEOPLE[2], PEOPLE[8]


@pytest.fixture
def world() -> World:
    made = World("cloud")
    seed(made)
    return made


def _page(world: World, title: str, parent: Page | None = None, body: str = "<p>x</p>") -> Page:
    return create_page(world, SERVICE, space(world), parent, title, body)


# ------------------------------------------------------------ drafts


def test_a_draft_is_its_authors_alone_and_holds_no_title_until_it_is_published(world: World) -> None:
    draft = versions.create_draft(world, SERVICE, space(world), None, REVIEWS, "<p>one</p>")
    assert (may_see(world, SERVICE, draft), may_see(world, ANA, draft)) == (True, False)
    versions.rewrite_draft(world, SERVICE, draft, REVIEWS, "<p>two</p>", 1)
    with pytest.raises(TitleTaken):
        versions.publish(world, SERVICE, draft, REVIEWS, "<p>two</p>", 1, "")
    with pytest.raises(Conflict):
        versions.publish(world, SERVICE, draft, "Free", "<p>two</p>", 2, "")
    versions.publish(world, SERVICE, draft, "Free", "<p>two</p>", 1, "out")
    assert (draft.status, draft.title, len(draft.versions)) == ("current", "Free", 1)
    assert (draft.current.number, draft.current.message) == (1, "out")
    assert may_see(world, ANA, draft)


def test_a_published_change_is_merged_into_a_draft_that_changed_other_blocks(world: World) -> None:
    page = _page(world, "A", body="<p>one</p><p>two</p><p>three</p>")
    versions.save_draft(world, ANA, page, "A", "<p>ONE</p><p>two</p><p>three</p>", 2)
    versions.save_published(world, SERVICE, page, "A", "<p>one</p><p>two</p><p>THREE</p>", 2, "")
    assert page.draft is not None
    assert (page.draft.body, page.draft.number) == ("<p>ONE</p><p>two</p><p>THREE</p>", 2)
    assert page.current.body == "<p>one</p><p>two</p><p>THREE</p>"


def test_a_published_change_overrides_a_draft_that_changed_the_same_block(world: World) -> None:
    page = _page(world, "A", body="<p>one</p><p>two</p>")
    versions.save_draft(world, ANA, page, "A", "<p>mine</p><p>two</p>", 2)
    versions.save_published(world, SERVICE, page, "A", "<p>theirs</p><p>two</p>", 2, "")
    assert page.draft is not None
    assert page.draft.body == "<p>theirs</p><p>two</p>"


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("<p>a</p><p>b</p><p>c</p>", "<p>a</p><p>b</p><p>c</p>", "<p>a</p><p>b</p><p>c</p>"),
        ("<p>a</p><p>b</p>", "<p>a</p><p>b</p><p>c</p><p>d</p>", None),
        ("<p>0</p><p>a</p><p>b</p><p>c</p>", "<p>a</p><p>b</p>", "<p>0</p><p>a</p><p>b</p>"),
        ("<p>a</p><p>x</p><p>c</p>", "<p>a</p><p>x</p><p>c</p>", "<p>a</p><p>x</p><p>c</p>"),
        ("<p>a</p><p>x</p><p>c</p>", "<p>a</p><p>y</p><p>c</p>", None),
        ("<p>x</p><p>b</p><p>c</p>", "<p>a</p><p>y</p><p>c</p>", None),
    ],
)
def test_edits_of_one_body_are_joined_where_they_do_not_touch(ours: str, theirs: str, expected: str | None) -> None:
    assert expected == merge("<p>a</p><p>b</p><p>c</p>", ours, theirs)


# ------------------------------------------------------------ versions


def test_a_deleted_version_renumbers_those_above_it(world: World) -> None:
    page = _page(world, "A", body="<p>1</p>")
    for number in (2, 3, 4):
        update_page(world, SERVICE, page, "A", f"<p>{number}</p>", number, f"m{number}")
    versions.delete_version(page, 2)
    assert [(each.number, each.message) for each in page.versions] == [(1, ""), (2, "m3"), (3, "m4")]
    for number in (3, 9):
        with pytest.raises(Refused):
            versions.delete_version(page, number)


def test_a_restored_version_is_a_new_one_with_the_old_body_and_its_title_if_asked(world: World) -> None:
    page = _page(world, "A", body="<p>1</p>")
    update_page(world, SERVICE, page, "B", "<p>2</p>", 2, "")
    versions.restore_version(world, ANA, page, 1, "back", with_title=False)
    assert (page.current.number, page.current.body, page.title) == (3, "<p>1</p>", "B")
    assert (page.current.message, page.current.author) == ("back", ANA)
    versions.restore_version(world, ANA, page, 1, "", with_title=True)
    assert (page.current.number, page.title) == (4, "A")


# ------------------------------------------------------------ the trash and the tree


def test_what_hangs_below_a_trashed_or_archived_page_moves_up(world: World) -> None:
    home = find_page(world, space(world).homepage_id)
    upper = _page(world, "Upper", home)
    lower = _page(world, "Lower", upper)
    versions.trash(world, upper)
    assert (lower.parent_id, upper.status) == (space(world).homepage_id, "trashed")
    below = _page(world, "Below", lower)
    versions.archive(world, lower)
    assert (below.parent_id, lower.status) == (space(world).homepage_id, "archived")


def test_a_page_comes_back_from_the_trash_as_its_next_version_unless_its_title_is_taken(world: World) -> None:
    page = _page(world, "A")
    versions.trash(world, page)
    other = _page(world, "a")
    with pytest.raises(TitleTaken):
        versions.restore(world, SERVICE, page, 2)
    versions.trash(world, other)
    with pytest.raises(Conflict):
        versions.restore(world, SERVICE, page, 3)
    versions.restore(world, SERVICE, page, 2)
    assert (page.status, page.current.number, page.current.body) == ("current", 2, "<p>x</p>")
    versions.purge(world, other)
    assert find_page(world, other.id) is None


def test_pages_are_put_before_and_after_others_with_all_below_them(world: World) -> None:
    top = _page(world, "Top")
    first, second, third = (_page(world, title, top) for title in ("1", "2", "3"))
    inner = _page(world, "inner", third)
    move_beside(world, third, "before", first)
    assert [child.title for child in children(world, top)] == ["3", "1", "2"]
    move_beside(world, third, "after", first)
    assert [child.title for child in children(world, top)] == ["1", "3", "2"]
    move_beside(world, second, "append", inner)
    assert [(page.title, depth) for page, depth in descendants(world, top)] == [
        ("1", 1),
        ("3", 1),
        ("inner", 2),
        ("2", 3),
    ]
    assert [page.title for page, _ in descendants(world, top, 1)] == ["1", "3"]
    assert [page.title for page in ancestors(world, second)] == ["Top", "3", "inner"]
    for target in (third, inner, second):
        with pytest.raises(Refused):
            move_page(world, third, target)


def test_a_move_to_another_space_takes_all_below_along_and_minds_its_titles(world: World) -> None:
    home = find_page(world, space(world, "SEC").homepage_id)
    assert home is not None
    upper = _page(world, "Upper")
    lower = _page(world, "Lower", upper)
    create_page(world, SERVICE, space(world, "SEC"), None, "lower", "<p/>")
    with pytest.raises(TitleTaken):
        move_page(world, upper, home)
    assert {upper.space_id, lower.space_id} == {space(world).id}
    update_page(world, SERVICE, lower, "Lower still", "<p/>", 2, "")
    move_page(world, upper, home)
    assert {upper.space_id, lower.space_id} == {space(world, "SEC").id}


def test_a_copy_has_what_was_asked_for_and_keeps_the_old_pages_id_inside_it(world: World) -> None:
    page = _page(world, "A", body="<p>kept</p>")
    set_property(world, SERVICE, page, "mark", {"page": str(page.id)}, 1)
    add_labels(world, page, ["pir"])
    page.editors = {SERVICE.account_id}
    bare = copy_page(world, ANA, page, space(world), None, "Bare", Copied())
    whole = copy_page(world, ANA, page, space(world), None, "Whole", Copied(True, True, True))
    assert (bare.properties, bare.labels, bare.editors) == ({}, [], None)
    assert (whole.properties["mark"].value, whole.labels) == ({"page": str(page.id)}, ["pir"])
    assert (whole.editors, whole.current.body, whole.versions[0].author) == (page.editors, "<p>kept</p>", ANA)
    with pytest.raises(TitleTaken):
        copy_page(world, ANA, page, space(world), None, "a", Copied())


def test_blog_posts_share_no_titles_with_pages_but_with_those_of_their_day(world: World) -> None:
    create_page(world, SERVICE, space(world), None, REVIEWS, "<p/>", "blogpost")
    with pytest.raises(TitleTaken):
        create_page(world, SERVICE, space(world), None, REVIEWS, "<p/>", "blogpost")
    world.clock.advance(86_400)
    create_page(world, SERVICE, space(world), None, REVIEWS, "<p/>", "blogpost")


# ------------------------------------------------------------ restrictions


def test_reading_is_restricted_for_all_that_hangs_below_and_changing_is_not(world: World) -> None:
    page = page_titled(world)
    below = _page(world, "Below", page)
    rules.restrict(world, SERVICE, page, {"read": {SERVICE.account_id, ANA.account_id}, "update": {SERVICE.account_id}})
    assert [may_see(world, user, below) for user in (SERVICE, ANA, BISI)] == [True, True, False]
    assert [may_edit(world, user, page) for user in (SERVICE, ANA, BISI)] == [True, False, False]
    assert [may_edit(world, user, below) for user in (SERVICE, ANA, BISI)] == [True, True, False]


def test_a_group_in_a_restriction_lets_its_members_in(world: World) -> None:
    admins = world.people.groups[0]
    assert [admins.has(user) for user in (SERVICE, ANA, HANNA)] == [True, False, True]
    page = _page(world, "For administrators", page_titled(world))
    rules.restrict(world, SERVICE, page, {"read": {admins.id}, "update": {admins.id, SERVICE.account_id}})
    assert [may_edit(world, user, page) for user in (SERVICE, ANA, HANNA)] == [True, False, True]
    assert [page.id in hidden(world.wiki, world.people.ids_of(user)) for user in (ANA, HANNA)] == [True, False]
    rules.disallow(world, page, "update", admins.id)
    assert (may_edit(world, HANNA, page), may_see(world, HANNA, page)) == (False, True)


def test_nobody_shuts_themselves_out_and_an_empty_restriction_restricts_nobody(world: World) -> None:
    page = page_titled(world)
    with pytest.raises(Refused):
        rules.restrict(world, SERVICE, page, {"read": {ANA.account_id}})
    rules.allow(world, page, "update", ANA.account_id)
    assert rules.people_of(world, page, "update") == [ANA]
    rules.disallow(world, page, "update", ANA.account_id)
    assert (page.restricted_to, page.editors) == (None, None)
