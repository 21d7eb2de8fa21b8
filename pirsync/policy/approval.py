"""Whether a review is approved: decided from the page's versions once, and by a digest ever after. Pure.

| the record's decision | what the page remembers | then |
|---|---|---|
| is not APPROVED | anything | nothing is approved, and nothing is remembered |
| is APPROVED | nothing, or versions were deleted since | the versions are read |
| is APPROVED | an approval; the page says the same | it stands; nothing is read |
| is APPROVED | an approval; the page says something else | the versions are read: which one changed it |
| is APPROVED | that it was changed, or does not count | read again when an approver saved the page, or others may |
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from pydantic import Field

from pirsync.model import Incident, Noun
from pirsync.page_model import Approved, Page, ReviewPage

from . import instants
from .clocks import binding_run, runs
from .instants import APPROVED, Version, decision, followed
from .procedures import Procedures
from .review import Review

REOPENED = "the incident was re-opened since: take the decision back, and approve it again"


class Approvers(Noun):
    """Who may approve, of those that were asked about, as versions name their authors, and what they are called.

    `groups` and `unknown` are as in `instants.Terms`; `digest` tells whether others may approve than before.
    """

    refs: tuple[str, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)
    groups: tuple[str, ...] = ()
    unknown: str = ""
    digest: str = ""


class Heard(Noun):
    """What was read to decide: every version of the page, oldest first, and who may approve."""

    versions: tuple[Version, ...]
    approvers: Approvers


Ask = Callable[[tuple[str, ...]], Approvers]
"""Asks which of these authors may approve."""


def is_approved(review: ReviewPage, incident: Incident) -> bool:
    """Whether the record's decision says so, whoever wrote it."""
    return decision(Review(incident=incident, page=review, sections=())) == APPROVED


def must_read(
    page: Page, kept: Approved | None, since: datetime | None, substance: Callable[[], str], ask: Ask
) -> bool:
    """Whether the versions of a page that says APPROVED have to be read; its number has not gone back."""
    if kept is None:
        return True
    if kept.refused:
        who = ask((page.author,))
        return who.digest != kept.terms or (page.version > kept.seen and page.author in who.refs)
    if page.version == kept.seen:
        return False
    if kept.changed or is_before(kept, since):
        return page.author in ask((page.author,)).refs
    return substance() != kept.substance


def decide(heard: Heard, procedures: Procedures, incident: Incident, kept: Approved | None) -> Approved | None:
    """What is to be remembered of a page that says APPROVED, from its history."""
    if not heard.versions:
        return kept
    who = heard.approvers
    terms = instants.Terms(
        approvers=who.refs,
        calendar=procedures.calendar,
        rules=procedures.rules,
        since=began(procedures, incident),
        groups=who.groups,
        unknown=who.unknown,
        names=who.names,
        granted=granted(kept),
    )
    known = followed(incident, heard.versions, terms)
    seen = heard.versions[-1].number
    if known.approval is None:
        return Approved(seen=seen, terms=who.digest, refused=known.refused or REOPENED)
    found = known.approval
    return Approved(
        version=found.version,
        at=found.at.isoformat(),
        by=found.by,
        name=who.names.get(found.by) or (kept.name if kept is not None and kept.by == found.by else ""),
        substance=found.substance,
        changed=known.changed,
        seen=seen,
        terms=who.digest,
    )


def granted(kept: Approved | None) -> instants.Approval | None:
    """What is remembered, as the approval that it was; None where there is none that counts."""
    if kept is None or kept.refused or (at := _instant(kept)) is None:
        return None
    return instants.Approval(version=kept.version, at=at, by=kept.by, substance=kept.substance)


def began(procedures: Procedures, incident: Incident) -> datetime | None:
    """When the run of clocks began in which an approval has to be given; None for the first."""
    return binding_run(runs(incident, procedures.rules), procedures.rules).begun


def is_before(kept: Approved, since: datetime | None) -> bool:
    """Whether an approval was given before the run of clocks that counts."""
    at = _instant(kept)
    return since is not None and at is not None and at < since


def terms_digest(*parts: object) -> str:
    """A short digest over who may approve."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def difference(wiki_url: str, page_id: str, before: int, after: int) -> str:
    """The address at which both products show what changed between two versions of a page."""
    versions = f"selectedPageVersions={before}&selectedPageVersions={after}"
    return f"{wiki_url}/pages/diffpagesbyversion.action?pageId={page_id}&{versions}"


def _instant(kept: Approved) -> datetime | None:
    try:
        at = datetime.fromisoformat(kept.at)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
