"""`pirsync adopt` and `reconcile --since` as their users know them, on the sandbox, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from pirsync.adopt_commands import read_table, reference
from pirsync.cli import cli
from pirsync.errors import ConfigError
from pirsync.model import Deployment
from pirsync.page.index import read_index
from pirsync.sandbox import tracker, wiki

from .command import Desk, desk
from .shared import shared

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date()
TITLE = "Payments outage, what we learned"


@pytest.fixture(name="place", params=get_args(Deployment))
def a_place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A site all of whose incidents were closed before the team's `closed_since`."""
    with last_year(request.param) as found:
        yield found


@pytest.fixture(name="cloud")
def a_cloud() -> Iterator[Desk]:
    with last_year("cloud") as found:
        yield found


@pytest.fixture(name="server")
def a_server() -> Iterator[Desk]:
    with last_year("datacenter") as found:
        yield found


@contextmanager
def last_year(deployment: Deployment) -> Iterator[Desk]:
    with desk(deployment) as found:
        found.replace('closed_since = "always"', f"closed_since = {TOMORROW}")
        yield found


def body(place: Desk) -> str:
    jira = place.url if place.sandbox.is_cloud else f"{place.url}/jira"
    return (
        "<h2>Timeline</h2><ul><li>2026-03-02 09:30 UTC: it broke</li></ul><h2>Root cause</h2><p>The pool.</p>"
        f'<h2>Actions</h2><p><a href="{jira}/browse/ACT-4">{jira}/browse/ACT-4</a></p>'
        f'<p>See also <a href="{jira}/browse/OPS-2">the next one</a>.</p>'
    )


def by_hand(place: Desk, title: str = TITLE, text: str | None = None) -> wiki.Page:
    """Ana Ruiz writes a page."""
    space, ana = wiki.find_space(place.sandbox, "OPS"), place.sandbox.people.find("aruiz")
    assert space is not None and ana is not None
    return wiki.create_page(place.sandbox, ana, space, None, title, text if text is not None else body(place))


def lines(place: Desk) -> dict[str, Any]:
    (page,) = [page for page in place.sandbox.wiki.pages.values() if page.title == "Post-incident review index"]
    return {row.key: row for row in read_index(page.current.body).rows}


def titles(place: Desk) -> list[str]:
    return [page.title for page in place.sandbox.wiki.pages.values()]


def labels(place: Desk, key: str) -> list[str]:
    issue = tracker.find_issue(place.sandbox, key)
    assert issue is not None
    return issue.labels


def test_a_page_is_adopted_once_somebody_is_sure_and_no_byte_of_it_is_written(place: Desk) -> None:
    page = by_hand(place)
    before, known = place.writes(), titles(place)
    command = ["adopt", "--page", str(page.id), "--incident", "ops-1"]
    asked = CliRunner().invoke(cli, [*command, "--config", str(place.config)], input="n\n")
    assert {
        f'  link OPS-1 to page "{TITLE}"',
        "  label ACT-4 with pirsync",
        "  link OPS-1 and ACT-4 (Action item)",
        '  create index page "Post-incident review index" in space OPS',
    } <= set(asked.stdout.splitlines())
    assert (asked.exit_code, before) == (0, place.writes())

    said = place.do(*command, "--yes")
    assert (said.code, said.err) == (0, "")
    assert [version.body for version in page.versions] == [page.current.body]
    assert (page.current.number, titles(place)) == (1, [*known, "Post-incident review index"])
    row = lines(place)["OPS-1"]
    assert (row.page_title, row.total) == (TITLE, 3)
    assert (labels(place, "OPS-2"), "pirsync" in labels(place, "ACT-4")) == ([*labels(place, "OPS-2")], True)

    again = place.do(*command, "--yes")
    assert (again.code, again.out) == (0, f"OPS-1  page {page.id} is its adopted review already\n")
    wrote = place.writes()
    assert (place.do("reconcile").out, place.do("plan").code, wrote) == ("", 0, place.writes())


def test_an_adopted_page_is_explained_by_its_headings_and_its_tickets(server: Desk) -> None:
    server.team('packs = ["soc2-cc7"]')
    page = by_hand(server)
    server.do("adopt", "--page", str(page.id), "--incident", "OPS-1", "--yes")
    told = json.loads(server.do("explain", "OPS-1", "--json").out)
    (missing,) = told["missing"]
    failed = {one["check"]: one["said"] for one in missing["checks"]}
    assert "contributing-factors" in failed
    assert not {"root-cause", "timeline", "actions"} & set(failed)
    said = server.do("explain", "OPS-1").out.splitlines()
    assert said[1] == "people made its page, and it was adopted: nothing on it is written"
    assert {one["ticket"] for one in told["actions"]} >= {"ACT-4"}
    assert [shown.rpartition(" | ")[2] for shown in server.do("show", "OPS-1").out.splitlines()[4:]] == [
        *("ACT-4", "ACT-1", "ACT-2")
    ]


def test_a_table_names_many_and_one_wrong_line_stops_all_unless_it_is_skipped(cloud: Desk) -> None:
    first, second = by_hand(cloud), by_hand(cloud, "Search was slow", "<p>It was.</p>")
    table = cloud.folder / "old.csv"
    table.write_text(
        "Team,Page,incident\n"
        f"ops,{first.id},OPS-1\n"
        f"ops,https://wiki.example.com/pages/viewpage.action?pageId={second.id},OPS-2\n"
        f"ops,{first.id},OPS-3\n"
        "ops,99999999,OPS-5\n"
        "ops,what,OPS-6\n"
        f"ops,{first.id}0,ops 7\n"
        f"ops,{first.id}1,OPS-7\n"
        f"ops,{first.id}2,OPS-12\n"
        f"ops,{first.id}3,ACT-1\n"
        f"ops,{first.id}4,OPS-999\n\n",
        encoding="utf-8",
    )
    before = cloud.writes()
    said = cloud.do("adopt", "--from-csv", str(table), "--yes")
    assert said.code == 1
    assert said.err.splitlines() == [
        f"old.csv, line 4: OPS-3: this incident, or page {first.id}, stands in line 2 already",
        'old.csv, line 6: OPS-6: "what" is no page\'s id, and no address that holds one',
        'old.csv, line 7: "ops 7" is no issue\'s key',
        "old.csv, line 10: ACT-1: no team reviews project ACT",
        "old.csv, line 11: OPS-999: no such issue, or our account cannot see it",
        "old.csv, line 5: OPS-5: page 99999999 does not exist, or our account may not see it",
        "old.csv, line 8: OPS-7: the incident has a security level, and its page may be open to more people",
        "old.csv, line 9: OPS-12: the incident gets no review: it is not closed (Investigating)",
        "nothing was done; --skip-wrong does the others",
    ]
    assert before == cloud.writes()

    assert cloud.do("adopt", "--from-csv", str(table), "--skip-wrong", "--yes").code == 0
    assert {key: row.page_title for key, row in lines(cloud).items()} == {"OPS-1": TITLE, "OPS-2": "Search was slow"}
    assert cloud.do("reconcile").out == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "line 1: no column incident and no column page"),
        (b"incident;page\nOPS-1;1\n", "line 1: no column incident and no column page"),
        (b"incident,page\n\xff,1\n", "is not UTF-8 text"),
        (b'incident,page\n"OPS-1,1\n', "is no table of comma-separated values"),
    ],
)
def test_what_is_no_table_is_told(text: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_bytes(text)
    with pytest.raises(ConfigError, match=words):
        read_table(tmp_path / "old.csv")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("65537", "65537"),
        ("https://x.atlassian.net/wiki/spaces/OPS/pages/65537/A+title", "65537"),
        ("https://x.atlassian.net/wiki/spaces/OPS/pages/65537", "65537"),
        ("https://wiki.example.com/pages/viewpage.action?spaceKey=O&pageId=65537#top", "65537"),
        ("https://wiki.example.com/display/OPS/65537", None),
        ("the June one", None),
        ("", None),
    ],
)
def test_a_page_is_given_by_its_id_or_its_address(text: str, found: str | None) -> None:
    assert found == reference(text)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--page", "1"),
        ("--incident", "OPS-1"),
        ("--page", "1", "--incident", "OPS-1", "--release"),
        ("--page", "the June one", "--incident", "OPS-1"),
        ("--release", "--incident", "OPS-1", "--without", "ACT-1"),
    ],
)
def test_half_a_command_is_told(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(cli, ["adopt", *arguments]).exit_code == 2


def test_a_page_is_let_go_and_another_adopted_in_its_place(server: Desk) -> None:
    wrong, right = by_hand(server), by_hand(server, "The right one")
    server.do("adopt", "--page", str(wrong.id), "--incident", "OPS-1", "--yes")
    said = server.do("adopt", "--page", str(right.id), "--incident", "OPS-1", "--yes")
    assert (said.code, said.err.splitlines()[-1]) == (1, "nothing was done")
    assert said.err.startswith(f'OPS-1: it has a review already: page {wrong.id}, "{TITLE}"')

    assert server.do("adopt", "--release", "--incident", "OPS-1", "--yes").code == 0
    assert lines(server)["OPS-1"].status.text == "NO REVIEW"
    assert server.do("adopt", "--page", str(right.id), "--incident", "OPS-1", "--yes").code == 0
    assert lines(server)["OPS-1"].page_title == "The right one"
    again = server.do("adopt", "--release", "--incident", "OPS-2", "--yes")
    assert (again.code, again.err.splitlines()[0]) == (1, "OPS-2: it has no adopted review")
    assert (wrong.current.number, right.current.number) == (1, 1)


def test_tickets_on_the_page_that_are_no_actions_are_left_out(cloud: Desk) -> None:
    page = by_hand(cloud)
    cloud.do("adopt", "--page", str(page.id), "--incident", "OPS-1", "--without", "act-4", "--yes")
    assert ("pirsync" in labels(cloud, "ACT-4"), lines(cloud)["OPS-1"].total) == (False, 2)
    assert cloud.do("reconcile").out == ""


def test_all_that_was_closed_since_a_day_is_reviewed_whatever_closed_since_says(server: Desk) -> None:
    assert server.do("reconcile").out == ""
    day = str((datetime.now(UTC) - timedelta(days=30)).date())
    braked = server.do("reconcile", "--since", day, "--max-creates", "2")
    assert (braked.code, "max_creates is 2: nothing was written" in braked.err) == (1, True)
    server.do("reconcile", "--since", day)
    reviews = [title for title in titles(server) if title.endswith("Post-incident review")]
    assert len(reviews) > 5
    assert (server.do("reconcile", "--since", day).out, server.do("reconcile").out) == ("", "")
    assert server.do("reconcile", "OPS-1", "--since", day).code == 2


def test_real_pages_are_adopted_without_a_byte_of_them_changed() -> None:
    documents = sorted(shared("storage").glob("*.xhtml"))[::40]
    with last_year("cloud") as place:
        pages = []
        for document in documents:
            try:
                pages.append(by_hand(place, document.stem, document.read_text(encoding="utf-8")))
            except wiki.Refused:
                continue
        keys = ["OPS-1", "OPS-2", "OPS-3", "OPS-5", "OPS-6", "OPS-8"][: len(pages)]
        table = place.folder / "old.csv"
        named = (f"{key},{page.id}\n" for key, page in zip(keys, pages, strict=False))
        table.write_text("incident,page\n" + "".join(named), encoding="utf-8")
        bodies = [page.current.body for page in pages]
        assert place.do("adopt", "--from-csv", str(table), "--yes").code == 0
        assert bodies == [page.current.body for page in pages]
        assert [len(page.versions) for page in pages] == [1] * len(pages)
        assert len(lines(place)) == len(keys) >= 5
        assert place.do("reconcile").out == ""
