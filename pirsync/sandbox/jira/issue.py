"""Reading one issue over HTTP, and its changelog."""

from __future__ import annotations

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.tracker import Invalid, can_see

from .call import ISSUE, Call, Table, unknown
from .issue_json import Wanted, issue_json
from .nouns_json import JSON, history_json
from .paging import paged


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


def changelogs(call: Call) -> Response:
    """POST changelog/list, Cloud only: the entries with these ids, oldest first."""
    one, ids = call.issue, call.body().get("changelogIds")
    if not isinstance(ids, list) or not ids:
        raise Invalid("changelogIds is required.")
    wanted = {str(number) for number in ids}
    shown = [history_json(call.view, each) for each in one.histories if each.id in wanted]
    page: JSON = {"startAt": 0, "maxResults": len(shown), "total": len(shown)}
    return answer({**page, "histories": shown})


def labels(call: Call) -> Response:
    """GET label, Cloud only: every label that an issue has, by page."""
    issues = (one for one in call.world.tracker.issues.values() if one.labels and can_see(call.world, call.user, one))
    return paged(call, sorted({name for one in issues for name in one.labels}), str, usual=1000)


BOTH: Table = [("GET", ISSUE, issue)]
CLOUD: Table = [
    ("GET", ISSUE + "/changelog", changelog),
    ("POST", ISSUE + "/changelog/list", changelogs),
    ("GET", "/label", labels),
]
DATA_CENTER: Table = [("GET", ISSUE + "/changelog", unknown)]
