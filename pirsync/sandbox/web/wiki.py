"""Confluence for a person: a page with its history, what changed, and an editor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox import wiki
from pirsync.sandbox.people import User
from pirsync.sandbox.site import WorldSite, download_path, page_url, wiki_path
from pirsync.sandbox.text import diff, edit
from pirsync.sandbox.text.body import BadBody, parse
from pirsync.sandbox.text.render import render
from pirsync.sandbox.wiki.comments import Comment, comments_of, replies, resolution

from .view import Missing, acting, error, form, go, show

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


DC_ACTIONS = {"edit": "editpage", "source": "editsource", "history": "viewpreviousversions", "compare": "diffpages"}
"""Data Center's addresses of what can be done with a page: `/confluence/pages/<action>.action?pageId=…`."""

_AROUND = 2
"""How many lines are shown around a change."""


class WikiPages:
    """The handlers; each takes a request and answers with a page or sends the browser on."""

    def __init__(self, world: World) -> None:
        self._world = world

    def spaces(self, request: Request) -> Response:
        """All spaces with their trees, or the one that the path or `key` names."""
        actor = acting(self._world, request)
        key = request.path_params.get("key") or request.query_params.get("key", "")
        spaces = self._world.wiki.spaces.values()
        chosen = [space for space in spaces if not key or space.key.casefold() == key.casefold()]
        if key and not chosen:
            raise Missing(f"There is no space {key}.")
        shown = [{"name": one.name, "key": one.key, "pages": self._tree(actor, one)} for one in chosen]
        heading = chosen[0].name if key else "Spaces"
        return show(self._world, request, "spaces.html", {"product": "wiki", "spaces": shown, "heading": heading})

    def page(self, request: Request) -> Response:
        """One page, in an old version where `version` says so."""
        page, actor = self._page(request)
        version = self._version(page, request.query_params.get("version", str(page.current.number)))
        space = wiki.space_of(self._world, page)
        values = {
            "version": version,
            "is_newest": version is page.current,
            "body": self._rendered(version.body, actor, page),
            "tree": self._tree(actor, space),
            "files": self._files(page),
            "threads": [self._comment(each, actor, page) for each in comments_of(page)],
        }
        return self._show(request, "page.html", page, values)

    def history(self, request: Request) -> Response:
        """All versions, the newest first."""
        page, _ = self._page(request)
        mark = "&" if "?" in page_url(self._world, page) else "?"
        versions = [
            {**vars(version), "url": f"{page_url(self._world, page)}{mark}version={version.number}"}
            for version in reversed(page.versions)
        ]
        return self._show(request, "history.html", page, {"versions": versions})

    def compare(self, request: Request) -> Response:
        """What changed between two versions, the older first."""
        page, actor = self._page(request)
        newest, told = page.current.number, request.query_params
        first, second, *_ = (*told.getlist("selectedPageVersions"), "", "")
        chosen = (
            self._version(page, first or told.get("from", str(max(newest - 1, 1)))),
            self._version(page, second or told.get("to", str(newest))),
        )
        before, after = sorted(chosen, key=lambda version: version.number)
        lines = diff.compare(before.body, after.body, WorldSite(self._world, actor, page).person)
        return self._show(request, "compare.html", page, {"before": before, "after": after, "runs": _runs(lines)})

    def editor(self, request: Request) -> Response:
        """The page to type into; a page that cannot be read goes to its source."""
        page, actor = self._page(request)
        self._check_editable(actor, page)
        people = {user.name: user.display_name for user in self._world.people.all() if user.active and not user.service}
        site = WorldSite(self._world, actor, page)
        try:
            body = edit.EditorView(parse(page.current.body), site, people).html()
        except BadBody:
            return go(self._urls(page)["source_url"])
        return self._show(request, "edit.html", page, {"version": page.current, "body": Markup(body)})

    def save_edits(self, request: Request) -> Response:
        """Make the editor's edits and save the next version."""
        page, actor = self._page(request)
        self._check_editable(actor, page)
        sent = form(request)
        version = self._version(page, sent.get("version", ""))
        try:
            body = edit.apply(version.body, json.loads(sent.get("edits", "")), self._mention)
        except (ValueError, RecursionError) as problem:
            return error(self._world, request, 400, "This could not be saved", str(problem))
        title = sent.get("title", page.title)
        if body == page.current.body and title == page.title:
            return go(page_url(self._world, page))
        return self._save(request, page, {**sent, "body": body, "title": title})

    def source(self, request: Request) -> Response:
        """The page's storage format to edit as it is."""
        page, actor = self._page(request)
        self._check_editable(actor, page)
        sent = {"body": page.current.body, "title": page.title, "version": str(page.current.number)}
        return self._source(request, page, sent, "")

    def save_source(self, request: Request) -> Response:
        """Save the storage format; a browser sends line ends as CRLF, which the page had only if it had them before."""
        page, actor = self._page(request)
        self._check_editable(actor, page)
        sent = form(request)
        body = sent.get("body", "")
        if "\r\n" not in page.current.body:
            body = body.replace("\r\n", "\n")
        return self._save(request, page, {**sent, "body": body, "title": sent.get("title", page.title)})

    # ------------------------------------------------------------ how

    def _save(self, request: Request, page: wiki.Page, sent: dict[str, str]) -> Response:
        """Save the next version; what is refused stays in the form, so that nothing typed is lost."""
        actor = acting(self._world, request)
        number = int(sent["version"]) + 1 if sent.get("version", "").isdecimal() else 0
        message, is_minor = sent.get("message", "").strip(), "minor" in sent
        try:
            wiki.update_page(self._world, actor, page, sent["title"], sent["body"], number, message, is_minor)
        except wiki.Conflict as conflict:
            words = "Somebody saved this page while you were editing. Your text is below; saving it replaces theirs."
            return self._source(request, page, {**sent, "version": str(conflict.current)}, words, 409)
        except (wiki.Refused, wiki.TitleTaken) as problem:
            return self._source(request, page, sent, str(problem), 400)
        return go(page_url(self._world, page))

    def _source(
        self, request: Request, page: wiki.Page, sent: dict[str, str], notice: str, status: int = 200
    ) -> Response:
        values = {
            "source": sent["body"],
            "title": sent["title"],
            "version_number": sent["version"],
            "message": sent.get("message", ""),
            "notice": notice,
        }
        return self._show(request, "source.html", page, values, status)

    def _page(self, request: Request) -> tuple[wiki.Page, User]:
        actor = acting(self._world, request)
        ref = request.path_params.get("page_id") or request.query_params.get("pageId", "")
        page = wiki.find_page(self._world, ref)
        if page is None or not wiki.may_see(self._world, actor, page):
            raise Missing(f"There is no page {ref} that {actor.display_name} may see.")
        return page, actor

    def _check_editable(self, actor: User, page: wiki.Page) -> None:
        if not wiki.may_edit(self._world, actor, page):
            raise Missing(f"{actor.display_name} may not edit this page.")

    def _version(self, page: wiki.Page, number: str) -> wiki.Version:
        for version in page.versions:
            if str(version.number) == number:
                return version
        raise Missing(f"The page has no version {number}.")

    def _rendered(self, body: str, actor: User, page: wiki.Page) -> Markup:
        try:
            return Markup(render(body, WorldSite(self._world, actor, page)))
        except BadBody as problem:
            return Markup('<p class="notice">This page cannot be shown: {}</p><pre>{}</pre>').format(str(problem), body)

    def _files(self, page: wiki.Page) -> list[dict[str, Any]]:
        """What is attached to the page, by name."""
        current = sorted((each for each in page.attachments if each.status == "current"), key=lambda each: each.name)
        base = wiki_path(self._world)
        return [
            {
                "name": each.name,
                "url": base + download_path(self._world, each, each.current),
                "size": len(each.current.data),
                "version": each.current,
            }
            for each in current
        ]

    def _comment(self, comment: Comment, actor: User, page: wiki.Page) -> dict[str, Any]:
        """A comment with the answers to it; an inline one says where it stands."""
        return {
            "id": comment.id,
            "author": comment.versions[0].author,
            "at": comment.created,
            "body": self._rendered(comment.current.body, actor, page),
            "selection": comment.anchor.selection if comment.anchor and comment.parent_id is None else "",
            "state": resolution(self._world, comment) if comment.anchor else "",
            "replies": [self._comment(each, actor, page) for each in replies(self._world, comment)],
        }

    def _mention(self, name: str) -> str | None:
        user = self._world.people.find(name)
        if user is None:
            return None
        ref = f'ri:account-id="{user.account_id}"' if self._world.is_cloud else f'ri:userkey="{user.user_key}"'
        return f"<ac:link><ri:user {ref} /></ac:link>"

    def _tree(self, actor: User, space: wiki.Space) -> list[dict[str, Any]]:
        """The space's pages that this person sees, each with those below it."""
        seen = [
            page
            for page in self._world.wiki.pages.values()
            if page.space_id == space.id and page.status == "current" and wiki.may_see(self._world, actor, page)
        ]
        nodes: dict[int, dict[str, Any]] = {
            one.id: {"id": one.id, "title": one.title, "url": page_url(self._world, one), "below": []} for one in seen
        }
        top: list[dict[str, Any]] = []
        for page in seen:
            above = nodes.get(page.parent_id or 0)
            (above["below"] if above else top).append(nodes[page.id])
        return top

    def _urls(self, page: wiki.Page) -> dict[str, Any]:
        if self._world.is_cloud:
            key = wiki.space_of(self._world, page).key
            base = f"/wiki/spaces/{key}/pages/{page.id}"
            names = {name: f"{base}/_{name}" for name in ("edit", "source", "history", "compare")}
            fields = []
        else:
            base = "/confluence/pages"
            names = {name: f"{base}/{action}.action?pageId={page.id}" for name, action in DC_ACTIONS.items()}
            fields = [("pageId", page.id)]
        return {**{f"{name}_url": url for name, url in names.items()}, "compare_fields": fields}

    def _show(
        self, request: Request, template: str, page: wiki.Page, values: dict[str, Any], status: int = 200
    ) -> Response:
        actor = acting(self._world, request)
        space = wiki.space_of(self._world, page)
        chain = [one for one in wiki.ancestors(self._world, page) if one.id != space.homepage_id]
        above = [{"title": one.title, "url": page_url(self._world, one)} for one in chain]
        space_url = f"{wiki_path(self._world)}/spaces?key={space.key}"
        facts = {
            "id": page.id,
            "title": page.title,
            "status": page.status,
            "url": page_url(self._world, page),
            "space": space.name,
            "space_url": space_url,
            "above": above,
            "labels": page.labels,
            "editable": wiki.may_edit(self._world, actor, page),
            "restricted": page.restricted_to is not None,
            **self._urls(page),
        }
        return show(self._world, request, template, {"product": "wiki", "page": facts, **values}, status)


def _runs(lines: Sequence[diff.Line]) -> list[dict[str, Any]]:
    """Lines in order as runs; what is far from every change is folded away."""
    changed = [place for place, line in enumerate(lines) if line.kind != "same"]
    near = {place + step for place in changed for step in range(-_AROUND, _AROUND + 1)}
    return [
        {"folded": is_far, "lines": [line for _, line in run]}
        for is_far, run in groupby(enumerate(lines), key=lambda placed: placed[0] not in near)
    ]
