"""A poll: mark what has news as dirty, and only then move the watermark. What is news is decided by content.

One search serves incidents and tickets; pages are watched by their versions (Cloud) or by label search (Data Center).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from . import mapping
from .decision import PAGE_LABEL, TICKET_LABEL
from .draft import mark_label
from .model import Incident, PageHead, Ticket
from .observe import Readings, prove_sight
from .ports import Query, RawIssue, State, Want, World
from .practice import Practice
from .record import slim, work_key

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
    labels = (raw.get("fields") or {}).get("labels") or ()
    return TICKET_LABEL in labels or any(str(label).startswith(mark_label("")) for label in labels)


def poll(world: World, readings: Readings, overlap: timedelta) -> PageHead | None:
    """Mark everything with news since the watermark as due now, then move the watermark to the poll's start.

    The answer is the index page's head, where the watch of the pages showed it.
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
    wants = (mapping.want_incident(practice.resolved), mapping.want_ticket())
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
    kept, fresh = state.cached("incident", incident.id), slim(incident)
    if kept == fresh or not _could_matter(incident, readings.practice, state):
        return
    if kept is not None and _but_for_tickets(kept, incident.id, state) == _but_for_tickets(fresh, incident.id, state):
        state.cache("incident", {incident.id: fresh})
        return
    state.mark_dirty(work_key(readings.practice.terms.team, incident.id), now, "incident changed")


def _but_for_tickets(incident: dict[str, Any], incident_id: str, state: State) -> dict[str, Any]:
    """Links to the tickets that its review has are no news: most of them came with tickets that we created.

    Their history is none either, for it says nothing that the links do not.
    """
    ours = set((state.cached("review", incident_id) or {}).get("tickets", ()))
    links = [link for link in incident["links"] if link["other_id"] not in ours]
    return {**incident, "links": links, "events": [e for e in incident["events"] if e["field"] not in LINK_FIELDS]}


def _could_matter(incident: Incident, practice: Practice, state: State) -> bool:
    """An open incident without a review is nothing to do; it is news again when it is closed."""
    covered = incident.project in practice.terms.projects
    return covered and (incident.is_closed or state.cached("review", incident.id) is not None)


def _take_ticket(raw: RawIssue, readings: Readings, state: State, now: datetime) -> None:
    ticket = readings.take_ticket(raw)
    kept = state.cached("ticket", ticket.id)
    if kept is not None and Ticket.model_validate(kept["ticket"]) == _as_kept(ticket, kept["ticket"]["mark"]):
        return
    terms = readings.practice.terms
    incidents = {str(kept["incident"])} if kept else {link.other_id for link in ticket.links}
    if ticket.mark is not None and ticket.mark.owner == terms.owner_id:
        incidents.add(ticket.mark.incident)
    for incident_id in sorted(incidents):
        # Tickets are searched for everywhere; those of another team's reviews are that team's news.
        if _reviewing_team(incident_id, state) == terms.team:
            state.mark_dirty(work_key(terms.team, incident_id), now, f"{ticket.key} changed")


def _reviewing_team(incident_id: str, state: State) -> str | None:
    """Whose review an incident has; None when no review is remembered."""
    review = state.cached("review", incident_id)
    place = state.cached("page", str(review["page"])) if review else None
    return str(place["team"]) if place else None


def _as_kept(ticket: Ticket, mark: dict[str, str] | None) -> Ticket:
    """Data Center's search answers without properties; what is known of the mark does not count as a change."""
    if ticket.mark is None and mark is not None:
        return Ticket.model_validate({**ticket.model_dump(), "mark": mark})
    return ticket


def _watch_pages(world: World, readings: Readings, since: datetime, now: datetime) -> PageHead | None:
    terms, state = readings.practice.terms, world.state
    if terms.deployment == "cloud":
        watched = {k: v for k, v in state.cached_all("open").items() if v["team"] == terms.team}
        heads = {head.id: head for head in world.wiki.heads(watched)} if watched else {}
        if watched and not heads:
            prove_sight(world.wiki, terms)
        for page_id, place in watched.items():
            if page_id not in heads or heads[page_id].version != place["version"]:
                state.mark_dirty(work_key(terms.team, str(place["incident"])), now, "page changed")
        return None
    index, found = str((state.cached("index", terms.team) or {}).get("page", "")), None
    for head in world.wiki.labelled(terms.space, PAGE_LABEL, since, (index,) if index else ()):
        found = head if head.id == index else found
        place = state.cached("page", head.id) or {}
        if place and place["team"] == terms.team and place["version"] != head.version:
            state.mark_dirty(work_key(terms.team, str(place["incident"])), now, "page changed")
    return found
