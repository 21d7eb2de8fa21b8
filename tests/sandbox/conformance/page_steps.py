"""The walk through the life of wiki pages: drafts, versions, restrictions, the tree, the archive and the trash."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance.walker import File, Step

_HOUR = {"value": "<p>An hour.</p>", "representation": "storage"}
_NEW = {"spaceId": "{space[id]}", "status": "current", "body": _HOUR}
_V2 = "/api/v2/pages"
_V1 = "/rest/api/content"
_OLD = {"type": "page", "title": "Old", "space": {"key": "OPS"}, "body": {"storage": _HOUR}}


def _v2(page: str, number: int, **other: Any) -> dict[str, Any]:
    return {**_NEW, "id": f"{{{page}[id]}}", "title": page, "version": {"number": number, "message": "m"}, **other}


def _restriction(*people: dict[str, str]) -> list[dict[str, Any]]:
    return [{"operation": "update", "restrictions": {"user": list(people)}}]


def _comments(kind: str, more: dict[str, Any]) -> tuple[Step, ...]:
    whole = f"/api/v2/{kind}-comments"
    return (
        Step(f"POST {whole}", {**more, "blogPostId": "{post[id]}", "body": _HOUR}, keep="comment"),
        Step(f"GET {whole}/{{comment[id]}}?body-format=storage"),
        Step(f"GET /api/v2/blogposts/{{post[id]}}/{kind}-comments?body-format=storage"),
    )


_PLACE = {"textSelection": "An hour.", "textSelectionMatchCount": 1, "textSelectionMatchIndex": 0}
_ON_POSTS: tuple[tuple[str, dict[str, Any]], ...] = (("footer", {}), ("inline", {"inlineCommentProperties": _PLACE}))
_BY_GROUP = "restriction/byOperation/update/byGroupId/{groups[results][0][id]}"
_PROPERTIES = "/api/v2/blogposts/{post[id]}/properties"

CLOUD = (
    # What is not published yet, and what is written over what is.
    Step(f"POST {_V2}", {"spaceId": "{space[id]}", "status": "draft"}, keep="draft"),
    Step(f"GET {_V2}/{{draft[id]}}?get-draft=true&body-format=storage"),
    Step(f"GET {_V2}/{{draft[id]}}", status=404),
    Step(f"PUT {_V2}/{{draft[id]}}", _v2("draft", 1, status="draft")),
    Step(f"PUT {_V2}/{{draft[id]}}", _v2("draft", 1)),
    Step(f"PUT {_V2}/{{draft[id]}}", _v2("draft", 2, status="draft")),
    Step(f"DELETE {_V2}/{{draft[id]}}?draft=true"),
    Step(f"PUT {_V2}/{{draft[id]}}/title", {"status": "current", "title": "Renamed"}),
    Step(f"GET {_V2}/{{draft[id]}}/versions/1"),
    Step(f"GET {_V2}/{{draft[id]}}/versions/9", status=404),
    Step(f"GET {_V2}/{{draft[id]}}?version=1&body-format=export_view"),
    # The tree.
    Step(f"POST {_V2}", {**_NEW, "title": "Below", "parentId": "{draft[id]}"}, keep="below"),
    Step(f"POST {_V2}?root-level=true&private=true", {**_NEW, "title": "Top"}, keep="top"),
    Step(f"GET {_V2}/{{draft[id]}}/children"),
    Step(f"GET {_V2}/{{draft[id]}}/direct-children"),
    Step(f"GET {_V2}/{{below[id]}}/ancestors"),
    Step(f"GET {_V2}/{{reviews[id]}}/descendants?depth=3"),
    Step(f"GET {_V2}/{{below[id]}}/operations"),
    Step("GET /api/v2/spaces/{space[id]}/pages?depth=root"),
    Step(f"PUT {_V1}/{{below[id]}}/move/before/{{reviews[id]}}"),
    Step(f"PUT {_V1}/{{below[id]}}/move/append/{{draft[id]}}"),
    Step(f"GET {_V1}/{{draft[id]}}/child?expand=page"),
    Step(f"GET {_V1}/{{draft[id]}}/child/page"),
    Step(f"GET {_V1}/{{draft[id]}}/descendant?expand=page"),
    Step(f"GET {_V1}/{{draft[id]}}/descendant/page"),
    Step(
        f"POST {_V1}/{{below[id]}}/copy",
        {"copyProperties": True, "pageTitle": "Copied", "destination": {"type": "parent_page", "value": "{draft[id]}"}},
        keep="copied",
    ),
    # Versions.
    Step(f"GET {_V1}/{{draft[id]}}/history"),
    Step(f"GET {_V1}/{{draft[id]}}/version"),
    Step(f"GET {_V1}/{{draft[id]}}/version/1"),
    Step(
        f"POST {_V1}/{{draft[id]}}/version",
        {"operationKey": "restore", "params": {"versionNumber": 1, "message": "back", "restoreTitle": True}},
    ),
    Step(f"DELETE {_V1}/{{draft[id]}}/version/1"),
    Step(f"DELETE {_V1}/{{draft[id]}}/version/9", status=400),
    # Restrictions.
    Step(f"GET {_V1}/{{below[id]}}/restriction"),
    Step(f"POST {_V1}/{{below[id]}}/restriction", _restriction({"type": "known", "accountId": "{me[accountId]}"})),
    Step(f"PUT {_V1}/{{below[id]}}/restriction", _restriction({"type": "known", "accountId": "{me[accountId]}"})),
    Step(f"GET {_V1}/{{below[id]}}/restriction/byOperation"),
    Step(f"GET {_V1}/{{below[id]}}/restriction/byOperation/update"),
    Step(f"PUT {_V1}/{{below[id]}}/restriction/byOperation/update/user?accountId={{ana[accountId]}}"),
    Step(f"GET {_V1}/{{below[id]}}/restriction/byOperation/update/user?accountId={{ana[accountId]}}"),
    Step(f"DELETE {_V1}/{{below[id]}}/restriction/byOperation/update/user?accountId={{ana[accountId]}}"),
    Step("GET /rest/api/group?limit=1", keep="groups"),
    Step(f"PUT {_V1}/{{below[id]}}/{_BY_GROUP}"),
    Step(f"GET {_V1}/{{below[id]}}/{_BY_GROUP}"),
    Step(f"GET {_V1}/{{below[id]}}/restriction/byOperation/update"),
    Step(f"DELETE {_V1}/{{below[id]}}/{_BY_GROUP}"),
    Step(f"GET {_V1}/{{below[id]}}/{_BY_GROUP}", status=404),
    Step(f"DELETE {_V1}/{{below[id]}}/restriction"),
    Step(
        f"POST {_V1}/{{below[id]}}/permission/check",
        {"subject": {"type": "user", "identifier": "{ana[accountId]}"}, "operation": "update"},
    ),
    # The older page calls.
    Step(f"GET {_V1}?spaceKey=OPS&limit=3"),
    Step(f"POST {_V1}", _OLD, keep="old"),
    Step(f"GET {_V1}/{{old[id]}}?expand=body.view,version,restrictions.read.restrictions.user"),
    Step(f"PUT {_V1}/{{old[id]}}", {**_OLD, "version": {"number": 2}}),
    Step(f"DELETE {_V1}/{{old[id]}}"),
    Step("POST /rest/api/contentbody/convert/async/export_view", _HOUR, keep="conversion"),
    Step("GET /rest/api/contentbody/convert/async/{conversion[asyncId]}"),
    Step("GET /rest/api/search/user?cql=user.fullname~ana"),
    # The end.
    Step(f"DELETE {_V1}/{{draft[id]}}/pageTree"),
    Step(f"POST {_V1}/archive", {"pages": [{"id": "{top[id]}"}]}, keep="task"),
    Step("GET /rest/api/longtask/{task[id]}"),
    Step(f"DELETE {_V2}/{{below[id]}}?purge=true"),
    Step(f"DELETE {_V2}/{{below[id]}}", status=404),
    # Blog posts.
    Step("POST /api/v2/blogposts", {**_NEW, "title": "News"}, keep="post"),
    Step("GET /api/v2/blogposts?body-format=storage"),
    Step("GET /api/v2/blogposts/{post[id]}"),
    Step("PUT /api/v2/blogposts/{post[id]}", _v2("post", 2)),
    Step("GET /api/v2/blogposts/{post[id]}/versions"),
    Step("GET /api/v2/blogposts/{post[id]}/versions/2"),
    Step("GET /api/v2/blogposts/{post[id]}/operations"),
    Step("GET /api/v2/blogposts/{post[id]}?include-labels=true&include-properties=true&include-versions=true"),
    *(step for kind, more in _ON_POSTS for step in _comments(kind, more)),
    Step("POST /rest/api/content/{post[id]}/label", [{"prefix": "global", "name": "news"}], keep="given"),
    Step("GET /api/v2/blogposts/{post[id]}/labels?prefix=global"),
    Step("GET /api/v2/labels/{given[results][0][id]}/blogposts?body-format=storage"),
    Step("POST /rest/api/content/{post[id]}/child/attachment", File("log.txt", form={})),
    Step("GET /api/v2/blogposts/{post[id]}/attachments?filename=log.txt"),
    Step(f"POST {_PROPERTIES}", {"key": "part", "value": {"level": 1}}, keep="property"),
    Step(f"GET {_PROPERTIES}?key=part"),
    Step(f"GET {_PROPERTIES}/{{property[id]}}"),
    Step(f"PUT {_PROPERTIES}/{{property[id]}}", {"key": "part", "value": 2, "version": {"number": 2}}),
    Step(f"DELETE {_PROPERTIES}/{{property[id]}}"),
    Step("GET /api/v2/pages/{post[id]}/labels", status=404),
    Step("GET /api/v2/spaces/{space[id]}/blogposts"),
    Step("DELETE /api/v2/blogposts/{post[id]}"),
)
"""Cloud, in both of its APIs."""

_PAGE = {"type": "page", "title": "A life", "space": {"key": "OPS"}, "body": {"storage": _HOUR}}

DATA_CENTER = (
    Step(f"POST {_V1}", {**_PAGE, "ancestors": [{"id": "{reviews[id]}"}]}, keep="life"),
    Step(f"PUT {_V1}/{{life[id]}}", {**_PAGE, "version": {"number": 2}}),
    Step(f"GET {_V1}/scan?spaceKey=OPS&limit=2"),
    Step(f"GET {_V1}/{{reviews[id]}}/child?expand=page"),
    Step(f"GET {_V1}/{{reviews[id]}}/child/page"),
    Step(f"GET {_V1}/{{reviews[id]}}/descendant?expand=page"),
    Step(f"GET {_V1}/{{reviews[id]}}/descendant/page"),
    Step(f"DELETE {_V1}/{{life[id]}}/version/1"),
    Step(f"PUT {_V1}/{{life[id]}}/restriction", _restriction({"type": "known", "username": "svc-pirsync"})),
    Step(f"GET {_V1}/{{life[id]}}/restriction/byOperation"),
    Step(f"GET {_V1}/{{life[id]}}/restriction/byOperation/update"),
    Step(f"GET {_V1}/{{life[id]}}/restriction/relevantViewRestrictions"),
    Step("POST /rest/api/contentbody/convert/view", _HOUR),
    Step(f"DELETE {_V1}/{{life[id]}}"),
    Step(f"PUT {_V1}/{{life[id]}}", {"id": "{life[id]}", "status": "current", "version": {"number": 2}}),
    Step(f"DELETE {_V1}/{{life[id]}}"),
    Step(f"DELETE {_V1}/{{life[id]}}?status=trashed"),
    Step(f"GET {_V1}/{{life[id]}}", status=404),
)
"""Data Center."""
