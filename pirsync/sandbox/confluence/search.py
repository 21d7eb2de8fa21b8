"""Searches by CQL: pages as they are or as hits with an excerpt, and people; Cloud pages them by cursor."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.cql import search as cql
from pirsync.sandbox.cql.people import search_people
from pirsync.sandbox.cql.text import text_of
from pirsync.sandbox.edge.http import actor, answer
from pirsync.sandbox.people import User
from pirsync.sandbox.site import web_path
from pirsync.sandbox.wiki import Indexed, space_of

from . import call as edge
from .call import bad_request
from .v1_json import Asked, Json, content_json, expansions, moment, user_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Item = TypeVar("Item")

_EXCERPT = 200
_STRATEGIES = frozenset({"highlight", "indexed", "none", "highlight_unescaped", "indexed_unescaped"})
_STATUSES = frozenset({"current", "archived", "draft"})


def search(world: World, request: Request) -> Response:
    """`GET /rest/api/search`: pages wrapped as search hits, titles HTML-escaped and found words marked."""
    text, strategy = _cql(request), request.query_params.get("excerpt", "highlight")
    if strategy not in _STRATEGIES:
        raise bad_request(f"Provided value {{{strategy}}} for 'excerpt' is not valid")
    asked = _asked(world, request)
    found = cql.search(world, asked.actor, text, _context(request))
    shown = _Shown(strategy, cql.words_asked(text))
    return _listed(asked, request, found, lambda indexed: _hit(asked, indexed, shown))


def content_search(world: World, request: Request) -> Response:
    """`GET /rest/api/content/search`: pages, with expansions."""
    asked = _asked(world, request)
    found = cql.search(world, asked.actor, _cql(request), _context(request))
    return _listed(asked, request, found, lambda indexed: content_json(asked, indexed.page))


def user_search(world: World, request: Request) -> Response:
    """Cloud's `GET /rest/api/search/user`: people, by queries on `user.` fields."""
    asked = _asked(world, request)
    found = search_people(world, asked.actor, _cql(request))
    return _listed(asked, request, found, lambda user: _person_hit(asked, user))


class _Shown:
    """How a hit shows its words: marked or not, as HTML or not."""

    def __init__(self, strategy: str, words: list[str]) -> None:
        self._strategy = strategy
        self._words = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b", re.IGNORECASE) if words else None

    def title(self, text: str) -> str:
        """A title, escaped in any case."""
        return html.escape(self._marked(text))

    def excerpt(self, text: str) -> str:
        """The part of a text around the first word found, or its beginning."""
        if self._strategy == "none":
            return ""
        first = self._words.search(text) if self._words else None
        start = max(0, first.start() - _EXCERPT // 4) if first else 0
        part = " ".join(text[start : start + _EXCERPT].split())
        marked = self._marked(part)
        return marked if self._strategy.endswith("unescaped") else html.escape(marked)

    def _marked(self, text: str) -> str:
        if self._words is None or not self._strategy.startswith("highlight"):
            return text
        return self._words.sub(r"@@@hl@@@\1@@@endhl@@@", text)


def _cql(request: Request) -> str:
    if "cql" not in request.query_params:
        raise bad_request("Query parameter 'cql' is required")
    return request.query_params["cql"]


def _asked(world: World, request: Request) -> Asked:
    return Asked(world, actor(world, request), expansions(request.query_params.get("expand", "")))


def _context(request: Request) -> cql.Context:
    text = request.query_params.get("cqlcontext")
    if not text:
        return cql.Context()
    try:
        sent = json.loads(text)
    except ValueError:
        sent = None
    statuses = sent.get("contentStatuses", ["current"]) if isinstance(sent, dict) else None
    if not isinstance(statuses, list) or not _STATUSES.issuperset(map(str, statuses)):
        raise bad_request(f"Could not parse cqlcontext : {text}")
    space_key, content_id = str(sent.get("spaceKey") or ""), str(sent.get("contentId") or "")
    return cql.Context(space_key, content_id, frozenset(map(str, statuses)))


def _listed(asked: Asked, request: Request, found: Sequence[Item], shape: Callable[[Item], Json]) -> Response:
    world, query = asked.world, request.query_params
    limit = min(edge.whole_number(query.get("limit"), 25, "limit"), _most(asked)) or 25
    cursor = query.get("cursor") if world.is_cloud else None
    start = edge.position_of(cursor) if cursor else edge.whole_number(query.get("start"), 0, "start")
    page, following = edge.slice_of(found, start, limit)
    links: Json = {
        "base": world.wiki_url,
        "context": "/wiki" if world.is_cloud else "/confluence",
        "self": f"{world.wiki_url}{edge.own_path(request)}?{request.url.query}",
    }
    if following is not None:
        links["next"] = _beside(world, request, limit, following, "next")
    if start > 0:
        links["prev"] = _beside(world, request, limit, max(0, start - limit), "prev")
    answered: dict[str, Any] = {
        "results": [shape(item) for item in page],
        "start": start,
        "limit": limit,
        "size": len(page),
        "totalSize": len(found),
        "cqlQuery": query["cql"],
        "searchDuration": 1,
        "_links": links,
    }
    return answer(answered)


def _most(asked: Asked) -> int:
    most = edge.most_of(asked)
    return 250 if most == 200 and asked.world.is_cloud else most


def _beside(world: World, request: Request, limit: int, start: int, way: str) -> str:
    own = ("cursor", "start", "limit", "next", "prev")
    kept = {name: value for name, value in request.query_params.items() if name not in own}
    place = {way: "true", "cursor": edge.cursor_of(start)} if world.is_cloud else {}
    return f"{edge.own_path(request)}?{urlencode({**place, **kept, 'limit': limit, 'start': start})}"


def _hit(asked: Asked, indexed: Indexed, shown: _Shown) -> Json:
    world, page = asked.world, indexed.page
    inner = frozenset(name.removeprefix("content.") for name in asked.expand)
    space = space_of(world, page)
    return {
        "content": content_json(Asked(world, asked.actor, inner), page),
        "title": shown.title(indexed.title),
        "excerpt": shown.excerpt(text_of(indexed.body)),
        "url": web_path(world, page),
        "resultGlobalContainer": {"title": space.name, "displayUrl": f"/spaces/{space.key}"},
        "breadcrumbs": [],
        "entityType": "content",
        "iconCssClass": f"aui-icon content-type-{page.kind}",
        "lastModified": moment(indexed.changed),
        "friendlyLastModified": f"{indexed.changed:%b %d, %Y}",
        "score": 0.0,
    }


def _person_hit(asked: Asked, user: User) -> Json:
    return {
        "user": user_json(asked.world, user),
        "title": html.escape(user.display_name),
        "excerpt": "",
        "url": f"/people/{user.account_id}",
        "breadcrumbs": [],
        "entityType": "user",
        "iconCssClass": "aui-icon content-type-profile",
        "lastModified": "1970-01-01T00:00:00.000Z",
        "friendlyLastModified": "Jan 01, 1970",
        "score": 0.0,
    }
