"""A configuration is loaded whole, or every problem in it is told at once with its file, line and key."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pirsync.config import EXAMPLE_DAY, EXAMPLE_OWNER, Product, Run, Site, Team, WorkingDays, init_text, load, seconds
from pirsync.errors import ConfigError
from pirsync.policy.clocks import Rules
from pirsync.policy.people import People
from pirsync.resources import example_config, mappings_dir

GOOD = """\
[[site]]
deployment = "cloud"
owner_id = "6f1c2a34-owner"
[site.jira]
url = "https://example.atlassian.net/"
user = "pirsync@example.com"
token = "env:JIRA"
[site.confluence]
url = "https://example.atlassian.net/wiki"
token = "file:confluence.token"
[[team]]
name = "operations"
projects = ["OPS"]
closed_since = 2026-03-01
space = "OPS"
action_project = "OPS"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text))
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_the_shortest_configuration_gets_its_defaults(tmp_path: Path) -> None:
    settings = load(written(tmp_path, GOOD))
    team = settings.teams[0]
    assert settings.site.jira.url == "https://example.atlassian.net"
    assert settings.site.jira.api_url == "https://example.atlassian.net"
    assert tmp_path / "pirsync.db" == settings.site.state
    assert team.site == "main"
    assert date(2026, 3, 1) == team.closed_since
    assert team.issue_types == ("Incident", "[System] Incident")
    assert Run() == settings.run


def test_every_problem_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace('token = "env:JIRA"', 'tokn = "env:JIRA"').replace('"cloud"', '"clout"')
    text = text.replace("closed_since = 2026-03-01\n", "").replace('space = "OPS"', 'spcae = "OPS"')
    expected = [
        "config.toml:2: site.deployment: input should be 'cloud' or 'datacenter'",
        "config.toml:4: site.jira.token: is missing",
        "config.toml:7: site.jira.tokn: unknown key; did you mean token?",
        "config.toml:11: team.closed_since: is missing",
        "config.toml:11: team.space: is missing",
        "config.toml:14: team.spcae: unknown key; did you mean space?",
    ]
    assert expected == problems(tmp_path, text)


def test_a_value_on_several_lines_is_told_by_its_first(tmp_path: Path) -> None:
    text = GOOD.replace('projects = ["OPS"]', 'projects = [\n  "OPS",\n  "pay",\n]')
    expected = (
        """config.toml:13: team.projects: must be a project's key, as in "OPS", or quoted twice, """
        """as in '"ops-1"'; did you mean PAY?"""
    )
    assert [expected] == problems(tmp_path, text)


@pytest.mark.parametrize(
    ("line", "instead", "expected"),
    [
        (
            'name = "operations"',
            'name = "a"\nsite = "mian"',
            "team.site: no [[site]] has that name; did you mean main?",
        ),
        ("[[site]]", "[site]", "site: must be a list of tables: write its name in double brackets"),
        ('projects = ["OPS"]', 'projects = "OPS"', 'team.projects: must be a list, as in ["one", "two"]'),
        ('projects = ["OPS"]', "projects = []", "team.projects: must not be empty"),
        ('space = "OPS"', "space = 7", "team.space: must be text in quotes"),
        ('space = "OPS"', 'space = "OPS"\ntitle = "Review"', "team.title: must contain {key}"),
        ('space = "OPS"', 'space = "OPS"\ntitle = "{key} {summary}"', "team.title: must contain {key}"),
        ('space = "OPS"', 'space = "OPS"\ntitle = "{key!r}"', "team.title: must contain {key}"),
        ('space = "OPS"', 'space = "OPS"\ntitle = "{key"', "team.title: must contain {key}"),
        ('space = "OPS"', 'space = "OPS"\nparent = "Reviews"', "team.parent: must be the id of a page"),
        ('space = "OPS"', 'space = "OPS"\ntime_zone = "Europe/Viena"', "did you mean Europe/Vienna?"),
        ('space = "OPS"', 'space = "OPS"\ntime_zone = "../etc"', "team.time_zone: unknown time zone"),
        ('space = "OPS"', 'space = "OPS"\njql = "a = 1 ORDER  by b"', "team.jql: must not say ORDER BY"),
        ('space = "OPS"', 'space = "OPS"\njql = "a = 1) OR (b = 2"', "team.jql: the parentheses do not match"),
        ('space = "OPS"', 'space = "OPS"\njql = \'a = "1\'', "team.jql: a quote is not closed"),
        ("2026-03-01", '"sometime"', 'team.closed_since: must be a day, as in 2026-01-31, or "always"'),
        ("2026-03-01", "2026-03-01T10:00:00Z", "team.closed_since: must be a day"),
        ("6f1c2a34-owner", "short", "site.owner_id: must be 8 to 64 of a-z, 0-9 and -"),
        ("[[team]]", '[run]\npoll_every = "5 minutes"\n[[team]]', "run.poll_every: must be seconds"),
        ("[[team]]", "[run]\npoll_every = 0\n[[team]]", "run.poll_every: must be at least one second"),
        ("[[team]]", "[run]\nmax_creates = true\n[[team]]", "run.max_creates: input should be a valid integer"),
        ("[[team]]", '[run]\nquiet_period = "2h"\n[[team]]', "run.quiet_at_most: must not be less than quiet_period"),
        ('token = "env:JIRA"', 'token = "env:JIRA"\nca = "nowhere.pem"', "site.jira.ca: there is no such file"),
    ],
)
def test_a_bad_value_is_told_with_its_remedy(tmp_path: Path, line: str, instead: str, expected: str) -> None:
    assert line in GOOD
    found = problems(tmp_path, GOOD.replace(line, instead, 1))
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://example.com", "must be an address"),
        ("example.atlassian.net", "must be an address"),
        ("https://", "must be an address"),
        ("https://exa mple.com", "must be an address"),
        ("https://example.com:port", "must be an address"),
        ("https://[::1", "must be an address"),
        ("https://me:hunter2hunter2@example.com", "must not hold a user or password"),
        ("https://example.com/?token=hunter2hunter2", "must not have a query"),
        ("https://example.com/#hunter2hunter2", "must not have a query"),
        ("http://jira.example.com/hunter2hunter2", "must start with https://"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(
    tmp_path: Path, url: str, expected: str
) -> None:
    found = problems(tmp_path, GOOD.replace('https://example.atlassian.net/"', url + '"'))
    assert len(found) == 1
    assert found[0].startswith("config.toml:5: site.jira.url: ")
    assert expected in found[0]
    assert "hunter2" not in found[0]


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:80/jira"])
def test_this_machine_may_be_reached_by_plain_http(tmp_path: Path, url: str) -> None:
    settings = load(written(tmp_path, GOOD.replace('https://example.atlassian.net/"', url + '/"')))
    assert url == settings.site.jira.url


def test_another_machine_may_be_reached_by_plain_http_when_that_is_said(tmp_path: Path) -> None:
    text = GOOD.replace('url = "https://example.atlassian.net/"', 'url = "http://jira.local"\nallow_http = true')
    assert load(written(tmp_path, text)).site.jira.url == "http://jira.local"


@pytest.mark.parametrize(
    "token", ["ATATT3xSECRETSECRET", "env:", "env:A B", "vault:SECRETSECRET", "", "file:", "command: "]
)
def test_a_token_that_is_no_reference_is_refused_without_repeating_it(tmp_path: Path, token: str) -> None:
    found = problems(tmp_path, GOOD.replace("env:JIRA", token))
    assert [problem[:30] for problem in found] == ["config.toml:7: site.jira.token"]
    assert "must say where the token is" in found[0]
    assert "SECRET" not in found[0]


def test_a_secret_never_shows_whatever_is_wrong_around_it(tmp_path: Path) -> None:
    for text in (
        GOOD.replace('"env:JIRA"', '"ATATT3xSECRET'),
        GOOD.replace('"env:JIRA"', "ATATT3xSECRET"),
        GOOD.replace('"env:JIRA"', '["ATATT3xSECRET"]'),
        GOOD.replace('"env:JIRA"', '{ value = "ATATT3xSECRET" }'),
        GOOD.replace('token = "env:JIRA"', 'tokn = "ATATT3xSECRET"'),
    ):
        found = problems(tmp_path, text)
        assert found
        assert not [problem for problem in found if "SECRET" in problem]
        assert [problem for problem in found if problem.startswith("config.toml:7: ")]


def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace("[site.jira]", "[site.jira"))[0].startswith(
        "config.toml:4: this is not TOML"
    )
    assert problems(tmp_path, 'a = """')[0].startswith("config.toml:1: this is not TOML")


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigError, match=re.escape("config.toml: there is no such file; `pirsync init` writes one")):
        load(path)
    path.write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(path)


def test_only_one_site_and_no_two_teams_of_one_name(tmp_path: Path) -> None:
    site = GOOD[: GOOD.index("[[team]]")]
    team = GOOD[GOOD.index("[[team]]") :]
    found = problems(tmp_path, site + site.replace("[[site]]", '[[site]]\nname = "other"') + team + team)
    expected = [
        "config.toml:11: site: only one site is possible for now",
        "config.toml:29: team.name: another [[team]] has that name",
    ]
    assert expected == found


def test_teams_find_their_site(tmp_path: Path) -> None:
    team = (
        GOOD[GOOD.index("[[team]]") :].replace("operations", "payments").replace("[[team]]", '[[team]]\nsite = "main"')
    )
    settings = load(written(tmp_path, GOOD + team))
    assert [(team.name, team.site) for team in settings.teams] == [("operations", "main"), ("payments", "main")]


def test_a_project_key_of_another_shape_is_taken_from_quotes_of_its_own(tmp_path: Path) -> None:
    settings = load(written(tmp_path, GOOD.replace('["OPS"]', """['"ops-1"', "OPS_2"]""")))
    assert settings.teams[0].projects == ("ops-1", "OPS_2")


def test_harmless_jql_is_kept(tmp_path: Path) -> None:
    jql = r"""labels in (outage, "a ) order by \" b") AND (summary ~ 'it''s' OR x = 1)"""
    settings = load(
        written(tmp_path, GOOD.replace('space = "OPS"', f'space = "OPS"\njql = """{jql}"""'.replace("\\", "\\\\")))
    )
    assert jql == settings.teams[0].jql


def test_a_page_id_may_be_a_number(tmp_path: Path) -> None:
    settings = load(written(tmp_path, GOOD.replace('space = "OPS"', 'space = "OPS"\nparent = 12345')))
    assert settings.teams[0].parent == "12345"


@pytest.mark.parametrize(
    ("given", "expected"),
    [(0, 0), (90, 90), ("90", 90), ("90s", 90), ("5m", 300), ("1 h", 3600), ("366d", 366 * 86400)],
)
def test_lengths_of_time(given: object, expected: int) -> None:
    assert expected == seconds(given)


@pytest.mark.parametrize("given", [-1, 1.5, True, "", "m", "-5m", "1w", "1h30", "367d", "9" * 400, None, []])
def test_what_is_no_length_of_time(given: object) -> None:
    with pytest.raises(ValueError, match=r"^must be "):
        seconds(given)


def values(model: type[BaseModel]) -> dict[str, Any]:
    return {name: field.default for name, field in model.model_fields.items() if not field.is_required()}


def test_the_example_explains_every_key_and_shows_every_default(tmp_path: Path) -> None:
    settings = load(written(tmp_path, example_config()))
    data = tomllib.loads(example_config())
    site, team = data["site"][0], data["team"][0]
    shown: list[tuple[type[BaseModel], Any]] = [
        (Site, site),
        (Product, site["jira"]),
        (Product, site["confluence"]),
        (Team, team),
        (WorkingDays, team["calendar"]),
        (Rules, team["deadlines"]),
        (People, team["people"]),
        (Run, data["run"]),
    ]
    assert [set(model.model_fields) for model, _ in shown] == [set(table) for _, table in shown]
    assert values(Run) == settings.run.model_dump()
    loaded = settings.teams[0]
    assert values(Team) | {"site": "main"} == {name: getattr(loaded, name) for name in values(Team)}
    assert values(Site) == {"name": site["name"], "state": Path(site["state"])}
    for product in (site["jira"], site["confluence"]):
        assert (product["api_url"], product["ca"], product["allow_http"]) == ("", "", False)


def test_a_first_configuration_is_the_example_with_an_owner_and_a_day_of_its_own(tmp_path: Path) -> None:
    text = init_text("11111111-2222-3333-4444-555555555555", date(2027, 5, 9))
    settings = load(written(tmp_path, text))
    assert settings.site.owner_id == "11111111-2222-3333-4444-555555555555"
    assert date(2027, 5, 9) == settings.teams[0].closed_since
    assert (example_config().count(EXAMPLE_OWNER), example_config().count(f"= {EXAMPLE_DAY}")) == (1, 1)
    assert len(example_config()) == len(text)


def test_shipped_files_are_found() -> None:
    assert (mappings_dir() / "default.toml").is_file()
    assert (mappings_dir() / "templates").is_dir()


def test_lists_of_tables_must_hold_one(tmp_path: Path) -> None:
    found = problems(tmp_path, "site = []\nteam = []\n")
    assert found == ["config.toml:1: site: must not be empty", "config.toml:2: team: must not be empty"]
