"""Whatever is wrong with the configuration ends in one clear message that names what to change, and writes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pirsync.config import EXAMPLE_OWNER
from pirsync.sandbox.tracker.projects import delete_project

from .command import Desk, desk, pirsync

EXTENDS = '{% extends "review" %}\n{% block learning %}\n'


@dataclass(frozen=True)
class Mistake:
    """What a person does wrong, and words that the one message must have; `code` is 2 where the file tells it."""

    make: Callable[[Desk], None]
    words: tuple[str, ...]
    code: int = 2


def team(line: str) -> Callable[[Desk], None]:
    return lambda desk: desk.team(line)


def replace(old: str, new: str) -> Callable[[Desk], None]:
    return lambda desk: desk.replace(old, new)


def file(name: str, text: str, line: str = "") -> Callable[[Desk], None]:
    def make(desk: Desk) -> None:
        (desk.folder / name).write_text(text, encoding="utf-8")
        if line:
            desk.team(line)

    return make


def owner(desk: Desk) -> None:
    desk.config.write_text(re.sub(r'owner_id = ".*"', f'owner_id = "{EXAMPLE_OWNER}"', desk.config.read_text()))


def not_text(desk: Desk) -> None:
    (desk.folder / "own.xml").write_bytes(b"\xff")
    desk.team('template = "own.xml"')


MISTAKES = {
    "unknown key": Mistake(team('spaec = "OPS"'), (": team.spaec: unknown key", "did you mean space?")),
    "missing key": Mistake(replace('space = "OPS"\n', ""), ("team.space: is missing",)),
    "not TOML": Mistake(team("space = "), (": this is not TOML",)),
    "a token in the file": Mistake(
        replace('"file:token"\n[site.confluence]', '"s3cr3t-T0KEN-of-the-service"\n[site.confluence]'),
        ("site.jira.token: must say where",),
    ),
    "no token": Mistake(lambda desk: (desk.folder / "token").unlink(), ("token: cannot be read",)),
    "the example's owner id": Mistake(owner, (": site.owner_id: is still the example's",)),
    "another owner's state": Mistake(replace('owner_id = "', 'owner_id = "0'), ("belongs to the owner id",), 1),
    "unknown project": Mistake(
        replace('["OPS"]', '["OPS", "NOPE"]'), (": team.projects: project NOPE cannot be seen",)
    ),
    "unknown action project": Mistake(
        replace('"ACT"', '"NOPE"'), (": team.action_project: project NOPE cannot be seen",)
    ),
    "unknown action type": Mistake(team('action_type = "Chore"'), (": team.action_type: type Chore in ACT",)),
    "unknown issue type": Mistake(team('issue_types = ["Chore"]'), (": team.issue_types:", "it has Bug")),
    "unknown link type": Mistake(team('link_type = "Chore"'), (": team.link_type:", "it has Action item")),
    "unknown space": Mistake(replace('space = "OPS"', 'space = "NOPE"'), (": team.space: space NOPE",)),
    "unknown parent": Mistake(
        replace('parent = ""', 'parent = "999"'), (": team.parent: parent page 999 cannot be read",)
    ),
    "invalid JQL": Mistake(team('jql = "labels is is outage"'), (": team.jql:", "JQL", "correct team.jql")),
    "unbalanced JQL": Mistake(team('jql = "(labels = x"'), (": team.jql: the parentheses do not match",)),
    "missing template": Mistake(team('template = "own.xml"'), (':13: team.template: no template "own.xml"',)),
    "unknown name in a template": Mistake(
        file("own.xml", EXTENDS + "<p>{{ titel }}</p>{% endblock %}", 'template = "own.xml"'),
        ("own.xml:3: 'titel' is not known", "did you mean 'title'?"),
    ),
    "template syntax": Mistake(
        file("own.xml", EXTENDS + "<p>{{ title }</p>{% endblock %}", 'template = "own.xml"'), ("own.xml:3: ",)
    ),
    "template not UTF-8": Mistake(
        not_text,
        ("own.xml: not UTF-8",),
    ),
    "missing mapping": Mistake(team('mapping = "own.toml"'), ("own.toml: there is no such file",)),
    "unknown field": Mistake(
        file("own.toml", '[fields]\nseverity = ["customfield_99999"]\n', 'mapping = "own.toml"'),
        ("own.toml: fields.severity: Jira has no field customfield_99999",),
    ),
    "wrong token": Mistake(file("token", "expired"), ("login was not accepted", "check user and token"), 1),
    "wrong path of Confluence": Mistake(replace('/wiki"', '/wrong"'), ("check url, user and token",), 1),
    "https to a plain port": Mistake(replace("http://", "https://"), ("does not speak https", "see `url`"), 1),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_ends_in_one_clear_message_and_nothing_is_written(name: str) -> None:
    mistake = MISTAKES[name]
    with desk() as place:
        mistake.make(place)
        for command in ("plan", "reconcile"):
            said = place.do(command)
            assert (said.code, said.out) == (mistake.code, "")
            (message,) = [line for line in said.err.splitlines() if line != "Invalid HTTP request received."]
            assert [words for words in mistake.words if words not in message] == []
            assert_the_line_is_right(message, place)
        assert place.writes() == []


def assert_the_line_is_right(message: str, place: Desk) -> None:
    """Where a message names a line of the configuration and a key, the key stands there (or lacks in the table)."""
    found = re.match(r".*config\.toml:(\d+): (?:site|team)\.(?:\w+\.)*(\w+): ", message)
    if found:
        line = place.config.read_text(encoding="utf-8").splitlines()[int(found[1]) - 1]
        assert line.startswith((f"{found[2]} =", "[[team]]"))


def test_an_unreachable_host_is_named() -> None:
    with desk() as place:
        place.replace(place.url, "http://127.0.0.1:9")
        said = place.do("plan")
        assert said.code == 1
        assert "127.0.0.1:9 cannot be reached" in said.err
        assert len(said.err.splitlines()) == 1


def test_the_wrong_path_of_jira_asks_for_its_url() -> None:
    with desk("datacenter") as place:
        place.replace('/jira"', '/wrong"')
        said = place.do("plan")
        assert said.code == 1
        assert "is the site's url right?" in said.err


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    with desk() as place:
        place.replace('space = "OPS"', 'space = "NOPE"')
        place.replace('"ACT"', '"NEITHER"')
        said = place.do("reconcile")
        assert [line.split(": ")[1] for line in said.err.splitlines()] == ["team.action_project", "team.space"]


def test_a_mistake_once_corrected_is_forgotten() -> None:
    with desk() as place:
        place.replace('space = "OPS"', 'space = "NOPE"')
        assert place.do("reconcile").code == 2
        place.replace('space = "NOPE"', 'space = "OPS"')
        assert place.do("reconcile").code == 0


def test_what_the_configuration_names_is_looked_up_once() -> None:
    with desk() as place:
        place.do("reconcile")
        log = place.sandbox.faults.log
        log.clear()
        place.do("reconcile")
        assert [path for _, path, _ in log if "mypermissions" in path or "createmeta" in path] == []


def test_a_project_that_goes_away_later_is_told_with_its_key() -> None:
    with desk() as place:
        place.do("reconcile")
        written = place.writes()
        project = place.sandbox.tracker.project("OPS")
        assert project is not None
        delete_project(place.sandbox, project)
        said = place.do("reconcile")
        assert said.code == 2
        assert "team.projects: project OPS cannot be seen" in said.err
        assert place.writes() == written


def test_a_process_of_its_own_shows_no_traceback(tmp_path: Path) -> None:
    said = pirsync("reconcile", folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err == "config.toml: there is no such file; `pirsync init` writes one\n"


@pytest.mark.parametrize(("option", "said"), [("--load", "not JSON"), ("--store", "is no world of this sandbox")])
def test_a_sandbox_refuses_a_file_that_holds_no_world(tmp_path: Path, option: str, said: str) -> None:
    (tmp_path / "junk").write_text("junk", encoding="utf-8")
    told = pirsync("sandbox", "--port", "8999", option, "junk", folder=tmp_path)
    assert (told.code, told.out) == (1, "")
    assert said in told.err
    assert len(told.err.splitlines()) == 1
