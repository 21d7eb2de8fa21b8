"""Find what an earlier state said on issues, before anything is said on them: so that nothing seems new that is not."""

from __future__ import annotations

from collections.abc import Iterable

from .changes import Change, CommentTicket
from .comments import comments_of
from .ports import State, TrackerReads


def unheard(changes: Iterable[Change], heard: set[str]) -> tuple[CommentTicket, ...]:
    """The comments to be made on issues whose comments nobody has looked at."""
    return tuple(one for one in changes if isinstance(one, CommentTicket) and one.issue_id not in heard)


def hear(comments: Iterable[CommentTicket], incident_id: str, tracker: TrackerReads, state: State) -> None:
    """Write receipts for all of our comments on these issues, as if this state had sent them when they were made."""
    issues = {one.issue_id: one.owner_id for one in comments}
    for owner, found in zip(issues.values(), tracker.each(tracker.comments, issues), strict=True):
        for said in comments_of(found, owner, incident_id):
            attempt = state.claim(said.mark, "comment", incident_id, said.digest, said.at)
            if attempt is not None:
                state.receipt(said.mark, attempt, said.id, "")
