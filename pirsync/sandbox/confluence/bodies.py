"""A page's body in the representations that the wiki serves: storage as it is kept, the others as a reader sees it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pirsync.sandbox.people import User
from pirsync.sandbox.site import WorldSite
from pirsync.sandbox.text.body import BadBody, parse
from pirsync.sandbox.text.view import View
from pirsync.sandbox.wiki import Page

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

RENDERED = ("view", "export_view", "styled_view", "anonymous_export_view")
SERVED = ("storage", *RENDERED)


def represented(world: World, actor: User | None, page: Page | None, body: str, form: str) -> str:
    """A storage body in the form `form`, one of `SERVED`; what it points at is looked up as the actor sees it.

    `page` is the one that the body is on, if any. A body that a reader's page cannot show comes out as its text.
    """
    if form == "storage":
        return body
    try:
        shown = View(parse(body), WorldSite(world, actor, page), world.base_url).html()
    except BadBody:
        shown = f"<pre>{escape(body)}</pre>"
    if form != "styled_view":
        return shown
    title = escape(page.title) if page else ""
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{shown}</body></html>"
