"""How one incident stands before the procedures, as one value: in scope or not, what is due, what is missing, who is
waited for. Pure: the same history gives the same explanation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import Field

from pirsync.model import Incident, Noun
from pirsync.page_model import PageHead

from . import instants
from .approval import Approvers
from .attendance import Presence, attendance
from .calendar import Calendar
from .checks import Checked, check, passed
from .clocks import Rules, Run, binding_run, runs
from .deadlines import Deadline, Standing, action_deadline, binding, by, incident_deadlines, standing
from .effect import State, effects, validating
from .evidence import asking, hinting, lacking, wanted
from .instants import Approval, Followed, Terms, Version, version_of
from .packs import DUTIES, Duty, Milestone, Pack
from .procedures import Procedures
from .review import Review
from .scope import Answer, Case, InScope, scope
from .status import Outcome, outcome
from .verdict import Result

WANTED = {
    Milestone.SCHEDULED: (Duty.CHAIR, "set the meeting date in the review record"),
    Milestone.HELD: (Duty.CHAIR, "hold the meeting, and record who attended"),
    Milestone.WRITTEN: (Duty.SCRIBE, "complete the review"),
    Milestone.APPROVED: (Duty.APPROVER, "write APPROVED into the decision of the review record"),
}
"""Whose duty it is to bring about what a deadline wants, and what they do."""


class Following(Noun):
    """How a team follows its procedures, with those who have each duty as pages mention them, and what they are called.

    `names` are display names, by account and by how pages mention it; who is not in it is called by the account.
    `approving` are those authors of versions who may approve; `granted` is an approval that the page remembers.
    """

    procedures: Procedures
    mentioned: dict[Duty, tuple[str, ...]] = Field(default_factory=dict)
    approving: Approvers = Approvers()
    granted: Approval | None = None
    names: dict[str, str] = Field(default_factory=dict)

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The packs that are switched on."""
        return self.procedures.packs

    @property
    def calendar(self) -> Calendar:
        """When the team works."""
        return self.procedures.calendar

    @property
    def rules(self) -> Rules:
        """How the team answers what the procedures leave open."""
        return self.procedures.rules

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who may approve, as page versions name their authors."""
        return tuple(dict.fromkeys((*self.mentioned.get(Duty.APPROVER, ()), *self.approving.refs)))


class Snapshot(Noun):
    """One version of the page as it was read: its head, and what the review then said."""

    head: PageHead
    review: Review
    is_ours: bool


class Scoped(Noun):
    """Whether one pack is for the incident."""

    pack: str
    answer: Answer
    reason: str


class Due(Noun):
    """One deadline: how it stands, when it was met, and whether it binds (the earliest of its kind)."""

    deadline: Deadline
    standing: Standing
    met: datetime | None
    binds: bool


class Missing(Noun):
    """What one pack's checks say; only those that did not pass."""

    pack: str
    checks: tuple[Checked, ...]


class Waited(Noun):
    """Somebody who is waited for, under the document's names for the duty, and what would end the waiting."""

    who: str
    duty: Duty
    roles: tuple[str, ...]
    what: str


class ActionDue(Noun):
    """One action with a ticket and a date: whose it is, by which clauses it is due, and how that stands."""

    ticket: str
    text: str
    owner: str
    clauses: tuple[str, ...]
    due: datetime
    standing: Standing
    done: datetime | None


class Unproven(Noun):
    """One action that is done without the proof that a pack wants, and what would count. Where the pack only hints,
    it is done all the same."""

    ticket: str
    text: str
    pack: str
    wants: str
    is_hint: bool = False


class Validation(Noun):
    """The check of one pack whether one done action works: when it is due, how it stands, and who said what when."""

    ticket: str
    text: str
    pack: str
    due: datetime
    state: State
    by: str = ""
    at: datetime | None = None


class Score(Noun):
    """How many of a pack's checks the review passes; of the others `hints` stand in nobody's way."""

    pack: str
    passed: int
    hints: int
    total: int


class Explanation(Noun):
    """All of it. `earlier` are the deadlines of runs before a re-opening; `absent` are duties that are not recorded as
    present, or of which that cannot be told; `remarks` are sentences about approvals."""

    scopes: tuple[Scoped, ...]
    dues: tuple[Due, ...]
    earlier: tuple[Due, ...]
    actions: tuple[ActionDue, ...]
    unproven: tuple[Unproven, ...]
    effects: tuple[Validation, ...]
    scores: tuple[Score, ...]
    missing: tuple[Missing, ...]
    absent: tuple[Presence, ...]
    waits: tuple[Waited, ...]
    remarks: tuple[str, ...]


def explain(
    incident: Incident, history: Sequence[Snapshot], current: Review | None, following: Following, now: datetime
) -> Explanation:
    """How an incident stands.

    `history` is every version of its page, oldest first; `current` the page as it is, with what Jira says of its
    tickets today (None: there is no page).
    """
    case = following.procedures.case(incident, current.page if current is not None else None)
    scopes = {pack.id: scope(pack, case) for pack in following.packs}
    concerned = tuple(pack for pack in following.packs if scopes[pack.id].answer is Answer.YES)
    ours = {one.head.version for one in history if one.is_ours}
    versions = [
        version_of(one.head, one.review, lambda head: head.version in ours, passed(concerned, one.review))
        for one in history
    ]
    found = runs(case.incident, following.rules)
    bound = binding_run(found, following.rules)
    known = _follow(case.incident, versions, bound, following)
    dues = _dues(concerned, case, bound, known, following, now)
    earlier = [
        due
        for run in found
        if run != bound and (run.resolution or run.closure)
        for due in _dues(concerned, case, run, _follow(case.incident, versions, run, following), following, now)
    ]
    validations = tuple(_validations(concerned, current, following, now))
    checked = {pack.name: check(pack, current) for pack in concerned} if current is not None else {}
    return Explanation(
        scopes=tuple(_scoped(pack, scopes[pack.id]) for pack in following.packs),
        dues=dues,
        earlier=tuple(earlier),
        actions=tuple(_actions(concerned, current, following, now)),
        unproven=tuple(_unproven(concerned, current)),
        effects=validations,
        scores=tuple(_score(name, results) for name, results in checked.items()),
        missing=_missing(checked),
        absent=tuple(_absent(concerned, current, following)),
        waits=(
            *_waits(dues, concerned, case.incident, following),
            *_waits_for_a_word(validations, concerned, case.incident, following),
        ),
        remarks=tuple(_remarks(known, following)),
    )


def _scoped(pack: Pack, found: InScope) -> Scoped:
    return Scoped(pack=pack.name, answer=found.answer, reason=found.reason)


def _terms(run: Run, following: Following) -> Terms:
    who = following.approving
    return Terms(
        approvers=following.approvers,
        calendar=following.calendar,
        rules=following.rules,
        since=run.begun,
        groups=who.groups,
        unknown=who.unknown,
        names=following.names | who.names,
        granted=following.granted,
    )


def _follow(incident: Incident, versions: Iterable[Version], run: Run, following: Following) -> Followed:
    return instants.followed(incident, instants.within(versions, run), _terms(run, following))


def _dues(
    packs: tuple[Pack, ...], case: Case, run: Run, known: Followed, following: Following, now: datetime
) -> tuple[Due, ...]:
    deadlines = incident_deadlines(packs, case, run, following.calendar)
    first = binding(deadlines)
    ids = {pack.name: pack.id for pack in packs}
    found = []
    for deadline in deadlines:
        met = instants.met(deadline.must, ids[deadline.pack], known, _terms(run, following))
        stands = standing(deadline, met, now, following.rules)
        found.append(Due(deadline=deadline, standing=stands, met=met, binds=first[deadline.must] == deadline))
    return tuple(found)


def _actions(
    packs: tuple[Pack, ...], review: Review | None, following: Following, now: datetime
) -> Iterable[ActionDue]:
    """Every ticket with a date by the clauses that want actions completed; what will not be done is not due, and
    what is done without proof is not done."""
    clauses = [(pack, clause) for pack in packs for clause in pack.clauses if clause.must is Milestone.COMPLETED]
    tickets = [action.ticket for action in review.actions() if action.ticket is not None] if review is not None else []
    for ticket in tickets if clauses else ():
        if ticket.due is None or outcome(ticket) is Outcome.DROPPED:
            continue
        done = None if lacking(asking(packs), ticket) else ticket.done_at
        deadlines = [action_deadline(pack, clause, ticket.due, following.calendar) for pack, clause in clauses]
        yield ActionDue(
            ticket=ticket.key,
            text=ticket.summary,
            owner=ticket.assignee.name if ticket.assignee else "",
            clauses=tuple(one.name for one in deadlines),
            due=deadlines[0].due,
            standing=standing(deadlines[0], done, now, following.rules),
            done=done,
        )


def _unproven(packs: tuple[Pack, ...], review: Review | None) -> Iterable[Unproven]:
    tickets = [action.ticket for action in review.actions() if action.ticket is not None] if review is not None else []
    for ticket in tickets:
        hints = hinting(packs)
        for pack in lacking((*asking(packs), *hints), ticket):
            told = {"ticket": ticket.key, "text": ticket.summary, "pack": pack.name, "wants": wanted(pack.evidence)}
            yield Unproven.model_validate(told | {"is_hint": pack in hints})


def _validations(
    packs: tuple[Pack, ...], review: Review | None, following: Following, now: datetime
) -> Iterable[Validation]:
    tickets = {a.ticket.id: a.ticket for a in review.actions() if a.ticket is not None} if review is not None else {}
    for ticket in tickets.values():
        for effect in effects(packs, ticket, following.calendar):
            said = effect.said
            yield Validation(
                ticket=ticket.key,
                text=ticket.summary,
                pack=effect.pack,
                due=effect.due,
                state=effect.state(now),
                by=said.author if said is not None else "",
                at=said.at if said is not None else None,
            )


def _waits_for_a_word(
    validations: Iterable[Validation], packs: tuple[Pack, ...], incident: Incident, following: Following
) -> Iterable[Waited]:
    """The chair validates what was done, once that is due."""
    late = dict.fromkeys(one.ticket for one in validations if one.state is State.OVERDUE)
    roles = tuple(dict.fromkeys(role for pack in validating(packs) for role in pack.roles_of(Duty.CHAIR)))
    for ticket in late:
        what = f'comment "Effective: yes" or "Effective: no" on {ticket}'
        yield Waited(who=_who(Duty.CHAIR, incident, following), duty=Duty.CHAIR, roles=roles, what=what)


def _score(pack: str, results: tuple[Checked, ...]) -> Score:
    others = _open(results)
    hints = sum(not one.blocks for one in others)
    return Score(pack=pack, passed=len(results) - len(others), hints=hints, total=len(results))


def _missing(checked: Mapping[str, tuple[Checked, ...]]) -> tuple[Missing, ...]:
    found = (Missing(pack=pack, checks=_open(results)) for pack, results in checked.items())
    return tuple(one for one in found if one.checks)


def _absent(packs: Iterable[Pack], review: Review | None, following: Following) -> Iterable[Presence]:
    found = attendance(packs, review, following.mentioned) if review is not None else ()
    return (one for one in found if one.result is not Result.PASS)


def _open(results: tuple[Checked, ...]) -> tuple[Checked, ...]:
    return tuple(one for one in results if one.result is not Result.PASS)


def _waits(dues: Iterable[Due], packs: tuple[Pack, ...], incident: Incident, following: Following) -> Iterable[Waited]:
    """For each thing that has not happened who is to bring it about, by the deadline that binds."""
    for due in dues:
        if due.met is not None or not due.binds or due.deadline.must not in WANTED:
            continue
        duty, what = WANTED[due.deadline.must]
        roles = tuple(dict.fromkeys(role for pack in packs for role in pack.roles_of(duty)))
        limit = by(due.deadline.due, following.calendar)
        yield Waited(who=_who(duty, incident, following), duty=duty, roles=roles, what=f"{what}, {limit}")


def _who(duty: Duty, incident: Incident, following: Following) -> str:
    """Who has a duty, by name where Jira tells it; else what the duty is."""
    people = (incident.commander, incident.assignee, incident.reporter)
    named = following.names | {person.account: person.name for person in people if person}
    accounts = following.procedures.accounts(duty, incident)
    groups = following.procedures.people.approving_groups if duty is Duty.APPROVER else ()
    if not accounts and not groups:
        return f"nobody is named who {DUTIES[duty]} (team.people.{duty})"
    whole = (f"the members of {group}" for group in groups)
    return ", ".join((*(named.get(account) or account for account in accounts), *whole))


def _remarks(known: Followed, following: Following) -> Iterable[str]:
    if known.refused:
        yield f"the approval does not count: {known.refused}"
    if known.approval is not None:
        by = known.approval.by
        named = following.names | following.approving.names
        yield f"approved in version {known.approval.version} by {named.get(by) or by}"
    if known.changed:
        yield f"changed since the approval, in version {known.changed}"
