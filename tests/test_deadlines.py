"""What is due when, by which clause: every row of the table, and what holds for every calendar and clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pirsync.model import Incident
from pirsync.policy.calendar import Calendar
from pirsync.policy.clocks import Rules, Run, binding_run, runs
from pirsync.policy.deadlines import (
    Deadline,
    Standing,
    action_deadline,
    binding,
    due,
    incident_deadlines,
    quarterly_deadlines,
    standing,
)
from pirsync.policy.packs import Clause, Clock, Milestone, Unit
from pirsync.policy.scope import Case, Ruling
from tests.policy_packs import PACKS

from .policy_cases import VIENNA, at, case, event, incident, reopened, still_open
from .test_calendar import CALENDARS, INSTANT

ALL = tuple(PACKS.values())
CHAIR = Ruling(verdict="yes", by="Ana Ruiz", at=None)
CALENDAR = Calendar(zone=VIENNA)
RULES = Rules()


def deadlines(found: Incident, calendar: Calendar = CALENDAR, rules: Rules = RULES, **said: object) -> list[Deadline]:
    run = binding_run(runs(found, rules), rules)
    return list(incident_deadlines(ALL, case(found, **said), run, calendar))


def rows(found: list[Deadline]) -> dict[str, datetime]:
    return {f"{one.pack.split()[0]} {one.clause}": one.due for one in found}


def end_of(day: str, zone: str = VIENNA) -> datetime:
    return Calendar(zone=zone).day_end(date.fromisoformat(day))


# ---------------------------------------------------------------- the table


TABLE = [
    ("major-review", "schedule", (), "scheduled", "resolution", 2, "weeks"),
    ("full-review", "schedule", ("P1", "P2"), "scheduled", "closure", 72, "hours"),
    ("full-review", "schedule-p3", ("P3",), "scheduled", "closure", 1, "weeks"),
    ("soc2-cc7-4-5", "schedule", (), "scheduled", "closure", 5, "business_days"),
    ("soc2-cc7-4-5", "approve", (), "approved", "closure", 5, "business_days"),
    ("soc2-cc7", "write", ("P1", "P2"), "written", "resolution", 5, "business_days"),
    ("soc2-cc7", "escalate", (), "escalated", "quarter_end", 1, "quarters"),
    ("major-review", "complete", (), "completed", "due_date", 0, "days"),
    ("full-review", "complete", (), "completed", "due_date", 0, "days"),
    ("soc2-cc7-4-5", "complete", (), "completed", "due_date", 0, "days"),
    ("soc2-cc7", "complete", (), "completed", "due_date", 0, "days"),
]
"""Requirements 2.2, row by row: pack, clause, severity (none: all in scope), what, clock, length, unit."""


def test_the_packs_hold_every_row_of_the_table_and_no_other() -> None:
    held = [
        (pack.id, c.id, c.severities, c.must.value, c.clock.value, c.length, c.unit.value)
        for pack in ALL
        for c in pack.clauses
    ]
    assert sorted(held) == sorted(TABLE)


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (
            "P1",
            {
                "full-review schedule": at("2026-03-05 12:30"),
                "soc2-cc7 write": end_of("2026-03-06"),
                "soc2-cc7-4-5 schedule": end_of("2026-03-09"),
                "soc2-cc7-4-5 approve": end_of("2026-03-09"),
                "major-review schedule": end_of("2026-03-13"),
            },
        ),
        (
            "P3",
            {
                "full-review schedule-p3": end_of("2026-03-09"),
                "soc2-cc7-4-5 schedule": end_of("2026-03-09"),
                "soc2-cc7-4-5 approve": end_of("2026-03-09"),
                "major-review schedule": end_of("2026-03-13"),
            },
        ),
        (
            "P4",
            {
                "soc2-cc7-4-5 schedule": end_of("2026-03-09"),
                "soc2-cc7-4-5 approve": end_of("2026-03-09"),
                "major-review schedule": end_of("2026-03-13"),
            },
        ),
    ],
)
def test_every_row_that_an_incident_starts(severity: str, expected: dict[str, datetime]) -> None:
    """Resolved on Friday 27 February at 18:00 UTC, closed on Monday 2 March at 12:30 UTC; all four packs at once."""
    found = incident(resolved="2026-02-27 18:00", closed="2026-03-02 12:30", severity=severity)
    criterion = Ruling(verdict="regulatory", by="Ana Ruiz", at=None)
    assert rows(deadlines(found, major=CHAIR, criterion=criterion)) == expected


def test_every_row_that_a_quarter_or_an_action_starts() -> None:
    """Seen from 10 March: what the year's last quarter left is escalated within this one."""
    assert rows(list(quarterly_deadlines(ALL, at("2026-03-10 08:00"), CALENDAR))) == {
        "soc2-cc7 escalate": end_of("2026-03-31")
    }
    last = quarterly_deadlines(ALL, end_of("2026-03-31") + INSTANT, CALENDAR)
    assert rows(list(last)) == {"soc2-cc7 escalate": end_of("2026-06-30")}
    for pack in ALL:
        clause = pack.clause("complete")
        assert clause is not None
        assert action_deadline(pack, clause, date(2026, 4, 1), CALENDAR).due == end_of("2026-04-01")


# ---------------------------------------------------------------- exactly


def clause(length: int, unit: Unit) -> Clause:
    return Clause(
        id="one", where="§1", text="It", must=Milestone.SCHEDULED, clock=Clock.CLOSURE, length=length, unit=unit
    )


@pytest.mark.parametrize(
    ("zone", "begun", "length", "unit", "ends"),
    [
        # Elapsed hours, whatever the clocks on the wall do: an hour later in spring, an hour earlier in autumn.
        (VIENNA, "2026-03-27 12:00", 72, Unit.HOURS, at("2026-03-30 13:00", VIENNA)),
        (VIENNA, "2026-10-23 12:00", 72, Unit.HOURS, at("2026-10-26 11:00", VIENNA)),
        ("America/New_York", "2026-03-07 09:00", 72, Unit.HOURS, at("2026-03-10 10:00", "America/New_York")),
        ("Australia/Lord_Howe", "2026-10-02 09:00", 72, Unit.HOURS, at("2026-10-05 09:30", "Australia/Lord_Howe")),
        # Days of the team's zone, across the change of clocks, month ends and leap days.
        (VIENNA, "2026-03-20 10:00", 2, Unit.WEEKS, end_of("2026-04-03")),
        (VIENNA, "2026-10-20 10:00", 1, Unit.WEEKS, end_of("2026-10-27")),
        (VIENNA, "2024-02-22 10:00", 1, Unit.WEEKS, end_of("2024-02-29")),
        (VIENNA, "2026-01-31 10:00", 30, Unit.DAYS, end_of("2026-03-02")),
        (VIENNA, "2024-02-23 10:00", 5, Unit.BUSINESS_DAYS, end_of("2024-03-01")),
        (VIENNA, "2026-03-27 10:00", 5, Unit.BUSINESS_DAYS, end_of("2026-04-03")),
        (VIENNA, "2026-12-29 10:00", 5, Unit.BUSINESS_DAYS, end_of("2027-01-05")),
        # Closed on a Saturday, a Sunday, and half an hour before the team's midnight on a Friday.
        (VIENNA, "2026-03-07 10:00", 5, Unit.BUSINESS_DAYS, end_of("2026-03-13")),
        (VIENNA, "2026-03-08 10:00", 5, Unit.BUSINESS_DAYS, end_of("2026-03-13")),
        (VIENNA, "2026-03-06 23:30", 5, Unit.BUSINESS_DAYS, end_of("2026-03-13")),
        ("Asia/Kolkata", "2026-03-06 00:10", 5, Unit.BUSINESS_DAYS, end_of("2026-03-13", "Asia/Kolkata")),
        (VIENNA, "2026-03-31 10:00", 1, Unit.QUARTERS, end_of("2026-06-30")),
    ],
)  # fmt: skip
def test_a_time_ends_exactly(zone: str, begun: str, length: int, unit: Unit, ends: datetime) -> None:
    assert due(clause(length, unit), at(begun, zone), Calendar(zone=zone)) == ends


def test_one_instant_is_on_another_day_in_another_zone() -> None:
    closed = at("2026-03-06 23:30")
    ends = {zone: due(clause(5, Unit.BUSINESS_DAYS), closed, Calendar(zone=zone)) for zone in ("UTC", VIENNA)}
    assert ends == {"UTC": end_of("2026-03-13", "UTC"), VIENNA: end_of("2026-03-13")}
    later = {zone: due(clause(1, Unit.WEEKS), closed, Calendar(zone=zone)) for zone in ("UTC", VIENNA)}
    assert later == {"UTC": end_of("2026-03-13", "UTC"), VIENNA: end_of("2026-03-14")}


def test_holidays_and_days_of_one_s_own_are_left_out_and_named() -> None:
    pytest.importorskip("holidays", reason="pip install 'pirsync[holidays]'")
    calendar = Calendar(zone=VIENNA, regions=("AT",), days_off=frozenset({date(2026, 4, 7)}))
    found = incident(resolved="2026-04-02 09:00", closed="2026-04-02 09:00")
    (approve,) = (one for one in deadlines(found, calendar) if one.clause == "approve")
    # Thursday; then Fri 3, Wed 8, Thu 9, Fri 10, Mon 13: Easter Monday and the day of one's own are out.
    assert approve.due == end_of("2026-04-13")
    assert "without Mon 6 April 2026 (Easter Monday), Tue 7 April 2026 (a day off of the team)" in approve.explanation


INSTANTS = st.datetimes(datetime(2018, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))
# The hours around the changes of clocks in Vienna, New York, Lord Howe and Cairo.
EDGES = st.sampled_from(
    [at("2026-03-29 00:30"), at("2026-10-25 00:30"), at("2026-03-08 06:30"), at("2026-11-01 05:30")]
)
BEGUN = st.one_of(INSTANTS, st.builds(lambda edge, s: edge + timedelta(seconds=s), EDGES, st.integers(-7200, 7200)))
UNITS = st.sampled_from(list(Unit))


@settings(max_examples=80)
@given(CALENDARS, BEGUN, st.integers(0, 4 * 86400), st.integers(1, 10), UNITS)
def test_no_deadline_moves_earlier_when_the_clock_starts_later(
    calendar: Calendar, begun: datetime, later: int, length: int, unit: Unit
) -> None:
    first = due(clause(length, unit), begun, calendar)
    assert first <= due(clause(length, unit), begun + timedelta(seconds=later), calendar)
    assert first <= due(clause(length + 1, unit), begun, calendar)


@settings(max_examples=80)
@given(CALENDARS, BEGUN, st.integers(1, 10), UNITS)
def test_a_time_ends_after_it_began_at_a_day_s_end_or_an_exact_length_later(
    calendar: Calendar, begun: datetime, length: int, unit: Unit
) -> None:
    ends = due(clause(length, unit), begun, calendar)
    assert ends >= begun
    if unit is Unit.HOURS:
        assert ends - begun == timedelta(hours=length)
    else:
        assert ends == calendar.day_end(calendar.day(ends))
    if unit is Unit.BUSINESS_DAYS:
        assert calendar.is_working(calendar.day(ends))


# ---------------------------------------------------------------- which binds, and how it stands


def test_the_earliest_binds_and_every_other_is_kept() -> None:
    found = deadlines(incident(resolved="2026-02-27 18:00", closed="2026-03-02 12:30"), major=CHAIR)
    bound = {must: f"{one.pack} {one.clause}" for must, one in binding(found).items()}
    assert bound == {
        Milestone.SCHEDULED: "full-review 1.0 schedule",
        Milestone.WRITTEN: "soc2-cc7 1.0 write",
        Milestone.APPROVED: "soc2-cc7-4-5 1.0 approve",
    }
    assert [one.must for one in found].count(Milestone.SCHEDULED) == 3
    assert [one.due for one in found] == sorted(one.due for one in found)


def test_every_deadline_names_its_clause_and_its_count() -> None:
    found = deadlines(incident(resolved="2026-02-27 18:00", closed="2026-03-02 12:30"))
    assert [one.name for one in found][:2] == [
        "full-review 1.0 schedule (§4 step 1)",
        "soc2-cc7 1.0 write (Implementation guidance)",
    ]
    assert [one.explanation for one in found][:2] == [
        "scheduled within 72 hours of the closure at Mon 2 March 2026 13:30:00 +01:00: "
        "by Thu 5 March 2026 13:30:00 +01:00; full-review 1.0 is for P1",
        "written within 5 business days of the resolution at Fri 27 February 2026 19:00:00 +01:00: "
        "by the end of Fri 6 March 2026 (Europe/Vienna); soc2-cc7 1.0 is for P1",
    ]


def test_a_deadline_is_met_up_to_its_last_instant() -> None:
    (first, *_) = deadlines(incident(resolved="2026-03-02 12:30", closed="2026-03-02 12:30"))
    now, after = first.due, first.due + INSTANT
    stands = [
        standing(first, first.due, after, RULES),
        standing(first, None, now, RULES),
        standing(first, None, after, RULES),
        standing(first, after, after, RULES),
    ]
    assert stands == [Standing.MET, Standing.OPEN, Standing.OVERDUE, Standing.LATE]


# ---------------------------------------------------------------- resolution, closure, and one of them alone


def test_where_jira_tells_one_instant_it_is_both_and_says_so() -> None:
    found = incident(closed="2026-03-02 12:30")
    (only,) = runs(found, RULES)
    assert (only.resolution, only.closure, only.borrowed) == (at("2026-03-02 12:30"),) * 2 + (Clock.RESOLUTION,)
    (write,) = (one for one in deadlines(found) if one.clause == "write")
    assert "Jira does not tell the resolution from the closure, so one instant is both" in write.explanation
    unknown = Rules(one_instant="unknown")
    assert runs(found, unknown)[0].resolution is None
    assert {one.clock for one in deadlines(found, rules=unknown)} == {Clock.CLOSURE}


def test_declared_statuses_say_which_instant_is_which() -> None:
    found = incident(
        event("2026-03-01 08:00", "status", "Open", "Resolved"),
        event("2026-03-04 09:00", "status", "Resolved", "Closed"),
        resolved="2026-03-01 08:00",
        closed="2026-03-01 08:00",
    )
    rules = Rules(resolution_statuses=("Resolved",), closure_statuses=("Closed",))
    (declared,) = runs(found, rules)
    assert (declared.resolution, declared.closure) == (at("2026-03-01 08:00"), at("2026-03-04 09:00"))
    not_yet = found.model_copy(update={"events": found.events[:1]})
    (resolved,) = runs(not_yet, rules)
    assert (resolved.resolution, resolved.closure, resolved.borrowed) == (at("2026-03-01 08:00"), None, None)


# ---------------------------------------------------------------- re-opened


def test_a_re_opening_restarts_both_clocks_and_keeps_the_first_pair() -> None:
    first, second = runs(reopened(), RULES)
    assert (first.resolution, first.closure, first.ended) == (*[at("2026-03-02 12:00")] * 2, at("2026-03-03 09:00"))
    assert (second.begun, second.closure, second.ended) == (at("2026-03-03 09:00"), at("2026-03-10 16:00"), None)
    assert rows(deadlines(reopened()))["full-review schedule"] == at("2026-03-13 16:00")
    kept = incident_deadlines(ALL, case(reopened()), first, CALENDAR)
    assert rows(list(kept))["full-review schedule"] == at("2026-03-05 12:00")


def test_nothing_is_due_while_it_is_open_again() -> None:
    assert [bool(run.closure) for run in runs(still_open(), RULES)] == [True, False]
    assert deadlines(still_open()) == []


def test_clocks_that_continue_bind_from_the_first_time() -> None:
    rules = Rules(reopening="continues")
    assert rows(deadlines(reopened(), rules=rules))["full-review schedule"] == at("2026-03-05 12:00")
    assert rows(deadlines(still_open(), rules=rules))["full-review schedule"] == at("2026-03-05 12:00")


def test_a_first_resolution_is_found_in_the_history_once_jira_has_forgotten_it() -> None:
    found = incident(
        event("2026-03-02 11:00", "resolution", "", "Fixed"),
        event("2026-03-02 12:00", "status", "Open", "Closed"),
        event("2026-03-03 09:00", "status", "Closed", "Open"),
        event("2026-03-03 09:00", "resolution", "Fixed", ""),
    )
    assert [run.resolution for run in runs(found, RULES)] == [at("2026-03-02 11:00"), None]


# ---------------------------------------------------------------- re-classified


def raised(when: str) -> Incident:
    return incident(
        event("2026-03-02 12:00", "status", "Open", "Closed"),
        event(when, "severity", "P4", "P1"),
        resolved="2026-03-02 12:00",
        closed="2026-03-02 12:00",
    )


def test_a_severity_raised_when_it_was_due_already_is_overdue_on_reclassification_not_late() -> None:
    now = at("2026-03-20 08:00")
    found = deadlines(raised("2026-03-16 10:00"))
    stands = {f"{one.pack.split()[0]} {one.clause}": standing(one, None, now, RULES) for one in found}
    assert stands == {
        "full-review schedule": Standing.OVERDUE_ON_RECLASSIFICATION,
        "soc2-cc7 write": Standing.OVERDUE_ON_RECLASSIFICATION,
        # It was for every severity before.
        "soc2-cc7-4-5 schedule": Standing.OVERDUE,
        "soc2-cc7-4-5 approve": Standing.OVERDUE,
    }
    schedule = next(one for one in found if one.pack.startswith("full-review"))
    met = at("2026-03-17 08:00")
    assert standing(schedule, met, now, RULES) is Standing.OVERDUE_ON_RECLASSIFICATION
    assert standing(schedule, met, now, Rules(reclassified="late")) is Standing.LATE


def test_a_severity_raised_in_time_is_as_late_as_any() -> None:
    (schedule, *_) = deadlines(raised("2026-03-03 10:00"))
    assert (schedule.since, schedule.due) == (None, at("2026-03-05 12:00"))
    assert standing(schedule, None, at("2026-03-06 08:00"), RULES) is Standing.OVERDUE


def test_a_severity_lowered_takes_its_deadlines_away() -> None:
    found = incident(
        event("2026-03-03 10:00", "severity", "P1", "P4"),
        resolved="2026-03-02 12:00",
        closed="2026-03-02 12:00",
        severity="P4",
    )
    assert set(rows(deadlines(found))) == {"soc2-cc7-4-5 schedule", "soc2-cc7-4-5 approve"}


def test_an_incident_called_major_when_it_was_due_already_is_told_so() -> None:
    found = incident(resolved="2026-02-02 12:00", closed="2026-02-02 12:00", severity="P4")
    late = Ruling(verdict="yes", by="Ana Ruiz", at=at("2026-03-01 10:00"))
    (major,) = (one for one in deadlines(found, major=late) if one.pack.startswith("major"))
    assert standing(major, None, at("2026-03-02 08:00"), RULES) is Standing.OVERDUE_ON_RECLASSIFICATION


def test_deadlines_are_derived_from_what_is_given_and_nothing_else() -> None:
    run = Run(begun=None, resolution=at("2026-03-02 12:00"), closure=at("2026-03-02 12:00"), ended=None)
    made = [incident_deadlines(ALL, Case(incident=incident()), run, CALENDAR) for _ in range(2)]
    assert made[0] == made[1] != ()
