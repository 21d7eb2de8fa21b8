"""The daemon: it makes reviews by itself, tells what fails and goes on, and a signal ends it at once and cleanly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from pirsync.adapters.state import open_state
from pirsync.commands import write_health
from pirsync.config import load
from pirsync.daemon import Daemon, Health, Job, until_signalled
from pirsync.errors import ConfigError, Interrupted, PirsyncError, Unavailable

from . import leaks
from .command import Desk, desk, surroundings

SOON = 30.0
"""Seconds in which a process ends after a signal however busy the machine is; what it waited for takes longer."""


PIRSYNC = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("pirsync", run_name="__main__", alter_sys=True)
"""
"""A child of tests that run in the background of a shell begins with SIGINT ignored."""


class Process:
    """`pirsync` as a child, whose standard error is read as it comes."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", PIRSYNC, *arguments],
            cwd=folder,
            env=surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stderr is not None
        self.lines.extend(iter(self.child.stderr.readline, ""))

    def _events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in list(self.lines)]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self._events() if event["event"] == name]

    def ends(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; the exit code, and the seconds that it took."""
        started = time.monotonic()
        self.child.send_signal(number)
        code = self.child.wait(120)
        took = time.monotonic() - started
        self._reader.join()
        leaks.said(*self.lines)
        return code, took


@contextmanager
def daemon(place: Desk) -> Iterator[Process]:
    process = Process(place.folder, "run")
    try:
        yield process
    finally:
        process.child.kill()
        process.child.wait()


def eventually(true: Callable[[], object], seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


# ---------------------------------------------------------------- as a process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_pages_appear_and_a_signal_ends_it_at_once_and_cleanly(number: signal.Signals) -> None:
    with desk() as place:
        place.replace("poll_every = 3\n", "poll_every = 120\n")
        with daemon(place) as process:
            eventually(lambda: len(process.events("pass")) >= 2)
            assert any(event["what"].startswith("create page") for event in process.events("change"))
            code, took = process.ends(number)
            assert code == 0
            assert took < SOON
            assert len(process.events("stopped")) == 1
        made = place.writes()
        assert place.do("reconcile").out == ""
        assert place.writes() == made


def test_a_signal_ends_a_wait_that_the_site_asked_for() -> None:
    with desk() as place:
        place.fault("429", path="/field$", times=None, retry_after=60)
        with daemon(place) as process:
            eventually(lambda: any(status == 429 for _, _, status in place.sandbox.faults.log))
            code, took = process.ends()
    assert (code, took < SOON) == (0, True)


def test_a_signal_ends_the_wait_for_a_site_that_does_not_answer() -> None:
    with desk() as place:
        place.fault("slow:60", path="/field$", times=1)
        with daemon(place) as process:
            eventually(lambda: place.sandbox.faults.hits)
            code, took = process.ends()
    assert (code, took < SOON) == (0, True)


def test_a_failed_pass_is_told_and_the_next_one_recovers() -> None:
    with desk() as place:
        place.replace("[run]", '[run]\nhealth_file = "health.json"')
        file = place.folder / "health.json"

        def health() -> dict[str, Any]:
            return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}

        place.sandbox.faults.expired = True
        with daemon(place) as process:
            eventually(lambda: process.events("pass failed"))
            eventually(health)
            assert (health()["healthy"], "login was not accepted" in health()["why"]) == (False, True)
            assert place.writes() == []
            assert "login was not accepted" in process.events("pass failed")[0]["why"]
            place.sandbox.faults.expired = False
            eventually(lambda: health()["healthy"])
            made = process.events("pass")[0]
            assert sum((made["jira"] | made["confluence"]).values()) <= made["requests"]
            assert process.ends()[0] == 0
        assert any(path.endswith("/pages") for _, path, _ in place.writes())


def test_a_wrong_configuration_ends_it_with_2() -> None:
    with desk() as place:
        place.replace('space = "OPS"', 'space = "NOPE"')
        said = place.run("run")
        assert said.code == 2
        assert "team.space: space NOPE cannot be seen" in said.err


def test_reconcile_beside_a_pass_waits_for_its_turn_and_says_so() -> None:
    with desk() as place:
        site = load(place.config).site
        state = open_state(site.state, site.owner_id, datetime.now(UTC))
        with state.pass_lock():
            beside = Process(place.folder, "reconcile", "OPS-1")
            eventually(lambda: beside.lines)
            assert beside.lines == ["another pass is running; waiting for its turn\n"]
            assert place.writes() == []
        assert beside.child.wait(120) == 0
        assert place.writes() != []
        state.close()


@pytest.mark.parametrize(
    ("path", "number", "code"),
    [
        ("/field$", signal.SIGINT, 130),
        # Reads four at once, which wait in threads of their own.
        ("/pages$", signal.SIGINT, 130),
        ("/pages$", signal.SIGTERM, -signal.SIGTERM),
    ],
)
def test_a_signal_ends_a_command_that_waits_as_a_site_asked(path: str, number: signal.Signals, code: int) -> None:
    """Without a word, let alone a traceback; and what it left is no obstacle to the next pass."""
    with desk() as place:
        place.fault("429", method="GET", path=path, times=None, retry_after=60, reason="jira-burst-based")
        process = Process(place.folder, "reconcile")
        eventually(lambda: any(status == 429 for _, _, status in place.sandbox.faults.log))
        time.sleep(0.2)  # the answer arrives, and whoever reads beside it is held back, too
        ended, took = process.ends(number)
        assert (ended, took < SOON, process.lines) == (code, True, [])
        assert place.writes() == []
        place.sandbox.faults.clear()
        assert place.do("reconcile", "OPS-1").code == 0
        assert any(path.endswith("/pages") for _, path, _ in place.writes())


# ---------------------------------------------------------------- the loop


class Passes:
    """A job that notes when it ran, and fails as it is told to."""

    def __init__(self, *failures: PirsyncError | None) -> None:
        self.ran: list[datetime] = []
        self.failures = list(failures)

    def __call__(self) -> None:
        self.ran.append(datetime.now())
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


class Stop(threading.Event):
    """A stop event whose waiting moves the clock by what `steps` say, and which is set when they are used up."""

    def __init__(self, clock: Any, steps: list[float]) -> None:
        super().__init__()
        self._clock = clock
        self._steps = steps

    def wait(self, timeout: float | None = None) -> bool:
        if self._steps:
            self._clock.shift(timedelta(seconds=self._steps.pop(0)))
        else:
            self.set()
        return self.is_set()


START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def play(job: Passes, steps: list[float], every: int = 60) -> tuple[Daemon, list[str]]:
    """Run the loop with one job, while the clock moves by these seconds, one step each look at it."""
    told: list[str] = []
    with time_machine.travel(START, tick=False) as clock:
        running = Daemon([Job("news", every, job)], Stop(clock, steps), lambda _, error: told.append(str(error)))
        running.loop()
    return running, told


def test_a_job_runs_at_once_and_then_on_its_interval() -> None:
    job = Passes()
    play(job, [30, 29, 1, 30, 30, 61])
    minutes = [(ran - job.ran[0]).total_seconds() for ran in job.ran]
    assert minutes == [0, 60, 120, 181]


def test_a_clock_that_is_set_back_does_not_stop_the_polls() -> None:
    job = Passes()
    play(job, [60, -7200, 60, 60])
    assert len(job.ran) == 4


def test_a_clock_that_leaps_forward_makes_one_pass_not_many() -> None:
    job = Passes()
    play(job, [86400, 1])
    assert len(job.ran) == 2


def test_a_failure_is_told_and_the_next_turn_is_healthy_again() -> None:
    job = Passes(Unavailable("away"), None)
    running, told = play(job, [60])
    assert (told, running.healthy, len(job.ran)) == (["away"], True, 2)
    assert play(Passes(Unavailable("away")), [1])[0].healthy is False


def test_a_rare_job_that_fails_is_tried_again_soon_then_ever_more_rarely() -> None:
    rare = Passes(*[Unavailable("away")] * 3)
    with time_machine.travel(START, tick=False) as clock:
        jobs = [Job("news", 60, Passes()), Job("all", 86400, rare)]
        running = Daemon(jobs, Stop(clock, [30.0] * 30), lambda *_: None)
        running.loop()
    minutes = [(ran - rare.ran[0]).total_seconds() / 60 for ran in rare.ran]
    assert (minutes, running.healthy) == ([0, 1, 3, 7], True)


def test_a_rare_job_that_fails_is_tried_again_after_the_clock_was_set_back() -> None:
    rare = Passes(Unavailable("away"))
    with time_machine.travel(START, tick=False) as clock:
        jobs = [Job("news", 60, Passes()), Job("all", 3600, rare)]
        Daemon(jobs, Stop(clock, [-7200, 60, 60]), lambda *_: None).loop()
    assert len(rare.ran) == 2


def test_the_health_tells_since_when_and_why() -> None:
    seen: list[Health] = []
    job = Passes(None, Unavailable("away"), Unavailable("still away"), None)
    with time_machine.travel(START, tick=False) as clock:
        jobs = [Job("news", 60, job)]
        Daemon(jobs, Stop(clock, [60, 60, 60]), lambda *_: None, seen.append).loop()
    minutes = [START + timedelta(minutes=n) for n in range(4)]
    assert seen == [
        Health(True, minutes[0], minutes[0], ""),
        Health(False, minutes[1], minutes[1], "away"),
        Health(False, minutes[1], minutes[2], "still away"),
        Health(True, minutes[3], minutes[3], ""),
    ]


def test_one_healthy_job_does_not_make_another_well() -> None:
    seen: list[Health] = []
    jobs = [Job("news", 60, Passes(Unavailable("away"))), Job("all", 600, Passes())]
    with time_machine.travel(START, tick=False) as clock:
        Daemon(jobs, Stop(clock, []), lambda *_: None, seen.append).loop()
    assert [(health.healthy, health.why) for health in seen] == [(False, "away"), (False, "away")]


def test_the_health_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    assert write_health(path, Health(False, START, START, "away")) == ""
    assert write_health(path, Health(True, START, START + timedelta(minutes=1), "")) == ""
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "healthy": True,
        "since": "2026-03-02T09:00:00+00:00",
        "last_pass": "2026-03-02T09:01:00+00:00",
        "why": "",
    }
    assert list(tmp_path.iterdir()) == [path]
    assert "cannot be written" in write_health(tmp_path / "no" / "health.json", Health(True, START, START, ""))


def test_a_wrong_configuration_ends_the_first_pass_and_is_told_later() -> None:
    with pytest.raises(ConfigError):
        play(Passes(ConfigError("wrong")), [60])
    job = Passes(None, ConfigError("wrong"), None)
    assert play(job, [60, 60])[1] == ["wrong"]
    assert len(job.ran) == 3


def test_an_interrupted_pass_ends_the_loop() -> None:
    job = Passes(Interrupted("stopped"))
    assert play(job, [60, 60])[1] == []
    assert len(job.ran) == 1


def test_what_the_work_raises_comes_back_from_its_thread() -> None:
    def work() -> None:
        raise ConfigError("wrong")

    with pytest.raises(ConfigError):
        until_signalled(threading.Event(), work)
