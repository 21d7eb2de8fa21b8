"""The way out of every finding: what a person does about it; none is a dead end."""

from __future__ import annotations

from .decision import FindingKind

WAYS: dict[FindingKind, str] = {
    FindingKind.NEEDS_OWNER: "@mention one person in the row's Owner cell",
    FindingKind.NEEDS_DUE_DATE: "type a date into the row's Due date cell",
    FindingKind.OWNER_UNKNOWN: "@mention somebody active who can be assigned tickets in the action project",
    FindingKind.REJECTED: "change what Jira or Confluence complains of; `pirsync reconcile {key}` tries again",
    FindingKind.REFUSED: "allow it to our account; `pirsync reconcile {key}` tries again",
    FindingKind.ROW_EDITED: "change it in Jira; the page follows",
    FindingKind.ROW_UNREADABLE: "split the merged cells, or take the table out of its cell",
    FindingKind.REGION_REMOVED: "restore it from the page's history; without it nothing is written there",
    FindingKind.COMMENTED: "resolve the inline comment, or move it out of the cell",
    FindingKind.FLAPPING: (
        "find out what else writes into that cell, and stop it; what Jira says is written again after an hour"
    ),
    FindingKind.TICKET_GONE: (
        "restore the ticket or our access to it; `pirsync resolve remake {key} TICKET` makes it again, "
        "`pirsync resolve forget {key} TICKET` says no more of it"
    ),
    FindingKind.ORPHAN: (
        "put the row back as it was, or `pirsync resolve forget {key} TICKET`; the ticket stays as it is in Jira"
    ),
    FindingKind.DUPLICATE: (
        "`pirsync resolve keep {key} TICKET` says which one stays in the row; close the other in Jira"
    ),
    FindingKind.FOREIGN: "take the row away, or leave it: another installation looks after that ticket",
    FindingKind.PAGE_GONE: (
        "restore the page from trash or archive, or `pirsync resolve recreate {key}` makes a new one"
    ),
    FindingKind.TITLE_TAKEN: "rename the other page",
    FindingKind.NOT_ADOPTED: "`pirsync adopt` another page, or for another incident; nothing was written",
    FindingKind.RESTRICTED: "nothing: it stays out of sight; a page that exists is restricted by hand",
    FindingKind.INCIDENT_GONE: (
        "give our account access to the incident again; where it was deleted, its page is people's to keep or archive"
    ),
    FindingKind.CLOSED_AS_DUPLICATE: (
        "say on its page where the work goes on; close actions that are done elsewhere, or delete their rows"
    ),
    FindingKind.OVERDUE: "finish the ticket, or agree on another date in Jira",
    FindingKind.STALE: "say on the ticket how it goes, or finish it",
    FindingKind.UNOWNED: "assign the ticket to somebody in Jira",
    FindingKind.NOT_ACKNOWLEDGED: (
        "whoever leads @mentions themselves on that page beside Acknowledged by / on, with the day"
    ),
    FindingKind.DONE_WITHOUT_EVIDENCE: (
        "add to the ticket what shows that it was done (the comment on it says what counts), or open it again"
    ),
    FindingKind.EFFECT_UNKNOWN: (
        'comment on the ticket, in a line that begins with "Effective: yes" or "Effective: no"'
    ),
    FindingKind.NOT_EFFECTIVE: (
        'open the ticket again, or add an action that works; a later "Effective: yes" on the ticket ends it'
    ),
    FindingKind.NOT_SETTLING: "see who or what else writes to the page, or to its tickets, all the time",
    FindingKind.FAILED: "`pirsync reconcile {key}` tries again at once",
}


def way(kind: FindingKind, key: str) -> str:
    """What to do about a finding of the incident `key`."""
    return WAYS[kind].format(key=key)
