"""One Jira API call: what the handlers need to know of the request, and how their refusals become Jira's errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import BadBody, actor, body_object, credential_refused, jira_error, jira_unauthenticated
from pirsync.sandbox.jql.syntax import BadQuery
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import Invalid, can_see, find_issue, is_read_only
from pirsync.sandbox.tracker.nouns import Issue, Project
from pirsync.sandbox.tracker.permissions import may

from .nouns_json import View

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

CLOUD_VERSIONS = frozenset({"2", "3", "latest"})
DC_VERSIONS = frozenset({"2", "latest"})
LOGIN_REASON = "X-Seraph-LoginReason"


class Unauthenticated(Exception):
    """The call needs an account and has none."""


@dataclass(frozen=True)
class Call:
    """One request by `user` (None: anonymous) under an API version."""

    world: World
    request: Request
    user: User | None

    @property
    def view(self) -> View:
        """How this caller sees things."""
        return View(self.world, self.user, version_of(self.request))

    def signed_in(self) -> User:
        """The account; `Unauthenticated` for anonymous."""
        if self.user is None:
            raise Unauthenticated
        return self.user

    @property
    def issue(self) -> Issue:
        """The issue of the path's `ref`, by id or key; `Invalid` with 404 when it is not there for this caller."""
        return self.find(self.request.path_params["ref"])

    def find(self, ref: str) -> Issue:
        """The issue with this id or key; `Invalid` with 404 when it is not there for this caller."""
        issue = find_issue(self.world, ref)
        if issue is None or not can_see(self.world, self.user, issue):
            text = "Issue does not exist or you do not have permission to see it."
            raise Invalid(text if self.world.is_cloud else "Issue Does Not Exist", status=404)
        return issue

    def project(self, ref: str) -> Project | None:
        """The project with this id or key; None when it is not there for this caller."""
        found = self.world.tracker.project(ref) if ref else None
        return found if found is not None and may(self.world, self.user, "BROWSE_PROJECTS", found) else None

    def body(self) -> dict[str, Any]:
        """The body as an object."""
        return body_object(self.request)

    def path(self, name: str) -> str:
        """A part of the path."""
        value: str = self.request.path_params[name]
        return value

    def text(self, name: str) -> str | None:
        """A query parameter; None when it was not sent."""
        return self.request.query_params.get(name)

    def names(self, name: str) -> tuple[str, ...]:
        """A query parameter that lists names, repeated or with commas."""
        return comma_names(self.request.query_params.getlist(name))

    def number(self, name: str, default: int) -> int:
        """A query parameter that is a whole number from 0; `Invalid` when it is something else."""
        return whole(self.text(name), name, default)


def comma_names(texts: list[str]) -> tuple[str, ...]:
    """The names in texts that may hold several with commas between them."""
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


def whole(value: Any, name: str, default: int) -> int:
    """A count or a place: `default` where it is absent; `Invalid` where it is no whole number from 0."""
    if value is None or value == "":
        return default
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise Invalid(f"The value of '{name}' must be a whole number that is not negative, but was '{text}'.")
    return int(text)


def version_of(request: Request) -> str:
    """The API version that the path names; "latest" where a path has none."""
    version: str = request.path_params.get("version", "latest")
    return version


Handler = Callable[[Call], Response]

Table = list[tuple[str, str, Handler]]
"""Calls as method, path below an API version, and handler; the first that fits answers."""

ISSUE = "/issue/{ref}"


def sent_object(body: dict[str, Any], name: str) -> dict[str, Any]:
    """A part of the body that is an object, absent or null; `Invalid` when it is something else."""
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise Invalid(f"Cannot read '{name}': it must be an object.")
    return value


def project_named(call: Call, ref: str) -> Project:
    """The project with this id or key; `Invalid` with 404 when it is not there for this caller."""
    project = call.project(ref)
    if project is None:
        raise Invalid(f"No project could be found with {'id' if ref.isdigit() else 'key'} '{ref}'.", status=404)
    return project


def writable(call: Call, issue: Issue) -> None:
    """`Invalid` with 403 where the workflow forbids edits."""
    if is_read_only(call.world, issue):
        raise Invalid("You do not have the permission to edit this issue.", status=403)


def unknown(call: Call) -> Response:
    """A call that this dialect does not have."""
    raise Invalid(f"null for uri: {call.request.url.path}", status=404)


def endpoint(world: World, handler: Handler) -> Callable[[Request], Response]:
    """The handler as a route's endpoint: version check, credentials, errors in Jira's shape."""

    def handle(request: Request) -> Response:
        if version_of(request) not in (CLOUD_VERSIONS if world.is_cloud else DC_VERSIONS):
            return jira_error(404, "null for uri: " + str(request.url))
        refused = credential_refused(world, request)
        if refused and not world.is_cloud:
            return jira_unauthenticated(world)
        response = _answered(world, Call(world, request, actor(world, request)), handler)
        if refused:
            response.headers[LOGIN_REASON] = "AUTHENTICATED_FAILED"
        return response

    return handle


def _answered(world: World, call: Call, handler: Handler) -> Response:
    try:
        return handler(call)
    except Unauthenticated:
        return jira_unauthenticated(world)
    except Invalid as refusal:
        return jira_error(refusal.status, *refusal.messages, errors=refusal.errors)
    except BadQuery as refusal:
        return jira_error(400, *refusal.messages)
    except BadBody as refusal:
        return jira_error(400, str(refusal))
