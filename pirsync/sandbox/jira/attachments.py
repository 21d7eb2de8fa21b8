"""Attachments over HTTP: uploaded as a form, described, downloaded and deleted."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from pirsync.sandbox.edge.http import BadBody, answer, empty
from pirsync.sandbox.edge.multipart import Part, parts
from pirsync.sandbox.tracker import Invalid
from pirsync.sandbox.tracker.attachments import attach, delete_attachment, find_attachment
from pirsync.sandbox.tracker.nouns import Attachment, Issue

from .call import ISSUE, Call, Table, writable
from .nouns_json import attachment_json
from .permissions import check_attachment_delete

UPLOAD_LIMIT = 10_485_760
"""Bytes of one file."""

MOST_FILES = 60


def upload(call: Call) -> Response:
    """POST attachments: every part named `file`; refused with 403 without `X-Atlassian-Token: no-check`."""
    actor, issue = call.signed_in(), call.issue
    if call.request.headers.get("x-atlassian-token", "").lower() not in ("no-check", "nocheck"):
        return Response("XSRF check failed", 403, media_type="text/plain;charset=UTF-8")
    writable(call, issue)
    files = [part for part in _parts(call) if part.name == "file" and part.filename is not None]
    if len(files) > MOST_FILES or any(len(part.data) > UPLOAD_LIMIT for part in files):
        raise Invalid("The attachments exceed the maximum attachment size for issues.", status=413)
    made = [
        attach(call.world, actor, issue, part.filename or "", part.media_type or "application/octet-stream", part.data)
        for part in files
    ]
    return answer([attachment_json(call.view, one) for one in made])


def _parts(call: Call) -> list[Part]:
    try:
        return parts(call.request)
    except BadBody as refusal:
        raise Invalid(str(refusal)) from None


def _found(call: Call) -> tuple[Issue, Attachment]:
    found = find_attachment(call.world, call.user, call.path("attachment"))
    if found is None:
        raise Invalid(f"The attachment with id '{call.path('attachment')}' does not exist", status=404)
    return found


def attachment(call: Call) -> Response:
    """GET attachment/{id}: what is known of it; Cloud has the id as a number here."""
    _, one = _found(call)
    value = attachment_json(call.view, one)
    return answer({**value, "id": int(one.id)} if call.world.is_cloud else value)


def delete(call: Call) -> Response:
    """DELETE attachment/{id}: 204."""
    actor = call.signed_in()
    issue, one = _found(call)
    check_attachment_delete(call.world, actor, issue, one)
    delete_attachment(call.world, actor, issue, one)
    return empty()


def settings(call: Call) -> Response:
    """GET attachment/meta."""
    return answer({"enabled": True, "uploadLimit": UPLOAD_LIMIT})


def content(call: Call) -> Response:
    """GET attachment/content/{id}: redirected to the file, or the file itself with `redirect=false`."""
    _, one = _found(call)
    if call.text("redirect") != "false":
        return RedirectResponse(file_address(call, one), 303)
    return _file(call, one)


def download(call: Call) -> Response:
    """GET secure/attachment/{id}/{name}: the bytes; a part of them with `Range`."""
    return _file(call, _found(call)[1])


def file_address(call: Call, one: Attachment) -> str:
    """Where a browser downloads the file."""
    return f"{call.world.jira_url}/secure/attachment/{one.id}/{quote(one.name, safe='')}"


def _file(call: Call, one: Attachment) -> Response:
    kind = "attachment" if call.world.is_cloud else "inline"
    headers = {"Content-Disposition": f"{kind}; filename*=UTF-8''{quote(one.name, safe='')}", "Accept-Ranges": "bytes"}
    headers["Content-Type"] = one.media_type
    asked = call.request.headers.get("range")
    if asked is None:
        return Response(one.data, 200, headers)
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if match is None or match.groups() == ("", ""):
        raise Invalid("The Range header is malformed.")
    first, last = _span(match.group(1), match.group(2), len(one.data))
    if first >= len(one.data):
        return Response(b"", 416, {"Content-Range": f"bytes */{len(one.data)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(one.data)}"
    return Response(one.data[first : last + 1], 206, headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte that a range names; a range without a beginning counts from the end."""
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


BOTH: Table = [
    ("POST", ISSUE + "/attachments", upload),
    ("GET", "/attachment/meta", settings),
    ("GET", "/attachment/{attachment}", attachment),
    ("DELETE", "/attachment/{attachment}", delete),
]
CLOUD: Table = [("GET", "/attachment/content/{attachment}", content)]
