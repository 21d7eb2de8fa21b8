"""Whether Confluence still shows us what is there: many pages gone at once are more likely a lost sight than deleted.

Somebody renewed a token, took our account out of the space, or restricted the page above all reviews: then nothing that
was read may be believed, the pass stops, and nobody is accused of deleting anything (facts: Confluence trap 12).
"""

from __future__ import annotations

from collections.abc import Collection

from .decision import Terms
from .errors import AuthInDoubt, Unavailable
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
    """The same where Confluence shows none of the pages that were asked for: where they are many, it has to show one of
    the others that state knows."""
    prove_sight(wiki, terms)
    others = newest(state, terms, lost)
    if len(lost) >= MANY and not (others and wiki.heads(others)):
        raise AuthInDoubt(
            f"Confluence shows the space {terms.space}, but none of our pages: is the page above them restricted? "
            "Give our account access to them; if they were deleted for good, `pirsync resolve recreate KEY` one of them"
        )


def newest(state: State, terms: Terms, but: Collection[str] = ()) -> list[str]:
    """Some of the team's review pages that state knows, the newest ones, without those named."""
    pages = (page for page, place in recall_all(state, "page", Place).items() if place.team == terms.team)
    return sorted((page for page in pages if page not in but), key=lambda page: (len(page), page))[-SAMPLE:]


def failing_pages(state: State, terms: Terms) -> set[str]:
    """The pages of the team's reviews that fail: they are left until their time."""
    failing = {line.key for line in state.pending() if line.tries}
    places = recall_all(state, "page", Place).items()
    return {page for page, place in places if work_key(terms.team, place.incident) in failing}


def unseen(wiki: WikiReads, state: State, terms: Terms) -> list[str]:
    """The team's newest pages where Confluence shows none of them. One that cannot be answered is no sign of a lost
    sight, and one whose review fails is left until its time: neither keeps a poll from the others."""
    known = newest(state, terms, failing_pages(state, terms))
    try:
        return [] if not known or wiki.heads(known) else known
    except Unavailable:
        return []
