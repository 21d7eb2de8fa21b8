"""What a team follows: its procedures, calendar, rules and people; and what they make due for one incident."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from pirsync.model import Incident, Noun
from pirsync.page_model import ReviewPage

from .calendar import Calendar
from .clocks import Rules, binding_run, runs
from .deadlines import Deadline, binding, by, incident_deadlines
from .effect import validating
from .evidence import asking
from .packs import CheckName, Duty, Pack, SectionName
from .people import People
from .record import judged
from .review import Review
from .scope import Answer, Case, scope


class Meetings(Noun):
    """How a team meets: whether an invitation is attached to the page, and how many minutes a review takes."""

    invitation: bool = Field(True, strict=True)
    minutes: int = Field(60, strict=True, ge=5, le=1440)


class Procedures(Noun):
    """The packs that are switched on and how the team answers them. `severities` are the words of its mapping."""

    packs: tuple[Pack, ...] = ()
    calendar: Calendar = Calendar()
    rules: Rules = Rules()
    people: People = People()
    meeting: Meetings = Meetings()
    severities: tuple[str, ...] = ()

    @property
    def meeting_length(self) -> timedelta:
        """How long a review meeting takes."""
        return timedelta(minutes=self.meeting.minutes)

    def accounts(self, duty: Duty, incident: Incident) -> tuple[str, ...]:
        """Who has a duty for an incident; its commander, or else its assignee, leads where nobody is named."""
        named, chair = self.people.of(duty), incident.commander or incident.assignee
        return (chair.account,) if duty is Duty.CHAIR and not named and chair is not None else named

    def packet_heading(self, incident: Incident) -> str:
        """The heading of the packet that a new page is to have; empty where no procedure asks for one.

        One that may come to be for the incident counts too: the packet is made once, at the page's birth.
        """
        case = self.case(incident, None)
        wanting = (pack for pack in self.packs if scope(pack, case).answer is not Answer.NO)
        sections = (section for pack in wanting for section in pack.sections if section.name is SectionName.PACKET)
        return next((section.headings[0] for section in sections), "")

    def case(self, incident: Incident, page: ReviewPage | None) -> Case:
        """The incident as the procedures look at it, with what its page records of it."""
        case = Case(incident=incident, severities=self.severities)
        if page is None:
            return case
        return judged(case, Review(incident=incident, page=page, sections=()), self.calendar)

    @property
    def reads_trails(self) -> bool:
        """Whether more than a ticket's usual fields tells a procedure anything."""
        return any(
            pack.evidence.proofs or pack.evidence.effectiveness_days or CheckName.EMERGENCY_CHANGE in pack.checks
            for pack in self.packs
        )

    def concerning(self, incident: Incident, page: ReviewPage | None) -> tuple[Pack, ...]:
        """The packs that are for the incident, with what its page records of it."""
        case = self.case(incident, page) if self.packs else None
        return tuple(pack for pack in self.packs if case is not None and scope(pack, case).answer is Answer.YES)

    def proving(self, incident: Incident, page: ReviewPage | None) -> tuple[Pack, ...]:
        """The packs that are for the incident, and by which an action without proof is not done."""
        return asking(self.concerning(incident, page)) if asking(self.packs) else ()

    @property
    def asks_of_tickets(self) -> bool:
        """Whether more may have to be read of a done ticket than came with it."""
        return bool(asking(self.packs) or validating(self.packs))

    def deadlines(self, incident: Incident, page: ReviewPage | None) -> tuple[Deadline, ...]:
        """What is due for an incident in the run of its clocks that binds, the earliest first."""
        run = binding_run(runs(incident, self.rules), self.rules)
        return incident_deadlines(self.packs, self.case(incident, page), run, self.calendar)

    def due(self, incident: Incident, page: ReviewPage | None) -> tuple[str, ...]:
        """The same in words, a line each: what, by when, by which clause; of several for one thing the earliest binds.

        Empty where nothing is due by these procedures, or not while the incident is open again.
        """
        found = self.deadlines(incident, page)
        first = binding(found).values()
        return tuple(
            f"{one.must} {by(one.due, self.calendar)}, {one.name}{'' if one in first else ', which does not bind'}"
            for one in found
        )
