"""An incident that a named person takes out of the reviews stays in the index with the reason, and nothing else of it
is written; the register keeps every word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from pirsync.cli import cli
from pirsync.decision import Exemption
from pirsync.errors import ConfigError
from pirsync.exemptions import add_exemption, load_exemptions
from pirsync.page.index import read_index
from tests.command import Desk, desk
from tests.stage import Stage, stage, without_state

DRILL = Exemption(key="OPS-1", id="10001", reason='A "drill"', approver="Hanna", date=date(2026, 3, 2))
BACK = DRILL.model_copy(update={"reason": "It was real", "withdrawn": True})


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param)


def index(play: Stage) -> list[tuple[str, str, str]]:
    found = play.world.wiki.find("OPS", "Post-incident review index")
    return [(row.key, row.page_title, row.status.text) for row in read_index(found.body).rows] if found else []


def test_it_gets_no_page_but_a_line_with_the_reason(play: Stage) -> None:
    play.exemptions = (DRILL,)
    for told_by in (play, without_state(play)):
        told_by.clock.forward(61)
        told_by.run_pass()
        assert told_by.world.wiki.find("OPS", "OPS-1 Post-incident review") is None
        assert index(told_by) == [("OPS-1", 'A "drill" (Hanna, 2026-03-02)', "EXEMPT")]
        assert told_by.run_pass().changes == ()


def test_a_page_that_there_was_stays_as_it_is_until_the_exemption_is_withdrawn(play: Stage) -> None:
    play.run_pass()
    before = play.page()
    play.type_row("Fix the queue")
    play.quiet()
    play.exemptions = (DRILL.model_copy(update={"id": ""}),)
    report = play.run_pass()
    assert [change.change for change in report.changes] == ["update-index"]
    assert index(play) == [("OPS-1", 'OPS-1 Post-incident review: A "drill" (Hanna, 2026-03-02)', "EXEMPT")]
    assert before.version + 1 == play.page().version
    play.exemptions = (DRILL, BACK)
    play.run_pass()
    assert [row.ticket is not None for row in play.rows()] == [True]
    assert "EXEMPT" not in {status for _, _, status in index(play)}


def test_the_register_gives_back_what_was_added_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "exemptions.toml"
    assert load_exemptions(path) == ()
    hostile = DRILL.model_copy(update={"reason": 'a\\b "c" ü\n[x]\x7f', "criterion": "§ 3"})
    for one in (DRILL, hostile, BACK):
        add_exemption(path, one)
    assert (DRILL, hostile.model_copy(update={"reason": 'a\\b "c" ü [x]'}), BACK) == load_exemptions(path)


def test_an_entry_without_a_reason_or_with_an_unknown_key_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "exemptions.toml"
    path.write_text('[[exemption]]\nkey = "OPS-1"\napprover = "Ana"\ndate = 2026-03-02\nwhy = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_exemptions(path)
    assert [f"{path}:1: exemption.reason: is missing", f"{path}:5: exemption.why: unknown key"] == [
        problem.partition(";")[0] for problem in caught.value.problems
    ]


@pytest.fixture(params=["cloud", "datacenter"])
def place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as found:
        yield found


def test_the_commands_show_their_plan_ask_write_the_register_and_do_it(place: Desk) -> None:
    place.do("reconcile")
    register, before = place.folder / "exemptions.toml", place.writes()
    asked = ["resolve", "ignore", "ops-1", "--reason", "A drill", "--approver", "Hanna Weiss"]
    said = CliRunner().invoke(cli, [*asked, "--config", str(place.config)], input="n\n")
    assert (0, False, before) == (said.exit_code, register.exists(), place.writes())
    assert "exempt OPS-1: A drill (Hanna Weiss, " in said.stdout
    assert 'update index page "Post-incident review index": OPS-1' in said.stdout
    assert place.do(*asked, "--yes").code == 0
    assert len(place.writes()) - len(before) == 1
    assert place.do("reconcile").out == ""
    assert "it gets no review: A drill" in place.do("reconcile", "OPS-1").err
    assert place.do("resolve", "heed", "OPS-1", "--reason", "Real", "--approver", "Ana", "--yes").code == 0
    assert register.read_text(encoding="utf-8").count("[[exemption]]") == 2
    assert len(place.writes()) - len(before) == 2


def test_an_incident_that_no_team_reviews_cannot_be_ignored(place: Desk) -> None:
    told = {
        key: place.do("resolve", "ignore", key, "--reason", "x", "--approver", "y", "--yes") for key in ("ACT-1", "X-9")
    }
    assert [said.code for said in told.values()] == [1, 1]
    assert place.writes() == []
    assert not (place.folder / "exemptions.toml").exists()
