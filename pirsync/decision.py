"""The values that pass between observing, planning and applying: Observed, Change, Finding, Plan. No I/O."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from .model import (
    TICKET_PROPERTY,
    Column,
    CreateScreen,
    Deployment,
    Incident,
    IndexPage,
    IndexRow,
    Memory,
    Mention,
    Noun,
    Page,
    PageHead,
    Person,
    Property,
    RemoteLink,
    ReviewPage,
    Ticket,
)
from .ports import IntentStatus, LinkType, PageDraft, TicketDraft

STAMP = "pirsync:"
"""Every version message of ours starts with this; it tells our versions from people's."""

PAGE_PROPERTY = "pirsync.review"
PAGE_LABEL = "pirsync-review"
INDEX_LABEL = "pirsync-index"
TICKET_LABEL = "pirsync"
LINK_PREFIX = "pirsync:page:"
"""A remote link's global id is this and the page's id; writing it is an upsert."""


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

    @property
    def every_type(self) -> bool:
        """Whether issues of every type, and of none, are incidents."""
        return "*" in self.issue_types


class DefaultItem(Noun):
    """An action item that every review of a team starts with; `due` counts days from the incident's closure."""

    text: str
    criteria: str
    due_days: int
    owner: str


class Owner(Noun):
    """What is known of the person that a row names: the exact, active, assignable account, or why not."""

    person: Person | None
    reason: str


class Wishes(Noun):
    """What a person asks for one incident, beyond what can be seen: the way out of a finding.

    `recreate`: make its page anew. Of tickets, by key: `remake` those that are deleted, say no more of those to
    `forget`, and show those to `keep` in the row of which they are duplicates.
    """

    recreate: bool = False
    remake: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


COMMENTING = "comment on page"
"""How the description of a comment begins."""

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
    """

    intents: dict[str, IntentStatus]
    settled_from: datetime
    waiting_since: datetime | None
    refused: dict[str, str]
    asserted: dict[str, tuple[datetime, ...]]
    barred: Barred | None
    wishes: Wishes = Wishes()

    def rests_until(self, claimed: str, now: datetime) -> datetime | None:
        """The instant until which a cell is left as others write it, because writing it anew did not last."""
        recent = [at for at in self.asserted.get(claimed, ()) if at > now - FLAP_WINDOW]
        return max(recent) + FLAP_WINDOW if len(recent) >= FLAPS else None

    def absence_settles(self, mark: str, settle: timedelta) -> datetime:
        """The instant from which finding nothing with that mark proves that there is nothing."""
        intent = self.intents.get(mark)
        if intent is None or intent.status != "sending" or intent.sent_at is None:
            return self.settled_from
        return max(self.settled_from, intent.sent_at + settle)


class Observed(Noun):
    """Everything that was read for one incident.

    `page` is the review page; `base` the newest version of it that we stamped (the page itself, when nobody
    wrote after us). `gone` says in words why a page that we know cannot be read. `title_holder` is a foreign
    page that has our title. `tickets` maps ids to tickets: those that rows name, those that the incident
    links, and `marked`: those that carry our marks. `owners` maps a mention's ref to its account;
    `mentions` maps an account to how pages name it.
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
    RESTRICTED = "Restricted"
    INCIDENT_GONE = "IncidentGone"
    CLOSED_AS_DUPLICATE = "ClosedAsDuplicate"
    OVERDUE = "Overdue"
    NOT_SETTLING = "NotSettling"
    FAILED = "Failed"


class Finding(Noun):
    """True, recorded, shown, and not ours to fix. `message` says what, where and what to do."""

    kind: FindingKind
    incident: str
    message: str


# ---------------------------------------------------------------- changes


class CreatePage(Noun):
    """Make the review page, complete, in one request; guarded by an intent."""

    change: Literal["create-page"] = "create-page"
    incident_id: str
    mark: str
    digest: str
    draft: PageDraft
    creates: int


class UpdatePage(Noun):
    """Write the page with some cells changed, as one quiet version."""

    change: Literal["update-page"] = "update-page"
    page: PageHead
    body: str
    cells: tuple[str, ...]
    message: str
    asserted: tuple[str, ...] = ()
    """Those cells that somebody had written over, and what they say again."""


class CommentPage(Noun):
    """Tell people on the page which of their values were not taken; its receipts are in the property before."""

    change: Literal["comment-page"] = "comment-page"
    page_id: str
    title: str
    storage: str
    told: tuple[str, ...]


class LabelPage(Noun):
    """Give the page the labels by which searches find it."""

    change: Literal["label-page"] = "label-page"
    page_id: str
    title: str
    labels: tuple[str, ...]


class WriteMemory(Noun):
    """Write the page's content property: the binding and what was last agreed."""

    change: Literal["write-memory"] = "write-memory"
    page_id: str
    title: str
    memory: Memory
    current: Property | None


class LinkPage(Noun):
    """Link the incident to its page (a remote link, an upsert)."""

    change: Literal["link-page"] = "link-page"
    incident_id: str
    incident_key: str
    link: RemoteLink


class CreateTicket(Noun):
    """Make the ticket of one row; guarded by an intent."""

    change: Literal["create-ticket"] = "create-ticket"
    incident_id: str
    mark: str
    digest: str
    draft: TicketDraft


class AdoptTicket(Noun):
    """Write down that a ticket which exists already is the one a row wants. Nothing remote is written."""

    change: Literal["adopt-ticket"] = "adopt-ticket"
    incident_id: str
    mark: str
    ticket_id: str
    ticket_key: str
    action: str


class LabelTicket(Noun):
    """Give a ticket the labels that its create screen would not take, or that a ticket linked by hand lacks."""

    change: Literal["label-ticket"] = "label-ticket"
    ticket_id: str
    ticket_key: str
    labels: tuple[str, ...]


class MarkTicket(Noun):
    """Write the mark as an issue property where the create did not carry it."""

    change: Literal["mark-ticket"] = "mark-ticket"
    ticket_id: str
    ticket_key: str
    value: dict[str, str]


class LinkTicket(Noun):
    """Link ticket and incident where the create screen would not take the link."""

    change: Literal["link-ticket"] = "link-ticket"
    ticket_key: str
    type_id: str
    type_name: str
    inward_key: str
    outward_key: str


class EditTicket(Noun):
    """Send what a person changed on the page to Jira (`page_edits = "push"`)."""

    change: Literal["edit-ticket"] = "edit-ticket"
    ticket_id: str
    ticket_key: str
    fields: dict[str, str | None]


class CreateIndex(Noun):
    """Make the evidence index page; guarded by an intent."""

    change: Literal["create-index"] = "create-index"
    mark: str
    digest: str
    draft: PageDraft


class UpdateIndex(Noun):
    """Write the index page with some rows changed."""

    change: Literal["update-index"] = "update-index"
    page: PageHead
    body: str
    rows: tuple[str, ...]
    message: str


Change = (
    CreatePage
    | UpdatePage
    | CommentPage
    | LabelPage
    | WriteMemory
    | LinkPage
    | CreateTicket
    | AdoptTicket
    | LabelTicket
    | MarkTicket
    | LinkTicket
    | EditTicket
    | CreateIndex
    | UpdateIndex
)


def describe(change: Change) -> str:
    """One line for a person: what would be written, and where."""
    match change:
        case CreatePage(draft=draft):
            return f'create page "{draft.title}" in space {draft.space}'
        case UpdatePage(page=page, cells=cells):
            return f'update page "{page.title}": ' + "; ".join(cells)
        case CommentPage(title=title, told=told):
            return f'{COMMENTING} "{title}": ' + "; ".join(told)
        case LabelPage(title=title, labels=labels):
            return f'label page "{title}" with {", ".join(labels)}'
        case WriteMemory(title=title):
            return f'write the content property {PAGE_PROPERTY} of page "{title}"'
        case LinkPage(incident_key=key, link=link):
            return f'link {key} to page "{link.title}"'
        case CreateTicket(draft=draft):
            return f'create {draft.project} ticket "{draft.summary}"' + (f", due {draft.due}" if draft.due else "")
        case AdoptTicket(ticket_key=key, action=action):
            return f'use {key} for the action "{action}"'
        case LabelTicket(ticket_key=key, labels=labels):
            return f"label {key} with {', '.join(labels)}"
        case MarkTicket(ticket_key=key):
            return f"write the issue property {TICKET_PROPERTY} of {key}"
        case LinkTicket(type_name=name, inward_key=inward, outward_key=outward):
            return f"link {inward} and {outward} ({name})"
        case EditTicket(ticket_key=key, fields=fields):
            return f"edit {key}: " + ", ".join(f"{name} = {value or 'nothing'}" for name, value in fields.items())
        case CreateIndex(draft=draft):
            return f'create index page "{draft.title}" in space {draft.space}'
        case UpdateIndex(page=page, rows=rows):
            return f'update index page "{page.title}": ' + ", ".join(rows)


def is_local(change: Change) -> bool:
    """True for a change that writes nothing remote."""
    return isinstance(change, AdoptTicket)


class Plan(Noun):
    """The decision for one incident (or for the index): what to write, what to say, when to look again.

    `wake` is the earliest instant at which the same inputs would plan something else; None means never.
    `waiting` is true when changes are held back until then; only a plan that holds nothing back is settled.
    """

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    wake: datetime | None = None
    waiting: str = ""
    index_row: IndexRow | None = None

    @property
    def settled(self) -> bool:
        """Nothing to do now and nothing held back."""
        return not self.changes and not self.waiting


class ObservedIndex(Noun):
    """The index page as read; `page` is None when there is none yet, `holder` a foreign page with its title."""

    page: Page | None
    index: IndexPage | None
    holder: PageHead | None


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
