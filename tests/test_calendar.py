"""Days begin and end where the team lives, and business days are the days on which it works."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.config import load
from pirsync.errors import ConfigError
from pirsync.policy.calendar import WEEKDAYS, Calendar, day_words, quarter_of
from pirsync.policy.holidays import public_holidays

from .policy_cases import VIENNA, at
from .test_config import GOOD, problems, written

INSTANT = timedelta(microseconds=1)
ZONES = (
    *("UTC", VIENNA, "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tehran", "Australia/Lord_Howe"),
    *("Pacific/Auckland", "America/Havana", "Africa/Cairo", "Asia/Beirut", "America/Nuuk", "Pacific/Kiritimati"),
)
DAYS = st.dates(date(2018, 1, 1), date(2032, 12, 31))
WEEKENDS = st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=6).map(tuple)
CALENDARS = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    weekend=WEEKENDS,
    days_off=st.frozensets(DAYS, max_size=5),
    days_worked=st.frozensets(DAYS, max_size=5),
    first_day=st.sampled_from(("next", "same")),
)


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("UTC", "2026-03-02", "2026-03-02 00:00", "2026-03-03 00:00"),
        (VIENNA, "2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00"),  # 23 hours
        (VIENNA, "2026-10-25", "2026-10-24 22:00", "2026-10-25 23:00"),  # 25 hours
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00", "2018-11-05 02:00"),  # there is no midnight
        ("America/Sao_Paulo", "2019-02-16", "2019-02-16 02:00", "2019-02-17 03:00"),  # its last hour comes twice
        ("America/Havana", "2026-11-01", "2026-11-01 04:00", "2026-11-02 05:00"),  # midnight comes twice
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03 13:30", "2026-10-04 13:00"),  # half an hour
        ("Africa/Cairo", "2026-04-24", "2026-04-23 22:00", "2026-04-24 21:00"),  # there is no midnight
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, day: str, start: str, end: str) -> None:
    calendar = Calendar(zone=zone)
    assert calendar.day_start(date.fromisoformat(day)) == at(start)
    assert calendar.day_end(date.fromisoformat(day)) == at(end) - INSTANT


@given(st.sampled_from(ZONES), DAYS)
def test_days_follow_each_other_without_a_gap(zone: str, day: date) -> None:
    calendar = Calendar(zone=zone)
    after = day + timedelta(days=1)
    assert calendar.day_end(day) + INSTANT == calendar.day_start(after)
    assert (calendar.day(calendar.day_end(day)), calendar.day(calendar.day_start(after))) == (day, after)


@given(CALENDARS, DAYS, st.integers(1, 12))
def test_business_days_never_land_on_a_day_off(calendar: Calendar, start: date, count: int) -> None:
    landed = calendar.nth_working_day(start, count)
    assert calendar.why_off(landed) == ""
    first = start if calendar.first_day == "same" else start + timedelta(days=1)
    between = [first + timedelta(days=n) for n in range((landed - first).days + 1)]
    assert sum(calendar.is_working(day) for day in between) == count


@given(CALENDARS, DAYS, st.integers(1, 12))
def test_the_business_days_that_a_deadline_takes_are_its_length(calendar: Calendar, start: date, count: int) -> None:
    begun, ended = calendar.day_start(start), calendar.day_end(calendar.nth_working_day(start, count))
    assert calendar.business_days(begun, ended) == count
    assert calendar.business_days(begun, ended + INSTANT) <= count + 1


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-12-25", "Christmas Day"),
        ("2026-12-24", "a day off of the team"),
        ("2026-12-26", "Saturday"),
        ("2026-12-08", ""),  # a holiday on which this team works
        ("2026-12-27", ""),  # a Sunday on which it works
        ("2026-12-28", ""),
    ],
)
def test_why_nobody_works(day: str, why: str) -> None:
    pytest.importorskip("holidays", reason="pip install 'pirsync[holidays]'")
    calendar = Calendar(
        regions=("AT", "US-CA"),
        days_off=frozenset({date(2026, 12, 24)}),
        days_worked=frozenset({date(2026, 12, 8), date(2026, 12, 27)}),
    )
    assert calendar.why_off(date.fromisoformat(day)) == why


def test_a_holiday_kept_on_another_day_is_off_on_that_day() -> None:
    """New Year's Day of 2022 was a Saturday: kept on the Friday before, which is of the year before."""
    pytest.importorskip("holidays", reason="pip install 'pirsync[holidays]'")
    calendar = Calendar(regions=("US",))
    assert calendar.why_off(date(2021, 12, 31)) == "New Year's Day (observed)"
    assert calendar.nth_working_day(date(2021, 12, 30), 1) == date(2022, 1, 3)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2024-02-29", "2024-01-01", "2024-03-31"),
        ("2026-06-30", "2026-04-01", "2026-06-30"),
        ("2026-07-01", "2026-07-01", "2026-09-30"),
        ("2026-12-31", "2026-10-01", "2026-12-31"),
    ],
)
def test_quarters(day: str, first: str, last: str) -> None:
    assert quarter_of(date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_day_in_words() -> None:
    assert day_words(date(2026, 3, 2)) == "Mon 2 March 2026"


# ---------------------------------------------------------------- configured


def test_a_team_has_a_calendar_of_its_own(tmp_path: Path) -> None:
    text = f'{GOOD}time_zone = "{VIENNA}"\n[team.calendar]\nweekend = ["Friday", "Saturday"]\ndays_off = [2026-12-24]\n'
    team = load(written(tmp_path, text)).teams[0]
    expected = Calendar(zone=VIENNA, weekend=("Friday", "Saturday"), days_off=frozenset({date(2026, 12, 24)}))
    assert team.calendar.calendar(team.time_zone) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"weekend = {list(WEEKDAYS)}", "weekend: must leave a day to work"),
        ('weekend = ["Sonntag"]', "weekend: input should be 'Monday', "),
        ('days_off = ["Christmas"]', "days_off: input should be a valid date"),
        ('first_day = "this"', "first_day: input should be 'next' or 'same'"),
        ('holiday = ["AT"]', "holiday: unknown key; did you mean holidays?"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_told(tmp_path: Path, line: str, expected: str) -> None:
    (said,) = problems(tmp_path, f"{GOOD}[team.calendar]\n{line}\n")
    assert said.startswith(f"config.toml:18: team.calendar.{expected}")


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("at", 'no holidays are known of "at"; did you mean AT?'),
        ("US-CAA", 'no holidays are known of "CAA" in US; did you mean CA?'),
    ],
)
def test_a_region_without_holidays_is_told_with_the_nearest(tmp_path: Path, region: str, expected: str) -> None:
    pytest.importorskip("holidays", reason="pip install 'pirsync[holidays]'")
    with pytest.raises(ConfigError, match=expected.replace("?", r"\?")):
        public_holidays(region, 2026)
    (said,) = problems(tmp_path, f'{GOOD}[team.calendar]\nholidays = ["{region}"]\n')
    assert said == f"config.toml:18: team.calendar.holidays: {expected}"


def test_an_instant_belongs_to_the_day_of_the_team_s_zone() -> None:
    late = datetime.fromisoformat("2026-03-02T23:30:00+00:00")
    assert [Calendar(zone=zone).day(late).day for zone in ("America/New_York", "UTC", VIENNA)] == [2, 2, 3]
