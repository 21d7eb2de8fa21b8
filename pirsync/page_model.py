"""The nouns of Confluence: pages, what is read of them, what is remembered on them, the evidence index; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from .model import Noun


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
    `refused` says by a ticket's id which of its carriers Jira refused: all others it was given once. `announced` are
    by a ticket's id the Owner and Due values (`due 2026-06-01`) that the page was about to show since `rows` said what
    is agreed: one that it does show is ours, and no person's.

    Fields that a newer pirsync added are kept, and written back with ours.
    """

    model_config = ConfigDict(extra="allow")

    page: str
    incident: str
    owner: str
    rows: dict[str, Shown] = Field(default_factory=dict)
    adopted: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    stamped: int = 0
    first: dict[str, bool] = Field(default_factory=dict)
    comments: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    approval: Approved | None = None
    invitation: Invited | None = None
    is_adopted: bool = False
    refused: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    announced: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def tickets(self) -> tuple[str, ...]:
        """The ids of all tickets that the review is known to have had, each once."""
        return tuple(dict.fromkeys((*self.rows, *self.adopted)))


# ---------------------------------------------------------------- the evidence index


class IndexRow(Noun):
    """One line of the evidence index. A restricted incident shows as its key alone: every other text is empty.

    `resolved` and `closed` are ISO instants with a zone, or empty; `page_url` is empty where there is no page.
    `procedures` are those that the incident is in scope of, by id and version.
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
    procedures: str = ""


class IndexPage(Noun):
    """The managed table of an index page as read; `start` and `end` enclose its `details` body in bytes.

    `start` is None where the region is missing, double or not understood; `problems` then say so.
    """

    rows: tuple[IndexRow, ...]
    start: int | None
    end: int | None
    problems: tuple[str, ...]
