"""Whether what a ticket holds proves that its action was done, by the procedures' rules of evidence. Pure.

| proof | is there when |
|---|---|
| comment-link | a comment holds an address |
| attachment | a file is attached |
| merged-change | a comment or a link to the outside leads to a pull or merge request |
| page-version | a comment or a link to the outside leads to one version of a page, or to what changed between two |
| resolution | the ticket's resolution is one of those that the pack names |

That a change was merged, and what a page's version says, is for whoever follows the link. What was not read is never
held against anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import assert_never

from pirsync.model import Ticket, Trail

from .packs import Evidence, Pack, Proof
from .status import Outcome, outcome

_CHANGE = re.compile(r"/(?:pull|pulls|pull-requests|pullrequest|merge_requests)/\d+(?:\D|$)|/c/\S+/\+/\d+")
"""How GitHub, Gitea, Bitbucket, Azure, GitLab and Gerrit address a change under review."""

_VERSION = re.compile(r"[?&](?:amp;)?(?:pageVersion|selectedPageVersions|originalVersion|revisedVersion)=\d+")
"""How Confluence addresses a version of a page, or the difference of two."""

OUTSIDE: frozenset[Proof] = frozenset({"merged-change", "page-version"})
"""Proofs that a link to the outside may be."""


def asking(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """The packs by which an action without proof is not done; those that only hint are not among them."""
    return tuple(pack for pack in packs if pack.evidence.proofs and pack.evidence.missing == "finding")


def hinting(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """The packs that name proofs, and hold the lack of one against nobody: it is told where somebody asks."""
    return tuple(pack for pack in packs if pack.evidence.proofs and pack.evidence.missing == "hint")


def lacking(packs: Iterable[Pack], ticket: Ticket) -> tuple[Pack, ...]:
    """Those packs of which a done ticket has no proof; of one that is not done, or was not read for it, none."""
    trail = ticket.trail
    if trail is None or outcome(ticket.model_copy(update={"unproven": False})) is not Outcome.DONE:
        return ()
    return tuple(pack for pack in packs if not _is_proven(pack.evidence, ticket.resolution, trail))


def want_outside(packs: Iterable[Pack]) -> bool:
    """Whether a link to the outside may prove something to one of the packs."""
    return any(OUTSIDE & set(pack.evidence.proofs) for pack in packs)


def wanted(rule: Evidence) -> str:
    """What would count, in words."""
    words = []
    for proof in rule.proofs:
        match proof:
            case "comment-link":
                words.append("a comment with a link")
            case "attachment":
                words.append("an attachment")
            case "merged-change":
                words.append("a linked pull or merge request")
            case "page-version":
                words.append("a link to the new version of a page")
            case "resolution":
                words.append(f"the resolution {' or '.join(rule.resolutions)}")
            case _:
                assert_never(proof)
    return ", or ".join(words)


def _is_proven(rule: Evidence, resolution: str, trail: Trail) -> bool:
    links = (*trail.addresses, *(trail.outside or ()))
    there = {
        "comment-link": bool(trail.addresses),
        "attachment": bool(trail.files),
        "merged-change": any(_CHANGE.search(link) for link in links),
        "page-version": any(_VERSION.search(link) for link in links),
        "resolution": resolution.casefold() in {word.casefold() for word in rule.resolutions},
    }
    return any(there[proof] for proof in rule.proofs)
