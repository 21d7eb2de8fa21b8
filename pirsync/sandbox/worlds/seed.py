"""Fills a new sandbox: what happened is told as stories, and played through the state changes that the API uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pirsync.sandbox import tracker
from pirsync.sandbox.tracker import setup
from pirsync.sandbox.tracker.links import link_issues

from .stories import INCIDENTS, Happening, Incident, Ticket
from .wiki_seed import seed as seed_wiki

if TYPE_CHECKING:
    from pirsync.sandbox.people import User
    from pirsync.sandbox.tracker.nouns import Issue
    from pirsync.sandbox.world import World

_STEPS = {"investigate": "11", "resolve": "21", "close": "31", "re-open": "41"}
_TICKET_STEPS = {"In Progress": "21", "Blocked": "31", "Done": "41", "Won't Do": "51"}


def seed(world: World) -> None:
    """Configure Jira, let a dozen incidents happen in the days before the world's present, and fill the wiki."""
    setup.set_up(world)
    offset = world.clock.now() - datetime.now(UTC)
    present = world.clock.now().replace(second=0, microsecond=0)
    issues: list[Issue] = []
    try:
        for incident in INCIDENTS:
            issues.append(_play(world, present, incident))
        for incident, issue in zip(INCIDENTS, issues, strict=True):
            _relate(world, present, incident, issue, issues)
    finally:
        world.clock.set(datetime.now(UTC) + offset)
    seed_wiki(world)


def _person(world: World, name: str) -> User:
    user = world.people.find(name)
    assert user is not None, f"{name} is one of the sandbox's people"
    return user


def _play(world: World, present: datetime, incident: Incident) -> Issue:
    began = present - incident.ago
    reporter = _person(world, incident.reporter)
    world.clock.set(began + timedelta(minutes=incident.detected_after + 3))
    project = world.tracker.project("OPS")
    assert project is not None, "the configuration has this project"
    issue = tracker.create_issue(world, reporter, project, setup.INCIDENT, _values(world, began, incident))
    for happening in incident.story:
        world.clock.set(began + timedelta(minutes=happening.at))
        _happen(world, issue, began, happening)
    return issue


def _values(world: World, began: datetime, incident: Incident) -> dict[str, Any]:
    values: dict[str, Any] = {
        "summary": incident.summary,
        "description": incident.description,
        "priority": incident.priority,
        "labels": list(incident.labels),
        "security": setup.RESTRICTED if incident.restricted else None,
        "assignee": _person(world, incident.assignee) if incident.assignee else None,
    }
    if incident.severity:
        values[setup.SEVERITY] = incident.severity
    if incident.timed:
        values[setup.STARTED] = began
        values[setup.DETECTED] = began + timedelta(minutes=incident.detected_after)
    if incident.commander:
        values[setup.COMMANDER] = incident.commander
    if incident.services:
        values[setup.SERVICES] = list(incident.services)
    return {name: value for name, value in values.items() if value is not None}


def _happen(world: World, issue: Issue, began: datetime, happening: Happening) -> None:
    who = _person(world, happening.who)
    if happening.what == "says":
        tracker.add_comment(world, who, issue, happening.text)
    elif happening.what == "says internally":
        tracker.add_comment(world, who, issue, happening.text).internal = True
    elif happening.what == "takes it":
        tracker.edit_fields(world, who, issue, {"assignee": who})
    elif happening.what == "sets severity":
        tracker.edit_fields(world, who, issue, {setup.SEVERITY: happening.text})
    elif happening.what == "mitigates":
        tracker.edit_fields(world, who, issue, {setup.FIELD_RESOLVED: began + timedelta(minutes=happening.at)})
    else:
        resolution = setup.FIXED if happening.what == "resolve" else None
        tracker.transition(world, who, issue, _STEPS[happening.what], resolution)


def _relate(world: World, present: datetime, incident: Incident, issue: Issue, issues: list[Issue]) -> None:
    began = present - incident.ago
    if incident.same_cause_as is not None:
        other = issues[incident.same_cause_as]
        world.clock.set(max(issue.updated, other.updated) + timedelta(minutes=1))
        link_issues(world, _person(world, incident.reporter), setup.RELATES, issue, other)
    for ticket in incident.tickets:
        _ticket(world, began, ticket, issue)


def _ticket(world: World, began: datetime, ticket: Ticket, incident: Issue) -> None:
    actor = _person(world, ticket.by)
    world.clock.set(max(began + timedelta(minutes=ticket.at), incident.updated + timedelta(minutes=1)))
    project = world.tracker.project("ACT")
    assert project is not None, "the configuration has this project"
    values: dict[str, Any] = {"summary": ticket.summary, "labels": ["reliability"], "priority": "3"}
    if ticket.owner:
        values["assignee"] = _person(world, ticket.owner)
    values["duedate"] = (began + timedelta(days=ticket.due_after)).date()
    made = tracker.create_issue(world, actor, project, setup.TASK, values)
    link_issues(world, actor, setup.ACTION_ITEM, incident, made)
    for status in ticket.path:
        world.clock.advance(1800)
        tracker.transition(world, actor, made, _TICKET_STEPS[status])
