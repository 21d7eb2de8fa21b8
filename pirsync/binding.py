"""What ties a review page to its incident, and what is written down on it: label, remote link, content property. Pure.

The property is pirsync's remote memory. What must not happen twice stands in it before it happens.
"""

from __future__ import annotations

from .added import Added
from .changes import Change, LabelPage, LinkPage, WriteMemory, describe
from .decision import Finding, FindingKind
from .model import Memory, RemoteLink
from .names import LINK_PREFIX, PAGE_LABEL
from .rows import RowPlan, Situation

MEMORY_LIMIT = 32_768
"""Confluence refuses larger content properties (facts: Confluence, section 4)."""
RECEIPT_SIZE = 19
"""Bytes of one receipt in the property: sixteen digits, their quotes and a comma."""


def bindings(situation: Situation, newest: int, rows: RowPlan, added: Added) -> tuple[list[Change], list[Finding]]:
    """Label, remote link and property: what ties page and incident together for whoever loses the journal.

    The property comes last, so that where it is the others were written, and nobody has to read them again.
    No version above `newest` is ours once the rest of the plan is made.
    """
    observed, terms, barred = situation.observed, situation.terms, situation.journal.barred
    page, incident = observed.page, observed.incident
    if observed.memory is not None or page is None:
        return [], []
    link = RemoteLink(global_id=f"{LINK_PREFIX}{page.id}", url=page.url, title=page.title)
    stamped = newest if terms.deployment == "datacenter" else 0
    memory = Memory(
        page=page.id,
        incident=incident.id,
        owner=terms.owner_id,
        stamped=stamped,
        given=added.given,
        first=rows.first,
    )
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


def first(situation: Situation, rows: RowPlan, added: Added) -> list[Change]:
    """What the property has to say before the page is written.

    The receipts of the comments that go with it: Confluence's comments carry no mark, and none is better than two.
    On Data Center also the number of the version that is about to be written, so that no version of ours is above
    it, whatever crashes, and our newest is found in one request even after the state was lost. Cloud lists versions
    with their messages.
    """
    page, memory = situation.observed.page, situation.observed.memory
    if page is None or memory is None:
        return []
    stamped = page.version + 1 if situation.terms.deployment == "datacenter" else memory.stamped
    receipts = (*memory.comments, *(one.receipt for one in rows.not_taken))
    told = {"stamped": stamped, "comments": receipts, "given": added.given}
    return _written(situation, memory.model_copy(update=told))


def agreed(situation: Situation, rows: RowPlan, added: Added) -> list[Change]:
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
    }
    told |= {"given": added.given, "first": rows.first}
    return _written(situation, memory.model_copy(update=told))


def _written(situation: Situation, after: Memory) -> list[Change]:
    page, after = situation.observed.page, fitting(after)
    if page is None or after == situation.observed.memory or _size(after) > MEMORY_LIMIT:
        return []
    current = situation.observed.memory_property
    return [WriteMemory(page_id=page.id, title=page.title, memory=after, current=current)]


def fitting(memory: Memory) -> Memory:
    """The memory without the oldest receipts that make it too large for a property."""
    while memory.comments and (excess := _size(memory) - MEMORY_LIMIT) > 0:
        dropped = max(1, excess // RECEIPT_SIZE)
        memory = memory.model_copy(update={"comments": memory.comments[dropped:]})
    return memory


def _size(memory: Memory) -> int:
    return len(memory.model_dump_json().encode())
