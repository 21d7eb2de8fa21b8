"""What is to be said on an issue, once for each thing, and said differently in its place. Pure.

| the journal says | then |
|---|---|
| nothing, or that an earlier try failed | it is said, unless a comment with its mark is there by then |
| that it is being said | wait until that is settled; then the same |
| that it was said, in these words | nothing |
| that it was said, in other words, or an edit of it failed | the comment is edited |
| that it was said, and people deleted it | nothing, ever |
| that Jira refused these words | nothing, and it is told why |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from . import draft
from .changes import CommentTicket, EditComment
from .decision import Journal, Terms
from .model import Noun
from .policy.escalation import Level
from .ports import IntentStatus

EVIDENCE = "evidence"
"""What the comment that asks for proof is about."""

EFFECT = "effect"
"""What the comment that asks whether something works is about."""

RUNGS = {level: f"escalation/{level.name.lower()}" for level in Level}
"""What the comment of each level of the escalation is about."""


class Notice(Noun):
    """Something to say on an issue. `about` is what stays the same however the words change; `said` is a line of it.

    `body` is wiki text.
    """

    issue_id: str
    issue_key: str
    about: str
    body: str
    said: str


@dataclass(frozen=True)
class Saying:
    """What to do about a notice now; the instant before which nobody can know; why Jira refused it."""

    change: CommentTicket | EditComment | None = None
    settles: datetime | None = None
    refused: str = ""


def say(notice: Notice, incident_id: str, terms: Terms, journal: Journal, now: datetime) -> Saying:
    """Decide for one notice of one incident."""
    mark = draft.comment_mark(terms.owner_id, incident_id, notice.issue_id, notice.about)
    digest, intent = draft.digest([notice.body]), journal.intents.get(mark)
    words = {"mark": mark, "owner_id": terms.owner_id, "digest": digest}
    words |= notice.model_dump(include={"issue_id", "issue_key", "body", "said"})
    if intent is not None and intent.status == "rejected" and intent.digest == digest:
        return Saying(refused=intent.reason)
    if intent is not None and intent.status == "done" and (is_deleted(intent) or intent.digest == digest):
        return Saying()
    if (settles := journal.absence_settles(mark, terms.settle)) > now:
        return Saying(settles=settles)
    if intent is not None and intent.remote_id:
        # What was said once is only ever edited, whatever became of the last try.
        return Saying(change=EditComment.model_validate(words | {"comment_id": intent.remote_id}))
    return Saying(change=CommentTicket.model_validate(words))


def is_deleted(said: IntentStatus) -> bool:
    """Whether what was said is there no more, because people deleted it: its receipt then names no comment."""
    return said.status == "done" and not said.remote_id


def nudged(notice: Notice, incident_id: str, terms: Terms, journal: Journal, now: datetime) -> bool:
    """Whether the issue got a comment today, by the team's calendar. What was sent about the same thing is left out:
    where its reply was lost, it is looked for and not sent again."""
    calendar = terms.procedures.calendar
    abouts = [about for about in (EVIDENCE, EFFECT, *RUNGS.values()) if about != notice.about]
    marks = [draft.comment_mark(terms.owner_id, incident_id, notice.issue_id, about) for about in abouts]
    sent = [intent.sent_at for mark in marks if (intent := journal.intents.get(mark)) is not None]
    return any(at is not None and calendar.day(at) == calendar.day(now) for at in sent)
