"""A pack's first actions reach a review whose incident comes into its scope after the page was born: once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.adapters.overlay_tracker import OverlayTracker, jira_instant
from pirsync.changes import UpdatePage, describe, is_local
from pirsync.decision import FindingKind
from pirsync.model import Deployment
from pirsync.names import PAGE_PROPERTY
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Column, Memory, Region
from pirsync.report import Report

from .stage import Stage, raw_incident, stage, without_state

PLAN = "Update the incident response plan and the procedures that the findings touch"


@pytest.fixture(params=get_args(Deployment))
def play(request: pytest.FixtureRequest) -> Stage:
    """A review that was born while nobody had said whether its incident is major."""
    told = stage(request.param, packs=("major-review",), people={"security": "bob"})
    told.run_pass()
    return told


def record(play: Stage, label: str, words: str) -> None:
    """A person writes into the review's record, and lets the page be."""
    page, cell = play.page(), play.review().record[label.casefold()]
    mention = "account-id" if play.world.wiki.deployment == "cloud" else "userkey"
    signed = f'<p>{words} <ac:link><ri:user ri:{mention}="ana" /></ac:link></p>'
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=signed, text="")
    person_edits(play.world, page.id, splice(page.body, [edit]))
    play.quiet()


def actions(play: Stage) -> list[str]:
    return [row.action for row in play.rows() if row.action]


def given(play: Stage) -> dict[str, bool]:
    found = play.world.wiki.property(play.page().id, PAGE_PROPERTY)
    assert found is not None
    return Memory.model_validate(found.value).first


def delete_first_row(play: Stage) -> None:
    page = play.page()
    rows = re.findall(r"<tr>(?:(?!</tr>).)*</tr>", page.body)
    mine = next(row for row in rows if PLAN in row)
    person_edits(play.world, page.id, page.body.replace(mine, ""))
    play.quiet()


def page_writes(report: Report) -> list[str]:
    return [describe(change) for change in report.changes if isinstance(change, UpdatePage)]


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


def test_before_anybody_called_it_major_its_first_actions_are_awaited(play: Stage) -> None:
    assert (actions(play), given(play)) == ([], {"major-review": False})
    record(play, "Major incident", "no")
    assert (writes(play.run_pass()), actions(play)) == ([], [])


def test_called_major_later_it_gets_them_in_one_write_and_they_become_tickets(play: Stage) -> None:
    record(play, "Major incident", "yes")
    dry = [describe(change) for change in play.dry_run().changes]
    report = play.run_pass()
    assert [describe(change).replace("ACT-20001", "ACT-900001") for change in report.changes] == dry
    (row,) = [row for row in play.rows() if row.action]
    due = (play.clock.now() + timedelta(days=30)).date()
    assert (row.action, bool(row.ticket), row.cells[Column.DUE].dates) == (PLAN, True, (due,))
    assert row.criteria == "The plan's page has a version made after the review that names this incident"
    assert len(page_writes(report)) == 2  # the row (with counts and what is due), then the key of its ticket
    assert given(play) == {"major-review": True}
    assert writes(play.run_pass()) == []


def test_a_row_that_people_delete_stays_deleted_also_after_the_state_was_lost(play: Stage) -> None:
    record(play, "Major incident", "yes")
    play.run_pass()
    delete_first_row(play)
    play.run_pass()
    assert actions(play) == []
    record(play, "Major incident", "no")
    play.run_pass()
    record(play, "Major incident", "yes")
    play.run_pass()
    lost = without_state(play)
    lost.run_pass()
    lost.clock.forward(61)
    lost.run_pass()
    assert (actions(lost), given(lost)) == ([], {"major-review": True})
    assert writes(lost.run_pass()) == []


def findings(report: Report) -> list[str]:
    """What is told of rows that are gone."""
    found = [f for one in report.results for f in one.findings if f.kind is FindingKind.ROW_EDITED]
    return [one.message for one in found if "is gone" in one.message]


@pytest.mark.parametrize("owner", ["bob", ""])
def test_a_draft_published_over_a_first_action_is_told_and_typed_again_it_is_an_action(play: Stage, owner: str) -> None:
    play.team["people"] = {"security": owner} if owner else {}
    record(play, "Major incident", "yes")
    draft = play.page().body
    play.run_pass()
    (row,) = [row for row in play.rows() if row.action]
    assert (row.action, bool(row.ticket)) == (PLAN, bool(owner))
    person_edits(play.world, play.page().id, draft)
    play.quiet()
    (said,) = findings(play.run_pass())
    again = f"who wants it types it again with the key {row.ticket}" if owner else "who wants it types it again"
    assert said == f'the row "{PLAN}", which major-review begins with, is gone; {again}'
    assert (actions(play), writes(play.run_pass())) == ([], [])
    play.type_row(PLAN)
    play.quiet()
    report = play.run_pass()
    assert (findings(report), [(row.action, bool(row.ticket)) for row in play.rows()]) == ([], [(PLAN, True)])


def test_a_first_action_that_people_word_anew_is_not_gone(play: Stage) -> None:
    record(play, "Major incident", "yes")
    play.run_pass()
    play.type_cell(0, Column.ACTION, f"<p>{PLAN}, soon</p>")
    play.quiet()
    play.move(play.rows()[0].ticket or "", "Done", "done")
    assert (findings(play.run_pass()), play.status()) == ([], "DONE")


def test_a_lost_state_before_the_row_was_appended_changes_nothing(play: Stage) -> None:
    record(play, "Major incident", "yes")
    lost = without_state(play)
    lost.run_pass()
    lost.clock.forward(61)
    lost.run_pass()
    assert actions(lost) == [PLAN]
    assert writes(lost.run_pass()) == []


def test_without_anybody_who_has_the_duty_the_row_says_what_it_needs_in_the_same_write() -> None:
    play = stage(packs=("major-review",))
    play.run_pass()
    record(play, "Major incident", "yes")
    report = play.run_pass()
    assert (len(page_writes(report)), play.status(), actions(play)) == (1, "NEEDS OWNER", [PLAN])
    assert play.review().summary["actions"].text == "0 of 1 done, 1 without a ticket"
    assert writes(play.run_pass()) == []


def test_a_severity_that_rises_brings_the_first_actions_of_the_packs_for_it() -> None:
    play = stage(incidents=[raw_incident(1, priority={"name": "Low"})], packs=("full-review",))
    play.run_pass()
    assert (actions(play), given(play)) == ([], {"full-review": False})
    tracker = play.world.tracker
    assert isinstance(tracker, OverlayTracker)
    change = {"created": jira_instant(play.clock.now()), "items": []}
    tracker.record("10001", {"priority": {"name": "Highest"}}, change)
    play.run_pass()
    assert [action.split()[0:2] for action in actions(play)] == [["Update", "the"], ["Update", "knowledge"]]
    assert writes(play.run_pass()) == []


def test_a_pack_that_is_switched_on_later_floods_no_pages_that_it_is_for_and_waits_for_the_others() -> None:
    plain = stage(people={"security": "bob", "knowledge": "bob"})
    plain.run_pass()
    both = replace(plain, team=plain.team | {"packs": ("full-review", "major-review")})
    both.run_pass()
    assert (actions(both), given(both)) == ([], {"full-review": True, "major-review": False})
    assert writes(both.run_pass()) == []


def test_an_action_that_people_typed_themselves_is_not_typed_again(play: Stage) -> None:
    play.type_row(PLAN.upper())
    record(play, "Major incident", "yes")
    play.run_pass()
    assert (actions(play), given(play)) == ([PLAN.upper()], {"major-review": True})


def test_what_a_page_was_born_with_is_given() -> None:
    play = stage(packs=("full-review",))
    play.run_pass()
    assert (len(actions(play)), given(play)) == (2, {"full-review": True})
    assert given(stage_without_packs()) == {}


def stage_without_packs() -> Stage:
    play = stage()
    play.run_pass()
    return play
