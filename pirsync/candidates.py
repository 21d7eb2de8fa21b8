"""Read the pages that people want adopted, and have one at hand as a review from then on, or let it go."""

from __future__ import annotations

from collections.abc import Mapping

from .decision import Candidate, Journal
from .known import Known, memory_of, of_people
from .names import LINK_PREFIX, PAGE_PROPERTY
from .observe import Readings
from .page.index import read_index
from .page.scan import BadPage
from .page_model import Page, Property
from .recall import Place, recall


def read_candidates(readings: Readings, journals: Mapping[str, Journal]) -> None:
    """Have the pages at hand that people want adopted for incidents without a review, and know which were let go."""
    asked = {
        incident_id: said.wishes.adopt
        for incident_id, said in journals.items()
        if said.wishes.adopt and incident_id not in readings.known and incident_id not in readings.candidates
    }
    wiki, ids = readings.sources.wiki, list(dict.fromkeys(asked.values()))
    pages = {page.id: page for page in wiki.pages(ids)} if ids else {}
    # One that was put away is not always told in bulk.
    unseen = [page_id for page_id in ids if page_id not in pages]
    pages |= {page.id: page for page in wiki.each(wiki.page, unseen) if page is not None}
    properties = dict(zip(pages, wiki.each(lambda p: wiki.property(p, PAGE_PROPERTY), list(pages)), strict=True))
    for incident_id, page_id in asked.items():
        page = pages.get(page_id)
        seen = _seen(readings, incident_id, page, properties[page_id]) if page is not None else None
        readings.candidates[incident_id] = seen or Candidate(asked=page_id, page=None)
    for incident_id, said in journals.items():
        gone = _let_go(readings, incident_id) if said.wishes.release and incident_id not in readings.known else ""
        if gone:
            readings.candidates[incident_id] = Candidate(asked=gone, page=None)


def _let_go(readings: Readings, incident_id: str) -> str:
    """The page that was let go and of which the index may still tell, or empty. Where the state was lost since, the
    incident's link leads to it, and its property names no incident."""
    sources = readings.sources
    if (known := sources.state.cached("let-go", incident_id)) is not None:
        return str(known["page"])
    links = sources.tracker.remote_links(incident_id)
    ids = [link.global_id.removeprefix(LINK_PREFIX) for link in links if link.global_id.startswith(LINK_PREFIX)]
    owner = readings.practice.terms.owner_id
    for page_id in ids:
        memory = memory_of(sources.wiki.property(page_id, PAGE_PROPERTY))
        if memory is not None and (memory.page, memory.incident, memory.owner) == (page_id, "", owner):
            return page_id
    return ""


def _seen(readings: Readings, incident_id: str, page: Page, found: Property | None) -> Candidate:
    place = recall(readings.sources.state, "page", page.id, Place)
    is_others = place is not None and place.incident != incident_id
    other = recall(readings.sources.state, "review", place.incident, Known) if place is not None and is_others else None
    cell = readings.read(page).summary.get("incident")
    return Candidate(
        asked=page.id,
        page=page,
        found=found,
        memory=memory_of(found),
        holder=other.key if other is not None and other.page == page.id else "",
        incident=(cell.issue_key or "") if cell is not None else "",
        is_index=_is_index(page),
    )


def _is_index(page: Page) -> bool:
    try:
        return read_index(page.body).start is not None
    except BadPage:
        return False


def adopt(readings: Readings, incident_id: str) -> None:
    """Have the page that people want adopted at hand as the incident's review."""
    candidate = readings.candidates[incident_id]
    assert candidate.page is not None  # only a page that was read is adopted
    readings.pages[candidate.page.id] = candidate.page
    readings.known[incident_id] = of_people(readings.incidents[incident_id].key, candidate.page, candidate.found)


def let_go(readings: Readings, incident_id: str) -> None:
    """Have the incident's page be no review any more; that it was one is remembered until the index says so, too."""
    known = readings.known.pop(incident_id)
    readings.pages.pop(known.page, None)
    readings.sources.state.cache("let-go", {incident_id: {"page": known.page}})
    for kind, key in (("review", incident_id), ("page", known.page), ("open", known.page)):
        readings.sources.state.drop(kind, [key])
