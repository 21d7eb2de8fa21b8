"""What ties a review page to its incident, and what is written down on it: label, remote link, content property. Pure.

The property is pirsync's remote memory. What must not happen twice stands in it before it happens.
"""

from __future__ import annotations

from .changes import Change, CommentPage, LabelPage, LinkPage, WriteMemory, describe
from .decision import Barred, Finding, FindingKind
from .model import Noun, RemoteLink
from .names import LINK_PREFIX, PAGE_LABEL
from .page_model import Approved, Memory, Page
from .rows import RowPlan, Situation

MEMORY_LIMIT = 32_768
"""Confluence refuses larger content properties (facts: Confluence, section 4)."""
RECEIPT_SIZE = 19
"""Bytes of one receipt in the property: sixteen digits, their quotes and a comma."""


class Kept(Noun):
    """What the property has to remember beyond tickets: the rows that were given, and what became of an approval."""

    given: tuple[str, ...] = ()
    approval: Approved | None = None

    @property
    def fields(self) -> dict[str, object]:
        """The same by the names of the memory's fields."""
        return {"given": self.given, "approval": self.approval}


def newborn(situation: Situation, newest: int, rows: RowPlan, kept: Kept) -> Memory:
    """What the property of a page of ours says at first. No version above `newest` is ours once the plan is made."""
    terms, observed = situation.terms, situation.observed
    assert observed.page is not None  # what is born is there
    memory = Memory(
        page=observed.page.id,
        incident=observed.incident.id,
        owner=terms.owner_id,
        stamped=newest if terms.deployment == "datacenter" else 0,
        first=rows.first,
    )
    return memory.model_copy(update=kept.fields)


def bindings(situation: Situation, memory: Memory) -> tuple[list[Change], list[Finding]]:
    """Label, remote link and property: what ties page and incident together for whoever loses the journal.

    The property, which begins with `memory`, comes last, so that where it is the others were written, and nobody has
    to read them again.
    """
    observed, barred = situation.observed, situation.journal.barred
    page, incident = observed.page, observed.incident
    if observed.memory is not None or page is None:
        return [], []
    link = RemoteLink(global_id=f"{LINK_PREFIX}{page.id}", url=page.url, title=page.title)
    wanted: list[Change] = [
        LabelPage(page_id=page.id, title=page.title, labels=(PAGE_LABEL,)),
        LinkPage(incident_id=incident.id, incident_key=incident.key, link=link),
        WriteMemory(page_id=page.id, title=page.title, memory=memory, current=observed.memory_property),
    ]
    if barred is not None and barred.until > situation.now:
        wanted.pop()
    refused = situation.journal.refused
    findings = [
        situation.finding(FindingKind.REFUSED, f"{describe(change)}: {refused[describe(change)]}")
        for change in wanted
        if describe(change) in refused
    ]
    return [change for change in wanted if describe(change) not in refused], findings


def first(situation: Situation, rows: RowPlan, kept: Kept) -> tuple[list[Change], list[Finding]]:
    """What the property has to say before the page is written, and the comment that goes with it.

    The comment's receipts: Confluence's comments carry no mark, and none is better than two, so that without room
    for the receipts there is no comment. The Owner and Due values that the page is about to show, so that none of them
    passes for a person's should Jira change again before they are agreed. On Data Center also the number of the version
    that is about to be written, so that no version of ours is above it, whatever crashes, and our newest is found in
    one request even after the state was lost. Cloud lists versions with their messages.
    """
    page, memory = situation.observed.page, situation.observed.memory
    if page is None or memory is None:
        return [], []
    stamped = page.version + 1 if situation.terms.deployment == "datacenter" else memory.stamped
    receipts = [one.receipt for one in rows.not_taken]
    before = memory.announced
    new = {ticket: (*before.get(ticket, ()), *values) for ticket, values in rows.announced.items()}
    announced = before | {ticket: tuple(dict.fromkeys(values)) for ticket, values in new.items()}
    told = {"stamped": stamped, "comments": (*memory.comments, *receipts), "announced": announced} | kept.fields
    after = fitting(memory.model_copy(update=told))
    changes = _written(situation, after)
    if not receipts:
        return changes, []
    if not set(receipts) <= set(after.comments) or _size(after) > MEMORY_LIMIT:
        return changes, [situation.finding(FindingKind.ROW_EDITED, f"{one.said}; {_NO_ROOM}") for one in rows.not_taken]
    return [*changes, _comment(page, rows)], []


_NO_ROOM = "no comment says so, for the page's content property has no room left to note it: tell the author"


def _comment(page: Page, rows: RowPlan) -> CommentPage:
    """One comment for all values that were not taken."""
    told = tuple(one.said for one in rows.not_taken)
    storage = "".join(one.storage for one in rows.not_taken)
    return CommentPage(page_id=page.id, title=page.title, storage=storage, told=told)


def agreed(situation: Situation, rows: RowPlan, kept: Kept) -> list[Change]:
    """Remember what page and Jira agree on, once the page says it. Rows that are gone stay remembered."""
    memory = situation.observed.memory
    if memory is None:
        return []
    known = {**memory.rows, **rows.shown}
    forgotten = tuple(sorted({*memory.forgotten, *rows.forgotten}))
    invited = situation.observed.invited or memory.invitation
    told: dict[str, object] = {
        "rows": known,
        "adopted": tuple(rows.adopted),
        "forgotten": forgotten,
        "invitation": invited,
        "first": rows.first,
        "refused": rows.refused,
        "announced": {t: left for t, left in (memory.announced | rows.unjudged).items() if left},
    }
    return _written(situation, memory.model_copy(update=told | kept.fields))


def decided(situation: Situation, kept: Kept) -> list[Change]:
    """Remember what was decided of an approval, while the page has to wait: its versions are read once."""
    memory = situation.observed.memory
    return _written(situation, memory.model_copy(update={"approval": kept.approval})) if memory is not None else []


def _written(situation: Situation, after: Memory) -> list[Change]:
    page, after = situation.observed.page, fitting(after)
    if page is None or after == situation.observed.memory or _size(after) > MEMORY_LIMIT:
        return []
    current = situation.observed.memory_property
    return [WriteMemory(page_id=page.id, title=page.title, memory=after, current=current)]


def barred_words(page: Page, barred: Barred) -> str:
    """That a page cannot be written, until when it is left, and what to do."""
    when = barred.until.isoformat(timespec="seconds")
    return (
        f'its page "{page.title}" cannot be written ({barred.reason}): let our account edit it; it is left until {when}'
    )


def fitting(memory: Memory) -> Memory:
    """The memory without the oldest receipts that make it too large for a property."""
    while memory.comments and (excess := _size(memory) - MEMORY_LIMIT) > 0:
        dropped = max(1, excess // RECEIPT_SIZE)
        memory = memory.model_copy(update={"comments": memory.comments[dropped:]})
    return memory


def _size(memory: Memory) -> int:
    return len(memory.model_dump_json().encode())
