"""The Monday-morning view: what all reviews owe, sorted by what is to be done about it, worst first. Pure.

| topic | holds |
|---|---|
| overdue | deadlines that have passed, and open actions whose day is over |
| due | the same, that end within the days that are looked at |
| unowned | actions that nobody has who is still there |
| incomplete | actions without a date, and rows that Jira would not take |
| done without evidence | actions that are Done, and lack the proof that a procedure wants |
| missing roles | meetings for which the record does not name everybody who must be there |
| awaiting approval | reviews that are complete, and not approved, or changed since |

An action may stand under several. Of several deadlines for one thing the earliest that is not met is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from pirsync.model import Noun

from .calendar import WEEKDAYS, Calendar, day_words
from .clocks import Rules
from .deadlines import Standing, standing
from .meeting import Appointment
from .packs import Duty, Milestone
from .standing import ActionStanding, Owed, ReviewStanding
from .status import Outcome, has_passed
from .verdict import several

_DAY = timedelta(days=1)
_OWNERLESS = ("NEEDS OWNER", "OWNER UNKNOWN")
"""What a row says of itself that has no ticket for want of a person."""


class Topic(StrEnum):
    """What is to be done about something, the worst first."""

    OVERDUE = "overdue"
    DUE = "due"
    UNOWNED = "unowned"
    INCOMPLETE = "incomplete"
    UNPROVEN = "done without evidence"
    ROLES = "missing roles"
    APPROVAL = "awaiting approval"


class View(Noun):
    """How one team looks at its week: its calendar and rules, and how many days ahead (None: to the week's end)."""

    calendar: Calendar = Calendar()
    rules: Rules = Rules()
    days: int | None = None

    def until(self, now: datetime) -> date:
        """The last day that is looked at."""
        today = self.calendar.day(now)
        return week_end(today, self.calendar) if self.days is None else today + self.days * _DAY


class Line(Noun):
    """One thing under one topic. `ticket` is empty where it is not about one.

    `due` is its instant, `when` that in words, `days` how many days ahead that is (below 0: how many ago). `waits_for`
    says who is to bring it about, `clause` by which clause, `wants` what would prove it; `link` is where that is done.
    """

    topic: Topic
    review: str
    team: str
    severity: str
    kind: Literal["deadline", "action", "row", "meeting", "approval"]
    what: str
    ticket: str = ""
    due: datetime | None = None
    days: int | None = None
    when: str = ""
    waits_for: str = ""
    clause: str = ""
    wants: str = ""
    link: str


class Monday(Noun):
    """All of it: the lines by topic, how many reviews there are, how many incidents are exempt, and for how many
    reviews it cannot be told whether a procedure is for them."""

    lines: tuple[Line, ...]
    reviews: int
    exempt: int
    unsure: int
    until: dict[str, date] = Field(default_factory=dict)

    def of(self, topic: Topic) -> tuple[Line, ...]:
        """The lines of one topic, the worst first."""
        return tuple(line for line in self.lines if line.topic is topic)

    @property
    def counts(self) -> dict[Topic, int]:
        """How many lines each topic has."""
        return {topic: len(self.of(topic)) for topic in Topic}


@dataclass(frozen=True)
class _Week:
    """A present as one team sees it, and what people are called, by account."""

    view: View
    names: Mapping[str, str]
    now: datetime
    until: date

    @property
    def calendar(self) -> Calendar:
        return self.view.calendar


def monday(standings: Iterable[ReviewStanding], views: Mapping[str, View], now: datetime) -> Monday:
    """Sort what is kept of reviews by a present; `views` are by team, and what is of no such team is left out."""
    known = [one for one in standings if one.team in views]
    live = [one for one in known if not one.exempt]
    names = {account: name for one in live for account, name in one.names.items()}
    weeks = {team: _Week(view, names, now, view.until(now)) for team, view in views.items()}
    lines = [line for one in live for line in _lines(one, weeks[one.team])]
    topics = list(Topic)
    far = datetime.max.replace(tzinfo=now.tzinfo)
    lines.sort(key=lambda line: (topics.index(line.topic), line.due or far, line.severity or "~", _by_key(line.review)))
    return Monday(
        lines=tuple(lines),
        reviews=len(live),
        exempt=len(known) - len(live),
        unsure=sum(bool(one.unsure) for one in live),
        until={team: week.until for team, week in weeks.items()},
    )


def week_end(day: date, calendar: Calendar) -> date:
    """The last day of the week of work in which a day lies, the weekend after it included; on a weekend, of the week
    that is to come. A team without a weekend has weeks that end on Sunday."""
    if not calendar.weekend:
        return day + (6 - day.weekday()) * _DAY
    for is_off in (True, False, True):
        while (WEEKDAYS[day.weekday()] in calendar.weekend) is is_off:
            day += _DAY
    return day - _DAY


def _by_key(key: str) -> tuple[str, int, str]:
    return key.rpartition("-")[0], len(key), key


# ---------------------------------------------------------------- the lines of one review


def _lines(one: ReviewStanding, week: _Week) -> Iterator[Line]:
    for owed in _first_open(one.owed):
        if (topic := _topic_of(owed, week)) is not None:
            yield _deadline(topic, owed, one, week)
    for action in one.actions:
        for topic in _topics_of(action, week):
            yield _action(topic, action, one, week)
    for row in one.untracked:
        topic = Topic.UNOWNED if row.why in _OWNERLESS else Topic.INCOMPLETE
        yield _line(topic, one, kind="row", what=f"{row.text}: {row.why}", waits_for=_who(Duty.CHAIR, one, week))
    meeting = one.meeting
    if meeting is not None and one.absent and (one.is_open or week.now <= meeting.ends(week.calendar)):
        yield _roles(meeting, one, week)
    if one.approval == "open" and one.is_complete:
        yield _approval(one, week)
    if one.approval == "given" and one.changed:
        said = f"changed since the approval, in version {one.changed}"
        yield _line(Topic.APPROVAL, one, kind="approval", what=said, waits_for=_who(Duty.APPROVER, one, week))


def _line(topic: Topic, one: ReviewStanding, **told: Any) -> Line:
    about = {"topic": topic, "review": one.key, "team": one.team, "severity": one.severity, "link": one.link}
    return Line.model_validate(about | told)


def _first_open(owed: Iterable[Owed]) -> Iterator[Owed]:
    """Of the deadlines for one thing the first that is not met."""
    told: set[Milestone] = set()
    for one in owed:
        if not one.met and one.deadline.must not in told:
            told.add(one.deadline.must)
            yield one


def _topic_of(owed: Owed, week: _Week) -> Topic | None:
    if standing(owed.deadline, None, week.now, week.view.rules) is not Standing.OPEN:
        return Topic.OVERDUE
    return Topic.DUE if week.calendar.day(owed.deadline.due) <= week.until else None


def _topics_of(action: ActionStanding, week: _Week) -> Iterator[Topic]:
    if action.outcome is Outcome.UNPROVEN:
        yield Topic.UNPROVEN
    if action.outcome is not Outcome.OPEN:
        return
    if action.due is None:
        yield Topic.INCOMPLETE
    elif has_passed(action.due, week.now, week.calendar.zone):
        yield Topic.OVERDUE
    elif action.due <= week.until:
        yield Topic.DUE
    if not action.owned:
        yield Topic.UNOWNED


def _deadline(topic: Topic, owed: Owed, one: ReviewStanding, week: _Week) -> Line:
    deadline, what = owed.deadline, owed.todo
    if deadline.must is Milestone.WRITTEN and (checks := one.incomplete.get(deadline.pack)):
        what += f"; {several(len(checks), 'check')} open: {_few(checks)}"
    if deadline.must is Milestone.APPROVED and not one.is_complete:
        what += ", once it is complete"
    if deadline.must is Milestone.APPROVED and one.refused:
        what += f"; what stands there does not count: {one.refused}"
    if standing(deadline, None, week.now, week.view.rules) is Standing.OVERDUE_ON_RECLASSIFICATION:
        what += f"; {Standing.OVERDUE_ON_RECLASSIFICATION}"
    return _line(
        topic,
        one,
        kind="deadline",
        what=what,
        waits_for=_who(owed.duty, one, week),
        clause=deadline.name,
        **_by(deadline.due, week),
    )


def _action(topic: Topic, action: ActionStanding, one: ReviewStanding, week: _Week) -> Line:
    who, what = action.owner or "nobody", action.text
    if action.extended is not None and not has_passed(action.extended, week.now, week.calendar.zone):
        what += f"; has more time until {day_words(action.extended)}"
    if topic is Topic.UNOWNED:
        who = _who(Duty.CHAIR, one, week)
    elif action.owner and not action.owned:
        who += ", whose account is no longer active"
    return _line(
        topic,
        one,
        kind="action",
        what=what,
        wants=action.wants,
        ticket=action.ticket,
        waits_for=who,
        link=action.url,
        **(_by(week.calendar.day_end(action.due), week) if action.due is not None else {}),
    )


def _roles(meeting: Appointment, one: ReviewStanding, week: _Week) -> Line:
    calendar = week.calendar
    said = "expected at the meeting" if week.now <= meeting.ends(calendar) else "recorded as present"
    return _line(
        Topic.ROLES,
        one,
        kind="meeting",
        what=f"not {said}: {', '.join(one.absent)}",
        waits_for=_who(Duty.CHAIR, one, week),
        **_by(calendar.day_end(meeting.day) if meeting.time is None else meeting.begins(calendar), week),
    )


def _approval(one: ReviewStanding, week: _Week) -> Line:
    owed = next(o for o in one.owed if o.deadline.must is Milestone.APPROVED and not o.met)
    return _line(
        Topic.APPROVAL,
        one,
        kind="approval",
        what=f"complete; the approval does not count: {one.refused}" if one.refused else "complete, and not approved",
        waits_for=_who(owed.duty, one, week),
        clause=owed.deadline.name,
        **_by(owed.deadline.due, week),
    )


def _who(duty: Duty, one: ReviewStanding, week: _Week) -> str:
    """Who has a duty, by name where any review tells it; else with which setting somebody is named."""
    accounts = one.duties.get(duty, ())
    return ", ".join(week.names.get(a, a) for a in accounts) or f"nobody (team.people.{duty})"


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _by(instant: datetime, week: _Week) -> dict[str, Any]:
    """By when something is due: in words its day in the team's zone, and the minute where that is not the day's end."""
    calendar = week.calendar
    day = calendar.day(instant)
    minute = "" if instant == calendar.day_end(day) else f" {instant.astimezone(ZoneInfo(calendar.zone)):%H:%M}"
    return {"due": instant, "days": (day - calendar.day(week.now)).days, "when": day_words(day) + minute}
