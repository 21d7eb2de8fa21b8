"""What the core needs of the world outside: Protocols only, reads and writes apart.

`observe` is given the read halves and so cannot write; a dry run is another implementation of the write halves.
Trackers hand out Jira's raw JSON, because only `mapping` knows what a custom field means.
All of them raise the errors of `errors.py` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from pydantic import Field

from .model import CreateScreen, Deployment, Noun, Person, RemoteLink
from .page_model import Attached, Mention, Page, PageHead, Property
from .state_port import Due as Due
from .state_port import IntentStatus as IntentStatus
from .state_port import State as State

S = TypeVar("S")
T = TypeVar("T")

RawIssue = Mapping[str, Any]
"""One issue as Jira's REST API v2 answers it: id, key, fields, and what was asked to be expanded."""


class Want(Noun):
    """What to read of an issue: field ids, expansions and issue properties. Order does not matter."""

    fields: tuple[str, ...]
    expand: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


class Query(Noun):
    """Which issues to search: those of the projects (of the types, and matching the extra JQL), or with one of
    the labels, or with one of the phrases in their description; of these, those updated since then. Empty parts
    restrict nothing, but something must be named.
    """

    projects: tuple[str, ...] = ()
    issue_types: tuple[str, ...] = ()
    extra_jql: str = ""
    labels: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    updated_since: datetime | None = None


class TicketDraft(Noun):
    """A ticket before its birth. `labels`, `mark` and `incident_key` are the three carriers of its identity;
    one that the create screen lacks is left out here (empty, None) and added after the birth.

    `description` is wiki markup. `link_type` is the id of the link type; the ticket is the link's
    `link_side` end ("outward": the incident sees the ticket as its outward issue).
    """

    project: str
    type_id: str
    summary: str
    description: str | None
    assignee: str | None
    due: date | None
    labels: tuple[str, ...]
    property_key: str
    property_value: dict[str, str]
    incident_key: str | None
    link_type: str
    link_side: str
    extra: dict[str, Any] = Field(default_factory=dict)


class IssueRef(Noun):
    """A created issue: Jira's answer to a create."""

    id: str
    key: str


class LinkType(Noun):
    """A kind of issue link and its two readings."""

    id: str
    name: str
    inward: str
    outward: str


class PageDraft(Noun):
    """A page before its birth: complete, so that one request makes it. `parent` is a page id or None."""

    space: str
    parent: str | None
    title: str
    body: str


class Upload(Noun):
    """A file before it is attached, and a word about it. `name` is plain ASCII, `content` text."""

    name: str
    media_type: str
    content: str
    comment: str


class Stamp(Noun):
    """How our versions of a page are told from people's: by how their message begins; the first one, to which no
    product gives a message, by its author. No version above `newest` is ours; 0 where nobody knows that.
    """

    prefix: str
    account: str
    newest: int = 0

    def is_on(self, head: PageHead) -> bool:
        """Whether we wrote this version."""
        return self.tells(head.version, head.message, head.author)

    def tells(self, number: int, message: str, author: str) -> bool:
        """The same, of a version's number, message and author."""
        return message.startswith(self.prefix) or (number == 1 and author == self.account)


class TrackerReads(Protocol):
    """Jira, read only."""

    @property
    def deployment(self) -> Deployment:
        """Cloud or Data Center; decided by configuration, never by the host's name."""

    @property
    def site_url(self) -> str:
        """The address that people browse, without a trailing slash; not the API's address."""

    def identity(self) -> Person:
        """Who we are. Raises AuthInDoubt when the credentials do not work."""

    def server_time(self) -> datetime:
        """The server's own present, aware; used to measure clock skew."""

    def fields(self) -> dict[str, str]:
        """Every field of the site: id to name."""

    def issue_types(self) -> dict[str, str]:
        """Every issue type of the site: id to name."""

    def statuses(self) -> dict[str, str]:
        """Every status of the site: name to the key of its category."""

    def search(self, query: Query, want: Want) -> Iterator[RawIssue]:
        """Every issue that the query finds, streamed; Rejected when Jira does not understand it."""

    def issue(self, id_or_key: str, want: Want) -> RawIssue | None:
        """One issue read by key or id (read-after-write), or None when it is absent or invisible."""

    def issues(self, ids: Iterable[str], want: Want) -> list[RawIssue]:
        """Those of the issues (ids or keys) that can be seen, 100 a request; read-after-write on Cloud."""

    def changelog(self, issue_id: str) -> list[Mapping[str, Any]]:
        """The whole changelog of one issue, oldest first: raw histories with `created`, `author`, `items`."""

    def comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        """All comments of one issue, oldest first, with `renderedBody` and their `properties`."""

    def remote_links(self, issue_id: str) -> list[RemoteLink]:
        """The issue's links to the outside."""

    def link_types(self) -> list[LinkType]:
        """The site's issue link types."""

    def create_screen(self, project: str, issue_type: str) -> CreateScreen | None:
        """The create screen of that type (name or id) in that project; None when there is no such pair."""

    def assignable(self, project: str, account: str) -> Person | None:
        """That very account, if it is active and may be assigned issues in the project; never a similar one."""

    def person(self, account: str) -> Person | None:
        """Who has that account, whether active or not; None where there is none, or we may not look."""

    def members(self, group: str) -> list[Person]:
        """The active members of a group; Rejected where there is none, or we may not look."""

    def permissions(self, project: str, names: tuple[str, ...]) -> dict[str, bool]:
        """Which of the named permissions we have in the project."""

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order; a few may be under way at once."""


class TrackerWrites(Protocol):
    """Jira, write only. Creates are sent once: a doubt is `Ambiguous`, never a second request."""

    def create_issue(self, draft: TicketDraft) -> IssueRef:
        """Create the ticket with every carrier that the draft has."""

    def edit_issue(self, issue_id: str, fields: Mapping[str, Any]) -> None:
        """Set fields (`assignee` as an account, `duedate` as YYYY-MM-DD or None) of one issue."""

    def add_labels(self, issue_id: str, labels: tuple[str, ...]) -> None:
        """Add labels to one issue; those that are there stay."""

    def set_property(self, issue_id: str, key: str, value: Mapping[str, str]) -> None:
        """Write an issue property (an upsert)."""

    def link(self, type_id: str, inward_key: str, outward_key: str) -> None:
        """Link two issues; a link that is there already is left as it is."""

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """Write a remote link (an upsert by its global id)."""

    def add_comment(self, issue_id: str, body: str, mark: Mapping[str, str]) -> str:
        """Comment on an issue, in wiki text, with the mark as a comment property; the comment's id. Sent once."""

    def edit_comment(self, issue_id: str, comment_id: str, body: str, mark: Mapping[str, str]) -> None:
        """Have a comment of ours say something else, with the mark that goes with it; quietly where the site can."""


class WikiReads(Protocol):
    """Confluence, read only."""

    @property
    def deployment(self) -> Deployment:
        """Cloud or Data Center."""

    def identity(self) -> str:
        """The account (account id, or user key on Data Center) we write as; AuthInDoubt when in doubt."""

    def space_exists(self, space: str) -> bool:
        """Whether the space can be seen."""

    def may_create(self, space: str, parent: str | None) -> bool | None:
        """Whether we may create pages there; None where the site does not tell."""

    def page(self, page_id: str) -> Page | None:
        """The current version with its body; None when it is absent or invisible. Archived and trashed are told."""

    def pages(self, page_ids: Iterable[str]) -> list[Page]:
        """Those of the pages that can be seen, with bodies, in as few requests as the site allows."""

    def heads(self, page_ids: Iterable[str]) -> list[PageHead]:
        """As `pages`, without bodies (Cloud: 250 a request)."""

    def listed(self, page_ids: Iterable[str]) -> list[PageHead]:
        """Those of `heads` that one list shows, which may lag: no page is read by itself."""

    def find(self, space: str, title: str) -> Page | None:
        """The current page with exactly that title in the space, with its body."""

    def titled(self, space: str, title: str) -> list[Page]:
        """The pages with exactly that title in the space, with their bodies: the current one first, then archived
        ones and those in the trash, the newest first; in one request."""

    def labelled(
        self, space: str, label: str, since: datetime | None, also: tuple[str, ...] = ()
    ) -> Iterator[PageHead]:
        """Pages with the label, modified since then (None: ever), and the current ones of those ids in `also`,
        in the same request; from the search index, so it may lag."""

    def ours(self, label: str) -> Iterator[PageHead]:
        """The current pages of all spaces that our account made or that have the label; from the search index, so it
        may lag."""

    def property(self, page_id: str, key: str) -> Property | None:
        """One content property of a page."""

    def stamped(self, head: PageHead, stamp: Stamp) -> Page | None:
        """The newest version at or below `head` that is ours; None when there is none."""

    def versions(self, head: PageHead) -> Iterator[Page]:
        """Every version at or below `head` that is still there, with its body, newest first (Cloud: 50 a request,
        Data Center: one)."""

    def mention(self, account: str) -> Mention | None:
        """How pages name the Jira account; no request on Cloud, where both products share account ids."""

    def account(self, mention: Mention) -> str | None:
        """The Jira account that a mention names; no request on Cloud."""

    def attachment(self, page_id: str, name: str) -> Attached | None:
        """The file of exactly that name on a page; None where there is none, or no such page."""

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order; a few may be under way at once."""


class WikiWrites(Protocol):
    """Confluence, write only."""

    def create_page(self, draft: PageDraft) -> Page:
        """Create a page, complete; Rejected when the title is taken, Ambiguous when the answer was lost."""

    def update_page(self, page: PageHead, body: str, message: str) -> Page:
        """Write `body` as the version after `page.version`, as a minor edit with the page's own title; the
        answer is the page as saved. Stale when the version moved; Ambiguous when the answer was lost."""

    def add_labels(self, page_id: str, labels: tuple[str, ...]) -> None:
        """Add labels to a page; those that are there stay."""

    def add_comment(self, page_id: str, storage: str) -> None:
        """Comment below a page, in storage format. A comment carries no mark: it is sent once, and a doubt is
        Ambiguous, which nobody can clear up."""

    def attach(self, page_id: str, upload: Upload, current: Attached | None) -> Attached:
        """Attach a file (None: there is none of its name), or its next version over `current`; quietly, and sent once.
        Rejected where a file of that name is there already: of one name there is never a second one."""

    def set_property(self, page_id: str, key: str, value: Mapping[str, object], current: Property | None) -> Property:
        """Write a content property over `current` (None: it does not exist). Stale when it moved."""


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """The present, aware UTC."""


@dataclass(frozen=True)
class World:
    """Everything outside, as one pass sees it: the real one, an overlay of it, or the in-memory one."""

    tracker: TrackerReads
    tracker_writes: TrackerWrites
    wiki: WikiReads
    wiki_writes: WikiWrites
    state: State
    clock: Clock
