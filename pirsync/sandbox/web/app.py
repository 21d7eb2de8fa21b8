"""The sandbox in a browser: one home for both products, plain forms, and a script for the page editor alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.confluence.attachments import download
from pirsync.sandbox.site import jira_path, page_url, wiki_path

from .issues import IssuePages, rows, visible
from .view import COOKIE, TEMPLATES, Missing, acting, error, form, go, show
from .wiki import DC_ACTIONS, WikiPages

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Handler = Callable[[Request], Response]

_RECENT = 8


def routes(world: World) -> list[Route]:
    """All routes of the pages for a person; the server has put a posted body's bytes into `request.state.body`."""

    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        return Route(path, _guarded(world, handler), methods=[method])

    issues, pages = IssuePages(world), WikiPages(world)
    browse = f"{jira_path(world)}/browse/{{key}}"
    space = f"{wiki_path(world)}/spaces"
    found = [
        route("/", lambda request: home(world, request)),
        route("/act-as", lambda request: act_as(world, request), "POST"),
        route("/assets/style.css", lambda _: _asset("style.css", "text/css")),
        route("/assets/editor.js", lambda _: _asset("editor.js", "text/javascript")),
        route(f"{jira_path(world)}/issues", issues.listing),
        route(browse, issues.issue),
        route(f"{browse}/transition", issues.transition, "POST"),
        route(f"{browse}/comment", issues.comment, "POST"),
        route(f"{browse}/edit", issues.edit, "POST"),
        route(space, pages.spaces),
        route(f"{space}/{{key}}", pages.spaces),
        route(f"{space}/{{key}}/overview", pages.spaces),
        route(
            f"{wiki_path(world)}/download/attachments/{{page_id:int}}/{{name}}",
            lambda request: download(world, request),
        ),
    ]
    page = f"{space}/{{key}}/pages/{{page_id:int}}"
    action = "/confluence/pages/{}.action"
    places = {name: f"{page}/_{name}" for name in DC_ACTIONS}
    if not world.is_cloud:
        places = {name: action.format(word) for name, word in DC_ACTIONS.items()}
        found.append(route(f"{wiki_path(world)}/display/{{key}}", pages.spaces))
    found += [
        route(places["edit"], pages.editor),
        route(places["edit"], pages.save_edits, "POST"),
        route(places["source"], pages.source),
        route(places["source"], pages.save_source, "POST"),
        route(places["history"], pages.history),
        route(places["compare"], pages.compare),
        route(f"{wiki_path(world)}/pages/diffpagesbyversion.action", pages.compare),
    ]
    if world.is_cloud:
        return [*found, route(page, pages.page), route(page + "/{title}", pages.page)]
    return [*found, route(action.format("viewpage"), pages.page)]


def home(world: World, request: Request) -> Response:
    """Both products, and what happened last in each."""
    actor = acting(world, request)
    seen = [one for one in world.wiki.pages.values() if one.status == "current" and wiki.may_see(world, actor, one)]
    seen.sort(key=lambda one: (one.current.at, one.id), reverse=True)
    issues = visible(world, actor)
    by_state: dict[bool, list[tracker.Issue]] = {True: [], False: []}
    for issue in issues:
        by_state[tracker.status_of(world, issue).category == "done"].append(issue)
    values = {
        "counts": {
            "issues": len(issues),
            "projects": len(world.tracker.projects),
            "pages": len(seen),
            "spaces": len(world.wiki.spaces),
        },
        "open_issues": rows(world, by_state[False][:_RECENT]),
        "done_issues": rows(world, by_state[True][:_RECENT]),
        "recent_pages": [
            {
                "url": page_url(world, one),
                "title": one.title,
                "space": wiki.space_of(world, one).name,
                "author": one.current.author.display_name if one.current.author else "Former user",
                "at": one.current.at,
            }
            for one in seen[:_RECENT]
        ],
    }
    return show(world, request, "home.html", values)


def act_as(world: World, request: Request) -> Response:
    """Remember in a cookie which person the browser acts as, and go back to where it was."""
    sent = form(request)
    back = sent.get("back", "/")
    is_here = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = go(back if is_here else "/")
    user = world.people.find(sent.get("person", ""))
    if user is not None:
        answer.set_cookie(COOKIE, user.name, httponly=True, samesite="lax")
    return answer


def _asset(name: str, media_type: str) -> Response:
    # A file is small and sent whole: a streamed answer would wait for a disconnect that is never told here.
    return Response((TEMPLATES / name).read_bytes(), media_type=media_type)


def _guarded(world: World, handler: Handler) -> Handler:
    """What is missing becomes a page that says so; a form posted from another site is refused."""

    @wraps(handler)
    def guarded(request: Request) -> Response:
        if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return error(world, request, 403, "Not from here", "Forms are taken from this site's own pages only.")
        try:
            return handler(request)
        except Missing as missing:
            return error(world, request, 404, "Not found", str(missing))

    return guarded
