"""The nouns of the domain: frozen values, no I/O, no knowledge of any site's custom fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

Deployment = Literal["cloud", "datacenter"]

TICKET_PROPERTY = "pirsync.action"
"""The issue property that carries a ticket's mark."""

COMMENT_PROPERTY = "pirsync.comment"
"""The comment property that carries a comment's mark, and a digest of what the comment says."""


class Noun(BaseModel):
    """A frozen value that refuses attributes it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---------------------------------------------------------------- people, incidents, tickets (from Jira)


class Person(Noun):
    """A Jira account. `account` is the account id on Cloud and the user name on Data Center."""

    account: str
    name: str
    active: bool = True


class StatusCategory(StrEnum):
    """Jira's four status categories, by their keys; the only portable meaning of a status."""

    NEW = "new"
    ACTIVE = "indeterminate"
    DONE = "done"
    UNKNOWN = "undefined"


class Event(Noun):
    """One change of one field, from Jira's changelog. `at` is aware; `url` leads to its source."""

    at: datetime
    author: str
    field: str
    before: str
    after: str
    url: str


class Note(Noun):
    """One comment on an incident; `html` is Jira's own rendering. Internal ones never reach a page."""

    id: str
    at: datetime
    author: str
    html: str
    internal: bool
    url: str


class IssueLink(Noun):
    """A link between two issues as seen from one of them; `other` is the issue at its far end."""

    type_id: str
    type_name: str
    direction: Literal["inward", "outward"]
    other_id: str
    other_key: str


class Incident(Noun):
    """An incident as Jira tells it. All instants are aware; a fact that Jira does not hold is None or empty.

    `is_closed` is "status category Done", or, where an answer has no category, "has a resolution date".
    `closed` is the instant of the last closure, from the changelog where there is one. `closed_statuses` are
    the names of the site's statuses of category Done, by which the changelog's names can be read.
    """

    id: str
    key: str
    url: str
    project: str
    type: str
    summary: str
    status: str
    category: StatusCategory
    is_closed: bool
    is_restricted: bool
    severity: str
    priority: str
    resolution: str
    created: datetime | None
    started: datetime | None
    detected: datetime | None
    resolved: datetime | None
    closed: datetime | None
    updated: datetime | None
    reporter: Person | None
    assignee: Person | None
    commander: Person | None
    services: tuple[str, ...]
    labels: tuple[str, ...]
    description_html: str
    events: tuple[Event, ...]
    events_complete: bool
    notes: tuple[Note, ...]
    links: tuple[IssueLink, ...]
    closed_statuses: tuple[str, ...] = ()

    def linked(self, type_id: str, side: str) -> tuple[IssueLink, ...]:
        """Its links of one type to issues on one side ("outward": the incident is the link's source)."""
        return tuple(link for link in self.links if link.type_id == type_id and link.direction == side)


class Mark(Noun):
    """Identity stamped on a ticket at its birth: whose it is, and of which incident's which row."""

    value: str
    owner: str
    incident: str


class Word(Noun):
    """What somebody said in a comment on a ticket: that what was done works, or does not. `at` is aware, and when the
    comment was last edited."""

    at: datetime
    author: str
    works: bool


class Trail(Noun):
    """What a ticket holds that may prove its work; read where a procedure asks for proof.

    `addresses` are those in its comments, `files` the names of its attachments. `outside` are the addresses of its
    links to the outside; None: not asked for. `words` are what comments say of whether it works, oldest first. An
    answer may hold fewer comments than there are, which `comments` counts; then it is not `is_whole`. `updated` is when
    Jira says that anything of the ticket changed.
    """

    addresses: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    outside: tuple[str, ...] | None = None
    words: tuple[Word, ...] = ()
    comments: int = 0
    is_whole: bool = True
    updated: datetime | None = None


class Ticket(Noun):
    """The Jira issue that does an action item's work. `due` is Jira's plain date, without a zone.

    `trail` is None, and `priority` empty, where no procedure wants to know them. `unproven`: it is done, and the proof
    that one wants is not there; a decision begins by telling that. `touched` is when somebody else than us last wrote
    to it; None where nobody asks for it.
    """

    id: str
    key: str
    url: str
    project: str
    summary: str
    status: str
    category: StatusCategory
    resolution: str
    assignee: Person | None
    due: date | None
    done_at: datetime | None
    done_by: str
    labels: tuple[str, ...]
    mark: Mark | None
    links: tuple[IssueLink, ...]
    trail: Trail | None = None
    unproven: bool = False
    priority: str = ""
    touched: datetime | None = None
    type: str = ""

    @property
    def is_done(self) -> bool:
        """True when the status category is Done, whatever the resolution says."""
        return self.category is StatusCategory.DONE


class RemoteLink(Noun):
    """A link from an issue to something outside Jira; `global_id` makes writing it an upsert."""

    global_id: str
    url: str
    title: str


class Filed(Noun):
    """A file on an issue: its name, when it came and from whom (None, empty: not told), and where Jira has it."""

    name: str
    at: datetime | None
    author: str
    url: str


class CreateScreen(Noun):
    """What can be set when an issue of one type is created in one project.

    `fields` maps a field id to its name; `required` lists the ids that have no default.
    """

    project: str
    type_id: str
    type_name: str
    fields: dict[str, str]
    required: tuple[str, ...]


# ---------------------------------------------------------------- pages (from Confluence)


class PageStatus(StrEnum):
    """The life of a page; only a current one is ever written to."""

    CURRENT = "current"
    ARCHIVED = "archived"
    TRASHED = "trashed"
    DRAFT = "draft"


class PageHead(Noun):
    """A page version without its body. `author` is the account that wrote this version; `at` is aware UTC."""

    id: str
    space: str
    title: str
    status: PageStatus
    version: int
    at: datetime
    author: str
    message: str
    url: str


class Page(PageHead):
    """A page version with its body in storage format."""

    body: str

    @property
    def head(self) -> PageHead:
        """All but the body."""
        return PageHead.model_validate(self.model_dump(exclude={"body"}))


def current_first(pages: Iterable[Page]) -> list[Page]:
    """Pages of one title by what became of them, as `PageStatus` lists it, and of those the newest first."""
    lives = list(PageStatus)
    return sorted(sorted(pages, key=lambda page: page.at, reverse=True), key=lambda page: lives.index(page.status))


class Property(Noun):
    """A content property; `id` is what Cloud addresses it by, `version` locks it."""

    id: str
    key: str
    version: int
    value: dict[str, object]


class Attached(Noun):
    """A file on a page: the number of its newest version, and what was said of that when it was uploaded."""

    id: str
    name: str
    version: int
    comment: str


class Mention(Noun):
    """How a page names a person: an account id (Cloud) or a user key or name (Data Center)."""

    ref: str


class Lozenge(Noun):
    """A status macro: upper-case words of at most 20 characters, and one of Confluence's five safe colours."""

    text: str
    colour: Literal["Grey", "Red", "Yellow", "Green", "Blue"]


class Column(StrEnum):
    """The roles of the action table's columns; the words on the page are configurable."""

    ACTION = "action"
    OWNER = "owner"
    DUE = "due"
    STATUS = "status"
    CRITERIA = "criteria"
    TICKET = "ticket"
    CLOSED = "closed"
    EVIDENCE = "evidence"


class Cell(Noun):
    """One cell as read: its place in the page's UTF-8 bytes and what it says.

    `start` and `end` enclose the cell's content; `outer_start` and `outer_end` the whole element.
    `text` has NBSP and runs of white space folded; placeholders read as empty. `is_commented` is true
    when an inline comment marker lies inside, which a rewrite would orphan.
    """

    start: int
    end: int
    outer_start: int
    outer_end: int
    text: str
    mentions: tuple[Mention, ...]
    dates: tuple[date, ...]
    links: tuple[str, ...]
    lozenge: Lozenge | None
    issue_key: str | None
    is_commented: bool


class Row(Noun):
    """One action item as people see it. `obstacle` says why its cells cannot be written (merged, nested)."""

    index: int
    cells: dict[Column, Cell]
    obstacle: str

    def cell(self, column: Column) -> Cell | None:
        """The cell in that column, where the table has the column and the row has the cell."""
        return self.cells.get(column)

    @property
    def action(self) -> str:
        """The action's text, folded to one line; empty when nobody has typed yet."""
        cell = self.cells.get(Column.ACTION)
        return cell.text if cell else ""

    @property
    def criteria(self) -> str:
        """The success criteria's text, or empty."""
        cell = self.cells.get(Column.CRITERIA)
        return cell.text if cell else ""

    @property
    def ticket(self) -> str | None:
        """The key of the row's ticket, from the Ticket cell."""
        cell = self.cells.get(Column.TICKET)
        return cell.issue_key if cell else None


class Region(StrEnum):
    """The parts of a review page that pirsync reads or writes, by the id of their `details` macro."""

    SUMMARY = "pirsync-summary"
    ACTIONS = "pirsync-actions"
    RECORD = "pirsync-record"


class ReviewPage(Noun):
    """What a review page's body holds, as read. `summary` and `record` map a folded label to its value cell.

    `columns` are the roles found, in the page's order, None for a column that is people's own.
    `row_end` is the byte at which a row may be appended, or None where there is no table to append to.
    `problems` are sentences: regions missing or double, headers not understood, rows that cannot be managed.
    """

    summary: dict[str, Cell]
    record: dict[str, Cell]
    columns: tuple[Column | None, ...]
    rows: tuple[Row, ...]
    row_end: int | None
    problems: tuple[str, ...]


class Section(Noun):
    """What stands under one heading of a page, up to the next heading of any level, as a reader sees it.

    `lines` are paragraphs and items of lists; `tables` hold rows of cells' texts; `links` are addresses, titles of
    pages or names of files. `pictures` counts images and drawings, whose content cannot be read.
    """

    heading: str
    level: int
    lines: tuple[str, ...] = ()
    tables: tuple[tuple[tuple[str, ...], ...], ...] = ()
    links: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    pictures: int = 0


class CellEdit(Noun):
    """New content for one cell: where it stands in the bytes that were read, and what a person would see."""

    region: Region
    label: str
    start: int
    end: int
    storage: str
    text: str


# ---------------------------------------------------------------- memory on the page


class Shown(Noun):
    """The Owner and Due values of one ticket that page and Jira last agreed on; keeps what a newer pirsync added."""

    model_config = ConfigDict(extra="allow")

    owner: str
    due: str


class Invited(Noun):
    """The invitation that is attached to a page: a digest of what it says, how often it changed, the file's id.

    `day` (ISO) and `time` (HH:MM, empty: the whole day) are when it says that the meeting is, empty where that is not
    known. It keeps what a newer pirsync added.
    """

    model_config = ConfigDict(extra="allow")

    digest: str
    sequence: int
    file: str = ""
    day: str = ""
    time: str = ""


class Approved(Noun):
    """What was decided of a page whose decision says APPROVED, from its history; `seen` is the version read last.

    `refused` says why it does not count. Else `version` and `at` (ISO) are the approving version's, `by` its author as
    versions name authors, `name` what people call them; `substance` is a digest of what was approved, and `changed` the
    first version that says something else, or 0. `terms` is a digest of who may approve. Keeps what is newer.
    """

    model_config = ConfigDict(extra="allow")

    version: int = 0
    at: str = ""
    by: str = ""
    name: str = ""
    substance: str = ""
    refused: str = ""
    changed: int = 0
    seen: int
    terms: str = ""


class Memory(Noun):
    """pirsync's remote memory: the one content property of a review page (at most 32 KB).

    `page` binds it: a copy of the page carries a property that names another page. `rows` maps a ticket's
    id to what was last written; `adopted` are tickets linked by hand that were once given a row, and never
    are again; `forgotten` are the keys of tickets that people want to hear no more of. No version of the page
    above `stamped` is ours (0: not told); only Data Center needs it, where finding our newest version would take
    one request for each that people wrote since. `first` says of each pack that has first actions whether this
    review was given them; where not, the pack was not for the incident so far. `comments` are receipts of page
    comments, oldest first, written before the comments are sent. `given` are the rows of summary and record that the
    page was ever given beyond those that every page is born with; `approval` is what was decided of a decision that
    says APPROVED. `is_adopted`: people made the page, and pirsync never
    writes a word of it; `adopted` are then the tickets that were found. A page that was let go again has no `incident`.

    Fields that a newer pirsync added are kept, and written back with ours.
    """

    model_config = ConfigDict(extra="allow")

    page: str
    incident: str
    owner: str
    rows: dict[str, Shown] = {}
    adopted: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    stamped: int = 0
    first: dict[str, bool] = {}
    comments: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    approval: Approved | None = None
    invitation: Invited | None = None
    is_adopted: bool = False


# ---------------------------------------------------------------- the evidence index


class IndexRow(Noun):
    """One line of the evidence index. A restricted incident shows as its key alone: every other text is empty.

    `resolved` and `closed` are ISO instants with a zone, or empty; `page_url` is empty where there is no page.
    """

    key: str
    incident_url: str
    severity: str
    resolved: str
    closed: str
    page_title: str
    page_url: str
    status: Lozenge
    done: int
    total: int
    overdue: int


class IndexPage(Noun):
    """The managed table of an index page as read; `start` and `end` enclose its `details` body in bytes.

    `start` is None where the region is missing, double or not understood; `problems` then say so.
    """

    rows: tuple[IndexRow, ...]
    start: int | None
    end: int | None
    problems: tuple[str, ...]
