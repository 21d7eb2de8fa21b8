"""What `pirsync state` does: a look into the file, and a survey of both sites into a new one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from pirsync.adapters.state import SqlState, open_state
from pirsync.adapters.state_file import Turn, move, remove, set_aside
from pirsync.build import Bench, open_bench
from pirsync.commands import one_pass, waits_for_its_turn
from pirsync.config import Settings
from pirsync.decision import Wishes
from pirsync.errors import StateError
from pirsync.known import Known, wish
from pirsync.output import line, news
from pirsync.recall import recall_all
from pirsync.report import Report
from pirsync.selection import Mode, Selection


def show(settings: Settings) -> None:
    """Print what the state file says of itself, and how much it holds."""
    state = open_state(settings.site.state, settings.site.owner_id, datetime.now(UTC))
    try:
        for name, value in _facts(settings, state):
            line(f"{name:11}{value}")
    finally:
        state.close()


def _facts(settings: Settings, state: SqlState) -> list[tuple[str, str]]:
    held = state.counted()
    made = "born with its owner id" if state.born_with_owner else "made later: finding nothing proves nothing at first"
    failing = f", {held.failing} of them because they failed" if held.failing else ""
    facts = [
        ("file", str(settings.site.state)),
        ("schema", state.meta["schema_version"]),
        ("owner", state.meta["owner_id"]),
        ("created", f"{state.created_at.isoformat(timespec='seconds')} ({made})"),
        ("intents", _counts(held.intents)),
        ("due", f"{held.work} incidents wait for another look{failing}"),
    ]
    facts += [("seen", f"{at.isoformat(timespec='seconds')} by {team}") for team, at in held.watermarks.items()]
    return [*facts, ("remembered", _counts(held.cached))]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "none"


def rebuild(settings: Settings) -> Report:
    """Make a new state of what both sites know, and put it in the old one's place; where that fails, the old stays.

    Nobody else runs a pass meanwhile, so that no create goes unnoticed between the survey and the change of files.
    The new file is not born with its owner id: creates wait until their absence has settled. Raises Unavailable where
    a site does not answer; an incident that cannot be read is told, and left to the next pass: one that never can be
    must not keep a damaged file in its place.
    """
    path, stop = settings.site.state, threading.Event()
    fresh = path.with_name(f"{path.name}.new")
    with Turn(stop, waits_for_its_turn).taken(path):
        remove(fresh)
        wishes = _wishes(settings)
        site = settings.site.model_copy(update={"state": fresh})
        elsewhere = settings.model_copy(update={"sites": (site, *settings.sites[1:])})
        try:
            with open_bench(elsewhere, stop, waits_for_its_turn) as bench:
                for incident_id, wishes_of_one in wishes.items():
                    wish(bench.world.state, site.owner_id, incident_id, wishes_of_one)
                report = one_pass(bench, Selection(Mode.SURVEY), bench.limits(sys.maxsize), news)
                if report.failed:
                    bench.world.tracker.identity()
                    bench.world.wiki.identity()
                _tell(bench, report)
            old = set_aside(path, datetime.now(UTC))
            move(fresh, path)
        finally:
            remove(fresh)
    if wishes:
        count = f"{len(wishes)} wishes that still wait were" if len(wishes) > 1 else "1 wish that still waits was"
        line(f"{count} carried over from the old state")
    line(f"wrote {path}" + (f"; the old one is {old}" if old else ""))
    return report


def _wishes(settings: Settings) -> dict[str, Wishes]:
    """What people asked for and still waits, by incident: the one thing that only the state knows."""
    site = settings.site
    if not site.state.exists():
        return {}
    try:
        state = open_state(site.state, site.owner_id, datetime.now(UTC))
        try:
            return recall_all(state, "wish", Wishes)
        finally:
            state.close()
    except StateError:
        line(
            "the old state cannot be read: what `pirsync resolve` and `pirsync adopt` were asked for and did not "
            "finish is lost; `pirsync findings` tells what is still open"
        )
        return {}


def _tell(bench: Bench, report: Report) -> None:
    reviews = recall_all(bench.world.state, "review", Known).values()
    for known in sorted(reviews, key=lambda one: (one.key.rpartition("-")[0], len(one.key), one.key)):
        line(f"{known.key}  page {known.page}, {len(known.tickets)} tickets")
    tickets = sum(len(known.tickets) for known in reviews)
    line(f"{report.looked_at} incidents, {len(reviews)} reviews, {tickets} tickets; nothing was written to any site")
    if report.left or report.waiting:
        line(f"the next pass has {report.left + len(report.waiting)} incidents to bring up to date")
