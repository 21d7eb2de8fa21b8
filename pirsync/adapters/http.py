"""Every request to a site passes through here once: one guard, one retry policy, one translation of what went wrong.

Reads and repeatable writes are tried again, within bounds, and every wait ends at once when the stop event is set.
A create is sent again only when the server provably did not act on it; any other doubt is `Ambiguous`.
"""

from __future__ import annotations

import logging
import math
import random
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type, sleep_using_event
from tenacity import stop_after_attempt as attempts_spent
from tenacity import stop_before_delay as time_spent
from urllib3.exceptions import NewConnectionError

from pirsync import __version__
from pirsync.errors import Ambiguous, AuthInDoubt, Interrupted, Rejected, Stale, Unavailable
from pirsync.model import Deployment

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and to wait for the next byte of an answer."""

HEADERS = {"User-Agent": f"pirsync/{__version__}", "X-Atlassian-Token": "no-check"}
"""Sent with every request; without the second, writes may be refused as cross-site (facts: Confluence, section 8)."""

_DOUBTED_LOGIN = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
_LONGEST_COMPLAINT = 300


@dataclass(frozen=True)
class Connection:
    """How to reach one product. `site_url` is what people browse; `api_url` what is called (empty: the same).

    With a `user`, `token` is the password of Basic; without, it is sent as Bearer. `ca` is a bundle's file, or empty.
    """

    site_url: str
    user: str
    token: str = field(repr=False)
    deployment: Deployment
    api_url: str = ""
    ca: str = ""

    @property
    def api(self) -> str:
        """The address to call, without a trailing slash."""
        return (self.api_url or self.site_url).rstrip("/")

    @property
    def site(self) -> str:
        """The address to browse, without a trailing slash."""
        return self.site_url.rstrip("/")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every spelling in which the token travels, so that a site that echoes one is not quoted."""
        basic = b64encode(f"{self.user}:{self.token}".encode()).decode()
        return tuple(spelling for spelling in (basic, self.token, quote(self.token, safe="")) if self.token)


@dataclass(frozen=True)
class Pace:
    """Bounds of trying again. `base` doubles with each wait; `floor` and `cap` bound what the server asks for.

    All in seconds; a server that asks for more than `cap` is given up at once.
    """

    base: float = 2.0
    floor: float = 1.0
    cap: float = 300.0
    attempts: int = 5
    total: float = 600.0


class Effect(Enum):
    """What a second sending of the same request would do."""

    READ = "nothing: it changes nothing"
    REPEATABLE = "nothing more: it is an upsert, or locked by a version"
    ONCE = "a second thing"


@dataclass(frozen=True)
class Request:
    """One request. `path` is relative to the API's address and shows in errors; parameters and body never do."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None

    @property
    def name(self) -> str:
        """What errors call it: method and path, never the query."""
        return f"{self.method} {self.path}"


class NotFound(Rejected):
    """Absent, or not for our eyes: the remote does not tell which."""


class _Transient(Exception):
    """One attempt failed in a way that may pass; `maybe_done` when the server may have acted on it."""

    def __init__(self, message: str, maybe_done: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.maybe_done = maybe_done
        self.retry_after = retry_after


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, with the scheme's own port where none is named."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


class Guard(HTTPAdapter):
    """Lets requests go to one origin only, follows no redirect, and never waits without end."""

    def __init__(self, url: str) -> None:
        self._origin = origin(url)
        super().__init__(pool_connections=1, pool_maxsize=4, pool_block=True, max_retries=0)

    def send(  # type: ignore[override]  # the timeouts are ours, whatever the libraries pass
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        """Send one request; Unavailable for a foreign address, AuthInDoubt for a redirect."""
        if origin(request.url or "") != self._origin:
            raise Unavailable(f"refused to call {urlsplit(request.url or '').hostname}: it is not the configured site")
        response = super().send(request, **(options | {"timeout": TIMEOUT}))
        if response.is_redirect:
            response.close()
            raise AuthInDoubt(
                f"{request.method} {urlsplit(request.url or '').path} was answered with a redirect"
                f" (status {response.status_code}): is there a sign-on page or proxy in the way?"
            )
        return response


def guard(session: requests.Session, connection: Connection) -> None:
    """Make the guard the only way out of a library's session, and give it our headers and CA bundle."""
    session.adapters.clear()
    adapter = Guard(connection.api)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update(HEADERS)
    session.verify = connection.ca or True


def quiet_libraries() -> None:
    """Cap the libraries' loggers: below WARNING they print headers and bodies (facts: libraries, trap 10)."""
    for name in ("jira", "atlassian", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.WARNING)


def retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for: a number or an HTTP date; None when it says nothing usable."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds()
        return max(seconds, 0.0)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def complaint(response: requests.Response) -> tuple[str, dict[str, str]]:
    """What the remote said in its own error fields: one line of at most 300 characters, and complaints by field."""
    try:
        answer = response.json()
    except ValueError:
        return "", {}
    if not isinstance(answer, dict):
        return "", {}
    said: list[str] = []
    fields: dict[str, str] = {}
    errors = answer.get("errors")
    if isinstance(errors, dict):
        fields = {str(name): _short(str(text)) for name, text in errors.items()}
    elif isinstance(errors, list):
        said += [str(e.get("title") or e.get("detail") or e.get("code") or "") for e in errors if isinstance(e, dict)]
    messages = answer.get("errorMessages")
    said += [str(text) for text in messages] if isinstance(messages, list) else []
    said += [answer["message"]] if isinstance(answer.get("message"), str) else []
    said += [f"{name}: {text}" for name, text in fields.items()]
    return _short("; ".join(text for text in said if text)), fields


def _short(text: str) -> str:
    """One printable line of at most 300 characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_COMPLAINT else line[: _LONGEST_COMPLAINT - 1] + "…"


def _never_sent(error: requests.RequestException) -> bool:
    """True when no connection came about, so that the server cannot have seen the request."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _site(error: requests.RequestException) -> str:
    """The host and port that did not answer, without the path and query."""
    parts = urlsplit(getattr(error.request, "url", None) or "")
    return parts.netloc.rpartition("@")[2] or "the site"


def _given_up(failure: _Transient, effect: Effect, doubts: list[str]) -> Ambiguous | Unavailable:
    """What a failure means when it is not tried again."""
    if doubts and effect is not Effect.READ:
        return Ambiguous(f"{doubts[0]}; it may have been done: look before trying again")
    return Unavailable(f"{failure.message}; given up for now", failure.retry_after)


class Transport:
    """The one way to a product. `send` makes one attempt, as one of the client libraries does it.

    `counts` holds how many requests were sent, by method. Safe to share between threads.
    """

    def __init__(
        self,
        send: Callable[[Request], requests.Response],
        secrets: tuple[str, ...],
        stop: threading.Event,
        pace: Pace | None = None,
    ) -> None:
        self._send = send
        self._secrets = secrets
        self._stop = stop
        self._pace = pace or Pace()
        self._lock = threading.Lock()
        self.counts: dict[str, int] = {}

    def read(self, method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Ask, and answer the parsed JSON (None where there is no content); NotFound for a 404."""
        return self.call(Request(method, path, params or {}, body), Effect.READ)

    def upsert(self, method: str, path: str, body: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Write what may be written twice; Ambiguous when no try was answered, Stale for a 409."""
        return self.call(Request(method, path, params or {}, body), Effect.REPEATABLE)

    def create(self, path: str, body: Any, params: Mapping[str, Any] | None = None) -> Any:
        """POST what must not be sent twice; Ambiguous when it may have happened."""
        return self.call(Request("POST", path, params or {}, body), Effect.ONCE)

    def call(self, request: Request, effect: Effect) -> Any:
        """Send one request, again where that is safe, and answer its parsed JSON.

        Raises the errors of `errors.py` only. Each is one sentence with method, path, status and the remote's words.
        """
        doubts: list[str] = []

        def attempt() -> Any:
            try:
                return self._attempt(request, effect)
            except _Transient as failure:
                self._after_failure(failure, effect, doubts)
                raise

        try:
            return Retrying(
                retry=retry_if_exception_type(_Transient),
                wait=self._wait,
                stop=attempts_spent(self._pace.attempts) | time_spent(self._pace.total),
                sleep=self._sleep,
                reraise=True,
            )(attempt)
        except _Transient as failure:
            raise _given_up(failure, effect, doubts) from None
        except Stale as stale:
            if doubts:
                raise Ambiguous(f"{stale}; an earlier try was not answered and may have been done") from None
            raise

    def _after_failure(self, failure: _Transient, effect: Effect, doubts: list[str]) -> None:
        """Note the doubt of a failed attempt; raise where there must or need not be another one."""
        if failure.maybe_done:
            doubts.append(failure.message)
        asked = failure.retry_after
        if (failure.maybe_done and effect is Effect.ONCE) or (asked is not None and asked > self._pace.cap):
            raise _given_up(failure, effect, doubts) from None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, _Transient) else None
        step = self._pace.base * 2 ** (state.attempt_number - 1)
        if asked is None:
            return float(step * random.uniform(0.7, 1.3))
        return min(max(asked, self._pace.floor), self._pace.cap) + random.uniform(0, min(self._pace.base, 1.0))

    def _sleep(self, seconds: float) -> None:
        sleep_using_event(self._stop)(seconds)
        if self._stop.is_set():
            raise Interrupted("Stopped by a signal while waiting to try a request again.")

    def _attempt(self, request: Request, effect: Effect) -> Any:
        if self._stop.is_set():
            raise Interrupted("Stopped by a signal.")
        with self._lock:
            self.counts[request.method] = self.counts.get(request.method, 0) + 1
        try:
            response = self._send(request)
        except requests.RequestException as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Unavailable(f"{request.name} failed: the site's certificate was not accepted; see `ca`") from None
            kind = type(error).__name__
            if "WRONG_VERSION_NUMBER" in str(error):
                raise Unavailable(f"{request.name} failed: {_site(error)} does not speak https; see `url`") from None
            if _never_sent(error):
                raise _Transient(f"{request.name} failed: {_site(error)} cannot be reached ({kind})", False) from None
            raise _Transient(f"{request.name} was not answered by {_site(error)} ({kind})", True) from None
        return self._judge(request, effect, response)

    def _scrubbed(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, "***")
        return words

    def _judge(self, request: Request, effect: Effect, response: requests.Response) -> Any:
        """The parsed answer, or the error that its status, headers and content type stand for."""
        status = response.status_code
        said, fields = complaint(response) if status >= 400 else ("", {})
        said = self._scrubbed(said)
        fields = {name: self._scrubbed(words) for name, words in fields.items()}
        what = f"{request.name} was answered with status {status}" + (f": {said}" if said else "")
        _check_login(response, what)
        if status == 429:
            raise _Transient(what, maybe_done=False, retry_after=_asked(response))
        if status == 408 or status >= 500:
            raise _Transient(what, maybe_done=True, retry_after=_asked(response))
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
        with suppress(ValueError):
            return response.json()
        if effect is Effect.ONCE:
            raise Ambiguous(f"{what}, but not with whole JSON; look before trying again")
        raise Unavailable(f"{what}, but not with whole JSON")


def _check_login(response: requests.Response, what: str) -> None:
    """Raise AuthInDoubt when we may be talking as nobody (facts: Jira, trap 1)."""
    headers = response.headers
    if headers.get("X-Seraph-LoginReason", "").startswith(_DOUBTED_LOGIN):
        raise AuthInDoubt(f"{what}, and the login was not accepted: check user and token, they may have expired")
    if response.status_code == 401:
        raise AuthInDoubt(f"{what}: check user and token, they may have expired or lack a scope")
    if response.status_code == 403 and "CAPTCHA" in headers.get("X-Authentication-Denied-Reason", "").upper():
        raise AuthInDoubt(f"{what}: the site asks for a captcha; log in once by browser as that user")


def _is_page(response: requests.Response, effect: Effect) -> bool:
    """Whether this is no answer of the product. A write refused with a page is a firewall's doing, and of no more
    meaning than any refusal."""
    kind = response.headers.get("Content-Type", "").lower()
    if response.status_code >= 400:
        return "html" in kind and effect is Effect.READ
    return bool(response.content) and "json" not in kind


def _asked(response: requests.Response) -> float | None:
    return retry_after(response.headers.get("Retry-After"), datetime.now(UTC))


def part(answer: Any, name: str, request: str) -> Any:
    """A part that an answer must have; Unavailable when the answer lacks it, so that lack is never read as absence."""
    if not isinstance(answer, dict) or name not in answer:
        raise Unavailable(f"{request} was answered without `{name}`: is this really the product's API?")
    return answer[name]


def instant(text: object) -> datetime:
    """An aware UTC instant from either product's spelling (`+0000`, `Z`, `+01:00`); Unavailable when it is none."""
    with suppress(ValueError):
        value = datetime.fromisoformat(str(text))
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    raise Unavailable("an answer held an instant that cannot be read")
