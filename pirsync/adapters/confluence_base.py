"""What both Confluences share: the first REST API's search, labels and shape of a page, and one pager."""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import requests

from pirsync.errors import Ambiguous, AuthInDoubt, Rejected, Unavailable
from pirsync.model import Deployment
from pirsync.page_model import Attached, Page, PageHead, PageStatus, Property
from pirsync.ports import PageDraft, S, T, Upload

from .answers import NotFound, Request
from .connection import Connection, origin, quiet_libraries
from .http import Pace, Transport
from .limits import Holds
from .pat import token_expires
from .shapes import instant, name_in, number_in, objects, onward, part, table, text_in, words

V1 = "rest/api"
MOST_PAGES = 1000
"""Result pages followed before we take the server to be going round in circles."""

FORM = {"Accept": "application/json", "X-Atlassian-Token": "nocheck"}
"""Headers of a form, in place of the library's, which say JSON; without the second it is refused as cross-site."""

_STATUS = {
    "current": PageStatus.CURRENT,
    "archived": PageStatus.ARCHIVED,
    "trashed": PageStatus.TRASHED,
    "deleted": PageStatus.TRASHED,
    "draft": PageStatus.DRAFT,
}


def present() -> datetime:
    """The machine's present, aware UTC."""
    return datetime.now(UTC)


def page_status(word: object) -> PageStatus:
    """The life of a page; a word that is not known is taken for one that is never written to."""
    return _STATUS.get(str(word), PageStatus.ARCHIVED)


def cql_quote(value: str) -> str:
    """A value as a CQL string (facts: Confluence, section 3)."""
    printable = "".join(character for character in value if character.isprintable())
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_property(answer: Any, request: str) -> Property:
    """A content property, of the same shape in both APIs; a value that is no object reads as an empty one."""
    value = answer.get("value") if isinstance(answer, dict) else None
    return Property(
        id=name_in(answer, "id", request),
        key=name_in(answer, "key", request),
        version=number_in(part(answer, "version", request), "number", request),
        value=value if isinstance(value, dict) else {},
    )


@contextmanager
def _scopes_refuse() -> Iterator[None]:
    """A token that may do all else but not this is no doubt about who we are: Rejected, and the pass goes on."""
    try:
        yield
    except AuthInDoubt as doubt:
        if "scope" in str(doubt) and "does not match" in str(doubt):
            raise Rejected(str(doubt)) from None
        raise


def attachments_path(page_id: str) -> str:
    """Where the first API has the files of a page."""
    return f"{V1}/content/{path_part(page_id)}/child/attachment"


def as_attached(answer: Any, request: str) -> Attached:
    """A file on a page: the first API tells its comment among its metadata, the second beside its title."""
    told = [table(answer), *(table(table(answer).get(name)) for name in ("metadata", "extensions"))]
    return Attached(
        id=name_in(answer, "id", request),
        name=name_in(answer, "title", request),
        version=number_in(part(answer, "version", request), "number", request),
        comment=next(filter(None, (words(one.get("comment")) for one in told)), ""),
    )


def storage_of(answer: Any) -> str | None:
    """The storage body in an answer, None where the answer has none: absence is never read as an empty page."""
    value = table(table(table(answer).get("body")).get("storage")).get("value")
    return value if isinstance(value, str) else None


def with_body(head: PageHead, body: str) -> Page:
    """A page version: a head and its body."""
    return Page(**head.model_dump(), body=body)


def whole(head: PageHead, answer: Any, request: str) -> Page:
    """A page with the body that the answer must have."""
    body = storage_of(answer)
    if body is None:
        raise Unavailable(f"{request} was answered without the body that was asked for")
    return with_body(head, body)


def former(head: PageHead, told: Mapping[str, Any]) -> PageHead:
    """The head of a former version: what is told of it, and the rest as of the version that `head` (or a page) is."""
    known = head.model_dump(include=set(PageHead.model_fields))
    return PageHead.model_validate(known | dict(told))


def is_creator(operations: Any) -> bool:
    """Whether a list of permitted operations has the creation of pages."""
    listed = operations if isinstance(operations, list) else []
    told = ((table(one).get("operation"), table(one).get("targetType")) for one in listed)
    return ("create", "page") in told


def chunks(names: list[str], size: int) -> Iterator[list[str]]:
    """The names in lists of at most `size`."""
    for start in range(0, len(names), size):
        yield names[start : start + size]


def path_part(name: str) -> str:
    """An id, key or name as one part of a path; it cannot climb out of it."""
    return quote(name, safe="")


class ConfluenceBase(ABC):
    """One Confluence, reached through a client library's session; only `request` of the client is ever used.

    `now` is used for one thing: CQL takes "since" as a number of minutes before the server's present.
    """

    def __init__(
        self,
        connection: Connection,
        client: Any,
        stop: threading.Event,
        pace: Pace | None = None,
        now: Callable[[], datetime] = present,
        holds: Holds | None = None,
    ) -> None:
        self._connection = connection
        self._client = client
        self._now = now
        self._transport = Transport(self._send, connection.secrets, stop, pace, holds)
        quiet_libraries()

    def _send(self, request: Request) -> requests.Response:
        options: dict[str, Any] = {"data": request.body}
        if (file := request.file) is not None:
            told = {"comment": file.comment, "minorEdit": "true"}
            sent = {"file": (file.name, file.content.encode(), file.media_type)}
            options = {"data": told, "files": sent, "headers": FORM}
        response: requests.Response = self._client.request(
            request.method,
            path=request.path,
            params={name: value for name, value in request.params.items() if value not in ("", None)},
            advanced_mode=True,
            **options,
        )
        return response

    @property
    def deployment(self) -> Deployment:
        """As configured; nothing is asked of the site."""
        return self._connection.deployment

    @property
    def counts(self) -> dict[str, int]:
        """Requests made so far, by method."""
        return self._transport.counts

    @property
    def outcomes(self) -> Counter[str]:
        """What became of the requests so far."""
        return self._transport.outcomes

    def token_expires(self, now: datetime) -> datetime | None:
        """When our token ends, where the site tells."""
        return token_expires(self._connection, self._transport, now)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def labelled(
        self, space: str, label: str, since: datetime | None, also: tuple[str, ...] = ()
    ) -> Iterator[PageHead]:
        """Pages with the label, by CQL; rounded to a minute more, never less."""
        cql = f"label = {cql_quote(label)} and space = {cql_quote(space)} and type = page"
        if since is not None:
            minutes = max(1, math.ceil((self._now() - since).total_seconds() / 60) + 1)
            cql += f' and lastmodified >= now("-{minutes}m")'
        if also:
            cql = f"({cql}) or (id in ({','.join(page_id for page_id in also if page_id.isdigit())}) and type = page)"
        yield from self._found(cql)

    def ours(self, label: str) -> Iterator[PageHead]:
        """Pages that our account made or that have the label, wherever people moved them, by CQL."""
        yield from self._found(f"(creator = currentUser() or label = {cql_quote(label)}) and type = page")

    def _found(self, cql: str) -> Iterator[PageHead]:
        params = {"cql": cql, "expand": "version,space", "limit": "100"}
        for answer in self._follow(f"{V1}/content/search", params):
            for found in self._results(answer, "GET content/search"):
                yield self._v1_head(found, answer)

    @abstractmethod
    def titled(self, space: str, title: str) -> list[Page]:
        """The pages of that very title, whatever became of them, the current one first; each dialect asks its way."""

    def find(self, space: str, title: str) -> Page | None:
        """The current page of that very title."""
        return next((page for page in self.titled(space, title) if page.status is PageStatus.CURRENT), None)

    def add_labels(self, page_id: str, labels: tuple[str, ...]) -> None:
        """`POST label` with an array; those that are there stay."""
        body = [{"prefix": "global", "name": label} for label in labels]
        self._transport.upsert("POST", f"{V1}/content/{path_part(page_id)}/label", body)

    def attach(self, page_id: str, upload: Upload, current: Attached | None) -> Attached:
        """`POST child/attachment`, which refuses a name that is taken, or `POST …/data` for a next version; each once.

        Both dialects have both; Cloud's PUT by name would also write over a file that somebody else just attached.
        """
        path = attachments_path(page_id)
        if current is not None:
            path = f"{path}/{path_part(current.id)}/data"
        with _scopes_refuse():
            answer = self._transport.upload(path, upload)
        told = answer.get("results") if isinstance(answer, dict) and "results" in answer else [answer]
        made = told[0] if isinstance(told, list) and len(told) == 1 else None
        try:
            return as_attached(made, f"POST {path}")
        except Unavailable:
            raise Ambiguous(f"POST {path} was not answered with the file that was attached; look again") from None

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order; four are under way at once."""
        return self._transport.map_reads(read, items)

    # ------------------------------------------------------------ for the two dialects

    def _current_user(self) -> dict[str, Any]:
        """Who we are; AuthInDoubt when the site takes us for nobody."""
        try:
            user = self._transport.read("GET", f"{V1}/user/current")
        except Rejected as refusal:
            raise AuthInDoubt(f"{refusal}: Confluence does not know us; check url, user and token") from None
        if not isinstance(user, dict) or user.get("type", "known") == "anonymous":
            raise AuthInDoubt("GET user/current: Confluence takes us for nobody; check user and token")
        return user

    def _read_or_none(self, path: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object there, None for a 404 alone: an answer that is empty or no object is not absence."""
        try:
            answer = self._transport.read("GET", path, params)
        except NotFound:
            return None
        if not isinstance(answer, dict):
            raise Unavailable(f"GET {path} was not answered with an object: is this really the product's API?")
        return answer

    def _follow(self, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The answers of a paged list. `_links.next` lends its query only: its path may lack ours (facts: trap 27)."""
        query = dict(params)
        followed: set[str] = set()
        for _ in range(MOST_PAGES):
            answer = self._transport.read("GET", path, query)
            part(answer, "results", f"GET {path}")
            yield answer
            following = onward(table(answer.get("_links")), "next", f"GET {path}")
            if not following or following in followed:
                return
            self._refuse_foreign(following, path)
            followed.add(following)
            query |= parse_qs(urlsplit(following).query)
        raise Unavailable(f"GET {path} went on for more than {MOST_PAGES} pages of results")

    def _attached(self, path: str, params: Mapping[str, Any], name: str) -> Attached | None:
        """The file of that very name in a list of a page's files."""
        with _scopes_refuse():
            answer = self._read_or_none(path, {"filename": name, **params})
        found = self._results(answer, f"GET {path}") if answer is not None else []
        return next((as_attached(one, f"GET {path}") for one in found if one.get("title") == name), None)

    @staticmethod
    def _born(answer: Any, draft: PageDraft, head: Callable[[], PageHead]) -> Page:
        """The page as its create was answered; one of which the answer tells no body has the body that was sent.

        The page exists now, so an answer that cannot be read is doubt, not failure.
        """
        try:
            return with_body(head(), storage_of(answer) or draft.body)
        except Unavailable as error:
            raise Ambiguous(f"{error}; the page was created: look for it by its title") from None

    @staticmethod
    def _reread(page: PageHead, found: Page | None) -> Page:
        """The page read back after a write whose answer held no body."""
        if found is None:
            raise Ambiguous(f"Page {page.id} was written, but cannot be read back; look again")
        return found

    def _refuse_foreign(self, following: str, path: str) -> None:
        ours = (origin(self._connection.api), origin(self._connection.site))
        with suppress(ValueError):  # an address that is none is foreign, too
            if not urlsplit(following).netloc or origin(following) in ours:
                return
        raise Unavailable(f"GET {path} named a next page on another host; it was not followed")

    @staticmethod
    def _results(answer: Any, request: str) -> list[dict[str, Any]]:
        return objects(part(answer, "results", request), request)

    def _url(self, thing: Mapping[str, Any], *around: Mapping[str, Any]) -> str:
        """Where people browse a page: what the server says of itself, which behind a gateway is not the API's host."""
        links = [table(answer.get("_links")) for answer in (thing, *around)]
        base = next(filter(None, (words(link.get("base")) for link in links)), self._connection.site)
        path = words(links[0].get("webui")) or f"/pages/viewpage.action?pageId={thing.get('id', '')}"
        return base.rstrip("/") + path

    def _v1_head(self, content: Any, *around: Mapping[str, Any]) -> PageHead:
        """A page of the first API, expanded by version and space."""
        request = "GET content"
        version = part(content, "version", request)
        number, by = number_in(version, "number", request), table(version.get("by"))
        return PageHead(
            id=name_in(content, "id", request),
            space=name_in(part(content, "space", request), "key", request),
            title=text_in(content, "title", request),
            status=page_status(content.get("status", "current")),
            version=number,
            at=instant(part(version, "when", request)),
            author=words(by.get("accountId")) or words(by.get("userKey")) or words(by.get("username")),
            message=words(version.get("message")),
            url=self._url(content, *around),
        )
