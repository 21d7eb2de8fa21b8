"""The way out of every finding: what a person does about it; none is a dead end.

A command stands in backticks; one that writes stands beside `pirsync plan`, which shows what it would write, or shows
that itself and asks, as `pirsync resolve` and `pirsync adopt` do.
"""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from .decision import FindingKind

INDEX, QUARTER = "index", "escalation"
"""What a finding can be about that is no incident: a team's index, the page of what a quarter left."""

AGAIN = "`pirsync plan {key}` shows what is tried again then, `pirsync reconcile {key}` tries it"
AGAIN_OF_PAGES = "`pirsync plan` shows what is tried again then, `pirsync reconcile` tries it"
LOOK = "every full pass looks at it: `pirsync plan` shows what one would write, `pirsync reconcile` makes one"
RECREATE = "where it was deleted or is in the trash, `pirsync resolve recreate {key}` makes a new one"
IGNORE = "`pirsync resolve ignore {key} --reason WHY --approver WHO`"

WAYS: dict[FindingKind, str] = {
    FindingKind.NEEDS_OWNER: "@mention one person in the row's Owner cell",
    FindingKind.NEEDS_DUE_DATE: "type a date into the row's Due date cell",
    FindingKind.OWNER_UNKNOWN: "@mention somebody active who can be assigned tickets in the action project",
    FindingKind.REJECTED: f"change what Jira or Confluence complains of; {AGAIN}",
    FindingKind.REFUSED: f"allow it to our account; {AGAIN}",
    FindingKind.ROW_EDITED: "change it in Jira; the page follows; a row that is gone is typed again",
    FindingKind.ROW_UNREADABLE: "split the merged cells, or take the table out of its cell",
    FindingKind.REGION_REMOVED: "restore it from the page's history; without it nothing is written there",
    FindingKind.COMMENTED: (
        "settle the comment, then type the cell's words anew: a comment that is resolved leaves its mark in them"
    ),
    FindingKind.FLAPPING: (
        "find out what else writes into that cell, and stop it; what Jira says is written again after an hour"
    ),
    FindingKind.TICKET_GONE: (
        "restore the ticket or our access to it; `pirsync resolve remake {key} TICKET` makes it again, "
        "`pirsync resolve forget {key} TICKET` says no more of it"
    ),
    FindingKind.ORPHAN: (
        "put the row back as it was, or have the Ticket cell of a row say the ticket's key; `pirsync resolve forget "
        "{key} TICKET` says no more of it; the ticket stays as it is in Jira"
    ),
    FindingKind.DUPLICATE: (
        "`pirsync resolve keep {key} TICKET` says which one stays in the row; close the other in Jira"
    ),
    FindingKind.FOREIGN: (
        "take the row away, or have its Ticket cell name a ticket of this review: somebody else looks after that issue"
    ),
    FindingKind.PAGE_GONE: f"restore the page from trash or archive; {RECREATE}",
    FindingKind.TITLE_TAKEN: f"rename the other page; {AGAIN}",
    FindingKind.NOT_ADOPTED: (
        "nothing was written: `pirsync adopt --incident {key} --page PAGE` with another page, or "
        "`pirsync adopt --incident {key} --release` for none"
    ),
    FindingKind.RESTRICTED: f"restrict a page that exists by hand; {IGNORE} ends what is said of it",
    FindingKind.INCIDENT_GONE: (
        f"give our account access to the incident again; where it was deleted, {IGNORE} ends what is said of it, and "
        "its page is people's to keep or archive"
    ),
    FindingKind.CLOSED_AS_DUPLICATE: (
        "say on its page where the work goes on, and close the actions that are done elsewhere; or "
        f"{IGNORE}, and nothing is followed any more"
    ),
    FindingKind.OVERDUE: "finish the ticket, or agree on another date in Jira",
    FindingKind.STALE: "say on the ticket how it goes, or finish it",
    FindingKind.UNOWNED: "assign the ticket to somebody in Jira",
    FindingKind.NOT_ACKNOWLEDGED: (
        f"whoever leads @mentions themselves on that page beside Acknowledged by / on, with the day; {LOOK}"
    ),
    FindingKind.DONE_WITHOUT_EVIDENCE: (
        "add to the ticket what shows that it was done (the comment on it says what counts), or open it again"
    ),
    FindingKind.EFFECT_UNKNOWN: (
        'comment on the ticket, in a line that begins with "Effective: yes" or "Effective: no"'
    ),
    FindingKind.NOT_EFFECTIVE: (
        'open the ticket again and do what works; a later "Effective: yes" on the ticket ends it, also where another '
        "action did it"
    ),
    FindingKind.NOT_SETTLING: "see who or what else writes to the page, or to its tickets, all the time",
    FindingKind.FAILED: f"it is tried again by itself; {AGAIN}",
}

WAYS_OF_THE_INDEX: dict[FindingKind, str] = {
    FindingKind.REJECTED: f"change what Confluence complains of; {AGAIN_OF_PAGES}",
    FindingKind.REFUSED: f"allow it to our account; {AGAIN_OF_PAGES}",
    FindingKind.PAGE_GONE: f"restore the page from trash or archive ({LOOK}); {RECREATE} with the same lines",
    FindingKind.TITLE_TAKEN: f"rename the other page, or give the index another title (team.index_title); {LOOK}",
    FindingKind.REGION_REMOVED: (
        f"restore it from the page's history ({LOOK}); or put the page into the trash, and "
        "`pirsync resolve recreate {key}` makes a new one with the same lines"
    ),
    FindingKind.FAILED: f"it is tried again by itself; {AGAIN_OF_PAGES}",
}

WAYS_OF_A_QUARTER: dict[FindingKind, str] = {
    FindingKind.REJECTED: f"change what Confluence complains of; {AGAIN_OF_PAGES}",
    FindingKind.PAGE_GONE: (
        f"restore the page from trash or archive ({LOOK}); {RECREATE}, "
        "`pirsync resolve dismiss {key}` says no more of it"
    ),
    FindingKind.TITLE_TAKEN: f"rename the other page, or give ours another title (team.escalation.title); {LOOK}",
    FindingKind.REGION_REMOVED: (
        f"restore it from the page's history ({LOOK}); or put the page into the trash, and "
        "`pirsync resolve recreate {key}` makes a new one, `pirsync resolve dismiss {key}` says no more of it"
    ),
    FindingKind.FAILED: f"it is tried again by every full pass; {AGAIN_OF_PAGES}",
}

_OTHERS: Mapping[str, Mapping[FindingKind, str]] = {INDEX: WAYS_OF_THE_INDEX, QUARTER: WAYS_OF_A_QUARTER}


def way(kind: FindingKind, key: str, about: str = "") -> str:
    """What to do about a finding of the incident `key`, or of the page of that title: the INDEX, or a QUARTER's."""
    return {**WAYS, **_OTHERS.get(about, {})}[kind].format(key=quote(key))
