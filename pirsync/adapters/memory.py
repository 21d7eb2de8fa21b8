"""A small world without a network: plain data beneath an overlay, for trying the rounds in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pirsync.errors import Rejected
from pirsync.model import CreateScreen, Deployment, Person, RemoteLink
from pirsync.page_model import Attached, Mention, Page, PageHead, PageStatus, Property
from pirsync.ports import Clock, LinkType, Query, RawIssue, S, Stamp, T, Want, World

from .memory_state import MemoryState
from .overlay import wiki_address
from .overlay_tracker import Numbers, OverlayTracker, as_wanted, jira_instant, matches, raw_person
from .overlay_wiki import OverlayWiki

SITE_URL = "https://site.example.com"

SERVICE = Person(account="service", name="Review Service")
"""Who we are in a memory world."""

SOMEBODY = Person(account="somebody", name="Somebody Else")
"""Who edits pages and moves tickets in a memory world, unless it is said who does."""

LINK_TYPES = (
    LinkType(id="10000", name="Blocks", inward="is blocked by", outward="blocks"),
    LinkType(id="10003", name="Relates", inward="relates to", outward="relates to"),
    LinkType(id="10100", name="Problem/Incident", inward="is caused by", outward="causes"),
    LinkType(id="10200", name="Action item", inward="is action item of", outward="has action item"),
)

STATUSES = {
    "New": "new",
    "Open": "new",
    "To Do": "new",
    "In Progress": "indeterminate",
    "Resolved": "done",
    "Closed": "done",
    "Done": "done",
}

FIELDS = {
    "summary": "Summary",
    "description": "Description",
    "issuetype": "Issue Type",
    "project": "Project",
    "status": "Status",
    "priority": "Priority",
    "resolution": "Resolution",
    "resolutiondate": "Resolved",
    "created": "Created",
    "updated": "Updated",
    "reporter": "Reporter",
    "assignee": "Assignee",
    "duedate": "Due date",
    "labels": "Labels",
    "components": "Components",
    "issuelinks": "Linked Issues",
    "security": "Security Level",
    "comment": "Comment",
}


@dataclass(frozen=True)
class Facts:
    """What a memory world is born with; nothing in it changes, for every write lies above it.

    `people` may all be assigned issues while they are active. Fields that the incidents hold beyond Jira's own
    are called by their ids. `groups` are accounts by the group's name; what is not named here may not be looked at.
    """

    deployment: Deployment
    incidents: tuple[RawIssue, ...]
    screens: tuple[CreateScreen, ...]
    people: tuple[Person, ...]
    clock: Clock
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class EmptyTracker:
    """`TrackerReads` of a Jira that holds the incidents it was given, and nothing else."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @property
    def deployment(self) -> Deployment:
        """Cloud or Data Center."""
        return self._facts.deployment

    @property
    def site_url(self) -> str:
        """The address that people browse."""
        return SITE_URL if self.deployment == "cloud" else f"{SITE_URL}/jira"

    def identity(self) -> Person:
        """Who we are."""
        return SERVICE

    def server_time(self) -> datetime:
        """The server's present, which is the world's."""
        return self._facts.clock.now()

    def fields(self) -> dict[str, str]:
        """Jira's own fields, and those that the incidents hold."""
        return {**{name: name for raw in self._facts.incidents for name in raw["fields"]}, **FIELDS}

    def issue_types(self) -> dict[str, str]:
        """The types of its incidents and screens, under the name Incident at least."""
        kinds = [raw["fields"].get("issuetype") or {} for raw in self._facts.incidents]
        named = {str(kind.get("id")): str(kind.get("name")) for kind in kinds if kind}
        return {"1": "Incident", **named, **{screen.type_id: screen.type_name for screen in self._facts.screens}}

    def statuses(self) -> dict[str, str]:
        """Every status: name to the key of its category."""
        return dict(STATUSES)

    def search(self, query: Query, want: Want) -> Iterator[RawIssue]:
        """The incidents that the query finds; extra JQL is not understood and counts as fulfilled."""
        return (as_wanted(raw, want) for raw in self._facts.incidents if matches(raw, query))

    def issue(self, id_or_key: str, want: Want) -> RawIssue | None:
        """One incident, by key or id."""
        return next(iter(self.issues([id_or_key], want)), None)

    def issues(self, ids: Iterable[str], want: Want) -> list[RawIssue]:
        """Those of the incidents that there are."""
        asked = set(ids)
        return [as_wanted(raw, want) for raw in self._facts.incidents if {raw["id"], raw["key"]} & asked]

    def changelog(self, issue_id: str) -> list[Mapping[str, Any]]:
        """The whole changelog that an incident was given, oldest first."""
        raw = self.issue(issue_id, Want(fields=(), expand=("changelog",))) or {}
        histories = raw.get("changelog", {}).get("histories", ())
        return sorted(histories, key=lambda history: str(history["created"]))

    def comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        """All comments that an incident was given, each with its rendering where it has none."""
        raw = self.issue(issue_id, Want(fields=("comment",))) or {"fields": {}}
        comments = (raw["fields"].get("comment") or {}).get("comments", ())
        return [{"renderedBody": comment.get("body", ""), **comment} for comment in comments]

    def remote_links(self, issue_id: str) -> list[RemoteLink]:
        """None: whatever links there are was written above."""
        return []

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order."""
        return [read(item) for item in items]

    def link_types(self) -> list[LinkType]:
        """The site's issue link types."""
        return list(LINK_TYPES)

    def create_screen(self, project: str, issue_type: str) -> CreateScreen | None:
        """The create screen of that type (name or id) in that project."""
        fitting = (s for s in self._facts.screens if s.project == project and issue_type in (s.type_id, s.type_name))
        return next(fitting, None)

    def assignable(self, project: str, account: str) -> Person | None:
        """That very account, if it is active."""
        return next((p for p in self._facts.people if p.account == account and p.active), None)

    def person(self, account: str) -> Person | None:
        """Who has that account."""
        return next((p for p in self._facts.people if p.account == account), None)

    def members(self, group: str) -> list[Person]:
        """Those people of a group who are active."""
        if group not in self._facts.groups:
            raise Rejected("the user has no permission to see the group")
        return [p for p in self._facts.people if p.account in self._facts.groups[group] and p.active]

    def permissions(self, project: str, names: tuple[str, ...]) -> dict[str, bool]:
        """All of them."""
        return dict.fromkeys(names, True)


class EmptyWiki:
    """`WikiReads` of a Confluence whose every space exists and is empty.

    On Data Center it names people by keys that differ from their Jira accounts, so that mixing them up shows.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @property
    def deployment(self) -> Deployment:
        """Cloud or Data Center."""
        return self._facts.deployment

    def identity(self) -> str:
        """The account we write as."""
        return self._ref(SERVICE.account)

    def space_exists(self, space: str) -> bool:
        """Whatever space is asked for is there."""
        return True

    def may_create(self, space: str, parent: str | None) -> bool | None:
        """We may."""
        return True

    def page(self, page_id: str) -> Page | None:
        """There is none."""
        return None

    def pages(self, page_ids: Iterable[str]) -> list[Page]:
        """There are none."""
        return []

    def heads(self, page_ids: Iterable[str]) -> list[PageHead]:
        """There are none."""
        return []

    def listed(self, page_ids: Iterable[str]) -> list[PageHead]:
        """There are none."""
        return []

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order."""
        return [read(item) for item in items]

    def find(self, space: str, title: str) -> Page | None:
        """There is none."""
        return None

    def titled(self, space: str, title: str) -> list[Page]:
        """There are none."""
        return []

    def labelled(
        self, space: str, label: str, since: datetime | None, also: tuple[str, ...] = ()
    ) -> Iterator[PageHead]:
        """There are none."""
        return iter(())

    def ours(self, label: str) -> Iterator[PageHead]:
        """There are none."""
        return iter(())

    def property(self, page_id: str, key: str) -> Property | None:
        """There is none."""
        return None

    def attachment(self, page_id: str, name: str) -> Attached | None:
        """There is none."""
        return None

    def stamped(self, head: PageHead, stamp: Stamp) -> Page | None:
        """There is none."""
        return None

    def versions(self, head: PageHead) -> Iterator[Page]:
        """There is none."""
        return iter(())

    def mention(self, account: str) -> Mention | None:
        """How pages name one of the people."""
        known = any(person.account == account for person in self._facts.people)
        return Mention(ref=self._ref(account)) if known else None

    def account(self, mention: Mention) -> str | None:
        """The account that a mention names."""
        if self.deployment == "cloud":
            return mention.ref
        return next((p.account for p in self._facts.people if self._ref(p.account) == mention.ref), None)

    def _ref(self, account: str) -> str:
        return account if self.deployment == "cloud" else f"key-of-{account}"


def memory_world(
    deployment: Deployment,
    incidents: Sequence[RawIssue],
    screens: Sequence[CreateScreen],
    people: Sequence[Person],
    clock: Clock,
    groups: Mapping[str, tuple[str, ...]] | None = None,
) -> World:
    """A world that begins with these incidents (raw, whole: fields, changelog, renderedFields) and an empty wiki.

    Its state is born with its owner id, so that creates may be sent at once. It can be written to.
    """
    everybody = (*people, SERVICE, SOMEBODY)
    facts = Facts(deployment, tuple(incidents), tuple(screens), everybody, clock, groups or {})
    beneath = EmptyTracker(facts)
    tracker = OverlayTracker(beneath, clock, Numbers(prefix="", first=20_001))
    wiki = OverlayWiki(EmptyWiki(facts), clock, wiki_address(beneath), first=30_001)
    return World(
        tracker=tracker,
        tracker_writes=tracker,
        wiki=wiki,
        wiki_writes=wiki,
        state=MemoryState(clock.now()),
        clock=clock,
    )


# ---------------------------------------------------------------- what other people do


def person_edits(world: World, page_id: str, body: str, author: Person = SOMEBODY) -> Page:
    """A person saves a page with another body: a version of theirs, without a message. Raises LookupError."""
    told = {"body": body, "message": "", "at": world.clock.now()}
    page = _page(world, page_id)
    mention = world.wiki.mention(author.account)
    told["author"] = mention.ref if mention else author.account
    return _wiki(world).save(page.model_copy(update={**told, "version": page.version + 1}))


def person_renames(world: World, page_id: str, title: str) -> Page:
    """A person gives a page another title, which is a version of theirs. Raises LookupError."""
    page = person_edits(world, page_id, _page(world, page_id).body)
    return _wiki(world).save(page.model_copy(update={"title": title}))


def page_becomes(world: World, page_id: str, status: PageStatus) -> Page:
    """A person archives, trashes or restores a page; its version stays. Raises LookupError."""
    return _wiki(world).save(_page(world, page_id).model_copy(update={"status": status}))


def transition(world: World, key: str, status: str, category: str, author: Person = SOMEBODY) -> None:
    """A person moves an issue to a status of that category ("new", "indeterminate", "done"), as its changelog tells.

    Category "done" resolves the issue, any other takes its resolution away. Raises LookupError.
    """
    raw = world.tracker.issue(key, Want(fields=("status", "resolution")))
    if raw is None:
        raise LookupError(key)
    now = jira_instant(world.clock.now())
    is_done = category == "done"
    fields = {
        "status": {"name": status, "statusCategory": {"key": category}},
        "resolution": {"name": "Done"} if is_done else None,
        "resolutiondate": now if is_done else None,
    }
    before, resolution = raw["fields"]["status"]["name"], raw["fields"].get("resolution")
    items = [{"field": "status", "fieldtype": "jira", "fromString": before, "toString": status}]
    if bool(resolution) != is_done:
        was = resolution["name"] if resolution else None
        items.append(
            {"field": "resolution", "fieldtype": "jira", "fromString": was, "toString": "Done" if is_done else None}
        )
    tracker = world.tracker
    if not isinstance(tracker, OverlayTracker):
        raise TypeError("only a world kept in memory has people that a program can move")
    number = str(len(tracker.changelog(raw["id"])) + 1)
    history = {"id": number, "created": now, "author": raw_person(author, tracker.deployment), "items": items}
    tracker.record(raw["id"], fields, history)


def _page(world: World, page_id: str) -> Page:
    page = world.wiki.page(page_id)
    if page is None:
        raise LookupError(page_id)
    return page


def _wiki(world: World) -> OverlayWiki:
    if not isinstance(world.wiki, OverlayWiki):
        raise TypeError("only a world kept in memory has people that a program can move")
    return world.wiki
