"""The addresses of what both products show, and what a wiki page's body points at, as one person sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from . import tracker, wiki
from .people import User
from .text.render import IssueCard
from .wiki.attachments import Attachment, FileVersion, attachment_named
from .wiki.index import titled

if TYPE_CHECKING:
    from .world import World

_COLOURS = {"new": "grey", "indeterminate": "blue", "done": "green"}
_BROWSE = re.compile(r"(?:/jira)?/browse/([A-Za-z][A-Za-z0-9_]*-\d+)/?")


def jira_path(world: World) -> str:
    """The path that Jira's pages stand below."""
    return "" if world.is_cloud else "/jira"


def wiki_path(world: World) -> str:
    """The path that Confluence's pages stand below."""
    return "/wiki" if world.is_cloud else "/confluence"


def page_url(world: World, page: wiki.Page) -> str:
    """Where a page is shown."""
    return wiki_path(world) + web_path(world, page)


def issue_url(world: World, issue: tracker.Issue) -> str:
    """Where an issue is shown."""
    return f"{jira_path(world)}/browse/{issue.key}"


def card_of(world: World, issue: tracker.Issue) -> IssueCard:
    """An issue in short."""
    status = tracker.status_of(world, issue)
    return IssueCard(issue.key, issue.summary, issue_url(world, issue), status.name, _COLOURS[status.category])


def web_path(world: World, page: wiki.Page) -> str:
    """Where a browser sees the page, relative to the wiki's address."""
    if not world.is_cloud:
        return f"/pages/viewpage.action?pageId={page.id}"
    key, title = wiki.space_of(world, page).key, quote_plus(page.title)
    if page.kind == "blogpost":
        return f"/spaces/{key}/blog/{page.created:%Y/%m/%d}/{page.id}/{title}"
    return f"/spaces/{key}/pages/{page.id}/{title}"


def download_path(world: World, attachment: Attachment, version: FileVersion) -> str:
    """Where the bytes of a version are, relative to the wiki's address."""
    query = {"version": version.number, "modificationDate": int(version.at.timestamp() * 1000)}
    query |= {"cacheVersion": 1} if world.is_cloud else {}
    name = quote(attachment.name, safe="")
    return f"/download/attachments/{attachment.page_id}/{name}?{urlencode({**query, 'api': 'v2'})}"


@dataclass(frozen=True)
class WorldSite:
    """What the body of `own`, a page or None for a body that is on none, points at, as far as the actor may see it."""

    world: World
    actor: User | None
    own: wiki.Page | None

    def person(self, ref: str) -> str | None:
        """A display name."""
        user = self.world.people.find(ref)
        return user.display_name if user is not None else None

    def page(self, space_key: str, title: str) -> str | None:
        """The address of the page of that title."""
        space = wiki.find_space(self.world, space_key) if space_key else self._own_space()
        if space is None:
            return None
        for page in titled(self.world.wiki, title):
            is_it = page.space_id == space.id and page.title.casefold() == title.casefold() and page.status == "current"
            if is_it and wiki.may_see(self.world, self.actor, page):
                return page_url(self.world, page)
        return None

    def children(self) -> list[tuple[str, str]]:
        """The pages directly below, by title."""
        if self.own is None:
            return []
        below = [one for one in wiki.children(self.world, self.own) if wiki.may_see(self.world, self.actor, one)]
        return sorted((one.title, page_url(self.world, one)) for one in below)

    def attachment(self, name: str) -> str | None:
        """The address of a file on the page itself."""
        found = attachment_named(self.own, name) if self.own is not None else None
        if found is None:
            return None
        return wiki_path(self.world) + download_path(self.world, found, found.current)

    def issue(self, key: str) -> IssueCard | None:
        """The issue of that key."""
        issue = tracker.find_issue(self.world, key)
        seen = issue is not None and tracker.can_see(self.world, self.actor, issue)
        return card_of(self.world, issue) if issue is not None and seen else None

    def issue_at(self, url: str) -> IssueCard | None:
        """The issue that an address of this sandbox shows, whatever the port was when it was written."""
        parts = urlsplit(url)
        found = _BROWSE.fullmatch(parts.path)
        if found is None or parts.hostname not in (None, urlsplit(self.world.base_url).hostname, "localhost"):
            return None
        return self.issue(found[1])

    def _own_space(self) -> wiki.Space | None:
        return wiki.space_of(self.world, self.own) if self.own is not None else None
