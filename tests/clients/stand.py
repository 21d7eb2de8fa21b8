"""Where a client meets the sandbox: a seeded world that is served, and the client in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.people import User
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds import seed
from tests.clients.gate import certificate, gate

FOLDER = Path(__file__).resolve().parents[2] / ".clients"
SITES = {"cloud": "acme.atlassian.net", "datacenter": "acme.example"}
SECRET = "a-secret"
_SECONDS = 180


class Failed(Exception):
    """The client, or what it left behind, is not as it must be; the text says what."""


@dataclass(frozen=True)
class Stand:
    """A client at its place: `url` is the site that it is told, `environment` what its processes are given."""

    world: World
    url: str
    environment: dict[str, str]
    folder: Path
    program: Path

    def run(self, command: str, *arguments: str | Path) -> str:
        """Run one of the client's programs in the folder; what it says. Raises Failed when it ends with an error."""
        told = [str(self.program / command), *map(str, arguments)]
        done = subprocess.run(
            told, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            raise Failed(f"{command} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
        return done.stdout + done.stderr

    def write(self, name: str, content: str | bytes) -> Path:
        """A file in the client's folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @property
    def login(self) -> str:
        """The name that Ana Ruiz signs in with: her address on Cloud, her user name on Data Center."""
        return self.user("aruiz").email if self.world.is_cloud else "aruiz"

    @property
    def wiki_url(self) -> str:
        """Confluence's address as the client is told it."""
        return f"{self.url}/wiki" if self.world.is_cloud else f"{self.url}/confluence"

    @property
    def jira_url(self) -> str:
        """Jira's address as the client is told it."""
        return self.url if self.world.is_cloud else f"{self.url}/jira"

    def page(self, title: str) -> wiki.Page:
        """The current page of that title; Failed when there is none."""
        for page in self.world.wiki.pages.values():
            if page.title == title and page.status == "current":
                return page
        raise Failed(f"there is no page {title}")

    def issue(self, key: str) -> tracker.Issue:
        """The issue of that key; Failed when there is none."""
        found = tracker.find_issue(self.world, key)
        if found is None:
            raise Failed(f"there is no issue {key}")
        return found

    def user(self, name: str) -> User:
        """A seeded person."""
        found = self.world.people.find(name)
        if found is None:
            raise Failed(f"there is nobody {name}")
        return found


@dataclass(frozen=True)
class Trial:
    """One client in one dialect: `run` lets it work, checks what it left behind, and says in words what it did.

    `by_name` clients are told the site's public name and reach it through a proxy; the others its local address.
    """

    client: str
    version: str
    deployment: Deployment
    by_name: bool
    run: Callable[[Stand], str]


def holds(condition: bool, words: str) -> None:
    """Raise Failed with those words unless it is so."""
    if not condition:
        raise Failed(words)


def install(client: str, version: str) -> Path:
    """Where a client's programs are, in an environment of its own below `.clients`, made when it is not there yet."""
    place = FOLDER / client.partition("[")[0]
    mark = place / "installed"
    if not (mark.exists() and mark.read_text(encoding="utf-8") == version):
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        quietly = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([place / "bin" / "pip", "install", *quietly, f"{client}=={version}"], check=True)
        mark.write_text(version, encoding="utf-8")
    return place / "bin"


@contextmanager
def stand(trial: Trial) -> Iterator[Stand]:
    """A fresh world, served, and the trial's client installed."""
    program = install(trial.client, trial.version)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = World(trial.deployment)
        seed.seed(world)
        running = stack.enter_context(Running(world))
        url, port = running.url, urlsplit(running.url).port or 0
        environment = {"PATH": f"{program}:{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8"}
        if trial.by_name:
            name = SITES[trial.deployment]
            pair = certificate(folder, [name, "api.atlassian.com"])
            proxy = stack.enter_context(gate(pair, port))
            environment |= dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy)
            environment |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(pair[0]))
            url = world.base_url = f"https://{name}"
        try:
            yield Stand(world, url, environment, folder, program)
        except Failed as failed:
            refused = [f"{method} {path} {status}" for method, path, status in world.faults.log if status >= 400]
            raise Failed("\n".join([str(failed), "The sandbox refused:", *refused])) from failed
