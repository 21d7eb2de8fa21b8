"""Do one change: intent, write, receipt. What the site answered goes back into the readings, so nobody asks again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, assert_never

from pirsync.known import Known

from .decision import (
    INDEX_LABEL,
    PAGE_PROPERTY,
    AdoptTicket,
    Change,
    CreateIndex,
    CreatePage,
    CreateTicket,
    EditTicket,
    LabelPage,
    LabelTicket,
    LinkPage,
    LinkTicket,
    MarkTicket,
    UpdateIndex,
    UpdatePage,
    WriteMemory,
    describe,
)
from .errors import Ambiguous, Rejected, Stale, Unavailable
from .model import TICKET_PROPERTY, Page
from .observe import Readings
from .ports import World

T = TypeVar("T")

BEST_EFFORT = (LabelPage, LinkPage, LabelTicket, MarkTicket, LinkTicket, EditTicket)
"""Changes that a site may refuse without harm; a refusal is remembered and told, and the review goes on."""


def apply(change: Change, incident_id: str, world: World, readings: Readings) -> bool:
    """Make one change of one incident's plan; whether it was made. Raises what the ports raise; a refusal of a
    best-effort change or of a guarded create is written down instead, and the next round tells it."""
    try:
        _make(change, incident_id, world, readings)
    except Rejected as refused:
        if isinstance(change, BEST_EFFORT):
            known = world.state.cached("refused", incident_id) or {}
            world.state.cache("refused", {incident_id: {**known, describe(change): str(refused)}})
        elif not isinstance(change, (CreatePage, CreateTicket)):
            raise
        return False
    return True


def _make(change: Change, incident_id: str, world: World, readings: Readings) -> None:
    tracker, wiki = world.tracker_writes, world.wiki_writes
    match change:
        case CreatePage():
            made = create(change, incident_id, world, lambda: wiki.create_page(change.draft), page_receipt)
            _born(made, incident_id, readings)
            _keep_base(made, world, readings)
        case UpdatePage():
            # While it is in doubt which version is our newest, none may pass for it.
            world.state.drop("base", [change.page.id])
            saved = wiki.update_page(change.page, change.body, change.message)
            readings.pages[saved.id] = saved
            readings.bases.pop(saved.id, None)
            _keep_base(saved, world, readings)
        case LabelPage():
            wiki.add_labels(change.page_id, change.labels)
        case WriteMemory():
            written = wiki.set_property(change.page_id, PAGE_PROPERTY, change.memory.model_dump(), change.current)
            known = readings.known[incident_id]
            readings.known[incident_id] = known.model_copy(update={"memory": change.memory, "memory_property": written})
        case LinkPage():
            tracker.put_remote_link(change.incident_id, change.link)
        case CreateTicket():
            create(
                change, incident_id, world, lambda: tracker.create_issue(change.draft), lambda ref: (ref.id, ref.key)
            )
        case AdoptTicket():
            world.state.adopt(change.mark, "ticket", incident_id, change.ticket_id, change.ticket_key)
        case LabelTicket():
            tracker.add_labels(change.ticket_id, change.labels)
            readings.forget_ticket(change.ticket_id)
        case MarkTicket():
            tracker.set_property(change.ticket_id, TICKET_PROPERTY, change.value)
            readings.forget_ticket(change.ticket_id)
        case LinkTicket():
            tracker.link(change.type_id, change.inward_key, change.outward_key)
            readings.forget_ticket(change.ticket_key)
        case EditTicket():
            tracker.edit_issue(change.ticket_id, change.fields)
            readings.forget_ticket(change.ticket_id)
        case CreateIndex() | UpdateIndex():
            raise AssertionError("the index is written by apply_index")
        case _:
            assert_never(change)


def create(
    change: CreatePage | CreateTicket | CreateIndex,
    incident_id: str,
    world: World,
    send: Callable[[], T],
    receipt: Callable[[T], tuple[str, str]],
) -> T:
    """A create under its intent: written down and synced before it is sent, sent once, and never in doubt twice."""
    kind = change.change.removeprefix("create-")
    attempt = world.state.claim(change.mark, kind, incident_id, change.digest, world.clock.now())
    if attempt is None:
        raise Stale(f"{describe(change)}: another process is about to, or has done it")
    try:
        made = send()
    except Rejected as refused:
        world.state.reject(change.mark, attempt, change.digest, str(refused))
        raise
    except Ambiguous:
        raise
    except Unavailable as away:
        # Provably not sent: the empty digest lets the same inputs be tried again.
        world.state.reject(change.mark, attempt, "", str(away))
        raise
    remote_id, remote_key = receipt(made)
    world.state.receipt(change.mark, attempt, remote_id, remote_key)
    return made


def page_receipt(page: Page) -> tuple[str, str]:
    """What the journal keeps of a created page."""
    return page.id, page.title


def _keep_base(page: Page, world: World, readings: Readings) -> None:
    """Remember what we wrote, so that what people write over it can be told without reading it again."""
    world.state.cache("base", {page.id: readings.read(page).model_dump(mode="json")})


def _born(page: Page, incident_id: str, readings: Readings) -> None:
    readings.pages[page.id] = page
    readings.known[incident_id] = Known(
        key=readings.incidents[incident_id].key,
        page=page.id,
        version=page.version,
        memory=None,
        memory_property=None,
        tickets=(),
        open=True,
    )


def apply_index(change: CreateIndex | UpdateIndex, world: World) -> Page:
    """Make or write the evidence index."""
    match change:
        case CreateIndex():
            page = create(change, "", world, lambda: world.wiki_writes.create_page(change.draft), page_receipt)
            world.wiki_writes.add_labels(page.id, (INDEX_LABEL,))
            return page
        case UpdateIndex():
            return world.wiki_writes.update_page(change.page, change.body, change.message)
        case _:
            assert_never(change)
