"""A procedure as data: what it asks, of whom, by when, and under which standards. Nothing here knows any incident.

A pack has an id of its own, because documents do not tell themselves apart: two that carry the same title may carry
different numbers, and another company's document may carry the same one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pirsync.model import Noun

EVERY = "*"
"""As a severity or an incident type of a scope: whatever it is."""

Place = tuple[str | int, ...]
"""Where in a pack something stands: keys and list indices from the top."""


def _line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be some text on one line")
    return value.strip()


Words = Annotated[str, AfterValidator(_line)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
DayCount = Annotated[int, Field(strict=True, ge=0, le=3660)]


class Duty(StrEnum):
    """The jobs of the loop. Each document has names of its own for who does them; a job keeps its name."""

    CHAIR = "chair"
    SCRIBE = "scribe"
    ANALYST = "analyst"
    TECHNICAL = "technical"
    STAKEHOLDER = "stakeholder"
    PARTICIPANT = "participant"
    SECURITY = "security"
    KNOWLEDGE = "knowledge"
    OWNER = "owner"
    APPROVER = "approver"
    ESCALATION = "escalation"
    AUDITOR = "auditor"


DUTIES = {
    Duty.CHAIR: "confirms the closure, schedules and leads the meeting, follows the actions",
    Duty.SCRIBE: "compiles what happened and writes the review",
    Duty.ANALYST: "presents the root cause",
    Duty.TECHNICAL: "explains what happened technically, and recommends",
    Duty.STAKEHOLDER: "is invited, because the incident or its remedy touches them",
    Duty.PARTICIPANT: "took part in the response, and takes part in the review",
    Duty.SECURITY: "updates the response plan, and decides about emergency changes",
    Duty.KNOWLEDGE: "keeps knowledge base, procedures and training up to date",
    Duty.OWNER: "does an action, tells how it goes, and proves it",
    Duty.APPROVER: "approves the review, its plan and the resources",
    Duty.ESCALATION: "is told what is unowned or overdue",
    Duty.AUDITOR: "reads, samples and tests",
}
"""What each duty is, in our words."""


class Milestone(StrEnum):
    """What a deadline wants to have happened."""

    SCHEDULED = "scheduled"
    HELD = "held"
    WRITTEN = "written"
    APPROVED = "approved"
    COMPLETED = "completed"
    ESCALATED = "escalated"


class Clock(StrEnum):
    """At what a deadline's time begins to run."""

    RESOLUTION = "resolution"
    CLOSURE = "closure"
    QUARTER_END = "quarter_end"
    DUE_DATE = "due_date"


class Unit(StrEnum):
    """Hours are elapsed time; the others are counted in days of the team's calendar."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    BUSINESS_DAYS = "business_days"
    QUARTERS = "quarters"


class CheckName(StrEnum):
    """The checks that a pack may ask for."""

    SECTIONS = "sections"
    TIMELINE = "timeline"
    TIMELINE_GAPS = "timeline-gaps"
    DECISION_POINTS = "decision-points"
    ROOT_CAUSE = "root-cause"
    ROOT_CAUSE_METHOD = "root-cause-method"
    ROOT_CAUSE_EVIDENCE = "root-cause-evidence"
    CONTRIBUTING_FACTORS = "contributing-factors"
    FAILED_CONTROLS = "failed-controls"
    LESSONS = "lessons"
    RECOMMENDATIONS = "recommendations"
    EMERGENCY_CHANGE = "emergency-change"
    RESPONSE_CONFIRMED = "response-confirmed"
    ACTIONS = "actions"
    ACTION_OWNERS = "action-owners"
    ACTION_DATES = "action-dates"
    SUCCESS_CRITERIA = "success-criteria"
    ACTION_CLASSES = "action-classes"
    PREVENTIVE_ACTION = "preventive-action"
    ACTION_WORDING = "action-wording"
    BLAME_WORDS = "blame-words"


ONLY_HINTS = frozenset(
    {CheckName.TIMELINE_GAPS, CheckName.ROOT_CAUSE_EVIDENCE, CheckName.ACTION_WORDING, CheckName.BLAME_WORDS}
)
"""Checks that look at how something is worded or spread: they hint, and never stand in anybody's way."""


class SectionName(StrEnum):
    """The parts of a review, whatever heading a page gives them."""

    SUMMARY = "summary"
    IMPACT = "impact"
    TIMELINE = "timeline"
    RESPONSE = "response"
    ROOT_CAUSE = "root_cause"
    FACTORS = "factors"
    CONTROLS = "controls"
    WORKED = "worked"
    IMPROVE = "improve"
    LESSONS = "lessons"
    RECOMMENDATIONS = "recommendations"
    PACKET = "packet"


class Criterion(Noun):
    """One ground on which an incident of a conditional severity is reviewed; `id` is what people record."""

    id: Identifier
    text: Words


class Scope(Noun):
    """Which incidents a procedure is for.

    `severities` always ("*": whatever the severity, but there must be one); `conditional` ones when one of the
    `criteria` is recorded. With `decided_by` an incident is in scope because the person of that duty says that it is
    major, whatever its severity. `types` restricts all of it to issue types of these names.
    """

    text: Words
    severities: tuple[Words, ...] = ()
    conditional: tuple[Words, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    decided_by: Duty | None = None
    types: tuple[Words, ...] = (EVERY,)


class Role(Noun):
    """A name of the document's for who does one or more duties, and where the person is found."""

    name: Words
    duties: tuple[Duty, ...] = Field(min_length=1)
    source: Words


class Step(Noun):
    """One step or statement of the document in our words; `role` is the document's name, or empty."""

    id: Identifier
    where: Words
    role: str = ""
    text: Words


class Clause(Noun):
    """A sentence with a clock: what must have happened so long after what. `severities` empty: all in scope.

    `length` counts `unit`s; of a `due_date` clock it is 0, the date itself.
    """

    id: Identifier
    where: Words
    text: Words
    must: Milestone
    clock: Clock
    length: int = Field(strict=True, ge=0, le=10_000)
    unit: Unit
    severities: tuple[Words, ...] = ()


class Attendance(Noun):
    """Whose duties must be present at the review meeting of an incident of these severities and types."""

    severities: tuple[Words, ...] = (EVERY,)
    types: tuple[Words, ...] = (EVERY,)
    duties: tuple[Duty, ...] = Field(min_length=1)


class Section(Noun):
    """A part that a review must have, and the headings under which it is known; a new page shows the first."""

    name: SectionName
    headings: tuple[Words, ...] = Field(min_length=1)


class StartAction(Noun):
    """An action item that every review starts with; `due_days` counts from the incident's closure."""

    text: Words
    criteria: str = ""
    due_days: DayCount
    owner: Duty


Proof = Literal["comment-link", "attachment", "merged-change", "page-version", "resolution"]
"""What can prove that an action was done."""


class Evidence(Noun):
    """When a done action counts as done: with one of these proofs. `missing` says what the lack of it is.

    `resolutions` are the resolutions that count as a proof by themselves. `effectiveness_days` after completion it
    is asked on the ticket whether the remedy works; 0: never.
    """

    proofs: tuple[Proof, ...] = ()
    resolutions: tuple[Words, ...] = ()
    missing: Literal["finding", "hint"] = "finding"
    effectiveness_days: DayCount = 0


class Artefact(Noun):
    """Something that the document wants to exist, and what must be in it."""

    name: Words
    content: tuple[Words, ...] = Field(min_length=1)


class Control(Noun):
    """A control of a standard that steps of the document serve.

    `reference` and `edition` are the document's own words; `shown` is how pirsync shows it today, with the
    equivalent in `today`'s edition; `note` says what is wrong with the document's words, or is empty.
    """

    standard: Words
    edition: Words
    reference: Words
    steps: Words
    today: Words
    shown: Words
    note: str = ""


class Pack(Noun):
    """One procedure. `document` is the id that its document carries; the pack's own `id` is what pirsync prints."""

    id: Identifier
    version: Words
    title: Words
    document: Words
    scope: Scope
    roles: tuple[Role, ...]
    steps: tuple[Step, ...] = Field(min_length=1)
    clauses: tuple[Clause, ...] = ()
    attendance: tuple[Attendance, ...] = ()
    sections: tuple[Section, ...] = ()
    checks: tuple[CheckName, ...] = ()
    actions: tuple[StartAction, ...] = ()
    evidence: Evidence = Evidence()
    artefacts: tuple[Artefact, ...] = ()
    controls: tuple[Control, ...] = ()

    @property
    def name(self) -> str:
        """How a page, an export and a message call it: `full-review 1.0`."""
        return f"{self.id} {self.version}"

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits over all that it says: two packs of one name that differ show it. What it leaves
        out is not counted, so that a newer pirsync, which knows more keys, finds the same."""
        return hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:12]

    def roles_of(self, duty: Duty) -> tuple[str, ...]:
        """The document's names for who does a duty; empty where the document has nobody for it."""
        return tuple(role.name for role in self.roles if duty in role.duties)

    def clause(self, clause_id: str) -> Clause | None:
        """The clause with that id."""
        return next((clause for clause in self.clauses if clause.id == clause_id), None)


def problems(pack: Pack) -> Iterator[tuple[Place, str]]:
    """What only several values of a pack together show to be wrong, each with its place."""
    yield from _repeated("steps", (step.id for step in pack.steps))
    yield from _repeated("clauses", (clause.id for clause in pack.clauses))
    yield from _repeated("sections", (section.name.value for section in pack.sections))
    yield from _repeated("roles", (role.name for role in pack.roles))
    yield from _scope_problems(pack.scope)
    yield from _unknown_people(pack)
    for index, clause in enumerate(pack.clauses):
        yield from _clause_problems(index, clause, pack.scope)
    headings: dict[str, SectionName] = {}
    for index, section in enumerate(pack.sections):
        for heading in section.headings:
            if headings.setdefault(heading.casefold(), section.name) is not section.name:
                yield ("sections", index, "headings"), f'another section has the heading "{heading}"'
    if "resolution" in pack.evidence.proofs and not pack.evidence.resolutions:
        yield ("evidence", "resolutions"), 'must name what counts where proofs has "resolution"'


def _repeated(key: str, names: Iterable[str]) -> Iterator[tuple[Place, str]]:
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        seen[name] += 1
        if seen[name] == 2:
            yield (key, index), f'"{name}" is there twice'


def _scope_problems(scope: Scope) -> Iterator[tuple[Place, str]]:
    if not scope.severities and not scope.conditional and scope.decided_by is None:
        yield ("scope",), "no incident is ever in scope: give severities, or decided_by"
    if scope.conditional and not scope.criteria:
        yield ("scope", "conditional"), "needs scope.criteria, of which one is to be recorded"
    if scope.criteria and not scope.conditional:
        yield ("scope", "criteria"), "needs scope.conditional, the severities that they are for"
    if both := sorted(set(scope.severities) & set(scope.conditional)):
        yield ("scope", "conditional"), f"{', '.join(both)} is in scope always: leave it out here"
    yield from _repeated("scope", (criterion.id for criterion in scope.criteria))


def _unknown_people(pack: Pack) -> Iterator[tuple[Place, str]]:
    known = {duty for role in pack.roles for duty in role.duties}
    names = {role.name for role in pack.roles}
    if pack.scope.decided_by is not None and pack.scope.decided_by not in known:
        yield ("scope", "decided_by"), f"no role has the duty {pack.scope.decided_by}"
    for index, rule in enumerate(pack.attendance):
        for duty in rule.duties:
            if duty not in known:
                yield ("attendance", index, "duties"), f"no role has the duty {duty}"
    for index, action in enumerate(pack.actions):
        if action.owner not in known:
            yield ("actions", index, "owner"), f"no role has the duty {action.owner}"
    for index, step in enumerate(pack.steps):
        if step.role and step.role not in names:
            yield ("steps", index, "role"), f'no role is called "{step.role}"'


def _clause_problems(index: int, clause: Clause, scope: Scope) -> Iterator[tuple[Place, str]]:
    in_scope = {*scope.severities, *scope.conditional}
    if not (EVERY in in_scope or scope.decided_by) and (out := sorted(set(clause.severities) - in_scope)):
        yield ("clauses", index, "severities"), f"{', '.join(out)} is not in scope"
    belongs = {Milestone.COMPLETED: Clock.DUE_DATE, Milestone.ESCALATED: Clock.QUARTER_END}
    incident_clocks = (Clock.RESOLUTION, Clock.CLOSURE)
    if (
        (clause.clock is not belongs.get(clause.must))
        if clause.must in belongs
        else clause.clock not in incident_clocks
    ):
        fitting = belongs[clause.must].value if clause.must in belongs else "resolution or closure"
        yield ("clauses", index, "clock"), f"what must be {clause.must} runs from {fitting}"
    if (clause.clock is Clock.QUARTER_END) != (clause.unit is Unit.QUARTERS):
        yield ("clauses", index, "unit"), "quarters are counted from quarter_end, and nothing else is"
    if clause.clock is Clock.DUE_DATE and clause.length:
        yield ("clauses", index, "length"), "is 0: an action is due on its own date"
    if clause.clock is not Clock.DUE_DATE and not clause.length:
        yield ("clauses", index, "length"), "must be at least 1"
