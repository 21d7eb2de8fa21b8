"""`pirsync doctor`: one line for each thing that must be right, with the fix; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from pirsync.config import Settings, Site, Team
from pirsync.errors import AuthInDoubt, ConfigError, PirsyncError, Rejected
from pirsync.model import CreateScreen
from pirsync.ports import Query, Want, World
from pirsync.practice import link_type

PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "LINK_ISSUES", "ASSIGN_ISSUES", "SCHEDULE_ISSUES")
SKEW = timedelta(minutes=2)
CARRIERS = {"labels": "label", "issuelinks": "link", "description": "description"}


@dataclass(frozen=True)
class Check:
    """One thing looked at: `fix` is empty when it is right. `key` is the key of the team's table it is about."""

    name: str
    said: str
    fix: str = ""
    key: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing has to be done."""
        return not self.fix


def doctor(settings: Settings, world: World, bench_teams: Callable[[], object]) -> Iterator[Check]:
    """Look at everything in the order in which it would hurt. Stops after a site that does not answer us."""
    for name, look_at in (("jira", _jira), ("confluence", _confluence)):
        check = _connection(name, settings.site, world, look_at)
        yield check
        if not check.ok:
            return
    try:
        yield _clock(world)
    except PirsyncError as error:
        yield Check("clock", str(error), "run this again")
    places = [check for team in settings.teams for check in _told(team, world, places_of)]
    yield from places
    if all(check.ok for check in places):
        # Otherwise the names below would only repeat what was just said.
        yield from _names(bench_teams)
    for team in settings.teams:
        yield from _told(team, world, _rights)


def _connection(name: str, site: Site, world: World, look_at: Callable[[Site, World], Check]) -> Check:
    keys = f"site.{name}"
    try:
        return look_at(site, world)
    except AuthInDoubt as error:
        return Check(name.capitalize(), str(error), f"correct {keys}.url, {keys}.user or what {keys}.token leads to")
    except Rejected as error:
        return Check(name.capitalize(), str(error), f"correct {keys}.url: what answers there is no {name.capitalize()}")
    except PirsyncError as error:
        return Check(name.capitalize(), str(error), f"correct {keys}.url, or look after the network")


def _told(team: Team, world: World, look: Callable[[Team, World], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look(team, world)
    except PirsyncError as error:
        yield Check(f"team {team.name}", str(error), "run this again; if it stays, look after the site")


def _names(bench_teams: Callable[[], object]) -> Iterator[Check]:
    try:
        bench_teams()
        yield Check("types, fields and template", "every name is known")
    except ConfigError as error:
        for problem in error.problems:
            yield Check("types, fields and template", problem, "correct it there")
    except PirsyncError as error:
        yield Check("types, fields and template", str(error), "run this again; if it stays, look after the site")


def _jira(_site: Site, world: World) -> Check:
    me = world.tracker.identity()
    return Check("Jira", f"{world.tracker.site_url}, as {me.name} ({me.account})")


def _confluence(site: Site, world: World) -> Check:
    return Check("Confluence", f"{site.confluence.url}, as account {world.wiki.identity()}")


def _clock(world: World) -> Check:
    skew = abs(world.tracker.server_time() - world.clock.now())
    said = f"{skew.total_seconds():.0f} s apart from Jira's"
    return Check("clock", said, "" if skew < SKEW else "set this machine's clock by NTP")


# ---------------------------------------------------------------- what a team's table names on the sites


def places_of(team: Team, world: World) -> Iterator[Check]:
    """Whether the projects, the query, the type, the space and the parent page that a team names are there.

    Raises Unavailable where a site does not tell.
    """
    projects = [_project(name, "projects", world) for name in team.projects]
    yield from projects
    if all(check.ok for check in projects):
        yield from _query(team, world)
    if team.action_project not in team.projects:
        projects = [_project(team.action_project, "action_project", world)]
        yield from projects
    if all(check.ok for check in projects):
        yield _action_type(team, world)
    space = _space(team, world)
    yield space
    if team.parent and space.ok:
        yield _parent(team, world)


def _project(project: str, key: str, world: World) -> Check:
    try:
        seen = world.tracker.permissions(project, ("BROWSE_PROJECTS",)).get("BROWSE_PROJECTS", False)
    except Rejected:
        seen = False
    fix = "" if seen else f"correct team.{key}, or give our account Browse Projects there"
    return Check(f"project {project}", "can be browsed" if seen else "cannot be seen", fix, key)


def _query(team: Team, world: World) -> Iterator[Check]:
    if not team.jql:
        return
    try:
        query = Query(projects=team.projects, extra_jql=team.jql)
        next(iter(world.tracker.search(query, Want(fields=("summary",)))), None)
        yield Check("query", "Jira understands team.jql", key="jql")
    except Rejected as error:
        yield Check("query", f"is not understood by Jira: {error}", "correct team.jql", "jql")


def _action_type(team: Team, world: World) -> Check:
    there = world.tracker.create_screen(team.action_project, team.action_type) is not None
    fix = "" if there else "set team.action_type to one of the project's issue types, and let our account create it"
    name = f"type {team.action_type} in {team.action_project}"
    return Check(name, "can be created" if there else "cannot be created", fix, "action_type")


def _space(team: Team, world: World) -> Check:
    seen = world.wiki.space_exists(team.space)
    fix = "" if seen else "correct team.space (its key), or give our account access to it"
    return Check(f"space {team.space}", "can be seen" if seen else "cannot be seen", fix, "space")


def _parent(team: Team, world: World) -> Check:
    page = world.wiki.page(team.parent)
    fix = "" if page else "set team.parent to the id of a page in the space, or leave it empty"
    name = f"parent page {team.parent}"
    return Check(name, f'is "{page.title}"' if page else "cannot be read", fix, "parent")


# ---------------------------------------------------------------- what we may do there


def _rights(team: Team, world: World) -> Iterator[Check]:
    try:
        yield _permissions(team, world)
    except Rejected:
        return  # The project cannot be seen, which was said before.
    screen = world.tracker.create_screen(team.action_project, team.action_type)
    if screen is not None:
        yield _carriers(screen)
    yield _link_type(team, world)
    yield from (_group(name, world) for name in team.people.approving_groups)
    if world.wiki.space_exists(team.space):
        yield _pages(team, world)


def _carriers(screen: CreateScreen) -> Check:
    there = [word for field, word in CARRIERS.items() if field in screen.fields]
    lacking = [screen.fields.get(f, f) for f in ("labels", "duedate", "assignee") if f not in screen.fields]
    said = f"the mark is carried by {', '.join(there) or 'nothing'}"
    if lacking:
        said += f"; not on the create screen: {', '.join(lacking)} (set in a second call, or told in the description)"
    fix = "" if there else f"put Labels, Linked Issues or Description on the create screen of {screen.project}"
    return Check(f"carriers in {screen.project}", said, fix)


def _permissions(team: Team, world: World) -> Check:
    granted = world.tracker.permissions(team.action_project, PERMISSIONS)
    lacking = [name for name in PERMISSIONS if not granted.get(name, False)]
    said = f"lacks {', '.join(lacking)}" if lacking else "all that are needed"
    fix = f"grant them to our account in {team.action_project}" if lacking else ""
    return Check(f"permissions in {team.action_project}", said, fix)


def _link_type(team: Team, world: World) -> Check:
    try:
        kind = link_type(team.link_type, tuple(world.tracker.link_types()))
    except ConfigError as error:
        return Check("link type", error.problems[0], "make it in Jira's settings, or name another in team.link_type")
    reads = kind.outward if team.link_side == "outward" else kind.inward
    return Check("link type", f'{kind.name}: the incident "{reads}" the ticket')


def _group(name: str, world: World) -> Check:
    try:
        count = len(world.tracker.members(name))
    except Rejected as error:
        fix = "name an existing group in team.people.approver, and let our account browse users, or administer Jira"
        return Check(f"group {name}", f"cannot be read, so whether its members approve cannot be told: {error}", fix)
    fix = "" if count else "put those who may approve into it"
    return Check(f"group {name}", f"{count} active {'member' if count == 1 else 'members'} may approve", fix)


def _pages(team: Team, world: World) -> Check:
    said = {True: "can be created", False: "cannot be created", None: "the site does not tell whether we may make them"}
    may = world.wiki.may_create(team.space, team.parent or None)
    fix = "give our account Add Page in the space" if may is False else ""
    return Check(f"pages in {team.space}", said[may], fix)
