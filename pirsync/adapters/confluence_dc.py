"""Confluence Data Center by its one REST API; the library is the authenticated session and no more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import requests
from atlassian import ConfluenceServer

from pirsync.errors import AuthInDoubt
from pirsync.page_model import Attached, Mention, Page, PageHead, Property, current_first
from pirsync.ports import PageDraft, Stamp

from .confluence_base import (
    V1,
    ConfluenceBase,
    as_property,
    attachments_path,
    chunks,
    former,
    is_creator,
    path_part,
    present,
    storage_of,
    whole,
    with_body,
)
from .connection import Connection, guard
from .http import Pace
from .limits import Holds
from .shapes import name_in, text_in, words

WHOLE = "body.storage,version,space"
HEAD = "version,space"

WITH_BODIES = 50
WITHOUT_BODIES = 200
"""Pages in one answer of a search; servers cut longer answers silently."""

DEPTH = 25
"""Versions looked at, one request each, for the newest of ours."""


def _client(connection: Connection) -> Any:
    session = requests.Session()
    guard(session, connection)
    login = {"token": connection.token}
    if connection.user:
        login = {"username": connection.user, "password": connection.token}
    library: Any = ConfluenceServer  # its constructor is not typed
    return library(connection.api, session=session, retry_with_header=False, backoff_and_retry=False, **login)


class ConfluenceDataCenter(ConfluenceBase):
    """`WikiReads` and `WikiWrites` of one site. Making one sends nothing."""

    def __init__(
        self,
        connection: Connection,
        stop: threading.Event,
        pace: Pace | None = None,
        now: Callable[[], datetime] = present,
        holds: Holds | None = None,
    ) -> None:
        super().__init__(connection, _client(connection), stop, pace, now, holds)
        self._keys: dict[str, str] = {}
        self._names: dict[str, str] = {}

    # ------------------------------------------------------------ reads

    def identity(self) -> str:
        """Our user key, or our name where the site tells no key."""
        user = self._current_user()
        if not (account := words(user.get("userKey")) or words(user.get("username"))):
            raise AuthInDoubt("GET user/current told neither key nor name; check user and token")
        return account

    def space_exists(self, space: str) -> bool:
        """Whether `GET space` shows it."""
        path = f"{V1}/space/{path_part(space)}"
        answer = self._read_or_none(path, {})
        return answer is not None and bool(name_in(answer, "key", f"GET {path}"))

    def may_create(self, space: str, parent: str | None) -> bool | None:
        """False where space or parent cannot be seen; True where the parent's operations say so; else None."""
        if not self.space_exists(space):
            return False
        if parent is None:
            return None
        answer = self._read_or_none(f"{V1}/content/{path_part(parent)}", {"expand": "operations"})
        if answer is None:
            return False
        return True if is_creator(answer.get("operations")) else None

    def page(self, page_id: str) -> Page | None:
        """One page, whatever became of it (`status=any`)."""
        path = f"{V1}/content/{path_part(page_id)}"
        answer = self._read_or_none(path, {"expand": WHOLE, "status": "any"})
        if answer is None or answer.get("type", "page") != "page":
            return None
        return whole(self._v1_head(answer), answer, f"GET {path}")

    def _head(self, page_id: str) -> PageHead | None:
        answer = self._read_or_none(f"{V1}/content/{path_part(page_id)}", {"expand": HEAD, "status": "any"})
        return None if answer is None or answer.get("type", "page") != "page" else self._v1_head(answer)

    def pages(self, page_ids: Iterable[str]) -> list[Page]:
        """By search, 50 a request; what the search does not show, current or not, is read by itself."""
        wanted = list(dict.fromkeys(page_ids))
        request = f"GET {V1}/content/search"
        listed = self._by_ids(wanted, WHOLE, WITH_BODIES)
        shown = (whole(self._v1_head(content, answer), content, request) for content, answer in listed)
        found = {page.id: page for page in shown}
        singles = self.each(self.page, [page_id for page_id in wanted if page_id not in found])
        return [*found.values(), *(page for page in singles if page is not None)]

    def heads(self, page_ids: Iterable[str]) -> list[PageHead]:
        """As `pages`, without bodies, 200 a request."""
        wanted = list(dict.fromkeys(page_ids))
        found = {head.id: head for head in self.listed(wanted)}
        singles = self.each(self._head, [page_id for page_id in wanted if page_id not in found])
        return [*found.values(), *(head for head in singles if head is not None)]

    def listed(self, page_ids: Iterable[str]) -> list[PageHead]:
        """By search, 200 a request."""
        shown = self._by_ids(list(dict.fromkeys(page_ids)), HEAD, WITHOUT_BODIES)
        return [self._v1_head(content, answer) for content, answer in shown]

    def _by_ids(self, page_ids: list[str], expand: str, size: int) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
        """Pages that the search shows, each with the answer it came in."""

        def shown(chunk: list[str]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
            cql = f"id in ({','.join(page_id for page_id in chunk if page_id.isdigit())}) and type = page"
            params = {"cql": cql, "expand": expand, "limit": str(size)}
            answers = self._follow(f"{V1}/content/search", params)
            request = f"GET {V1}/content/search"
            return [(content, answer) for answer in answers for content in self._results(answer, request)]

        for several in self.each(shown, chunks(page_ids, size)):
            yield from several

    def titled(self, space: str, title: str) -> list[Page]:
        """By `status=any`, which is current and trashed: a Data Center archives spaces, not pages."""
        path = f"{V1}/content"
        params = {"spaceKey": space, "title": title, "type": "page", "status": "any", "expand": WHOLE}
        answer = self._read_or_none(path, params)
        return current_first(
            whole(self._v1_head(content, answer or {}), content, f"GET {path}")
            for content in (self._results(answer, f"GET {path}") if answer is not None else ())
            if text_in(content, "title", f"GET {path}") == title
        )

    def property(self, page_id: str, key: str) -> Property | None:
        """One content property, addressed by its key."""
        path = f"{V1}/content/{path_part(page_id)}/property/{path_part(key)}"
        answer = self._read_or_none(path, {"expand": "version"})
        return None if answer is None else as_property(answer, f"GET {path}")

    def attachment(self, page_id: str, name: str) -> Attached | None:
        """By its name, in one request."""
        return self._attached(attachments_path(page_id), {"expand": "version"}, name)

    def stamped(self, head: PageHead, stamp: Stamp) -> Page | None:
        """Walk down from the newest that may be ours, one request a version, at most 25: there is no list of them."""
        if stamp.is_on(head):
            page = self.page(head.id)
            if page is not None and page.version == head.version:
                return page
        first = head.version if stamp.is_on(head) else head.version - 1
        first = min(first, stamp.newest) if stamp.newest else first
        for number in range(first, max(first - DEPTH, 0), -1):
            past = self._past(head, number)
            if past is not None and stamp.is_on(past):
                return past
        return None

    def versions(self, head: PageHead) -> Iterator[Page]:
        """One request a version: there is no list of them. The newest is read as it is now."""
        page = self.page(head.id)
        if page is not None and page.version == head.version:
            yield page
        below = head.version - 1 if page is not None and page.version == head.version else head.version
        for number in range(below, 0, -1):
            if (past := self._past(head, number)) is not None:
                yield past

    def _past(self, head: PageHead, number: int) -> Page | None:
        """A former version; None where it was deleted."""
        path = f"{V1}/content/{path_part(head.id)}"
        answer = self._read_or_none(path, {"status": "historical", "version": str(number), "expand": WHOLE})
        if answer is None:
            return None
        past = self._v1_head(answer)
        told = {"version": number, "title": past.title, "at": past.at, "author": past.author}
        return whole(former(head, told | {"message": past.message}), answer, f"GET {path}")

    def mention(self, account: str) -> Mention | None:
        """The user key of a user name, asked for once; None when Confluence knows no such name."""
        if account not in self._keys:
            user = self._read_or_none(f"{V1}/user", {"username": account})
            if user is None or not words(user.get("userKey")):
                return None
            self._meet(user, account)
        return Mention(ref=self._keys[account])

    def account(self, mention: Mention) -> str | None:
        """The user name of a user key, asked for once; pages imported from elsewhere may hold the name itself."""
        if mention.ref not in self._names:
            user = self._read_or_none(f"{V1}/user", {"key": mention.ref})
            user = user or self._read_or_none(f"{V1}/user", {"username": mention.ref})
            if user is None or not words(user.get("username")):
                return None
            self._names[mention.ref] = words(user["username"])
            self._meet(user, self._names[mention.ref])
        return self._names[mention.ref]

    def _meet(self, user: dict[str, Any], name: str) -> None:
        """Both directions of one answer, so that who was looked up by key is not asked for again by name."""
        if words(user.get("userKey")):
            self._keys[name] = words(user["userKey"])
            self._names[self._keys[name]] = name

    # ------------------------------------------------------------ writes

    def create_page(self, draft: PageDraft) -> Page:
        """`POST content`, sent once."""
        body: dict[str, Any] = {
            "type": "page",
            "title": draft.title,
            "space": {"key": draft.space},
            "body": {"storage": {"value": draft.body, "representation": "storage"}},
        }
        if draft.parent is not None:
            body["ancestors"] = [{"id": draft.parent}]
        answer = self._transport.create(f"{V1}/content", body, {"expand": WHOLE})
        return self._born(answer, draft, lambda: self._v1_head(answer))

    def update_page(self, page: PageHead, body: str, message: str) -> Page:
        """`PUT content?status=current`, which also heals pages with a draft that has drifted (facts: section 1.3)."""
        path = f"{V1}/content/{path_part(page.id)}"
        update = {
            "id": page.id,
            "type": "page",
            "status": "current",
            "title": page.title,
            "version": {"number": page.version + 1, "message": message, "minorEdit": True},
            "body": {"storage": {"value": body, "representation": "storage"}},
        }
        answer = self._transport.upsert("PUT", path, update, {"status": "current", "expand": WHOLE})
        saved = storage_of(answer)
        if saved is None or not answer.get("space") or not answer.get("version"):
            return self._reread(page, self.page(page.id))
        return with_body(self._v1_head(answer), saved)

    def add_comment(self, page_id: str, storage: str) -> None:
        """`POST content` of type comment, sent once."""
        body = {
            "type": "comment",
            "container": {"id": page_id, "type": "page"},
            "body": {"storage": {"value": storage, "representation": "storage"}},
        }
        self._transport.create(f"{V1}/content", body)

    def set_property(self, page_id: str, key: str, value: Any, current: Property | None) -> Property:
        """`PUT property` with the next version; version 1 creates."""
        path = f"{V1}/content/{path_part(page_id)}/property/{path_part(key)}"
        number = current.version + 1 if current is not None else 1
        answer = self._transport.upsert("PUT", path, {"key": key, "value": dict(value), "version": {"number": number}})
        return as_property(answer, f"PUT {path}")
