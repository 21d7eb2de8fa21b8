"""Jira's REST API: every module's table of calls, put together for one dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from . import (
    jira_comments,
    jira_issue,
    jira_links,
    jira_meta,
    jira_properties,
    jira_search,
    jira_transitions,
    jira_write,
)
from .jira_call import Table, endpoint
from .jira_permissions import guarded

if TYPE_CHECKING:
    from .world import World

ROOT = "/rest/api/{version}"

_BOTH: Table = [
    *jira_meta.BOTH,
    *jira_search.BOTH,
    *jira_write.BOTH,
    *jira_comments.BOTH,
    *jira_links.BOTH,
    *jira_transitions.BOTH,
    *jira_properties.BOTH,
    *jira_issue.BOTH,
]
_CLOUD: Table = [*jira_meta.CLOUD, *jira_search.CLOUD, *jira_issue.CLOUD]
_DATA_CENTER: Table = [*jira_meta.DATA_CENTER, *jira_search.DATA_CENTER, *jira_issue.DATA_CENTER]


def routes(world: World) -> list[Route]:
    """The calls of this world's dialect, relative to Jira's root; a dialect's own come before those of both."""
    table = [*(_CLOUD if world.is_cloud else _DATA_CENTER), *_BOTH]
    return [
        Route(ROOT + path, endpoint(world, guarded(method, path, handler)), methods=[method])
        for method, path, handler in table
    ]
