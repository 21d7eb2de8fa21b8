"""Reading one issue over HTTP, and its changelog."""

from __future__ import annotations

from starlette.responses import Response

from .http import answer
from .issue_json import Wanted, issue_json
from .jira_call import ISSUE, Call, Table, unknown
from .jira_json import JSON, history_json


def issue(call: Call) -> Response:
    """GET issue: by id or key, an old key too; all fields unless chosen."""
    fields = call.names("fields") or ("*all",)
    wanted = Wanted(fields, frozenset(call.names("expand")), call.names("properties"))
    return answer(issue_json(call.view, call.issue, wanted))


def changelog(call: Call) -> Response:
    """GET changelog, Cloud only: by page, oldest first."""
    one, start = call.issue, call.number("startAt", 0)
    page = min(call.number("maxResults", 100), 100)
    end, total = start + page, len(one.histories)
    address = f"{call.view.rest}/issue/{one.key}/changelog?maxResults={page}&startAt="
    value: JSON = {"self": f"{address}{start}", "maxResults": page, "startAt": start, "total": total}
    if end < total:
        value["nextPage"] = f"{address}{end}"
    shown = [history_json(call.view, each) for each in one.histories[start:end]]
    return answer({**value, "isLast": end >= total, "values": shown})


BOTH: Table = [("GET", ISSUE, issue)]
CLOUD: Table = [("GET", ISSUE + "/changelog", changelog)]
DATA_CENTER: Table = [("GET", ISSUE + "/changelog", unknown)]
