"""The walk through what hangs on a page: comments, files, properties and labels, after the page itself was made."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance.walker import File, Step

_BODY = {"representation": "storage", "value": "<p>Is that so?</p>"}
_PLACE = {"textSelection": "An hour.", "textSelectionMatchCount": 1, "textSelectionMatchIndex": 0}


def _comments(kind: str, new: dict[str, Any], changed: dict[str, Any]) -> tuple[Step, ...]:
    whole, one = f"/api/v2/{kind}-comments", f"/api/v2/{kind}-comments/{{comment[id]}}"
    every = "&".join(f"include-{name}=true" for name in ("properties", "operations", "likes", "versions"))
    return (
        Step(f"POST {whole}", {**new, "pageId": "{page[id]}", "body": _BODY}, keep="comment"),
        Step(f"POST {whole}", {**new, "pageId": "999999", "body": _BODY}, status=404),
        Step(f"POST {whole}", {"parentCommentId": "{comment[id]}", "body": _BODY}, keep="reply"),
        Step(f"GET {whole}?body-format=storage"),
        Step(f"GET /api/v2/pages/{{page[id]}}/{kind}-comments?body-format=storage&sort=-created-date"),
        Step(f"GET {one}?body-format=storage&{every}"),
        Step(f"GET {one}/children?body-format=storage"),
        Step(f"GET {one}/operations"),
        Step(f"PUT {one}", {"version": {"number": 2, "message": "m"}, "body": _BODY, **changed}),
        Step(f"PUT {one}", {"version": {"number": 2}, "body": _BODY}, status=409),
        Step(f"GET {one}/versions?body-format=storage"),
        Step(f"GET {one}/versions/1"),
        Step(f"DELETE {whole}/{{reply[id]}}"),
        Step(f"GET {whole}/{{reply[id]}}", status=404),
    )


def _properties(place: str) -> tuple[Step, ...]:
    whole = f"/api/v2/{place}/properties"
    return (
        Step(f"POST {whole}", {"key": "part", "value": {"level": 1}}, keep="property"),
        Step(f"GET {whole}?key=part"),
        Step(f"GET {whole}/{{property[id]}}"),
        Step(f"PUT {whole}/{{property[id]}}", {"key": "part", "value": {"level": 2}, "version": {"number": 2}}),
        Step(f"DELETE {whole}/{{property[id]}}"),
        Step(f"GET {whole}/{{property[id]}}", status=404),
    )


_FILES = "/rest/api/content/{page[id]}/child/attachment"
_FILE = f"{_FILES}/{{files[results][0][id]}}"
_UPLOAD = File("log.txt", form={"comment": "as it was", "minorEdit": "true"})
_UPLOADS = (
    Step(f"POST {_FILES}", _UPLOAD, keep="files"),
    Step(f"POST {_FILES}", _UPLOAD, status=400),
    Step("POST /rest/api/content/999999/child/attachment", _UPLOAD, status=404),
    Step(f"POST {_FILE}/data", _UPLOAD),
    Step(f"PUT {_FILE}", {
        "id": "{files[results][0][id]}", "type": "attachment", "title": "log.txt", "version": {"number": 2},
    }),
)  # fmt: skip

CLOUD = (
    *_comments("footer", {}, {}),
    *_properties("comments/{comment[id]}"),
    Step("DELETE /api/v2/footer-comments/{comment[id]}"),
    *_comments("inline", {"inlineCommentProperties": _PLACE}, {"resolved": True}),
    Step("GET /api/v2/pages/{page[id]}/inline-comments?resolution-status=resolved"),
    Step("DELETE /api/v2/inline-comments/{comment[id]}"),
    *_UPLOADS,
    Step(f"PUT {_FILES}", _UPLOAD),
    Step(f"GET {_FILE}/download?version=1"),
    Step("GET /api/v2/attachments?filename=log.txt"),
    Step("GET /api/v2/pages/{page[id]}/attachments?mediaType=text/plain"),
    Step("POST /rest/api/content/{files[results][0][id]}/label", [{"prefix": "global", "name": "raw"}]),
    Step("GET /api/v2/attachments/{files[results][0][id]}/labels"),
    Step(
        "GET /api/v2/attachments/{files[results][0][id]}?include-labels=true&include-properties=true"
        "&include-operations=true&include-versions=true"
    ),
    Step("GET /api/v2/attachments/{files[results][0][id]}/operations"),
    Step("GET /api/v2/attachments/{files[results][0][id]}/versions"),
    Step("GET /api/v2/attachments/{files[results][0][id]}/versions/1"),
    Step("POST /api/v2/footer-comments", {"attachmentId": "{files[results][0][id]}", "body": _BODY}),
    Step("GET /api/v2/attachments/{files[results][0][id]}/footer-comments?body-format=storage"),
    *_properties("attachments/{files[results][0][id]}"),
    *_properties("pages/{page[id]}"),
    *_properties("spaces/{space[id]}"),
    Step("GET /api/v2/labels?prefix=global", keep="labels"),
    Step("GET /api/v2/labels/{labels[results][0][id]}/pages?body-format=storage"),
    Step("GET /api/v2/labels/{labels[results][0][id]}/attachments"),
    Step("GET /api/v2/labels/999999/pages", status=404),
    Step("POST /rest/api/space/OPS/label", [{"prefix": "team", "name": "payments"}]),
    Step("GET /rest/api/space/OPS/label"),
    Step("GET /api/v2/spaces/{space[id]}/labels"),
    Step("GET /api/v2/spaces/{space[id]}/content/labels"),
    Step("DELETE /rest/api/space/OPS/label?name=payments"),
    Step("GET /rest/api/label?name=outage&type=page"),
    Step("GET /rest/api/label?name=none", status=404),
    Step("DELETE /rest/api/content/{page[id]}/label?name=outage"),
    Step("DELETE /rest/api/content/{files[results][0][id]}/label/raw"),
    Step("DELETE /api/v2/attachments/{files[results][0][id]}"),
    # The documents that describe these are older, and the calls are deprecated.
    Step("GET /rest/api/content/{page[id]}/child/comment?depth=all&expand=body.storage,version"),
    Step(f"GET {_FILES}?expand=version,container"),
    Step("GET /rest/api/content/{page[id]}/label?prefix=global"),
    Step("POST /rest/api/content/{page[id]}/property", {"key": "old", "value": {"level": 1}}),
    Step("POST /rest/api/content/{page[id]}/property/older", {"value": {"level": 1}}),
    Step("POST /rest/api/content/{page[id]}/property", {"key": "levels", "value": [{"level": 1}, None]}),
    Step("GET /rest/api/content/{page[id]}/property"),
    Step("GET /rest/api/content/{page[id]}/property/old"),
    Step("PUT /rest/api/content/{page[id]}/property/old", {"key": "old", "value": {}, "version": {"number": 2}}),
    Step("DELETE /rest/api/content/{page[id]}/property/old"),
)

_COMMENT = {
    "type": "comment",
    "container": {"type": "page", "id": "{page[id]}"},
    "body": {"storage": _BODY},
}
DATA_CENTER = (
    Step("POST /rest/api/content", _COMMENT, keep="comment"),
    Step("POST /rest/api/content", {**_COMMENT, "ancestors": [{"id": "{comment[id]}"}]}),
    Step("GET /rest/api/content/{page[id]}/child/comment?depth=all&expand=body.storage,version,extensions.resolution"),
    Step(
        "GET /rest/api/content/{comment[id]}?expand=body.storage,version,container,history,ancestors,children.comment"
    ),
    Step("GET /rest/api/content/{comment[id]}/history"),
    Step("PUT /rest/api/content/{comment[id]}", {**_COMMENT, "version": {"number": 2, "message": "m"}}),
    Step("PUT /rest/api/content/{comment[id]}", {**_COMMENT, "version": {"number": 2}}, status=409),
    *_UPLOADS,
    Step(f"GET {_FILES}?expand=version,container"),
    Step("GET /rest/api/content/{files[results][0][id]}?expand=version,container,metadata.labels"),
    Step(f"POST {_FILE}/move?newName=notes.txt"),
    Step(f"DELETE {_FILE}/version/1"),
    Step(f"DELETE {_FILE}"),
    Step(f"DELETE {_FILE}", status=404),
    Step("POST /rest/api/content/{page[id]}/property/more", {"value": {"level": 1}}),
    Step("DELETE /rest/api/content/{page[id]}/property/more"),
    Step("GET /rest/api/label/labels?labelName=outage"),
    Step("GET /rest/api/space/OPS/labels"),
    Step("DELETE /rest/api/content/{page[id]}/label?name=outage"),
    Step("POST /rest/api/content/{page[id]}/label", [{"prefix": "global", "name": "again"}]),
    Step("DELETE /rest/api/content/{page[id]}/label/again"),
    Step("DELETE /rest/api/content/{page[id]}/label/again", status=404),
)
