"""Jira's searches: Cloud's token-paged `search/jql`, Data Center's `search`, and reading many issues at once."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from .http import answer, jira_error
from .issue_json import SEARCH_HISTORIES, Wanted, issue_json
from .jira_call import Call, Table, comma_names, whole
from .jira_json import JSON
from .jql import BadQuery, parse
from .jql_search import Search, search
from .tracker import Invalid, can_see, find_issue
from .tracker_nouns import Issue

CLOUD_PAGE = 5000
CLOUD_PAGE_OF_FIELDS = 100
DC_PAGE = 1000
DC_WINDOW = 10_000
MOST_PROPERTIES = 5
MOST_BULK = 100
MOST_RECONCILED = 50
MOST_SORTS = 7

_BAD_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."


@dataclass(frozen=True)
class Asked:
    """A search's parameters, from the query string or the body alike."""

    jql: str
    wanted: Wanted
    start: int
    page: int
    token: str | None
    validate: str
    fresh: frozenset[int]


def _strings(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid(_BAD_PAYLOAD)
    return tuple(value)


def _expansions(call: Call, value: Any) -> tuple[str, ...]:
    """Cloud's body has one text with commas, Data Center's a list; each refuses the other's."""
    if value is None:
        return ()
    if isinstance(value, str) and call.world.is_cloud:
        return comma_names([value])
    if call.world.is_cloud:
        raise Invalid(_BAD_PAYLOAD)
    if isinstance(value, str):
        raise Invalid("Can not deserialize instance of java.util.List out of VALUE_STRING token")
    return comma_names(list(_strings(value)))


def _asked(call: Call, default: str) -> Asked:
    if call.request.method == "POST":
        body: Mapping[str, Any] = call.body()
        fields, expand = _strings(body.get("fields")), _expansions(call, body.get("expand"))
        properties = _strings(body.get("properties"))
        reconciled = [str(one) for one in body.get("reconcileIssues") or []]
    else:
        body = call.request.query_params
        fields, expand, properties = call.names("fields"), call.names("expand"), call.names("properties")
        reconciled = list(call.names("reconcileIssues"))
    if len(properties) > MOST_PROPERTIES:
        raise Invalid(f"The maximum number of properties that can be requested is {MOST_PROPERTIES}.")
    if len(reconciled) > MOST_RECONCILED or not all(one.isdigit() for one in reconciled):
        raise Invalid(_BAD_PAYLOAD)
    jql = body.get("jql") or ""
    if not isinstance(jql, str):
        raise Invalid(_BAD_PAYLOAD)
    return Asked(
        jql=jql,
        wanted=Wanted(comma_names(list(fields)) or (default,), frozenset(expand), properties, SEARCH_HISTORIES),
        start=whole(body.get("startAt"), "startAt", 0),
        page=whole(body.get("maxResults"), "maxResults", 50),
        token=body.get("nextPageToken") or None,
        validate=str(body.get("validateQuery", "strict")).lower(),
        fresh=frozenset(int(one) for one in reconciled),
    )


def cloud_search(call: Call) -> Response:
    """`search/jql`: pages by token, ids alone unless fields are asked for; anonymous finds nothing."""
    asked = _asked(call, "id")
    query = parse(asked.jql)
    if query.where is None:
        raise BadQuery("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    if len(query.order) > MOST_SORTS:
        raise BadQuery(f"The maximum number of fields in the ORDER BY clause is {MOST_SORTS}.")
    if call.user is None:
        return answer({"issues": [], "isLast": True})
    run = Search(call.world, call.user, asked.fresh)
    found = search(run, query)
    if run.problems:
        raise BadQuery(*run.problems)
    only_ids = asked.wanted.fields == ("id",) and not asked.wanted.expand and not asked.wanted.properties
    start = _start(asked)
    end = start + max(1, min(asked.page, CLOUD_PAGE if only_ids else CLOUD_PAGE_OF_FIELDS))
    value: JSON = {"issues": [_found(call, one, asked.wanted, only_ids) for one in found[start:end]]}
    if end < len(found):
        value["nextPageToken"] = _token(asked.jql, end)
    return answer({**value, "isLast": end >= len(found)})


def _found(call: Call, issue: Issue, wanted: Wanted, only_ids: bool) -> JSON:
    return {"id": str(issue.id)} if only_ids else issue_json(call.view, issue, wanted)


def _digest(jql: str) -> int:
    return zlib.crc32(jql.encode("utf-8", "surrogatepass"))


def _token(jql: str, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([_digest(jql), start]).encode()).decode()


def _start(asked: Asked) -> int:
    if asked.token is None:
        return 0
    try:
        digest, start = json.loads(base64.urlsafe_b64decode(asked.token))
    except (ValueError, TypeError, binascii.Error):
        raise Invalid("The provided next page token is invalid or expired.") from None
    if digest != _digest(asked.jql) or not isinstance(start, int):
        raise Invalid("The provided next page token is invalid or expired.")
    return start


def cloud_gone(call: Call) -> Response:
    """Cloud's old search: removed."""
    text = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    return jira_error(
        410, text + "A full migration guideline is available at https://developer.atlassian.com/changelog"
    )


def dc_search(call: Call) -> Response:
    """`search`: pages by offset, at most 1000 a page, nothing beyond 10,000; anonymous finds nothing."""
    asked = _asked(call, "*navigable")
    query = parse(asked.jql)
    page = min(asked.page, DC_PAGE)
    if asked.start + page > DC_WINDOW:
        return jira_error(500, f"Search limit exceeded. The maximum number of results is {DC_WINDOW}.")
    found: list[Issue] = []
    problems: list[str] = []
    if call.user is not None:
        run = Search(call.world, call.user)
        found, problems = search(run, query), run.problems
    if problems and asked.validate not in ("warn", "false", "none"):
        raise BadQuery(*problems)
    shown = [issue_json(call.view, one, asked.wanted) for one in found[asked.start : asked.start + page]]
    value: JSON = {"expand": "schema,names", "startAt": asked.start, "maxResults": page, "total": len(found)}
    warnings: JSON = {"warningMessages": problems} if problems and asked.validate == "warn" else {}
    return answer({**value, "issues": shown, **warnings})


def bulk_fetch(call: Call) -> Response:
    """`issue/bulkfetch`: at most 100; what is not there or not visible is silently left out."""
    body = call.body()
    refs = body.get("issueIdsOrKeys")
    if not isinstance(refs, list) or not refs:
        raise Invalid("'issueIdsOrKeys' must not be empty.")
    if len(refs) > MOST_BULK:
        raise Invalid(f"The maximum number of issues that can be fetched is {MOST_BULK}.")
    fields, properties = _strings(body.get("fields")), _strings(body.get("properties"))
    expand = comma_names(list(_strings(body.get("expand"))))
    wanted = Wanted(comma_names(list(fields)) or ("*navigable",), frozenset(expand), properties)
    issues: dict[int, Issue] = {}
    for ref in refs:
        issue = find_issue(call.world, str(ref))
        if issue is not None and can_see(call.world, call.user, issue):
            issues[issue.id] = issue
    shown = [issue_json(call.view, one, wanted) for one in issues.values()]
    return answer({"expand": "schema,names", "issues": shown, "issueErrors": []})


def parse_queries(call: Call) -> Response:
    """`jql/parse`: for each query the errors that it has."""
    queries = _strings(call.body().get("queries"))
    results: list[JSON] = []
    for text in queries:
        problems: list[str] = []
        try:
            run = Search(call.world, call.signed_in())
            search(run, parse(text))
            problems.extend(run.problems)
        except BadQuery as error:
            problems.extend(error.messages)
        results.append({"query": text, **({"errors": problems} if problems else {"structure": {}})})
    return answer({"queries": results})


BOTH: Table = []
CLOUD: Table = [
    ("GET", "/search/jql", cloud_search),
    ("POST", "/search/jql", cloud_search),
    ("GET", "/search", cloud_gone),
    ("POST", "/search", cloud_gone),
    ("POST", "/issue/bulkfetch", bulk_fetch),
    ("POST", "/jql/parse", parse_queries),
]
DATA_CENTER: Table = [("GET", "/search", dc_search), ("POST", "/search", dc_search)]
