"""JQL's dates: literals in the searching account's zone, periods and functions from now, and epoch milliseconds."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .refusals import BadQuery
from .syntax import Call, Value

_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_PERIOD = re.compile(r"[+-]?\s*\d+[wdhm](\s+\d+[wdhm])*")
_OFFSET = re.compile(r"([+-]?\d{1,6})([yMwdhm]?)")
_MILLISECONDS = re.compile(r"-?\d{1,15}")
_EDGE = re.compile(r"(start|end)of(day|week|month|year)")
_NATURAL = {"day": "d", "week": "w", "month": "M", "year": "y"}

FUNCTIONS = frozenset(
    {"now", "currentlogin", "lastlogin", *(f"{edge}of{unit}" for edge in ("start", "end") for unit in _NATURAL)}
)


@dataclass(frozen=True)
class Moment:
    """When and where somebody searches."""

    now: datetime
    zone: ZoneInfo


def instant(what: str, operand: Value | Call, moment: Moment) -> datetime:
    """The instant that the operand means, minute-exact unless it is a number of milliseconds; else `BadQuery`.

    `what` names its place in messages: "field 'updated'", "predicate 'after'".
    """
    try:
        return _function(operand, moment) if isinstance(operand, Call) else _literal(what, operand, moment)
    except (OverflowError, ValueError):
        raise _no_date(what, operand.name if isinstance(operand, Call) else operand.text) from None


def _literal(what: str, operand: Value, moment: Moment) -> datetime:
    text = operand.text.strip()
    if not operand.quoted and _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))
    if _PERIOD.fullmatch(text):
        return moment.now + period(text)
    for form in _FORMATS:
        try:
            local = datetime.strptime(text, form).replace(tzinfo=moment.zone)
        except ValueError:
            continue
        return local.astimezone(UTC)
    raise _no_date(what, operand.text)


def _no_date(what: str, text: str) -> BadQuery:
    return BadQuery(
        f"Date value '{text}' for {what} is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', "
        "'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def period(text: str) -> timedelta:
    """A period such as "-5d" or "4w 2d"; the sign is that of the whole."""
    total = sum((int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhm])", text)), timedelta())
    return -total if text.startswith("-") else total


def day_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of the day in which `at` lies, and that of the next."""
    start = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def _function(call: Call, moment: Moment) -> datetime:
    edge = _EDGE.fullmatch(call.name.lower())
    if edge is None:
        if call.arguments:
            raise BadQuery(f"Function '{call.name}' expected '0' arguments but received '{len(call.arguments)}'.")
        return moment.now
    if len(call.arguments) > 1:
        received = len(call.arguments)
        raise BadQuery(f"Function '{call.name}' expected between '0' and '1' arguments but received '{received}'.")
    local, unit = moment.now.astimezone(moment.zone), edge[2]
    if call.arguments:
        offset = _OFFSET.fullmatch(call.arguments[0])
        if offset is None:
            form = "(+/-)n(yMwdm), e.g -1M for 1 month earlier"
            raise BadQuery(f"Duration for function '{call.name}' should have the format {form}.")
        local = _shifted(local, int(offset[1]), offset[2] or _NATURAL[unit])
    start = _start(local, unit)
    if edge[1] == "start":
        return start.astimezone(UTC)
    return (_shifted(start, 1, _NATURAL[unit]) - timedelta(milliseconds=1)).astimezone(UTC)


def _start(local: datetime, unit: str) -> datetime:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return midnight - timedelta(days=(midnight.weekday() + 1) % 7)
    if unit == "month":
        return midnight.replace(day=1)
    return midnight.replace(month=1, day=1) if unit == "year" else midnight


def _shifted(local: datetime, count: int, unit: str) -> datetime:
    """So many units later on the calendar of the zone; the day is the month's last where the month has no such day."""
    if unit in _UNITS:
        return local + count * _UNITS[unit]
    months = local.year * 12 + local.month - 1 + (count if unit == "M" else 12 * count)
    year, month = divmod(months, 12)
    return local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
