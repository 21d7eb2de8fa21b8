"""From settings to a world and its teams: the one place where adapters are chosen."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pirsync.adapters.confluence import open_wiki
from pirsync.adapters.connection import Connection
from pirsync.adapters.http import Pace
from pirsync.adapters.jira import JiraTracker
from pirsync.adapters.limits import Holds
from pirsync.adapters.secrets import resolve_secret
from pirsync.adapters.state import open_state
from pirsync.config import EVERY_TYPE, EXAMPLE_OWNER, Product, Settings, Site, Team
from pirsync.decision import Exemption
from pirsync.doctor import places_of
from pirsync.errors import ConfigError
from pirsync.exemptions import load_exemptions
from pirsync.expiry import Token
from pirsync.extensions import load_extensions
from pirsync.mapping import load_mapping
from pirsync.packs import load_packs
from pirsync.policy.escalation import Extension
from pirsync.ports import Clock, State, World
from pirsync.practice import Practice, choosing, escalating, exempting, following, practice
from pirsync.recall import KeptHold, recall
from pirsync.selection import Limits
from pirsync.template_choice import problems
from pirsync.templates import load_templates
from pirsync.toml import Source

PLACES = {"projects", "jql", "action_project", "action_type", "space", "parent"}
"""The keys of a team that name something on the sites; the rest of its names is looked up by `practice`."""


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
    outcomes: Callable[[], dict[str, Counter[str]]]
    tokens: Callable[[], list[Token]]
    proposed: tuple[Exemption, ...] = ()
    """Exemptions that are not written down yet, for a dry run to show what they would lead to."""
    extending: tuple[Extension, ...] = ()
    """Extensions that are not written down yet, likewise."""

    def teams(self) -> list[Practice]:
        """Every team's practice, with names resolved. Raises ConfigError, which says all that is wrong."""
        problems: list[str] = []
        found: list[Practice] = []
        for index, team in enumerate(self.settings.teams):
            try:
                found.append(self._practice(team))
                self._find_places(team)
            except ConfigError as error:
                problems += [_located(self.settings.path, index, problem) for problem in error.problems]
        if problems:
            raise ConfigError(problems)
        return found

    def _practice(self, team: Team) -> Practice:
        base = self.settings.path.parent
        mapping, templates = load_mapping(team.mapping, base), load_templates(team.template, base)
        packs = load_packs(team.packs, base)
        kinds = () if EVERY_TYPE in team.issue_types else team.issue_types
        if wrong := list(problems(team.template, tuple(dict.fromkeys(mapping.severity.values())), kinds)):
            raise ConfigError([f"team.template: {problem}" for problem in wrong])
        (*choices, (_, template)) = templates
        found = practice(team, self.settings.site, self.settings.run, mapping, template, self.world)
        found = choosing(found, tuple(choices))
        exempt = (*load_exemptions(base / team.exemptions), *self.proposed)
        extensions = (*load_extensions(base / team.escalation.extensions), *self.extending)
        found = exempting(following(found, packs, team), exempt)
        return escalating(found, team.escalation, extensions, self.world)

    def _find_places(self, team: Team) -> None:
        """Look, once for each configuration, for what the team's table names on the sites; ConfigError if it lacks."""
        named = team.model_dump(mode="json", include=PLACES)
        if self.world.state.cached("places", team.name) == named:
            return
        wrong = [check for check in places_of(team, self.world) if not check.ok]
        if wrong:
            raise ConfigError([f"team.{check.key}: {check.name} {check.said}; {check.fix}" for check in wrong])
        self.world.state.cache("places", {team.name: named})

    def forget_places(self) -> None:
        """Let the next `teams` look again: something that was there has gone."""
        self.world.state.drop("places", [team.name for team in self.settings.teams])

    def limits(self, max_creates: int | None = None) -> Limits:
        """The brake, the overlap and the requests from now on; `max_creates` overrides the configured one."""
        run, before = self.settings.run, self.counts()
        return Limits(
            max_creates=max_creates or run.max_creates,
            overlap=timedelta(seconds=run.overlap),
            max_requests=run.max_requests,
            requests=lambda: self.counts() - before,
        )

    def with_world(self, world: World) -> Bench:
        """The same bench over another world (a dry run's overlay)."""
        return replace(self, world=world)


def _located(path: Path, index: int, problem: str) -> str:
    """A problem of a team's table with the file and line where its key stands; any other problem as it is."""
    key, _, words = problem.partition(": ")
    if not key.startswith("team."):
        return problem
    return Source.read(path).complaint((("team", index, key.removeprefix("team.")), words))


@contextmanager
def open_bench(
    settings: Settings,
    stop: threading.Event,
    on_wait: Callable[[], None],
    pace: Pace | None = None,
    clock: Clock | None = None,
) -> Iterator[Bench]:
    """Connect (no request is made yet) and open the state; both are closed in the end. Raises ConfigError."""
    site = settings.site
    if site.owner_id == EXAMPLE_OWNER:
        # Everybody who copies the example has it, so it would make their pages and tickets ours.
        wrong = "is still the example's; `uuidgen` makes one, and `pirsync init` a configuration that has its own"
        raise ConfigError(Source.read(settings.path).complaint((("site", 0, "owner_id"), wrong)))
    clock = clock or SystemClock()
    base = settings.path.parent
    jira, confluence = _connection(site.jira, site, base), _connection(site.confluence, site, base)
    state = open_state(site.state, site.owner_id, clock.now(), stop, on_wait)
    tracker = JiraTracker(jira, stop, pace or Pace(), product_holds(state, "jira", clock.now))
    wiki = open_wiki(confluence, stop, pace or Pace(), clock.now, product_holds(state, "confluence", clock.now))

    def tokens() -> list[Token]:
        now = clock.now()
        return [
            Token("Jira", "site.jira", site.jira.token_expires or _day(tracker.token_expires(now))),
            Token("Confluence", "site.confluence", site.confluence.token_expires or _day(wiki.token_expires(now))),
        ]

    try:
        world = World(tracker=tracker, tracker_writes=tracker, wiki=wiki, wiki_writes=wiki, state=state, clock=clock)
        yield Bench(
            settings=settings,
            world=world,
            stop=stop,
            counts=lambda: sum(tracker.counts.values()) + sum(wiki.counts.values()),
            outcomes=lambda: {"jira": Counter(tracker.outcomes), "confluence": Counter(wiki.outcomes)},
            tokens=tokens,
        )
    finally:
        state.close()
        tracker.close()
        wiki.close()


def product_holds(state: State, product: str, now: Callable[[], datetime]) -> Holds:
    """The product's holds, of which one on everything outlives this process."""
    kept = recall(state, "hold", product, KeptHold)
    return Holds(
        now, kept.until if kept else None, lambda end: state.cache("hold", {product: {"until": end.isoformat()}})
    )


def _day(instant: datetime | None) -> date | None:
    return instant.date() if instant else None


def _connection(product: Product, site: Site, base: Path) -> Connection:
    return Connection(
        site_url=product.url,
        api_url=product.api_url,
        user=product.user,
        token=resolve_secret(product.token, base),
        ca=product.ca,
        deployment=site.deployment,
    )
