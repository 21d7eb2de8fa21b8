"""The contract of files on pages: found by their name, never a second one of it, versions in place; by every wiki."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import cast

import pytest

from pirsync.adapters.confluence import open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.overlay import overlay
from pirsync.adapters.overlay_wiki import OverlayWiki
from pirsync.errors import Ambiguous, AuthInDoubt, Rejected
from pirsync.model import Deployment
from pirsync.page_model import Attached
from pirsync.ports import PageDraft, Upload, WikiReads, WikiWrites, World
from pirsync.sandbox import wiki as store
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.wiki import attachments as files
from tests import leaks

from .loopback import Answer, in_turn, serving
from .sites import PACE, Site, served
from .worlds import Hands, world_of

WIKIS = [(kind, deployment) for kind in ("real", "memory", "overlay") for deployment in ("cloud", "datacenter")]
NAME = "OPS-1-review.ics"
CONTENT = "BEGIN:VCALENDAR\r\nX-WORDS:Zoë – 漢字 🎈\r\nEND:VCALENDAR\r\n"


@dataclass
class Shelf:
    """A page to attach to, by its id, and the wiki that it is in; `site` where that is a real one."""

    reads: WikiReads
    writes: WikiWrites
    page: str
    site: Site | None = None

    def content(self, name: str) -> str:
        if self.site is None:
            assert isinstance(self.reads, OverlayWiki)
            return self.reads.content(self.page, name)
        return held(self.site, self.page, name).current.data.decode()


def held(site: Site, page_id: str, name: str) -> files.Attachment:
    page = store.find_page(site.world, page_id)
    assert page is not None
    (found,) = [each for each in page.attachments if each.name == name]
    return found


@pytest.fixture(scope="module", params=WIKIS, ids="-".join)
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    kind, deployment = request.param
    if kind == "real":
        with served(deployment) as site:
            yield shelf_of(site)
        return
    world: World = world_of(cast(Deployment, deployment), Hands())
    page = world.wiki_writes.create_page(draft())
    world = overlay(world) if kind == "overlay" else world
    yield Shelf(world.wiki, world.wiki_writes, page.id)


def draft() -> PageDraft:
    return PageDraft(space="OPS", parent=None, title="A page with files", body="<p>Files.</p>")


def shelf_of(site: Site) -> Shelf:
    return Shelf(site.wiki, site.wiki, site.wiki.create_page(draft()).id, site)


def upload(name: str = NAME, content: str = CONTENT, comment: str = "pirsync: a1") -> Upload:
    return Upload(name=name, media_type="text/calendar", content=content, comment=comment)


def test_a_file_is_found_by_its_name_with_what_was_said_of_it(shelf: Shelf) -> None:
    assert shelf.reads.attachment(shelf.page, NAME) is None
    made = shelf.writes.attach(shelf.page, upload(), None)
    assert shelf.reads.attachment(shelf.page, NAME) == made
    assert made == Attached(id=made.id, name=NAME, version=1, comment="pirsync: a1")
    assert shelf.content(NAME) == CONTENT
    assert shelf.reads.attachment(shelf.page, NAME[:-1]) is None
    if shelf.site is not None:
        assert held(shelf.site, shelf.page, NAME).current.media_type == "text/calendar"
        assert held(shelf.site, shelf.page, NAME).current.minor


def test_a_next_version_stands_in_place_of_the_last(shelf: Shelf) -> None:
    first = shelf.writes.attach(shelf.page, upload("second.ics"), None)
    second = shelf.writes.attach(shelf.page, upload("second.ics", "other\r\n", "pirsync: b2"), first)
    assert second == first.model_copy(update={"version": 2, "comment": "pirsync: b2"})
    assert shelf.reads.attachment(shelf.page, "second.ics") == second
    assert shelf.content("second.ics") == "other\r\n"


def test_a_name_that_is_taken_is_rejected_and_what_is_there_stays(shelf: Shelf) -> None:
    first = shelf.writes.attach(shelf.page, upload("third.ics"), None)
    with pytest.raises(Rejected):
        shelf.writes.attach(shelf.page, upload("third.ics", "other"), None)
    assert (shelf.reads.attachment(shelf.page, "third.ics"), shelf.content("third.ics")) == (first, CONTENT)


def test_what_is_not_there_is_rejected(shelf: Shelf) -> None:
    gone = Attached(id="att99999999", name="gone.ics", version=1, comment="")
    with pytest.raises(Rejected):
        shelf.writes.attach("99999999", upload(), None)
    with pytest.raises(Rejected):
        shelf.writes.attach(shelf.page, upload("gone.ics"), gone)
    assert shelf.reads.attachment("99999999", NAME) is None


def test_a_lost_reply_is_doubt_sent_once_and_the_file_is_found_by_its_name(site: Site) -> None:
    shelf = shelf_of(site)
    site.world.faults.add(Rule("drop-after", method="POST"))
    with pytest.raises(Ambiguous):
        shelf.writes.attach(shelf.page, upload(), None)
    found = shelf.reads.attachment(shelf.page, NAME)
    assert found is not None
    assert found.comment == "pirsync: a1"
    site.world.faults.log.clear()
    site.world.faults.add(Rule("drop-before", method="POST"))
    with pytest.raises(Ambiguous):
        shelf.writes.attach(shelf.page, upload(comment="pirsync: b2"), found)
    assert [method for method, _, _ in site.world.faults.log].count("POST") == 1
    assert shelf.reads.attachment(shelf.page, NAME) == found
    # Somebody attaches a file of that name between our look and our upload: theirs stays.
    with pytest.raises(Rejected):
        shelf.writes.attach(shelf.page, upload(content="ours"), None)
    assert shelf.content(NAME) == CONTENT


def test_a_token_that_lacks_only_this_scope_is_refused_and_not_doubted() -> None:
    answer = Answer(401, {"code": 401, "message": "Unauthorized; scope does not match"})
    with serving(in_turn(answer)) as server:
        connection = Connection(site_url=server.url, user="", token=leaks.TOKENS[0], deployment="cloud")
        with closing(open_wiki(connection, threading.Event(), PACE)) as wiki:
            with pytest.raises(Rejected, match="scope does not match"):
                wiki.attachment("1", NAME)
            with pytest.raises(AuthInDoubt):
                wiki.heads(["1"])
