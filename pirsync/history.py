"""Read a page's versions, and who may approve, for a decision that says APPROVED; only where nothing remembers them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pirsync.decision import Terms
from pirsync.directory import Directory
from pirsync.known import Known
from pirsync.model import Incident
from pirsync.names import STAMP
from pirsync.page.review import read_review
from pirsync.page.scan import BadPage
from pirsync.page.sections import read_sections
from pirsync.page_model import Page, PageStatus, ReviewPage
from pirsync.policy.approval import Heard, began, is_approved, must_read
from pirsync.policy.instants import APPROVED, Version, substance, version_of
from pirsync.policy.review import Review
from pirsync.ports import Stamp, WikiReads


def hear(
    incident: Incident,
    found: tuple[Page | None, ReviewPage | None, Known | None],
    wiki: WikiReads,
    directory: Directory,
) -> Heard | None:
    """What decides an approval; None where there is none to decide, or what is remembered of it still holds."""
    page, review, known = found
    procedures = directory.terms.procedures
    if page is None or review is None or known is None or page.status is not PageStatus.CURRENT:
        return None
    if not procedures.packs or not is_approved(review, incident) or (known.memory and known.memory.is_adopted):
        return None
    kept = known.memory.approval if known.memory is not None else None
    # A number that has gone back tells that somebody deleted a version, and that later ones have other numbers.
    goes_on = page.version >= max(kept.seen if kept is not None else 0, known.version)
    began_at, said = began(procedures, incident), partial(_substance, incident, page, review)
    if goes_on and not must_read(page, kept, began_at, said, directory.approvers):
        return None
    at, histories = (page.id, page.version), directory.histories
    if at not in histories:
        histories[at] = tuple(_versions(incident, page, wiki, directory.terms))
    return Heard(versions=histories[at], approvers=directory.approvers(deciders(histories[at])))


def deciders(versions: Iterable[Version]) -> tuple[str, ...]:
    """The authors of those versions that say APPROVED."""
    return tuple(dict.fromkeys(one.author for one in versions if one.decision == APPROVED and not one.is_ours))


def _versions(incident: Incident, page: Page, wiki: WikiReads, terms: Terms) -> Iterable[Version]:
    """Every version that can be read, oldest first; one whose body is broken says nothing."""
    stamp = Stamp(prefix=STAMP, account=terms.wiki_account)
    for one in sorted(wiki.versions(page), key=lambda one: one.version):
        try:
            review = read_review(one.body, terms.headers)
        except BadPage:
            review = ReviewPage(summary={}, record={}, columns=(), rows=(), row_end=None, problems=())
        yield version_of(one, _said(incident, one, review), stamp.is_on, ())


def _substance(incident: Incident, page: Page, review: ReviewPage) -> str:
    return substance(_said(incident, page, review))


def _said(incident: Incident, page: Page, review: ReviewPage) -> Review:
    try:
        sections = read_sections(page.body)
    except BadPage:
        sections = ()
    return Review(incident=incident, page=review, sections=sections)
