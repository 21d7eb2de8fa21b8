"""A pass ended after it wrote the page and before it wrote the page's property: what it showed is nobody's edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest

from pirsync.decision import FindingKind
from pirsync.errors import Unavailable
from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page_model import Column, Page, PageHead, Property
from pirsync.ports import Want, WikiReads, WikiWrites
from tests.stage import ALL, Stage, parse_once
from tests.test_people_at_work import at_work, comments, told, writes

AGREED, SHOWN, OTHER = "2026-04-01", "2026-06-06", "2026-08-08"
POLICIES = ("restore", "push", "keep")


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


class Breaks:
    """A wiki that takes no property once it has taken a page."""

    def __init__(self, real: WikiWrites) -> None:
        self._real = real
        self._is_broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def update_page(self, page: PageHead, body: str, message: str) -> Page:
        self._is_broken = True
        return self._real.update_page(page, body, message)

    def set_property(self, page_id: str, key: str, value: Mapping[str, object], current: Property | None) -> Property:
        if self._is_broken:
            raise Unavailable("no answer")
        return self._real.set_property(page_id, key, value, current)


class Silent:
    """Reads of a wiki whose first answer about a property is lost."""

    def __init__(self, real: WikiReads) -> None:
        self._real = real
        self._was_asked = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def property(self, page_id: str, key: str) -> Property | None:
        if not self._was_asked:
            self._was_asked = True
            raise Unavailable("no answer")
        return self._real.property(page_id, key)


def due_in_jira(play: Stage, day: str) -> None:
    play.world.tracker_writes.edit_issue(play.rows()[0].ticket or "", {"duedate": day})


def jiras_due(play: Stage) -> str:
    raw = play.world.tracker.issue(play.rows()[0].ticket or "", Want(fields=("duedate",)))
    assert raw is not None
    return str(raw["fields"]["duedate"])


def types_due(play: Stage, day: str) -> None:
    play.type_cell(0, Column.DUE, cells.day(date.fromisoformat(day)))
    play.clock.forward(7200)


def pages_due(play: Stage) -> str:
    return play.rows()[0].cells[Column.DUE].dates[0].isoformat()


def ended_early(play: Stage) -> None:
    early = play.run_on(replace(play.world, wiki_writes=cast(WikiWrites, Breaks(play.world.wiki_writes))), ALL)
    assert early.failed
    play.clock.forward(7200)


def shown_and_not_agreed(deployment: Deployment, policy: str) -> Stage:
    play = at_work(deployment)
    play.team["page_edits"] = policy
    due_in_jira(play, SHOWN)
    ended_early(play)
    assert pages_due(play) == SHOWN
    return play


@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("day", [AGREED, OTHER])
def test_what_was_shown_is_no_persons_where_jira_changes_once_more(
    day: str, policy: str, deployment: Deployment, is_answered: bool
) -> None:
    """Back, or on; and also where the property cannot be read at first."""
    play = shown_and_not_agreed(deployment, policy)
    due_in_jira(play, day)
    wiki = play.world.wiki if is_answered else cast(WikiReads, Silent(play.world.wiki))
    report = play.run_on(replace(play.world, wiki=wiki), ALL)
    assert told(report, FindingKind.ROW_EDITED) == []
    assert comments(play) == []
    assert (pages_due(play), jiras_due(play)) == (day, day)
    assert writes(play.run_pass()) == []


@pytest.mark.parametrize(("policy", "shows"), [("restore", AGREED), ("push", AGREED), ("keep", OTHER)])
def test_what_a_person_types_over_it_while_jira_goes_back_is_theirs_and_jira_leads(policy: str, shows: str) -> None:
    play = shown_and_not_agreed("cloud", policy)
    types_due(play, OTHER)
    due_in_jira(play, AGREED)
    report = play.run_pass()
    assert len(told(report, FindingKind.ROW_EDITED)) == 1
    assert len(comments(play)) == (policy != "keep")
    assert (pages_due(play), jiras_due(play)) == (shows, AGREED)


def test_what_a_person_types_is_kept_also_where_it_was_agreed_before() -> None:
    play = shown_and_not_agreed("cloud", "keep")
    types_due(play, OTHER)
    assert len(told(play.run_pass(), FindingKind.ROW_EDITED)) == 1
    types_due(play, AGREED)
    assert len(told(play.run_pass(), FindingKind.ROW_EDITED)) == 1
    assert (pages_due(play), jiras_due(play)) == (AGREED, SHOWN)


def test_words_under_an_inline_comment_are_told_where_the_pass_that_left_them_ended_early() -> None:
    """Our version carries them then, and once the comment is settled nothing else tells that a person wrote them."""
    play = at_work()
    marked = '<p><ac:inline-comment-marker ac:ref="1">waiting for the vendor</ac:inline-comment-marker></p>'
    play.type_cell(0, Column.STATUS, marked)
    play.clock.forward(7200)
    due_in_jira(play, SHOWN)
    ended_early(play)
    play.type_cell(0, Column.STATUS, cells.words("waiting for the vendor"))
    play.clock.forward(7200)
    (said,) = told(play.run_pass(), FindingKind.COMMENTED)
    assert "waiting for the vendor" in said
    assert play.status() == "NEW"
