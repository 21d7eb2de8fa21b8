"""What is due when, by which clause, and why: derived anew from the clocks each time, and never stored.

| unit | a time of so many ends |
|---|---|
| hours | so many hours of elapsed time later, whatever the clocks on the wall do |
| days, weeks | with the end of the last day; the day on which the time begins is not counted |
| business days | with the end of the last one, in the team's zone and calendar |
| quarters | with the end of the last day of the quarter |

Every deadline is kept: the earliest binds, and the later ones are shown too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pirsync.model import Noun

from .calendar import WEEKDAYS, Calendar, day_words, quarter_of
from .clocks import Rules, Run
from .packs import Clause, Clock, Milestone, Pack, Unit
from .scope import Answer, Case, applies


class Deadline(Noun):
    """The instant up to which something must have happened, with the clause that wants it and the count in words.

    `started` is when the clause's clock began to run. `since` is when the clause came to apply to the incident, where
    that was later than it was due: it could not have been met.
    """

    pack: str
    clause: str
    where: str
    must: Milestone
    clock: Clock
    started: datetime
    due: datetime
    explanation: str
    since: datetime | None = None

    @property
    def name(self) -> str:
        """The clause as every date of it is shown: `full-review 1.0 schedule (§4 step 1)`."""
        return f"{self.pack} {self.clause} ({self.where})"


class Standing(StrEnum):
    """How a deadline stands. What came into scope when it was due already is neither late nor overdue."""

    MET = "met"
    LATE = "met late"
    OPEN = "open"
    OVERDUE = "overdue"
    OVERDUE_ON_RECLASSIFICATION = "overdue on reclassification"


# ---------------------------------------------------------------- due when


def due(clause: Clause, started: datetime, calendar: Calendar) -> datetime:
    """When a time that began then ends, as the clause counts it."""
    if clause.unit is Unit.HOURS:
        return started.astimezone(ZoneInfo("UTC")) + timedelta(hours=clause.length)
    return calendar.day_end(_last_day(clause, calendar.day(started), calendar))


def _last_day(clause: Clause, start: date, calendar: Calendar) -> date:
    match clause.unit:
        case Unit.BUSINESS_DAYS:
            return calendar.nth_working_day(start, clause.length)
        case Unit.WEEKS:
            return start + timedelta(weeks=clause.length)
        case Unit.QUARTERS:
            day = start
            for _ in range(clause.length):
                day = quarter_of(day + timedelta(days=1))[1]
            return day
        case Unit.DAYS | Unit.HOURS:
            return start + timedelta(days=clause.length)


def incident_deadlines(packs: Iterable[Pack], case: Case, run: Run, calendar: Calendar) -> tuple[Deadline, ...]:
    """Every deadline of an incident in one run of its clocks, the earliest first; equal ones in the packs' order."""
    found = (
        _of_incident(pack, clause, case, run, calendar)
        for pack in packs
        for clause in pack.clauses
        if clause.clock in (Clock.RESOLUTION, Clock.CLOSURE)
    )
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.due))


def _of_incident(pack: Pack, clause: Clause, case: Case, run: Run, calendar: Calendar) -> Deadline | None:
    started, scope = run.started(clause.clock), applies(clause, pack, case)
    if started is None or scope.answer is not Answer.YES:
        return None
    instant = due(clause, started, calendar)
    words = _explained(clause, started, instant, calendar)
    if run.borrowed is clause.clock:
        words += f"; Jira does not tell the {clause.clock} from the {_other(clause.clock)}, so one instant is both"
    return Deadline(
        pack=pack.name,
        clause=clause.id,
        where=clause.where,
        must=clause.must,
        clock=clause.clock,
        started=started,
        due=instant,
        explanation=f"{words}; {scope.reason}",
        since=scope.since if scope.since is not None and scope.since > instant else None,
    )


def action_deadline(pack: Pack, clause: Clause, on: date, calendar: Calendar) -> Deadline:
    """The deadline of an action that is due on a day: that day's end."""
    end = calendar.day_end(on)
    return Deadline(
        pack=pack.name,
        clause=clause.id,
        where=clause.where,
        must=clause.must,
        clock=clause.clock,
        started=end,
        due=end,
        explanation=f"{clause.must} by the end of its own due date, {day_words(on)} ({calendar.zone})",
    )


def quarterly_deadlines(packs: Iterable[Pack], now: datetime, calendar: Calendar) -> tuple[Deadline, ...]:
    """What must be escalated of the last quarter that has ended, and by when."""
    ended = quarter_of(calendar.day(now))[0] - timedelta(days=1)
    started = calendar.day_end(ended)
    found = []
    for pack in packs:
        for clause in (clause for clause in pack.clauses if clause.clock is Clock.QUARTER_END):
            instant = due(clause, started, calendar)
            words = f"{clause.must} each quarter: of the one that ended on {day_words(ended)}, {by(instant, calendar)}"
            found.append(
                Deadline(
                    pack=pack.name,
                    clause=clause.id,
                    where=clause.where,
                    must=clause.must,
                    clock=clause.clock,
                    started=started,
                    due=instant,
                    explanation=words,
                )
            )
    return tuple(sorted(found, key=lambda one: one.due))


# ---------------------------------------------------------------- how they stand


def binding(deadlines: Iterable[Deadline]) -> dict[Milestone, Deadline]:
    """For each thing that must happen the deadline that binds: the earliest; of equal ones the first."""
    found: dict[Milestone, Deadline] = {}
    for one in deadlines:
        kept = found.get(one.must)
        if kept is None or one.due < kept.due:
            found[one.must] = one
    return found


def standing(deadline: Deadline, met: datetime | None, now: datetime, rules: Rules) -> Standing:
    """How a deadline stands, given when what it wants happened (None: it has not)."""
    if met is not None and met <= deadline.due:
        return Standing.MET
    if met is None and now <= deadline.due:
        return Standing.OPEN
    if deadline.since is not None and rules.reclassified == "told":
        return Standing.OVERDUE_ON_RECLASSIFICATION
    return Standing.OVERDUE if met is None else Standing.LATE


# ---------------------------------------------------------------- in words


def by(instant: datetime, calendar: Calendar) -> str:
    """An instant as a limit: `by the end of Mon 9 March 2026 (UTC)`, or to the second within a day."""
    day = calendar.day(instant)
    if instant == calendar.day_end(day):
        return f"by the end of {day_words(day)} ({calendar.zone})"
    return f"by {moment(instant, calendar)}"


def moment(instant: datetime, calendar: Calendar) -> str:
    """An instant as people read it: `Thu 5 March 2026 13:30:00 +01:00`."""
    local = instant.astimezone(ZoneInfo(calendar.zone))
    offset = local.isoformat()[-6:]
    return f"{day_words(local.date())} {local:%H:%M:%S} {offset}"


def _other(clock: Clock) -> Clock:
    return Clock.CLOSURE if clock is Clock.RESOLUTION else Clock.RESOLUTION


def _explained(clause: Clause, started: datetime, instant: datetime, calendar: Calendar) -> str:
    unit = clause.unit.value.replace("_", " ").removesuffix("s" if clause.length == 1 else "")
    length = f"{clause.length} {unit}"
    begun = f"{clause.must} within {length} of the {clause.clock} at {moment(started, calendar)}"
    skipped = _skipped(clause, calendar.day(started), calendar.day(instant), calendar)
    return f"{begun}: {by(instant, calendar)}{skipped}"


def _skipped(clause: Clause, start: date, last: date, calendar: Calendar) -> str:
    """The holidays that a count of business days left out; weekends go without saying."""
    if clause.unit is not Unit.BUSINESS_DAYS:
        return ""
    days = (start + timedelta(days=n) for n in range(1, (last - start).days + 1))
    names = [f"{day_words(day)} ({why})" for day in days if (why := calendar.why_off(day)) and why not in WEEKDAYS]
    return f", without {', '.join(names)}" if names else ""
