"""The body of a page that is about to be born: the template, filled with what is known of the incident."""

from __future__ import annotations

from datetime import timedelta

from . import mapping
from .decision import Observed
from .errors import Rejected
from .model import Incident
from .observe import Readings
from .page import birth, packet
from .policy import record, status
from .practice import Practice
from .rows import account_of
from .summary_plan import meeting_line, summary_cells


def render(readings: Readings, observed: Observed) -> tuple[str, int]:
    """The body of a new page, and how many of its rows will become tickets at once."""
    practice, now = readings.practice, readings.sources.now
    incident = readings.complete_notes(observed.incident.id)
    terms = practice.terms
    place = birth.Setting(
        deployment=terms.deployment,
        zone=terms.zone,
        site_url=practice.context.site_url,
        headers=terms.headers,
        record=tuple(record.rows(terms.procedures.packs).items()),
        columns=tuple(record.columns(terms.procedures.packs).items()),
        packet_heading=(heading := terms.procedures.packet_heading(incident)),
        pieces=_packet(readings, incident) if heading else (),
    )
    items = items_at_birth(observed, practice)
    counts = status.count((), len(items), now, terms.zone)
    told = meeting_line(incident, terms, None, observed.mentions, now)
    cells = summary_cells(incident, counts, terms, None, told)
    commander = observed.mentions.get(incident.commander.account) if incident.commander else None
    body = practice.template_for(incident).render(birth.values(incident, cells, items, commander, place))
    return body, sum(item.owner is not None and item.due is not None for item in items)


def _packet(readings: Readings, incident: Incident) -> tuple[packet.Piece, ...]:
    """All that hangs on the incident, read once a pass; a Jira without links to the outside has none."""
    if incident.id not in readings.packets:
        tracker = readings.sources.tracker
        raw = tracker.issue(incident.id, mapping.want_files())
        try:
            outside = tracker.remote_links(incident.id)
        except Rejected:
            outside = []
        files = mapping.files(raw) if raw is not None else ()
        found = packet.pieces(incident, files, outside, readings.practice.context.site_url)
        readings.packets[incident.id] = found
    return readings.packets[incident.id]


def items_at_birth(observed: Observed, practice: Practice) -> tuple[birth.Item, ...]:
    """The default action items of the team, with their owners and dates where they are known."""
    incident, closed, items = observed.incident, observed.incident.closed, []
    for item in practice.default_items(incident):
        account = account_of(item, incident)
        due = status.today(closed, practice.terms.zone) + timedelta(days=item.due_days) if closed else None
        items.append(birth.Item(text=item.text, criteria=item.criteria, owner=observed.mentions.get(account), due=due))
    return tuple(items)
