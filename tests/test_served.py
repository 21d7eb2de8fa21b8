"""What the daemon tells of itself, run in this process: its health while in doubt about us, and tokens that end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from pirsync import commands
from pirsync.daemon import Health
from pirsync.expiry import Token
from pirsync.model import Deployment
from pirsync.sandbox import wiki
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.wiki.restrictions import allow, disallow
from tests import leaks
from tests.site import Site, site

Serve = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]

DOUBTS: dict[str, tuple[str, str, str]] = {
    "a token that expired": ("expired", ".", "login was not accepted"),
    "a captcha": ("captcha", ".", "the site asks for a captcha; log in once by browser"),
    "a page of the sign-on": ("html", ".", "with a page where data was due"),
    "a redirect": ("redirect", ".", "was answered with a redirect"),
    "a captcha of Confluence alone": (
        "captcha",
        "/(wiki|confluence)/",
        "the site asks for a captcha; log in once by browser",
    ),
}


@pytest.fixture(scope="module", params=get_args(Deployment))
def place(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site at rest; every test leaves it as it was."""
    with site(request.param) as made:
        made.settle()
        yield made


@pytest.fixture
def serve(place: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Serve:
    place.sandbox.faults.clear()
    """Run the daemon until so many of its jobs have ended; its health file then, and what it logged."""

    def run(jobs: int = 1, tokens: tuple[Token, ...] = ()) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        file = tmp_path / "health.json"
        settings = place.bench.settings
        told = settings.run.model_copy(update={"health_file": str(file)})
        bench = replace(place.bench, settings=settings.model_copy(update={"run": told}), tokens=lambda: list(tokens))
        left, write = [None] * jobs, commands.write_health

        def ended(path: Path, health: Health) -> str:
            left.pop()
            if not left:
                bench.stop.set()
            return write(path, health)

        with monkeypatch.context() as patched:
            patched.setattr(commands, "write_health", ended)
            commands.serve(bench)
        bench.stop.clear()
        lines = capfd.readouterr().err.splitlines()
        leaks.said(*lines)
        return json.loads(file.read_text(encoding="utf-8")), [json.loads(line) for line in lines]

    return run


def assert_red(place: Site, serve: Serve, words: str) -> None:
    place.sandbox.faults.log.clear()
    state = place.bench.world.state
    marks = [state.watermark("operations"), state.pending()]
    health, events = serve()
    assert (health["healthy"], words in health["why"]) == (False, True), health
    assert [event["why"] for event in events if event["event"] == "pass failed"] == [health["why"]]
    assert place.writes() == []
    assert [state.watermark("operations"), state.pending()] == marks


@pytest.mark.parametrize("doubt", DOUBTS)
def test_in_doubt_about_us_health_is_red_and_green_again_after_it(place: Site, serve: Serve, doubt: str) -> None:
    kind, path, words = DOUBTS[doubt]
    place.sandbox.faults.add(Rule(kind, path=path, times=None))
    assert_red(place, serve, words)
    place.sandbox.faults.clear()
    health, _ = serve()
    assert (health["healthy"], health["why"]) == (True, "")


def test_when_every_page_is_hidden_health_is_red_and_green_again_after_it(place: Site, serve: Serve) -> None:
    hanna = place.sandbox.people.find("hweiss")
    assert hanna is not None
    pages: list[wiki.Page] = [p for p in place.sandbox.wiki.pages.values() if p.versions[0].author == SERVICE]
    for page in pages:
        allow(place.sandbox, page, "read", hanna.account_id)
    place.clock.forward(3700)
    assert_red(place, serve, "is the page above them restricted")
    for page in pages:
        disallow(place.sandbox, page, "read", hanna.account_id)
    health, _ = serve()
    assert (health["healthy"], health["why"]) == (True, "")


def test_tokens_that_end_soon_are_told_in_the_log_once_a_level(place: Site, serve: Serve) -> None:
    today = place.clock.now().date()
    near, far = today + timedelta(days=14), today + timedelta(days=31)
    tokens = (Token("Jira", "site.jira", near), Token("Confluence", "site.confluence", far))
    told = [[event for event in serve(3, tokens)[1] if event["event"] == "token expires"] for _ in range(2)]
    assert [[(e["level"], e["product"], e["what"]) for e in events] for events in told] == [
        [("warning", "Jira", f"expires on {near}, in 14 days")],
        [],
    ]
