"""From settings to a world and its teams: the one place where adapters are chosen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pirsync.adapters.confluence import open_wiki
from pirsync.adapters.http import Connection, Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.adapters.secrets import resolve_secret
from pirsync.adapters.state import open_state
from pirsync.config import Product, Settings, Site
from pirsync.errors import ConfigError
from pirsync.mapping import load_mapping
from pirsync.page.template import ReviewTemplate
from pirsync.ports import World
from pirsync.practice import Practice, practice
from pirsync.reconcile import Limits
from pirsync.resources import mappings_dir
from pirsync.sample import sample_values


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present, aware UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Bench:
    """An open world with its settings; what every command works on."""

    settings: Settings
    world: World
    stop: threading.Event
    counts: Callable[[], int]

    def teams(self) -> list[Practice]:
        """Every team's practice, with names resolved. Raises ConfigError, after trying every template."""
        site = self.settings.site
        return [
            practice(
                team,
                site,
                self.settings.run,
                load_mapping(team.mapping, self.settings.path.parent),
                load_template(team.template, self.settings.path.parent),
                self.world,
            )
            for team in self.settings.teams
        ]

    def limits(self, max_creates: int | None = None) -> Limits:
        """The brake and the overlap; `max_creates` overrides the configured one for one pass."""
        run = self.settings.run
        return Limits(max_creates=max_creates or run.max_creates, overlap=timedelta(seconds=run.overlap))

    def with_world(self, world: World) -> Bench:
        """The same bench over another world (a dry run's overlay)."""
        return replace(self, world=world)


def load_template(name: str, base: Path) -> ReviewTemplate:
    """A shipped template by its name, or one's own by its path; checked with a sample incident."""
    shipped = {p.stem: p.read_text(encoding="utf-8") for p in sorted((mappings_dir() / "templates").glob("*.xml"))}
    if name not in shipped:
        path = base / name
        if not path.is_file():
            raise ConfigError(f'team.template: no template "{name}"; shipped are {", ".join(shipped)}, or give a path')
        try:
            shipped[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{name}: not UTF-8 text (byte {error.start})") from None
    template = ReviewTemplate(name, shipped)
    template.check(sample_values())
    return template


@contextmanager
def open_bench(
    settings: Settings, stop: threading.Event, on_wait: Callable[[], None], pace: Pace | None = None
) -> Iterator[Bench]:
    """Connect (no request is made yet) and open the state; both are closed in the end."""
    site = settings.site
    clock = SystemClock()
    tracker = JiraTracker(_connection(site.jira, site, settings.path.parent), stop, pace or Pace())
    wiki = open_wiki(_connection(site.confluence, site, settings.path.parent), stop, pace or Pace())
    state = open_state(site.state, site.owner_id, clock.now(), stop, on_wait)
    try:
        world = World(tracker=tracker, tracker_writes=tracker, wiki=wiki, wiki_writes=wiki, state=state, clock=clock)
        yield Bench(
            settings=settings,
            world=world,
            stop=stop,
            counts=lambda: sum(tracker.counts.values()) + sum(wiki.counts.values()),
        )
    finally:
        state.close()
        tracker.close()
        wiki.close()


def _connection(product: Product, site: Site, base: Path) -> Connection:
    return Connection(
        site_url=product.url,
        api_url=product.api_url,
        user=product.user,
        token=resolve_secret(product.token, base),
        ca=product.ca,
        deployment=site.deployment,
    )
