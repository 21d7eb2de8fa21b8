"""A poll: mark what has news as dirty, and only then move the watermark. What is news is decided by content.

One search serves incidents and tickets; pages are watched by their versions (Cloud) or by label search (Data Center).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pirsync.known import Known, work_key
from pirsync.recall import KeptIndex, KeptTicket, Place, distrust, recall, recall_all, trusted

from . import mapping
from .decision import FindingKind, Terms
from .draft import mark_label
from .errors import AuthInDoubt, Rejected, Unavailable
from .findings import found_of
from .model import Incident, Ticket, Trail
from .names import PAGE_LABEL, TICKET_LABEL
from .observe import Readings
from .page_model import PageHead
from .ports import Query, RawIssue, State, Want, World
from .practice import Practice
from .raw import items, table
from .record import as_any_read_tells, slim
from .sight import failing_pages, prove_sight_without, unseen

UNREAD = -1
"""In place of the version of a page that could not be read."""

LINK_FIELDS = ("issuelinks", "Link")
"""What changelogs call an issue's links: the field's id, or where an entry has none, its name."""


def incident_query(practice: Practice) -> Query:
    """Every incident of the team that may be in scope. Nothing that was closed in scope is older than that."""
    terms = practice.terms
    return Query(
        projects=terms.projects,
        issue_types=() if terms.every_type else terms.issue_types,
        extra_jql=practice.extra_jql,
        updated_since=terms.closed_since,
    )


def is_ticket(raw: RawIssue) -> bool:
    """Whether an issue is an action item's ticket: those carry our label, and are never incidents themselves."""
    labels = items(table(raw.get("fields")).get("labels"))
    return TICKET_LABEL in labels or any(str(label).startswith(mark_label("")) for label in labels)


def poll(world: World, readings: Readings, overlap: timedelta) -> PageHead | None:
    """Mark everything with news since the watermark as due now, then move the watermark to the poll's start.

    What had news is read by another process should this one die, for no poll finds it again. The answer is the index
    page's head, where the watch of the pages showed it.
    """
    state, terms = world.state, readings.practice.terms
    started = world.clock.now()
    since = state.watermark(terms.team)
    assert since is not None  # without one there is nothing to poll from, and a full pass runs instead
    for raw in _news(world, readings.practice, since):
        if is_ticket(raw):
            _take_ticket(raw, readings, state, started)
        else:
            _take_incident(raw, readings, state, started)
    index = _watch_pages(world, readings, since, started)
    state.set_watermark(terms.team, started - overlap)
    return index


def _news(world: World, practice: Practice, since: datetime) -> Iterator[RawIssue]:
    incidents = incident_query(practice).model_copy(update={"updated_since": since})
    wants = (mapping.want_incident(practice.resolved), practice.want_ticket)
    want = Want(
        fields=tuple(dict.fromkeys(wants[0].fields + wants[1].fields)),
        expand=tuple(dict.fromkeys(wants[0].expand + wants[1].expand)),
        properties=wants[1].properties,
    )
    if not practice.extra_jql:
        yield from world.tracker.search(incidents.model_copy(update={"labels": (TICKET_LABEL,)}), want)
        return
    # The extra JQL narrows incidents only, so that tickets need a search of their own.
    yield from world.tracker.search(incidents, want)
    yield from world.tracker.search(Query(labels=(TICKET_LABEL,), updated_since=since), wants[1])


def _take_incident(raw: RawIssue, readings: Readings, state: State, now: datetime) -> None:
    incident = readings.take_incident(raw)
    kept, fresh = trusted(state, "incident", incident.id, Incident), slim(incident)
    before = kept.model_dump(mode="json") if kept is not None else None
    if before == fresh or not _could_matter(incident, readings.practice, state):
        return
    if before is not None and _differ_in_tickets_alone(before, fresh, incident.id, state):
        state.cache("incident", {incident.id: fresh})
        return
    key = work_key(readings.practice.terms.team, incident.id)
    _mark(state, now, _Seen(key, incident.id, fresh, "incident changed"))
    distrust(state, "incident", [incident.id])


@dataclass(frozen=True)
class _Seen:
    """What a poll found, by its id: with which content, and for which line of the dirty set that may be news."""

    key: str
    id: str
    content: Mapping[str, Any]
    reason: str


def _mark(state: State, now: datetime, seen: _Seen) -> None:
    """Look at the incident now; but what it failed with is no news, and waits until that is tried again. Nor is what
    becomes of the page and tickets of one that is gone: until it can be read, they stay as they are."""
    incident_id = seen.key.rpartition("/")[2]
    if seen.id != incident_id and any(f.kind is FindingKind.INCIDENT_GONE for f in found_of(state, incident_id)):
        return
    due = state.owed(seen.key)
    if due is not None and due.tries:
        tried = state.cached("tried", seen.key) or {}
        if tried.get(seen.id) == seen.content:
            return
        state.cache("tried", {seen.key: {**tried, seen.id: seen.content}})
    state.mark_dirty(seen.key, now, seen.reason)


def _differ_in_tickets_alone(before: dict[str, Any], after: dict[str, Any], incident_id: str, state: State) -> bool:
    return _but_for_tickets(before, incident_id, state) == _but_for_tickets(after, incident_id, state)


def _but_for_tickets(incident: dict[str, Any], incident_id: str, state: State) -> dict[str, Any]:
    """Links to the tickets that its review has are no news: most of them came with tickets that we created.

    Their history is none either, for it says nothing that the links do not.
    """
    review = recall(state, "review", incident_id, Known)
    ours = set(review.tickets if review is not None else ())
    links = [link for link in incident["links"] if link["other_id"] not in ours]
    return {**incident, "links": links, "events": [e for e in incident["events"] if e["field"] not in LINK_FIELDS]}


def _could_matter(incident: Incident, practice: Practice, state: State) -> bool:
    """An open incident without a review is nothing to do; it is news again when it is closed."""
    covered = incident.project in practice.terms.projects
    return covered and (incident.is_closed or recall(state, "review", incident.id, Known) is not None)


def _take_ticket(raw: RawIssue, readings: Readings, state: State, now: datetime) -> None:
    ticket = readings.take_ticket(raw)
    known, kept = (look(state, "ticket", ticket.id, KeptTicket) for look in (recall, trusted))
    if kept is not None and kept.ticket == _as_kept(ticket, kept.ticket):
        return
    terms = readings.practice.terms
    incidents = {link.other_id for link in ticket.links} if kept is None else set[str]()
    incidents |= {known.incident} if known is not None else set()
    if ticket.mark is not None and ticket.mark.owner == terms.owner_id:
        incidents.add(ticket.mark.incident)
    for incident_id in sorted(incidents):
        # Tickets are searched for everywhere; those of another team's reviews are that team's news.
        if _reviewing_team(incident_id, state) == terms.team:
            key = work_key(terms.team, incident_id)
            _mark(state, now, _Seen(key, ticket.id, as_any_read_tells(ticket), f"{ticket.key} changed"))
            distrust(state, "ticket", [ticket.id])


def _reviewing_team(incident_id: str, state: State) -> str | None:
    """Whose review an incident has; None when no review is remembered."""
    review = recall(state, "review", incident_id, Known)
    place = recall(state, "page", review.page, Place) if review is not None else None
    return place.team if place is not None else None


def _as_kept(ticket: Ticket, kept: Ticket) -> Ticket:
    """Data Center's search answers without properties; what is known of the mark does not count as a change. Nor does
    what a ticket holds before it is done."""
    trail = _trail_as_kept(ticket.trail, kept.trail) if ticket.is_done else kept.trail
    mark = ticket.mark if ticket.mark is not None else kept.mark
    return ticket.model_copy(update={"trail": trail, "mark": mark})


def _trail_as_kept(trail: Trail | None, kept: Trail | None) -> Trail | None:
    """A search tells nothing of links to the outside. Where they were asked for, because the ticket had no other
    proof, anything that happens to it may be a new one; elsewhere that it was updated is no news."""
    if trail is None or kept is None:
        return trail
    more: dict[str, object] = {"outside": kept.outside}
    if kept.outside is None:
        more["updated"] = kept.updated
    if trail.is_whole:
        more["comments"] = kept.comments
    elif trail.comments == kept.comments:
        more |= {"addresses": kept.addresses, "is_whole": kept.is_whole}
    return trail.model_copy(update=more)


def _watch_pages(world: World, readings: Readings, since: datetime, now: datetime) -> PageHead | None:
    terms, state = readings.practice.terms, world.state
    if terms.deployment == "cloud":
        watched = {k: v for k, v in recall_all(state, "open", Place).items() if v.team == terms.team}
        versions = _versions(watched, world, terms) if watched else {}
        if versions and not any(version > 0 for version in versions.values()):
            gone = [page_id for page_id, version in versions.items() if not version]
            _doubt_sight(gone, readings)
        for page_id, version in versions.items():
            if version != watched[page_id].version:
                _mark(state, now, _page(watched[page_id], page_id, version))
        return None
    kept, found = recall(state, "index", terms.team, KeptIndex), None
    index, is_blind = kept.page if kept is not None else "", True
    for head in world.wiki.labelled(terms.space, PAGE_LABEL, since, (index,) if index else ()):
        found, is_blind = head if head.id == index else found, False
        seen = recall(state, "page", head.id, Place)
        if seen is not None and seen.team == terms.team and seen.version != head.version:
            _mark(state, now, _page(seen, head.id, head.version))
    # Not even the index: there is none, or we may see nothing any more.
    if is_blind and (lost := unseen(world.wiki, state, terms)):
        prove_sight_without(lost, readings.sources, terms)
    return found


def _doubt_sight(lost: Collection[str], readings: Readings) -> None:
    """Raises AuthInDoubt where Confluence shows none of our pages. Where that cannot be told, all these are news, and
    each review is to find out for itself and fail alone."""
    try:
        prove_sight_without(lost, readings.sources, readings.practice.terms)
    except AuthInDoubt:
        raise
    except Unavailable:
        return


def _versions(watched: Mapping[str, Place], world: World, terms: Terms) -> dict[str, int]:
    """The version of each page that is watched, 0 where there is none to be seen.

    What the list does not show is read by itself. Where that fails, the page is news: its own review is to fail with
    it, no poll. One whose review fails already is left until its time.
    """

    def alone(page_id: str) -> int:
        try:
            page = world.wiki.page(page_id)
        except AuthInDoubt:
            raise
        except (Unavailable, Rejected):
            return UNREAD
        return page.version if page is not None else 0

    found = {head.id: head.version for head in world.wiki.listed(watched)}
    failing = failing_pages(world.state, terms)
    rest = [page_id for page_id in watched if page_id not in found and page_id not in failing]
    return {**found, **dict(zip(rest, world.wiki.each(alone, rest), strict=True))}


def _page(place: Place, page_id: str, version: int) -> _Seen:
    return _Seen(work_key(place.team, place.incident), page_id, {"version": version}, "page changed")
