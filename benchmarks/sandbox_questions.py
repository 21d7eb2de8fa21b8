"""What the sandbox is asked when it is measured: simple requests and searches by name, as paths of either dialect."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.wiki import may_see
from pirsync.sandbox.world import World


def questions(world: World) -> dict[str, str]:
    """Every question with its path; what it finds does not grow with the world but where its name says so."""
    return {**dict(_jira(world)), **dict(_confluence(world))}


def _jira(world: World) -> Iterator[tuple[str, str]]:
    issue = next(reversed(world.tracker.issues.values()))
    jira = "/rest/api/2" if world.is_cloud else "/jira/rest/api/2"
    yield "myself", f"{jira}/myself"
    yield "issue by key, two fields", f"{jira}/issue/{issue.key}?fields=summary,status"
    yield "issue by key, whole", f"{jira}/issue/{issue.key}?expand=changelog"
    yield "createmeta", f"{jira}/issue/createmeta/OPS/issuetypes"
    yield "createmeta of a type", f"{jira}/issue/createmeta/OPS/issuetypes/{issue.type_id}"
    path = f"{jira}/search/jql" if world.is_cloud else f"{jira}/search"
    queries = {
        "JQL by key": f"key = {issue.key}",
        "JQL by a rare status": "status = Investigating",
        "JQL by a frequent status": "status = Closed",
        "JQL by a frequent status, order by updated": "status = Closed order by updated desc",
        "JQL by project and status, order by key": "project = OPS and status = Closed order by key asc",
        "JQL by updated, this month": f'updated >= "{world.clock.now():%Y-%m-01}"',
        "JQL by updated, all, in order": "updated >= -800d order by updated asc",
        "JQL by label": "labels = vendor",
        "JQL by label and status": "labels = vendor and status = Open",
    }
    for name, query in queries.items():
        yield name, f"{path}?fields=summary&maxResults=20&jql={quote(query)}"


def _confluence(world: World) -> Iterator[tuple[str, str]]:
    pages = reversed(world.wiki.pages.values())
    page = next(one for one in pages if one.status == "current" and may_see(world, SERVICE, one))
    wiki = "/wiki/rest/api" if world.is_cloud else "/confluence/rest/api"
    home = next(iter(world.wiki.spaces.values())).homepage_id
    title = quote(page.title)
    if world.is_cloud:
        yield "page by id", f"/wiki/api/v2/pages/{page.id}?body-format=storage"
        yield "page by title", f"/wiki/api/v2/pages?title={title}"
        yield "children of a page", f"/wiki/api/v2/pages/{page.parent_id}/children?limit=10"
        yield "pages of a space", f"/wiki/api/v2/spaces/{page.space_id}/pages?limit=10"
    else:
        yield "page by id", f"{wiki}/content/{page.id}?expand=body.storage,version"
        yield "page by title", f"{wiki}/content?title={title}"
        yield "children of a page", f"{wiki}/content/{page.parent_id}/child/page?limit=10"
        yield "pages of a space", f"{wiki}/content?spaceKey=OPS&limit=10"
    queries = {
        "CQL by label": "label = runbook",
        "CQL by label and space": "label = runbook and space = OPS",
        "CQL by title": f'title = "{page.title}"',
        "CQL by space and type": "space = OPS and type = page",
        "CQL by type, all": "type = page",
        "CQL by ancestor": f"ancestor = {page.parent_id}",
        "CQL by ancestor, a whole space": f"ancestor = {home}",
        "CQL by lastmodified": f'lastmodified >= "{world.clock.now():%Y-%m-01}"',
        "CQL by lastmodified, all, in order": "lastmodified >= 2000-01-01 order by lastmodified desc",
    }
    for name, query in queries.items():
        yield name, f"{wiki}/content/search?limit=10&cql={quote(query)}"
