"""Confluence Cloud: pages, properties and spaces by its second API, search, labels and users by its first.

The library is the authenticated session and no more (facts: Confluence, sections 0 and 1.5).
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import requests
from atlassian import ConfluenceV2

from pirsync.errors import AuthInDoubt, Rejected, Unavailable
from pirsync.page_model import Attached, Mention, Page, PageHead, Property, current_first
from pirsync.ports import PageDraft, Stamp

from .confluence_base import (
    ConfluenceBase,
    as_property,
    chunks,
    former,
    is_creator,
    page_status,
    path_part,
    present,
    storage_of,
    whole,
    with_body,
)
from .connection import Connection, guard
from .http import Pace
from .limits import Holds
from .shapes import instant, name_in, number_in, part, table, text_in, words

V2 = "api/v2"
STATUSES = ("current", "archived", "trashed")
"""Asked for by name, so that a page that was put away is told from one that is absent."""

AT_ONCE = 250
VERSIONS_AT_ONCE = 50
_SPACE_IN_LINK = re.compile(r"^/spaces/([^/?#]+)/")


def _with_context(url: str) -> str:
    """Cloud's Confluence lives under `/wiki`, at the site as behind the gateway."""
    return url if not url or url.rstrip("/").endswith("/wiki") else url.rstrip("/") + "/wiki"


def _client(connection: Connection) -> Any:
    session = requests.Session()
    guard(session, connection)
    login = {"token": connection.token}
    if connection.user:
        login = {"username": connection.user, "password": connection.token}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return ConfluenceV2(connection.api, session=session, retry_with_header=False, backoff_and_retry=False, **login)


class ConfluenceCloud(ConfluenceBase):
    """`WikiReads` and `WikiWrites` of one site. Making one sends nothing."""

    def __init__(
        self,
        connection: Connection,
        stop: threading.Event,
        pace: Pace | None = None,
        now: Callable[[], datetime] = present,
        holds: Holds | None = None,
    ) -> None:
        connection = replace(
            connection, site_url=_with_context(connection.site_url), api_url=_with_context(connection.api_url)
        )
        super().__init__(connection, _client(connection), stop, pace, now, holds)
        self._space_ids: dict[str, str] = {}
        self._space_keys: dict[str, str] = {}

    # ------------------------------------------------------------ reads

    def identity(self) -> str:
        """Our account id."""
        user = self._current_user()
        if not (account := words(user.get("accountId"))):
            raise AuthInDoubt("GET user/current told no account id; check user and token")
        return account

    def space_exists(self, space: str) -> bool:
        """Whether the space can be seen now."""
        self._space_ids.pop(space, None)
        return self._space_id(space) is not None

    def may_create(self, space: str, parent: str | None) -> bool | None:
        """False where space or parent cannot be seen; else what the space's operations say, None where they do not."""
        space_id = self._space_id(space)
        if space_id is None or (parent is not None and not self.heads([parent])):
            return False
        try:
            answer = self._transport.read("GET", f"{V2}/spaces/{space_id}/operations")
        except Rejected:
            return None
        operations = answer.get("operations") if isinstance(answer, dict) else None
        return is_creator(operations) if operations else None

    def page(self, page_id: str) -> Page | None:
        """One page with its body, archived or trashed ones too."""
        path = f"{V2}/pages/{path_part(page_id)}"
        answer = self._read_or_none(path, {"body-format": "storage", "status": STATUSES})
        return None if answer is None else whole(self._head(answer), answer, f"GET {path}")

    def pages(self, page_ids: Iterable[str]) -> list[Page]:
        """250 a request; what the list does not show, perhaps because it lags, is read by itself."""
        wanted = list(dict.fromkeys(page_ids))
        request = f"GET {V2}/pages"
        listed = self._by_ids(wanted, {"body-format": "storage"})
        shown = (whole(self._head(item, answer), item, request) for item, answer in listed)
        found = {page.id: page for page in shown}
        singles = self.each(self.page, [page_id for page_id in wanted if page_id not in found])
        return [*found.values(), *(page for page in singles if page is not None)]

    def heads(self, page_ids: Iterable[str]) -> list[PageHead]:
        """As `pages`, without bodies."""
        wanted = list(dict.fromkeys(page_ids))
        found = {head.id: head for head in self.listed(wanted)}
        singles = self.each(
            lambda page_id: self._read_or_none(f"{V2}/pages/{path_part(page_id)}", {"status": STATUSES}),
            [page_id for page_id in wanted if page_id not in found],
        )
        return [*found.values(), *(self._head(item) for item in singles if item is not None)]

    def listed(self, page_ids: Iterable[str]) -> list[PageHead]:
        """250 a request."""
        return [self._head(item, answer) for item, answer in self._by_ids(list(dict.fromkeys(page_ids)), {})]

    def _by_ids(self, page_ids: list[str], more: Mapping[str, str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Pages of the list, each with the answer it came in."""
        for chunk in chunks(page_ids, AT_ONCE):
            params = {"id": ",".join(chunk), "limit": str(AT_ONCE), "status": STATUSES, **more}
            for answer in self._follow(f"{V2}/pages", params):
                for item in self._results(answer, f"GET {V2}/pages"):
                    yield item, answer

    def titled(self, space: str, title: str) -> list[Page]:
        """All that are asked for by name in one list."""
        space_id = self._space_id(space)
        if space_id is None:
            return []
        params = {"space-id": space_id, "title": title, "status": STATUSES, "body-format": "storage"}
        return current_first(
            whole(self._head(item, answer), item, f"GET {V2}/pages")
            for answer in self._follow(f"{V2}/pages", params)
            for item in self._results(answer, f"GET {V2}/pages")
            if text_in(item, "title", f"GET {V2}/pages") == title
        )

    def property(self, page_id: str, key: str) -> Property | None:
        """One content property, found by its key in a list."""
        path = f"{V2}/pages/{path_part(page_id)}/properties"
        answer = self._read_or_none(path, {"key": key})
        found = [] if answer is None else self._results(answer, f"GET {path}")
        return next((as_property(one, f"GET {path}") for one in found if one.get("key") == key), None)

    def attachment(self, page_id: str, name: str) -> Attached | None:
        """By its name, in one request of the second API: the first one's list is gone."""
        return self._attached(f"{V2}/pages/{path_part(page_id)}/attachments", {}, name)

    def stamped(self, head: PageHead, stamp: Stamp) -> Page | None:
        """The versions with their bodies, newest first, 50 a request."""
        for versions in self._listed(head):
            ours = [
                version
                for version in versions
                if stamp.tells(version["number"], words(version.get("message")), words(version.get("authorId")))
            ]
            if ours:
                return self._past(head, max(ours, key=lambda version: int(version["number"])))
        return None

    def versions(self, head: PageHead) -> Iterator[Page]:
        """The same list, whole."""
        for versions in self._listed(head):
            yield from (self._past(head, version) for version in versions)

    def _listed(self, head: PageHead) -> Iterator[list[dict[str, Any]]]:
        """The versions at or below `head`, a request at a time."""
        path = f"{V2}/pages/{path_part(head.id)}/versions"
        params = {"body-format": "storage", "limit": str(VERSIONS_AT_ONCE), "sort": "-modified-date"}
        for answer in self._follow(path, params):
            found = self._results(answer, f"GET {path}")
            yield [version for version in found if number_in(version, "number", f"GET {path}") <= head.version]

    def _past(self, head: PageHead, version: Mapping[str, Any]) -> Page:
        """A former version; read by itself where the list came without bodies."""
        held = version.get("page")
        path = f"{V2}/pages/{path_part(head.id)}"
        if storage_of(held) is None:
            held = self._transport.read("GET", path, {"body-format": "storage", "version": str(version["number"])})
        told = {
            "version": version["number"],
            "title": words(table(held).get("title")) or head.title,
            "at": instant(version.get("createdAt")),
            "author": words(version.get("authorId")),
            "message": words(version.get("message")),
        }
        return whole(former(head, told), held, f"GET {path}")

    def mention(self, account: str) -> Mention | None:
        """Both products share account ids."""
        return Mention(ref=account)

    def account(self, mention: Mention) -> str | None:
        """Both products share account ids."""
        return mention.ref

    # ------------------------------------------------------------ writes

    def create_page(self, draft: PageDraft) -> Page:
        """`POST pages`, sent once; without a parent it comes under the space's homepage. Where the space's number had
        to be read and that took long, it is not sent; the next try knows it."""
        asked = datetime.now(UTC)
        space_id = self._space_id(draft.space)
        if space_id is None:
            raise Rejected(f"The space {draft.space} cannot be seen, so no page was created", {"space": "not found"})
        body: dict[str, Any] = {
            "spaceId": space_id,
            "status": "current",
            "title": draft.title,
            "body": {"representation": "storage", "value": draft.body},
        }
        if draft.parent is not None:
            body["parentId"] = draft.parent
        answer = self._transport.create(f"{V2}/pages", body, asked=asked)
        return self._born(answer, draft, lambda: self._head(answer))

    def update_page(self, page: PageHead, body: str, message: str) -> Page:
        """`PUT pages` with the version after the one that was read."""
        path = f"{V2}/pages/{path_part(page.id)}"
        update = {
            "id": page.id,
            "status": "current",
            "title": page.title,
            "body": {"representation": "storage", "value": body},
            "version": {"number": page.version + 1, "message": message, "minorEdit": True},
        }
        answer = self._transport.upsert("PUT", path, update)
        saved = storage_of(answer)
        if saved is None:
            return self._reread(page, self.page(page.id))
        return with_body(self._head(answer), saved)

    def add_comment(self, page_id: str, storage: str) -> None:
        """`POST footer-comments`, sent once."""
        body = {"pageId": page_id, "body": {"representation": "storage", "value": storage}}
        self._transport.create(f"{V2}/footer-comments", body)

    def set_property(self, page_id: str, key: str, value: Mapping[str, object], current: Property | None) -> Property:
        """Addressed by its number, not its key (facts: Confluence, section 1.2)."""
        path = f"{V2}/pages/{path_part(page_id)}/properties"
        body: dict[str, Any] = {"key": key, "value": dict(value)}
        if current is None:
            return as_property(self._transport.create(path, body), f"POST {path}")
        path = f"{path}/{path_part(current.id)}"
        body["version"] = {"number": current.version + 1}
        return as_property(self._transport.upsert("PUT", path, body), f"PUT {path}")

    # ------------------------------------------------------------ shapes

    def _head(self, item: Any, *around: Mapping[str, Any]) -> PageHead:
        request = f"GET {V2}/pages"
        version = part(item, "version", request)
        return PageHead(
            id=name_in(item, "id", request),
            space=self._space_key(item),
            title=text_in(item, "title", request),
            status=page_status(item.get("status", "current")),
            version=number_in(version, "number", request),
            at=instant(part(version, "createdAt", request)),
            author=words(version.get("authorId")),
            message=words(version.get("message")),
            url=self._url(item, *around),
        )

    def _space_id(self, space: str) -> str | None:
        if space not in self._space_ids:
            answer = self._transport.read("GET", f"{V2}/spaces", {"keys": space, "limit": "1"})
            found = self._results(answer, f"GET {V2}/spaces")
            if not found:
                return None
            self._remember(words(found[0].get("key")) or space, name_in(found[0], "id", f"GET {V2}/spaces"))
            self._space_ids[space] = str(found[0]["id"])
        return self._space_ids[space]

    def _space_key(self, item: Mapping[str, Any]) -> str:
        """The key of a page's space: the page tells its number only, but its link is made of the key."""
        space_id = name_in(item, "spaceId", f"GET {V2}/pages")
        if space_id not in self._space_keys:
            link = _SPACE_IN_LINK.match(words(table(item.get("_links")).get("webui")))
            if link:
                self._remember(link[1], space_id)
            else:
                answer = self._transport.read("GET", f"{V2}/spaces", {"ids": space_id, "limit": "1"})
                found = self._results(answer, f"GET {V2}/spaces")
                if not found:
                    raise Unavailable(f"GET {V2}/spaces does not show the space of a page that can be seen")
                self._remember(name_in(found[0], "key", f"GET {V2}/spaces"), space_id)
        return self._space_keys[space_id]

    def _remember(self, key: str, space_id: str) -> None:
        self._space_ids[key] = space_id
        self._space_keys[space_id] = key
