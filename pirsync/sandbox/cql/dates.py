"""Moments in CQL: written dates in the asking person's zone, `now()`, and the starts and ends of days to years."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from .syntax import BadQuery, Call

_SHAPES = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_OFFSET = re.compile(r"([+-]?\d+)([yMwdhm])?")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60}
_OWN_UNIT = {"day": "d", "week": "w", "month": "M", "year": "y"}
_BORDER = re.compile(r"(start|end)of(day|week|month|year)")
_LAST_MONTH = 12


def written(text: str) -> datetime:
    """A date, or a date and a time, without a zone; `BadQuery` for anything else."""
    for shape in _SHAPES:
        try:
            return datetime.strptime(text, shape)
        except ValueError:
            continue
    raise BadQuery(f"Could not parse cql : Invalid date format: {text}")


def is_day(text: str) -> bool:
    """Whether a written date has no time of day."""
    return ":" not in text


def called(call: Call, present: datetime) -> datetime:
    """The moment that a function means, seen from `present`, whose zone says where days begin."""
    border = _BORDER.fullmatch(call.name)
    if call.name != "now" and border is None:
        raise BadQuery(f"Could not parse cql : No date function exists with name: {call.name}")
    amount, unit = _offset(call, "d" if border is None else _OWN_UNIT[border[2]])
    if border is None:
        return _moved(present, amount, unit)
    start = _start(_moved(present, amount, unit), border[2])
    if border[1] == "start":
        return start
    return _moved(start, 1, _OWN_UNIT[border[2]]) - timedelta(minutes=1)


def _offset(call: Call, own_unit: str) -> tuple[int, str]:
    if not call.arguments:
        return 0, own_unit
    found = _OFFSET.fullmatch(call.arguments[0]) if len(call.arguments) == 1 else None
    if found is None:
        raise BadQuery(f"Could not parse cql : not an offset of time: {', '.join(call.arguments)}")
    return int(found[1]), found[2] or own_unit


def _start(moment: datetime, unit: str) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        # Weeks begin on Sunday.
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _moved(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return moment + timedelta(seconds=amount * _SECONDS[unit])
    months = moment.year * _LAST_MONTH + moment.month - 1 + amount * (_LAST_MONTH if unit == "y" else 1)
    year, month = divmod(months, _LAST_MONTH)
    try:
        following = datetime(year + (month + 1) // _LAST_MONTH, (month + 1) % _LAST_MONTH + 1, 1)
        last_day = (following - timedelta(days=1)).day
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))
    except ValueError:
        raise BadQuery(f"Could not parse cql : not an offset of time: {amount}{unit}") from None
