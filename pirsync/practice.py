"""How one team reviews: its configuration with every name resolved against the sites, once a pass.

What a site says of itself (fields, statuses, link types, who we are) changes rarely: it is kept in state for a day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from .comments import want_life
from .config import EVERY_TYPE, Run, Site, Team
from .decision import DefaultItem, Exemption, Terms
from .errors import ConfigError
from .mapping import Context, Resolved, TeamMapping, want_ticket, want_trail
from .model import Incident, Noun, StatusCategory
from .page.template import ReviewTemplate
from .policy.escalation import Extension, Ladder
from .policy.packs import Duty, Pack
from .policy.people import People
from .policy.procedures import Procedures
from .policy.scope import Answer, scope
from .ports import LinkType, State, TrackerReads, Want, WikiReads, World
from .recall import recall
from .template_choice import TemplateChoice

F = TypeVar("F")

SITE_FACTS_LAST = timedelta(days=1)


@dataclass(frozen=True)
class Practice:
    """One team's terms, its mapping resolved, its template compiled, and how Jira's JSON is to be read.

    `template` is the one for all incidents that none of the `choices` is for."""

    terms: Terms
    resolved: Resolved
    mapping: TeamMapping
    template: ReviewTemplate
    context: Context
    extra_jql: str
    choices: tuple[tuple[TemplateChoice, ReviewTemplate], ...] = ()

    def template_for(self, incident: Incident) -> ReviewTemplate:
        """The template that an incident's page is born from."""
        fitting = (template for choice, template in self.choices if choice.fits(incident.severity, incident.type))
        return next(fitting, self.template)

    @property
    def want_ticket(self) -> Want:
        """What to read of its tickets."""
        want = want_trail() if self.terms.procedures.reads_trails else want_ticket()
        return want_life(want) if self.terms.ladder.on else want

    def default_items(self, incident: Incident) -> tuple[DefaultItem, ...]:
        """The action items that its review starts with: the team's own, and those of the packs that are for it."""
        procedures = self.terms.procedures
        case = procedures.case(incident, None)
        follows = {"", *(pack.id for pack in procedures.packs if scope(pack, case).answer is Answer.YES)}
        return tuple(item for item in self.terms.default_items if item.pack in follows)


class Fact(Noun, Generic[F]):
    """Something that a site said of itself, and when it was read."""

    at: datetime
    fact: F


class SiteFacts(Noun):
    """What both sites say of themselves: fields by id, statuses (and their categories) and issue types by name."""

    fields: dict[str, str]
    statuses: dict[str, str]
    issue_types: dict[str, str]
    link_types: tuple[LinkType, ...]
    wiki_account: str


_SITE = Fact[SiteFacts]


def remembered(
    state: State, kind: str, key: str, now: datetime, shape: type[Fact[F]], read: Callable[[], F | None]
) -> F | None:
    """A fact of the site from state, read again when it is older than a day; "there is none" (None) is not kept."""
    kept = recall(state, kind, key, shape)
    if kept is not None and kept.at > now - SITE_FACTS_LAST:
        return kept.fact
    fact = read()
    if fact is not None:
        state.cache(kind, {key: shape(at=now, fact=fact).model_dump(mode="json")})
    return fact


def site_facts(world: World) -> SiteFacts:
    """What both sites say of themselves, of today or of yesterday."""

    def read() -> SiteFacts:
        return _read_facts(world.tracker, world.wiki)

    return remembered(world.state, "site", "facts", world.clock.now(), _SITE, read) or read()


def _read_facts(tracker: TrackerReads, wiki: WikiReads) -> SiteFacts:
    return SiteFacts(
        fields=dict(tracker.fields()),
        statuses=dict(tracker.statuses()),
        issue_types=dict(tracker.issue_types()),
        link_types=tuple(tracker.link_types()),
        wiki_account=wiki.identity(),
    )


def practice(
    team: Team, site: Site, run: Run, mapping: TeamMapping, template: ReviewTemplate, world: World
) -> Practice:
    """Resolve one team's names. Raises ConfigError for a field or a link type that the site does not have."""
    facts = site_facts(world)
    closed = frozenset(name for name, category in facts.statuses.items() if category == StatusCategory.DONE)
    return Practice(
        terms=_terms(team, site, run, mapping, facts),
        resolved=mapping.resolve(facts.fields),
        mapping=mapping,
        template=template,
        context=Context(
            site_url=world.tracker.site_url,
            deployment=site.deployment,
            closed_statuses=closed,
            categories=mapping.categories,
        ),
        extra_jql=team.jql,
    )


def following(found: Practice, packs: tuple[Pack, ...], team: Team) -> Practice:
    """The practice with the procedures that a team follows, its calendar and people; their first actions are the
    team's, too, for the incidents in their scope."""
    items = [
        DefaultItem(
            text=a.text, criteria=a.criteria, due_days=a.due_days, owner=_owner(a.owner, team.people), pack=pack.id
        )
        for pack in packs
        for a in pack.actions
    ]
    procedures = Procedures(
        packs=packs,
        calendar=team.calendar.calendar(team.time_zone),
        rules=team.deadlines,
        people=team.people,
        meeting=team.meeting,
        severities=tuple(dict.fromkeys(found.resolved.severities.values())),
    )
    more = {"default_items": (*found.terms.default_items, *items), "procedures": procedures}
    return replace(found, terms=found.terms.model_copy(update=more))


def choosing(found: Practice, choices: tuple[tuple[TemplateChoice, ReviewTemplate], ...]) -> Practice:
    """The practice with templates of their own for some incidents."""
    return replace(found, choices=choices)


def exempting(found: Practice, exemptions: tuple[Exemption, ...]) -> Practice:
    """The practice with its register of incidents that get no review."""
    return replace(found, terms=found.terms.model_copy(update={"exemptions": exemptions}))


def escalating(found: Practice, ladder: Ladder, extensions: tuple[Extension, ...], world: World) -> Practice:
    """The practice with the ladder by which its actions rise. Who we are in Jira is asked for once a day: what we say
    ourselves is no word of people's."""
    if not ladder.on:
        return found
    now, tracker = world.clock.now(), world.tracker
    we = remembered(world.state, "site", "tracker-account", now, Fact[str], lambda: tracker.identity().account)
    more = {"ladder": ladder, "extensions": extensions, "tracker_account": we or ""}
    return replace(found, terms=found.terms.model_copy(update=more))


def beginning(found: Practice, since: date) -> Practice:
    """The practice for all that was closed on that day or later, whatever the team's `closed_since` says."""
    instant = midnight(since, found.terms.zone)
    return replace(found, terms=found.terms.model_copy(update={"closed_since": instant}))


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _owner(duty: Duty, people: People) -> str:
    """Whose an action is from the start, in the words of the mapping; empty leaves it to people."""
    return next(iter(people.of(duty)), "commander" if duty is Duty.CHAIR else "")


def issue_types(team: Team, known: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the team's issue types. JQL refuses a type that the site does not have, so the usual names are
    taken as far as they exist; one that somebody wrote into the configuration must exist."""
    wanted = team.issue_types
    if EVERY_TYPE in wanted:
        return (EVERY_TYPE,)
    names = {name: name for name in known.values()} | dict(known)
    found = tuple(dict.fromkeys(names[name] for name in wanted if name in names))
    usual = Team.model_fields["issue_types"].default
    missing = [name for name in wanted if name not in names]
    if missing and (wanted != usual or not found):
        has = ", ".join(sorted(set(known.values())))
        raise ConfigError(f"team.issue_types: Jira has no issue type {', '.join(missing)}; it has {has}")
    return found


def link_type(name: str, known: tuple[LinkType, ...]) -> LinkType:
    """The link type with that name or id."""
    for kind in known:
        if name in (kind.id, kind.name):
            return kind
    names = ", ".join(sorted(kind.name for kind in known))
    raise ConfigError(f'team.link_type: Jira has no issue link type "{name}"; it has {names}')


def _terms(team: Team, site: Site, run: Run, mapping: TeamMapping, facts: SiteFacts) -> Terms:
    since = None
    if team.closed_since != "always":
        since = midnight(team.closed_since, team.time_zone)
    return Terms(
        team=team.name,
        owner_id=site.owner_id,
        deployment=site.deployment,
        wiki_account=facts.wiki_account,
        projects=team.projects,
        issue_types=issue_types(team, facts.issue_types),
        closed_since=since,
        space=team.space,
        parent=team.parent or None,
        title=team.title,
        index_title=team.index_title,
        action_project=team.action_project,
        action_type=team.action_type,
        link_type=link_type(team.link_type, facts.link_types),
        link_side=team.link_side,
        zone=team.time_zone,
        page_edits=team.page_edits,
        quiet_period=timedelta(seconds=run.quiet_period),
        quiet_at_most=timedelta(seconds=run.quiet_at_most),
        settle=timedelta(seconds=run.settle),
        headers=dict(mapping.headers),
        default_items=tuple(DefaultItem.model_validate(item.model_dump()) for item in mapping.default_items),
        ticket_fields=dict(mapping.ticket_fields),
        wiki_url=wiki_url(site),
    )


def wiki_url(site: Site) -> str:
    """The address below which people browse Confluence; on Cloud it ends in /wiki, whether that was written or not."""
    url = site.confluence.url.rstrip("/")
    return url if site.deployment == "datacenter" or url.endswith("/wiki") else f"{url}/wiki"
