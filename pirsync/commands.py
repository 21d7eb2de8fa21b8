"""What the commands do, once a bench is open."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, filterfalse
from pathlib import Path

from pirsync import output
from pirsync.adapters.overlay import overlay
from pirsync.adapters.state_file import create_state
from pirsync.build import Bench
from pirsync.changes import describe, is_local
from pirsync.config import init_text, load
from pirsync.daemon import Daemon, Health, Job, until_signalled
from pirsync.decision import Exemption, Wishes
from pirsync.doctor import Check
from pirsync.doctor import doctor as look
from pirsync.errors import ConfigError, PirsyncError, Rejected, StateError
from pirsync.exemptions import add_exemption
from pirsync.expiry import checks, warnings, warnings_of_the_day
from pirsync.known import wish
from pirsync.mapping import project_key
from pirsync.ports import State, Want
from pirsync.recall import recall
from pirsync.reconcile import run_once
from pirsync.report import Report, Result
from pirsync.selection import Limits, Mode, Selection
from pirsync.whose import known_as, team_of

DAY = 86400


def initialise(path: Path) -> None:
    """Write a commented configuration with a fresh owner id, and its state, born together."""
    if path.exists():
        output.line(f"{path} exists already: move it away, or give another name with --config", problem=True)
        sys.exit(1)
    now = datetime.now(UTC)
    output.write_file(path, init_text(str(uuid.uuid4()), now.astimezone().date()))
    try:
        site = load(path).site
        create_state(site.state, site.owner_id, now)
    except (ConfigError, StateError) as error:
        path.unlink()
        output.line(str(error), problem=True)
        sys.exit(1)
    output.line(f"wrote {path} and {site.state}")
    output.line(f"next: fill in the addresses and names in {path}, then run `pirsync doctor`")


def waits_for_its_turn() -> None:
    """Said once, when another pass holds the lock."""
    output.line("another pass is running; waiting for its turn", problem=True)


def examine(bench: Bench) -> bool:
    """Print every check; whether all of them are right."""
    good = True
    today = bench.world.clock.now().date()
    for check in chain(look(bench.settings, bench.world, bench.teams), checks(bench.tokens(), today)):
        good = good and check.ok
        output.line(_line(check))
    return good


def _line(check: Check) -> str:
    if check.ok:
        return f"ok    {check.name}: {check.said}"
    return f"FIX   {check.name}: {check.said} -> {check.fix}"


def ask_again(state: State) -> None:
    """A person asks: what was refused of pages that are no single incident's is tried again, too."""
    state.pardon("")
    state.drop("refused", [""])


def tell_of_tokens(bench: Bench) -> None:
    """Warn of tokens that end soon, each time that one comes nearer."""
    for product, what in warnings_of_the_day(bench.tokens, bench.world.clock.now().date(), bench.world.state):
        output.line(f"{product} token: {what}", problem=True)


def run_pass(bench: Bench, selection: Selection, max_creates: int | None, tell: Callable[[Result], None]) -> Report:
    """One pass, with progress where a terminal is there to see it."""
    limits = bench.limits(max_creates)
    if not sys.stderr.isatty():
        return one_pass(bench, selection, limits, tell)
    from rich.console import Console

    with Console(stderr=True).status("reading Jira and Confluence …") as status:

        def told(result: Result) -> None:
            # The spinner holds the line that a change is about to be told on.
            status.stop()
            tell(result)
            status.update(f"{output.clean(result.key)} …".replace("[", r"\["))
            status.start()

        return one_pass(bench, selection, limits, told)


def fulfil(bench: Bench, key: str, wishes: Wishes, sure: Callable[[], bool]) -> int:
    """Show what a person's wish for one incident leads to, and once they are sure, do it; the exit code."""
    state, owner = bench.world.state, bench.settings.site.owner_id
    raw = bench.world.tracker.issue(key, Want(fields=("summary",)))
    if raw is None:
        output.line(f"{key}: no such issue, or our account cannot see it", problem=True)
        return 1
    incident_id, named = str(raw["id"]), Selection(Mode.NAMED, (key,))
    dry = bench.with_world(overlay(bench.world))
    wish(dry.world.state, owner, incident_id, wishes)
    planned = one_pass(dry, named, bench.limits(sys.maxsize), lambda _: None)
    output.planned(planned)
    if not output.writes(planned):
        output.reasons(planned.results)
        return 3 if planned.waiting or planned.failed or _is_open(dry.world.state, incident_id, wishes) else 0
    if not sure():
        return 0
    wish(state, owner, incident_id, wishes)
    report = run_pass(bench, named, sys.maxsize, output.news)
    if _is_open(state, incident_id, wishes):
        # It stays written down until a later pass has done it.
        output.findings(report.results)
        output.line(f"{raw['key']}  is not done yet: it is tried again by itself", problem=True)
        return 3
    return 3 if report.waiting or report.failed else 0


def _is_open(state: State, incident_id: str, wishes: Wishes) -> bool:
    """Whether something of it is still to be done."""
    left = recall(state, "wish", incident_id, Wishes)
    return left is not None and wishes.meets(left)


def exempt(bench: Bench, key: str, said: Mapping[str, object], sure: Callable[[], bool]) -> int:
    """Show what exempting one incident leads to (or heeding it again), and once they are sure, write it into the
    register and do it; the exit code."""
    raw, state = bench.world.tracker.issue(key, Want(fields=("project",))), bench.world.state
    project = project_key(raw) if raw is not None else ""
    # One that is deleted, or has left the teams' projects, is known by its review.
    incident_id = str(raw["id"]) if raw is not None else known_as(state, key)
    base, had = bench.settings.path.parent, team_of(state, incident_id)
    reviewing = [team for team in bench.settings.teams if project in team.projects]
    reviewing = reviewing or [team for team in bench.settings.teams if team.name == had]
    registers = {base / team.exemptions for team in reviewing}
    if not registers:
        why = f"no team reviews project {project}" if project else "no such issue, or our account cannot see it"
        output.line(f"{key}: {why}", problem=True)
        return 1
    today = bench.world.clock.now().date()
    named = {"key": raw["key"] if raw is not None else key, "id": incident_id}
    exemption = Exemption.model_validate({**named, "date": today, **said})
    dry = replace(bench.with_world(overlay(bench.world)), proposed=(exemption,))
    word = f"{'heed again' if exemption.withdrawn else 'exempt'} {exemption.key}: {exemption.words}"
    entries = {register: partial(add_exemption, register, exemption) for register in registers}
    return enter((bench, dry), key, word, entries, sure)


def enter(
    benches: tuple[Bench, Bench],
    key: str,
    word: str,
    entries: Mapping[Path, Callable[[], None]],
    sure: Callable[[], bool],
) -> int:
    """Show what a decision about the incident `key` leads to, by the second bench, to which it is known already; once
    they are sure, enter it into each register and do it; the exit code."""
    bench, dry = benches
    named = Selection(Mode.NAMED, (key,))
    planned = one_pass(dry, named, bench.limits(sys.maxsize), lambda _: None)
    for register in sorted(entries):
        output.line(f"{register}: {word}")
    output.planned(planned)
    if not sure():
        return 0
    for add in entries.values():
        add()
    report = run_pass(bench, named, sys.maxsize, output.news)
    return 3 if report.waiting or report.failed else 0


def one_pass(bench: Bench, selection: Selection, limits: Limits, tell: Callable[[Result], None]) -> Report:
    """`run_once`; where a site refuses the pass, look whether it still has what the configuration names."""
    try:
        return run_once(selection, bench.world, bench.teams(), limits, tell)
    except Rejected:
        bench.forget_places()
        bench.teams()
        raise


def serve(bench: Bench) -> None:
    """The daemon: a poll now and every `poll_every` seconds, a full sweep every `sweep_every`."""
    from pirsync.logs import configure

    log = configure()
    run = bench.settings.run

    def one(mode: Mode) -> Callable[[], None]:
        def action() -> None:
            before, known = bench.counts(), bench.outcomes()
            report = one_pass(bench, Selection(mode), bench.limits(), told)
            became = {product: dict(now - known[product]) for product, now in bench.outcomes().items()}
            count = bench.counts() - before
            log.info("pass", mode=mode.value, result=output.summary(report), requests=count, **became)

        return action

    def told(result: Result) -> None:
        for change in filterfalse(is_local, result.changes):
            log.info("change", incident=output.clean(result.key), what=output.clean(describe(change)))
        if result.failure:
            log.error("failed", incident=output.clean(result.key), why=output.clean(result.failure))

    def failed(name: str, error: PirsyncError) -> None:
        log.error("pass failed", mode=name, why=output.clean(str(error)))

    def tokens() -> None:
        today = bench.world.clock.now().date()
        for product, what in warnings(bench.tokens(), today, bench.world.state):
            log.warning("token expires", product=product, what=what)

    def ended(health: Health) -> None:
        if run.health_file and (problem := write_health(Path(run.health_file), health)):
            log.error("health file", why=problem)

    jobs = [Job("news", run.poll_every, one(Mode.NEWS)), Job("all", run.sweep_every, one(Mode.ALL))]
    jobs.append(Job("tokens", DAY, tokens))
    daemon = Daemon(jobs, bench.stop, failed, ended)
    log.info("started", poll_every=run.poll_every, sweep_every=run.sweep_every)
    until_signalled(bench.stop, daemon.loop)
    log.info("stopped")


def write_health(path: Path, health: Health) -> str:
    """Put the health in place of what the file held, whole at every moment; why it could not be, or empty."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_text(health.as_json() + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        return f"{path}: cannot be written: {error.strerror}"
    return ""
