"""The sandbox by size: making it, holding it, and how fast it answers one keep-alive client in another process.

    python -m benchmarks.sandbox [--sizes 1000 10000] [--deployment cloud|datacenter]

Every size is measured in a process of its own, server and client on a core each where there are two. "CPU" is the
server's processor time for a request, which says what an idle core could do whatever else this machine is doing.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import get_args
from urllib.parse import quote, urlsplit

from pirsync.sandbox.generate import Size, generate
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import Deployment, World

REQUESTS = 400
CONNECTIONS = 4
USER = base64.b64encode(b"svc-pirsync:token").decode()
MADE, HELD, SIMPLE = 30.0, 1024.0, 300.0
"""What is promised at 10,000: made in seconds, held in MB, simple requests a second."""


def questions(world: World) -> dict[str, str]:
    """Simple requests and searches by what they ask, as paths."""
    key = next(issue.key for issue in reversed(world.tracker.issues.values()))
    page = next(iter(reversed(world.wiki.pages)))
    jira = "/rest/api/2" if world.is_cloud else "/jira/rest/api/2"
    search = f"{jira}/search/jql?fields=summary&maxResults=20&jql=" if world.is_cloud else f"{jira}/search?jql="
    wiki = "/wiki/rest/api" if world.is_cloud else "/confluence/rest/api"
    since = f"{world.clock.now():%Y-%m-01}"
    queries = {
        "search by key": f"key = {key}",
        "search by status": "status = Investigating",
        "search by updated": f'updated >= "{since}"',
        "search by label": "labels = vendor and status = Open",
    }
    read = f"/wiki/api/v2/pages/{page}" if world.is_cloud else f"{wiki}/content/{page}"
    return {
        "myself": f"{jira}/myself",
        "one issue": f"{jira}/issue/{key}?fields=summary,status",
        "one page": read,
        **{name: search + quote(query) for name, query in queries.items()},
        "CQL by title": f"{wiki}/content/search?cql=" + quote('title = "On call"'),
        "CQL by label": f"{wiki}/content/search?limit=10&cql=" + quote("label = runbook and space = OPS"),
    }


def hammer(address: str, path: str) -> float:
    """Seconds that REQUESTS take over a few connections that stay open. RuntimeError for any answer but a 200."""
    host, port = urlsplit(address).hostname, urlsplit(address).port
    head = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Basic {USER}\r\n\r\n".encode()
    lines = [socket.create_connection((host, port)) for _ in range(CONNECTIONS)]
    files = [line.makefile("rb") for line in lines]
    began = time.perf_counter()
    for _ in range(REQUESTS // CONNECTIONS):
        for line in lines:
            line.sendall(head)
        for file in files:
            status, length = file.readline(), 0
            while (header := file.readline()) != b"\r\n":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
            body = file.read(length)
            if b" 200 " not in status:
                raise RuntimeError(f"{path}: {status!r} {body[:200]!r}")
    took = time.perf_counter() - began
    for line in lines:
        line.close()
    return took


def measure(deployment: Deployment, count: int) -> dict[str, object]:
    """Everything about a world of so many issues and pages."""
    world = World(deployment)
    wall, cpu = time.perf_counter(), time.process_time()
    generate(world, Size(count, count, 1))
    made = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    speeds: dict[str, tuple[float, float]] = {}
    with Running(world) as running:
        _stay_on(0)
        for name, path in questions(world).items():
            _client(running.url, path)  # The first search of all enters everything in the index.
            busy = time.process_time()
            took = _client(running.url, path)
            speeds[name] = (REQUESTS / took, 1000 * (time.process_time() - busy) / REQUESTS)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"made": made, "held": held, "speeds": speeds}


def _client(address: str, path: str) -> float:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.sandbox", "--client", address, path], capture_output=True, text=True
    )
    if told.returncode:
        raise RuntimeError(told.stderr)
    return float(told.stdout)


def _stay_on(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[core]})


def rows(results: dict[int, dict[str, object]]) -> Iterator[tuple[str, ...]]:
    """The table's rows, its head first."""
    yield ("", *(f"{count:,} issues and pages" for count in results))
    every = [json.loads(json.dumps(one)) for one in results.values()]
    yield ("made", *(f"{one['made']['wall']:.1f} s (CPU {one['made']['cpu']:.1f} s)" for one in every))
    yield ("held", *(f"{one['held']:.0f} MB" for one in every))
    for name in every[0]["speeds"]:
        yield (name, *("{:.0f}/s (CPU {:.2f} ms)".format(*one["speeds"][name]) for one in every))


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--deployment", choices=get_args(Deployment), default="cloud")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.client:
        _stay_on(-1)
        print(hammer(*given.client))
    elif given.one:
        print(json.dumps(measure(given.deployment, given.one)))
    else:
        results: dict[int, dict[str, object]] = {}
        for count in given.sizes:
            command = [
                sys.executable,
                "-m",
                "benchmarks.sandbox",
                "--deployment",
                given.deployment,
                "--one",
                str(count),
            ]
            results[count] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        for first, *others in rows(results):
            print(f"{first:<20}", *(f"{other:>28}" for other in others))
        print(f"promised at 10,000: made in {MADE:.0f} s, held in {HELD:.0f} MB, {SIMPLE:.0f} simple requests a second")


if __name__ == "__main__":
    main()
