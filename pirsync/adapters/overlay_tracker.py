"""A Jira whose writes stay in memory and show on top of what the Jira beneath it answers."""

from __future__ import annotations

import copy
import html
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pirsync.errors import Rejected
from pirsync.model import COMMENT_PROPERTY, CreateScreen, Deployment, Person, RemoteLink
from pirsync.ports import Clock, IssueRef, LinkType, Query, RawIssue, S, T, TicketDraft, TrackerReads, Want


@dataclass(frozen=True)
class Numbers:
    """How invented issues are numbered: keys count from `first`; an id is the same number after `prefix`."""

    prefix: str
    first: int


INVENTED = Numbers(prefix="overlay-", first=900_001)
"""Far above the keys of a real project, and ids that no Jira gives."""

MATCHED = Want(fields=("project", "issuetype", "labels", "description", "updated"))
"""What `matches` looks at."""

SEEN_THROUGH_LINKS = Want(fields=("summary", "status", "issuetype", "issuelinks"))
"""What a link needs to know of its two ends."""


def jira_instant(instant: datetime) -> str:
    """An instant as Jira writes it: milliseconds, and a zone without a colon."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def raw_person(person: Person, deployment: Deployment) -> dict[str, Any]:
    """A person as Jira writes one: by account id on Cloud, by user name on Data Center."""
    named = {"accountId": person.account} if deployment == "cloud" else {"name": person.account, "key": person.account}
    return {**named, "displayName": person.name, "active": person.active}


def as_wanted(raw: RawIssue, want: Want) -> dict[str, Any]:
    """A copy of an issue that is known whole, with no more than was asked for, as Jira would answer."""
    held, everything = raw.get("fields", {}), "*all" in want.fields
    answer: dict[str, Any] = {"id": raw["id"], "key": raw["key"]}
    answer["fields"] = {name: value for name, value in held.items() if everything or name in want.fields}
    for name in want.expand:
        if name in raw:
            answer[name] = raw[name]
    if want.properties:
        held = raw.get("properties", {})
        answer["properties"] = {name: held[name] for name in want.properties if name in held}
    return copy.deepcopy(answer)


def matches(raw: RawIssue, query: Query) -> bool:
    """Whether a query finds the issue; extra JQL cannot be judged here and counts as fulfilled."""
    fields = raw["fields"]
    if query.updated_since and datetime.fromisoformat(fields["updated"]) < query.updated_since:
        return False
    kind = fields.get("issuetype") or {}
    of_type = not query.issue_types or bool({kind.get("name"), kind.get("id")} & set(query.issue_types))
    in_projects = (fields.get("project") or {}).get("key") in query.projects
    described = str(fields.get("description") or "")
    named = bool(set(query.labels) & set(fields.get("labels") or ())) or any(p in described for p in query.phrases)
    return (in_projects and of_type) or named


@dataclass
class Patch:
    """What was written to one issue: whole fields, and what was added to labels, links and the rest."""

    fields: dict[str, Any] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    remote_links: dict[str, RemoteLink] = field(default_factory=dict)
    histories: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)

    def over(self, answer: RawIssue, want: Want) -> dict[str, Any]:
        """A copy of an answer to `want` with this patch applied."""
        raw: dict[str, Any] = copy.deepcopy(dict(answer))
        fields, everything = raw.setdefault("fields", {}), "*all" in want.fields
        fields.update({k: copy.deepcopy(v) for k, v in self.fields.items() if everything or k in want.fields})
        if "labels" in fields or "labels" in want.fields:
            fields["labels"] = list(dict.fromkeys([*(fields.get("labels") or ()), *self.labels]))
        if "issuelinks" in fields or "issuelinks" in want.fields:
            fields["issuelinks"] = [*(fields.get("issuelinks") or ()), *copy.deepcopy(self.links)]
        if self.comments and (everything or "comment" in want.fields):
            block = fields.get("comment") or {}
            known = {one["id"]: one for one in block.get("comments", ())}
            more = copy.deepcopy(self.comments)
            total = block.get("total", len(known)) + len(more.keys() - known.keys())
            fields["comment"] = {"comments": list((known | more).values()), "total": total}
        for name in want.properties:
            if name in self.properties:
                raw.setdefault("properties", {})[name] = dict(self.properties[name])
        if "changelog" in want.expand and self.histories:
            known = raw.get("changelog", {})
            histories = [*known.get("histories", ()), *copy.deepcopy(self.histories)]
            total = known.get("total", 0) + len(self.histories)
            raw["changelog"] = {**known, "startAt": 0, "total": total, "histories": histories}
            raw["changelog"]["maxResults"] = len(histories)
        return raw


class OverlayTracker:
    """`TrackerReads` and `TrackerWrites` over the reads of another tracker, which is never written to.

    An issue that is created here is a whole one of its own; every other write is a patch over an issue's answer.
    """

    def __init__(self, base: TrackerReads, clock: Clock, numbers: Numbers = INVENTED) -> None:
        self._base = base
        self._prefix = numbers.prefix
        self._clock = clock
        self._made: dict[str, dict[str, Any]] = {}
        self._patches: dict[str, Patch] = {}
        self._numbers = itertools.count(numbers.first)

    # ------------------------------------------------------------ reads: issues

    def search(self, query: Query, want: Want) -> Iterator[RawIssue]:
        """What the base finds, then what the query finds only because of what was written here."""
        told = set()
        for raw in self._base.search(query, want):
            told.add(raw["id"])
            yield self._shown(raw, want)
        others = [issue_id for issue_id in {**self._made, **self._patches} if issue_id not in told]
        found = [raw["id"] for raw in self.issues(others, MATCHED) if matches(raw, query)]
        yield from self.issues(found, want)

    def issue(self, id_or_key: str, want: Want) -> RawIssue | None:
        """One issue with everything that was written here, or None when it is absent or invisible."""
        made = self._find_made(id_or_key)
        raw = as_wanted(made, want) if made else self._base.issue(id_or_key, want)
        return None if raw is None else self._shown(raw, want)

    def issues(self, ids: Iterable[str], want: Want) -> list[RawIssue]:
        """Those of the issues (ids or keys) that can be seen."""
        asked = list(dict.fromkeys(ids))
        made = [as_wanted(raw, want) for raw in map(self._find_made, asked) if raw]
        beneath = [name for name in asked if self._find_made(name) is None]
        found = self._base.issues(beneath, want) if beneath else []
        return [self._shown(raw, want) for raw in (*found, *made)]

    def changelog(self, issue_id: str) -> list[Mapping[str, Any]]:
        """The whole changelog of one issue, oldest first."""
        known = [] if issue_id in self._made else self._base.changelog(issue_id)
        patch = self._patches.get(issue_id)
        return [*known, *copy.deepcopy(patch.histories if patch else [])]

    def comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        """All comments of one issue, oldest first, as they were written here."""
        known = [] if issue_id in self._made else self._base.comments(issue_id)
        patch = self._patches.get(issue_id)
        written = {**{comment["id"]: comment for comment in known}, **(patch.comments if patch else {})}
        return copy.deepcopy(list(written.values()))

    def remote_links(self, issue_id: str) -> list[RemoteLink]:
        """The issue's links to the outside."""
        known = [] if issue_id in self._made else self._base.remote_links(issue_id)
        patch = self._patches.get(issue_id)
        written = patch.remote_links if patch else {}
        return [*(link for link in known if link.global_id not in written), *written.values()]

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order."""
        return self._base.each(read, items)

    def _find_made(self, id_or_key: str) -> dict[str, Any] | None:
        by_key = (raw for raw in self._made.values() if raw["key"] == id_or_key)
        return self._made.get(id_or_key) or next(by_key, None)

    def _shown(self, raw: RawIssue, want: Want) -> RawIssue:
        patch = self._patches.get(raw["id"])
        return patch.over(raw, want) if patch else raw

    # ------------------------------------------------------------ writes

    def create_issue(self, draft: TicketDraft) -> IssueRef:
        """Create the ticket with every carrier that the draft has."""
        number = next(self._numbers)
        ref = IssueRef(id=f"{self._prefix}{number}", key=f"{draft.project}-{number}")
        properties = {draft.property_key: dict(draft.property_value)} if draft.property_key else {}
        self._made[ref.id] = {
            "id": ref.id,
            "key": ref.key,
            "fields": self._birth_fields(draft),
            "renderedFields": {},
            "changelog": {"startAt": 0, "maxResults": 0, "total": 0, "histories": []},
            "properties": properties,
        }
        if draft.incident_key is not None:
            ends = (draft.incident_key, ref.key) if draft.link_side == "outward" else (ref.key, draft.incident_key)
            self.link(draft.link_type, *ends)
        return ref

    def _birth_fields(self, draft: TicketDraft) -> dict[str, Any]:
        screen = self._base.create_screen(draft.project, draft.type_id)
        now = jira_instant(self._clock.now())
        author = raw_person(self._base.identity(), self.deployment)
        return {
            "project": {"key": draft.project},
            "issuetype": {"id": draft.type_id, "name": screen.type_name if screen else draft.type_id},
            "summary": draft.summary,
            "description": draft.description,
            "status": {"name": "New", "statusCategory": {"key": "new", "name": "To Do"}},
            "resolution": None,
            "resolutiondate": None,
            "assignee": self._person(draft.project, draft.assignee),
            "reporter": author,
            "creator": author,
            "duedate": draft.due.isoformat() if draft.due else None,
            "labels": list(draft.labels),
            "issuelinks": [],
            "comment": {"comments": [], "total": 0},
            "created": now,
            "updated": now,
            **draft.extra,
        }

    def edit_issue(self, issue_id: str, fields: Mapping[str, Any]) -> None:
        """Set fields (`assignee` as an account, `duedate` as YYYY-MM-DD or None) of one issue."""
        raw = self._existing(issue_id, MATCHED)
        project = raw["key"].rpartition("-")[0]
        written = dict(fields)
        if "assignee" in written:
            written["assignee"] = self._person(project, written["assignee"])
        self._patch(raw["id"]).fields.update(written)

    def add_labels(self, issue_id: str, labels: tuple[str, ...]) -> None:
        """Add labels to one issue; those that are there stay."""
        self._patch(self._existing(issue_id, MATCHED)["id"]).labels.extend(labels)

    def set_property(self, issue_id: str, key: str, value: Mapping[str, str]) -> None:
        """Write an issue property (an upsert)."""
        self._patch(self._existing(issue_id, MATCHED)["id"]).properties[key] = dict(value)

    def link(self, type_id: str, inward_key: str, outward_key: str) -> None:
        """Link two issues; a link that is there already is left as it is."""
        kind = next((known for known in self.link_types() if known.id == type_id), None)
        if kind is None:
            raise Rejected(f"there is no issue link type {type_id}")
        inward = self._existing(inward_key, SEEN_THROUGH_LINKS)
        outward = self._existing(outward_key, SEEN_THROUGH_LINKS)
        for known in inward["fields"].get("issuelinks") or ():
            if known["type"]["id"] == type_id and known.get("outwardIssue", {}).get("id") == outward["id"]:
                return
        common = {"id": str(next(self._numbers)), "type": kind.model_dump()}
        self._patch(inward["id"]).links.append({**common, "outwardIssue": _linked(outward)})
        self._patch(outward["id"]).links.append({**common, "inwardIssue": _linked(inward)})

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """Write a remote link (an upsert by its global id)."""
        self._patch(self._existing(issue_id, MATCHED)["id"]).remote_links[link.global_id] = link

    def add_comment(self, issue_id: str, body: str, mark: Mapping[str, str]) -> str:
        """Comment on an issue, with the mark as a comment property; the comment's id."""
        patch, number = self._patch(self._existing(issue_id, MATCHED)["id"]), str(next(self._numbers))
        comment_id, now = f"{self._prefix}{number}", jira_instant(self._clock.now())
        author = raw_person(self._base.identity(), self.deployment)
        told = {"id": comment_id, "author": author, "created": now, "updated": now}
        patch.comments[comment_id] = told | _said(body, mark)
        return comment_id

    def edit_comment(self, issue_id: str, comment_id: str, body: str, mark: Mapping[str, str]) -> None:
        """Have a comment say something else, with the mark that goes with it."""
        raw = self._existing(issue_id, MATCHED)
        known = next((one for one in self.comments(raw["id"]) if one["id"] == comment_id), None)
        if known is None:
            raise Rejected(f"there is no comment {comment_id} on issue {issue_id}")
        edited = {**known, "updated": jira_instant(self._clock.now())}
        self._patch(raw["id"]).comments[comment_id] = edited | _said(body, mark)

    def record(self, issue_id: str, fields: Mapping[str, Any], history: Mapping[str, Any]) -> None:
        """Somebody else's change: raw fields as they are now, and the changelog's entry that tells of it."""
        patch = self._patch(self._existing(issue_id, MATCHED)["id"])
        patch.fields.update(fields)
        patch.histories.append(dict(history))

    def _existing(self, id_or_key: str, want: Want) -> RawIssue:
        raw = self.issue(id_or_key, want)
        if raw is None:
            raise Rejected(f"issue {id_or_key} does not exist, or our account cannot see it")
        return raw

    def _patch(self, issue_id: str) -> Patch:
        patch = self._patches.setdefault(issue_id, Patch())
        patch.fields["updated"] = jira_instant(self._clock.now())
        return patch

    def _person(self, project: str, account: str | None) -> dict[str, Any] | None:
        if account is None:
            return None
        known = self._base.assignable(project, account)
        return raw_person(known or Person(account=account, name=account), self.deployment)

    # ------------------------------------------------------------ reads: what no write here changes

    @property
    def deployment(self) -> Deployment:
        """Cloud or Data Center."""
        return self._base.deployment

    @property
    def site_url(self) -> str:
        """The address that people browse."""
        return self._base.site_url

    def identity(self) -> Person:
        """Who we are."""
        return self._base.identity()

    def server_time(self) -> datetime:
        """The server's own present, aware."""
        return self._base.server_time()

    def fields(self) -> dict[str, str]:
        """Every field of the site: id to name."""
        return self._base.fields()

    def issue_types(self) -> dict[str, str]:
        """As beneath."""
        return self._base.issue_types()

    def statuses(self) -> dict[str, str]:
        """Every status of the site: name to the key of its category."""
        return self._base.statuses()

    def link_types(self) -> list[LinkType]:
        """The site's issue link types."""
        return self._base.link_types()

    def create_screen(self, project: str, issue_type: str) -> CreateScreen | None:
        """The create screen of that type in that project."""
        return self._base.create_screen(project, issue_type)

    def assignable(self, project: str, account: str) -> Person | None:
        """That very account, if it is active and may be assigned issues in the project."""
        return self._base.assignable(project, account)

    def person(self, account: str) -> Person | None:
        """Who has that account."""
        return self._base.person(account)

    def members(self, group: str) -> list[Person]:
        """The active members of a group."""
        return self._base.members(group)

    def permissions(self, project: str, names: tuple[str, ...]) -> dict[str, bool]:
        """Which of the named permissions we have in the project."""
        return self._base.permissions(project, names)


def _said(body: str, mark: Mapping[str, str]) -> dict[str, Any]:
    """What a comment says and carries, as Jira answers it."""
    rendered = f"<p>{html.escape(body)}</p>"
    return {"body": body, "renderedBody": rendered, "properties": [{"key": COMMENT_PROPERTY, "value": dict(mark)}]}


def _linked(raw: RawIssue) -> dict[str, Any]:
    """An issue as the far end of a link shows it."""
    shown = {name: raw["fields"].get(name) for name in ("summary", "status", "issuetype")}
    return {"id": raw["id"], "key": raw["key"], "fields": shown}
