"""Jira for a person: the issues, and one issue with everything that can be done to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox import tracker
from pirsync.sandbox.people import User
from pirsync.sandbox.site import card_of, issue_url, jira_path
from pirsync.sandbox.text import wikitext
from pirsync.sandbox.text.render import FOCUSABLE, safe_url
from pirsync.sandbox.tracker.comments import readable

from .view import Missing, acting, error, form, go, show

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_STATES = (("new", "To do"), ("indeterminate", "In progress"), ("done", "Done"))


def rows(world: World, issues: list[tracker.Issue]) -> list[dict[str, Any]]:
    """Issues as a list shows them."""
    return [{"card": card_of(world, issue), "assignee": issue.assignee, "due": issue.due} for issue in issues]


def visible(world: World, actor: User) -> list[tracker.Issue]:
    """The issues that this person may see, the last changed first."""
    seen = [issue for issue in world.tracker.issues.values() if tracker.can_see(world, actor, issue)]
    return sorted(seen, key=lambda issue: (issue.updated, issue.id), reverse=True)


MOST = 200
"""Issues in one list."""


class IssuePages:
    """The handlers; each takes a request and answers with a page or sends the browser on."""

    def __init__(self, world: World) -> None:
        self._world = world

    def listing(self, request: Request) -> Response:
        """The issues, filtered by words, project and state."""
        words = request.query_params.get("words", "").strip()
        project = request.query_params.get("project", "")
        state = request.query_params.get("state", "")
        issues = visible(self._world, acting(self._world, request))
        found = [issue for issue in issues if self._fits(issue, words, project, state)]
        values = {
            "product": "jira",
            "words": words,
            "project": project,
            "state": state,
            "projects": [(one.key, one.name) for one in self._world.tracker.projects.values()],
            "states": _STATES,
            "found": rows(self._world, found[:MOST]),
            "fitting": len(found),
            "total": len(issues),
        }
        return show(self._world, request, "issues.html", values)

    def issue(self, request: Request) -> Response:
        """One issue."""
        issue, actor = self._issue(request)
        return self._show(request, issue, actor, "")

    def transition(self, request: Request) -> Response:
        """Take the step of the workflow whose button was pressed."""
        issue, actor = self._issue(request)
        sent = form(request)
        step_id = sent.get("transition", "")
        steps = {step.id: step for step in tracker.available_transitions(self._world, issue)}
        needed = step_id in steps and steps[step_id].needs_resolution
        try:
            tracker.transition(self._world, actor, issue, step_id, sent.get("resolution") if needed else None)
        except tracker.Invalid as problem:
            return self._show(request, issue, actor, str(problem), 400)
        return go(issue_url(self._world, issue))

    def comment(self, request: Request) -> Response:
        """Add a comment."""
        issue, actor = self._issue(request)
        if words := form(request).get("comment", "").strip():
            tracker.add_comment(self._world, actor, issue, words.replace("\r\n", "\n"))
        return go(issue_url(self._world, issue))

    def edit(self, request: Request) -> Response:
        """Set assignee and due date."""
        issue, actor = self._issue(request)
        sent = form(request)
        try:
            assignee = self._assignee(issue, sent.get("assignee", ""))
            due = date.fromisoformat(sent["due"]) if sent.get("due") else None
            tracker.edit_fields(self._world, actor, issue, {"assignee": assignee, "due": due})
        except tracker.Invalid as problem:
            return self._show(request, issue, actor, str(problem), 400)
        except ValueError:
            return error(self._world, request, 400, "This could not be saved", "The due date is not a date.")
        return go(issue_url(self._world, issue))

    # ------------------------------------------------------------ how

    def _issue(self, request: Request) -> tuple[tracker.Issue, User]:
        actor = acting(self._world, request)
        key = request.path_params["key"]
        issue = tracker.find_issue(self._world, key)
        if issue is None or not tracker.can_see(self._world, actor, issue):
            raise Missing(f"There is no issue {key} that {actor.display_name} may see.")
        return issue, actor

    def _fits(self, issue: tracker.Issue, words: str, project: str, state: str) -> bool:
        if project and tracker.project_of(self._world, issue).key != project:
            return False
        if state and tracker.status_of(self._world, issue).category != state:
            return False
        assignee = issue.assignee.display_name if issue.assignee is not None else ""
        text = f"{issue.key} {issue.summary} {assignee}".casefold()
        return all(word in text for word in words.casefold().split())

    def _assignee(self, issue: tracker.Issue, name: str) -> User | None:
        if not name:
            return None
        user = self._world.people.find(name)
        unchanged = user is not None and issue.assignee == user
        if user is None or not (unchanged or (user.active and user.assignable)):
            raise tracker.Invalid(f"User '{name}' cannot be assigned issues.")
        return user

    def _show(self, request: Request, issue: tracker.Issue, actor: User, notice: str, status: int = 200) -> Response:
        world = self._world
        steps = tracker.available_transitions(world, issue)
        types = world.tracker.types
        choosable = [user for user in world.people.all() if user.active and user.assignable and not user.service]
        if issue.assignee is not None and issue.assignee not in choosable:
            choosable.append(issue.assignee)
        values = {
            "product": "jira",
            "notice": notice,
            "card": card_of(world, issue),
            "project": tracker.project_of(world, issue),
            "type_name": types[issue.type_id].name if issue.type_id in types else "Issue",
            "updated": issue.updated,
            "transitions": steps,
            "resolutions": list(world.tracker.resolutions.values()) if any(s.needs_resolution for s in steps) else [],
            "description": self._wikitext(issue.description or ""),
            "links": list(self._links(issue, actor)),
            "remote_links": [_remote(link) for link in issue.remote_links],
            "comments": [
                {**vars(comment), "html": self._wikitext(comment.body)} for comment in readable(world, actor, issue)
            ],
            "histories": [_history(entry) for entry in reversed(issue.histories)],
            "facts": list(self._facts(issue)),
            "assignee": issue.assignee,
            "reporter": issue.reporter,
            "assignable": choosable,
            "due": issue.due,
        }
        return show(world, request, "issue.html", values, status)

    def _wikitext(self, words: str) -> Markup:
        html = wikitext.html(words, self._profile)
        # What Jira itself renders has no focus; here it is also read by keyboard.
        html = html.replace("<pre", f"<pre{FOCUSABLE.format('Code')}")
        return Markup(html.replace("<div class='table-wrap'", f"<div class='table-wrap'{FOCUSABLE.format('Table')}"))

    def _profile(self, ref: str) -> tuple[str, str] | None:
        """A mentioned person's issues, and the display name."""
        user = self._world.people.find(ref.removeprefix("accountid:"))
        if user is None:
            return None
        return f"{jira_path(self._world)}/issues?words={quote_plus(user.display_name)}", user.display_name

    def _links(self, issue: tracker.Issue, actor: User) -> Iterator[dict[str, Any]]:
        for link in tracker.links_of(self._world, issue):
            kind = self._world.tracker.link_types[link.type_id]
            outward = link.source == issue.id
            other = self._world.tracker.issues.get(link.destination if outward else link.source)
            if other is not None and tracker.can_see(self._world, actor, other):
                yield {"words": kind.outward if outward else kind.inward, "card": card_of(self._world, other)}

    def _facts(self, issue: tracker.Issue) -> Iterator[tuple[str, str]]:
        """The filled fields, by the names that people know."""
        store = self._world.tracker
        levels = {level.id: level.name for level in tracker.project_of(self._world, issue).security_levels}
        custom = [(store.fields[one].name if one in store.fields else one, issue.custom[one]) for one in issue.custom]
        named = (
            ("Priority", store.priorities[issue.priority_id].name if issue.priority_id in store.priorities else None),
            ("Resolution", store.resolutions[issue.resolution_id].name if issue.resolution_id else None),
            ("Created", issue.created),
            ("Resolved", issue.resolved),
            ("Labels", issue.labels),
            ("Security", levels.get(issue.security or "", issue.security)),
            *custom,
        )
        for name, value in named:
            if value not in (None, "", []):
                yield name, self._text(value)

    def _text(self, value: Any) -> str:
        """An internal field value as words; an account's name becomes its display name."""
        if isinstance(value, datetime):
            return f"{value.day} {value:%b %Y, %H:%M} UTC"
        if isinstance(value, date):
            return f"{value.day} {value:%b %Y}"
        if isinstance(value, list | tuple):
            return ", ".join(self._text(one) for one in value)
        if isinstance(value, dict):
            return str(value.get("displayName") or value.get("name") or value.get("value") or value)
        if isinstance(value, User):
            return value.display_name
        user = self._world.people.find(value) if isinstance(value, str) else None
        return user.display_name if user is not None else str(value)


def _remote(link: tracker.RemoteLink) -> dict[str, str]:
    words = link.raw.get("relationship")
    return {
        "words": words if isinstance(words, str) and words else "links to",
        "title": link.title,
        "url": safe_url(link.url) or "#",
    }


def _history(entry: tracker.History) -> dict[str, Any]:
    changes = [{"field": item.field, "before": item.from_text, "after": item.to_text} for item in entry.items]
    return {"author": entry.author, "created": entry.created, "changes": changes}
