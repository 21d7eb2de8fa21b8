"""What the decision for the rows is made from, and what it is put together in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from pirsync.changes import COMMENTING, Change, describe
from pirsync.decision import FLAPS, Finding, FindingKind, Journal, Observed, Terms
from pirsync.model import Incident, IssueLink, Ticket
from pirsync.names import TICKET_LABEL
from pirsync.page_model import CellEdit, Column, Row, Shown
from pirsync.policy.calendar import Calendar
from pirsync.policy.packs import Pack


@dataclass(frozen=True)
class Situation:
    """What the decision for the rows is made from."""

    observed: Observed
    terms: Terms
    journal: Journal
    now: datetime

    @property
    def rows(self) -> tuple[Row, ...]:
        """The action rows that people see."""
        return self.observed.review.rows if self.observed.review else ()

    @property
    def asking(self) -> tuple[Pack, ...]:
        """The procedures that want proof of each action of this incident."""
        return self.terms.procedures.proving(self.observed.incident, self.observed.review)

    @property
    def concerning(self) -> tuple[Pack, ...]:
        """The procedures that are for this incident."""
        return self.terms.procedures.concerning(self.observed.incident, self.observed.review)

    @property
    def calendar(self) -> Calendar:
        """When the team works."""
        return self.terms.procedures.calendar

    @property
    def forgotten(self) -> frozenset[str]:
        """The keys of tickets of which people want to hear no more."""
        memory = self.observed.memory
        return frozenset((*(memory.forgotten if memory else ()), *self.journal.wishes.forget))

    @property
    def refused_comments(self) -> dict[str, str]:
        """Comments that Confluence refused, and why; it is sent no more of them until a person asks."""
        return {what: why for what, why in self.journal.refused.items() if what.startswith(COMMENTING)}

    def finding(self, kind: FindingKind, message: str) -> Finding:
        """A finding about this incident."""
        return Finding(kind=kind, incident=self.observed.incident.key, message=message)


@dataclass(frozen=True)
class NewRow:
    """A row to append to the action table: what it is, in words, and its cells in storage format."""

    said: str
    cells: dict[Column, str]


@dataclass(frozen=True)
class NotTaken:
    """A value that a person typed and that gives way to Jira's: the receipt of telling it, in words, in storage."""

    receipt: str
    said: str
    storage: str


@dataclass
class RowPlan:
    """The decision for the action table, as it is put together."""

    creates: list[Change] = field(default_factory=list)
    completions: list[Change] = field(default_factory=list)
    said: list[Change] = field(default_factory=list)
    edits: list[CellEdit] = field(default_factory=list)
    appended: list[NewRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    wakes: list[datetime] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    adopted: list[str] = field(default_factory=list)
    first: dict[str, bool] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tickets: list[Ticket] = field(default_factory=list)
    unticketed: int = 0
    lacking: list[tuple[str, str]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    asserted: list[str] = field(default_factory=list)
    not_taken: list[NotTaken] = field(default_factory=list)
    announced: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unjudged: dict[str, tuple[str, ...]] = field(default_factory=dict)


def ours(ticket: Ticket, situation: Situation) -> bool:
    """Whether the ticket carries a mark of this installation for this incident."""
    mark, incident = ticket.mark, situation.observed.incident
    return mark is not None and mark.owner == situation.terms.owner_id and mark.incident == incident.id


def is_foreign(ticket: Ticket, situation: Situation) -> bool:
    """Whether nothing is written to the ticket: it carries the mark of another installation or incident, or is an
    incident itself. An issue as pirsync makes them is a ticket, also where such issues count as incidents."""
    if ticket.mark is not None:
        return not ours(ticket, situation)
    terms = situation.terms
    is_made_so = terms.every_type or ticket.type.casefold() == terms.action_type.casefold()
    return is_incident(ticket, terms) and not (is_made_so and ticket.project == terms.action_project)


def hand_links(situation: Situation) -> tuple[IssueLink, ...]:
    """The incident's links that make an issue one of its action items."""
    return hand_links_of(situation.observed.incident, situation.terms)


def hand_links_of(incident: Incident, terms: Terms) -> tuple[IssueLink, ...]:
    """An incident's links of the configured type, on the configured side (both, where they read the same)."""
    links = incident.linked(terms.link_type.id, terms.link_side)
    if terms.link_type.inward == terms.link_type.outward:
        links += incident.linked(terms.link_type.id, "inward" if terms.link_side == "outward" else "outward")
    return links


def is_incident(ticket: Ticket, terms: Terms) -> bool:
    """Whether an issue is an incident, also of another team's project: our label on it would end its own review."""
    if TICKET_LABEL in ticket.labels:
        return False
    return ticket.project in terms.projects if terms.every_type else ticket.type in terms.issue_types


def best_effort(situation: Situation, change: Change, plan: RowPlan) -> None:
    """Plan a write that may be refused: once refused it is told, not tried again until a person asks."""
    reason = situation.journal.refused.get(describe(change))
    if reason is None:
        plan.completions.append(change)
    else:
        plan.findings.append(situation.finding(FindingKind.REFUSED, f"{describe(change)}: {reason}"))


def count_gone(key: str, action: str, plan: RowPlan) -> None:
    """Count an action, once however many rows name its ticket: nobody can look it up, so nobody knows that it is
    done."""
    if key not in plan.gone:
        plan.gone.add(key)
        plan.unticketed += 1
        plan.lacking.append((f"{action} ({key})" if action else key, "TICKET GONE"))


def tell_lost(situation: Situation, plan: RowPlan) -> list[str]:
    """Tell and count the tickets that this review is known to have, that nobody can look up any more, and that the page
    does not name; the ids of all that cannot be looked up, until people forget them.

    Where nobody knows a ticket's key any more, it is called by its id, unless it may be one that the page names; and
    where people now forget a key that is not known, it may be the one, and is forgotten by its id.
    """
    observed, lost = situation.observed, situation.observed.lost
    before = observed.memory.forgotten if observed.memory is not None else ()
    known = {*lost, *lost.values(), *before}
    named = plan.gone - known
    asked = {key for key in situation.journal.wishes.forget if observed.by_key(key) is None} - known
    nameless = [ticket_id for ticket_id, key in lost.items() if not key and ticket_id not in plan.forgotten]
    untold, forgotten = nameless[: len(named)], nameless[len(named) :][: len(asked)]
    plan.forgotten |= {*forgotten}
    names = {i: key or i for i, key in lost.items() if (key or i) not in plan.forgotten}
    for ticket_id, name in names.items():
        if name not in plan.gone and ticket_id not in untold:
            message = f"{name}, an action item of this review, is deleted or cannot be seen by our account"
            plan.findings.append(situation.finding(FindingKind.TICKET_GONE, message))
            count_gone(name, "", plan)
    return list(names)


def claim(label: str, said: str) -> str:
    """What is written into which cell: what is counted when it has to be written again and again."""
    return f'{label} = "{said}"'


def rests(situation: Situation, claimed: str, where: str, plan: RowPlan) -> bool:
    """Whether a cell is left as others write it, because this did not last in it; a finding then says so."""
    until = situation.journal.rests_until(claimed, situation.now)
    if until is None:
        return False
    when = until.isoformat(timespec="seconds")
    message = f"{where}: what Jira says was written over {FLAPS} times within an hour, so it is left until {when}"
    plan.findings.append(situation.finding(FindingKind.FLAPPING, message))
    plan.wakes.append(until)
    return True
