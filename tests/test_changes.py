"""Every kind of change is described, rendered and applied: asserted over the union, so that a new kind fails here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest

from pirsync import output
from pirsync.apply import apply, apply_index
from pirsync.changes import (
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
    is_local,
)
from pirsync.decision import Candidate
from pirsync.directory import Sources
from pirsync.model import TICKET_PROPERTY, RemoteLink
from pirsync.names import PAGE_PROPERTY
from pirsync.observe import Readings, Trust
from pirsync.page_model import Invited, Memory, Page
from pirsync.ports import PageDraft, TicketDraft, Upload, Want
from pirsync.report import Report, Result

from .stage import Stage, raw_incident, stage

KINDS: tuple[type[Change], ...] = get_args(Change)
INCIDENT = "10001"
WANT = Want(fields=("summary",))
BODY = "<p>DISTINCTIVE WORDS OF A PAGE</p>"


class Noted:
    """One half of the world's writes; notes the name of each method that is called."""

    def __init__(self, inner: Any, calls: list[str]) -> None:
        self._inner = inner
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def called(*arguments: Any) -> Any:
            self._calls.append(name)
            return method(*arguments)

        return called


@pytest.fixture(name="play")
def a_play() -> Stage:
    """A review with one ticket, ACT-20001, and another incident to link."""
    play = stage(incidents=[raw_incident(1), raw_incident(2)])
    play.run_pass()
    play.type_row("Add a test")
    play.quiet()
    play.run_pass()
    return play


def draft(title: str) -> PageDraft:
    return PageDraft(space="OPS", parent=None, title=title, body=BODY)


def ticket_draft(play: Stage) -> TicketDraft:
    terms = play.practice(play.world).terms
    return TicketDraft(
        project="ACT",
        type_id="10002",
        summary="Another action",
        description=None,
        assignee="ana",
        due=None,
        labels=("pirsync",),
        property_key=TICKET_PROPERTY,
        property_value={"mark": "m"},
        incident_key="OPS-1",
        link_type=terms.link_type.id,
        link_side="outward",
    )


def change_of(kind: type[Change], play: Stage) -> Change:
    """A change of that kind that makes sense in the play."""
    page, link = play.page(), play.practice(play.world).terms.link_type
    ticket = next(iter(play.world.tracker.issues(["ACT-20001"], WANT)))
    held = play.world.wiki.property(page.id, PAGE_PROPERTY)
    memory = Memory(page=page.id, incident=INCIDENT, owner="owner-0001", adopted=("77",))
    remote = RemoteLink(global_id=f"pirsync:page:{page.id}", url=page.url, title="Renamed")
    notice = {"mark": "c", "owner_id": "owner-0001", "digest": "d", "body": BODY}
    made: dict[type[Change], Callable[[], Change]] = {
        CreatePage: lambda: CreatePage(incident_id=INCIDENT, mark="p", digest="d", draft=draft("New"), creates=0),
        UpdatePage: lambda: UpdatePage(
            page=page, body=page.body + BODY, cells=('Status = "DONE"',), message="pirsync:"
        ),
        CommentPage: lambda: CommentPage(
            page_id=page.id, title=page.title, storage=BODY, told=('ACT-20001 due "2027-01-01" was not taken',)
        ),
        AttachInvitation: lambda: AttachInvitation(
            page_id=page.id,
            title=page.title,
            upload=Upload(name="OPS-1-review.ics", media_type="text/calendar", content=BODY, comment="pirsync: one"),
            invited=Invited(digest="d", sequence=0),
        ),
        LabelPage: lambda: LabelPage(page_id=page.id, title=page.title, labels=("extra",)),
        WriteMemory: lambda: WriteMemory(page_id=page.id, title=page.title, memory=memory, current=held),
        AdoptPage: lambda: AdoptPage(incident_key="OPS-1", page_id=page.id, title=page.title),
        ReleasePage: lambda: ReleasePage(page_id=page.id, title=page.title, memory=memory, current=held),
        LinkPage: lambda: LinkPage(incident_id=INCIDENT, incident_key="OPS-1", link=remote),
        CreateTicket: lambda: CreateTicket(incident_id=INCIDENT, mark="t", digest="d", draft=ticket_draft(play)),
        AdoptTicket: lambda: AdoptTicket(
            incident_id=INCIDENT, mark="a", ticket_id=str(ticket["id"]), ticket_key="ACT-20001", action="Add a test"
        ),
        LabelTicket: lambda: LabelTicket(ticket_id=str(ticket["id"]), ticket_key="ACT-20001", labels=("extra",)),
        MarkTicket: lambda: MarkTicket(ticket_id=str(ticket["id"]), ticket_key="ACT-20001", value={"mark": "other"}),
        LinkTicket: lambda: LinkTicket(
            ticket_key="ACT-20001", type_id=link.id, type_name=link.name, inward_key="ACT-20001", outward_key="OPS-2"
        ),
        EditTicket: lambda: EditTicket(ticket_id=str(ticket["id"]), ticket_key="ACT-20001", fields={"duedate": None}),
        CommentTicket: lambda: CommentTicket(
            issue_id=str(ticket["id"]), issue_key="ACT-20001", said="it is overdue", **notice
        ),
        EditComment: lambda: EditComment(
            issue_id=str(ticket["id"]),
            issue_key="ACT-20001",
            said="it is overdue",
            comment_id=play.world.tracker_writes.add_comment(str(ticket["id"]), "before", {"mark": "c"}),
            **notice,
        ),
        CreateIndex: lambda: CreateIndex(mark="i", digest="d", draft=draft("Another index")),
        CreateEscalation: lambda: CreateEscalation(mark="e", digest="d", draft=draft("Another escalation")),
        UpdateIndex: lambda: UpdateIndex(page=page, body=page.body + BODY, rows=("OPS-1",), message="pirsync:"),
    }
    return made[kind]()


WRITES = {
    CreatePage: ["create_page"],
    UpdatePage: ["update_page"],
    CommentPage: ["add_comment"],
    AttachInvitation: ["attach"],
    LabelPage: ["add_labels"],
    WriteMemory: ["set_property"],
    AdoptPage: [],
    ReleasePage: ["set_property"],
    LinkPage: ["put_remote_link"],
    CreateTicket: ["create_issue"],
    AdoptTicket: [],
    LabelTicket: ["add_labels"],
    MarkTicket: ["set_property"],
    LinkTicket: ["link"],
    EditTicket: ["edit_issue"],
    CommentTicket: ["add_comment"],
    EditComment: ["edit_comment"],
    CreateIndex: ["create_page"],
    CreateEscalation: ["create_page"],
    UpdateIndex: ["update_page"],
}


def do(change: Change, play: Stage) -> list[str]:
    """Apply it; the write methods that were called."""
    calls: list[str] = []
    world = replace(
        play.world,
        tracker_writes=Noted(play.world.tracker_writes, calls),
        wiki_writes=Noted(play.world.wiki_writes, calls),
    )
    if isinstance(change, (CreateIndex, UpdateIndex, CreateEscalation)):
        page: Page = apply_index(change, world)
        assert BODY in page.body
        return calls
    sources = Sources(world.tracker, world.wiki, world.state, world.clock.now())
    readings = Readings(sources, play.practice(play.world), Trust.READ)
    readings.read_incidents([INCIDENT])
    readings.read_pages([INCIDENT])
    readings.candidates[INCIDENT] = Candidate(asked=play.page().id, page=play.page())
    apply(change, INCIDENT, world, readings)
    return calls


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_is_applied(kind: type[Change], play: Stage) -> None:
    change = change_of(kind, play)
    assert WRITES[kind] == do(change, play)
    assert is_local(change) == (not WRITES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_is_one_line_that_names_what_is_written_and_tells_no_body(
    kind: type[Change], play: Stage
) -> None:
    said = describe(change_of(kind, play))
    assert len(said.splitlines()) == 1
    named = ("OPS-1 Post-incident review", "OPS-1", "ACT-20001", "New", "Another")
    assert any(name in said for name in named)
    assert "DISTINCTIVE" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_is_rendered_for_people_and_programs(
    kind: type[Change], play: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    change = change_of(kind, play)
    report = Report(looked_at=1, reviews=1, results=(Result(key="OPS-1", changes=(change,)),))
    shown = [] if is_local(change) else [describe(change)]

    output.news(report.results[0])
    assert capsys.readouterr().out.splitlines() == [f"OPS-1  {line}" for line in shown]

    output.planned(report)
    grouped = ["OPS-1", *(f"  {line}" for line in shown)] if shown else ["nothing to do"]
    assert capsys.readouterr().out.splitlines() == grouped

    output.as_json(report)
    text = capsys.readouterr().out
    told = json.loads(text)["incidents"][0]["changes"]
    assert told == [{"change": change.change, "what": line} for line in shown]
    assert "DISTINCTIVE" not in text
