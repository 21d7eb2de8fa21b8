"""The loop of `pirsync run`: a poll and a sweep on their intervals, until a signal ends it at once.

A pass that fails is told and tried again, a rare one before its next turn; only an error of our own making ends the
process.
"""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import schedule

from pirsync.errors import ConfigError, Interrupted, PirsyncError

LONGEST_NAP = 5.0
"""Seconds: the loop looks at the clock at least this often, so that a suspended machine wakes up on time."""

STEP, GRACE = 0.1, 0.5
"""Seconds: how often we look for a signal, and how long work may take to end after one."""


@dataclass(frozen=True)
class Job:
    """Something to do every so many seconds."""

    name: str
    every: int
    action: Callable[[], None]


@dataclass(frozen=True)
class Health:
    """How the daemon is: healthy or not, since when, when the last job ended, and what the failing jobs said."""

    healthy: bool
    since: datetime
    last_pass: datetime
    why: str

    def as_json(self) -> str:
        """As one JSON object, its instants in ISO 8601."""
        return json.dumps(asdict(self), default=datetime.isoformat)


class Daemon:
    """Runs jobs until it is stopped; `healthy` is False while the last pass of any job has failed.

    `ended` hears of the health after each job.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        stop: threading.Event,
        failed: Callable[[str, PirsyncError], None],
        ended: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._jobs = jobs
        self._stop = stop
        self._failed = failed
        self._ended = ended
        self._sick: dict[str, str] = {}
        self._tries: dict[str, int] = {}
        self._since: datetime | None = None
        self._is_proven = False

    @property
    def healthy(self) -> bool:
        """Whether every job's last pass went through."""
        return not self._sick

    def loop(self) -> None:
        """Run every job now, then each on its interval. Returns when stopped.

        Raises the ConfigError of a first run, where a person stands by; a later one is told like any failure.
        """
        self._planned = self._plan()
        for job in self._jobs:
            self._run(job)
        self._is_proven = True
        while not self._stop.is_set():
            idle = self._planned.idle_seconds
            self._stop.wait(min(max(idle if idle is not None else LONGEST_NAP, 0.05), LONGEST_NAP))
            if self._clock_went_back():
                self._planned = self._plan()
            if not self._stop.is_set():
                self._planned.run_pending()

    def _plan(self) -> schedule.Scheduler:
        planned = schedule.Scheduler()
        for job in self._jobs:
            planned.every(job.every).seconds.do(self._run, job)
            if job.name in self._sick:
                self._retry(planned, job)
        return planned

    def _retry(self, planned: schedule.Scheduler, job: Job) -> None:
        """Try a failed job again after the shortest interval of all, then after twice that, and so on to its own.

        A daily sweep that met an outage at its start would else be owed, and called unhealthy, for a day.
        """
        soonest = min(each.every for each in self._jobs)
        wait = soonest * 2 ** min(self._tries[job.name] - 1, 16)
        if wait >= job.every:
            return

        def once() -> type[schedule.CancelJob]:
            if job.name in self._sick:
                self._run(job)
            return schedule.CancelJob

        planned.every(wait).seconds.do(once)

    def _clock_went_back(self) -> bool:
        """A clock that was set back would leave `schedule` waiting for its old future (facts: libraries, trap 12)."""
        longest = timedelta(seconds=max(job.every for job in self._jobs))
        due: datetime | None = self._planned.next_run
        return due is not None and due > datetime.now() + longest + timedelta(seconds=1)

    def _run(self, job: Job) -> None:
        if self._stop.is_set():
            return
        was_healthy = self.healthy
        try:
            job.action()
            self._sick.pop(job.name, None)
            self._tries.pop(job.name, None)
        except Interrupted:
            self._stop.set()
            return
        except PirsyncError as error:
            if isinstance(error, ConfigError) and not self._is_proven:
                raise
            # Told, and left due: an exception that leaves `schedule` would keep the job due for ever.
            self._sick[job.name] = str(error)
            self._tries[job.name] = self._tries.get(job.name, 0) + 1
            self._retry(self._planned, job)
            self._failed(job.name, error)
        now = datetime.now(UTC)
        if self._since is None or self.healthy is not was_healthy:
            self._since = now
        self._ended(Health(self.healthy, self._since, now, "; ".join(dict.fromkeys(self._sick.values()))))


def until_signalled(stop: threading.Event, work: Callable[[], None]) -> None:
    """Run `work` in a thread of its own, and set `stop` on SIGTERM or SIGINT; raises what `work` raised.

    The main thread never touches the event: a second signal inside a handler's `Event.set()` would deadlock on the
    event's own lock. The handlers do nothing; a thread that hears of signals through a socket sets the event.
    A request that a site leaves unanswered cannot be taken back: after `GRACE` we return without it, as after a crash.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)

    def listen() -> None:
        # Bytes are signals; none is the end of the socket.
        if heard.recv(1):
            stop.set()

    previous = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=listen, name="pirsync-signals")
    listener.start()
    try:
        _until_done(stop, work)
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in previous.items():
            signal.signal(number, handler)
        told.close()
        listener.join()
        heard.close()


def _until_done(stop: threading.Event, work: Callable[[], None]) -> None:
    """Run `work` in a thread that cannot hold up the end of the process; raises what it raised."""
    raised: list[BaseException] = []

    def note(failed: threading.ExceptHookArgs) -> None:
        raised.append(failed.exc_value or RuntimeError("the work ended without a word"))

    thread = threading.Thread(target=work, name="pirsync", daemon=True)
    before, threading.excepthook = threading.excepthook, note
    try:
        thread.start()
        while thread.is_alive() and not stop.is_set():
            thread.join(STEP)
        thread.join(GRACE)
    finally:
        threading.excepthook = before
    if raised:
        raise raised[0]
