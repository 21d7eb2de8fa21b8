"""Whether Confluence still shows us what is there: many pages gone at once are more likely a lost sight than deleted.

Somebody renewed a token, took our account out of the space, or restricted the page above all reviews: then nothing that
was read may be believed, the pass stops, and nobody is accused of deleting anything (facts: Confluence trap 12).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .decision import Terms, Wishes
from .directory import Sources
from .errors import AuthInDoubt, PirsyncError, Rejected, Unavailable
from .known import Known, work_key
from .page_model import Page
from .ports import State, Want, WikiReads
from .recall import ABSENT, Place, recall_all

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


def prove_sight_without(lost: Collection[str], sources: Sources, terms: Terms) -> None:
    """The same where Confluence shows none of the pages that were asked for: with those of the newest others that
    should be there and are not, they must not be many, unless it shows one of the team's. What was known to be gone
    before does not count. Raises Unavailable where too many others cannot be read to tell."""
    wiki, state = sources.wiki, sources.state
    prove_sight(wiki, terms)
    lost = set(lost) - _known_gone(state)
    others = _look(newest(state, terms, lost), wiki) if lost else _Look(is_one_seen=False)
    if others.is_one_seen:
        return
    due = _expected({*others.lost, *others.unanswered}, sources) if len(lost) < MANY else set()
    count = len(lost) + len(due.intersection(others.lost))
    if count >= MANY:
        raise AuthInDoubt(
            f"Confluence shows the space {terms.space}, but none of our pages: is the page above them restricted? "
            "Give our account access to them; if they were deleted for good, `pirsync resolve recreate KEY` one of them"
        )
    unsure = [error for page_id, error in others.unanswered.items() if page_id in due]
    if count + len(unsure) >= MANY:
        raise Unavailable(f"{_UNSURE}: {unsure[0]}")


def read_together(page_ids: list[str], ours: Collection[str], sources: Sources, terms: Terms) -> list[Page]:
    """Pages that links name, in bulk. Where one fails them all, sight is proved at once without those of `ours` that do
    not show: after that each is read by itself, and by itself one that is hidden is fewer than many."""
    try:
        return sources.wiki.pages(page_ids)
    except AuthInDoubt:
        raise
    except (Unavailable, Rejected):
        found = _look([page_id for page_id in page_ids if page_id in ours][:SAMPLE], sources.wiki)
        if found.lost:
            prove_sight_without({*found.lost, *found.unanswered}, sources, terms)
        raise


_UNSURE = (
    "Confluence shows none of our pages, and whether they are gone or our account may not see them cannot be told "
    "while others cannot be read"
)


@dataclass(frozen=True)
class _Look:
    """What became of pages that were looked for: none is known once one is seen."""

    is_one_seen: bool
    lost: tuple[str, ...] = ()
    unanswered: Mapping[str, PirsyncError] = field(default_factory=dict)


def _look(pages: list[str], wiki: WikiReads) -> _Look:
    """Look whether one of these pages is there. One that cannot be answered counts neither as seen nor as lost."""
    if pages and wiki.listed(pages):
        return _Look(is_one_seen=True)
    lost, unanswered = [], dict[str, PirsyncError]()
    for page_id in pages:
        try:
            if wiki.page(page_id) is not None:
                return _Look(is_one_seen=True)
            lost.append(page_id)
        except AuthInDoubt:
            raise
        except (Unavailable, Rejected) as error:
            unanswered[page_id] = error
    return _Look(is_one_seen=False, lost=tuple(lost), unanswered=unanswered)


def _known_gone(state: State) -> set[str]:
    """The pages that an earlier pass found gone, and those that people want made again."""
    wanted = {incident for incident, wishes in recall_all(state, "wish", Wishes).items() if wishes.recreate}
    places = recall_all(state, "page", Place).items()
    return {page for page, place in places if not place.version or place.incident in wanted}


def _written_off(state: State) -> set[str]:
    """The same, and the pages of incidents that could not be read when they were last asked for: who deletes an
    incident may delete its page."""
    absent = state.cached_all(ABSENT)
    places = recall_all(state, "page", Place).items()
    return _known_gone(state) | {page for page, place in places if place.incident in absent}


def _expected(pages: Collection[str], sources: Sources) -> set[str]:
    """Those of these pages that should be there: reviews that nobody knows to be gone, whose incidents Jira shows."""
    state, gone = sources.state, _known_gone(sources.state)
    reviews = recall_all(state, "review", Known).items()
    owned = {known.page: incident for incident, known in reviews if known.page in pages and known.page not in gone}
    shown = {str(raw["id"]) for raw in sources.tracker.issues(sorted(owned.values()), Want(fields=()))} if owned else ()
    return {page for page, incident in owned.items() if incident in shown}


def newest(state: State, terms: Terms, but: Collection[str] = ()) -> list[str]:
    """Some of the team's review pages that state knows, the newest ones, without those named; those that are written
    off come last, for one that is seen all the same proves sight."""
    pages = {page for page, place in recall_all(state, "page", Place).items() if place.team == terms.team}
    off = _written_off(state)
    return sorted(pages - {*but}, key=lambda page: (page not in off, len(page), page))[-SAMPLE:]


def failing_pages(state: State, terms: Terms) -> set[str]:
    """The pages of the team's reviews that fail: they are left until their time."""
    failing = {line.key for line in state.pending() if line.tries}
    places = recall_all(state, "page", Place).items()
    return {page for page, place in places if work_key(terms.team, place.incident) in failing}


def unseen(wiki: WikiReads, state: State, terms: Terms) -> list[str]:
    """The team's newest pages where Confluence shows none of them. One whose review fails is left until its time: it
    keeps no poll from the others. Raises Unavailable where too many cannot be read to tell."""
    found, off = _look(newest(state, terms, failing_pages(state, terms)), wiki), _written_off(state)
    lost = [page_id for page_id in found.lost if page_id not in off]
    unsure = [error for page_id, error in found.unanswered.items() if page_id not in off]
    if unsure and len(lost) < MANY:
        raise Unavailable(f"{_UNSURE}: {unsure[0]}")
    return lost
