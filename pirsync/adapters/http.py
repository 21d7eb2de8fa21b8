"""Every request to a site passes through here once: one retry policy, one translation of what went wrong.

Reads and repeatable writes are tried again, within bounds, and every wait ends at once when the stop event is set.
A create is sent again only when the server provably did not act on it; any other doubt is `Ambiguous`.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.context import TimeoutError as NotYet
from multiprocessing.pool import IMapIterator, ThreadPool
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, sleep_using_event
from tenacity import stop_after_attempt as attempts_spent
from tenacity import stop_before_delay as time_spent
from urllib3.exceptions import NewConnectionError

from pirsync.errors import Ambiguous, Interrupted, Stale, Unavailable
from pirsync.ports import Upload

from .answers import Effect, Request, Transient, asked_wait, judge
from .limits import Holds

S = TypeVar("S")
T = TypeVar("T")

READERS = 4
"""How many reads are under way at once, at most; of writes it is one."""

LOOK = 0.1
"""Seconds between looks at the stop event while others read."""


@dataclass(frozen=True)
class Pace:
    """Bounds of trying again. `base` doubles with each wait; `floor` and `cap` bound what the server asks for.

    All in seconds; a server that asks for more than `cap` is given up at once. What must not be sent twice is sent
    within `haste` of being asked for or not at all: who asked has written down when, and counts from then.
    """

    base: float = 2.0
    floor: float = 1.0
    cap: float = 300.0
    attempts: int = 5
    total: float = 600.0
    haste: float = 20.0


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


def _unanswered(request: Request, error: requests.RequestException) -> Transient | Unavailable:
    """What it means that no answer came."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unavailable(f"{request.name} failed: the site's certificate was not accepted; see `ca`")
    if "WRONG_VERSION_NUMBER" in str(error):
        return Unavailable(f"{request.name} failed: {_site(error)} does not speak https; see `url`")
    kind = type(error).__name__
    if _never_sent(error):
        return Transient(f"{request.name} failed: {_site(error)} cannot be reached ({kind})", maybe_done=False)
    return Transient(f"{request.name} was not answered by {_site(error)} ({kind})", maybe_done=True)


def _outcome(status: int) -> str:
    """The name by which an answer is counted."""
    if status == 429:
        return "limited"
    if status < 400:
        return "answered"
    return "refused" if status < 500 else "failed"


def _given_up(failure: Transient, effect: Effect, doubts: list[str]) -> Ambiguous | Unavailable:
    """What a failure means when it is not tried again."""
    if doubts and effect is not Effect.READ:
        return Ambiguous(f"{doubts[0]}; it may have been done: look before trying again")
    return Unavailable(f"{failure.message}; given up for now", failure.retry_after)


class Transport:
    """The one way to a product. `send` makes one attempt, as one of the client libraries does it.

    `counts` holds how many requests were sent, by method, and `outcomes` what became of them: answered, limited (429),
    refused, failed (5xx) or unanswered. Safe to share between threads.
    """

    def __init__(
        self,
        send: Callable[[Request], requests.Response],
        secrets: tuple[str, ...],
        stop: threading.Event,
        pace: Pace | None = None,
        holds: Holds | None = None,
    ) -> None:
        self._send = send
        self._secrets = secrets
        self._stop = stop
        self._pace = pace or Pace()
        self._holds = holds or Holds()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self.counts: dict[str, int] = {}
        self.outcomes: Counter[str] = Counter()

    def read(self, method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Ask, and answer the parsed JSON (None where there is no content); NotFound for a 404."""
        return self.call(Request(method, path, params or {}, body), Effect.READ)

    def upsert(self, method: str, path: str, body: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Write what may be written twice; Ambiguous when no try was answered, Stale for a 409."""
        return self.call(Request(method, path, params or {}, body), Effect.REPEATABLE)

    def create(
        self, path: str, body: Any, params: Mapping[str, Any] | None = None, asked: datetime | None = None
    ) -> Any:
        """POST what must not be sent twice; Ambiguous when it may have happened. `asked`: when that was asked for,
        where something was read since."""
        return self.call(Request("POST", path, params or {}, body), Effect.ONCE, asked)

    def upload(self, path: str, upload: Upload) -> Any:
        """POST a file as a form, once; as `create`."""
        return self.call(Request("POST", path, file=upload), Effect.ONCE)

    def call(self, request: Request, effect: Effect, asked: datetime | None = None) -> Any:
        """Send one request, again where that is safe, and answer its parsed JSON.

        Raises the errors of `errors.py` only. Each is one sentence with method, path, status and the remote's words.
        """
        began = asked or datetime.now(UTC)
        if effect is Effect.READ:
            return self._call(request, effect, began)
        with self._writing:
            return self._call(request, effect, began)

    def map_reads(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What `read` answers for each item, in the items' order, four under way at once.

        Raises the error of the first item that has one, and Interrupted at once when the stop event is set.
        """
        work = list(items)
        if len(work) < 2:
            return [read(item) for item in work]
        # Not a ThreadPoolExecutor: the interpreter would wait at its end for a thread that no site answers.
        with ThreadPool(min(READERS, len(work))) as readers:
            answers = readers.imap(read, work)
            return [self._next(answers) for _ in work]

    def _next(self, answers: IMapIterator[T]) -> T:
        while True:
            try:
                return answers.next(timeout=LOOK)
            except NotYet:
                if self._stop.is_set():
                    raise Interrupted("Stopped by a signal.") from None

    # ------------------------------------------------------------ trying again

    def _call(self, request: Request, effect: Effect, began: datetime) -> Any:
        doubts: list[str] = []

        def attempt() -> Any:
            try:
                return self._attempt(request, effect, began)
            except Transient as failure:
                self._after_failure(failure, effect, doubts)
                raise

        try:
            return Retrying(
                retry=retry_if_exception_type(Transient),
                wait=self._wait,
                stop=attempts_spent(self._pace.attempts) | time_spent(self._longest(effect, self._pace.total)),
                sleep=self._sleep,
                reraise=True,
            )(attempt)
        except Transient as failure:
            raise _given_up(failure, effect, doubts) from None
        except Stale as stale:
            if doubts:
                raise Ambiguous(f"{stale}; an earlier try was not answered and may have been done") from None
            raise

    def _after_failure(self, failure: Transient, effect: Effect, doubts: list[str]) -> None:
        """Note the doubt of a failed attempt; raise where there must or need not be another one."""
        if failure.maybe_done:
            doubts.append(failure.message)
        asked = failure.retry_after
        if (failure.maybe_done and effect is Effect.ONCE) or (asked is not None and asked > self._pace.cap):
            raise _given_up(failure, effect, doubts) from None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, Transient) else None
        step = self._pace.base * 2 ** (state.attempt_number - 1)
        if asked is None:
            return float(step * random.uniform(0.7, 1.3))
        return min(max(asked, self._pace.floor), self._pace.cap) + random.uniform(0, min(self._pace.base, 1.0))

    def _sleep(self, seconds: float) -> None:
        sleep_using_event(self._stop)(seconds)
        if self._stop.is_set():
            raise Interrupted("Stopped by a signal while waiting to send a request.")

    def _longest(self, effect: Effect, seconds: float) -> float:
        """How long something may be waited for, which would else be so many seconds."""
        return min(seconds, self._pace.haste) if effect is Effect.ONCE else seconds

    # ------------------------------------------------------------ one attempt

    def _attempt(self, request: Request, effect: Effect, began: datetime) -> Any:
        self._hold_back(request, effect)
        if effect is Effect.ONCE and (late := (datetime.now(UTC) - began).total_seconds()) > self._pace.haste:
            # Waits end in time, but a machine may sleep: by now others may believe that this was sent long ago.
            raise Unavailable(f"{request.name} was not sent: {late:.0f} s have passed since it was asked for")
        if self._stop.is_set():
            raise Interrupted("Stopped by a signal.")
        with self._lock:
            self.counts[request.method] = self.counts.get(request.method, 0) + 1
        try:
            response = self._send(request)
        except requests.RequestException as error:
            self._count("unanswered")
            raise _unanswered(request, error) from None
        self._count(_outcome(response.status_code))
        self._heed(request, effect, response)
        return judge(request, effect, response, self._scrubbed)

    def _hold_back(self, request: Request, effect: Effect) -> None:
        """Wait as the site asked on an earlier request; Unavailable where that is longer than we wait for anything."""
        seconds = self._holds.wait(request, effect)
        if seconds > self._longest(effect, max(self._pace.cap, self._pace.floor)):
            raise Unavailable(
                f"{request.name} was not sent: the site asked for {seconds:.0f} s more of silence", seconds
            )
        if seconds:
            self._sleep(seconds)

    def _heed(self, request: Request, effect: Effect, response: requests.Response) -> None:
        """Hold back what a refusal was about; slow down where one is near."""
        headers = response.headers
        if response.status_code != 429:
            self._holds.answered(request, headers)
            return
        asked = max(asked_wait(headers, datetime.now(UTC)) or 0.0, self._pace.floor)
        self._holds.refused(request, effect, headers.get("RateLimit-Reason", ""), asked)

    def _count(self, outcome: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1

    def _scrubbed(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, "***")
        return words
