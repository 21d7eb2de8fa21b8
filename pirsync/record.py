"""What state remembers after a step, so that the next poll asks only for what is new; all of it may be lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .decision import Plan
from .known import Known, Waiting, work_key
from .model import Incident, Ticket
from .observe import Readings
from .page_model import PageStatus
from .ports import Due, State
from .practice import Practice
from .recall import ABSENT, KeptPasses, KeptStanding, distrust, recall

FINISHED = frozenset({"ACTIONS COMPLETE", "ACTIONS CLOSED"})
"""Review statuses whose pages polls no longer watch one by one; the daily sweep still reads them."""


def slim(incident: Incident) -> dict[str, Any]:
    """An incident without the texts that only a new page needs."""
    return incident.model_copy(update={"description_html": "", "notes": (), "updated": None}).model_dump(mode="json")


def as_any_read_tells(ticket: Ticket) -> dict[str, Any]:
    """A ticket without what only some reads tell: Data Center's searches tell no mark, and none tells of all that may
    prove its work."""
    return ticket.model_dump(mode="json", exclude={"mark", "trail"})


def forget(state: State, incident_id: str) -> None:
    """Have the next look at an incident read it and its tickets instead of remembering them."""
    review = recall(state, "review", incident_id, Known)
    distrust(state, "ticket", review.tickets if review is not None else ())
    distrust(state, "incident", [incident_id])


@dataclass
class _Held:
    """A key's count of news when it was held, and when its step wants it looked at again."""

    seen: int
    wake: datetime | None = None


class Recorder:
    """Gathers what a pass learns and writes it in one transaction a kind; the state leaves alone what it knows."""

    def __init__(self, state: State, now: datetime) -> None:
        self._state = state
        self._now = now
        self._fresh: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        self._dropped: dict[str, list[str]] = defaultdict(list)
        self._pending: dict[str, Due] = {}
        self._held: dict[str, _Held] = {}

    def begin(self, team: str) -> None:
        """Note the team's dirty set before anything of it is read: news that comes later keeps its key due."""
        prefix = work_key(team, "")
        self._pending |= {due.key: due for due in self._state.pending() if due.key.startswith(prefix)}

    def review(self, readings: Readings, incident_id: str, plan: Plan) -> None:
        """Remember one incident's review as it now stands, and when to look at it again."""
        team = readings.practice.terms.team
        known = readings.known.get(incident_id)
        incident = readings.incidents[incident_id]
        if known is not None:
            page = readings.pages.get(known.page)
            is_open = plan.index_row is None or plan.index_row.status.text not in FINISHED
            tickets = readings.tickets_of(incident_id)
            known = known.model_copy(
                update={
                    "key": incident.key,
                    "version": page.version if page else 0,
                    "tickets": tuple(sorted(t.id for t in tickets)),
                    "open": is_open and page is not None and page.status is PageStatus.CURRENT,
                }
            )
            readings.known[incident_id] = known
            self._keep("review", incident_id, known.model_dump(mode="json"))
            self._dropped["unread"].append(f"review/{incident_id}")
            place = {"incident": incident_id, "team": team, "version": known.version}
            self._keep("page", known.page, place)
            if known.open:
                self._keep("open", known.page, place)
            else:
                self._dropped["open"].append(known.page)
            self._keep("incident", incident_id, slim(incident))
            self._dropped["unread"].append(f"incident/{incident_id}")
            if self._state.cached(ABSENT, incident_id) is not None:
                self._dropped[ABSENT].append(incident_id)
            for ticket in tickets:
                self.ticket(ticket, incident_id)
        self._keep("findings", incident_id, {"key": incident.key, "found": [f.model_dump() for f in plan.findings]})
        self._stands(incident_id, plan)
        self._wake(work_key(team, incident_id), plan)
        self._waiting(incident_id, plan)

    def absent(self, team: str, incident_id: str, key: str, plan: Plan) -> None:
        """Remember that an incident with a review cannot be read, so that polls need not watch its page; all else that
        is known of it stays."""
        if (review := recall(self._state, "review", incident_id, Known)) is not None:
            self._dropped["open"].append(review.page)
        self._keep(ABSENT, incident_id, {})
        self._keep("findings", incident_id, {"key": key, "found": [f.model_dump() for f in plan.findings]})
        if plan.standing is not None:
            self._stands(incident_id, plan)
        self._wake(work_key(team, incident_id), plan)

    def lost(self, team: str, incident_id: str) -> None:
        """Forget an incident that has no review and cannot be read: nothing is left to do or to say."""
        for kind in ("findings", "standing", "waiting"):
            self._dropped[kind].append(incident_id)
        self.left(team, incident_id)

    def left(self, team: str, incident_id: str) -> None:
        """Remember that a team has nothing to do for an incident any more."""
        self._wake(work_key(team, incident_id), Plan())

    def failed(self, readings: Readings, incident_id: str) -> None:
        """Remember what a step failed with, which is no news to the next poll, and how its incident is called; and
        nothing else of it, for the next try may come when no poll finds any more what was news to this one."""
        forget(self._state, incident_id)
        key, known = work_key(readings.practice.terms.team, incident_id), readings.known.get(incident_id)
        seen: dict[str, Mapping[str, Any]] = {}
        if (incident := readings.incidents.get(incident_id)) is not None:
            seen[incident_id] = slim(incident)
            told = self._state.cached("findings", incident_id) or {"found": []}
            self._state.cache("findings", {incident_id: {**told, "key": incident.key}})
        if known is not None:
            if (page := readings.pages.get(known.page)) is not None:
                seen[page.id] = {"version": page.version}
            seen |= {ticket.id: as_any_read_tells(ticket) for ticket in readings.tickets_of(incident_id)}
        # Its next try is what it is due for now, whatever becomes of the index.
        self._held.pop(key, None)
        self._state.cache("tried", {key: {**(self._state.cached("tried", key) or {}), **seen}})

    def ticket(self, ticket: Ticket, incident_id: str) -> None:
        """Remember a ticket and whose it is."""
        self._keep("ticket", ticket.id, {"incident": incident_id, "ticket": ticket.model_dump(mode="json")})
        self._dropped["unread"].append(f"ticket/{ticket.id}")

    def passed(self, teams: Iterable[Practice], swept: Collection[Practice]) -> None:
        """Remember when this pass began, which went through for these teams, and for which it was a sweep that left
        nothing to the next one: how old all that is remembered may be."""
        for team in (practice.terms.team for practice in teams):
            kept = recall(self._state, "passes", team, KeptPasses)
            is_swept = any(practice.terms.team == team for practice in swept)
            sweep = self._now if is_swept else (kept.sweep if kept else None)
            self._keep("passes", team, KeptPasses(last=self._now, sweep=sweep).model_dump(mode="json"))
        self.flush()

    def hold(self, key: str, reason: str) -> None:
        """Keep a key due, whatever a step says of it, until it is let go: of a process that dies before then the next
        poll goes on."""
        self._state.mark_dirty(key, self._now, reason)
        if (due := self._state.owed(key)) is not None:
            self._held[key] = _Held(due.seen)

    def let_go(self, key: str, again: datetime | None) -> None:
        """Settle a key that was held: look at it again at that instant, else when its step said."""
        if (held := self._held.pop(key, None)) is not None:
            self._state.settle(key, held.seen, again or held.wake)

    def index_row(self, team: str, key: str, row: Mapping[str, Any]) -> None:
        """Remember a line that the index page is known to hold."""
        self._keep("index-row", f"{team}/{key}", row)

    def told(self, kind: str, incident_id: str) -> None:
        """Forget what was kept only until it was told, once what was told is remembered."""
        self._dropped[kind].append(incident_id)

    def flush(self) -> None:
        """Write what was gathered."""
        for kind, values in self._fresh.items():
            if values:
                self._state.cache(kind, values)
        for kind, keys in self._dropped.items():
            if keys:
                self._state.drop(kind, keys)
        self._fresh.clear()
        self._dropped.clear()

    def _keep(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        self._fresh[kind][key] = value

    def _stands(self, incident_id: str, plan: Plan) -> None:
        if plan.standing is None:
            if self._state.cached("standing", incident_id) is not None:
                self._dropped["standing"].append(incident_id)
        else:
            kept = KeptStanding(read=self._now, standing=plan.standing)
            self._keep("standing", incident_id, kept.model_dump(mode="json", exclude_defaults=True))

    def _wake(self, key: str, plan: Plan) -> None:
        due = self._pending.get(key)
        if due is not None and due.tries:
            self._dropped["tried"].append(key)
        if (held := self._held.get(key)) is not None:
            held.wake = plan.wake
        elif due is not None:
            if plan.wake != due.due or due.tries:
                self._state.settle(key, due.seen, plan.wake)
        elif plan.wake is not None:
            self._state.mark_dirty(key, plan.wake, "wake")

    def _waiting(self, incident_id: str, plan: Plan) -> None:
        kept = recall(self._state, "waiting", incident_id, Waiting)
        if plan.waiting and kept is None:
            self._fresh["waiting"][incident_id] = {"since": self._now.isoformat()}
        elif not plan.waiting and kept is not None:
            self._dropped["waiting"].append(incident_id)
