"""What state keeps of a review at rest: day by day the same as `explain` says, and concluded once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from types import SimpleNamespace
from typing import cast, get_args

import pytest

from pirsync.adapters.memory import SOMEBODY, page_becomes, person_edits
from pirsync.build import Bench
from pirsync.decision import Exemption
from pirsync.explain import explained
from pirsync.lookup import read_one
from pirsync.model import Deployment, Person
from pirsync.page import cells
from pirsync.page.sections import read_sections
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, PageStatus, Region, Section
from pirsync.policy.deadlines import Standing
from pirsync.policy.explain import Explanation
from pirsync.policy.monday import Monday, Topic, View, monday
from pirsync.policy.standing import ReviewStanding
from pirsync.recall import KeptPasses, KeptStanding, recall, recall_all

from .policy_packs import PACKS
from .stage import ANA, BOB, NEWS, Stage, parse_once, raw_incident, stage, with_one_ticket, without_state

PEOPLE = {"chair": "ana", "scribe": "bob", "approver": "boss"}
LATE = (Standing.OVERDUE, Standing.OVERDUE_ON_RECLASSIFICATION)
DAY = 86_400


def kept(play: Stage) -> dict[str, ReviewStanding]:
    """By the incident's key."""
    found = recall_all(play.world.state, "standing", KeptStanding).values()
    return {one.standing.key: one.standing for one in found}


def week(play: Stage, days: int | None = 366) -> Monday:
    procedures = play.practice(play.world).terms.procedures
    view = View(calendar=procedures.calendar, rules=procedures.rules, days=days)
    return monday(kept(play).values(), {"ops": view}, play.clock.now())


def explanation(play: Stage, key: str = "OPS-1") -> Explanation:
    """What `pirsync explain` tells, of the same world at the same time."""
    practice = play.practice(play.world)
    bench = cast(Bench, SimpleNamespace(world=play.world))
    readings, incident = read_one(play.world, [practice], key)
    return explained(bench, practice, readings, incident)


def as_explained(told: Explanation) -> dict[str, Topic]:
    """The first deadline of each kind that is not met, and whether it is overdue."""
    found: dict[str, Topic] = {}
    seen = set()
    for due in sorted(told.dues, key=lambda one: one.deadline.due):
        if due.met is None and due.deadline.must not in seen:
            seen.add(due.deadline.must)
            found[due.deadline.name] = Topic.OVERDUE if due.standing in LATE else Topic.DUE
    return found


def as_kept(told: Monday) -> dict[str, Topic]:
    return {line.clause: line.topic for line in told.lines if line.kind == "deadline"}


def late_actions(told: Explanation) -> set[str]:
    return {one.ticket for one in told.actions if one.standing in LATE}


def late_lines(told: Monday) -> set[str]:
    """Done without evidence is not done: what was due before is late in `explain`, and has a topic of its own here."""
    acts = [line for line in told.lines if line.kind == "action" and line.days is not None and line.days < 0]
    return {line.ticket for line in acts if line.topic in (Topic.OVERDUE, Topic.UNPROVEN)}


def writes(play: Stage, label: str, storage: str, who: Person = SOMEBODY) -> None:
    """A person fills a row of the record."""
    page, cell = play.page(), play.review().record[label]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=storage, text="")
    person_edits(play.world, page.id, splice(page.body, [edit]), who)


def signed(play: Stage, word: str, day: str) -> str:
    mention = play.world.wiki.mention("ana")
    assert mention is not None
    return f"<p>{word} {cells.mention(mention, play.world.wiki.deployment)} {cells.day(date.fromisoformat(day))}</p>"


def fourfold(deployment: Deployment = "cloud") -> Stage:
    return stage(deployment, [raw_incident(1)], packs=tuple(PACKS), people=PEOPLE)


@pytest.mark.parametrize("deployment", get_args(Deployment))
def test_day_by_day_it_says_what_explain_says(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)
    for place in ("pirsync.standing_plan.read_sections", "pirsync.explain.read_sections"):
        monkeypatch.setattr(place, cache(read_sections))
    play = fourfold(deployment)
    play.run_pass()
    play.type_row("Fix the queue", due="2026-03-06")

    def life(day: int) -> None:
        match day:
            case 1:
                writes(play, "major incident", signed(play, "yes", "2026-03-02"))
            case 4:
                writes(play, "meeting date", "<p><time datetime='2026-03-10' /></p>")
            case 6:
                play.move("ACT-20001", "Done", "done")
            case 9:
                writes(play, "meeting date", "<p> </p>")
            case 11:
                play.move("ACT-20001", "Open", "new")

    seen: list[tuple[Counter[Topic], set[str]]] = []
    for day in range(15):
        life(day)
        play.quiet()
        play.run_pass()
        told, now = explanation(play), week(play)
        assert as_kept(now) == as_explained(told), day
        assert late_lines(now) == late_actions(told), day
        seen.append((Counter(as_kept(now).values()), late_lines(now)))
        play.clock.forward(DAY)
    assert [late[Topic.OVERDUE] for late, _ in seen] == [0, 0, 0, 1, 0, 0, 0, 0, 2, 3, 3, 3, 3, 3, 3]
    assert [day for day, (_, late) in enumerate(seen) if late] == [5, *range(6, 15)]


@pytest.mark.parametrize("deployment", get_args(Deployment))
def test_what_is_missing_in_the_meeting_is_told_by_duty_and_who_sees_to_it(deployment: Deployment) -> None:
    play = fourfold(deployment)
    play.run_pass()
    assert week(play).of(Topic.ROLES) == ()
    writes(play, "meeting date", "<p><time datetime='2026-03-04' /></p>")
    writes(play, "attendance", signed(play, "", "2026-03-04"))
    play.quiet()
    play.run_pass()
    (line,) = week(play).of(Topic.ROLES)
    assert "(scribe)" in line.what
    assert "(chair)" not in line.what
    assert (line.waits_for, line.link) == ("Ana Ruiz", play.page().url)


@pytest.mark.parametrize("deployment", get_args(Deployment))
def test_an_approval_is_open_until_somebody_who_may_gives_it_and_again_once_the_page_changes(
    deployment: Deployment,
) -> None:
    play = stage(deployment, [raw_incident(1)], packs=("soc2-cc7-4-5",), people={"approver": "bob"})
    play.run_pass()

    def decides(word: str, who: Person) -> dict[str, str]:
        writes(play, "decision", f"<p>{word}</p>", who)
        play.quiet()
        play.run_pass()
        told, now = explanation(play), week(play)
        assert as_kept(now) == as_explained(told)
        return {line.clause.split()[2] if line.clause else line.topic.value: line.what for line in now.lines}

    refused = decides("APPROVED", ANA)["approve"]
    assert "does not count" in refused and "is not among those who may approve" in refused
    assert "approve" in decides("TO BE CHANGED", ANA)
    assert "approve" not in decides("APPROVED", BOB)
    page = play.page()
    person_edits(play.world, page.id, page.body + "<p>more</p>", ANA)
    play.quiet()
    play.run_pass()
    (line,) = week(play).of(Topic.APPROVAL)
    assert (line.what, line.waits_for) == (f"changed since the approval, in version {page.version + 1}", "Bob Brown")


def test_without_procedures_the_actions_count_all_the_same() -> None:
    play = stage(incidents=[raw_incident(1)])
    play.run_pass()
    for action, owner, due in (("Fix it", "ana", "2026-03-04"), ("Who does?", "", "2026-03-04"), ("When?", "ana", "")):
        play.type_row(action, owner, due)
    play.quiet()
    play.run_pass()
    assert {line.what: line.topic for line in week(play).lines} == {
        "Fix it": Topic.DUE,
        "Who does?: NEEDS OWNER": Topic.UNOWNED,
        "When?: NEEDS DUE DATE": Topic.INCOMPLETE,
    }
    play.clock.forward(3 * DAY)
    assert [line.what for line in week(play).of(Topic.OVERDUE)] == ["Fix it"]


def test_a_review_whose_page_is_gone_still_owes_what_is_due() -> None:
    play = fourfold()
    play.run_pass()
    before = as_kept(week(play))
    page_becomes(play.world, play.page().id, PageStatus.TRASHED)
    play.run_pass()
    assert as_kept(week(play)) == before


def test_an_exempt_incident_is_counted_and_a_restricted_one_is_not_kept() -> None:
    said = Exemption(key="OPS-1", reason="a drill", approver="Eva", date=date(2026, 3, 1))
    play = replace(stage(incidents=[raw_incident(1), raw_incident(2)]), exemptions=(said,))
    play.run_pass()
    assert (week(play).exempt, week(play).reviews) == (1, 1)
    assert kept(play)["OPS-1"].exempt == "a drill (Eva, 2026-03-01)"
    hidden = stage(incidents=[raw_incident(1, security={"name": "Secret"})])
    hidden.run_pass()
    assert kept(hidden) == {}


def test_a_review_that_passed_its_checks_stays_written() -> None:
    """As history has it: the first version that passes counts, whatever people do to the page afterwards."""
    play = fourfold()
    play.run_pass()
    found = kept(play)["OPS-1"]
    assert found.known.written == {}
    written = found.known.model_copy(update={"written": {"soc2-cc7": play.clock.now()}})
    value = KeptStanding(read=play.clock.now(), standing=found.model_copy(update={"known": written, "inputs": "old"}))
    play.world.state.cache("standing", {"10001": value.model_dump(mode="json")})
    play.run_pass()
    assert set(kept(play)["OPS-1"].known.written) == {"soc2-cc7"}
    assert "soc2-cc7 1.0 write (Implementation guidance)" not in as_kept(week(play))


def test_nothing_is_concluded_twice_from_the_same_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    play = fourfold()
    with_one_ticket(play)
    parsed: list[str] = []

    def read(body: str) -> tuple[Section, ...]:
        parsed.append(body)
        return read_sections(body)

    monkeypatch.setattr("pirsync.standing_plan.read_sections", read)
    before = kept(play)
    for selection in (NEWS, NEWS):
        play.run_pass(selection)
    play.run_pass()
    assert (parsed, kept(play)) == ([], before)
    play.move("ACT-20001", "In Progress", "indeterminate")
    play.run_pass()
    assert parsed != []


def test_a_lost_state_tells_the_same_after_one_pass_and_nothing_remote_changes() -> None:
    play = fourfold()
    with_one_ticket(play)
    lost = without_state(play)
    lost.clock.forward(61)
    assert lost.run_pass().changes == ()
    assert week(lost).lines == week(play).lines


def test_a_survey_and_a_dry_run_tell_what_they_should() -> None:
    play = stage(incidents=[raw_incident(1)])
    play.dry_run()
    assert (kept(play), recall(play.world.state, "passes", "ops", KeptPasses)) == ({}, None)


def test_polls_and_sweeps_are_told_apart() -> None:
    play = stage(incidents=[raw_incident(1)])
    play.run_pass()
    swept = play.clock.now()
    play.clock.forward(120)
    play.run_pass(NEWS)
    passes = recall(play.world.state, "passes", "ops", KeptPasses)
    assert passes is not None
    assert (passes.sweep, passes.last) == (swept, swept + timedelta(seconds=120))
