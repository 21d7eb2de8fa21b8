"""The review meeting as its record has it: when it is, who is still missing before it, and who was after it. Pure.

| the record has | and | the line says |
|---|---|---|
| no date | a clause wants the meeting | that it is not scheduled, and by when it is to be |
| a date | it is not over | when it is, and which role the record does not name yet |
| a date | it is over, and somebody is recorded | when it was held, and which role was missing |
| a date | it is over, and nobody is recorded | that nobody is |

Whom the record names before the meeting is expected; afterwards it is taken to have been there, as `instants` takes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from pirsync.model import Incident, Noun
from pirsync.page_model import Mention, PageHead, PageStatus, ReviewPage

from . import instants
from .attendance import Presence, attendance, wanted
from .calendar import Calendar, day_words
from .clocks import Run, binding_run, runs
from .deadlines import binding, by
from .instants import MEETING_FIELD, Followed, Terms, version_of
from .packs import Duty, Milestone, Pack
from .procedures import Procedures
from .review import Review
from .scope import Answer, scope
from .verdict import Result

People = Mapping[Duty, tuple[str, ...]]
"""Who has each duty, as pages mention them."""

_MEETS = (Milestone.SCHEDULED, Milestone.HELD)


class Appointment(Noun):
    """When the meeting is: its day in the team's zone, the time of day that stands beside it, how long it lasts."""

    day: date
    time: time | None
    length: timedelta

    def begins(self, calendar: Calendar) -> datetime:
        """The instant at which it begins; of a day alone that day's."""
        return instants.begins(self.day, self.time, calendar)

    def ends(self, calendar: Calendar) -> datetime:
        """The instant from which it is over; of a day alone that day's last."""
        return calendar.day_end(self.day) if self.time is None else self.begins(calendar) + self.length


class Line(Noun):
    """What the line "Meeting" says, in short sentences, and when it would say others by itself (None: never)."""

    said: tuple[str, ...] = ()
    until: datetime | None = None


class Sitting(Noun):
    """One duty that must be present, under all names that the documents have for it, and whether it is."""

    duty: Duty
    roles: tuple[str, ...]
    result: Result

    @property
    def name(self) -> str:
        """`Incident Response Manager / Security Lead (chair)`."""
        return f"{' / '.join(self.roles)} ({self.duty})"


def meets(pack: Pack) -> bool:
    """Whether a pack wants a meeting of any incident."""
    return bool(pack.attendance) or any(clause.must in _MEETS for clause in pack.clauses)


def meeting_packs(procedures: Procedures, incident: Incident, page: ReviewPage | None) -> tuple[Pack, ...]:
    """The packs that are for the incident, and that want a meeting of it."""
    packs = [pack for pack in procedures.packs if meets(pack)]
    case = procedures.case(incident, page) if packs else None
    return tuple(
        pack
        for pack in packs
        if case is not None
        and scope(pack, case).answer is Answer.YES
        and (wanted(pack, incident) or any(clause.must in _MEETS for clause in pack.clauses))
    )


def appointment(
    procedures: Procedures, incident: Incident, page: ReviewPage | None, now: datetime
) -> Appointment | None:
    """When the record says that the meeting is; None without a date, or with one of before a re-opening."""
    if page is None:
        return None
    known = _followed(procedures, _review(incident, page), now)
    if known.meeting is None:
        return None
    return Appointment(day=known.meeting, time=known.meeting_time, length=procedures.meeting_length)


def expected(procedures: Procedures, incident: Incident, page: ReviewPage | None) -> tuple[str, ...]:
    """The accounts of everybody whose duty it is to be in the meeting."""
    duties = (duty for pack in meeting_packs(procedures, incident, page) for duty in wanted(pack, incident))
    return tuple(dict.fromkeys(account for duty in duties for account in procedures.accounts(duty, incident)))


def mentioned(procedures: Procedures, incident: Incident, mentions: Mapping[str, Mention]) -> People:
    """Those who have each duty as pages mention them; whom Confluence does not know is left out."""
    return {
        duty: tuple(mentions[one].ref for one in procedures.accounts(duty, incident) if one in mentions)
        for duty in Duty
    }


def sittings(packs: Iterable[Pack], incident: Incident, page: ReviewPage | None, people: People) -> tuple[Sitting, ...]:
    """Every duty that the packs want present, once, with what the record says of it."""
    empty = ReviewPage(summary={}, record={}, columns=(), rows=(), row_end=None, problems=())
    found: dict[Duty, list[Presence]] = {}
    for one in attendance(packs, _review(incident, page or empty), people):
        found.setdefault(one.duty, []).append(one)
    return tuple(
        Sitting(
            duty=duty,
            roles=tuple(dict.fromkeys(role for each in told for role in each.roles)),
            result=told[0].result,
        )
        for duty, told in found.items()
    )


def line(
    procedures: Procedures, incident: Incident, page: ReviewPage | None, people: People, now: datetime
) -> Line | None:
    """What the page says of the meeting; None where no procedure of the team ever wants one. Empty while none does."""
    if not any(map(meets, procedures.packs)):
        return None
    packs = meeting_packs(procedures, incident, page)
    if not packs:
        return Line()
    found = appointment(procedures, incident, page, now)
    if found is None:
        return _unscheduled(procedures, incident, page, now)
    calendar = procedures.calendar
    seats, ends = sittings(packs, incident, page, people), found.ends(calendar)
    when = when_words(found, calendar)
    if now <= ends:
        return Line(
            said=(f"scheduled for {when}", *_missing("still missing", seats)), until=ends + timedelta.resolution
        )
    assert page is not None  # it has a date
    if not (count := len(_attendees(incident, page))):
        return Line(said=(f"passed on {when}, and no attendance is recorded",))
    there = ", ".join(seat.name for seat in seats if seat.result is Result.PASS)
    who = f"{count} {'person' if count == 1 else 'people'}"
    attended = f"attendance: {who}{f', {there}' if there else ''}"
    return Line(said=(f"held {when}", attended, *_missing("missing", seats)))


def when_words(found: Appointment, calendar: Calendar) -> str:
    """`Thu 5 March 2026 14:00 (Europe/Vienna)`, or the day alone."""
    clock = f" {found.time:%H:%M}" if found.time is not None else ""
    return f"{day_words(found.day)}{clock} ({calendar.zone})"


def _missing(word: str, seats: tuple[Sitting, ...]) -> list[str]:
    lack = ", ".join(seat.name for seat in seats if seat.result is Result.FAIL)
    unsure = ", ".join(seat.name for seat in seats if seat.result is Result.CANNOT_TELL)
    told = [f"{word}: {lack}"] if lack else []
    return told + ([f"cannot tell, as nobody is named: {unsure}"] if unsure else [])


def _unscheduled(procedures: Procedures, incident: Incident, page: ReviewPage | None, now: datetime) -> Line:
    in_jira = next((event for event in reversed(incident.events) if event.field == MEETING_FIELD), None)
    if in_jira is not None and in_jira.after:
        return Line(said=(f"scheduled in Jira for {in_jira.after}; the record has no date",))
    wants = [one for one in binding(procedures.deadlines(incident, page)).values() if one.must in _MEETS]
    if not wants:
        return Line(said=("not scheduled",) if incident.is_closed else ())
    first = min(wants, key=lambda one: one.due)
    if now <= first.due:
        due = by(first.due, procedures.calendar)
        return Line(said=(f"not scheduled; due {due}, {first.name}",), until=first.due + timedelta.resolution)
    return Line(said=(f"not scheduled; it was due {by(first.due, procedures.calendar)}, {first.name}",))


def _attendees(incident: Incident, page: ReviewPage) -> tuple[str, ...]:
    cell = _review(incident, page).recorded("Attendance")
    return tuple(dict.fromkeys(mention.ref for mention in cell.mentions)) if cell is not None else ()


def _review(incident: Incident, page: ReviewPage) -> Review:
    return Review(incident=incident, page=page, sections=())


def _followed(procedures: Procedures, review: Review, now: datetime) -> Followed:
    """What a version that was saved now would tell."""
    run: Run = binding_run(runs(review.incident, procedures.rules), procedures.rules)
    terms = Terms(approvers=(), calendar=procedures.calendar, rules=procedures.rules, since=run.begun)
    head = PageHead(
        id="", space="", title="", status=PageStatus.CURRENT, version=1, at=now, author="", message="", url=""
    )
    return instants.follow(Followed(), version_of(head, review, lambda _: True, ()), terms)
