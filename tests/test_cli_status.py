"""`pirsync status` as a person runs it: from state alone, with its age, and one clear sentence where it cannot tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pirsync.adapters.state import SqlState, open_state
from pirsync.config import load
from pirsync.decision import Finding, FindingKind
from pirsync.demo import configuration
from pirsync.output import clean
from pirsync.policy.monday import Topic
from pirsync.recall import KeptStanding, recall_all
from tests.policy_packs import PACKS

from .command import Desk, Said, desk, here
from .hostile import ALL
from .test_cli import on_terminal


@pytest.fixture(scope="module")
def place() -> Iterator[Desk]:
    with desk() as found:
        found.team(f"packs = {json.dumps(list(PACKS))}")
        assert found.do("reconcile").code == 0
        yield found


def opened(config: Path) -> SqlState:
    site = load(config).site
    return open_state(site.state, site.owner_id, datetime.now(UTC))


def keep(config: Path, kind: str, values: dict[str, Any]) -> None:
    state = opened(config)
    state.cache(kind, values)
    state.close()


def told(place: Desk, *arguments: str) -> dict[str, Any]:
    said = place.do("status", "--json", *arguments)
    assert said.code == 0, said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_it_tells_each_topic_with_a_link_and_asks_nothing_of_any_site(place: Desk) -> None:
    before = len(place.sandbox.faults.log)
    said = place.do("status", "--days", "366")
    assert (said.code, said.err) == (0, "")
    assert len(place.sandbox.faults.log) == before
    first, counts, *rest = said.out.splitlines()
    assert re.fullmatch(r"\d+ reviews; last pass .+ ago, last full sweep .+ ago", first)
    assert [word.split(maxsplit=1)[1] for word in counts.split(", ")] == [topic.value for topic in Topic]
    lines = [line for line in rest if " | " in line]
    assert len(lines) == sum(int(word.split()[0]) for word in counts.split(", "))
    assert all(f" | {place.url}/" in line for line in lines)


def test_every_number_leads_to_a_search_of_jira_that_finds_as_many(place: Desk) -> None:
    found = told(place, "--days", "366")
    by_topic = {
        topic.value: {one["ticket"] for one in found["lines"] if one["topic"] == topic and one["ticket"]}
        for topic in Topic
    }
    said = place.do("status", "--days", "366").out
    searches = re.findall(r"^  (\d+) tickets? in Jira: (\S+)$", said, re.MULTILINE)
    assert [int(number) for number, _ in searches] == [len(keys) for keys in by_topic.values() if keys]
    for (_, url), keys in zip(searches, filter(None, by_topic.values()), strict=True):
        assert set(re.findall(r"[A-Z]+-\d+", url)) == keys


def test_programs_are_told_the_same(place: Desk) -> None:
    found = told(place)
    assert " ".join(found) == (
        "now passes stale until reviews exempt unsure unread not_swept counts lines findings failed"
    )
    assert found["counts"] == {topic.value: sum(one["topic"] == topic for one in found["lines"]) for topic in Topic}
    assert {one["team"] for one in found["lines"]} <= {"operations"} == set(found["until"])
    assert (found["stale"], found["unread"], found["not_swept"]) == ([], 0, [])


def test_explain_agrees_with_what_is_overdue(place: Desk) -> None:
    found = told(place, "--days", "366")
    reviews = {one["review"] for one in found["lines"] if one["kind"] == "deadline"}
    assert reviews
    key = min(reviews)
    explained = json.loads(place.do("explain", key, "--json").out)
    open_dues = {due["deadline"]["must"]: due for due in reversed(explained["dues"]) if due["met"] is None}
    expected = {(due["deadline"]["due"], due["standing"].split()[0] == "overdue") for due in open_dues.values()}
    lines = [one for one in found["lines"] if one["kind"] == "deadline" and one["review"] == key]
    assert {(one["due"], one["topic"] == "overdue") for one in lines} == expected


def test_a_team_and_a_number_of_days_narrow_it(place: Desk) -> None:
    assert told(place, "--team", "operations")["reviews"] == told(place)["reviews"]
    said = place.do("status", "--team", "nobody")
    assert (said.code, said.err) == (2, 'no team is called "nobody": there is operations\n')
    today = told(place, "--days", "0")
    assert today["until"] == {"operations": datetime.now(UTC).date().isoformat()}
    assert place.do("status", "--days", "-1").code == 2


def restricted(key: str) -> dict[str, str]:
    """What is found of an incident that was restricted after it got its page: nothing else is kept of it."""
    return Finding(kind=FindingKind.RESTRICTED, incident=key, message="restrict its page by hand").model_dump()


def test_an_old_sweep_and_what_it_did_not_read_are_told(place: Desk) -> None:
    state = opened(place.config)
    standings = recall_all(state, "standing", KeptStanding)
    before = state.cached("passes", "operations")
    now = datetime.now(UTC)
    old = (now - timedelta(days=3)).isoformat()
    first, second = sorted(standings.items(), key=lambda one: one[1].standing.key)[:2]
    older = first[1].model_copy(update={"read": now - timedelta(days=4)})
    state.cache("standing", {first[0]: older.model_dump(mode="json")})
    state.drop("standing", [second[0]])
    state.cache("passes", {"operations": {"last": now.isoformat(), "sweep": old}})
    said = place.do("status")
    assert said.err == (
        "operations: the last full sweep was 3 d ago, and one is due every 1 d: is `pirsync run`, or cron, still at "
        "work?\n"
    )
    assert f"not seen by the last full sweep, so told as they were before: {first[1].standing.key}" in said.out
    assert "1 review not told of: the next full pass reads them" in said.out
    found = {"key": second[1].standing.key, "found": [restricted(second[1].standing.key)]}
    before_it = state.cached("findings", second[0])
    state.cache("findings", {second[0]: found})
    assert "not told of" not in place.do("status").out
    assert before_it is not None
    state.cache("findings", {second[0]: before_it})
    state.cache("standing", {key: kept.model_dump(mode="json") for key, kept in (first, second)})
    state.cache("passes", {"operations": {"last": now.isoformat(), "sweep": None}})
    assert place.do("status").err == "operations: no full sweep yet: `pirsync reconcile` makes one\n"
    assert before is not None
    state.cache("passes", {"operations": before})
    state.close()


def test_what_else_is_open_is_named_with_the_command_that_tells_it(place: Desk) -> None:
    found = told(place)
    others = {"OPS-1": "PageGone", "OPS-2": "Overdue"}
    state = opened(place.config)
    kept = state.cached_all("findings")
    told_ = {
        str(n): {"key": key, "found": [{"kind": kind, "incident": key, "message": "x"}]}
        for n, (key, kind) in enumerate(others.items())
    }
    state.cache("findings", told_)
    fresh = told(place)
    assert set(fresh["findings"]) - set(found["findings"]) == {"OPS-1"}
    assert "`pirsync findings " in place.do("status").out
    state.mark_dirty("operations/0", datetime.now(UTC), "news")
    due = state.owed("operations/0")
    assert due is not None
    state.postpone("operations/0", due.seen, datetime.now(UTC) + timedelta(hours=1), "it broke")
    assert "could not be brought up to date: OPS-1: `pirsync findings` says why" in place.do("status").out
    postponed = state.owed("operations/0")
    assert postponed is not None
    state.settle("operations/0", postponed.seen, None)
    state.drop("findings", list(told_))
    state.cache("findings", kept)
    state.close()


def test_hostile_text_is_inert_on_a_terminal_and_elsewhere(place: Desk) -> None:
    state = opened(place.config)
    key, kept = next(iter(recall_all(state, "standing", KeptStanding).items()))
    value = kept.model_dump(mode="json")
    text = ALL.encode("utf-8", "replace").decode("utf-8")
    hostile = {"text": f"[red]{text}[/red]", "why": "NEEDS OWNER"}
    state.cache("standing", {key: value | {"standing": value["standing"] | {"untracked": [hostile]}}})
    said = place.do("status").out
    assert "[red]<script>" in said
    assert [line for line in said.split("\n") if clean(line) != line] == []
    shown = on_terminal(place.folder, "status")
    assert "\x1b[31mred12" not in shown
    assert "\x1b]0;" not in shown
    links = re.findall(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\", shown)
    assert {link for link in links if link} != set()
    assert all(link.startswith(place.url) for link in links if link)
    assert "Unowned (" in shown
    state.cache("standing", {key: value})
    state.close()


# ---------------------------------------------------------------- where it cannot tell


@pytest.fixture
def unused(tmp_path: Path) -> Path:
    """A configuration of a site that is not there: whoever asks it anything fails."""
    return configuration(tmp_path, "http://127.0.0.1:9", "cloud")


def test_without_a_pass_it_says_what_to_do(unused: Path) -> None:
    assert here("status", config=unused) == Said(
        1, "", "no pass has run yet (none): `pirsync reconcile` or `pirsync run` makes one\n"
    )
    state = load(unused).site.state
    state.unlink()
    said = here("status", "--json", config=unused)
    assert (said.code, said.out) == (1, "")
    assert said.err == f"no pass has run yet ({state} is not there): `pirsync reconcile` or `pirsync run` makes one\n"
    assert not state.exists()


def test_the_state_of_an_older_pirsync_waits_for_a_pass_of_this_one(unused: Path) -> None:
    keep(unused, "page", {"30001": {"incident": "10001", "team": "operations", "version": 3}})
    assert "no pass has run yet (none of this pirsync)" in here("status", config=unused).err
    keep(unused, "passes", {"operations": {"last": datetime.now(UTC).isoformat(), "sweep": None}})
    keep(unused, "standing", {"10001": {"a": "shape of tomorrow"}})
    said = here("status", config=unused)
    assert said.code == 0
    assert "no incident has a review yet" not in said.out
    assert "1 review not told of" in said.out


def test_a_pass_that_found_nothing_to_review_says_so(unused: Path) -> None:
    now = datetime.now(UTC).isoformat()
    keep(unused, "passes", {"operations": {"last": now, "sweep": now}})
    said = here("status", config=unused)
    assert (
        said.out.splitlines()[1] == "no incident has a review yet: `pirsync plan` shows what the next pass would make"
    )


@pytest.mark.parametrize("content", [b"\xa5" * 9000, None])
def test_a_state_that_is_damaged_or_another_owners_is_told(unused: Path, content: bytes | None) -> None:
    state = load(unused).site.state
    if content is None:
        text = unused.read_text(encoding="utf-8")
        unused.write_text(re.sub(r'owner_id = ".*"', 'owner_id = "another-owner"', text), encoding="utf-8")
    else:
        state.write_bytes(content)
    said = here("status", config=unused)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"{state} ") and said.err.count("\n") == 1
    assert ("belongs to the owner id" in said.err) is (content is None)


def test_no_secret_is_needed(place: Desk) -> None:
    token = place.folder / "token"
    words = token.read_text(encoding="utf-8")
    token.unlink()
    assert place.do("status").code == 0
    token.write_text(words, encoding="utf-8")
