"""`pirsync status`: what all reviews owe, from state alone; no site is asked, and no secret is needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import click

from pirsync.adapters.state import open_state
from pirsync.config import Settings, Team
from pirsync.decision import FindingKind
from pirsync.errors import ConfigError, PirsyncError
from pirsync.findings import Found, stored
from pirsync.output import clean, line
from pirsync.page.summary import duration
from pirsync.policy.calendar import day_words
from pirsync.policy.monday import Line, Monday, Topic, View, monday
from pirsync.ports import State
from pirsync.recall import KeptPasses, KeptStanding, Place, recall, recall_all

LENIENCE = timedelta(minutes=10)
"""How much longer than the pause between two sweeps the last one may be ago: a sweep takes a while, too."""

MOST_KEYS = 100
"""How many tickets one search names: an address that is longer than a browser takes helps nobody."""

FEW = 5
"""How many reviews a line names."""

SHOWN_HERE = frozenset(
    {
        FindingKind.NEEDS_OWNER.value,
        FindingKind.NEEDS_DUE_DATE.value,
        FindingKind.OWNER_UNKNOWN.value,
        FindingKind.OVERDUE.value,
        FindingKind.UNOWNED.value,
        FindingKind.DONE_WITHOUT_EVIDENCE.value,
    }
)
"""Findings that the view itself tells, by topic."""

HEADINGS = {
    Topic.OVERDUE: "Overdue",
    Topic.DUE: "Due",
    Topic.UNOWNED: "Unowned",
    Topic.INCOMPLETE: "No date, or refused by Jira",
    Topic.UNPROVEN: "Done without evidence",
    Topic.ROLES: "Missing roles",
    Topic.APPROVAL: "Awaiting approval",
}


@dataclass(frozen=True)
class Asked:
    """What a person asks for: one team (empty: all), and how many days ahead (None: to the end of the week)."""

    team: str = ""
    days: int | None = None


@dataclass(frozen=True)
class Status:
    """The view with what else a person must know: its age, what it does not show, and what else is open.

    `late` are reviews that the last sweep could not read, `unread` counts those of which state holds nothing that this
    pirsync understands.
    """

    now: datetime
    passes: Mapping[str, KeptPasses | None]
    sweep_every: timedelta
    week: Monday
    late: tuple[str, ...]
    unread: int
    others: tuple[str, ...]
    failed: tuple[str, ...]
    site: str

    @property
    def stale(self) -> tuple[str, ...]:
        """The teams whose last full sweep is longer ago than one is due, or that have none."""
        limit = self.now - self.sweep_every - LENIENCE
        return tuple(t for t, kept in self.passes.items() if kept is None or kept.sweep is None or kept.sweep < limit)


def tell(settings: Settings, asked: Asked) -> None:
    """Print the view: tables on a terminal, lines elsewhere. Raises PirsyncError where there is nothing to show."""
    found = read(settings, asked)
    for text in _head(found):
        line(text)
    for topic in Topic:
        if lines := found.week.of(topic):
            line()
            line(_heading(topic, lines, found))
            _show(lines)
            if search := _search(lines, found.site):
                line(f"  {search}")
    for text in _foot(found):
        line(text)
    warn(found)


def tell_programs(settings: Settings, asked: Asked) -> None:
    """The same as JSON."""
    click.echo(json.dumps(as_json(read(settings, asked)), indent=2))


# ---------------------------------------------------------------- reading


def read(settings: Settings, asked: Asked, now: datetime | None = None) -> Status:
    """The view of now, of what the state holds. Raises ConfigError for an unknown team, PirsyncError without a pass."""
    teams = _teams(settings, asked.team)
    path = settings.site.state
    if not path.exists():
        raise PirsyncError(f"no pass has run yet ({path} is not there): `pirsync reconcile` or `pirsync run` makes one")
    present = now or datetime.now(UTC)
    state = open_state(path, settings.site.owner_id, present)
    try:
        return _read(settings, state, teams, asked, present)
    finally:
        state.close()


def _teams(settings: Settings, name: str) -> list[Team]:
    teams = [team for team in settings.teams if not name or team.name == name]
    if not teams:
        raise ConfigError([f'no team is called "{name}": there is {", ".join(t.name for t in settings.teams)}'])
    return teams


def _read(settings: Settings, state: State, teams: Sequence[Team], asked: Asked, now: datetime) -> Status:
    names = {team.name for team in teams}
    passes = {team.name: recall(state, "passes", team.name, KeptPasses) for team in teams}
    if not any(passes.values()):
        made = "none of this pirsync" if recall_all(state, "page", Place) else "none"
        of = f" for {asked.team}" if asked.team else ""
        raise PirsyncError(f"no pass has run yet{of} ({made}): `pirsync reconcile` or `pirsync run` makes one")
    kept = recall_all(state, "standing", KeptStanding)
    places = recall_all(state, "page", Place).values()
    week = monday((one.standing for one in kept.values()), _views(teams, asked), now)
    found = [one for one in stored(state) if not asked.team or _project(one.key) in teams[0].projects]
    return Status(
        now=now,
        passes=passes,
        sweep_every=timedelta(seconds=settings.run.sweep_every),
        week=week,
        late=_late(kept.values(), passes),
        unread=len({place.incident for place in places if place.team in names} - kept.keys() - _restricted(state)),
        others=tuple(dict.fromkeys(one.key for one in found if one.kind not in SHOWN_HERE and not one.tries)),
        failed=tuple(dict.fromkeys(one.key for one in found if one.tries)),
        site=settings.site.jira.url,
    )


def _views(teams: Iterable[Team], asked: Asked) -> dict[str, View]:
    return {
        team.name: View(calendar=team.calendar.calendar(team.time_zone), rules=team.deadlines, days=asked.days)
        for team in teams
    }


def _restricted(state: State) -> set[str]:
    """The incidents of which nothing is kept, whoever reads them."""
    found = recall_all(state, "findings", Found)
    return {i for i, one in found.items() if any(each.kind is FindingKind.RESTRICTED for each in one.found)}


def _project(key: str) -> str:
    return key.rpartition("-")[0]


def _late(kept: Iterable[KeptStanding], passes: Mapping[str, KeptPasses | None]) -> tuple[str, ...]:
    sweeps = {team: one.sweep for team, one in passes.items() if one is not None and one.sweep is not None}
    return tuple(
        one.standing.key for one in kept if (sweep := sweeps.get(one.standing.team)) is not None and one.read < sweep
    )


# ---------------------------------------------------------------- for people


def _head(found: Status) -> Iterator[str]:
    week = found.week
    exempt = f", {week.exempt} exempt" if week.exempt else ""
    yield f"{_several(week.reviews, 'review')}{exempt}; {_ages(found)}"
    if not week.reviews and not found.unread:
        yield "no incident has a review yet: `pirsync plan` shows what the next pass would make"
        return
    yield ", ".join(f"{number} {topic}" for topic, number in week.counts.items())
    if not week.lines:
        yield "nothing is late, due or missing"


def _ages(found: Status) -> str:
    """How old all of this is: by the team that was looked at longest ago."""
    told = [one for one in found.passes.values() if one is not None]
    sweeps = [one.sweep for one in told if one.sweep is not None]
    swept = f"last full sweep {_ago(min(sweeps), found.now)}" if sweeps else "no full sweep yet"
    return f"last pass {_ago(min(one.last for one in told), found.now)}, {swept}"


def _ago(then: datetime, now: datetime) -> str:
    return f"{duration(max(now - then, timedelta()))} ago"


def _heading(topic: Topic, lines: Sequence[Line], found: Status) -> str:
    ends = {day_words(day) for day in found.week.until.values()}
    until = f" by {ends.pop()}" if topic is Topic.DUE and len(ends) == 1 else ""
    return f"{HEADINGS[topic]}{until} ({len(lines)})"


def _foot(found: Status) -> Iterator[str]:
    """What the view does not tell, and where it is told."""
    told = []
    if found.week.unsure:
        told.append(
            f"{_several(found.week.unsure, 'review')} may be in the scope of a procedure that waits for somebody's "
            "word on it: `pirsync explain KEY`"
        )
    if found.others:
        told.append(f"something else is open of {_few(found.others)}: `pirsync findings {_few(found.others, ' ')}`")
    if found.failed:
        told.append(f"could not be brought up to date: {_few(found.failed)}: `pirsync findings` says why")
    if found.late:
        told.append(f"not seen by the last full sweep, so told as they were before: {_few(found.late)}")
    if found.unread:
        told.append(f"{_several(found.unread, 'review')} not told of: the next full pass reads them")
    if told:
        yield ""
        yield from told


def warn(found: Status) -> None:
    """Say on standard error where what is shown is older than it should be."""
    for team in found.stale:
        kept = found.passes[team]
        if kept is None or kept.sweep is None:
            line(f"{team}: no full sweep yet: `pirsync reconcile` makes one", problem=True)
            continue
        ago, every = duration(found.now - kept.sweep), duration(found.sweep_every)
        old = f"the last full sweep was {ago} ago, and one is due every {every}"
        line(f"{team}: {old}: is `pirsync run`, or cron, still at work?", problem=True)


def _several(number: int, word: str) -> str:
    return f"{number:,} {word if number == 1 else f'{word}s'}"


def _few(keys: Sequence[str], between: str = ", ") -> str:
    if between == " ":
        return between.join(keys[:FEW])
    return between.join(keys[:FEW]) + (f" and {len(keys) - FEW} more" if len(keys) > FEW else "")


def _search(lines: Iterable[Line], site: str) -> str:
    """Where Jira shows the tickets of these lines; empty without any, or with too many for an address."""
    keys = list(dict.fromkeys(one.ticket for one in lines if one.ticket))
    if not 0 < len(keys) <= MOST_KEYS:
        return ""
    jql = quote(f"issuekey in ({', '.join(keys)})", safe="")
    return f"{_several(len(keys), 'ticket')} in Jira: {site}/issues/?jql={jql}"


def _cells(one: Line) -> tuple[str, ...]:
    what = f"{one.ticket} {one.what}" if one.ticket else one.what
    told = (one.review, one.severity, what, _when(one), one.waits_for, one.link)
    return tuple(clean(cell) for cell in told)


def _when(one: Line) -> str:
    late = f", {_several(-one.days, 'day')} late" if one.topic is Topic.OVERDUE and one.days else ""
    return f"{one.when}{late}{f'; {one.clause}' if one.clause else ''}"


def _show(lines: Iterable[Line]) -> None:
    cells = [_cells(one) for one in lines]
    if sys.stdout.isatty():
        _table(cells)
    else:
        for row in cells:
            line("  " + " | ".join(row))


def _table(rows: Iterable[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.style import Style
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE)
    for header in ("Review", "Severity"):
        table.add_column(header, no_wrap=True)
    for header in ("What", "By", "Waits for", "Where"):
        table.add_column(header, overflow="fold")
    for *cells, link in rows:
        # An address that is folded to fit is still one link.
        table.add_row(*(Text(cell) for cell in cells), Text(link, style=Style(link=link)))
    Console().print(table)


# ---------------------------------------------------------------- for programs


def as_json(found: Status) -> dict[str, Any]:
    """The view as plain values; instants in ISO 8601."""
    week = found.week
    return {
        "now": found.now.isoformat(timespec="seconds"),
        "passes": {team: one.model_dump(mode="json") if one else None for team, one in found.passes.items()},
        "stale": list(found.stale),
        "until": {team: day.isoformat() for team, day in week.until.items()},
        "reviews": week.reviews,
        "exempt": week.exempt,
        "unsure": week.unsure,
        "unread": found.unread,
        "not_swept": list(found.late),
        "counts": {topic.value: number for topic, number in week.counts.items()},
        "lines": [one.model_dump(mode="json") for one in week.lines],
        "findings": list(found.others),
        "failed": list(found.failed),
    }
