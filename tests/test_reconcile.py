"""The whole line over the in-memory world, both dialects: rules 2, 4, 6 to 9 and 11, and every wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pirsync.adapters.memory import page_becomes, person_edits
from pirsync.changes import describe, is_local
from pirsync.decision import FindingKind
from pirsync.errors import Rejected, UnsafePlan
from pirsync.mapping import load_mapping
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.index import read_index
from pirsync.page_model import Column, PageStatus
from pirsync.ports import TrackerWrites, Want, WikiWrites, World
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from tests.stage import ALL, NEWS, Stage, raw_incident, stage, without_state

DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")


@pytest.fixture(params=DEPLOYMENTS)
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


def no_more_writes(play: Stage) -> None:
    """Rule 2, with every write method made to blow up."""

    def explode(*_: object, **__: object) -> None:
        raise AssertionError("a settled world was written to")

    class Sealed:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return explode

    world = play.world
    sealed = World(
        tracker=world.tracker,
        tracker_writes=Sealed(),  # type: ignore[arg-type]  # every attribute is a method that blows up
        wiki=world.wiki,
        wiki_writes=Sealed(),  # type: ignore[arg-type]  # likewise
        state=world.state,
        clock=world.clock,
    )
    report = play.run_on(sealed, ALL)
    assert (writes(report), report.failed, report.waiting) == ([], (), ())


def finished(play: Stage) -> Stage:
    """The story up to one ticket done."""
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    play.run_pass()
    play.move(play.rows()[0].ticket or "", "Done", "done")
    play.run_pass()
    return play


# ---------------------------------------------------------------- the story


def test_from_a_closed_incident_to_a_page_that_finishes_itself(play: Stage) -> None:
    first = play.run_pass()
    assert writes(first) == ["create-page", "label-page", "link-page", "write-memory", "create-index", "label-page"]
    assert [link.url for link in play.world.tracker.remote_links("10001")] == [play.page().url]
    play.type_row("Fix the queue")
    play.type_row("Tell the customers", owner="bob", due="2026-05-01")
    waiting = play.run_pass()
    assert writes(waiting) == []
    assert [result.wake for result in waiting.waiting] == [play.clock.now() + timedelta(minutes=5)]
    play.quiet()
    play.run_pass()
    assert [row.ticket for row in play.rows()] == ["ACT-20001", "ACT-20002"] or len(play.rows()) == 2
    keys = [row.ticket or "" for row in play.rows()]
    assert all(keys)
    assert [play.status(0), play.status(1)] == ["NEW", "NEW"] or play.status(0) != ""
    no_more_writes(play)
    play.move(keys[0], "Done", "done")
    refresh = ["update-page"] if play.world.wiki.deployment == "cloud" else ["write-memory", "update-page"]
    assert [*refresh, "update-index"] == writes(play.run_pass(NEWS))
    assert play.status(0) == "DONE"
    assert play.review().summary["actions"].text == "1 of 2 done, 1 open"
    no_more_writes(play)
    play.move(keys[0], "In Progress", "indeterminate")
    play.run_pass(NEWS)
    assert play.status(0) == "IN PROGRESS"
    assert play.rows()[0].cells[Column.CLOSED].text == ""
    no_more_writes(play)


def test_the_index_has_one_line_a_review(play: Stage) -> None:
    finished(play)
    index = play.world.wiki.find("OPS", "Post-incident review index")
    assert index is not None
    (line,) = read_index(index.body).rows
    assert (line.key, line.severity, line.done, line.total, line.status.text) == (
        "OPS-1",
        "P1",
        1,
        1,
        "ACTIONS COMPLETE",
    )
    assert line.page_url == play.page().url


def test_news_are_enough_and_find_only_what_changed(play: Stage) -> None:
    finished(play)
    play.clock.forward(3600)
    report = play.run_pass(NEWS)
    assert (report.looked_at, writes(report)) == (0, [])


def test_a_reopened_incident_is_told_on_its_page(play: Stage) -> None:
    finished(play)
    play.clock.forward(60)
    play.move("OPS-1", "In Progress", "indeterminate")
    play.run_pass(NEWS)
    assert play.review().summary["review status"].text == "RE-OPENED"
    play.clock.forward(60)
    play.move("OPS-1", "Closed", "done")
    play.run_pass(NEWS)
    said = play.review().summary["since the closure"].text
    assert "re-opened 2026-03-02" in said
    assert "closed again 2026-03-02" in said
    no_more_writes(play)


def test_a_ticket_linked_by_hand_becomes_a_row(play: Stage) -> None:
    kind = next(kind for kind in play.world.tracker.link_types() if kind.name == "Action item")
    link = {"id": "1", "type": kind.model_dump(), "outwardIssue": {"id": "10002", "key": "OPS-2"}}
    task = raw_incident(
        2,
        issuetype={"id": "3", "name": "Task"},
        status={"name": "Open", "statusCategory": {"key": "new"}},
        resolutiondate=None,
        resolution=None,
        summary="Replace the disk",
    )
    told = stage(play.world.tracker.deployment, [raw_incident(1, issuelinks=[link]), task])
    told.run_pass()
    assert [(row.action, row.ticket) for row in told.rows()] == [("Replace the disk", "OPS-2")]
    no_more_writes(told)
    page, cell = told.page(), told.rows()[0].cells[Column.ACTION]
    raw = page.body.encode()
    begin, end = raw.rindex(b"<tr>", 0, cell.start), raw.index(b"</tr>", cell.end) + len(b"</tr>")
    person_edits(told.world, page.id, (raw[:begin] + raw[end:]).decode())
    told.quiet()
    told.run_pass()
    assert [row.ticket for row in told.rows()] == []
    no_more_writes(told)


def test_default_action_items_become_tickets_by_themselves(play: Stage, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(
        '[[default_items]]\ntext = "Review the alarms"\ncriteria = "Each has an owner"\ndue_days = 14\nowner = "ana"\n'
        '[[default_items]]\ntext = "Tell the customers"\ndue_days = 3\nowner = ""\n',
        encoding="utf-8",
    )
    play.mapping = load_mapping("ours.toml", tmp_path)
    with pytest.raises(UnsafePlan):
        play.run_pass(max_creates=1)
    play.run_pass(max_creates=2)
    assert [(row.action, bool(row.ticket)) for row in play.rows()] == [
        ("Review the alarms", True),
        ("Tell the customers", False),
    ]
    assert [play.status(0), play.status(1)] == ["NEW", "NEEDS OWNER"]
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 3, 16),)
    no_more_writes(play)


# ---------------------------------------------------------------- waiting: nothing that is deferred is forgotten


def test_a_quiet_period_ends_by_itself(play: Stage) -> None:
    play.run_pass()
    play.type_row("Fix the queue")
    play.clock.forward(10)
    held = play.run_pass(NEWS)
    (wake,) = [result.wake for result in held.waiting]
    assert wake is not None
    play.clock.instant = wake - timedelta(seconds=1)
    assert writes(play.run_pass(NEWS)) == []
    play.clock.instant = wake
    assert "create-ticket" in writes(play.run_pass(NEWS))
    assert play.rows()[0].ticket is not None


def test_overdue_arrives_at_midnight_without_any_news(play: Stage) -> None:
    play.run_pass()
    play.type_row("Fix the queue", due="2026-03-03")
    play.quiet()
    play.run_pass()
    play.clock.instant = play.clock.instant.replace(day=3, hour=23, minute=59)
    assert writes(play.run_pass(NEWS)) == []
    play.clock.instant = play.clock.instant.replace(day=4, hour=0, minute=0, second=0)
    report = play.run_pass(NEWS)
    assert play.review().summary["review status"].text == "ACTIONS OVERDUE"
    assert [f.kind for r in report.results for f in r.findings] == [FindingKind.OVERDUE]


def test_a_journal_that_was_lost_waits_before_it_creates() -> None:
    told = without_state(stage())
    first = told.run_pass()
    assert writes(first) == []
    (wake,) = {result.wake for result in first.waiting}
    assert wake == told.clock.now() + timedelta(seconds=60)
    told.clock.forward(60)
    assert "create-page" in writes(told.run_pass(NEWS))


# ---------------------------------------------------------------- rules


def test_losing_the_state_changes_no_remote_object_and_accuses_nobody(play: Stage) -> None:
    finished(play)
    before = (play.page(), play.world.wiki.find("OPS", "Post-incident review index"))
    lost = without_state(play)
    report = lost.run_pass()
    assert (writes(report), report.failed, [f for r in report.results for f in r.findings]) == ([], (), [])
    lost.clock.forward(120)
    assert writes(lost.run_pass()) == []
    assert (lost.page(), lost.world.wiki.find("OPS", "Post-incident review index")) == before
    lost.type_row("One more")
    lost.quiet()
    lost.run_pass()
    assert len({row.ticket for row in lost.rows()}) == 2


def test_a_dry_run_writes_nothing_and_tells_what_a_real_run_does(play: Stage) -> None:
    def told(report: Report) -> list[str]:
        return [_without_keys(describe(change)) for change in report.changes]

    def _without_keys(text: str) -> str:
        return " ".join(word for word in text.split() if not word.strip(':";,').startswith("ACT-"))

    acts: tuple[Callable[[], object], ...] = (
        lambda: None,
        lambda: play.type_row("Fix the queue"),
        lambda: play.move(_key(play), "Done", "done"),
    )
    for act in acts:
        act()
        play.quiet()
        before = play.world.wiki.find("OPS", "OPS-1 Post-incident review")
        dry = play.dry_run()
        assert play.world.wiki.find("OPS", "OPS-1 Post-incident review") == before
        assert told(dry) == told(play.run_pass())
        assert told(dry) != []


def _key(play: Stage) -> str:
    return play.rows()[0].ticket or ""


def test_one_failing_incident_leaves_the_others_settled(play: Stage) -> None:
    told = stage(play.world.tracker.deployment, [raw_incident(n) for n in (1, 2, 3)])

    class Breaks:
        def __init__(self, real: WikiWrites) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def create_page(self, draft: Any) -> Any:
            if draft.title.startswith("OPS-2"):
                raise ZeroDivisionError("a secret that must not be told")
            return self._real.create_page(draft)

    world = told.world
    broken = World(
        tracker=world.tracker,
        tracker_writes=world.tracker_writes,
        wiki=world.wiki,
        wiki_writes=Breaks(world.wiki_writes),
        state=world.state,
        clock=world.clock,
    )
    report = told.run_on(broken)
    assert [result.key for result in report.failed] == ["OPS-2"]
    assert "internal error ZeroDivisionError at tests.test_reconcile" in report.failed[0].failure
    assert "secret" not in report.failed[0].failure
    assert [told.world.wiki.find("OPS", f"OPS-{n} Post-incident review") is not None for n in (1, 2, 3)] == [
        True,
        False,
        True,
    ]
    told.clock.forward(120)
    assert "create-page" in writes(told.run_pass(NEWS))


def test_a_page_that_is_refused_is_a_failure_and_no_change(play: Stage) -> None:
    class Refuses:
        def __init__(self, real: WikiWrites) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def create_page(self, draft: Any) -> Any:
            raise Rejected("no permission to add pages")

    refusing = replace(play.world, wiki_writes=Refuses(play.world.wiki_writes))
    for _ in range(2):
        report = play.run_on(refusing)
        assert writes(report) == []
        assert [r.failure for r in report.results] == [
            "Confluence would not create its page: no permission to add pages"
        ]
    assert writes(play.run_pass()) == []  # the same inputs are not tried again by themselves
    assert "create-page" in writes(play.run_pass(Selection(Mode.NAMED, ("OPS-1",))))


def test_the_brake_applies_nothing_at_all_and_says_how_to_allow_it(play: Stage) -> None:
    told = stage(play.world.tracker.deployment, [raw_incident(n) for n in (1, 2, 3)])
    with pytest.raises(UnsafePlan) as refused:
        told.run_pass(max_creates=2)
    assert "--max-creates 3" in str(refused.value)
    assert told.world.wiki.find("OPS", "OPS-1 Post-incident review") is None
    assert writes(told.run_pass(max_creates=3)).count("create-page") == 3


def test_a_named_incident_alone_is_brought_up_to_date(play: Stage) -> None:
    told = stage(play.world.tracker.deployment, [raw_incident(n) for n in (1, 2)])
    report = told.run_pass(Selection(Mode.NAMED, ("OPS-2", "OPS-77")))
    assert [r.key for r in report.results if r.reason] == ["OPS-77"]
    assert told.world.wiki.find("OPS", "OPS-1 Post-incident review") is None
    assert told.page("OPS-2").title == "OPS-2 Post-incident review"


# ---------------------------------------------------------------- people at work


def test_peoples_words_are_never_touched(play: Stage) -> None:
    finished(play)
    page = play.page()
    mine = page.body.replace("<h2>Root cause</h2>", "<h2>Root cause</h2><p>The cache &mdash; it was <b>cold</b>.</p>")
    person_edits(play.world, page.id, mine)
    play.move(_key(play), "In Progress", "indeterminate")
    play.quiet()
    play.run_pass()
    assert "<p>The cache &mdash; it was <b>cold</b>.</p>" in play.page().body
    assert play.status() == "IN PROGRESS"


def test_a_due_date_typed_over_jiras_comes_back_with_a_word(play: Stage) -> None:
    finished(play)
    play.type_cell(0, Column.DUE, cells.day(date(2027, 1, 1)))
    play.quiet()
    report = play.run_pass()
    assert play.rows()[0].cells[Column.DUE].dates == (date(2026, 4, 1),)
    assert [f.kind for r in report.results for f in r.findings] == [FindingKind.ROW_EDITED]
    no_more_writes(play)


def test_a_date_is_pushed_to_jira_once_where_the_team_wants_that(play: Stage) -> None:
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    play.run_pass()
    play.team["page_edits"] = "push"
    play.type_cell(0, Column.DUE, cells.day(date(2027, 1, 1)))
    play.quiet()
    key = play.rows()[0].ticket or ""
    report = play.run_pass(NEWS)
    assert writes(report)[:1] == ["edit-ticket"]
    assert writes(report).count("edit-ticket") == 1
    raw = play.world.tracker.issue(key, Want(fields=("duedate",)))
    assert raw is not None
    assert raw["fields"]["duedate"] == "2027-01-01"
    assert play.rows()[0].cells[Column.DUE].dates == (date(2027, 1, 1),)
    no_more_writes(play)


def test_a_status_typed_over_is_put_right_and_told(play: Stage) -> None:
    finished(play)
    play.type_cell(0, Column.STATUS, cells.words("all good"))
    play.quiet()
    report = play.run_pass()
    assert play.status() == "DONE"
    assert [f.kind for r in report.results for f in r.findings] == [FindingKind.ROW_EDITED]


@pytest.mark.parametrize("status", [PageStatus.ARCHIVED, PageStatus.TRASHED])
def test_a_page_put_away_is_left_and_goes_on_when_it_is_back(play: Stage, status: PageStatus) -> None:
    finished(play)
    page_id = play.page().id
    page_becomes(play.world, page_id, status)
    play.move(
        "ACT-20001" if play.world.tracker.issue("ACT-20001", _want()) else "ACT-1", "In Progress", "indeterminate"
    )
    report = play.run_pass()
    assert [c for c in writes(report) if c != "update-index"] == []
    assert FindingKind.PAGE_GONE in [f.kind for r in report.results for f in r.findings]
    page_becomes(play.world, page_id, PageStatus.CURRENT)
    play.run_pass()
    assert play.status() == "IN PROGRESS"


def _want() -> Any:
    return Want(fields=("status",))


def test_no_write_half_can_delete(play: Stage) -> None:
    """Rule 6, by construction: there is no port to delete with, and no adapter that could."""
    for half in (TrackerWrites, WikiWrites):
        named = [name for name in vars(half) if not name.startswith("_")]
        assert not [name for name in named if any(word in name for word in ("delete", "remove", "purge", "trash"))]
