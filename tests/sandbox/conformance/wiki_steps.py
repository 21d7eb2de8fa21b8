"""The walk through Confluence: at least one step with success for every route, and the usual refusals."""

from __future__ import annotations

from typing import Any

from pirsync.sandbox.wiki import find_space
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.wiki_seed import REVIEWS
from tests.sandbox.conformance import page_steps, wiki_around_steps, wiki_parts_steps
from tests.sandbox.conformance.walker import SERVICE, Step

_HOUR = {"value": "<p>An hour.</p>", "representation": "storage"}


def names(world: World) -> dict[str, Any]:
    """What the steps know before they ask: people as this dialect names them, a space and a page of it."""
    ana, me, space = world.people.find("aruiz"), world.people.find(SERVICE), find_space(world, "OPS")
    assert ana is not None and me is not None and space is not None
    (reviews,) = [page for page in world.wiki.pages.values() if page.title == REVIEWS]
    return {
        "ana": {"accountId": ana.account_id, "username": ana.name, "userKey": ana.user_key},
        "me": {"accountId": me.account_id},
        "space": {"id": str(space.id), "key": space.key},
        "reviews": {"id": str(reviews.id)},
    }


def steps(deployment: Deployment) -> tuple[Step, ...]:
    """The walk in a dialect."""
    return _CLOUD if deployment == "cloud" else _DATA_CENTER


# ------------------------------------------------------------ Cloud

_NEW = {"spaceId": "{space[id]}", "status": "current", "body": _HOUR}
_V2 = "/api/v2/pages/{page[id]}"
_CLOUD_PAGES = (
    Step("GET /api/v2/spaces?keys=OPS"),
    Step("POST /api/v2/pages", {**_NEW, "title": "An outage", "parentId": "{reviews[id]}"}, keep="page"),
    Step("POST /api/v2/pages", {**_NEW, "title": "An outage"}, status=400),
    Step("GET /api/v2/pages?space-id={space[id]}&body-format=storage&limit=3"),
    Step("GET " + _V2 + "?body-format=storage&include-labels=true&include-properties=true&include-versions=true"),
    Step("GET /api/v2/pages/999999", status=404),
    Step("PUT " + _V2, {**_NEW, "id": "{page[id]}", "title": "An outage", "version": {"number": 2, "message": "m"}}),
    Step("PUT " + _V2, {**_NEW, "id": "{page[id]}", "title": "An outage", "version": {"number": 2}}, status=409),
    Step("PUT " + _V2, {"id": "{page[id]}"}, status=400),
    Step("GET " + _V2 + "/versions"),
    Step("GET /api/v2/pages/{reviews[id]}/direct-children"),
)
_CLOUD_PARTS = (
    Step("POST /rest/api/content/{page[id]}/label", [{"prefix": "global", "name": "outage"}]),
    Step("GET " + _V2 + "/labels"),
    Step("POST " + _V2 + "/properties", {"key": "mark", "value": {"level": 1}}, keep="property"),
    Step("POST " + _V2 + "/properties", {"key": "mark", "value": {"level": 1}}, status=409),
    Step("GET " + _V2 + "/properties"),
    Step("GET " + _V2 + "/properties/{property[id]}"),
    Step("PUT " + _V2 + "/properties/{property[id]}", {"key": "mark", "value": {}, "version": {"number": 2}}),
)
_CLOUD_REST = (
    Step("GET /rest/api/user/current"),
    Step("GET /rest/api/user?accountId={ana[accountId]}"),
    Step("GET /rest/api/user?accountId=nobody", status=404),
    Step("GET /rest/api/user/bulk?accountId={ana[accountId]}"),
    Step("GET /rest/api/search?cql=type%3Dpage&limit=2"),
    Step("GET /rest/api/content/search?cql=type%3Dpage&limit=2&expand=body.storage,version,space"),
    Step("GET /rest/api/content/search?cql=nonsense%3D1", status=400),
)
_PARTS = (*_CLOUD_PARTS, *wiki_parts_steps.CLOUD, *wiki_around_steps.CLOUD)
_CLOUD = (*_CLOUD_PAGES, *_PARTS, *_CLOUD_REST, *page_steps.CLOUD)

# ------------------------------------------------------------ Data Center

_PAGE = {"type": "page", "title": "An outage", "space": {"key": "OPS"}, "body": {"storage": _HOUR}}
_V1 = "/rest/api/content/{page[id]}"
_DATA_CENTER_PAGES = (
    Step("GET /rest/api/space/OPS"),
    Step("GET /rest/api/space/NONE", status=404),
    Step("POST /rest/api/content", {**_PAGE, "ancestors": [{"id": "{reviews[id]}"}]}, keep="page"),
    Step("POST /rest/api/content", _PAGE, status=400),
    Step("GET /rest/api/content?spaceKey=OPS&limit=3&expand=body.storage,version,space,history"),
    Step("GET " + _V1 + "?expand=body.storage,version,space,history,ancestors"),
    Step("GET /rest/api/content/999999", status=404),
    Step("PUT " + _V1, {**_PAGE, "version": {"number": 2, "message": "m", "minorEdit": True}}),
    Step("PUT " + _V1, {**_PAGE, "version": {"number": 2}}, status=409),
    Step("PUT " + _V1, {**_PAGE}, status=400),
    Step("GET " + _V1 + "/history"),
)
_DATA_CENTER_PARTS = (
    Step("POST " + _V1 + "/label", [{"prefix": "global", "name": "outage"}]),
    Step("GET " + _V1 + "/label"),
    Step("POST " + _V1 + "/property", {"key": "mark", "value": {"level": 1}}),
    Step("GET " + _V1 + "/property"),
    Step("GET " + _V1 + "/property/mark"),
    Step("GET " + _V1 + "/property/none", status=404),
    Step("PUT " + _V1 + "/property/mark", {"key": "mark", "value": 2, "version": {"number": 2}}),
)
_DATA_CENTER_REST = (
    Step("GET /rest/api/user/current"),
    Step("GET /rest/api/user?username=aruiz"),
    Step("GET /rest/api/user?username=nobody", status=404),
    Step("GET /rest/api/search?cql=type%3Dpage&limit=2"),
    Step("GET /rest/api/content/search?cql=type%3Dpage&limit=2&expand=body.storage,version,space"),
    Step("GET /rest/api/content/search?cql=nonsense%3D1", status=400),
)
_DATA_CENTER = (
    *_DATA_CENTER_PAGES,
    *_DATA_CENTER_PARTS,
    *wiki_parts_steps.DATA_CENTER,
    *wiki_around_steps.DATA_CENTER,
    *_DATA_CENTER_REST,
    *page_steps.DATA_CENTER,
)
