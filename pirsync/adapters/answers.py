"""What an answer means: the parsed JSON, or the error that its status, headers and content type stand for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import requests

from pirsync.errors import Ambiguous, AuthInDoubt, Rejected, Stale, Unavailable
from pirsync.ports import Upload

_DOUBTED_LOGIN = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
_LONGEST_COMPLAINT = 300

LONGEST_WAIT = timedelta(days=1).total_seconds()
"""Seconds: whoever asks for more has another unit in mind, or a clock that is wrong; quotas are hourly."""


class Effect(Enum):
    """What a second sending of the same request would do."""

    READ = "nothing: it changes nothing"
    REPEATABLE = "nothing more: it is an upsert, or locked by a version"
    ONCE = "a second thing"


@dataclass(frozen=True)
class Request:
    """One request. `path` is relative to the API's address and shows in errors; parameters, body and file never do.

    With a `file` it is sent as a form, and has no other body.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    file: Upload | None = None

    @property
    def name(self) -> str:
        """What errors call it: method and path, never the query."""
        return f"{self.method} {self.path}"


class NotFound(Rejected):
    """Absent, or not for our eyes: the remote does not tell which."""


class Transient(Exception):
    """One attempt failed in a way that may pass; `maybe_done` when the server may have acted on it."""

    def __init__(self, message: str, maybe_done: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.maybe_done = maybe_done
        self.retry_after = retry_after


def retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, a day at most: a number or an HTTP date; None when it says
    nothing usable."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        return _until(when, now)
    return min(seconds, LONGEST_WAIT) if math.isfinite(seconds) and seconds >= 0 else None


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a refusal asks for, by `Retry-After` or else by `X-RateLimit-Reset`; None if by neither."""
    if (seconds := retry_after(headers.get("Retry-After"), now)) is not None:
        return seconds
    with suppress(ValueError):
        return _until(datetime.fromisoformat(headers.get("X-RateLimit-Reset", "")), now)
    return None


def _until(when: datetime, now: datetime) -> float:
    """Seconds from now to then, which is UTC where it does not say; none where it has passed, a day at most."""
    seconds = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)


def complaint(response: requests.Response, scrubbed: Callable[[str], str]) -> tuple[str, dict[str, str]]:
    """What the remote said in its own error fields: one line of at most 300 characters, and complaints by field.

    Each text is `scrubbed` before it is shortened: of a secret that the end cuts, the beginning would be told.
    """
    answer = _parsed(response)
    if not isinstance(answer, dict):
        return "", {}
    said: list[str] = []
    fields: dict[str, str] = {}
    errors = answer.get("errors")
    if isinstance(errors, dict):
        fields = {scrubbed(name): scrubbed(str(text)) for name, text in errors.items()}
    elif isinstance(errors, list):
        said += [str(e.get("title") or e.get("detail") or e.get("code") or "") for e in errors if isinstance(e, dict)]
    messages = answer.get("errorMessages")
    said += [str(text) for text in messages] if isinstance(messages, list) else []
    said += [answer["message"]] if isinstance(answer.get("message"), str) else []
    said += [f"{name}: {text}" for name, text in fields.items()]
    shown = {name: _short(text) for name, text in fields.items()}
    return _short(scrubbed("; ".join(text for text in said if text))), shown


def _parsed(response: requests.Response) -> Any:
    """The JSON of an answer, or None where it is none, or too deep to be one of either product's."""
    with suppress(ValueError, RecursionError):
        return response.json()
    return None


def _short(text: str) -> str:
    """One printable line of at most 300 characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_COMPLAINT else line[: _LONGEST_COMPLAINT - 1] + "…"


def judge(request: Request, effect: Effect, response: requests.Response, scrubbed: Callable[[str], str]) -> Any:
    """The parsed answer, or the error that it stands for; `scrubbed` takes our secrets out of the remote's words."""
    status = response.status_code
    said, fields = complaint(response, scrubbed) if status >= 400 else ("", {})
    what = f"{request.name} was answered with status {status}" + (f": {said}" if said else "")
    _check_login(response, what)
    if status == 429:
        raise Transient(what, maybe_done=False, retry_after=asked_wait(response.headers, datetime.now(UTC)))
    if status == 408 or status >= 500:
        raise Transient(what, maybe_done=True, retry_after=asked_wait(response.headers, datetime.now(UTC)))
    if status == 404 and effect is not Effect.READ and _says_html(response):
        raise Transient(f"{what}, with a page where data was due: is the product itself there?", maybe_done=True)
    if _is_page(response, effect):
        raise AuthInDoubt(f"{what}, with a page where data was due: is there a sign-on page or proxy in the way?")
    if status == 404:
        raise NotFound(what, fields)
    if status == 409 and effect is not Effect.READ:
        raise Stale(what)
    if status >= 400:
        raise Rejected(what, fields)
    if not response.content:
        return None
    with suppress(ValueError, RecursionError):
        return response.json()
    if effect is Effect.ONCE:
        raise Ambiguous(f"{what}, but not with whole JSON; look before trying again")
    raise Unavailable(f"{what}, but not with whole JSON")


def _check_login(response: requests.Response, what: str) -> None:
    """Raise AuthInDoubt when we may be talking as nobody (facts: Jira, trap 1)."""
    headers = response.headers
    # First, for it is why a login is denied that is right: a site says both.
    if response.status_code == 403 and "CAPTCHA" in headers.get("X-Authentication-Denied-Reason", "").upper():
        raise AuthInDoubt(f"{what}: the site asks for a captcha; log in once by browser as that user")
    if headers.get("X-Seraph-LoginReason", "").startswith(_DOUBTED_LOGIN):
        raise AuthInDoubt(f"{what}, and the login was not accepted: check user and token, they may have expired")
    if response.status_code == 401:
        raise AuthInDoubt(f"{what}: check user and token, they may have expired or lack a scope")


def _is_page(response: requests.Response, effect: Effect) -> bool:
    """Whether this is no answer of the product. A write refused with a page is a firewall's doing, which would refuse
    the same words again, and of no more meaning than any refusal."""
    if response.status_code >= 400:
        return _says_html(response) and effect is Effect.READ
    return bool(response.content) and "json" not in response.headers.get("Content-Type", "").lower()


def _says_html(response: requests.Response) -> bool:
    return "html" in response.headers.get("Content-Type", "").lower()
