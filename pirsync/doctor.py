"""`pirsync doctor`: one line for each thing that must be right, with the fix; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from pirsync.config import Settings, Team
from pirsync.errors import AuthInDoubt, ConfigError, PirsyncError
from pirsync.model import CreateScreen
from pirsync.ports import World
from pirsync.practice import link_type

PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "LINK_ISSUES", "ASSIGN_ISSUES", "SCHEDULE_ISSUES")
SKEW = timedelta(minutes=2)
CARRIERS = {"labels": "label", "issuelinks": "link", "description": "description"}


@dataclass(frozen=True)
class Check:
    """One thing looked at: `fix` is empty when it is right."""

    name: str
    said: str
    fix: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing has to be done."""
        return not self.fix


def doctor(settings: Settings, world: World, bench_teams: Callable[[], object]) -> Iterator[Check]:
    """Look at everything in the order in which it would hurt. Stops after credentials that do not work."""
    for name, check in (("Jira", _jira), ("Confluence", _confluence)):
        try:
            yield check(world)
        except AuthInDoubt as error:
            yield Check(name, str(error), "put a working token where the configuration's reference points")
            return
        except PirsyncError as error:
            yield Check(name, str(error), "check the address and the network, then run this again")
            return
    yield _clock(world)
    try:
        bench_teams()
        yield Check("mapping and template", "every name is known")
    except ConfigError as error:
        for problem in error.problems:
            yield Check("mapping and template", problem, "correct it in the file named")
    for team in settings.teams:
        for look in (_projects, _action_type, _permissions, _link_type, _space, _parent):
            try:
                yield from look(team, world)
            except PirsyncError as error:
                yield Check(team.name, str(error), "see the message")


def _jira(world: World) -> Check:
    me = world.tracker.identity()
    return Check("Jira", f"{world.tracker.site_url}, as {me.name} ({me.account})")


def _confluence(world: World) -> Check:
    return Check("Confluence", f"as account {world.wiki.identity()}")


def _clock(world: World) -> Check:
    skew = abs(world.tracker.server_time() - world.clock.now())
    said = f"{skew.total_seconds():.0f} s apart from Jira's"
    return Check("clock", said, "" if skew < SKEW else "set this machine's clock by NTP")


def _projects(team: Team, world: World) -> Iterator[Check]:
    for project in (*team.projects, team.action_project):
        granted = world.tracker.permissions(project, ("BROWSE_PROJECTS",))
        seen = granted.get("BROWSE_PROJECTS", False)
        fix = f"correct the key, or give our account Browse Projects in {project}"
        yield Check(f"project {project}", "can be browsed" if seen else "cannot be seen", "" if seen else fix)


def _action_type(team: Team, world: World) -> Iterator[Check]:
    name = f"type {team.action_type} in {team.action_project}"
    screen = world.tracker.create_screen(team.action_project, team.action_type)
    if screen is None:
        yield Check(name, "there is no such type", "set team.action_type to one of the project's issue types")
        return
    yield Check(name, "can be created")
    yield _carriers(screen)


def _carriers(screen: CreateScreen) -> Check:
    there = [word for field, word in CARRIERS.items() if field in screen.fields]
    lacking = [screen.fields.get(f, f) for f in ("labels", "duedate", "assignee") if f not in screen.fields]
    said = f"the mark is carried by {', '.join(there) or 'nothing'}"
    if lacking:
        said += f"; not on the create screen: {', '.join(lacking)} (set in a second call, or told in the description)"
    fix = "" if there else f"put Labels, Linked Issues or Description on the create screen of {screen.project}"
    return Check(f"carriers in {screen.project}", said, fix)


def _permissions(team: Team, world: World) -> Iterator[Check]:
    granted = world.tracker.permissions(team.action_project, PERMISSIONS)
    lacking = [name for name in PERMISSIONS if not granted.get(name, False)]
    said = f"lacks {', '.join(lacking)}" if lacking else "all that are needed"
    fix = f"grant them to our account in {team.action_project}" if lacking else ""
    yield Check(f"permissions in {team.action_project}", said, fix)


def _link_type(team: Team, world: World) -> Iterator[Check]:
    try:
        kind = link_type(team.link_type, [kind.model_dump() for kind in world.tracker.link_types()])
        yield Check("link type", f"{kind.name}: the incident {kind.outward} the ticket")
    except ConfigError as error:
        yield Check("link type", error.problems[0], "create it in Jira's settings, or name another")


def _space(team: Team, world: World) -> Iterator[Check]:
    if not world.wiki.space_exists(team.space):
        yield Check(f"space {team.space}", "cannot be seen", "correct team.space, or give our account access")
        return
    may = world.wiki.may_create(team.space, team.parent or None)
    said = "pages can be created" if may else "it does not tell whether pages can be created"
    refused = may is False
    yield Check(
        f"space {team.space}",
        "pages cannot be created" if refused else said,
        "give our account Add Page in the space" if refused else "",
    )


def _parent(team: Team, world: World) -> Iterator[Check]:
    if not team.parent:
        return
    page = world.wiki.page(team.parent)
    if page is None:
        yield Check("parent page", f"{team.parent} cannot be read", "set team.parent to the id of a page in the space")
    else:
        yield Check("parent page", page.title)
