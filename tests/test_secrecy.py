"""No token, cookie or text of a page reaches an output, a log or an error message, whatever goes wrong."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import requests

from pirsync.adapters.answers import Request
from pirsync.model import Deployment
from pirsync.page_model import Column
from pirsync.sandbox import wiki

from .command import Desk, Said, desk, surroundings
from .leaks import TOKENS, assert_none_on
from .site import site
from .test_daemon import daemon, eventually

TOKEN = TOKENS[1]
BODY = "DISTINCTIVE WORDS OF A PAGE"
BASIC = base64.b64encode(f"review-service@example.com:{TOKEN}".encode()).decode()
SECRETS = (TOKEN, BASIC, BODY, "Authorization", "Cookie", "<html", "<p>", "<ac:")

FAULTS: dict[str, dict[str, Any]] = {
    "busy for long": {"kind": "429", "retry_after": 4000},
    "a page of a proxy": {"kind": "html", "body": f"<html>{TOKEN} {BODY}</html>"},
    "an error page": {"kind": "429", "retry_after": 4000, "body": f"<html>{TOKEN} {BODY}</html>"},
    "an error that repeats the token": {
        "kind": "429",
        "retry_after": 4000,
        "body": f'{{"errorMessages": ["token {TOKEN} of {BASIC} is over its limit"], "message": "{BASIC}"}}',
    },
    "half an answer": {"kind": "html", "body": f'{{"results": [{{"body": "{BODY}", "token": "{TOKEN}"'},
}
ADOPT = ("adopt", "--page", "1", "--incident", "OPS-1")
COMMANDS = (
    *(("doctor",), ("reconcile",), ("plan", "--json", "OPS-1"), ("show", "OPS-1")),
    *(("explain", "OPS-1"), ("findings",), ADOPT, ("status",)),
)
"""At each place and fault, each dialect takes every fourth one: the places and dialects together take all."""
PLACES = ("/myself", "/search", "/issue", "/user/current", "/content|/pages", "/property|/properties")


@pytest.fixture(params=get_args(Deployment), name="place")
def a_place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A site with reviews, of which one holds words of its own, and a token that can be recognised."""
    with desk(request.param) as found:
        (found.folder / "token").write_text(TOKEN, encoding="utf-8")
        assert found.do("reconcile", "OPS-1").code == 0
        write_words(found)
        yield found


def write_words(place: Desk) -> None:
    """Somebody writes a paragraph into the review of OPS-1."""
    ana = next(user for user in place.sandbox.people.all() if user.display_name == "Ana Ruiz")
    issue = next(issue for issue in place.sandbox.tracker.issues.values() if issue.key == "OPS-1")
    number = next(link.global_id for link in issue.remote_links if link.global_id.startswith("pirsync:page:"))
    page = wiki.find_page(place.sandbox, number.rpartition(":")[2])
    assert page is not None
    body = page.current.body.replace("<h2>Impact</h2>", f"<h2>Impact</h2><p>{BODY}</p>")
    assert BODY in body
    wiki.update_page(place.sandbox, ana, page, page.current.title, body, page.current.number + 1, "")


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def assert_state_holds_no_token(folder: Path) -> None:
    files = list(folder.glob("pirsync.db*"))
    assert files != []
    assert [path.name for path in files if TOKEN.encode() in path.read_bytes()] == []


def test_the_token_is_really_sent_and_the_words_are_really_read(place: Desk) -> None:
    """Otherwise everything below would prove nothing."""
    assert (place.folder / "token").read_text(encoding="utf-8") == TOKEN
    assert BODY in place.do("show", "OPS-1", "--markdown", "-").out


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_leaks_whatever_goes_wrong_wherever(place: Desk, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[Said] = []
    rule = dict(FAULTS[fault])
    if "body" in rule and place.sandbox.deployment == "datacenter":
        rule["body"] = rule["body"].replace(BASIC, TOKEN)  # the token travels by itself there
    for turn, path in enumerate(PLACES, place.sandbox.is_cloud):
        place.sandbox.faults.clear()
        place.fault(path=path, times=None, **rule)
        told += [place.do(*command) for command in COMMANDS[turn % 4 :: 4]]
    assert any(said.code != 0 for said in told)
    assert [leaks(said.out + said.err) for said in told if leaks(said.out + said.err)] == []
    assert leaks(caplog.text) == []
    assert_state_holds_no_token(place.folder)


def test_nothing_leaks_when_all_goes_well_and_every_library_debugs(
    place: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for command in ("doctor", "plan", "reconcile", "plan"):
        said = place.do(command)
        assert leaks(said.out + said.err) == []
    assert leaks(caplog.text) == []
    assert_state_holds_no_token(place.folder)


def test_the_daemons_log_tells_neither_token_nor_page(place: Desk) -> None:
    place.fault("html", path="/myself", times=1, body=f"<html>{TOKEN} {BODY}</html>")
    with daemon(place) as process:
        eventually(lambda: process.events("pass failed") and process.events("pass"))
        process.ends()
    assert process.events("change") != []
    assert leaks("".join(process.lines)) == []
    assert_state_holds_no_token(place.folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('token = "file:token"', f'token = "{TOKEN}"'),
        ("http://127", f"http://user:{TOKEN}@127"),
        ('token = "file:token"', f'token = "file:token"\npassword = "{TOKEN}"'),
        ('deployment = "', f'deployment = "{TOKEN}'),
        ('owner_id = "', f'owner_id = "{TOKEN} '),
        ('token = "file:token"', f'token = "command:false {TOKEN}"'),
        ('token = "file:token"', f"token = {TOKEN}"),
    ],
)
def test_a_token_in_the_wrong_place_of_the_configuration_is_not_repeated(old: str, new: str) -> None:
    with desk() as place:
        place.replace(old, new)
        said = place.do("plan")
        assert said.code == 2
        assert said.err != ""
        assert leaks(said.out + said.err) == []


def test_an_error_that_nobody_foresaw_tells_its_place_and_not_its_text(tmp_path: Path) -> None:
    code = (
        "import pirsync.commands as commands\nfrom pirsync.cli import main\n"
        f"def fail(path): raise ValueError('{TOKEN} {BODY}')\n"
        "commands.initialise = fail\nmain(['init'])"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, env=surroundings(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert done.stderr.startswith("internal error ValueError")
    assert " fail" in done.stderr
    assert leaks(done.stdout + done.stderr) == []


@pytest.mark.parametrize("deployment", get_args(Deployment))
def test_a_refusal_that_repeats_our_login_brings_none_of_it_onto_the_page(deployment: Deployment) -> None:
    with site(deployment) as place:
        place.settle()
        story = place.story()
        page = story.page(story.incident())
        story.type_rows(page)
        transport = place.bench.world.tracker._transport  # type: ignore[attr-defined]  # the real one
        send, spellings = transport._send, place.bench.world.tracker._connection.secrets  # type: ignore[attr-defined]

        def refused(request: Request) -> requests.Response:
            if request.method != "POST" or not request.path.endswith("/issue"):
                return send(request)  # type: ignore[no-any-return]
            response = requests.Response()
            response.status_code = 400
            response._content = json.dumps({"errorMessages": [f"No: {' '.join(spellings)}"]}).encode()
            return response

        transport._send = refused
        place.run_pass()
        told = [row.cells[Column.STATUS].text for row in story.review(page).rows if row.action]
        assert [words.startswith("REJECTED") and "***" in words for words in told] == [True] * len(told)
        assert len(told) > 1
        assert_none_on(place.sandbox)
