"""Projects come, grow and go: each change of a project is a function here."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import User

from .nouns import Component, Project, Version
from .setup import SCREEN, SUB_TASK, TO_DO, TYPES, WORK_STEPS

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

TypeKey = Literal["software", "service_desk", "business"]


def create_project(world: World, key: str, name: str, type_key: TypeKey, lead: User) -> Project:
    """A project with the site's usual work types, screens and workflow; the edge has checked key and name."""
    tracker = world.tracker
    types = [one.id for one in TYPES if one.id in tracker.types] or list(tracker.types)
    screens = {one: ({**SCREEN, "parent": True} if one == SUB_TASK else dict(SCREEN)) for one in types}
    project = Project(str(tracker.next_id()), key, name, types, screens, type_key=type_key, lead=lead)
    project.workflow = [step for step in WORK_STEPS if step.to_status_id in tracker.statuses]
    project.first_status_id = TO_DO if TO_DO in tracker.statuses else next(iter(tracker.statuses))
    project.members = {"10002": [lead.name]}
    tracker.projects[project.id] = project
    return project


def delete_project(world: World, project: Project) -> None:
    """Forget the project with its issues, every link of theirs, and the rules that name it."""
    tracker = world.tracker
    gone = {number for number, issue in tracker.issues.items() if issue.project_id == project.id}
    for number in gone:
        del tracker.issues[number]
        tracker.links.pop(number, None)
    tracker.index.changed |= gone
    for key in [key for key, number in tracker.keys.items() if number in gone]:
        del tracker.keys[key]
    for number, links in tracker.links.items():
        tracker.links[number] = [one for one in links if one.source not in gone and one.destination not in gone]
    tracker.rules[:] = [rule for rule in tracker.rules if rule.project != project.id]
    del tracker.projects[project.id]


def add_component(world: World, project: Project, name: str, description: str, lead: User | None) -> Component:
    """A new component of the project, whose name no other has."""
    made = Component(str(world.tracker.next_id()), name, description, lead)
    project.components.append(made)
    return made


def add_version(world: World, project: Project, sent: Version) -> Version:
    """A new version of the project as `sent`, but with an id of its own; its name no other has."""
    made = Version(**{**vars(sent), "id": str(world.tracker.next_id())})
    project.versions.append(made)
    return made


def component_of(world: World, number: str) -> tuple[Project, Component] | None:
    """The component with this id and its project."""
    found = ((project, one) for project in world.tracker.projects.values() for one in project.components)
    return next((pair for pair in found if pair[1].id == number), None)


def version_of(world: World, number: str) -> tuple[Project, Version] | None:
    """The version with this id and its project."""
    found = ((project, one) for project in world.tracker.projects.values() for one in project.versions)
    return next((pair for pair in found if pair[1].id == number), None)


def statuses_of(project: Project) -> list[str]:
    """The ids of the statuses that the project's workflow has, the first one first."""
    steps = project.workflow
    reached = [project.first_status_id, *(step.to_status_id for step in steps)]
    left = [status for step in steps for status in sorted(step.from_status_ids)]
    return list(dict.fromkeys([*reached, *left]))


def is_overdue(world: World, version: Version) -> bool:
    """Whether the version should have been released before today."""
    today: date = world.clock.now().date()
    return version.release is not None and not version.released and version.release < today
