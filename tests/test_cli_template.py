"""`pirsync template` as a template's author knows it: what is wrong, what it will look like, what it may name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from pirsync.cli import cli
from pirsync.model import Deployment
from pirsync.page.birth import NAMES
from pirsync.sample import sample_values

from .command import ROOT, Desk, desk

DOCUMENTED = re.compile(r"`(\w+)`")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def template(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["template", *arguments], catch_exceptions=False)


def test_what_comes_with_pirsync_is_right() -> None:
    said = template("lint")
    assert (
        said.exit_code,
        [line.removeprefix("ok    ") for line in said.output.splitlines()],
    ) == (
        0,
        [
            *("fault-tree", "fishbone", "five-whys", "full-review", "major-review", "review"),
            *("soc2-cc7-4-5", "soc2-cc7"),
        ],
    )


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("<p>{{ titel }}</p>", "mine.xml:2: 'titel' is not known; did you mean 'title'?"),
        ("<p>{{ title }}", "not well formed"),
        ("<p>{% if %}</p>", "mine.xml:2: "),
        ("<table><tbody><tr><td><table><tbody><tr><td>x</td></tr></tbody></table></td></tr></tbody></table>", "table"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(block: str, told: str) -> None:
    text = '{% extends "review" %}\n{% block learning %}' + block + "{% endblock %}\n"
    Path("mine.xml").write_text(text, encoding="utf-8")
    said = template("lint", "mine.xml")
    assert (said.exit_code, told in said.stderr) == (1, True)
    assert template("preview", "mine.xml").exit_code == 2
    assert not Path("preview.html").exists()


def test_a_preview_is_a_whole_page_of_a_made_up_incident_and_asks_nobody() -> None:
    text = '{% extends "five-whys" %}{% block learning %}<h2>Taught &amp; told</h2>{% endblock %}'
    Path("mine.xml").write_text(text, encoding="utf-8")
    said = template("preview", "mine.xml", "-o", "here.html")
    assert (said.exit_code, said.output) == (0, "wrote here.html: open it in a browser\n")
    page = Path("here.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h[123][^>]*>(.*?)</h[123]>", page)
    assert [
        one for one in headings if one in {"OPS-1 Post-incident review", "5 Whys", "Taught &amp; told", "Review record"}
    ] == ["OPS-1 Post-incident review", "5 Whys", "Taught &amp; told", "Review record"]
    assert "Checkout answered slowly &lt;for some &amp; not all&gt;" in page
    assert "@Ana Ruiz" in page
    assert re.findall(r"</?(?:ac|ri):", page) == []
    assert re.findall(r"<(?:script|link|img)\b", page) == []


@pytest.fixture(params=get_args(Deployment))
def place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as found:
        yield found


def test_a_preview_of_an_incident_shows_what_jira_knows_and_writes_to_no_site(place: Desk) -> None:
    path = place.folder / "preview.html"
    said = place.do("template", "preview", "--incident", "ops-1", "-o", str(path))
    assert (said.code, said.err) == (0, "")
    (issue,) = (one for one in place.sandbox.tracker.issues.values() if one.key == "OPS-1")
    assert f"<td>{issue.summary}" in re.sub(r"</?p>", "", path.read_text(encoding="utf-8"))
    assert place.writes() == []


def test_a_restricted_incident_has_no_preview(place: Desk) -> None:
    restricted = next(i.key for i in place.sandbox.tracker.issues.values() if i.security)
    path = place.folder / "preview.html"
    said = place.do("template", "preview", "--incident", restricted, "-o", str(path))
    assert (said.code, "has a security level" in said.err, path.exists()) == (1, True, False)


def test_every_name_is_listed_and_documented_and_no_other() -> None:
    told = [line.split()[0] for line in template("vars").output.splitlines()]
    rows = [
        line.split("|")[1] for line in (ROOT / "docs" / "templates.md").read_text().splitlines() if line[:3] == "| `"
    ]
    documented = [name for row in rows for name in DOCUMENTED.findall(row)]
    assert list(NAMES) == told
    assert sorted(NAMES) == sorted(sample_values()) == sorted(documented)
