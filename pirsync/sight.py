"""Whether Confluence still shows us what is there: many pages gone at once are more likely a lost sight than deleted.

Somebody renewed a token, took our account out of the space, or restricted the page above all reviews: then nothing that
was read may be believed, the pass stops, and nobody is accused of deleting anything (facts: Confluence trap 12).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .decision import FindingKind, Terms, Wishes
from .errors import AuthInDoubt, PirsyncError, Rejected, Unavailable
from .findings import Found
from .known import work_key
from .ports import State, WikiReads
from .recall import Place, recall_all

MANY = 3
"""Pages of which all are gone at once: fewer may be somebody's doing."""

SAMPLE = 10
"""Other pages, the newest ones, of which one must be seen where many are gone."""


def prove_sight(wiki: WikiReads, terms: Terms) -> None:
    """Raises AuthInDoubt unless Confluence knows us and shows the team's space."""
    if wiki.identity() != terms.wiki_account:
        raise AuthInDoubt("Confluence shows none of our pages and does not know our account: renew its token")
    if not wiki.space_exists(terms.space):
        raise AuthInDoubt(
            f"Confluence shows neither our pages nor the space {terms.space}: give our account access to it again"
        )


def prove_sight_without(lost: Collection[str], wiki: WikiReads, state: State, terms: Terms) -> None:
    """The same where Confluence shows none of the pages that were asked for: with those of the newest others that are
    not there either they must not be many, unless it shows one of these. What was known to be gone before does not
    count. Raises Unavailable where too many others cannot be read to tell."""
    prove_sight(wiki, terms)
    lost = set(lost) - _known_gone(state)
    others = _look(newest(state, terms, lost), wiki) if lost else _Look(is_one_seen=False)
    if others.is_one_seen:
        return
    count = len(lost) + len({*others.lost} - _known_gone(state) - _unowned(state))
    if count >= MANY:
        raise AuthInDoubt(
            f"Confluence shows the space {terms.space}, but none of our pages: is the page above them restricted? "
            "Give our account access to them; if they were deleted for good, `pirsync resolve recreate KEY` one of them"
        )
    if count + len(others.unanswered) >= MANY:
        raise Unavailable(
            "Confluence shows none of our pages, and whether they are gone or our account may not see them cannot be "
            f"told while others cannot be read: {others.unanswered[0]}"
        )


@dataclass(frozen=True)
class _Look:
    """What became of pages that were looked for: none is known once one is seen."""

    is_one_seen: bool
    lost: tuple[str, ...] = ()
    unanswered: tuple[PirsyncError, ...] = ()


def _look(pages: list[str], wiki: WikiReads) -> _Look:
    """Look whether one of these pages is there. One that cannot be answered counts neither as seen nor as lost."""
    if pages and wiki.listed(pages):
        return _Look(is_one_seen=True)
    lost, unanswered = [], list[PirsyncError]()
    for page_id in pages:
        try:
            if wiki.page(page_id) is not None:
                return _Look(is_one_seen=True)
            lost.append(page_id)
        except AuthInDoubt:
            raise
        except (Unavailable, Rejected) as error:
            unanswered.append(error)
    return _Look(is_one_seen=False, lost=tuple(lost), unanswered=tuple(unanswered))


def _known_gone(state: State) -> set[str]:
    """The pages that an earlier pass found gone, and those that people want made again."""
    wanted = {incident for incident, wishes in recall_all(state, "wish", Wishes).items() if wishes.recreate}
    places = recall_all(state, "page", Place).items()
    return {page for page, place in places if not place.version or place.incident in wanted}


def _unowned(state: State) -> set[str]:
    """The pages of incidents that are gone: who deletes those may delete their pages."""
    found = recall_all(state, "findings", Found).items()
    gone = {key for key, one in found if any(f.kind is FindingKind.INCIDENT_GONE for f in one.found)}
    return {page for page, place in recall_all(state, "page", Place).items() if place.incident in gone}


def newest(state: State, terms: Terms, but: Collection[str] = ()) -> list[str]:
    """Some of the team's review pages that state knows, the newest ones, without those named; those that were known to
    be gone come last, for one that is seen all the same proves sight."""
    pages = {page for page, place in recall_all(state, "page", Place).items() if place.team == terms.team}
    gone = _known_gone(state) | _unowned(state)
    return sorted(pages - {*but}, key=lambda page: (page not in gone, len(page), page))[-SAMPLE:]


def failing_pages(state: State, terms: Terms) -> set[str]:
    """The pages of the team's reviews that fail: they are left until their time."""
    failing = {line.key for line in state.pending() if line.tries}
    places = recall_all(state, "page", Place).items()
    return {page for page, place in places if work_key(terms.team, place.incident) in failing}


def unseen(wiki: WikiReads, state: State, terms: Terms) -> list[str]:
    """The team's newest pages where Confluence shows none of them. One whose review fails is left until its time: it
    keeps no poll from the others."""
    return list(_look(newest(state, terms, failing_pages(state, terms)), wiki).lost)
