"""Random schedules: what people, passes and faults do in any order, then peace, and then the rules that hold always.

A schedule is made from a seed, and a run of it happens the same way each time. Its steps stand for themselves: leaving
some out changes none of the others, so that a failing schedule can be made shorter.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from pirsync.changes import Change, describe
from pirsync.decision import FindingKind
from pirsync.errors import PirsyncError
from pirsync.model import Deployment
from pirsync.record import FINISHED
from pirsync.report import Report
from pirsync.sandbox import wiki
from pirsync.sandbox.people import SERVICE
from pirsync.selection import Mode, Selection
from tests.indoors import Killed, is_write
from tests.place import Place, Snapshot, place_again, place_of
from tests.schedule_checks import check, held, reading, unmarked
from tests.schedule_pages import DAMAGED, PAGE_DEEDS, bring_back, is_away, is_barred
from tests.schedule_people import DEEDS, SUDDEN, Stage

PAGE_EDITS = ("restore", "push", "keep")
TEAMS = ((0,), (1,), (0, 1))
"""Whose incidents there are: the first team's tickets can have every mark, the second's are found by search alone. Both
together cost as much as two schedules do, and are rare."""

LAG = 30.0
MOST_STEPS, MOST_PASSES = 12, 14
WAITS = (61, 601, 3700, 90_000, -3600)
DEATHS = ("kill-before", "kill-after", "drop-after", "drop-before", "html-after")
NEVER = {
    FindingKind.TICKET_GONE,
    FindingKind.TITLE_TAKEN,
    FindingKind.DUPLICATE,
    FindingKind.FOREIGN,
    FindingKind.NOT_SETTLING,
    FindingKind.INCIDENT_GONE,
    FindingKind.RESTRICTED,
    FindingKind.CLOSED_AS_DUPLICATE,
}
"""Nobody in a schedule deletes an issue, takes a title or makes a mark twice."""


@dataclass(frozen=True)
class Step:
    """Something that happens; the number decides to what, as far as there is a choice."""

    name: str
    number: int


class Ending(Enum):
    """How rest comes, and what then shows that there is nothing to do: by sweeps, and a poll; by polls alone, and a
    sweep; by sweeps, and after the state was lost a sweep and a poll."""

    SWEEPS = "sweeps"
    POLLS = "polls"
    LOST = "lost"


@dataclass(frozen=True)
class Frame:
    """What is so for a whole schedule: what becomes of people's edits, whose incidents, and how it ends.

    Where one page `is_stuck`, it stays so for three sweeps before there is peace.
    """

    edits: str
    teams: tuple[int, ...]
    is_stuck: bool
    ending: Ending


def frame_of(seed: int) -> Frame:
    """The frame of that seed's schedule."""
    chance = random.Random(-seed - 1)
    ending = chance.choices(tuple(Ending), (2, 4, 3))[0]
    return Frame(chance.choice(PAGE_EDITS), chance.choices(TEAMS, (10, 9, 1))[0], chance.random() < 0.05, ending)


def steps_of(seed: int) -> tuple[Step, ...]:
    """The schedule of that seed: passes, and two or three things that people do between any two of them."""
    chance = random.Random(seed)
    names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
    drawn = [chance.choice(names) for _ in range(chance.randrange(4, MOST_STEPS))]
    return tuple(Step(name, chance.randrange(1_000_000)) for name in ("type", *drawn))


def play(seed: int, steps: tuple[Step, ...], deployment: Deployment) -> int:
    """Play a schedule to its end; AssertionError where a rule does not hold after it. How many requests it made."""
    frame = frame_of(seed)
    with stage_of(frame, deployment) as stage:
        for step in steps:
            act(stage, step)
        end(stage, frame)
        return len(stage.place.wire.names)


def act(stage: Stage, step: Step) -> None:
    """Let one thing happen."""
    STEPS[step.name](stage, random.Random(step.number))
    stage.place.clock.advance(20)


def shortest(seed: int, steps: tuple[Step, ...], deployment: Deployment) -> tuple[Step, ...]:
    """A failing schedule without the steps that it fails without."""
    for step in steps:
        fewer = tuple(one for one in steps if one is not step)
        try:
            play(seed, fewer, deployment)
        except Exception:  # any failure will do: what is looked for is a short way to one
            steps = fewer
    return steps


@contextmanager
def stage_of(frame: Frame, deployment: Deployment) -> Iterator[Stage]:
    """A place with these teams, for which `page_edits` is so, after the pass that every schedule begins with."""
    with place_again(_born(deployment, frame.teams)) as place:
        yield Stage(_with_teams(place, frame.teams, frame.edits), frame.edits)


@cache
def _born(deployment: Deployment, teams: tuple[int, ...]) -> Snapshot:
    """What that pass leaves: a review of each incident, with a search that lags and requests that are refused."""
    with place_of(deployment) as place:
        stage = Stage(_with_teams(place, teams, PAGE_EDITS[0]))
        _go(stage, Selection(Mode.ALL), Weather(lag=LAG, chance=random.Random(0)))
        return place.snapshot()


def _with_teams(place: Place, teams: tuple[int, ...], edits: str) -> Place:
    kept = tuple(place.settings.teams[number].model_copy(update={"page_edits": edits}) for number in teams)
    place.settings = place.settings.model_copy(update={"teams": kept})
    return place


# ---------------------------------------------------------------- passes, and what befalls them


@dataclass
class Weather:
    """What befalls a pass: how far search lags, at which request it dies and how, at which somebody does something.

    Of all requests one in twenty is refused, unless it is `calm`.
    """

    lag: float = 0.0
    dies: int = 0
    death: str = ""
    acts: int = 0
    calm: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(0))


def _pass(stage: Stage, chance: random.Random) -> None:
    """A pass of some kind: search lags in one of five, in two of nine it dies, in two of nine somebody is at
    work, and one of nine is foretold."""
    mode = chance.choice((Mode.ALL, Mode.NEWS, Mode.NEWS, Mode.NAMED))
    key = stage.incident(chance)
    selection = Selection(mode, (key,) if key and mode is Mode.NAMED else ())
    weather = Weather(LAG if chance.random() < 0.2 else 0.0, chance=chance)
    match chance.choice(("dies", "dies", "meets", "meets", "is foretold", "", "", "", "")):
        case "dies":
            weather.dies, weather.death = 1 + chance.randrange(40), chance.choice(DEATHS)
        case "meets":
            weather.acts = 1 + chance.randrange(30)
        case "is foretold" if not (weather.lag or is_barred(stage)):
            weather.calm = True
            _foretold(stage, selection)
            return
    if _go(stage, selection, weather) is None and chance.random() < 0.5:
        # What watches over the process begins another at once, before the index has caught up.
        _go(stage, selection, Weather(weather.lag, chance=chance))


def _go(stage: Stage, selection: Selection, weather: Weather) -> Report | None:
    """A pass in that weather; None where it came to no end."""
    place = stage.place
    begun = len(place.wire.names)
    deed = DEEDS[weather.chance.choice(SUDDEN)]

    def fault(number: int, name: str) -> str | None:
        if number == begun + weather.acts:
            before = held(place.sandbox)
            deed(stage, weather.chance)
            stage.taken |= before - held(place.sandbox)
        if number == begun + weather.dies:
            return weather.death
        return "429" if not weather.calm and weather.chance.random() < 0.05 else None

    place.wire.fault, place.sandbox.faults.lag = fault, weather.lag
    try:
        return run(stage, selection)
    except Killed:
        place.restart()
    except PirsyncError:
        pass
    finally:
        _clear_up(place)
    return None


def _clear_up(place: Place) -> None:
    place.wire.fault = lambda number, name: None
    place.sandbox.faults.lag = 0.0


def _foretold(stage: Stage, selection: Selection) -> None:
    """Rule 7: a dry run writes nothing, and tells what the pass then does."""
    names = stage.place.wire.names
    begun = len(names)
    try:
        told = stage.place.dry_run(selection)
        assert [name for name in names[begun:] if is_write(name)] == []
        report = run(stage, selection)
    except PirsyncError:
        return
    assert _journal(told.changes) == _journal(report.changes)


def _journal(changes: tuple[Change, ...]) -> list[str]:
    """What was done, without what Jira gives: keys, and the status that a ticket begins with."""
    told = [re.sub(r"\b[A-Z]+-\d+\b", "KEY", describe(change)) for change in changes]
    return [re.sub('status = "(NEW|TO DO)"', 'status = "FIRST"', line) for line in told]


def run(stage: Stage, selection: Selection) -> Report:
    """A pass, which deletes nothing (rule 6) and tells what is so."""
    place = stage.place
    before = held(place.sandbox)
    try:
        report = place.run_pass(selection)
    finally:
        assert before - held(place.sandbox) - stage.taken == set(), "a pass took something away"
    hear(stage, report)
    return report


def hear(stage: Stage, report: Report) -> None:
    """Hold what a pass tells to what people did: nobody is accused of what they did not do (rule 4)."""
    for result in report.results:
        gone = set[str]()
        assert not result.failure.startswith("internal"), result.failure
        for found in result.findings:
            assert found.kind not in NEVER, found
            assert found.kind is not FindingKind.PAGE_GONE or is_away(stage.place.page(result.key)), found
            assert found.kind is not FindingKind.REGION_REMOVED or DAMAGED in stage.body(result.key), found
            words = {words for words in stage.typed_over[result.key] if words in found.message}
            if found.kind is FindingKind.COMMENTED:
                stage.owed[result.key] -= words
            if found.kind is FindingKind.ROW_EDITED:
                assert words or result.key in stage.drafted, found
                stage.owed[result.key] -= words
                gone |= words
        if gone and not result.failure:
            # Once it is told and gone, it is nobody's any more.
            body = stage.body(result.key)
            stage.typed_over[result.key] -= {one for one in gone if one not in body}


def _lose_state(stage: Stage, chance: random.Random) -> None:
    """What was written and not told yet is lost with it."""
    stage.place.restart(loses_state=True)
    for key, words in stage.owed.items():
        body = stage.body(key)
        stage.owed[key] = {one for one in words if one in body}


def _wait(stage: Stage, chance: random.Random) -> None:
    """Time goes by; now and then clocks are set back."""
    seconds = chance.choice(WAITS)
    if seconds < 0:
        stage.only_sweeps_see.add("what happened in an hour that comes twice")
        stage.set_back -= seconds
    stage.place.clock.advance(seconds)


STEPS: dict[str, Callable[[Stage, random.Random], None]] = {
    "pass": _pass,
    "lose-state": _lose_state,
    "wait": _wait,
    **DEEDS,
    **PAGE_DEEDS,
}
OFTEN = {"pass": 8, "type": 3, "edit": 4, "rows": 2, "transition": 2, "wait": 2, "publish-draft": 2}
WEIGHTS = {**dict.fromkeys(STEPS, 1), **OFTEN}


# ---------------------------------------------------------------- peace, and the rules


def end(stage: Stage, frame: Frame) -> None:
    """Peace, rest, and the rules; AssertionError where one does not hold."""
    if frame.is_stuck:
        _one_is_stuck(stage, random.Random(stage.typed))
    _make_peace(stage)
    by_polls = frame.ending is Ending.POLLS and not stage.only_sweeps_see
    rest = _come_to_rest(stage, Mode.NEWS if by_polls else Mode.ALL)
    if frame.ending is Ending.LOST:
        stage.place.restart(loses_state=True)
        assert not _busy(stage, Mode.ALL), "without its state it does more"  # rule 8
    assert not _busy(stage, Mode.ALL if by_polls else Mode.NEWS), "what came to rest does more"  # rule 2
    writes = [name for name in stage.place.wire.names[rest:] if is_write(name)]
    assert writes == [], f"at rest it wrote: {writes}"  # rules 2 and 8
    check(stage)


def _one_is_stuck(stage: Stage, chance: random.Random) -> None:
    """Rule 9: what asks for one page fails for hours; the other reviews come to rest, and it is left until its time."""
    place, stuck = stage.place, stage.incident(chance)
    if stuck is None:
        return
    page = place.page(stuck)
    # However far clocks were set back, the last silence that a site asked for is over.
    place.clock.advance(3700 + stage.set_back)
    tries = list[str]()

    def fault(number: int, name: str) -> str | None:
        if str(page.id) not in name.split("/"):
            return None
        tries.append(name)
        return "502"

    place.wire.fault = fault
    for mode, seconds in ((Mode.ALL, 3700), (Mode.ALL, 3700), (Mode.ALL, 5), (Mode.NEWS, 5), (Mode.NEWS, 5)):
        tries.clear()
        report = run(stage, Selection(mode))
        # Once after the state was lost each team looks for reviews that no search names, and says so if it cannot.
        assert {result.key for result in report.failed} <= {stuck, *(team.name for team in place.settings.teams)}
        place.clock.advance(seconds)
    assert {result.key for result in report.results if result.changes} <= {stuck}
    assert tries == [], "what fails is tried at every poll"
    _clear_up(place)


def _make_peace(stage: Stage) -> None:
    """People bring back what they put away and settle what they commented on; the network and the index are well."""
    sandbox = stage.place.sandbox
    bring_back(stage)
    for page in sandbox.wiki.pages.values():
        if (body := unmarked(page.current.body)) != page.current.body:
            stage.place.save(page, body)
    # However far clocks were set back, the last silence that a site asked for is over.
    stage.place.clock.advance(3700 + stage.set_back)
    if any(map(_is_unwatched, sandbox.wiki.pages.values())) and sandbox.is_cloud:
        stage.only_sweeps_see.add("that people edited a finished review: Cloud's polls watch open ones")


def _is_unwatched(page: wiki.Page) -> bool:
    """Whether people wrote on a review since we said that it is finished."""
    ours = [version for version in page.versions if version.author == SERVICE]
    if "pirsync-review" not in page.labels or not ours or page.current.author == SERVICE:
        return False
    status = reading(ours[-1].body).summary.get("review status")
    return status is not None and status.text in FINISHED


def _come_to_rest(stage: Stage, mode: Mode) -> int:
    """Passes until one finds nothing to do; how many requests came before that one."""
    for _ in range(MOST_PASSES):
        begun = len(stage.place.wire.names)
        if not _busy(stage, mode):
            return begun
    raise AssertionError("it did not come to rest")


def _busy(stage: Stage, mode: Mode) -> bool:
    """Whether a pass has anything to do, or to wait for."""
    report = run(stage, Selection(mode))
    stage.place.clock.advance(3700)
    return bool(report.changes or report.waiting or report.failed)
