"""Who is who, and what a create screen holds: facts of the sites that are looked up once and kept for a day.

Only what was found is kept: somebody who cannot be assigned today may be tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pirsync.decision import DefaultItem, Owner, Terms
from pirsync.errors import Rejected
from pirsync.model import CreateScreen, Incident, Noun, Person, Ticket
from pirsync.page_model import Column, Mention, ReviewPage
from pirsync.policy.approval import Approvers, terms_digest
from pirsync.policy.explain import WANTED
from pirsync.policy.instants import Version
from pirsync.policy.meeting import expected
from pirsync.policy.packs import Duty
from pirsync.ports import State, TrackerReads, WikiReads
from pirsync.practice import Fact, remembered
from pirsync.rows import account_of

F = TypeVar("F")


class Group(Noun):
    """The active members of one of Jira's groups, or why they cannot be told."""

    members: tuple[Person, ...] = ()
    unknown: str = ""


# pydantic forgets a model made of a generic one when nobody holds it, and making it takes some milliseconds.
_SCREEN, _NAME, _MENTION, _PERSON = Fact[CreateScreen], Fact[str], Fact[Mention], Fact[Person]
_GROUP = Fact[Group]


@dataclass(frozen=True)
class Sources:
    """The read halves of a world, and the present at which the pass began."""

    tracker: TrackerReads
    wiki: WikiReads
    state: State
    now: datetime


def screen_key(terms: Terms) -> str:
    """Under which key state keeps the create screen of a team's tickets (cache `screen`)."""
    return f"{terms.action_project} {terms.action_type}"


class Directory:
    """Looks up people and screens for one team, each once a pass, whether they are found or not.

    `histories` are the versions that were read in this pass, by a page and its newest version.
    """

    def __init__(self, sources: Sources, terms: Terms) -> None:
        self._sources = sources
        self.terms = self._terms = terms
        self._found: dict[tuple[str, str], Any] = {}
        self.histories: dict[tuple[str, int], tuple[Version, ...]] = {}

    def owners(self, review: ReviewPage | None) -> dict[str, Owner]:
        """Whom the Owner cells name, by the mention's ref; a row that wants a ticket needs more than an account."""
        owners: dict[str, Owner] = {}
        for row in review.rows if review else ():
            cell = row.cell(Column.OWNER)
            for who in cell.mentions[:1] if cell else ():
                if not row.ticket and row.action:
                    owners[who.ref] = self._owner(who)
                elif who.ref not in owners and (account := self._account(who)):
                    owners[who.ref] = Owner(person=Person(account=account, name=account), reason="")
        return owners

    def mentions(
        self, incident: Incident, review: ReviewPage | None, tickets: Iterable[Ticket], awaited: Iterable[DefaultItem]
    ) -> dict[str, Mention]:
        """How pages name the people whom this decision may have to name, by account."""
        if review is None:
            people = [p.account for p in (incident.commander, incident.assignee) if p and p.active]
            people += [item.owner for item in self._terms.default_items if item.owner]
        else:
            people = [t.assignee.account for t in tickets if t.assignee]
            people += [account for item in awaited if (account := account_of(item, incident))]
            people += expected(self._terms.procedures, incident, review)
        found = {account: self.mention(account) for account in dict.fromkeys(people)}
        return {account: mention for account, mention in found.items() if mention is not None}

    def names(self, incident: Incident) -> dict[str, str]:
        """What those are called for whom the procedures wait, by account; the incident itself tells some of them."""
        procedures = self._terms.procedures
        names = {person.account: person.name for person in (incident.commander, incident.assignee) if person}
        waited = {duty for duty, _ in WANTED.values()} if procedures.packs else ()
        for account in sorted({account for duty in waited for account in procedures.accounts(duty, incident)}):
            if account not in names and (person := self._person(account)):
                names[account] = person.name
        return names

    def screen(self, review: ReviewPage | None) -> CreateScreen | None:
        """The create screen of the team's tickets, where a row wants one."""
        if not any(row.action and not row.ticket for row in (review.rows if review else ())):
            return None
        terms, tracker = self._terms, self._sources.tracker

        def read() -> CreateScreen | None:
            return tracker.create_screen(terms.action_project, terms.action_type)

        return self._fact("screen", screen_key(terms), _SCREEN, read)

    def approvers(self, authors: tuple[str, ...]) -> Approvers:
        """Which of these authors of versions may approve, and what they are called. Members of a group are told from
        their accounts, so that only those are looked up who decided something."""
        people = self._terms.procedures.people
        refs = [m.ref for account in people.of(Duty.APPROVER) if (m := self.mention(account)) is not None]
        groups = [self._group(name) for name in people.approving_groups]
        members = {person.account: person.name for group in groups for person in group.members}
        names = dict[str, str]()
        for ref in authors:
            account = self._account(Mention(ref=ref)) or ""
            refs += [ref] if account in members else []
            names[ref] = members.get(account) or (person.name if (person := self._person(account)) is not None else "")
        unknown = "; ".join(group.unknown for group in groups if group.unknown)
        return Approvers(
            refs=tuple(dict.fromkeys(refs)),
            names=names,
            groups=people.approving_groups,
            unknown=unknown,
            digest=terms_digest(sorted(people.approver), sorted(members), unknown),
        )

    def _group(self, name: str) -> Group:
        def read() -> Group:
            try:
                return Group(members=tuple(self._sources.tracker.members(name)))
            except Rejected as refused:
                return Group(unknown=f'the members of the group "{name}" cannot be read ({refused})')

        return self._fact("group", name, _GROUP, read) or Group()

    def _account(self, who: Mention) -> str | None:
        return self._fact("account", who.ref, _NAME, lambda: self._sources.wiki.account(who))

    def mention(self, account: str) -> Mention | None:
        """How pages name an account; None where Confluence does not know it."""
        return self._fact("mention", account, _MENTION, lambda: self._sources.wiki.mention(account))

    def _person(self, account: str) -> Person | None:
        return self._fact("person", account, _PERSON, lambda: self._sources.tracker.person(account))

    def _owner(self, who: Mention) -> Owner:
        project = self._terms.action_project
        account = self._account(who)
        if account is None:
            return Owner(person=None, reason="not known to Confluence")

        def read() -> Person | None:
            return self._sources.tracker.assignable(project, account)

        person = self._fact("owner", f"{project} {account}", _PERSON, read)
        if person is None:
            return Owner(person=None, reason="not an active account that can be assigned tickets there")
        return Owner(person=person, reason="")

    def _fact(self, kind: str, key: str, shape: type[Fact[F]], read: Callable[[], F | None]) -> F | None:
        if (kind, key) not in self._found:
            self._found[kind, key] = remembered(self._sources.state, kind, key, self._sources.now, shape, read)
        found: F | None = self._found[kind, key]
        return found
