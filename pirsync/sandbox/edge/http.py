"""What both products' HTTP edges share: the JSON body, who is asking, and answers with each product's error shapes."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.people import SERVICE, User

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

WRONG = frozenset({"", "wrong", "expired"})


class BadBody(Exception):
    """The body is not JSON, or not of the kind that the call takes; answered with 400."""


def body_json(request: Request) -> Any:
    """The JSON value of the body that the server put into `request.state.body`; an empty body is an empty object."""
    raw: bytes = request.state.body
    if not raw.strip():
        return {}
    try:
        return json.loads(raw)
    except ValueError as error:
        raise BadBody(f"Unexpected character or end of input: {error}") from None


def body_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; any other JSON value raises `BadBody`."""
    value = body_json(request)
    if not isinstance(value, dict):
        raise BadBody("Cannot deserialize value of type `LinkedHashMap` from Array value")
    return value


def credential(request: Request) -> tuple[str, str] | None:
    """The scheme's user and secret: Basic gives both, Bearer gives ("", token); None when nothing usable was sent."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return "", value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        user, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", "wrong"
    return user, secret


def actor(world: World, request: Request) -> User | None:
    """Who acts: the account of a Basic user name or e-mail, else the service account.

    None for anonymous, a refused credential, or an inactive account.
    """
    sent = credential(request)
    if sent is None or world.faults.expired or sent[1] in WRONG:
        return None
    found = world.people.find(sent[0]) if sent[0] else None
    if found is not None and not found.active:
        return None
    return found or SERVICE


def credential_refused(world: World, request: Request) -> bool:
    """True when a credential was sent and is not accepted; Jira then says so in a header and goes on as anonymous."""
    return credential(request) is not None and actor(world, request) is None


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer as both products send it, non-ASCII letters unescaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    content = text.encode("utf-8", "surrogatepass")
    return Response(content, status, headers, media_type="application/json;charset=UTF-8")


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(b"", status)


def jira_error(status: int, *messages: str, errors: dict[str, str] | None = None) -> Response:
    """Jira's ErrorCollection: general messages and messages by field."""
    return answer({"errorMessages": list(messages), "errors": errors or {}}, status)


def jira_unauthenticated(world: World) -> Response:
    """Jira's 401 for calls that need an account."""
    value = {"message": "Client must be authenticated to access this resource.", "status-code": 401}
    headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return answer(value, 401, headers if world.is_cloud else {**headers, "WWW-Authenticate": 'OAuth realm="jira"'})


def confluence_error(status: int, message: str, title: str | None = None) -> Response:
    """Confluence's v1 error: `statusCode`, `data`, `message`, `reason`."""
    data = {"authorized": status != 403, "valid": status != 400, "errors": [], "successful": False}
    reason = title or _REASONS.get(status, "")
    return answer({"statusCode": status, "data": data, "message": message, "reason": reason}, status)


def confluence_v1_error(status: int, exception: str, message: str) -> Response:
    """An error of `/rest/api`; `exception` is the simple name of the one that Confluence puts before the message."""
    return confluence_error(status, f"com.atlassian.confluence.api.service.exceptions.{exception}: {message}")


def confluence_v2_error(status: int, code: str, title: str, detail: str | None = None) -> Response:
    """Confluence Cloud's v2 error: a list `errors` of status, code, title and detail."""
    return answer({"errors": [{"status": status, "code": code, "title": title, "detail": detail}]}, status)


_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    410: "Gone",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
}
