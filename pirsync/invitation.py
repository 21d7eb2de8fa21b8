"""The invitation to the review meeting: what it says, and whether the file on the page is to say it. Pure.

| the record has | and | then |
|---|---|---|
| no date, and never had one | whatever | nothing |
| a date, and the meeting is not over | no file says so | the file, or its next version, is attached |
| a date, and the meeting is over | whatever | nothing: the file stays as it was sent |
| no date any more | the file's meeting is still to come | the next version says that it is cancelled |

What is attached is remembered on the page as a digest of what it says, so that a file is refreshed when that changes
and never else. Its number and digest stand in the file's comment too: who lost the memory finds them by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time

from . import draft, ical
from .changes import AttachInvitation, Change, describe
from .decision import FindingKind, Terms
from .ical import Happening
from .model import Incident
from .names import STAMP
from .page import timeline
from .page.read import text_of
from .page.scan import encode, scan
from .page_model import Attached, Invited, Page
from .policy import meeting
from .policy.meeting import Appointment, Sitting
from .policy.packs import CheckName, Duty, Pack, SectionName
from .ports import Upload
from .rows import RowPlan, Situation

MOST_ENTRIES = 30
"""Entries of the timeline that an invitation tells; the page has them all."""
LONGEST = 200
"""Characters of one line of an invitation."""

_SAID = re.compile(rf"{re.escape(STAMP)} invitation (\d+) ([0-9a-f]{{16}})")
_DECISIONS = {
    CheckName.EMERGENCY_CHANGE: "Decide whether an emergency change is needed",
    CheckName.RESPONSE_CONFIRMED: "Confirm containment, eradication and recovery",
    CheckName.ACTION_OWNERS: "Give every action one owner",
    CheckName.ACTION_DATES: "Give every action a date",
    CheckName.SUCCESS_CRITERIA: "Say of every action when it counts as done",
    CheckName.PREVENTIVE_ACTION: "Agree on at least one action that prevents",
}


def file_name(incident: Incident) -> str:
    """What the file is called."""
    return f"{incident.key}-review.ics"


def said_of(attached: Attached) -> Invited | None:
    """What a file that we attached says, by its comment; None for somebody else's."""
    found = _SAID.match(attached.comment)
    return Invited(digest=found[2], sequence=int(found[1]), file=attached.id) if found else None


def plan_invitation(situation: Situation, plan: RowPlan) -> list[Change]:
    """Attach or refresh the invitation, if that is to be done."""
    observed, procedures = situation.observed, situation.terms.procedures
    page, memory = observed.page, observed.memory
    if page is None or memory is None or not procedures.meeting.invitation:
        return []
    known = observed.invited or memory.invitation
    wanted = _wanted(situation, page, known)
    digest = draft.digest(wanted.model_dump(mode="json")) if wanted is not None else ""
    if wanted is None or (known is not None and known.digest == digest):
        return []
    sequence = known.sequence + 1 if known is not None else 0
    invited = Invited(digest=digest, sequence=sequence, day=wanted.day.isoformat(), time=_clock(wanted.time))
    upload = Upload(
        name=file_name(observed.incident),
        media_type=ical.MEDIA_TYPE,
        content=ical.write(wanted, sequence, page.at),
        comment=f"{STAMP} invitation {sequence} {digest}",
    )
    change = AttachInvitation(page_id=page.id, title=page.title, upload=upload, invited=invited)
    if (refused := situation.journal.refused.get(describe(change))) is not None:
        plan.findings.append(situation.finding(FindingKind.REFUSED, f"{describe(change)}: {refused}"))
        return []
    return [change]


def _wanted(situation: Situation, page: Page, known: Invited | None) -> Happening | None:
    """What the file is to say; None where it may stay as it is."""
    observed, terms, now = situation.observed, situation.terms, situation.now
    procedures, incident = terms.procedures, observed.incident
    packs = meeting.meeting_packs(procedures, incident, observed.review)
    found = meeting.appointment(procedures, incident, observed.review, now) if packs else None
    if packs and found is None and known is not None and known.day:
        found = Appointment(
            day=date.fromisoformat(known.day),
            time=time.fromisoformat(known.time) if known.time else None,
            length=procedures.meeting_length,
        )
        if now <= found.ends(procedures.calendar):
            return _happening(situation, page, packs, found).model_copy(update={"cancelled": True})
        return None
    if found is None or now > found.ends(procedures.calendar):
        return None
    return _happening(situation, page, packs, found)


def _happening(situation: Situation, page: Page, packs: tuple[Pack, ...], found: Appointment) -> Happening:
    incident, terms = situation.observed.incident, situation.terms
    names = {one.account: one.name for one in (incident.reporter, incident.assignee, incident.commander) if one}
    chair = [names[account] for account in terms.procedures.accounts(Duty.CHAIR, incident) if account in names]
    return Happening(
        uid=f"{draft.invitation_mark(terms.owner_id, incident.id)}@pirsync",
        day=found.day,
        time=found.time,
        zone=terms.procedures.calendar.zone,
        length=found.length,
        summary=_line(f"{incident.key} post-incident review: {incident.summary}"),
        description="\n".join(_description(situation, page, packs, found, names)),
        url=_line(page.url),
        contact=_line(", ".join(chair)),
    )


def _description(
    situation: Situation, page: Page, packs: tuple[Pack, ...], found: Appointment, names: dict[str, str]
) -> Iterable[str]:
    incident, terms = situation.observed.incident, situation.terms
    calendar = terms.procedures.calendar
    yield _line(f"Review of incident {incident.key}: {incident.summary}")
    yield meeting.when_words(found, calendar)
    yield from ("", _line(f"Page: {page.url}"), _line(f"Incident: {incident.url}"))
    yield from ("", "Who is to be there:")
    for seat in meeting.sittings(packs, incident, situation.observed.review, {}):
        yield _line(f"- {_seat(seat, terms, incident, names)}")
    yield from ("", "Agenda:")
    yield from (_line(f"{number}. {point}") for number, point in enumerate(agenda(packs), start=1))
    yield from ("", f"Timeline ({calendar.zone}):")
    yield from _timeline(incident, terms)


def _seat(seat: Sitting, terms: Terms, incident: Incident, names: dict[str, str]) -> str:
    known = [names[one] for one in terms.procedures.accounts(seat.duty, incident) if one in names]
    return f"{seat.name}{': ' if known else ''}{', '.join(known)}"


def agenda(packs: Iterable[Pack]) -> tuple[str, ...]:
    """What the meeting goes through: the sections that the packs want, in their words, then what is to be decided."""
    sections: dict[SectionName, str] = {}
    checks: set[CheckName] = set()
    for pack in packs:
        for section in (each for each in pack.sections if each.name is not SectionName.PACKET):
            sections.setdefault(section.name, section.headings[0])
        checks.update(pack.checks)
    return (*sections.values(), *(words for check, words in _DECISIONS.items() if check in checks))


def _timeline(incident: Incident, terms: Terms) -> Iterable[str]:
    """What changed the incident's status, and its own instants, oldest first."""
    entries = timeline.timeline(incident, terms.zone, "")
    told = [entry for entry in entries if entry.kind in ("milestone", "status")]
    for entry in told[:MOST_ENTRIES]:
        who = f" ({entry.who})" if entry.who else ""
        yield _line(f"{entry.at.isoformat(timespec='minutes')} {text_of(scan(encode(entry.text)))}{who}")
    if len(told) > MOST_ENTRIES:
        yield f"… and {len(told) - MOST_ENTRIES} more on the page"


def _line(words: str) -> str:
    return draft.one_line(words, LONGEST)


def _clock(at: time | None) -> str:
    return at.isoformat(timespec="minutes") if at is not None else ""
