"""A world that begins with two incidents and one review page, and what the tests of overlays do to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pirsync.adapters.memory import memory_world, person_edits
from pirsync.model import CreateScreen, Deployment, Person, RemoteLink
from pirsync.page_model import Page
from pirsync.ports import PageDraft, Query, TicketDraft, Want, World

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EVERYTHING = Want(fields=("*all",), expand=("changelog", "renderedFields"), properties=("example.mark",))
ANA = Person(account="ana", name="Ana Ruiz")
SCREEN = CreateScreen(project="ACT", type_id="10002", type_name="Task", fields={"summary": "Summary"}, required=())


@dataclass
class Hands:
    """A clock that goes when it is told to."""

    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant


def incident(number: int, updated: str = "2026-03-01T08:00:00.000+0000") -> dict[str, Any]:
    fields = {
        "summary": f"Outage {number}",
        "project": {"key": "INC"},
        "issuetype": {"id": "1", "name": "Incident"},
        "status": {"name": "Closed", "statusCategory": {"key": "done"}},
        "resolution": {"name": "Done"},
        "labels": ["payments"],
        "issuelinks": [],
        "duedate": None,
        "assignee": None,
        "updated": updated,
        "comment": {"comments": [{"id": "1", "body": "on it"}], "total": 1},
    }
    history = {"id": "1", "created": "2026-03-01T07:00:00.000+0000", "items": [{"field": "status"}]}
    changelog = {"startAt": 0, "maxResults": 1, "total": 1, "histories": [history]}
    return {"id": str(10000 + number), "key": f"INC-{number}", "fields": fields, "changelog": changelog}


def ticket(**changes: Any) -> TicketDraft:
    draft = TicketDraft(
        project="ACT",
        type_id="10002",
        summary="Add an alert",
        description="so that we know",
        assignee="ana",
        due=date(2026, 4, 1),
        labels=("pirsync", "pirsync-m1"),
        property_key="example.mark",
        property_value={"mark": "m1"},
        incident_key="INC-1",
        link_type="10003",
        link_side="outward",
    )
    return draft.model_copy(update=changes)


def page_draft(title: str = "INC-1 Post-incident review") -> PageDraft:
    return PageDraft(space="OPS", parent=None, title=title, body="<p>born</p>")


def world_of(deployment: Deployment, clock: Hands) -> World:
    return memory_world(deployment, [incident(1), incident(2)], [SCREEN], [ANA], clock)


def reviewed_world(deployment: Deployment, clock: Hands) -> World:
    """A world with a review page of three versions: ours, stamped, a person's."""
    world = world_of(deployment, clock)
    page = world.wiki_writes.create_page(page_draft())
    world.wiki_writes.add_labels(page.id, ("review",))
    world.wiki_writes.set_property(page.id, "example.memory", {"incident": "10001"}, None)
    world.wiki_writes.update_page(page, "<p>stamped</p>", "stamp: 1 cell")
    person_edits(world, page.id, "<p>theirs</p>")
    world.tracker_writes.put_remote_link("10001", RemoteLink(global_id="g1", url=page.url, title="old"))
    return world


def everything(world: World) -> str:
    """All that can be read of a world, as one comparable text."""
    pages = [head.id for label in ("review", "late") for head in world.wiki.labelled("OPS", label, None)]
    heard: list[object] = [
        list(world.tracker.search(Query(projects=("INC", "ACT")), EVERYTHING)),
        [world.tracker.changelog(issue_id) for issue_id in ("10001", "10002")],
        [link.model_dump() for link in world.tracker.remote_links("10001")],
        [page.model_dump(mode="json") for page in world.wiki.pages(pages)],
        [found.model_dump() for page in pages if (found := world.wiki.property(page, "example.memory"))],
        [line.model_dump(mode="json") for line in world.state.pending()],
    ]
    return json.dumps(heard, sort_keys=True)


def read(world: World, name: str) -> dict[str, Any]:
    raw = world.tracker.issue(name, EVERYTHING)
    assert raw is not None
    return dict(raw)


def review(world: World) -> Page:
    page = world.wiki.find("OPS", "INC-1 Post-incident review")
    assert page is not None
    return page


def write_everything(world: World) -> None:
    """Every write that a world has."""
    made = world.tracker_writes.create_issue(ticket())
    world.tracker_writes.edit_issue("10001", {"duedate": "2026-05-01", "assignee": "ana"})
    world.tracker_writes.add_labels("10001", ("pirsync",))
    world.tracker_writes.set_property("10001", "example.mark", {"mark": "m2"})
    world.tracker_writes.link("10000", "INC-2", made.key)
    world.tracker_writes.put_remote_link("10001", RemoteLink(global_id="g1", url="u", title="new"))
    world.wiki_writes.create_page(page_draft("Another"))
    page = review(world)
    world.wiki_writes.update_page(page, "<p>dry</p>", "stamp: 2 cells")
    world.wiki_writes.add_labels(page.id, ("late",))
    memory = world.wiki.property(page.id, "example.memory")
    world.wiki_writes.set_property(page.id, "example.memory", {"incident": "10001", "rows": 1}, memory)
    world.state.mark_dirty("10001", NOW, "")
