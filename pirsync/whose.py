"""Whose an incident is: the team's in whose projects it is, else of the team that has had its review until now.

One that moved to another team's project is that team's once that team has looked at it; the index of the team that had
it keeps its line, which says so and counts nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .decision import Finding, FindingKind, Plan
from .directory import screen_key
from .findings import Found
from .index_plan import EXEMPT, exempt_row, moved_row
from .index_step import IndexStep
from .known import Known, work_key
from .mapping import want_incident
from .model import Incident
from .observe import Readings
from .page_model import IndexRow
from .ports import State
from .practice import Practice
from .recall import Place, recall, recall_all
from .standing_plan import exempt_standing


def team_of(state: State, incident_id: str) -> str:
    """The team that has had the review of an incident until now; empty where state knows none."""
    known = recall(state, "review", incident_id, Known)
    place = recall(state, "page", known.page, Place) if known is not None else None
    return place.team if place is not None else ""


def known_as(state: State, key: str) -> str:
    """The id of an incident with a review that was last called so, for one that cannot be read; empty for none."""
    return next((i for i, known in recall_all(state, "review", Known).items() if known.key == key), "")


class Selector:
    """Which incidents of a team a pass looks at, beyond those that searches tell, and which of these are another's."""

    def __init__(self, state: State, index: IndexStep, teams: Sequence[Practice]) -> None:
        self._state = state
        self._index = index
        self._projects = {practice.terms.team: practice.terms.projects for practice in teams}
        self._taken: dict[str, str] = {}

    def named(self, readings: Readings, keys: dict[str, None]) -> Iterator[str]:
        """Of the incidents that a person names those that are this team's, also one that left its projects or cannot
        be read; taken out of `keys`. What was refused is tried again: a person asks."""
        state, terms = self._state, readings.practice.terms
        for key in list(keys):
            raw = readings.sources.tracker.issue(key, want_incident(readings.practice.resolved))
            if raw is not None:
                incident = readings.take_incident(raw)
                incident_id, whose = incident.id, self._teams_of(incident)
            else:
                incident_id = known_as(state, key)
                whose = [team_of(state, incident_id)]
            if terms.team in whose:
                del keys[key]
                state.drop("refused", [incident_id])
                state.drop("barred", [incident_id])
                state.drop("screen", [screen_key(terms)])
                state.pardon(incident_id)
                yield incident_id

    def unsearched(self, practice: Practice, due: Collection[str], seen: Collection[str]) -> list[str]:
        """The team's incidents that no search names any more: those that have a review, are due, or of which something
        is open."""
        terms = practice.terms
        ours = {page.incident for page in recall_all(self._state, "page", Place).values() if page.team == terms.team}
        for incident_id, kept in recall_all(self._state, "findings", Found).items():
            project = kept.key.rpartition("-")[0]
            if kept.found and "/" not in incident_id and (project in terms.projects or kept.key.isdigit()):
                ours.add(incident_id)
        return sorted({*ours, *due} - set(seen))

    def is_anothers(self, readings: Readings, incident_id: str) -> bool:
        """Whether an incident that moved is another team's by now; the index of the team that had it says so."""
        if len(self._projects) == 1:
            return False
        team, incident = readings.practice.terms.team, readings.incidents[incident_id]
        had = team_of(self._state, incident_id)
        if incident.project in self._projects[team]:
            if had not in ("", team) and incident.project not in self._projects.get(had, ()):
                self._taken[incident_id] = team
                self._hand_over(had, team, readings, incident_id)
            return False
        has = self._taken.get(incident_id, had)
        if has in ("", team):
            return False
        self._hand_over(team, has, readings, incident_id)
        return True

    def _teams_of(self, incident: Incident) -> list[str]:
        reviewed = [team for team, projects in self._projects.items() if incident.project in projects]
        return reviewed or [team_of(self._state, incident.id)]

    def _hand_over(self, had: str, has: str, readings: Readings, incident_id: str) -> None:
        """Have the index of the team that had an incident say who has it; a team that is no more has none."""
        if had not in self._projects:
            return
        incident, known = readings.incidents[incident_id], recall(self._state, "review", incident_id, Known)
        page = readings.pages.get(known.page) if known is not None else None
        for place, row in recall_all(self._state, "index-row", IndexRow).items():
            is_known = known is not None and row.key == known.key
            if place.startswith(f"{had}/") and (is_known or (page is not None and row.page_url == page.url)):
                self._index.take(had, incident_id, moved_row(row, incident, has))


def absent(readings: Readings, incident_id: str) -> tuple[str, Plan | None]:
    """What is called so and cannot be read by its id any more, and what is told of it: that, as long as there is a
    review and people have not decided to ignore it; None where there is no review."""
    state, terms = readings.sources.state, readings.practice.terms
    kept = recall(state, "review", incident_id, Known)
    if kept is None:
        return incident_id, None
    if (exemption := terms.exempted(incident_id, kept.key)) is None:
        message = f"{kept.key} is deleted, or our account may not see it any more; its page is left as it is"
        gone = Finding(kind=FindingKind.INCIDENT_GONE, incident=kept.key, message=message)
        return kept.key, Plan(findings=(gone,))
    incident = recall(state, "incident", incident_id, Incident)
    if incident is None:
        return kept.key, Plan()
    standing = exempt_standing(incident, exemption, terms)
    row = recall(state, "index-row", work_key(terms.team, kept.key), IndexRow)
    if row is not None and row.status.text != EXEMPT:
        row = exempt_row(exemption, row, incident)
    return kept.key, Plan(index_row=row, standing=standing)
