"""Jira's REST API: every module's table of calls, put together for one dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from . import (
    attachments,
    bulk,
    comments,
    createmeta,
    issue,
    jql_calls,
    links,
    lists,
    meta,
    project_parts,
    projects,
    properties,
    search,
    transitions,
    users,
    watchers,
    write,
)
from .call import Table, endpoint
from .permissions import guarded

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

ROOT = "/rest/api/{version}"
FILE = "/secure/attachment/{attachment}/{name}"
SESSION = "/rest/auth/1/session"

_BOTH: Table = [
    *meta.BOTH,
    *lists.BOTH,
    *projects.BOTH,
    *project_parts.BOTH,
    *createmeta.BOTH,
    *users.BOTH,
    *search.BOTH,
    *write.BOTH,
    *comments.BOTH,
    *links.BOTH,
    *transitions.BOTH,
    *properties.BOTH,
    *attachments.BOTH,
    *watchers.BOTH,
    *issue.BOTH,
]
_CONFIGURED: Table = [
    *lists.CLOUD,
    *projects.CLOUD,
    *project_parts.CLOUD,
    *createmeta.CLOUD,
    *users.CLOUD,
]
_ISSUES: Table = [*issue.CLOUD, *comments.CLOUD, *attachments.CLOUD]
_CLOUD: Table = [*_CONFIGURED, *search.CLOUD, *bulk.CLOUD, *jql_calls.CLOUD, *_ISSUES]
_DATA_CENTER: Table = [*lists.DATA_CENTER, *search.DATA_CENTER, *issue.DATA_CENTER]


def routes(world: World) -> list[Route]:
    """The calls of this world's dialect, relative to Jira's root; a dialect's own come before those of both."""
    table = [*(_CLOUD if world.is_cloud else _DATA_CENTER), *_BOTH]
    session = [] if world.is_cloud else [Route(SESSION, endpoint(world, meta.session), methods=["GET"])]
    return [
        *session,
        *(
            Route(ROOT + path, endpoint(world, guarded(method, path, handler)), methods=[method])
            for method, path, handler in table
        ),
    ]


def files(world: World) -> list[Route]:
    """Where attachments are downloaded, which is no part of the API."""
    return [Route(FILE, endpoint(world, attachments.download), methods=["GET"])]
