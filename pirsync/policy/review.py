"""A review as the checks see it: its sections by what they are, its record and its actions. No bytes, no markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from pydantic import Field

from pirsync.model import Incident, Noun, Ticket
from pirsync.page_model import Cell, Column, ReviewPage, Row, Section

from .packs import Pack, SectionName

PLACEHOLDERS = frozenset(
    {"", "tbd", "tba", "tbc", "todo", "to do", "to be done", "to be defined", "to be determined", "fill in", "wip"}
    | {"to follow", "coming soon", "see above", "see jira", "see ticket", "xxx", "lorem ipsum", "pending", "unknown"}
)
"""What people write where they have not written yet, folded, without signs around it."""

NOTHING = frozenset({"none", "no", "nothing", "n/a", "na", "not applicable", "keine", "nil"})
"""An explicit "there is none", folded."""

_BECAUSE = re.compile(r"\bbecause\b", re.IGNORECASE)
_EDGES = " .,…-–—:;!?*_[](){}<>\"'"


@lru_cache(maxsize=4096)
def fold(words: str) -> str:
    """Words of people for comparing: compatibility form, one case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def bare(words: str) -> str:
    """The same without signs around it."""
    return fold(words).strip(_EDGES)


def is_placeholder(words: str) -> bool:
    """Whether a text only holds a place."""
    return bare(words) in PLACEHOLDERS


def says_none(words: str) -> bool:
    """Whether a text says that there is nothing to say, perhaps with a reason."""
    first = re.split(r"[,.;:(–—]| - | because ", fold(words), maxsplit=1)[0]
    return first.strip(_EDGES) in NOTHING


def has_reason(words: str, opening: re.Pattern[str]) -> bool:
    """Whether a text opens so, and goes on with a reason ("because …").

    Two searches and not one: a text that opens a thousand times without a reason is read twice, not a thousand times.
    """
    found = opening.search(words)
    return found is not None and _BECAUSE.search(words, found.end()) is not None


class Action(Noun):
    """One action item: its row, and its ticket where it has one. `kind` is its class in the page's words, or empty."""

    row: Row
    ticket: Ticket | None
    kind: str

    @property
    def text(self) -> str:
        """What is to be done."""
        return self.row.action or (self.ticket.summary if self.ticket else "")

    @property
    def people(self) -> tuple[str, ...]:
        """Who has it: the ticket's assignee, else everybody whom the Owner cell mentions."""
        if self.ticket is not None:
            return (self.ticket.assignee.account,) if self.ticket.assignee else ()
        cell = self.row.cell(Column.OWNER)
        return tuple(mention.ref for mention in cell.mentions) if cell else ()

    @property
    def due(self) -> date | None:
        """By when: the ticket's date, else the one in the Due cell, where there is exactly one."""
        if self.ticket is not None:
            return self.ticket.due
        cell = self.row.cell(Column.DUE)
        return cell.dates[0] if cell and len(cell.dates) == 1 else None


class Review(Noun):
    """What a review says about an incident.

    `tickets` are those of its rows, by key, where Jira's word of today counts; without them the rows' cells say who and
    by when. `labels` and `priorities` are those of tickets as they are today, by key. `service_accounts` are no people.
    `highest_priorities` are what the highest priority is called. `others` are tickets that are actions without a row:
    those that a page made by people names elsewhere.

    `method_levels` is how many levels of a 5 Whys must be answered, `gap_minutes` how long a timeline may be silent.
    """

    incident: Incident
    page: ReviewPage
    sections: tuple[Section, ...]
    tickets: dict[str, Ticket] = Field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    priorities: dict[str, str] = Field(default_factory=dict)
    highest_priorities: tuple[str, ...] = ("Highest",)
    service_accounts: tuple[str, ...] = ()
    others: tuple[Ticket, ...] = ()
    method_levels: int = 3
    gap_minutes: int = 60

    def find(self, pack: Pack, name: SectionName) -> Section | None:
        """The section that a pack calls so, with all that stands under its lower headings; None where it is not."""
        return self.headed(section_headings(pack, name))

    def headed(self, headings: Iterable[str]) -> Section | None:
        """The first section under one of these headings, with all that stands under its lower headings."""
        known = {bare(heading) for heading in headings}
        for index, section in enumerate(self.sections):
            if section.heading and bare(section.heading) in known:
                return _whole(section, self.sections[index + 1 :])
        return None

    def below(self, section: Section) -> Iterator[Section]:
        """The sections of lower headings within a section."""
        index = next((i for i, one in enumerate(self.sections) if one.heading == section.heading), len(self.sections))
        for one in self.sections[index + 1 :]:
            if one.level <= section.level:
                return
            yield one

    def recorded(self, label: str) -> Cell | None:
        """The value cell of a row of the review record."""
        return self.page.record.get(fold(label))

    def actions(self) -> list[Action]:
        """Every row that says something, or has a ticket, and the tickets that no row shows."""
        kinds = self._kinds()
        found = []
        for row in self.page.rows:
            ticket = self.tickets.get(row.ticket or "")
            if row.action or row.ticket:
                labels = ticket.labels if ticket else self.labels.get(row.ticket or "", ())
                kind = kinds.get(row.index, "") or _label_kind(labels)
                found.append(Action(row=row, ticket=ticket, kind=kind))
        rowless = Row(index=-1, cells={}, obstacle="")
        found += [Action(row=rowless, ticket=ticket, kind=_label_kind(ticket.labels)) for ticket in self.others]
        return found

    def _kinds(self) -> dict[int, str]:
        """What people wrote into a column of classes, which is theirs, by the row's index."""
        width, height = len(self.page.columns), len(self.page.rows) + 1
        for table in (table for section in self.sections for table in section.tables):
            if len(table) == height and table and len(table[0]) == width:
                heads = [bare(head) for head in table[0]]
                column = next((heads.index(word) for word in KIND_HEADERS if word in heads), None)
                if column is not None:
                    return {n: row[column] for n, row in enumerate(table[1:]) if len(row) > column}
        return {}


KIND_HEADERS = ("class", "kind", "type", "action class", "category")
KINDS = ("preventive", "corrective", "remediation", "detective", "containment", "documentation")
"""The classes of actions, as a column or a ticket's label may say them."""


def kind_of(action: Action) -> str:
    """The class of an action, in our word; empty where it has none that is known."""
    said = fold(action.kind)
    return next((kind for kind in KINDS if said.startswith(kind[:7])), "")


def _label_kind(labels: tuple[str, ...]) -> str:
    folded = [label.casefold() for label in labels]
    return next((kind for kind in KINDS if kind in folded), "")


def section_headings(pack: Pack, name: SectionName) -> tuple[str, ...]:
    """The headings under which a pack knows a section; where it does not ask for it, the section's own name."""
    known = next((section.headings for section in pack.sections if section.name is name), None)
    return known or (name.value.replace("_", " "), *_USUAL.get(name, ()))


_USUAL = {
    SectionName.FACTORS: ("Contributing factors",),
    SectionName.CONTROLS: ("Failed controls",),
    SectionName.LESSONS: ("Lessons learned",),
}


def _whole(section: Section, rest: Iterable[Section]) -> Section:
    """A section with all that stands under lower headings; those headings are no text of it."""
    lines, tables = [*section.lines], [*section.tables]
    links, mentions, pictures = [*section.links], [*section.mentions], section.pictures
    for one in rest:
        if one.level <= section.level:
            break
        lines += one.lines
        tables += one.tables
        links += one.links
        mentions += one.mentions
        pictures += one.pictures
    return section.model_copy(
        update={
            "lines": tuple(lines),
            "tables": tuple(tables),
            "links": tuple(links),
            "mentions": tuple(mentions),
            "pictures": pictures,
        }
    )


def said(section: Section) -> tuple[str, ...]:
    """What a section says: its lines, and its tables' cells below their headers; places that are held left out."""
    cells = (cell for table in section.tables for row in table[1:] for cell in row)
    return tuple(words for words in (*section.lines, *cells) if not is_placeholder(words))


def items(section: Section) -> tuple[str, ...]:
    """What a section lists: each line, and each row of its tables, once."""
    rows = (" ".join(cell for cell in row if cell) for table in section.tables for row in table[1:])
    found = {bare(words): words for words in (*section.lines, *rows) if not is_placeholder(words)}
    return tuple(found.values())
