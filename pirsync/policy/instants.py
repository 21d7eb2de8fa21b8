"""When what the deadlines want happened: scheduled, held, written, approved, from Jira's changelog and page versions.

Everything follows from history, version by version: who reads it all at the end finds what one found who watched.

| instant | is when |
|---|---|
| scheduled | the meeting date was first set, in Jira's field or in the record, and still is |
| held | the meeting can first be shown to have been: see `held` |
| written | the first version passed the checks of a pack |
| approved | the decision became APPROVED by an allowed approver who had not written the review, and still is |
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from functools import reduce
from zoneinfo import ZoneInfo

from pydantic import Field

from pirsync.model import Incident, Noun
from pirsync.page_model import PageHead

from .calendar import Calendar
from .clocks import Rules, Run
from .packs import Milestone
from .review import Review, bare, fold

MEETING_FIELD = "meeting"
"""What the changelog calls Jira's field of the meeting's date, where the mapping names one."""

APPROVED = "APPROVED"
"""What the record's decision says when the review is approved."""

_DATES = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"(?<![\d:+-])([01]?\d|2[0-3])[:.]([0-5]\d)(?![\d:])")


class Version(Noun):
    """What one version of a review page held. `is_ours`: pirsync wrote it. `passed`: the packs whose checks it passes.

    `meeting_time` is the time of day typed beside the date, or None. `substance` is a digest of what people wrote,
    without the cells that pirsync manages and without the record.
    """

    number: int
    at: datetime
    author: str
    is_ours: bool
    meeting: date | None
    meeting_time: time | None
    attendance: tuple[str, ...]
    decision: str
    passed: tuple[str, ...]
    substance: str


class Approval(Noun):
    """An approval as it was given: the version's number, when and by whom; what it said, as a digest."""

    version: int
    at: datetime
    by: str
    substance: str


class Followed(Noun):
    """What has been found up to a version.

    `in_jira` is when Jira's field of the meeting was set; `refused` says why a decision does not count; `changed` is
    the version that changed what had been approved, or 0.
    """

    scheduled: datetime | None = None
    in_jira: datetime | None = None
    meeting: date | None = None
    meeting_time: time | None = None
    attended: datetime | None = None
    written: dict[str, datetime] = Field(default_factory=dict)
    approval: Approval | None = None
    refused: str = ""
    changed: int = 0
    decision: str = ""
    writers: tuple[str, ...] = ()
    substance: str = ""


class Terms(Noun):
    """By what a history is read: who may approve, the team's calendar and rules, and when the run of clocks began that
    it is read for (None: the first).

    `groups` are those whose members may approve, too; `unknown` says why their members cannot be told. `names` are what
    authors of versions are called. An approval that was `granted` counts, whoever may approve today.
    """

    approvers: tuple[str, ...]
    calendar: Calendar
    rules: Rules
    since: datetime | None = None
    groups: tuple[str, ...] = ()
    unknown: str = ""
    names: dict[str, str] = Field(default_factory=dict)
    granted: Approval | None = None


def version_of(head: PageHead, review: Review, is_ours: Callable[[PageHead], bool], passed: Iterable[str]) -> Version:
    """What a version held, condensed from what was read of it. `passed`: the packs (ids) whose checks it passes."""
    meeting, attendance = review.recorded("Meeting date"), review.recorded("Attendance")
    clock = _TIME.search(_DATES.sub("", meeting.text)) if meeting else None
    return Version(
        number=head.version,
        at=head.at,
        author=head.author,
        is_ours=is_ours(head),
        meeting=meeting.dates[0] if meeting and meeting.dates else None,
        meeting_time=time(int(clock[1]), int(clock[2])) if clock else None,
        attendance=tuple(dict.fromkeys(mention.ref for mention in attendance.mentions)) if attendance else (),
        decision=decision(review),
        passed=tuple(sorted(passed)),
        substance=substance(review),
    )


def follow(known: Followed, version: Version, terms: Terms) -> Followed:
    """What is known after one more version, the next of the history."""
    wrote = not version.is_ours and version.substance != known.substance
    writers = known.writers
    if wrote and version.author not in writers:
        writers = (*writers, version.author)
    after = known.model_copy(update={"writers": writers, "substance": version.substance})
    after = _meet(after, version, terms)
    if terms.since is None or version.at >= terms.since:
        fresh = {pack: version.at for pack in version.passed if pack not in after.written}
        after = after.model_copy(update={"written": after.written | fresh})
    return _decide(after, version, terms)


def followed(incident: Incident, versions: Iterable[Version], terms: Terms) -> Followed:
    """The whole of a history, oldest version first."""
    start = Followed(in_jira=scheduled_in_jira(incident, terms.since))
    return reduce(lambda known, version: follow(known, version, terms), versions, start)


def scheduled_in_jira(incident: Incident, since: datetime | None) -> datetime | None:
    """When the meeting's field in Jira was first set, if it still is; only what was set since the run began counts."""
    found = None
    for event in incident.events:
        if event.field == MEETING_FIELD and not event.after:
            found = None
        elif event.field == MEETING_FIELD and (since is None or event.at >= since):
            found = found or event.at
    return found


def held(known: Followed, calendar: Calendar) -> datetime | None:
    """When the meeting can first be shown to have been; None until somebody is recorded as present.

    Its recorded time; without one the end of its day, or the version that first recorded attendance once the day had
    begun, whichever came first.
    """
    if known.meeting is None or known.attended is None:
        return None
    if known.meeting_time is not None:
        return begins(known.meeting, known.meeting_time, calendar)
    return min(known.attended, calendar.day_end(known.meeting))


def met(must: Milestone, pack_id: str, known: Followed, terms: Terms) -> datetime | None:
    """When what a clause of a pack wants happened; None where it has not, or cannot be told from pages."""
    match must:
        case Milestone.SCHEDULED if terms.rules.scheduled == "set":
            return min((at for at in (known.scheduled, known.in_jira) if at is not None), default=None)
        case Milestone.SCHEDULED | Milestone.HELD:
            return held(known, terms.calendar)
        case Milestone.WRITTEN:
            return known.written.get(pack_id)
        case Milestone.APPROVED:
            return known.approval.at if known.approval else None
        case Milestone.COMPLETED | Milestone.ESCALATED:
            return None


def within(versions: Iterable[Version], run: Run) -> list[Version]:
    """The versions that there were until a run ended; all of them for the present one."""
    return [version for version in versions if run.ended is None or version.at < run.ended]


def substance(review: Review) -> str:
    """A digest of what people wrote: every line and table but the summary and the record, and of the actions only what
    is to be done and when it counts as done."""
    page, words = review.page, list[str]()
    for section in review.sections:
        words += [section.heading, *section.lines]
        for table in section.tables:
            labels = {fold(row[0]) for row in table if len(row) == 2}
            if labels and (labels <= set(page.summary) or labels <= set(page.record)):
                continue
            is_actions = len(table) == len(page.rows) + 1 and len(table[0]) == len(page.columns)
            words += ["actions"] if is_actions else [cell for row in table for cell in row]
    words += [text for row in page.rows for text in (row.action, row.criteria)]
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:16]


def _meet(known: Followed, version: Version, terms: Terms) -> Followed:
    """The meeting as this version has it. One of an earlier run of the clocks counts for that run alone."""
    day, calendar = version.meeting, terms.calendar
    if day is None or (terms.since is not None and day < calendar.day(terms.since)):
        return known.model_copy(update={"scheduled": None, "meeting": None, "meeting_time": None, "attended": None})
    same = (known.meeting, known.meeting_time) == (day, version.meeting_time)
    attended = known.attended if same else None
    if attended is None and version.attendance and version.at >= begins(day, version.meeting_time, calendar):
        attended = version.at
    return known.model_copy(
        update={
            "scheduled": known.scheduled or version.at,
            "meeting": day,
            "meeting_time": version.meeting_time,
            "attended": attended,
        }
    )


def begins(day: date, at: time | None, calendar: Calendar) -> datetime:
    """When a meeting on that day begins: at its time of day in the team's zone, without one with the day."""
    if at is None:
        return calendar.day_start(day)
    return datetime.combine(day, at, tzinfo=ZoneInfo(calendar.zone)).astimezone(UTC)


def _decide(known: Followed, version: Version, terms: Terms) -> Followed:
    before, now = known.decision, version.decision
    after = known.model_copy(update={"decision": now})
    if now != APPROVED:
        return after.model_copy(update={"approval": None, "refused": "", "changed": 0})
    if before == APPROVED:
        kept = known.approval
        moved = kept is not None and not known.changed and kept.substance != version.substance
        return after.model_copy(update={"changed": version.number}) if moved else after
    if terms.since is not None and version.at < terms.since:
        return after
    approval = Approval(version=version.number, at=version.at, by=version.author, substance=version.substance)
    # Deleting a version gives the later ones other numbers.
    is_granted = terms.granted is not None and terms.granted.model_copy(update={"version": version.number}) == approval
    if not is_granted and (refused := _refusal(known, version, terms)):
        return after.model_copy(update={"approval": None, "refused": refused, "changed": 0})
    return after.model_copy(update={"approval": approval, "refused": "", "changed": 0})


def _refusal(known: Followed, version: Version, terms: Terms) -> str:
    """Why a decision that became APPROVED in this version approves nothing; empty where it does."""
    if not terms.approvers and not terms.groups:
        return "nobody is named who may approve (team.people.approver)"
    said = f"version {version.number} says APPROVED, but"
    author = terms.names.get(version.author) or version.author
    if not version.is_ours and version.author not in terms.approvers and terms.unknown:
        return f"{said} whether {author} may approve cannot be told: {terms.unknown}"
    if version.is_ours or version.author not in terms.approvers:
        return f"{said} {author} is not among those who may approve"
    if version.author in known.writers:
        return f"{said} {author} wrote on the review: somebody else must"
    return ""


def decision(review: Review) -> str:
    """What the record decides, in capitals; APPROVED whatever follows it."""
    cell = review.recorded("Decision")
    words = fold(cell.lozenge.text if cell.lozenge else cell.text) if cell else ""
    return APPROVED if words.split(" ")[0].strip(",.:;!") == "approved" else bare(words).upper()
