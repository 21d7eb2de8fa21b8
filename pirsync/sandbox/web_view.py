"""What all pages for a person share: who is acting, what links lead to, and the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import tracker, wiki
from .people import User
from .render import IssueCard
from .wiki_json import web_path

if TYPE_CHECKING:
    from .world import World

TEMPLATES = Path(__file__).parent / "templates"
COOKIE = "sandbox-person"
FIRST_PERSON = "aruiz"
_COLOURS = {"new": "grey", "indeterminate": "blue", "done": "green"}
_BROWSE = re.compile(r"(?:/jira)?/browse/([A-Za-z][A-Za-z0-9_]*-\d+)/?")


def _instant(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _initials(user: User) -> str:
    words = user.display_name.split() or ["?"]
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.filters |= {"instant": _instant, "day": _day, "initials": _initials, "counted": _counted}


class Missing(Exception):
    """There is no such thing, or not for this person; the text says what."""


def acting(world: World, request: Request) -> User:
    """The person that the browser acts as, by cookie; Ana Ruiz, or the first who is there, without one."""
    for ref in (request.cookies.get(COOKIE, ""), FIRST_PERSON):
        if (user := world.people.find(ref)) is not None:
            return user
    return next((user for user in world.people.all() if user.active and not user.service), world.people.all()[0])


def show(world: World, request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """A page. `values` are what its template names; `product` (jira, wiki) and `notice` may be among them."""
    site = {
        "issues_url": f"{jira_path(world)}/issues",
        "wiki_url": f"{wiki_path(world)}/spaces",
        "style_url": "/assets/style.css",
        "editor_url": "/assets/editor.js",
        "people": [user for user in world.people.all() if user.active],
        "dialect": "Cloud" if world.is_cloud else "Data Center",
    }
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    shared = {"site": site, "actor": acting(world, request), "here": here, "now": world.clock.now()}
    page = _ENVIRONMENT.get_template(template).render({**shared, "notice": "", "product": "", **values})
    return HTMLResponse(page, status)


def error(world: World, request: Request, status: int, heading: str, words: str) -> Response:
    """A page that says what went wrong."""
    return show(world, request, "error.html", {"heading": heading, "words": words}, status)


def form(request: Request) -> dict[str, str]:
    """The fields of a posted form; of a field that is sent twice, the last."""
    sent = parse_qs(request.state.body.decode(errors="replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in sent.items()}


def go(path: str) -> Response:
    """Send the browser on to a page after a change."""
    return RedirectResponse(path, 303)


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


@dataclass(frozen=True)
class WorldSite:
    """What the body of `own`, a page, points at, as far as this person may see it."""

    world: World
    actor: User
    own: wiki.Page

    def person(self, ref: str) -> str | None:
        """A display name."""
        user = self.world.people.find(ref)
        return user.display_name if user is not None else None

    def page(self, space_key: str, title: str) -> str | None:
        """The address of the page of that title."""
        space = wiki.find_space(self.world, space_key) if space_key else wiki.space_of(self.world, self.own)
        if space is None:
            return None
        for page in self.world.wiki.pages.values():
            is_it = page.space_id == space.id and page.title.casefold() == title.casefold() and page.status == "current"
            if is_it and wiki.may_see(self.world, self.actor, page):
                return page_url(self.world, page)
        return None

    def children(self) -> list[tuple[str, str]]:
        """The pages directly below, by title."""
        below = [one for one in wiki.children(self.world, self.own) if wiki.may_see(self.world, self.actor, one)]
        return sorted((one.title, page_url(self.world, one)) for one in below)

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
