"""Reads of Jira as raw JSON: one pager of ours per deployment, and nothing guessed from what an answer lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from pirsync.errors import Rejected, Unavailable
from pirsync.model import CreateScreen, Deployment, Person, RemoteLink
from pirsync.ports import LinkType, Query, RawIssue, S, T, Want

from . import jql
from .answers import NotFound
from .connection import Connection
from .http import Transport
from .shapes import instant, name_in, number, number_in, objects, onward, part, table, words

API = "rest/api/2"
"""Version 2 on both deployments: wiki text in, HTML out by `renderedFields`."""

PAGE_SIZE = 100
MEMBERS = 50
"""Members of a group that Cloud tells at most in one answer."""
WINDOW = 10_000
"""Data Center answers 500 beyond this offset (facts: Jira, section 1.2)."""


def issue_path(id_or_key: str, *rest: str) -> str:
    """The path of an issue or of something of it; no name can climb out of it."""
    return "/".join([API, "issue", *(quote(name, safe="") for name in (id_or_key, *rest))])


class JiraReads:
    """`TrackerReads` over one connection; `counts` tells how many requests were made, by method."""

    def __init__(self, connection: Connection, transport: Transport) -> None:
        self._connection = connection
        self._transport = transport
        self._is_cloud = connection.deployment == "cloud"

    @property
    def deployment(self) -> Deployment:
        """As configured; nothing is asked of the site."""
        return self._connection.deployment

    @property
    def site_url(self) -> str:
        """The address that people browse."""
        return self._connection.site

    @property
    def counts(self) -> dict[str, int]:
        """Requests made so far, by method."""
        return self._transport.counts

    @property
    def outcomes(self) -> Counter[str]:
        """What became of the requests so far."""
        return self._transport.outcomes

    def identity(self) -> Person:
        """Who we are (`GET myself`)."""
        return self._person(self._transport.read("GET", f"{API}/myself"), "GET myself")

    def server_time(self) -> datetime:
        """The server's present (`GET serverInfo`)."""
        return instant(part(self._transport.read("GET", f"{API}/serverInfo"), "serverTime", "GET serverInfo"))

    def fields(self) -> dict[str, str]:
        """Field ids to names."""
        found = objects(self._transport.read("GET", f"{API}/field"), "GET field")
        return {str(field["id"]): words(field.get("name")) for field in found if "id" in field}

    def issue_types(self) -> dict[str, str]:
        """Issue type ids to names; projects may have several of one name."""
        found = objects(self._transport.read("GET", f"{API}/issuetype"), "GET issuetype")
        return {str(kind["id"]): words(kind.get("name")) for kind in found if "id" in kind}

    def statuses(self) -> dict[str, str]:
        """Status names to the keys of their categories; a status without one is `undefined`."""
        found = objects(self._transport.read("GET", f"{API}/status"), "GET status")
        return {
            str(status["name"]): str(table(status.get("statusCategory")).get("key", "undefined"))
            for status in found
            if "name" in status
        }

    # ------------------------------------------------------------ issues

    def search(self, query: Query, want: Want) -> Iterator[RawIssue]:
        """Every issue found, a page of 100 at a time; Rejected for JQL that cannot be rendered or understood."""
        try:
            jql.render(query)
        except ValueError as error:
            raise Rejected(f"The search was not sent: {error}.") from None
        return self._search_cloud(query, want) if self._is_cloud else self._search_windows(query, want)

    def _search_cloud(self, query: Query, want: Want) -> Iterator[RawIssue]:
        path = f"{API}/search/jql"
        body: dict[str, Any] = {"jql": jql.render(query), "maxResults": PAGE_SIZE, "fields": list(want.fields)}
        if want.expand:
            body["expand"] = ",".join(want.expand)
        if want.properties:
            body["properties"] = list(want.properties)
        tokens: set[str] = set()
        while True:
            answer = self._transport.read("POST", path, body=body)
            yield from _issues(answer, f"POST {path}")
            token = onward(answer, "nextPageToken", f"POST {path}")
            if answer.get("isLast") is True or not token or token in tokens:
                return
            tokens.add(token)
            body["nextPageToken"] = token

    def _search_windows(self, query: Query, want: Want) -> Iterator[RawIssue]:
        """Data Center: offsets below the window's size, then on from the creation of the last issue seen."""
        wanted = want.model_copy(update={"fields": tuple(dict.fromkeys((*want.fields, "created")))})
        request = f"POST {API}/search"
        begin, start = 0, 0
        text = jql.render(query)
        before: set[str] = set()
        seen: set[str] = set()
        while True:
            answer = self._search_page(text, wanted, start)
            issues = _issues(answer, request)
            yield from (issue for issue in issues if str(issue["id"]) not in before)
            seen |= {str(issue["id"]) for issue in issues}
            start += len(issues)
            if start + PAGE_SIZE > WINDOW and issues:
                last = instant(part(part(issues[-1], "fields", request), "created", request))
                if jql.milliseconds(last) <= begin:
                    raise Rejected(f"More than {WINDOW} issues were created within one minute: narrow the search.")
                begin, start = jql.milliseconds(last), 0
                text = jql.render(query, created_from=begin)
                before, seen = seen, set()
            elif not issues or start >= number_in(answer, "total", request):
                return

    def _search_page(self, text: str, want: Want, start: int, **more: Any) -> Any:
        body = {"jql": text, "startAt": start, "maxResults": PAGE_SIZE, "fields": list(want.fields), **more}
        if want.expand:
            body["expand"] = list(want.expand)
        return self._transport.read("POST", f"{API}/search", body=body)

    def issue(self, id_or_key: str, want: Want) -> RawIssue | None:
        """One issue by key or id; None for a 404."""
        params = {
            "fields": ",".join(want.fields),
            "expand": ",".join(want.expand),
            "properties": ",".join(want.properties),
        }
        path = issue_path(id_or_key)
        try:
            answer = self._transport.read("GET", path, params={name: text for name, text in params.items() if text})
        except NotFound:
            return None
        name_in(answer, "key", f"GET {path}")
        return dict(_issue(answer, f"GET {path}"))

    def issues(self, ids: Iterable[str], want: Want) -> list[RawIssue]:
        """Those that can be seen, 100 a request; ids and keys may be mixed."""
        names = iter(dict.fromkeys(ids))
        found: dict[str, RawIssue] = {}
        while chunk := list(islice(names, PAGE_SIZE)):
            several = self._bulk(chunk, want) if self._is_cloud else self._by_search(chunk, want)
            found |= {str(issue["id"]): issue for issue in several}
        return list(found.values())

    def _bulk(self, names: list[str], want: Want) -> list[RawIssue]:
        path = f"{API}/issue/bulkfetch"
        body: dict[str, Any] = {"issueIdsOrKeys": names, "fields": list(want.fields)}
        if want.expand:
            body["expand"] = list(want.expand)
        if want.properties:
            body["properties"] = list(want.properties)
        return _issues(self._transport.read("POST", path, body=body), f"POST {path}")

    def _by_search(self, names: list[str], want: Want) -> list[RawIssue]:
        """Data Center has no bulk read; a search that is not validated leaves out what is gone.

        What it leaves out is then read by itself: it may only not be indexed yet.
        """
        ids = [name for name in names if name.isascii() and name.isdigit()]
        keys = tuple(name for name in names if name not in ids)
        clauses = ([f"id in ({', '.join(ids)})"] if ids else []) + ([jql.one_of("key", keys)] if keys else [])
        answer = self._search_page(" OR ".join(clauses), want, 0, validateQuery=False)
        found = _issues(answer, "POST search")
        shown = {str(issue[name]) for issue in found for name in ("id", "key") if name in issue}
        singles = self.each(lambda name: self.issue(name, want), [name for name in names if name not in shown])
        return [*found, *(issue for issue in singles if issue is not None)]

    # ------------------------------------------------------------ of one issue

    def changelog(self, issue_id: str) -> list[Mapping[str, Any]]:
        """All histories, oldest first: paged on Cloud, by expansion on Data Center (facts: Jira, section 4.5)."""
        if self._is_cloud:
            histories = list(self._paged(issue_path(issue_id, "changelog"), ("values",), {}))
        else:
            path = issue_path(issue_id)
            answer = self._transport.read("GET", path, params={"fields": "created", "expand": "changelog"})
            log = part(part(answer, "changelog", f"GET {path}"), "histories", f"GET {path}")
            histories = objects(log, f"GET {path}")
        return sorted(histories, key=lambda history: instant(history.get("created")))

    def comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        """All comments, oldest first, with `renderedBody` and their properties."""
        params = {"expand": "renderedBody,properties", "orderBy": "created"}
        return list(self._paged(issue_path(issue_id, "comment"), ("comments",), params))

    def remote_links(self, issue_id: str) -> list[RemoteLink]:
        """The links to the outside; those of other tools too, with an empty global id where they have none."""
        path = issue_path(issue_id, "remotelink")
        found = objects(self._transport.read("GET", path), f"GET {path}")
        seen = [(words(link.get("globalId")), table(link.get("object"))) for link in found]
        return [
            RemoteLink(global_id=name, url=words(thing.get("url")), title=words(thing.get("title")))
            for name, thing in seen
        ]

    # ------------------------------------------------------------ about the site

    def link_types(self) -> list[LinkType]:
        """The kinds of issue links."""
        path = f"{API}/issueLinkType"
        listed = part(self._transport.read("GET", path), "issueLinkTypes", f"GET {path}")
        found = objects(listed, f"GET {path}", "id")
        return [
            LinkType(
                id=str(kind["id"]),
                name=words(kind.get("name")),
                inward=words(kind.get("inward")),
                outward=words(kind.get("outward")),
            )
            for kind in found
        ]

    def create_screen(self, project: str, issue_type: str) -> CreateScreen | None:
        """The fields of a type's create screen; the type by its id or its exact name."""
        path = f"{API}/issue/createmeta/{quote(project, safe='')}/issuetypes"
        try:
            kinds = list(self._paged(path, ("issueTypes", "values"), {}))
            kind = next((k for k in kinds if issue_type in (str(k.get("id")), k.get("name"))), None)
            if kind is None:
                return None
            type_id = name_in(kind, "id", f"GET {path}")
            fields = list(self._paged(f"{path}/{quote(type_id, safe='')}", ("fields", "values"), {}))
        except Rejected:
            return None
        named = {words(field.get("fieldId")) or words(field.get("key")): field for field in fields}
        return CreateScreen(
            project=project,
            type_id=type_id,
            type_name=words(kind.get("name")),
            fields={name: words(field.get("name")) for name, field in named.items()},
            required=tuple(name for name, field in named.items() if _is_demanded(field)),
        )

    def assignable(self, project: str, account: str) -> Person | None:
        """That very account, if active and assignable; the search's similar ones are passed over."""
        path = f"{API}/user/assignable/search"
        params = {"project": project, "accountId" if self._is_cloud else "username": account, "maxResults": "1000"}
        try:
            found = objects(self._transport.read("GET", path, params=params), f"GET {path}")
        except NotFound:
            return None
        people = [self._person(user, f"GET {path}") for user in found]
        return next((person for person in people if person.account == account and person.active), None)

    def person(self, account: str) -> Person | None:
        """Who has that account; Jira answers 403 where we may not look at people, and 404 where there is none."""
        path = f"{API}/user"
        params = {"accountId" if self._is_cloud else "username": account}
        try:
            return self._person(self._transport.read("GET", path, params=params), f"GET {path}")
        except Rejected:
            return None

    def members(self, group: str) -> list[Person]:
        """The active members of a group, which Jira tells those who administer it or, on Cloud, may browse people."""
        path = f"{API}/group/member"
        found = self._paged(path, ("values",), {"groupname": group, "includeInactiveUsers": "false"}, MEMBERS)
        return [self._person(user, f"GET {path}") for user in found]

    def permissions(self, project: str, names: tuple[str, ...]) -> dict[str, bool]:
        """Which of the named permissions we have in the project; an answer that lacks one means that we lack it."""
        path = f"{API}/mypermissions"
        params = {"permissions": ",".join(names), "projectKey": project}
        known = part(self._transport.read("GET", path, params=params), "permissions", f"GET {path}")
        return {name: table(table(known).get(name)).get("havePermission") is True for name in names}

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order; four are under way at once."""
        return self._transport.map_reads(read, items)

    def _person(self, user: Any, request: str) -> Person:
        account = name_in(user, "accountId" if self._is_cloud else "name", request)
        return Person(account=account, name=words(user.get("displayName")), active=bool(user.get("active", True)))

    def _paged(
        self, path: str, names: tuple[str, ...], params: Mapping[str, str], size: int = PAGE_SIZE
    ) -> Iterator[dict[str, Any]]:
        """The parts of an offset-paged list, which different deployments call by different names."""
        request, start = f"GET {path}", 0
        before: list[dict[str, Any]] = []
        while True:
            answer = self._transport.read("GET", path, {**params, "startAt": start, "maxResults": size})
            name = next((n for n in names if isinstance(answer, dict) and n in answer), names[0])
            parts = objects(part(answer, name, request), request)
            if parts and parts == before:
                raise Unavailable(f"{request} gave the same part of its list twice: it would never end")
            yield from parts
            before = parts
            start += len(parts)
            total = answer.get("total")
            if not parts or answer.get("isLast") is True:
                return
            if total is not None and start >= number(total, "total", request):
                return


def _is_demanded(field: Mapping[str, Any]) -> bool:
    return bool(field.get("required")) and not field.get("hasDefaultValue")


def _issues(answer: Any, request: str) -> list[RawIssue]:
    """The issues in an answer, each as `_issue` demands."""
    return [_issue(one, request) for one in objects(part(answer, "issues", request), request)]


def _issue(answer: Any, request: str) -> dict[str, Any]:
    """An issue: it has an id, and of whatever kind its fields are, they are an object."""
    name_in(answer, "id", request)
    if not isinstance(answer.get("fields", {}), dict):
        raise Unavailable(f"{request} was answered without an issue's `fields`: is this really the product's API?")
    issue: dict[str, Any] = answer
    return issue
