"""Find the review pages that state does not know: by receipts and remote links, else by title; a page is an incident's
only where it says so itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from .decision import Terms
from .directory import Sources
from .draft import page_mark
from .known import Known, memory_of, met
from .model import Incident
from .names import LINK_PREFIX, PAGE_LABEL, PAGE_PROPERTY, STAMP
from .page.named import issues_named
from .page.scan import BadPage
from .page_model import Page, PageHead, PageStatus, Property, Region, ReviewPage, current_first
from .plan import scope
from .ports import IntentStatus, Stamp
from .sight import prove_sight_without, read_together

AT_ONCE = 250
"""Pages of ours that are read together."""

PROMPT = timedelta(minutes=5)
"""Within this time of its closure an incident gets its page, where polls run; longer ago is worth one more read."""


@dataclass
class Located:
    """What was found. `pages` by page id; the others by incident id: `known` reviews, foreign `holders` of our titles,
    and ids of pages that `vanished`."""

    pages: dict[str, Page] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    holders: dict[str, PageHead] = field(default_factory=dict)
    vanished: dict[str, str] = field(default_factory=dict)


def locate(incidents: list[Incident], sources: Sources, terms: Terms, read: Callable[[Page], ReviewPage]) -> Located:
    """Look for the pages of incidents whose reviews state has not at hand. Raises AuthInDoubt."""
    return _Search(sources, terms, read).run(incidents)


class _Search:
    def __init__(self, sources: Sources, terms: Terms, read: Callable[[Page], ReviewPage]) -> None:
        self._sources = sources
        self._terms = terms
        self._read = read
        self._found = Located()

    def run(self, incidents: list[Incident]) -> Located:
        lost = [incident for incident in incidents if self._may_have_page(incident)]
        self._follow({incident.id: incident for incident in lost}, self._pointers(lost))
        # A page that was put away may have been made anew, and the incident have taken no link to the new one.
        self._find_by_title([incident for incident in lost if not self._has_current(incident.id)])
        self._find_anywhere([incident for incident in lost if incident.id not in self._found.known])
        return self._found

    def _has_current(self, incident_id: str) -> bool:
        known = self._found.known.get(incident_id)
        return known is not None and self._found.pages[known.page].status is PageStatus.CURRENT

    def _may_have_page(self, incident: Incident) -> bool:
        terms, born_with_owner = self._terms, self._sources.state.born_with_owner
        reviewed_once = incident.is_closed or any(e.after in incident.closed_statuses for e in incident.events)
        is_out = born_with_owner or not reviewed_once or incident.project not in terms.projects
        return not (scope(incident, terms) and is_out) or bool(self._receipt(incident.id))

    def _line(self, incident_id: str) -> IntentStatus | None:
        return self._sources.state.intents(incident_id).get(page_mark(self._terms.owner_id, incident_id))

    def _receipt(self, incident_id: str) -> str:
        """The id of the page that the journal says was made, or empty."""
        line = self._line(incident_id)
        return line.remote_id if line is not None and line.status == "done" else ""

    def _is_sending(self, incident_id: str) -> bool:
        """Whether the journal says that its page was about to be made, and not what became of it."""
        line = self._line(incident_id)
        return line is not None and line.status == "sending"

    def _gets_none(self, incident: Incident) -> bool:
        exempt = self._terms.exemption(incident) is not None
        return bool(scope(incident, self._terms)) or incident.is_restricted or exempt

    def _first_closed(self, incident: Incident) -> datetime:
        closings = [e.at for e in incident.events if e.after in incident.closed_statuses]
        known = [*closings, *([incident.closed] if incident.closed else [])]
        return min(known, default=self._sources.state.created_at)

    def _pointers(self, incidents: list[Incident]) -> dict[str, list[str]]:
        """Page ids by incident: the receipt's, and where another journal may have known of a page, the links'."""
        tracker, named = self._sources.tracker, dict[str, list[str]]()
        for incident in incidents:
            if receipt := self._receipt(incident.id):
                named[incident.id] = [receipt]
        unsure = [incident.id for incident in incidents if incident.id not in named and self._may_be_linked(incident)]
        for incident_id, links in zip(unsure, tracker.each(tracker.remote_links, unsure), strict=True):
            ids = [x.global_id.removeprefix(LINK_PREFIX) for x in links if x.global_id.startswith(LINK_PREFIX)]
            named[incident_id] = ids
        return named

    def _may_be_linked(self, incident: Incident) -> bool:
        """Whether a page may have been made that the journal does not know: by a journal before this one, or by this
        one itself, where an older copy of it was put back. An incident gets its page within minutes."""
        if not self._sources.state.born_with_owner:
            return True
        if self._gets_none(incident):
            return False
        return self._is_sending(incident.id) or self._first_closed(incident) < self._sources.now - PROMPT

    def _follow(self, incidents: dict[str, Incident], named: dict[str, list[str]]) -> None:
        ids = list(dict.fromkeys(page_id for several in named.values() for page_id in several))
        ours = {i: page_ids for i, page_ids in named.items() if self._may_have_had_page(incidents[i])}
        lost = {page_id for page_ids in ours.values() for page_id in page_ids}
        found = read_together(ids, lost, self._sources, self._terms) if ids else []
        pages = {page.id: page for page in found}
        if ids and not pages:
            prove_sight_without(lost, self._sources, self._terms)
        properties = self._properties(list(pages))
        for incident_id, page_ids in named.items():
            incident, there = incidents[incident_id], [pages[p] for p in page_ids if p in pages]
            if not any(self._bind(incident, page, properties[page.id]) for page in current_first(there)):
                # People deleted it; that we forgot it with our state does not bring it back.
                for page_id in ours.get(incident_id, ()):
                    if page_id not in pages:
                        self._found.vanished[incident_id] = page_id

    def _find_by_title(self, incidents: list[Incident]) -> None:
        terms, wiki = self._terms, self._sources.wiki
        asked = [i for i in incidents if not scope(i, terms) and not i.is_restricted]
        found = wiki.each(lambda i: wiki.titled(terms.space, terms.title.format(key=i.key)), asked)
        properties = self._properties([page.id for pages in found for page in pages])
        for incident, pages in zip(asked, found, strict=True):
            if incident.id in self._found.known:
                pages = [page for page in pages if page.status is PageStatus.CURRENT]
            # One of ours that was put away is found, too: its title may be free, but it is the review.
            if any(self._bind(incident, page, properties[page.id]) for page in pages):
                continue
            # What lies in the trash has given its title away.
            if pages and pages[0].status is not PageStatus.TRASHED:
                self._found.holders[incident.id] = pages[0]

    def _find_anywhere(self, incidents: list[Incident]) -> None:
        """Pages that people renamed or moved to another space, of incidents that took no link, by what all pages say
        that we made or that have our label: only for those of which an earlier state may have made one, or of which
        this one was about to."""
        asked = [i for i in incidents if self._may_be_forgotten(i)]
        lost = {incident.key: incident for incident in asked}
        wiki = self._sources.wiki
        heads = iter(wiki.ours(PAGE_LABEL) if lost else ())
        while ids := [head.id for head in islice(heads, AT_ONCE)]:
            told = [page for page in wiki.pages(ids) if self._may_be_of(page, lost)]
            properties = self._properties([page.id for page in told])
            for page in told:
                held = properties[page.id]
                incident = self._told_by(page, held, lost)
                # In another space a page without our property may be that of another pirsync, unless we made one and
                # know nothing more of it.
                is_near = held is not None or page.space == self._terms.space
                if incident is not None and (is_near or self._is_sending(incident.id)):
                    self._bind(incident, page, held)

    def _may_be_of(self, page: Page, lost: Mapping[str, Incident]) -> bool:
        """Whether a page may be the review of one of them: it names it, or people made it and it need not."""
        return Region.SUMMARY.value not in page.body or any(key in page.body for key in lost)

    def _told_by(self, page: Page, found: Property | None, lost: Mapping[str, Incident]) -> Incident | None:
        """Which of them a page says that it is the review of: in its first lines, or where people made it, beside."""
        memory = memory_of(found)
        if memory is not None and memory.is_adopted:
            return next((incident for incident in lost.values() if incident.id == memory.incident), None)
        cell = self._read(page).summary.get("incident")
        return lost.get(cell.issue_key or "") if cell is not None else None

    def _may_be_forgotten(self, incident: Incident) -> bool:
        if scope(incident, self._terms) or incident.is_restricted:
            return False
        return self._is_older(incident) or self._is_sending(incident.id)

    def _may_have_had_page(self, incident: Incident) -> bool:
        """Whether a page that is there no more may have been ours; else its link on the incident is another pirsync's,
        on another Confluence or tried out before, whose pages are none of our business."""
        return bool(self._receipt(incident.id)) or self._is_older(incident)

    def _is_older(self, incident: Incident) -> bool:
        """Whether a journal before this one may have made its page."""
        state = self._sources.state
        return not state.born_with_owner and self._first_closed(incident) <= state.created_at

    def _properties(self, page_ids: list[str]) -> dict[str, Property | None]:
        wiki = self._sources.wiki
        return dict(zip(page_ids, wiki.each(lambda p: wiki.property(p, PAGE_PROPERTY), page_ids), strict=True))

    def _bind(self, incident: Incident, page: Page, found: Property | None) -> bool:
        """Whether a found page is this incident's: its property says so, or it is ours and died before it got one."""
        memory = memory_of(found)
        if memory is not None:
            bound = (memory.page, memory.incident, memory.owner) == (page.id, incident.id, self._terms.owner_id)
        else:
            cell = self._read(page).summary.get("incident")
            bound = cell is not None and cell.issue_key == incident.key and self._was_ours(page)
        if bound:
            self._found.pages[page.id] = page
            self._found.known[incident.id] = met(incident.key, page, memory, found)
        return bound

    def _was_ours(self, page: Page) -> bool:
        """Whether we made the page, whoever wrote over it since; a copy's first version is not ours."""
        account = self._terms.wiki_account
        stamp = Stamp(prefix=STAMP, account=account, newest=1)
        return page.author == account or self._sources.wiki.stamped(page, stamp) is not None


def names(page: Page, review: ReviewPage, site_url: str) -> tuple[str, ...]:
    """The keys of the issues that a page names, those in its action table first; none where it is not well formed."""
    rows = (row.ticket for row in review.rows if row.ticket)
    try:
        return tuple(dict.fromkeys((*rows, *issues_named(page.body, site_url))))
    except BadPage:
        return ()
