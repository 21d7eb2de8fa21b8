"""The overlay of a wiki, and the people of a world kept in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pirsync.adapters.memory import page_becomes, person_edits, transition
from pirsync.adapters.overlay import overlay
from pirsync.adapters.overlay_wiki import OverlayWiki
from pirsync.errors import Rejected, Stale
from pirsync.page_model import Mention, Page, PageHead, PageStatus
from pirsync.ports import Stamp, World

from .worlds import (
    ANA,
    NOW,
    Hands,
    page_draft,
    read,
    review,
    reviewed_world,
    ticket,
)

OURS = Stamp(prefix="stamp:", account="nobody")


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture(params=["cloud", "datacenter"])
def base(request: pytest.FixtureRequest, clock: Hands) -> World:
    return reviewed_world(request.param, clock)


# ---------------------------------------------------------------- Confluence


def test_a_created_page_is_found_in_every_way(base: World) -> None:
    over = overlay(base)
    made = over.wiki_writes.create_page(page_draft("INC-2 Post-incident review"))
    over.wiki_writes.add_labels(made.id, ("review",))
    assert (made.version, made.body, made.author, made.at) == (1, "<p>born</p>", over.wiki.identity(), NOW)
    assert made.id in made.url
    assert made.url.startswith("https://site.example.com")
    assert over.wiki.page(made.id) == made
    assert over.wiki.find("OPS", "INC-2 Post-incident review") == made
    assert over.wiki.find("DEV", "INC-2 Post-incident review") is None
    assert {head.id for head in over.wiki.labelled("OPS", "review", None)} == {review(base).id, made.id}
    assert [page.id for page in over.wiki.pages([made.id, "77"])] == [made.id]
    assert over.wiki.stamped(made, OURS) is None
    assert over.wiki.property(made.id, "example.memory") is None


def test_a_title_is_given_once_in_a_space(base: World) -> None:
    over = overlay(base)
    with pytest.raises(Rejected, match="exists already in space OPS"):
        over.wiki_writes.create_page(page_draft())
    over.wiki_writes.create_page(page_draft("Another"))
    with pytest.raises(Rejected):
        over.wiki_writes.create_page(page_draft("Another"))


def test_an_update_is_the_next_version_and_ours(base: World, clock: Hands) -> None:
    over, before = overlay(base), review(base)
    clock.instant = NOW + timedelta(minutes=5)
    saved = over.wiki_writes.update_page(before, "<p>dry</p>", "stamp: 2 cells")
    told = {"body": "<p>dry</p>", "message": "stamp: 2 cells", "version": 4, "at": clock.instant}
    assert saved == before.model_copy(update={**told, "author": over.wiki.identity()})
    assert (over.wiki.page(before.id), over.wiki.find("OPS", before.title)) == (saved, saved)
    (head,) = over.wiki.heads([before.id])
    assert (head.version, hasattr(head, "body")) == (4, False)
    with pytest.raises(Stale, match="at version 4, not 3"):
        over.wiki_writes.update_page(before, "<p>late</p>", "stamp: 1 cell")


def test_a_page_that_moved_beneath_is_stale_above(base: World) -> None:
    over, before = overlay(base), review(base)
    person_edits(base, before.id, "<p>theirs again</p>")
    with pytest.raises(Stale):
        over.wiki_writes.update_page(before, "<p>late</p>", "stamp: 1 cell")


def test_the_newest_stamped_version_is_told_above_and_beneath(base: World) -> None:
    over, before = overlay(base), review(base)
    beneath = base.wiki.stamped(before, OURS)
    assert beneath is not None
    assert (beneath.version, beneath.body) == (2, "<p>stamped</p>")
    assert over.wiki.stamped(before, OURS) == beneath
    theirs = person_edits(over, before.id, "<p>theirs, above</p>")
    assert over.wiki.stamped(theirs, OURS) == beneath
    ours = over.wiki_writes.update_page(theirs, "<p>dry</p>", "stamp: 2 cells")
    later = person_edits(over, before.id, "<p>theirs, later</p>")
    assert over.wiki.stamped(later, OURS) == ours
    assert over.wiki.stamped(theirs, OURS) == beneath
    told = [(one.version, one.body) for one in over.wiki.versions(later)]
    below = [(one.version, one.body) for one in base.wiki.versions(before)]
    assert told[:3] == [(one.version, one.body) for one in (later, ours, theirs)]
    assert told[3:] == below
    assert [number for number, _ in told] == [6, 5, 4, 3, 2, 1]


def test_the_wiki_beneath_is_not_asked_for_versions_that_only_exist_above(base: World) -> None:
    asked: list[int] = []

    class Asked(OverlayWiki):
        def stamped(self, head: PageHead, stamp: Stamp) -> Page | None:
            asked.append(head.version)
            return None

    page = review(base)
    beneath = Asked(base.wiki, base.clock, "https://site.example.com")
    over = OverlayWiki(beneath, base.clock, "https://site.example.com")
    saved = over.update_page(page, "<p>dry</p>", "another stamp")
    assert over.stamped(saved, OURS) is None
    over.stamped(page, OURS)
    assert asked == [3, 3]


def test_a_label_search_tells_what_was_modified_since(base: World, clock: Hands) -> None:
    over, before = overlay(base), review(base)
    since = NOW + timedelta(minutes=1)
    assert list(over.wiki.labelled("OPS", "review", since)) == []
    clock.instant = NOW + timedelta(minutes=5)
    saved = over.wiki_writes.update_page(before, "<p>dry</p>", "stamp: 2 cells")
    assert [(head.id, head.version) for head in over.wiki.labelled("OPS", "review", since)] == [(saved.id, 4)]
    assert list(over.wiki.labelled("OPS", "other", since)) == []
    assert list(over.wiki.labelled("DEV", "review", None)) == []


def test_a_label_on_a_page_beneath_is_found(base: World) -> None:
    over = overlay(base)
    over.wiki_writes.add_labels(review(base).id, ("late",))
    assert [head.id for head in over.wiki.labelled("OPS", "late", None)] == [review(base).id]
    assert [head.id for head in over.wiki.labelled("OPS", "review", None)] == [review(base).id]


def test_a_property_is_locked_by_its_version(base: World) -> None:
    over, page = overlay(base), review(base)
    first = over.wiki.property(page.id, "example.memory")
    assert first is not None
    second = over.wiki_writes.set_property(page.id, "example.memory", {"rows": 1}, first)
    assert (second.id, second.version, second.value) == (first.id, first.version + 1, {"rows": 1})
    assert over.wiki.property(page.id, "example.memory") == second
    for outdated in (first, None):
        with pytest.raises(Stale):
            over.wiki_writes.set_property(page.id, "example.memory", {"rows": 2}, outdated)
    assert over.wiki_writes.set_property(page.id, "example.other", {"a": 1}, None).version == 1


def test_what_does_not_exist_cannot_be_written(base: World) -> None:
    over = overlay(base)
    for write in (
        lambda: over.tracker_writes.edit_issue("77", {"duedate": None}),
        lambda: over.tracker_writes.add_labels("77", ("a",)),
        lambda: over.wiki_writes.add_labels("77", ("a",)),
        lambda: over.wiki_writes.set_property("77", "example.memory", {}, None),
    ):
        with pytest.raises(Rejected, match="77 does not exist"):
            write()


# ---------------------------------------------------------------- the memory world's people


def test_a_persons_edit_is_a_version_of_theirs(base: World) -> None:
    before = review(base)
    saved = person_edits(base, before.id, "<p>again</p>", ANA)
    named = base.wiki.mention("ana")
    assert named is not None
    assert (saved.version, saved.body, saved.message, saved.author) == (4, "<p>again</p>", "", named.ref)
    assert base.wiki.account(Mention(ref=saved.author)) == "ana"


def test_a_page_in_the_trash_is_told_but_no_longer_found(base: World) -> None:
    page = review(base)
    page_becomes(base, page.id, PageStatus.TRASHED)
    found = base.wiki.page(page.id)
    assert found is not None
    assert (found.status, found.version) == (PageStatus.TRASHED, page.version)
    assert base.wiki.find("OPS", page.title) is None
    assert list(base.wiki.labelled("OPS", "review", None)) == []


def test_a_transition_is_told_by_status_and_changelog(base: World, clock: Hands) -> None:
    made = base.tracker_writes.create_issue(ticket())
    clock.instant = NOW + timedelta(days=3)
    transition(base, made.key, "Done", "done", ANA)
    raw = read(base, made.key)
    assert raw["fields"]["status"] == {"name": "Done", "statusCategory": {"key": "done"}}
    assert raw["fields"]["resolutiondate"] == "2026-03-05T09:30:00.000+0000"
    (history,) = base.tracker.changelog(made.id)
    assert raw["changelog"]["histories"] == [history]
    assert history["created"] == "2026-03-05T09:30:00.000+0000"
    assert history["author"]["displayName"] == "Ana Ruiz"
    assert [(i["field"], i["fromString"], i["toString"]) for i in history["items"]] == [
        ("status", "New", "Done"),
        ("resolution", None, "Done"),
    ]


def test_an_incident_can_be_opened_again(base: World) -> None:
    transition(base, "INC-1", "Open", "new")
    fields = read(base, "INC-1")["fields"]
    assert (fields["status"]["name"], fields["resolution"], fields["resolutiondate"]) == ("Open", None, None)
    assert [history["id"] for history in base.tracker.changelog("10001")] == ["1", "2"]
    assert read(base, "INC-1")["changelog"]["total"] == 2
