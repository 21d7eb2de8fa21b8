"""Every kind of write that a plan may hold, each a value, and how a person is told of it. No I/O."""

from __future__ import annotations

from typing import Literal

from .model import TICKET_PROPERTY, Noun, RemoteLink
from .names import PAGE_PROPERTY
from .page_model import Invited, Memory, PageHead, Property
from .ports import PageDraft, TicketDraft, Upload

COMMENTING = "comment on page"
"""How the description of a comment begins."""


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


class AttachInvitation(Noun):
    """Attach the invitation to the review meeting, or its next version. A file of that name is looked for before."""

    change: Literal["attach-invitation"] = "attach-invitation"
    page_id: str
    title: str
    upload: Upload
    invited: Invited


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


class AdoptPage(Noun):
    """Take a page that people made as an incident's review, from now on. Nothing remote is written by it alone."""

    change: Literal["adopt-page"] = "adopt-page"
    incident_key: str
    page_id: str
    title: str


class ReleasePage(Noun):
    """Have an adopted page be nobody's review again: its property then names no incident."""

    change: Literal["release-page"] = "release-page"
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


class CommentTicket(Noun):
    """Say something on an issue, once; guarded by an intent, and found again by its mark. `said` is a line of it."""

    change: Literal["comment-ticket"] = "comment-ticket"
    issue_id: str
    issue_key: str
    mark: str
    owner_id: str
    digest: str
    body: str
    said: str


class EditComment(Noun):
    """Have our comment on an issue say something else, in its place: nobody is to be told anew."""

    change: Literal["edit-comment"] = "edit-comment"
    issue_id: str
    issue_key: str
    comment_id: str
    mark: str
    owner_id: str
    digest: str
    body: str
    said: str


class CreateIndex(Noun):
    """Make the evidence index page; guarded by an intent."""

    change: Literal["create-index"] = "create-index"
    mark: str
    digest: str
    draft: PageDraft


class CreateEscalation(Noun):
    """Make the page of what a quarter left unowned or overdue; guarded by an intent."""

    change: Literal["create-escalation"] = "create-escalation"
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
    | AttachInvitation
    | LabelPage
    | WriteMemory
    | AdoptPage
    | ReleasePage
    | LinkPage
    | CreateTicket
    | AdoptTicket
    | LabelTicket
    | MarkTicket
    | LinkTicket
    | EditTicket
    | CommentTicket
    | EditComment
    | CreateIndex
    | CreateEscalation
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
        case AttachInvitation(title=title, upload=upload):
            return f'attach {upload.name} to page "{title}"'
        case LabelPage(title=title, labels=labels):
            return f'label page "{title}" with {", ".join(labels)}'
        case WriteMemory(title=title):
            return f'write the content property {PAGE_PROPERTY} of page "{title}"'
        case AdoptPage(incident_key=key, title=title):
            return f'use page "{title}" as the review of {key}'
        case ReleasePage(title=title):
            return f'say in the content property {PAGE_PROPERTY} of page "{title}" that it is no review any more'
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
        case CommentTicket(issue_key=key, said=said):
            return f"comment on {key}: {said}"
        case EditComment(issue_key=key, said=said):
            return f"edit our comment on {key}: {said}"
        case CreateIndex(draft=draft):
            return f'create index page "{draft.title}" in space {draft.space}'
        case CreateEscalation(draft=draft):
            return f'create escalation page "{draft.title}" in space {draft.space}'
        case UpdateIndex(page=page, rows=rows):
            return f'update index page "{page.title}": ' + ", ".join(rows)


def is_local(change: Change) -> bool:
    """True for a change that writes nothing remote."""
    return isinstance(change, AdoptTicket | AdoptPage)


def cost(change: Change) -> int:
    """How many pages, tickets and comments that notify somebody a change leads to."""
    if isinstance(change, CreatePage):
        return 1 + change.creates
    return 1 if isinstance(change, CreateTicket | CommentTicket) else 0
