"""`pirsync doctor`: one line for each thing, the fix with each that is wrong, and no write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from pirsync.adapters.memory import SOMEBODY, memory_world
from pirsync.config import load
from pirsync.doctor import PERMISSIONS, Check, doctor
from pirsync.model import Deployment
from pirsync.policy.people import People
from pirsync.ports import World

from .command import Desk, desk
from .stage import SCREEN, Hands


@pytest.fixture(params=get_args(Deployment))
def place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as found:
        yield found


def names(lines: list[str], start: str) -> list[str]:
    """What the lines that begin so are about."""
    return [line.removeprefix(start).strip().split(":")[0] for line in lines if line.startswith(start)]


def test_a_good_configuration_is_ok_in_every_line(place: Desk) -> None:
    said = place.do("doctor")
    assert (said.code, said.err) == (0, "")
    assert names(said.lines, "ok") == [
        "Jira",
        "Confluence",
        "clock",
        "project OPS",
        "project ACT",
        "type Task in ACT",
        "space OPS",
        "types, fields and template",
        "permissions in ACT",
        "carriers in ACT",
        "link type",
        "pages in OPS",
    ]
    assert "Review Service" in said.lines[0]
    assert place.writes() == []


def test_each_thing_that_is_wrong_has_its_line_and_its_fix(place: Desk) -> None:
    place.replace('["OPS"]', '["OPS", "NOPE"]')
    place.replace('space = "OPS"', 'space = "WIKI"')
    place.team('action_type = "Chore"')
    said = place.do("doctor")
    assert said.code == 1
    assert names(said.lines, "FIX") == ["project NOPE", "type Chore in ACT", "space WIKI"]
    assert [line for line in said.lines if line.startswith("FIX") and " -> " not in line] == []
    assert place.writes() == []


def test_a_link_type_that_jira_lacks_names_those_it_has() -> None:
    with desk() as place:
        place.team('link_type = "Chore"')
        said = place.do("doctor")
        (line,) = [line for line in said.lines if line.startswith("FIX   link type")]
        assert "it has Action item" in line and "team.link_type" in line


def test_a_query_that_jira_does_not_understand_is_told() -> None:
    with desk() as place:
        place.team('jql = "labels is is outage"')
        said = place.do("doctor")
        assert said.code == 1
        assert names(said.lines, "FIX") == ["query"]


@pytest.mark.parametrize(
    ("mistake", "line", "key"),
    [
        (('/wiki"', '/wrong"'), 1, "site.confluence.url"),
        (("http://127.0.0.1", "https://127.0.0.1"), 0, "site.jira.url"),
    ],
)
def test_a_site_that_does_not_answer_us_ends_it_with_the_key_to_change(
    mistake: tuple[str, str], line: int, key: str
) -> None:
    with desk() as place:
        place.replace(*mistake)
        said = place.do("doctor")
        assert said.code == 1
        told = said.out.splitlines()
        assert len(told) == line + 1
        assert told[line].startswith("FIX") and key in told[line]


def test_a_wrong_token_ends_it_after_one_line_with_the_key_to_change(place: Desk) -> None:
    (place.folder / "token").write_text("expired", encoding="utf-8")
    said = place.do("doctor")
    assert said.code == 1
    (line,) = said.lines
    assert line.startswith("FIX   Jira: ") and "site.jira.token" in line


def test_an_unreachable_host_is_told_at_once_and_by_name() -> None:
    with desk() as place:
        place.replace(place.url, "http://127.0.0.1:9")
        (line,) = place.do("doctor").lines
        assert line.startswith("FIX   Jira: ") and "127.0.0.1:9 cannot be reached" in line


# ---------------------------------------------------------------- in memory


def look(world: World, approver: str = "") -> dict[str, Check]:
    """Every check by its name, on a memory world."""
    with desk() as place:
        settings = load(place.config)
    if approver:
        (team,) = settings.teams
        people = People(approver=approver)
        settings = settings.model_copy(update={"teams": (team.model_copy(update={"people": people}),)})
    return {check.name: check for check in doctor(settings, world, lambda: None)}


def screen(*fields: str) -> World:
    """A world in which only these fields are on the create screen."""
    left = {name: title for name, title in SCREEN.fields.items() if name in ("summary", *fields)}
    return memory_world("cloud", [], [SCREEN.model_copy(update={"fields": left})], [], Hands())


def test_a_screen_that_carries_no_mark_has_its_fix() -> None:
    check = look(screen())["carriers in ACT"]
    assert (check.ok, check.said.split(";")[0]) == (False, "the mark is carried by nothing")
    assert "create screen of ACT" in check.fix


def test_a_screen_that_lacks_some_fields_is_told_and_is_no_mistake() -> None:
    check = look(screen("labels"))["carriers in ACT"]
    assert (check.ok, check.said.split(";")[0]) == (True, "the mark is carried by label")
    assert "duedate" in check.said and "assignee" in check.said


def test_a_clock_that_is_wrong_has_its_fix() -> None:
    world, late = screen("labels"), Hands()
    late.forward(300)
    check = look(replace(world, clock=late))["clock"]
    assert (check.ok, check.said) == (False, "300 s apart from Jira's")


def test_a_permission_that_lacks_is_named() -> None:
    world = screen("labels")
    granted = dict.fromkeys(PERMISSIONS, True) | {"LINK_ISSUES": False}
    world.tracker.permissions = lambda project, names: {name: granted[name] for name in names}  # type: ignore[method-assign]  # one answer stands in
    check = look(world)["permissions in ACT"]
    assert (check.ok, check.said) == (False, "lacks LINK_ISSUES")


def test_a_group_of_approvers_is_counted_or_says_why_not() -> None:
    world = memory_world("cloud", [], [SCREEN], [], Hands(), {"cisos": (SOMEBODY.account,), "none": ()})
    check = look(world, "group:cisos")["group cisos"]
    assert (check.ok, check.said) == (True, "1 active member may approve")
    empty = look(world, "group:none")["group none"]
    assert (empty.ok, empty.said) == (False, "0 active members may approve")
    hidden = look(world, "group:hidden")["group hidden"]
    assert (hidden.ok, hidden.said.split(":")[0]) == (
        False,
        "cannot be read, so whether its members approve cannot be told",
    )
