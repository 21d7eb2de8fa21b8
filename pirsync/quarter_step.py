"""The page of what each quarter left: after a full sweep, from what state remembers by then; no request for any review.

| a sweep | makes |
|---|---|
| that is the first after a quarter's end | one search for the title, one create |
| until the page is acknowledged | one read of it |
| afterwards | none |
| of a Data Center | once a day one more for each leader, while a page is not acknowledged |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from .apply import apply_index
from .changes import Change, CreateEscalation
from .decision import Finding, FindingKind, Plan
from .directory import Directory, Sources
from .errors import Ambiguous, AuthInDoubt, Rejected, Stale, Unavailable
from .findings import QUARTER, Found, tell_of
from .known import Known, journal
from .model import Incident, Noun
from .page.escalation import Cover, new_page, read_page
from .page_model import IndexRow, Mention, Page, PageStatus
from .policy.packs import Duty
from .policy.quarter import Kept, Quarter, last_quarter, leftovers, was_at_work
from .ports import World
from .practice import Practice
from .quarter_plan import ObservedQuarter, limit, plan_quarter, quarter_mark, title
from .recall import KeptTicket, Place, recall, recall_all
from .report import Result
from .sight import prove_sight

LACKING_AN_OWNER = (FindingKind.NEEDS_OWNER, FindingKind.OWNER_UNKNOWN)


class KeptEscalation(Noun):
    """A quarter's page by its id, which is empty where people gave up the one that there was, and whether it was
    acknowledged (cache `escalation`)."""

    quarter: Quarter
    page: str
    acknowledged: bool = False


def escalate_quarters(world: World, swept: Iterable[Practice]) -> Iterator[Result]:
    """Bring the pages of quarters up to date, of teams of which a sweep has seen all reviews. Raises AuthInDoubt."""
    for practice in swept:
        if practice.terms.ladder.on:
            yield from _of_team(world, practice)
        else:
            # Nobody looks at them any more, so nothing is said of them.
            prefix = f"{QUARTER}/{practice.terms.team}/"
            world.state.drop("findings", [key for key in world.state.cached_all("findings") if key.startswith(prefix)])


def quarters(world: World, practice: Practice) -> tuple[Quarter, ...]:
    """The quarters that the team has or may have a page of."""
    kept = (one.quarter for one in _kept(world, practice.terms.team))
    return tuple(dict.fromkeys((*kept, last_quarter(world.clock.now(), practice.terms.procedures.calendar))))


def make_anew(world: World, practice: Practice, quarter: Quarter) -> Result:
    """Make a quarter's page again that people deleted or put into the trash. Raises AuthInDoubt."""
    return _of_quarter(world, practice, quarter).make_anew()


def dismiss(world: World, practice: Practice, quarter: Quarter) -> None:
    """Have nothing said any more of a quarter's page, whatever became of it."""
    team = practice.terms.team
    known = next((one for one in _kept(world, team) if one.quarter == quarter), None)
    kept = KeptEscalation(quarter=quarter, page=known.page if known is not None else "", acknowledged=True)
    world.state.cache("escalation", {f"{team}/{quarter.name}": kept.model_dump(mode="json")})
    world.state.drop("findings", [f"{QUARTER}/{team}/{quarter.name}"])


def _of_team(world: World, practice: Practice) -> Iterator[Result]:
    """The last quarter's, and those that nobody acknowledged yet."""
    for quarter in quarters(world, practice):
        one = _of_quarter(world, practice, quarter)
        if one.is_asked_about():
            yield one.bring_up_to_date()


def _of_quarter(world: World, practice: Practice, quarter: Quarter) -> _Quarter:
    known = next((one for one in _kept(world, practice.terms.team) if one.quarter == quarter), None)
    return _Quarter(world, practice, quarter, known)


def _kept(world: World, team: str) -> list[KeptEscalation]:
    found = recall_all(world.state, "escalation", KeptEscalation)
    return [one for key, one in found.items() if key.startswith(f"{team}/")]


class _Quarter:
    def __init__(self, world: World, practice: Practice, quarter: Quarter, known: KeptEscalation | None) -> None:
        self._world = world
        self._practice = practice
        self._quarter = quarter
        self._known = known
        self._key = f"{practice.terms.team}/{quarter.name}"
        self._made: Page | None = None

    def is_asked_about(self) -> bool:
        """Whether its page is not acknowledged yet; where there is none, whether the team had anything to review when
        the quarter ended: else there is nothing to tell of it."""
        if self._known is not None:
            return not self._known.acknowledged
        return was_at_work(self._reviews(), self._quarter, self._practice.terms.procedures.calendar)

    def make_anew(self) -> Result:
        """Forget a page that is deleted or in the trash, and make another."""
        world, known = self._world, self._known
        page = world.wiki.page(known.page) if known is not None and known.page else None
        if page is None:
            prove_sight(world.wiki, self._practice.terms)
        if page is None or page.status is PageStatus.TRASHED:
            self._known = KeptEscalation(quarter=self._quarter, page="")
            world.state.cache("escalation", {self._key: self._known.model_dump(mode="json")})
            world.state.reopen(quarter_mark(self._practice.terms, self._quarter), "")
        return self.bring_up_to_date()

    def bring_up_to_date(self) -> Result:
        """Make the page, or look at it; what cannot be done now is tried by the next sweep. Raises AuthInDoubt."""
        made: list[Change] = []
        decided, failure = Plan(), ""
        try:
            decided = self._decide()
            for change in decided.changes:
                if self._make(change):
                    made.append(change)
            decided = self._decide() if decided.changes else decided
        except AuthInDoubt:
            raise
        except (Stale, Ambiguous, Unavailable, Rejected) as error:
            failure = str(error)
        name = title(self._practice.terms, self._quarter)
        if not failure:
            self._remember(decided.findings)
        tell_of(self._world.state, f"{QUARTER}/{self._key}", name, decided.findings, failure)
        return Result(
            key=name,
            changes=tuple(made),
            findings=decided.findings,
            waiting=decided.waiting,
            wake=decided.wake,
            failure=failure or decided.refusal,
        )

    def _decide(self) -> Plan:
        terms, state, now = self._practice.terms, self._world.state, self._world.clock.now()
        seen = self._observe()
        if seen.page is not None:
            self._known = KeptEscalation(quarter=self._quarter, page=seen.page.id)
        decided = plan_quarter(seen, partial(self._body, seen), terms, journal(state, "", terms.settle), now)
        if seen.page is not None and not decided.findings:
            self._known = KeptEscalation(quarter=self._quarter, page=seen.page.id, acknowledged=True)
        return decided

    def _observe(self) -> ObservedQuarter:
        terms, wiki = self._practice.terms, self._world.wiki
        if self._made is not None:
            page: Page | None = self._made
        elif self._known is not None and self._known.page:
            page = wiki.page(self._known.page)
        else:
            # What others put into the trash or the archive gives its title away.
            found = wiki.titled(terms.space, title(terms, self._quarter))
            page = next((p for p in found if p.status is PageStatus.CURRENT or self._is_page(p)), None)
        is_known = self._made is not None or (self._known is not None and self._known.page != "")
        gone = is_known and page is None
        if gone:
            prove_sight(wiki, terms)
        return ObservedQuarter(quarter=self._quarter, page=page, gone=gone, is_known=is_known, leaders=self._leaders())

    def _is_page(self, page: Page) -> bool:
        """Whether one that was put away is the quarter's page all the same."""
        is_given_up = self._known is not None and page.status is PageStatus.TRASHED
        return read_page(page.body) is not None and not is_given_up

    def _leaders(self) -> tuple[Mention, ...]:
        terms, world = self._practice.terms, self._world
        sources = Sources(world.tracker, world.wiki, world.state, world.clock.now())
        directory = Directory(sources, terms)
        found = map(directory.mention, terms.procedures.people.of(Duty.ESCALATION))
        return tuple(mention for mention in found if mention is not None)

    def _body(self, seen: ObservedQuarter) -> str:
        terms, now = self._practice.terms, self._world.clock.now()
        calendar = terms.procedures.calendar
        cover = Cover(
            team=terms.team,
            quarter=self._quarter,
            written=calendar.day(now),
            leader=next(iter(seen.leaders), None),
            by=limit(terms, now),
            deployment=terms.deployment,
        )
        return new_page(cover, leftovers(self._reviews(), self._quarter, terms.extensions, calendar, now))

    def _reviews(self) -> tuple[Kept, ...]:
        """All reviews of the team, as the sweep left them in state."""
        terms, state = self._practice.terms, self._world.state
        places = recall_all(state, "page", Place).values()
        incidents, known = recall_all(state, "incident", Incident), recall_all(state, "review", Known)
        tickets, found = recall_all(state, "ticket", KeptTicket), recall_all(state, "findings", Found)
        reviews = []
        for incident_id in sorted({place.incident for place in places if place.team == terms.team}):
            incident, review = incidents.get(incident_id), known.get(incident_id)
            if incident is None or review is None or terms.exemption(incident) is not None:
                continue
            line = recall(state, "index-row", f"{terms.team}/{incident.key}", IndexRow)
            told = found[incident_id].found if incident_id in found else ()
            theirs = [tickets[i].ticket for i in review.tickets if i in tickets]
            forgotten = review.memory.forgotten if review.memory is not None else ()
            reviews.append(
                Kept(
                    incident=incident,
                    review_url=line.page_url if line is not None else "",
                    tickets=tuple(one for one in theirs if one.key not in forgotten),
                    rows=tuple(one.message for one in told if one.kind in LACKING_AN_OWNER),
                )
            )
        return tuple(reviews)

    def _make(self, change: Change) -> bool:
        """Whether it was made; a refusal is written down, and told by the next decision."""
        assert isinstance(change, CreateEscalation)  # plan_quarter makes no other
        try:
            self._made = apply_index(change, self._world)
        except Rejected:
            return False
        return True

    def _remember(self, findings: tuple[Finding, ...]) -> None:
        if self._known is not None and not any(one.kind is FindingKind.TITLE_TAKEN for one in findings):
            self._world.state.cache("escalation", {self._key: self._known.model_dump(mode="json")})
