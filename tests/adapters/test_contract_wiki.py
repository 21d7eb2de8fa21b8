"""The contract of `WikiReads` and `WikiWrites`, held by the real adapters against the sandbox in both dialects."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from pirsync.adapters.shapes import instant
from pirsync.errors import Ambiguous, AuthInDoubt, PirsyncError, Rejected, Stale
from pirsync.page_model import Mention, Page, PageHead, PageStatus
from pirsync.ports import PageDraft, Stamp
from pirsync.sandbox import wiki as store
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.wiki.comments import comments_of

from .sites import Site

BODY = '<p>Hello &amp; <strong>welcome</strong></p><p class="x">Zoë – 漢字 🎈</p>'
STAMP = "pirsync:"
OURS = Stamp(prefix=STAMP, account="nobody")
KEY = "pirsync.review"


def made(site: Site, title: str = "INC-1 Post-incident review", body: str = BODY, parent: str | None = None) -> Page:
    return site.wiki.create_page(PageDraft(space="OPS", parent=parent, title=title, body=body))


def requests_of(site: Site, method: str) -> list[str]:
    return [path for verb, path, _ in site.world.faults.log if verb == method]


def edit_by_hand(site: Site, page_id: str, body: str, title: str | None = None) -> None:
    page = store.find_page(site.world, page_id)
    assert page is not None
    store.update_page(
        site.world, site.person("aruiz"), page, title or page.title, body, page.current.number + 1, "by hand"
    )


def test_who_we_are(site: Site) -> None:
    assert site.wiki_account("svc-pirsync") == site.wiki.identity()
    assert site.world.deployment == site.wiki.deployment


def test_expired_credentials_are_doubt(site: Site) -> None:
    site.world.faults.expired = True
    with pytest.raises(AuthInDoubt):
        site.wiki.identity()


def test_spaces(site: Site) -> None:
    assert site.wiki.space_exists("OPS")
    assert not site.wiki.space_exists("NOPE")
    assert site.wiki.may_create("NOPE", None) is False
    assert site.wiki.may_create("OPS", "99999999") is False
    assert site.wiki.may_create("OPS", None) in (True, None)


# ---------------------------------------------------------------- create and read


def test_a_created_page_reads_back_as_it_was_answered(site: Site) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    page = made(site)
    assert page == site.wiki.page(page.id)
    assert [page] == site.wiki.pages([page.id])
    assert (
        page.space,
        page.title,
        page.status,
        page.version,
    ) == ("OPS", "INC-1 Post-incident review", PageStatus.CURRENT, 1)
    assert site.wiki.identity() == page.author
    assert before < page.at < datetime.now(UTC) + timedelta(seconds=5)
    assert "Zoë – 漢字 🎈" in page.body
    assert page.url.startswith(site.world.wiki_url)
    assert page.id in page.url


def test_a_page_is_born_below_its_parent(site: Site) -> None:
    above = made(site, "Above")
    below = made(site, "Below", parent=above.id)
    held = store.find_page(site.world, below.id)
    assert held is not None
    assert above.id == str(held.parent_id)


def test_a_taken_title_is_rejected_and_nothing_is_made(site: Site) -> None:
    made(site)
    count = len(site.world.wiki.pages)
    with pytest.raises(Rejected, match=r"(?i)title"):
        made(site)
    assert count == len(site.world.wiki.pages)


def test_a_space_that_cannot_be_seen_is_rejected(site: Site) -> None:
    with pytest.raises(Rejected):
        site.wiki.create_page(PageDraft(space="NOPE", parent=None, title="T", body="<p/>"))


def test_broken_storage_is_rejected(site: Site) -> None:
    with pytest.raises(Rejected):
        made(site, body="<p>open")


def test_a_create_whose_answer_is_lost_is_ambiguous_and_happened_once(site: Site) -> None:
    site.wiki.space_exists("OPS")
    site.world.faults.add(Rule("drop-after", method="POST"))
    with pytest.raises(Ambiguous):
        made(site)
    found = site.wiki.find("OPS", "INC-1 Post-incident review")
    assert found is not None
    assert len(requests_of(site, "POST")) == 1


def test_absent_pages_are_none(site: Site) -> None:
    assert site.wiki.page("99999999") is None
    assert site.wiki.pages(["99999999"]) == []
    assert site.wiki.heads(["99999999"]) == []
    assert site.wiki.find("OPS", "Nothing of this title") is None
    assert site.wiki.find("NOPE", "Nothing of this title") is None


def test_many_pages_come_with_few_requests(site: Site) -> None:
    made_pages = [made(site, f"Page {number}") for number in range(120)]
    ids = [page.id for page in made_pages]
    site.world.faults.log.clear()
    heads = site.wiki.heads([*ids, ids[0], "99999999"])
    assert Counter(ids) == Counter(head.id for head in heads)
    assert all(type(head) is PageHead for head in heads)
    assert len(requests_of(site, "GET")) == 2
    site.world.faults.log.clear()
    assert site.wiki.listed([*ids, ids[0], "99999999"]) == heads
    assert len(requests_of(site, "GET")) == 1
    site.world.faults.log.clear()
    assert {page.id: page for page in made_pages} == {page.id: page for page in site.wiki.pages(ids)}
    assert len(requests_of(site, "GET")) == (1 if site.world.is_cloud else 3)


@pytest.mark.parametrize("status", ["archived", "trashed"])
def test_pages_that_were_put_away_say_so(site: Site, status: str) -> None:
    page = made(site)
    held = store.find_page(site.world, page.id)
    assert held is not None
    store.set_status(site.world, held, "archived" if status == "archived" else "trashed")
    alone = site.wiki.page(page.id)
    assert alone is not None
    expected = [PageStatus(status)]
    assert [alone.status] == expected
    assert [found.status for found in site.wiki.pages([page.id])] == expected
    assert [found.status for found in site.wiki.heads([page.id])] == expected
    assert site.wiki.find("OPS", page.title) is None


def test_pages_that_we_may_not_see_are_absent(site: Site) -> None:
    page = made(site)
    held = store.find_page(site.world, page.id)
    assert held is not None
    held.restricted_to = {site.person("aruiz").account_id}
    assert site.wiki.page(page.id) is None
    assert site.wiki.pages([page.id]) == []
    assert site.wiki.heads([page.id]) == []


def test_a_page_is_found_by_its_whole_title_only(site: Site) -> None:
    page = made(site, 'Odd "title" & more: <1>')
    assert page == site.wiki.find("OPS", 'Odd "title" & more: <1>')
    assert site.wiki.find("OPS", "Odd") is None
    assert site.wiki.find("SEC", page.title) is None


# ---------------------------------------------------------------- update


def test_an_update_is_a_minor_edit_with_its_message_and_the_page_s_own_title(site: Site) -> None:
    page = made(site)
    edit_by_hand(site, page.id, "<p>person</p>", "Renamed by a person")
    read = site.wiki.page(page.id)
    assert read is not None
    saved = site.wiki.update_page(read, "<p>ours</p>", f"{STAMP} refreshed")
    assert (3, "Renamed by a person", f"{STAMP} refreshed") == (saved.version, saved.title, saved.message)
    assert saved == site.wiki.page(page.id)
    held = store.find_page(site.world, page.id)
    assert held is not None
    assert held.current.minor


def test_an_update_of_an_old_version_is_stale_and_changes_nothing(site: Site) -> None:
    page = made(site)
    edit_by_hand(site, page.id, "<p>person</p>")
    with pytest.raises(Stale):
        site.wiki.update_page(page, "<p>ours</p>", STAMP)
    read = site.wiki.page(page.id)
    assert read is not None
    assert (read.version, read.body) == (2, "<p>person</p>")


def test_an_update_whose_answer_is_lost_is_made_once(site: Site) -> None:
    page = made(site)
    site.world.faults.add(Rule("drop-after", method="PUT"))
    with pytest.raises(Ambiguous):
        site.wiki.update_page(page, "<p>ours</p>", STAMP)
    read = site.wiki.page(page.id)
    assert read is not None
    assert (read.version, read.body) == (2, "<p>ours</p>")


def test_an_update_that_never_arrived_is_made_by_the_next_try(site: Site) -> None:
    page = made(site)
    site.world.faults.add(Rule("drop-before", method="PUT"))
    assert site.wiki.update_page(page, "<p>ours</p>", STAMP).version == 2


def test_an_archived_page_cannot_be_updated(site: Site) -> None:
    page = made(site)
    held = store.find_page(site.world, page.id)
    assert held is not None
    store.set_status(site.world, held, "archived")
    with pytest.raises(PirsyncError):
        site.wiki.update_page(page, "<p>ours</p>", STAMP)


def test_the_newest_stamped_version_at_or_below_is_found(site: Site) -> None:
    page = made(site)
    assert site.wiki.stamped(page, OURS) is None
    second = site.wiki.update_page(page, "<p>two</p>", f"{STAMP} 2")
    edit_by_hand(site, page.id, "<p>three</p>", "Renamed")
    third = site.wiki.page(page.id)
    assert third is not None
    found = site.wiki.stamped(third, OURS)
    assert found is not None
    assert (2, "<p>two</p>", second.title, second.at, second.author) == (
        found.version,
        found.body,
        found.title,
        found.at,
        found.author,
    )
    fourth = site.wiki.update_page(third, "<p>four</p>", f"{STAMP} 4")
    for head in (third, second):
        below = site.wiki.stamped(head, OURS)
        assert below is not None
        assert below.version == 2
    newest = site.wiki.stamped(fourth, OURS)
    assert newest is not None
    assert (newest.version, newest.body) == (4, "<p>four</p>")


def test_the_first_version_is_ours_by_its_author(site: Site) -> None:
    page = made(site)
    edit_by_hand(site, page.id, "<p>theirs</p>")
    second = site.wiki.page(page.id)
    assert second is not None
    found = site.wiki.stamped(second, OURS.model_copy(update={"account": site.wiki.identity()}))
    assert found is not None
    assert (1, page.body) == (found.version, found.body)


def test_our_newest_version_is_one_request_away_where_its_number_is_told(site: Site) -> None:
    page = made(site)
    site.wiki.update_page(page, "<p>ours</p>", STAMP)
    for number in range(5):
        edit_by_hand(site, page.id, f"<p>theirs {number}</p>")
    head = site.wiki.page(page.id)
    assert head is not None
    site.world.faults.log.clear()
    found = site.wiki.stamped(head, OURS.model_copy(update={"newest": 2}))
    assert found is not None
    assert (found.version, len(site.world.faults.log)) == (2, 1)
    # A number that is too high, as after a crash, only costs a little more.
    assert found == site.wiki.stamped(head, OURS.model_copy(update={"newest": 4}))


def test_every_version_is_told_with_its_body_newest_first(site: Site) -> None:
    page = made(site)
    assert [(one.version, one.body) for one in site.wiki.versions(page)] == [(1, page.body)]
    second = site.wiki.update_page(page, "<p>two</p>", f"{STAMP} 2")
    edit_by_hand(site, page.id, "<p>three</p>", "Renamed")
    third = site.wiki.page(page.id)
    assert third is not None
    found = list(site.wiki.versions(third))
    assert [(one.version, one.body) for one in found] == [(3, "<p>three</p>"), (2, "<p>two</p>"), (1, page.body)]
    assert [(one.at, one.author, one.message) for one in found] == [
        (one.at, one.author, one.message) for one in (third, second, page)
    ]
    assert [one.version for one in site.wiki.versions(second)] == [2, 1]


# ---------------------------------------------------------------- labels and properties


def test_labels_are_added_and_found(site: Site) -> None:
    page, other = made(site, "One"), made(site, "Two")
    site.wiki.add_labels(page.id, ("pirsync-review", "pir"))
    site.wiki.add_labels(page.id, ("pirsync-review",))
    held = store.find_page(site.world, page.id)
    assert held is not None
    assert held.labels == ["pirsync-review", "pir"]
    site.wiki.add_labels(other.id, ("pir",))
    found = list(site.wiki.labelled("OPS", "pirsync-review", None))
    assert site.wiki.heads([page.id]) == found
    assert {page.id, other.id} == {head.id for head in site.wiki.labelled("OPS", "pir", None)}
    assert list(site.wiki.labelled("SEC", "pir", None)) == []


def test_labelled_pages_modified_since(site: Site) -> None:
    old, new = made(site, "Old"), made(site, "New")
    for page in (old, new):
        site.wiki.add_labels(page.id, ("pir",))
    site.world.clock.advance(3600)
    since = site.world.clock.now() - timedelta(minutes=10)
    edit_by_hand(site, new.id, "<p>edited</p>")
    assert [new.id] == [head.id for head in site.wiki.labelled("OPS", "pir", since)]
    assert {new.id, old.id} == {head.id for head in site.wiki.labelled("OPS", "pir", since, (old.id,))}


def test_a_quoted_label_cannot_widen_the_search(site: Site) -> None:
    page = made(site)
    site.wiki.add_labels(page.id, ("pir",))
    assert list(site.wiki.labelled("OPS", 'x" or label = "pir', None)) == []


def test_many_labelled_pages_are_all_found(site: Site) -> None:
    ids = {made(site, f"Page {number}").id for number in range(130)}
    for page_id in ids:
        site.wiki.add_labels(page_id, ("pir",))
    assert ids == {head.id for head in site.wiki.labelled("OPS", "pir", None)}


def test_a_property_is_created_changed_and_locked(site: Site) -> None:
    page = made(site)
    assert site.wiki.property(page.id, KEY) is None
    first = site.wiki.set_property(page.id, KEY, {"page": page.id, "rows": {}}, None)
    assert first == site.wiki.property(page.id, KEY)
    assert ({"page": page.id, "rows": {}}, 1) == (first.value, first.version)
    second = site.wiki.set_property(page.id, KEY, {"page": page.id, "rows": {"1": "x"}}, first)
    assert second == site.wiki.property(page.id, KEY)
    assert second.version == 2
    with pytest.raises(Stale):
        site.wiki.set_property(page.id, KEY, {"page": "other"}, first)
    with pytest.raises(Stale):
        site.wiki.set_property(page.id, KEY, {"page": "other"}, None)
    assert second == site.wiki.property(page.id, KEY)
    assert site.wiki.property("99999999", KEY) is None


# ---------------------------------------------------------------- people


def test_people_are_named_the_way_the_pages_do(site: Site) -> None:
    site.world.faults.log.clear()
    account = site.jira_account("aruiz")
    mention = site.wiki.mention(account)
    assert mention == Mention(ref=site.wiki_account("aruiz"))
    assert site.wiki.account(Mention(ref=site.wiki_account("aruiz"))) == account
    again = (site.wiki.mention(account), site.wiki.account(Mention(ref=site.wiki_account("aruiz"))))
    assert again == (mention, account)
    assert len(requests_of(site, "GET")) == (0 if site.world.is_cloud else 1)


def test_strangers_are_none_on_data_center(site: Site) -> None:
    if not site.world.is_cloud:
        assert site.wiki.mention("nobody") is None
        assert site.wiki.account(Mention(ref="nobody")) is None
        assert site.wiki.account(Mention(ref="aruiz")) == "aruiz"


def test_instants_have_a_zone(site: Site) -> None:
    page = made(site)
    assert instant(page.at.isoformat()) == page.at


# ---------------------------------------------------------------- comments


def comments_on(site: Site, page_id: str) -> list[str]:
    page = store.find_page(site.world, page_id)
    assert page is not None
    return [comment.current.body for comment in comments_of(page)]


def test_a_comment_stands_below_the_page_and_makes_no_version(site: Site) -> None:
    page = made(site)
    site.wiki.add_comment(page.id, "<p>2027-01-01 was not taken &amp; <strong>why</strong></p>")
    assert comments_on(site, page.id) == ["<p>2027-01-01 was not taken &amp; <strong>why</strong></p>"]
    assert site.wiki.page(page.id) == page


def test_a_comment_on_a_page_that_cannot_be_seen_is_rejected(site: Site) -> None:
    with pytest.raises(Rejected):
        site.wiki.add_comment("99999999", "<p>nobody reads this</p>")


def test_a_comment_whose_answer_is_lost_is_ambiguous_and_sent_once(site: Site) -> None:
    page = made(site)
    site.world.faults.add(Rule("drop-after", method="POST"))
    with pytest.raises(Ambiguous):
        site.wiki.add_comment(page.id, "<p>once</p>")
    assert comments_on(site, page.id) == ["<p>once</p>"]


# ---------------------------------------------------------------- twins, and pages that we may only read


@pytest.mark.parametrize("twin", ["archived", "hidden"])
def test_a_twin_that_no_search_shows_keeps_its_title(site: Site, twin: str) -> None:
    held = store.find_page(site.world, made(site).id)
    assert held is not None
    if twin == "archived":
        store.set_status(site.world, held, "archived")
    else:
        held.restricted_to = {site.person("aruiz").account_id}
    assert site.wiki.find("OPS", "INC-1 Post-incident review") is None
    with pytest.raises(Rejected, match=r"(?i)title"):
        made(site)


def test_a_trashed_twin_has_given_its_title_away(site: Site) -> None:
    held = store.find_page(site.world, made(site).id)
    assert held is not None
    store.set_status(site.world, held, "trashed")
    page = made(site)
    assert page == site.wiki.find("OPS", "INC-1 Post-incident review")


def test_pages_of_a_title_are_found_in_one_request_whatever_became_of_them(site: Site) -> None:
    title, first = "INC-1 Post-incident review", made(site)
    held = store.find_page(site.world, first.id)
    assert held is not None
    store.set_status(site.world, held, "trashed")
    second = made(site)
    site.world.faults.log.clear()
    expected = [(second.id, PageStatus.CURRENT), (first.id, PageStatus.TRASHED)]
    assert [(page.id, page.status) for page in site.wiki.titled("OPS", title)] == expected
    assert [second.body, first.body] == [page.body for page in site.wiki.titled("OPS", title)]
    assert len(requests_of(site, "GET")) == 2
    assert site.wiki.titled("OPS", title.casefold()) == []
    assert site.wiki.titled("NOPE", title) == []


def test_an_archived_page_of_a_title_is_found_where_pages_are_archived(site: Site) -> None:
    held = store.find_page(site.world, made(site).id)
    assert held is not None
    store.set_status(site.world, held, "archived")
    expected = [PageStatus.ARCHIVED] if site.world.is_cloud else []
    assert [page.status for page in site.wiki.titled("OPS", held.title)] == expected


def test_a_page_that_we_may_read_and_not_edit_is_rejected_and_unchanged(site: Site) -> None:
    page = made(site)
    held = store.find_page(site.world, page.id)
    assert held is not None
    held.editors = {site.person("aruiz").account_id}
    with pytest.raises(Rejected):
        site.wiki.update_page(page, "<p>ours</p>", STAMP)
    assert site.wiki.page(page.id) == page
