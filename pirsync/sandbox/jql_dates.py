"""JQL's dates: literals in the searching account's zone, periods and functions from now, and epoch milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .jql import BadQuery, Call, Value

_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_PERIOD = re.compile(r"[+-]?\s*\d+[wdhm](\s+\d+[wdhm])*")
_MILLISECONDS = re.compile(r"-?\d{1,15}")

FUNCTIONS = ("now", "startofday", "endofday", "startofweek", "startofmonth", "currentlogin")


def instant(field: str, operand: Value | Call, now: datetime, zone: ZoneInfo) -> datetime:
    """The instant that the operand means, minute-exact unless it is a number of milliseconds; else `BadQuery`."""
    if isinstance(operand, Call):
        return _function(operand, now, zone)
    text = operand.text.strip()
    if not operand.quoted and _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))
    if _PERIOD.fullmatch(text):
        return now + period(text)
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            continue
    raise BadQuery(
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def period(text: str) -> timedelta:
    """A period such as "-5d" or "4w 2d"; the sign is that of the whole."""
    total = sum((int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhm])", text)), timedelta())
    return -total if text.startswith("-") else total


def _function(call: Call, now: datetime, zone: ZoneInfo) -> datetime:
    name = call.name.lower()
    if name not in FUNCTIONS:
        raise BadQuery(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")
    if name in ("now", "currentlogin"):
        return now
    shift = timedelta()
    if call.arguments:
        if not _PERIOD.fullmatch(call.arguments[0]):
            raise BadQuery(f"Duration for function '{call.name}' should have the format (+/-)n(wdhm), e.g. -1d.")
        shift = period(call.arguments[0])
    local = (now.astimezone(zone) + shift).replace(hour=0, minute=0, second=0, microsecond=0)
    if name == "endofday":
        local += timedelta(days=1) - timedelta(milliseconds=1)
    elif name == "startofweek":
        local -= timedelta(days=(local.weekday() + 1) % 7)
    elif name == "startofmonth":
        local = local.replace(day=1)
    return local.astimezone(UTC)
