"""Cloud's reads of many issues by id or key, and of their changelogs: no index is asked, so nothing lags."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.tracker import Invalid, can_see, find_issue
from pirsync.sandbox.tracker.nouns import History, Issue

from .call import Call, Table, comma_names, whole
from .issue_json import Wanted, issue_json
from .nouns_json import JSON, history_json
from .search import strings

MOST_ISSUES = 100
MOST_CHANGELOGS = 1000
MOST_FIELDS = 10
LARGEST_PAGE = 10_000


def bulk_fetch(call: Call) -> Response:
    """`issue/bulkfetch`: at most 100; what is not there or not visible is silently left out."""
    body = call.body()
    issues = _issues(call, body.get("issueIdsOrKeys"), MOST_ISSUES)
    fields, properties = strings(body.get("fields")), strings(body.get("properties"))
    expand = comma_names(list(strings(body.get("expand"))))
    wanted = Wanted(comma_names(list(fields)) or ("*navigable",), frozenset(expand), properties)
    shown = [issue_json(call.view, one, wanted) for one in issues]
    return answer({"expand": "schema,names", "issues": shown, "issueErrors": []})


def bulk_changelogs(call: Call) -> Response:
    """`changelog/bulkfetch`: the changes of up to 1000 issues, of up to 10 fields if they are named, by token."""
    body = call.body()
    issues = _issues(call, body.get("issueIdsOrKeys"), MOST_CHANGELOGS)
    field_ids = frozenset(strings(body.get("fieldIds")))
    if len(field_ids) > MOST_FIELDS:
        raise Invalid(f"The maximum number of field IDs is {MOST_FIELDS}.")
    page = whole(body.get("maxResults"), "maxResults", MOST_CHANGELOGS)
    if not 1 <= page <= LARGEST_PAGE:
        raise Invalid(f"maxResults must be between 1 and {LARGEST_PAGE}.")
    every = [(issue, one) for issue in sorted(issues, key=lambda one: one.id) for one in _histories(issue, field_ids)]
    start = _place(body.get("nextPageToken"))
    logs: dict[int, list[JSON]] = {}
    for issue, history in every[start : start + page]:
        logs.setdefault(issue.id, []).append(history_json(call.view, history))
    shown = [{"issueId": str(number), "changeHistories": histories} for number, histories in logs.items()]
    following: JSON = {"nextPageToken": _token(start + page)} if start + page < len(every) else {}
    return answer({"issueChangeLogs": shown, **following})


def _issues(call: Call, refs: Any, most: int) -> list[Issue]:
    """The visible issues of these ids and keys, each once."""
    if not isinstance(refs, list) or not refs:
        raise Invalid("'issueIdsOrKeys' must not be empty.")
    if len(refs) > most:
        raise Invalid(f"The maximum number of issues that can be fetched is {most}.")
    found = (find_issue(call.world, str(ref)) for ref in refs)
    return list({one.id: one for one in found if one is not None and can_see(call.world, call.user, one)}.values())


def _histories(issue: Issue, field_ids: frozenset[str]) -> list[History]:
    """The issue's changes, oldest first; of the named fields only, where any are named."""
    if not field_ids:
        return issue.histories
    kept = []
    for history in issue.histories:
        items = tuple(item for item in history.items if item.field_id in field_ids)
        if items:
            kept.append(replace(history, items=items, raw=None if len(items) < len(history.items) else history.raw))
    return kept


def _token(place: int) -> str:
    return base64.urlsafe_b64encode(f"changes:{place}".encode()).decode()


def _place(token: Any) -> int:
    if not token:
        return 0
    try:
        name, _, place = base64.urlsafe_b64decode(str(token)).decode().partition(":")
    except (ValueError, binascii.Error):
        name, place = "", ""
    if name != "changes" or not place.isdigit():
        raise Invalid("The provided next page token is invalid or expired.")
    return int(place)


CLOUD: Table = [("POST", "/issue/bulkfetch", bulk_fetch), ("POST", "/changelog/bulkfetch", bulk_changelogs)]
