"""The values that pass between observing, planning and applying: Terms, Journal, Observed, Finding, Plan. No I/O."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from .changes import Change
from .model import CreateScreen, Deployment, Incident, Noun, Person, Ticket
from .page_model import Column, IndexPage, IndexRow, Invited, Memory, Mention, Page, PageHead, Property, ReviewPage
from .policy.approval import Heard
from .policy.escalation import Extension, Ladder
from .policy.procedures import Procedures
from .policy.standing import ReviewStanding
from .ports import IntentStatus, LinkType
from .state_port import CLAIM_HOLD


class Terms(Noun):
    """The terms under which one team's incidents are reviewed: configuration with its names resolved."""

    team: str
    owner_id: str
    deployment: Deployment
    wiki_account: str
    projects: tuple[str, ...]
    issue_types: tuple[str, ...]
    closed_since: datetime | None
    space: str
    parent: str | None
    title: str
    index_title: str
    action_project: str
    action_type: str
    link_type: LinkType
    link_side: Literal["outward", "inward"]
    zone: str
    page_edits: Literal["restore", "push", "keep"]
    quiet_period: timedelta
    quiet_at_most: timedelta
    settle: timedelta
    headers: dict[Column, tuple[str, ...]]
    default_items: tuple[DefaultItem, ...]
    ticket_fields: dict[str, Any]
    exemptions: tuple[Exemption, ...] = ()
    procedures: Procedures = Procedures()
    ladder: Ladder = Ladder()
    extensions: tuple[Extension, ...] = ()
    tracker_account: str = ""
    wiki_url: str = ""

    def exemption(self, incident: Incident) -> Exemption | None:
        """The exemption of an incident, by the last word on it; None where it gets a review."""
        return self.exempted(incident.id, incident.key)

    def exempted(self, incident_id: str, key: str) -> Exemption | None:
        """The same by its id and its key, for one that cannot be read."""
        said = [one for one in self.exemptions if one.id == incident_id or one.key == key]
        return said[-1] if said and not said[-1].withdrawn else None

    @property
    def every_type(self) -> bool:
        """Whether issues of every type, and of none, are incidents."""
        return "*" in self.issue_types


class DefaultItem(Noun):
    """An action item that every review of a team starts with; `due` counts days from the incident's closure. With the
    id of a `pack` it is for the incidents that are in that pack's scope."""

    text: str
    criteria: str
    due_days: int
    owner: str
    pack: str = ""


class Exemption(Noun):
    """That an incident gets no review, or with `withdrawn`, that it gets one after all: why, by which criterion, who
    approved it, and the day it was written down. `id` outlives a move to another project; empty where people wrote
    the entry by hand."""

    key: str = Field(min_length=1)
    id: str = ""
    reason: str = Field(min_length=1)
    criterion: str = ""
    approver: str = Field(min_length=1)
    date: date
    withdrawn: bool = False

    @property
    def words(self) -> str:
        """For a person: the reason, and on whose word."""
        by = f", {self.criterion}" if self.criterion else ""
        return f"{self.reason} ({self.approver}, {self.date.isoformat()}{by})"


class Owner(Noun):
    """What is known of the person that a row names: the exact, active, assignable account, or why not."""

    person: Person | None
    reason: str


class Wishes(Noun):
    """What a person asks for one incident, beyond what can be seen: the way out of a finding.

    `recreate`: make its page anew. Of tickets, by key: `remake` those that are deleted, say no more of those to
    `forget`, and show those to `keep` in the row of which they are duplicates. `adopt`: the id of the page that people
    made and that is to be its review; `release`: let such a page go again.
    """

    recreate: bool = False
    remake: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    adopt: str = ""
    release: bool = False

    def after(self, earlier: Wishes) -> Wishes:
        """All that was asked for, what is asked last first; whoever asks for a page wants nothing else of it."""
        if self.adopt or self.release or earlier.adopt or earlier.release:
            return self
        remake, forget, keep = (
            tuple(dict.fromkeys((*mine, *(key for key in theirs if key not in self.tickets))))
            for mine, theirs in (
                (self.remake, earlier.remake),
                (self.forget, earlier.forget),
                (self.keep, earlier.keep),
            )
        )
        recreate = self.recreate or earlier.recreate
        return Wishes(recreate=recreate, remake=remake, forget=forget, keep=keep)

    def meets(self, other: Wishes) -> bool:
        """Whether both ask for something that is the same."""
        pairs = ((self.remake, other.remake), (self.forget, other.forget), (self.keep, other.keep))
        return (self.recreate and other.recreate) or any(set(mine) & set(theirs) for mine, theirs in pairs)

    @property
    def tickets(self) -> frozenset[str]:
        """The keys of all tickets of which something is asked."""
        return frozenset((*self.remake, *self.forget, *self.keep))


FLAPS = 3
FLAP_WINDOW = timedelta(hours=1)
"""A cell that we wrote anew this often within this time rests for as long, counted from the last time."""


class Barred(Noun):
    """Confluence refused to have the page written, in these words; it is tried again from `until` on."""

    reason: str
    until: datetime


class Journal(Noun):
    """What the local journal says of one incident. Absence proves nothing before `settled_from`.

    `asserted` tells, by a cell and what it is to say, when we wrote that anew because somebody had written over it.
    `standing` is how the review stood when a pass last left it at rest.
    """

    intents: dict[str, IntentStatus]
    settled_from: datetime
    waiting_since: datetime | None
    refused: dict[str, str]
    asserted: dict[str, tuple[datetime, ...]]
    barred: Barred | None
    wishes: Wishes = Wishes()
    standing: ReviewStanding | None = None

    @property
    def tickets(self) -> tuple[IntentStatus, ...]:
        """The lines for tickets: ids of pages and comments are numbers of other series, and may be the same."""
        return tuple(intent for intent in self.intents.values() if intent.kind == "ticket")

    def rests_until(self, claimed: str, now: datetime) -> datetime | None:
        """The instant until which a cell is left as others write it, because writing it anew did not last."""
        recent = [at for at in self.asserted.get(claimed, ()) if at > now - FLAP_WINDOW]
        return max(recent) + FLAP_WINDOW if len(recent) >= FLAPS else None

    def absence_settles(self, mark: str, settle: timedelta) -> datetime:
        """The instant from which finding nothing with that mark proves that there is nothing."""
        intent = self.intents.get(mark)
        if intent is None or intent.status != "sending" or intent.sent_at is None:
            return self.settled_from
        return max(self.settled_from, intent.sent_at + max(settle, CLAIM_HOLD))

    def tickets_settle(self, settle: timedelta) -> datetime:
        """The instant from which finding no ticket proves that there is none, whatever words its row had before."""
        settled = (self.absence_settles(intent.mark, settle) for intent in self.tickets)
        return max(settled, default=self.settled_from)


class Candidate(Noun):
    """A page that people made and want to be an incident's review, by the id they gave; None where it cannot be read.

    `found` is the property that it has in the place of ours, `holder` the key of another incident that our state knows
    the page to be of. `incident` is the key that it says itself to be the review of; `is_index`: it is an index.
    """

    asked: str
    page: Page | None
    found: Property | None = None
    memory: Memory | None = None
    holder: str = ""
    incident: str = ""
    is_index: bool = False


class Observed(Noun):
    """Everything that was read for one incident.

    `page` is the review page; `base` the newest version of it that we stamped (the page itself, when nobody
    wrote after us). `gone` says in words why a page that we know cannot be read. `title_holder` is a foreign
    page that has our title. `tickets` maps ids to tickets: those that rows name, those that the incident
    links, and `marked`: those that carry our marks. `owners` maps a mention's ref to its account;
    `mentions` maps an account to how pages name it. `invited` is the invitation that this pass attached. `candidate` is
    the page that people want to be its review. Where `page` `is_adopted`, people made it, and `named` are the keys of
    the issues that it names. `is_wanted`: there was a page, and people ask for it to be made again. `names` is what
    those are called for whom procedures wait, by account. `heard` is what decides an approval, where it had to be read.
    `lost` are the tickets that memory names and that cannot be read: by id, the key that they were last known by, or
    empty.
    """

    incident: Incident
    page: Page | None
    review: ReviewPage | None
    base: ReviewPage | None
    gone: str
    title_holder: PageHead | None
    memory: Memory | None
    memory_property: Property | None
    tickets: dict[str, Ticket]
    owners: dict[str, Owner]
    mentions: dict[str, Mention]
    screen: CreateScreen | None
    invited: Invited | None = None
    candidate: Candidate | None = None
    is_adopted: bool = False
    is_wanted: bool = False
    named: tuple[str, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)
    heard: Heard | None = None
    lost: dict[str, str] = Field(default_factory=dict)

    def by_key(self, key: str) -> Ticket | None:
        """The ticket with that key, also by the key under which a row knew it before a move."""
        return next((t for t in self.tickets.values() if t.key == key), None) or self.tickets.get(key)


# ---------------------------------------------------------------- findings


class FindingKind(StrEnum):
    """Kinds of truth that are recorded and shown, and are not ours to fix."""

    NEEDS_OWNER = "NeedsOwner"
    NEEDS_DUE_DATE = "NeedsDueDate"
    OWNER_UNKNOWN = "OwnerUnknown"
    REJECTED = "Rejected"
    REFUSED = "Refused"
    ROW_EDITED = "RowEdited"
    ROW_UNREADABLE = "RowUnreadable"
    REGION_REMOVED = "RegionRemoved"
    COMMENTED = "Commented"
    FLAPPING = "Flapping"
    TICKET_GONE = "TicketGone"
    ORPHAN = "Orphan"
    DUPLICATE = "Duplicate"
    FOREIGN = "Foreign"
    PAGE_GONE = "PageGone"
    TITLE_TAKEN = "TitleTaken"
    NOT_ADOPTED = "NotAdopted"
    RESTRICTED = "Restricted"
    INCIDENT_GONE = "IncidentGone"
    CLOSED_AS_DUPLICATE = "ClosedAsDuplicate"
    OVERDUE = "Overdue"
    STALE = "Stale"
    UNOWNED = "Unowned"
    NOT_ACKNOWLEDGED = "NotAcknowledged"
    DONE_WITHOUT_EVIDENCE = "DoneWithoutEvidence"
    EFFECT_UNKNOWN = "EffectUnknown"
    NOT_EFFECTIVE = "NotEffective"
    NOT_SETTLING = "NotSettling"
    FAILED = "Failed"


class Finding(Noun):
    """True, recorded, shown, and not ours to fix. `message` says what, where and what to do."""

    kind: FindingKind
    incident: str
    message: str


class Plan(Noun):
    """The decision for one incident (or for the index): what to write, what to say, when to look again.

    `wake` is the earliest instant at which the same inputs would plan something else; None means never.
    `waiting` is true when changes are held back until then; only a plan that holds nothing back is settled.
    `standing` is what state keeps of a review for people to look at; None where there is nothing to tell.
    """

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    wake: datetime | None = None
    waiting: str = ""
    index_row: IndexRow | None = None
    standing: ReviewStanding | None = None

    @property
    def settled(self) -> bool:
        """Nothing to do now and nothing held back."""
        return not self.changes and not self.waiting

    @property
    def refusal(self) -> str:
        """Why a page that should be there cannot be made; a pass that leaves one unmade has failed."""
        kinds = (FindingKind.REJECTED, FindingKind.TITLE_TAKEN, FindingKind.NOT_ADOPTED)
        return next((finding.message for finding in self.findings if finding.kind in kinds), "")


class ObservedIndex(Noun):
    """The index page as read; `page` is None when there is none yet, `holder` a foreign page with its title.

    `labelled` tells whether the page has the label by which it is found once its title is another; `is_gone`, that
    there was a page, and it cannot be read any more.
    """

    page: Page | None
    index: IndexPage | None
    holder: PageHead | None
    labelled: bool
    is_gone: bool = False


class Desired(Noun):
    """What one incident's review should be: from the incident and the terms, before looking at what there is.

    `birth_body` is rendered only where no page exists; `reason` says why an incident is out of scope.
    """

    terms: Terms
    in_scope: bool
    reason: str
    title: str
    birth_body: str | None
    creates_at_birth: int


Terms.model_rebuild()
