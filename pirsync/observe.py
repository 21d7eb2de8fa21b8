"""Read what a decision needs, for many incidents in few requests; it is given only what can read.

Within a pass nothing is read twice: `Readings` keeps what was read and what our own writes answered. A full pass
believes only what it reads; a poll also believes what state remembers of issues that no poll has named since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import TypeVar

from pirsync.known import Known, memory_of
from pirsync.recall import KeptTicket, distrust, is_read, last_keys, recall, trusted

from . import mapping
from .adoption import unlinked
from .base import newest_of_ours
from .comments import touched
from .decision import Candidate, Journal, Observed, Wishes
from .directory import Directory, Sources
from .history import hear
from .locate import locate, names
from .model import Incident, Ticket
from .names import PAGE_PROPERTY, STAMP
from .page.packet import Piece
from .page.review import read_review, without_tickets
from .page.scan import BadPage
from .page_model import Invited, Page, PageHead, PageStatus, ReviewPage
from .policy.evidence import asking
from .ports import RawIssue, Stamp
from .practice import Practice
from .proof import sought
from .rows import awaited_items, hand_links_of, is_incident
from .sight import prove_sight_without
from .vouch import vouched

T = TypeVar("T")


class Trust(Enum):
    """Whether what state remembers of an issue may stand for reading it."""

    READ = "read"
    REMEMBERED = "remembered"


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


@dataclass
class Readings:
    """What one pass has read for one team's incidents. Keys of all dictionaries are remote ids."""

    sources: Sources
    practice: Practice
    trust: Trust
    incidents: dict[str, Incident] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    absent_pages: set[str] = field(default_factory=set)
    pages: dict[str, Page] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    holders: dict[str, PageHead] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    located: set[str] = field(default_factory=set)
    vanished: dict[str, str] = field(default_factory=dict)
    bases: dict[str, ReviewPage | None] = field(default_factory=dict)
    reviews: dict[tuple[str, int], ReviewPage] = field(default_factory=dict)
    partial: dict[str, RawIssue] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    ids_by_key: dict[str, str] = field(default_factory=dict)
    ids_by_incident: dict[str, set[str]] = field(default_factory=dict)
    invited: dict[str, Invited] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    packets: dict[str, tuple[Piece, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory = Directory(self.sources, self.practice.terms)

    # ------------------------------------------------------------ incidents

    def take_incident(self, raw: RawIssue) -> Incident:
        """Keep an issue that was read as an incident."""
        incident = mapping.incident(raw, self.practice.resolved, self.practice.context)
        if not incident.events_complete:
            histories = self.sources.tracker.changelog(incident.id)
            whole = {**raw, "changelog": {"total": len(histories), "histories": histories}}
            incident = mapping.incident(whole, self.practice.resolved, self.practice.context)
        if mapping.lacks_comments(raw):
            self.partial[incident.id] = raw
        self.incidents[incident.id] = incident
        return incident

    def take_ticket(self, raw: RawIssue) -> Ticket:
        """Keep an issue that was read as a ticket."""
        ticket = mapping.ticket(raw, self.practice.context)
        if self.practice.terms.procedures.reads_trails:
            # Polls tell more of a ticket than other reads do: what is kept of it must not depend on who asked.
            told = {"trail": mapping.trail(raw), "priority": mapping.priority(raw)}
            ticket = ticket.model_copy(update=told)
        if self.practice.terms.ladder.on:
            ticket = ticket.model_copy(update={"touched": touched(raw, self.practice.terms.tracker_account)})
        return self.keep_ticket(ticket)

    def keep_ticket(self, ticket: Ticket) -> Ticket:
        """Have a ticket at hand by its id, its key and the incident that its mark names."""
        self.tickets[ticket.id] = ticket
        self.ids_by_key[ticket.key] = ticket.id
        if ticket.mark is not None:
            self.ids_by_incident.setdefault(ticket.mark.incident, set()).add(ticket.id)
        return ticket

    def forget_ticket(self, ref: str) -> None:
        """Have a ticket read again, by id or key, after we wrote to it."""
        ticket_id = self.ids_by_key.get(ref, ref)
        self.tickets.pop(ticket_id, None)
        self.written.add(ticket_id)

    def forget_page(self, incident_id: str) -> None:
        """Have an incident's page and property read again, after somebody else wrote to them or a reply was lost; and
        before the next create, have it looked for."""
        known = self.known.get(incident_id)
        self.located.discard(incident_id)
        self.looked.discard(incident_id)
        if known is None:
            return
        self.pages.pop(known.page, None)
        self.bases.pop(known.page, None)
        self._read_memories({incident_id: known})

    def _read_memories(self, reviews: Mapping[str, Known]) -> None:
        """Have these reviews at hand with what their pages' properties say now."""
        wiki = self.sources.wiki
        properties = wiki.each(lambda page: wiki.property(page, PAGE_PROPERTY), [one.page for one in reviews.values()])
        for (incident_id, known), found in zip(reviews.items(), properties, strict=True):
            memory = memory_of(found)
            # A page that was let go, and is adopted again, says nothing of this incident yet.
            is_bound = memory is not None and memory.incident == incident_id
            fresh = {"memory": memory if is_bound else None, "memory_property": found, "is_adopted": known.is_peoples}
            self.known[incident_id] = known.model_copy(update=fresh)

    def complete_notes(self, incident_id: str) -> Incident:
        """The incident with all its comments, where the search answered with some of them."""
        raw = self.partial.pop(incident_id, None)
        if raw is not None:
            whole = [dict(comment) for comment in self.sources.tracker.comments(incident_id)]
            self.take_incident(mapping.with_comments(raw, whole))
        return self.incidents[incident_id]

    def read_incidents(self, ids: Iterable[str]) -> None:
        """Have these incidents at hand: from this pass, from memory where it is trusted, else read in bulk."""
        missing = [i for i in dict.fromkeys(ids) if i not in self.incidents]
        if self.trust is Trust.REMEMBERED:
            for incident_id in missing:
                if kept := trusted(self.sources.state, "incident", incident_id, Incident):
                    self.incidents[incident_id] = kept
            missing = [i for i in missing if i not in self.incidents]
        if missing:
            want = mapping.want_incident(self.practice.resolved)
            for raw in self.sources.tracker.issues(missing, want):
                self.take_incident(raw)
            # Data Center's search may lag behind, and a moved incident keeps its id.
            unseen = [i for i in missing if i not in self.incidents]
            for one in filter(None, self.sources.tracker.each(lambda i: self.sources.tracker.issue(i, want), unseen)):
                self.take_incident(one)

    # ------------------------------------------------------------ pages

    def read_pages(self, ids: Iterable[str]) -> None:
        """Have the review pages of these incidents at hand, in bulk; look for those that nobody remembers."""
        incidents = [self.incidents[i] for i in ids if i in self.incidents]
        doubtful: dict[str, Known] = {}
        for incident in incidents:
            if incident.id not in self.known and (kept := recall(self.sources.state, "review", incident.id, Known)):
                known = self.known if is_read(self.sources.state, "review", incident.id) else doubtful
                known[incident.id] = kept
        self._read_memories(doubtful)
        self._locate([i for i in incidents if i.id not in self.known and i.id not in self.located])
        wanted = [self.known[i.id].page for i in incidents if i.id in self.known]
        missing = [page for page in dict.fromkeys(wanted) if page not in self.pages and page not in self.absent_pages]
        self.pages |= {page.id: page for page in self.sources.wiki.pages(missing)} if missing else {}
        unseen = [page for page in missing if page not in self.pages]
        if unseen and len(unseen) == len(missing):
            prove_sight_without(unseen, self.sources, self.practice.terms)
        for page_id, page in zip(unseen, self.sources.wiki.each(self.sources.wiki.page, unseen), strict=True):
            if page is None:
                self.absent_pages.add(page_id)
            else:
                self.pages[page_id] = page
        self._locate_again([i for i in incidents if i.id in self.known and i.id not in self.located])

    def _locate_again(self, incidents: list[Incident]) -> None:
        """Look for pages that people asked for in the place of those that are gone: a reply may have been lost."""
        pages = {i.id: self.pages.get(self.known[i.id].page) for i in incidents}
        gone = [i for i in incidents if (page := pages[i.id]) is None or page.status is PageStatus.TRASHED]
        wishes = {i.id: recall(self.sources.state, "wish", i.id, Wishes) for i in gone}
        wanted = [i for i in gone if (wish := wishes[i.id]) is not None and wish.recreate]
        if wanted:
            before = {i.id: self.known.pop(i.id) for i in wanted}
            self._locate(wanted)
            self.known = before | self.known

    def _locate(self, incidents: list[Incident]) -> None:
        found = locate(incidents, self.sources, self.practice.terms, self.read)
        self.pages |= found.pages
        self.known |= found.known
        self.holders |= found.holders
        self.vanished |= found.vanished
        # Only now: what could not be read was not looked for, and looks absent to nobody.
        self.located.update(incident.id for incident in incidents)

    def read(self, page: Page) -> ReviewPage:
        """A page's review, read once a version; one that cannot be read has no rows, and says why."""
        if (found := self.reviews.get((page.id, page.version))) is None:
            try:
                found = read_review(page.body, self.practice.terms.headers)
            except BadPage as error:
                problem = f"its page cannot be read: {error}"
                found = ReviewPage(summary={}, record={}, columns=(), rows=(), row_end=None, problems=(problem,))
            self.reviews[page.id, page.version] = found
        return found

    def named(self, incident_id: str) -> tuple[str, ...]:
        """The keys of the issues that the incident's page names, where people made it; those in rows included."""
        known = self.known.get(incident_id)
        page = self.pages.get(known.page) if known is not None and known.is_peoples else None
        return names(page, self.read(page), self.practice.context.site_url) if page is not None else ()

    # ------------------------------------------------------------ tickets

    def read_tickets(self, ids: Iterable[str], journals: Mapping[str, Journal]) -> None:
        """Have the tickets of these incidents at hand: those that rows, links, memory and the journal name."""
        wanted, doubtful = dict[str, None](), set(self.written)
        for incident_id in ids:
            if incident_id in self.known and (incident := self.incidents.get(incident_id)) is not None:
                wanted |= dict.fromkeys(self._ticket_refs(incident, journals[incident_id]))
                doubtful |= unlinked(incident, self.known[incident_id].memory, self.practice.terms)
        missing = [ref for ref in wanted if ref not in self.absent and self._ticket(ref) is None]
        asks = self.practice.terms.procedures.reads_trails
        if self.trust is Trust.REMEMBERED:
            for ref in (ref for ref in missing if ref not in doubtful):
                kept = trusted(self.sources.state, "ticket", ref, KeptTicket)
                if kept is not None and (kept.ticket.trail is not None or not asks):
                    self.keep_ticket(kept.ticket)
            missing = [ref for ref in missing if self._ticket(ref) is None]
        want = self.practice.want_ticket
        for raw in self.sources.tracker.issues(missing, want) if missing else ():
            self.take_ticket(raw)
        # Search may lag behind a create, and a moved ticket answers to its old key only when asked for it.
        unseen = [ref for ref in missing if self._ticket(ref) is None]
        singles = self.sources.tracker.each(lambda ref: self.sources.tracker.issue(ref, want), unseen)
        for ref, one in zip(unseen, singles, strict=True):
            if one is None:
                self.absent.add(ref)
            else:
                self.ids_by_key[ref] = self.take_ticket(one).id
        # Else the next poll would believe that they are there.
        distrust(self.sources.state, "ticket", self.absent.intersection(unseen))

    def _ticket(self, ref: str) -> Ticket | None:
        return self.tickets.get(self.ids_by_key.get(ref, ref))

    def _ticket_refs(self, incident: Incident, journal: Journal) -> list[str]:
        """Ids where they are known, else the keys that rows show."""
        known = self.known[incident.id]
        links = hand_links_of(incident, self.practice.terms)
        by_key = {link.other_key: link.other_id for link in links}
        for ref in known.tickets:
            if ticket := self.tickets.get(ref):
                by_key[ticket.key] = ticket.id
        refs = [*by_key.values(), *known.tickets]
        if known.memory is not None:
            refs += known.memory.tickets
        for intent in journal.tickets:
            if intent.remote_id:
                refs.append(intent.remote_id)
                by_key[intent.remote_key] = intent.remote_id
        for key, ref in by_key.items():
            # A ticket that was moved is still named by its first key: in its row, in the journal, and in the links of
            # an incident that was read before.
            self.ids_by_key.setdefault(key, ref)
        page = self.pages.get(known.page)
        shown = self._shown(self.read(page) if page is not None else None, known.page)
        return [*refs, *(by_key.get(key, key) for key in (*shown, *self.named(incident.id)))]

    def _shown(self, review: ReviewPage | None, page_id: str) -> list[str]:
        """The keys that rows show, and those that our newest version shows: a stale draft may have taken them out."""
        base = self.bases.get(page_id)
        rows = (*(review.rows if review is not None else ()), *(base.rows if base is not None else ()))
        return [row.ticket for row in rows if row.ticket]

    def _marked(self, ticket: Ticket, incident: Incident, journal: Journal) -> Ticket:
        """The ticket with its mark; on Data Center, whose searches tell none, one that nothing vouches for is read."""
        # Without a page it may be a ticket of another's that names this incident.
        terms, known = self.practice.terms, self.known.get(incident.id)
        is_peoples, memory = (known.is_peoples, known.memory) if known is not None else (False, None)
        if ticket.mark is not None or terms.deployment == "cloud" or (is_peoples and is_incident(ticket, terms)):
            return ticket

        def kept() -> Ticket | None:
            found = recall(self.sources.state, "ticket", ticket.id, KeptTicket)
            return found.ticket if found is not None else None

        told = vouched(ticket, kept, (incident, memory, journal), terms)
        if told is None:
            raw = self.sources.tracker.issue(ticket.id, self.practice.want_ticket)
            return self.take_ticket(raw) if raw is not None else ticket
        # State remembers a mark whichever read came last.
        return self.keep_ticket(told)

    # ------------------------------------------------------------ one incident

    def observe(self, incident_id: str, journal: Journal) -> Observed:
        """Everything that was read for one incident; what only some decisions need is read here, and remembered."""
        directory = self.directory
        incident = self.incidents[incident_id]
        known = self.known.get(incident_id)
        page = self.pages.get(known.page) if known else None
        is_adopted = known is not None and known.is_peoples
        gone = "" if known is None or page is not None else _gone(known.page)
        gone = gone or (_gone(self.vanished[incident_id]) if known is None and incident_id in self.vanished else "")
        # A page that people ask to be made again counts as never made, whatever has become of its incident.
        is_wanted = journal.wishes.recreate and (gone or (page is not None and page.status is PageStatus.TRASHED))
        if is_wanted:
            known, page, gone = None, None, ""
        review = self.read(page) if page is not None else None
        if review is not None and journal.wishes.remake:
            review = without_tickets(review, {key for key in journal.wishes.remake if self._ticket(key) is None})
        refs = dict.fromkeys(self._ticket_refs(incident, journal) if known is not None else ())
        refs |= dict.fromkeys(sorted(self.ids_by_incident.get(incident_id, ())))
        refs |= dict.fromkeys(self._shown(review, page.id) if page is not None else ())
        procedures = self.practice.terms.procedures
        if procedures.asks_of_tickets and (packs := procedures.concerning(incident, review)):
            at_hand = [ticket for ref in refs if (ticket := self._ticket(ref)) is not None]
            for ticket in sought(at_hand, asking(packs), packs, self.sources.tracker):
                self.keep_ticket(ticket)
        tickets = {r: self._marked(t, incident, journal) for r in refs if (t := self._ticket(r)) is not None}
        memory = known.memory if known else None
        awaited = awaited_items(incident, review, memory, self.practice.terms)
        return Observed(
            incident=incident,
            page=page,
            review=review,
            base=self.bases.get(page.id) if page is not None else None,
            gone=gone,
            title_holder=self.holders.get(incident_id),
            memory=memory,
            memory_property=known.memory_property if known else None,
            tickets=_by_id_and_old_key(tickets),
            # Nobody is named on a page that is not written, and no ticket is made for it.
            owners={} if is_adopted else directory.owners(review),
            mentions={} if is_adopted else directory.mentions(incident, review, tickets.values(), awaited),
            screen=None if is_adopted else directory.screen(review),
            heard=hear(incident, (page, review, known), self.sources.wiki, directory),
            invited=self.invited.get(page.id) if page is not None else None,
            candidate=self.candidates.get(incident_id),
            is_adopted=is_adopted,
            is_wanted=bool(is_wanted),
            named=self.named(incident_id),
            names=directory.names(incident),
            lost=last_keys(self.sources.state, self.absent.intersection(memory.tickets if memory else ())),
        )

    def tickets_of(self, incident_id: str) -> list[Ticket]:
        """The tickets that are at hand for one incident: those in memory, and those that carry its mark."""
        known = self.known.get(incident_id)
        refs = set(self.ids_by_incident.get(incident_id, ()))
        if known is not None and known.memory is not None:
            refs.update(known.memory.tickets)
        return [ticket for ref in sorted(refs) if (ticket := self.tickets.get(ref)) is not None]

    def release(self, ids: Iterable[str]) -> None:
        """Let go of incidents that are settled, so that a pass over any history stays small."""
        for incident_id in ids:
            for ticket in self.tickets_of(incident_id):
                self.tickets.pop(ticket.id, None)
                self.ids_by_key.pop(ticket.key, None)
            self.ids_by_incident.pop(incident_id, None)
            self.incidents.pop(incident_id, None)
            self.candidates.pop(incident_id, None)
            self.partial.pop(incident_id, None)
            known = self.known.pop(incident_id, None)
            if known is not None:
                page = self.pages.pop(known.page, None)
                self.bases.pop(known.page, None)
                if page is not None:
                    self.reviews.pop((page.id, page.version), None)

    def read_base(self, incident_id: str, page: Page) -> None:
        """Have the newest version at hand that is ours; only a page that will be written needs it."""
        memory = self.known[incident_id].memory
        stamp = Stamp(
            prefix=STAMP, account=self.practice.terms.wiki_account, newest=memory.stamped if memory is not None else 0
        )
        if stamp.is_on(page):
            self.bases[page.id] = self.read(page)
        elif kept := recall(self.sources.state, "base", page.id, ReviewPage):
            self.bases[page.id] = kept
        else:
            self.bases[page.id] = newest_of_ours(page, stamp, self.sources.wiki, self.read)


def _by_id_and_old_key(tickets: Mapping[str, Ticket]) -> dict[str, Ticket]:
    """By id; and by the key that a row still shows for a ticket that was moved since."""
    old = {ref: ticket for ref, ticket in tickets.items() if ref not in (ticket.id, ticket.key)}
    return {ticket.id: ticket for ticket in tickets.values()} | old


def _gone(page_id: str) -> str:
    return f"its page (id {page_id}) is deleted, or our account may not see it: restore it, or give us access"
