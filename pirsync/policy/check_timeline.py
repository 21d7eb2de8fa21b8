"""Checks of the timeline: every entry has a day, a time and a zone, they are in order, and decisions are marked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from pirsync.model import Noun
from pirsync.page_model import Section

from .packs import Pack, SectionName
from .review import Review, bare, is_placeholder
from .verdict import Verdict, bad, good, several, short, unsure

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = r"(?P<iso>\d{4}-\d\d-\d\d)|(?P<day>\d{1,2})\.? (?P<month>[A-Za-z]{3})[a-z]* (?P<year>\d{4})"
_STAMP = re.compile(
    rf"(?:{_DAY})[T, ]+(?:at )?(?P<time>\d{{1,2}}:\d\d(?::\d\d(?:\.\d+)?)?)"
    r"\s*(?P<zone>Z\b|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?\b|[A-Z][a-z]+/[A-Za-z_]+(?:/[A-Za-z_]+)?|[A-Z]{2,5}\b)?"
)
_HEADER_ZONE = re.compile(r"(?<=[( ])(?:Z|[A-Z]{3,5}|[A-Z][a-z]+/[A-Za-z_]+|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?)(?=\)|$)")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?")
_TIME_HEADERS = frozenset({"time", "when", "timestamp", "date", "date and time", "at", "instant"})
_DECISION = re.compile(r"\bdeci(?:sion|sions|ded|de)\b", re.IGNORECASE)
_NO_DECISION = re.compile(r"\bno decisions?\b", re.IGNORECASE)
NAMED = 3
"""How many entries a sentence names."""


class Entry(Noun):
    """One entry of a timeline as typed. `wall` is its day and time without a zone; `at` the instant, where the zone is
    one that says it (an abbreviation such as CST may be several)."""

    number: int
    text: str
    zone: str
    wall: datetime | None
    at: datetime | None


def entries(section: Section) -> list[Entry]:
    """The entries of a timeline: the rows of its tables, else the lines that begin with a time."""
    found: list[tuple[str, str, str]] = []
    for table in section.tables:
        heads = [bare(re.sub(r"\(.*?\)", "", head)) for head in table[0]] if table else []
        column = next((n for n, head in enumerate(heads) if head in _TIME_HEADERS), 0)
        zone = _HEADER_ZONE.search(table[0][column]) if table and table[0] else None
        for row in table[1:]:
            rest = " ".join(cell for n, cell in enumerate(row) if n != column)
            if len(row) > column and not (is_placeholder(row[column]) and is_placeholder(rest)):
                found.append((row[column], rest, zone[0] if zone else ""))
    if not found:
        found = [(line, line, "") for line in section.lines if _STAMP.match(line)]
    return [_entry(number, when, text, zone) for number, (when, text, zone) in enumerate(found, 1)]


def _entry(number: int, when: str, text: str, column_zone: str) -> Entry:
    stamp = _STAMP.search(when)
    wall = _wall(stamp) if stamp else None
    zone = (stamp["zone"] if stamp else "") or column_zone
    at = _instant(wall, zone) if wall is not None else None
    return Entry(number=number, text=text or when, zone=zone, wall=wall, at=at)


def _wall(stamp: re.Match[str]) -> datetime | None:
    day = stamp["iso"]
    if not day:
        month = stamp["month"].casefold()
        day = f"{stamp['year']}-{_MONTHS.index(month) + 1:02}-{int(stamp['day']):02}" if month in _MONTHS else ""
    clock = stamp["time"] if stamp["time"][1] != ":" else f"0{stamp['time']}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        return None


def _instant(wall: datetime, zone: str) -> datetime | None:
    if zone in ("Z", "UTC", "GMT"):
        return wall.replace(tzinfo=UTC)
    if offset := _OFFSET.fullmatch(zone):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return wall.replace(tzinfo=UTC) - (ahead if offset[1] == "+" else -ahead)
    try:
        return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if "/" in zone else None
    except (ValueError, KeyError, OSError):
        return None


# ---------------------------------------------------------------- the checks


def timeline(review: Review, pack: Pack) -> Verdict:
    """Entries with specific, zoned timestamps, in order."""
    section = review.find(pack, SectionName.TIMELINE)
    if section is None:
        return bad("there is no section for the timeline")
    found = entries(section)
    if not found:
        if section.pictures:
            return unsure("the timeline is a picture: write its entries into a table")
        return bad("the timeline has no entry: one row for each, with day, time and zone")
    vague = [one for one in found if one.wall is None]
    if vague:
        named = ", ".join(f"{one.number} ({short(one.text, 40)})" for one in vague[:NAMED])
        return bad(f"{several(len(vague), 'entry')} of {len(found)} without a specific day and time: {named}")
    zoneless = [one for one in found if not one.zone]
    if zoneless:
        named = ", ".join(str(one.number) for one in zoneless[:NAMED])
        return bad(
            f"{several(len(zoneless), 'entry')} of {len(found)} without a zone (entry {named}): add it, as in UTC"
        )
    return _order(found)


def _order(found: list[Entry]) -> Verdict:
    for before, after in pairwise(found):
        if before.at is not None and after.at is not None:
            back = after.at < before.at
        elif before.zone == after.zone and before.wall is not None and after.wall is not None:
            back = after.wall < before.wall
        else:
            zones = sorted({one.zone for one in found if one.at is None})
            return unsure(
                f"whether the entries are in order depends on what {', '.join(zones)} means: write +01:00 or UTC"
            )
        if back:
            return bad(f"entry {after.number} ({short(after.text, 40)}) is earlier than the one before it")
    return good(f"{several(len(found), 'entry')} in order, each with day, time and zone")


def gaps(review: Review, pack: Pack) -> Verdict:
    """A hint: long times between detection and resolution of which nothing is told."""
    section, incident = review.find(pack, SectionName.TIMELINE), review.incident
    begun, ended = incident.detected or incident.started or incident.created, incident.resolved or incident.closed
    if section is None or begun is None or ended is None:
        return unsure("when the incident was detected or resolved, or its timeline, is not known")
    told = sorted(
        {one.at for one in entries(section) if one.at is not None and begun <= one.at <= ended} | {begun, ended}
    )
    longest = max(pairwise(told), key=lambda pair: pair[1] - pair[0], default=None)
    if longest is None or longest[1] - longest[0] <= timedelta(minutes=review.gap_minutes):
        return good(f"something is told at least every {review.gap_minutes} minutes")
    minutes = int((longest[1] - longest[0]).total_seconds() // 60)
    since = longest[0].isoformat(timespec="minutes")
    return unsure(f"nothing is told for {minutes} minutes from {since} on: was nothing done, or is it missing?")


def decisions(review: Review, pack: Pack) -> Verdict:
    """Decision points are marked in the timeline."""
    section = review.find(pack, SectionName.TIMELINE)
    if section is None:
        return bad("there is no section for the timeline")
    marked = [one for one in entries(section) if _DECISION.search(one.text)]
    marked_lines = [line for line in section.lines if _DECISION.search(line)]
    if any(_NO_DECISION.search(line) for line in marked_lines):
        return good("it says that no decision was made")
    if marked or marked_lines:
        return good(f"{several(max(len(marked), len(marked_lines)), 'decision')} marked")
    return bad('no entry of the timeline is marked as a decision: begin one with "Decision:", or write "No decisions"')
