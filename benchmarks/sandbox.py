"""The sandbox by size: making it, holding it, and what a keep-alive client in another process costs it.

    python -m benchmarks.sandbox [--sizes 1000 10000] [--deployments cloud datacenter]

Every size is measured in a process of its own. All figures of requests are the server's processor time: what an idle
core could do whatever else this machine is doing.
"""

from __future__ import annotations

import argparse
import base64
import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlsplit

from benchmarks.sandbox_questions import questions
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.generate import Size, generate

REQUESTS, WARM, CONNECTIONS = 80, 4, 4
USER = base64.b64encode(b"svc-pirsync:token").decode()
MADE, HELD, SIMPLE = 30.0, 1024.0, 300.0
"""What is promised at 10,000: made in seconds, held in MB, simple requests a second."""


def hammer() -> None:
    """The client: for every address, count and path on a line of its input so many requests, then one line back.

    They go over a few connections that stay open.
    """
    for told in sys.stdin:
        address, count, path = told.split()
        host, port = urlsplit(address).hostname, urlsplit(address).port
        head = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Basic {USER}\r\n\r\n".encode()
        lines = [socket.create_connection((host, port)) for _ in range(CONNECTIONS)]
        files = [line.makefile("rb") for line in lines]
        refusals = []
        for _ in range(int(count) // CONNECTIONS):
            for line in lines:
                line.sendall(head)
            refusals += [refused for file in files if (refused := _refusal(file))]
        for line in lines:
            line.close()
        print(refusals[0] if refusals else "done", flush=True)


def _refusal(file: Any) -> str:
    """What was answered when that is not a 200."""
    status, length = file.readline(), 0
    while (header := file.readline()) != b"\r\n":
        if header.lower().startswith(b"content-length:"):
            length = int(header.partition(b":")[2])
    body = file.read(length)
    return "" if b" 200 " in status else f"{status!r} {body[:200]!r}"


def measure(deployment: Deployment, count: int) -> dict[str, Any]:
    """Everything about a world of so many issues and pages; requests as milliseconds of the server's CPU."""
    world = World(deployment)
    wall, cpu = time.perf_counter(), time.process_time()
    generate(world, Size(count, count, 1))
    made = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    costs: dict[str, float] = {}
    command = [sys.executable, "-m", "benchmarks.sandbox", "--client"]
    with (
        Running(world) as running,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client,
    ):
        for name, path in questions(world).items():
            first = _told(client, f"{running.url} {WARM} {path}")
            busy = time.process_time()
            told = _told(client, f"{running.url} {REQUESTS} {path}")
            costs[name] = 1000 * (time.process_time() - busy) / REQUESTS
            if (first, told) != ("done", "done"):
                raise RuntimeError(f"{path}: {first} {told}")
    return {"made": made, "held": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "costs": costs}


def _told(client: subprocess.Popen[str], line: str) -> str:
    if client.stdin is None or client.stdout is None:
        raise AssertionError("the client has pipes")
    client.stdin.write(line + "\n")
    client.stdin.flush()
    return client.stdout.readline().strip()


def rows(results: list[dict[str, Any]], sizes: list[int]) -> Iterator[tuple[str, ...]]:
    """The table's rows, its head first; the last column is how the greatest size compares with the smallest."""
    yield ("", *(f"{count:,}" for count in sizes), "ratio")
    for name in ("cpu", "wall"):
        yield (f"made, s ({name})", *(f"{one['made'][name]:.1f}" for one in results), "")
    yield ("held, MB", *(f"{one['held']:.0f}" for one in results), "")
    for name in results[0]["costs"]:
        costs = [one["costs"][name] for one in results]
        yield (f"{name}, ms", *(f"{cost:.2f}" for cost in costs), f"{costs[-1] / costs[0]:.2f}")
    simple = [1000 / one["costs"]["myself"] for one in results]
    yield ("myself, requests a second", *(f"{each:.0f}" for each in simple), f"{simple[-1] / simple[0]:.2f}")


def main() -> None:
    """Measure every size of every dialect and print a table of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--deployments", nargs="+", choices=get_args(Deployment), default=get_args(Deployment))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.client:
        hammer()
        return
    if given.one:
        print(json.dumps(measure(given.deployments[0], given.one)))
        return
    for deployment in given.deployments:
        command = [sys.executable, "-m", "benchmarks.sandbox", "--deployments", deployment, "--one"]
        told = [subprocess.run([*command, str(count)], check=True, stdout=subprocess.PIPE) for count in given.sizes]
        print(f"{deployment}: CPU of the server for each request")
        for first, *others in rows([json.loads(one.stdout) for one in told], given.sizes):
            print(f"  {first:<44}", *(f"{other:>10}" for other in others), flush=True)
    print(f"promised at 10,000: made in {MADE:.0f} s, held in {HELD:.0f} MB, {SIMPLE:.0f} simple requests a second")


if __name__ == "__main__":
    main()
