"""The answers that a fault or a limit gives in the handler's place, each in its product's and dialect's shape."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from pirsync.sandbox.faults import Rule
from pirsync.sandbox.limits import BURST, Bucket, Count

from .http import answer, confluence_v1_error, confluence_v2_error, jira_error

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Log in</title></head><body><h1>Log in to continue</h1>"
    '<form method="post" action="/login"><input name="username"><input name="password" type="password"></form>'
    "</body></html>"
)
_STALE = "Attempted to update stale data. Try again."
_QUOTA = 65_000
_NEAR = 0.2


def in_its_place(world: World, fault: Rule, path: str) -> Response | None:
    """The answer that takes the handler's place; None for faults that let it run, or that answer nothing."""
    if fault.name == "html":
        return HTMLResponse(fault.body or _LOGIN_PAGE)
    if fault.name == "redirect":
        return RedirectResponse(f"{login_address(world)}?os_destination={quote(path, safe='')}", 302)
    if fault.name == "captcha":
        return _captcha(world)
    if fault.name == "409":
        return _conflict(world, path)
    if fault.name == "429":
        return _too_many(world, fault)
    if fault.name == "503" and fault.argument:
        return _server_error(fault, {"Retry-After": _waiting(world, fault.argument)})
    return _server_error(fault, {}) if fault.name.isdecimal() else None


def login_address(world: World) -> str:
    """Where the log-in page is."""
    return f"{world.base_url}/login" if world.is_cloud else f"{world.base_url}/jira/login.jsp"


def login_page() -> Response:
    """The log-in page: HTML with status 200, as a proxy before the site would answer an API call."""
    return HTMLResponse(_LOGIN_PAGE)


def basic_refused() -> Response:
    """Data Center's Confluence on a credential that it does not accept."""
    text = "<html><head><title>Unauthorized (401)</title></head><body>Basic Authentication Failure - Reason : "
    headers = {"WWW-Authenticate": 'Basic realm="Confluence"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return HTMLResponse(f"{text}AUTHENTICATED_FAILED</body></html>", 401, headers)


def over_limit(world: World, count: Count) -> Response:
    """A 429 for a request that a real limit refused; the headers are added as to every counted request."""
    return JSONResponse({"code": 429, "message": "Rate limit exceeded."}, 429, {"Retry-After": str(count.wait)})


def limit_headers(world: World, count: Count) -> dict[str, str]:
    """What a product says with every answer where a limit counts."""
    headers = {"X-RateLimit-Limit": str(count.limit), "X-RateLimit-Remaining": str(count.remaining)}
    if not world.is_cloud:
        bucket = world.faults.limits.bucket or Bucket()
        return headers | _bucket(bucket) | {"Retry-After": str(count.wait)}
    if count.remaining < _NEAR * count.limit:
        headers["X-RateLimit-NearLimit"] = "true"
    if count.refused:
        headers |= {"X-RateLimit-Reset": _reset(world, count.wait), "RateLimit-Reason": count.reason}
    return headers


def _bucket(bucket: Bucket) -> dict[str, str]:
    return {"X-RateLimit-Interval-Seconds": str(bucket.interval), "X-RateLimit-FillRate": str(bucket.fill)}


def _too_many(world: World, fault: Rule) -> Response:
    wait, reason = fault.retry_after, fault.reason or fault.argument
    headers = {} if wait is None else {"Retry-After": _waiting(world, str(wait))}
    if not world.is_cloud:
        bucket = Bucket()
        headers |= {"X-RateLimit-Limit": str(bucket.size), "X-RateLimit-Remaining": "0", **_bucket(bucket)}
    if reason is not None:
        seconds = wait if isinstance(wait, int) else 1
        headers["RateLimit-Reason"] = reason
        if world.is_cloud:
            headers |= {"X-RateLimit-Limit": str(_limit(reason)), "X-RateLimit-Remaining": "0"}
            headers |= {"X-RateLimit-NearLimit": "true", "X-RateLimit-Reset": _reset(world, seconds)}
    if fault.body is not None:
        return Response(fault.body, 429, headers)
    return JSONResponse({"code": 429, "message": "Rate limit exceeded."}, 429, headers)


def _limit(reason: str) -> int:
    if "quota" in reason:
        return _QUOTA
    return 20 if "per-issue" in reason else BURST["GET"]


def _reset(world: World, seconds: int) -> str:
    return f"{world.clock.now() + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def _waiting(world: World, wait: str) -> str:
    if not wait.startswith("date:"):
        return wait
    seconds = int(wait.removeprefix("date:"))
    return format_datetime(world.clock.now() + timedelta(seconds=seconds), usegmt=True)


def _server_error(fault: Rule, headers: dict[str, str]) -> Response:
    text = fault.body or f"<html><h1>{fault.name}</h1></html>"
    return Response(text, int(fault.name), headers, media_type="text/html")


def _captcha(world: World) -> Response:
    headers = {
        "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={login_address(world)}",
        "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
        "WWW-Authenticate": 'OAuth realm="jira"',
    }
    text = "<html><head><title>Forbidden (403)</title></head><body>Encountered a CAPTCHA_CHALLENGE</body></html>"
    return HTMLResponse(text, 403, headers)


def _conflict(world: World, path: str) -> Response:
    if path.startswith("/wiki/api/v2/"):
        return confluence_v2_error(409, "CONFLICT", _STALE)
    if path.startswith(("/wiki/", "/confluence/")):
        return confluence_v1_error(409, "ConflictException", _STALE)
    return jira_error(409, _STALE)


def no_such_path(world: World, path: str, address: str) -> Response:
    """404 for a path that the API does not have."""
    if path.startswith("/wiki/api/v2/"):
        return confluence_v2_error(404, "NOT_FOUND", "Not Found")
    return answer({"message": f"null for uri: {address}", "status-code": 404}, 404)


def no_such_method(world: World, path: str, allowed: str) -> Response:
    """405 for a method that the path does not take."""
    headers = {"Allow": allowed}
    if path.startswith("/wiki/api/v2/"):
        refusal = confluence_v2_error(405, "METHOD_NOT_ALLOWED", "Method Not Allowed")
        refusal.headers.update(headers)
        return refusal
    return answer({"message": "HTTP 405 Method Not Allowed", "status-code": 405}, 405, headers)
