"""Do one change: intent, write, receipt. What the site answered goes back into the readings, so nobody asks again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, assert_never

from pirsync.known import KeptBar, asserted_of, met, refused_of
from pirsync.recall import distrust, recall

from .base import has_rows
from .candidates import adopt, let_go
from .changes import (
    AdoptPage,
    AdoptTicket,
    AttachInvitation,
    Change,
    CommentPage,
    CommentTicket,
    CreateEscalation,
    CreateIndex,
    CreatePage,
    CreateTicket,
    EditComment,
    EditTicket,
    LabelPage,
    LabelTicket,
    LinkPage,
    LinkTicket,
    MarkTicket,
    ReleasePage,
    UpdateIndex,
    UpdatePage,
    WriteMemory,
    describe,
)
from .comments import comments_marked
from .decision import FLAP_WINDOW
from .draft import mark_value
from .errors import Ambiguous, AuthInDoubt, Rejected, Stale, Unavailable
from .invitation import said_of
from .model import TICKET_PROPERTY, Mark
from .names import PAGE_PROPERTY
from .observe import Readings
from .page_model import Invited, Page
from .ports import World

T = TypeVar("T")

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=1)

BEST_EFFORT = (AttachInvitation, CommentPage, LabelPage, LinkPage, LabelTicket, MarkTicket, LinkTicket, EditTicket)
"""Changes that a site may refuse without harm; a refusal is remembered and told, and the review goes on."""


def apply(change: Change, incident_id: str, world: World, readings: Readings) -> bool:
    """Make one change of one incident's plan; whether it was made. Raises what the ports raise; a refusal of a
    best-effort change or of a guarded create is written down instead, and the next round tells it. A page that
    may not be written is Stale: what the plan would have it say is nobody's to write for a while."""
    try:
        _make(change, incident_id, world, readings)
    except Rejected as refused:
        if isinstance(change, BEST_EFFORT):
            note_refusal(change, incident_id, refused, world)
        elif isinstance(change, (UpdatePage, WriteMemory, ReleasePage)):
            _bar(incident_id, str(refused), world)
            raise Stale(f"{describe(change)}: {refused}") from refused
        elif not isinstance(change, (CreatePage, CreateTicket, CommentTicket, EditComment)):
            raise
        return False
    return True


def _make(change: Change, incident_id: str, world: World, readings: Readings) -> None:
    tracker, wiki = world.tracker_writes, world.wiki_writes
    match change:
        case CreatePage():
            made = create(change, incident_id, world, lambda _: wiki.create_page(change.draft), page_receipt)
            _born(made, incident_id, readings)
            _keep_base(made, world, readings)
        case UpdatePage():
            # While it is in doubt which version is our newest, none may pass for it.
            world.state.drop("base", [change.page.id])
            saved = wiki.update_page(change.page, change.body, change.message)
            readings.pages[saved.id] = saved
            readings.bases.pop(saved.id, None)
            _keep_base(saved, world, readings)
            _note_asserted(change.asserted, incident_id, world)
            world.state.drop("barred", [incident_id])
        case CommentPage():
            wiki.add_comment(change.page_id, change.storage)
        case AttachInvitation():
            readings.invited[change.page_id] = _attach(change, world, readings)
        case LabelPage():
            wiki.add_labels(change.page_id, change.labels)
        case WriteMemory():
            # While it is in doubt what the property says, what was remembered of it may not pass for it.
            distrust(world.state, "review", [incident_id])
            written = wiki.set_property(change.page_id, PAGE_PROPERTY, change.memory.model_dump(), change.current)
            known = readings.known[incident_id]
            readings.known[incident_id] = known.model_copy(update={"memory": change.memory, "memory_property": written})
        case AdoptPage():
            adopt(readings, incident_id)
        case ReleasePage():
            wiki.set_property(change.page_id, PAGE_PROPERTY, change.memory.model_dump(), change.current)
            let_go(readings, incident_id)
        case LinkPage():
            tracker.put_remote_link(change.incident_id, change.link)
        case CreateTicket():
            create(
                change, incident_id, world, lambda _: tracker.create_issue(change.draft), lambda ref: (ref.id, ref.key)
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
        case CommentTicket() | EditComment():
            world.state.reopen(change.mark, incident_id)
            create(change, incident_id, world, lambda n: _say(change, n, incident_id, world), lambda said: (said, ""))
        case CreateIndex() | UpdateIndex() | CreateEscalation():
            raise AssertionError("pages of no single incident are written by apply_index")
        case _:
            assert_never(change)


def create(
    change: CreatePage | CreateTicket | CommentTicket | EditComment | CreateIndex | CreateEscalation,
    incident_id: str,
    world: World,
    send: Callable[[int], T],
    receipt: Callable[[T], tuple[str, str]],
) -> T:
    """A create under its intent: written down and synced before `send` sends it, told the attempt; sent once, and never
    in doubt twice."""
    is_comment = isinstance(change, (CommentTicket, EditComment))
    kind = "comment" if is_comment else change.change.removeprefix("create-")
    attempt = world.state.claim(change.mark, kind, incident_id, change.digest, world.clock.now())
    if attempt is None:
        raise Stale(f"{describe(change)}: another process is about to, or has done it")
    try:
        made = send(attempt)
    except Rejected as refused:
        if isinstance(change, EditComment) and _is_deleted(change, world):
            world.state.receipt(change.mark, attempt, "", "")
        else:
            world.state.reject(change.mark, attempt, change.digest, str(refused))
        raise
    except (Ambiguous, AuthInDoubt):
        # It may have been done until now, however long ago it was claimed: only from now on can its absence settle.
        world.state.restamp(change.mark, attempt, world.clock.now())
        raise
    except Unavailable as away:
        # Provably not sent: the empty digest lets the same inputs be tried again.
        world.state.reject(change.mark, attempt, "", str(away))
        raise
    remote_id, remote_key = receipt(made)
    world.state.receipt(change.mark, attempt, remote_id, remote_key)
    return made


def _say(change: CommentTicket | EditComment, attempt: int, incident_id: str, world: World) -> str:
    """The id of the comment that says it now. One that carries the mark, which an earlier try or another state may
    have left, is looked for before any is sent: an issue's comments are read as they are written."""
    mark = Mark(value=change.mark, owner=change.owner_id, incident=incident_id)
    carried = mark_value(mark.value, mark.owner, mark.incident) | {"said": change.digest}
    if isinstance(change, EditComment):
        comment_id, said = change.comment_id, ""
    else:
        there = comments_marked(world.tracker.comments(change.issue_id), mark)
        if not there:
            # The look may have taken longer than the claim holds.
            if not world.state.restamp(change.mark, attempt, world.clock.now()):
                raise Stale(f"{describe(change)}: another process is about to, or has done it")
            return world.tracker_writes.add_comment(change.issue_id, change.body, carried)
        comment_id, said = there[0]
    if said != change.digest:
        world.tracker_writes.edit_comment(change.issue_id, comment_id, change.body, carried)
    return comment_id


def _is_deleted(change: EditComment, world: World) -> bool:
    """Whether the comment whose edit was refused is not there; an issue that cannot be seen tells nothing of it."""
    try:
        return all(str(one["id"]) != change.comment_id for one in world.tracker.comments(change.issue_id))
    except Rejected:
        return False


def _attach(change: AttachInvitation, world: World, readings: Readings) -> Invited:
    """The invitation that is attached then. The file is looked for by its name, which no page has twice: one that an
    earlier try left says the same, and is not sent again; one that somebody else attached is theirs."""
    name = change.upload.name
    there = world.wiki.attachment(change.page_id, name)
    before = said_of(there) if there is not None else None
    if there is not None and before is None:
        raise Rejected(f"somebody else attached a file of that name: rename {name}, or take it away")
    if before is not None and before.digest == change.invited.digest:
        return change.invited.model_copy(update={"sequence": before.sequence, "file": before.file})
    if before is not None and before.sequence >= change.invited.sequence:
        readings.invited[change.page_id] = before
        raise Stale(f"{describe(change)}: it is at its change {before.sequence}")
    made = world.wiki_writes.attach(change.page_id, change.upload, there)
    return change.invited.model_copy(update={"file": made.id})


def note_refusal(change: Change, incident_id: str, refused: Rejected, world: World) -> None:
    """Have it told, and not tried again until a person asks."""
    known = refused_of(world.state, incident_id)
    world.state.cache("refused", {incident_id: {**known, describe(change): str(refused)}})


def page_receipt(page: Page) -> tuple[str, str]:
    """What the journal keeps of a created page."""
    return page.id, page.title


def _bar(incident_id: str, reason: str, world: World) -> None:
    """Write down that the page may not be written, and from when on that is tried again: ever later, up to an hour."""
    now, kept = world.clock.now(), recall(world.state, "barred", incident_id, KeptBar)
    tries = kept.tries if kept is not None else 0
    barred = KeptBar(reason=reason, until=now + min(FIRST_RETRY * 2 ** min(tries, 10), LAST_RETRY), tries=tries + 1)
    world.state.cache("barred", {incident_id: barred.model_dump(mode="json")})


def _note_asserted(labels: tuple[str, ...], incident_id: str, world: World) -> None:
    """Remember when a cell was written anew, for as long as that counts."""
    if not labels:
        return
    now = world.clock.now()
    kept = asserted_of(world.state, incident_id)
    recent = {label: [at for at in kept.get(label, ()) if at > now - FLAP_WINDOW] for label in (*kept, *labels)}
    for label in labels:
        recent[label].append(now)
    told = {label: [at.isoformat() for at in instants] for label, instants in recent.items() if instants}
    world.state.cache("asserted", {incident_id: told})


def _keep_base(page: Page, world: World, readings: Readings) -> None:
    """Remember what we wrote, so that what people write over it can be told without reading it again; but not where
    people had damaged the action table: what its rows say is told by an older version."""
    if has_rows(written := readings.read(page)):
        world.state.cache("base", {page.id: written.model_dump(mode="json")})


def _born(page: Page, incident_id: str, readings: Readings) -> None:
    readings.pages[page.id] = page
    readings.known[incident_id] = met(readings.incidents[incident_id].key, page, None, None)


def apply_index(change: CreateIndex | UpdateIndex | CreateEscalation, world: World) -> Page:
    """Make or write the evidence index, or make the page of what a quarter left."""
    match change:
        case CreateIndex() | CreateEscalation():
            return create(change, "", world, lambda _: world.wiki_writes.create_page(change.draft), page_receipt)
        case UpdateIndex():
            return world.wiki_writes.update_page(change.page, change.body, change.message)
        case _:
            assert_never(change)
