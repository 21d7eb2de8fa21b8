"""What all pages for a person share: who is acting, what links lead to, and the templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pirsync.sandbox.people import User
from pirsync.sandbox.site import jira_path, wiki_path

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

TEMPLATES = Path(__file__).parent / "templates"
COOKIE = "sandbox-person"
FIRST_PERSON = "aruiz"


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
    # A store may hold half a character, which no encoding can say.
    return HTMLResponse(page.encode(errors="replace"), status)


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
