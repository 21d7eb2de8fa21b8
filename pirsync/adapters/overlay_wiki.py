"""A Confluence whose writes stay in memory and show on top of what the Confluence beneath it answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from pirsync.errors import Rejected, Stale
from pirsync.model import Deployment
from pirsync.page_model import Attached, Mention, Page, PageHead, PageStatus, Property, current_first
from pirsync.ports import Clock, PageDraft, S, Stamp, T, Upload, WikiReads

FIRST_PAGE = 900_000_000_000_001
"""Where the ids of invented pages begin: far above those that a Confluence gives."""


def head_of(page: Page) -> PageHead:
    """A page version without its body."""
    return page.head


class OverlayWiki:
    """`WikiReads` and `WikiWrites` over the reads of another wiki, which is never written to.

    `site_url` is the wiki's address without a trailing slash; the addresses of invented pages begin with it, and
    their ids count from `first`.
    """

    def __init__(self, base: WikiReads, clock: Clock, site_url: str, first: int = FIRST_PAGE) -> None:
        self._base = base
        self._clock = clock
        self._site_url = site_url
        self._versions: dict[str, list[Page]] = {}
        self._beneath: dict[str, PageHead] = {}
        self._labels: dict[str, set[str]] = {}
        self._properties: dict[tuple[str, str], Property] = {}
        self.comments: dict[str, list[str]] = {}
        self._files: dict[tuple[str, str], tuple[Attached, str]] = {}
        self._numbers = itertools.count(first)

    # ------------------------------------------------------------ reads

    @property
    def deployment(self) -> Deployment:
        """Cloud or Data Center."""
        return self._base.deployment

    def identity(self) -> str:
        """The account we write as."""
        return self._base.identity()

    def space_exists(self, space: str) -> bool:
        """Whether the space can be seen."""
        return self._base.space_exists(space)

    def may_create(self, space: str, parent: str | None) -> bool | None:
        """Whether we may create pages there; an invented parent is as good as its space."""
        return self._base.may_create(space, None if parent in self._versions else parent)

    def page(self, page_id: str) -> Page | None:
        """The current version with its body; None when it is absent or invisible."""
        return self._newest(page_id) or self._base.page(page_id)

    def pages(self, page_ids: Iterable[str]) -> list[Page]:
        """Those of the pages that can be seen, with bodies."""
        own, others = self._sorted(page_ids)
        return [*(self._base.pages(others) if others else []), *own]

    def heads(self, page_ids: Iterable[str]) -> list[PageHead]:
        """As `pages`, without bodies."""
        own, others = self._sorted(page_ids)
        return [*(self._base.heads(others) if others else []), *map(head_of, own)]

    def listed(self, page_ids: Iterable[str]) -> list[PageHead]:
        """Those of them that one list shows; what is known here is shown at once."""
        own, others = self._sorted(page_ids)
        return [*(self._base.listed(others) if others else []), *map(head_of, own)]

    def each(self, read: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """What one of these reads answers for each item, in order."""
        return self._base.each(read, items)

    def find(self, space: str, title: str) -> Page | None:
        """The current page with exactly that title in the space, with its body."""
        return next((page for page in self.titled(space, title) if page.status is PageStatus.CURRENT), None)

    def titled(self, space: str, title: str) -> list[Page]:
        """The pages with exactly that title in the space, whatever became of them, the current one first."""
        own = [page for page in map(self._newest, self._versions) if page and page.space == space]
        beneath = [page for page in self._base.titled(space, title) if page.id not in self._versions]
        return current_first([page for page in own if page.title == title] + beneath)

    def labelled(
        self, space: str, label: str, since: datetime | None, also: tuple[str, ...] = ()
    ) -> Iterator[PageHead]:
        """Pages with the label, modified since then (None: ever), those known here first."""
        touched = list(dict.fromkeys([*self._versions, *self._labels]))
        unsure = [page_id for page_id in touched if label not in self._labels.get(page_id, ())]
        before = {head.id for head in self._base.labelled(space, label, None)} if unsure else set()
        wanted = [page_id for page_id in touched if page_id not in unsure or page_id in before]
        for head in self.heads(wanted):
            if (head.space, head.status) == (space, PageStatus.CURRENT) and (since is None or head.at >= since):
                yield head
        for head in self._base.labelled(space, label, since, also):
            if head.id not in touched:
                yield head
        for head in self.heads([page_id for page_id in also if page_id in touched and page_id not in wanted]):
            if head.status is PageStatus.CURRENT:
                yield head

    def ours(self, label: str) -> Iterator[PageHead]:
        """The current pages of all spaces that our account made or that have the label, those known here first."""
        beneath = {head.id: head for head in self._base.ours(label)}
        touched = dict.fromkeys([*self._versions, *self._labels])
        wanted = [page_id for page_id in touched if page_id in beneath or self._is_ours(page_id, label)]
        yield from (head for head in self.heads(wanted) if head.status is PageStatus.CURRENT)
        yield from (head for head in beneath.values() if head.id not in touched)

    def property(self, page_id: str, key: str) -> Property | None:
        """One content property of a page."""
        written = self._properties.get((page_id, key))
        return written or (None if self._is_made(page_id) else self._base.property(page_id, key))

    def attachment(self, page_id: str, name: str) -> Attached | None:
        """The file of exactly that name on a page."""
        held = self._files.get((page_id, name))
        return held[0] if held else (None if self._is_made(page_id) else self._base.attachment(page_id, name))

    def stamped(self, head: PageHead, stamp: Stamp) -> Page | None:
        """The newest version at or below `head` that is ours."""
        for version in reversed(self._versions.get(head.id, [])):
            if version.version <= head.version and stamp.is_on(version):
                return version
        if self._is_made(head.id):
            return None
        beneath = self._beneath.get(head.id, head)
        return self._base.stamped(beneath if beneath.version < head.version else head, stamp)

    def versions(self, head: PageHead) -> Iterator[Page]:
        """Every version at or below `head`, newest first: those that were kept in memory, then those beneath."""
        kept = [version for version in self._versions.get(head.id, []) if version.version <= head.version]
        yield from reversed(kept)
        if not self._is_made(head.id):
            beneath = self._beneath.get(head.id, head)
            yield from self._base.versions(beneath if beneath.version < head.version else head)

    def mention(self, account: str) -> Mention | None:
        """How pages name the Jira account."""
        return self._base.mention(account)

    def account(self, mention: Mention) -> str | None:
        """The Jira account that a mention names."""
        return self._base.account(mention)

    # ------------------------------------------------------------ writes

    def create_page(self, draft: PageDraft) -> Page:
        """Create a page, complete; Rejected when the title is taken."""
        if any(page.status is not PageStatus.TRASHED for page in self.titled(draft.space, draft.title)):
            raise Rejected(f'a page titled "{draft.title}" exists already in space {draft.space}')
        page_id = str(next(self._numbers))
        page = Page(
            id=page_id,
            space=draft.space,
            title=draft.title,
            status=PageStatus.CURRENT,
            version=1,
            at=self._clock.now(),
            author=self.identity(),
            message="",
            url=self._address(draft.space, page_id),
            body=draft.body,
        )
        self._versions[page_id] = [page]
        return page

    def _address(self, space: str, page_id: str) -> str:
        if self.deployment == "cloud":
            return f"{self._site_url}/spaces/{space}/pages/{page_id}"
        return f"{self._site_url}/pages/viewpage.action?pageId={page_id}"

    def update_page(self, page: PageHead, body: str, message: str) -> Page:
        """Write `body` as the version after `page.version`. Stale when the version moved."""
        current = self._existing(page.id)
        if current.version != page.version:
            raise Stale(f'page "{page.title}" is at version {current.version}, not {page.version}')
        told = {"body": body, "message": message, "author": self.identity(), "at": self._clock.now()}
        return self.save(current.model_copy(update={**told, "title": page.title, "version": page.version + 1}))

    def save(self, page: Page) -> Page:
        """Put a version in place, whoever wrote it: a person's edit, or one that sends the page to the trash."""
        if page.id not in self._versions:
            self._beneath[page.id] = head_of(self._existing(page.id))
        self._versions.setdefault(page.id, []).append(page)
        return page

    def add_labels(self, page_id: str, labels: tuple[str, ...]) -> None:
        """Add labels to a page; those that are there stay."""
        self._labels.setdefault(self._existing(page_id).id, set()).update(labels)

    def add_comment(self, page_id: str, storage: str) -> None:
        """Comment below a page; kept in `comments`, by the page's id, for whoever looks."""
        self.comments.setdefault(self._existing(page_id).id, []).append(storage)

    def attach(self, page_id: str, upload: Upload, current: Attached | None) -> Attached:
        """Attach a file, or its next version over `current`; Rejected when the name is taken, or the file is gone."""
        held = self.attachment(self._existing(page_id).id, upload.name)
        if (held and held.id) != (current and current.id):
            raise Rejected(f"{upload.name} is attached to page {page_id} already, or is no more")
        number, version = (held.id, held.version + 1) if held else (f"att{next(self._numbers)}", 1)
        made = Attached(id=number, name=upload.name, version=version, comment=upload.comment)
        self._files[page_id, upload.name] = (made, upload.content)
        return made

    def content(self, page_id: str, name: str) -> str:
        """What a file that was attached here says. Raises KeyError."""
        return self._files[page_id, name][1]

    def set_property(self, page_id: str, key: str, value: Mapping[str, object], current: Property | None) -> Property:
        """Write a content property over `current` (None: it does not exist). Stale when it moved."""
        known = self.property(self._existing(page_id).id, key)
        if (known and known.version) != (current and current.version):
            raise Stale(f"the property {key} of page {page_id} was written by somebody else")
        version = known.version + 1 if known else 1
        property_id = known.id if known else str(next(self._numbers))
        written = Property(id=property_id, key=key, version=version, value=dict(value))
        self._properties[page_id, key] = written
        return written

    # ------------------------------------------------------------ what is known here

    def _newest(self, page_id: str) -> Page | None:
        versions = self._versions.get(page_id)
        return versions[-1] if versions else None

    def _is_made(self, page_id: str) -> bool:
        return page_id in self._versions and page_id not in self._beneath

    def _is_ours(self, page_id: str, label: str) -> bool:
        made_by_us = self._is_made(page_id) and self._versions[page_id][0].author == self.identity()
        return made_by_us or label in self._labels.get(page_id, ())

    def _sorted(self, page_ids: Iterable[str]) -> tuple[list[Page], list[str]]:
        asked = list(dict.fromkeys(page_ids))
        own = [page for page in map(self._newest, asked) if page]
        return own, [page_id for page_id in asked if page_id not in self._versions]

    def _existing(self, page_id: str) -> Page:
        page = self.page(page_id)
        if page is None:
            raise Rejected(f"page {page_id} does not exist, or our account cannot see it")
        return page
