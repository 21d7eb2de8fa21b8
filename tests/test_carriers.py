"""What a ticket carries, over whole passes: with another's mark it is left alone, and a refused carrier stays told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.adapters.overlay_tracker import OverlayTracker
from pirsync.decision import FindingKind
from pirsync.draft import mark_label
from pirsync.errors import Rejected
from pirsync.findings import stored
from pirsync.model import TICKET_PROPERTY
from pirsync.page import cells
from pirsync.page.splice import append_row
from pirsync.page_model import Column
from pirsync.ports import Query, RawIssue, TicketDraft, TrackerReads, TrackerWrites, Want
from pirsync.selection import Mode, Selection
from tests.stage import ALL, NEWS, Stage, parse_once, raw_incident, stage, without_state
from tests.test_people_at_work import SMALL, told, writes

PEOPLE = {"chair": ["hana"], "escalation": ["lee"]}
OPS_1 = Selection(Mode.NAMED, ("OPS-1",))
THEIRS = {"mark": "0123456789abcdef", "owner": "someone-else", "incident": "77"}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    """A settled review without a row."""
    return begun(request.param, page_edits="push")


def begun(deployment: Any, **team: Any) -> Stage:
    told = stage(deployment, people=PEOPLE, escalation={"on": True, "stale": 0}, packs=("full-review",), **team)
    told.template = SMALL
    told.run_pass()
    return with_bulk_reads(told)


def with_bulk_reads(play: Stage) -> Stage:
    return replace(play, world=replace(play.world, tracker=cast(TrackerReads, Bulk(play.world.tracker))))


class Bulk:
    """Reads of a Jira whose bulk answers hold no issue properties, where it is a Data Center; counts single reads."""

    def __init__(self, real: TrackerReads) -> None:
        self.real = real
        self.single: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def _bare(self, raw: RawIssue) -> RawIssue:
        bare = {name: value for name, value in raw.items() if name != "properties"}
        return bare if self.real.deployment == "datacenter" else raw

    def search(self, query: Query, want: Want) -> Iterator[RawIssue]:
        return map(self._bare, self.real.search(query, want))

    def issues(self, refs: Any, want: Want) -> list[RawIssue]:
        return [self._bare(raw) for raw in self.real.issues(refs, want)]

    def issue(self, ref: str, want: Want) -> RawIssue | None:
        self.single.append(ref)
        return self.real.issue(ref, want)


def bulk(play: Stage) -> Bulk:
    assert isinstance(play.world.tracker, Bulk)
    return play.world.tracker


def tracker(play: Stage) -> OverlayTracker:
    real = bulk(play).real
    assert isinstance(real, OverlayTracker)
    return real


def made(play: Stage, labels: tuple[str, ...] = (), mark: dict[str, str] | None = None) -> str:
    """The key of a ticket that somebody else made."""
    draft = TicketDraft(
        project="ACT",
        type_id="10002",
        summary="Renew the certificate",
        description=None,
        assignee="ana",
        due=date(2026, 4, 1),
        labels=labels,
        property_key=TICKET_PROPERTY if mark else "",
        property_value=mark or {},
        incident_key=None,
        link_type="10200",
        link_side="outward",
    )
    return tracker(play).create_issue(draft).key


def typed_with_key(play: Stage, key: str) -> None:
    """A person adds a row that names a ticket."""
    url = f"{play.world.tracker.site_url}/browse/{key}"
    filled = {
        Column.ACTION: cells.words("Renew the certificate"),
        Column.TICKET: cells.ticket(key, url, play.world.wiki.deployment),
    }
    person_edits(play.world, play.page().id, append_row(play.page().body, play.review(), filled))
    play.quiet()


def place(play: Stage, key: str) -> int:
    """Which row names the ticket."""
    return [row.ticket for row in play.rows()].index(key)


def whole(play: Stage, key: str) -> dict[str, Any]:
    """All that a ticket says, and what was said on it."""
    raw = tracker(play).issue(key, Want(fields=("*all",), properties=(TICKET_PROPERTY,)))
    assert raw is not None
    return dict(raw)


LABELS = [("pirsync", mark_label(THEIRS["mark"])), (mark_label(THEIRS["mark"]),), ()]


@pytest.mark.parametrize("labels", LABELS, ids=["labelled", "mark-alone", "bare"])
def test_anothers_ticket_is_told_in_every_pass_and_never_written_to(play: Stage, labels: tuple[str, ...]) -> None:
    key = made(play, labels, THEIRS)
    before = whole(play, key)
    typed_with_key(play, key)
    for number, selection in enumerate((ALL, ALL, OPS_1, NEWS, ALL, ALL)):
        if number == 2:
            play.type_cell(place(play, key), Column.DUE, cells.day(date(2026, 9, 9)))
            play.quiet()
        if number == 4:
            play = without_state(play)
            play.clock.forward(61)
        report = play.run_pass(selection)
        if report.results:
            assert [f"{key} belongs to another" in said for said in told(report, FindingKind.FOREIGN)] == [True]
        assert [one.kind for one in stored(play.world.state) if one.kind == "Foreign"] == ["Foreign"]
        assert before == whole(play, key)
    assert play.rows()[place(play, key)].cells[Column.DUE].dates == (date(2026, 4, 1),)
    assert writes(play.run_pass()) == []


def test_no_comment_goes_to_anothers_ticket_that_is_late_or_done_without_evidence(play: Stage) -> None:
    key = made(play, LABELS[0], THEIRS)
    typed_with_key(play, key)
    play.run_pass()
    play.clock.forward(86_400 * 60)
    play.run_pass()
    tracker(play).record(key, {"status": {"name": "Done", "statusCategory": {"key": "done"}}}, {"id": "5"})
    report = play.run_pass()
    assert [said for said in writes(report) if "comment" in said] == []
    assert tracker(play).comments(whole(play, key)["id"]) == []


def test_on_data_center_our_own_tickets_are_known_by_their_labels_without_a_read(play: Stage) -> None:
    play.type_row("Fix the queue")
    play.quiet()
    play.run_pass()
    lost = without_state(play)
    lost.clock.forward(61)
    lost.run_pass()
    bulk(lost).single.clear()
    report = lost.run_pass()
    assert (writes(report), told(report, FindingKind.FOREIGN), bulk(lost).single) == ([], [], [])


# ---------------------------------------------------------------- carriers that Jira refuses


class Refusing:
    """Writes of a Jira that takes neither labels nor links of ours, until it does; counts the tries."""

    def __init__(self, real: TrackerWrites, names: tuple[str, ...] = ("add_labels", "link")) -> None:
        self.real = real
        self.names = names
        self.tries = 0

    def __getattr__(self, name: str) -> Any:
        return self._refuse if name in self.names else getattr(self.real, name)

    def _refuse(self, *_: object) -> None:
        self.tries += 1
        raise Rejected("you may not edit this issue")


@pytest.mark.parametrize("loses_state", [False, True])
def test_a_refused_carrier_is_told_until_it_is_allowed_and_a_person_asks(play: Stage, loses_state: bool) -> None:
    refusing = Refusing(play.world.tracker_writes)
    play.world = replace(play.world, tracker_writes=cast(TrackerWrites, refusing))
    key = made(play)
    typed_with_key(play, key)
    for selection in (ALL, ALL, NEWS, ALL):
        report = play.run_pass(selection)
        assert refusing.tries == 2
        assert len([one for one in stored(play.world.state) if one.kind == "Refused"]) == 2
    if loses_state:
        play = without_state(play)
        play.clock.forward(61)
        assert len(told(play.run_pass(), FindingKind.REFUSED)) == 2
    refusing.names = ()
    report = play.run_pass(OPS_1)
    assert {"label-ticket", "link-ticket"} <= set(writes(report))
    assert (told(report, FindingKind.REFUSED), "pirsync" in whole(play, key)["fields"]["labels"]) == ([], True)
    assert [link["inwardIssue"]["key"] for link in whole(play, key)["fields"]["issuelinks"]] == ["OPS-1"]
    assert writes(play.run_pass()) == []


def test_a_link_that_people_take_away_is_not_made_again_where_the_label_was_refused(play: Stage) -> None:
    refusing = Refusing(play.world.tracker_writes, ("add_labels",))
    play.world = replace(play.world, tracker_writes=cast(TrackerWrites, refusing))
    key = made(play)
    typed_with_key(play, key)
    play.run_pass()
    for issue in (key, "OPS-1"):
        patch = tracker(play)._patches[whole(play, issue)["id"]]
        patch.links = []
    for selection in (ALL, OPS_1, ALL):
        report = play.run_pass(selection)
        assert len(told(report, FindingKind.REFUSED)) == 1
        assert whole(play, key)["fields"]["issuelinks"] == []


def test_an_incident_that_anothers_ticket_names_gets_its_review_all_the_same(play: Stage) -> None:
    """Before it has a page, nothing is known of it but that ticket."""
    raw = raw_incident(2, status={"name": "Open", "statusCategory": {"key": "new"}}, resolution=None)
    raw["fields"]["resolutiondate"] = None
    play = with_bulk_reads(stage(play.world.wiki.deployment, [raw_incident(1), raw]))
    play.run_pass()
    mark = {**THEIRS, "incident": raw["id"]}
    typed_with_key(play, made(play, mark=mark))
    play.run_pass()
    raw["fields"].update(raw_incident(2)["fields"])
    play.clock.forward(60)
    assert play.run_pass().failed == ()
    assert play.world.wiki.find("OPS", "OPS-2 Post-incident review") is not None
