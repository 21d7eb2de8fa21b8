"""Jira's REST API: every module's table of calls, put together for one dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from . import (
    jira_attachments,
    jira_bulk,
    jira_comments,
    jira_createmeta,
    jira_issue,
    jira_jql,
    jira_links,
    jira_lists,
    jira_meta,
    jira_project_parts,
    jira_projects,
    jira_properties,
    jira_search,
    jira_transitions,
    jira_users,
    jira_watchers,
    jira_write,
)
from .jira_call import Table, endpoint
from .jira_permissions import guarded

if TYPE_CHECKING:
    from .world import World

ROOT = "/rest/api/{version}"
FILE = "/secure/attachment/{attachment}/{name}"
SESSION = "/rest/auth/1/session"

_BOTH: Table = [
    *jira_meta.BOTH,
    *jira_lists.BOTH,
    *jira_projects.BOTH,
    *jira_project_parts.BOTH,
    *jira_createmeta.BOTH,
    *jira_users.BOTH,
    *jira_search.BOTH,
    *jira_write.BOTH,
    *jira_comments.BOTH,
    *jira_links.BOTH,
    *jira_transitions.BOTH,
    *jira_properties.BOTH,
    *jira_attachments.BOTH,
    *jira_watchers.BOTH,
    *jira_issue.BOTH,
]
_CONFIGURED: Table = [
    *jira_lists.CLOUD,
    *jira_projects.CLOUD,
    *jira_project_parts.CLOUD,
    *jira_createmeta.CLOUD,
    *jira_users.CLOUD,
]
_ISSUES: Table = [*jira_issue.CLOUD, *jira_comments.CLOUD, *jira_attachments.CLOUD]
_CLOUD: Table = [*_CONFIGURED, *jira_search.CLOUD, *jira_bulk.CLOUD, *jira_jql.CLOUD, *_ISSUES]
_DATA_CENTER: Table = [*jira_lists.DATA_CENTER, *jira_search.DATA_CENTER, *jira_issue.DATA_CENTER]


def routes(world: World) -> list[Route]:
    """The calls of this world's dialect, relative to Jira's root; a dialect's own come before those of both."""
    table = [*(_CLOUD if world.is_cloud else _DATA_CENTER), *_BOTH]
    session = [] if world.is_cloud else [Route(SESSION, endpoint(world, jira_meta.session), methods=["GET"])]
    return [
        *session,
        *(
            Route(ROOT + path, endpoint(world, guarded(method, path, handler)), methods=[method])
            for method, path, handler in table
        ),
    ]


def files(world: World) -> list[Route]:
    """Where attachments are downloaded, which is no part of the API."""
    return [Route(FILE, endpoint(world, jira_attachments.download), methods=["GET"])]
