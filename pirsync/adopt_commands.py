"""What `pirsync adopt` does: the pages that people name are planned in a dry run, shown, and adopted in one pass."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pirsync import output
from pirsync.adapters.overlay import overlay
from pirsync.build import Bench
from pirsync.changes import is_local
from pirsync.commands import one_pass, run_pass
from pirsync.decision import FindingKind, Wishes
from pirsync.errors import ConfigError
from pirsync.known import Known, wish
from pirsync.mapping import project_key
from pirsync.model import Noun
from pirsync.ports import State, Want
from pirsync.recall import recall
from pirsync.report import Report, Result
from pirsync.selection import Mode, Selection

COLUMNS = ("incident", "page")
_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[1-9][0-9]*")
_ADDRESS = re.compile(r"(?:/pages/(?:viewpage\.action\?(?:.*&)?pageId=)?|[?&]pageId=)([1-9][0-9]*)(?:[/?#&]|$)")


class Asked(Noun):
    """One page to adopt for an incident (of its issues those `without`), or with no page: to let go. `line` of a table
    counts from 1; 0 is no table's."""

    key: str
    page: str
    without: tuple[str, ...] = ()
    line: int = 0
    table: str = ""

    @property
    def wishes(self) -> Wishes:
        """What is asked for the incident."""
        return Wishes(adopt=self.page, release=not self.page, forget=self.without)

    @property
    def where(self) -> str:
        """How a problem of it begins."""
        return f"{self.table}, line {self.line}: {self.key}" if self.line else self.key


# ---------------------------------------------------------------- reading what people ask for


def reference(text: str) -> str | None:
    """A page's id, given as such or within the page's address; None where there is none."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 20:
        return text
    found = _ADDRESS.search(text)
    return found.group(1) if found else None


def read_table(path: Path) -> tuple[list[Asked], list[str]]:
    """What a CSV file asks for, and all that is wrong with it, by line. Raises ConfigError where it is no table."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        lines = csv.DictReader(text.splitlines(keepends=True), strict=True)
        heads = [(head or "").strip().casefold() for head in lines.fieldnames or ()]
        if missing := [column for column in COLUMNS if column not in heads]:
            raise ConfigError(
                f"{path}, line 1: no column {' and no column '.join(missing)} (the first line names them)"
            )
        lines.fieldnames = heads
        return _asked(path.name, ((lines.line_num, line) for line in lines))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    except csv.Error as error:
        raise ConfigError(f"{path}: is no table of comma-separated values: {error}") from None


def _asked(table: str, lines: Iterator[tuple[int, dict[str, Any]]]) -> tuple[list[Asked], list[str]]:
    asked: list[Asked] = []
    wrong: list[str] = []
    first: dict[str, int] = {}
    for number, line in lines:
        key, page = ((line.get(column) or "").strip() for column in COLUMNS)
        one = Asked(key=key.upper(), page=reference(page) or "", line=number, table=table)
        if not (key or page):
            continue
        if not _KEY.fullmatch(one.key):
            wrong.append(f'{table}, line {number}: "{key}" is no issue\'s key')
        elif not one.page:
            wrong.append(f'{one.where}: "{page}" is no page\'s id, and no address that holds one')
        elif twice := first.get(one.key) or first.get(one.page):
            wrong.append(f"{one.where}: this incident, or page {one.page}, stands in line {twice} already")
        else:
            asked.append(one)
            first |= {one.key: number, one.page: number}
    return asked, wrong


# ---------------------------------------------------------------- doing it


def carry_out(bench: Bench, asked: Sequence[Asked], wrong: Sequence[str], skips: bool, sure: Callable[[], bool]) -> int:
    """Show what is asked for leads to, tell all that is wrong, and once people are sure, do it; the exit code.

    Where something is wrong nothing is done, unless it `skips` that.
    """
    found, unseen = _look_up(bench, asked)
    dry = bench.with_world(overlay(bench.world))
    planned = _pass(dry, found, lambda bench, selection: one_pass(bench, selection, bench.limits(), lambda _: None))
    refused = {result.key: why for result in planned.results if (why := _refusal(result))}
    problems = [*wrong, *unseen, *(f"{one.where}: {refused[key]}" for key, (_, one) in found.items() if key in refused)]
    for problem in problems:
        output.line(problem, problem=True)
    good = {key: one for key, one in found.items() if key not in refused}
    _take_back(bench.world.state, [incident_id for key, (incident_id, _) in found.items() if key in refused])
    if planned.left:
        output.left(planned)
        output.line("nothing was done: raise run.max_requests, or give fewer at once", problem=True)
        return 3
    if problems and not (skips and good):
        output.line("nothing was done" + ("" if skips or not good else "; --skip-wrong does the others"), problem=True)
        return 1
    shown = planned.model_copy(update={"results": tuple(r for r in planned.results if r.key not in refused)})
    _say_already(dry.world.state, good, shown)
    if not output.writes(shown):
        output.findings(shown.results)
        return 3 if shown.waiting or shown.failed else 0
    output.planned(shown)
    if not sure():
        return 0
    report = _pass(bench, good, lambda bench, selection: run_pass(bench, selection, None, output.news))
    output.left(report)
    return _finish(bench.world.state, good, report)


Found = dict[str, tuple[str, Asked]]
"""By incident key as Jira tells it: the incident's id and what is asked."""


def _look_up(bench: Bench, asked: Sequence[Asked]) -> tuple[Found, list[str]]:
    """The incidents, and why some of them cannot be."""
    want, reviewed = Want(fields=("project",)), {p for team in bench.settings.teams for p in team.projects}
    tracker = bench.world.tracker
    found: Found = {}
    unseen = []
    for one, raw in zip(asked, tracker.each(lambda one: tracker.issue(one.key, want), asked), strict=True):
        project = project_key(raw) if raw is not None else ""
        if raw is None:
            unseen.append(f"{one.where}: no such issue, or our account cannot see it")
        elif project not in reviewed:
            unseen.append(f"{one.where}: no team reviews project {project}")
        elif raw["key"] in found:
            unseen.append(f"{one.where}: it is {raw['key']} by now, which is there already")
        else:
            found[raw["key"]] = (str(raw["id"]), one)
    return found, unseen


def _pass(bench: Bench, found: Found, run: Callable[[Bench, Selection], Report]) -> Report:
    """One pass over these incidents, with what is asked for them written down before it."""
    if not found:
        return Report(looked_at=0, reviews=0, results=())
    for incident_id, one in found.values():
        wish(bench.world.state, bench.settings.site.owner_id, incident_id, one.wishes)
    return run(bench, Selection(Mode.NAMED, tuple(found)))


def _take_back(state: State, incident_ids: Sequence[str]) -> None:
    """Forget what an earlier command began and what cannot be finished any more: it would keep a review away."""
    kept = {i: wishes for i in incident_ids if (wishes := recall(state, "wish", i, Wishes)) is not None}
    state.drop("wish", [i for i, wishes in kept.items() if wishes.adopt or wishes.release])


def _refusal(result: Result) -> str:
    told = [finding.message for finding in result.findings if finding.kind is FindingKind.NOT_ADOPTED]
    return told[0] if told else result.failure


def _say_already(state: State, found: Found, planned: Report) -> None:
    """Tell of what is so already, as the dry run's state knows it."""
    changed = {result.key for result in planned.results if any(not is_local(change) for change in result.changes)}
    for key, (incident_id, one) in found.items():
        if key not in changed and _is_done(state, incident_id, one):
            is_so = f"page {one.page} is its adopted review already" if one.page else "it has no adopted review"
            output.line(f"{key}  {is_so}")


def _finish(state: State, found: Found, report: Report) -> int:
    """Forget the wishes that came true; the others stay written down, and a later pass goes on with them."""
    unfinished = {result.key for result in (*report.waiting, *report.failed)}
    # Of a page that was let go nothing but the wish knows that the index has to say so.
    is_told = unfinished <= found.keys()
    came_true = {key: i for key, (i, one) in found.items() if _is_done(state, i, one) and (one.page or is_told)}
    done = [i for key, i in came_true.items() if key not in unfinished]
    state.drop("wish", done)
    state.drop("let-go", done)
    if len(done) == len(found):
        return 3 if report.waiting or report.failed else 0
    for key, (incident_id, _) in found.items():
        if incident_id not in done:
            output.line(f"{key}  is not finished: the same command goes on with it", problem=True)
    return 3


def _is_done(state: State, incident_id: str, one: Asked) -> bool:
    known = recall(state, "review", incident_id, Known)
    if not one.page:
        return known is None or not known.is_peoples
    return known is not None and known.page == one.page and known.memory is not None
