"""Jira's searches: Cloud's token-paged `search/jql` and its count, Data Center's `search` by offset."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, jira_error
from pirsync.sandbox.jql.search import Found, Search, find, search
from pirsync.sandbox.jql.syntax import BadQuery, Query, parse
from pirsync.sandbox.tracker import Invalid
from pirsync.sandbox.tracker.nouns import Issue

from .call import Call, Table, comma_names, whole
from .issue_json import SEARCH_HISTORIES, Wanted, issue_json
from .nouns_json import JSON

CLOUD_PAGE = 5000
CLOUD_PAGE_OF_FIELDS = 100
DC_PAGE = 1000
DC_WINDOW = 10_000
MOST_PROPERTIES = 5
MOST_RECONCILED = 50
MOST_SORTS = 7

TOKEN_SECONDS = 7 * 86_400

_STRICT = ("strict", "true")
_MODES = (*_STRICT, "warn", "none", "false")
_BAD_TOKEN = "The provided next page token is invalid or expired."
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


def strings(value: Any) -> tuple[str, ...]:
    """A body's list of texts; `Invalid` for anything else."""
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
    return comma_names(list(strings(value)))


def _asked(call: Call, default: str) -> Asked:
    if call.request.method == "POST":
        body: Mapping[str, Any] = call.body()
        fields, expand = strings(body.get("fields")), _expansions(call, body.get("expand"))
        properties = strings(body.get("properties"))
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
        validate=_mode(call, body.get("validateQuery")),
        fresh=frozenset(int(one) for one in reconciled),
    )


def _mode(call: Call, sent: Any) -> str:
    """How Data Center validates: its documents have strict, warn and none, its older clients send true and false."""
    if sent is None or sent == "" or call.world.is_cloud:
        return "strict"
    mode = str(sent).lower()
    if mode not in _MODES:
        raise Invalid(f"Unrecognized value '{sent}' for parameter 'validateQuery'.")
    return mode


def bounded(jql: str) -> Query:
    """The query, which must restrict what it finds; `BadQuery` otherwise."""
    query = parse(jql)
    if query.where is None:
        raise BadQuery("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    if len(query.order) > MOST_SORTS:
        raise BadQuery(f"The maximum number of fields in the ORDER BY clause is {MOST_SORTS}.")
    return query


def refuse_problems(run: Search) -> None:
    """`BadQuery` with every problem that the search's query has, if it has any."""
    if run.problems:
        raise BadQuery(*dict.fromkeys(run.problems))


def cloud_search(call: Call) -> Response:
    """`search/jql`: pages by token, ids alone unless fields are asked for; anonymous finds nothing."""
    asked = _asked(call, "id")
    query = bounded(asked.jql)
    if call.user is None:
        return answer({"issues": [], "isLast": True})
    start = _start(call, asked)
    only_ids = asked.wanted.fields == ("id",) and not asked.wanted.expand and not asked.wanted.properties
    end = start + max(1, min(asked.page, CLOUD_PAGE if only_ids else CLOUD_PAGE_OF_FIELDS))
    # One more than is shown tells whether there is another page; Cloud counts no total.
    run = Search(call.world, call.user, asked.fresh)
    found = search(run, query, end + 1)
    refuse_problems(run)
    page = found[start:end]
    value: JSON = {"issues": [{"id": str(one.id)} for one in page]} if only_ids else _issues(call, page, asked.wanted)
    if end < len(found):
        value["nextPageToken"] = _token(call, asked.jql, end)
    return answer({**value, "isLast": end >= len(found)})


def _issues(call: Call, page: list[Issue], wanted: Wanted) -> JSON:
    """The page's issues; the names and schemas of their fields stand beside them, once."""
    own = replace(wanted, expand=wanted.expand - {"names", "schema"})
    value: JSON = {"issues": [issue_json(call.view, one, own) for one in page]}
    for part in sorted(wanted.expand & {"names", "schema"}):
        shown = replace(wanted, expand=frozenset({part}), properties=())
        value[part] = {}
        for one in page:
            value[part] |= issue_json(call.view, one, shown)[part]
    return value


def approximate_count(call: Call) -> Response:
    """`search/approximate-count`: how many issues a bounded query finds, as the index knows."""
    user, jql = call.signed_in(), call.body().get("jql") or ""
    if not isinstance(jql, str):
        raise Invalid(_BAD_PAYLOAD)
    run = Search(call.world, user)
    counted = find(run, bounded(jql), 0).total
    refuse_problems(run)
    return answer({"count": counted})


def _digest(jql: str) -> int:
    return zlib.crc32(jql.encode("utf-8", "surrogatepass"))


def _token(call: Call, jql: str, start: int) -> str:
    made = int(call.world.clock.now().timestamp())
    return base64.urlsafe_b64encode(json.dumps([_digest(jql), start, made]).encode()).decode()


def _start(call: Call, asked: Asked) -> int:
    """The place at which a token goes on; `Invalid` for another query's, an old one, or what is none."""
    if asked.token is None:
        return 0
    try:
        digest, start, made = json.loads(base64.urlsafe_b64decode(asked.token))
        age = call.world.clock.now().timestamp() - int(made)
    except (ValueError, TypeError, binascii.Error):
        raise Invalid(_BAD_TOKEN) from None
    if digest != _digest(asked.jql) or not isinstance(start, int) or start < 0 or age > TOKEN_SECONDS:
        raise Invalid(_BAD_TOKEN)
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
    found = Found([], 0)
    said: list[str] = []
    if call.user is not None:
        run = Search(call.world, call.user)
        found = find(run, query, asked.start + page)
        if asked.validate in _STRICT:
            refuse_problems(run)
        said = run.warnings + (run.problems if asked.validate == "warn" else [])
    value: JSON = {"expand": "schema,names", "startAt": asked.start, "maxResults": page, "total": found.total}
    value |= _issues(call, found.issues[asked.start :], asked.wanted)
    return answer(value | ({"warningMessages": list(dict.fromkeys(said))} if said else {}))


BOTH: Table = []
CLOUD: Table = [
    ("GET", "/search/jql", cloud_search),
    ("POST", "/search/jql", cloud_search),
    ("GET", "/search", cloud_gone),
    ("POST", "/search", cloud_gone),
    ("POST", "/search/approximate-count", approximate_count),
]
DATA_CENTER: Table = [("GET", "/search", dc_search), ("POST", "/search", dc_search)]
