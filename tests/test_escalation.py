"""Whom an action concerns on which day: a table of days, and what holds for every action, calendar and ladder."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.model import Person, StatusCategory, Ticket
from pirsync.policy.calendar import Calendar
from pirsync.policy.escalation import Concern, Extension, Ladder, Level, escalation, next_working_moment

from .policy_cases import VIENNA, at
from .samples import ticket
from .test_calendar import CALENDARS

ANA = Person(account="ana", name="Ana Ruiz")
GONE = ANA.model_copy(update={"active": False})
LADDER = Ladder(on=True, due_soon=2, stale=30, lead=5, leadership=15)
OWNER, LEAD, LEADERSHIP = Level.OWNER, Level.LEAD, Level.LEADERSHIP
DUE = date(2026, 4, 1)  # a Wednesday


def action(**changes: object) -> Ticket:
    told: dict[str, object] = {"assignee": ANA, "due": DUE, "touched": at("2026-03-20 12:00")}
    return ticket().model_copy(update=told | changes)


def done(**changes: object) -> Ticket:
    return action(category=StatusCategory.DONE, status="Done", done_at=at("2026-04-03 12:00"), **changes)


def until(day: str) -> Extension:
    return Extension(
        ticket="ACT-7", until=date.fromisoformat(day), reason="Parts", approver="Hanna", date=date(2026, 3, 1)
    )


def concerns(told: Ticket, when: str, extended: Extension | None = None, **ladder: int) -> dict[str, Level]:
    rule = LADDER.model_copy(update=ladder)
    return {c.value: level for c, level in escalation(told, rule, extended, Calendar(), at(when)).concerns.items()}


@pytest.mark.parametrize(
    ("told", "when", "expected"),
    [
        (action(), "2026-03-29 23:59", {}),
        (action(), "2026-03-30 00:00", {"due soon": OWNER}),
        (action(), "2026-04-01 23:59", {"due soon": OWNER}),
        (action(), "2026-04-02 00:00", {"overdue": OWNER}),
        (action(), "2026-04-06 23:59", {"overdue": OWNER}),
        (action(), "2026-04-07 00:00", {"overdue": LEAD}),
        (action(), "2026-04-16 23:59", {"overdue": LEAD}),
        (action(), "2026-04-17 00:00", {"overdue": LEADERSHIP}),
        (action(due=date(2026, 4, 6)), "2026-04-01 12:00", {}),  # a Monday: Thursday is two business days before
        (action(due=date(2026, 4, 6)), "2026-04-02 00:00", {"due soon": OWNER}),
        (action(due=None), "2026-04-18 12:00", {}),
        (action(due=None), "2026-04-19 00:00", {"stale": OWNER}),
        (action(due=None), "2026-04-24 00:00", {"stale": LEAD}),
        (action(due=None), "2027-04-24 00:00", {"stale": LEAD}),
        (action(due=None, touched=None), "2027-04-24 00:00", {}),
        (action(assignee=None), "2026-03-01 00:00", {"unowned": LEAD}),
        (action(assignee=GONE), "2026-03-01 00:00", {"unowned": LEAD}),
        (action(assignee=None), "2026-04-17 00:00", {"unowned": LEAD, "overdue": LEADERSHIP}),
        (done(), "2027-01-01 00:00", {}),
        (done(unproven=True), "2026-04-03 12:00", {"done without evidence": OWNER}),
        (done(unproven=True), "2026-04-08 00:00", {"done without evidence": LEAD}),
        (done(unproven=True), "2026-04-18 00:00", {"done without evidence": LEADERSHIP}),
        (done(unproven=True, resolution="Won't Do"), "2026-04-18 00:00", {}),
    ],
)
def test_whom_an_action_concerns_on_which_day(told: Ticket, when: str, expected: dict[str, Level]) -> None:
    assert concerns(told, when) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-04-20 23:59", {}),
        ("2026-04-21 00:00", {"overdue": OWNER}),
        ("2026-04-25 23:59", {"overdue": OWNER}),
        ("2026-04-26 00:00", {"overdue": LEAD}),
        ("2026-05-06 00:00", {"overdue": LEADERSHIP}),
    ],
)
def test_an_extension_keeps_it_quiet_and_the_count_begins_the_day_after(when: str, expected: dict[str, Level]) -> None:
    assert concerns(action(), when, until("2026-04-20")) == expected


def test_an_extension_of_what_is_due_later_moves_nothing_but_what_is_within_it() -> None:
    assert concerns(action(assignee=None), "2026-03-29 12:00", until("2026-03-30")) == {}
    assert concerns(action(), "2026-03-31 00:00", until("2026-03-30")) == {"due soon": OWNER}
    assert concerns(action(), "2026-04-02 00:00", until("2026-03-30")) == {"overdue": OWNER}


def test_what_is_stale_and_has_a_date_is_told_but_concerns_nobody_before_its_date() -> None:
    told = action(due=date(2026, 12, 1))
    days = ("2026-04-18 23:59", "2026-04-19 00:00", "2026-11-26 00:00")
    found = [escalation(told, LADDER, None, Calendar(), at(day)) for day in days]
    assert [(one.stale, one.level) for one in found] == [(False, None), (True, None), (True, None)]
    assert (found[0].wake, found[1].wake) == (at("2026-04-19 00:00"), at("2026-11-27 00:00"))


def test_zero_turns_due_soon_and_stale_off() -> None:
    assert concerns(action(), "2026-04-01 12:00", due_soon=0) == {}
    assert concerns(action(due=None), "2027-04-01 12:00", stale=0) == {}


def test_days_begin_in_the_teams_zone_and_business_days_leave_its_holidays_out() -> None:
    vienna = Calendar(zone=VIENNA, days_off=frozenset({date(2026, 3, 31)}))
    found = escalation(action(), LADDER, None, vienna, at("2026-03-26 23:30"))  # already Friday there
    assert (found.concerns, found.wake) == ({Concern.DUE_SOON: OWNER}, at("2026-04-01 22:00"))


def test_nobody_is_told_on_a_day_off() -> None:
    calendar = Calendar(zone=VIENNA, days_off=frozenset({date(2026, 4, 6)}))
    friday, saturday = at("2026-04-03 12:00", VIENNA), at("2026-04-04 12:00", VIENNA)
    assert (friday, at("2026-04-07 00:00", VIENNA)) == (
        next_working_moment(calendar, friday),
        next_working_moment(calendar, saturday),
    )


DAYS = st.dates(date(2025, 12, 1), date(2026, 12, 1))
INSTANTS = st.datetimes(datetime(2025, 12, 1), datetime(2026, 12, 1)).map(
    lambda naive: naive.replace(tzinfo=at("2026-01-01 00:00").tzinfo)
)
TICKETS = st.builds(
    lambda due, owner, touched, end: action(due=due, assignee=owner, touched=touched, **end),
    st.none() | DAYS,
    st.sampled_from((ANA, GONE, None)),
    st.none() | INSTANTS,
    st.just({})
    | st.builds(
        lambda at, proof: {"category": StatusCategory.DONE, "status": "Done", "done_at": at, "unproven": proof},
        st.none() | INSTANTS,
        st.booleans(),
    ),
)
LADDERS = st.builds(
    lambda soon, stale, lead, more: Ladder(on=True, due_soon=soon, stale=stale, lead=lead, leadership=lead + more),
    st.integers(0, 8),
    st.integers(0, 60),
    st.integers(1, 20),
    st.integers(1, 30),
)
EXTENSIONS = st.none() | DAYS.map(lambda day: until(day.isoformat()))


@given(TICKETS, LADDERS, EXTENSIONS, CALENDARS, INSTANTS, st.timedeltas(timedelta(), timedelta(days=200)))
def test_a_level_never_falls_while_only_time_passes(
    told: Ticket, ladder: Ladder, extended: Extension | None, calendar: Calendar, now: datetime, later: timedelta
) -> None:
    before = escalation(told, ladder, extended, calendar, now).level or 0
    assert before <= (escalation(told, ladder, extended, calendar, now + later).level or 0)


@given(TICKETS, LADDERS, EXTENSIONS, CALENDARS, INSTANTS)
def test_it_wakes_at_the_next_instant_at_which_the_answer_changes(
    told: Ticket, ladder: Ladder, extended: Extension | None, calendar: Calendar, now: datetime
) -> None:
    found = escalation(told, ladder, extended, calendar, now)
    if found.wake is None:
        assert found == escalation(told, ladder, extended, calendar, now + timedelta(days=4000))
        return
    assert now < found.wake
    just_before = escalation(told, ladder, extended, calendar, found.wake - timedelta(microseconds=1))
    assert found == just_before
    then = escalation(told, ladder, extended, calendar, found.wake)
    assert (found.concerns, found.stale) != (then.concerns, then.stale)
