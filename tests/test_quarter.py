"""What a quarter left stands on a page that is made once, mentions who leads once, and is asked about until signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes, person_edits
from pirsync.adapters.overlay import overlay
from pirsync.changes import describe, is_local
from pirsync.commands import ask_again
from pirsync.decision import FindingKind
from pirsync.errors import Ambiguous, Rejected, Unavailable
from pirsync.findings import stored
from pirsync.model import Person
from pirsync.page import cells
from pirsync.page.escalation import HEADERS, read_page
from pirsync.page.read import text_of
from pirsync.page.review import rows_of
from pirsync.page.scan import encode, scan
from pirsync.page_model import Mention, Page, PageStatus
from pirsync.policy.escalation import Extension
from pirsync.policy.quarter import Quarter
from pirsync.ports import PageDraft, WikiWrites
from pirsync.quarter_step import dismiss, make_anew
from pirsync.report import Report
from tests.stage import NEWS, Stage, parse_once, raw_incident, stage, without_state
from tests.test_brake_and_backoff import Sick
from tests.test_escalation_plan import changes_field
from tests.test_ways import deleted

PEOPLE = {"chair": ["hana"], "escalation": ["bob"]}
NAME = "Escalation 2026 Q1"
KINDS = (FindingKind.NOT_ACKNOWLEDGED, FindingKind.PAGE_GONE, FindingKind.TITLE_TAKEN, FindingKind.REJECTED)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    """Two reviews: an action that is late, one in time, one that nobody has, and a row without an owner."""
    told = stage(
        request.param,
        [raw_incident(1), raw_incident(2)],
        people=PEOPLE,
        packs=("soc2-cc7",),
        escalation={"on": True, "due_soon": 0, "stale": 0},
    )
    told.run_pass()
    told.type_row("Fix the queue", due="2026-03-31")
    told.type_row("Move the logs", due="2026-04-10")
    told.type_row("Train people", owner="bob", due="2026-03-20", key="OPS-2")
    told.type_row("Write it down", owner="", due="2026-03-20", key="OPS-2")
    told.quiet()
    told.run_pass()
    told.run_pass()
    changes_field(told, told.rows(key="OPS-2")[0].ticket or "", assignee=None)
    return told


def sweep(play: Stage, day: str) -> Report:
    play.clock.instant = datetime.fromisoformat(f"{day}T06:00").replace(tzinfo=UTC)
    return play.run_pass()


def pages(report: Report) -> list[str]:
    return [describe(change) for change in report.changes if change.change == "create-escalation"]


def told(report: Report) -> list[FindingKind]:
    return [f.kind for result in report.results for f in result.findings if f.kind in KINDS]


def page(play: Stage) -> Page:
    found = play.world.wiki.find("OPS", NAME)
    assert found is not None
    return found


def table(play: Stage) -> list[list[str]]:
    found = list(scan(encode(page(play).body)).within("table"))[-1]
    return [[text_of(cell) for cell in row.elements()] for row in rows_of(found)]


def acknowledge(play: Stage, who: str, day: str) -> None:
    found = page(play)
    mention = play.world.wiki.mention(who) or Mention(ref=who)
    signed = cells.mention(mention, play.world.wiki.deployment) if who else ""
    signed += cells.day(date.fromisoformat(day)) if day else ""
    before = cells.prompt("@mention yourself, and type // and the day")
    assert before in found.body
    person_edits(play.world, found.id, found.body.replace(before, signed))


def test_after_the_quarters_end_one_page_tells_what_it_left_by_owner(play: Stage) -> None:
    assert pages(sweep(play, "2026-03-31")) == []
    assert pages(sweep(play, "2026-04-02")) == [f'create escalation page "{NAME}" in space OPS']
    late, nobodys = play.rows()[0].ticket, play.rows(key="OPS-2")[0].ticket
    assert table(play) == [
        list(HEADERS),
        ["Nobody", f"{nobodys} Train people", "2026-03-20", "13", "OPS-2", ""],
        ["Nobody", 'row 4 "Write it down": needs an owner; @mention one person in its Owner cell', "", "", "OPS-2", ""],
        ["Ana Ruiz", f"{late} Fix the queue", "2026-03-31", "2", "OPS-1", ""],
    ]
    found = read_page(page(play).body)
    assert found is not None
    assert (found.team, found.quarter, found.left) == ("ops", "2026 Q1", "2 unowned, 2 overdue")
    assert page(play).body.count('datetime="2026-03-31"') == 1


def test_it_mentions_who_leads_once_and_tells_by_when_and_which_clause(play: Stage) -> None:
    sweep(play, "2026-04-02")
    bob = play.world.wiki.mention("bob")
    assert bob is not None
    body = page(play).body
    assert (body.count("<ri:user"), cells.user(bob, play.world.wiki.deployment) in body) == (1, True)
    assert "by the end of Tue 30 June 2026 (UTC) (soc2-cc7 1.0 " in body


def test_a_second_sweep_writes_nothing_and_polls_make_no_page(play: Stage) -> None:
    play.clock.instant = datetime(2026, 4, 2, 6, tzinfo=UTC)
    assert pages(play.run_pass(NEWS)) == []
    sweep(play, "2026-04-02")
    before = page(play)
    for day in ("2026-04-02", "2026-04-20", "2026-06-30"):
        assert [c for c in sweep(play, day).changes if "escalation" in c.change] == []
    assert page(play) == before
    assert [change for change in play.run_pass().changes if not is_local(change)] == []


def test_it_is_asked_about_until_somebody_who_leads_signs_with_a_day(play: Stage) -> None:
    assert told(sweep(play, "2026-04-02")) == [FindingKind.NOT_ACKNOWLEDGED]
    acknowledge(play, "ana", "2026-04-03")
    assert told(sweep(play, "2026-04-03")) == [FindingKind.NOT_ACKNOWLEDGED]
    person_edits(play.world, page(play).id, page(play).body.replace("ana", "bob"))
    assert told(sweep(play, "2026-04-04")) == []


def test_a_name_without_a_day_does_not_acknowledge_it(play: Stage) -> None:
    sweep(play, "2026-04-02")
    acknowledge(play, "bob", "")
    report = sweep(play, "2026-04-03")
    assert [f.message for r in report.results for f in r.findings if f.kind is FindingKind.NOT_ACKNOWLEDGED] == [
        f'"{NAME}" (2 unowned, 2 overdue) is not acknowledged: a day is missing beside "Acknowledged by / on" '
        f"({page(play).url})"
    ]


def test_an_unacknowledged_page_is_asked_about_in_the_next_quarters_too(play: Stage) -> None:
    sweep(play, "2026-04-02")
    report = sweep(play, "2026-07-01")
    assert pages(report) == ['create escalation page "Escalation 2026 Q2" in space OPS']
    assert told(report) == [FindingKind.NOT_ACKNOWLEDGED] * 2


def test_the_findings_are_listed_with_their_way_out(play: Stage) -> None:
    sweep(play, "2026-04-02")
    found = [one for one in stored(play.world.state) if one.kind == "NotAcknowledged"]
    assert [(one.key, "Acknowledged by / on" in one.way) for one in found] == [(NAME, True)]


def test_after_the_state_was_lost_the_page_is_found_and_what_people_deleted_stays_deleted(play: Stage) -> None:
    sweep(play, "2026-04-02")
    acknowledge(play, "bob", "2026-04-02")
    for status, expected in ((PageStatus.CURRENT, []), (PageStatus.TRASHED, [FindingKind.PAGE_GONE])):
        page_becomes(play.world, page(play).id, status)
        lost = without_state(play)
        lost.clock.forward(61)
        report = lost.run_pass()
        assert (pages(report), told(report)) == ([], expected)
        lost.clock.forward(61)
        report = lost.run_pass()
        assert (pages(report), told(report)) == ([], expected)


def test_a_page_that_people_deleted_is_told_and_not_made_anew(play: Stage) -> None:
    sweep(play, "2026-04-02")
    page_becomes(play.world, page(play).id, PageStatus.TRASHED)
    report = sweep(play, "2026-04-03")
    assert (pages(report), told(report)) == ([], [FindingKind.PAGE_GONE])


def test_another_page_of_that_title_is_left_alone(play: Stage) -> None:
    play.world.wiki_writes.create_page(PageDraft(space="OPS", parent=None, title=NAME, body="<p>mine</p>"))
    report = sweep(play, "2026-04-02")
    assert (pages(report), told(report), page(play).body) == ([], [FindingKind.TITLE_TAKEN], "<p>mine</p>")


def test_extensions_exemptions_and_secrets_are_respected(play: Stage) -> None:
    late = play.rows()[0].ticket or ""
    play.extensions = (
        Extension(ticket=late, until=date(2026, 5, 1), reason="Parts", approver="Hanna", date=date(2026, 3, 9)),
    )
    changes_field(play, "OPS-2", security={"name": "Board"})
    sweep(play, "2026-04-02")
    assert table(play)[1:] == [
        ["Ana Ruiz", f"{late} Fix the queue", "2026-03-31", "2", "OPS-1", "until 2026-05-01: Parts (Hanna, 2026-03-09)"]
    ]


def test_where_nothing_was_left_the_page_says_so_mentions_nobody_and_asks_nothing() -> None:
    play = stage(people=PEOPLE, escalation={"on": True})
    play.run_pass()
    report = sweep(play, "2026-04-02")
    assert (pages(report), told(report)) == ([f'create escalation page "{NAME}" in space OPS'], [])
    found = read_page(page(play).body)
    assert found is not None
    assert (found.left, "ri:user" in page(play).body, "<h2>" in page(play).body) == ("nothing", False, False)


def test_a_quarter_before_there_was_anything_to_review_gets_no_page_and_neither_does_a_team_that_is_not_on() -> None:
    early = stage(people=PEOPLE, escalation={"on": True})
    assert pages(early.run_pass()) == []  # 2025 Q4 ended before the first incident was closed
    off = stage(people=PEOPLE)
    off.run_pass()
    assert pages(sweep(off, "2026-04-02")) == []


def test_the_page_costs_one_search_and_one_create_then_a_read_a_sweep_then_nothing(play: Stage) -> None:
    calls: list[str] = []

    class Counted:
        def __init__(self, real: object) -> None:
            self._real = real

        def __getattr__(self, name: str) -> object:
            found = getattr(self._real, name)
            if name not in ("titled", "page", "create_page"):
                return found

            def called(*told: Any) -> Any:
                answer = found(*told)
                title = told[1] if name == "titled" else getattr(answer, "title", "")
                calls.extend([name] if title.startswith("Escalation") else [])
                return answer

            return called

    world = replace(play.world, wiki=Counted(play.world.wiki), wiki_writes=Counted(play.world.wiki_writes))  # type: ignore[arg-type]  # as the ports, by delegation
    counted = replace(play, world=world)

    def cost(day: str) -> list[str]:
        calls.clear()
        counted.clock.instant = datetime.fromisoformat(f"{day}T06:00").replace(tzinfo=UTC)
        counted.run_pass()
        return list(calls)

    costs = [cost(day) for day in ("2026-03-31", "2026-04-02", "2026-04-03")]
    acknowledge(play, "bob", "2026-04-03")
    costs += [cost("2026-04-04"), cost("2026-04-05")]
    assert costs == [[], ["titled", "create_page"], ["page"], ["page"], []]


def test_somebody_who_left_owns_nothing(play: Stage) -> None:
    gone = Person(account="ana", name="Ana Ruiz", active=False)
    person = {"accountId": gone.account, "name": gone.account, "displayName": gone.name, "active": False}
    changes_field(play, play.rows()[0].ticket or "", assignee=person)
    sweep(play, "2026-04-02")
    assert {row[0] for row in table(play)[1:]} == {"Nobody"}


class Losing:
    """Writes of a Confluence in which the reply to the first create is lost, after it arrived or before."""

    def __init__(self, real: WikiWrites, arrives: bool) -> None:
        self._real, self._arrives, self.tries = real, arrives, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_page(self, page: PageDraft) -> Page:
        self.tries += 1
        if self.tries > 1:
            return self._real.create_page(page)
        if self._arrives:
            self._real.create_page(page)
        raise Ambiguous("no answer")


@pytest.mark.parametrize("arrives", [True, False])
def test_where_the_reply_to_the_create_is_lost_the_next_sweep_finds_it_or_makes_it(play: Stage, arrives: bool) -> None:
    losing = Losing(play.world.wiki_writes, arrives)
    doubtful = replace(play, world=replace(play.world, wiki_writes=cast(WikiWrites, losing)))
    assert [result.key for result in sweep(doubtful, "2026-04-02").failed] == [NAME]
    report = sweep(doubtful, "2026-04-03")
    assert (told(report), report.failed, losing.tries) == ([FindingKind.NOT_ACKNOWLEDGED], (), 1 if arrives else 2)
    assert pages(sweep(doubtful, "2026-04-04")) == []


def test_a_dry_run_tells_the_page_and_makes_none(play: Stage) -> None:
    play.clock.instant = datetime(2026, 4, 2, 6, tzinfo=UTC)
    dry = play.dry_run()
    assert (pages(dry), play.world.wiki.find("OPS", NAME)) == ([f'create escalation page "{NAME}" in space OPS'], None)


# ---------------------------------------------------------------- ways out of what is found of it


class Refusing(Losing):
    """Writes of a Confluence that takes no page of a quarter."""

    def create_page(self, page: PageDraft) -> Page:
        raise Rejected("no permission to add pages")


def listed(play: Stage) -> list[str]:
    return [one.kind for one in stored(play.world.state) if one.key == NAME]


def q1(play: Stage) -> Quarter:
    return Quarter(first=date(2026, 1, 1), last=date(2026, 3, 31))


def test_a_page_that_was_refused_is_listed_fails_each_sweep_and_is_made_once_a_person_asks(play: Stage) -> None:
    refusing = replace(
        play, world=replace(play.world, wiki_writes=cast(WikiWrites, Refusing(play.world.wiki_writes, True)))
    )
    for day in ("2026-04-02", "2026-04-03"):
        assert ([one.key for one in sweep(refusing, day).failed], listed(play)) == ([NAME], ["Rejected"])
    assert pages(sweep(play, "2026-04-04")) == []
    ask_again(play.world.state)
    assert (len(pages(sweep(play, "2026-04-05"))), listed(play)) == (1, ["NotAcknowledged"])


@pytest.mark.parametrize("purged", [True, False])
def test_a_page_that_people_put_away_is_made_anew_once_somebody_asks(play: Stage, purged: bool) -> None:
    sweep(play, "2026-04-02")
    first = page(play)
    page_becomes(play.world, first.id, PageStatus.TRASHED)
    seen = deleted(play, first.id) if purged else play
    sweep(seen, "2026-04-03")
    assert listed(play) == ["PageGone"]
    dry = make_anew(overlay(seen.world), seen.practice(seen.world), q1(play))
    assert ([describe(c) for c in dry.changes], play.world.wiki.find("OPS", NAME)) == (
        [f'create escalation page "{NAME}" in space OPS'],
        None,
    )
    assert not make_anew(seen.world, seen.practice(seen.world), q1(play)).failure
    assert (page(play).id != first.id, listed(play)) == (True, ["NotAcknowledged"])
    acknowledge(play, "bob", "2026-04-04")
    assert (pages(sweep(seen, "2026-04-04")), listed(play)) == ([], [])


def test_a_page_in_the_archive_keeps_its_title_and_is_not_made_anew(play: Stage) -> None:
    sweep(play, "2026-04-02")
    page_becomes(play.world, page(play).id, PageStatus.ARCHIVED)
    result = make_anew(play.world, play.practice(play.world), q1(play))
    assert (result.changes, [f.kind for f in result.findings]) == ((), [FindingKind.PAGE_GONE])


def test_nothing_is_said_any_more_of_a_page_that_people_dismissed(play: Stage) -> None:
    sweep(play, "2026-04-02")
    page_becomes(play.world, page(play).id, PageStatus.TRASHED)
    sweep(play, "2026-04-03")
    dismiss(play.world, play.practice(play.world), q1(play))
    assert listed(play) == []
    report = sweep(play, "2026-04-04")
    assert (pages(report), told(report), listed(play)) == ([], [], [])


def test_our_own_page_that_people_damaged_is_not_called_somebody_elses(play: Stage) -> None:
    sweep(play, "2026-04-02")
    whole = page(play)
    person_edits(play.world, whole.id, whole.body.replace("pirsync-escalation", "ours"))
    sweep(play, "2026-04-03")
    assert listed(play) == ["RegionRemoved"]
    person_edits(play.world, whole.id, whole.body)
    sweep(play, "2026-04-04")
    assert listed(play) == ["NotAcknowledged"]


def test_once_escalation_is_off_nothing_is_said_of_its_pages(play: Stage) -> None:
    sweep(play, "2026-04-02")
    assert listed(play) == ["NotAcknowledged"]
    play.team["escalation"] = {"on": False}
    sweep(play, "2026-04-03")
    assert listed(play) == []


def test_a_page_that_could_not_be_made_anew_at_once_is_made_by_the_next_sweep_also_of_an_older_quarter(
    play: Stage,
) -> None:
    sweep(play, "2026-04-02")
    page_becomes(play.world, page(play).id, PageStatus.TRASHED)
    sweep(play, "2026-07-02")
    broken = Sick(play.world.wiki_writes, "create_page", lambda draft: True, Unavailable("status 503"))
    sick = replace(play, world=replace(play.world, wiki_writes=cast(WikiWrites, broken)))
    assert make_anew(sick.world, sick.practice(sick.world), q1(play)).failure == "status 503"
    assert listed(play) == ["Failed"]
    sweep(play, "2026-07-03")
    assert (page(play).status, listed(play)) == (PageStatus.CURRENT, ["NotAcknowledged"])
