"""The line: select, observe, plan, apply, record; the only place where rounds exist.

The daemon, the command line, a dry run and the tests run this same pass; they differ in the world they hand in.
First every incident is planned once, so that the brake can refuse the whole pass before anything is written; then
each is brought to rest by itself, and one that fails leaves the others settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from pirsync.directory import Sources
from pirsync.known import journal, work_key
from pirsync.recall import recall_all

from . import mapping
from .apply import FIRST_RETRY, LAST_RETRY, apply
from .brake import HELD, Brake
from .candidates import read_candidates
from .changes import Change, CreateTicket, is_local
from .decision import Finding, FindingKind, Journal, Plan, Wishes
from .errors import (
    Ambiguous,
    AuthInDoubt,
    ConfigError,
    Interrupted,
    PirsyncError,
    Stale,
    StateError,
    Unavailable,
    UnsafePlan,
    failure,
)
from .hearing import hear, unheard
from .index_step import IndexStep
from .looking import look
from .newborn import render
from .observe import Readings, Trust, chunks
from .overlooked import overlooked
from .overwritten import OVERWRITTEN, keeping_edits, kept_edits
from .plan import asks_for_base, desired, plan, scope
from .ports import World
from .practice import Practice, beginning
from .quarter_step import escalate_quarters
from .record import Recorder, forget
from .report import Report, Result
from .scan import incident_query, is_ticket, poll
from .selection import SWEEPS, Limits, Mode, Selection
from .whose import Selector, absent
from .wishes import end_fulfilled

MAX_ROUNDS = 6
SPENT = "a pass had made its requests"


def run_once(
    selection: Selection, world: World, teams: Sequence[Practice], limits: Limits, tell: Callable[[Result], None]
) -> Report:
    """Run one pass. `tell` hears of each incident as it comes to rest.

    Raises UnsafePlan (nothing was written), AuthInDoubt, Interrupted, StateError or ConfigError; what else goes
    wrong with one incident stands in its result.
    """
    with world.state.pass_lock():
        return _Pass(world, limits, tell).run(selection, teams)


@dataclass
class _Unsettled:
    readings: Readings
    incident_id: str
    plan: Plan

    @property
    def name(self) -> str:
        return work_key(self.readings.practice.terms.team, self.incident_id)

    @property
    def key(self) -> str:
        return self.readings.incidents[self.incident_id].key


@dataclass
class _Pass:
    world: World
    limits: Limits
    tell: Callable[[Result], None]
    results: list[Result] = field(default_factory=list)
    unsettled: list[_Unsettled] = field(default_factory=list)
    looked_at: int = 0
    reviews: int = 0
    left: int = 0

    def run(self, selection: Selection, teams: Sequence[Practice]) -> Report:
        self.world.tracker.identity()
        self.recorder = Recorder(self.world.state, self.world.clock.now())
        self.index = IndexStep(self.world, self.recorder, selection.mode)
        self.brake = Brake(self.limits.max_creates)
        wished = recall_all(self.world.state, "wish", Wishes)
        self.wished = {i for i, wishes in wished.items() if not (wishes.adopt or wishes.release)}
        self.selector = Selector(self.world.state, self.index, teams)
        started = self.world.clock.now()
        swept: list[Practice] = []
        named = dict.fromkeys(selection.keys)
        if selection.since is not None:
            teams = [beginning(practice, selection.since) for practice in teams]
        try:
            for practice in teams:
                mode = selection.mode
                if mode is Mode.NEWS and self.world.state.watermark(practice.terms.team) is None:
                    mode = Mode.ALL
                self._first_rounds(mode, practice, named)
                swept += [practice] if mode in SWEEPS else []
            for key in named:
                self._result(Result(key=key, reason="no such issue in the teams' projects, or it cannot be seen"))
            if selection.mode is Mode.SURVEY:
                self._learn()
            else:
                self._bring_to_rest(teams, swept)
        except PirsyncError as error:
            self._leave_due(f"a pass ended early ({type(error).__name__})")
            raise
        for practice in swept:
            # Last: until what was seen is at rest or marked as due, nothing may pass for seen.
            self.world.state.set_watermark(practice.terms.team, started - self.limits.overlap)
        if selection.mode is not Mode.NAMED:
            self.recorder.passed(teams, swept if not self.left else ())
        return Report(looked_at=self.looked_at, reviews=self.reviews, results=tuple(self.results), left=self.left)

    def _bring_to_rest(self, teams: Sequence[Practice], swept: Sequence[Practice]) -> None:
        self.brake.check({item.name: (item.key, item.plan) for item in self.unsettled})
        for number, item in enumerate(list(self.unsettled)):
            if number and self.limits.is_spent:
                self._leave(item.readings.practice, [item.incident_id], SPENT)
            elif not self.selector.is_anothers(item.readings, item.incident_id):
                self._isolated(item.readings, item.incident_id, partial(self._rounds, item))
            self.unsettled.remove(item)
        self.recorder.flush()
        for practice in teams:
            self._result(self.index.bring_up_to_date(practice))
        self.recorder.flush()
        for result in escalate_quarters(self.world, swept if not self.left else ()):
            self._result(result)

    def _learn(self) -> None:
        """Remember what was found; what would be written is marked as due, and written by the next pass."""
        for item in self.unsettled:
            readings, incident_id = item.readings, item.incident_id
            for change in filter(is_local, item.plan.changes):
                apply(change, incident_id, self.world, readings)
            self._rest(readings, incident_id, item.plan.model_copy(update={"changes": ()}), ())
        self.recorder.flush()
        self._leave_due("a survey writes nothing")

    def _leave_due(self, why: str) -> None:
        """Keep due what this pass did not bring to rest."""
        for item in self.unsettled:
            self._leave(item.readings.practice, [item.incident_id], why)

    # ------------------------------------------------------------ first rounds

    def _first_rounds(self, mode: Mode, practice: Practice, named: dict[str, None]) -> None:
        trust = Trust.REMEMBERED if mode is Mode.NEWS else Trust.READ
        sources = Sources(self.world.tracker, self.world.wiki, self.world.state, self.world.clock.now())
        readings = Readings(sources, practice, trust)
        match mode:
            case Mode.NEWS:
                if (head := poll(self.world, readings, self.limits.overlap)) is not None:
                    self.index.saw(practice.terms.team, head)
                ids: Iterator[list[str]] = chunks(self._due(practice), self.limits.chunk)
            case Mode.ALL | Mode.SURVEY | Mode.HISTORY:
                ids = self._all(readings)
            case Mode.NAMED:
                ids = chunks(self.selector.named(readings, named), self.limits.chunk)
        self.recorder.begin(practice.terms.team)
        for number, chunk in enumerate(ids):
            if number and self.limits.is_spent:
                self._leave(practice, chunk, SPENT)
                readings.release(chunk)
                continue
            journals = self._gather(readings, chunk)
            for incident_id in chunk:
                step = partial(self._first_round, readings, incident_id, journals[incident_id])
                self._isolated(readings, incident_id, step)
            self.recorder.flush()
            readings.release(set(chunk) - {item.incident_id for item in self.unsettled})

    def _leave(self, practice: Practice, ids: list[str], why: str) -> None:
        """Have the next pass look at these incidents, and read them and their tickets instead of remembering."""
        state, now = self.world.state, self.world.clock.now()
        self.left += len(ids)
        for incident_id in ids:
            forget(state, incident_id)
            state.mark_dirty(work_key(practice.terms.team, incident_id), now, why)

    def _due(self, practice: Practice) -> Iterator[str]:
        prefix = work_key(practice.terms.team, "")
        for due in self.world.state.due(self.world.clock.now()):
            if due.key.startswith(prefix):
                yield due.key.removeprefix(prefix)

    def _all(self, readings: Readings) -> Iterator[list[str]]:
        """Every incident that a search finds, then those of the team that no search names any more."""
        seen: set[str] = set()
        want = mapping.want_incident(readings.practice.resolved)
        found = self.world.tracker.search(incident_query(readings.practice), want)
        for raws in chunks((raw for raw in found if not is_ticket(raw)), self.limits.chunk):
            ids = [str(raw["id"]) for raw in raws]
            for raw in raws:
                self._isolated(readings, str(raw["id"]), partial(readings.take_incident, raw))
            seen.update(ids)
            yield ids
        others = self.selector.unsearched(readings.practice, list(self._due(readings.practice)), seen)
        yield from chunks(others, self.limits.chunk)
        yield from self._overlooked(readings, {*others, *seen})

    def _overlooked(self, readings: Readings, seen: set[str]) -> Iterator[list[str]]:
        """Once after the state was lost, or by the next full pass: incidents that have a review and no search names."""
        state, team = self.world.state, readings.practice.terms.team
        if state.born_with_owner or state.cached("overlooked", team) is not None:
            return
        found: list[str] = []
        if (error := _caught(lambda: found.extend(overlooked(readings, seen)))) is not None:
            self._result(Result(key=team, failure=failure(error)))
            return
        yield from chunks(found, self.limits.chunk)
        state.cache("overlooked", {team: {"at": self.world.clock.now().isoformat()}})

    def _gather(self, readings: Readings, ids: list[str]) -> dict[str, Journal]:
        """Read for a whole chunk in bulk; where that fails, each incident reads for itself and fails alone."""
        journals = {i: self._journal(readings, i) for i in ids}

        def read() -> None:
            readings.read_incidents(ids)
            readings.read_pages(ids)
            read_candidates(readings, journals)
            readings.read_tickets(ids, journals)

        _caught(read)
        return journals

    def _first_round(self, readings: Readings, incident_id: str, said: Journal) -> None:
        self.looked_at += 1
        readings.read_incidents([incident_id])
        if incident_id not in readings.incidents:
            self._absent(readings, incident_id)
            return
        if self.selector.is_anothers(readings, incident_id):
            self.recorder.left(readings.practice.terms.team, incident_id)
            return
        decided = self._decide(readings, incident_id, said)
        if decided.changes:
            self.unsettled.append(_Unsettled(readings, incident_id, decided))
        else:
            self._rest(readings, incident_id, decided, ())

    def _absent(self, readings: Readings, incident_id: str) -> None:
        """An incident that was asked for by its id and cannot be read: its page is left as it is."""
        team = readings.practice.terms.team
        key, decided = absent(readings, incident_id)
        if decided is None:
            self.recorder.lost(team, incident_id)
            return
        if decided.index_row is not None:
            self.index.take(team, incident_id, decided.index_row)
        self.recorder.absent(team, incident_id, key, decided)
        self._result(Result(key=key, findings=decided.findings))

    # ------------------------------------------------------------ deciding

    def _journal(self, readings: Readings, incident_id: str) -> Journal:
        return journal(self.world.state, incident_id, readings.practice.terms.settle)

    def _decide(self, readings: Readings, incident_id: str, said: Journal) -> Plan:
        """Plan with what is at hand; where it would create or write, read what only that needs, and plan again."""
        readings.read_incidents([incident_id])
        if incident_id not in readings.incidents:
            key = readings.known[incident_id].key if incident_id in readings.known else incident_id
            raise Unavailable(f"{key} cannot be read: it is deleted, or our account may not see it any more")
        readings.read_pages([incident_id])
        read_candidates(readings, {incident_id: said})
        readings.read_tickets([incident_id], {incident_id: said})
        observed = readings.observe(incident_id, said)
        now = self.world.clock.now()
        wanted = desired(observed, readings.practice.terms, partial(render, readings))
        decided = plan(wanted, observed, said, now)
        creates = [change for change in decided.changes if isinstance(change, CreateTicket)]
        page = observed.page
        if page is not None and page.id not in readings.bases and asks_for_base(decided, observed):
            readings.read_base(incident_id, page)
            return self._decide(readings, incident_id, said)
        if creates and incident_id not in readings.looked:
            look(readings, incident_id, creates, said)
            return self._decide(readings, incident_id, said)
        if not self.world.state.born_with_owner and (unknown := unheard(decided.changes, readings.heard)):
            hear(unknown, incident_id, self.world.tracker, self.world.state)
            readings.heard.update(one.issue_id for one in unknown)
            return self._decide(readings, incident_id, self._journal(readings, incident_id))
        return decided

    # ------------------------------------------------------------ rounds

    def _rounds(self, item: _Unsettled) -> None:
        readings, incident_id, decided = item.readings, item.incident_id, item.plan
        made: list[Change] = []
        in_doubt = False
        for _ in range(MAX_ROUNDS):
            try:
                for change in decided.changes:
                    with keeping_edits(change, decided.findings, incident_id, self.world.state):
                        if apply(change, incident_id, self.world, readings):
                            made.append(change)
            except (Stale, Ambiguous) as error:
                if in_doubt and isinstance(error, Ambiguous):
                    raise  # nobody else is at work: the site does not take it
                in_doubt = isinstance(error, Ambiguous)
                readings.forget_page(incident_id)
            decided = self._decide(readings, incident_id, self._journal(readings, incident_id))
            if not decided.changes:
                break
            if not self.brake.lets(item.name, made, decided.changes):
                decided = decided.model_copy(update={"changes": (), "wake": self.world.clock.now(), "waiting": HELD})
                break
        else:
            message = f"not settled after {MAX_ROUNDS} rounds: somebody else keeps changing what pirsync writes"
            found = Finding(kind=FindingKind.NOT_SETTLING, incident=item.key, message=message)
            again = self.world.clock.now() + FIRST_RETRY
            decided = decided.model_copy(
                update={"changes": (), "findings": (*decided.findings, found), "wake": again, "waiting": message}
            )
        self._rest(readings, incident_id, decided, tuple(made))

    def _rest(self, readings: Readings, incident_id: str, decided: Plan, made: tuple[Change, ...]) -> None:
        incident = readings.incidents[incident_id]
        if decided.index_row is not None and not decided.waiting:
            self.index.take(readings.practice.terms.team, incident_id, decided.index_row)
        if kept := kept_edits(incident_id, self.world.state):
            told = tuple(dict.fromkeys((*kept, *decided.findings)))
            decided = decided.model_copy(update={"findings": told})
            self.recorder.told(OVERWRITTEN, incident_id)
        self.recorder.review(readings, incident_id, decided)
        if incident_id in self.wished:
            end_fulfilled(incident_id, readings)
        if incident_id in readings.known:
            self.reviews += 1
        reason = "" if incident_id in readings.known else scope(incident, readings.practice.terms)
        if (exemption := readings.practice.terms.exemption(incident)) is not None and not reason:
            reason = f"it gets no review: {exemption.words}"
        self._result(
            Result(
                key=incident.key,
                changes=made,
                findings=decided.findings,
                waiting=decided.waiting,
                wake=decided.wake,
                reason=reason,
                failure="" if incident_id in readings.known else decided.refusal,
            )
        )

    def _result(self, result: Result) -> None:
        if result.is_news:
            self.results.append(result)
            self.tell(result)

    def _isolated(self, readings: Readings, incident_id: str, step: Callable[[], object]) -> None:
        """The per-incident boundary: whatever fails inside stays inside, is told, and is tried again later."""
        if (error := _caught(step)) is not None:
            incident = readings.incidents.get(incident_id)
            told = failure(error)
            after = error.retry_after if isinstance(error, Unavailable) else None
            self.recorder.failed(readings, incident_id)
            self._postpone(work_key(readings.practice.terms.team, incident_id), told, after)
            self._result(Result(key=incident.key if incident else incident_id, failure=told))

    def _postpone(self, key: str, reason: str, retry_after: float | None) -> None:
        now, state = self.world.clock.now(), self.world.state
        if (due := state.owed(key)) is None:
            state.mark_dirty(key, now, reason)
            due = state.owed(key)
        assert due is not None  # only a pass clears keys, and this one holds the lock
        wait = min(FIRST_RETRY * 2 ** min(due.tries, 10), LAST_RETRY)
        state.postpone(key, due.seen, now + max(wait, timedelta(seconds=retry_after or 0)), reason)


def _caught(step: Callable[[], object]) -> Exception | None:
    """What went wrong in a step that must not take the pass down with it; what concerns the whole pass is raised."""
    try:
        step()
    except (AuthInDoubt, Interrupted, StateError, ConfigError, UnsafePlan):
        raise
    except Exception as error:
        return error
    return None
